// Random numbers that a seed determines, the same on every machine.
//
// owns:     the generator (xoshiro256**, seeded by SplitMix64), and the few distributions
// does not: pass for cryptography; it is an agent's entropy only here
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/core/time.hpp"

namespace floe::sim {

/// A source of random numbers that copies, and then both copies go on alike.
class random_source {
 public:
  explicit constexpr random_source(std::uint64_t seed) noexcept {
    for (auto& word : state_) word = mix(seed += 0x9e3779b97f4a7c15U);
  }

  constexpr std::uint64_t next() noexcept {
    const auto result = rotate(state_[1] * 5, 7) * 9;
    const auto shifted = state_[1] << 17U;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = rotate(state_[3], 45);
    return result;
  }

  /// One of 0 to `count` - 1. in: a count above zero; the bias is below 2^-32 for those that occur
  constexpr std::uint64_t below(std::uint64_t count) noexcept { return next() % count; }

  /// True in so many of a thousand cases.
  constexpr bool chance(unsigned per_mille) noexcept {
    return per_mille != 0 && below(1000) < per_mille;
  }

  /// One of the durations from zero to `most`.
  constexpr duration up_to(duration most) noexcept {
    return most <= duration::zero() ? duration::zero()
                                    : duration{static_cast<duration::rep>(
                                          below(static_cast<std::uint64_t>(most.count()) + 1))};
  }

  /// Overwrites all of `out`, as a byte_source does.
  constexpr void operator()(byte_span out) noexcept {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (i % 8 == 0) word = next();
      out.data()[i] = static_cast<std::byte>(word >> (8U * (i % 8)));
    }
  }

  /// A source of its own for somebody else: what one draws does not change what the other gets.
  constexpr random_source fork() noexcept { return random_source{next()}; }

 private:
  static constexpr std::uint64_t rotate(std::uint64_t word, unsigned by) noexcept {
    return (word << by) | (word >> (64U - by));
  }
  static constexpr std::uint64_t mix(std::uint64_t z) noexcept {
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace floe::sim
