// Servers as users name them, and how they are asked.
//
// owns:     the shape of the configuration
// does not: know what a URI means (server.hpp)
// sources:  RFC 8445 sec. 5.1.1.2, RFC 8656 sec. 3.1
#pragma once

#include "floe/core/language.hpp"

#include <chrono>
#include <cstdint>
#include <gsl/span>
#include <string_view>

#include "floe/core/time.hpp"
#include "floe/stun/retransmit.hpp"
#include "floe/turn/config.hpp"

namespace floe::gather {

/// A server and how it knows us, in the shape that WebRTC made common.
struct server {
  gsl::span<const std::string_view> uris{};  ///< stun:, turn: or turns:
  std::string_view username{};               ///< for turn: and turns:; prepared (OpaqueString)
  std::string_view credential{};             ///< the password
  deadline expires{};  ///< when they end, where the host knows: event::credentials_needed is early
};

/// What a server is asked for.
enum class service : std::uint8_t { reflexive, relay };

/// The capacity of every table of a gatherer, each at most 4096.
struct limits {
  std::uint16_t sockets = 8;
  std::uint16_t attempts = 32;  ///< sockets times URIs, as far as families match; where there is
                                ///< room, one more for each address that races (race.hpp)
  std::uint16_t addresses = 4;  ///< of one URI; the others are not tried
  std::uint16_t relays = 8;     ///< allocations
  std::uint16_t candidates = 32;
  std::uint16_t events = 64;
};

struct config {
  gsl::span<const server> servers{};                 ///< read at construction only
  duration server_limit = std::chrono::seconds{10};  ///< how long an address of a server may take
  duration enough_after = std::chrono::seconds{2};   ///< see progress.hpp
  duration keepalive = std::chrono::seconds{15};     ///< of reflexive addresses; zero: none
  duration retry_lost = std::chrono::seconds{1};     ///< wait before a lost relay is replaced
  std::uint32_t first_relay = 0xffffffff;            ///< numbers of relays count down from here
  stun::retransmit_config retransmit{};
  std::string_view software{};                                       ///< must outlive the gatherer
  turn::allocate_options relay{.family = turn::relay_family::both};  ///< see family_to_ask()
  bool special_peers = false;                                        ///< see turn::session_config
  turn::session_limits relay_limits{};
  gather::limits limits{};
};

}  // namespace floe::gather
