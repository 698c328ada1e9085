#include "floe/crypto/hmac.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <vector>

#include "catch.hpp"
#include "floe/crypto/sha1.hpp"
#include "vectors/digests.hpp"
#include "vectors/hex.hpp"

using namespace floe;

namespace {

using sha1_key = crypto::hmac_key<crypto::sha1>;

constexpr crypto::sha1::digest code(const sha1_key& key, byte_view data) {
  crypto::hmac<crypto::sha1> mac{key};
  mac.update(data);
  return mac.finish();
}

}  // namespace

static_assert(code(sha1_key{vectors::text_bytes("Jefe")},
                   vectors::text_bytes("what do ya want for nothing?")) ==
              vectors::from_hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));

static_assert(crypto::hmac_code(sha1_key{vectors::text_bytes("Jefe")},
                                vectors::text_bytes("7hat do ya want for nothing?"), 0x40000000) ==
              vectors::from_hex("effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));

TEST_CASE("hmac with sha1 gives the published codes", "[crypto]") {
  for (const auto& v : vectors::digests) {
    if (v.what != vectors::algorithm::hmac_sha1) continue;
    INFO(v.id);
    CHECK(vectors::to_hex(code(sha1_key{vectors::unhex(v.key)}, vectors::unhex(v.data))) ==
          v.expected);
  }
}

TEST_CASE("hmac with sha1 agrees with OpenSSL for keys and messages of many sizes", "[crypto]") {
  std::vector<std::byte> bytes(700);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 37 + 11);
  for (std::size_t key_size = 1; key_size <= 130; ++key_size) {
    const auto raw = byte_view{bytes}.first(key_size);
    const sha1_key key{raw};
    for (std::size_t size = 0; size <= 300; size += 1 + key_size % 5) {
      const auto data = byte_view{bytes}.subspan(key_size % 8, size);
      std::array<std::byte, 20> expected{};
      unsigned written = 0;
      HMAC(EVP_sha1(), raw.data(), static_cast<int>(raw.size()),
           reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           reinterpret_cast<unsigned char*>(expected.data()), &written);
      REQUIRE(code(key, data) == expected);
    }
  }
}

TEST_CASE("hmac_code takes the first four bytes flipped, and no others", "[crypto]") {
  const sha1_key key{vectors::text_bytes("key")};
  for (std::size_t size = 4; size <= 200; ++size) {
    std::vector<std::byte> message(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::byte>(i * 7 + 3);
    CHECK(crypto::hmac_code(key, message) == code(key, message));
    auto flipped = message;
    flipped[0] ^= std::byte{0x81};
    flipped[3] ^= std::byte{0x18};
    CHECK(crypto::hmac_code(key, message, 0x81000018) == code(key, flipped));
  }
}

TEST_CASE("a key serves any number of messages", "[crypto]") {
  const sha1_key key{vectors::text_bytes("key")};
  const auto first = code(key, vectors::text_bytes("one"));
  CHECK(code(key, vectors::text_bytes("two")) != first);
  CHECK(code(key, vectors::text_bytes("one")) == first);
}

TEST_CASE("a key that was never given is empty, one of zero bytes is not", "[crypto]") {
  CHECK(sha1_key{}.empty());
  CHECK_FALSE(sha1_key{byte_view{}}.empty());
  CHECK_FALSE(sha1_key{vectors::text_bytes("x")}.empty());
}

TEST_CASE("a key leaves nothing of itself behind", "[crypto][8489-16-a]") {
  alignas(sha1_key) std::array<std::byte, sizeof(sha1_key)> place{};
  auto* const key = new (place.data()) sha1_key{vectors::text_bytes("secret")};
  CHECK(std::any_of(place.begin(), place.end(), [](auto b) { return b != std::byte{}; }));
  key->~hmac_key();
  const volatile std::byte* const left = place.data();
  for (std::size_t i = 0; i < place.size(); ++i) REQUIRE(left[i] == std::byte{});
}

TEST_CASE("equal_constant_time sees a difference in any byte", "[crypto][ATK-C15]") {
  const std::vector<std::byte> code(32, std::byte{0xab});
  CHECK(crypto::equal_constant_time(code, std::vector<std::byte>(code)));
  for (std::size_t i = 0; i < code.size(); ++i) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      auto other = code;
      other[i] ^= static_cast<std::byte>(1U << bit);
      REQUIRE_FALSE(crypto::equal_constant_time(code, other));
    }
  }
  // Two differences that would cancel each other in a sum or an exclusive or.
  auto other = code;
  other[3] ^= std::byte{1};
  other[9] ^= std::byte{1};
  CHECK_FALSE(crypto::equal_constant_time(code, other));
}

TEST_CASE("equal_constant_time: sizes must agree, and nothing equals nothing",
          "[crypto][ATK-A17]") {
  const std::vector<std::byte> code(20, std::byte{1});
  CHECK_FALSE(crypto::equal_constant_time(code, byte_view{code}.first(19)));
  CHECK_FALSE(crypto::equal_constant_time(byte_view{code}.first(19), code));
  CHECK_FALSE(crypto::equal_constant_time({}, code));
  CHECK_FALSE(crypto::equal_constant_time({}, {}));
}

namespace {

/// Compares 32 bytes that differ in the first from 32 of which only `There` exist. What reads a
/// byte that does not exist is no constant.
template <std::size_t There>
constexpr bool compare_with_part() {
  const std::array<std::byte, There> part{};
  std::array<std::byte, 32> whole{};
  whole[0] = std::byte{1};
  return crypto::equal_constant_time(floe::byte_view{part.data(), whole.size()}, whole);
}
template <std::size_t There>
concept reads_no_more_than = requires {
  typename std::bool_constant<compare_with_part<There>()>;
};

template <std::size_t... There>
constexpr std::size_t how_many_suffice(std::index_sequence<There...>) {
  return (std::size_t{reads_no_more_than<There + 1>} + ...);
}

}  // namespace

TEST_CASE("equal_constant_time reads every byte, whatever the first ones say",
          "[crypto][8489-14.6-c]") {
  STATIC_REQUIRE(reads_no_more_than<32>);
  STATIC_REQUIRE(how_many_suffice(std::make_index_sequence<31>{}) == 0);
}
