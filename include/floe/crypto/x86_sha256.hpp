// SHA-256 and HMAC-SHA256 by the SHA extensions of x86-64.
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

/// The instructions want the first word of four in the highest place in the state, but in the
/// lowest in the message.
struct sha256_registers {
  __m128i abef;
  __m128i cdgh;
  /// The last 16 message words. std::array would drop the vector's attributes.
  __m128i words[4];  // NOLINT(modernize-avoid-c-arrays)
};

/// The state in the order of its words.
struct sha256_state {
  __m128i abcd;
  __m128i efgh;
};

[[gnu::target("ssse3"), gnu::always_inline]] [[nodiscard]] inline __m128i
sha256_words(__m128i bytes) noexcept {
  return _mm_shuffle_epi8(bytes, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

/// Rounds 4 G to 4 G + 3.
template <int G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha256_group(sha256_registers& r, const std::uint32_t* constants) noexcept {
  auto& w = r.words[G % 4];
  if constexpr (G >= 4) {
    const auto last = r.words[(G + 3) % 4];
    const auto seven_back = _mm_alignr_epi8(last, r.words[(G + 2) % 4], 4);
    w = sha256msg2(add(sha256msg1(w, r.words[(G + 1) % 4]), seven_back), last);
  }
  const auto input = add(w, load(constants + 4 * std::size_t{G}));
  r.cdgh = sha256rnds2(r.cdgh, r.abef, input);
  r.abef = sha256rnds2(r.abef, r.cdgh, _mm_shuffle_epi32(input, 0x0e));
}

template <int... G>
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha256_groups(sha256_registers& r, const std::uint32_t* constants,
              std::integer_sequence<int, G...>) noexcept {
  (sha256_group<G>(r, constants), ...);
}

/// Takes the block that is in the words.
[[gnu::target("sha,sse4.1"), gnu::always_inline]] inline void
sha256_block(sha256_registers& r, const std::uint32_t* constants) noexcept {
  const auto abef = r.abef;
  const auto cdgh = r.cdgh;
  sha256_groups(r, constants, std::make_integer_sequence<int, 16>{});
  r.abef = add(r.abef, abef);
  r.cdgh = add(r.cdgh, cdgh);
}

[[gnu::target("sse4.1"), gnu::always_inline]] inline void
sha256_take(sha256_registers& r, const std::array<std::uint32_t, 8>& chain) noexcept {
  const auto badc = _mm_shuffle_epi32(load(chain.data()), 0xb1);
  const auto hgfe = _mm_shuffle_epi32(load(chain.data() + 4), 0x1b);
  r.abef = _mm_alignr_epi8(badc, hgfe, 8);
  r.cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);
}

[[gnu::target("sse4.1"), gnu::always_inline]] [[nodiscard]] inline sha256_state
sha256_give(const sha256_registers& r) noexcept {
  const auto feba = _mm_shuffle_epi32(r.abef, 0x1b);
  const auto dchg = _mm_shuffle_epi32(r.cdgh, 0xb1);
  return {_mm_blend_epi16(feba, dchg, 0xf0), _mm_alignr_epi8(dchg, feba, 8)};
}

template <written When>
[[gnu::target("sse4.1"), gnu::always_inline]] inline void
sha256_load_block(sha256_registers& r, const std::byte* block) noexcept {
  r.words[0] = sha256_words(load_message<When>(block));
  r.words[1] = sha256_words(load_message<When>(block + 16));
  r.words[2] = sha256_words(load_message<When>(block + 32));
  r.words[3] = sha256_words(load_message<When>(block + 48));
}

}  // namespace detail

/// Takes `count` blocks of 64 bytes into a SHA-256 state. in: features().sha
[[gnu::target("sha,sse4.1")]] inline void sha256(std::array<std::uint32_t, 8>& chain,
                                                 const std::array<std::uint32_t, 64>& constants,
                                                 const std::byte* blocks,
                                                 std::size_t count) noexcept {
  detail::sha256_registers r{};
  detail::sha256_take(r, chain);
  for (; count > 0; --count, blocks += 64) {
    detail::sha256_load_block<written::earlier>(r, blocks);
    detail::sha256_block(r, constants.data());
  }
  const auto state = detail::sha256_give(r);
  detail::store(chain.data(), state.abcd);
  detail::store(chain.data() + 4, state.efgh);
}

/// Writes to `code` the HMAC of `size` bytes at `message`, from the states behind the inner and the
/// outer key block. The first four bytes are taken XORed with `flip`, a big-endian number. in:
/// features().sha
template <written When>
[[gnu::target("sha,sse4.1")]] inline void
hmac_sha256(const std::array<std::uint32_t, 8>& inner, const std::array<std::uint32_t, 8>& outer,
            const std::array<std::uint32_t, 64>& constants, const std::byte* message,
            std::size_t size, std::uint32_t flip, std::byte* code) noexcept {
  constexpr std::size_t block = 64;
  detail::sha256_registers r{};
  detail::sha256_take(r, inner);
  auto flips = _mm_cvtsi32_si128(static_cast<int>(flip));
  std::size_t at = 0;
  for (; size - at >= block; at += block) {
    detail::sha256_load_block<When>(r, message + at);
    r.words[0] = _mm_xor_si128(r.words[0], flips);
    flips = _mm_setzero_si128();
    detail::sha256_block(r, constants.data());
  }
  r.words[0] = detail::sha256_words(detail::padded_bytes<When>(message, size, at));
  r.words[1] = detail::sha256_words(detail::padded_bytes<When>(message, size, at + 16));
  r.words[2] = detail::sha256_words(detail::padded_bytes<When>(message, size, at + 32));
  r.words[3] = detail::sha256_words(detail::padded_bytes<When>(message, size, at + 48));
  r.words[0] = _mm_xor_si128(r.words[0], flips);
  if (size % block >= block - 8) {
    detail::sha256_block(r, constants.data());
    r.words[0] = r.words[1] = r.words[2] = r.words[3] = _mm_setzero_si128();
  }
  const std::uint64_t bits = (size + block) * 8;
  r.words[3] = _mm_or_si128(
      r.words[3], _mm_set_epi32(static_cast<int>(bits), static_cast<int>(bits >> 32U), 0, 0));
  detail::sha256_block(r, constants.data());

  const auto digest = detail::sha256_give(r);
  r.words[0] = digest.abcd;
  r.words[1] = digest.efgh;
  r.words[2] = _mm_cvtsi32_si128(static_cast<int>(0x80000000));
  r.words[3] = _mm_set_epi32(static_cast<int>((block + 32) * 8), 0, 0, 0);
  detail::sha256_take(r, outer);
  detail::sha256_block(r, constants.data());

  const auto result = detail::sha256_give(r);
  detail::store(code, detail::sha256_words(result.abcd));
  detail::store(code + 16, detail::sha256_words(result.efgh));
}

}  // namespace floe::crypto::x86

#if defined(_MSC_VER)
#pragma warning(pop)
#endif

#endif
