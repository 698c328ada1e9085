#include "floe/gather/gatherer_commands.hpp"

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

TEST_CASE("gatherer commands: more sockets than there are places", "[gather]") {
  gather_fixture f{{.servers = support::only_stun, .limits = {.sockets = 1}}};
  f.begin();
  CHECK(f.gatherer.add_socket(f.now, support::cable, support::cable_at).error() ==
        errc::capacity_reached);
}

TEST_CASE("gatherer commands: a connection that can't be made is reported", "[gather]") {
  constexpr std::array<std::string_view, 1> uris{"turns:192.0.2.15"};
  const std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "user", .credential = "pass"}};
  gather_fixture f{{.servers = servers}};
  f.begin();
  f.run(100ms);
  const auto wanted = f.all<event::connection_needed>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].transport == turn::transport::tls);
  CHECK(wanted[0].server.port == 5349);
  f.gatherer.connect_failed(f.now, wanted[0].attempt);
  f.gatherer.connect_failed(f.now, wanted[0].attempt);
  f.settle();
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome == outcome::unreachable);
  CHECK(f.all<event::complete>().size() == 1);
}
