// Host candidates: which addresses may become one.
//
// owns:     the exclusion rules, and those that keep a host from being recognised
// does not: list interfaces; the host names each socket it bound
// sources:  RFC 8445 sec. 5.1.1.1
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/span>

#include "floe/core/endpoint.hpp"

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

/// An address of an interface, as the operating system lists it.
struct interface_address {
  floe::address address;
  std::uint32_t interface_index = 0;  ///< the system's number of the interface
  std::uint8_t prefix_length = 64;    ///< bits that name the network
  bool temporary = false;             ///< an IPv6 address made to be forgotten (RFC 8981)
};

/// True when both addresses are of the same network on the same interface.
[[nodiscard]] constexpr bool share_prefix(const interface_address& a,
                                          const interface_address& b) noexcept {
  if (a.interface_index != b.interface_index || a.address.family != b.address.family) return false;
  const std::size_t bits = std::min<std::size_t>(a.prefix_length, 8 * a.address.size());
  for (std::size_t bit = 0; bit < bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if (((a.address.octets[bit / 8] ^ b.address.octets[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

/// Whether to bind a socket to `one` of the addresses of a host: not when a temporary address of
/// its network hides who the host is, nor when it is link-local where a temporary one of any
/// network exists (RFC 8445 sec. 5.1.1.1).
[[nodiscard]] constexpr bool keeps_privacy(const interface_address& one,
                                           gsl::span<const interface_address> all) noexcept {
  if (one.address.family == family::ipv4 || one.temporary) return true;
  return std::none_of(all.begin(), all.end(), [&](const interface_address& other) {
    if (!other.temporary || other.address.family == family::ipv4) return false;
    return is_link_local(one.address) || share_prefix(one, other);
  });
}

}  // namespace floe::ice
