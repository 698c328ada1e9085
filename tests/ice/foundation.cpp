#include "floe/ice/foundation.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include "catch.hpp"

using namespace floe;
using ice::foundation;

static_assert(foundation::from_number(1).text() == "1");

TEST_CASE("foundation: the ice-chars are 64, and no other byte is one", "[ice]") {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int value = 0; value < 256; ++value) {
    const auto c = static_cast<char>(static_cast<unsigned char>(value));
    CAPTURE(value);
    CHECK(ice::is_ice_char(c) == (alphabet.find(c) != std::string_view::npos));
  }
}

TEST_CASE("foundation: a text is 1 to 32 ice-chars", "[ice]") {
  CHECK_FALSE(foundation::from_text(""));
  CHECK(foundation::from_text("a")->text() == "a");
  const std::string longest(32, '/');
  CHECK(foundation::from_text(longest)->text() == longest);
  CHECK_FALSE(foundation::from_text(longest + "/"));
  CHECK_FALSE(foundation::from_text("a b"));
  CHECK_FALSE(foundation::from_text("a-b"));
  CHECK_FALSE(foundation::from_text(std::string_view{"a\0", 2}));
  CHECK(foundation{}.text().empty());
}

TEST_CASE("foundation: a number is written in decimal", "[ice]") {
  for (const std::uint32_t number : {0U, 1U, 9U, 10U, 99U, 100U, 65535U, 4294967295U}) {
    CHECK(foundation::from_number(number).text() == std::to_string(number));
    CHECK(foundation::from_number(number) == *foundation::from_text(std::to_string(number)));
  }
}

TEST_CASE("foundation: a learned one equals no signalled one, whatever its text", "[ice]") {
  CHECK(foundation::learned(7).text() == "7");
  CHECK(foundation::learned(7) != *foundation::from_text("7"));
  CHECK(foundation::learned(7) != foundation::learned(8));
  CHECK(foundation::learned(7) == foundation::learned(7));
}
