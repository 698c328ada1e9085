// The candidate attribute as text: what two agents tell each other about one candidate.
//
// owns:     the grammar of the attribute's value, read and written
// does not: resolve host names, know which generation a ufrag belongs to, or judge an address
// sources:  RFC 8839 sec. 5.1 (grammar), RFC 8838 sec. 4.1 (the ufrag extension)
// invariant: what is written holds no line break, whatever came in, and reads back as the same.
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
#include "floe/ice/candidate.hpp"
#include "floe/ice/hidden.hpp"
#include "floe/sdp/address.hpp"
#include "floe/sdp/text.hpp"

namespace floe::sdp {

/// What a candidate attribute starts with.
inline constexpr std::string_view candidate_prefix = "candidate:";

/// The longest line that is read, several times what a line of all known extensions needs.
inline constexpr std::size_t max_candidate_line = 2048;

/// The longest text of a candidate with a ufrag and no other extensions.
inline constexpr std::size_t max_candidate_text = 512;

/// The text of one candidate.
using candidate_text = fixed_text<max_candidate_text>;

/// A candidate and the extensions that came with it. The views are into the text that was parsed.
struct candidate_line {
  ice::candidate candidate;
  std::string_view ufrag;       ///< of the generation the candidate belongs to; empty when not told
  std::string_view extensions;  ///< all name and value pairs as they came, `ufrag` among them
  /// A name in .local that stands for the address of a host candidate (ice/hidden.hpp), which is
  /// 0.0.0.0 then; else empty.
  std::string_view host_name{};

  [[nodiscard]] bool operator==(const candidate_line&) const noexcept = default;
};

/// The name of a candidate type (RFC 8839 sec. 5.1).
[[nodiscard]] constexpr std::string_view to_text(ice::candidate_type type) noexcept {
  switch (type) {
    case ice::candidate_type::host: return "host";
    case ice::candidate_type::srflx: return "srflx";
    case ice::candidate_type::prflx: return "prflx";
    case ice::candidate_type::relay: return "relay";
  }
  return {};
}

namespace detail {

/// True for the user name fragments a peer may use (RFC 8839 sec. 5.4).
[[nodiscard]] constexpr bool is_ufrag(std::string_view text) noexcept {
  return text.size() >= 4 && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(), ice::is_ice_char);
}

/// True for what may stand for a host name: enough to tell it from garbage, no more.
[[nodiscard]] constexpr bool is_host_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 255 && !is_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
         });
}

/// An address, or unsupported for a host name or a zone.
[[nodiscard]] constexpr result<address> parse_connection_address(std::string_view text) noexcept {
  const auto parsed = parse_address(text);
  if (parsed || parsed.error() == errc::unsupported || !is_host_name(text)) return parsed;
  return unexpected{errc::unsupported};
}

[[nodiscard]] constexpr std::optional<ice::candidate_type>
parse_type(std::string_view text) noexcept {
  using enum ice::candidate_type;
  for (const auto type : {host, srflx, prflx, relay}) {
    if (equals_ignoring_case(text, to_text(type))) return type;
  }
  return std::nullopt;
}

[[nodiscard]] constexpr std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  const auto port = parse_decimal(text, 5, 0, 65535);
  return port ? std::optional{static_cast<std::uint16_t>(*port)} : std::nullopt;
}

/// For a candidate that was told without a foundation, as some cameras do: one that those of other
/// types and addresses do not share, so that none of them waits for another (RFC 8445
/// sec. 6.1.2.6).
[[nodiscard]] constexpr ice::foundation stand_in(const candidate_line& line) noexcept {
  std::uint32_t hash = 2'166'136'261;  // FNV-1a
  const auto mix = [&hash](std::uint8_t octet) { hash = (hash ^ octet) * 16'777'619; };
  mix(static_cast<std::uint8_t>(line.candidate.type));
  for (const auto octet : line.candidate.address.address.octets) mix(octet);
  for (const char c : line.host_name) mix(static_cast<std::uint8_t>(c));
  return ice::foundation::from_number(hash);
}

/// Reads one attribute from front to back. Each step answers false when the text can't be one; what
/// is fine but of no use to this agent is noted and only counts when all the rest is well-formed.
class candidate_reader {
 public:
  explicit candidate_reader(std::string_view value) noexcept : fields_{value} {}

  [[nodiscard]] result<candidate_line> read() noexcept {
    if (!read_fixed_part() || !read_type() || !read_related() || !read_extensions()) {
      return unexpected{errc::malformed_text};
    }
    if (unsupported_) return unexpected{errc::unsupported};
    if (line_.candidate.foundation.text().empty()) line_.candidate.foundation = stand_in(line_);
    return line_;
  }

 private:
  [[nodiscard]] bool read_fixed_part() noexcept {
    auto& candidate = line_.candidate;
    const auto name = fields_.next_or_empty();
    const auto foundation = name.empty() ? ice::foundation{} : ice::foundation::from_text(name);
    const auto component = parse_decimal(fields_.next_or_empty(), 3, 1, 256);
    const auto transport = fields_.next_or_empty();
    const auto priority = parse_decimal(fields_.next_or_empty(), 10, 1, 0x7fff'ffff);
    const auto where = fields_.next_or_empty();
    const bool hidden = ice::is_hidden_name(where);
    const auto host = hidden ? address{} : parse_connection_address(where);
    const auto port = parse_port(fields_.next_or_empty());
    if (!foundation || !component || !is_token(transport) || !priority || !port) return false;
    if (!host && host.error() != errc::unsupported) return false;
    unsupported_ = !host || !equals_ignoring_case(transport, "udp");
    candidate.foundation = *foundation;
    candidate.component = component_id{static_cast<std::uint16_t>(*component)};
    candidate.priority = *priority;
    candidate.address = {host.value_or(address{}), *port};
    if (hidden) line_.host_name = where;
    return true;
  }

  [[nodiscard]] bool read_type() noexcept {
    if (!equals_ignoring_case(fields_.next_or_empty(), "typ")) return false;
    const auto name = fields_.next_or_empty();
    const auto type = parse_type(name);
    const bool is_host = type == ice::candidate_type::host;
    unsupported_ = unsupported_ || !type || (!line_.host_name.empty() && !is_host);
    line_.candidate.type = type.value_or(ice::candidate_type::host);
    return is_token(name);
  }

  /// The related address only informs: one that is no plain address, or that stands with a host
  /// candidate, is as good as none.
  [[nodiscard]] bool read_related() noexcept {
    auto ahead = fields_;
    if (!equals_ignoring_case(ahead.next_or_empty(), "raddr")) return true;
    const auto host = parse_connection_address(ahead.next_or_empty());
    if (!host && host.error() != errc::unsupported) return false;
    if (!equals_ignoring_case(ahead.next_or_empty(), "rport")) return false;
    const auto port = parse_port(ahead.next_or_empty());
    if (!port) return false;
    if (host && line_.candidate.type != ice::candidate_type::host) {
      line_.candidate.related = endpoint{*host, *port};
    }
    fields_ = ahead;
    return true;
  }

  [[nodiscard]] bool read_extensions() noexcept {
    line_.extensions = fields_.rest();
    while (const auto name = fields_.next()) {
      const auto value = fields_.next_or_empty();
      if (!is_token(*name) || !is_visible(value) || is_taken(*name)) return false;
      if (*name != "ufrag") continue;
      if (!line_.ufrag.empty() || !is_ufrag(value)) return false;
      line_.ufrag = value;
    }
    return true;
  }

  /// Names that the grammar gives a place of their own.
  [[nodiscard]] static bool is_taken(std::string_view name) noexcept {
    return equals_ignoring_case(name, "typ") || equals_ignoring_case(name, "raddr") ||
           equals_ignoring_case(name, "rport");
  }

  field_reader fields_;
  candidate_line line_;
  bool unsupported_ = false;
};

/// The related address as it is told: 0.0.0.0 or :: with port 9 hides one that is not known or not
/// to be known (RFC 8839 sec. 5.1).
[[nodiscard]] constexpr endpoint told_related(const ice::candidate& c) noexcept {
  return c.related.value_or(endpoint{{{}, c.address.address.family}, 9});
}

constexpr void write_related(text_writer& out, const ice::candidate& c) noexcept {
  if (c.type == ice::candidate_type::host) return;
  const auto related = told_related(c);
  out.text(" raddr ");
  write_address(out, related.address);
  out.text(" rport ").number(related.port);
}

constexpr void write_fixed_part(text_writer& out, const candidate_line& line) noexcept {
  const auto& c = line.candidate;
  out.text(candidate_prefix).text(c.foundation.text()).text(" ");
  out.number(static_cast<std::uint16_t>(c.component)).text(" udp ").number(c.priority).text(" ");
  if (line.host_name.empty()) {
    write_address(out, c.address.address);
  } else {
    out.text(line.host_name);
  }
  out.text(" ").number(c.address.port).text(" typ ").text(to_text(c.type));
}

[[nodiscard]] constexpr bool is_writable(const candidate_line& line) noexcept {
  const auto& c = line.candidate;
  const bool is_host = c.type == ice::candidate_type::host;
  if (!line.host_name.empty() && !(is_host && ice::is_hidden_name(line.host_name))) return false;
  const auto component = static_cast<std::uint16_t>(c.component);
  return !c.foundation.text().empty() && component >= 1 && component <= 256 && c.priority >= 1 &&
         c.priority <= 0x7fff'ffff;
}

/// True for pairs of fields that read_extensions() would take, as far as the line stays one line.
[[nodiscard]] constexpr bool is_one_line(std::string_view extensions) noexcept {
  return std::all_of(extensions.begin(), extensions.end(),
                     [](char c) { return c == ' ' || is_visible(c); });
}

}  // namespace detail

/// The candidate that a line stands for. `a=` and `candidate:` in front, spaces around it and a
/// line end behind it are allowed; and so is no foundation behind `candidate:`, for which one is
/// made up.
///
/// errors: malformed_text when the line does not match the grammar; unsupported when it does, but
///         the transport is not UDP, the type is unknown, or the address is a host name other than
///         those of hidden host candidates, or has a zone: such candidates are to be ignored, not
///         to be complained about
/// cost:   one pass, at most max_candidate_line characters
/// source: RFC 8839 sec. 5.1
[[nodiscard]] inline result<candidate_line> parse_candidate(std::string_view line) noexcept {
  if (line.size() > max_candidate_line) return unexpected{errc::malformed_text};
  return detail::candidate_reader{trim_line(line, candidate_prefix)}.read();
}

/// Writes `candidate:FOUNDATION COMPONENT udp PRIORITY ADDRESS PORT typ TYPE [raddr A rport P]`,
/// then the extensions as they are, or ` ufrag U` when there are none but a ufrag. out: characters
/// written.
///
/// errors: buffer_too_small; invalid_candidate for an empty foundation, a component or a priority
///         out of range, a name that can't stand for the address; invalid_ufrag; malformed_text for
///         extensions that would break the line
/// source: RFC 8839 sec. 5.1
[[nodiscard]] inline result<std::size_t> write_candidate(const candidate_line& line,
                                                         gsl::span<char> buffer) noexcept {
  if (!detail::is_writable(line)) return unexpected{errc::invalid_candidate};
  if (!line.ufrag.empty() && !detail::is_ufrag(line.ufrag)) return unexpected{errc::invalid_ufrag};
  if (!detail::is_one_line(line.extensions)) return unexpected{errc::malformed_text};
  text_writer out{buffer};
  detail::write_fixed_part(out, line);
  detail::write_related(out, line.candidate);
  if (!line.extensions.empty()) {
    out.text(" ").text(line.extensions);
  } else if (!line.ufrag.empty()) {
    out.text(" ufrag ").text(line.ufrag);
  }
  return out.finish();
}

/// The text of a candidate of this agent, with the ufrag of its generation, and with a name for its
/// address where that is hidden.
///
/// in: what write_candidate() takes
[[nodiscard]] inline candidate_text to_text(const ice::candidate& candidate,
                                            std::string_view ufrag = {},
                                            std::string_view host_name = {}) noexcept {
  std::array<char, max_candidate_text> buffer{};
  const auto size = write_candidate({candidate, ufrag, {}, host_name}, buffer).value();
  return candidate_text::from({buffer.data(), size}).value_or(candidate_text{});
}

}  // namespace floe::sdp
