#include "floe/crypto/arm.hpp"

#include <cstddef>

#include "catch.hpp"
#include "crypto/support.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"

#if defined(__aarch64__) && defined(__ARM_FEATURE_SHA2) && defined(__ARM_FEATURE_CRC32)

namespace crypto = floe::crypto;
namespace arm = floe::crypto::arm;
using support::noise;

TEST_CASE("arm: SHA-1 equals the portable one, block by block and many at once", "[crypto]") {
  const auto bytes = noise(20 * 64 + 16);
  for (std::size_t shift = 0; shift < 16; ++shift) {
    for (std::size_t count = 0; count <= 20; ++count) {
      auto state = crypto::detail::sha1_algorithm::initial;
      auto expected = state;
      arm::sha1(state, bytes.data() + shift, count);
      for (std::size_t i = 0; i < count; ++i) {
        crypto::detail::sha1_algorithm::compress_portable(expected, bytes.data() + shift + 64 * i);
      }
      REQUIRE(state == expected);
    }
  }
}

TEST_CASE("arm: SHA-256 equals the portable one, block by block and many at once", "[crypto]") {
  const auto bytes = noise(20 * 64 + 16);
  for (std::size_t shift = 0; shift < 16; ++shift) {
    for (std::size_t count = 0; count <= 20; ++count) {
      auto state = crypto::detail::sha256_algorithm::initial;
      auto expected = state;
      arm::sha256(state, crypto::detail::sha256_constants, bytes.data() + shift, count);
      for (std::size_t i = 0; i < count; ++i) {
        crypto::detail::sha256_algorithm::compress_portable(expected,
                                                            bytes.data() + shift + 64 * i);
      }
      REQUIRE(state == expected);
    }
  }
}

TEST_CASE("arm: CRC-32 equals the portable one for every length and alignment", "[crypto]") {
  const auto bytes = noise(616);
  for (std::size_t size = 0; size <= 600; ++size) {
    const auto* const from = bytes.data() + size % 16;
    REQUIRE(arm::crc32(0x12345678, from, size) ==
            crypto::detail::crc32_portable(0x12345678, from, size));
  }
}

#endif
