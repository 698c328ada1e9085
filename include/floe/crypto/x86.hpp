// What the x86-64 loops share: what the CPU has, loads, and padding in registers.
//
// owns:     finding out which instructions there are
// does not: decide when to use them (crypto/hardware.hpp)
// invariant: empty on other machines, so that it can be included everywhere.
#pragma once

#include "floe/core/language.hpp"

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))

#if defined(__GNUC__) || defined(__clang__)
// Not <immintrin.h>: its 39,000 lines are mostly AVX-512.
#include <cpuid.h>
#include <smmintrin.h>
#include <wmmintrin.h>
#else
#include <intrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "floe/crypto/written.hpp"

#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 5030)  // what other compilers' attributes ask for is no more than speed
#endif

namespace floe::crypto::x86 {

namespace detail {

/// What the CPU has beyond the x86-64 of 2003.
struct cpu_features {
  bool sha = false;                 ///< the SHA extensions, with the shuffles they need
  bool carryless_multiply = false;  ///< PCLMULQDQ, likewise
};

/// The registers a, b, c and d of the instruction CPUID, zeros where there is no such leaf.
[[nodiscard]] inline std::array<unsigned, 4> cpuid(unsigned leaf) noexcept {
#if defined(__GNUC__) || defined(__clang__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid_count(leaf, 0, &a, &b, &c, &d) == 0) return {};
  return {a, b, c, d};
#else
  std::array<int, 4> r{};
  __cpuid(r.data(), 0);
  if (static_cast<unsigned>(r[0]) < leaf) return {};
  __cpuidex(r.data(), static_cast<int>(leaf), 0);
  return std::bit_cast<std::array<unsigned, 4>>(r);
#endif
}

}  // namespace detail

[[nodiscard, gnu::cold, gnu::noinline]] inline detail::cpu_features detect() noexcept {
  constexpr unsigned leaf1_pclmulqdq = 1U << 1U;
  constexpr unsigned leaf1_ssse3 = 1U << 9U;
  constexpr unsigned leaf1_sse41 = 1U << 19U;
  constexpr unsigned leaf7_sha = 1U << 29U;
  const auto c1 = detail::cpuid(1)[2];
  const auto b7 = detail::cpuid(7)[1];
  const bool shuffles = (c1 & leaf1_ssse3) != 0 && (c1 & leaf1_sse41) != 0;
  return {.sha = shuffles && (b7 & leaf7_sha) != 0,
          .carryless_multiply = shuffles && (c1 & leaf1_pclmulqdq) != 0};
}

/// What this CPU has, found out at the first call.
[[nodiscard]] inline const detail::cpu_features& features() noexcept {
  static const detail::cpu_features found = detect();
  return found;
}

namespace detail {

[[nodiscard]] inline __m128i load(const void* from) noexcept {
  return _mm_loadu_si128(static_cast<const __m128i*>(from));
}

/// Sixteen bytes of a message.
template <written When>
[[gnu::target("sse4.1"), gnu::always_inline]] [[nodiscard]] inline __m128i
load_message(const std::byte* from) noexcept {
  if constexpr (When == written::earlier) {
    return load(from);
  } else {
    // Volatile, or a compiler makes one wide load of the four.
    using word [[gnu::may_alias, gnu::aligned(1)]] = int;
    const auto* const words = reinterpret_cast<const volatile word*>(from);
    return _mm_insert_epi32(
        _mm_insert_epi32(_mm_insert_epi32(_mm_cvtsi32_si128(words[0]), words[1], 1), words[2], 2),
        words[3], 3);
  }
}

inline void store(void* to, __m128i value) noexcept {
  _mm_storeu_si128(static_cast<__m128i*>(to), value);
}

/// Adds four numbers of 32 bits.
[[nodiscard]] inline __m128i add(__m128i a, __m128i b) noexcept { return _mm_add_epi32(a, b); }

// The SHA extensions. What the instructions do is in their makers' manuals; the names are those of
// the instructions.

#if defined(__GNUC__) || defined(__clang__)
// GNU compilers have no header of their own for these.

template <int Function>
[[gnu::target("sha"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha1rnds4(__m128i abcd, __m128i words) noexcept {
  return reinterpret_cast<__m128i>(__builtin_ia32_sha1rnds4(
      reinterpret_cast<__v4si>(abcd), reinterpret_cast<__v4si>(words), Function));
}
[[gnu::target("sha"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha1nexte(__m128i abcd, __m128i words) noexcept {
  return reinterpret_cast<__m128i>(
      __builtin_ia32_sha1nexte(reinterpret_cast<__v4si>(abcd), reinterpret_cast<__v4si>(words)));
}
[[gnu::target("sha"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha1msg1(__m128i a, __m128i b) noexcept {
  return reinterpret_cast<__m128i>(
      __builtin_ia32_sha1msg1(reinterpret_cast<__v4si>(a), reinterpret_cast<__v4si>(b)));
}
[[gnu::target("sha"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha1msg2(__m128i a, __m128i b) noexcept {
  return reinterpret_cast<__m128i>(
      __builtin_ia32_sha1msg2(reinterpret_cast<__v4si>(a), reinterpret_cast<__v4si>(b)));
}
[[gnu::target("sha"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha256rnds2(__m128i cdgh, __m128i abef, __m128i words) noexcept {
  return reinterpret_cast<__m128i>(__builtin_ia32_sha256rnds2(reinterpret_cast<__v4si>(cdgh),
                                                              reinterpret_cast<__v4si>(abef),
                                                              reinterpret_cast<__v4si>(words)));
}
[[gnu::target("sha"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha256msg1(__m128i a, __m128i b) noexcept {
  return reinterpret_cast<__m128i>(
      __builtin_ia32_sha256msg1(reinterpret_cast<__v4si>(a), reinterpret_cast<__v4si>(b)));
}
[[gnu::target("sha"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha256msg2(__m128i a, __m128i b) noexcept {
  return reinterpret_cast<__m128i>(
      __builtin_ia32_sha256msg2(reinterpret_cast<__v4si>(a), reinterpret_cast<__v4si>(b)));
}

#else

template <int Function>
[[nodiscard]] inline __m128i sha1rnds4(__m128i abcd, __m128i words) noexcept {
  return _mm_sha1rnds4_epu32(abcd, words, Function);
}
[[nodiscard]] inline __m128i sha1nexte(__m128i abcd, __m128i words) noexcept {
  return _mm_sha1nexte_epu32(abcd, words);
}
[[nodiscard]] inline __m128i sha1msg1(__m128i a, __m128i b) noexcept {
  return _mm_sha1msg1_epu32(a, b);
}
[[nodiscard]] inline __m128i sha1msg2(__m128i a, __m128i b) noexcept {
  return _mm_sha1msg2_epu32(a, b);
}
[[nodiscard]] inline __m128i sha256rnds2(__m128i cdgh, __m128i abef, __m128i words) noexcept {
  return _mm_sha256rnds2_epu32(cdgh, abef, words);
}
[[nodiscard]] inline __m128i sha256msg1(__m128i a, __m128i b) noexcept {
  return _mm_sha256msg1_epu32(a, b);
}
[[nodiscard]] inline __m128i sha256msg2(__m128i a, __m128i b) noexcept {
  return _mm_sha256msg2_epu32(a, b);
}

#endif

/// Indices for a byte shuffle. Loaded from place r, they move the first r bytes to the end; from
/// place 32 - r, the last r bytes to the front. The other bytes become zero.
inline constexpr std::array<std::uint8_t, 48> moves{
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80};

/// Loaded from place 16 - r: the mark 0x80 as byte r, zeros around it.
inline constexpr std::array<std::uint8_t, 32> end_marks{0, 0, 0, 0, 0, 0, 0, 0,   0,
                                                        0, 0, 0, 0, 0, 0, 0, 0x80};

/// The 16 bytes at place `at` of a message of `size` bytes that is followed by the mark and zeros.
template <written When>
[[gnu::target("sse4.1"), gnu::always_inline]] [[nodiscard]] inline __m128i
padded_bytes(const std::byte* message, std::size_t size, std::size_t at) noexcept {
  constexpr std::size_t width = 16;
  if (at + width <= size) return load_message<When>(message + at);
  if (at > size) return _mm_setzero_si128();
  const auto rest = size - at;
  const auto mark = load(end_marks.data() + width - rest);
  if (size >= width) {
    const auto last = load_message<When>(message + size - width);
    return _mm_or_si128(_mm_shuffle_epi8(last, load(moves.data() + 2 * width - rest)), mark);
  }
  std::array<std::byte, width> copied{};
  std::copy_n(message, size, copied.begin());  // at 0, as `at` goes up in steps of 16
  return _mm_or_si128(load(copied.data()), mark);
}

}  // namespace detail

}  // namespace floe::crypto::x86

#if defined(_MSC_VER)
#pragma warning(pop)
#endif

#endif
