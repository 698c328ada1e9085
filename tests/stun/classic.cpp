#include "floe/stun/classic.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/stun/binding_responder.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using stun::respond_to_classic_binding;

namespace {

const endpoint source{address::v4(192, 0, 2, 1), 32853};
constexpr socket_id socket{7};

// As the client of Debian's package stun-client sends it.
const std::string header = "000100080147564bc17e7637d9e363133aca2972";
const std::string request = header + "0003000400000000";

struct answer {
  result<transmit, reject> outcome;
  std::string hex;
};

answer ask(std::string_view hex, const endpoint& from = source) {
  std::array<std::byte, max_datagram_size> buffer{};
  const auto bytes = vectors::unhex(hex);
  const auto outcome = respond_to_classic_binding({socket, from, bytes}, buffer);
  const auto size = outcome ? outcome->size : 0;
  return {outcome, vectors::to_hex(byte_view{buffer}.first(size))};
}

reject refusal(std::string_view hex) {
  const auto reply = ask(hex);
  REQUIRE_FALSE(reply.outcome);
  return reply.outcome.error();
}

}  // namespace

TEST_CASE("classic: a request of RFC 3489 gets MAPPED-ADDRESS and all 128 bits of its id",
          "[stun][5389-12.2]") {
  const auto reply = ask(request);
  REQUIRE(reply.outcome);
  CHECK(reply.outcome->local == socket);
  CHECK(reply.outcome->remote == source);
  CHECK(reply.hex == "0101000c0147564bc17e7637d9e363133aca2972"
                     "0001000800018055c0000201");
  CHECK(ask(request, {address::v6({0x20, 0x01, 0x0d, 0xb8}), 1}).hex.size() == 2 * 44);
}

TEST_CASE("classic: what takes a second address draws nothing", "[stun][3489-8.1][ATK-D07]") {
  for (const auto flags : {"2", "4", "6"}) {
    CHECK(refusal(header + "000300040000000" + flags) == reject::unknown_attribute);
  }
  // RESPONSE-ADDRESS
  CHECK(refusal("0001000c0147564bc17e7637d9e363133aca29720002000800018055c0000201") ==
        reject::unknown_attribute);
  CHECK(ask("000100080147564bc17e7637d9e363133aca297280aa000400000000").hex ==
        "0101000c0147564bc17e7637d9e363133aca29720001000800018055c0000201");
}

TEST_CASE("classic: today's STUN and what is no STUN are left to others", "[stun][8489-11-a]") {
  CHECK(refusal("000100002112a442b7e7a701bc34d686fa87dfae") == reject::not_stun);
  CHECK(refusal("800100000147564bc17e7637d9e363133aca2972") == reject::not_stun);
  CHECK(refusal(request.substr(0, 38)) == reject::not_stun);
  CHECK(refusal("") == reject::not_stun);

  std::array<std::byte, max_datagram_size> buffer{};
  const auto bytes = vectors::unhex(request);
  const auto modern = stun::respond_to_binding({socket, source, bytes}, buffer);
  REQUIRE_FALSE(modern);
  CHECK(modern.error() == reject::not_stun);
}

TEST_CASE("classic: every cut and every other type is refused", "[stun][ATK-A01]") {
  for (std::size_t digits = 40; digits < request.size(); digits += 2) {
    CHECK(refusal(request.substr(0, digits)) == reject::truncated);
  }
  CHECK(refusal(request + "00000000") == reject::bad_length);
  CHECK(refusal("000100070147564bc17e7637d9e363133aca297200030003000000") == reject::bad_length);
  CHECK(refusal(header + "0003000800000000") == reject::bad_attribute);
  CHECK(refusal(header + "0003000000000000") == reject::bad_attribute);
  for (const auto type : {"0002", "0101", "0111", "0011", "0003"}) {
    CHECK(refusal(type + request.substr(4)) == reject::unsupported_method);
  }
}
