#include "floe/agent/commands.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "agent/support.hpp"
#include "catch.hpp"
#include "floe/ice/credentials.hpp"
#include "floe/sdp/candidate.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

TEST_CASE("commands: sockets become host candidates, each with its own priority",
          "[agent][8445-5.1.1.1-a][8445-5.1.2-a][8445-5.1.2.1-d][8445-5.1.2.1-e]") {
  world w{1};
  auto& n = w.add("n", controlling());
  for (std::uint8_t i = 1; i <= 3; ++i) w.bind(n, numbered(i));
  gather_all(w, n);
  const auto all = candidates_of(n);
  REQUIRE(all.size() == 3);
  CHECK(all[0].priority == 2130706431);
  CHECK(all[0].priority > all[1].priority);
  CHECK(all[1].priority > all[2].priority);
  for (const auto& c : all) {
    CHECK(c.type == ice::candidate_type::host);
    CHECK_FALSE(c.related);
  }
  CHECK(std::holds_alternative<event::gathering_done>(n.events.back().what));
}

TEST_CASE("commands: no two candidates have one priority, whenever networks come and go",
          "[agent][8445-5.1.2-a][8445-5.1.2.1-d]") {
  seeded_entropy entropy{1};
  agent a{epoch, controlling(), entropy};
  std::vector<std::uint32_t> taken;
  const auto add = [&](std::uint8_t n, ice::network_cost cost) {
    const auto id = a.add_local(socket_id{n}, numbered(n), {}, component_id{1}, cost);
    REQUIRE(id);
    const auto priority = a.local(*id)->candidate.priority;
    CHECK(std::find(taken.begin(), taken.end(), priority) == taken.end());
    taken.push_back(priority);
    return priority;
  };
  // All but the first two are named after the peer was told about those before.
  a.gather(epoch, gathering::open);
  const auto costly = add(1, ice::network_cost::high);
  const auto second = add(2, ice::network_cost::high);
  const auto better = add(3, ice::network_cost::lowest);
  CHECK(costly > better);
  CHECK(better > second);
  // Another one goes in between: the next takes no place that is still in use.
  REQUIRE(a.remove_local(socket_id{1}));
  CHECK(add(4, ice::network_cost::high) < second);
}

TEST_CASE("commands: addresses that may not be candidates are refused, loopback unless allowed",
          "[agent][8445-5.1.1.1-b][8445-5.1.1.1-c][8445-5.1.1.1-d]") {
  world w{1};
  auto& strict = w.add("strict", controlling());
  auto lenient_behaviour = controlling();
  lenient_behaviour.loopback = true;
  auto& lenient = w.add("lenient", lenient_behaviour);
  const endpoint loopback4{address::v4(127, 0, 0, 1), 5000};
  const endpoint loopback6{v6({}), 5000};
  for (const auto& at : {loopback4, loopback6}) {
    CHECK(strict.agent.add_local(socket_id{1}, at).error() == errc::unusable_address);
  }
  CHECK(lenient.agent.add_local(socket_id{1}, loopback4).has_value());
  CHECK(lenient.agent.add_local(socket_id{2}, loopback6).has_value());

  auto mapped = v6({});
  mapped.octets = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1};
  auto compatible = v6({});
  compatible.octets = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1};
  const std::vector<endpoint> excluded{
      {compatible, 1}, {v6({0xfe, 0xc0}), 1},          {v6({0xff, 0x02}), 1},
      {address{}, 1},  {address::v4(224, 0, 0, 1), 1}, {address::v4(192, 0, 2, 1), 0}};
  for (const auto& at : excluded) {
    CHECK(lenient.agent.add_local(socket_id{3}, at).error() == errc::unusable_address);
  }
  // It names the IPv4 address behind a socket of both families, and becomes no candidate itself.
  const auto plain = lenient.agent.add_local(socket_id{3}, {mapped, 1});
  REQUIRE(plain);
  CHECK(lenient.agent.local(*plain)->candidate.address == endpoint{address::v4(192, 0, 2, 1), 1});
}

TEST_CASE("commands: what the peer must be told can be read", "[agent][8445-5.3-a]") {
  world w{1};
  auto& n = w.add("n", controlling());
  const auto host = w.bind(n, {address::v4(192, 0, 2, 1), 5000});
  REQUIRE(n.agent.add_reflexive(host, {address::v4(203, 0, 113, 5), 6000}));
  gather_all(w, n);
  std::vector<std::string> lines;
  for (const auto& c : candidates_of(n)) lines.emplace_back(sdp::to_text(c).view());
  CHECK(lines == std::vector<std::string>{
                     "candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host",
                     "candidate:2 1 udp 1694498815 203.0.113.5 6000 typ srflx raddr 192.0.2.1 "
                     "rport 5000"});
  const auto own = n.agent.local_credentials();
  CHECK(ice::make_remote_credentials(own.ufrag, own.password));
}

TEST_CASE("commands: the same base address gives the same foundation, another one another",
          "[agent]") {
  auto behaviour = controlling();
  behaviour.components = 2;
  world w{1};
  auto& n = w.add("n", behaviour);
  w.bind(n, numbered(1, 5000));
  w.bind(n, numbered(1, 5001), {}, component_id{2});
  w.bind(n, numbered(2, 5000));
  gather_all(w, n);
  const auto all = candidates_of(n);
  REQUIRE(all.size() == 3);
  CHECK(all[0].foundation == all[2].foundation);
  CHECK_FALSE(all[0].foundation == all[1].foundation);
  CHECK(all[2].priority == all[0].priority - 1);
}

TEST_CASE("commands: a socket or an address is named once; tables that are full say so",
          "[agent][ATK-H09]") {
  auto behaviour = controlling();
  behaviour.limits.local_candidates = 2;
  world w{1};
  auto& n = w.add("n", behaviour);
  auto& a = n.agent;
  CHECK(a.add_local(socket_id{1}, numbered(1)).has_value());
  CHECK(a.add_local(socket_id{1}, numbered(2)).error() == errc::invalid_candidate);
  CHECK(a.add_local(socket_id{2}, numbered(1)).error() == errc::invalid_candidate);
  CHECK(a.add_local(socket_id{2}, numbered(2)).has_value());
  CHECK(a.add_local(socket_id{3}, numbered(3)).error() == errc::capacity_reached);
  CHECK(a.add_local(socket_id{3}, numbered(3), stream_id{1}).error() == errc::unknown_stream);
  CHECK(a.add_local(socket_id{3}, numbered(3), {}, component_id{2}).error() ==
        errc::unknown_component);
  CHECK(a.add_stream().error() == errc::capacity_reached);
}

TEST_CASE("commands: credentials are long and random enough, and each agent has its own",
          "[agent][8445-5.3-b][8839-5.4-b][ATK-C13]") {
  world w{1};
  auto& one = w.add("one", controlling());
  auto& two = w.add("two", controlling());
  const auto a = one.agent.local_credentials();
  const auto b = two.agent.local_credentials();
  CHECK(a.ufrag.size() >= 4);
  CHECK(a.ufrag.size() <= 32);
  CHECK(a.password.size() >= 22);
  CHECK(a.ufrag != b.ufrag);
  CHECK(a.password != b.password);
}

TEST_CASE("commands: what belongs to a failed session is still told apart after its restart",
          "[agent][8445-9-b][8838-9-b]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.net.run_for(60s);
  auto& a = peer.n.agent;
  CHECK(a.state() == connection_state::failed);
  peer.net.act(peer.n, [](agent& x) { x.restart(); });
  peer.net.run_for(1h);
  CHECK(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).error() ==
        errc::stale_generation);
  CHECK(a.add_remote(host(right_address), scripted_peer::ufrag).error() == errc::stale_generation);
}

TEST_CASE("commands: nothing is checked before the candidate's event", "[agent][8838-10-a]") {
  world w{1};
  auto& n = w.add("n", controlling());
  w.bind(n, left_address);
  w.act(n,
        [](agent& a) { (void)a.set_remote_credentials("peer", std::string(22, 'p')).has_value(); });
  w.act(n, [](agent& a) { (void)a.add_remote(host(right_address)).has_value(); });
  w.run_for(1s);
  CHECK(w.log().empty());
  gather_all(w, n);
  CHECK(first_event<event::local_candidate>(n) != nullptr);
  CHECK(w.log().empty());
  w.run_for(0ms);
  CHECK(w.log().size() == 1);
}

TEST_CASE("commands: a socket named after gathering joins at the restart", "[agent][8838-13-d]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.net.bind(peer.n, numbered(1));
  gather_all(peer.net, peer.n);
  CHECK(count_events<event::local_candidate>(peer.n) == 1);
  CHECK(peer.n.agent.checklists().size() == 1);
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  CHECK(count_events<event::local_candidate>(peer.n) == 3);
}

TEST_CASE("commands: every stream has a checklist, credentials and components of its own",
          "[agent][8445-2-a][8445-16.1-b]") {
  auto behaviour = controlling();
  behaviour.components = 2;
  behaviour.limits.streams = 2;
  behaviour.limits.components = 4;
  world w{1};
  auto& n = w.add("n", behaviour);
  const auto second = n.agent.add_stream(2).value();
  CHECK(n.agent.checklists().lists() == 2);
  CHECK(n.agent.local_credentials().ufrag != n.agent.local_credentials(second).ufrag);
  CHECK(n.agent.add_local(socket_id{1}, numbered(1), second, component_id{2}).has_value());
  CHECK(n.agent.add_local(socket_id{1}, numbered(1), second, component_id{3}).error() ==
        errc::unknown_component);
}

TEST_CASE("commands: after close() nothing is accepted", "[agent][ATK-H02]") {
  scripted_peer peer{1};
  peer.net.act(peer.n, [](agent& a) { a.close(); });
  auto& a = peer.n.agent;
  CHECK(a.add_remote(host(right_address)).error() == errc::session_closed);
  CHECK(a.set_remote_credentials("peer", std::string(22, 'p')).error() == errc::session_closed);
  a.restart();
  a.gather(peer.net.now());
  CHECK_FALSE(a.poll_event());
}

TEST_CASE("commands: a socket serves one component of one stream", "[agent][ATK-G16]") {
  auto behaviour = controlling();
  behaviour.limits.streams = 2;
  world w{1};
  auto& n = w.add("n", behaviour);
  const auto second = n.agent.add_stream().value();
  CHECK(n.agent.add_local(socket_id{1}, numbered(1)).has_value());
  CHECK(n.agent.add_local(socket_id{1}, numbered(1), second).error() == errc::invalid_candidate);
}

TEST_CASE("commands: a restart waits for the answer to the one before", "[agent][8445-9-a]") {
  scripted_peer peer{1};
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  CHECK(count_events<event::restarted>(peer.n) == 0);
  peer.introduce();
  for (int i = 0; i < 3; ++i) peer.net.act(peer.n, [](agent& a) { a.restart(); });
  CHECK(count_events<event::restarted>(peer.n) == 1);
  auto& a = peer.n.agent;
  CHECK(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).error() ==
        errc::stale_generation);
  CHECK(a.set_remote_credentials("second", "secondpasswordofthepeer").has_value());
}

TEST_CASE("commands: every local candidate becomes an event, however many pairs are reported",
          "[agent][ATK-D15]") {
  auto behaviour = controlled();
  behaviour.report_pairs = true;
  behaviour.limits.events = 4;
  world w{1};
  auto& n = w.add("n", behaviour);
  w.act(n,
        [](agent& a) { (void)a.set_remote_credentials("peer", std::string(22, 'p')).has_value(); });
  for (std::uint8_t i = 1; i <= 8; ++i) {
    (void)n.agent.add_remote(host(numbered(static_cast<std::uint8_t>(100 + i)), i)).has_value();
    w.bind(n, numbered(i));
  }
  gather_all(w, n);
  CHECK(count_events<event::local_candidate>(n) == 8);
  CHECK(count_events<event::gathering_done>(n) == 1);
}

TEST_CASE("commands: what an answer reveals takes no place of what the host names", "[agent]") {
  auto behaviour = controlling();
  behaviour.limits.local_candidates = 2;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  peer.answer_next({address::v4(203, 0, 113, 5), 54321});
  CHECK(peer.n.agent.add_local(socket_id{2}, numbered(2)).has_value());
  CHECK(peer.n.agent.add_local(socket_id{3}, numbered(3)).error() == errc::capacity_reached);
}
