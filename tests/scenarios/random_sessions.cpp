// Ten thousand sessions that nobody would think of. `./dev soak` runs as many as wanted.

#include "sim/random_plan.hpp"

#include <array>
#include <cstdlib>
#include <string>

#include "catch.hpp"
#include "sim/life_plan.hpp"
#include "sim/server_plan.hpp"

using namespace floe;
using namespace floe::sim;

TEST_CASE("random sessions: what must hold holds, and who can connect does",
          "[scenario][sim][long]") {
  constexpr std::uint64_t first = 1;
  constexpr std::uint64_t count = 10'000;
  std::array<std::size_t, verdict_count> found{};
  for (auto seed = first; seed < first + count; ++seed) {
    try {
      const auto what = trial(draw_plan(seed)).what;
      ++found.at(static_cast<std::size_t>(what));
      if (is_wrong(what)) FAIL_CHECK("seed " << seed << ": " << text_of(what));
    } catch (const std::exception& e) {
      FAIL_CHECK(e.what());
    }
  }
  CHECK(found.at(static_cast<std::size_t>(verdict::bad_luck)) < count / 100);
}

TEST_CASE("random sessions: the same seed gives the same bytes at the same instants",
          "[scenario][sim]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const auto once = trial(draw_plan(seed));
    const auto twice = trial(draw_plan(seed));
    CHECK(once.digest == twice.digest);
    CHECK(once.what == twice.what);
  }
}

TEST_CASE("random sessions: servers as they are cost no session that they could serve",
          "[scenario][sim]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(server_trial(seed));
  }
}

TEST_CASE(
    "random sessions: what happens to one that stands leaves no end that one side believes in",
    "[scenario][sim]") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    CHECK_NOTHROW(life_trial(seed));
  }
}
