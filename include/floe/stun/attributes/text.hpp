// Attributes that hold text (RFC 8489 sec. 14.3, 14.9, 14.10, 14.14, 14.16).
//
// owns:     their one codec and their limits
// does not: prepare text (OpaqueString), compare it, or check that what came in is UTF-8: floe
//           compares bytes, and 0 is a byte like others
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// How long a text may be.
struct text_limits {
  std::size_t bytes_sent;
  std::size_t characters_sent;
  std::size_t bytes_accepted;
};

/// USERNAME has fewer than 509 bytes (RFC 8489 sec. 14.3).
inline constexpr text_limits username_limits{508, 508, 508};

/// REALM, NONCE, SOFTWARE and reason phrases have fewer than 128 characters, which older texts
/// count as up to 763 bytes (RFC 8489 sec. 14.8 to 14.10, 14.14).
inline constexpr text_limits phrase_limits{509, 127, 763};

/// A domain name has up to 255 bytes (RFC 8489 sec. 14.16).
inline constexpr text_limits domain_limits{255, 255, 255};

/// The characters of UTF-8 `text`: the bytes that continue none.
[[nodiscard]] constexpr std::size_t count_characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xc0U) != 0x80U ? 1U : 0U;
  return count;
}

/// True for a text that may be sent.
[[nodiscard]] constexpr bool fits(std::string_view text, const text_limits& limits) noexcept {
  return text.size() <= limits.bytes_sent && count_characters(text) <= limits.characters_sent;
}

namespace detail {

/// Up to four characters as the word that they make up, with zeros behind them.
[[nodiscard]] constexpr std::uint32_t word_of(std::string_view text) noexcept {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    word |= std::uint32_t{static_cast<unsigned char>(text[i])} << (24U - 8U * i);
  }
  return word;
}

}  // namespace detail

/// An attribute that is nothing but text. What came in is viewed in place.
template <attribute_type Type, text_limits Limits>
struct text_attribute {
  static constexpr attribute_type type = Type;
  static constexpr text_limits limits = Limits;

  std::string_view value;

  [[nodiscard]] static std::optional<text_attribute> decode(byte_view bytes,
                                                            const transaction_id&) noexcept {
    if (bytes.size() > limits.bytes_accepted) return std::nullopt;
    return text_attribute{as_text(bytes)};
  }
  [[nodiscard]] constexpr bool is_encodable() const noexcept { return fits(value, limits); }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return value.size(); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    std::transform(value.begin(), value.end(), out.data(),
                   [](char c) { return static_cast<std::byte>(c); });
  }

  /// Fills `out`, the padding included, in words (crypto/written.hpp).
  constexpr void encode_padded(byte_span out) const noexcept {
    const std::size_t whole = value.size() / 4 * 4;
    for (std::size_t at = 0; at < whole; at += 4) {
      store_be(out.data() + at, detail::word_of({value.data() + at, 4}));
    }
    if (whole == value.size()) return;
    store_be(out.data() + whole, detail::word_of({value.data() + whole, value.size() - whole}));
  }

  [[nodiscard]] constexpr bool operator==(const text_attribute&) const noexcept = default;
};

using username = text_attribute<attribute_type::username, username_limits>;
using realm = text_attribute<attribute_type::realm, phrase_limits>;
using nonce = text_attribute<attribute_type::nonce, phrase_limits>;
using software = text_attribute<attribute_type::software, phrase_limits>;
using alternate_domain = text_attribute<attribute_type::alternate_domain, domain_limits>;

}  // namespace floe::stun
