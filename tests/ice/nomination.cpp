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
using ice::worth_waiting_until;

namespace {

constexpr time_point start{1h};
constexpr duration tick{1};

}  // namespace

TEST_CASE("nomination: without a valid pair there is nothing to nominate", "[ice]") {
  for (const auto until : {deadline{}, deadline{start}, deadline{start + 1h}}) {
    const auto decision = decide_nomination({.better_until = until}, {}, start);
    CHECK(decision.what == nomination_decision::nothing);
    CHECK_FALSE(decision.until);
  }
}

TEST_CASE("nomination: one that is settled, or follows, waits however long, and without a timer",
          "[ice][8445-8.1.1-h]") {
  for (const auto until : {deadline{}, deadline{start}}) {
    for (const bool settled : {false, true}) {
      const component_outlook held{
          .settled = settled, .follows = !settled, .has_valid = true, .better_until = until};
      const auto decision = decide_nomination(held, {}, start + 1h);
      CHECK(decision.what == nomination_decision::nothing);
      CHECK_FALSE(decision.until);
    }
  }
}

TEST_CASE("nomination: the best possible pair is nominated at once", "[ice][8445-8.1.1-f]") {
  const component_outlook best{.has_valid = true};
  CHECK(decide_nomination(best, {}, start).what == nomination_decision::nominate_best);
}

TEST_CASE("nomination: a better pair is waited for, to the tick", "[ice][8445-8.1.1-f]") {
  const component_outlook waiting{.has_valid = true, .better_until = start + 500ms};
  for (const auto now : {start, start + 500ms - tick}) {
    const auto decision = decide_nomination(waiting, {}, now);
    CHECK(decision.what == nomination_decision::wait);
    CHECK(decision.until == start + 500ms);
  }
  for (const auto now : {start + 500ms, start + 500ms + tick, time_point::max()}) {
    const auto decision = decide_nomination(waiting, {}, now);
    CHECK(decision.what == nomination_decision::nominate_best);
    CHECK_FALSE(decision.until);
  }
}

TEST_CASE("nomination: an answer is worth one and a half round trips since the check left",
          "[ice][8445-8.1.1-f]") {
  constexpr ice::valid_outlook valid{.round_trip = 100ms, .since = start};
  const auto until = [&](deadline asked) {
    return worth_waiting_until({.asked = asked}, valid, false, 500ms, 500ms, start);
  };
  CHECK(until(start - 100ms) == start + 50ms);
  CHECK(until(start - 1s) == start - 850ms);
  CHECK(until(start) == start + 150ms);
  // One that has yet to leave can't be answered sooner than if it left now.
  CHECK(until(std::nullopt) == start + 150ms);
  CHECK(worth_waiting_until({}, valid, false, 500ms, 500ms, start + 40ms) == start + 190ms);
}

TEST_CASE("nomination: a repetition is worth waiting for when it may save a relay from loss",
          "[ice][8445-8.1.1-f]") {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const bool valid_relayed = (bits & 1U) != 0;
    const bool rival_relayed = (bits & 2U) != 0;
    const bool lossy = (bits & 4U) != 0;
    const bool heard = (bits & 8U) != 0;
    const auto until = worth_waiting_until(
        {.relayed = rival_relayed, .heard = heard, .asked = start - 200ms},
        {.relayed = valid_relayed, .round_trip = 200ms, .since = start}, lossy, 1s, 500ms, start);
    const bool repeats = valid_relayed && !rival_relayed && (lossy || heard);
    CHECK(until == start + 100ms + (repeats ? 500ms : 0ms));
  }
}

TEST_CASE("nomination: patience limits every wait", "[ice][8445-8.1.1-f]") {
  for (const bool relayed : {false, true}) {
    for (const bool lossy : {false, true}) {
      const ice::valid_outlook valid{.relayed = relayed, .round_trip = 2s, .since = start};
      CHECK(worth_waiting_until({}, valid, lossy, 500ms, 700ms, start) == start + 500ms);
      CHECK(worth_waiting_until({.heard = true}, valid, lossy, 500ms, 700ms, start + 1s) ==
            start + 500ms);
      // Without patience the first valid pair is nominated.
      CHECK(worth_waiting_until({.heard = true}, valid, lossy, 0s, 500ms, start) == start);
    }
  }
}

TEST_CASE("nomination: direct pairs that are being checked are asked again beside a relay",
          "[ice]") {
  const auto asked_again = [](const ice::rival_outlook& rival, duration round_trip) {
    return ice::is_asked_again(rival, round_trip, start);
  };
  CHECK(asked_again({.asked = start - 100ms}, 100ms));
  CHECK(asked_again({.asked = start}, 0ms));
  CHECK_FALSE(asked_again({.asked = start - 100ms + tick}, 100ms));
  CHECK_FALSE(asked_again({.relayed = true, .asked = start - 1s}, 100ms));
  CHECK_FALSE(asked_again({}, 0ms));
}

TEST_CASE("nomination: patience beyond the end of the clock ends with the clock", "[ice]") {
  constexpr auto late = time_point::max() - 1s;
  const ice::valid_outlook valid{.relayed = true, .round_trip = 2s, .since = late};
  CHECK(worth_waiting_until({}, valid, true, 1h, 1h, late) == time_point::max());
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
  CHECK(ice::decide_nomination({.has_valid = true}, config, time_point{1h}).what ==
        ice::nomination_decision::nothing);
}

TEST_CASE("nomination: patience is half a second unless the host says otherwise", "[ice]") {
  CHECK(ice::nomination_config{}.patience == 500ms);
}

TEST_CASE("nomination: unless the host objects, a peer may nominate any pair", "[ice]") {
  CHECK(ice::nomination_config{}.accepts == ice::any_nomination);
  CHECK(ice::any_nomination(ice::candidate{}, endpoint{}));
}
