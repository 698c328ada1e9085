#include "floe/gather/gatherer.hpp"

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "gather/fixture.hpp"
#include "support/memory.hpp"

using namespace floe;
using namespace std::chrono_literals;
using gather::outcome;
using gather::service;
using support::cable;
using support::gather_bench;
using support::outside;
using support::wlan;
namespace event = gather::event;

namespace {

const endpoint peer{address::v4(198, 51, 100, 20), 7000};

using fixture = support::gather_fixture;
constexpr auto& both = support::both_servers;
using support::only_stun;
using support::only_turn;
using support::stun_at;
using support::turn_at;

}  // namespace

TEST_CASE("gatherer: a reflexive and a relayed candidate, and what foundations are made of",
          "[gather][8445-5.1.1.2-a][8445-5.1.1.2-b][8445-5.1.1.2-d][8445-19.1-a][8656-7.3-d]") {
  fixture f;
  f.begin();
  f.run(1s);
  const auto found = f.found();
  REQUIRE(found.size() == 2);
  CHECK(found[0].kind == service::reflexive);
  CHECK(found[0].address == outside(wlan));
  CHECK(found[0].base.socket == wlan);
  CHECK(found[0].base.bound == support::wlan_at);
  CHECK(found[0].server == stun_at);
  CHECK(found[1].kind == service::relay);
  CHECK(found[1].address == endpoint{address::v4(203, 0, 113, 9), 50001});
  CHECK(found[1].mapped == outside(wlan));
  CHECK(found[1].server == turn_at);
  CHECK(found[1].relay == socket_id{0xffffffff});
  CHECK(found[0].server_number != found[1].server_number);
  CHECK(f.gatherer.candidates().size() == 2);
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 2);
  for (const auto& r : results) CHECK(r.outcome == outcome::answered);
  CHECK(f.all<event::enough>().size() == 1);
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer: no more than one new transaction per Ta, over all sockets and servers",
          "[gather][8445-5.1.1.2-e]") {
  fixture f;
  f.begin(true);
  f.run(1s);
  std::vector<time_point> starts;
  for (const auto& s : f.log) {
    const auto m = stun::message_view::parse(s.message).value();
    if (!m.has<stun::username>()) starts.push_back(s.at);
  }
  REQUIRE(starts.size() == 4);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    CHECK(starts[i] == time_point{} + static_cast<int>(i) * 50ms);
  }
  CHECK_FALSE(f.gatherer.wants_start());
}

TEST_CASE("gatherer: without a NAT there is no reflexive candidate", "[gather][8445-5.1.3-a]") {
  fixture f;
  f.identity = true;
  f.begin();
  f.run(1s);
  const auto found = f.found();
  REQUIRE(found.size() == 1);
  CHECK(found[0].is_relayed());
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer: dead servers delay nobody beyond their limit, and each is reported",
          "[gather]") {
  fixture f{{.servers = both, .server_limit = 5s, .enough_after = 500ms}};
  f.stun_servers[stun_at] = false;
  f.begin();
  f.run(4999ms);
  CHECK(*f.when<event::enough>() <= time_point{} + 500ms);
  CHECK(f.all<event::complete>().empty());
  CHECK(f.found().size() == 2);  // the relay tells how it sees us, too
  f.run(10s);
  CHECK(*f.when<event::complete>() == time_point{} + 5s);
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 2);
  CHECK(results[1].uri == 0);
  CHECK(results[1].server == stun_at);
  CHECK(results[1].outcome == outcome::timeout);
  CHECK(results[1].took == 5s);
}

TEST_CASE("gatherer: every server dead is enough after a while, and complete at the limit",
          "[gather]") {
  fixture f;
  f.stun_servers[stun_at] = false;
  f.turn_servers.clear();
  f.begin();
  f.run(30s);
  CHECK(*f.when<event::enough>() == time_point{} + 2s);
  CHECK(*f.when<event::complete>() == time_point{} + 10050ms);
  CHECK(f.found().empty());
  const auto sent = f.log.size();
  f.run(1min);
  CHECK(f.log.size() == sent);
}

TEST_CASE("gatherer: without servers there is nothing to wait for", "[gather]") {
  gather_bench b{gather::config{}};
  REQUIRE(b.gatherer.add_socket(b.now, wlan, support::wlan_at));
  b.settle();
  CHECK(b.events.empty());
  b.gatherer.start(b.now);
  b.settle();
  CHECK(b.all<event::enough>().size() == 1);
  CHECK(b.all<event::complete>().size() == 1);
  CHECK_FALSE(b.gatherer.next_timeout());
}

TEST_CASE("gatherer: wrong credentials are reported with their code", "[gather]") {
  fixture f;
  f.turn().password = "other";
  f.begin();
  f.run(1s);
  for (const auto& r : f.all<event::server_result>()) {
    if (r.uri != 1) continue;
    CHECK(r.outcome == outcome::credentials);
    CHECK(r.code == stun::error_code::unauthenticated);
  }
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer: a server without room for a relay still says how it sees us",
          "[gather][8445-5.1.1.2-g]") {
  for (const auto code :
       {stun::error_code::allocation_quota_reached, stun::error_code::insufficient_capacity}) {
    fixture f{{.servers = only_turn}};
    f.turn().force(stun::method::allocate, code);
    f.begin();
    f.run(1s);
    const auto found = f.found();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == service::reflexive);
    CHECK(found[0].server == turn_at);
    const auto results = f.all<event::server_result>();
    REQUIRE(results.size() == 2);
    CHECK(results[0].code == code);
    CHECK(results[1].outcome == outcome::answered);
    CHECK(f.all<event::complete>().size() == 1);
  }
}

TEST_CASE("gatherer: names are resolved by the host, once each, and .local is told apart",
          "[gather][7065-3.1-a]") {
  const std::array<std::string_view, 2> uris{"turn:turn.example.org:3479", "stun:router.local"};
  const std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "user", .credential = "pass"}};
  fixture f{{.servers = servers}};
  f.begin(true);
  f.run(100ms);
  CHECK(f.log.empty());
  const auto names = f.all<event::name_needed>();
  REQUIRE(names.size() == 2);
  CHECK(f.gatherer.host_of(names[0].uri) == "turn.example.org");
  CHECK(names[0].port == 3479);
  CHECK(names[0].lookup == sdp::uri_lookup::address);
  CHECK_FALSE(names[0].is_local_name);
  CHECK(f.gatherer.host_of(names[1].uri) == "router.local");
  CHECK(names[1].is_local_name);
  CHECK(f.all<event::complete>().empty());
  const endpoint v6{address::v6({0x20, 1}), 3479};
  const std::array<endpoint, 2> addresses{v6, turn_at};
  f.gatherer.resolved(f.now, 0, addresses);
  f.gatherer.resolved(f.now, 1, {});
  f.gatherer.resolved(f.now, 7, {});
  f.run(1s);
  CHECK(f.found().size() == 4);
  CHECK(f.all<event::complete>().size() == 1);
  unsigned unresolved = 0;
  for (const auto& r : f.all<event::server_result>())
    unresolved += r.outcome == outcome::unresolved;
  CHECK(unresolved == 2);
}

TEST_CASE("gatherer: the next address of a server is tried when nothing came of the one before",
          "[gather]") {
  const std::array<std::string_view, 1> uris{"turn:turn.example.org"};
  const std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "user", .credential = "pass"}};
  fixture f{{.servers = servers, .server_limit = 3s}};
  f.begin();
  f.settle();
  const endpoint dead{address::v4(192, 0, 2, 99), 3478};
  const std::array<endpoint, 2> addresses{dead, turn_at};
  f.gatherer.resolved(f.now, 0, addresses);
  f.run(5s);
  REQUIRE(f.found().size() == 2);
  CHECK(f.found()[1].server == turn_at);
  CHECK(f.all<event::server_result>().size() == 1);
}

TEST_CASE("gatherer: URIs that are of no use are reported", "[gather]") {
  const std::array<std::string_view, 4> uris{
      "stuns:192.0.2.1", "http://x", "turn:192.0.2.15?transport=sctp", "turn:[2001:db8::1]"};
  const std::array<gather::server, 1> servers{gather::server{.uris = uris}};
  fixture f{{.servers = servers}};
  f.begin();
  f.settle();
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 4);
  for (std::size_t i = 0; i < 3; ++i) CHECK(results[i].outcome == outcome::unsupported);
  CHECK(results[3].outcome == outcome::no_matching_family);
  CHECK(f.all<event::complete>().size() == 1);
  CHECK(f.log.empty());
}

TEST_CASE("gatherer: a server that is named twice is asked once", "[gather]") {
  const std::array<std::string_view, 3> uris{"turn:192.0.2.15", "turn:192.0.2.15?transport=udp",
                                             "turn:192.0.2.15:3478"};
  const std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "user", .credential = "pass"}};
  fixture f{{.servers = servers}};
  f.begin();
  f.run(1s);
  CHECK(f.turn().count[stun::method::allocate] == 2);
  CHECK(f.found().size() == 2);
  CHECK(f.all<event::server_result>().size() == 1);
}

TEST_CASE("gatherer: reflexive addresses are kept alive and watched", "[gather][8445-5.1.1.4-a]") {
  fixture f{{.servers = only_stun}};
  f.begin();
  f.run(1s);
  const auto first = f.log.size();
  f.run(60s);
  CHECK(f.log.size() == first + 4);
  f.shift = 100;
  f.run(15s);
  const auto changes = f.all<event::mapping_changed>();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].before.address == outside(wlan));
  CHECK(changes[0].now == outside(wlan, 100));
  REQUIRE(f.found().size() == 2);
  CHECK(f.found()[1].address == outside(wlan, 100));
  CHECK(f.gatherer.candidates().size() == 1);
  f.stun_servers[stun_at] = false;
  f.run(5min);
  CHECK(f.gatherer.candidates().size() == 1);
}

TEST_CASE("gatherer: closing gives every relay back and says no more", "[gather][ATK-H02]") {
  fixture f;
  f.begin(true);
  f.run(1s);
  CHECK(f.turn().allocations.size() == 2);
  const auto events = f.events.size();
  f.gatherer.close(f.now);
  f.settle();
  CHECK(f.turn().allocations.empty());
  f.run(1h);
  CHECK(f.events.size() == events);
  CHECK_FALSE(f.gatherer.next_timeout());
  CHECK(f.gatherer.add_socket(f.now, cable, support::cable_at).error() == errc::session_closed);
}

TEST_CASE("gatherer: closing while everything is under way leaves nothing behind",
          "[gather][ATK-H02]") {
  for (int after = 0; after < 300; after += 10) {
    fixture f;
    f.stun_servers[stun_at] = false;
    f.begin(true);
    f.run(std::chrono::milliseconds{after});
    const auto events = f.events.size();
    f.gatherer.close(f.now);
    f.run(1min);
    CHECK(f.events.size() == events);
    CHECK(f.turn().allocations.empty());
    CHECK_FALSE(f.gatherer.next_timeout());
  }
}

TEST_CASE("gatherer: a socket that is gone takes its candidates along",
          "[gather][8445-5.1.1.4-b]") {
  fixture f;
  f.begin(true);
  f.run(1s);
  CHECK(f.gatherer.candidates().size() == 4);
  f.gatherer.remove_socket(f.now, wlan);
  f.run(1s);
  CHECK(f.gatherer.candidates().size() == 2);
  for (const auto& c : f.gatherer.candidates()) CHECK(c.base.socket == cable);
  const auto sent = f.log.size();
  f.run(5min);
  for (auto i = sent; i < f.log.size(); ++i) CHECK(f.log[i].to.local == cable);
  // And one that comes is asked from.
  f.turn().allocations.erase(outside(wlan));
  REQUIRE(f.gatherer.add_socket(f.now, wlan, support::wlan_at));
  f.run(1s);
  CHECK(f.gatherer.candidates().size() == 4);
}

TEST_CASE("gatherer: nothing is allocated after construction", "[gather]") {
  support::counting_memory memory;
  gather_bench b{{.servers = both, .limits = {.relays = 2}}, &memory};
  const auto taken = memory.allocations;
  CHECK(taken > 0);
  b.stun_servers[stun_at] = true;
  b.add_turn(turn_at);
  REQUIRE(b.gatherer.add_socket(b.now, wlan, support::wlan_at));
  REQUIRE(b.gatherer.add_socket(b.now, cable, support::cable_at));
  b.gatherer.start(b.now);
  b.run(1s);
  for (int i = 0; i < 5; ++i) {
    b.turn_servers.at(turn_at).restart();
    for (const auto& c : b.gatherer.candidates()) {
      if (c.is_relayed()) CHECK(b.gatherer.permit(c.relay, peer.address));
    }
    b.run(10min);
  }
  b.gatherer.close(b.now);
  b.run(1min);
  CHECK(memory.allocations == taken);
}

TEST_CASE("gatherer: what there is no room for is reported", "[gather]") {
  fixture f{{.servers = both, .limits = {.attempts = 3, .relays = 1}}};
  f.begin(true);
  f.run(1s);
  unsigned no_room = 0;
  for (const auto& r : f.all<event::server_result>()) no_room += r.outcome == outcome::no_room;
  CHECK(no_room == 1);
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer: an IPv6 socket asks for an IPv6 relay", "[gather]") {
  const endpoint v6_server{address::v6({0x20, 0x01, 0x0d, 0xb8, 5}), 3478};
  const std::array<std::string_view, 1> uris{"turn:[2001:db8:500::]"};
  const std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "user", .credential = "pass"}};
  fixture f{{.servers = servers}};
  f.add_turn(v6_server);
  REQUIRE(f.gatherer.add_socket(f.now, wlan, {address::v6({0x20, 0x01, 0x0d, 0xb8, 9}), 5000}));
  f.gatherer.start(f.now);
  f.run(1s);
  bool relayed = false;
  for (const auto& c : f.found()) {
    if (!c.is_relayed()) continue;
    relayed = true;
    CHECK(c.address.address.family == family::ipv6);
    CHECK(f.gatherer.permit(c.relay, peer.address).error() == errc::unusable_address);
    CHECK(f.gatherer.permit(c.relay, address::v6({0x20, 0x01, 0x0d, 0xb8, 1})));
  }
  CHECK(relayed);
}
