// A TURN server that crashes in mid-call, over UDP and over connections.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>

#include "catch.hpp"
#include "sim/client.hpp"
#include "sim/network.hpp"
#include "sim/turn_party.hpp"

using namespace floe;
using namespace floe::sim;
using namespace std::chrono_literals;
using enum ice::candidate_type;

namespace {

const auto turn_address = address::v4(192, 0, 2, 20);
constexpr std::array<std::string_view, 1> by_udp{"turn:192.0.2.20"};
constexpr std::array<std::string_view, 1> by_tcp{"turn:192.0.2.20?transport=tcp"};
constexpr wire_config wire{.latency = 10ms};

/// A side that is reached through a relay only, and one that is reached directly or likewise.
struct call {
  call(bool tcp, bool both_relayed, const turn_habits& habits = {})
      : turn{net,
             {net.add_interface(internet, turn_address, wire)},
             {.credentials = {.users = {{"user", "password"}}}, .habits = habits}},
        server{.uris = tcp ? by_tcp : by_udp, .username = "user", .credential = "password"},
        left{net, behaviour(ice::role::controlling, true), 1},
        right{net, behaviour(ice::role::controlled, both_relayed), 2} {
    left.connect_to(turn);
    right.connect_to(turn);
    left.add_socket(net, net.add_interface(internet, address::v4(192, 0, 2, 1), wire), 5000);
    right.add_socket(net, net.add_interface(internet, address::v4(192, 0, 2, 2), wire), 6000);
    left.signal_to(right);
    right.signal_to(left);
    for (auto* const side : {&left, &right}) {
      side->act(net, [&](agent& a) { a.gather(net.now()); });
    }
  }

  [[nodiscard]] config behaviour(ice::role role, bool relayed) const {
    return {.role = role,
            .servers = {&server, relayed ? 1U : 0U},
            .offers = relayed ? ice::relayed_only : ice::any_candidate};
  }

  [[nodiscard]] bool settle() {
    return net.run_until([&] { return left.is_settled() && right.is_settled(); }, 30s);
  }

  /// The server goes, and comes back after `away`.
  void crash(duration away) {
    turn.server().restart();
    turn.server().silent = true;
    for (auto* const side : {&left, &right}) {
      side->server_is_up = false;
      side->disconnect(net);
    }
    net.run_for(away);
    turn.server().silent = false;
    for (auto* const side : {&left, &right}) side->server_is_up = true;
  }

  /// Data every 100 ms until it arrives both ways; how long that took, or `limit`.
  duration time_to_talk(duration limit) {
    const auto began = net.now();
    for (const auto end = began + limit; net.now() < end;) {
      const auto had = std::pair{left.received.size(), right.received.size()};
      (void)left.send_data(net, "to the right");
      (void)right.send_data(net, "to the left");
      net.run_for(100ms);
      if (left.received.size() > had.first && right.received.size() > had.second) {
        return net.now() - began;
      }
    }
    return limit;
  }

  network net{1};
  turn_party turn;
  gather::server server;
  client left;
  client right;
};

}  // namespace

TEST_CASE("relay lost: of one side, the call goes on through another relay by itself",
          "[scenario][sim][ATK-E08]") {
  const bool tcp = GENERATE(false, true);
  call c{tcp, false};
  REQUIRE(c.settle());
  REQUIRE(c.left.selected_types().first == relay);
  CHECK(c.time_to_talk(1s) < 1s);
  const auto told = c.left.told.size();
  for (std::size_t i = 1; i <= 3; ++i) {
    c.net.run_for(1min);
    c.crash(5s);
    const auto gap = c.time_to_talk(60s);
    std::printf("%s: a server away for 5 s costs %.1f s\n", tcp ? "TCP" : "UDP",
                std::chrono::duration<double>(gap + 5s).count());
    CHECK(gap < 12s);
    CHECK(c.left.all<event::relay_lost>().size() == i);
    CHECK(c.left.all<event::relay_replaced>().size() == i);
    for (const auto& change : c.left.all<event::state_changed>()) {
      CHECK(change.to != connection_state::failed);
    }
  }
  CHECK(c.left.told.size() == told);  // after the end of candidates none is named
}

TEST_CASE("relay lost: over a connection consent is asked for like anywhere, and its end ends none",
          "[scenario][sim][7675-5.1-j][7675-5.2-b]") {
  call c{true, false};
  REQUIRE(c.settle());
  c.net.run_for(5s);
  const auto before = c.right.agent().stats().checks_received;
  c.net.run_for(1min);
  const auto asked = c.right.agent().stats().checks_received - before;
  CHECK(asked >= 10);
  CHECK(asked <= 15);
  c.crash(5s);
  CHECK(c.time_to_talk(60s) < 12s);
  for (auto* const side : {&c.left, &c.right}) CHECK(side->all<event::consent_lost>().empty());
}

TEST_CASE("relay lost: a server that is away for long fails the session, and brings it back",
          "[scenario][sim][ATK-E08]") {
  call c{true, false};
  REQUIRE(c.settle());
  c.net.run_for(1min);
  c.crash(50s);
  CHECK(c.left.agent().state() == connection_state::failed);
  CHECK(c.time_to_talk(60s) < 20s);
  CHECK(c.left.agent().state() != connection_state::failed);
}

TEST_CASE("relay lost: of both sides, a restart tells the new ones", "[scenario][sim][ATK-E08]") {
  const bool tcp = GENERATE(false, true);
  call c{tcp, true};
  REQUIRE(c.settle());
  c.net.run_for(1min);
  c.crash(5s);
  CHECK(c.time_to_talk(15s) == 15s);
  for (auto* const side : {&c.left, &c.right}) {
    const auto replaced = side->all<event::relay_replaced>();
    REQUIRE(replaced.size() == 1);
    CHECK(side->agent().local(replaced.front().id)->candidate.type == relay);
    CHECK(replaced.front().is_cut_off);
    CHECK(side->agent().report().last_fault.has_value());
  }
  c.left.act(c.net, [](auto& a) { a.restart(); });
  CHECK(c.time_to_talk(10s) < 2s);
  CHECK(c.left.selected_types() == std::pair{relay, relay});
}

TEST_CASE("relay lost: hosts that restart when they are told to have their call back by themselves",
          "[scenario][sim][ATK-E08]") {
  const bool tcp = GENERATE(false, true);
  const bool silently = GENERATE(false, true);
  call c{tcp, true, {.forgets_silently = silently}};
  c.left.restarts_when_cut_off = c.right.restarts_when_cut_off = true;
  REQUIRE(c.settle());
  c.net.run_for(1min);
  c.crash(0s);
  CHECK(c.time_to_talk(15s) < 15s);
}

TEST_CASE(
    "relay lost: a restart names no relay that the server has forgotten, and says nothing of it",
    "[scenario][sim]") {
  call c{false, true, {.forgets_silently = true}};
  REQUIRE(c.settle());
  c.net.run_for(1min);
  c.turn.server().restart();
  c.left.act(c.net, [](auto& a) { a.restart(); });
  CHECK(c.time_to_talk(15s) < 15s);
}
