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
  /// Long enough for every check of a flow to be given up, for RFC 8863's patience, and for that
  /// once more where a peer came late.
  static constexpr duration patience = 3min;

  /// left_sink, right_sink: where the recordings of the agents go, if anywhere
  explicit session(const plan& p, record::sink_ref left_sink = {}, record::sink_ref right_sink = {})
      : net{p.seed}, scene{lay_out(net, p)}, left_turn{net, scene.left_turn, {}},
        right_turn{net, scene.right_turn, {}}, left{net, behaviour_of(p, p.left), p.seed * 2 + 1,
                                                    left_sink},
        right{net, behaviour_of(p, p.right), p.seed * 2 + 2, right_sink},
        talk{net, left, p.left.signalling, right, p.right.signalling}, flows{flows_of(p)} {
    net.reports_unreachable = p.reports;
    for (const auto where : scene.stun) stun.serve(net, where);
    talk.left_behind_nat64 = scene.left.behind_nat64;
    talk.right_behind_nat64 = scene.right.behind_nat64;
    if (p.left.says_pace) talk.left_pace = p.left.behaviour.ta;
    if (p.right.says_pace) talk.right_pace = p.right.behaviour.ta;
    talk.left_password_wrong = p.left.wrong_password;
    talk.right_password_wrong = p.right.wrong_password;
    equip(left, p, p.left, scene.left, left_turn);
    equip(right, p, p.right, scene.right, right_turn);
    for (auto* const who : {&left, &right}) {
      for (std::size_t s = 0; s < p.streams.size(); ++s) {
        talk.introduce(*who, static_cast<stream_id>(s));
      }
    }
    left.gather(net);
    right.gather(net);
  }

  [[nodiscard]] bool is_completed() const {
    return left.agent().state() == connection_state::completed &&
           right.agent().state() == connection_state::completed;
  }
  /// True when both ends have given up a stream.
  [[nodiscard]] bool has_failed() const {
    return std::any_of(flows.begin(), flows.end(), [&](const flow& f) { return has_failed(f); });
  }
  /// True when both ends are settled on one pair of every flow, or have given up its stream.
  [[nodiscard]] bool is_over() const {
    if (!has_ended(left) || !has_ended(right)) return false;
    return std::all_of(flows.begin(), flows.end(), [&](const flow& f) {
      return has_failed(f) || (has_completed(f) && is_mirrored(f));
    });
  }

  /// True when both ends have given a flow up or have settled, each flow alike. What a NAT makes of
  /// an address does not count: who is behind it need not hear that it changed.
  [[nodiscard]] bool has_one_end() const {
    return std::all_of(flows.begin(), flows.end(),
                       [&](const flow& f) { return has_failed(f) || has_completed(f); });
  }

  /// Runs until both sides are done, or far too late. Returns whether they are.
  bool run() { return run(patience * static_cast<duration::rep>(flows.size())); }
  bool run(duration limit) {
    return net.run_until([&] { return is_over(); }, limit);
  }

  /// True when both ends selected the same pair, seen from their sides.
  [[nodiscard]] bool is_mirrored(const flow& f = {}) const {
    const auto* const l = left.agent().selected(f.stream, f.component);
    const auto* const r = right.agent().selected(f.stream, f.component);
    if (l == nullptr || r == nullptr) return false;
    return outer(left.agent().local(l->local)->candidate.address) ==
               outer(right.agent().remote(r->remote)->candidate.address) &&
           outer(right.agent().local(r->local)->candidate.address) ==
               outer(left.agent().remote(l->remote)->candidate.address);
  }

  /// The kind of the selected pair, by what each side knows of itself; nullopt without one.
  [[nodiscard]] std::optional<path_kind> selected_kind(const flow& f = {}) const {
    const auto* const l = left.agent().selected(f.stream, f.component);
    const auto* const r = right.agent().selected(f.stream, f.component);
    if (l == nullptr || r == nullptr) return std::nullopt;
    return kind_of(type_of(left, *l), type_of(right, *r));
  }

  /// True when data sent now from both sides arrives, all of it where it belongs, on all flows that
  /// not both ends have given up. A lossy network gets several chances.
  bool can_talk(int chances = 1) {
    left.received.clear();
    right.received.clear();
    for (int i = 0; i < chances; ++i) {
      for (const auto& f : flows) {
        (void)left.send_data(net, word_of(f), f.stream, f.component);
        (void)right.send_data(net, word_of(f), f.stream, f.component);
      }
      net.run_for(500ms);
      if (std::all_of(flows.begin(), flows.end(), [&](const flow& f) {
            return has_failed(f) || (has_heard(left, f) && has_heard(right, f));
          })) {
        return true;
      }
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
  std::vector<flow> flows;

 private:
  [[nodiscard]] static bool has_ended(const host& who) {
    const auto state = who.agent().state();
    return state == connection_state::completed || state == connection_state::failed;
  }
  [[nodiscard]] bool has_failed(const flow& f) const {
    return both_are(ice::checklist_state::failed, f);
  }
  [[nodiscard]] bool has_completed(const flow& f) const {
    return both_are(ice::checklist_state::completed, f);
  }
  [[nodiscard]] bool both_are(ice::checklist_state state, const flow& f) const {
    return left.agent().checklists().state(f.stream) == state &&
           right.agent().checklists().state(f.stream) == state;
  }

  /// What is said on a flow, and nowhere else. No protocol's messages begin like it.
  static std::array<std::byte, 3> word_of(const flow& f) {
    return {std::byte{0xff}, static_cast<std::byte>(f.stream), static_cast<std::byte>(f.component)};
  }
  static bool has_heard(const host& who, const flow& f) {
    const auto word = word_of(f);
    return std::any_of(who.received.begin(), who.received.end(), [&](const host::arrived& a) {
      return a.stream == f.stream && a.component == f.component &&
             std::equal(a.bytes.begin(), a.bytes.end(), word.begin(), word.end());
    });
  }

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

  void equip(host& who, const plan& p, const side_plan& side, const scene::side& place,
             turn_party& turn) {
    who.is_dual_stack = side.dual_stack;
    for (std::size_t s = 1; s < p.streams.size(); ++s) {
      who.command(net, [&](auto& a) { (void)a.add_stream(components_of(p, side, s)).value(); });
    }
    std::uint16_t port = 5000;
    for (const auto& f : flows_of(p, side)) equip(who, side, place, turn, f, port);
  }

  void equip(host& who, const side_plan& plan, const scene::side& place, turn_party& turn,
             const flow& f, std::uint16_t& port) {
    std::array<bool, 3> has_relay{};
    std::vector<socket_id> made;
    for (const auto where : place.interfaces) {
      made.push_back(who.add_socket(net, where, port++, f.stream, f.component));
    }
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
