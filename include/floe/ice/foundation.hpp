// Foundations: which candidates are likely to share the fate of their checks.
//
// owns:     the foundation value and the rule that gives a local candidate its own
// does not: know pairs; two foundations are only ever compared
// sources:  RFC 8445 sec. 5.1.1.3 (sameness), 7.3.1.3 (peer-reflexive), RFC 8839 sec. 5.1 (text)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/endpoint.hpp"

namespace floe::ice {

namespace detail {

[[nodiscard]] constexpr std::array<bool, 256> make_ice_chars() noexcept {
  std::array<bool, 256> is{};
  for (std::size_t c = 'A'; c <= 'Z'; ++c) is[c] = is[c + 'a' - 'A'] = true;
  for (std::size_t c = '0'; c <= '9'; ++c) is[c] = true;
  is['+'] = is['/'] = true;
  return is;
}

inline constexpr std::array<bool, 256> ice_chars = make_ice_chars();

}  // namespace detail

/// True for the characters of foundations, ufrags and passwords (RFC 8839 sec. 5.1).
[[nodiscard]] constexpr bool is_ice_char(char c) noexcept {
  return detail::ice_chars[static_cast<unsigned char>(c)];
}

/// An opaque name of 1 to 32 ice-chars.
///
/// A foundation that this agent made up for a peer-reflexive remote candidate differs from every
/// one that the peer signalled, even when the text is the same.
class foundation {
 public:
  static constexpr std::size_t max_size = 32;

  constexpr foundation() noexcept = default;

  /// The foundation with this text; nullopt when it isn't 1 to 32 ice-chars.
  [[nodiscard]] static constexpr std::optional<foundation>
  from_text(std::string_view text) noexcept {
    if (text.empty() || text.size() > max_size) return std::nullopt;
    if (!std::all_of(text.begin(), text.end(), is_ice_char)) return std::nullopt;
    foundation made;
    std::copy(text.begin(), text.end(), made.text_.begin());
    made.size_ = static_cast<std::uint8_t>(text.size());
    return made;
  }

  /// The foundation whose text is `number` in decimal, as this agent names its own candidates.
  [[nodiscard]] static constexpr foundation from_number(std::uint32_t number) noexcept {
    foundation made;
    std::uint32_t unit = 1;
    while (number / unit > 9) unit *= 10;
    for (; unit != 0; unit /= 10) {
      made.text_[made.size_++] = static_cast<char>('0' + number / unit % 10);
    }
    return made;
  }

  /// A foundation for the `number`-th remote candidate that was learned from a check.
  [[nodiscard]] static constexpr foundation learned(std::uint32_t number) noexcept {
    auto made = from_number(number);
    made.learned_ = true;
    return made;
  }

  [[nodiscard]] constexpr std::string_view text() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] constexpr bool operator==(const foundation&) const noexcept = default;

 private:
  std::array<char, max_size> text_{};
  std::uint8_t size_ = 0;
  bool learned_ = false;
};

}  // namespace floe::ice
