// One or two sockets, a STUN server and a TURN server.
#pragma once

#include <array>
#include <string_view>

#include "gather/bench.hpp"

namespace support {

inline const floe::endpoint stun_at{floe::address::v4(192, 0, 2, 1), 3478};
inline const floe::endpoint turn_at{floe::address::v4(192, 0, 2, 15), 3478};

inline constexpr std::array<std::string_view, 1> stun_uris{"stun:192.0.2.1"};
inline constexpr std::array<std::string_view, 1> turn_uris{"turn:192.0.2.15"};
inline const std::array<floe::gather::server, 2> both_servers{
    floe::gather::server{.uris = stun_uris},
    floe::gather::server{.uris = turn_uris, .username = "user", .credential = "pass"}};
inline constexpr std::array<std::string_view, 1> tcp_uris{"turn:192.0.2.15?transport=tcp"};
inline const std::array<floe::gather::server, 1> turn_over_tcp{
    floe::gather::server{.uris = tcp_uris, .username = "user", .credential = "pass"}};
inline const gsl::span<const floe::gather::server> only_stun{both_servers.data(), 1};
inline const gsl::span<const floe::gather::server> only_turn{both_servers.data() + 1, 1};

struct gather_fixture : gather_bench {
  explicit gather_fixture(const floe::gather::config& config = {.servers = both_servers})
      : gather_bench{config} {
    stun_servers[stun_at] = true;
    add_turn(turn_at);
  }

  void begin(bool two_sockets = false) {
    REQUIRE(gatherer.add_socket(now, wlan, wlan_at));
    if (two_sockets) REQUIRE(gatherer.add_socket(now, cable, cable_at));
    gatherer.start(now);
  }

  scripted_server& turn() { return turn_servers.at(turn_at); }

  /// The first relay that was found.
  floe::socket_id relay() const {
    for (const auto& c : found()) {
      if (c.is_relayed()) return c.relay;
    }
    FAIL("no relay");
    return {};
  }
};

}  // namespace support
