#include "floe/crypto/x86_crc32.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "crypto/support.hpp"
#include "floe/crypto/crc32.hpp"

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))

namespace crypto = floe::crypto;
namespace x86 = floe::crypto::x86;

// Powers of x that are published for this polynomial, for folding by one block and for the end.
static_assert(x86::detail::crc32_power(128 + 32) == 0x1751997d0);
static_assert(x86::detail::crc32_power(128 - 32) == 0x0ccaa009e);
static_assert(x86::detail::crc32_power(64) == 0x163cd6124);
static_assert(x86::detail::crc32_quotient == 0x1f7011641);

TEST_CASE("x86: CRC-32 equals the portable one for every length, start and alignment", "[crypto]") {
  if (!x86::features().carryless_multiply) return;
  using crypto::written;
  using support::noise;
  const auto bytes = noise(1024 + 16);
  for (std::size_t size = 16; size <= 1024; ++size) {
    // Exactly as many bytes as there are, for the sanitizer to guard.
    const auto* const from = bytes.data() + size % 16;
    const std::vector<std::byte> message(from, from + size);
    for (const std::uint32_t start : {0U, 0xffffffffU, 0x12345678U}) {
      const auto expected = crypto::detail::crc32_portable(start, message.data(), size);
      REQUIRE(x86::crc32<written::earlier>(start, message.data(), size) == expected);
      REQUIRE(x86::crc32<written::just_now>(start, message.data(), size) == expected);
    }
  }
}

#endif
