// The ice-pacing attribute as text: how fast an agent wants checks to follow each other.
//
// owns:     the grammar of the attribute's value, read and written
// does not: judge a pace, nor agree on one: ice::agreed_pace() does
// sources:  RFC 8839 sec. 5.5
// invariant: what is written reads back as the same, in whole milliseconds.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <string_view>

#include "floe/core/result.hpp"
#include "floe/core/text.hpp"
#include "floe/core/time.hpp"
#include "floe/sdp/text.hpp"

namespace floe::sdp {

/// What a pacing attribute starts with.
inline constexpr std::string_view pacing_prefix = "ice-pacing:";

/// The longest pace that can be told: ten digits of milliseconds.
inline constexpr auto max_told_pace = std::chrono::milliseconds{9'999'999'999};

using pacing_text = fixed_text<pacing_prefix.size() + 10>;

/// The pace that a line stands for, as ice::peer_traits::pacing takes it. `a=` and `ice-pacing:` in
/// front, and spaces and a line end around it, are allowed.
///
/// errors: malformed_text for anything but 1 to 10 digits
/// source: RFC 8839 sec. 5.5
[[nodiscard]] constexpr result<std::chrono::milliseconds>
parse_pacing(std::string_view line) noexcept {
  const auto digits = trim_line(line, pacing_prefix);
  const bool whole = !digits.empty() && digits.size() <= 10 &&
                     std::all_of(digits.begin(), digits.end(), [](char c) { return is_digit(c); });
  if (!whole) return unexpected{errc::malformed_text};
  std::int64_t count = 0;
  for (const char c : digits) count = count * 10 + (c - '0');
  return std::chrono::milliseconds{count};
}

/// `ice-pacing:MILLISECONDS`, of a pace that is told no faster than it is: parts of a millisecond
/// count as a whole one.
///
/// in: from 0; what is above max_told_pace is told as that
/// source: RFC 8839 sec. 5.5
[[nodiscard]] constexpr pacing_text write_pacing(duration pace) noexcept {
  auto left = (std::min)(std::chrono::ceil<std::chrono::milliseconds>(pace), max_told_pace).count();
  std::array<char, 10> digits{};
  auto first = digits.size();
  do {
    digits[--first] = static_cast<char>('0' + left % 10);
    left /= 10;
  } while (left != 0);
  auto text = pacing_text::from(pacing_prefix).value_or(pacing_text{});
  (void)text.append({digits.data() + first, digits.size() - first});
  return text;
}

}  // namespace floe::sdp
