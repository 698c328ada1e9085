// Faults of networks and hosts, and what must not show to the other side.
// The ID of a tag is that of the row in the collection.

#include "catch.hpp"
#include "floe/sdp/candidate.hpp"
#include "sim/duo.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const endpoint other_local{address::v4(10, 0, 0, 7), 5001};
const endpoint allocation_address{address::v4(203, 0, 113, 50), 50000};
constexpr socket_id allocation{77};

[[nodiscard]] std::size_t failures(const node& n) {
  return static_cast<std::size_t>(
      std::count_if(n.events.begin(), n.events.end(), [](const auto& e) {
        const auto* const change = std::get_if<event::state_changed>(&e.what);
        return change != nullptr && change->to == connection_state::failed;
      }));
}

/// The datagrams of a node that left a socket since a time.
[[nodiscard]] std::size_t sent_from(const world& w, const endpoint& source, time_point since) {
  return static_cast<std::size_t>(
      std::count_if(w.log().begin(), w.log().end(), [&](const auto& packet) {
        return packet.source == source && packet.sent_at >= since;
      }));
}

/// A node with `behaviour`, one host candidate, and a relayed one behind it.
struct relayed_node {
  explicit relayed_node(const config& behaviour)
      : net{1}, n{net.add("agent", behaviour)}, host{net.bind(n, left_address)} {
    n.sockets.emplace_back(allocation, allocation_address);
    relay = n.agent.add_relayed(host, allocation, allocation_address, left_address).value();
    gather_all(net, n);
    net.act(n, [](agent& a) {
      REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
    });
  }

  /// A check of the peer that arrives at a socket.
  inbound check(socket_id socket) {
    const auto own = n.agent.local_credentials();
    return net.inject(
        n, socket, right_address,
        script.request({.username = std::string{own.ufrag} + ":" + scripted_peer::ufrag,
                        .password = std::string{own.password}}));
  }

  scripted_peer script{2};
  world net;
  node& n;
  ice::local_id host;
  ice::local_id relay;
};

}  // namespace

TEST_CASE("attacks: an interface that vanishes stalls no check of another", "[scenario][ATK-G07]") {
  world w{1};
  auto& n = w.add("agent", controlling());
  w.bind(n, left_address);
  w.bind(n, other_local);
  gather_all(w, n);
  w.act(n, [](agent& a) {
    REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
    for (std::uint16_t i = 0; i < 5; ++i) {
      REQUIRE(
          a.add_remote({.foundation = ice::foundation::from_number(i + 1U),
                        .priority = 1000U - i,
                        .address = {right_address.address, static_cast<std::uint16_t>(6000 + i)}})
              .has_value());
    }
  });
  w.run_for(60ms);
  w.act(n, [](agent& a) { REQUIRE(a.remove_local(socket_id{1}).has_value()); });
  const auto removed = w.now();
  const auto& lists = n.agent.checklists();
  CHECK(lists.size() == 5);
  for (const auto id : lists.order()) {
    CHECK(n.agent.local(lists[id].local)->candidate.address == other_local);
  }
  w.run_for(300ms);
  CHECK(sent_from(w, left_address, removed) == 0);
  CHECK(sent_from(w, other_local, removed) >= 4);
  for (std::size_t i = 1; i < n.check_times.size(); ++i) {
    CHECK(n.check_times[i] - n.check_times[i - 1] <= 51ms);
  }
}

TEST_CASE("attacks: an interface that comes back with another address takes over",
          "[scenario][ATK-G07]") {
  world w{1};
  auto& left = w.add("left", controlling());
  auto& right = w.add("right", controlled());
  w.bind(left, left_address);
  w.bind(right, right_address);
  w.act(left, [&](agent& a) { a.gather(w.now(), gathering::open); });
  gather_all(w, right);
  const auto tell = [&](node& from, node& to) {
    const auto told = from.agent.local_credentials();
    w.act(to, [&](agent& a) {
      REQUIRE(a.set_remote_credentials(told.ufrag, told.password).has_value());
      for (const auto& e : from.events) {
        const auto* const c = std::get_if<event::local_candidate>(&e.what);
        if (c == nullptr || from.agent.local(c->id) == nullptr) continue;
        REQUIRE(a.add_remote(from.agent.local(c->id)->candidate, told.ufrag).has_value());
      }
    });
  };
  tell(left, right);
  tell(right, left);
  REQUIRE(w.run_until([&] { return is_settled(left) && is_settled(right); }, 10s));

  w.act(left, [](agent& a) { REQUIRE(a.remove_local(socket_id{1}).has_value()); });
  CHECK_FALSE(w.send_data(left, "nowhere"));
  w.run_for(3s);
  w.act(left, [&](agent&) { w.bind(left, other_local); });
  tell(left, right);
  const auto back = w.now();
  REQUIRE(w.run_until([&] { return is_settled(left) && w.send_data(left, "again"); }, 10s));
  CHECK(w.now() - back <= 1s);
  CHECK(w.log().back().source == other_local);
  CHECK(failures(left) == 0);
  REQUIRE(w.run_until([&] { return w.send_data(right, "too") && left.received.size() > 1; }, 20s));
  CHECK(failures(right) == 0);
}

TEST_CASE("attacks: sends that fail for a while on a good path end nothing",
          "[scenario][ATK-G08]") {
  for (const auto pause : {100ms, 1000ms, 3000ms, 7000ms, 14000ms}) {
    INFO(pause.count() << " ms");
    duo d{1};
    REQUIRE(d.connect());
    d.net.decide = [&](const wired& w) { return w.from == &d.left ? fate{} : fate{10ms}; };
    for (const auto end = d.net.now() + pause; d.net.now() < end; d.net.run_for(20ms)) {
      CHECK(d.net.send_data(d.left, "x"));
    }
    d.net.decide = nullptr;
    d.net.run_for(40s);
    for (const auto* const n : {&d.left, &d.right}) {
      CHECK(is_settled(*n));
      CHECK(failures(*n) == 0);
      CHECK(count_events<event::consent_lost>(*n) == 0);
    }
  }
}

TEST_CASE("attacks: who offers only relayed candidates says nothing from anywhere else",
          "[scenario][ATK-I02][users-7]") {
  auto behaviour = controlled();
  behaviour.offers = ice::relayed_only;
  behaviour.accepts = ice::relayed_only;
  relayed_node s{behaviour};
  const auto offered = candidates_of(s.n);
  REQUIRE(offered.size() == 1);
  CHECK(offered[0].address == allocation_address);
  // A peer that guessed the address of the interface.
  (void)s.check(socket_id{1});
  s.net.run_for(1min);
  CHECK(sent_from(s.net, left_address, epoch) == 0);
  CHECK(s.net.log().empty());
  (void)s.check(allocation);
  s.net.run_for(1min);
  CHECK(sent_from(s.net, allocation_address, epoch) > 0);
  CHECK(sent_from(s.net, left_address, epoch) == 0);
}

TEST_CASE("attacks: a candidate with a name is refused, and nobody asks what the name means",
          "[scenario][ATK-I04]") {
  auto behaviour = controlling();
  behaviour.offers = ice::relayed_only;
  behaviour.accepts = ice::relayed_only;
  relayed_node s{behaviour};
  const auto events = s.n.events.size();
  for (const auto* const name : {"attacker.example.com", "0a1b2c3d.local"}) {
    const auto line = std::string{"candidate:1 1 udp 2113937151 "} + name + " 5000 typ host";
    const auto made = sdp::parse_candidate(line);
    REQUIRE_FALSE(made.has_value());
    CHECK(made.error() == errc::unsupported);
  }
  // One that leads by its address, but is not relayed.
  s.net.act(s.n, [](agent& a) {
    const auto refused = a.add_remote(
        {.foundation = ice::foundation::from_number(1), .priority = 1, .address = right_address});
    CHECK(refused.error() == errc::unusable_address);
  });
  s.net.run_for(1min);
  CHECK(s.net.log().empty());
  CHECK(s.n.events.size() <= events + 3);  // it fails: checking, the list, the session
}

TEST_CASE("attacks: equal roles at the start, one side lite: the full side controls",
          "[scenario][ATK-G10]") {
  const auto both = GENERATE(ice::role::controlling, ice::role::controlled);
  const bool left_is_lite = GENERATE(true, false);
  config lite{.role = both};
  lite.level = ice::level::lite;
  const config full{.role = both};
  duo d{1, 10ms, left_is_lite ? lite : full, left_is_lite ? full : lite};
  auto& simple = left_is_lite ? d.left : d.right;
  auto& able = left_is_lite ? d.right : d.left;
  d.net.act(able, [](agent& a) { a.describe_peer({.level = ice::level::lite}); });
  d.net.act(simple, [](agent& a) { a.describe_peer({.level = ice::level::full}); });
  REQUIRE(d.connect());
  CHECK(able.agent.role() == ice::role::controlling);
  CHECK(simple.agent.role() == ice::role::controlled);
  CHECK(simple.agent.stats().checks_sent == 0);
  CHECK(count_events<event::role_changed>(able) + count_events<event::role_changed>(simple) <= 1);
  CHECK((d.net.send_data(d.left, "l") && d.net.send_data(d.right, "r")));
}
