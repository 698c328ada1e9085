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
                              outcome::no_room, outcome::unproved};
  for (const auto why : mended) CHECK(may_pass(why));
  constexpr std::array lasting{outcome::answered,        outcome::credentials,
                               outcome::unusable_answer, outcome::unresolved,
                               outcome::unsupported,     outcome::no_matching_family};
  for (const auto why : lasting) CHECK_FALSE(may_pass(why));
}

TEST_CASE("retry: a server without room may say how it sees a socket", "[gather]") {
  using stun::error_code;
  for (unsigned number = 300; number < 700; ++number) {
    const turn::complaint said{static_cast<error_code>(number), number % 2 == 0};
    CHECK(gather::is_full(said) == (number == 486 || number == 508));
  }
  CHECK_FALSE(gather::is_full(std::nullopt));
}

TEST_CASE("retry: credentials are asked for a minute early, or at half of what is left",
          "[gather]") {
  const auto at = [](duration left) {
    return gather::ask_for_credentials_at(time_point{1h}, time_point{1h} + left) - time_point{1h};
  };
  CHECK(at(10min) == 9min);
  CHECK(at(2min) == 1min);
  CHECK(at(1min) == 30s);
  CHECK(at(0s) == 0s);
  CHECK(at(-1h) == 0s);
}
