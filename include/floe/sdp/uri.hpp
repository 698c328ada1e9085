// stun:, stuns:, turn: and turns: URIs (RFC 7064, RFC 7065), and what they say about finding a
// server.
//
// owns:     their grammar, their defaults, which look-ups they call for
// does not: resolve anything: that is the host's, which gets told what to look for
// invariant: what is returned views the text that was given.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/endpoint.hpp"
#include "floe/core/error.hpp"
#include "floe/core/result.hpp"
#include "floe/sdp/address.hpp"
#include "floe/sdp/text.hpp"

namespace floe::sdp {

/// The schemes; those with an s are for TLS or DTLS.
enum class uri_scheme : std::uint8_t { stun, stuns, turn, turns };

/// What carries the messages. Another name than the two is well-formed, but of no use to floe.
enum class uri_transport : std::uint8_t { udp, tcp, other };

/// Longer texts are no URIs to floe; a domain name has at most 255 characters.
inline constexpr std::size_t longest_uri = 512;

/// How the address of a server is found.
enum class uri_lookup : std::uint8_t {
  none,     ///< the host is an address
  address,  ///< A and AAAA of the host, since the port is given
  service,  ///< SRV of service_name() and transport_name() at the host; without an answer,
            ///< `address`
};

/// A server as somebody wrote it down.
struct server_uri {
  uri_scheme scheme = uri_scheme::stun;
  std::string_view host;                   ///< without brackets; percent-encoding as it was
  std::optional<floe::address> literal{};  ///< when the host is an address
  std::optional<std::uint16_t> explicit_port{};
  uri_transport transport = uri_transport::udp;

  /// TLS over TCP, DTLS over UDP. The certificate must then be for `host` (RFC 8489 sec. 6.2.3).
  [[nodiscard]] constexpr bool is_secure() const noexcept {
    return scheme == uri_scheme::stuns || scheme == uri_scheme::turns;
  }
  /// The port to use when no SRV record names one.
  [[nodiscard]] constexpr std::uint16_t port() const noexcept {
    return explicit_port.value_or(is_secure() ? 5349 : 3478);
  }
  /// source: RFC 8489 sec. 8
  [[nodiscard]] constexpr uri_lookup lookup() const noexcept {
    if (literal) return uri_lookup::none;
    return explicit_port ? uri_lookup::address : uri_lookup::service;
  }
  /// The SRV service, which is the scheme; the record is _SERVICE._TRANSPORT.HOST.
  [[nodiscard]] constexpr std::string_view service_name() const noexcept {
    switch (scheme) {
      case uri_scheme::stun: return "stun";
      case uri_scheme::stuns: return "stuns";
      case uri_scheme::turn: return "turn";
      case uri_scheme::turns: return "turns";
    }
    return {};
  }
  [[nodiscard]] constexpr std::string_view transport_name() const noexcept {
    switch (transport) {
      case uri_transport::udp: return "udp";
      case uri_transport::tcp: return "tcp";
      case uri_transport::other: break;
    }
    return {};
  }
};

namespace detail {

[[nodiscard]] constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [lower](char x, char y) { return lower(x) == lower(y); });
}

[[nodiscard]] constexpr std::optional<uri_scheme> scheme_of(std::string_view text) noexcept {
  if (equal_ignoring_case(text, "stun")) return uri_scheme::stun;
  if (equal_ignoring_case(text, "stuns")) return uri_scheme::stuns;
  if (equal_ignoring_case(text, "turn")) return uri_scheme::turn;
  if (equal_ignoring_case(text, "turns")) return uri_scheme::turns;
  return std::nullopt;
}

/// RFC 3986 sec. 2.3
[[nodiscard]] constexpr bool is_unreserved(char c) noexcept {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

[[nodiscard]] constexpr bool is_hex_digit(char c) noexcept {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// reg-name, but not an empty one (RFC 3986 sec. 3.2.2).
[[nodiscard]] constexpr bool is_name(std::string_view text) noexcept {
  constexpr std::string_view sub_delims = "!$&'()*+,;=";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3 || !is_hex_digit(text[i + 1]) || !is_hex_digit(text[i + 2])) {
        return false;
      }
      i += 2;
    } else if (!is_unreserved(text[i]) && sub_delims.find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return !text.empty();
}

/// 1 to 65535 in at most five digits.
[[nodiscard]] constexpr std::optional<std::uint16_t> port_of(std::string_view text) noexcept {
  if (text.empty() || text.size() > 5) return std::nullopt;
  std::uint32_t port = 0;
  for (const char c : text) {
    if (!is_digit(c)) return std::nullopt;
    port = port * 10 + static_cast<std::uint32_t>(c - '0');
  }
  if (port == 0 || port > 0xffff) return std::nullopt;
  return static_cast<std::uint16_t>(port);
}

/// Takes the host off the front of `text`. Returns false when there is none.
[[nodiscard]] constexpr bool take_host(std::string_view& text, server_uri& out) noexcept {
  if (!text.empty() && text.front() == '[') {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return false;
    out.host = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    const auto parsed = parse_address(out.host);
    if (!parsed || parsed->family != family::ipv6) return false;
    out.literal = *parsed;
    return true;
  }
  out.host = text.substr(0, text.find_first_of(":?"));
  text.remove_prefix(out.host.size());
  const auto parsed = parse_address(out.host);
  if (parsed && parsed->family == family::ipv4) out.literal = *parsed;
  return is_name(out.host);
}

}  // namespace detail

/// The server that `text` names.
/// errors: malformed_text | source: RFC 7064 sec. 3, RFC 7065 sec. 3.1
[[nodiscard]] constexpr result<server_uri> parse_uri(std::string_view text) noexcept {
  constexpr std::string_view query = "?transport=";
  const unexpected malformed{errc::malformed_text};
  if (text.size() > longest_uri) return malformed;
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return malformed;
  const auto scheme = detail::scheme_of(text.substr(0, colon));
  if (!scheme) return malformed;
  text.remove_prefix(colon + 1);

  server_uri out;
  out.scheme = *scheme;
  out.transport = out.is_secure() ? uri_transport::tcp : uri_transport::udp;
  if (!detail::take_host(text, out)) return malformed;
  if (!text.empty() && text.front() == ':') {
    const auto port =
        text.substr(1, text.find('?') == std::string_view::npos ? text.size() : text.find('?') - 1);
    out.explicit_port = detail::port_of(port);
    if (!out.explicit_port) return malformed;
    text.remove_prefix(1 + port.size());
  }
  if (text.empty()) return out;

  const bool is_turn = out.scheme == uri_scheme::turn || out.scheme == uri_scheme::turns;
  if (!is_turn || text.substr(0, query.size()) != query) return malformed;
  const auto transport = text.substr(query.size());
  if (transport.empty() || !std::all_of(transport.begin(), transport.end(),
                                        [](char c) { return detail::is_unreserved(c); })) {
    return malformed;
  }
  out.transport = detail::equal_ignoring_case(transport, "udp")   ? uri_transport::udp
                  : detail::equal_ignoring_case(transport, "tcp") ? uri_transport::tcp
                                                                  : uri_transport::other;
  return out;
}

}  // namespace floe::sdp
