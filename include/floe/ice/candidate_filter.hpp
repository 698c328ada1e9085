// Which candidates a session may use at all.
//
// owns:     the type of such a policy, and the usual ones
// does not: apply it; the agent asks it about its own candidates and those that the peer signals
// sources:  RFC 8445 sec. 19.1 (hiding addresses); the W3C's iceTransportPolicy is relayed_only()
#pragma once

#include "floe/core/language.hpp"

#include "floe/ice/candidate.hpp"

namespace floe::ice {

/// A policy: true for a candidate that may be used. It must give the same answer every time.
using candidate_filter = bool (*)(const candidate&) noexcept;

[[nodiscard]] inline bool any_candidate(const candidate&) noexcept { return true; }

/// Only relayed ones: the peer learns no address of this host, and all packets take the relay.
[[nodiscard]] inline bool relayed_only(const candidate& c) noexcept {
  return c.type == candidate_type::relay;
}

/// No addresses of interfaces, but what a server on the Internet sees.
[[nodiscard]] inline bool no_host(const candidate& c) noexcept {
  return c.type != candidate_type::host;
}

/// True when the peer is told the address of a candidate: it is offered, and not behind a name.
/// Only what repeats such a one is redundant (RFC 8445 sec. 5.1.3).
[[nodiscard]] inline bool shows_address(const candidate& c, candidate_filter offers,
                                        bool hides_hosts) noexcept {
  return offers(c) && !(hides_hosts && c.type == candidate_type::host);
}

/// True when a host candidate can be of use to a peer by another way than a relay: it is offered
/// itself, or what a server sees of it would be.
[[nodiscard]] inline bool offers_direct(const candidate& host, candidate_filter offers) noexcept {
  auto seen = host;
  seen.type = candidate_type::srflx;
  return offers(host) || offers(seen);
}

/// What stands for a related address that is not told (RFC 8839 sec. 5.1).
[[nodiscard]] constexpr endpoint hidden_endpoint(family f) noexcept { return {{{}, f}, 9}; }

/// Takes from a local candidate a related address that the policy would not offer by itself: the
/// base of a reflexive one, what the server saw of a relayed one.
inline void hide_related(candidate& c, candidate_filter offers) noexcept {
  if (!c.related) return;
  candidate shown;
  shown.type = c.type == candidate_type::relay ? candidate_type::srflx : candidate_type::host;
  shown.component = c.component;
  shown.address = *c.related;
  if (!offers(shown)) c.related = hidden_endpoint(c.related->address.family);
}

}  // namespace floe::ice
