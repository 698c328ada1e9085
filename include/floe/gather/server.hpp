// What the URI of a server means for gathering.
//
// owns:     how a URI is used
// does not: know the grammar of URIs (sdp/uri.hpp), or resolve names: the host does, when asked
// sources:  RFC 7064, RFC 7065 sec. 3.2; RFC 8445 sec. 5.1.1.2; RFC 8656 sec. 3.1
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/endpoint.hpp"
#include "floe/core/error.hpp"
#include "floe/core/result.hpp"
#include "floe/gather/config.hpp"
#include "floe/sdp/uri.hpp"
#include "floe/turn/config.hpp"

namespace floe::gather {

/// How a URI is used.
struct plan {
  gather::service service = service::reflexive;
  turn::transport transport = turn::transport::udp;
  std::string_view host;                   ///< a part of the URI
  std::optional<floe::address> literal{};  ///< when the host is an address
  std::uint16_t port = 0;
  sdp::uri_lookup lookup = sdp::uri_lookup::address;
};

/// errors: malformed_text; unsupported for stuns:, since Binding over TLS tells nothing about UDP,
///         and for transports with names of their own
[[nodiscard]] constexpr result<plan> plan_for(std::string_view uri) noexcept {
  const auto parsed = sdp::parse_uri(uri);
  if (!parsed) return unexpected{parsed.error()};
  const bool is_turn =
      parsed->scheme == sdp::uri_scheme::turn || parsed->scheme == sdp::uri_scheme::turns;
  plan out{.service = is_turn ? service::relay : service::reflexive,
           .host = parsed->host,
           .literal = parsed->literal,
           .port = parsed->port(),
           .lookup = parsed->lookup()};
  if (parsed->transport == sdp::uri_transport::other || parsed->scheme == sdp::uri_scheme::stuns) {
    return unexpected{errc::unsupported};
  }
  const bool tcp = parsed->transport == sdp::uri_transport::tcp;
  if (parsed->is_secure()) {
    out.transport = tcp ? turn::transport::tls : turn::transport::dtls;
  } else {
    out.transport = tcp ? turn::transport::tcp : turn::transport::udp;
  }
  return out;
}

}  // namespace floe::gather
