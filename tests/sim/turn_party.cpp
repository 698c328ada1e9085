#include "sim/turn_party.hpp"

#include <string>

#include "catch.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

class listener final : public party {
 public:
  void receive(network&, const arrival& what) override {
    from = what.remote;
    heard.emplace_back(what.bytes.begin(), what.bytes.end());
  }
  endpoint from;
  std::vector<std::vector<std::byte>> heard;
};

const address home = address::v4(10, 0, 0, 2);
const address outside = address::v4(198, 51, 100, 1);
const address relay = address::v4(192, 0, 2, 10);
const endpoint peer{address::v4(203, 0, 113, 9), 6000};

std::vector<std::byte> send_indication(const endpoint& to, std::string_view text) {
  std::vector<std::byte> out(1500);
  out.resize(stun::writer{out, {stun::method::send, stun::message_class::indication}, {}}
                 .add(stun::xor_peer_address{to})
                 .add(stun::data{as_byte_view(text)})
                 .finish()
                 .value());
  return out;
}

}  // namespace

TEST_CASE("turn_party: relays between a client behind a NAT and a peer", "[sim][turn]") {
  const auto connected = GENERATE(false, true);
  network net{1};
  turn_party turn{net, {net.add_interface(internet, relay)}, {}};
  listener client;
  listener other;
  gateway_config gateway{.nat = nat_config{}, .outer = {outside}};
  if (connected) gateway.firewall.policy = policy::blocked;
  const auto inner = net.bind(client, net.add_interface(net.add_realm(gateway), home), 5000);
  const auto far = net.bind(other, net.add_interface(internet, peer.address), peer.port);
  const auto server = turn.reached_at(net, family::ipv4).value();

  const auto seen = connected ? turn_party::connected(inner) : net.map(inner, server).value();
  const auto relayed =
      turn.allocate(net, seen, family::ipv4, connected ? std::optional{inner} : std::nullopt);
  CHECK(relayed.address == relay);
  turn.server().permit(relayed, peer.address);
  const auto message = send_indication(peer, "hello");
  if (connected) {
    net.send_connected(inner, *turn.port_for(net, family::ipv4), message);
  } else {
    net.send(inner, server, message);
  }
  net.run_for(1s);
  REQUIRE(other.heard.size() == 1);
  CHECK(as_text(other.heard[0]) == "hello");
  CHECK(other.from == relayed);
  net.send(far, relayed, as_byte_view("back"));
  net.run_for(1s);
  REQUIRE(client.heard.size() == 1);
  const auto view = stun::message_view::parse(client.heard[0]).value();
  CHECK(view.get<stun::xor_peer_address>()->value == peer);
  CHECK(as_text(view.get<stun::data>()->value) == "back");
}

TEST_CASE("turn_party: what the protocol allocates has a socket", "[sim][turn]") {
  network net{1};
  turn_party turn{net, {net.add_interface(internet, relay)}, {}};
  listener client;
  const auto inner = net.bind(client, net.add_interface(internet, outside), 5000);
  std::vector<std::byte> out(1500);
  out.resize(stun::writer{out, {stun::method::allocate, stun::message_class::request}, {}}
                 .add(stun::requested_transport{stun::transport_udp})
                 .finish()
                 .value());
  net.send(inner, turn.reached_at(net, family::ipv4).value(), out);
  net.run_for(1s);
  REQUIRE(client.heard.size() == 1);
  const auto view = stun::message_view::parse(client.heard[0]).value();
  const auto relayed = view.get<stun::xor_relayed_address>()->value;
  const auto before = net.stats().count(drop::no_socket);
  net.send(inner, relayed, out);
  net.run_for(1s);
  CHECK(net.stats().count(drop::no_socket) == before);
  net.run_for(10min);
  CHECK(turn.server().allocations().size() == 0);
}
