// Paths that change under a session: NATs that rebind, interfaces that vanish, peers that move on.
#include <algorithm>
#include <array>
#include <optional>

#include "catch.hpp"
#include "sim/duo.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const endpoint second_left{address::v4(198, 51, 100, 1), 5000};
const endpoint second_right{address::v4(198, 51, 100, 2), 6000};
constexpr socket_id first_socket{1};

/// Two agents with two interfaces each; the second interface reaches only the other's second one.
struct dual_homed {
  explicit dual_homed(std::uint64_t seed)
      : net{seed}, left{net.add("left", controlling())}, right{net.add("right", controlled())} {
    net.bind(left, left_address);
    net.bind(left, second_left);
    net.bind(right, right_address);
    net.bind(right, second_right);
    net.decide = [this](const wired& w) { return reaches(w) ? fate{10ms} : fate{}; };
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

  [[nodiscard]] bool settle() {
    return net.run_until([&] { return is_settled(left) && is_settled(right); }, 60s);
  }

  [[nodiscard]] static endpoint selected_local(const node& n) {
    const auto* const pair = n.agent.selected();
    return pair == nullptr ? endpoint{} : n.agent.local(pair->local)->candidate.address;
  }

  /// Sends a numbered datagram each way every 100 ms; returns the longest silence at either end.
  duration longest_gap(duration span) {
    auto last_left = net.now();
    auto last_right = net.now();
    duration worst{};
    for (const auto end = after(net.now(), span); net.now() < end;) {
      const auto heard_left = left.received.size();
      const auto heard_right = right.received.size();
      net.send_data(left, "to the right");
      net.send_data(right, "to the left");
      net.run_for(100ms);
      if (left.received.size() != heard_left) last_left = net.now();
      if (right.received.size() != heard_right) last_right = net.now();
      worst = std::max({worst, net.now() - last_left, net.now() - last_right});
    }
    return worst;
  }

  world net;
  node& left;
  node& right;
  bool first_is_down = false;
};

}  // namespace

TEST_CASE("mobility: when the selected path dies silently, data moves to another that works",
          "[scenario][users-14]") {
  dual_homed d{1};
  REQUIRE(d.settle());
  REQUIRE(dual_homed::selected_local(d.left) == left_address);
  d.net.run_for(1min);
  d.first_is_down = true;
  CHECK(d.longest_gap(2min) < 15s);
  CHECK(dual_homed::selected_local(d.left) == second_left);
  CHECK(dual_homed::selected_local(d.right) == second_right);
  CHECK(is_settled(d.left));
  CHECK(is_settled(d.right));
}

TEST_CASE("mobility: a removed socket takes its candidates along, and another path takes over",
          "[scenario][8445-5.1.1.4-b]") {
  dual_homed d{2};
  REQUIRE(d.settle());
  const bool controlling_side = GENERATE(true, false);
  auto& mover = controlling_side ? d.left : d.right;
  d.net.run_for(1min);
  d.first_is_down = true;
  d.net.act(mover, [](agent& a) { REQUIRE(a.remove_local(first_socket)); });
  CHECK(d.longest_gap(2min) < 15s);
  CHECK(dual_homed::selected_local(d.left) == second_left);
  CHECK(dual_homed::selected_local(d.right) == second_right);
  std::size_t pairs_of_removed = 0;
  const auto& lists = mover.agent.checklists();
  for (const auto id : lists.order()) {
    pairs_of_removed += mover.agent.local(lists[id].local)->socket == first_socket ? 1U : 0U;
  }
  CHECK(pairs_of_removed == 0);
  CHECK(mover.agent.remove_local(first_socket).error() == errc::invalid_candidate);
}

TEST_CASE("mobility: data goes on at once over another valid path, before any is nominated",
          "[scenario][8445-12.1-e]") {
  auto behaviour = controlling();
  behaviour.nomination.chosen_by = ice::nomination_config::host;
  world net{6};
  auto& left = net.add("left", behaviour);
  auto& right = net.add("right", controlled());
  net.bind(left, left_address);
  net.bind(left, second_left);
  net.bind(right, right_address);
  gather_all(net, left);
  gather_all(net, right);
  signal(net, left, right);
  signal(net, right, left);
  net.run_for(2s);
  REQUIRE(net.send_data(left, "x"));
  net.act(left, [](agent& a) { REQUIRE(a.remove_local(first_socket)); });
  CHECK(net.send_data(left, "y"));
  CHECK(net.log().back().source == second_left);
}

TEST_CASE("mobility: without another path a removed socket ends the session by timer",
          "[scenario]") {
  duo d{3};
  REQUIRE(d.connect());
  d.net.act(d.left, [](agent& a) { REQUIRE(a.remove_local(first_socket)); });
  CHECK_FALSE(d.net.send_data(d.left, "x"));
  d.net.run_for(2min);
  CHECK(d.left.agent.state() == connection_state::failed);
  CHECK(d.right.agent.state() == connection_state::failed);
}

TEST_CASE("mobility: a NAT that gives the peer another port is followed", "[scenario][users-23]") {
  // The wire rewrites the left side's address, as its NAT would; the right side is the public one.
  const bool left_controls = GENERATE(true, false);
  duo d{4, 10ms, left_controls ? controlling() : controlled(),
        left_controls ? controlled() : controlling()};
  REQUIRE(d.connect());
  d.net.run_for(1min);
  const endpoint rebound{address::v4(192, 0, 2, 1), 5999};
  d.left.sockets.front().second = rebound;
  std::size_t heard = 0;
  duration silence{};
  for (int i = 0; i < 1200; ++i) {
    const auto before = d.left.received.size();
    d.net.send_data(d.right, "x");
    d.net.send_data(d.left, "y");
    d.net.run_for(100ms);
    if (d.left.received.size() != before) {
      ++heard;
    } else {
      silence += 100ms;
    }
  }
  CAPTURE(left_controls, heard);
  CHECK(silence < 20s);
  CHECK(d.left.agent.state() == connection_state::completed);
  CHECK(d.right.agent.state() == connection_state::completed);
  const auto* const selected = d.right.agent.selected();
  REQUIRE(selected != nullptr);
  CHECK(d.right.agent.remote(selected->remote)->candidate.address == rebound);
}

TEST_CASE("mobility: a peer that nominates another pair later is followed, whatever the priorities",
          "[scenario][users-8]") {
  scripted_peer peer{5, controlled()};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(low, "2", 10);
  for (int i = 0; i < 2; ++i) {
    const auto asked = peer.next_check();
    (void)peer.send(peer.success(asked), asked.destination);
  }
  const auto check = [](bool nominates) {
    return scripted_check{.claims = {{ice::role::controlling, 1}}, .nominates = nominates};
  };
  (void)peer.check(check(true));
  REQUIRE(is_settled(peer.n));
  const auto remote_of_selected = [&] {
    return peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address;
  };
  SECTION("at once the better one stays, as with aggressive nomination") {
    (void)peer.check(check(true), low);
    CHECK(remote_of_selected() == right_address);
  }
  SECTION("later the newer one counts") {
    for (int i = 0; i < 6; ++i) {
      peer.net.run_for(1s);
      (void)peer.check(check(false));
      for (const auto& asked : peer.sent()) {
        if (peer.cls(asked) == stun::message_class::request) {
          (void)peer.send(peer.success(asked), asked.destination);
        }
      }
    }
    (void)peer.check(check(true), low);
    CHECK(remote_of_selected() == low);
    CHECK(count_events<event::selected>(peer.n) == 2);
  }
}
