// SHA-1, SHA-256 and CRC-32 by the instructions that ARMv8 CPUs have for them.
//
// owns:     the three inner loops
// does not: find out what the CPU has: only the operating system could tell. They are used where
//           the compiler is told that the CPU has them (-march=armv8-a+crypto+crc, or a newer
//           architecture), as it is by itself for Apple's machines
// invariant: empty elsewhere, so that it can be included everywhere.
#pragma once

#include "floe/core/language.hpp"

#if defined(__aarch64__) && defined(__ARM_FEATURE_SHA2) && defined(__ARM_FEATURE_CRC32)

#include <arm_acle.h>
#include <arm_neon.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace floe::crypto::arm {

namespace detail {

/// The last 16 message words, four to a register.
struct message_words {
  uint32x4_t w[4];  // NOLINT(modernize-avoid-c-arrays): std::array drops the attributes
};

[[nodiscard]] inline uint32x4_t load_words(const std::byte* from) noexcept {
  return vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(reinterpret_cast<const std::uint8_t*>(from))));
}

struct sha1_registers {
  uint32x4_t abcd;
  std::uint32_t e;
};

/// Rounds 4 G to 4 G + 3.
template <int G>
[[gnu::always_inline]] inline void sha1_group(sha1_registers& r, message_words& m) noexcept {
  constexpr std::array<std::uint32_t, 4> constants{0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
  auto& w = m.w[G % 4];
  if constexpr (G >= 4) {
    w = vsha1su1q_u32(vsha1su0q_u32(w, m.w[(G + 1) % 4], m.w[(G + 2) % 4]), m.w[(G + 3) % 4]);
  }
  const auto input = vaddq_u32(w, vdupq_n_u32(constants[G / 5]));
  const auto next_e = vsha1h_u32(vgetq_lane_u32(r.abcd, 0));
  if constexpr (G / 5 == 0) {
    r.abcd = vsha1cq_u32(r.abcd, r.e, input);
  } else if constexpr (G / 5 == 2) {
    r.abcd = vsha1mq_u32(r.abcd, r.e, input);
  } else {
    r.abcd = vsha1pq_u32(r.abcd, r.e, input);
  }
  r.e = next_e;
}

template <int... G>
[[gnu::always_inline]] inline void sha1_groups(sha1_registers& r, message_words& m,
                                               std::integer_sequence<int, G...>) noexcept {
  (sha1_group<G>(r, m), ...);
}

struct sha256_registers {
  uint32x4_t abcd;
  uint32x4_t efgh;
};

/// Rounds 4 G to 4 G + 3.
template <int G>
[[gnu::always_inline]] inline void sha256_group(sha256_registers& r, message_words& m,
                                                const std::uint32_t* constants) noexcept {
  auto& w = m.w[G % 4];
  if constexpr (G >= 4) {
    w = vsha256su1q_u32(vsha256su0q_u32(w, m.w[(G + 1) % 4]), m.w[(G + 2) % 4], m.w[(G + 3) % 4]);
  }
  const auto input = vaddq_u32(w, vld1q_u32(constants + 4 * std::size_t{G}));
  const auto before = r.abcd;
  r.abcd = vsha256hq_u32(before, r.efgh, input);
  r.efgh = vsha256h2q_u32(r.efgh, before, input);
}

template <int... G>
[[gnu::always_inline]] inline void sha256_groups(sha256_registers& r, message_words& m,
                                                 const std::uint32_t* constants,
                                                 std::integer_sequence<int, G...>) noexcept {
  (sha256_group<G>(r, m, constants), ...);
}

}  // namespace detail

/// Takes `count` blocks of 64 bytes into a SHA-1 state.
inline void sha1(std::array<std::uint32_t, 5>& chain, const std::byte* blocks,
                 std::size_t count) noexcept {
  detail::sha1_registers r{vld1q_u32(chain.data()), chain[4]};
  for (; count > 0; --count, blocks += 64) {
    const auto before = r;
    detail::message_words m{};
    for (std::size_t i = 0; i < 4; ++i) m.w[i] = detail::load_words(blocks + 16 * i);
    detail::sha1_groups(r, m, std::make_integer_sequence<int, 20>{});
    r.abcd = vaddq_u32(r.abcd, before.abcd);
    r.e += before.e;
  }
  vst1q_u32(chain.data(), r.abcd);
  chain[4] = r.e;
}

/// Takes `count` blocks of 64 bytes into a SHA-256 state.
inline void sha256(std::array<std::uint32_t, 8>& chain,
                   const std::array<std::uint32_t, 64>& constants, const std::byte* blocks,
                   std::size_t count) noexcept {
  detail::sha256_registers r{vld1q_u32(chain.data()), vld1q_u32(chain.data() + 4)};
  for (; count > 0; --count, blocks += 64) {
    const auto before = r;
    detail::message_words m{};
    for (std::size_t i = 0; i < 4; ++i) m.w[i] = detail::load_words(blocks + 16 * i);
    detail::sha256_groups(r, m, constants.data(), std::make_integer_sequence<int, 16>{});
    r.abcd = vaddq_u32(r.abcd, before.abcd);
    r.efgh = vaddq_u32(r.efgh, before.efgh);
  }
  vst1q_u32(chain.data(), r.abcd);
  vst1q_u32(chain.data() + 4, r.efgh);
}

/// Carries a CRC-32 register over `size` bytes at `data`.
[[nodiscard]] inline std::uint32_t crc32(std::uint32_t crc, const std::byte* data,
                                         std::size_t size) noexcept {
  for (; size >= 8; data += 8, size -= 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, data, sizeof eight);
    crc = __crc32d(crc, eight);
  }
  for (; size > 0; ++data, --size) crc = __crc32b(crc, std::to_integer<std::uint8_t>(*data));
  return crc;
}

}  // namespace floe::crypto::arm

#endif
