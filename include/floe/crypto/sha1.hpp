// SHA-1 (FIPS 180-4 sec. 6.1, RFC 3174).
//
// owns:     the compression function, behind one function that callers never see past
// does not: buffer or pad (crypto/block_hash.hpp), nor claim to be collision-resistant: STUN uses
//           it inside HMAC only
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

struct sha1_algorithm {
  using state = std::array<std::uint32_t, 5>;

  static constexpr state initial{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  static constexpr bool big_endian = true;

  using words = std::array<std::uint32_t, 16>;

  /// Instead of moving five words along, each step takes them from one place further.
  template <std::size_t T>
  [[gnu::always_inline]] static constexpr void step(state& s, words& w) noexcept {
    constexpr auto at = [](std::size_t role) { return (role + 80 - T) % 5; };
    const auto b = s[at(1)];
    const auto c = s[at(2)];
    const auto d = s[at(3)];
    if constexpr (T >= 16) {
      w[T % 16] = std::rotl(w[(T + 13) % 16] ^ w[(T + 8) % 16] ^ w[(T + 2) % 16] ^ w[T % 16], 1);
    }
    auto& e = s[at(4)];
    e += std::rotl(s[at(0)], 5) + w[T % 16];
    if constexpr (T < 20) {
      e += (d ^ (b & (c ^ d))) + 0x5a827999U;
    } else if constexpr (T < 40) {
      e += (b ^ c ^ d) + 0x6ed9eba1U;
    } else if constexpr (T < 60) {
      e += ((b & c) | (d & (b | c))) + 0x8f1bbcdcU;
    } else {
      e += (b ^ c ^ d) + 0xca62c1d6U;
    }
    s[at(1)] = std::rotl(b, 30);
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
    all_steps(s, w, std::make_index_sequence<80>{});
    for (std::size_t i = 0; i < chain.size(); ++i) chain[i] += s[i];
  }

  /// Takes `count` blocks of 64 bytes at `blocks` into `chain`.
  static constexpr void compress(state& chain, const std::byte* blocks,
                                 std::size_t count) noexcept {
    if (!std::is_constant_evaluated() && hardware::sha1(chain, blocks, count)) return;
    for (; count > 0; --count, blocks += 64) compress_portable(chain, blocks);
  }

  /// What a host's library calls these.
  static constexpr auto library_digest = &library::sha1;
  static constexpr auto library_hmac = &library::hmac_sha1;

  /// A whole HMAC from the states of a prepared key, where the CPU can do it; see hmac_code().
  [[nodiscard]] static bool hmac(const state& inner, const state& outer, const std::byte* message,
                                 std::size_t size, std::uint32_t flip, written when,
                                 std::byte* code) noexcept {
    return hardware::hmac_sha1(inner, outer, message, size, flip, when, code);
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

#if defined(_MSC_VER)
#pragma warning(pop)
#endif
