#include "floe/crypto/x86_crc32.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "floe/crypto/crc32.hpp"

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
