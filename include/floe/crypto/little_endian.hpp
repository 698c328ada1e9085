// Numbers with the low byte first, as MD5 and the reflected CRC take them. The network has the high
// byte first (core/bytes.hpp).
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>

namespace floe::crypto::detail {

/// The little-endian 32-bit number at `from`. in: 4 readable bytes
[[nodiscard]] constexpr std::uint32_t load_le32(const std::byte* from) noexcept {
  return std::to_integer<std::uint32_t>(from[0]) | (std::to_integer<std::uint32_t>(from[1]) << 8U) |
         (std::to_integer<std::uint32_t>(from[2]) << 16U) |
         (std::to_integer<std::uint32_t>(from[3]) << 24U);
}

}  // namespace floe::crypto::detail
