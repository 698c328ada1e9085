// Passwords and realms before they become keys: the OpaqueString profile (RFC 8265 sec. 4.2), as
// far as it goes without Unicode's tables.
//
// owns:     the verdict on a text, and the way to a full implementation
// does not: normalise: text beyond ASCII goes to the host's function, which has the tables
// invariant: a text that is ready is already what the profile makes of it.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "floe/core/error.hpp"
#include "floe/core/result.hpp"

namespace floe::stun {

/// What becomes of a text under the profile.
enum class opaque_verdict : std::uint8_t {
  ready,          ///< printable ASCII: stays as it is, case and spaces included
  forbidden,      ///< empty, or with a control character, or no UTF-8
  needs_unicode,  ///< beyond ASCII: spaces to map, and normalisation form C
};

namespace detail {

/// The bytes of the UTF-8 character that `lead` begins; 0 when none can.
[[nodiscard]] constexpr unsigned utf8_size(unsigned char lead) noexcept {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/// The range of the second byte keeps out overlong forms, surrogates and what lies behind U+10FFFF.
[[nodiscard]] constexpr bool is_second_byte(unsigned char lead, unsigned char c) noexcept {
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  return c >= least && c <= most;
}

}  // namespace detail

/// source: RFC 8265 sec. 4.2.2, RFC 8264 sec. 9
[[nodiscard]] constexpr opaque_verdict check_opaque(std::string_view text) noexcept {
  if (text.empty()) return opaque_verdict::forbidden;
  auto verdict = opaque_verdict::ready;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const auto size = detail::utf8_size(lead);
    if (size == 0 || size > text.size() - i || lead < 0x20 || lead == 0x7f) {
      return opaque_verdict::forbidden;
    }
    for (std::size_t k = 1; k < size; ++k) {
      const auto c = static_cast<unsigned char>(text[i + k]);
      if (k == 1 ? !detail::is_second_byte(lead, c) : (c & 0xc0U) != 0x80U) {
        return opaque_verdict::forbidden;
      }
    }
    const bool is_c1_control = lead == 0xc2 && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if (is_c1_control) return opaque_verdict::forbidden;
    if (size > 1) verdict = opaque_verdict::needs_unicode;
    i += size;
  }
  return verdict;
}

/// The prepared form of `text`. Beyond ASCII, `prepare(std::string_view) ->
/// result<std::string_view>` is asked, which a host fills in with a library that has the tables;
/// what it returns must live long enough for its user. errors: malformed_text for a text that the
/// profile forbids, and what `prepare` says
template <class Prepare>
[[nodiscard]] constexpr result<std::string_view> prepare_opaque(std::string_view text,
                                                                Prepare&& prepare) {
  switch (check_opaque(text)) {
    case opaque_verdict::ready: return text;
    case opaque_verdict::forbidden: break;
    case opaque_verdict::needs_unicode: return prepare(text);
  }
  return unexpected{errc::malformed_text};
}

/// The same without such a function: text beyond ASCII is unsupported.
[[nodiscard]] constexpr result<std::string_view> prepare_opaque(std::string_view text) noexcept {
  return prepare_opaque(text, [](std::string_view) -> result<std::string_view> {
    return unexpected{errc::unsupported};
  });
}

}  // namespace floe::stun
