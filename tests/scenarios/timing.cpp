// When things happen, to the nanosecond: nothing waits for anything but the wire and the pace.

#include <algorithm>
#include <string>
#include <vector>

#include "catch.hpp"
#include "sim/aims.hpp"
#include "sim/client.hpp"
#include "sim/matrix.hpp"
#include "sim/session.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

using enum dependence;

constexpr auto ta = config{}.ta;

/// A cell without loss, and where its first working pair stands in the check order of the left
/// side; through a relay the round trip takes its wires as well.
struct expectation {
  const char* name;
  side_kind left;
  side_kind right;
  int index;
  bool relayed;
};

const side_kind open{side_kind::open};
const side_kind easy{side_kind::behind_nat, endpoint_independent, endpoint_independent};
const side_kind strict{side_kind::behind_nat, endpoint_independent, address_and_port_dependent};
const side_kind symmetric{side_kind::behind_nat, address_and_port_dependent,
                          address_and_port_dependent};
const side_kind blocked_with_relay{side_kind::blocked, endpoint_independent, endpoint_independent,
                                   relaying::over_tcp};

// The order is host to host, host to what the STUN server saw, relay to each of them.
const expectation expectations[] = {
    {"both open", open, open, 0, false},
    {"from behind a NAT to an open host", easy, open, 0, false},
    {"from behind a symmetric NAT to an open host", symmetric, open, 0, false},
    {"to a NAT", open, easy, 1, false},
    {"between NATs", easy, easy, 1, false},
    {"between strict NATs", strict, strict, 1, false},
    {"from a symmetric NAT to an easy one", symmetric, easy, 1, false},
    {"through a relay", blocked_with_relay, easy, 3, true},
};

plan plan_for(const expectation& e, duration latency) {
  auto p = plan_of({e.left, e.right}, 1);
  p.left.wire = {.latency = latency};
  p.right.wire = {.latency = latency};
  p.servers = {.latency = latency};
  return p;
}

}  // namespace

TEST_CASE("timing: the first valid pair stands after one round trip and its turns, and is used",
          "[scenario][sim][8445-6.1.4.2-a]") {
  for (const auto& e : expectations) {
    for (const auto latency : {1ms, 10ms, 40ms, 130ms}) {
      INFO(e.name << ", " << latency.count() << " ms a wire");
      const duration round_trip = (e.relayed ? 8 : 4) * latency;
      session s{plan_for(e, latency)};
      REQUIRE(s.net.run_until([&] { return s.left.path_found.has_value(); }, 10s));
      CHECK(*s.left.path_found - epoch == round_trip + e.index * ta);

      const auto at = s.net.now();
      const std::array word{std::byte{0xff}};
      REQUIRE(s.left.send_data(s.net, word));
      REQUIRE(s.net.run_until([&] { return !s.right.received.empty(); }, 10s));
      CHECK(s.right.received.front().at - at == round_trip / 2);
    }
  }
}

TEST_CASE("timing: the nomination is through one round trip after the stopping rule lets it go",
          "[scenario][sim][8445-8.1.1-a]") {
  for (const auto& e : expectations) {
    for (const auto latency : {1ms, 10ms, 40ms, 130ms}) {
      INFO(e.name << ", " << latency.count() << " ms a wire");
      const duration round_trip = (e.relayed ? 8 : 4) * latency;
      session s{plan_for(e, latency)};
      REQUIRE(s.run());
      // A better pair that nobody answers for is waited for one and a half round trips since its
      // check left, which beside a relay leaves again.
      const auto asked = (e.relayed ? *s.left.path_found : epoch - ta) + e.index * ta;
      const auto last = asked + round_trip * 3 / 2;
      const auto allowed = std::max(*s.left.path_found, e.index == 0 ? epoch : last);
      CHECK(*s.left.selected - allowed <= std::max(round_trip, ta) + round_trip);
      CHECK(*s.right.selected - allowed <= std::max(round_trip, ta) + round_trip);
    }
  }
}

TEST_CASE("timing: at a round trip of 100 ms every kind of path is found and settled in its time",
          "[scenario][sim][8445-6.1.4.2-a][8445-8.1.1-f]") {
  for (const auto& a : all_aims()) {
    INFO(a.name);
    const auto took = times_of(plan_of(a, 1));
    REQUIRE(took);
    CHECK(took->first_valid >= a.round_trip);
    CHECK(took->first_valid <= a.valid);
    CHECK(took->nominated - took->first_valid <= a.nominated);
  }
}

TEST_CASE("timing: where every tenth datagram is lost most sessions don't notice",
          "[scenario][sim]") {
  const auto both_strict = all_aims()[1];
  std::vector<duration> found;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    const auto took = times_of(plan_of(both_strict, seed, 100));
    REQUIRE(took);
    found.push_back(took->both_valid);
  }
  std::sort(found.begin(), found.end());
  CHECK(found[49] <= 115ms);
  CHECK(found[94] <= 700ms);
}

TEST_CASE("timing: a peer that says nothing about its pace is presumed to keep to 50 ms, or less",
          "[scenario][sim][8445-14.2-a]") {
  auto p = plan_for(expectations[4], 25ms);
  p.right.says_pace = false;
  SECTION("as RFC 8839 has it") {
    session s{p};
    REQUIRE(s.net.run_until([&] { return s.left.path_found.has_value(); }, 10s));
    CHECK(*s.left.path_found - epoch == 150ms);
  }
  SECTION("as the host knows") {
    p.left.behaviour.presumed_ta = 20ms;
    session s{p};
    REQUIRE(s.net.run_until([&] { return s.left.path_found.has_value(); }, 10s));
    CHECK(*s.left.path_found - epoch == 120ms);
  }
  SECTION("and the slower of both counts") {
    p.right.says_pace = true;
    p.right.behaviour.ta = 30ms;
    session s{p};
    REQUIRE(s.net.run_until([&] { return s.left.path_found.has_value(); }, 10s));
    CHECK(*s.left.path_found - epoch == 130ms);
  }
}

TEST_CASE("timing: the first check leaves in the call that makes it possible", "[scenario][sim]") {
  auto p = plan_for(expectations[0], 10ms);
  SECTION("everything is known at once") {
    session s{p};
    s.net.run_for(1s);
    CHECK(s.left.watched().first_check() == epoch);
    CHECK(s.right.watched().first_check() == epoch);
  }
  SECTION("the peer's credentials and candidates come later") {
    p.right.signalling = 123ms;
    session s{p};
    s.net.run_for(1s);
    CHECK(s.left.watched().first_check() == epoch + 123ms);
    CHECK(s.right.watched().first_check() == epoch);
  }
}

TEST_CASE("timing: a role conflict costs one round trip", "[scenario][sim][8445-7.3.1.1-a]") {
  const auto latency = GENERATE(1ms, 10ms, 12ms, 25ms, 100ms);
  const auto role = GENERATE(ice::role::controlling, ice::role::controlled);
  const duration round_trip = 4 * latency;
  session agreed{plan_for(expectations[0], latency)};
  REQUIRE(agreed.run());
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto p = plan_for(expectations[0], latency);
    p.seed = seed;
    p.left.behaviour.role = role;
    p.right.behaviour.role = role;
    session s{p};
    REQUIRE(s.run());
    CHECK(s.left.agent().role() != s.right.agent().role());
    for (const auto end : {&session::left, &session::right}) {
      // The check that is sent again keeps to the pace.
      CHECK(*(s.*end).selected - *(agreed.*end).selected <= round_trip + ta);
    }
  }
}

TEST_CASE("timing: the first check through a relay follows the question for its permission",
          "[scenario][sim][8445-7.2.1-a]") {
  constexpr wire_config wire{.latency = 25ms};
  constexpr std::array<std::string_view, 1> by_udp{"turn:192.0.2.20"};
  constexpr std::array<std::string_view, 1> by_tcp{"turn:192.0.2.20?transport=tcp"};
  const bool tcp = GENERATE(false, true);
  const bool refused = GENERATE(false, true);
  const std::array<gather::server, 1> servers{
      gather::server{.uris = tcp ? by_tcp : by_udp, .username = "user", .credential = "password"}};
  network net{1};
  turn_party turn{net,
                  {net.add_interface(internet, address::v4(192, 0, 2, 20), wire)},
                  {.credentials = {.users = {{"user", "password"}}}}};
  client left{
      net, {.role = ice::role::controlling, .servers = servers, .offers = ice::relayed_only}, 1};
  client right{net, {.role = ice::role::controlled}, 2};
  left.connect_to(turn);
  left.add_socket(net, net.add_interface(internet, address::v4(192, 0, 2, 1), wire), 5000);
  const auto there = address::v4(192, 0, 2, 2);
  right.add_socket(net, net.add_interface(internet, there, wire), 6000);
  for (auto* const who : {&left, &right}) {
    who->act(net, [&](auto& a) { a.gather(net.now()); });
  }
  net.run_for(5s);
  REQUIRE(left.told.size() == 1);
  if (refused) turn.server().forbidden_peers = {there};

  const auto begun = net.now();
  const auto tell = [&](const client& from, client& to) {
    const auto own = from.agent().local_credentials();
    to.act(net, [&](auto& a) {
      (void)a.set_remote_credentials(own.ufrag, own.password).value();
      for (const auto& c : from.told) (void)a.add_remote(c).value();
      (void)a.end_of_remote_candidates().value();
      a.handle_timeout(net.now());
    });
  };
  tell(right, left);
  tell(left, right);
  const auto found = [&] { return !left.all<event::path_found>().empty(); };
  if (refused) {
    net.run_for(1s);
    CHECK_FALSE(found());
    CHECK(left.agent().report().pairs == ice::pair_verdict::refused);
    return;
  }
  REQUIRE(net.run_until(found, 10s));
  // There and back by the relay, and nothing else.
  CHECK(net.now() - begun == 200ms);
  REQUIRE(net.run_until([&] { return left.is_settled() && right.is_settled(); }, 10s));
  CHECK(net.now() - begun <= 400ms);
}
