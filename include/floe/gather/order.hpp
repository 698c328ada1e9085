// Which server is asked first, which relay is preferred, and of which families a relay is asked
// for.
//
// owns:     the orders and the choice, as functions of values
// does not: ask (gatherer_attempts.hpp), or give priorities (ice/local_candidates.hpp)
// sources:  RFC 8445 sec. 5.1.1.2, sec. 5.1.2.2; RFC 8656 sec. 7.1
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>

#include "floe/core/endpoint.hpp"
#include "floe/gather/config.hpp"
#include "floe/turn/config.hpp"

namespace floe::gather {

/// What a server is asked for and how, as far as it matters for the order.
struct asking {
  gather::service service = service::reflexive;
  turn::transport transport = turn::transport::udp;
  std::uint16_t uri = 0;  ///< in the order of the configuration
};

/// How much lies between a relay and its client: a datagram that is lost on a stream holds up all
/// behind it.
[[nodiscard]] constexpr unsigned burden_of(turn::transport t) noexcept {
  switch (t) {
    case turn::transport::udp: return 0;
    case turn::transport::dtls: return 1;
    case turn::transport::tcp: return 2;
    case turn::transport::tls: return 3;
  }
  return 3;
}

/// True when `a` is asked before `b`, and its relay is the better one: relays first, whose answers
/// take more round trips; of them the least burdened; then as the host named them.
[[nodiscard]] constexpr bool comes_before(const asking& a, const asking& b) noexcept {
  if (a.service != b.service) return a.service == service::relay;
  if (a.service == service::relay && a.transport != b.transport) {
    return burden_of(a.transport) < burden_of(b.transport);
  }
  return a.uri < b.uri;
}

/// The families to ask a relay for. Of a server that a socket of the other family asks as well each
/// asks for its own family; alone it asks for both, since a relay is there to reach whatever
/// addresses the peer has. What the host configured as one family stays as it is.
[[nodiscard]] constexpr turn::relay_family
family_to_ask(turn::relay_family configured, floe::family own, bool other_asks) noexcept {
  if (configured != turn::relay_family::both || !other_asks) return configured;
  return own == family::ipv4 ? turn::relay_family::ipv4 : turn::relay_family::ipv6;
}

}  // namespace floe::gather
