#include "floe/ice/role.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

#include "catch.hpp"

using namespace floe;
using ice::role;
using ice::role_claim;
using ice::role_decision;

namespace {

constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t top_bit = 0x8000000000000000;

struct row {
  std::uint64_t mine, theirs;
  role_decision controlling;  ///< what a controlling agent does about ICE-CONTROLLING
  role_decision controlled;   ///< what a controlled agent does about ICE-CONTROLLED
};

constexpr auto refuse = role_decision::keep_and_reply_487;
constexpr auto yield = role_decision::switch_role;

constexpr std::array conflicts{
    row{5, 4, refuse, yield},
    row{5, 5, refuse, yield},
    row{5, 6, yield, refuse},
    row{0, 0, refuse, yield},
    row{0, 1, yield, refuse},
    row{1, 0, refuse, yield},
    row{0, largest, yield, refuse},
    row{largest, 0, refuse, yield},
    row{largest, largest, refuse, yield},
    row{largest - 1, largest, yield, refuse},
    row{largest, largest - 1, refuse, yield},
    row{top_bit, 1, refuse, yield},
    row{1, top_bit, yield, refuse},
    row{top_bit, top_bit - 1, refuse, yield},
    row{top_bit - 1, top_bit, yield, refuse},
};

}  // namespace

TEST_CASE("role: of two controlling agents the larger or equal tie-breaker answers 487",
          "[ice][8445-7.3.1.1-a][8445-7.3.1.1-b][8445-7.3.1.1-e][ATK-F08]") {
  for (const auto& c : conflicts) {
    CAPTURE(c.mine, c.theirs);
    CHECK(ice::decide_role({role::controlling, c.mine}, role_claim{role::controlling, c.theirs}) ==
          c.controlling);
  }
}

TEST_CASE("role: of two controlled agents the larger or equal tie-breaker takes control",
          "[ice][8445-7.3.1.1-c][8445-7.3.1.1-d][8445-7.3.1.1-e][ATK-F08]") {
  for (const auto& c : conflicts) {
    CAPTURE(c.mine, c.theirs);
    CHECK(ice::decide_role({role::controlled, c.mine}, role_claim{role::controlled, c.theirs}) ==
          c.controlled);
  }
}

TEST_CASE("role: opposite claims and no claim are no conflict, whatever the tie-breakers",
          "[ice][8445-7.3.1.1-g]") {
  for (const auto mine : {role::controlling, role::controlled}) {
    for (const auto& c : conflicts) {
      CAPTURE(c.mine, c.theirs);
      const role_claim own{mine, c.mine};
      CHECK(ice::decide_role(own, role_claim{ice::opposite(mine), c.theirs}) ==
            role_decision::keep);
      CHECK(ice::decide_role(own, std::nullopt) == role_decision::keep);
    }
  }
}

TEST_CASE("role: when both sides see the conflict, they agree on who controls", "[ice]") {
  for (const auto both : {role::controlling, role::controlled}) {
    for (const auto& c : conflicts) {
      if (c.mine == c.theirs) continue;
      CAPTURE(c.mine, c.theirs);
      const role_claim a{both, c.mine};
      const role_claim b{both, c.theirs};
      const bool a_switches = ice::decide_role(a, b) == yield;
      const bool b_switches = ice::decide_role(b, a) == yield;
      CHECK(a_switches != b_switches);
    }
  }
}

TEST_CASE("role: a 487 counts for the claim that it refuses, unless a later check was accepted",
          "[ice][8445-7.2.5.1-a][8445-7.2.5.1-e]") {
  const ice::role_claim mine{role::controlling, 7};
  const time_point early{};
  const auto late = early + std::chrono::milliseconds{1};
  CHECK(ice::yields_after_487(mine, early, mine, {}));
  CHECK(ice::yields_after_487(mine, late, mine, early));
  CHECK(ice::yields_after_487(mine, late, mine, late));
  CHECK_FALSE(ice::yields_after_487(mine, early, mine, late));
  CHECK_FALSE(ice::yields_after_487({role::controlled, 7}, early, mine, {}));
  CHECK_FALSE(ice::yields_after_487({role::controlling, 6}, early, mine, {}));
  CHECK(ice::opposite(ice::opposite(role::controlled)) == role::controlled);
}

TEST_CASE("role: a peer that answers nothing but 487 is asked eight times a pair", "[ice]") {
  CHECK(ice::max_role_conflicts == 8);
  CHECK(role_claim{}.tie_breaker == 0);
}
