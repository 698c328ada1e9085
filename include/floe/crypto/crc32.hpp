// CRC-32 as FINGERPRINT uses it: the reflected ITU-T V.42 polynomial, all ones in and out.
//
// owns:     crc32 over bytes at once or in pieces
// does not: know FINGERPRINT's final XOR (stun/fingerprint.hpp)
// invariant: any split of the same bytes into pieces gives the same value.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "floe/core/bytes.hpp"
#include "floe/crypto/hardware.hpp"
#include "floe/crypto/little_endian.hpp"
#include "floe/crypto/written.hpp"

namespace floe::crypto {

namespace detail {

/// Row k holds the effect of a byte that has k more bytes behind it, so that eight bytes cost eight
/// independent look-ups instead of a chain of eight.
using crc32_tables = std::array<std::array<std::uint32_t, 256>, 8>;

[[nodiscard]] constexpr crc32_tables make_crc32_tables() noexcept {
  constexpr std::uint32_t reflected_polynomial = 0xedb88320;
  crc32_tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    auto crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc & 1U) != 0 ? (crc >> 1U) ^ reflected_polynomial : crc >> 1U;
    }
    tables[0][byte] = crc;
  }
  for (std::size_t row = 1; row < tables.size(); ++row) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto crc = tables[row - 1][byte];
      tables[row][byte] = (crc >> 8U) ^ tables[0][crc & 0xffU];
    }
  }
  return tables;
}

inline constexpr crc32_tables crc32_table = make_crc32_tables();

/// Carries the raw register `crc` over `size` bytes at `data`.
[[nodiscard]] constexpr std::uint32_t crc32_portable(std::uint32_t crc, const std::byte* data,
                                                     std::size_t size) noexcept {
  const auto& t = crc32_table;
  for (; size >= 8; data += 8, size -= 8) {
    const auto low = load_le32(data) ^ crc;
    const auto high = load_le32(data + 4);
    crc = t[7][low & 0xffU] ^ t[6][(low >> 8U) & 0xffU] ^ t[5][(low >> 16U) & 0xffU] ^
          t[4][low >> 24U] ^ t[3][high & 0xffU] ^ t[2][(high >> 8U) & 0xffU] ^
          t[1][(high >> 16U) & 0xffU] ^ t[0][high >> 24U];
  }
  for (; size > 0; ++data, --size) {
    crc = (crc >> 8U) ^ t[0][(crc ^ std::to_integer<std::uint32_t>(*data)) & 0xffU];
  }
  return crc;
}

/// The same, by the CPU's own means where it has some and the bytes are worth it.
[[nodiscard]] constexpr std::uint32_t crc32_fold(std::uint32_t crc, const std::byte* data,
                                                 std::size_t size, written when) noexcept {
  constexpr std::size_t worth_it = 16;
  if (!std::is_constant_evaluated() && size >= worth_it) {
    if (const auto all = hardware::crc32(crc, data, size, when)) return *all;
  }
  return crc32_portable(crc, data, size);
}

}  // namespace detail

/// A CRC-32 in the making.
class crc32_state {
 public:
  /// Takes the next bytes. cost: about half a nanosecond per byte, a tenth with the CPU's help.
  constexpr void update(byte_view bytes, written when = written::earlier) noexcept {
    register_ = detail::crc32_fold(register_, bytes.data(), bytes.size(), when);
  }

  /// The CRC of all bytes so far; more may follow.
  [[nodiscard]] constexpr std::uint32_t value() const noexcept { return ~register_; }

 private:
  std::uint32_t register_ = 0xffffffff;
};

/// The CRC-32 of `bytes`.
[[nodiscard]] constexpr std::uint32_t crc32(byte_view bytes,
                                            written when = written::earlier) noexcept {
  crc32_state crc;
  crc.update(bytes, when);
  return crc.value();
}

}  // namespace floe::crypto
