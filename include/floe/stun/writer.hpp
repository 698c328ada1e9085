// Writes one STUN message into the caller's buffer, front to back.
//
// owns:     the header, padding, the order of integrity and fingerprint, running out of room
// does not: allocate, or know any attribute; each brings its own size() and encode()
// invariant: padding is zero, and no byte behind the message is touched.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>

#include "floe/core/bytes.hpp"
#include "floe/core/error.hpp"
#include "floe/core/result.hpp"
#include "floe/crypto/written.hpp"
#include "floe/stun/attribute_walk.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// A type that the writer can write.
template <class A>
concept attribute = requires(const A& a, byte_span out, const transaction_id& id) {
  { A::type } -> std::convertible_to<attribute_type>;
  { a.size() } -> std::convertible_to<std::size_t>;
  a.encode(out, id);
};

/// Writes a message. Room that is missing is remembered and comes back from finish(), so that the
/// calls can be chained without a look at each.
///
///     const auto size = writer{buffer, {method::binding, message_class::success}, id}
///                           .add(xor_mapped_address{source})
///                           .add_integrity(key)
///                           .add_fingerprint()
///                           .finish();
class writer {
 public:
  constexpr writer(byte_span buffer, message_type type, const transaction_id& id) noexcept
      : to_{buffer.data()}, room_{(std::min)(buffer.size(), largest_message)},
        type_word_{static_cast<std::uint32_t>(type.encode()) << 16U}, id_{id} {
    if (message_type::decode(type.encode()) != type) fail(errc::unsupported);
    if (!reserve(header_size)) return;
    store_front();
    store_be(to_ + 4, magic_cookie);
    std::copy(id.bytes.begin(), id.bytes.end(), to_ + 8);
  }

  /// Appends an attribute.
  /// in: neither integrity nor fingerprint was added yet
  template <attribute A>
  constexpr writer& add(const A& a) noexcept {
    Expects(stage_ == stage::attributes);
    if constexpr (requires { a.is_encodable(); }) {
      if (!a.is_encodable()) fail(errc::malformed_text);
    }
    const auto size = a.size();
    auto* const value = append(A::type, size);
    if (value == nullptr) return *this;
    if constexpr (requires { a.encode_padded(byte_span{}); }) {
      a.encode_padded({value, padded(size)});
    } else {
      a.encode({value, size}, id_);
      std::fill(value + size, value + padded(size), std::byte{0});
    }
    return *this;
  }

  /// Appends MESSAGE-INTEGRITY over everything so far.
  /// in: a key that is not empty; neither integrity nor fingerprint was added yet
  constexpr writer& add_integrity(const integrity_key& key) noexcept {
    Expects(stage_ == stage::attributes && !key.empty());
    stage_ = stage::integrity;
    const auto front = size_;
    constexpr auto size = crypto::sha1::digest_size;
    if (auto* const value = append(attribute_type::message_integrity, size)) {
      const auto when = crypto::written::just_now;
      if (!detail::write_integrity_over({to_, front}, size, key, when, value)) {
        fail(errc::unsupported);
      }
    }
    return *this;
  }

  /// Appends MESSAGE-INTEGRITY-SHA256 over everything so far, cut to `size` bytes where the usage
  /// allows it.
  /// in: a key that is not empty; a size from 16 to 32, a multiple of 4; no
  /// MESSAGE-INTEGRITY-SHA256
  ///     and no fingerprint yet
  constexpr writer& add_integrity(const integrity_sha256_key& key,
                                  std::size_t size = whole_sha256_size) noexcept {
    Expects(stage_ <= stage::integrity && !key.empty());
    Expects(size >= least_sha256_size && size <= whole_sha256_size && size % 4 == 0);
    stage_ = stage::integrity_sha256;
    const auto front = size_;
    if (auto* const value = append(attribute_type::message_integrity_sha256, size)) {
      crypto::sha256::digest code{};
      const auto when = crypto::written::just_now;
      if (!detail::write_integrity_over({to_, front}, size, key, when, code.data())) {
        fail(errc::unsupported);
      }
      std::copy_n(code.begin(), size, value);
    }
    return *this;
  }

  /// Appends FINGERPRINT over everything so far. After it only finish() may come.
  constexpr writer& add_fingerprint() noexcept {
    Expects(stage_ != stage::fingerprint);
    stage_ = stage::fingerprint;
    const auto front = size_;
    if (auto* const value = append(attribute_type::fingerprint, 4)) {
      store_front();
      store_be(value, fingerprint_over({to_, front}, crypto::written::just_now));
    }
    return *this;
  }

  /// The size of the message.
  /// errors: buffer_too_small; malformed_text when an attribute has a value that may not be sent,
  ///         such as a USERNAME of more than 508 bytes; unsupported for a method above 0xfff, which
  ///         the header has no bits for, and when a key's library can't compute the integrity. The
  ///         buffer then holds nothing of use.
  [[nodiscard]] constexpr result<std::size_t> finish() noexcept {
    if (failure_ != errc{}) return unexpected{failure_};
    store_front();
    return size_;
  }

 private:
  enum class stage : std::uint8_t { attributes, integrity, integrity_sha256, fingerprint };

  /// What the 16-bit length field can say, in whole words.
  static constexpr std::size_t largest_message = header_size + 0xfffc;

  constexpr void fail(errc why) noexcept {
    if (failure_ == errc{}) failure_ = why;
  }

  constexpr bool reserve(std::size_t size) noexcept {
    if (failure_ == errc{} && size <= room_ - size_) {
      size_ += size;
      return true;
    }
    fail(errc::buffer_too_small);
    return false;
  }

  /// Where the value of a new attribute belongs, its header written; nullptr when there is no room
  /// for all of it.
  constexpr std::byte* append(attribute_type type, std::size_t size) noexcept {
    const auto at = size_;
    if (size > room_ || !reserve(attribute_header_size + padded(size))) {
      fail(errc::buffer_too_small);
      return nullptr;
    }
    auto* const head = to_ + at;
    store_be(head, static_cast<std::uint32_t>(type) << 16U | static_cast<std::uint32_t>(size));
    return head + attribute_header_size;
  }

  constexpr void store_front() noexcept {
    store_be(to_, type_word_ | static_cast<std::uint32_t>(size_ - header_size));
  }

  std::byte* to_;
  std::size_t room_;
  std::uint32_t type_word_;  ///< the first word of the header, with a length of 0
  transaction_id id_;
  std::size_t size_ = 0;
  errc failure_{};
  stage stage_ = stage::attributes;
};

}  // namespace floe::stun
