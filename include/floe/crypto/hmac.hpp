// HMAC (RFC 2104) with keys that are prepared once, and the comparison that goes with it.
//
// owns:     hmac_key (the two hash states after their key blocks), hmac, equal_constant_time
// does not: keep the key itself: the states are what a message needs
// invariant: a key that was never given proves nothing: it is empty(), and its users refuse it.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <type_traits>

#include "floe/core/bytes.hpp"
#include "floe/crypto/written.hpp"

namespace floe::crypto {

/// True when `a` and `b` hold the same bytes, at least one. Looks at every byte whatever it finds,
/// so that the time tells nothing about where they differ (RFC 8489 §16); the sizes are no secret.
[[nodiscard]] constexpr bool equal_constant_time(byte_view a, byte_view b) noexcept {
  if (a.empty() || a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  std::size_t at = 0;
  for (; a.size() - at >= sizeof(difference); at += sizeof(difference)) {
    difference |= load_be<std::uint64_t>(a.data() + at) ^ load_be<std::uint64_t>(b.data() + at);
  }
  for (; a.size() - at >= sizeof(std::uint32_t); at += sizeof(std::uint32_t)) {
    difference |= load_be<std::uint32_t>(a.data() + at) ^ load_be<std::uint32_t>(b.data() + at);
  }
  for (; at < a.size(); ++at) {
    difference |= std::to_integer<std::uint32_t>(a.data()[at] ^ b.data()[at]);
  }
  return difference == 0;
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
  [[nodiscard]] constexpr bool empty() const noexcept {
    std::uint32_t any = 0;
    for (const auto word : inner_) any |= word;
    return any == 0;
  }

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

namespace detail {

/// The code by update() and finish(), for what hmac_code() has no shorter way.
template <class Hash>
[[nodiscard]] constexpr typename Hash::digest
hmac_in_steps(const hmac_key<Hash>& key, byte_view message, std::uint32_t flip) noexcept {
  hmac<Hash> code{key};
  if (flip != 0) {
    std::array<std::byte, Hash::block_size> first{};
    const auto copied = std::min(message.size(), first.size());
    std::copy_n(message.data(), copied, first.begin());
    store_be(first.data(), load_be<std::uint32_t>(first.data()) ^ flip);
    code.update({first.data(), copied});
    message = message.subspan(copied);
  }
  code.update(message);
  return code.finish();
}

}  // namespace detail

/// The code of a whole message, with its first four bytes taken XORed with the big-endian number
/// `flip`, so that a field of it may be hashed with another value than it has.
/// in: a key that is not empty(); at least four bytes when there is something to flip
/// cost: the block operations; on a CPU that hashes by itself the bytes are not even copied
template <class Hash>
[[nodiscard]] constexpr typename Hash::digest hmac_code(const hmac_key<Hash>& key,
                                                        byte_view message, std::uint32_t flip = 0,
                                                        written when = written::earlier) noexcept {
  Expects(!key.empty() && (flip == 0 || message.size() >= sizeof(flip)));
  if constexpr (requires { Hash::algorithm::hmac; }) {
    if (!std::is_constant_evaluated()) {
      typename Hash::digest code;
      if (Hash::algorithm::hmac(key.inner(), key.outer(), message.data(), message.size(), flip,
                                when, code.data())) {
        return code;
      }
    }
  }
  return detail::hmac_in_steps(key, message, flip);
}

}  // namespace floe::crypto
