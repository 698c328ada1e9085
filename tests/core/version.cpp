#include "floe/core/version.hpp"

#include "catch.hpp"

// What the header says to write compiles, and orders versions as people do.
static_assert(floe::version >= std::array{0, 2, 0});
static_assert(floe::version < std::array{1, 0, 0});

TEST_CASE("version: is a constant of three numbers, none of which is negative", "[core]") {
  for (const int number : floe::version) CHECK(number >= 0);
}
