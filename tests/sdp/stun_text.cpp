#include "floe/sdp/stun_text.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::message_view;

namespace {

std::string line(byte_view bytes) { return sdp::to_line(*message_view::parse(bytes)); }
std::string table(byte_view bytes) { return sdp::to_table(*message_view::parse(bytes)); }

std::vector<std::byte> request(std::string_view attributes) {
  auto bytes = vectors::unhex("000100002112a4420102030405060708090a0b0c");
  const auto rest = vectors::unhex(attributes);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  store_be(bytes.data() + 2, static_cast<std::uint16_t>(rest.size()));
  return bytes;
}

}  // namespace

TEST_CASE("stun text: messages on one line", "[sdp]") {
  CHECK(line(vectors::check_nominate) ==
        "Binding request 0102030405060708090a0b0c, USERNAME \"RFRG:LFRG\", PRIORITY 1845501695, "
        "ICE-CONTROLLING 0x0123456789abcdef, USE-CANDIDATE, MESSAGE-INTEGRITY (20 bytes), "
        "FINGERPRINT right");
  CHECK(line(vectors::check_success) ==
        "Binding success response 0102030405060708090a0b0c, XOR-MAPPED-ADDRESS "
        "203.0.113.5:54321, MESSAGE-INTEGRITY (20 bytes), FINGERPRINT right");
  CHECK(line(vectors::unknown_420) ==
        "Binding error response 0102030405060708090a0b0c, ERROR-CODE 420 \"Unknown Attribute\", "
        "UNKNOWN-ATTRIBUTES 0x7fff 0x7ffe 0x7ffd, FINGERPRINT right");
  CHECK(line(vectors::allocate_first) ==
        "Allocate request 0102030405060708090a0b0c, REQUESTED-TRANSPORT 17, "
        "REQUESTED-ADDRESS-FAMILY 2, DONT-FRAGMENT, FINGERPRINT right");
  CHECK(line(vectors::channelbind) ==
        "ChannelBind request 0102030405060708090a0b0c, CHANNEL-NUMBER 16384, XOR-PEER-ADDRESS "
        "[2001:db8::1]:5000");
}

TEST_CASE("stun text: messages as a table", "[sdp]") {
  CHECK(table(vectors::check_success) ==
        "Binding success response 0102030405060708090a0b0c, (64 bytes)\n"
        "    20  0x0020  XOR-MAPPED-ADDRESS           203.0.113.5:54321\n"
        "    32  0x0008  MESSAGE-INTEGRITY            (20 bytes)\n"
        "    56  0x8028  FINGERPRINT                  right\n");
  const auto late = request("00080014"
                            "0000000000000000000000000000000000000000"
                            "00250000"
                            "9abc0001ff000000");
  CHECK(table(late) == "Binding request 0102030405060708090a0b0c, (56 bytes)\n"
                       "    20  0x0008  MESSAGE-INTEGRITY            (20 bytes)\n"
                       "    44  0x0025  USE-CANDIDATE                  does not count\n"
                       "    48  0x9abc  unknown                      ff  does not count\n");
}

TEST_CASE("stun text: what a peer wrote can't forge a line", "[sdp][ATK-A11][ATK-I03]") {
  CHECK(line(request("80220006410a220d5cff0000")) ==
        "Binding request 0102030405060708090a0b0c, SOFTWARE \"A\\x0a\\\"\\x0d\\\\\\xff\"");
}

TEST_CASE("stun text: passwords, tokens and tickets appear as their size",
          "[sdp][8489-16-a][ATK-I03]") {
  const auto text =
      line(request("000700067365637265740000"
                   "001b000673656372657400008030000673656372657400000022000873656372657473"
                   "65"));
  CHECK(text.find("secret") == std::string::npos);
  CHECK(text.find("736563726574") == std::string::npos);
  CHECK(text ==
        "Binding request 0102030405060708090a0b0c, PASSWORD (6 bytes), ACCESS-TOKEN (6 bytes), "
        "MOBILITY-TICKET (6 bytes), RESERVATION-TOKEN (8 bytes)");
}

TEST_CASE("stun text: malformed values are called so", "[sdp][ATK-A20]") {
  CHECK(line(request("0024000201020000"
                     "0020000400010000"
                     "0009000400000999"
                     "000a000301020300"
                     "0025000401020304"
                     "7fff0000"
                     "800100040300042800190000")) ==
        "Binding request 0102030405060708090a0b0c, PRIORITY 258, XOR-MAPPED-ADDRESS malformed "
        "(4 bytes), ERROR-CODE malformed (4 bytes), UNKNOWN-ATTRIBUTES malformed (3 bytes), "
        "USE-CANDIDATE malformed 01020304, 0x7fff (empty), ADDRESS-ERROR-CODE malformed "
        "(4 bytes), REQUESTED-TRANSPORT malformed (0 bytes)");
}

TEST_CASE("stun text: any message with a bit flipped has a text", "[sdp][ATK-A22]") {
  for (const auto& v : vectors::messages) {
    for (std::size_t bit = 0; bit < v.bytes.size() * 8; ++bit) {
      std::vector<std::byte> bytes(v.bytes.begin(), v.bytes.end());
      bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      const auto message = message_view::parse(bytes);
      if (!message) continue;
      REQUIRE_FALSE(sdp::to_line(*message).empty());
      const auto text = sdp::to_table(*message);
      REQUIRE(std::all_of(text.begin(), text.end(),
                          [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
    }
  }
}
