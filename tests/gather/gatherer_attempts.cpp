#include "floe/gather/gatherer_attempts.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "gather/fixture.hpp"

using namespace floe;
using namespace std::chrono_literals;
using gather::outcome;
using support::gather_fixture;
using support::wlan;
namespace event = gather::event;

TEST_CASE("attempts: names of mDNS are known by their end", "[gather]") {
  using gather::detail::is_local_name;
  CHECK(is_local_name("a.local"));
  CHECK(is_local_name("a.LOCAL."));
  CHECK_FALSE(is_local_name(".local"));
  CHECK_FALSE(is_local_name("local"));
  CHECK_FALSE(is_local_name("a.localhost"));
  CHECK_FALSE(is_local_name(""));
}

TEST_CASE("attempts: a session needs no more memory than the largest that is configured",
          "[gather]") {
  constexpr std::array<std::string_view, 2> uris{"turn:a", "turns:a"};
  const std::array<gather::server, 2> servers{
      gather::server{.uris = uris, .username = "u", .credential = "longer"},
      gather::server{.uris = uris, .username = "name", .credential = "p"}};
  const auto largest = gather::detail::largest_session({.servers = servers});
  CHECK(largest.user == "name");
  CHECK(largest.password == "longer");
  CHECK(turn::is_stream(largest.transport));
}

TEST_CASE("attempts: where no server gives relays there is no room for any", "[gather]") {
  CHECK(gather::detail::places_for({.limits = {.relays = 3}}) == 0);
  CHECK(gather::detail::places_for({.servers = support::only_stun}) == 0);
  CHECK(gather::detail::places_for({.servers = support::only_turn, .limits = {.relays = 3}}) == 3);
}

TEST_CASE("attempts: nothing starts before it is told to", "[gather][8445-5.1-a]") {
  gather_fixture f;
  REQUIRE(f.gatherer.add_socket(f.now, wlan, support::wlan_at));
  CHECK_FALSE(f.gatherer.wants_start());
  f.gatherer.start_one(f.now);
  f.settle();
  CHECK(f.log.empty());
  f.gatherer.start(f.now);
  CHECK(f.gatherer.wants_start());
  f.gatherer.start(f.now);
  std::array<std::byte, 2048> buffer{};
  CHECK_FALSE(f.gatherer.poll_transmit(buffer));
  f.gatherer.start_one(f.now);
  CHECK(f.gatherer.poll_transmit(buffer));
  CHECK_FALSE(f.gatherer.poll_transmit(buffer));
  CHECK(f.gatherer.wants_start());
}

TEST_CASE("attempts: an answer that comes after the limit is no answer", "[gather]") {
  gather_fixture f{{.servers = support::only_turn, .server_limit = 1s}};
  auto turn = f.turn();
  f.turn_servers.clear();
  f.begin();
  f.run(999ms);
  REQUIRE(f.log.size() >= 1);
  const auto request = f.log[0].message;
  f.run(1ms);
  CHECK(f.all<event::server_result>()[0].outcome == outcome::timeout);
  for (const auto& a : turn.take(f.now, support::outside(wlan), request)) {
    f.deliver(support::turn_at, wlan, a);
  }
  f.run(1min);
  CHECK(f.found().empty());
  CHECK(f.all<event::server_result>().size() == 1);
}
