// What gathering yields: addresses that servers gave us or saw us at.
//
// owns:     the value, and the rule which of them add nothing
// does not: know priorities or foundations (ice/): it carries what they are made from
// sources:  RFC 8445 sec. 5.1.1.2, 5.1.1.3 (what a foundation depends on), 5.1.3 (redundancy)
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <gsl/span>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/gather/config.hpp"
#include "floe/turn/config.hpp"

namespace floe::gather {

/// A socket that the host bound.
struct base {
  socket_id socket{};
  endpoint bound;
};

/// A server-reflexive or a relayed address. Type, base address, transport and server address are
/// what makes its foundation (RFC 8445 sec. 5.1.1.3).
struct candidate {
  service kind = service::reflexive;
  gather::base base{};  ///< the socket that the server was asked from
  endpoint address{};
  endpoint
      mapped{};  ///< where the server saw the request come from: the related address of a relay
  socket_id relay{};  ///< with relay: stands for the allocation, as if it were a socket
  endpoint server{};
  server_id server_number{};  ///< equal for servers with equal addresses
  turn::transport transport = turn::transport::udp;
  bool is_replacement = false;  ///< of a relay that was lost
  std::uint8_t place = 0;       ///< of a relay among those of its base, the best first

  [[nodiscard]] constexpr bool is_relayed() const noexcept { return kind == service::relay; }
};

/// True for a candidate that adds nothing to the bases and to those that were found before: the
/// same address with the same base, or a relay that is one of our own sockets. The earlier one
/// stays: with equal types it has the same priority, and a host candidate has a higher one. source:
/// RFC 8445 sec. 5.1.3, 5.1.1.2
[[nodiscard]] constexpr bool is_redundant(const candidate& found, gsl::span<const base> bases,
                                          gsl::span<const candidate> before) noexcept {
  for (const auto& b : bases) {
    if (b.bound == found.address && (found.is_relayed() || b.socket == found.base.socket)) {
      return true;
    }
  }
  for (const auto& c : before) {
    if (c.address != found.address || c.kind != found.kind) continue;
    if (found.is_relayed() || c.base.socket == found.base.socket) return true;
  }
  return false;
}

}  // namespace floe::gather
