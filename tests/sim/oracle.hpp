// Whether two hosts can connect, found out without an agent.
//
// owns:     two answers: by the kinds of NATs alone, and by letting datagrams pass a topology until
//           nothing new can be learned
// does not: know time: what a filter would let in later counts, what it forgets does not
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/session.hpp"
#include "sim/turn_party.hpp"

namespace floe::sim {

/// What stands between a host and the Internet, for the answer by kinds.
struct side_kind {
  enum what : std::uint8_t { open, blocked, behind_nat };
  what is = open;
  dependence mapping = dependence::endpoint_independent;
  dependence filtering = dependence::endpoint_independent;
  relaying relay = relaying::none;
};

namespace detail {

[[nodiscard]] constexpr bool is_blocked(const side_kind& s) noexcept {
  return s.is == side_kind::blocked;
}

/// Whether datagrams pass between two sides with no relay, one NAT each, and candidates from one
/// STUN server. A NAT whose mapping depends on the destination shows its peer another endpoint than
/// the one that was signalled.
[[nodiscard]] constexpr bool passes_directly(const side_kind& a, const side_kind& b) noexcept {
  using enum dependence;
  if (is_blocked(a) || is_blocked(b)) return false;
  const bool fixed_a = a.is == side_kind::open || a.mapping == endpoint_independent;
  const bool fixed_b = b.is == side_kind::open || b.mapping == endpoint_independent;
  const auto strict = [](const side_kind& s) {
    return s.is == side_kind::behind_nat && s.filtering == address_and_port_dependent;
  };
  // Both are seen where they said: each opens its own filter for the other.
  if (fixed_a && fixed_b) return true;
  // The one that is seen elsewhere reaches the other only through a filter that ignores ports.
  if (fixed_a) return !strict(a);
  if (fixed_b) return !strict(b);
  if (strict(a) || strict(b)) return false;
  // Both are seen elsewhere: one must keep its endpoint towards the new port of the other.
  return a.mapping == address_dependent || b.mapping == address_dependent;
}

}  // namespace detail

/// The best path between two sides of one family each; nullopt when there is none.
[[nodiscard]] constexpr std::optional<path_kind> best_path(const side_kind& a,
                                                           const side_kind& b) noexcept {
  if (detail::passes_directly(a, b)) {
    return a.is == side_kind::open && b.is == side_kind::open ? path_kind::direct
                                                              : path_kind::translated;
  }
  const auto has_relay = [](const side_kind& s) {
    return s.relay == relaying::over_tcp ||
           (s.relay == relaying::over_udp && !detail::is_blocked(s));
  };
  const bool one =
      (has_relay(a) && !detail::is_blocked(b)) || (has_relay(b) && !detail::is_blocked(a));
  if (one) return path_kind::relayed;
  if (has_relay(a) && has_relay(b)) return path_kind::relayed_twice;
  return std::nullopt;
}

/// Finds out by trying, datagram by datagram.
class explorer final : public party {
 public:
  explicit explorer(const plan& p) : net_{p.seed}, scene_{lay_out(net_, p)} {
    add_bases(p.left, scene_.left, scene_.left_turn, true);
    add_bases(p.right, scene_.right, scene_.right_turn, false);
    for (const auto& b : bases_) {
      for (auto& other : bases_) {
        if (other.left == b.left) continue;
        for (const auto& c : b.candidates) hear_of(other, c);
      }
    }
  }

  /// The best path that both sides can use; nullopt when there is none.
  [[nodiscard]] std::optional<path_kind> best() {
    // What is learned in one round is tried in the next. NATs that show a new endpoint each time
    // would go on for ever; what has not worked by then does not.
    for (int round = 0; round < 6; ++round) {
      for (std::size_t b = 0; b < bases_.size(); ++b) {
        for (std::size_t k = 0; k < bases_[b].known.size(); ++k) check(b, bases_[b].known[k]);
      }
    }
    std::optional<path_kind> found;
    for (const auto& v : valid_) {
      const auto back = std::any_of(valid_.begin(), valid_.end(), [&](const valid_row& w) {
        return w.from == v.to && w.to == v.from;
      });
      if (back && (!found || v.kind < *found)) found = v.kind;
    }
    return found;
  }

  void receive(network&, const arrival&) override {}

 private:
  /// Where a side sends from: a socket, or a relay's.
  struct base {
    socket_id socket;
    bool left;
    bool relay;
    bool behind_nat64;
    std::vector<endpoint> candidates{};  ///< itself, and where a server sees it
    std::vector<endpoint> known{};       ///< of the other side
    std::vector<address> permitted{};    ///< with relay
  };

  /// A check that was answered.
  struct valid_row {
    std::size_t from;
    std::size_t to;
    path_kind kind;
  };

  void add_bases(const side_plan& plan, const scene::side& place,
                 const std::vector<interface_id>& turn, bool left) {
    std::vector<family> relayed;
    std::uint16_t port = 5000;
    for (const auto where : place.interfaces) {
      const auto socket = net_.bind(*this, where, port++);
      const auto f = net_.bound(socket).address.family;
      const auto four = net_.address_of(scene_.stun[0]);
      const auto server = f == family::ipv4    ? four
                          : place.behind_nat64 ? embedded(four)
                                               : net_.address_of(scene_.stun[1]);
      base made{socket, left, false, place.behind_nat64, {net_.bound(socket)}};
      const auto mapped = net_.map(socket, {server, 3478});
      if (mapped && *mapped != net_.bound(socket)) made.candidates.push_back(*mapped);
      bases_.push_back(made);

      const bool has_one = std::find(relayed.begin(), relayed.end(), f) != relayed.end();
      if (plan.relay == relaying::none || has_one) continue;
      const auto at = turn[f == family::ipv4 ? 0 : 1];
      const bool reached = plan.relay == relaying::over_tcp ||
                           net_.map(socket, {net_.address_of(at), turn_party::port}).has_value();
      if (!reached) continue;
      relayed.push_back(f);
      const auto relay = net_.bind(*this, at, static_cast<std::uint16_t>(50000 + bases_.size()));
      bases_.push_back({relay, left, true, false, {net_.bound(relay)}});
    }
  }

  static void hear_of(base& b, endpoint e) {
    if (b.behind_nat64 && e.address.family == family::ipv4) e.address = embedded(e.address);
    if (std::find(b.known.begin(), b.known.end(), e) == b.known.end()) b.known.push_back(e);
  }

  struct landing {
    std::size_t at;
    endpoint source;
  };

  /// Where a datagram from a base ends up, if at the other side.
  std::optional<landing> send(std::size_t from, const endpoint& to) {
    auto& b = bases_[from];
    if (net_.bound(b.socket).address.family != to.address.family) return std::nullopt;
    if (b.relay) b.permitted.push_back(to.address);
    const auto hop = net_.probe(b.socket, to);
    if (!hop) return std::nullopt;
    for (std::size_t i = 0; i < bases_.size(); ++i) {
      const auto& other = bases_[i];
      if (other.socket != hop->to || other.left == b.left) continue;
      const auto& may = other.permitted;
      if (other.relay && std::find(may.begin(), may.end(), hop->source.address) == may.end()) {
        return std::nullopt;
      }
      return landing{i, hop->source};
    }
    return std::nullopt;
  }

  /// A check and its answer.
  void check(std::size_t from, const endpoint& to) {
    const auto there = send(from, to);
    if (!there) return;
    hear_of(bases_[there->at], there->source);
    const auto back = send(there->at, there->source);
    if (!back || back->at != from || back->source != to) return;
    const auto type = [&](std::size_t b, const endpoint& seen) {
      if (bases_[b].relay) return ice::candidate_type::relay;
      return net_.bound(bases_[b].socket) == seen ? ice::candidate_type::host
                                                  : ice::candidate_type::srflx;
    };
    valid_.push_back({from, there->at, kind_of(type(from, there->source), type(there->at, to))});
  }

  network net_;
  sim::scene scene_;
  std::vector<base> bases_;
  std::vector<valid_row> valid_;
};

}  // namespace floe::sim
