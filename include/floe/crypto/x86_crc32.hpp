// CRC-32 by carry-less multiplication (PCLMULQDQ).
//
// owns:     the folding of many bytes into sixteen, and the division that is left
// does not: know fewer than sixteen bytes; those are for the tables (crypto/crc32.hpp)
// invariant: empty on other machines, so that it can be included everywhere.
#pragma once

#include "floe/core/language.hpp"

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))

#include <array>
#include <cstddef>
#include <cstdint>

#include "floe/crypto/written.hpp"
#include "floe/crypto/x86.hpp"

#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 5030)  // what other compilers' attributes ask for is no more than speed
#endif

namespace floe::crypto::x86 {

namespace detail {

/// x^power modulo the CRC polynomial, in the reflected form that the carry-less product of two
/// reflected numbers needs: one place higher, because the product is one bit short. Not constexpr:
/// clang would leave it to the program, where it costs more than the CRC.
[[nodiscard]] consteval std::uint64_t crc32_power(unsigned power) noexcept {
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

/// The polynomial with its highest term, and the quotient of x^64 by it, reflected likewise.
inline constexpr std::uint64_t crc32_reflected = 0x1db710641;

[[nodiscard]] consteval std::uint64_t make_crc32_quotient() noexcept {
  constexpr std::uint64_t polynomial = 0x104c11db7;
  std::uint64_t rest = std::uint64_t{1} << 32U;  // what the next 32 bits of x^64, all 0, follow
  std::uint64_t reflected = 0;
  for (unsigned bit = 0; bit <= 32; ++bit) {
    if ((rest >> 32U) != 0) {
      rest ^= polynomial;
      reflected |= std::uint64_t{1} << bit;
    }
    rest <<= 1U;
  }
  return reflected;
}
inline constexpr std::uint64_t crc32_quotient = make_crc32_quotient();
static_assert(crc32_quotient == 0x1f7011641);

[[gnu::target("sse2"), gnu::always_inline]] [[nodiscard]] inline __m128i
crc32_constants(std::uint64_t low, std::uint64_t high) noexcept {
  return _mm_set_epi64x(static_cast<std::int64_t>(high), static_cast<std::int64_t>(low));
}

/// Moves 128 bits on by as many. The low half, which came first, lies 64 bits further away.
[[gnu::target("pclmul,sse4.1"), gnu::always_inline]] [[nodiscard]] inline __m128i
crc32_fold(__m128i block) noexcept {
  const auto powers = crc32_constants(crc32_power(128 + 32), crc32_power(128 - 32));
  return _mm_xor_si128(_mm_clmulepi64_si128(block, powers, 0x00),
                       _mm_clmulepi64_si128(block, powers, 0x11));
}

/// The register that 128 bits lead to from 0.
[[gnu::target("pclmul,sse4.1"), gnu::always_inline]] [[nodiscard]] inline std::uint32_t
crc32_remainder(__m128i block) noexcept {
  const auto powers = crc32_constants(crc32_power(64), crc32_power(96));
  const auto division = crc32_constants(crc32_reflected, crc32_quotient);
  const auto first_word = [](__m128i bits) { return _mm_and_si128(bits, _mm_cvtsi32_si128(-1)); };
  // From 128 bits to 96 and to 64: what is in front moves on to where the rest is.
  const auto bits96 =
      _mm_xor_si128(_mm_clmulepi64_si128(block, powers, 0x10), _mm_srli_si128(block, 8));
  const auto bits64 = _mm_xor_si128(_mm_clmulepi64_si128(first_word(bits96), powers, 0x00),
                                    _mm_srli_si128(bits96, 4));
  // Barrett's reduction: what fits in is found by a product, and taken off.
  const auto quotient = _mm_clmulepi64_si128(first_word(bits64), division, 0x10);
  const auto multiple = _mm_clmulepi64_si128(first_word(quotient), division, 0x00);
  return static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(bits64, multiple), 1));
}

}  // namespace detail

/// Carries a CRC-32 register over `size` bytes at `data`.
/// in: a size of at least 16; features().carryless_multiply
template <written When>
[[gnu::target("pclmul,sse4.1")]] [[nodiscard]] inline std::uint32_t
crc32(std::uint32_t crc, const std::byte* data, std::size_t size) noexcept {
  constexpr std::size_t width = 16;
  const auto* const end = data + size;
  auto folded =
      _mm_xor_si128(detail::load_message<When>(data), _mm_cvtsi32_si128(static_cast<int>(crc)));
  if (const auto short_by = size % width; short_by != 0) {
    // Zeros in front change nothing from 0 on, so the first block may be short instead of the last.
    // What of the register reaches beyond it belongs to the second.
    const auto beyond = short_by < sizeof(crc) ? crc >> (8 * short_by) : 0U;
    folded = _mm_shuffle_epi8(folded, detail::load(detail::moves.data() + short_by));
    folded = _mm_xor_si128(detail::crc32_fold(folded), detail::load_message<When>(data + short_by));
    folded = _mm_xor_si128(folded, _mm_cvtsi32_si128(static_cast<int>(beyond)));
    data += short_by;
  }
  for (data += width; data != end; data += width) {
    folded = _mm_xor_si128(detail::crc32_fold(folded), detail::load_message<When>(data));
  }
  return detail::crc32_remainder(folded);
}

}  // namespace floe::crypto::x86

#if defined(_MSC_VER)
#pragma warning(pop)
#endif

#endif
