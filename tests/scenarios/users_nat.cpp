// What users of other ICE libraries asked for: address translators between the peers.
// The number of a tag is that of the thread in the collection.

#include "catch.hpp"
#include "sim/client.hpp"
#include "sim/duo.hpp"
#include "sim/network.hpp"
#include "sim/plan.hpp"
#include "sim/stun_server.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

/// A host with an agent and one socket, in a network.
class player final : public party {
 public:
  player(network& net, realm_id realm, const address& at, const config& behaviour,
         std::uint64_t seed)
      : entropy_{seed}, agent{net.now(), behaviour, entropy_}, interface {
    net.add_interface(realm, at)
  }, socket{net.bind(*this, interface, 5000)} {
    host = agent.add_local(socket, net.bound(socket)).value();
    agent.gather(net.now());
    drain(net);
  }

  void receive(network& net, const arrival& what) override {
    const auto result = agent.handle_datagram(net.now(), {what.socket, what.remote, what.bytes});
    if (std::holds_alternative<payload>(result)) ++received;
    drain(net);
  }
  [[nodiscard]] deadline next_timeout() const override { return agent.next_timeout(); }
  void handle_timeout(network& net) override {
    agent.handle_timeout(net.now());
    drain(net);
  }

  bool say(network& net, std::string_view text) {
    std::array<std::byte, 100> buffer{};
    const auto out = agent.encapsulate(net.now(), as_byte_view(text), buffer);
    if (out) net.send(out->local, out->remote, byte_view{buffer}.first(out->size));
    return out.has_value();
  }

  /// Tells another player the credentials of this one, and a candidate at `seen`.
  void introduce_to(player& other, const endpoint& seen, ice::candidate_type type) const {
    const auto told = agent.local_credentials();
    REQUIRE(other.agent.set_remote_credentials(told.ufrag, told.password).has_value());
    REQUIRE(other.agent
                .add_remote({.foundation = ice::foundation::from_number(1),
                             .priority = ice::candidate_priority(type, 65535, component_id{1}),
                             .address = seen,
                             .type = type,
                             .related = endpoint{address::v4(10, 0, 0, 1), 9}})
                .has_value());
  }

  [[nodiscard]] bool is_done() const { return agent.state() == connection_state::completed; }

 private:
  seeded_entropy entropy_;

  void drain(network& net) {
    std::array<std::byte, max_datagram_size> buffer{};
    while (const auto out = agent.poll_transmit(buffer)) {
      net.send(out->local, out->remote, byte_view{buffer}.first(out->size));
    }
    while (const auto e = agent.poll_event()) {
      if (const auto* const change = std::get_if<event::state_changed>(&*e)) {
        states.push_back(change->to);
      }
    }
  }

 public:
  floe::agent agent;
  interface_id interface;
  socket_id socket;
  ice::local_id host;
  std::size_t received = 0;
  std::vector<connection_state> states;
};

const address left_inside = address::v4(10, 0, 0, 1);
const address left_outside = address::v4(203, 0, 113, 1);
const address right_inside = address::v4(10, 0, 0, 2);
const address right_outside = address::v4(198, 51, 100, 2);
const endpoint server{address::v4(192, 0, 2, 99), 3478};

[[nodiscard]] gateway_config behind(const nat_config& nat, const address& outer) {
  return {.nat = nat, .outer = {outer}};
}

/// What a relay looks like to the peers: any address of a peer it has heard of may send.
[[nodiscard]] nat_config like_a_relay() {
  return {.mapping = dependence::endpoint_independent,
          .filtering = dependence::address_dependent,
          .lifetime = 10min};
}

[[nodiscard]] bool can_talk(network& net, player& left, player& right) {
  const auto before = std::pair{left.received, right.received};
  if (!left.say(net, "to right") || !right.say(net, "to left")) return false;
  net.run_for(1s);
  return left.received == before.first + 1 && right.received == before.second + 1;
}

}  // namespace

TEST_CASE("users: whatever NAT a peer has, one relay is enough, on either side",
          "[scenario][users-5]") {
  const auto mapping = GENERATE(from_range(dependences));
  const auto filtering = GENERATE(from_range(dependences));
  const bool relayed_controls = GENERATE(false, true);
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed " << seed);
    network net{seed};
    net.add_interface(internet, server.address);
    const auto home = net.add_realm(
        behind({.mapping = mapping, .filtering = filtering, .hairpin = false}, left_outside));
    const auto relay = net.add_realm(behind(like_a_relay(), right_outside));
    player left{net, home, left_inside, relayed_controls ? controlled() : controlling(), seed};
    player right{net, relay, right_inside, relayed_controls ? controlling() : controlled(),
                 seed + 100};
    // What a STUN server would see: behind a symmetric NAT, not what the peer will see.
    const auto reflexive = net.map(left.socket, server);
    const auto relayed = net.map(right.socket, server);
    REQUIRE((reflexive && relayed));
    left.introduce_to(right, *reflexive, ice::candidate_type::srflx);
    right.introduce_to(left, *relayed, ice::candidate_type::relay);
    REQUIRE(net.run_until([&] { return left.is_done() && right.is_done(); }, 10s));
    CHECK(can_talk(net, left, right));
    const auto& type = right.agent.remote(right.agent.selected()->remote)->candidate.type;
    const bool same = mapping == dependence::endpoint_independent;
    CHECK(type == (same ? ice::candidate_type::srflx : ice::candidate_type::prflx));
  }
}

TEST_CASE("users: a NAT that forgets its mappings is followed, whoever nominates",
          "[scenario][users-23][ATK-G06]") {
  const bool left_controls = GENERATE(true, false);
  const bool new_address = GENERATE(false, true);
  const auto every = GENERATE(40s, 10s);
  network net{1};
  net.add_interface(internet, server.address);
  const auto home = net.add_realm(behind(
      {.mapping = dependence::endpoint_independent, .filtering = dependence::endpoint_independent},
      left_outside));
  player left{net, home, left_inside, left_controls ? controlling() : controlled(), 1};
  player right{net, internet, right_outside, left_controls ? controlled() : controlling(), 2};
  left.introduce_to(right, net.map(left.socket, server).value(), ice::candidate_type::srflx);
  right.introduce_to(left, {right_outside, 5000}, ice::candidate_type::host);
  REQUIRE(net.run_until([&] { return left.is_done() && right.is_done(); }, 10s));
  for (std::uint8_t times = 1; times <= 6; ++times) {
    auto& nat = *net.nat_of(gateway_id{0});
    if (new_address) {
      nat.renumber({address::v4(203, 0, 113, static_cast<std::uint8_t>(10 + times))});
    } else {
      nat.rebind();
    }
    net.run_for(every);
  }
  net.run_for(40s);
  REQUIRE(can_talk(net, left, right));
  const auto& led_to = right.agent.remote(right.agent.selected()->remote)->candidate.address;
  CHECK(led_to == net.map(left.socket, {right_outside, 5000}));
}

TEST_CASE("users: behind a NAT64 an IPv4 server is asked where the host says it is to be reached",
          "[scenario][sim]") {
  const auto outside = address::v4(198, 51, 100, 1);
  const auto server_address = address::v4(203, 0, 113, 1);
  constexpr std::array<std::string_view, 1> by_name{"stun:stun.example.org"};
  constexpr std::array<std::string_view, 1> by_address{"stun:[64:ff9b::cb00:7101]"};
  const bool named = GENERATE(false, true);
  network net{1};
  stun_server stun;
  stun.serve(net, net.add_interface(internet, server_address));
  const auto mobile =
      net.add_realm({.nat = nat_config{}, .outer = {outside}, .nat64_prefix = nat64_prefix()});
  const std::array servers{gather::server{.uris = named ? by_name : by_address}};
  client host{net, {.servers = servers}, 1};
  host.add_socket(net, net.add_interface(mobile, six(1, 2)), 5000);
  host.act(net, [&](auto& a) { a.gather(net.now()); });
  if (named) {
    net.run_for(1s);
    const auto wanted = host.all<event::name_needed>();
    REQUIRE(wanted.size() == 1);
    const std::array found{endpoint{embedded(server_address), stun_server::port}};
    host.act(net, [&](auto& a) { a.resolved(net.now(), wanted[0].uri, found); });
  }
  REQUIRE(net.run_until([&] { return !host.all<event::gathering_done>().empty(); }, 10s));
  REQUIRE(host.told.size() == 2);
  CHECK(host.told[1].type == ice::candidate_type::srflx);
  CHECK(host.told[1].address.address == outside);
}
