// Which of its own addresses an agent prefers.
//
// owns:     the order of a host's addresses, and the local preferences that express it
// does not: know interfaces; the host says what a network costs and which addresses it bound first
// sources:  RFC 8445 sec. 5.1.2 (local preference), RFC 8421 sec. 4 (interleaving of families),
//           RFC 6724 sec. 2.1 (addresses that seldom work last)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "floe/core/endpoint.hpp"

namespace floe::ice {

/// How reluctantly a network is used: what it costs in money, power or time, as the host sees it.
/// Of two paths of the same kind the cheaper is preferred.
enum class network_cost : std::uint8_t { lowest, low, high, highest };

/// True for an address that is tried after the others of its network: link-local and unique local
/// ones, 6to4 and Teredo (RFC 6724 sec. 2.1 ranks them below IPv4; RFC 8421 sec. 4).
[[nodiscard]] constexpr bool is_last_resort(const address& a) noexcept {
  if (is_link_local(a)) return true;
  if (a.family == family::ipv4) return false;
  const auto& o = a.octets;
  const bool unique_local = (o[0] & 0xfeU) == 0xfc;
  const bool six_to_four = o[0] == 0x20 && o[1] == 0x02;
  const bool teredo = o[0] == 0x20 && o[1] == 0x01 && o[2] == 0 && o[3] == 0;
  return unique_local || six_to_four || teredo;
}

/// Where an address stands among those of a component; the lower is preferred.
struct preference_rank {
  network_cost cost = network_cost::lowest;
  bool last_resort = false;
  std::uint16_t turn = 0;  ///< IPv6 and IPv4 take turns, IPv6 first (RFC 8421 sec. 4)

  [[nodiscard]] constexpr bool operator<(const preference_rank& other) const noexcept {
    return std::tie(cost, last_resort, turn) < std::tie(other.cost, other.last_resort, other.turn);
  }
};

/// The rank of an address that `earlier` others of its cost, kind and family precede.
[[nodiscard]] constexpr preference_rank rank_of(network_cost cost, const address& a,
                                                std::size_t earlier) noexcept {
  const std::size_t turn = 2 * earlier + (a.family == family::ipv4 ? 1U : 0U);
  return {cost, is_last_resort(a), static_cast<std::uint16_t>(std::min<std::size_t>(turn, 0xffff))};
}

/// The local preference of the host candidate that `better` others of its component precede: 65535
/// for the first (RFC 8445 sec. 5.1.2.1), with room between two for candidates that have the same
/// base.
/// in: under 4096
[[nodiscard]] constexpr std::uint16_t local_preference(std::size_t better) noexcept {
  return static_cast<std::uint16_t>(0xffff - 16 * std::min<std::size_t>(better, 4095));
}

}  // namespace floe::ice
