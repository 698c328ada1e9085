// SHA-1, SHA-256 and CRC-32 by the instructions that x86-64 CPUs have for them.
//
// owns:     finding out what the CPU has, and the three inner loops
// does not: decide when to use them (crypto/hardware.hpp)
// invariant: empty on other machines and compilers, so that it can be included everywhere.
#pragma once

#if defined(__x86_64__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace floe::crypto::x86 {

/// What the CPU has beyond the x86-64 of 2003.
struct cpu_features {
  bool sha = false;                 ///< the SHA extensions, with the shuffles they need
  bool carryless_multiply = false;  ///< PCLMULQDQ, likewise
};

[[nodiscard]] inline cpu_features detect() noexcept {
  constexpr unsigned leaf1_pclmulqdq = 1U << 1U;
  constexpr unsigned leaf1_ssse3 = 1U << 9U;
  constexpr unsigned leaf1_sse41 = 1U << 19U;
  constexpr unsigned leaf7_sha = 1U << 29U;
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  cpu_features found;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return found;
  const bool shuffles = (c & leaf1_ssse3) != 0 && (c & leaf1_sse41) != 0;
  found.carryless_multiply = shuffles && (c & leaf1_pclmulqdq) != 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) found.sha = shuffles && (b & leaf7_sha) != 0;
  return found;
}

/// What this CPU has, found out at the first call.
[[nodiscard]] inline const cpu_features& features() noexcept {
  static const cpu_features found = detect();
  return found;
}

namespace detail {

[[nodiscard]] inline __m128i load(const void* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

struct sha1_registers {
  __m128i abcd;
  __m128i previous;  ///< abcd of the group before, whose first word gives the next e
  __m128i e;
  __m128i words[4];  ///< the last 16 message words
};

/// Rounds 4 G to 4 G + 3.
template <int G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha1_group(sha1_registers& r, const std::byte* block) noexcept {
  auto& w = r.words[G % 4];
  if constexpr (G < 4) {
    const auto high_byte_first = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
    w = _mm_shuffle_epi8(load(block + 16 * G), high_byte_first);
  } else {
    w = _mm_sha1msg2_epu32(
        _mm_xor_si128(_mm_sha1msg1_epu32(w, r.words[(G + 1) % 4]), r.words[(G + 2) % 4]),
        r.words[(G + 3) % 4]);
  }
  const auto input = G == 0 ? _mm_add_epi32(r.e, w) : _mm_sha1nexte_epu32(r.previous, w);
  r.previous = r.abcd;
  r.abcd = _mm_sha1rnds4_epu32(r.abcd, input, G / 5);
}

template <int... G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha1_block(sha1_registers& r, const std::byte* block, std::integer_sequence<int, G...>) noexcept {
  const auto abcd = r.abcd;
  const auto e = r.e;
  (sha1_group<G>(r, block), ...);
  r.e = _mm_sha1nexte_epu32(r.previous, e);
  r.abcd = _mm_add_epi32(r.abcd, abcd);
}

struct sha256_registers {
  __m128i abef;
  __m128i cdgh;
  __m128i words[4];  ///< the last 16 message words
};

/// Rounds 4 G to 4 G + 3.
template <int G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha256_group(sha256_registers& r, const std::uint32_t* constants, const std::byte* block) noexcept {
  auto& w = r.words[G % 4];
  if constexpr (G < 4) {
    const auto high_byte_first = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    w = _mm_shuffle_epi8(load(block + 16 * G), high_byte_first);
  } else {
    const auto& last = r.words[(G + 3) % 4];
    const auto nine_back = _mm_alignr_epi8(last, r.words[(G + 2) % 4], 4);
    w = _mm_sha256msg2_epu32(
        _mm_add_epi32(_mm_sha256msg1_epu32(w, r.words[(G + 1) % 4]), nine_back), last);
  }
  const auto input = _mm_add_epi32(w, load(constants + 4 * G));
  r.cdgh = _mm_sha256rnds2_epu32(r.cdgh, r.abef, input);
  r.abef = _mm_sha256rnds2_epu32(r.abef, r.cdgh, _mm_shuffle_epi32(input, 0x0e));
}

template <int... G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha256_block(sha256_registers& r, const std::uint32_t* constants, const std::byte* block,
             std::integer_sequence<int, G...>) noexcept {
  const auto abef = r.abef;
  const auto cdgh = r.cdgh;
  (sha256_group<G>(r, constants, block), ...);
  r.abef = _mm_add_epi32(r.abef, abef);
  r.cdgh = _mm_add_epi32(r.cdgh, cdgh);
}

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

/// From place r on: a shuffle that moves the first r bytes to the end and puts zeros before them.
alignas(16) inline constexpr std::array<std::uint8_t, 32> move_to_end{
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15};

}  // namespace detail

/// Sixteen bytes that take a CRC register from 0 to where `size` bytes at `data` take it from
/// `crc`. in: a size of at least 16, a multiple of 4; features().carryless_multiply
[[gnu::target("pclmul,sse4.1")]] [[nodiscard]] inline std::array<std::byte, 16>
crc32_shorten(std::uint32_t crc, const std::byte* data, std::size_t size) noexcept {
  // Zeros in front change nothing from 0 on, so the first block may be short instead of the last.
  auto folded = _mm_xor_si128(detail::load(data), _mm_cvtsi32_si128(static_cast<int>(crc)));
  const auto first = size % 16;
  if (first != 0) {
    folded = _mm_shuffle_epi8(folded, detail::load(detail::move_to_end.data() + first));
  }
  // A block moves on by 128 bits; its low half, which came first, lies 64 bits further away.
  constexpr auto for_low = static_cast<std::int64_t>(detail::crc32_power(128 + 32));
  constexpr auto for_high = static_cast<std::int64_t>(detail::crc32_power(128 - 32));
  const auto powers = _mm_set_epi64x(for_high, for_low);
  const auto* const end = data + size;
  for (data += first != 0 ? first : 16; data != end; data += 16) {
    const auto low = _mm_clmulepi64_si128(folded, powers, 0x00);
    const auto high = _mm_clmulepi64_si128(folded, powers, 0x11);
    folded = _mm_xor_si128(_mm_xor_si128(low, high), detail::load(data));
  }
  std::array<std::byte, 16> out{};
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out.data()), folded);
  return out;
}

/// Takes `count` blocks of 64 bytes into a SHA-1 state. in: features().sha
[[gnu::target("sha,sse4.1")]] inline void
sha1(std::array<std::uint32_t, 5>& chain, const std::byte* blocks, std::size_t count) noexcept {
  // The instructions want the first word in the highest place.
  constexpr int reversed = 0x1b;
  detail::sha1_registers r{};
  r.abcd = _mm_shuffle_epi32(detail::load(chain.data()), reversed);
  r.e = _mm_set_epi32(static_cast<int>(chain[4]), 0, 0, 0);
  for (; count > 0; --count, blocks += 64) {
    detail::sha1_block(r, blocks, std::make_integer_sequence<int, 20>{});
  }
  _mm_storeu_si128(reinterpret_cast<__m128i*>(chain.data()), _mm_shuffle_epi32(r.abcd, reversed));
  chain[4] = static_cast<std::uint32_t>(_mm_extract_epi32(r.e, 3));
}

/// Takes `count` blocks of 64 bytes into a SHA-256 state. in: features().sha
[[gnu::target("sha,sse4.1")]] inline void sha256(std::array<std::uint32_t, 8>& chain,
                                                 const std::array<std::uint32_t, 64>& constants,
                                                 const std::byte* blocks,
                                                 std::size_t count) noexcept {
  // The instructions want a b e f and c d g h, the first word of each in the highest place.
  const auto badc = _mm_shuffle_epi32(detail::load(chain.data()), 0xb1);
  const auto hgfe = _mm_shuffle_epi32(detail::load(chain.data() + 4), 0x1b);
  detail::sha256_registers r{};
  r.abef = _mm_alignr_epi8(badc, hgfe, 8);
  r.cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
  for (; count > 0; --count, blocks += 64) {
    detail::sha256_block(r, constants.data(), blocks, std::make_integer_sequence<int, 16>{});
  }
  const auto feba = _mm_shuffle_epi32(r.abef, 0x1b);
  const auto dchg = _mm_shuffle_epi32(r.cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(chain.data()), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(chain.data() + 4), _mm_alignr_epi8(dchg, feba, 8));
}

}  // namespace floe::crypto::x86

#endif
