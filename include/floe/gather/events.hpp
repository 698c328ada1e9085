// What a gatherer tells its user.
//
// owns:     the events, as a closed variant of small values
// does not: carry data
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"
#include "floe/gather/candidate.hpp"
#include "floe/gather/config.hpp"
#include "floe/sdp/uri.hpp"
#include "floe/stun/registry.hpp"
#include "floe/turn/config.hpp"
#include "floe/turn/events.hpp"

namespace floe::gather {

namespace detail {
struct attempt_tag;
}

/// Names one asking of one server from one socket.
using attempt_id = handle<detail::attempt_tag>;

/// The URIs of all servers, counted in their order.
using uri_number = std::uint16_t;

/// What became of asking a server.
enum class outcome : std::uint8_t {
  answered,
  refused,             ///< with an error; its code is given
  credentials,         ///< the server does not take them
  timeout,             ///< no answer, or not in time
  unusable_answer,     ///< a success that gives nothing usable
  unreachable,         ///< the host said so
  unresolved,          ///< the host knows no address for the name
  unsupported,         ///< a URI that floe does not use
  no_room,             ///< more was configured than the limits allow
  no_matching_family,  ///< the server has no address of the socket's family
  unproved,            ///< all answers lacked the integrity they must have: they may be anybody's
};

namespace event {

/// The addresses of a server's host are wanted: resolved() gives them. host_of(), or server_name()
/// of an agent, tells the name. Names in .local are for mDNS.
struct name_needed {
  uri_number uri = 0;
  std::uint16_t port = 0;
  sdp::uri_lookup lookup{};
  bool is_local_name = false;  ///< ends in .local
};
/// A connection to a server is wanted, from the address of `socket`: connected() or
/// connect_failed() answers. One that was made for the same attempt before is of no more use. The
/// server's certificate must be for the host's name.
struct connection_needed {
  attempt_id attempt;
  socket_id socket{};
  endpoint server;
  turn::transport transport{};
  uri_number uri = 0;
};
/// The server thinks that this socket has an allocation: another one bound to the same address may
/// be named with connected(). source: RFC 8656 sec. 7.4
struct socket_needed {
  attempt_id attempt;
  socket_id socket{};
  endpoint server;
};
/// A token for the server token_server_name() is to be brought with bring_token() (RFC 7635
/// sec. 6.1).
struct token_needed {
  attempt_id attempt;
};
/// A candidate, not redundant to those before.
struct found {
  gather::candidate candidate;
};
/// The NAT gave a socket another address: the one before is of no use any more.
struct mapping_changed {
  gather::candidate before;
  endpoint now;
};
/// What asking a server from a socket came to, once for each.
struct server_result {
  uri_number uri = 0;
  socket_id socket{};
  endpoint server;  ///< 0.0.0.0 where there was none to ask
  gather::outcome outcome{};
  std::optional<turn::complaint> said{};  ///< its last word, when that was a no
  duration took{};                        ///< from the first request on
};
/// There is something to answer the peer with.
struct enough {};
/// Nothing more will come, unless sockets are added.
struct complete {};
/// A relay is gone, and its candidate with it. Another one may be found on the same server, with a
/// number of its own.
struct relay_lost {
  socket_id relay{};
  turn::end_reason why{};
  std::optional<turn::complaint> said{};  ///< its server's last word, when that was a no
};
/// Other credentials for a server are wanted: set_credentials() brings them. `server` counts those
/// of the configuration. Either those it has end at `end`, or the server takes them no more, though
/// a relay was had with them; that stays until it expires.
struct credentials_needed {
  std::uint16_t server = 0;
  deadline end{};
};
struct permitted {
  socket_id relay{};
  floe::address peer;
  bool in_vain = false;  ///< see turn::event::permitted
};
struct permission_refused {
  socket_id relay{};
  floe::address peer;
  std::optional<stun::error_code> code{};
};
struct icmp {
  socket_id relay{};
  turn::event::icmp report;
};
/// Events were dropped, oldest first: nobody asked for them in time.
struct dropped {
  std::uint32_t count = 0;
};

using any = std::variant<name_needed, connection_needed, socket_needed, token_needed, found,
                         mapping_changed, server_result, enough, complete, relay_lost, permitted,
                         permission_refused, icmp, dropped, credentials_needed>;

}  // namespace event

}  // namespace floe::gather
