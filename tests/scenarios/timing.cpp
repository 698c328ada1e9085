// When things happen, to the nanosecond: nothing waits for anything but the wire and the pace.

#include <algorithm>
#include <string>

#include "catch.hpp"
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
      // A better pair that nobody answers for is waited for as long as the host has patience.
      const duration patience = e.index == 0 ? duration::zero() : config{}.nomination.patience;
      const auto allowed = *s.left.path_found + patience;
      CHECK(*s.left.selected - allowed <= std::max(round_trip, ta) + round_trip);
      CHECK(*s.right.selected - allowed <= std::max(round_trip, ta) + round_trip);
    }
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
