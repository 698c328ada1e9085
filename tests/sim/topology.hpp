// Who is where: realms of addresses, the gateways between them, interfaces, sockets.
//
// owns:     the way of a datagram from a socket to another, hop by hop
// does not: let time pass, or hold datagrams (network.hpp)
// invariant: a realm has at most one gateway, so that there is one way at most.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "sim/firewall.hpp"
#include "sim/nat.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"
#include "sim/wire.hpp"

namespace floe::sim {

class party;

enum class realm_id : std::uint16_t {};      ///< where addresses are unique; 0 is the Internet
enum class interface_id : std::uint16_t {};  ///< a host's place in a realm
enum class gateway_id : std::uint16_t {};    ///< the way from one realm to the one around it

inline constexpr realm_id internet{0};

/// What stands between a realm and the one around it. A family that the NAT has no part in is
/// routed; the firewall judges both, by the inner endpoint.
struct gateway_config {
  std::optional<nat_config> nat{};
  std::vector<address> outer{};           ///< the NAT's addresses outside
  bool routes_v6 = false;                 ///< IPv6 is routed although there is a NAT
  std::optional<address> nat64_prefix{};  ///< IPv6 packets into this /96 leave as IPv4 (RFC 6146)
  firewall_config firewall{};
  wire_config wire{};  ///< of each direction
};

/// What a packet says about its way.
struct heading {
  endpoint source;
  endpoint destination;
};

/// Where a packet goes next.
struct waypoint {
  enum kind : std::uint8_t { attachment, gateway, connection, report };
  kind what = attachment;
  std::uint16_t index = 0;  ///< of the interface it is attached by, the gateway, or the socket that
                            ///< it goes to, or came from
};

class topology {
 public:
  explicit topology(random_source chance) : chance_{chance} { realms_.emplace_back(); }

  /// A realm inside `outside`, behind a gateway.
  realm_id add_realm(const gateway_config& config, realm_id outside = internet) {
    gateways_.emplace_back(config, outside, static_cast<realm_id>(realms_.size()), chance_.fork());
    realms_.push_back({static_cast<gateway_id>(gateways_.size() - 1)});
    return gateways_.back().inside;
  }

  interface_id add_interface(realm_id realm, const address& a, const wire_config& along = {}) {
    interfaces_.push_back({realm, a, wire{along}, wire{along}, true});
    return static_cast<interface_id>(interfaces_.size() - 1);
  }

  /// A socket of `owner` at an interface. The ids count from 1.
  socket_id add_socket(party& owner, interface_id where, std::uint16_t port) {
    sockets_.push_back({&owner, where, {at(where).address, port}, true});
    return static_cast<socket_id>(sockets_.size());
  }

  /// The gateway of a realm; nullopt for the Internet.
  [[nodiscard]] std::optional<gateway_id> gateway_of(realm_id realm) const {
    return realms_[static_cast<std::size_t>(realm)].up;
  }
  /// The realm behind a gateway.
  [[nodiscard]] realm_id realm_inside(gateway_id id) const {
    return gateways_[static_cast<std::size_t>(id)].inside;
  }
  [[nodiscard]] const address& address_of(interface_id id) const { return at(id).address; }
  [[nodiscard]] realm_id realm_of(interface_id id) const { return at(id).realm; }
  [[nodiscard]] const endpoint& bound(socket_id id) const { return at(id).bound; }
  [[nodiscard]] interface_id interface_of(socket_id id) const { return at(id).where; }

  /// What a test may change while a network runs; nullptr for a gateway without a NAT.
  [[nodiscard]] nat* nat_of(gateway_id id) { return at(id).nat ? &*at(id).nat : nullptr; }
  [[nodiscard]] firewall& firewall_of(gateway_id id) { return at(id).wall; }

  /// Takes an interface down, or up again. What is on its way to it then is lost.
  void set_up(interface_id id, bool up) { at(id).up = up; }
  /// Gives an interface another wire.
  void rewire(interface_id id, const wire_config& along) {
    at(id).out.change(along);
    at(id).in.change(along);
  }
  void unbind(socket_id id) { at(id).open = false; }

 protected:
  struct realm_row {
    std::optional<gateway_id> up{};
  };

  struct interface_row {
    realm_id realm;
    floe::address address;
    wire out;
    wire in;
    bool up;
  };

  struct gateway_row {
    gateway_row(const gateway_config& c, realm_id around, realm_id within, random_source source)
        : config{c}, wall{c.firewall}, out{c.wire}, in{c.wire}, outside{around}, inside{within} {
      if (c.nat) nat.emplace(*c.nat, c.outer, source);
    }

    gateway_config config;
    std::optional<sim::nat> nat{};
    firewall wall;
    wire out;
    wire in;
    realm_id outside;
    realm_id inside;
  };

  struct socket_row {
    party* owner;
    interface_id where;
    endpoint bound;
    bool open;
  };

  [[nodiscard]] interface_row& at(interface_id id) {
    return interfaces_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] const interface_row& at(interface_id id) const {
    return interfaces_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] gateway_row& at(gateway_id id) { return gateways_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] socket_row& at(socket_id id) {
    return sockets_.at(static_cast<std::size_t>(id) - 1);
  }
  [[nodiscard]] const socket_row& at(socket_id id) const {
    return sockets_.at(static_cast<std::size_t>(id) - 1);
  }

  /// The wire that leads to a waypoint.
  [[nodiscard]] wire& wire_to(const waypoint& to) {
    return to.what == waypoint::gateway ? gateways_[to.index].in : interfaces_[to.index].in;
  }

  [[nodiscard]] std::optional<waypoint> find_in(realm_id realm, const address& a) const {
    for (std::size_t i = 0; i < interfaces_.size(); ++i) {
      if (interfaces_[i].realm == realm && interfaces_[i].address == a) {
        return waypoint{waypoint::attachment, static_cast<std::uint16_t>(i)};
      }
    }
    for (std::size_t i = 0; i < gateways_.size(); ++i) {
      const auto& g = gateways_[i];
      if (g.outside == realm && ((g.nat && g.nat->owns(a)) || leads_to(g, a))) {
        return waypoint{waypoint::gateway, static_cast<std::uint16_t>(i)};
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<socket_id> socket_at(interface_id here, const endpoint& name) const {
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
      const auto& s = sockets_[i];
      if (s.open && s.where == here && s.bound == name) return static_cast<socket_id>(i + 1);
    }
    return std::nullopt;
  }

  /// True for a packet that a NAT would have to send back to where it came from, and does not.
  [[nodiscard]] bool is_refused_hairpin(const waypoint& to,
                                        const std::optional<gateway_id>& left) const {
    if (to.what != waypoint::gateway || !left || static_cast<std::size_t>(*left) != to.index) {
      return false;
    }
    const auto& g = gateways_[to.index];
    return g.nat && !g.nat->config().hairpin;
  }

  /// Lets a packet leave a realm.
  drop cross_out(time_point now, gateway_id id, heading& p) {
    auto& g = at(id);
    if (!g.wall.lets_out(now, p.source, p.destination)) return drop::blocked;
    if (g.config.nat64_prefix && has_prefix(p.destination.address, *g.config.nat64_prefix)) {
      const auto& o = p.destination.address.octets;
      p.destination.address = address::v4(o[12], o[13], o[14], o[15]);
    } else if (!translates(g, p.source.address.family)) {
      return drop::none;
    }
    const auto outer = g.nat->outbound(now, p.source, p.destination);
    if (!outer) return drop::no_route;
    p.source = *outer;
    return drop::none;
  }

  /// Lets a packet into a realm. The source becomes what the inside knows the sender as.
  static drop cross_in(time_point now, gateway_row& g, heading& p) {
    if (g.nat && g.nat->owns(p.destination.address)) {
      const auto inner = g.nat->inbound(now, p.destination, p.source);
      if (!inner) return drop::filtered;
      p.destination = *inner;
      if (inner->address.family != p.source.address.family) {
        auto embedded = *g.config.nat64_prefix;
        std::copy_n(p.source.address.octets.begin(), 4, embedded.octets.begin() + 12);
        p.source.address = embedded;
      }
    }
    return g.wall.lets_in(now, p.destination, p.source) ? drop::none : drop::filtered;
  }

  /// Lets a packet leave realms, in no time, until somebody has its destination.
  std::optional<waypoint> climb(time_point now, heading& p, realm_id realm) {
    std::optional<gateway_id> left;
    for (;;) {
      const auto to = find_in(realm, p.destination.address);
      if (to) return is_refused_hairpin(*to, left) ? std::nullopt : to;
      left = gateway_of(realm);
      if (!left || cross_out(now, *left, p) != drop::none) return std::nullopt;
      realm = at(*left).outside;
    }
  }

  random_source chance_;
  std::deque<gateway_row> gateways_;

 private:
  static bool has_prefix(const address& a, const address& prefix) {
    return a.family == family::ipv6 &&
           std::equal(prefix.octets.begin(), prefix.octets.begin() + 12, a.octets.begin());
  }

  static bool translates(const gateway_row& g, family f) {
    return g.nat && !(f == family::ipv6 && (g.config.routes_v6 || g.config.nat64_prefix));
  }

  /// True when packets for `a` are routed through `g` to somewhere inside.
  [[nodiscard]] bool leads_to(const gateway_row& g, const address& a) const {
    if (translates(g, a.family)) return false;
    const auto is_there = [&](const interface_row& i) {
      return i.realm == g.inside && i.address == a;
    };
    const auto is_further_in = [&](const gateway_row& other) {
      return other.outside == g.inside && ((other.nat && other.nat->owns(a)) || leads_to(other, a));
    };
    return std::any_of(interfaces_.begin(), interfaces_.end(), is_there) ||
           std::any_of(gateways_.begin(), gateways_.end(), is_further_in);
  }

  std::vector<realm_row> realms_;
  std::vector<interface_row> interfaces_;
  std::vector<socket_row> sockets_;
};

}  // namespace floe::sim
