#include "floe/stun/attributes/error.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using stun::error_code;
using stun::error_code_attribute;
using stun::unknown_attributes;

namespace {

template <class A>
std::string encoded(const A& a) {
  std::vector<std::byte> out(a.size(), std::byte{0xee});
  a.encode(out, {});
  return vectors::to_hex(out);
}

}  // namespace

TEST_CASE("ERROR-CODE: hundreds, rest, phrase", "[stun][8489-14.8-a]") {
  CHECK(encoded(error_code_attribute{error_code::role_conflict, ""}) == "00000457");
  CHECK(encoded(error_code_attribute{error_code::role_conflict}) ==
        "00000457526f6c6520436f6e666c696374");
  CHECK(encoded(error_code_attribute{static_cast<error_code>(699), ""}) == "00000663");
  const auto bytes = vectors::unhex("00000457526f6c65");
  const auto decoded = error_code_attribute::decode(bytes, {});
  REQUIRE(decoded);
  CHECK(decoded->code == error_code::role_conflict);
  CHECK(decoded->reason == "Role");
}

TEST_CASE("ERROR-CODE: every class and number; only 3..6 and 0..99 are codes",
          "[stun][8489-14.8-a][ATK-A09]") {
  for (unsigned hundreds = 0; hundreds < 256; ++hundreds) {
    for (unsigned rest = 0; rest < 256; ++rest) {
      // The bits in front of the class are reserved and not looked at.
      const std::vector<std::byte> bytes{std::byte{0xff}, std::byte{0xff},
                                         static_cast<std::byte>(hundreds),
                                         static_cast<std::byte>(rest)};
      const auto decoded = error_code_attribute::decode(bytes, {});
      const auto in_class = hundreds & 7U;
      REQUIRE(decoded.has_value() == (in_class >= 3 && in_class <= 6 && rest <= 99));
      if (decoded) REQUIRE(static_cast<unsigned>(decoded->code) == in_class * 100 + rest);
    }
  }
}

TEST_CASE("ERROR-CODE: fewer than four bytes are none", "[stun][ATK-A08]") {
  for (std::size_t size = 0; size < 4; ++size) {
    CHECK_FALSE(error_code_attribute::decode(std::vector<std::byte>(size, std::byte{4}), {}));
  }
  const auto bare = error_code_attribute::decode(vectors::unhex("00000401"), {});
  REQUIRE(bare);
  CHECK(bare->reason.empty());
}

TEST_CASE("ERROR-CODE: the phrase is sent below 128 characters and accepted to 763 bytes",
          "[stun][8489-14.8-a]") {
  CHECK(error_code_attribute{error_code::server_error, std::string(127, 'x')}.is_encodable());
  const std::string long_reason(128, 'x');
  CHECK_FALSE(error_code_attribute{error_code::server_error, long_reason}.is_encodable());
  CHECK_FALSE(error_code_attribute{static_cast<error_code>(299), ""}.is_encodable());
  CHECK_FALSE(error_code_attribute{static_cast<error_code>(700), ""}.is_encodable());
  auto bytes = vectors::unhex("00000500");
  bytes.resize(4 + 763, std::byte{'x'});
  CHECK(error_code_attribute::decode(bytes, {}));
  bytes.resize(4 + 764, std::byte{'x'});
  CHECK_FALSE(error_code_attribute::decode(bytes, {}));
}

TEST_CASE("UNKNOWN-ATTRIBUTES: a list of types", "[stun][8489-14.13-a]") {
  const auto bytes = vectors::unhex("7fff7ffe7ffd");
  const auto decoded = unknown_attributes::decode(bytes, {});
  REQUIRE(decoded);
  CHECK(decoded->types.size() == 3);
  CHECK(encoded(*decoded) == "7fff7ffe7ffd");
  CHECK(unknown_attributes::decode({}, {})->types.empty());
}

TEST_CASE("UNKNOWN-ATTRIBUTES: an odd size is malformed, a long list is cut",
          "[stun][ATK-A25][ATK-A23]") {
  for (const std::size_t size : {1U, 3U, 5U, 65535U}) {
    CHECK_FALSE(unknown_attributes::decode(std::vector<std::byte>(size), {}));
  }
  std::vector<std::byte> many(2000);
  for (std::size_t i = 0; i < 1000; ++i) {
    store_be(many.data() + 2 * i, static_cast<std::uint16_t>(i + 1));
  }
  const auto decoded = unknown_attributes::decode(many, {});
  REQUIRE(decoded);
  CHECK(decoded->types.size() == stun::attribute_list::capacity);
}

TEST_CASE("ERROR-CODE: 300 to 699 may be sent", "[stun][8489-14.8-a]") {
  const auto may_be_sent = [](int code) {
    return error_code_attribute{static_cast<error_code>(code), ""}.is_encodable();
  };
  CHECK_FALSE(may_be_sent(299));
  CHECK(may_be_sent(300));
  CHECK(may_be_sent(699));
  CHECK_FALSE(may_be_sent(700));
  CHECK(encoded(error_code_attribute{static_cast<error_code>(300), ""}) == "00000300");
}
