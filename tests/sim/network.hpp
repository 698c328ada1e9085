// A packet network in virtual time.
//
// owns:     time, the datagrams on their way, and the order of events
// does not: know who is where (topology.hpp), or STUN or ICE: what is at a socket is a party
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
#include "floe/core/datagram.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"
#include "sim/topology.hpp"
#include "sim/wire.hpp"

namespace floe::sim {

class network;

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
  /// What left one of its sockets came to nobody, as ICMP says.
  virtual void unreachable(network&, const path&) {}
  [[nodiscard]] virtual deadline next_timeout() const { return std::nullopt; }
  virtual void handle_timeout(network&) {}
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

class network : public topology {
 public:
  static constexpr std::size_t largest_datagram = 1500;

  explicit network(std::uint64_t seed) : topology{random_source{seed}}, seed_{seed} {}

  network(const network&) = delete;
  network& operator=(const network&) = delete;
  ~network() = default;

  [[nodiscard]] time_point now() const noexcept { return now_; }
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  [[nodiscard]] const network_statistics& stats() const noexcept { return stats_; }
  [[nodiscard]] random_source& chance() noexcept { return chance_; }

  /// A number that tells runs apart: of every datagram sent, its instant, endpoints and bytes.
  [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

  std::optional<tampering> tamper;

  /// Whether senders hear of datagrams that nothing took: no address, no socket, or a NAT or a
  /// firewall that does not let them in.
  bool reports_unreachable = false;

  /// Registers somebody who has deadlines, and perhaps no socket. At one instant who joined first
  /// is first.
  void join(party& somebody) {
    if (std::find(parties_.begin(), parties_.end(), &somebody) == parties_.end()) {
      parties_.push_back(&somebody);
    }
  }

  socket_id bind(party& owner, interface_id where, std::uint16_t port) {
    join(owner);
    return add_socket(owner, where, port);
  }

  /// Where a datagram would arrive, and from whom.
  struct hop {
    socket_id to;
    endpoint source;
  };

  /// Lets a datagram pass in no time and without a word: NATs and firewalls on the way remember it,
  /// the wires and the receiver do not. nullopt when it would not arrive.
  std::optional<hop> probe(socket_id from, const endpoint& remote) {
    heading p{bound(from), remote};
    auto to = climb(now_, p, realm_of(interface_of(from)));
    while (to && to->what == waypoint::gateway) {
      auto& g = gateways_[to->index];
      if (cross_in(now_, g, p) != drop::none) return std::nullopt;
      to = find_in(g.inside, p.destination.address);
    }
    if (!to) return std::nullopt;
    const auto socket = socket_at(static_cast<interface_id>(to->index), p.destination);
    if (!socket) return std::nullopt;
    return hop{*socket, p.source};
  }

  /// The endpoint from which `remote` sees the socket, as if a datagram had just left. nullopt when
  /// nothing gets as far as the realm that `remote` is in.
  std::optional<endpoint> map(socket_id from, const endpoint& remote) {
    heading p{bound(from), remote};
    const auto to = climb(now_, p, realm_of(interface_of(from)));
    return to ? std::optional{p.source} : std::nullopt;
  }

  void send(socket_id from, const endpoint& to, byte_view bytes) {
    const auto& socket = at(from);
    if (!socket.open || !at(socket.where).up) return count(drop::cut);
    if (bytes.size() > largest_datagram) return count(drop::too_big);
    const auto slot = store({socket.bound, to}, bytes);
    packets_[slot].aimed = {from, to};
    const auto index = stats_.sent++;
    auto& where = at(socket.where);
    auto way = where.out.cross(now_, bytes.size(), chance_);
    if (tamper && tamper->index == index) way = tampered(way);
    spread(slot, way, [&](std::size_t copy, duration delay) { climb(copy, where.realm, delay); });
  }

  /// Sends a message on a connection between two sockets, as TCP would carry it: in order, without
  /// loss, and through whatever blocks UDP.
  void send_connected(socket_id from, socket_id to, byte_view bytes) {
    Expects(bytes.size() <= largest_datagram);
    const auto& socket = at(from);
    if (!socket.open || !at(socket.where).up) return count(drop::cut);
    const auto slot = store({socket.bound, bound(to)}, bytes);
    packets_[slot].aimed = {};
    const auto latency =
        at(socket.where).out.config().latency + at(interface_of(to)).in.config().latency;
    const waypoint there{waypoint::connection, static_cast<std::uint16_t>(to)};
    push({after(now_, latency), 0, slot, there, from});
  }

  /// Runs until `done()` or `limit`; returns whether `done()` holds.
  template <class Done>
  bool run_until(Done&& done, duration limit) {
    const auto end = after(now_, limit);
    for (;;) {
      if (done()) return true;
      const auto next = next_instant();
      if (!next || *next > end) {
        now_ = (std::max)(now_, end);
        return done();
      }
      if (++steps_ > step_limit) fail("livelock");
      now_ = (std::max)(now_, *next);
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
    heading head;
    path aimed{};  ///< as its sender sees it; without a socket on a connection
    std::size_t size = 0;
    std::array<std::byte, largest_datagram> bytes;
  };

  /// A packet that arrives.
  struct event {
    time_point at;
    std::uint64_t order;
    std::size_t slot;
    waypoint where;
    socket_id from{};  ///< of a connection

    /// For a heap with the earliest on top.
    bool operator<(const event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };

  static constexpr std::size_t step_limit = 2'000'000;

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

  std::size_t take_slot() {
    if (free_.empty()) {
      packets_.emplace_back();
      return packets_.size() - 1;
    }
    const auto slot = free_.back();
    free_.pop_back();
    return slot;
  }

  std::size_t store(const heading& head, byte_view bytes) {
    const auto slot = take_slot();
    auto& p = packets_[slot];
    p.head = head;
    p.size = bytes.size();
    std::copy(bytes.begin(), bytes.end(), p.bytes.begin());
    note(p);
    return slot;
  }

  std::size_t copy_of(std::size_t slot) {
    const auto twin = take_slot();
    auto& to = packets_[twin];
    const auto& from = packets_[slot];
    to.head = from.head;
    to.aimed = from.aimed;
    to.size = from.size;
    std::copy_n(from.bytes.begin(), from.size, to.bytes.begin());
    return twin;
  }

  void give_up(std::size_t slot, drop why) {
    const bool refused = why == drop::no_route || why == drop::no_socket || why == drop::filtered;
    count(why);
    if (!reports_unreachable || !refused || packets_[slot].aimed.local == socket_id{}) {
      free_.push_back(slot);
      return;
    }
    // From whoever did not take it, as far away as the sender's own wire.
    const auto from = packets_[slot].aimed.local;
    const auto latency = at(interface_of(from)).in.config().latency;
    push({after(now_, latency),
          0,
          slot,
          {waypoint::report, static_cast<std::uint16_t>(from)},
          from});
  }
  void count(drop why) { ++stats_.dropped[static_cast<std::size_t>(why)]; }

  /// Calls `onward(slot, delay)` for each copy that comes out of a wire.
  template <class Onward>
  void spread(std::size_t slot, const crossing& way, Onward&& onward) {
    if (way.copies == 0) return give_up(slot, way.why);
    if (way.copies == 2) onward(copy_of(slot), way.after[1]);
    onward(slot, way.after[0]);
  }

  [[nodiscard]] crossing tampered(const crossing& way) const {
    switch (tamper->what) {
      case tampering::drop: return {0, {}, drop::tampered};
      case tampering::duplicate: return {2, {way.after[0], way.after[0] + tamper->later}, {}};
      case tampering::delay: return {1, {way.after[0] + tamper->later, {}}, {}};
    }
    return way;
  }

  using topology::climb;

  /// From a realm outwards, wire by wire, until somebody has the destination.
  void climb(std::size_t slot, realm_id realm, duration delay) {
    std::optional<gateway_id> left;
    for (;;) {
      auto& p = packets_[slot];
      if (const auto to = find_in(realm, p.head.destination.address)) {
        if (is_refused_hairpin(*to, left)) return give_up(slot, drop::hairpin);
        return descend(slot, *to, delay);
      }
      left = gateway_of(realm);
      if (!left) return give_up(slot, drop::no_route);
      const auto why = cross_out(now_, *left, p.head);
      if (why != drop::none) return give_up(slot, why);
      realm = at(*left).outside;
      const auto way = at(*left).out.cross(after(now_, delay), p.size, chance_);
      if (way.copies == 0) return give_up(slot, way.why);
      if (way.copies == 2) climb(copy_of(slot), realm, delay + way.after[1]);
      delay += way.after[0];
    }
  }

  /// Over the wire to an interface or a gateway.
  void descend(std::size_t slot, const waypoint& to, duration delay) {
    const auto way = wire_to(to).cross(after(now_, delay), packets_[slot].size, chance_);
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
      case waypoint::gateway: return enter(e);
      case waypoint::report: return report(e);
      case waypoint::connection: return deliver(e, static_cast<socket_id>(e.where.index));
      case waypoint::attachment: break;
    }
    const auto here = static_cast<interface_id>(e.where.index);
    const auto to = socket_at(here, packets_[e.slot].head.destination);
    if (to) return deliver(e, *to);
    give_up(e.slot, drop::no_socket);
  }

  /// From outside through a gateway.
  void enter(const event& e) {
    auto& g = gateways_[e.where.index];
    auto& head = packets_[e.slot].head;
    if (const auto why = cross_in(now_, g, head); why != drop::none) return give_up(e.slot, why);
    const auto to = find_in(g.inside, head.destination.address);
    if (!to) return give_up(e.slot, drop::no_route);
    descend(e.slot, *to, duration::zero());
  }

  void deliver(const event& e, socket_id to) {
    if (!at(to).open || !at(interface_of(to)).up) return give_up(e.slot, drop::cut);
    const auto& p = packets_[e.slot];
    ++stats_.delivered;
    const bool connected = e.where.what == waypoint::connection;
    at(to).owner->receive(*this, {to, p.head.source, byte_view{p.bytes}.first(p.size),
                                  connected ? std::optional{e.from} : std::nullopt});
    free_.push_back(e.slot);
  }

  void report(const event& e) {
    const auto along = packets_[e.slot].aimed;
    free_.push_back(e.slot);
    if (!at(along.local).open || !at(interface_of(along.local)).up) return;
    at(along.local).owner->unreachable(*this, along);
  }

  void note(const packet& p) {
    mix(static_cast<std::uint64_t>(elapsed(epoch, now_).count()));
    for (const auto* const e : {&p.head.source, &p.head.destination}) {
      mix(e->port);
      for (std::size_t i = 0; i < 16; i += 4) {
        const auto octet = [&](std::size_t k) { return std::uint64_t{e->address.octets[i + k]}; };
        mix(octet(0) << 24U | octet(1) << 16U | octet(2) << 8U | octet(3));
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
  time_point now_ = epoch;
  std::uint64_t order_ = 0;
  std::size_t steps_ = 0;
  std::uint64_t digest_ = 0;
  network_statistics stats_;
  std::vector<party*> parties_;
  std::deque<packet> packets_;
  std::vector<std::size_t> free_;
  std::vector<event> wire_;
};

}  // namespace floe::sim
