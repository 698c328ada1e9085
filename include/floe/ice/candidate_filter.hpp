// Which candidates a session may use at all.
//
// owns:     the type of such a policy, and the usual ones
// does not: apply it; the agent asks it about every candidate of both sides
// sources:  RFC 8445 §19.1 (hiding addresses); the W3C's iceTransportPolicy is relayed_only()
#pragma once

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

}  // namespace floe::ice
