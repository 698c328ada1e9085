#include "floe/gather/retry.hpp"

#include <array>
#include <chrono>
#include <vector>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using namespace floe::gather;

TEST_CASE("retry: waits double, and end", "[gather][ATK-E09]") {
  std::vector<duration> waits;
  for (unsigned tries = 0; const auto wait = rest_after(1s, tries); ++tries) waits.push_back(*wait);
  CHECK(waits == std::vector<duration>{1s, 2s, 4s, 8s, 16s, 32s, 64s, 128s});
  CHECK_FALSE(rest_after(1s, 255));
  CHECK(rest_after(duration::max(), 3) == duration::max());
}

TEST_CASE("retry: what stood for long begins anew", "[gather]") {
  CHECK_FALSE(is_new_trouble(0s, 1s));
  CHECK_FALSE(is_new_trouble(31s, 1s));
  CHECK(is_new_trouble(32s, 1s));
}

TEST_CASE("retry: time mends what is on the way or the server's load", "[gather]") {
  constexpr std::array mended{outcome::refused, outcome::timeout, outcome::unreachable,
                              outcome::no_room};
  for (const auto why : mended) CHECK(may_pass(why));
  constexpr std::array lasting{outcome::answered,        outcome::credentials,
                               outcome::unusable_answer, outcome::unresolved,
                               outcome::unsupported,     outcome::no_matching_family};
  for (const auto why : lasting) CHECK_FALSE(may_pass(why));
}
