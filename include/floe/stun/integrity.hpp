// MESSAGE-INTEGRITY: proof that a message comes from someone who knows the key (RFC 8489
// sec. 14.5).
//
// owns:     keys for it, the code over a message's front, and authenticated, the type that proves
// it does not: choose the key, or decide what to answer when the proof fails invariant: only
// authenticate() makes an authenticated.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/result.hpp"
#include "floe/crypto/hmac.hpp"
#include "floe/crypto/library.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"
#include "floe/crypto/written.hpp"
#include "floe/stun/attribute_walk.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// A key for MESSAGE-INTEGRITY, ready for use.
using integrity_key = crypto::hmac_key<crypto::sha1>;

/// A key for MESSAGE-INTEGRITY-SHA256, ready for use.
using integrity_sha256_key = crypto::hmac_key<crypto::sha256>;

/// The sizes that MESSAGE-INTEGRITY-SHA256 may be cut to, in steps of 4 bytes. It is sent whole,
/// and accepted whole only, unless the usage says otherwise (RFC 8489 sec. 14.6).
inline constexpr std::size_t least_sha256_size = 16;
inline constexpr std::size_t whole_sha256_size = crypto::sha256::digest_size;

/// The key of a short-term credential: the password as it is, which must be prepared already
/// (OpaqueString; ICE passwords are). by: the host's library, or null for floe's own functions
/// source: RFC 8489 sec. 9.1.1
[[nodiscard]] inline integrity_key short_term_key(std::string_view password,
                                                  const crypto::library* by = nullptr) noexcept {
  return integrity_key{as_byte_view(password), by};
}
[[nodiscard]] inline integrity_sha256_key
short_term_sha256_key(std::string_view password, const crypto::library* by = nullptr) noexcept {
  return integrity_sha256_key{as_byte_view(password), by};
}

namespace detail {

/// Writes to `code` the code over `front`, the message up to an integrity attribute, as if the
/// message ended with that attribute of `value_size` bytes: the length field says so whatever it
/// holds now. Returns false when a host's library can't compute it. in: at least a header
template <class Hash>
[[nodiscard]] constexpr bool write_integrity_over(byte_view front, std::size_t value_size,
                                                  const crypto::hmac_key<Hash>& key,
                                                  crypto::written when, std::byte* code) noexcept {
  const auto claimed = load_be<std::uint16_t>(front.data() + 2);
  const auto length = front.size() - header_size + attribute_header_size + value_size;
  // Type and length make up the first word, so the difference of lengths is that of the words.
  const auto flip = claimed ^ static_cast<std::uint32_t>(length);
  return crypto::write_hmac_code(key, front, flip, when, code);
}

/// True when `claimed` is the code, or its front.
template <class Hash>
[[nodiscard]] constexpr bool is_right(const message_view& message, const raw_attribute& claimed,
                                      const crypto::hmac_key<Hash>& key) noexcept {
  const auto front = message.bytes().first(claimed.offset);
  const auto size = claimed.value.size();
  typename Hash::digest code{};
  return write_integrity_over(front, size, key, crypto::written::earlier, code.data()) &&
         crypto::equal_constant_time(byte_view{code}.first(size), claimed.value);
}

}  // namespace detail

/// A message whose MESSAGE-INTEGRITY is right under the key it was tried with. All its attributes
/// that count are the sender's.
class authenticated {
 public:
  [[nodiscard]] constexpr const message_view& message() const noexcept { return message_; }
  [[nodiscard]] constexpr const message_view& operator*() const noexcept { return message_; }
  [[nodiscard]] constexpr const message_view* operator->() const noexcept { return &message_; }

 private:
  friend constexpr result<authenticated, reject> authenticate(const message_view& message,
                                                              const integrity_key& key) noexcept;
  friend constexpr result<authenticated, reject> authenticate(const message_view& message,
                                                              const integrity_sha256_key& key,
                                                              std::size_t least_size) noexcept;

  constexpr explicit authenticated(const message_view& message) noexcept : message_{message} {}

  message_view message_;
};

/// Tries `key` on MESSAGE-INTEGRITY. An empty key fits nothing, nor one that its library can't use.
/// errors: no_integrity, bad_integrity
/// cost: the block operations of the message up to the attribute, and one more
/// source: RFC 8489 sec. 14.5
[[nodiscard]] constexpr result<authenticated, reject>
authenticate(const message_view& message, const integrity_key& key) noexcept {
  const auto claimed = message.find(attribute_type::message_integrity);
  if (!claimed) return unexpected{reject::no_integrity};
  if (key.empty() || !detail::is_right(message, *claimed, key)) {
    return unexpected{reject::bad_integrity};
  }
  return authenticated{message};
}

/// The same with MESSAGE-INTEGRITY-SHA256. A value of fewer than `least_size` bytes proves nothing.
/// source: RFC 8489 sec. 14.6
[[nodiscard]] constexpr result<authenticated, reject>
authenticate(const message_view& message, const integrity_sha256_key& key,
             std::size_t least_size = whole_sha256_size) noexcept {
  const auto claimed = message.find(attribute_type::message_integrity_sha256);
  if (!claimed) return unexpected{reject::no_integrity};
  if (key.empty() || claimed->value.size() < least_size ||
      !detail::is_right(message, *claimed, key)) {
    return unexpected{reject::bad_integrity};
  }
  return authenticated{message};
}

}  // namespace floe::stun
