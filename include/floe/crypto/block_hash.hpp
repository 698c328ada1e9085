// What SHA-1, SHA-256 and MD5 share: a chaining state, 64-byte blocks, and padding that ends with
// the length.
//
// owns:     the buffering of a partial block, the padding
// does not: know any compression function; an Algorithm brings its own
// invariant: any split of the same bytes into update() calls gives the same digest.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>

#include "floe/core/bytes.hpp"

namespace floe::crypto {

/// The compression function of a hash, with the order in which it reads and writes numbers.
template <class A>
concept block_algorithm = requires(typename A::state& state, const std::byte* blocks,
                                   std::size_t count) {
  { A::initial } -> std::convertible_to<typename A::state>;
  { A::big_endian } -> std::convertible_to<bool>;
  { A::compress(state, blocks, count) }
  noexcept;
};

/// A hash in the making.
template <block_algorithm Algorithm>
class block_hash {
 public:
  using algorithm = Algorithm;
  using state = typename Algorithm::state;

  static constexpr std::size_t block_size = 64;
  static constexpr std::size_t digest_size = std::tuple_size_v<state> * 4;

  using digest = std::array<std::byte, digest_size>;

  constexpr block_hash() noexcept : block_hash{Algorithm::initial, 0} {}

  /// Goes on from a state that was taken after `hashed` bytes, a whole number of blocks.
  constexpr block_hash(const state& from, std::uint64_t hashed) noexcept
      : state_{from}, hashed_{hashed} {
    Expects(hashed % block_size == 0);
  }

  /// Takes the next bytes.
  constexpr void update(byte_view bytes) noexcept {
    auto rest = bytes.size();
    const auto* from = bytes.data();
    const auto held = static_cast<std::size_t>(hashed_ % block_size);
    hashed_ += rest;
    if (held != 0) {
      const auto taken = (std::min)(rest, block_size - held);
      std::copy_n(from, taken, block_.begin() + static_cast<std::ptrdiff_t>(held));
      if (held + taken < block_size) return;
      Algorithm::compress(state_, block_.data(), 1);
      from += taken;
      rest -= taken;
    }
    const auto whole = rest / block_size;
    if (whole != 0) Algorithm::compress(state_, from, whole);
    std::copy_n(from + whole * block_size, rest % block_size, block_.begin());
  }

  /// The digest of all bytes so far. after: only destruction or assignment.
  [[nodiscard]] constexpr digest finish() noexcept {
    constexpr std::size_t length_size = 8;
    const auto held = static_cast<std::size_t>(hashed_ % block_size);
    std::array<std::byte, 2 * block_size> last{};
    std::copy_n(block_.begin(), held, last.begin());
    last[held] = std::byte{0x80};
    const std::size_t count = held < block_size - length_size ? 1 : 2;
    store<std::uint64_t>(last.data() + count * block_size - length_size, hashed_ * 8);
    Algorithm::compress(state_, last.data(), count);

    digest out{};
    for (std::size_t i = 0; i < state_.size(); ++i) store(out.data() + 4 * i, state_[i]);
    return out;
  }

 private:
  template <std::unsigned_integral T>
  static constexpr void store(std::byte* to, T value) noexcept {
    if constexpr (Algorithm::big_endian) {
      store_be(to, value);
    } else {
      for (std::size_t i = 0; i < sizeof(T); ++i) to[i] = static_cast<std::byte>(value >> (8U * i));
    }
  }

  state state_;
  std::uint64_t hashed_;
  std::array<std::byte, block_size> block_{};
};

}  // namespace floe::crypto
