// A planned session, ready to run.
//
// owns:     the network of a plan with its servers and hosts, and what to ask about the outcome
// does not: know what the outcome should be (oracle.hpp)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "floe/agent/agent.hpp"
#include "sim/host.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/signalling.hpp"
#include "sim/stun_server.hpp"
#include "sim/turn_party.hpp"

namespace floe::sim {

/// The kind of a path, from the best to the worst.
enum class path_kind : std::uint8_t {
  direct,      ///< between the addresses of both hosts
  translated,  ///< through a NAT on either side
  relayed,     ///< through one relay
  relayed_twice,
};

/// The kind of a pair of candidates.
[[nodiscard]] constexpr path_kind kind_of(ice::candidate_type a, ice::candidate_type b) noexcept {
  const auto relays =
      (a == ice::candidate_type::relay ? 1 : 0) + (b == ice::candidate_type::relay ? 1 : 0);
  if (relays == 2) return path_kind::relayed_twice;
  if (relays == 1) return path_kind::relayed;
  return a == ice::candidate_type::host && b == ice::candidate_type::host ? path_kind::direct
                                                                          : path_kind::translated;
}

class session {
 public:
  /// Long enough for every check to be given up, and for RFC 8863's patience.
  static constexpr duration patience = 15min;

  /// left_sink, right_sink: where the recordings of the agents go, if anywhere
  explicit session(const plan& p, record::sink_ref left_sink = {}, record::sink_ref right_sink = {})
      : net{p.seed}, scene{lay_out(net, p)}, left_turn{net, scene.left_turn, {}},
        right_turn{net, scene.right_turn, {}}, left{net, p.left.behaviour, p.seed * 2 + 1,
                                                    left_sink},
        right{net, p.right.behaviour, p.seed * 2 + 2, right_sink}, talk{net, left,
                                                                        p.left.signalling, right,
                                                                        p.right.signalling} {
    for (const auto where : scene.stun) stun.serve(net, where);
    talk.left_behind_nat64 = scene.left.behind_nat64;
    talk.right_behind_nat64 = scene.right.behind_nat64;
    equip(left, p.left, scene.left, left_turn);
    equip(right, p.right, scene.right, right_turn);
    talk.introduce(left);
    talk.introduce(right);
    left.gather(net);
    right.gather(net);
  }

  [[nodiscard]] bool is_completed() const {
    return left.agent().state() == connection_state::completed &&
           right.agent().state() == connection_state::completed;
  }
  [[nodiscard]] bool has_failed() const {
    return left.agent().state() == connection_state::failed &&
           right.agent().state() == connection_state::failed;
  }
  /// True when both ends are settled on one pair, or have given up.
  [[nodiscard]] bool is_over() const { return (is_completed() && is_mirrored()) || has_failed(); }

  /// Runs until both sides are done, or far too late. Returns whether they are.
  bool run(duration limit = patience) {
    return net.run_until([&] { return is_over(); }, limit);
  }

  /// True when both ends selected the same pair, seen from their sides.
  [[nodiscard]] bool is_mirrored() const {
    const auto* const l = left.agent().selected();
    const auto* const r = right.agent().selected();
    if (l == nullptr || r == nullptr) return false;
    return outer(left.agent().local(l->local)->candidate.address) ==
               outer(right.agent().remote(r->remote)->candidate.address) &&
           outer(right.agent().local(r->local)->candidate.address) ==
               outer(left.agent().remote(l->remote)->candidate.address);
  }

  /// The kind of the selected pair, by what each side knows of itself; nullopt without one.
  [[nodiscard]] std::optional<path_kind> selected_kind() const {
    const auto* const l = left.agent().selected();
    const auto* const r = right.agent().selected();
    if (l == nullptr || r == nullptr) return std::nullopt;
    return kind_of(type_of(left, *l), type_of(right, *r));
  }

  /// True when data sent now from both sides arrives. A lossy network gets several chances.
  bool can_talk(int chances = 1) {
    const auto had_left = left.received.size();
    const auto had_right = right.received.size();
    const std::array word{std::byte{0xff}, std::byte{1}, std::byte{2}};  // no protocol's first byte
    for (int i = 0; i < chances; ++i) {
      (void)left.send_data(net, word);
      (void)right.send_data(net, word);
      net.run_for(500ms);
      if (left.received.size() > had_left && right.received.size() > had_right) return true;
    }
    return false;
  }

  network net;
  sim::scene scene;
  stun_server stun;
  turn_party left_turn;
  turn_party right_turn;
  host left;
  host right;
  signalling talk;

 private:
  /// Of a relay behind a NAT64 a check teaches another address, but it is a relay's.
  static ice::candidate_type type_of(const host& who, const ice::valid_pair& pair) {
    const auto base = who.agent().local(pair.checked)->candidate.type;
    return base == ice::candidate_type::relay ? base
                                              : who.agent().local(pair.local)->candidate.type;
  }

  static endpoint outer(const endpoint& e) { return {extracted(e.address), e.port}; }

  /// Where a socket reaches a server.
  std::optional<endpoint> stun_for(const address& from, bool behind_nat64) const {
    const bool v6 = from.family == family::ipv6;
    const auto& four = net.address_of(scene.stun[0]);
    if (v6 && behind_nat64) return endpoint{embedded(four), stun_server::port};
    return endpoint{v6 ? net.address_of(scene.stun[1]) : four, stun_server::port};
  }

  void equip(host& who, const side_plan& plan, const scene::side& place, turn_party& turn) {
    std::array<bool, 3> has_relay{};
    std::uint16_t port = 5000;
    std::vector<socket_id> made;
    for (const auto where : place.interfaces) made.push_back(who.add_socket(net, where, port++));
    for (const auto socket : made) {
      const auto& a = net.bound(socket).address;
      const auto server = stun_for(a, place.behind_nat64);
      if (plan.asks) {
        who.ask_reflexive(net, socket, *server);
      } else {
        who.add_reflexive(net, socket, *server);
      }
      auto& done = has_relay.at(static_cast<std::size_t>(a.family));
      if (plan.relay == relaying::none || std::exchange(done, true)) continue;
      if (plan.asks && plan.relay == relaying::over_udp) {
        who.ask_relayed(net, socket, turn);
      } else {
        who.add_relayed(net, socket, turn, plan.relay == relaying::over_tcp);
      }
    }
  }
};

}  // namespace floe::sim
