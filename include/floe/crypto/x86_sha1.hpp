// SHA-1 and HMAC-SHA1 by the SHA extensions of x86-64.
//
// owns:     the rounds, and a whole HMAC that leaves the registers only with its result
// does not: derive keys; it goes on from the states of a prepared key
// invariant: empty on other machines, so that it can be included everywhere.
#pragma once

#include "floe/core/language.hpp"

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "floe/crypto/written.hpp"
#include "floe/crypto/x86.hpp"

#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 5030)  // what other compilers' attributes ask for is no more than speed
#endif

namespace floe::crypto::x86 {

namespace detail {

/// The instructions want the first word of four in the highest place, in state and message alike.
struct sha1_registers {
  __m128i abcd;
  __m128i e;         ///< in the highest place, zeros below
  __m128i previous;  ///< abcd of the group before, whose first word gives the next e
  /// The last 16 message words. std::array would drop the vector's attributes.
  __m128i words[4];  // NOLINT(modernize-avoid-c-arrays)
};

[[gnu::target("ssse3"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha1_words(__m128i bytes) noexcept {
  return _mm_shuffle_epi8(bytes, _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f));
}

/// Rounds 4 G to 4 G + 3.
template <int G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha1_group(sha1_registers& r) noexcept {
  auto& w = r.words[G % 4];
  if constexpr (G >= 4) {
    const auto mixed = _mm_xor_si128(sha1msg1(w, r.words[(G + 1) % 4]), r.words[(G + 2) % 4]);
    w = sha1msg2(mixed, r.words[(G + 3) % 4]);
  }
  const auto input = G == 0 ? add(r.e, w) : sha1nexte(r.previous, w);
  r.previous = r.abcd;
  r.abcd = sha1rnds4<G / 5>(r.abcd, input);
}

template <int... G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha1_groups(sha1_registers& r, std::integer_sequence<int, G...>) noexcept {
  (sha1_group<G>(r), ...);
}

/// Takes the block that is in the words.
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha1_block(sha1_registers& r) noexcept {
  const auto abcd = r.abcd;
  const auto e = r.e;
  sha1_groups(r, std::make_integer_sequence<int, 20>{});
  // nexte adds to the highest place only, so zeros stay below.
  r.e = sha1nexte(r.previous, e);
  r.abcd = add(r.abcd, abcd);
}

[[gnu::target("ssse3"), gnu::always_inline]] inline void
sha1_take(sha1_registers& r, const std::array<std::uint32_t, 5>& chain) noexcept {
  r.abcd = _mm_shuffle_epi32(load(chain.data()), 0x1b);
  r.e = _mm_set_epi32(static_cast<int>(chain[4]), 0, 0, 0);
}

template <written When>
[[gnu::target("sse4.1"), gnu::always_inline]] inline void
sha1_load_block(sha1_registers& r, const std::byte* block) noexcept {
  r.words[0] = sha1_words(load_message<When>(block));
  r.words[1] = sha1_words(load_message<When>(block + 16));
  r.words[2] = sha1_words(load_message<When>(block + 32));
  r.words[3] = sha1_words(load_message<When>(block + 48));
}

}  // namespace detail

/// Takes `count` blocks of 64 bytes into a SHA-1 state. in: features().sha
[[gnu::target("sha,sse4.1")]] inline void
sha1(std::array<std::uint32_t, 5>& chain, const std::byte* blocks, std::size_t count) noexcept {
  detail::sha1_registers r{};
  detail::sha1_take(r, chain);
  for (; count > 0; --count, blocks += 64) {
    detail::sha1_load_block<written::earlier>(r, blocks);
    detail::sha1_block(r);
  }
  detail::store(chain.data(), _mm_shuffle_epi32(r.abcd, 0x1b));
  chain[4] = static_cast<std::uint32_t>(_mm_extract_epi32(r.e, 3));
}

/// Writes to `code` the HMAC of `size` bytes at `message`, from the states behind the inner and the
/// outer key block. The first four bytes are taken XORed with `flip`, a big-endian number. in:
/// features().sha
template <written When>
[[gnu::target("sha,sse4.1")]] inline void hmac_sha1(const std::array<std::uint32_t, 5>& inner,
                                                    const std::array<std::uint32_t, 5>& outer,
                                                    const std::byte* message, std::size_t size,
                                                    std::uint32_t flip, std::byte* code) noexcept {
  constexpr std::size_t block = 64;
  detail::sha1_registers r{};
  detail::sha1_take(r, inner);
  auto flips = _mm_set_epi32(static_cast<int>(flip), 0, 0, 0);
  std::size_t at = 0;
  for (; size - at >= block; at += block) {
    detail::sha1_load_block<When>(r, message + at);
    r.words[0] = _mm_xor_si128(r.words[0], flips);
    flips = _mm_setzero_si128();
    detail::sha1_block(r);
  }
  r.words[0] = detail::sha1_words(detail::padded_bytes<When>(message, size, at));
  r.words[1] = detail::sha1_words(detail::padded_bytes<When>(message, size, at + 16));
  r.words[2] = detail::sha1_words(detail::padded_bytes<When>(message, size, at + 32));
  r.words[3] = detail::sha1_words(detail::padded_bytes<When>(message, size, at + 48));
  r.words[0] = _mm_xor_si128(r.words[0], flips);
  if (size % block >= block - 8) {
    detail::sha1_block(r);
    r.words[0] = r.words[1] = r.words[2] = r.words[3] = _mm_setzero_si128();
  }
  const auto bits = _mm_cvtsi64_si128(static_cast<std::int64_t>((size + block) * 8));
  r.words[3] = _mm_or_si128(r.words[3], bits);
  detail::sha1_block(r);

  // The inner digest is five words, already in the order and places of message words.
  r.words[0] = r.abcd;
  r.words[1] = _mm_or_si128(r.e, _mm_set_epi32(0, static_cast<int>(0x80000000), 0, 0));
  r.words[2] = _mm_setzero_si128();
  r.words[3] = _mm_cvtsi32_si128(static_cast<int>((block + 20) * 8));
  detail::sha1_take(r, outer);
  detail::sha1_block(r);

  detail::store(code, detail::sha1_words(r.abcd));
  _mm_storeu_si32(code + 16, detail::sha1_words(r.e));
}

}  // namespace floe::crypto::x86

#if defined(_MSC_VER)
#pragma warning(pop)
#endif

#endif
