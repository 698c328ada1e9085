// Timing that holds on a busy machine, and the floor under STUN's cost: the block operations of
// HMAC-SHA1 and the CRC of the same message, with nothing around them.
#pragma once

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <limits>

#include "floe/core/bytes.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/stun/integrity.hpp"
#include "vectors/messages.hpp"

namespace support {

inline const floe::stun::integrity_key ice_key{vectors::ice_password};

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

/// Nanoseconds per call.
template <class Work>
double time_of(Work&& work) {
  constexpr int calls = 1000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) work();
  const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
  return spent.count() / calls;
}

/// The shortest time that each of several works took, in nanoseconds per call. They take turns in
/// short rounds, so that what else the machine does strikes all or none.
template <class... Works>
std::array<double, sizeof...(Works)> best_of(Works&&... works) {
  constexpr int rounds = 400;
  std::array<double, sizeof...(Works)> best;
  best.fill(std::numeric_limits<double>::max());
  for (int round = 0; round < rounds; ++round) {
    const std::array<double, sizeof...(Works)> now{time_of(works)...};
    for (std::size_t i = 0; i < now.size(); ++i) best[i] = std::min(best[i], now[i]);
  }
  return best;
}

}  // namespace support
