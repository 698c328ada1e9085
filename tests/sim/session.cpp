#include "sim/session.hpp"

#include "catch.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

plan between(const side_plan& left, const side_plan& right) {
  plan p{.left = left, .right = right};
  p.left.behaviour.role = ice::role::controlling;
  p.right.behaviour.role = ice::role::controlled;
  for (auto* const side : {&p.left, &p.right}) side->wire.latency = 10ms;
  return p;
}

}  // namespace

TEST_CASE("session: two open hosts connect, agree, and talk", "[sim]") {
  session s{between({}, {})};
  REQUIRE(s.run());
  CHECK(s.is_completed());
  CHECK(s.is_mirrored());
  CHECK(s.selected_kind() == path_kind::direct);
  CHECK(s.can_talk());
}

TEST_CASE("session: every component of every stream has its own flow of data", "[sim]") {
  auto p = between({}, {.layers = {{.nat = nat_config{}}}});
  p.streams = {2, 1, 2};
  session s{p};
  CHECK(s.flows.size() == 5);
  REQUIRE(s.run());
  CHECK(s.is_completed());
  for (const auto& f : s.flows) {
    CHECK(s.is_mirrored(f));
    CHECK(s.selected_kind(f) == path_kind::translated);
  }
  CHECK(s.can_talk());
}

TEST_CASE("session: candidates are known at once, or asked for in virtual time", "[sim]") {
  side_plan behind{.layers = {{.nat = nat_config{}}}, .relay = relaying::over_udp};
  behind.asks = GENERATE(false, true);
  session s{between(behind, {})};
  CHECK(s.left_turn.server().allocations().size() == (behind.asks ? 0U : 1U));
  REQUIRE(s.run());
  CHECK(s.left_turn.server().allocations().size() == 1);
  CHECK(s.selected_kind() == path_kind::translated);
}

TEST_CASE("session: a host behind a NAT64 meets one that has only IPv4", "[sim]") {
  side_plan mobile{
      .layers = {{.nat = nat_config{}, .nat64_prefix = nat64_prefix()}}, .v4 = 0, .v6 = 1};
  const side_plan home{.layers = {{.nat = nat_config{}}}};
  session s{between(mobile, home)};
  REQUIRE(s.run());
  CHECK(s.is_mirrored());
  CHECK(s.can_talk());
}

TEST_CASE("session: behind carrier-grade NATs, in layers and shared", "[sim]") {
  const gateway_config carrier{.nat = nat_config{.hairpin = false}};
  const gateway_config home{.nat = nat_config{.filtering = dependence::address_dependent}};
  auto p = between({.layers = {carrier, home}}, {.layers = {carrier, home}});
  SECTION("two carriers") {}
  SECTION("one carrier without hairpin: nothing to meet at") { p.shared = 1; }
  session s{p};
  REQUIRE(s.run());
  CHECK(s.has_failed() == (p.shared == 1));
}

TEST_CASE("session: forged datagrams change nothing, and do not go unnoticed", "[sim]") {
  session s{between({}, {})};
  REQUIRE(s.run());
  std::array<std::byte, max_datagram_size> buffer;
  const auto size = stun::writer{buffer, {stun::method::binding, stun::message_class::request}, {}}
                        .add_fingerprint()
                        .finish()
                        .value();
  const auto socket = s.left.sockets().front();
  s.left.attack(s.net, socket, {address::v4(203, 0, 113, 66), 66}, byte_view{buffer}.first(size));
  const auto indication =
      stun::writer{buffer, {stun::method::binding, stun::message_class::indication}, {}}
          .add_fingerprint()
          .finish()
          .value();
  CHECK_THROWS(s.left.attack(s.net, socket, {address::v4(203, 0, 113, 66), 66},
                             byte_view{buffer}.first(indication)));
}
