// What an error response says (RFC 8489 sec. 14.8, 14.13).
//
// owns:     ERROR-CODE, UNKNOWN-ATTRIBUTES
// does not: decide what to do about an error
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/stun/attribute_list.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// ERROR-CODE: a number from 300 to 699, and a phrase for people that nothing depends on.
struct error_code_attribute {
  static constexpr attribute_type type = attribute_type::error_code;
  static constexpr std::size_t prefix = 4;  ///< reserved bits, hundreds, rest

  stun::error_code code = stun::error_code::server_error;
  std::string_view reason = reason_phrase(code);

  [[nodiscard]] static std::optional<error_code_attribute> decode(byte_view bytes,
                                                                  const transaction_id&) noexcept {
    if (bytes.size() < prefix || bytes.size() - prefix > phrase_limits.bytes_accepted) {
      return std::nullopt;
    }
    // The 21 bits in front are reserved, and ignored.
    const auto hundreds = std::to_integer<unsigned>(bytes.data()[2]) & 0x7U;
    const auto rest = std::to_integer<unsigned>(bytes.data()[3]);
    if (hundreds < 3 || hundreds > 6 || rest > 99) return std::nullopt;
    return error_code_attribute{static_cast<stun::error_code>(hundreds * 100 + rest),
                                as_text(bytes.subspan(prefix))};
  }
  [[nodiscard]] constexpr bool is_encodable() const noexcept {
    const auto number = static_cast<unsigned>(code);
    return number >= 300 && number <= 699 && fits(reason, phrase_limits);
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return prefix + reason.size(); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    const auto number = static_cast<unsigned>(code);
    store_be(out.data(), (number / 100U) << 8U | number % 100U);
    std::transform(reason.begin(), reason.end(), out.data() + prefix,
                   [](char c) { return static_cast<std::byte>(c); });
  }

  [[nodiscard]] constexpr bool operator==(const error_code_attribute&) const noexcept = default;
};

/// UNKNOWN-ATTRIBUTES: the attributes that a 420 is about. Of a longer list the front is kept: floe
/// never sends as many different attributes as the list holds.
struct unknown_attributes {
  static constexpr attribute_type type = attribute_type::unknown_attributes;

  attribute_list types;

  [[nodiscard]] static constexpr std::optional<unknown_attributes>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() % 2 != 0) return std::nullopt;
    unknown_attributes out;
    for (std::size_t at = 0; at < bytes.size() && !out.types.full(); at += 2) {
      out.types.insert(static_cast<attribute_type>(load_be<std::uint16_t>(bytes.data() + at)));
    }
    return out;
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 2 * types.size(); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    auto* to = out.data();
    for (const auto unknown : types) {
      store_be(to, static_cast<std::uint16_t>(unknown));
      to += 2;
    }
  }

  [[nodiscard]] constexpr bool operator==(const unknown_attributes&) const noexcept = default;
};

}  // namespace floe::stun
