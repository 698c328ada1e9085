// Host candidates whose address hides behind a name in .local, as browsers signal them.
//
// owns:     which names stand for a hidden address, how one is made, what its resolution means
// does not: resolve: names are the host's; nor register them: so is mDNS
// sources:  draft-ietf-mmusic-mdns-ice-candidates sec. 3.1, 3.2; RFC 9562 sec. 4 (the text of a
//           UUID)
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
#include "floe/core/entropy.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/text.hpp"
#include "floe/ice/candidate.hpp"

namespace floe::ice {

/// The text of a UUID, and the label that makes a name of it.
inline constexpr std::size_t uuid_text_size = 36;
inline constexpr std::string_view local_label = ".local";
inline constexpr std::size_t hidden_name_size = uuid_text_size + local_label.size();

using hidden_name = fixed_text<hidden_name_size>;

namespace detail {

[[nodiscard]] constexpr bool is_uuid_dash(std::size_t place) noexcept {
  return place == 8 || place == 13 || place == 18 || place == 23;
}
[[nodiscard]] constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f');
}

}  // namespace detail

/// True for a UUID followed by ".local": the only names that are worth a question to the network
/// (sec. 3.2.1 of the draft).
[[nodiscard]] constexpr bool is_hidden_name(std::string_view name) noexcept {
  const auto same = [](char label, char c) { return label == detail::lower(c); };
  if (name.size() != hidden_name_size ||
      !std::equal(local_label.begin(), local_label.end(), name.begin() + uuid_text_size, same)) {
    return false;
  }
  for (std::size_t i = 0; i < uuid_text_size; ++i) {
    const bool fits = detail::is_uuid_dash(i) ? name[i] == '-' : detail::is_hex_digit(name[i]);
    if (!fits) return false;
  }
  return true;
}

/// The name as it is kept, in lower case: names differ in nothing by their case. nullopt when
/// is_hidden_name() does not hold.
[[nodiscard]] constexpr std::optional<hidden_name>
read_hidden_name(std::string_view name) noexcept {
  if (!is_hidden_name(name)) return std::nullopt;
  std::array<char, hidden_name_size> text{};
  std::transform(name.begin(), name.end(), text.begin(), detail::lower);
  return hidden_name::from({text.data(), text.size()});
}

/// A new name, to be registered by the host for one of its addresses: a random UUID of version 4 in
/// lower case (sec. 3.1.1 of the draft). One name goes with one address.
[[nodiscard]] inline hidden_name make_hidden_name(entropy_ref entropy) {
  std::array<std::uint8_t, 16> octets{};
  entropy.fill(gsl::as_writable_bytes(gsl::span{octets}));
  octets[6] = static_cast<std::uint8_t>((octets[6] & 0x0fU) | 0x40U);
  octets[8] = static_cast<std::uint8_t>((octets[8] & 0x3fU) | 0x80U);
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, hidden_name_size> text{};
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < uuid_text_size; ++i) {
    if (detail::is_uuid_dash(i)) {
      text[i] = '-';
      continue;
    }
    const unsigned octet = octets[nibble / 2];
    text[i] = digits[nibble % 2 == 0 ? octet >> 4U : octet & 0xfU];
    ++nibble;
  }
  std::copy(local_label.begin(), local_label.end(), text.begin() + uuid_text_size);
  return *hidden_name::from({text.data(), text.size()});
}

/// The address to use of those that a name resolved to: the only one. Of several nobody knows which
/// is meant, and none is no address (sec. 3.2.1 of the draft).
[[nodiscard]] constexpr std::optional<address>
choose_resolved(gsl::span<const address> found) noexcept {
  return found.size() == 1 ? std::optional{found[0]} : std::nullopt;
}

struct hidden_tag;

/// Names a candidate of the peer whose address is hidden.
using hidden_id = handle<hidden_tag>;

/// A candidate of the peer that is parked until its name is resolved. It stays known until the
/// stream is restarted, so that nobody is asked for the same name twice.
struct hidden_candidate {
  ice::candidate candidate;  ///< without an address, but with the port
  stream_id stream{};
  hidden_name name;
  bool resolved = false;
};

}  // namespace floe::ice
