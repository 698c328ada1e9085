#include "floe/crypto/x86.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"

#if defined(__x86_64__) && defined(__GNUC__)

namespace crypto = floe::crypto;
namespace x86 = floe::crypto::x86;

namespace {

std::vector<std::byte> noise(std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::uint32_t state = 7;
  for (auto& b : bytes) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::byte>(state >> 24U);
  }
  return bytes;
}

}  // namespace

// Powers of x that are published for this polynomial, for folding by one block.
static_assert(x86::detail::crc32_power(128 + 32) == 0x1751997d0);
static_assert(x86::detail::crc32_power(128 - 32) == 0x0ccaa009e);

TEST_CASE("x86: the CPU is asked once", "[crypto]") {
  CHECK(&x86::features() == &x86::features());
  CHECK(x86::features().sha == x86::detect().sha);
  CHECK(x86::features().carryless_multiply == x86::detect().carryless_multiply);
}

TEST_CASE("x86: SHA-1 equals the portable one, block by block and many at once", "[crypto]") {
  if (!x86::features().sha) return;
  const auto bytes = noise(20 * 64 + 16);
  for (std::size_t shift = 0; shift < 16; ++shift) {
    for (std::size_t count = 0; count <= 20; ++count) {
      auto state = crypto::detail::sha1_algorithm::initial;
      auto expected = state;
      x86::sha1(state, bytes.data() + shift, count);
      for (std::size_t i = 0; i < count; ++i) {
        crypto::detail::sha1_algorithm::compress_portable(expected, bytes.data() + shift + 64 * i);
      }
      REQUIRE(state == expected);
    }
  }
}

TEST_CASE("x86: SHA-256 equals the portable one, block by block and many at once", "[crypto]") {
  if (!x86::features().sha) return;
  const auto bytes = noise(20 * 64 + 16);
  for (std::size_t shift = 0; shift < 16; ++shift) {
    for (std::size_t count = 0; count <= 20; ++count) {
      auto state = crypto::detail::sha256_algorithm::initial;
      auto expected = state;
      x86::sha256(state, crypto::detail::sha256_constants, bytes.data() + shift, count);
      for (std::size_t i = 0; i < count; ++i) {
        crypto::detail::sha256_algorithm::compress_portable(expected,
                                                            bytes.data() + shift + 64 * i);
      }
      REQUIRE(state == expected);
    }
  }
}

TEST_CASE("x86: sixteen bytes stand for any number of words before them", "[crypto]") {
  if (!x86::features().carryless_multiply) return;
  const auto bytes = noise(4096 + 16);
  for (std::size_t size = 16; size <= 4096; size += 4) {
    for (const std::uint32_t start : {0U, 0xffffffffU, 0x12345678U}) {
      const auto* const from = bytes.data() + size % 16;
      const auto shortened = x86::crc32_shorten(start, from, size);
      REQUIRE(crypto::detail::crc32_portable(0, shortened.data(), shortened.size()) ==
              crypto::detail::crc32_portable(start, from, size));
    }
  }
}

#endif
