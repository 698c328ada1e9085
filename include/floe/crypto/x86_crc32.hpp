// CRC-32 by carry-less multiplication (PCLMULQDQ).
//
// owns:     the folding of many bytes into sixteen
// does not: finish: sixteen bytes are left to the tables (crypto/crc32.hpp)
// invariant: empty on other machines and compilers, so that it can be included everywhere.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "floe/crypto/x86.hpp"

namespace floe::crypto::x86 {

namespace detail {

/// x^power modulo the CRC polynomial, in the reflected form that the carry-less product of two
/// reflected numbers needs: one place higher, because the product is one bit short.
[[nodiscard]] constexpr std::uint64_t crc32_power(unsigned power) noexcept {
  constexpr std::uint32_t polynomial = 0x04c11db7;
  std::uint32_t remainder = 1;
  for (unsigned i = 0; i < power; ++i) {
    remainder = (remainder << 1U) ^ ((remainder >> 31U) * polynomial);
  }
  std::uint64_t reflected = 0;
  for (unsigned bit = 0; bit < 32; ++bit) {
    reflected |= static_cast<std::uint64_t>((remainder >> bit) & 1U) << (32U - bit);
  }
  return reflected;
}

}  // namespace detail

/// Sixteen bytes that take a CRC register from 0 to where `size` bytes at `data` take it from
/// `crc`. in: a size of at least 16, a multiple of 4; features().carryless_multiply
[[gnu::target("pclmul,sse4.1")]] [[nodiscard]] inline std::array<std::byte, 16>
crc32_shorten(std::uint32_t crc, const std::byte* data, std::size_t size) noexcept {
  constexpr std::size_t width = 16;
  // A block moves on by 128 bits; its low half, which came first, lies 64 bits further away.
  constexpr auto for_low = static_cast<std::int64_t>(detail::crc32_power(128 + 32));
  constexpr auto for_high = static_cast<std::int64_t>(detail::crc32_power(128 - 32));
  const auto powers = _mm_set_epi64x(for_high, for_low);
  // Zeros in front change nothing from 0 on, so the first block may be short instead of the last.
  const auto short_by = size % width;
  auto folded = _mm_xor_si128(detail::load(data), _mm_cvtsi32_si128(static_cast<int>(crc)));
  if (short_by != 0) {
    folded = _mm_shuffle_epi8(folded, detail::load(detail::moves.data() + short_by));
  }
  const auto* const end = data + size;
  for (data += short_by != 0 ? short_by : width; data != end; data += width) {
    const auto low = _mm_clmulepi64_si128(folded, powers, 0x00);
    const auto high = _mm_clmulepi64_si128(folded, powers, 0x11);
    folded = _mm_xor_si128(_mm_xor_si128(low, high), detail::load(data));
  }
  std::array<std::byte, width> out{};
  detail::store(out.data(), folded);
  return out;
}

}  // namespace floe::crypto::x86

#endif
