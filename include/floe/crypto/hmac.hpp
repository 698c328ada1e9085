// HMAC (RFC 2104) with keys that are prepared once, and the comparison that goes with it.
//
// owns:     hmac_key (the two hash states after their key blocks), hmac, equal_constant_time
// does not: keep the key itself: the states are what a message needs. Only a host's library is
//           given the key each time (crypto/library.hpp).
// invariant: a key that was never given proves nothing: it is empty(), and its users refuse it.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <type_traits>
#include <utility>

#include "floe/core/bytes.hpp"
#include "floe/crypto/library.hpp"
#include "floe/crypto/written.hpp"

namespace floe::crypto {

/// True when `a` and `b` hold the same bytes, at least one. Looks at every byte whatever it finds,
/// so that the time tells nothing about where they differ (RFC 8489 sec. 16); the sizes are no
/// secret.
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

/// A hash whose codes a host's library computes. STUN has no HMAC-MD5.
template <class Hash>
concept has_library_hmac = requires {
  Hash::algorithm::library_hmac;
};

/// A key ready for use: the hash states after the inner and the outer key block, so that a message
/// costs its own blocks and one more. Its words are overwritten when it goes. A key for a host's
/// library holds its key block instead.
template <class Hash>
class hmac_key {
 public:
  using hash = Hash;
  using state = typename Hash::state;

  /// No key at all.
  constexpr hmac_key() noexcept = default;

  /// by: the host's library, or null for floe's own functions, as it must be for HMAC-MD5
  /// cost: two block operations, and those of hashing a key longer than a block.
  constexpr explicit hmac_key(byte_view key, const library* by = nullptr) noexcept : by_{by} {
    Expects(by == nullptr || has_library_hmac<Hash>);
    key_block block{};
    bool is_done = true;
    if (key.size() <= block.size()) {
      std::copy_n(key.data(), key.size(), block.begin());
    } else if (by_ != nullptr) {
      is_done = (by_->*Hash::algorithm::library_digest)(pieces{&key, 1}, block.data());
    } else {
      Hash shortened;
      shortened.update(key);
      const auto digest = shortened.finish();
      std::copy(digest.begin(), digest.end(), block.begin());
    }
    if (by_ == nullptr) {
      pad(block, inner_pad);
      inner_ = after_block(block);
      pad(block, inner_pad ^ outer_pad);
      outer_ = after_block(block);
    } else if (is_done) {
      pad(block, inner_pad);
      keep(block);
    }
    wipe(block);
  }

  constexpr hmac_key(const hmac_key&) noexcept = default;
  constexpr hmac_key& operator=(const hmac_key&) noexcept = default;
  /// Nothing of it is left where it comes from.
  constexpr hmac_key(hmac_key&& other) noexcept { *this = std::move(other); }
  constexpr hmac_key& operator=(hmac_key&& other) noexcept {
    if (&other == this) return *this;
    *this = std::as_const(other);
    other.forget();
    return *this;
  }
  constexpr ~hmac_key() noexcept { forget(); }

  /// True for a key that was never given. A hash state of zeros means that: no one knows a key that
  /// leads to it.
  [[nodiscard]] constexpr bool empty() const noexcept { return by_ == nullptr && is_zero(); }

  /// The library that uses it; null for floe's own functions.
  [[nodiscard]] constexpr const library* made_for() const noexcept { return by_; }

  /// The states. in: a key for floe's own functions
  [[nodiscard]] constexpr const state& inner() const noexcept { return inner_; }
  [[nodiscard]] constexpr const state& outer() const noexcept { return outer_; }

  /// Has the library compute a code. Returns false when it can't.
  /// in: a key for a library
  [[nodiscard]] bool ask_library(pieces message,
                                 std::byte* code) const noexcept requires has_library_hmac<Hash> {
    if (is_zero()) return false;  // it could not even shorten the key
    auto block = kept();
    const bool is_done = (by_->*Hash::algorithm::library_hmac)(block, message, code);
    wipe(block);
    return is_done;
  }

  /// True for the same key, used by the same functions.
  [[nodiscard]] constexpr bool operator==(const hmac_key&) const noexcept = default;

 private:
  using key_block = std::array<std::byte, Hash::block_size>;

  static constexpr std::byte inner_pad{0x36};
  static constexpr std::byte outer_pad{0x5c};
  static constexpr std::size_t state_size = std::tuple_size_v<state>;
  static constexpr std::size_t block_words = Hash::block_size / 4;

  [[nodiscard]] constexpr bool is_zero() const noexcept {
    std::uint32_t any = 0;
    for (const auto word : inner_) any |= word;
    return any == 0;
  }

  /// A word of a kept key block, which goes over all three arrays.
  template <class Key>
  [[nodiscard]] static constexpr auto& word_of(Key& key, std::size_t i) noexcept {
    if (i < state_size) return key.inner_[i];
    return i < 2 * state_size ? key.outer_[i - state_size] : key.more_[i - 2 * state_size];
  }

  /// Keeps a key block, with the inner pad, so that it is not all zeros.
  constexpr void keep(const key_block& padded) noexcept {
    for (std::size_t i = 0; i < block_words; ++i) {
      word_of(*this, i) = load_be<std::uint32_t>(padded.data() + 4 * i);
    }
  }

  [[nodiscard]] constexpr key_block kept() const noexcept {
    key_block block{};
    for (std::size_t i = 0; i < block_words; ++i) {
      store_be(block.data() + 4 * i, word_of(*this, i));
    }
    pad(block, inner_pad);
    return block;
  }

  [[nodiscard]] static constexpr state after_block(const key_block& padded) noexcept {
    state chain = Hash::algorithm::initial;
    Hash::algorithm::compress(chain, padded.data(), 1);
    return chain;
  }

  static constexpr void pad(key_block& block, std::byte with) noexcept {
    for (auto& octet : block) octet ^= with;
  }

  constexpr void forget() noexcept {
    wipe(inner_);
    wipe(outer_);
    wipe(more_);
  }

  /// Through volatile, because nobody reads the zeros.
  template <class Words>
  static constexpr void wipe(Words& words) noexcept {
    if (std::is_constant_evaluated()) return;
    for (auto& word : words) const_cast<volatile typename Words::value_type&>(word) = {};
  }

  state inner_{};
  state outer_{};
  std::array<std::uint32_t, block_words - 2 * state_size> more_{};
  const library* by_ = nullptr;
};

/// A message authentication code in the making.
template <class Hash>
class hmac {
 public:
  using digest = typename Hash::digest;

  /// in: a key for floe's own functions that is not empty(), and outlives this.
  constexpr explicit hmac(const hmac_key<Hash>& key) noexcept
      : key_{&key}, inner_{key.inner(), Hash::block_size} {
    Expects(!key.empty() && key.made_for() == nullptr);
  }
  explicit hmac(hmac_key<Hash>&&) = delete;

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
    const auto copied = (std::min)(message.size(), first.size());
    std::copy_n(message.data(), copied, first.begin());
    store_be(first.data(), load_be<std::uint32_t>(first.data()) ^ flip);
    code.update({first.data(), copied});
    message = message.subspan(copied);
  }
  code.update(message);
  return code.finish();
}

/// The code by a host's library, with the front in a piece of its own.
template <class Hash>
[[nodiscard]] bool hmac_by_library(const hmac_key<Hash>& key, byte_view message, std::uint32_t flip,
                                   std::byte* code) noexcept {
  std::array<std::byte, sizeof(flip)> front{};
  const auto flipped = (std::min)(message.size(), front.size());
  std::copy_n(message.data(), flipped, front.begin());
  store_be(front.data(), load_be<std::uint32_t>(front.data()) ^ flip);
  const std::array<byte_view, 2> parts{byte_view{front}.first(flipped), message.subspan(flipped)};
  return key.ask_library(parts, code);
}

}  // namespace detail

/// Writes to `code` the code of a whole message, with its first four bytes taken XORed with the
/// big-endian number `flip`, so that a field of it may be hashed with another value than it has.
/// Returns false only when a host's library can't compute it; `code` then holds nothing of use.
/// in: a key that is not empty(); at least four bytes when there is something to flip
/// cost: the block operations; on a CPU that hashes by itself the bytes are not even copied
template <class Hash>
[[nodiscard]] constexpr bool write_hmac_code(const hmac_key<Hash>& key, byte_view message,
                                             std::uint32_t flip, written when,
                                             std::byte* code) noexcept {
  Expects(!key.empty() && (flip == 0 || message.size() >= sizeof(flip)));
  if constexpr (has_library_hmac<Hash>) {
    if (key.made_for() != nullptr) return detail::hmac_by_library(key, message, flip, code);
  }
  if constexpr (requires { Hash::algorithm::hmac; }) {
    if (!std::is_constant_evaluated() &&
        Hash::algorithm::hmac(key.inner(), key.outer(), message.data(), message.size(), flip, when,
                              code)) {
      return true;
    }
  }
  const auto made = detail::hmac_in_steps(key, message, flip);
  std::copy(made.begin(), made.end(), code);
  return true;
}

/// The same as a value. in: likewise, and a key for floe's own functions
template <class Hash>
[[nodiscard]] constexpr typename Hash::digest hmac_code(const hmac_key<Hash>& key,
                                                        byte_view message, std::uint32_t flip = 0,
                                                        written when = written::earlier) noexcept {
  typename Hash::digest code{};
  const bool is_done = write_hmac_code(key, message, flip, when, code.data());
  Ensures(is_done);
  return code;
}

}  // namespace floe::crypto
