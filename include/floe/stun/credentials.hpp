// Short and long-term credentials: keys, the nonce cookie, hashed user names (RFC 8489 sec. 9).
//
// owns:     the derivations
// does not: prepare text: user names, realms and passwords come in as OpaqueString left them (RFC
//           8265 sec. 4.2), which for printable ASCII is as they are; nor decide anything
//           (credential_rules.hpp)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/crypto/library.hpp"
#include "floe/crypto/md5.hpp"
#include "floe/crypto/sha256.hpp"
#include "floe/stun/attributes/credentials.hpp"

namespace floe::stun {

/// What a server says about itself at the front of its nonce, so that nobody can strip it
/// unnoticed.
struct security_features {
  bool password_algorithms = false;
  bool username_anonymity = false;

  [[nodiscard]] constexpr bool operator==(const security_features&) const noexcept = default;
};

namespace detail {

inline constexpr std::string_view nonce_cookie = "obMatJos2";
inline constexpr std::size_t feature_characters = 4;  ///< 24 bits in base64
inline constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

inline constexpr std::uint32_t password_algorithms_bit = 1U << 23U;
inline constexpr std::uint32_t username_anonymity_bit = 1U << 22U;

/// The digest of its arguments with colons between them.
template <class Hash, class... Parts>
[[nodiscard]] typename Hash::digest digest_of(std::string_view first, Parts... rest) noexcept {
  Hash hash;
  hash.update(as_byte_view(first));
  ((hash.update(as_byte_view(":")), hash.update(as_byte_view(rest))), ...);
  return hash.finish();
}

/// The same by a host's library; nullopt when that can't compute it.
template <class Hash, class... Parts>
[[nodiscard]] std::optional<typename Hash::digest>
digest_by(const crypto::library& by, std::string_view first, Parts... rest) noexcept {
  std::array<byte_view, 1 + 2 * sizeof...(Parts)> parts{as_byte_view(first)};
  std::size_t at = 1;
  ((parts[at] = as_byte_view(":"), parts[at + 1] = as_byte_view(rest), at += 2), ...);
  typename Hash::digest digest{};
  const bool is_done = (by.*Hash::algorithm::library_digest)(parts, digest.data());
  return is_done ? std::optional{digest} : std::nullopt;
}

/// A realm for a key: some servers send it in quotes or with zeros behind it (RFC 8489 sec. 9.2.2).
[[nodiscard]] constexpr std::string_view bare_realm(std::string_view text) noexcept {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
    text.remove_prefix(1);
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace detail

/// What the front of the nonce `text` says. A nonce without the cookie, or with something else than
/// four base64 characters behind it, says nothing. source: RFC 8489 sec. 9.2
[[nodiscard]] constexpr security_features features_of(std::string_view text) noexcept {
  using namespace detail;
  if (text.substr(0, nonce_cookie.size()) != nonce_cookie) return {};
  const auto digits = text.substr(nonce_cookie.size(), feature_characters);
  if (digits.size() != feature_characters) return {};
  std::uint32_t bits = 0;
  for (const char c : digits) {
    const auto digit = base64_digits.find(c);
    if (digit == std::string_view::npos) return {};
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
  }
  return {(bits & password_algorithms_bit) != 0, (bits & username_anonymity_bit) != 0};
}

/// How the nonce of a server with these features begins; the server appends its own part.
[[nodiscard]] constexpr std::array<char, 13> nonce_front(security_features features) noexcept {
  using namespace detail;
  std::uint32_t bits = 0;
  if (features.password_algorithms) bits |= password_algorithms_bit;
  if (features.username_anonymity) bits |= username_anonymity_bit;
  std::array<char, 13> front{};
  auto to = std::copy(nonce_cookie.begin(), nonce_cookie.end(), front.begin());
  for (unsigned shift = 24; shift > 0;) {
    shift -= 6;
    *to++ = base64_digits[(bits >> shift) & 63U];
  }
  return front;
}

/// The key of a long-term credential for servers of before RFC 8489; `domain` is the realm. source:
/// sec. 9.2.2
[[nodiscard]] inline crypto::md5::digest long_term_md5_key(std::string_view user,
                                                           std::string_view domain,
                                                           std::string_view password) noexcept {
  return detail::digest_of<crypto::md5>(user, detail::bare_realm(domain), password);
}

/// The key of a long-term credential. The plain user name goes in even when a message carries
/// USERHASH. source: RFC 8489 sec. 9.2.2
[[nodiscard]] inline crypto::sha256::digest
long_term_sha256_key(std::string_view user, std::string_view domain,
                     std::string_view password) noexcept {
  return detail::digest_of<crypto::sha256>(user, detail::bare_realm(domain), password);
}

/// What stands for a user name that is not to be seen. source: RFC 8489 sec. 14.4
[[nodiscard]] inline userhash userhash_of(std::string_view user, std::string_view domain) noexcept {
  return {detail::digest_of<crypto::sha256>(user, domain)};
}

/// The same three by a host's library; nullopt when that can't compute them, as one without MD5.
[[nodiscard]] inline std::optional<crypto::md5::digest>
long_term_md5_key(std::string_view user, std::string_view domain, std::string_view password,
                  const crypto::library& by) noexcept {
  return detail::digest_by<crypto::md5>(by, user, detail::bare_realm(domain), password);
}
[[nodiscard]] inline std::optional<crypto::sha256::digest>
long_term_sha256_key(std::string_view user, std::string_view domain, std::string_view password,
                     const crypto::library& by) noexcept {
  return detail::digest_by<crypto::sha256>(by, user, detail::bare_realm(domain), password);
}
[[nodiscard]] inline std::optional<userhash>
userhash_of(std::string_view user, std::string_view domain, const crypto::library& by) noexcept {
  const auto digest = detail::digest_by<crypto::sha256>(by, user, domain);
  return digest ? std::optional{userhash{*digest}} : std::nullopt;
}

}  // namespace floe::stun
