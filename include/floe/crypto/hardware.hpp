// The CPU's own hash instructions, where it has them.
//
// owns:     the choice, made once when first asked
// does not: hold any portable code; a function that returns false did nothing, and its caller goes
// on
//           with its own
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#if defined(__x86_64__) && defined(__GNUC__)
#include "floe/crypto/x86.hpp"
#endif

namespace floe::crypto::hardware {

/// Takes `count` blocks into a SHA-1 state.
[[nodiscard]] inline bool sha1([[maybe_unused]] std::array<std::uint32_t, 5>& chain,
                               [[maybe_unused]] const std::byte* blocks,
                               [[maybe_unused]] std::size_t count) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (x86::features().sha) {
    x86::sha1(chain, blocks, count);
    return true;
  }
#endif
  return false;
}

/// Takes `count` blocks into a SHA-256 state.
[[nodiscard]] inline bool sha256([[maybe_unused]] std::array<std::uint32_t, 8>& chain,
                                 [[maybe_unused]] const std::array<std::uint32_t, 64>& constants,
                                 [[maybe_unused]] const std::byte* blocks,
                                 [[maybe_unused]] std::size_t count) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (x86::features().sha) {
    x86::sha256(chain, constants, blocks, count);
    return true;
  }
#endif
  return false;
}

/// Sixteen bytes that take a CRC-32 register from 0 to where these bytes take it from `crc`.
/// in: a size of at least 16, a multiple of 4
[[nodiscard]] inline std::optional<std::array<std::byte, 16>>
crc32_shorten([[maybe_unused]] std::uint32_t crc, [[maybe_unused]] const std::byte* data,
              [[maybe_unused]] std::size_t size) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (x86::features().carryless_multiply) return x86::crc32_shorten(crc, data, size);
#endif
  return std::nullopt;
}

}  // namespace floe::crypto::hardware
