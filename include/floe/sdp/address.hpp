// IPv4 and IPv6 addresses as text.
//
// owns:     reading every form of RFC 4291 sec. 2.2 and dotted IPv4, writing the one form of
//           RFC 5952
// does not: resolve names, accept what inet_aton() would (octal, hex, fewer parts), or keep zones
// invariant: what was written is read back as the same address.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>

#include "floe/core/endpoint.hpp"
#include "floe/core/result.hpp"
#include "floe/core/text.hpp"
#include "floe/sdp/text.hpp"

namespace floe::sdp {

/// The longest text write_address() makes: eight groups of four digits.
inline constexpr std::size_t max_address_text = 39;

/// The text of one address.
using address_text = fixed_text<max_address_text>;

namespace detail {

using ipv6_groups = std::array<std::uint16_t, 8>;

[[nodiscard]] constexpr std::optional<address> parse_ipv4(std::string_view text) noexcept {
  address parsed;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto end = i < 3 ? text.find('.') : text.size();
    if (end == std::string_view::npos) return std::nullopt;
    const auto part = text.substr(0, end);
    // A leading zero would be octal to some readers (RFC 6943 sec. 3.1.1).
    if (part.size() > 1 && part.front() == '0') return std::nullopt;
    const auto octet = parse_decimal(part, 3, 0, 255);
    if (!octet) return std::nullopt;
    parsed.octets[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(i < 3 ? end + 1 : end);
  }
  return parsed;
}

[[nodiscard]] constexpr std::optional<std::uint16_t> parse_group(std::string_view text) noexcept {
  const auto group = parse_hex(text, 4);
  return group ? std::optional{static_cast<std::uint16_t>(*group)} : std::nullopt;
}

[[nodiscard]] constexpr address from_groups(const ipv6_groups& groups) noexcept {
  address made{{}, family::ipv6};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    made.octets[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8U);
    made.octets[2 * i + 1] = static_cast<std::uint8_t>(groups[i] & 0xffU);
  }
  return made;
}

[[nodiscard]] constexpr ipv6_groups to_groups(const address& a) noexcept {
  ipv6_groups groups{};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    groups[i] = static_cast<std::uint16_t>((a.octets[2 * i] << 8U) | a.octets[2 * i + 1]);
  }
  return groups;
}

/// The groups of an address while it is read, and where its "::" stood.
struct ipv6_reading {
  ipv6_groups groups{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;

  constexpr bool add(std::optional<std::uint16_t> group) noexcept {
    if (!group || count == groups.size()) return false;
    groups[count++] = *group;
    return true;
  }
  constexpr bool add_ipv4(std::string_view text) noexcept {
    const auto tail = parse_ipv4(text);
    if (!tail) return false;
    const auto& o = tail->octets;
    return add(static_cast<std::uint16_t>((o[0] << 8U) | o[1])) &&
           add(static_cast<std::uint16_t>((o[2] << 8U) | o[3]));
  }
  constexpr bool mark_gap() noexcept {
    if (gap) return false;
    gap = count;
    return true;
  }

  /// "::" stands for at least one group, so eight groups and a gap are one too many.
  [[nodiscard]] constexpr std::optional<address> finish() const noexcept {
    if (!gap) return count == groups.size() ? std::optional{from_groups(groups)} : std::nullopt;
    if (count == groups.size()) return std::nullopt;
    auto spread = ipv6_groups{};
    const auto head = groups.begin() + static_cast<std::ptrdiff_t>(*gap);
    const auto end = groups.begin() + static_cast<std::ptrdiff_t>(count);
    std::copy(groups.begin(), head, spread.begin());
    std::copy_backward(head, end, spread.end());
    return from_groups(spread);
  }
};

[[nodiscard]] constexpr std::optional<address> parse_ipv6(std::string_view text) noexcept {
  ipv6_reading reading;
  if (text.starts_with("::")) {
    reading.gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const auto end = text.find(':');
    const auto part = text.substr(0, end);
    if (end == std::string_view::npos) {
      const bool dotted = part.find('.') != std::string_view::npos;
      if (!(dotted ? reading.add_ipv4(part) : reading.add(parse_group(part)))) return std::nullopt;
      break;
    }
    if (!reading.add(parse_group(part))) return std::nullopt;
    text.remove_prefix(end + 1);
    if (text.empty()) return std::nullopt;
    if (text.front() != ':') continue;
    if (!reading.mark_gap()) return std::nullopt;
    text.remove_prefix(1);
  }
  return reading.finish();
}

/// A run of zero groups.
struct zero_run {
  std::size_t first = 0;
  std::size_t size = 0;
};

/// The longest run of two or more zero groups, the first of equals (RFC 5952 sec. 4.2.2, 4.2.3).
[[nodiscard]] constexpr zero_run longest_zero_run(const ipv6_groups& groups) noexcept {
  zero_run best{0, 1};
  zero_run current;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    current = groups[i] != 0 ? zero_run{i + 1, 0} : zero_run{current.first, current.size + 1};
    if (current.size > best.size) best = current;
  }
  return best.size > 1 ? best : zero_run{groups.size(), 0};
}

constexpr void write_ipv4(text_writer& out, const std::uint8_t* octets) noexcept {
  out.number(octets[0]).text(".").number(octets[1]).text(".");
  out.number(octets[2]).text(".").number(octets[3]);
}

constexpr void write_ipv6(text_writer& out, const address& a) noexcept {
  if (is_v4_mapped(a)) {
    out.text("::ffff:");  // RFC 5952 sec. 5: a prefix known to carry IPv4 is written mixed
    return write_ipv4(out, a.octets.data() + 12);
  }
  const auto groups = to_groups(a);
  const auto zeros = longest_zero_run(groups);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i == zeros.first) {
      out.text("::");
      i += zeros.size - 1;
      continue;
    }
    if (i != 0 && i != zeros.first + zeros.size) out.text(":");
    out.number(groups[i], 16);
  }
}

constexpr void write_address(text_writer& out, const address& a) noexcept {
  if (a.family == family::ipv4) {
    write_ipv4(out, a.octets.data());
  } else {
    write_ipv6(out, a);
  }
}

}  // namespace detail

/// The address that `text` stands for.
///
/// errors: unsupported for an IPv6 address with a zone (RFC 4007 sec. 11), which means nothing to a
///         peer; malformed_text for anything else that is no address, surrounding space included
/// cost:   one pass, at most 64 characters
/// source: RFC 4291 sec. 2.2
[[nodiscard]] constexpr result<address> parse_address(std::string_view text) noexcept {
  constexpr std::size_t longest = 64;
  const auto zone = text.substr(0, longest).find('%');
  const auto plain = text.substr(0, zone);
  if (plain.size() > longest) return unexpected{errc::malformed_text};
  const bool colon = plain.find(':') != std::string_view::npos;
  const auto parsed = colon ? detail::parse_ipv6(plain) : detail::parse_ipv4(plain);
  if (!parsed) return unexpected{errc::malformed_text};
  if (zone == std::string_view::npos) return *parsed;
  return unexpected{colon && zone + 1 < text.size() ? errc::unsupported : errc::malformed_text};
}

/// Writes `a` in its canonical form. out: characters written.
/// errors: buffer_too_small; max_address_text always suffice | source: RFC 5952 sec. 4, 5
[[nodiscard]] constexpr result<std::size_t> write_address(const address& a,
                                                          gsl::span<char> buffer) noexcept {
  text_writer out{buffer};
  detail::write_address(out, a);
  return out.finish();
}

/// The canonical text of `a`.
[[nodiscard]] constexpr address_text to_text(const address& a) noexcept {
  std::array<char, max_address_text> buffer{};
  const auto size = write_address(a, buffer).value();
  return address_text::from({buffer.data(), size}).value_or(address_text{});
}

}  // namespace floe::sdp
