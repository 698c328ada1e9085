#include "sim/nat.hpp"

#include "catch.hpp"
#include "floe/stun/nat_discovery.hpp"
#include "sim/stun_server.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const address outside = address::v4(198, 51, 100, 1);
const endpoint inner{address::v4(10, 0, 0, 2), 5000};
const endpoint sibling{address::v4(10, 0, 0, 3), 5000};
const endpoint remote{address::v4(203, 0, 113, 1), 1000};
const endpoint other_port{remote.address, 1001};
const endpoint other_address{address::v4(203, 0, 113, 2), 1000};

nat make(const nat_config& config) { return nat{config, {outside}, random_source{1}}; }

stun::nat_kind expected(dependence d) {
  switch (d) {
    case dependence::endpoint_independent: return stun::nat_kind::endpoint_independent;
    case dependence::address_dependent: return stun::nat_kind::address_dependent;
    case dependence::address_and_port_dependent: return stun::nat_kind::address_and_port_dependent;
  }
  return stun::nat_kind::unknown;
}

/// A host that asks a server what kind of NAT it is behind.
class curious final : public party {
 public:
  curious(network& net, interface_id where, const endpoint& server) {
    const auto first = net.bind(*this, where, 5000);
    const auto second = net.bind(*this, where, 5001);
    test_.emplace(net.now(),
                  stun::nat_discovery_config{.socket = first,
                                             .local = net.bound(first),
                                             .filtering_socket = second,
                                             .server = server},
                  entropy_);
    drain(net);
  }

  void receive(network& net, const arrival& what) override {
    (void)test_->handle_datagram(net.now(), {what.socket, what.remote, what.bytes}).has_value();
    drain(net);
  }
  [[nodiscard]] deadline next_timeout() const override { return test_->next_timeout(); }
  void handle_timeout(network& net) override {
    test_->handle_timeout(net.now());
    drain(net);
  }

  std::optional<stun::nat_report> report;

 private:
  void drain(network& net) {
    std::array<std::byte, max_datagram_size> buffer;
    while (const auto out = test_->poll_transmit(buffer)) {
      net.send(out->local, out->remote, byte_view{buffer}.first(out->size));
    }
    if (const auto found = test_->poll_event()) report = found;
  }

  random_source entropy_{1};
  std::optional<stun::nat_discovery> test_;
};

stun::nat_report discover(const gateway_config& gateway, const address& inside) {
  network net{1};
  stun_server server;
  const auto first = net.add_interface(internet, remote.address, {.latency = 10ms});
  const auto second = net.add_interface(internet, other_address.address, {.latency = 10ms});
  server.serve(net, first, second);
  const auto home = net.add_realm(gateway);
  curious host{net, net.add_interface(home, inside), {remote.address, stun_server::port}};
  REQUIRE(net.run_until([&] { return host.report.has_value(); }, 10min));
  return *host.report;
}

}  // namespace

TEST_CASE("nat: a mapping is used again as its kind says (RFC 4787 4.1)", "[sim]") {
  const auto kind = GENERATE(dependence::endpoint_independent, dependence::address_dependent,
                             dependence::address_and_port_dependent);
  auto n = make({.mapping = kind});
  const auto mapped = n.outbound(epoch, inner, remote).value();
  CHECK(mapped.address == outside);
  CHECK(n.outbound(epoch, inner, remote) == mapped);
  CHECK((n.outbound(epoch, inner, other_port) == mapped) ==
        (kind != dependence::address_and_port_dependent));
  CHECK((n.outbound(epoch, inner, other_address) == mapped) ==
        (kind == dependence::endpoint_independent));
  CHECK(n.outbound(epoch, sibling, remote) != mapped);
}

TEST_CASE("nat: a packet comes in as the kind of filtering says (RFC 4787 5)", "[sim]") {
  const auto mapping = GENERATE(dependence::endpoint_independent, dependence::address_dependent,
                                dependence::address_and_port_dependent);
  const auto kind = GENERATE(dependence::endpoint_independent, dependence::address_dependent,
                             dependence::address_and_port_dependent);
  auto n = make({.mapping = mapping, .filtering = kind});
  const auto mapped = n.outbound(epoch, inner, remote).value();
  CHECK(n.inbound(epoch, mapped, remote) == inner);
  CHECK(n.inbound(epoch, mapped, other_port).has_value() ==
        (kind != dependence::address_and_port_dependent));
  CHECK(n.inbound(epoch, mapped, other_address).has_value() ==
        (kind == dependence::endpoint_independent));
  CHECK_FALSE(
      n.inbound(epoch, {outside, static_cast<std::uint16_t>(mapped.port + 1)}, remote).has_value());
}

TEST_CASE("nat: a mapping lives as long as it is used from inside (RFC 4787 4.3)", "[sim]") {
  auto n = make({.lifetime = 2min});
  const auto mapped = n.outbound(epoch, inner, remote).value();
  CHECK(n.inbound(epoch + 119s, mapped, remote) == inner);
  CHECK_FALSE(n.inbound(epoch + 120s, mapped, remote).has_value());
  CHECK(n.outbound(epoch + 119s, inner, remote) == mapped);
  CHECK(n.inbound(epoch + 238s, mapped, remote) == inner);
  CHECK(n.outbound(epoch + 10min, inner, remote) != mapped);
}

TEST_CASE("nat: a preserved port is the inner one, as long as it is free", "[sim]") {
  auto n = make({.ports = port_choice::preserve});
  CHECK(n.outbound(epoch, inner, remote) == endpoint{outside, 5000});
  const auto second = n.outbound(epoch, sibling, remote).value();
  CHECK(second.address == outside);
  CHECK(second.port != 5000);
  CHECK(n.inbound(epoch, second, remote) == sibling);
}

TEST_CASE("nat: sequential ports follow one another", "[sim]") {
  auto n = make({.mapping = dependence::address_dependent, .ports = port_choice::sequential});
  const auto first = n.outbound(epoch, inner, remote).value();
  const auto second = n.outbound(epoch, inner, other_address).value();
  CHECK(second.port == first.port + 1);
}

TEST_CASE("nat: one inner address keeps one outer address (RFC 4787 REQ-2)", "[sim]") {
  nat n{{.mapping = dependence::address_and_port_dependent},
        {outside, address::v4(198, 51, 100, 2)},
        random_source{1}};
  const auto first = n.outbound(epoch, inner, remote).value();
  CHECK(n.outbound(epoch, inner, other_port)->address == first.address);
  CHECK(n.outbound(epoch, {inner.address, 5001}, other_address)->address == first.address);
  CHECK(n.outbound(epoch, sibling, remote)->address != first.address);
}

TEST_CASE("nat: rebinding forgets mappings and filters, and takes other ports", "[sim]") {
  auto n = make({.ports = port_choice::preserve});
  const auto mapped = n.outbound(epoch, inner, remote).value();
  n.rebind();
  CHECK_FALSE(n.inbound(epoch, mapped, remote).has_value());
  CHECK(n.outbound(epoch, inner, remote) != mapped);
}

TEST_CASE("nat: renumbering gives another address", "[sim]") {
  auto n = make({});
  (void)n.outbound(epoch, inner, remote);
  n.renumber({address::v4(198, 51, 100, 9)});
  CHECK(n.outbound(epoch, inner, remote)->address == address::v4(198, 51, 100, 9));
}

TEST_CASE("nat: floe's own discovery finds every kind as it was made", "[sim][stun]") {
  const auto mapping = GENERATE(dependence::endpoint_independent, dependence::address_dependent,
                                dependence::address_and_port_dependent);
  const auto filtering = GENERATE(dependence::endpoint_independent, dependence::address_dependent,
                                  dependence::address_and_port_dependent);
  const auto hairpin = GENERATE(false, true);
  const auto report =
      discover({.nat = nat_config{.mapping = mapping, .filtering = filtering, .hairpin = hairpin},
                .outer = {outside}},
               inner.address);
  CHECK(report.verdict == stun::nat_verdict::tested);
  CHECK(report.mapping == expected(mapping));
  CHECK(report.filtering == expected(filtering));
  // Our own request from outside passes only a filter that knows its source.
  const bool admitted = filtering != dependence::address_and_port_dependent &&
                        filtering != dependence::address_dependent;
  CHECK(report.hairpinning == (hairpin && admitted));
  CHECK_FALSE(report.alg);
}

TEST_CASE("nat: discovery behind a router, a firewall, and one that blocks", "[sim][stun]") {
  const auto inside = address::v4(192, 0, 2, 2);
  const auto open = discover({}, inside);
  CHECK(open.mapping == stun::nat_kind::none);
  CHECK(open.filtering == stun::nat_kind::endpoint_independent);

  const auto filtering =
      GENERATE(dependence::address_dependent, dependence::address_and_port_dependent);
  const auto walled =
      discover({.firewall = {.policy = policy::stateful, .filtering = filtering}}, inside);
  CHECK(walled.mapping == stun::nat_kind::none);
  CHECK(walled.filtering == expected(filtering));

  CHECK(discover({.firewall = {.policy = policy::blocked}}, inside).verdict ==
        stun::nat_verdict::blocked);
}
