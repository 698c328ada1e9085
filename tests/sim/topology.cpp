#include "sim/topology.hpp"

#include "catch.hpp"
#include "sim/network.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

class silent final : public party {
 public:
  void receive(network&, const arrival&) override {}
};

const address inside = address::v4(10, 0, 0, 2);
const address outside = address::v4(198, 51, 100, 1);
const endpoint server{address::v4(203, 0, 113, 1), 3478};

}  // namespace

TEST_CASE("topology: a probe arrives where a datagram would, from whom it would, in no time",
          "[sim]") {
  network net{1};
  silent all;
  const auto home = net.add_realm(
      {.nat = nat_config{.filtering = dependence::address_dependent}, .outer = {outside}});
  const auto client = net.bind(all, net.add_interface(home, inside, {.latency = 1s}), 5000);
  const auto peer = net.bind(all, net.add_interface(internet, server.address), server.port);
  const auto out = net.probe(client, server);
  REQUIRE(out.has_value());
  CHECK(out->to == peer);
  CHECK(out->source.address == outside);
  CHECK(net.map(client, server) == out->source);
  const auto back = net.probe(peer, out->source);
  REQUIRE(back.has_value());
  CHECK(back->to == client);
  CHECK(back->source == server);
  CHECK(net.now() == epoch);
  CHECK(net.stats().sent == 0);

  const auto stranger = net.bind(all, net.add_interface(internet, address::v4(203, 0, 113, 9)), 1);
  CHECK_FALSE(net.probe(stranger, out->source).has_value());
  CHECK_FALSE(net.probe(client, {server.address, 1}).has_value());
  CHECK_FALSE(net.map(client, {address::v4(203, 0, 113, 77), 1}).has_value());
}

TEST_CASE("topology: gateways and realms know one another", "[sim]") {
  network net{1};
  CHECK_FALSE(net.gateway_of(internet).has_value());
  const auto outer = net.add_realm({.nat = nat_config{}, .outer = {outside}});
  const auto inner = net.add_realm({}, outer);
  CHECK(net.realm_inside(*net.gateway_of(outer)) == outer);
  CHECK(net.realm_inside(*net.gateway_of(inner)) == inner);
  CHECK(net.nat_of(*net.gateway_of(outer)) != nullptr);
  CHECK(net.nat_of(*net.gateway_of(inner)) == nullptr);
}
