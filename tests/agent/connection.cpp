#include "floe/agent/connection.hpp"

#include <optional>
#include <set>
#include <string_view>

#include "catch.hpp"
#include "support/grid.hpp"

using namespace floe;
using condition = connection_condition;
using state = connection_state;

namespace {

std::string_view name(state s) { return to_text(s); }

std::string_view name(condition c) {
  switch (c) {
    case condition::none: return "none";
    case condition::started: return "started";
    case condition::usable: return "usable";
    case condition::concluded: return "concluded";
    case condition::late: return "late";
    case condition::failed: return "failed";
    case condition::closed: return "closed";
  }
  return "?";
}

/// Where a condition leads when it is applied until nothing changes.
state settled(state from, condition on) {
  for (std::size_t steps = 0; steps <= connection_states.size(); ++steps) {
    const auto to = next(from, on);
    if (!to) return from;
    from = *to;
  }
  FAIL("goes round in circles");
  return from;
}

/// Facts of a session that is started and has all that is said.
constexpr connection_facts started(bool reachable, bool settled, bool late, bool failed = false) {
  return {.started = true,
          .all_failed = failed,
          .all_settled = settled,
          .all_reachable = reachable,
          .peer_is_late = late};
}

}  // namespace

TEST_CASE("connection: what every condition does to every state", "[agent]") {
  const auto table = support::grid(
      "connection", connection_states, connection_conditions, [](auto what) { return name(what); },
      [](state from, condition on) { return next(from, on); });
  support::check_grid(table, "tests/agent/connection.grid");
}

TEST_CASE("connection: every rule changes something", "[agent]") {
  for (const auto& rule : connection_rules) {
    CAPTURE(name(rule.from), name(rule.on));
    CHECK(rule.from != rule.to);
    CHECK(next(rule.from, rule.on) == rule.to);
  }
}

TEST_CASE("connection: applied until nothing changes, a condition has one end", "[agent]") {
  for (const auto from : connection_states) {
    CAPTURE(name(from));
    CHECK(settled(from, condition::none) == from);
    CHECK(settled(from, condition::closed) == state::closed);
    if (from == state::closed) {
      for (const auto on : connection_conditions) CHECK(settled(from, on) == state::closed);
      continue;
    }
    CHECK(settled(from, condition::started) == state::checking);
    CHECK(settled(from, condition::usable) == state::connected);
    CHECK(settled(from, condition::concluded) == state::completed);
    CHECK(settled(from, condition::failed) == state::failed);
    if (from != state::idle) CHECK(settled(from, condition::late) == state::disconnected);
  }
}

TEST_CASE("connection: on the way to a path every session is seen checking, then connected",
          "[agent]") {
  CHECK(next(state::idle, condition::concluded) == state::checking);
  CHECK(next(state::checking, condition::concluded) == state::connected);
  CHECK(next(state::connected, condition::concluded) == state::completed);
  CHECK(next(state::failed, condition::concluded) == state::checking);
  CHECK(next(state::disconnected, condition::concluded) == state::connected);
}

TEST_CASE("connection: the facts bear out their strongest claim", "[agent]") {
  CHECK(condition_of({}) == condition::none);
  CHECK(condition_of({.all_failed = true, .all_settled = true, .all_reachable = true}) ==
        condition::none);
  CHECK(condition_of(started(false, false, false)) == condition::started);
  CHECK(condition_of(started(false, true, true)) == condition::started);
  CHECK(condition_of(started(true, false, false)) == condition::usable);
  CHECK(condition_of(started(true, true, false)) == condition::concluded);
  CHECK(condition_of(started(true, false, true)) == condition::late);
  CHECK(condition_of(started(true, true, true)) == condition::late);
  for (const bool reachable : {false, true}) {
    for (const bool settled_too : {false, true}) {
      for (const bool late : {false, true}) {
        auto facts = started(reachable, settled_too, late, true);
        CHECK(condition_of(facts) == condition::failed);
        facts.closed = true;
        CHECK(condition_of(facts) == condition::closed);
        facts.started = false;
        CHECK(condition_of(facts) == condition::closed);
      }
    }
  }
}

TEST_CASE("connection: each state has a name of its own", "[agent]") {
  std::set<std::string_view> names;
  for (const auto s : connection_states) names.insert(to_text(s));
  CHECK(names.size() == connection_states.size());
  CHECK(names.count("unknown") == 0);
  CHECK(to_text(state::disconnected) == "disconnected");
}
