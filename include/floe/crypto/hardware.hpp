// The CPU's own hash instructions, where it has them.
//
// owns:     the choice: on x86 made once, when first asked; on ARM by the compiler
// does not: hold any portable code; a function that answers false or nullopt did nothing, and its
//           caller goes on with its own
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/crypto/arm.hpp"
#include "floe/crypto/written.hpp"
#include "floe/crypto/x86.hpp"
#include "floe/crypto/x86_crc32.hpp"
#include "floe/crypto/x86_sha1.hpp"
#include "floe/crypto/x86_sha256.hpp"

namespace floe::crypto::hardware {

using sha1_state = std::array<std::uint32_t, 5>;
using sha256_state = std::array<std::uint32_t, 8>;
using sha256_constants = std::array<std::uint32_t, 64>;

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))

/// Takes `count` blocks into a SHA-1 state.
[[nodiscard]] inline bool sha1(sha1_state& chain, const std::byte* blocks,
                               std::size_t count) noexcept {
  if (!x86::features().sha) return false;
  x86::sha1(chain, blocks, count);
  return true;
}

/// Takes `count` blocks into a SHA-256 state.
[[nodiscard]] inline bool sha256(sha256_state& chain, const sha256_constants& constants,
                                 const std::byte* blocks, std::size_t count) noexcept {
  if (!x86::features().sha) return false;
  x86::sha256(chain, constants, blocks, count);
  return true;
}

/// Writes to `code` the HMAC of `size` bytes from the states of a prepared key, with the first four
/// bytes XORed with the big-endian number `flip`.
[[nodiscard]] inline bool hmac_sha1(const sha1_state& inner, const sha1_state& outer,
                                    const std::byte* message, std::size_t size, std::uint32_t flip,
                                    written when, std::byte* code) noexcept {
  if (!x86::features().sha) return false;
  if (when == written::just_now) {
    x86::hmac_sha1<written::just_now>(inner, outer, message, size, flip, code);
  } else {
    x86::hmac_sha1<written::earlier>(inner, outer, message, size, flip, code);
  }
  return true;
}

[[nodiscard]] inline bool hmac_sha256(const sha256_state& inner, const sha256_state& outer,
                                      const sha256_constants& constants, const std::byte* message,
                                      std::size_t size, std::uint32_t flip, written when,
                                      std::byte* code) noexcept {
  if (!x86::features().sha) return false;
  if (when == written::just_now) {
    x86::hmac_sha256<written::just_now>(inner, outer, constants, message, size, flip, code);
  } else {
    x86::hmac_sha256<written::earlier>(inner, outer, constants, message, size, flip, code);
  }
  return true;
}

/// Carries a CRC-32 register over `size` bytes. in: a size of at least 16
[[nodiscard]] inline std::optional<std::uint32_t> crc32(std::uint32_t crc, const std::byte* data,
                                                        std::size_t size, written when) noexcept {
  if (!x86::features().carryless_multiply) return std::nullopt;
  return when == written::just_now ? x86::crc32<written::just_now>(crc, data, size)
                                   : x86::crc32<written::earlier>(crc, data, size);
}

#elif defined(__aarch64__) && defined(__ARM_FEATURE_SHA2) && defined(__ARM_FEATURE_CRC32)

[[nodiscard]] inline bool sha1(sha1_state& chain, const std::byte* blocks,
                               std::size_t count) noexcept {
  arm::sha1(chain, blocks, count);
  return true;
}
[[nodiscard]] inline bool sha256(sha256_state& chain, const sha256_constants& constants,
                                 const std::byte* blocks, std::size_t count) noexcept {
  arm::sha256(chain, constants, blocks, count);
  return true;
}
[[nodiscard]] inline std::optional<std::uint32_t> crc32(std::uint32_t crc, const std::byte* data,
                                                        std::size_t size, written) noexcept {
  return arm::crc32(crc, data, size);
}
[[nodiscard]] inline bool hmac_sha1(const sha1_state&, const sha1_state&, const std::byte*,
                                    std::size_t, std::uint32_t, written, std::byte*) noexcept {
  return false;
}
[[nodiscard]] inline bool hmac_sha256(const sha256_state&, const sha256_state&,
                                      const sha256_constants&, const std::byte*, std::size_t,
                                      std::uint32_t, written, std::byte*) noexcept {
  return false;
}

#else

[[nodiscard]] inline bool sha1(sha1_state&, const std::byte*, std::size_t) noexcept {
  return false;
}
[[nodiscard]] inline bool sha256(sha256_state&, const sha256_constants&, const std::byte*,
                                 std::size_t) noexcept {
  return false;
}
[[nodiscard]] inline bool hmac_sha1(const sha1_state&, const sha1_state&, const std::byte*,
                                    std::size_t, std::uint32_t, written, std::byte*) noexcept {
  return false;
}
[[nodiscard]] inline bool hmac_sha256(const sha256_state&, const sha256_state&,
                                      const sha256_constants&, const std::byte*, std::size_t,
                                      std::uint32_t, written, std::byte*) noexcept {
  return false;
}
[[nodiscard]] inline std::optional<std::uint32_t> crc32(std::uint32_t, const std::byte*,
                                                        std::size_t, written) noexcept {
  return std::nullopt;
}

#endif

}  // namespace floe::crypto::hardware
