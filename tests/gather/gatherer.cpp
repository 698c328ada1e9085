#include "floe/gather/gatherer.hpp"

#include <algorithm>
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
  CHECK(found[0].server == turn_at);  // the relay's server, which is asked first
  CHECK(found[1].kind == service::relay);
  CHECK(found[1].address == endpoint{address::v4(203, 0, 113, 9), 50001});
  CHECK(found[1].mapped == outside(wlan));
  CHECK(found[1].server == turn_at);
  CHECK(found[1].relay == socket_id{0xffffffff});
  CHECK(found[0].server_number == found[1].server_number);
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
  for (const auto& s : f.log) starts.push_back(s.at);
  // Two bases ask a STUN server once, and a TURN server again after its challenge.
  REQUIRE(starts.size() == 6);
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
  CHECK(*f.when<event::complete>() == time_point{} + 5100ms);  // the TURN server was asked first
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
    CHECK(r.said == turn::complaint{stun::error_code::unauthenticated, false});
  }
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer: a server without room for a relay still says how it sees us",
          "[gather][8445-5.1.1.2-g]") {
  for (const auto code :
       {stun::error_code::allocation_quota_reached, stun::error_code::insufficient_capacity}) {
    fixture f{{.servers = only_turn}};
    // There is room neither for relays of both families nor for one.
    f.turn().force(stun::method::allocate, code);
    f.turn().force(stun::method::allocate, code);
    f.begin();
    f.run(1s);
    const auto found = f.found();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == service::reflexive);
    CHECK(found[0].server == turn_at);
    const auto results = f.all<event::server_result>();
    REQUIRE(results.size() == 2);
    CHECK(results[0].said == turn::complaint{code, true});
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

namespace {

const floe::address six_peer = address::v6({0x20, 0x01, 0x0d, 0xb8, 1});
const endpoint six_server{address::v6({0x20, 0x01, 0x0d, 0xb8, 5}), 3478};
const endpoint six_at{address::v6({0x20, 0x01, 0x0d, 0xb8, 9}), 5000};
constexpr std::array<std::string_view, 1> six_uris{"turn:[2001:db8:500::]"};
constexpr std::array<std::string_view, 1> named_uris{"turn:turn.example.org"};

gather::server with_credentials(gsl::span<const std::string_view> uris) {
  return {.uris = uris, .username = "user", .credential = "pass"};
}

/// The families that the relays of a gatherer reach, as "46".
std::string reach_of(fixture& f) {
  std::string out;
  for (const auto& c : f.gatherer.candidates()) {
    if (!c.is_relayed()) continue;
    if (f.gatherer.permit(c.relay, peer.address)) out += '4';
    if (f.gatherer.permit(c.relay, six_peer)) out += '6';
  }
  return out;
}

}  // namespace

TEST_CASE("gatherer: a relay reaches peers of both families, whatever the socket's", "[gather]") {
  const std::array servers{with_credentials(six_uris)};
  fixture f{{.servers = servers}};
  f.add_turn(six_server).dual_ipv6 = true;
  REQUIRE(f.gatherer.add_socket(f.now, wlan, six_at));
  f.gatherer.start(f.now);
  f.run(1s);
  CHECK(reach_of(f) == "46");

  fixture four{{.servers = only_turn}};
  four.turn().dual_ipv6 = true;
  four.begin();
  four.run(1s);
  CHECK(reach_of(four) == "46");
}

TEST_CASE("gatherer: a server that gives less than was asked for gives that", "[gather]") {
  using stun::error_code;
  for (const auto code :
       {error_code::address_family_not_supported, error_code::insufficient_capacity,
        error_code::allocation_quota_reached, error_code::bad_request}) {
    const std::array servers{with_credentials(six_uris)};
    fixture f{{.servers = servers}};
    f.add_turn(six_server).force(stun::method::allocate, code);
    REQUIRE(f.gatherer.add_socket(f.now, wlan, six_at));
    f.gatherer.start(f.now);
    f.run(1s);
    CHECK(reach_of(f) == "4");
    CHECK(f.all<event::server_result>().front().took < 1s);
  }
}

TEST_CASE("gatherer: of one server two sockets of both families ask for one family each",
          "[gather]") {
  const std::array servers{with_credentials(named_uris)};
  for (const bool only_v4_relays : {false, true}) {
    fixture f{{.servers = servers}};
    f.add_turn(six_server).first_port = 60000;
    REQUIRE(f.gatherer.add_socket(f.now, wlan, support::wlan_at));
    REQUIRE(f.gatherer.add_socket(f.now, cable, six_at));
    if (only_v4_relays) {
      f.turn_servers.at(six_server)
          .force(stun::method::allocate, stun::error_code::address_family_not_supported);
    }
    f.gatherer.start(f.now);
    f.settle();
    const std::array both_addresses{turn_at, six_server};
    f.gatherer.resolved(f.now, 0, both_addresses);
    f.run(1s);
    CHECK(reach_of(f) == (only_v4_relays ? "44" : "46"));
  }
}

TEST_CASE("gatherer: TURN is asked before STUN, and what it told is not asked again", "[gather]") {
  constexpr std::array<std::string_view, 3> uris{"stun:192.0.2.1", "stun:192.0.2.15",
                                                 "turn:192.0.2.15"};
  const std::array servers{with_credentials(uris)};
  fixture f{{.servers = servers}};
  f.begin();
  f.run(1s);
  REQUIRE(f.log.size() == 3);
  CHECK(f.log[0].to.remote == turn_at);
  CHECK(f.log[1].to.remote == turn_at);
  CHECK(f.log[2].to.remote == stun_at);
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 3);
  for (const auto& r : results) CHECK(r.outcome == outcome::answered);
}

TEST_CASE("gatherer: of its relays UDP is the best, TLS the last, then the first that was named",
          "[gather]") {
  constexpr std::array<std::string_view, 5> uris{"turns:192.0.2.15?transport=tcp",
                                                 "turn:192.0.2.15?transport=tcp", "turn:192.0.2.16",
                                                 "stun:192.0.2.1", "turn:192.0.2.15"};
  const std::array servers{with_credentials(uris)};
  fixture f{{.servers = servers}};
  f.add_turn({address::v4(192, 0, 2, 16), 3478}).first_port = 60000;
  f.add_turn({address::v4(192, 0, 2, 15), 5349}).first_port = 61000;
  f.connects = true;
  f.begin();
  f.run(1s);
  std::array<int, 5> place{};
  for (const auto& c : f.found()) {
    if (!c.is_relayed()) continue;
    const auto last = c.server.address.octets[3];
    const std::size_t uri = c.transport == turn::transport::tls   ? 0
                            : c.transport == turn::transport::tcp ? 1
                            : last == 16                          ? 2
                                                                  : 4;
    place.at(uri) = c.place;
  }
  CHECK(place[2] < place[4]);
  CHECK(place[4] < place[1]);
  CHECK(place[1] < place[0]);
  CHECK(place[0] == 7);
}

TEST_CASE("gatherer: what the host reads of every no that a server says", "[gather]") {
  using stun::error_code;
  for (unsigned number = 300; number < 600; ++number) {
    const auto code = static_cast<error_code>(number);
    const bool is_challenge = number == 401 || number == 438;
    if (is_challenge || number == 437) continue;  // not the end of it
    for (const bool proved : {true, false}) {
      CAPTURE(number, proved);
      fixture f{{.servers = only_turn}};
      for (int i = 0; i < 20; ++i) {
        f.turn().force(
            stun::method::allocate, code,
            [](stun::writer& w) { w.add(stun::alternate_server{turn_at}); }, proved);
      }
      f.begin();
      f.run(11s);
      const auto results = f.all<event::server_result>();
      REQUIRE_FALSE(results.empty());
      CHECK(results[0].outcome == (proved ? outcome::refused : outcome::unproved));
      CHECK(results[0].said == turn::complaint{code, proved});
      // The server answers at once; each request after the first waits for its slot.
      const auto slots = f.turn().count[stun::method::allocate] - 1;
      CHECK(results[0].took == (proved ? slots * f.ta : 10s));
      // A server without room says how it sees us all the same.
      CHECK(results.size() == (number == 486 || number == 508 ? 2 : 1));
    }
  }
}

TEST_CASE("gatherer: a relay over a connection is given up at once when its server proves nothing",
          "[gather][8489-9.2.5-j]") {
  fixture f{{.servers = support::turn_over_tcp}};
  f.connects = true;
  f.turn().force(stun::method::allocate, stun::error_code::allocation_quota_reached, {}, false);
  f.begin();
  f.run(1s);
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome == outcome::unproved);
  CHECK(results[0].said == turn::complaint{stun::error_code::allocation_quota_reached, false});
}

TEST_CASE(
    "gatherer: who lost a relay because its credentials ended is told so, and gets another with "
    "new ones",
    "[gather]") {
  fixture f{{.servers = only_turn}};
  f.begin();
  f.run(1s);
  f.turn().password = "pass-2";
  f.run(11min);
  const auto lost = f.all<event::relay_lost>();
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].why == turn::end_reason::expired);
  CHECK(lost[0].said == turn::complaint{stun::error_code::unauthenticated, false});
  const auto needed = f.all<event::credentials_needed>();
  REQUIRE(needed.size() == 1);
  CHECK(needed[0].server == 0);
  CHECK(*f.when<event::credentials_needed>() < *f.when<event::relay_lost>());
  CHECK(reach_of(f).empty());
  REQUIRE(f.gatherer.set_credentials(f.now, 0, "user", "pass-2"));
  f.run(1s);
  CHECK(reach_of(f) == "4");
  CHECK(f.found().back().is_replacement);
}

TEST_CASE("gatherer: new credentials are for the relays that stand, and those that were refused",
          "[gather]") {
  fixture f{{.servers = only_turn}};
  f.begin();
  f.run(1s);
  f.turn().user = "user-2";
  f.turn().password = "pass-2";
  REQUIRE(f.gatherer.set_credentials(f.now, 0, "user-2", "pass-2"));
  f.run(30min);
  CHECK(f.all<event::relay_lost>().empty());
  CHECK(f.all<event::credentials_needed>().empty());
  CHECK(f.gatherer.set_credentials(f.now, 1, "u", "p").error() == errc::no_path);
  CHECK(f.gatherer.set_credentials(f.now, 0, "", "p").error() == errc::unsupported);
  CHECK(f.gatherer.set_credentials(f.now, 0, std::string(509, 'u'), "p").error() ==
        errc::unsupported);

  fixture wrong{{.servers = only_turn}};
  wrong.turn().password = "pass-2";
  wrong.begin();
  wrong.run(1s);
  CHECK(reach_of(wrong).empty());
  REQUIRE(wrong.gatherer.set_credentials(wrong.now, 0, "user", "pass-2"));
  wrong.run(1s);
  CHECK(reach_of(wrong) == "4");
  CHECK(wrong.all<event::server_result>().back().outcome == outcome::answered);
}

TEST_CASE("gatherer: credentials that end are asked for a minute before", "[gather]") {
  auto server = support::only_turn[0];
  server.expires = time_point{10min};
  const std::array servers{server};
  fixture f{{.servers = servers}};
  f.begin();
  f.run(9min - 1ms);
  CHECK(f.all<event::credentials_needed>().empty());
  f.run(1ms);
  REQUIRE(f.all<event::credentials_needed>().size() == 1);
  CHECK(f.all<event::credentials_needed>()[0].end == time_point{10min});
  // Of a short life half is left.
  REQUIRE(f.gatherer.set_credentials(f.now, 0, "user", "pass", f.now + 1min));
  f.run(30s - 1ms);
  CHECK(f.all<event::credentials_needed>().size() == 1);
  f.run(1ms);
  CHECK(f.all<event::credentials_needed>().size() == 2);
  REQUIRE(f.gatherer.set_credentials(f.now, 0, "user", "pass"));
  f.run(1h);
  CHECK(f.all<event::credentials_needed>().size() == 2);
}

TEST_CASE("gatherer: relays that are offered anew are proved first", "[gather]") {
  fixture f{{.servers = only_turn}};
  f.begin();
  f.run(1s);
  CHECK(f.gatherer.is_complete());
  f.gatherer.prove_relays();
  CHECK_FALSE(f.gatherer.is_complete());
  f.settle();
  CHECK(f.gatherer.is_complete());
  CHECK(f.turn().count[stun::method::refresh] == 1);

  // One whose server does not answer holds nothing up for longer than a server may take.
  f.turn_servers.clear();
  f.gatherer.prove_relays();
  f.run(10s - 1ms);
  CHECK_FALSE(f.gatherer.is_complete());
  f.run(1ms);
  CHECK(f.gatherer.is_complete());

  // One that the server forgot is replaced meanwhile.
  fixture g{{.servers = only_turn}};
  g.begin();
  g.run(1s);
  g.turn().restart();
  g.gatherer.prove_relays();
  g.run(500ms);
  CHECK_FALSE(g.gatherer.is_complete());
  g.run(1s);
  CHECK(g.gatherer.is_complete());
  CHECK(reach_of(g) == "4");
}

TEST_CASE("gatherer: all servers of a kind are asked", "[gather][8445-5.1.1.2-c]") {
  const endpoint other_stun{address::v4(192, 0, 2, 2), 3478};
  const endpoint other_turn{address::v4(192, 0, 2, 16), 3478};
  constexpr std::array<std::string_view, 1> other_stun_uris{"stun:192.0.2.2"};
  constexpr std::array<std::string_view, 1> other_turn_uris{"turn:192.0.2.16"};
  const std::array servers{
      both[0], both[1], gather::server{.uris = other_stun_uris},
      gather::server{.uris = other_turn_uris, .username = "user", .credential = "pass"}};
  fixture f{{.servers = servers}};
  f.stun_servers[other_stun] = true;
  f.add_turn(other_turn);
  f.begin();
  f.run(5s);
  const auto results = f.all<event::server_result>();
  CHECK(results.size() == 4);
  for (const auto& server : {stun_at, other_stun, turn_at, other_turn}) {
    CHECK(std::any_of(results.begin(), results.end(), [&](const event::server_result& r) {
      return r.server == server && r.outcome == outcome::answered;
    }));
  }
}
