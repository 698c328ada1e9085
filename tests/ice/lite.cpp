#include "floe/ice/lite.hpp"

#include <chrono>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using ice::level;
using ice::role;
using ice::role_decision;

TEST_CASE("lite: a full agent controls a lite one, whoever began", "[ice][8445-6.1.1-b]") {
  for (const auto initial : {role::controlling, role::controlled}) {
    CHECK(ice::role_between(level::full, level::lite, initial) == role::controlling);
    CHECK(ice::role_between(level::lite, level::full, initial) == role::controlled);
  }
}

TEST_CASE("lite: between two of a kind the one that began controls", "[ice][8445-6.1.1-c]") {
  for (const auto both : {level::full, level::lite}) {
    for (const auto initial : {role::controlling, role::controlled}) {
      CHECK(ice::role_between(both, both, initial) == initial);
    }
  }
  CHECK(ice::settles_without_checks(level::lite, level::lite));
  CHECK_FALSE(ice::settles_without_checks(level::lite, level::full));
  CHECK_FALSE(ice::settles_without_checks(level::full, level::lite));
  CHECK_FALSE(ice::settles_without_checks(level::full, level::full));
}

TEST_CASE("lite: its role never changes", "[ice][8445-7.3.2-b]") {
  const auto peer = GENERATE(ice::level::full, ice::level::lite);
  for (const auto mine : {role::controlling, role::controlled}) {
    for (const std::uint64_t tie_breaker : {0ULL, ~0ULL}) {
      CHECK(
          ice::decide_role(ice::level::lite, peer, {mine, 5}, ice::role_claim{mine, tie_breaker}) ==
          role_decision::keep_and_reply_487);
      CHECK(ice::decide_role(ice::level::lite, peer, {mine, 5},
                             ice::role_claim{opposite(mine), tie_breaker}) == role_decision::keep);
    }
    CHECK(ice::decide_role(ice::level::lite, peer, {mine, 5}, std::nullopt) == role_decision::keep);
  }
}

TEST_CASE("lite: nothing that its peer says takes control from a full agent",
          "[ice][8445-6.1.1-b]") {
  CHECK(ice::has_fixed_role(ice::level::full, ice::level::lite));
  CHECK_FALSE(ice::has_fixed_role(ice::level::full, ice::level::full));
  const ice::role_claim mine{role::controlling, 5};
  CHECK(ice::decide_role(ice::level::full, ice::level::lite, mine,
                         ice::role_claim{role::controlling, ~0ULL}) ==
        role_decision::keep_and_reply_487);
  CHECK(ice::decide_role(ice::level::full, ice::level::full, mine,
                         ice::role_claim{role::controlling, ~0ULL}) == role_decision::switch_role);
}

TEST_CASE(
    "lite: the slower pace of both agents counts, and what is presumed of one that says nothing",
    "[ice][8445-14.2-a][8839-5.5-a]") {
  CHECK(ice::agreed_pace(20ms, {.pacing = 100ms}, 50ms) == 100ms);
  CHECK(ice::agreed_pace(100ms, {.pacing = 20ms}, 50ms) == 100ms);
  CHECK(ice::agreed_pace(20ms, {.pacing = 5ms}, 50ms) == 20ms);
  CHECK(ice::agreed_pace(20ms, {}, 50ms) == 50ms);
  CHECK(ice::agreed_pace(20ms, {}, 5ms) == 20ms);
  CHECK(ice::agreed_pace(20ms, {.pacing = 1h}, 50ms) == 10s);
}

TEST_CASE("lite: a peer is gone after a silence, if there is a limit to it", "[ice]") {
  const time_point heard{1h};
  CHECK(ice::gone_at(heard, 30s) == heard + 30s);
  CHECK_FALSE(ice::gone_at(heard, std::nullopt));
}

TEST_CASE("lite: a check proves a pair that it nominates, or when the nominated one is silent",
          "[ice][8445-7.3.2-a]") {
  for (const bool nominates : {false, true}) {
    for (const bool silent : {false, true}) {
      CHECK(ice::proves_for_lite(nominates, silent) == (nominates || silent));
    }
  }
}
