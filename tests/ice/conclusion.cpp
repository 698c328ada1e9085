#include "floe/ice/conclusion.hpp"

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

using ice::checklist_event;
using ice::checklist_state;

TEST_CASE("conclusion: a Running list fails only when all hope and the PAC timer are gone",
          "[ice][8445-7.2.5.4-a][8838-8-a][8838-8-b][8863-4-c][8863-4-d]") {
  constexpr time_point end{40s};
  for (unsigned bits = 0; bits < 32; ++bits) {
    const ice::list_outlook list{.local_complete = (bits & 1U) != 0,
                                 .remote_complete = (bits & 2U) != 0,
                                 .busy = (bits & 4U) != 0,
                                 .all_reachable = (bits & 8U) != 0,
                                 .all_selected = (bits & 16U) != 0,
                                 .pac = end};
    const auto hopeless =
        (bits & 15U) == 3 ? std::optional{checklist_event::exhausted} : std::nullopt;
    CHECK(ice::conclude(list, end) == hopeless);
    CHECK(ice::conclude(list, end + 1h) == hopeless);
    CHECK_FALSE(ice::conclude(list, end - 1ns));
  }
}

TEST_CASE("conclusion: without a path for all its time a Running list fails, busy or not",
          "[ice][8863-4-c]") {
  constexpr time_point pac{40s};
  constexpr time_point end{45s};
  for (unsigned bits = 0; bits < 16; ++bits) {
    const ice::list_outlook list{.local_complete = true,
                                 .remote_complete = true,
                                 .busy = true,
                                 .all_reachable = (bits & 1U) != 0,
                                 .all_reached = (bits & 2U) != 0,
                                 .heard = (bits & 4U) != 0,
                                 .pac = (bits & 8U) != 0 ? pac : end + 1s,
                                 .give_up = end};
    const bool never_reached = (bits & 2U) == 0;
    CHECK_FALSE(ice::conclude(list, end - 1ns));
    CHECK((ice::conclude(list, end) == checklist_event::exhausted) == never_reached);
    CHECK((ice::conclude(list, end + 1h) == checklist_event::exhausted) == never_reached);
    CHECK(ice::takes_consent_back(list, end) == (never_reached && list.heard));
    CHECK_FALSE(ice::takes_consent_back(list, end - 1ns));
  }
}

TEST_CASE("conclusion: while candidates are to come no time runs out", "[ice]") {
  const ice::list_outlook list{.busy = true, .heard = true, .pac = time_point{40s}};
  CHECK_FALSE(ice::is_complete(list));
  CHECK_FALSE(ice::conclude(list, time_point{24h}));
  CHECK_FALSE(ice::takes_consent_back(list, time_point{24h}));
}

TEST_CASE("conclusion: the end of the clock is not the end of a list", "[ice][ATK-F03]") {
  const ice::list_outlook list{.busy = true, .pac = {}, .give_up = time_point::max()};
  CHECK_FALSE(ice::conclude(list, time_point::max()));
}

TEST_CASE("conclusion: time is waited for as long as it can change something", "[ice]") {
  constexpr time_point pac{40s};
  constexpr time_point end{45s};
  ice::list_outlook list{.pac = pac, .give_up = end};
  CHECK(ice::conclusion_due(list, pac - 1ns) == pac);
  CHECK(ice::conclusion_due(list, pac) == end);
  CHECK_FALSE(ice::conclusion_due(list, end));
  list.all_reached = true;
  CHECK(ice::conclusion_due(list, pac - 1ns) == pac);
  CHECK_FALSE(ice::conclusion_due(list, pac));
  for (const auto state : {checklist_state::completed, checklist_state::failed}) {
    list = {.state = state, .pac = pac, .give_up = end};
    CHECK_FALSE(ice::conclusion_due(list, time_point{}));
  }
}

TEST_CASE("conclusion: what has not begun does not end", "[ice][8863-4-a]") {
  const ice::list_outlook list{.local_complete = true, .remote_complete = true, .pac = {}};
  CHECK_FALSE(ice::conclude(list, time_point::max()));
}

TEST_CASE("conclusion: a Completed list lives as long as its selected pairs", "[ice]") {
  ice::list_outlook list{.state = checklist_state::completed, .all_selected = true, .pac = {}};
  CHECK_FALSE(ice::conclude(list, time_point{}));
  list.all_selected = false;
  CHECK(ice::conclude(list, time_point{}) == checklist_event::path_lost);
  list.state = checklist_state::failed;
  CHECK_FALSE(ice::conclude(list, time_point{}));
}

TEST_CASE(
    "conclusion: what was not selected is freed a while after the list was Completed, if ever",
    "[ice][8445-8.3.1-a]") {
  const time_point completed{1h};
  CHECK(ice::release_due(completed, 3s) == completed + 3s);
  CHECK_FALSE(ice::release_due(std::nullopt, 3s));
  CHECK_FALSE(ice::release_due(completed, std::nullopt));
}

TEST_CASE("conclusion: a list of which nothing is known has reached nothing", "[ice]") {
  const ice::list_outlook fresh;
  CHECK(fresh.state == checklist_state::running);
  CHECK_FALSE(fresh.local_complete);
  CHECK_FALSE(fresh.remote_complete);
  CHECK_FALSE(fresh.busy);
  CHECK_FALSE(fresh.all_reachable);
  CHECK_FALSE(fresh.all_selected);
  CHECK_FALSE(fresh.all_reached);
  CHECK_FALSE(fresh.heard);
  CHECK_FALSE(fresh.give_up);
  CHECK_FALSE(fresh.pac);
}
