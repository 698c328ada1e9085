// HMAC (RFC 2104) with keys that are prepared once, and the comparison that goes with it.
//
// owns:     hmac_key (the two hash states after their key blocks), hmac, equal_constant_time
// does not: keep the key itself: the states are what a message needs
// invariant: a key that was never given proves nothing: it is empty(), and its users refuse it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <gsl/assert>
#include <type_traits>

#include "floe/core/bytes.hpp"

namespace floe::crypto {

/// True when `a` and `b` hold the same bytes, at least one. Looks at every byte whatever it finds,
/// so that the time tells nothing about where they differ (RFC 8489 §16); the sizes are no secret.
[[nodiscard]] constexpr bool equal_constant_time(byte_view a, byte_view b) noexcept {
  if (a.empty() || a.size() != b.size()) return false;
  std::byte difference{};
  for (std::size_t i = 0; i < a.size(); ++i) difference |= a.data()[i] ^ b.data()[i];
  return difference == std::byte{};
}

/// A key ready for use: the hash states after the inner and the outer key block, so that a message
/// costs its own blocks and one more. Its words are overwritten when it goes.
template <class Hash>
class hmac_key {
 public:
  using hash = Hash;
  using state = typename Hash::state;

  /// No key at all.
  constexpr hmac_key() noexcept = default;

  /// cost: two block operations, and those of hashing a key longer than a block.
  constexpr explicit hmac_key(byte_view key) noexcept {
    std::array<std::byte, Hash::block_size> block{};
    if (key.size() > block.size()) {
      Hash shortened;
      shortened.update(key);
      const auto digest = shortened.finish();
      std::copy(digest.begin(), digest.end(), block.begin());
    } else {
      std::copy_n(key.data(), key.size(), block.begin());
    }
    inner_ = after_block(block, std::byte{0x36});
    outer_ = after_block(block, std::byte{0x5c});
    wipe(block);
  }

  constexpr hmac_key(const hmac_key&) noexcept = default;
  constexpr hmac_key& operator=(const hmac_key&) noexcept = default;
  constexpr ~hmac_key() noexcept {
    wipe(inner_);
    wipe(outer_);
  }

  /// True for a key that was never given. A hash state of zeros means that: no one knows a key that
  /// leads to it.
  [[nodiscard]] constexpr bool empty() const noexcept { return inner_ == state{}; }

  [[nodiscard]] constexpr const state& inner() const noexcept { return inner_; }
  [[nodiscard]] constexpr const state& outer() const noexcept { return outer_; }

 private:
  using key_block = std::array<std::byte, Hash::block_size>;

  [[nodiscard]] static constexpr state after_block(key_block block, std::byte pad) noexcept {
    for (auto& octet : block) octet ^= pad;
    Hash hash;
    hash.update(block);
    wipe(block);
    return hash.chaining_state();
  }

  /// Through volatile, because nobody reads the zeros.
  template <class Words>
  static constexpr void wipe(Words& words) noexcept {
    if (std::is_constant_evaluated()) return;
    for (auto& word : words) const_cast<volatile typename Words::value_type&>(word) = {};
  }

  state inner_{};
  state outer_{};
};

/// A message authentication code in the making.
template <class Hash>
class hmac {
 public:
  using digest = typename Hash::digest;

  /// in: a key that is not empty(), and outlives this.
  constexpr explicit hmac(const hmac_key<Hash>& key) noexcept
      : key_{&key}, inner_{key.inner(), Hash::block_size} {
    Expects(!key.empty());
  }

  constexpr void update(byte_view bytes) noexcept { inner_.update(bytes); }

  /// The code of all bytes so far. after: only destruction or assignment.
  [[nodiscard]] constexpr digest finish() noexcept {
    const auto inner_digest = inner_.finish();
    Hash outer{key_->outer(), Hash::block_size};
    outer.update(inner_digest);
    return outer.finish();
  }

 private:
  const hmac_key<Hash>* key_;
  Hash inner_;
};

}  // namespace floe::crypto
