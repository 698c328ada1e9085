// Host candidates: which addresses may become one, and what it looks like.
//
// owns:     the exclusion rules and the making of the candidate value
// does not: list interfaces; the host names each socket it bound
// sources:  RFC 8445 §5.1.1.1 (exclusions), §5.1.1.3 (foundation), §5.1.2.1 (local preference)
#pragma once

#include <cstdint>
#include <limits>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/priority.hpp"

namespace floe::ice {

/// True when an address may be a candidate, of either side. Loopback addresses may not, unless the
/// host allows them, as it does where both peers are on one machine; nor may IPv6 addresses that
/// reach by another way what the rules for IPv4 forbid.
[[nodiscard]] constexpr bool is_eligible_address(const endpoint& bound,
                                                 bool allow_loopback) noexcept {
  const auto& a = bound.address;
  if (!is_sendable(bound)) return false;
  if (is_loopback(a)) return allow_loopback;
  return !is_v4_compatible(a) && !is_site_local(a) && !is_v4_mapped(a);
}

/// The local preference of the candidate that `earlier` others of the same stream, component and
/// type precede: 65535 for the first, so that each has its own (RFC 8445 §5.1.2.1).
[[nodiscard]] constexpr std::uint16_t local_preference(std::size_t earlier) noexcept {
  constexpr std::size_t highest = std::numeric_limits<std::uint16_t>::max();
  return static_cast<std::uint16_t>(highest - std::min(earlier, highest));
}

/// The host candidate of a socket bound to `bound`.
[[nodiscard]] constexpr candidate make_host_candidate(const endpoint& bound, component_id component,
                                                      ice::foundation foundation,
                                                      std::uint16_t preference) {
  return {.foundation = foundation,
          .component = component,
          .priority = candidate_priority(candidate_type::host, preference, component),
          .address = bound,
          .type = candidate_type::host,
          .related = {}};
}

}  // namespace floe::ice
