// MD5 (RFC 1321).
//
// owns:     the compression function
// does not: buffer or pad (crypto/block_hash.hpp), nor protect anything: STUN derives long-term
//           keys with it for servers that know nothing newer (RFC 8489 sec. 9.2.2)
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "floe/core/bytes.hpp"
#include "floe/crypto/block_hash.hpp"
#include "floe/crypto/library.hpp"
#include "floe/crypto/little_endian.hpp"

#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 5030)  // what other compilers' attributes ask for is no more than speed
#endif

namespace floe::crypto {

namespace detail {

/// The integer part of 2^32 |sin(i + 1)|.
inline constexpr std::array<std::uint32_t, 64> md5_constants{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

struct md5_algorithm {
  using state = std::array<std::uint32_t, 4>;

  static constexpr state initial{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  static constexpr bool big_endian = false;

  /// What a host's library calls it.
  static constexpr auto library_digest = &library::md5;

  using words = std::array<std::uint32_t, 16>;

  /// Four rounds of 16 steps, each round with its own function, order of words and rotations.
  template <std::size_t T>
  [[gnu::always_inline]] static constexpr void step(state& s, const words& w) noexcept {
    constexpr std::array<std::array<int, 4>, 4> rotations{
        {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};
    constexpr auto at = [](std::size_t role) { return (role + 64 - T) % 4; };
    const auto b = s[at(1)];
    const auto c = s[at(2)];
    const auto d = s[at(3)];
    auto& a = s[at(0)];
    if constexpr (T < 16) {
      a += (d ^ (b & (c ^ d))) + w[T];
    } else if constexpr (T < 32) {
      a += (c ^ (d & (b ^ c))) + w[(5 * T + 1) % 16];
    } else if constexpr (T < 48) {
      a += (b ^ c ^ d) + w[(3 * T + 5) % 16];
    } else {
      a += (c ^ (b | ~d)) + w[(7 * T) % 16];
    }
    a = std::rotl(a + md5_constants[T], rotations[T / 16][T % 4]) + b;
  }

  template <std::size_t... T>
  [[gnu::always_inline]] static constexpr void all_steps(state& s, const words& w,
                                                         std::index_sequence<T...>) noexcept {
    (step<T>(s, w), ...);
  }

  /// Takes `count` blocks of 64 bytes at `blocks` into `chain`.
  static constexpr void compress(state& chain, const std::byte* blocks,
                                 std::size_t count) noexcept {
    for (; count > 0; --count, blocks += 64) {
      words w{};
      for (std::size_t t = 0; t < w.size(); ++t) w[t] = load_le32(blocks + 4 * t);
      auto s = chain;
      all_steps(s, w, std::make_index_sequence<64>{});
      for (std::size_t i = 0; i < chain.size(); ++i) chain[i] += s[i];
    }
  }
};

}  // namespace detail

using md5 = block_hash<detail::md5_algorithm>;

/// The MD5 digest of `bytes`.
[[nodiscard]] constexpr md5::digest md5_digest(byte_view bytes) noexcept {
  md5 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace floe::crypto

#if defined(_MSC_VER)
#pragma warning(pop)
#endif
