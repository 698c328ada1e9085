// What the host adds, hides, refuses and decides itself.
#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "catch.hpp"
#include "sim/duo.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const endpoint mapped{address::v4(203, 0, 113, 7), 40000};
const endpoint relayed{address::v4(203, 0, 113, 99), 50000};
constexpr socket_id relay_socket{77};

std::vector<ice::candidate_type> types_of(const node& n) {
  std::vector<ice::candidate_type> types;
  for (const auto& c : candidates_of(n)) types.push_back(c.type);
  return types;
}

/// A node whose socket is bound, with a reflexive and a relayed candidate.
struct well_connected {
  explicit well_connected(const config& behaviour) : net{1}, n{net.add("agent", behaviour)} {
    host = net.bind(n, left_address);
    REQUIRE(n.agent.add_reflexive(host, mapped, server_id{1}));
    REQUIRE(n.agent.add_relayed(host, relay_socket, relayed, mapped, server_id{2}));
    n.sockets.emplace_back(relay_socket, relayed);
    gather_all(net, n);
  }

  /// The peer has one host candidate.
  void introduce() {
    net.act(n, [](agent& a) {
      (void)a.set_remote_credentials("peer", std::string(22, 'p')).has_value();
      (void)a
          .add_remote({.foundation = ice::foundation::from_number(1),
                       .priority = 2130706431,
                       .address = right_address})
          .has_value();
    });
  }

  world net;
  node& n;
  ice::local_id host;
};

}  // namespace

TEST_CASE("policies: candidates that the host adds are told to the peer, and relayed ones checked",
          "[scenario]") {
  well_connected w{controlling()};
  using enum ice::candidate_type;
  CHECK(types_of(w.n) == std::vector{host, srflx, relay});
  for (const auto& c : candidates_of(w.n)) {
    CHECK(c.related == (c.type == host    ? std::nullopt
                        : c.type == srflx ? std::optional{left_address}
                                          : std::optional{mapped}));
  }
  w.introduce();
  w.net.run_for(100ms);
  std::set<endpoint, bool (*)(const endpoint&, const endpoint&)> sources{
      [](const endpoint& a, const endpoint& b) { return a.port < b.port; }};
  for (const auto& sent : w.net.log()) sources.insert(sent.source);
  CHECK(sources.size() == 2);
  CHECK(sources.count(left_address) == 1);
  CHECK(sources.count(relayed) == 1);
}

TEST_CASE("policies: relayed only, no other address shows and nothing leaves but through the relay",
          "[scenario][8445-19.1-a]") {
  auto behaviour = controlling();
  behaviour.offers = ice::relayed_only;
  well_connected w{behaviour};
  CHECK(types_of(w.n) == std::vector{ice::candidate_type::relay});
  CHECK(candidates_of(w.n)[0].related->address == address::v4(0, 0, 0, 0));
  w.introduce();
  w.net.run_for(1min);
  REQUIRE_FALSE(w.net.log().empty());
  for (const auto& sent : w.net.log()) CHECK(sent.source == relayed);
  CHECK(refusal(w.net.inject(w.n, socket_id{1}, right_address, scripted_peer{9}.request())) ==
        reject::bad_username);
}

TEST_CASE("policies: with relayed only, a check at the hidden address is not even answered",
          "[scenario][8445-19.1-a]") {
  auto behaviour = controlled();
  behaviour.offers = ice::relayed_only;
  scripted_peer peer{2, behaviour};
  peer.tell_credentials();
  CHECK(refusal(peer.check()) == reject::unknown_socket);
  CHECK(peer.sent().empty());
}

TEST_CASE(
    "policies: without host candidates the reflexive one is offered, and checks leave its base",
    "[scenario][8445-19.1-a]") {
  auto behaviour = controlling();
  behaviour.offers = ice::no_host;
  well_connected w{behaviour};
  using enum ice::candidate_type;
  CHECK(types_of(w.n) == std::vector{srflx, relay});
  w.introduce();
  w.net.run_for(100ms);
  CHECK(std::any_of(w.net.log().begin(), w.net.log().end(),
                    [](const wired& sent) { return sent.source == left_address; }));
}

TEST_CASE("policies: candidates of the peer that the host does not accept are not used",
          "[scenario]") {
  auto behaviour = controlling();
  behaviour.accepts = ice::relayed_only;
  scripted_peer peer{3, behaviour};
  peer.tell_credentials();
  const ice::candidate theirs{.foundation = ice::foundation::from_number(1),
                              .priority = 2130706431,
                              .address = right_address};
  CHECK(peer.n.agent.add_remote(theirs).error() == errc::unusable_address);
  peer.net.run_for(1s);
  CHECK(peer.sent().empty());
}

TEST_CASE("policies: the candidates of lower components are told first", "[scenario][8838-17-a]") {
  auto behaviour = controlling();
  behaviour.components = 2;
  world net{11};
  auto& n = net.add("agent", behaviour);
  net.bind(n, {address::v4(192, 0, 2, 1), 5001}, {}, component_id{2});
  net.bind(n, {address::v4(192, 0, 2, 1), 5000}, {}, component_id{1});
  gather_all(net, n);
  const auto told = candidates_of(n);
  REQUIRE(told.size() == 2);
  CHECK(told[0].component == component_id{1});
  CHECK(told[1].component == component_id{2});
}

TEST_CASE("policies: gathering that stays open tells candidates as they come", "[scenario]") {
  world net{4};
  auto& n = net.add("agent", controlling());
  const auto host = net.bind(n, left_address);
  net.act(n, [&](agent& a) { a.gather(net.now(), gathering::open); });
  CHECK(candidates_of(n).size() == 1);
  CHECK(count_events<event::gathering_done>(n) == 0);
  net.act(n, [&](agent& a) { REQUIRE(a.add_reflexive(host, mapped)); });
  CHECK(candidates_of(n).size() == 2);
  net.act(n, [&](agent& a) { a.gather(net.now()); });
  CHECK(count_events<event::gathering_done>(n) == 1);
  SECTION("what comes later waits for a restart") {
    net.act(n, [&](agent& a) { REQUIRE(a.add_relayed(host, relay_socket, relayed, mapped)); });
    CHECK(candidates_of(n).size() == 2);
  }
  SECTION("the same address again is the same candidate") {
    CHECK(n.agent.add_reflexive(host, mapped).has_value());
    CHECK(n.agent.add_reflexive(host, left_address).value() == host);
    CHECK(n.agent.add_relayed(host, socket_id{1}, relayed, mapped).error() ==
          errc::invalid_candidate);
  }
}

TEST_CASE("policies: an address that a check taught first is told when a server names it",
          "[scenario]") {
  scripted_peer peer{12};
  world net{13};
  auto& n = net.add("agent", controlling());
  const auto local = net.bind(n, left_address);
  net.act(n, [&](agent& a) {
    a.gather(net.now(), gathering::open);
    (void)a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value();
    (void)a
        .add_remote({.foundation = ice::foundation::from_number(1),
                     .priority = 2130706431,
                     .address = right_address})
        .has_value();
  });
  net.run_for(0ms);
  net.act(n, [&](agent& a) { a.handle_timeout(net.now()); });
  REQUIRE_FALSE(net.log().empty());
  net.inject(n, socket_id{1}, right_address, peer.success(net.log().front(), mapped));
  const auto before = candidates_of(n).size();
  net.act(n, [&](agent& a) { REQUIRE(a.add_reflexive(local, mapped)); });
  REQUIRE(candidates_of(n).size() == before + 1);
  CHECK(candidates_of(n).back().type == ice::candidate_type::srflx);
  CHECK(candidates_of(n).back().address == mapped);
}

TEST_CASE("policies: both agents keep to the slower pace", "[scenario][8445-14.2-a]") {
  auto behaviour = controlling();
  behaviour.ta = 20ms;
  scripted_peer peer{5, behaviour};
  peer.n.agent.describe_peer({.pacing = 100ms});
  peer.tell_credentials();
  for (std::uint8_t i = 1; i <= 3; ++i) {
    peer.tell_candidate({address::v4(198, 51, 100, i), 7000},
                        std::string(1, static_cast<char>('0' + i)));
  }
  peer.net.run_for(250ms);
  REQUIRE(peer.n.check_times.size() == 3);
  CHECK(peer.n.check_times[1] - peer.n.check_times[0] == 100ms);
  CHECK(peer.n.check_times[2] - peer.n.check_times[1] == 100ms);
}

TEST_CASE("policies: agents that share a pacer start checks at least 5 ms apart",
          "[scenario][8445-14.2-b]") {
  ice::pacer shared;
  auto behaviour = controlling();
  behaviour.pacer = &shared;
  world net{6};
  std::vector<node*> nodes;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    auto& n = net.add("agent", behaviour);
    nodes.push_back(&n);
    net.bind(n, {address::v4(192, 0, 2, i), 5000});
    gather_all(net, n);
    net.act(n, [&](agent& a) {
      (void)a.set_remote_credentials("peer", std::string(22, 'p')).has_value();
      for (std::uint8_t j = 1; j <= 4; ++j) {
        (void)a
            .add_remote({.foundation = ice::foundation::from_number(j),
                         .priority = j,
                         .address = {address::v4(198, 51, 100, j), 6000}})
            .has_value();
      }
    });
  }
  net.run_for(1s);
  std::vector<time_point> times;
  for (const auto* n : nodes) {
    CHECK(n->check_times.size() == 4);
    times.insert(times.end(), n->check_times.begin(), n->check_times.end());
  }
  std::sort(times.begin(), times.end());
  for (std::size_t i = 1; i < times.size(); ++i) CHECK(times[i] - times[i - 1] >= 5ms);
}

TEST_CASE("policies: the host may choose the pair itself", "[scenario]") {
  auto behaviour = controlling();
  behaviour.nomination.chosen_by = ice::nomination_config::host;
  scripted_peer peer{7, behaviour};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(low, "2", 10);
  for (int i = 0; i < 2; ++i) {
    const auto asked = peer.next_check();
    (void)peer.send(peer.success(asked), asked.destination);
  }
  peer.net.run_for(10s);
  CHECK(peer.n.agent.state() == connection_state::connected);
  const auto& lists = peer.n.agent.checklists();
  const auto chosen = lists.find_if(
      [&](const ice::pair& p) { return peer.n.agent.remote(p.remote)->candidate.address == low; });
  REQUIRE(chosen);
  (void)peer.sent();
  peer.net.act(peer.n, [&](agent& a) { REQUIRE(a.nominate(*chosen)); });
  const auto asked = peer.next_check();
  CHECK(asked.destination == low);
  CHECK(peer.parse(asked).get<stun::use_candidate>().has_value());
  CHECK(peer.n.agent.nominate(*chosen).error() == errc::no_path);
  (void)peer.send(peer.success(asked), low);
  REQUIRE(is_settled(peer.n));
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == low);
  CHECK(peer.n.agent.nominate(*chosen).error() == errc::no_path);
}

TEST_CASE("policies: where the rule chooses, or the peer controls, the host can't", "[scenario]") {
  scripted_peer by_rule{8};
  CHECK(by_rule.n.agent.nominate({}).error() == errc::unsupported);
  auto behaviour = controlled();
  behaviour.nomination.chosen_by = ice::nomination_config::host;
  scripted_peer peer{8, behaviour};
  CHECK(peer.n.agent.nominate({}).error() == errc::unsupported);
}

TEST_CASE("policies: a nomination that the host does not accept is answered with 400",
          "[scenario][8445-7.3.1.5-c]") {
  auto behaviour = controlled();
  behaviour.nomination.accepts = [](const ice::candidate&, const endpoint& remote) noexcept {
    return remote != right_address;
  };
  scripted_peer peer{9, behaviour};
  peer.introduce();
  peer.answer_next();
  (void)peer.sent();
  const scripted_check nominating{.claims = {{ice::role::controlling, 1}}, .nominates = true};
  CHECK(refusal(peer.check(nominating)) == reject::refused_nomination);
  CHECK(peer.error_of(peer.only_sent()) == stun::error_code::bad_request);
  CHECK(peer.n.agent.selected() == nullptr);
}

TEST_CASE("policies: 3 s after a stream is settled its other sockets are let go, if the host wants",
          "[scenario][8445-8.3.1-a]") {
  auto behaviour = controlled();
  behaviour.release = 3s;
  world net{10};
  auto& n = net.add("agent", behaviour);
  net.bind(n, left_address);
  const endpoint other{address::v4(198, 51, 100, 1), 5000};
  net.bind(n, other);
  gather_all(net, n);
  auto& peer = net.add("peer", controlling());
  net.bind(peer, right_address);
  gather_all(net, peer);
  signal(net, n, peer);
  signal(net, peer, n);
  REQUIRE(net.run_until([&] { return is_settled(n) && is_settled(peer); }, 60s));
  const auto settled = n.agent.selected()->local;
  REQUIRE(n.agent.local(settled)->candidate.address == left_address);
  const auto credentials = n.agent.local_credentials();
  const auto check = [&] {
    std::vector<std::byte> out(max_datagram_size);
    const auto theirs = peer.agent.local_credentials();
    const auto name = std::string{credentials.ufrag} + ":" + std::string{theirs.ufrag};
    out.resize(ice::write_check(out, {}, {.priority = 1, .tie_breaker = 1}, name,
                                stun::short_term_key(credentials.password))
                   .value());
    return net.inject(n, socket_id{2}, {address::v4(203, 0, 113, 1), 9}, out);
  };
  const auto completed = net.now();
  while (net.now() - completed < 2900ms) net.run_for(100ms);
  CHECK_FALSE(refusal(check()));
  CHECK(count_events<event::released>(n) == 0);
  net.run_for(200ms);
  CHECK(count_events<event::released>(n) == 1);
  CHECK(refusal(check()) == reject::unknown_socket);
  CHECK(net.send_data(n, "x"));
  SECTION("a restart takes them back") {
    net.act(n, [](agent& a) { a.restart(); });
    CHECK(n.agent.local(settled)->open);
    const auto again = candidates_of(n);
    CHECK(again.size() == 2);
  }
}
