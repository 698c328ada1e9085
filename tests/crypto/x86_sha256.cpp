#include "floe/crypto/x86_sha256.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "crypto/support.hpp"
#include "floe/crypto/hmac.hpp"
#include "floe/crypto/sha256.hpp"

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))

namespace crypto = floe::crypto;
namespace x86 = floe::crypto::x86;
using crypto::written;
using support::noise;

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

TEST_CASE("x86: HMAC-SHA-256 equals the portable one for every length, alignment and flip",
          "[crypto]") {
  if (!x86::features().sha) return;
  using key = crypto::hmac_key<crypto::sha256>;
  const auto bytes = noise(600 + 16);
  const key k{floe::byte_view{bytes}.first(33)};
  for (std::size_t size = 0; size <= 600; ++size) {
    // Exactly as many bytes as there are, for the sanitizer to guard.
    const auto* const from = bytes.data() + size % 16;
    const std::vector<std::byte> message(from, from + size);
    for (const std::uint32_t flip : {0U, 0x00000018U, 0x89abcdefU}) {
      if (flip != 0 && size < 4) continue;
      auto flipped = message;
      for (std::size_t i = 0; flip != 0 && i < 4; ++i) {
        flipped[i] ^= static_cast<std::byte>(flip >> (24 - 8 * i));
      }
      crypto::hmac<crypto::sha256> expected{k};
      expected.update(flipped);
      const auto code = expected.finish();
      const auto& constants = crypto::detail::sha256_constants;
      std::array<std::byte, 32> found{};
      x86::hmac_sha256<written::earlier>(k.inner(), k.outer(), constants, message.data(), size,
                                         flip, found.data());
      REQUIRE(found == code);
      found = {};
      x86::hmac_sha256<written::just_now>(k.inner(), k.outer(), constants, message.data(), size,
                                          flip, found.data());
      REQUIRE(found == code);
    }
  }
}

#endif
