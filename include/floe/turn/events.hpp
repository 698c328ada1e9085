// What a TURN session tells its user.
//
// owns:     the events, as a closed variant of small values, what they carry
// does not: carry data: that is what handle_datagram() returns
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/registry.hpp"
#include "floe/turn/config.hpp"

namespace floe::turn {

namespace detail {
struct connection_tag;
}

/// Names a connection to a peer, as long as the session keeps it.
using connection_handle = handle<detail::connection_tag>;

/// Why an address of a family was not allocated while another was.
struct refused_family {
  floe::family family{};
  stun::error_code code{};
};

/// What a success response grants.
struct grant {
  std::optional<endpoint> relayed_v4{};
  std::optional<endpoint> relayed_v6{};
  endpoint mapped;
  std::uint32_t lifetime = 0;  ///< seconds, above zero
  std::optional<std::array<std::byte, 8>> reservation{};
  std::optional<turn::refused_family> refused_family{};
};

/// Why a session has ended.
enum class end_reason : std::uint8_t {
  closed,           ///< the host wanted it
  refused,          ///< the Allocate was answered with an error; its code is given
  credentials,      ///< the server does not take them, or asked in a way that can't be answered
  timeout,          ///< no answer to the Allocate
  unusable_answer,  ///< a success that grants nothing usable
  unreachable,      ///< the host said so: a hard ICMP error, a connection that broke
  broken_stream,    ///< bytes came that start no message; the host closes the connection
  forgotten,        ///< the server has no such allocation any more (437)
  expired,          ///< it was not refreshed in time
  out_of_step,      ///< client and server disagree about channels (400): another allocation will do
  unproved,         ///< all that came back lacked the integrity it must have: it may be anybody's
};

/// What a server said no with, and whether integrity proves that it was the server. A challenge
/// can't be protected, so a 401 or 438 seldom is.
struct complaint {
  stun::error_code code{};
  bool proved = false;

  [[nodiscard]] constexpr bool operator==(const complaint&) const noexcept = default;
};

namespace event {

/// The relay is there. `options` are those that were granted, which may be fewer than were asked
/// for.
struct allocated {
  turn::grant grant;
  allocate_options options;
};
/// Nothing for now: asked again at `until`.
struct put_off {
  complaint said{};
  time_point until{};
};
/// A token for the server token_server_name() is to be brought with bring_token() (RFC 7635
/// sec. 6.1).
struct token_needed {};
/// The server does not take the credentials any more: the allocation lasts until its end, unless
/// use_credentials() brings better ones. Told once for each.
struct credentials_refused {
  stun::error_code code{};
};
/// A socket is to be named with use_socket(): another one than before, connected to `server` where
/// connections are used.
struct socket_needed {
  endpoint server;
};
/// Datagrams to and from this address pass now.
struct permitted {
  floe::address address;
  bool in_vain = false;  ///< something was sent ahead of a request that was not the one granted
};
struct permission_refused {
  floe::address address;
  std::optional<stun::error_code> code{};  ///< none when the answer makes no sense
};
struct channel_bound {
  endpoint peer;
  std::uint16_t number = 0;
};
/// Data for this peer goes in Send indications.
struct channel_refused {
  endpoint peer;
  std::optional<stun::error_code> code{};  ///< none when the answer makes no sense
};
/// An ICMP error about what was sent to a peer. Nothing proves it (RFC 8656 sec. 11.6).
struct icmp {
  endpoint peer;
  std::uint8_t type = 0;
  std::uint8_t code = 0;
  std::uint32_t data = 0;
};
/// A peer waits behind the relay: open a connection to the server and name it with
/// bind_connection(), or don't. `incoming`: the peer began.
struct connection_offered {
  connection_handle connection;
  endpoint peer;
  bool incoming = false;
};
struct connection_bound {
  connection_handle connection;
};
struct connection_failed {
  connection_handle connection;
  endpoint peer;
  std::optional<stun::error_code> code{};
};
/// The server knows us at the new socket (RFC 8016).
struct moved {
  socket_id socket{};
};
struct move_failed {
  std::optional<stun::error_code> code{};
};
/// Events were dropped, oldest first: nobody asked for them in time.
struct dropped {
  std::uint32_t count = 0;
};
/// There is no allocation, and won't be. Nothing follows.
struct ended {
  end_reason why{};
  std::optional<complaint> said{};  ///< the server's last word, when that was a no
};

using any =
    std::variant<allocated, put_off, token_needed, credentials_refused, socket_needed, permitted,
                 permission_refused, channel_bound, channel_refused, icmp, connection_offered,
                 connection_bound, connection_failed, moved, move_failed, dropped, ended>;

}  // namespace event

}  // namespace floe::turn
