#include "floe/sdp/text.hpp"

#include <array>
#include <string>
#include <string_view>

#include "catch.hpp"

namespace sdp = floe::sdp;
using namespace std::string_view_literals;

TEST_CASE("text: a decimal number is digits and nothing else", "[sdp]") {
  CHECK(sdp::parse_decimal("0", 1, 0, 9) == 0U);
  CHECK(sdp::parse_decimal("007", 3, 0, 9) == 7U);
  CHECK(sdp::parse_decimal("4294967295", 10, 0, 0xffff'ffff) == 0xffff'ffffU);
  for (const auto* const bad : {"", "-1", "+5", " 5", "5 ", "0x10", "1e3", "5.", "12345"}) {
    INFO(bad);
    CHECK_FALSE(sdp::parse_decimal(bad, 4, 0, 0xffff'ffff));
  }
  CHECK_FALSE(sdp::parse_decimal("4294967296", 10, 0, 0xffff'ffff));
  CHECK_FALSE(sdp::parse_decimal("18446744073709551617", 10, 0, 0xffff'ffff));
  CHECK_FALSE(sdp::parse_decimal("0", 1, 1, 9));
  CHECK_FALSE(sdp::parse_decimal("10", 2, 1, 9));
}

TEST_CASE("text: a hexadecimal number is digits of either case and nothing else", "[sdp]") {
  CHECK(sdp::parse_hex("0", 1) == 0U);
  CHECK(sdp::parse_hex("0aF9", 4) == 0x0af9U);
  CHECK(sdp::parse_hex("ffffffff", 8) == 0xffff'ffffU);
  for (const auto* const bad : {"", "g", "G", "-1", "+1", "0x1", " 1", "1 ", "@", "`", "/", ":"}) {
    CAPTURE(bad);
    CHECK_FALSE(sdp::parse_hex(bad, 4));
  }
  CHECK_FALSE(sdp::parse_hex("12345", 4));
}

TEST_CASE("text: fields are parted by single spaces", "[sdp]") {
  sdp::field_reader fields{"one  two"};
  CHECK(fields.next() == "one"sv);
  CHECK(fields.rest() == " two"sv);
  CHECK(fields.next() == ""sv);
  CHECK(fields.next() == "two"sv);
  CHECK_FALSE(fields.next());
  CHECK(fields.next_or_empty().empty());
  CHECK(sdp::field_reader{""}.next() == ""sv);
}

TEST_CASE("text: tokens and visible texts exclude what would break a line", "[sdp]") {
  CHECK(sdp::is_token("network-cost"));
  CHECK_FALSE(sdp::is_token(""));
  CHECK_FALSE(sdp::is_token("a=b"));
  CHECK(sdp::is_visible("a=b"sv));
  for (const auto bad : {""sv, "a b"sv, "a\rb"sv, "a\nb"sv, "a\0b"sv, "a\x7f"sv, "\xc3\xa4"sv}) {
    CHECK_FALSE(sdp::is_visible(bad));
    CHECK_FALSE(sdp::is_token(bad));
  }
}

TEST_CASE("text: the case of ASCII letters does not count, all else does", "[sdp]") {
  CHECK(sdp::equals_ignoring_case("UdP", "uDp"));
  CHECK_FALSE(sdp::equals_ignoring_case("udp", "udp4"));
  CHECK_FALSE(sdp::equals_ignoring_case("[", "{"));
}

TEST_CASE("text: a writer stays within its buffer and says when it did not suffice", "[sdp]") {
  std::array<char, 8> buffer{};
  buffer.fill('#');
  sdp::text_writer fits{gsl::span{buffer}.first(5)};
  fits.text("a").number(0).number(255, 16).text("").text("z");
  CHECK(fits.finish().value() == 5);
  CHECK(std::string_view{buffer.data(), buffer.size()} == "a0ffz###");

  sdp::text_writer overrun{gsl::span{buffer}.first(5)};
  overrun.number(4294967295U);
  CHECK(overrun.finish().error() == floe::errc::buffer_too_small);
  overrun.text("x");  // even if the next part fits
  CHECK(overrun.finish().error() == floe::errc::buffer_too_small);
  CHECK(std::string_view{buffer.data() + 5, 3} == "###");
}
