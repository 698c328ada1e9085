#include "floe/ice/pair.hpp"

#include <string_view>

#include "catch.hpp"
#include "support/grid.hpp"

using namespace floe;
using ice::pair_event;
using ice::pair_state;

namespace {

std::string_view name(pair_state state) {
  switch (state) {
    case pair_state::frozen: return "frozen";
    case pair_state::waiting: return "waiting";
    case pair_state::in_progress: return "in_progress";
    case pair_state::succeeded: return "succeeded";
    case pair_state::failed: return "failed";
  }
  return "?";
}

std::string_view name(pair_event event) {
  switch (event) {
    case pair_event::unfrozen: return "unfrozen";
    case pair_event::check_sent: return "check_sent";
    case pair_event::check_succeeded: return "check_succeeded";
    case pair_event::check_failed: return "check_failed";
    case pair_event::role_conflict: return "role_conflict";
    case pair_event::triggered: return "triggered";
    case pair_event::proof_expired: return "proof_expired";
    case pair_event::refused: return "refused";
    case pair_event::out_of_time: return "out_of_time";
  }
  return "?";
}

}  // namespace

static_assert(ice::pair{}.state == pair_state::frozen);

TEST_CASE("pair: what every event does to every state", "[ice][8445-6.1.2.6-a]") {
  const auto table = support::grid(
      "pair", ice::pair_states, ice::pair_events, [](auto what) { return name(what); },
      [](pair_state from, pair_event on) { return ice::next(from, on); });
  support::check_grid(table, "tests/ice/pair.grid");
}

TEST_CASE("pair: every rule changes something and names its section", "[ice]") {
  for (const auto& rule : ice::pair_rules) {
    CAPTURE(name(rule.from), name(rule.on));
    CHECK(rule.from != rule.to);
    CHECK_FALSE(rule.section.empty());
    CHECK(ice::next(rule.from, rule.on) == rule.to);
  }
}

TEST_CASE("pair: only Succeeded and Failed are the end of hope", "[ice]") {
  CHECK(ice::is_pending(pair_state::frozen));
  CHECK(ice::is_pending(pair_state::waiting));
  CHECK(ice::is_pending(pair_state::in_progress));
  CHECK_FALSE(ice::is_pending(pair_state::succeeded));
  CHECK_FALSE(ice::is_pending(pair_state::failed));
}

TEST_CASE("pair: a new one is Frozen, and nothing has happened to it", "[ice][8445-6.1.2.6-a]") {
  const ice::pair fresh;
  CHECK(fresh.component == component_id{1});
  CHECK(fresh.foundation.local == 0);
  CHECK(fresh.foundation.remote == 0);
  CHECK(fresh.priority == 0);
  CHECK(fresh.state == pair_state::frozen);
  CHECK_FALSE(fresh.triggered);
  CHECK_FALSE(fresh.nominating);
  CHECK_FALSE(fresh.nominated_by_peer);
  CHECK_FALSE(fresh.checked_by_peer);
  CHECK_FALSE(fresh.expired);
  CHECK(fresh.conflicts == 0);
}

TEST_CASE("pair: foundations are equal when both halves are", "[ice]") {
  using foundation = ice::pair_foundation;
  CHECK(foundation{1, 2} == foundation{1, 2});
  CHECK(foundation{1, 2} != foundation{2, 1});
  CHECK(foundation{1, 2} != foundation{1, 3});
}
