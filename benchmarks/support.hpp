// Timing that holds on a busy machine, the messages that are measured, and the floor under STUN's
// cost: the block operations of HMAC-SHA1 and the CRC of the same message, with nothing around
// them.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/writer.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

namespace support {

inline const floe::stun::integrity_key ice_key{vectors::ice_password};

/// Lets no instruction begin before all earlier ones have ended.
inline void wait_for_all() {
#if defined(__x86_64__)
  asm volatile("lfence" ::: "memory");
#elif defined(__aarch64__)
  asm volatile("dsb nsh\n\tisb" ::: "memory");
#endif
}

/// The block operations for a code over `covered` bytes, the outer one waiting for the inner ones,
/// and the CRC of `summed`.
inline void hash_only(std::size_t covered, floe::byte_view summed) {
  static const std::array<std::byte, 256> blocks{};
  auto inner = ice_key.inner();
  floe::crypto::detail::sha1_algorithm::compress(inner, blocks.data(), (covered + 1 + 8 + 63) / 64);
  auto outer = ice_key.outer();
  for (std::size_t i = 0; i < outer.size(); ++i) outer[i] ^= inner[i];
  floe::crypto::detail::sha1_algorithm::compress(outer, blocks.data(), 1);
  benchmark::DoNotOptimize(outer);
  auto crc = floe::crypto::crc32(summed);
  benchmark::DoNotOptimize(crc);
}

/// The same for a message that ends in integrity and fingerprint.
inline void hash_only(floe::byte_view message) {
  hash_only(message.size() - 32, message.first(message.size() - 8));
}

/// A connectivity check of 104 bytes: USERNAME, PRIORITY, role, integrity and fingerprint.
struct typical_check {
  static constexpr std::string_view username = "RFRGRFRG:LFRGLFRGLFRGLFRG";
  static constexpr std::uint32_t priority = 1845494527;
  static constexpr std::uint64_t tie_breaker = 0x0123456789abcdef;
  static constexpr floe::stun::transaction_id id{vectors::from_hex("0102030405060708090a0b0c")};
  static constexpr std::size_t size = 104;

  /// The size of what was written.
  static std::size_t write(floe::byte_span buffer) {
    namespace stun = floe::stun;
    return stun::writer{buffer, {stun::method::binding, stun::message_class::request}, id}
        .add(stun::username{username})
        .add(stun::priority{priority})
        .add(stun::ice_controlling{tie_breaker})
        .add_integrity(ice_key)
        .add_fingerprint()
        .finish()
        .value();
  }
};

/// Its response, of 64 bytes.
struct typical_response {
  static constexpr floe::endpoint mapped{floe::address::v4(203, 0, 113, 5), 54321};
  static constexpr std::size_t size = 64;

  static std::size_t write(floe::byte_span buffer) {
    namespace stun = floe::stun;
    return stun::writer{
        buffer, {stun::method::binding, stun::message_class::success}, typical_check::id}
        .add(stun::xor_mapped_address{mapped})
        .add_integrity(ice_key)
        .add_fingerprint()
        .finish()
        .value();
  }
};

/// The bytes of one of them.
template <class Message>
const std::array<std::byte, Message::size>& bytes_of() {
  static const auto made = [] {
    std::array<std::byte, Message::size> bytes{};
    if (Message::write(bytes) != bytes.size()) std::abort();
    return bytes;
  }();
  return made;
}

/// How calls follow each other.
enum class pace {
  alone,   ///< the next begins when the last has ended, as datagrams come one by one
  packed,  ///< the CPU may begin the next while it still works on the last
};

/// Nanoseconds per call.
template <pace Pace, class Work>
double time_of(Work&& work) {
  constexpr int calls = 1000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) {
    work();
    if constexpr (Pace == pace::alone) wait_for_all();
  }
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / calls;
}

/// The shortest time that each of several works took, in nanoseconds per call. They take turns in
/// short rounds, so that what else the machine does strikes all or none.
template <pace Pace, class... Works>
std::array<double, sizeof...(Works)> best_of(Works&&... works) {
  constexpr int rounds = 400;
  std::array<double, sizeof...(Works)> best;
  best.fill(std::numeric_limits<double>::max());
  for (int round = 0; round < rounds; ++round) {
    const std::array<double, sizeof...(Works)> now{time_of<Pace>(works)...};
    for (std::size_t i = 0; i < now.size(); ++i) best[i] = std::min(best[i], now[i]);
  }
  return best;
}

}  // namespace support
