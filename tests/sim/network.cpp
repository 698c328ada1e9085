#include "sim/network.hpp"

#include <string>

#include "catch.hpp"
#include "sim/stun_server.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

/// Keeps what it gets, and answers when it is told to.
class listener final : public party {
 public:
  struct note {
    time_point at;
    socket_id socket;
    endpoint remote;
    std::string text;
    std::optional<socket_id> connection;
  };

  void receive(network& net, const arrival& what) override {
    heard.push_back(
        {net.now(), what.socket, what.remote, std::string{as_text(what.bytes)}, what.connection});
    if (answers) net.send(what.socket, what.remote, what.bytes);
  }

  std::vector<note> heard;
  bool answers = false;
};

const address public_a = address::v4(203, 0, 113, 1);
const address public_b = address::v4(203, 0, 113, 2);
const address nat_a = address::v4(198, 51, 100, 1);
const address nat_b = address::v4(198, 51, 100, 2);
const address private_a = address::v4(10, 0, 0, 2);
const address private_b = address::v4(10, 0, 0, 3);

address six(std::uint8_t last) {
  return address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

byte_view hello() { return as_byte_view("hello"); }

}  // namespace

TEST_CASE("network: a datagram arrives after the latencies of both wires", "[sim]") {
  network net{1};
  listener a;
  listener b;
  const auto from = net.bind(a, net.add_interface(internet, public_a, {.latency = 10ms}), 5000);
  const auto to = net.bind(b, net.add_interface(internet, public_b, {.latency = 20ms}), 6000);
  net.send(from, {public_b, 6000}, hello());
  net.run_for(1s);
  REQUIRE(b.heard.size() == 1);
  CHECK(b.heard[0].at == epoch + 30ms);
  CHECK(b.heard[0].socket == to);
  CHECK(b.heard[0].remote == endpoint{public_a, 5000});
  CHECK(b.heard[0].text == "hello");
  CHECK(net.stats().sent == 1);
  CHECK(net.stats().delivered == 1);
  CHECK(net.now() == epoch + 1s);
}

TEST_CASE("network: what nobody has is dropped, and the reason is counted", "[sim]") {
  network net{1};
  listener a;
  listener b;
  const auto here = net.add_interface(internet, public_a);
  const auto there = net.add_interface(internet, public_b);
  const auto from = net.bind(a, here, 5000);
  const auto to = net.bind(b, there, 6000);
  SECTION("no such address") {
    net.send(from, {private_a, 6000}, hello());
    CHECK(net.stats().count(drop::no_route) == 1);
  }
  SECTION("no such port") {
    net.send(from, {public_b, 6001}, hello());
    net.run_for(1s);
    CHECK(net.stats().count(drop::no_socket) == 1);
  }
  SECTION("a socket that was closed") {
    net.unbind(to);
    net.send(from, {public_b, 6000}, hello());
    net.run_for(1s);
    CHECK(net.stats().count(drop::no_socket) == 1);
  }
  SECTION("an interface that is down, on either side") {
    net.set_up(there, false);
    net.send(from, {public_b, 6000}, hello());
    net.run_for(1s);
    CHECK(net.stats().count(drop::cut) == 1);
    net.set_up(there, true);
    net.set_up(here, false);
    net.send(from, {public_b, 6000}, hello());
    CHECK(net.stats().count(drop::cut) == 2);
  }
  CHECK(b.heard.empty());
}

TEST_CASE("network: through a NAT and back", "[sim]") {
  network net{1};
  listener a;
  listener b;
  b.answers = true;
  const auto home = net.add_realm({.nat = nat_config{}, .outer = {nat_a}});
  const auto from = net.bind(a, net.add_interface(home, private_a), 5000);
  net.bind(b, net.add_interface(internet, public_b), 6000);
  net.send(from, {public_b, 6000}, hello());
  net.run_for(1s);
  REQUIRE(b.heard.size() == 1);
  CHECK(b.heard[0].remote.address == nat_a);
  CHECK(net.map(from, {public_b, 6000}) == b.heard[0].remote);
  REQUIRE(a.heard.size() == 1);
  CHECK(a.heard[0].remote == endpoint{public_b, 6000});
}

TEST_CASE("network: two hosts behind one NAT meet inside, and outside only by hairpin", "[sim]") {
  const auto hairpin = GENERATE(false, true);
  network net{1};
  listener a;
  listener b;
  const auto home = net.add_realm({.nat = nat_config{.hairpin = hairpin}, .outer = {nat_a}});
  const auto from = net.bind(a, net.add_interface(home, private_a), 5000);
  const auto to = net.bind(b, net.add_interface(home, private_b), 6000);
  net.send(from, {private_b, 6000}, hello());
  net.run_for(1s);
  REQUIRE(b.heard.size() == 1);
  CHECK(b.heard[0].remote == endpoint{private_a, 5000});

  net.add_interface(internet, public_b);
  const auto outer = net.map(to, {public_b, 3478}).value();
  net.send(from, outer, hello());
  net.run_for(1s);
  CHECK(b.heard.size() == (hairpin ? 2U : 1U));
  CHECK(net.stats().count(drop::hairpin) == (hairpin ? 0U : 1U));
  if (hairpin) CHECK(b.heard[1].remote.address == nat_a);
}

TEST_CASE("network: layers of NATs, and a meeting in the middle one", "[sim]") {
  network net{1};
  listener a;
  listener b;
  listener outer;
  outer.answers = true;
  const auto carrier = net.add_realm({.nat = nat_config{.hairpin = false}, .outer = {nat_a}});
  const auto in_carrier = [](std::uint8_t last) { return address::v4(100, 64, 0, last); };
  const auto first = net.add_realm({.nat = nat_config{}, .outer = {in_carrier(1)}}, carrier);
  const auto second = net.add_realm({.nat = nat_config{}, .outer = {in_carrier(2)}}, carrier);
  const auto from = net.bind(a, net.add_interface(first, private_a), 5000);
  const auto to = net.bind(b, net.add_interface(second, private_a), 5000);
  net.bind(outer, net.add_interface(internet, public_b), 6000);

  net.send(from, {public_b, 6000}, hello());
  net.run_for(1s);
  REQUIRE(outer.heard.size() == 1);
  CHECK(outer.heard[0].remote.address == nat_a);
  CHECK(a.heard.size() == 1);

  net.add_interface(carrier, in_carrier(9));
  const auto meeting = net.map(to, {in_carrier(9), 1}).value();
  CHECK(meeting.address == in_carrier(2));
  net.send(from, meeting, hello());
  net.run_for(1s);
  REQUIRE(b.heard.size() == 1);
  CHECK(b.heard[0].remote.address == in_carrier(1));
}

TEST_CASE("network: a NAT64 lets an IPv6 host speak to IPv4", "[sim]") {
  network net{1};
  listener a;
  listener b;
  b.answers = true;
  auto prefix = address::v6({0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  const auto mobile =
      net.add_realm({.nat = nat_config{}, .outer = {nat_a}, .nat64_prefix = prefix});
  const auto from = net.bind(a, net.add_interface(mobile, six(2)), 5000);
  net.bind(b, net.add_interface(internet, public_b), 6000);
  net.bind(b, net.add_interface(internet, six(9)), 6000);
  std::copy_n(public_b.octets.begin(), 4, prefix.octets.begin() + 12);
  net.send(from, {prefix, 6000}, hello());
  net.run_for(1s);
  REQUIRE(b.heard.size() == 1);
  CHECK(b.heard[0].remote.address == nat_a);
  REQUIRE(a.heard.size() == 1);
  CHECK(a.heard[0].remote == endpoint{prefix, 6000});

  net.send(from, {six(9), 6000}, hello());  // IPv6 itself is routed
  net.run_for(1s);
  REQUIRE(b.heard.size() == 2);
  CHECK(b.heard[1].remote == endpoint{six(2), 5000});
  CHECK(a.heard.size() == 2);
}

TEST_CASE("network: a routed family passes a NAT unchanged, by the firewall's leave", "[sim]") {
  network net{1};
  listener a;
  listener b;
  const auto home = net.add_realm({.nat = nat_config{},
                                   .outer = {nat_a},
                                   .routes_v6 = true,
                                   .firewall = {.policy = policy::stateful}});
  const auto inside = net.bind(a, net.add_interface(home, six(2)), 5000);
  const auto outside = net.bind(b, net.add_interface(internet, six(9)), 6000);
  net.send(outside, {six(2), 5000}, hello());
  net.run_for(1s);
  CHECK(a.heard.empty());
  CHECK(net.stats().count(drop::filtered) == 1);
  net.send(inside, {six(9), 6000}, hello());
  net.send(outside, {six(2), 5000}, hello());
  net.run_for(1s);
  REQUIRE(b.heard.size() == 1);
  CHECK(b.heard[0].remote == endpoint{six(2), 5000});
  CHECK(a.heard.size() == 1);
}

TEST_CASE("network: a connection passes where UDP is blocked", "[sim]") {
  network net{1};
  listener a;
  listener b;
  const auto office = net.add_realm({.firewall = {.policy = policy::blocked}});
  const auto from =
      net.bind(a, net.add_interface(office, private_a, {.latency = 10ms, .loss = 1000}), 5000);
  const auto to = net.bind(b, net.add_interface(internet, public_b, {.latency = 10ms}), 6000);
  net.send(from, {public_b, 6000}, hello());
  CHECK(net.stats().count(drop::lost) == 1);
  net.rewire(net.interface_of(from), {.latency = 10ms});
  net.send(from, {public_b, 6000}, hello());
  CHECK(net.stats().count(drop::blocked) == 1);
  net.send_connected(from, to, hello());
  net.run_for(1s);
  REQUIRE(b.heard.size() == 1);
  CHECK(b.heard[0].at == epoch + 20ms);
  REQUIRE(b.heard[0].connection == from);
  net.send_connected(to, *b.heard[0].connection, hello());
  net.run_for(1s);
  CHECK(a.heard.size() == 1);
}

TEST_CASE("network: a test drops, duplicates or delays one datagram", "[sim]") {
  network net{1};
  listener a;
  listener b;
  const auto from = net.bind(a, net.add_interface(internet, public_a), 5000);
  net.bind(b, net.add_interface(internet, public_b), 6000);
  const auto send_three = [&] {
    for (const auto* const text : {"0", "1", "2"}) {
      net.send(from, {public_b, 6000}, as_byte_view(text));
    }
    net.run_for(10s);
    std::string all;
    for (const auto& h : b.heard) all += h.text;
    return all;
  };
  net.tamper = tampering{1, tampering::drop};
  SECTION("drop") { CHECK(send_three() == "02"); }
  SECTION("duplicate") {
    net.tamper->what = tampering::duplicate;
    CHECK(send_three() == "0121");
  }
  SECTION("delay") {
    net.tamper->what = tampering::delay;
    CHECK(send_three() == "021");
  }
}

TEST_CASE("network: the same seed gives the same run, and the digest tells runs apart", "[sim]") {
  const auto run = [](std::uint64_t seed) {
    network net{seed};
    listener a;
    listener b;
    b.answers = true;
    const wire_config bad{.latency = 10ms, .jitter = 5ms, .loss = 300, .duplicate = 100};
    const auto home = net.add_realm({.nat = nat_config{}, .outer = {nat_b}, .wire = bad});
    const auto from = net.bind(a, net.add_interface(home, private_a, bad), 5000);
    net.bind(b, net.add_interface(internet, public_b, bad), 6000);
    for (int i = 0; i < 100; ++i) {
      net.send(from, {public_b, 6000}, hello());
      net.run_for(7ms);
    }
    return std::pair{net.digest(), net.stats().delivered};
  };
  CHECK(run(1) == run(1));
  CHECK(run(1).first != run(2).first);
}

TEST_CASE("network: a party whose deadline stands still is found out", "[sim]") {
  class stuck final : public party {
   public:
    void receive(network&, const arrival&) override {}
    [[nodiscard]] deadline next_timeout() const override { return epoch; }
  } party;
  network net{5};
  net.bind(party, net.add_interface(internet, public_a), 1);
  CHECK_THROWS_WITH(net.run_for(1s), "next_timeout() stands still at 0 ms, seed 5");
}
