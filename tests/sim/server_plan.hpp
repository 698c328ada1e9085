// Sessions that need a server, and servers as they are: drawn from a seed.
//
// owns:     what is drawn, how such a session runs, and what must come of it
// does not: know the habits (turn_server.hpp, stun_server.hpp)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "floe/agent/agent.hpp"
#include "sim/client.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/random.hpp"
#include "sim/stun_server.hpp"
#include "sim/turn_party.hpp"
#include "sim/verdict.hpp"

namespace floe::sim {

/// What becomes of the server in mid-session.
enum class server_fault_kind : std::uint8_t { none, restarts, new_credentials };

/// A side that shows nothing but its relay, and one that needs none; or both behind NATs, with a
/// STUN server that says how they are seen in the words of before RFC 5389. The hosts restart when
/// an event says so.
struct server_plan {
  std::uint64_t seed = 1;
  bool mapped_only = false;
  dependence filtering = dependence::endpoint_independent;  ///< of the NATs
  family asks_from = family::ipv4;  ///< the side with the relay has this family only
  family peer_at = family::ipv4;    ///< and the other one this
  bool relays_v6 = true;            ///< the server has relayed addresses of both families
  bool over_tcp = false;
  bool both_relayed = false;
  bool empty_realm = false;
  bool anonymous = false;  ///< the nonce wants USERHASH and SHA-256
  turn_habits habits{};
  server_fault_kind fault = server_fault_kind::none;
  unsigned loss = 0;  ///< of a thousand

  /// True when a relay can reach the peer.
  [[nodiscard]] constexpr bool connects() const noexcept {
    if (peer_at == family::ipv4) return true;
    return relays_v6 && habits.second == second_family::served;
  }
};

[[nodiscard]] inline server_plan draw_server_plan(std::uint64_t seed) {
  random_source r{seed ^ 0x7075726eU};
  server_plan p;
  p.seed = seed;
  p.mapped_only = r.chance(100);
  p.filtering = dependences[static_cast<std::size_t>(r.below(dependences.size()))];
  p.asks_from = r.chance(500) ? family::ipv4 : family::ipv6;
  p.peer_at = r.chance(700) ? family::ipv4 : family::ipv6;
  p.relays_v6 = r.chance(600);
  p.over_tcp = r.chance(200);
  p.both_relayed = r.chance(300);
  if (p.both_relayed) p.peer_at = family::ipv4;
  p.empty_realm = r.chance(200);
  p.anonymous = r.chance(200);
  p.habits.forgets_silently = r.chance(400);
  p.habits.no_error_code = r.chance(150);
  p.habits.unprotected_errors = r.chance(150);
  p.habits.names_no_relay = r.chance(300);
  p.habits.second = static_cast<second_family>(r.below(4));
  // A refusal that says nothing, or proves nothing, leaves nothing to ask for.
  const bool mute = p.habits.no_error_code || p.habits.unprotected_errors;
  if (mute && p.habits.second != second_family::ignored) p.habits.second = second_family::served;
  if (mute) p.relays_v6 = true;
  p.fault = static_cast<server_fault_kind>(r.below(3));
  if (mute && p.fault == server_fault_kind::restarts) p.habits.forgets_silently = true;
  // Between two relays a datagram crosses six wires.
  if (r.chance(300)) p.loss = static_cast<unsigned>(r.below(p.both_relayed ? 30 : 80));
  if (p.mapped_only) {
    p.both_relayed = false;
    p.asks_from = p.peer_at = family::ipv4;
    p.fault = server_fault_kind::none;
  }
  return p;
}

/// Such a session.
class server_session {
 public:
  explicit server_session(const server_plan& p, record::sink_ref left_sink = {},
                          record::sink_ref right_sink = {})
      : plan{p}, net{p.seed}, turn{net, places(10), turn_of(p)},
        left{net, behaviour(ice::role::controlling, true), p.seed * 2, left_sink},
        right{net, behaviour(ice::role::controlled, p.both_relayed), p.seed * 2 + 1, right_sink} {
    stun.plain = true;
    for (const auto where : places(1)) stun.serve(net, where);
    left.connect_to(turn);
    right.connect_to(turn);
    left.restarts_when_cut_off = right.restarts_when_cut_off = true;
    add(left, p.asks_from, 1);
    add(right, p.peer_at, 2);
    left.signal_to(right);
    right.signal_to(left);
    for (auto* const side : {&left, &right}) {
      side->act(net, [&](auto& a) { a.gather(net.now()); });
    }
  }

  /// Runs it. Throws when something does not hold that always must.
  verdict run() {
    const bool settled =
        net.run_until([&] { return left.is_settled() && right.is_settled(); }, 60s);
    if (settled && !plan.connects()) net.fail("a relay reaches a family that it has no address of");
    if (!settled) {
      if (plan.connects() && !was_unlucky()) net.fail("a server that can help does not");
      return plan.connects() ? verdict::bad_luck : verdict::as_expected;
    }
    if (!has_data(10s)) return blame("no data on a settled path");
    switch (plan.fault) {
      case server_fault_kind::none: return verdict::as_expected;
      case server_fault_kind::restarts: return restart_server();
      case server_fault_kind::new_credentials: return change_credentials();
    }
    return verdict::as_expected;
  }

  const server_plan plan;
  gather::server server{};
  network net;
  turn_party turn;
  stun_server stun;
  client left;
  client right;

 private:
  static constexpr std::array<std::string_view, 2> by_udp{"turn:203.0.113.10",
                                                          "turn:[2001:db8:ff::a]"};
  static constexpr std::array<std::string_view, 2> by_tcp{"turn:203.0.113.10?transport=tcp",
                                                          "turn:[2001:db8:ff::a]?transport=tcp"};
  static constexpr std::array<std::string_view, 1> by_stun{"stun:203.0.113.1"};

  [[nodiscard]] wire_config wire() const { return {.latency = 10ms, .loss = plan.loss}; }

  [[nodiscard]] std::vector<interface_id> places(std::uint8_t number) {
    return detail::add_server(net, number, wire());
  }

  static turn_config turn_of(const server_plan& p) {
    turn_config c{.credentials = {.realm = p.empty_realm ? "" : "floe.example",
                                  .users = {{"user", "password"}, {"other", "word"}}},
                  .habits = p.habits};
    if (p.anonymous) c.credentials.features = {true, true};
    c.relays = {address::v4(203, 0, 113, 10)};
    if (p.relays_v6) c.relays.push_back(six(0xff, 10));
    return c;
  }

  [[nodiscard]] config behaviour(ice::role role, bool relayed) {
    server.uris = plan.over_tcp ? by_tcp : by_udp;
    if (plan.mapped_only) server.uris = by_stun;
    server.username = "user";
    server.credential = "password";
    return {.role = role,
            .servers = {&server, relayed || plan.mapped_only ? 1U : 0U},
            .offers = relayed && !plan.mapped_only ? ice::relayed_only : ice::any_candidate};
  }

  void add(client& who, family f, std::uint8_t number) {
    auto realm = internet;
    auto a = f == family::ipv4 ? address::v4(192, 0, 2, number) : six(0xcc, number);
    if (plan.mapped_only) {
      realm = net.add_realm({.nat = nat_config{.filtering = plan.filtering},
                             .outer = {address::v4(198, 51, 100, number)}});
      a = address::v4(10, number, 0, 2);
    }
    who.add_socket(net, net.add_interface(realm, a, wire()), 5000);
  }

  /// Another user of the server: whether he may go on with a relay that was not asked for by him
  /// is for the server to say, and in whatever words.
  verdict change_credentials() {
    for (auto* const side : {&left, &right}) {
      side->act(net, [&](auto& a) {
        (void)a.set_credentials(net.now(), 0, "other", "word").has_value();
      });
    }
    for (int minutes = 0; minutes < 20; ++minutes) {
      net.run_for(1min);
      if (!has_data(10s)) return blame("new credentials ended a path");
    }
    return verdict::as_expected;
  }

  verdict restart_server() {
    turn.server().restart();
    if (plan.over_tcp) {
      for (auto* const side : {&left, &right}) side->disconnect(net);
    }
    // Consent may have been asked for just before, and a datagram may be lost.
    if (has_data(plan.loss == 0 ? 25s : 60s)) return verdict::as_expected;
    return blame("a server that was restarted ended a session");
  }

  bool has_data(duration limit) {
    const auto had = std::pair{left.received.size(), right.received.size()};
    for (const auto end = net.now() + limit; net.now() < end;) {
      (void)left.send_data(net, "to the right");
      (void)right.send_data(net, "to the left");
      net.run_for(100ms);
      if (left.received.size() > had.first && right.received.size() > had.second) return true;
    }
    return false;
  }

  /// Whether a network that loses datagrams lost all of something.
  [[nodiscard]] bool was_unlucky() const {
    if (plan.loss == 0) return false;
    return std::any_of(sides.begin(), sides.end(), [](const client* side) {
      const auto asked = side->all<gather::event::server_result>();
      return !side->all<event::consent_lost>().empty() ||
             !side->all<gather::event::relay_lost>().empty() ||
             std::any_of(asked.begin(), asked.end(), [](const auto& r) {
               return r.outcome == gather::outcome::timeout ||
                      r.outcome == gather::outcome::unproved;
             });
    });
  }
  [[nodiscard]] verdict blame(const char* what) const {
    if (!was_unlucky()) net.fail(what);
    return verdict::bad_luck;
  }

  const std::array<const client*, 2> sides{&left, &right};
};

/// Runs a drawn session; throws as server_session::run() does.
inline verdict server_trial(std::uint64_t seed, record::sink_ref left = {},
                            record::sink_ref right = {}) {
  return server_session{draw_server_plan(seed), left, right}.run();
}

}  // namespace floe::sim
