// Links that are down for a while, peers that move, and paths that die: what a call must survive.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <vector>

#include "catch.hpp"
#include "sim/duo.hpp"
#include "sim/scripted_peer.hpp"
#include "sim/session.hpp"

using namespace floe;
using namespace floe::sim;
using namespace std::chrono_literals;

namespace {

/// Two hosts behind NATs, each with a relay if wanted, 50 ms apart.
plan behind_nats(relaying relay, std::uint64_t seed = 1) {
  const side_plan side{
      .layers = {{.nat = nat_config{.filtering = dependence::address_and_port_dependent}}},
      .wire = {.latency = 10ms},
      .relay = relay};
  plan p{.seed = seed, .left = side, .right = side, .servers = {.latency = 5ms}};
  p.left.behaviour.role = ice::role::controlling;
  p.right.behaviour.role = ice::role::controlled;
  return p;
}

/// Two agents with two interfaces each, of which the first is better; round trips of 100 ms.
struct two_ways {
  explicit two_ways(std::uint64_t seed, const config& behaviour = controlling())
      : net{seed, 50ms}, left{net.add("left", behaviour)}, right{net.add("right", controlled())} {
    net.bind(left, left_address);
    net.bind(left, second_left);
    net.bind(right, right_address);
    net.bind(right, second_right);
    net.decide = [this](const wired& w) { return reaches(w) ? fate{50ms} : fate{}; };
    gather_all(net, left);
    gather_all(net, right);
    signal(net, left, right);
    signal(net, right, left);
  }

  [[nodiscard]] bool reaches(const wired& w) const {
    const bool first = w.source == left_address || w.source == right_address;
    const bool to_first = w.destination == left_address || w.destination == right_address;
    return first == to_first && !(first && first_is_down);
  }

  /// Sends a numbered datagram each way every 20 ms; returns the longest silence at either end.
  duration longest_gap(duration span) {
    std::array last{net.now(), net.now()};
    duration worst{};
    for (const auto end = after(net.now(), span); net.now() < end;) {
      const std::array heard{left.received.size(), right.received.size()};
      net.send_data(left, "to the right");
      net.send_data(right, "to the left");
      net.run_for(20ms);
      if (left.received.size() != heard[0]) last[0] = net.now();
      if (right.received.size() != heard[1]) last[1] = net.now();
      worst = std::max({worst, net.now() - last[0], net.now() - last[1]});
    }
    return worst;
  }

  const endpoint second_left{address::v4(198, 51, 100, 1), 5000};
  const endpoint second_right{address::v4(198, 51, 100, 2), 6000};
  world net;
  node& left;
  node& right;
  bool first_is_down = false;
};

endpoint selected_remote(const node& n) {
  const auto* const pair = n.agent.selected();
  return pair == nullptr ? endpoint{} : n.agent.remote(pair->remote)->candidate.address;
}

}  // namespace

TEST_CASE("outages: one of any length leaves no half-open end, and data where there is a path",
          "[scenario][sim][7675-5.1-l]") {
  const auto relay = GENERATE(relaying::none, relaying::over_udp, relaying::over_tcp);
  const auto left_is_cut = GENERATE(true, false);
  for (const auto length : {5s, 15s, 25s, 28s, 29s, 30s, 31s, 33s, 36s, 40s, 50s, 80s, 120s}) {
    INFO("relay " << static_cast<int>(relay) << " left " << left_is_cut << " for " << length.count()
                  << " s");
    session s{behind_nats(relay)};
    REQUIRE(s.run());
    s.net.run_for(1min);
    const auto cut = (left_is_cut ? s.scene.left : s.scene.right).interfaces.front();
    s.net.set_up(cut, false);
    s.net.run_for(length);
    s.net.set_up(cut, true);
    s.net.run_for(10s);
    const bool must_survive = length <= 24s || (length <= 50s && relay != relaying::none);
    if (must_survive) CHECK(s.can_talk());
    s.net.run_for(3min);
    CHECK(s.left.agent().state() == s.right.agent().state());
    CHECK(s.is_over());
    if (s.is_completed()) CHECK(s.can_talk());
  }
}

TEST_CASE("outages: the better of two interfaces is down, and data is back within 6.5 s",
          "[scenario][users-14]") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    two_ways d{seed};
    REQUIRE(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 60s));
    REQUIRE(selected_remote(d.left) == right_address);
    d.net.run_for(1min);
    d.first_is_down = true;
    const auto down = d.net.now();
    const auto before_left = count_events<event::selected>(d.left);
    const auto before_right = count_events<event::selected>(d.right);
    CHECK(d.longest_gap(10s) <= 6500ms);
    // The event comes with the data, and not when the old path is given up.
    CHECK(count_events<event::selected>(d.left) == before_left + 1);
    CHECK(count_events<event::selected>(d.right) == before_right + 1);
    CHECK(selected_remote(d.left) == d.second_right);
    CHECK(selected_remote(d.right) == d.second_left);
    d.net.run_for(2min);
    CHECK(d.net.now() > down);
    CHECK(is_settled(d.left));
    CHECK(is_settled(d.right));
    CHECK(selected_remote(d.left) == d.second_right);
    CHECK(selected_remote(d.right) == d.second_left);
    CHECK(d.longest_gap(1s) < 200ms);
  }
}

TEST_CASE("outages: data leaves a path that falls silent before any is nominated", "[scenario]") {
  auto behaviour = controlling();
  behaviour.nomination.chosen_by = ice::nomination_config::host;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    two_ways d{seed, behaviour};
    d.net.run_for(10s);
    REQUIRE(d.left.agent.selected() == nullptr);
    CHECK(d.longest_gap(1s) < 200ms);
    d.first_is_down = true;
    CHECK(d.longest_gap(10s) <= 6500ms);
    CHECK(d.longest_gap(1s) < 200ms);
  }
}

TEST_CASE("outages: a lost check or two moves no session to a worse path for good",
          "[scenario][7675-5.1-n]") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    two_ways d{seed};
    REQUIRE(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 60s));
    std::mt19937_64 chance{seed};
    d.net.decide = [&](const wired& w) {
      return d.reaches(w) && chance() % 10 != 0 ? fate{50ms} : fate{};
    };
    d.net.run_for(10min);
    d.net.decide = [&](const wired& w) { return d.reaches(w) ? fate{50ms} : fate{}; };
    d.net.run_for(20s);
    CHECK(selected_remote(d.left) == right_address);
    CHECK(selected_remote(d.right) == left_address);
    CHECK(is_settled(d.left));
    CHECK(is_settled(d.right));
  }
}

TEST_CASE("outages: a NAT that gives a side another address costs a second at most after its check",
          "[scenario][users-23]") {
  const bool left_controls = GENERATE(true, false);
  duo d{4, 50ms, left_controls ? controlling() : controlled(),
        left_controls ? controlled() : controlling()};
  REQUIRE(d.connect());
  d.net.run_for(1min);
  const endpoint moved{address::v4(203, 0, 113, 77), 5999};
  d.left.sockets.front().second = moved;
  // The first datagram that shows it is a check of the side that moved.
  deadline shown;
  deadline back;
  const auto is_check_from_there = [&](const wired& w) {
    const auto m = stun::message_view::parse(w.bytes);
    return m && w.source == moved && m->cls() == stun::message_class::request;
  };
  const auto before = d.net.log().size();
  for (int i = 0; i < 1000 && !back; ++i) {
    const auto heard = d.left.received.size();
    d.net.send_data(d.right, "x");
    d.net.send_data(d.left, "y");
    d.net.run_for(20ms);
    if (!shown && std::any_of(d.net.log().begin() + static_cast<std::ptrdiff_t>(before),
                              d.net.log().end(), is_check_from_there)) {
      shown = d.net.now();
    }
    if (shown && d.left.received.size() != heard) back = d.net.now();
  }
  REQUIRE(shown);
  REQUIRE(back);
  CHECK(*back - *shown <= 1s);
  CHECK(selected_remote(d.right) == moved);
  d.net.run_for(2min);
  CHECK(is_settled(d.left));
  CHECK(is_settled(d.right));
  CHECK(selected_remote(d.right) == moved);
}

TEST_CASE("outages: valid pairs that carry no data keep their places in the NATs along them",
          "[scenario][8445-11-a]") {
  two_ways d{7};
  REQUIRE(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 60s));
  d.net.run_for(1min);
  for (auto* const n : {&d.left, &d.right}) {
    auto last = d.net.now();
    duration longest{};
    const auto begin = d.net.log().size();
    d.net.run_for(2min);
    for (auto i = begin; i < d.net.log().size(); ++i) {
      const auto& w = d.net.log()[i];
      if (w.from != n || w.source == left_address || w.source == right_address) continue;
      if (!d.reaches(w)) continue;
      longest = std::max(longest, w.sent_at - last);
      last = w.sent_at;
    }
    CHECK(longest <= 20s);
  }
}
