// SHA-1 (FIPS 180-4 §6.1, RFC 3174).
//
// owns:     the compression function, behind one function that callers never see past
// does not: buffer or pad (crypto/block_hash.hpp), nor claim to be collision-resistant: STUN uses
// it
//           inside HMAC only
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/crypto/block_hash.hpp"

namespace floe::crypto {

namespace detail {

struct sha1_algorithm {
  using state = std::array<std::uint32_t, 5>;

  static constexpr state initial{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  static constexpr bool big_endian = true;

  using function = std::uint32_t (*)(std::uint32_t, std::uint32_t, std::uint32_t) noexcept;

  static constexpr std::uint32_t choose(std::uint32_t x, std::uint32_t y,
                                        std::uint32_t z) noexcept {
    return z ^ (x & (y ^ z));
  }
  static constexpr std::uint32_t parity(std::uint32_t x, std::uint32_t y,
                                        std::uint32_t z) noexcept {
    return x ^ y ^ z;
  }
  static constexpr std::uint32_t majority(std::uint32_t x, std::uint32_t y,
                                          std::uint32_t z) noexcept {
    return (x & y) | (z & (x | y));
  }

  template <function F, std::uint32_t K>
  static constexpr void step(std::uint32_t a, std::uint32_t& b, std::uint32_t c, std::uint32_t d,
                             std::uint32_t& e, std::uint32_t w) noexcept {
    e += std::rotl(a, 5) + F(b, c, d) + K + w;
    b = std::rotl(b, 30);
  }

  /// Five steps bring every word back to its own place, so no step has to move them.
  template <function F, std::uint32_t K>
  static constexpr void five_steps(state& s, const std::uint32_t* w) noexcept {
    step<F, K>(s[0], s[1], s[2], s[3], s[4], w[0]);
    step<F, K>(s[4], s[0], s[1], s[2], s[3], w[1]);
    step<F, K>(s[3], s[4], s[0], s[1], s[2], w[2]);
    step<F, K>(s[2], s[3], s[4], s[0], s[1], w[3]);
    step<F, K>(s[1], s[2], s[3], s[4], s[0], w[4]);
  }

  static constexpr void compress_portable(state& chain, const std::byte* block) noexcept {
    std::array<std::uint32_t, 80> w{};
    for (std::size_t t = 0; t < 16; ++t) w[t] = load_be<std::uint32_t>(block + 4 * t);
    for (std::size_t t = 16; t < 80; ++t) {
      w[t] = std::rotl(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);
    }

    auto s = chain;
    for (std::size_t t = 0; t < 20; t += 5) five_steps<choose, 0x5a827999>(s, w.data() + t);
    for (std::size_t t = 20; t < 40; t += 5) five_steps<parity, 0x6ed9eba1>(s, w.data() + t);
    for (std::size_t t = 40; t < 60; t += 5) five_steps<majority, 0x8f1bbcdc>(s, w.data() + t);
    for (std::size_t t = 60; t < 80; t += 5) five_steps<parity, 0xca62c1d6>(s, w.data() + t);
    for (std::size_t i = 0; i < chain.size(); ++i) chain[i] += s[i];
  }

  /// Takes `count` blocks of 64 bytes at `blocks` into `chain`.
  static constexpr void compress(state& chain, const std::byte* blocks,
                                 std::size_t count) noexcept {
    for (; count > 0; --count, blocks += 64) compress_portable(chain, blocks);
  }
};

}  // namespace detail

using sha1 = block_hash<detail::sha1_algorithm>;

/// The SHA-1 digest of `bytes`.
[[nodiscard]] constexpr sha1::digest sha1_digest(byte_view bytes) noexcept {
  sha1 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace floe::crypto
