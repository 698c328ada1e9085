// What the texts of this room are made of: characters, numbers, fields, and a writer that can't
// overrun.
//
// owns:     the character classes, decimal numbers, what stands around a line, space-separated
//           fields, bounded output
// does not: know any attribute
// sources:  RFC 5234 (VCHAR), RFC 8866 sec. 9 (token)
// invariant: reading costs one pass over the text and writing never leaves the buffer.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>

#include "floe/core/result.hpp"

namespace floe::sdp {

[[nodiscard]] constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

[[nodiscard]] constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// True for printable ASCII without the space (RFC 5234: VCHAR).
[[nodiscard]] constexpr bool is_visible(char c) noexcept { return c > ' ' && c <= '~'; }

/// True for a text of one or more visible characters.
[[nodiscard]] constexpr bool is_visible(std::string_view text) noexcept {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_visible(c); });
}

/// True for a token: a name in SDP (RFC 8866 sec. 9).
[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
  constexpr std::string_view separators = "\"(),/:;<=>?@[\\]";
  return is_visible(text) && text.find_first_of(separators) == std::string_view::npos;
}

/// Compares ASCII texts without regard to case, as the literals of an ABNF grammar are.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

/// The number that 1 to `max_digits` (at most 10) decimal digits stand for; nullopt for anything
/// else, signs and spaces included, or when it lies outside `min` to `max`.
[[nodiscard]] constexpr std::optional<std::uint32_t> parse_decimal(std::string_view text,
                                                                   std::size_t max_digits,
                                                                   std::uint32_t min,
                                                                   std::uint32_t max) noexcept {
  if (text.empty() || text.size() > max_digits) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (number < min || number > max) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

/// The value of a hexadecimal digit in either case; nullopt for anything else.
[[nodiscard]] constexpr std::optional<std::uint32_t> parse_hex_digit(char c) noexcept {
  if (is_digit(c)) return static_cast<std::uint32_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint32_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<std::uint32_t>(c - 'A' + 10);
  return std::nullopt;
}

/// The number that 1 to `max_digits` (at most 8) hexadecimal digits stand for; nullopt for anything
/// else.
[[nodiscard]] constexpr std::optional<std::uint32_t> parse_hex(std::string_view text,
                                                               std::size_t max_digits) noexcept {
  if (text.empty() || text.size() > max_digits) return std::nullopt;
  std::uint32_t number = 0;
  for (const char c : text) {
    const auto digit = parse_hex_digit(c);
    if (!digit) return std::nullopt;
    number = number * 16 + *digit;
  }
  return number;
}

/// Takes off what transports of attribute lines put around the value: spaces and a line end, `a=`,
/// and the attribute's name with its colon.
[[nodiscard]] constexpr std::string_view trim_line(std::string_view line,
                                                   std::string_view prefix) noexcept {
  constexpr std::string_view behind = " \r\n";
  while (line.starts_with(' ')) line.remove_prefix(1);
  line = line.substr(0, line.find_last_not_of(behind) + 1);
  if (line.starts_with("a=")) line.remove_prefix(2);
  if (line.starts_with(prefix)) line.remove_prefix(prefix.size());
  return line;
}

/// Takes fields, parted by single spaces, off the front of a text. Two spaces in a row have an
/// empty field between them.
class field_reader {
 public:
  constexpr explicit field_reader(std::string_view text) noexcept : rest_{text} {}

  /// What was not taken yet.
  [[nodiscard]] constexpr std::string_view rest() const noexcept { return rest_; }

  /// The next field; nullopt at the end.
  [[nodiscard]] constexpr std::optional<std::string_view> next() noexcept {
    if (done_) return std::nullopt;
    const auto end = rest_.find(' ');
    const auto field = rest_.substr(0, end);
    done_ = end == std::string_view::npos;
    rest_.remove_prefix(done_ ? rest_.size() : end + 1);
    return field;
  }

  /// The next field; at the end an empty one, which no rule of a grammar accepts.
  [[nodiscard]] constexpr std::string_view next_or_empty() noexcept {
    return next().value_or(std::string_view{});
  }

 private:
  std::string_view rest_;
  bool done_ = false;
};

/// Writes text into the caller's buffer, and remembers when it did not fit.
class text_writer {
 public:
  constexpr explicit text_writer(gsl::span<char> buffer) noexcept : buffer_{buffer} {}

  constexpr text_writer& text(std::string_view part) noexcept {
    if (part.size() > buffer_.size() - size_) {
      overrun_ = true;
    } else {
      std::copy(part.begin(), part.end(), buffer_.data() + size_);
      size_ += part.size();
    }
    return *this;
  }

  /// Digits without leading zeros, in lower case.
  constexpr text_writer& number(std::uint32_t value, std::uint32_t base = 10) noexcept {
    std::array<char, 32> digits{};
    auto first = digits.size();
    do {
      digits[--first] = "0123456789abcdef"[value % base];
      value /= base;
    } while (value != 0);
    return text({digits.data() + first, digits.size() - first});
  }

  /// Characters written. errors: buffer_too_small when a part did not fit; what is in the buffer
  /// then is of no use.
  [[nodiscard]] constexpr result<std::size_t> finish() const noexcept {
    if (overrun_) return unexpected{errc::buffer_too_small};
    return size_;
  }

 private:
  gsl::span<char> buffer_;
  std::size_t size_ = 0;
  bool overrun_ = false;
};

}  // namespace floe::sdp
