#include "floe/ice/checklist_state.hpp"

#include <string_view>

#include "catch.hpp"
#include "support/grid.hpp"

using namespace floe;
using ice::checklist_event;
using ice::checklist_state;

namespace {

std::string_view name(checklist_state state) {
  switch (state) {
    case checklist_state::running: return "running";
    case checklist_state::completed: return "completed";
    case checklist_state::failed: return "failed";
  }
  return "?";
}

std::string_view name(checklist_event event) {
  switch (event) {
    case checklist_event::all_nominated: return "all_nominated";
    case checklist_event::exhausted: return "exhausted";
    case checklist_event::nomination_failed: return "nomination_failed";
    case checklist_event::path_lost: return "path_lost";
    case checklist_event::consent_lost: return "consent_lost";
    case checklist_event::revived: return "revived";
    case checklist_event::restarted: return "restarted";
  }
  return "?";
}

}  // namespace

TEST_CASE("checklist: what every event does to every state", "[ice]") {
  const auto table = support::grid(
      "checklist", ice::checklist_states, ice::checklist_events,
      [](auto what) { return name(what); },
      [](checklist_state from, checklist_event on) { return ice::next(from, on); });
  support::check_grid(table, "tests/ice/checklist.grid");
}

TEST_CASE("checklist: every rule changes something and names its section", "[ice]") {
  for (const auto& rule : ice::checklist_rules) {
    CAPTURE(name(rule.from), name(rule.on));
    CHECK(rule.from != rule.to);
    CHECK_FALSE(rule.section.empty());
    CHECK(ice::next(rule.from, rule.on) == rule.to);
  }
}
