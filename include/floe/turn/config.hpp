// How a TURN client behaves, and what it asks for, as plain values.
//
// owns:     transports, the options of an Allocate request, every timer and limit of a session
// does not: know messages: allocation.hpp writes the options
// sources:  RFC 8656 sec. 3.1, 7.1; RFC 6062 sec. 4.1; RFC 8016 sec. 3
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/retransmit.hpp"

namespace floe::turn {

/// What carries messages between client and server (RFC 8656 sec. 3.1).
enum class transport : std::uint8_t { udp, tcp, tls, dtls };

/// True where the host has a connection, and no message is lost or cut.
[[nodiscard]] constexpr bool is_stream(transport t) noexcept {
  return t == transport::tcp || t == transport::tls;
}

/// What carries data between relay and peer.
enum class relay_transport : std::uint8_t { udp, tcp };

/// Which addresses the relay is to have.
enum class relay_family : std::uint8_t { ipv4, ipv6, both };

/// What an Allocate request asks for.
struct allocate_options {
  relay_transport transport = relay_transport::udp;
  relay_family family = relay_family::ipv4;
  bool even_port = false;
  bool reserve_next_port = false;  ///< with even_port
  bool dont_fragment = false;
  bool mobility = false;  ///< asks for a ticket (RFC 8016)
  std::optional<std::array<std::byte, 8>> reservation{};
  std::optional<std::uint32_t> lifetime{};  ///< seconds; the server's choice when not given

  [[nodiscard]] constexpr bool operator==(const allocate_options&) const noexcept = default;
};

/// True for options that may go together. source: RFC 8656 sec. 7.1, RFC 6062 sec. 4.1
[[nodiscard]] constexpr bool is_consistent(const allocate_options& o) noexcept {
  if (o.reserve_next_port && !o.even_port) return false;
  if (o.reservation && (o.even_port || o.family != relay_family::ipv4)) return false;
  if (o.family == relay_family::both && o.reserve_next_port) return false;
  const bool only_udp = o.even_port || o.reservation || o.dont_fragment;
  return o.transport == relay_transport::udp || !only_udp;
}

/// The capacity of every table of a session.
struct session_limits {
  std::uint16_t permissions = 32;
  std::uint16_t channels = 32;
  std::uint16_t connections = 4;  ///< only of relays that speak TCP
  std::uint16_t outstanding = 8;  ///< requests under way (RFC 8489 sec. 6.2: at most 10)
  std::uint16_t events = 32;
  std::uint32_t stream_frame = 4 + 0xffff;  ///< the longest message; only with connections
};

struct session_config {
  socket_id local{};
  endpoint server{};
  turn::transport transport = turn::transport::udp;
  std::string_view user{};      ///< prepared (OpaqueString); read at construction only
  std::string_view password{};  ///< as `user`
  allocate_options ask{};
  bool either_family = false;  ///< the other family will do where the one in `ask` is refused

  stun::retransmit_config retransmit{};
  duration reliable_timeout = stun::reliable_timeout;  ///< Ti, above zero (RFC 8489 sec. 6.2.2)
  std::string_view software{};   ///< goes into SOFTWARE unless empty; must outlive the session
  bool fingerprint = false;      ///< for sockets that STUN shares with other protocols
  bool follow_alternate = true;  ///< whether 300 leads to another server
  bool special_peers = false;    ///< whether loopback and link-local peers are asked for
  bool paced = false;            ///< whether an Allocate that follows an answer waits for
                                 ///< start_next(): it is a new transaction (RFC 8445 sec. 14.2)
  bool ends_out_of_step = true;  ///< whether a 400 to a ChannelBind gives the allocation back, so
                                 ///< that the host makes another (RFC 8656 sec. 12.3); else data
                                 ///< for the peer goes in Send indications
  std::uint16_t bind_after = 4;  ///< datagrams to an address until its peer gets a channel; 0: none
  std::uint16_t peers_per_request = 8;          ///< at most so many in a CreatePermission
  duration patience = std::chrono::seconds{5};  ///< see probe_at(); zero: never
  session_limits limits{};
};

}  // namespace floe::turn
