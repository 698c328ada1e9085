// A session between two hosts as a plan, and its topology laid out in a network.
//
// owns:     what may vary about a session, and the addresses of everybody
// does not: make agents (session.hpp) or judge (oracle.hpp); both lay out the same plan
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "floe/agent/config.hpp"
#include "sim/network.hpp"

namespace floe::sim {

/// Whether a side has a relayed candidate, and how it reaches the server.
enum class relaying : std::uint8_t { none, over_udp, over_tcp };

struct side_plan {
  std::vector<gateway_config> layers{};  ///< outermost first; outer addresses are filled in
  std::size_t v4 = 1;                    ///< interfaces
  std::size_t v6 = 0;
  wire_config wire{};  ///< of each interface
  relaying relay = relaying::none;
  bool asks = false;            ///< gathers in virtual time, else knows everything at once
  bool says_pace = true;        ///< tells its peer how fast it checks
  bool wrong_password = false;  ///< what its peer is told is another password than its own
  bool one_component = false;   ///< takes no more than the first component of each stream
  bool dual_stack = false;      ///< its sockets are of both families
  duration signalling{};        ///< how long what it says takes to its peer
  floe::config behaviour{};
};

/// What data of its own kind flows on.
struct flow {
  stream_id stream{};
  component_id component{1};
};

struct plan {
  std::uint64_t seed = 1;
  std::vector<std::uint16_t> streams{1};  ///< how many components each has
  side_plan left{};
  side_plan right{};
  std::size_t shared = 0;    ///< of the left side's layers the right one is behind so many, too
  bool overlapping = false;  ///< both sides number their networks alike
  bool reports = false;      ///< who sends to nobody is told
  wire_config servers{};
};

/// How many components of a stream a side has.
[[nodiscard]] inline std::uint16_t components_of(const plan& p, const side_plan& side,
                                                 std::size_t stream) {
  return side.one_component ? std::uint16_t{1} : p.streams[stream];
}

/// The flows of one side.
[[nodiscard]] inline std::vector<flow> flows_of(const plan& p, const side_plan& side) {
  std::vector<flow> all;
  for (std::size_t s = 0; s < p.streams.size(); ++s) {
    for (std::uint16_t c = 1; c <= components_of(p, side, s); ++c) {
      all.push_back({static_cast<stream_id>(s), static_cast<component_id>(c)});
    }
  }
  return all;
}

/// The flows that both sides have.
[[nodiscard]] inline std::vector<flow> flows_of(const plan& p) {
  return flows_of(p, p.left.one_component ? p.left : p.right);
}

/// How an agent of a plan behaves: a side's config, with room for all that flows.
[[nodiscard]] inline config behaviour_of(const plan& p, const side_plan& side) {
  auto c = side.behaviour;
  const auto flows = static_cast<std::uint16_t>(flows_of(p, side).size());
  c.components = components_of(p, side, 0);
  c.limits.streams = static_cast<std::uint16_t>(p.streams.size());
  c.limits.components = (std::max)(c.limits.components, flows);
  for (auto* const limit : {&c.limits.local_candidates, &c.limits.remote_candidates,
                            &c.limits.pairs, &c.limits.answers, &c.limits.events}) {
    *limit = static_cast<std::uint16_t>(*limit * flows);
  }
  return c;
}

/// An address by its last byte, and a few others that name the network.
[[nodiscard]] inline address six(std::uint8_t net, std::uint8_t host, bool global = true) {
  if (global) return address::v6({0x20, 1, 0x0d, 0xb8, 0, net, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
  return address::v6({0xfd, 0, 0, 0, 0, net, 0, 0, 0, 0, 0, 0, 0, 0, 0, host});
}

[[nodiscard]] inline address nat64_prefix() {
  return address::v6({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
}

/// The IPv6 address under which hosts behind a NAT64 reach an IPv4 one.
[[nodiscard]] inline address embedded(const address& v4) {
  auto a = nat64_prefix();
  std::copy_n(v4.octets.begin(), 4, a.octets.begin() + 12);
  return a;
}

/// The IPv4 address inside an embedded one, and any other as it is.
[[nodiscard]] inline address extracted(const address& a) {
  const auto prefix = nat64_prefix();
  if (a.family == family::ipv4 ||
      !std::equal(prefix.octets.begin(), prefix.octets.begin() + 12, a.octets.begin())) {
    return a;
  }
  return address::v4(a.octets[12], a.octets[13], a.octets[14], a.octets[15]);
}

/// Where everybody is.
struct scene {
  struct side {
    std::vector<interface_id> interfaces;
    std::vector<gateway_id> gateways;  ///< outermost first, without the shared ones of the left
    bool behind_nat64 = false;
  };
  side left;
  side right;
  std::vector<interface_id> stun;       ///< one of each family
  std::vector<interface_id> left_turn;  ///< likewise
  std::vector<interface_id> right_turn;
};

namespace detail {

inline std::vector<interface_id> add_server(network& net, std::uint8_t host,
                                            const wire_config& along) {
  return {net.add_interface(internet, address::v4(203, 0, 113, host), along),
          net.add_interface(internet, six(0xff, host), along)};
}

inline scene::side add_side(network& net, const side_plan& plan, std::uint8_t number,
                            bool overlapping, realm_id realm, std::size_t from_layer) {
  scene::side made;
  const auto translated = [&](bool v6) {
    return std::any_of(plan.layers.begin(), plan.layers.end(), [&](const gateway_config& g) {
      return g.nat && !(v6 && (g.routes_v6 || g.nat64_prefix));
    });
  };
  for (auto k = from_layer; k < plan.layers.size(); ++k) {
    auto g = plan.layers[k];
    const auto layer = static_cast<std::uint8_t>(k);
    if (realm == internet) {
      g.outer = {address::v4(198, 51, 100, number), six(0xee, number)};
    } else {
      g.outer = {address::v4(100, static_cast<std::uint8_t>(64 + layer), number, 1),
                 six(static_cast<std::uint8_t>(0x40 + layer), number, false)};
    }
    made.behind_nat64 = made.behind_nat64 || (g.nat64_prefix && plan.v4 == 0);
    realm = net.add_realm(g, realm);
    made.gateways.push_back(*net.gateway_of(realm));
  }
  for (std::size_t i = 0; i < (std::max)(plan.v4, plan.v6); ++i) {
    const auto host = static_cast<std::uint8_t>(i + 2);
    const auto six_net = overlapping && translated(true) ? std::uint8_t{9} : number;
    if (i < plan.v6) {
      const auto a = six(six_net, host, !translated(true));
      made.interfaces.push_back(net.add_interface(realm, a, plan.wire));
    }
    if (i >= plan.v4) continue;
    auto a = address::v4(192, 0, 2, static_cast<std::uint8_t>(number * 16 + host));
    if (translated(false)) {
      a = overlapping ? address::v4(192, 168, 0, host) : address::v4(10, number, 0, host);
    }
    made.interfaces.push_back(net.add_interface(realm, a, plan.wire));
  }
  return made;
}

}  // namespace detail

/// Lays out a plan. The same plan gives the same scene.
inline scene lay_out(network& net, const plan& p) {
  scene made;
  made.stun = detail::add_server(net, 1, p.servers);
  made.left_turn = detail::add_server(net, 10, p.servers);
  made.right_turn = detail::add_server(net, 20, p.servers);
  made.left = detail::add_side(net, p.left, 1, p.overlapping, internet, 0);
  const auto shared = (std::min)(p.shared, p.left.layers.size());
  auto realm = internet;
  bool nat64 = false;
  for (std::size_t i = 0; i < shared; ++i) {
    realm = net.realm_inside(made.left.gateways[i]);
    nat64 = nat64 || p.left.layers[i].nat64_prefix;
  }
  made.right = detail::add_side(net, p.right, 2, p.overlapping && shared == 0, realm,
                                (std::min)(shared, p.right.layers.size()));
  if (nat64 && p.right.v4 == 0) made.right.behind_nat64 = true;
  return made;
}

}  // namespace floe::sim
