// A packet network in virtual time: realms of addresses, the gateways between them, wires, sockets.
//
// owns:     time, the packets on their way, who has which address, and the order of events
// does not: know STUN or ICE; what is at a socket is a party
// invariant: the same seed and the same calls give the same run, byte for byte: digest() says so.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <gsl/assert>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "sim/firewall.hpp"
#include "sim/nat.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"
#include "sim/wire.hpp"

namespace floe::sim {

class network;

enum class realm_id : std::uint16_t {};      ///< where addresses are unique; 0 is the Internet
enum class interface_id : std::uint16_t {};  ///< a host's place in a realm
enum class gateway_id : std::uint16_t {};    ///< the way from one realm to the one around it

inline constexpr realm_id internet{0};

/// A datagram at the end of its way, or a message on a connection.
struct arrival {
  socket_id socket{};
  endpoint remote;
  byte_view bytes;
  std::optional<socket_id> connection{};  ///< the socket at the other end of a connection
};

/// Somebody behind sockets.
class party {
 public:
  party() = default;
  party(const party&) = delete;
  party& operator=(const party&) = delete;
  virtual ~party() = default;

  virtual void receive(network& net, const arrival& what) = 0;
  [[nodiscard]] virtual deadline next_timeout() const { return std::nullopt; }
  virtual void handle_timeout(network&) {}
};

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

/// What a test does to one datagram.
struct tampering {
  enum kind : std::uint8_t { drop, duplicate, delay };
  std::size_t index = 0;  ///< of all that parties send, from 0
  kind what = drop;
  duration later = 1s;  ///< of the second copy, or of the only one
};

/// Counters of a network.
struct network_statistics {
  std::size_t sent = 0;
  std::size_t delivered = 0;
  std::array<std::size_t, drop_count> dropped{};

  [[nodiscard]] std::size_t count(drop why) const { return dropped[static_cast<std::size_t>(why)]; }
};

class network {
 public:
  static constexpr std::size_t largest_datagram = 1500;

  explicit network(std::uint64_t seed) : seed_{seed}, chance_{seed} { realms_.emplace_back(); }

  network(const network&) = delete;
  network& operator=(const network&) = delete;

  [[nodiscard]] time_point now() const noexcept { return now_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] const network_statistics& stats() const noexcept { return stats_; }
  [[nodiscard]] random_source& chance() noexcept { return chance_; }

  /// A number that tells runs apart: of every datagram sent, its instant, endpoints and bytes.
  [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

  std::optional<tampering> tamper;

  // ---- topology ------------------------------------------------------------------------------

  /// A realm inside `outside`, behind a gateway.
  realm_id add_realm(const gateway_config& config, realm_id outside = internet) {
    gateways_.emplace_back(config, outside, static_cast<realm_id>(realms_.size()), chance_.fork());
    realms_.push_back({static_cast<gateway_id>(gateways_.size() - 1)});
    return gateways_.back().inside;
  }

  /// The gateway of a realm. in: not the Internet
  [[nodiscard]] gateway_id gateway_of(realm_id realm) const { return at(realm).up.value(); }

  interface_id add_interface(realm_id realm, const address& a, const wire_config& along = {}) {
    interfaces_.push_back({realm, a, sim::wire{along}, sim::wire{along}, true});
    return static_cast<interface_id>(interfaces_.size() - 1);
  }

  [[nodiscard]] const address& address_of(interface_id id) const { return at(id).address; }
  [[nodiscard]] realm_id realm_of(interface_id id) const { return at(id).realm; }
  [[nodiscard]] nat* nat_of(gateway_id id) {
    auto& g = gateways_[static_cast<std::size_t>(id)];
    return g.nat ? &*g.nat : nullptr;
  }
  [[nodiscard]] firewall& firewall_of(gateway_id id) {
    return gateways_[static_cast<std::size_t>(id)].wall;
  }

  /// Takes an interface down, or up again. What is on its way to it then is lost.
  void set_up(interface_id id, bool up) { at(id).up = up; }
  /// Gives an interface another wire.
  void rewire(interface_id id, const wire_config& along) {
    at(id).out.change(along);
    at(id).in.change(along);
  }

  /// A socket of `owner` at an interface. The ids of a network's sockets count from 1.
  socket_id bind(party& owner, interface_id where, std::uint16_t port) {
    if (std::find(parties_.begin(), parties_.end(), &owner) == parties_.end()) {
      parties_.push_back(&owner);
    }
    sockets_.push_back({&owner, where, {at(where).address, port}, true});
    return static_cast<socket_id>(sockets_.size());
  }

  void unbind(socket_id id) { at(id).open = false; }
  [[nodiscard]] const endpoint& bound(socket_id id) const { return at(id).bound; }
  [[nodiscard]] interface_id interface_of(socket_id id) const { return at(id).where; }

  /// The endpoint from which `remote` would see the socket, as if a datagram had just left: the
  /// NATs on the way have a mapping afterwards. nullopt when nothing would arrive there.
  std::optional<endpoint> map(socket_id from, const endpoint& remote) {
    packet p{bound(from), remote, 0, {}};
    auto realm = at(at(from).where).realm;
    while (!target_in(realm, p.destination.address)) {
      const auto up = at(realm).up;
      if (!up || cross_out(*up, p) != drop::none) return std::nullopt;
      realm = gateways_[static_cast<std::size_t>(*up)].outside;
    }
    return p.source;
  }

  // ---- traffic -------------------------------------------------------------------------------

  void send(socket_id from, const endpoint& to, byte_view bytes) {
    const auto& socket = at(from);
    if (!socket.open || !at(socket.where).up) return count(drop::cut);
    if (bytes.size() > largest_datagram) return count(drop::too_big);
    const auto slot = take_slot();
    auto& p = packets_[slot];
    p.source = socket.bound;
    p.destination = to;
    p.size = bytes.size();
    std::copy(bytes.begin(), bytes.end(), p.bytes.begin());
    note(p);
    const auto index = stats_.sent++;
    auto& where = at(socket.where);
    auto way = where.out.cross(now_, p.size, chance_);
    if (tamper && tamper->index == index) way = tampered(way);
    spread(slot, way, [&](std::size_t copy, duration delay) { climb(copy, where.realm, delay); });
  }

  /// Sends a message on a connection between two sockets, as TCP would carry it: in order, without
  /// loss, and through whatever blocks UDP.
  void send_connected(socket_id from, socket_id to, byte_view bytes) {
    if (!at(from).open || !at(at(from).where).up) return count(drop::cut);
    Expects(bytes.size() <= largest_datagram);
    const auto slot = take_slot();
    auto& p = packets_[slot];
    p.source = at(from).bound;
    p.destination = at(to).bound;
    p.size = bytes.size();
    std::copy(bytes.begin(), bytes.end(), p.bytes.begin());
    note(p);
    const auto latency =
        at(at(from).where).out.config().latency + at(at(to).where).in.config().latency;
    push({after(now_, latency),
          0,
          slot,
          {target::connection, static_cast<std::uint16_t>(to)},
          from});
  }

  /// Runs until `done()` or `limit`; returns whether `done()` holds.
  template <class Done>
  bool run_until(Done&& done, duration limit) {
    const auto end = after(now_, limit);
    for (;;) {
      if (done()) return true;
      const auto next = next_instant();
      if (!next || *next > end) {
        now_ = std::max(now_, end);
        return done();
      }
      if (++steps_ > step_limit) fail("livelock");
      now_ = std::max(now_, *next);
      step();
    }
  }

  void run_for(duration span) {
    run_until([] { return false; }, span);
  }

  /// When something happens next.
  [[nodiscard]] deadline next_instant() const {
    deadline next;
    if (!wire_.empty()) next = wire_.front().at;
    for (const auto* const p : parties_) next = earliest(next, p->next_timeout());
    return next;
  }

  /// Ends the run with a message that names the seed.
  [[noreturn]] void fail(const std::string& what) const {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(now_ - epoch).count();
    throw std::runtime_error{what + " at " + std::to_string(at) + " ms, seed " +
                             std::to_string(seed_)};
  }

 private:
  struct packet {
    endpoint source;
    endpoint destination;
    std::size_t size = 0;
    std::array<std::byte, largest_datagram> bytes;
  };

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

  /// Where a packet goes next.
  struct target {
    enum kind : std::uint8_t { interface, gateway, connection };
    kind what = interface;
    std::uint16_t index = 0;  ///< of the interface, the gateway, or the socket
  };

  /// A packet that arrives.
  struct event {
    time_point at;
    std::uint64_t order;
    std::size_t slot;
    target where;
    socket_id from{};  ///< of a connection

    /// For a heap with the earliest on top.
    bool operator<(const event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  static constexpr std::size_t step_limit = 2'000'000;

  [[nodiscard]] realm_row& at(realm_id id) { return realms_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const realm_row& at(realm_id id) const {
    return realms_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] interface_row& at(interface_id id) {
    return interfaces_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] const interface_row& at(interface_id id) const {
    return interfaces_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] socket_row& at(socket_id id) {
    return sockets_.at(static_cast<std::size_t>(id) - 1);
  }
  [[nodiscard]] const socket_row& at(socket_id id) const {
    return sockets_.at(static_cast<std::size_t>(id) - 1);
  }

  void step() {
    while (!wire_.empty() && wire_.front().at <= now_) {
      std::pop_heap(wire_.begin(), wire_.end());
      const auto e = wire_.back();
      wire_.pop_back();
      arrive(e);
    }
    for (std::size_t i = 0; i < parties_.size(); ++i) {
      const auto next = parties_[i]->next_timeout();
      if (!next || *next > now_) continue;
      parties_[i]->handle_timeout(*this);
      const auto later = parties_[i]->next_timeout();
      if (later && *later <= now_) fail("next_timeout() stands still");
    }
  }

  // ---- addresses -----------------------------------------------------------------------------

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
    return std::any_of(
               interfaces_.begin(), interfaces_.end(),
               [&](const interface_row& i) { return i.realm == g.inside && i.address == a; }) ||
           std::any_of(gateways_.begin(), gateways_.end(), [&](const gateway_row& other) {
             return other.outside == g.inside &&
                    ((other.nat && other.nat->owns(a)) || leads_to(other, a));
           });
  }

  [[nodiscard]] std::optional<target> target_in(realm_id realm, const address& a) const {
    for (std::size_t i = 0; i < interfaces_.size(); ++i) {
      if (interfaces_[i].realm == realm && interfaces_[i].address == a) {
        return target{target::interface, static_cast<std::uint16_t>(i)};
      }
    }
    for (std::size_t i = 0; i < gateways_.size(); ++i) {
      const auto& g = gateways_[i];
      if (g.outside != realm) continue;
      if ((g.nat && g.nat->owns(a)) || leads_to(g, a)) {
        return target{target::gateway, static_cast<std::uint16_t>(i)};
      }
    }
    return std::nullopt;
  }

  /// Lets a packet leave a realm.
  drop cross_out(gateway_id id, packet& p) {
    auto& g = gateways_[static_cast<std::size_t>(id)];
    if (!g.wall.lets_out(now_, p.source, p.destination)) return drop::blocked;
    if (g.config.nat64_prefix && has_prefix(p.destination.address, *g.config.nat64_prefix)) {
      const auto& o = p.destination.address.octets;
      p.destination.address = address::v4(o[12], o[13], o[14], o[15]);
    } else if (!translates(g, p.source.address.family)) {
      return drop::none;
    }
    const auto outer = g.nat->outbound(now_, p.source, p.destination);
    if (!outer) return drop::no_route;
    p.source = *outer;
    return drop::none;
  }

  /// Lets a packet into a realm.
  drop cross_in(gateway_row& g, packet& p) {
    if (g.nat && g.nat->owns(p.destination.address)) {
      const auto inner = g.nat->inbound(now_, p.destination, p.source);
      if (!inner) return drop::filtered;
      p.destination = *inner;
      if (inner->address.family != p.source.address.family) {
        auto embedded = *g.config.nat64_prefix;
        std::copy_n(p.source.address.octets.begin(), 4, embedded.octets.begin() + 12);
        p.source.address = embedded;
      }
    }
    return g.wall.lets_in(now_, p.destination, p.source) ? drop::none : drop::filtered;
  }

  // ---- packets -------------------------------------------------------------------------------

  std::size_t take_slot() {
    if (free_.empty()) {
      packets_.emplace_back();
      return packets_.size() - 1;
    }
    const auto slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void give_up(std::size_t slot, drop why) {
    free_.push_back(slot);
    count(why);
  }
  void count(drop why) { ++stats_.dropped[static_cast<std::size_t>(why)]; }

  /// Calls `onward(slot, delay)` for each copy that comes out of a wire.
  template <class Onward>
  void spread(std::size_t slot, const crossing& way, Onward&& onward) {
    if (way.copies == 0) return give_up(slot, way.why);
    if (way.copies == 2) {
      const auto twin = take_slot();
      packets_[twin] = packets_[slot];
      onward(twin, way.after[1]);
    }
    onward(slot, way.after[0]);
  }

  crossing tampered(const crossing& way) const {
    switch (tamper->what) {
      case tampering::drop: return {0, {}, drop::tampered};
      case tampering::duplicate: return {2, {way.after[0], way.after[0] + tamper->later}, {}};
      case tampering::delay: return {1, {way.after[0] + tamper->later, {}}, {}};
    }
    return way;
  }

  /// From a realm outwards until somebody has the destination.
  void climb(std::size_t slot, realm_id realm, duration delay) {
    std::optional<gateway_id> left;
    for (;;) {
      auto& p = packets_[slot];
      if (const auto to = target_in(realm, p.destination.address)) {
        const bool turns =
            to->what == target::gateway && left && static_cast<std::size_t>(*left) == to->index;
        if (turns && !gateways_[to->index].nat->config().hairpin) {
          return give_up(slot, drop::hairpin);
        }
        return descend(slot, *to, delay);
      }
      left = at(realm).up;
      if (!left) return give_up(slot, drop::no_route);
      if (const auto why = cross_out(*left, p); why != drop::none) return give_up(slot, why);
      auto& g = gateways_[static_cast<std::size_t>(*left)];
      realm = g.outside;
      const auto way = g.out.cross(after(now_, delay), p.size, chance_);
      if (way.copies == 0) return give_up(slot, way.why);
      if (way.copies == 2) {
        const auto twin = take_slot();
        packets_[twin] = packets_[slot];
        climb(twin, realm, delay + way.after[1]);
      }
      delay += way.after[0];
    }
  }

  /// Over the wire to an interface or a gateway.
  void descend(std::size_t slot, const target& to, duration delay) {
    auto& last = to.what == target::gateway ? gateways_[to.index].in : interfaces_[to.index].in;
    const auto way = last.cross(after(now_, delay), packets_[slot].size, chance_);
    spread(slot, way, [&](std::size_t copy, duration more) {
      push({after(now_, delay + more), 0, copy, to});
    });
  }

  void push(event e) {
    e.order = order_++;
    wire_.push_back(e);
    std::push_heap(wire_.begin(), wire_.end());
  }

  void arrive(const event& e) {
    switch (e.where.what) {
      case target::gateway: return enter(e);
      case target::connection: return deliver(e, static_cast<socket_id>(e.where.index));
      case target::interface: break;
    }
    const auto& p = packets_[e.slot];
    const auto here = static_cast<interface_id>(e.where.index);
    for (std::size_t i = 0; i < sockets_.size(); ++i) {
      const auto& s = sockets_[i];
      if (s.open && s.where == here && s.bound == p.destination) {
        return deliver(e, static_cast<socket_id>(i + 1));
      }
    }
    give_up(e.slot, drop::no_socket);
  }

  /// From outside through a gateway.
  void enter(const event& e) {
    auto& g = gateways_[e.where.index];
    auto& p = packets_[e.slot];
    if (const auto why = cross_in(g, p); why != drop::none) return give_up(e.slot, why);
    const auto to = target_in(g.inside, p.destination.address);
    if (!to) return give_up(e.slot, drop::no_route);
    descend(e.slot, *to, duration::zero());
  }

  void deliver(const event& e, socket_id to) {
    if (!at(to).open || !at(at(to).where).up) return give_up(e.slot, drop::cut);
    const auto& p = packets_[e.slot];
    ++stats_.delivered;
    const bool connected = e.where.what == target::connection;
    at(to).owner->receive(*this, {to, p.source, byte_view{p.bytes}.first(p.size),
                                  connected ? std::optional{e.from} : std::nullopt});
    free_.push_back(e.slot);
  }

  void note(const packet& p) {
    mix(static_cast<std::uint64_t>(elapsed(epoch, now_).count()));
    for (const auto* const e : {&p.source, &p.destination}) {
      mix(e->port);
      for (std::size_t i = 0; i < 16; i += 4) {
        mix(static_cast<std::uint64_t>(e->address.octets[i]) << 24U |
            static_cast<std::uint64_t>(e->address.octets[i + 1]) << 16U |
            static_cast<std::uint64_t>(e->address.octets[i + 2]) << 8U | e->address.octets[i + 3]);
      }
    }
    std::size_t i = 0;
    for (; i + 8 <= p.size; i += 8) mix(load_be<std::uint64_t>(p.bytes.data() + i));
    for (; i < p.size; ++i) mix(std::to_integer<std::uint64_t>(p.bytes[i]));
  }
  void mix(std::uint64_t word) {
    digest_ = (digest_ ^ word) * 0x9fb21c651e98df25U;
    digest_ ^= digest_ >> 32U;
  }

  std::uint64_t seed_;
  random_source chance_;
  time_point now_ = epoch;
  std::uint64_t order_ = 0;
  std::size_t steps_ = 0;
  std::uint64_t digest_ = 0;
  network_statistics stats_;
  std::vector<realm_row> realms_;
  std::vector<interface_row> interfaces_;
  std::deque<gateway_row> gateways_;
  std::deque<socket_row> sockets_;
  std::vector<party*> parties_;
  std::deque<packet> packets_;
  std::vector<std::size_t> free_;
  std::vector<event> wire_;
};

}  // namespace floe::sim
