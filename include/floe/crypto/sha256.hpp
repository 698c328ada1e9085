// SHA-256 (FIPS 180-4 sec. 6.2, RFC 6234).
//
// owns:     the compression function, behind one function that callers never see past
// does not: buffer or pad (crypto/block_hash.hpp)
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "floe/core/bytes.hpp"
#include "floe/crypto/block_hash.hpp"
#include "floe/crypto/hardware.hpp"
#include "floe/crypto/library.hpp"
#include "floe/crypto/written.hpp"

#if defined(_MSC_VER)
#pragma warning(push)
#pragma warning(disable : 5030)  // what other compilers' attributes ask for is no more than speed
#endif

namespace floe::crypto {

namespace detail {

/// The first 32 bits of the fractions of the cube roots of the first 64 primes.
inline constexpr std::array<std::uint32_t, 64> sha256_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct sha256_algorithm {
  using state = std::array<std::uint32_t, 8>;

  static constexpr state initial{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  static constexpr bool big_endian = true;

  using words = std::array<std::uint32_t, 16>;

  /// Instead of moving eight words along, each step takes them from one place further.
  template <std::size_t T>
  [[gnu::always_inline]] static constexpr void step(state& s, words& w) noexcept {
    constexpr auto at = [](std::size_t role) { return (role + 64 - T) % 8; };
    const auto a = s[at(0)];
    const auto b = s[at(1)];
    const auto c = s[at(2)];
    const auto e = s[at(4)];
    if constexpr (T >= 16) {
      const auto before = w[(T + 1) % 16];
      const auto recent = w[(T + 14) % 16];
      w[T % 16] += (std::rotr(before, 7) ^ std::rotr(before, 18) ^ (before >> 3U)) +
                   w[(T + 9) % 16] +
                   (std::rotr(recent, 17) ^ std::rotr(recent, 19) ^ (recent >> 10U));
    }
    auto& h = s[at(7)];
    h += (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
         (s[at(6)] ^ (e & (s[at(5)] ^ s[at(6)]))) + sha256_constants[T] + w[T % 16];
    s[at(3)] += h;
    h += (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) | (c & (a | b)));
  }

  /// All indices are known when compiling, so that state and words can live in registers.
  template <std::size_t... T>
  [[gnu::always_inline]] static constexpr void all_steps(state& s, words& w,
                                                         std::index_sequence<T...>) noexcept {
    (step<T>(s, w), ...);
  }

  static constexpr void compress_portable(state& chain, const std::byte* block) noexcept {
    words w{};
    for (std::size_t t = 0; t < w.size(); ++t) w[t] = load_be<std::uint32_t>(block + 4 * t);
    auto s = chain;
    all_steps(s, w, std::make_index_sequence<64>{});
    for (std::size_t i = 0; i < chain.size(); ++i) chain[i] += s[i];
  }

  /// Takes `count` blocks of 64 bytes at `blocks` into `chain`.
  static constexpr void compress(state& chain, const std::byte* blocks,
                                 std::size_t count) noexcept {
    if (!std::is_constant_evaluated() && hardware::sha256(chain, sha256_constants, blocks, count)) {
      return;
    }
    for (; count > 0; --count, blocks += 64) compress_portable(chain, blocks);
  }

  /// What a host's library calls these.
  static constexpr auto library_digest = &library::sha256;
  static constexpr auto library_hmac = &library::hmac_sha256;

  /// A whole HMAC from the states of a prepared key, where the CPU can do it; see hmac_code().
  [[nodiscard]] static bool hmac(const state& inner, const state& outer, const std::byte* message,
                                 std::size_t size, std::uint32_t flip, written when,
                                 std::byte* code) noexcept {
    return hardware::hmac_sha256(inner, outer, sha256_constants, message, size, flip, when, code);
  }
};

}  // namespace detail

using sha256 = block_hash<detail::sha256_algorithm>;

/// The SHA-256 digest of `bytes`.
[[nodiscard]] constexpr sha256::digest sha256_digest(byte_view bytes) noexcept {
  sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

}  // namespace floe::crypto

#if defined(_MSC_VER)
#pragma warning(pop)
#endif
