// Every kind of NAT on both sides: a session connects exactly where a path exists, by the best kind
// of path there is. `./dev soak` runs all of it; here is a slice.

#include "sim/matrix.hpp"

#include <array>

#include "catch.hpp"
#include "sim/verdict.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

verdict run(const cell& c, std::uint64_t seed) {
  session s{plan_of(c, seed)};
  s.run();
  return judge(s, best_path(c.left, c.right), {.lossy = c.loss != 0});
}

}  // namespace

TEST_CASE("matrix: without loss every pair of NATs connects by the best path, or fails in time",
          "[scenario][sim][ATK-G06]") {
  std::uint64_t seed = 0;
  for (const auto& c : all_cells()) {
    ++seed;
    if (c.loss != 0 || seed % 2 == 0) continue;
    INFO(text_of(c) << ", seed " << seed);
    const auto found = run(c, seed);
    INFO(text_of(found));
    CHECK(found == verdict::as_expected);
  }
}

TEST_CASE("matrix: loss keeps nobody apart whom the network gives the chances of the RFC",
          "[scenario][sim]") {
  std::uint64_t seed = 0;
  std::array<std::size_t, 2> lossy{};
  std::array<std::size_t, 2> unlucky{};
  for (const auto& c : all_cells()) {
    ++seed;
    if (c.loss == 0 || seed % 8 != 1) continue;
    INFO(text_of(c) << ", seed " << seed);
    const auto found = run(c, seed);
    INFO(text_of(found));
    CHECK_FALSE(is_wrong(found));
    const std::size_t much = c.loss > 100 ? 1 : 0;
    ++lossy.at(much);
    unlucky.at(much) += found == verdict::bad_luck ? 1U : 0U;
  }
  // A request and its answer, seven times: 0.19^7 and 0.51^7 of all requests.
  CHECK(unlucky[0] == 0);
  CHECK(unlucky[1] * 50 <= lossy[1]);
}
