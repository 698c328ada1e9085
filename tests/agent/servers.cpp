#include "floe/agent/servers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "sim/client.hpp"
#include "sim/stun_server.hpp"
#include "sim/turn_party.hpp"
#include "sim/world.hpp"

using namespace floe;
using namespace floe::sim;
using namespace std::chrono_literals;
using enum ice::candidate_type;

namespace {

const auto stun_address = address::v4(192, 0, 2, 10);
const auto turn_address = address::v4(192, 0, 2, 20);
constexpr std::array<std::string_view, 1> stun_uris{"stun:192.0.2.10"};
constexpr std::array<std::string_view, 1> turn_uris{"turn:192.0.2.20"};
const std::array<gather::server, 2> both_servers{
    gather::server{.uris = stun_uris},
    gather::server{.uris = turn_uris, .username = "user", .credential = "password"}};

config behaviour(ice::role role, gsl::span<const gather::server> servers = both_servers,
                 std::optional<duration> release = std::nullopt) {
  return {.role = role, .servers = servers, .release = release};
}

gateway_config behind(dependence mapping, std::uint8_t outer) {
  return {.nat = nat_config{.mapping = mapping, .filtering = mapping},
          .outer = {address::v4(198, 51, 100, outer)}};
}

/// Two clients behind NATs of a kind, with a STUN and a TURN server on the Internet.
struct two_homes {
  explicit two_homes(dependence kind, std::uint64_t seed = 1,
                     std::optional<duration> release = std::nullopt)
      : net{seed}, left_home{net.add_realm(behind(kind, 1))}, right_home{net.add_realm(
                                                                  behind(kind, 2))},
        turn{net,
             {net.add_interface(internet, turn_address, wire())},
             {.credentials = {.users = {{"user", "password"}}}}},
        left{net, behaviour(ice::role::controlling, both_servers, release), seed * 2},
        right{net, behaviour(ice::role::controlled, both_servers, release), seed * 2 + 1} {
    stun.serve(net, net.add_interface(internet, stun_address, wire()));
    left.add_socket(net, net.add_interface(left_home, address::v4(10, 0, 0, 1), wire()), 5000);
    right.add_socket(net, net.add_interface(right_home, address::v4(10, 0, 1, 1), wire()), 6000);
    left.signal_to(right);
    right.signal_to(left);
  }

  static wire_config wire() { return {.latency = 5ms}; }

  void begin() {
    left.act(net, [&](agent& a) { a.gather(net.now()); });
    right.act(net, [&](agent& a) { a.gather(net.now()); });
  }

  bool connect(duration limit = 30s) {
    begin();
    return net.run_until([&] { return left.is_settled() && right.is_settled(); }, limit);
  }

  network net;
  realm_id left_home;
  realm_id right_home;
  stun_server stun;
  turn_party turn;
  client left;
  client right;
};

/// For a client that shows no address but its relay's. It asks the second server alone, so that no
/// socket is seen by the first.
config relayed_only() {
  auto c = behaviour(ice::role::controlling, gsl::span{both_servers}.last(1));
  c.offers = ice::relayed_only;
  return c;
}

void add_to_left_home(two_homes& t, client& c) {
  c.add_socket(t.net, t.net.add_interface(t.left_home, address::v4(10, 0, 0, 2), two_homes::wire()),
               5000);
}

std::vector<ice::candidate_type> types(const client& c) {
  std::vector<ice::candidate_type> found;
  for (const auto& candidate : c.told) found.push_back(candidate.type);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace

TEST_CASE("servers: one that can't be asked ends the gathering, and hope, in the same call",
          "[agent][sim]") {
  const std::array<gather::server, 1> servers{
      gather::server{.uris = turn_uris, .username = "user", .credential = "password"}};
  auto asks = behaviour(ice::role::controlling, servers);
  asks.gathering.relay.transport = turn::relay_transport::tcp;  // which the URI's can't be
  world net{1};
  auto& n = net.add("n", asks);
  net.bind(n, {address::v4(192, 0, 2, 1), 5000});
  net.act(n, [](agent& a) {
    (void)a.set_remote_credentials("peer", std::string(22, 'p')).has_value();
  });
  net.run_for(1min);
  REQUIRE(n.agent.state() == connection_state::checking);
  net.act(n, [&](agent& a) { a.gather(net.now()); });
  // The world stops at a deadline that stands still.
  net.run_for(0ms);
  CHECK(n.agent.state() == connection_state::failed);
}

TEST_CASE("servers: host, reflexive and relayed candidates are told, then that they were all",
          "[agent][8445-5.1.1.2-a]") {
  two_homes t{dependence::endpoint_independent};
  t.begin();
  t.net.run_for(5s);
  CHECK(types(t.left) == std::vector{host, srflx, relay});
  REQUIRE(t.left.all<event::gathering_done>().size() == 1);
  CHECK(std::holds_alternative<event::gathering_done>(t.left.events.back().second) == false);
  const auto results = t.left.all<event::server_result>();
  REQUIRE(results.size() == 2);
  for (const auto& r : results) CHECK(r.outcome == gather::outcome::answered);
  CHECK(t.left.all<event::enough_gathered>().size() == 1);
}

TEST_CASE("servers: the host learns whose token a server wants, and brings it",
          "[agent][7635-6.1-a]") {
  seeded_entropy entropy{1};
  const std::array<gather::server, 1> without_account{gather::server{.uris = turn_uris}};
  agent a{epoch, behaviour(ice::role::controlling, without_account), entropy};
  std::array<std::byte, max_datagram_size> buffer{};
  const auto asked = [&] {
    const auto out = a.poll_transmit(buffer);
    REQUIRE(out);
    const auto message = stun::message_view::parse(byte_view{buffer}.first(out->size));
    REQUIRE(message->method() == stun::method::allocate);
    return message->transaction();
  };
  REQUIRE(a.add_local(socket_id{1}, {address::v4(192, 0, 2, 1), 5000}));
  a.gather(epoch);
  a.handle_timeout(epoch);
  stun::writer refusal{buffer, {stun::method::allocate, stun::message_class::error}, asked()};
  refusal.add(stun::error_code_attribute{stun::error_code::unauthenticated})
      .add(stun::realm{"example.org"})
      .add(stun::nonce{"nonce"})
      .add(stun::third_party_authorization{"auth.example.org"});
  const auto size = refusal.finish().value();
  (void)a.handle_datagram(epoch,
                          {socket_id{1}, {turn_address, 3478}, byte_view{buffer}.first(size)});

  std::optional<gather::attempt_id> attempt;
  while (const auto e = a.poll_event()) {
    if (const auto* const wanted = std::get_if<event::token_needed>(&*e)) attempt = wanted->attempt;
  }
  REQUIRE(attempt);
  CHECK(a.token_server_name(*attempt) == "auth.example.org");
  const std::vector<std::byte> key(20, std::byte{1});
  const std::vector<std::byte> sealed(40, std::byte{2});
  REQUIRE(a.bring_token(epoch, *attempt, {"kid", key, sealed}));
  a.handle_timeout(epoch + config{}.ta);  // in the next slot
  (void)asked();
  CHECK(a.token_server_name({}).empty());
}

TEST_CASE("servers: asking them keeps a pace of its own", "[agent][8445-5.1.1.2-e]") {
  two_homes t{dependence::endpoint_independent};
  t.left.act(t.net, [&](agent& a) { a.gather(t.net.now()); });
  std::size_t sent = 0;
  std::vector<time_point> starts;
  // Without a peer all that leaves asks a server.
  t.net.run_until(
      [&] {
        const auto now_sent = t.left.agent().stats().datagrams_sent;
        if (now_sent != sent) starts.push_back(t.net.now());
        sent = now_sent;
        return starts.size() == 2;
      },
      5s);
  REQUIRE(starts.size() == 2);
  CHECK(starts[1] - starts[0] == config{}.ta);
}

TEST_CASE("servers: the first check waits for no server", "[agent][8445-6.1.4.2-a]") {
  two_homes t{dependence::endpoint_independent};
  t.left.act(t.net, [&](auto& a) {
    (void)a.set_remote_credentials("peer", "passwordofthepeer012345").value();
    (void)a
        .add_remote({.foundation = ice::foundation::from_number(1),
                     .priority = 1,
                     .address = {address::v4(203, 0, 113, 9), 1}})
        .value();
    a.gather(t.net.now());
    a.handle_timeout(t.net.now());
  });
  CHECK(t.left.agent().stats().checks_sent == 1);
  const auto sent = [&] { return t.left.agent().stats().datagrams_sent; };
  CHECK(sent() == 1);
  // The first server follows 5 ms behind.
  t.net.run_for(5ms - 1ns);
  CHECK(sent() == 1);
  t.net.run_for(1ns);
  CHECK(sent() == 2);
}

TEST_CASE("servers: through kind NATs two clients connect by what STUN told them", "[agent]") {
  two_homes t{dependence::endpoint_independent};
  REQUIRE(t.connect());
  const auto [mine, theirs] = t.left.selected_types();
  CHECK(mine != relay);
  CHECK(theirs != relay);
  REQUIRE(t.left.send_data(t.net, "hello"));
  t.net.run_for(1s);
  REQUIRE(t.right.received.size() == 1);
  CHECK(t.right.received[0].second == "hello");
}

TEST_CASE("servers: through symmetric NATs they connect by a relay, and talk for hours",
          "[agent][8445-7.2.1-a][8445-7.2.1-c][8445-7.2.4-c][8445-12.1-c]") {
  two_homes t{dependence::address_and_port_dependent};
  REQUIRE(t.connect());
  const auto [mine, theirs] = t.left.selected_types();
  CHECK((mine == relay || theirs == relay));
  for (int i = 0; i < 360; ++i) {
    REQUIRE(t.left.send_data(t.net, "to the right"));
    REQUIRE(t.right.send_data(t.net, "to the left"));
    t.net.run_for(30s);
  }
  CHECK(t.left.received.size() == 360);
  CHECK(t.right.received.size() == 360);
  CHECK(t.left.is_settled());
  CHECK(t.right.is_settled());
}

TEST_CASE("servers: a channel waits until the pair is selected", "[agent][8445-7.2.1-b]") {
  two_homes t{dependence::address_and_port_dependent};
  const auto channels = [&] {
    std::size_t count = 0;
    for (const auto& a : t.turn.server().allocations()) count += a.channels.size();
    return count;
  };
  t.begin();
  std::size_t before = 0;
  REQUIRE(t.net.run_until(
      [&] {
        if (t.left.agent().selected() == nullptr && t.right.agent().selected() == nullptr) {
          before = std::max(before, channels());
        }
        return t.left.is_settled() && t.right.is_settled();
      },
      30s));
  CHECK(before == 0);
  t.net.run_for(1s);
  CHECK(channels() > 0);
}

TEST_CASE("servers: relayed only, nothing but the relay's address shows", "[agent][8445-19.1-a]") {
  two_homes t{dependence::endpoint_independent};
  client left{t.net, relayed_only(), 77};
  add_to_left_home(t, left);
  left.signal_to(t.right);
  t.right.signal_to(left);
  left.act(t.net, [&](agent& a) { a.gather(t.net.now()); });
  t.right.act(t.net, [&](agent& a) { a.gather(t.net.now()); });
  REQUIRE(t.net.run_until([&] { return left.is_settled() && t.right.is_settled(); }, 30s));
  CHECK(types(left) == std::vector{relay});
  CHECK(left.selected_types().first == relay);
  for (const auto& learned : t.right.all<event::learned_candidate>()) {
    CHECK(t.right.agent().remote(learned.id)->candidate.address.address == turn_address);
  }
  REQUIRE(left.send_data(t.net, "x"));
  t.net.run_for(1s);
  CHECK(t.right.received.size() == 1);
}

TEST_CASE("servers: who asks through a relay is told the address that the relay sees",
          "[agent][8445-7.3.1.2-a]") {
  two_homes t{dependence::endpoint_independent};
  client left{t.net, relayed_only(), 77};
  add_to_left_home(t, left);
  left.signal_to(t.right);
  t.right.signal_to(left);
  left.act(t.net, [&](agent& a) { a.gather(t.net.now()); });
  t.right.act(t.net, [&](agent& a) { a.gather(t.net.now()); });
  REQUIRE(t.net.run_until([&] { return left.is_settled() && t.right.is_settled(); }, 30s));
  // It is the one that the STUN server saw, which its NAT shows to everybody.
  const auto& right = t.right.agent();
  const auto& mapped = right.local(right.selected()->local)->candidate;
  CHECK(mapped.type == srflx);
  CHECK(mapped.address.address == address::v4(198, 51, 100, 2));
}

TEST_CASE("servers: checks behind a lost question for their permission follow its repetition, too",
          "[agent][8445-7.2.1-a][8445-6.1.4.2-a]") {
  two_homes t{dependence::endpoint_independent};
  client left{t.net, relayed_only(), 77};
  add_to_left_home(t, left);
  left.act(t.net, [&](auto& a) { a.gather(t.net.now()); });
  t.net.run_for(5s);
  REQUIRE(types(left) == std::vector{relay});

  t.turn.server().silent = true;
  left.act(t.net, [&](auto& a) {
    (void)a.set_remote_credentials("peer", "passwordofthepeer012345").value();
    for (std::uint16_t n = 1; n <= 4; ++n) {
      (void)a
          .add_remote({.foundation = ice::foundation::from_number(n),
                       .priority = n,
                       .address = {address::v4(203, 0, 113, 9), n}})
          .value();
    }
    a.handle_timeout(t.net.now());
  });
  t.net.run_for(300ms);
  t.turn.server().silent = false;
  const auto first = left.agent().stats().datagrams_sent;
  auto before = first;
  std::uint64_t most_at_once = 0;
  // The question for the permission once more, a Binding request beside it, and behind them the
  // four checks in their pace.
  CHECK(t.net.run_until(
      [&] {
        const auto sent = left.agent().stats().datagrams_sent;
        most_at_once = (std::max)(most_at_once, sent - before);
        before = sent;
        return sent == first + 6;
      },
      900ms));
  CHECK(most_at_once == 3);
}

TEST_CASE("servers: a stale nonce costs the first check through a relay a round trip, not its RTO",
          "[agent][8445-7.2.1-a]") {
  two_homes t{dependence::endpoint_independent};
  client left{t.net, relayed_only(), 77};
  add_to_left_home(t, left);
  left.act(t.net, [&](auto& a) { a.gather(t.net.now()); });
  t.right.act(t.net, [&](auto& a) { a.gather(t.net.now()); });
  t.net.run_for(5s);
  REQUIRE(types(left) == std::vector{relay});
  t.turn.server().expire_nonces();
  const auto begin = t.net.now();
  const auto told = t.right.agent().local_credentials();
  left.act(t.net, [&](auto& a) {
    (void)a.set_remote_credentials(told.ufrag, told.password).value();
    for (const auto& c : t.right.told) {
      if (c.type == srflx) (void)a.add_remote(c).value();
    }
    a.handle_timeout(t.net.now());
  });
  const auto own = left.agent().local_credentials();
  t.right.act(t.net, [&](auto& a) {
    (void)a.set_remote_credentials(own.ufrag, own.password).value();
    a.handle_timeout(t.net.now());
  });
  REQUIRE(t.net.run_until([&] { return !left.all<event::path_found>().empty(); }, 5s));
  // To the server and back for the nonce, and through it to the peer and back.
  CHECK(t.net.now() - begin <= 150ms);
}

TEST_CASE("servers: a session whose relay never agrees to the peer fails by its timer", "[agent]") {
  two_homes t{dependence::address_and_port_dependent};
  client left{t.net, relayed_only(), 77};
  add_to_left_home(t, left);
  left.act(t.net, [&](auto& a) { a.gather(t.net.now()); });
  t.net.run_for(5s);
  t.turn.server().refuse(stun::method::create_permission, stun::error_code::server_error, 10'000);
  left.act(t.net, [&](auto& a) {
    (void)a.set_remote_credentials("peer", "passwordofthepeer012345").value();
    (void)a
        .add_remote({.foundation = ice::foundation::from_number(1),
                     .priority = 1,
                     .address = {address::v4(203, 0, 113, 9), 1}})
        .value();
    a.handle_timeout(t.net.now());
  });
  t.net.run_for(3min);
  CHECK(left.agent().state() == connection_state::failed);
}

TEST_CASE("servers: a server that is dead delays nobody, and is named in the end",
          "[agent][users-6]") {
  two_homes t{dependence::endpoint_independent};
  t.turn.server().silent = true;
  REQUIRE(t.connect(1s));
  t.net.run_for(15s);
  const auto results = t.left.all<event::server_result>();
  REQUIRE(results.size() == 2);
  CHECK(results[1].outcome == gather::outcome::timeout);
  CHECK(results[1].server.address == turn_address);
  CHECK(t.left.all<event::gathering_done>().size() == 1);
}

TEST_CASE("servers: a peer that the relay refuses fails its pairs", "[agent][8445-7.2.1-d]") {
  two_homes t{dependence::address_and_port_dependent};
  t.turn.server().forbidden_peers = {turn_address, address::v4(198, 51, 100, 1),
                                     address::v4(198, 51, 100, 2)};
  CHECK_FALSE(t.connect(20s));
  std::size_t failed = 0;
  const auto& lists = t.left.agent().checklists();
  for (const auto id : lists.order()) {
    const auto& p = lists[id];
    const bool relayed = t.left.agent().local(p.local)->candidate.type == relay;
    if (relayed && t.left.agent().remote(p.remote)->candidate.address.address != turn_address) {
      failed += p.state == ice::pair_state::failed ? 1U : 0U;
    }
  }
  CHECK(failed > 0);
}

TEST_CASE("servers: closing gives the relay back", "[agent]") {
  two_homes t{dependence::endpoint_independent};
  REQUIRE(t.connect());
  REQUIRE(t.turn.server().allocations().size() == 2);
  t.left.act(t.net, [](agent& a) { a.close(); });
  t.net.run_for(10s);
  CHECK(t.turn.server().allocations().size() == 1);
  CHECK_FALSE(t.left.agent().next_timeout());
}

TEST_CASE("servers: closing ends although the relay does not answer", "[agent]") {
  two_homes t{dependence::endpoint_independent};
  REQUIRE(t.connect());
  t.turn.server().silent = true;
  t.left.act(t.net, [](agent& a) { a.close(); });
  t.net.run_for(1min);
  CHECK_FALSE(t.left.agent().next_timeout());
}

TEST_CASE("servers: a relay that is not needed is given back, and stays away after a restart",
          "[agent][8445-8.3.1-a]") {
  two_homes t{dependence::endpoint_independent, 1, 3s};
  REQUIRE(t.connect());
  t.net.run_for(10s);
  CHECK(t.turn.server().allocations().size() == 0);
  const auto told = t.left.told.size();
  t.left.act(t.net, [](agent& a) { a.restart(); });
  for (auto i = told; i < t.left.told.size(); ++i) CHECK(t.left.told[i].type != relay);
}

TEST_CASE("servers: the socket that a selected relay was obtained through is needed",
          "[agent][8445-8.3.1-a]") {
  two_homes t{dependence::address_and_port_dependent, 1, 3s};
  REQUIRE(t.connect());
  t.net.run_for(10s);
  auto& relayed = t.left.selected_types().first == relay ? t.left : t.right;
  for (const auto& e : relayed.all<event::released>()) {
    CHECK(relayed.agent().local(relayed.agent().selected()->checked)->socket != e.socket);
    CHECK(e.socket >= socket_id{0x80000000});
  }
  REQUIRE(t.left.send_data(t.net, "still"));
  t.net.run_for(1s);
  CHECK(t.right.received.size() == 1);
}

TEST_CASE("servers: a socket that is named late is asked from before gathering ends", "[agent]") {
  two_homes t{dependence::endpoint_independent};
  client late{t.net, behaviour(ice::role::controlling), 99};
  late.act(t.net, [&](agent& a) { a.gather(t.net.now(), gathering::open); });
  late.add_socket(
      t.net, t.net.add_interface(t.left_home, address::v4(10, 0, 0, 9), two_homes::wire()), 5000);
  late.act(t.net, [&](agent& a) { a.gather(t.net.now()); });
  t.net.run_for(5s);
  CHECK(types(late) == std::vector{host, srflx, relay});
  CHECK(late.all<event::gathering_done>().size() == 1);
}

TEST_CASE("servers: when the only socket goes, gathering is done", "[agent]") {
  two_homes t{dependence::endpoint_independent};
  client lone{t.net, behaviour(ice::role::controlling), 98};
  const auto socket = lone.add_socket(
      t.net, t.net.add_interface(t.left_home, address::v4(10, 0, 0, 8), two_homes::wire()), 5000);
  lone.act(t.net, [&](agent& a) { a.gather(t.net.now()); });
  lone.act(t.net, [&](agent& a) { REQUIRE(a.remove_local(socket)); });
  CHECK(lone.all<event::gathering_done>().size() == 1);
}

TEST_CASE("servers: data in a part of the buffer leaves from there, behind what the relay needs",
          "[agent]") {
  two_homes t{dependence::address_and_port_dependent};
  REQUIRE(t.connect());
  t.net.run_for(1s);
  auto& relayed = t.left.selected_types().first == relay ? t.left : t.right;
  std::array<std::byte, 200> buffer{};
  relayed.act(t.net, [&](agent& a) {
    const auto out = a.encapsulate(t.net.now(), byte_view{buffer}.subspan(4, 100), buffer);
    REQUIRE(out);
    CHECK(out->offset == 0);
    CHECK(out->size == 104);
    CHECK(out->remote.address == turn_address);
    const auto moved = a.encapsulate(t.net.now(), byte_view{buffer}.subspan(50, 100), buffer);
    REQUIRE(moved);
    CHECK(moved->offset == 46);
  });
}

TEST_CASE("servers: the report names what the last server that failed came to", "[agent]") {
  two_homes t{dependence::endpoint_independent};
  t.turn.server().refuse(stun::method::allocate, stun::error_code::forbidden, 9);
  REQUIRE(t.connect());
  const auto report = t.left.agent().report();
  CHECK(report.failed_servers == 1);
  REQUIRE(report.last_fault);
  CHECK(*report.last_fault ==
        server_fault{gather::outcome::refused, turn::complaint{stun::error_code::forbidden, true}});
}

TEST_CASE("servers: new credentials keep the relay, and the call", "[agent]") {
  two_homes t{dependence::address_and_port_dependent};
  REQUIRE(t.connect());
  for (auto* const side : {&t.left, &t.right}) {
    side->act(t.net, [&](auto& a) {
      CHECK(a.set_credentials(t.net.now(), 1, "user", "password"));
      CHECK(a.set_credentials(t.net.now(), 9, "user", "password").error() == errc::no_path);
    });
  }
  t.net.run_for(15min);
  CHECK(t.left.all<event::relay_lost>().empty());
  CHECK(t.left.is_settled());
}
