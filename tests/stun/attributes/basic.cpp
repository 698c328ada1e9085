#include "floe/stun/attributes/basic.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "stun/attributes/codec.hpp"

using namespace floe;
using stun::attribute_type;

namespace {

constexpr auto some_type = static_cast<attribute_type>(0x7001);
using empty = stun::empty_attribute<some_type>;
using number16 = stun::number_attribute<some_type, std::uint16_t>;
using number64 = stun::number_attribute<some_type, std::uint64_t>;
using tailed = stun::reserved_tail_attribute<some_type, std::uint16_t>;
using token = stun::token_attribute<some_type, 5>;
using bytes = stun::bytes_attribute<some_type>;

}  // namespace

static_assert(number16::decode(vectors::from_hex("1234"), {})->value == 0x1234);

TEST_CASE("basic attributes: each takes its own size and no other", "[stun][ATK-A20]") {
  CHECK(codec::takes_only<empty>({0}));
  CHECK(codec::takes_only<number16>({2}));
  CHECK(codec::takes_only<number64>({8}));
  CHECK(codec::takes_only<tailed>({4}));
  CHECK(codec::takes_only<token>({5}));
}

TEST_CASE("basic attributes: values both ways", "[stun]") {
  CHECK(codec::both_ways(empty{}, ""));
  CHECK(codec::both_ways(number16{0x1234}, "1234"));
  CHECK(codec::both_ways(number64{0x0123456789abcdef}, "0123456789abcdef"));
  CHECK(codec::both_ways(token{vectors::from_hex("0102030405")}, "0102030405"));
  const auto some = vectors::unhex("00ff10");
  CHECK(codec::both_ways(bytes{some}, "00ff10"));
  CHECK(codec::both_ways(bytes{}, ""));
}

TEST_CASE("basic attributes: reserved bytes are sent as zero and not looked at",
          "[stun][8656-18-c]") {
  CHECK(codec::both_ways(tailed{0x1234}, "12340000"));
  CHECK(codec::decoded<tailed>("1234ffff")->value == 0x1234);
}

TEST_CASE("basic attributes: bytes that no length field can count are not sent", "[stun]") {
  const std::vector<std::byte> most(0xffff);
  const std::vector<std::byte> more(0x10000);
  CHECK(bytes{most}.is_encodable());
  CHECK_FALSE(bytes{more}.is_encodable());
}
