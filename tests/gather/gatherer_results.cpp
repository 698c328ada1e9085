#include "floe/gather/gatherer_results.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "gather/fixture.hpp"

using namespace floe;
using namespace std::chrono_literals;
using gather::outcome;
using support::gather_fixture;
using support::outside;
using support::turn_at;
using support::wlan;
namespace event = gather::event;

namespace {

const endpoint peer{address::v4(198, 51, 100, 20), 7000};

}  // namespace

TEST_CASE("gatherer results: a lost relay is told and replaced under another number",
          "[gather][ATK-E08]") {
  gather_fixture f{{.servers = support::only_turn}};
  f.begin();
  f.run(1s);
  const auto relay = f.relay();
  REQUIRE(f.gatherer.permit(relay, peer.address));
  f.run(1s);
  f.turn().restart();
  f.run(5min);
  const auto lost = f.all<event::relay_lost>();
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].relay == relay);
  CHECK(lost[0].why == turn::end_reason::forgotten);
  CHECK_FALSE(f.gatherer.is_relay(relay));
  std::vector<socket_id> relays;
  for (const auto& c : f.found()) {
    if (c.is_relayed()) relays.push_back(c.relay);
  }
  REQUIRE(relays.size() == 2);
  CHECK(relays[1] != relay);
  CHECK(f.gatherer.is_relay(relays[1]));
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer results: a 400 to a ChannelBind makes a new relay, once; then it goes without",
          "[gather][8656-12.3-a]") {
  gather_fixture f{{.servers = support::only_turn}};
  f.begin();
  f.run(1s);
  const auto first = f.relay();
  for (int i = 0; i < 10; ++i) {
    f.turn().force(stun::method::channel_bind, stun::error_code::bad_request);
  }
  REQUIRE(f.gatherer.bind(first, peer));
  f.run(5s);
  const auto lost = f.all<event::relay_lost>();
  REQUIRE(lost.size() == 1);
  CHECK(lost[0].relay == first);
  CHECK(lost[0].why == turn::end_reason::out_of_step);
  REQUIRE(f.found().back().is_relayed());
  const auto second = f.found().back().relay;
  CHECK(second != first);
  CHECK(f.turn().allocations.size() == 1);
  // The server's word about channels is taken, if it says so of a fresh one.
  REQUIRE(f.gatherer.bind(second, peer));
  f.run(1h);
  CHECK(f.all<event::relay_lost>().size() == 1);
  CHECK(f.gatherer.is_relay(second));
  std::array<std::byte, 100> buffer{};
  CHECK(f.gatherer.wrap(second, peer, buffer, 60, 4));
}

TEST_CASE("gatherer results: a relay that is lost again and again is asked for ever less often",
          "[gather][ATK-E09]") {
  gather_fixture f{{.servers = support::only_turn}};
  f.turn().lifetime = 2;
  f.begin();
  f.run(1s);
  for (int i = 0; i < 2000; ++i) {
    f.turn().restart();
    f.run(1s);
  }
  CHECK(f.turn().count[stun::method::allocate] < 30);
  CHECK(f.gatherer.candidates().size() <= 2);
}

TEST_CASE("gatherer results: a lost relay is asked for again until its server is back",
          "[gather][ATK-E08]") {
  gather_fixture f{{.servers = support::only_turn}};
  f.begin();
  f.run(1s);
  const auto turn = f.turn();
  f.turn().restart();
  REQUIRE(f.gatherer.permit(f.relay(), peer.address));
  f.run(500ms);
  REQUIRE(f.all<event::relay_lost>().size() == 1);
  f.turn_servers.clear();
  f.run(1min);
  CHECK(f.found().size() == 2);  // the reflexive one, and the relay of before
  CHECK(f.all<event::server_result>().size() == 1);
  f.turn_servers[turn_at] = turn;
  f.turn().restart();
  f.run(1min);
  REQUIRE(f.found().size() == 3);
  CHECK(f.gatherer.is_relay(f.found()[2].relay));
}

TEST_CASE("gatherer results: a lost connection is made again, ever less often while it fails",
          "[gather][ATK-E09]") {
  gather_fixture f{{.servers = support::turn_over_tcp}};
  f.connects = true;
  f.begin();
  f.run(1s);
  const auto before = f.relay();
  REQUIRE(f.connections.size() == 1);
  const auto attempt = f.all<event::connection_needed>()[0].attempt;

  // The server goes, and is away for a while.
  f.turn().restart();
  f.connects = false;
  const auto gone = f.now;
  f.disconnect(f.connections[0], turn_at);
  REQUIRE(f.all<event::relay_lost>().size() == 1);
  CHECK(f.all<event::relay_lost>()[0].relay == before);
  f.run(20s);
  std::vector<duration> asked;
  for (const auto& [at, e] : f.events) {
    if (at <= gone || !std::holds_alternative<event::connection_needed>(e)) continue;
    CHECK(std::get<event::connection_needed>(e).attempt == attempt);
    asked.push_back(at - gone);
  }
  CHECK(asked == std::vector<duration>{1s, 3s, 7s, 15s});
  CHECK(f.gatherer.is_replacing());

  f.connects = true;
  f.run(20s);
  REQUIRE(f.connections.size() == 1);
  const auto after = f.found().back();
  CHECK(after.is_relayed());
  CHECK(after.is_replacement);
  CHECK_FALSE(f.found().front().is_replacement);
  CHECK_FALSE(f.gatherer.is_replacing());
  CHECK(after.relay != before);
  CHECK(f.gatherer.is_relay(after.relay));
  REQUIRE(f.gatherer.permit(after.relay, peer.address));
  f.run(10ms);
  CHECK(f.all<event::permitted>().size() == 1);
  CHECK(f.all<event::server_result>().size() == 1);
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer results: a connection that does not come back is given up", "[gather]") {
  gather_fixture f{{.servers = support::turn_over_tcp}};
  f.connects = true;
  f.begin();
  f.run(1s);
  f.connects = false;
  f.disconnect(f.connections[0], turn_at);
  f.run(1h);
  CHECK(f.all<event::connection_needed>().size() == 1 + 8);
  CHECK_FALSE(f.gatherer.next_timeout());
  CHECK_FALSE(f.gatherer.is_replacing());
}

TEST_CASE("gatherer results: a relay that stood for long and breaks is another trouble",
          "[gather]") {
  gather_fixture f{{.servers = support::turn_over_tcp}};
  f.connects = true;
  f.begin();
  f.run(1s);
  for (int i = 0; i < 30; ++i) {
    f.turn().restart();
    f.disconnect(f.connections.back(), turn_at);
    f.run(40s);
  }
  CHECK(f.connections.size() == 1);
  CHECK(f.all<event::relay_lost>().size() == 30);
  CHECK(f.gatherer.is_relay(f.found().back().relay));
}

TEST_CASE("gatherer results: a server that never gave anything is not asked again", "[gather]") {
  gather_fixture f{{.servers = support::turn_over_tcp}};
  f.connects = false;
  f.begin();
  f.run(1h);
  CHECK(f.all<event::connection_needed>().size() == 1);
  CHECK(f.all<event::server_result>()[0].outcome == outcome::unreachable);
}

TEST_CASE("gatherer results: wrong credentials do not become right by waiting", "[gather]") {
  gather_fixture f{{.servers = support::turn_over_tcp}};
  f.connects = true;
  f.begin();
  f.run(1s);
  f.turn().restart();
  f.turn().password = "another";
  f.disconnect(f.connections[0], turn_at);
  f.run(1h);
  CHECK(f.all<event::connection_needed>().size() == 2);
}

TEST_CASE("gatherer results: a 437 wants another socket of the host, and goes on from there",
          "[gather][8656-7.4-g][8656-7.1-b]") {
  gather_fixture f{{.servers = support::only_turn}};
  f.turn().force(stun::method::allocate, stun::error_code::allocation_mismatch);
  f.begin();
  f.run(1s);
  const auto wanted = f.all<event::socket_needed>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].socket == wlan);
  CHECK(wanted[0].server == turn_at);
  constexpr socket_id fresh{60};
  REQUIRE(f.gatherer.connected(f.now, wanted[0].attempt, fresh));
  f.run(1s);
  const auto found = f.found();
  REQUIRE(found.size() == 1);  // the address that the fresh socket has is of no use to the base
  CHECK(found[0].is_relayed());
  REQUIRE(f.gatherer.permit(found[0].relay, peer.address));
  f.run(10ms);
  std::array<std::byte, 100> buffer{};
  CHECK(f.gatherer.wrap(found[0].relay, peer, buffer, 48, 1)->to_send.local == fresh);

  gather_fixture deaf{{.servers = support::only_turn}};
  deaf.turn().force(stun::method::allocate, stun::error_code::allocation_mismatch);
  deaf.begin();
  deaf.run(20s);
  CHECK(deaf.all<event::server_result>()[0].outcome == outcome::timeout);
  CHECK(deaf.all<event::complete>().size() == 1);
  CHECK(deaf.gatherer.connected(deaf.now, wanted[0].attempt, fresh).error() == errc::no_path);
}

TEST_CASE("gatherer results: the host says that a server can't be reached", "[gather]") {
  gather_fixture f;
  f.stun_servers[support::stun_at] = false;
  f.turn_servers.clear();
  f.begin();
  f.run(200ms);
  f.gatherer.handle_unreachable(f.now, {wlan, support::stun_at});
  f.gatherer.handle_unreachable(f.now, {wlan, turn_at});
  f.settle();
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 2);
  for (const auto& r : results) {
    CHECK(r.outcome == outcome::unreachable);
    CHECK(r.took <= 200ms);
  }
  CHECK(f.all<event::complete>().size() == 1);
}

TEST_CASE("gatherer results: tokens are asked of the host", "[gather][7635-6.1-a]") {
  const std::array<gather::server, 1> servers{gather::server{.uris = support::turn_uris}};
  gather_fixture f{{.servers = servers}};
  f.turn().token_server = "turn.example.org";
  f.turn().token_key = support::bytes(20, std::byte{1});
  f.turn().token = support::text("sealed");
  f.begin();
  f.run(100ms);
  const auto wanted = f.all<event::token_needed>();
  REQUIRE(wanted.size() == 1);
  CHECK(f.gatherer.token_server_name(wanted[0].attempt) == "turn.example.org");
  const auto sealed = support::text("sealed");
  REQUIRE(f.gatherer.bring_token(f.now, wanted[0].attempt, {"kid", f.turn().token_key, sealed}));
  f.run(1s);
  CHECK(f.gatherer.is_relay(f.relay()));
  CHECK(f.gatherer.bring_token(f.now, {}, {}).error() == errc::no_path);
}

TEST_CASE("gatherer results: refused permissions and ICMP errors bear the relay's number",
          "[gather]") {
  gather_fixture f{{.servers = support::only_turn}};
  f.begin();
  f.run(1s);
  const auto relay = f.relay();
  f.turn().force(stun::method::create_permission, stun::error_code::forbidden);
  REQUIRE(f.gatherer.permit(relay, peer.address));
  f.run(10ms);
  const auto refused = f.all<event::permission_refused>();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].relay == relay);
  CHECK(refused[0].code == stun::error_code::forbidden);
  const address friendly = address::v4(198, 51, 100, 21);
  REQUIRE(f.gatherer.permit(relay, friendly));
  f.run(10ms);
  f.deliver(turn_at, wlan,
            f.turn().write({stun::method::data, stun::message_class::indication}, {},
                           [&](stun::writer& w) {
                             w.add(stun::xor_peer_address{{friendly, 9}}).add(stun::icmp{3, 3, 0});
                           }));
  f.settle();
  REQUIRE(f.all<event::icmp>().size() == 1);
  CHECK(f.all<event::icmp>()[0].relay == relay);
  CHECK(f.all<event::icmp>()[0].report.peer == endpoint{friendly, 9});
}

TEST_CASE("gatherer results: events that nobody reads give way, and are counted",
          "[gather][ATK-D15]") {
  gather_fixture f{{.servers = support::both_servers, .limits = {.events = 2}}};
  REQUIRE(f.gatherer.add_socket(f.now, wlan, support::wlan_at));
  f.gatherer.start(f.now);
  f.gatherer.start_one(f.now);
  f.gatherer.start_one(f.now);
  f.gatherer.handle_timeout(f.now + 1h);
  f.now += 1h;
  REQUIRE(f.gatherer.poll_event());
  CHECK(f.gatherer.poll_event());
  CHECK(f.gatherer.poll_event());
  CHECK_FALSE(f.gatherer.poll_event());
}
