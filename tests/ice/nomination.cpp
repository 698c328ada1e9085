#include "floe/ice/nomination.hpp"

#include <chrono>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using ice::component_outlook;
using ice::decide_nomination;
using ice::decide_peer_nomination;
using ice::nomination_decision;
using ice::pair_state;
using ice::peer_nomination;
using ice::role;

namespace {

constexpr time_point start{1h};
constexpr duration tick{1};
constexpr ice::nomination_config half_a_second{.patience = 500ms};

}  // namespace

TEST_CASE("nomination: without a valid pair there is nothing to nominate", "[ice]") {
  for (const bool pending : {false, true}) {
    const component_outlook none{.better_pending = pending, .valid_since = {}};
    const auto decision = decide_nomination(none, half_a_second, start);
    CHECK(decision.what == nomination_decision::nothing);
    CHECK_FALSE(decision.until);
  }
}

TEST_CASE("nomination: one that is settled, or follows, waits however long, and without a timer",
          "[ice][8445-8.1.1-h]") {
  for (const bool pending : {false, true}) {
    for (const bool settled : {false, true}) {
      const component_outlook held{
          .settled = settled, .follows = !settled, .better_pending = pending, .valid_since = start};
      const auto decision = decide_nomination(held, half_a_second, start + 1h);
      CHECK(decision.what == nomination_decision::nothing);
      CHECK_FALSE(decision.until);
    }
  }
}

TEST_CASE("nomination: the best possible pair is nominated at once", "[ice][8445-8.1.1-f]") {
  const component_outlook best{.valid_since = start};
  CHECK(decide_nomination(best, half_a_second, start).what == nomination_decision::nominate_best);
}

TEST_CASE("nomination: a better pair is waited for, to the tick", "[ice][8445-8.1.1-f]") {
  const component_outlook waiting{.better_pending = true, .valid_since = start};
  for (const auto now : {start, start + 500ms - tick}) {
    const auto decision = decide_nomination(waiting, half_a_second, now);
    CHECK(decision.what == nomination_decision::wait);
    CHECK(decision.until == start + 500ms);
  }
  for (const auto now : {start + 500ms, start + 500ms + tick, time_point::max()}) {
    const auto decision = decide_nomination(waiting, half_a_second, now);
    CHECK(decision.what == nomination_decision::nominate_best);
    CHECK_FALSE(decision.until);
  }
}

TEST_CASE("nomination: the component that leads is the one with the data", "[ice]") {
  CHECK(ice::first_component == component_id{1});
}

TEST_CASE("nomination: a path like the first component's ranks above every priority",
          "[ice][8445-8.1.1-h]") {
  constexpr ice::pair_foundation first{1, 2};
  const std::optional settled{ice::settled_pair{first, start}};
  for (const ice::pair_foundation other : {ice::pair_foundation{1, 1}, {2, 2}, {2, 1}}) {
    CHECK(ice::rank_of(first, 0, settled) > ice::rank_of(other, ~std::uint64_t{0}, settled));
  }
  CHECK(ice::rank_of(first, 2, settled) > ice::rank_of(first, 1, settled));
  CHECK(ice::rank_of(first, 1, std::nullopt) < ice::rank_of({3, 4}, 2, std::nullopt));
  CHECK(ice::rank_of(first, 1, std::nullopt) == ice::rank_of({3, 4}, 1, std::nullopt));
}

TEST_CASE(
    "nomination: the patience of a component that followed begins when the first could lead it",
    "[ice][8445-8.1.1-h]") {
  const component_outlook late{
      .better_pending = true, .valid_since = start, .first_since = start + 300ms};
  CHECK(decide_nomination(late, half_a_second, start + 500ms).until == start + 800ms);
  CHECK(decide_nomination(late, half_a_second, start + 800ms).what ==
        nomination_decision::nominate_best);
  const component_outlook early{
      .better_pending = true, .valid_since = start, .first_since = start - 300ms};
  CHECK(decide_nomination(early, half_a_second, start).until == start + 500ms);
}

TEST_CASE("nomination: without patience the first valid pair is nominated", "[ice][8445-8.1.1-f]") {
  const component_outlook waiting{.better_pending = true, .valid_since = start};
  CHECK(decide_nomination(waiting, {.patience = 0s}, start).what ==
        nomination_decision::nominate_best);
}

TEST_CASE("nomination: patience beyond the end of the clock ends with the clock", "[ice]") {
  const component_outlook waiting{.better_pending = true, .valid_since = time_point::max() - 1s};
  const auto decision = decide_nomination(waiting, {.patience = 1h}, time_point::max() - 1s);
  CHECK(decision.what == nomination_decision::wait);
  CHECK(decision.until == time_point::max());
}

TEST_CASE("nomination: a controlled agent takes the peer's at once on a valid pair, else later",
          "[ice]") {
  for (const auto state : ice::pair_states) {
    const bool valid = state == pair_state::succeeded;
    CHECK(decide_peer_nomination(true, role::controlled, state) ==
          (valid ? peer_nomination::nominate_now : peer_nomination::remember));
    CHECK(decide_peer_nomination(false, role::controlled, state) == peer_nomination::ignore);
  }
}

TEST_CASE("nomination: a controlling agent ignores the peer's", "[ice][8445-7.3.1.5-d]") {
  for (const auto state : ice::pair_states) {
    for (const bool use_candidate : {false, true}) {
      CHECK(decide_peer_nomination(use_candidate, role::controlling, state) ==
            peer_nomination::ignore);
    }
  }
}

TEST_CASE("nomination: a success nominates by the check's own flag or the peer's, as the role is",
          "[ice][8445-7.2.5.3.4-a][8445-7.2.5.3.4-c]") {
  using ice::nominates_by_success;
  CHECK(nominates_by_success(ice::role::controlling, true, false));
  CHECK_FALSE(nominates_by_success(ice::role::controlling, false, true));
  CHECK(nominates_by_success(ice::role::controlled, false, true));
  CHECK_FALSE(nominates_by_success(ice::role::controlled, true, false));
}

TEST_CASE("nomination: a failure fails the nomination of either side", "[ice][8445-7.2.5.3.4-b]") {
  CHECK(ice::fails_nomination(true, false));
  CHECK(ice::fails_nomination(false, true));
  CHECK_FALSE(ice::fails_nomination(false, false));
}

TEST_CASE("nomination: with its failure the list fails, but not before the PAC timer has ended",
          "[ice][8445-7.2.5.3.4-b][8863-4-c]") {
  const time_point now{std::chrono::hours{1}};
  CHECK(ice::fails_list(false, now, now));
  CHECK_FALSE(ice::fails_list(false, after(now, std::chrono::nanoseconds{1}), now));
  CHECK_FALSE(ice::fails_list(false, std::nullopt, now));
  CHECK_FALSE(ice::fails_list(true, now, now));
}

TEST_CASE("nomination: a component that is settled long enough follows a new nomination",
          "[ice][8445-8.1.1-f]") {
  const ice::nomination_config config;
  const time_point settled{1h};
  CHECK_FALSE(ice::replaces_selection(std::nullopt, config, settled));
  CHECK_FALSE(ice::replaces_selection(settled, config, settled + 5s - duration{1}));
  CHECK(ice::replaces_selection(settled, config, settled + 5s));
}

TEST_CASE("nomination: where the host chooses, the rule does nothing", "[ice]") {
  const ice::nomination_config config{.chosen_by = ice::nomination_config::host};
  CHECK(ice::decide_nomination({.valid_since = time_point{}}, config, time_point{1h}).what ==
        ice::nomination_decision::nothing);
}

TEST_CASE("nomination: patience is half a second unless the host says otherwise", "[ice]") {
  CHECK(ice::nomination_config{}.patience == 500ms);
}

TEST_CASE("nomination: unless the host objects, a peer may nominate any pair", "[ice]") {
  CHECK(ice::nomination_config{}.accepts == ice::any_nomination);
  CHECK(ice::any_nomination(ice::candidate{}, endpoint{}));
}
