// A STUN message as text for people: on one line, or as a table.
//
// owns:     the wording
// does not: stay free of allocation, as everything that is not for people does; nor show what
//           grants access: passwords, tokens and tickets appear as their size
// invariant: what a peer wrote can't forge a line: other than printable ASCII is escaped.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/sdp/address.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/names.hpp"
#include "floe/stun/registry.hpp"

namespace floe::sdp {

namespace detail {

[[nodiscard]] inline std::string decimal(std::uint64_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return {digits.data(), end};
}

[[nodiscard]] inline std::string hex(byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto b : bytes) {
    out += digits[std::to_integer<std::size_t>(b >> 4U)];
    out += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return out;
}

[[nodiscard]] inline std::string hex16(std::uint16_t number) {
  std::array<std::byte, 2> raw{};
  store_be(raw.data(), number);
  return "0x" + hex(raw);
}

[[nodiscard]] inline std::string quoted(byte_view text) {
  std::string out = "\"";
  for (const auto b : text) {
    const auto c = static_cast<char>(b);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      out += "\\x" + hex({&b, 1});
    }
  }
  return out + '"';
}

[[nodiscard]] inline std::string endpoint_text(const endpoint& e) {
  const auto address = to_text(e.address);
  const std::string host{address.view()};
  return (e.address.family == family::ipv6 ? '[' + host + ']' : host) + ':' + decimal(e.port);
}

[[nodiscard]] inline std::string size_text(std::size_t size) {
  return '(' + decimal(size) + (size == 1 ? " byte)" : " bytes)");
}

[[nodiscard]] inline std::string number_text(byte_view value) {
  switch (value.size()) {
    case 1: return decimal(load_be<std::uint8_t>(value.data()));
    case 2: return decimal(load_be<std::uint16_t>(value.data()));
    case 4: return decimal(load_be<std::uint32_t>(value.data()));
    case 8: return "0x" + hex(value);
  }
  return "malformed " + size_text(value.size());
}

[[nodiscard]] inline std::string error_text(const stun::error_code_attribute& error) {
  return decimal(static_cast<unsigned>(error.code)) + ' ' + quoted(as_byte_view(error.reason));
}

[[nodiscard]] inline std::string type_name(stun::attribute_type type) {
  const auto name = stun::describe(type).name;
  return name.empty() ? hex16(static_cast<std::uint16_t>(type)) : std::string{name};
}

[[nodiscard]] inline std::string types_text(byte_view value) {
  if (value.size() % 2 != 0) return "malformed " + size_text(value.size());
  std::string out;
  for (std::size_t at = 0; at < value.size(); at += 2) {
    if (!out.empty()) out += ' ';
    out += type_name(static_cast<stun::attribute_type>(load_be<std::uint16_t>(value.data() + at)));
  }
  return out;
}

template <class A, class Write>
[[nodiscard]] std::string decoded_text(byte_view value, const stun::transaction_id& id,
                                       Write&& write) {
  const auto decoded = A::decode(value, id);
  return decoded ? write(*decoded) : "malformed " + size_text(value.size());
}

[[nodiscard]] inline std::string bytes_text(byte_view value) {
  constexpr std::size_t few = 32;
  if (value.empty()) return "(empty)";
  return value.size() <= few ? hex(value) : size_text(value.size());
}

[[nodiscard]] inline std::string fingerprint_text(const stun::message_view& message) {
  switch (stun::check_fingerprint(message)) {
    case stun::fingerprint_state::absent: return "ignored";
    case stun::fingerprint_state::wrong: return "wrong";
    case stun::fingerprint_state::right: return "right";
  }
  return {};
}

[[nodiscard]] inline std::string value_text(const stun::message_view& message,
                                            const stun::raw_attribute& attribute) {
  const auto value = attribute.value;
  const auto id = message.transaction();
  switch (stun::describe(attribute.type).kind) {
    case stun::value_kind::nothing: return value.empty() ? "" : "malformed " + bytes_text(value);
    case stun::value_kind::text: return quoted(value);
    case stun::value_kind::bytes: return bytes_text(value);
    case stun::value_kind::secret:
    case stun::value_kind::integrity: return size_text(value.size());
    case stun::value_kind::number: return number_text(value);
    case stun::value_kind::short_first:
      return number_text(value.first(std::min<std::size_t>(2, value.size())));
    case stun::value_kind::byte_first:
      return number_text(value.first(std::min<std::size_t>(1, value.size())));
    case stun::value_kind::address:
      return decoded_text<stun::mapped_address>(
          value, id, [](const auto& a) { return endpoint_text(a.value); });
    case stun::value_kind::xor_address:
      return decoded_text<stun::xor_mapped_address>(
          value, id, [](const auto& a) { return endpoint_text(a.value); });
    case stun::value_kind::error:
      return decoded_text<stun::error_code_attribute>(value, id,
                                                      [](const auto& e) { return error_text(e); });
    case stun::value_kind::family_error:
      return decoded_text<stun::address_error_code>(value, id, [](const auto& e) {
        return (e.family == family::ipv4 ? "IPv4 " : "IPv6 ") + error_text(e.error);
      });
    case stun::value_kind::types: return types_text(value);
    case stun::value_kind::fingerprint: return fingerprint_text(message);
  }
  return {};
}

[[nodiscard]] inline std::string title(const stun::message_view& message) {
  const auto method = stun::name_of(message.method());
  const auto number = static_cast<std::uint16_t>(message.method());
  return (method.empty() ? "method " + hex16(number) : std::string{method}) + ' ' +
         std::string{stun::name_of(message.cls())} + ' ' + hex(message.transaction().bytes);
}

}  // namespace detail

/// A message on one line: what it is, its transaction, and the attributes that count.
[[nodiscard]] inline std::string to_line(const stun::message_view& message) {
  auto out = detail::title(message);
  for (const auto& attribute : message) {
    const auto value = detail::value_text(message, attribute);
    out += ", " + detail::type_name(attribute.type) + (value.empty() ? "" : " ") + value;
  }
  return out;
}

/// A message as a table, one attribute a line: offset, type, name, value. Attributes that do not
/// count are there too, and marked.
[[nodiscard]] inline std::string to_table(const stun::message_view& message) {
  constexpr std::size_t name_width = 28;
  auto out = detail::title(message) + ", " + detail::size_text(message.bytes().size()) + '\n';
  auto counting = message.begin();
  stun::attribute_walk walk{message.bytes()};
  while (const auto attribute = walk.next()) {
    const bool counts = counting != message.end() && counting->offset == attribute->offset;
    if (counts) ++counting;
    auto name = std::string{stun::describe(attribute->type).name};
    if (name.empty()) name = "unknown";
    name.resize((std::max)(name.size(), name_width), ' ');
    auto offset = detail::decimal(attribute->offset);
    offset.insert(0, 6 - std::min<std::size_t>(6, offset.size()), ' ');
    out += offset;
    out += "  " + detail::hex16(static_cast<std::uint16_t>(attribute->type));
    out += "  " + name;
    out += ' ' + detail::value_text(message, *attribute);
    out += counts ? "\n" : "  does not count\n";
  }
  return out;
}

}  // namespace floe::sdp
