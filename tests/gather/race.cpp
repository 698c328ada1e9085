#include "floe/gather/race.hpp"

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "gather/fixture.hpp"

using namespace floe;
using namespace std::chrono_literals;
using gather::after_failure;
using gather::outcome;
using support::gather_fixture;
using support::stun_at;
using support::turn_at;
using support::wlan;
namespace event = gather::event;

namespace {

const endpoint dead{address::v4(192, 0, 2, 99), 3478};
const endpoint gone{address::v4(192, 0, 2, 98), 3478};

/// One server that has a name, at these addresses.
struct raced : gather_fixture {
  raced(std::string_view uri, std::vector<endpoint> addresses, gather::config behaviour = {})
      : raced(std::array{uri}, std::move(addresses), behaviour) {}

  raced(std::array<std::string_view, 1> uris, std::vector<endpoint> addresses,
        gather::config behaviour)
      : gather_fixture{[&] {
          servers_of = {gather::server{.uris = uris, .username = "user", .credential = "pass"}};
          behaviour.servers = servers_of;
          return behaviour;
        }()} {
    begin();
    settle();
    gatherer.resolved(now, 0, addresses);
  }

  std::size_t sent_to(const endpoint& where) const {
    std::size_t count = 0;
    for (const auto& s : log) count += s.to.remote == where ? 1U : 0U;
    return count;
  }

  static inline std::array<gather::server, 1> servers_of{};
};

}  // namespace

TEST_CASE("race: who fails goes on, leaves, or was the last", "[gather]") {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const gather::failed_attempt f{(bits & 1U) != 0, (bits & 2U) != 0, (bits & 4U) != 0,
                                   (bits & 8U) != 0};
    const auto what = gather::decide_failure(f);
    CAPTURE(bits);
    if (f.lacks_room && f.has_rivals) {
      CHECK(what == after_failure::leave);
    } else if (!f.other_may_help) {
      CHECK(what == after_failure::give_up);  // an answer is an answer, whatever others might say
    } else if (f.has_next) {
      CHECK(what == after_failure::next_address);
    } else {
      CHECK(what == (f.has_rivals ? after_failure::leave : after_failure::give_up));
    }
  }
}

TEST_CASE("race: a dead first address costs a quarter of a second, and is left in peace then",
          "[gather][8656-3.9-a]") {
  SECTION("of a TURN server") {
    raced f{"turn:turn.example.org", {dead, turn_at}};
    f.run(1min);
    REQUIRE(f.found().size() == 2);
    CHECK(f.found()[1].server == turn_at);
    // The challenge was answered in the next slot.
    CHECK(*f.when<event::found>() == time_point{} + gather::attempt_delay + f.ta);
    CHECK(*f.when<event::complete>() == time_point{} + gather::attempt_delay + f.ta);
    CHECK(f.sent_to(dead) == 1);
  }
  SECTION("of a STUN server") {
    raced f{"stun:stun.example.org", {dead, stun_at}};
    f.run(10s);
    REQUIRE(f.found().size() == 1);
    CHECK(*f.when<event::found>() == time_point{} + gather::attempt_delay);
    CHECK(f.sent_to(dead) == 1);
  }
  SECTION("two of them twice that") {
    raced f{"stun:stun.example.org", {dead, gone, stun_at}};
    f.run(10s);
    REQUIRE(f.found().size() == 1);
    CHECK(*f.when<event::found>() == time_point{} + 2 * gather::attempt_delay);
  }
  SECTION("for lack of room when it has failed") {
    raced f{
        "turn:turn.example.org", {dead, turn_at}, {.server_limit = 3s, .limits = {.attempts = 1}}};
    f.run(1min);
    REQUIRE(f.found().size() == 2);
    CHECK(*f.when<event::found>() >= time_point{} + 3s);
  }
}

TEST_CASE("race: the result of a server is one, and told when the last address has failed",
          "[gather]") {
  raced f{"turn:turn.example.org", {dead, gone}, {.server_limit = 3s}};
  f.run(1min);
  const auto results = f.all<event::server_result>();
  REQUIRE(results.size() == 1);
  CHECK(results[0].outcome == outcome::timeout);
  CHECK(results[0].took == 3s + gather::attempt_delay);
  CHECK(*f.when<event::complete>() == time_point{} + results[0].took);
  CHECK_FALSE(f.gatherer.wants_start());
}

TEST_CASE("race: the next address follows a failure at once", "[gather]") {
  raced f{"turn:turn.example.org", {dead, turn_at}};
  f.run(100ms);
  f.gatherer.handle_unreachable(f.now, {wlan, dead});
  f.run(f.ta);
  REQUIRE(f.found().size() == 2);
  CHECK(f.all<event::server_result>().size() == 1);
}

TEST_CASE("race: the first connection that stands wins, and the other is not wanted any more",
          "[gather][8656-3.9-a]") {
  raced f{"turn:turn.example.org?transport=tcp", {dead, turn_at}};
  f.run(gather::attempt_delay);
  const auto wanted = f.all<event::connection_needed>();
  REQUIRE(wanted.size() == 2);
  CHECK(wanted[0].server == dead);
  CHECK(wanted[1].server == turn_at);
  f.connections.push_back(socket_id{50});
  REQUIRE(f.gatherer.connected(f.now, wanted[1].attempt, socket_id{50}));
  CHECK(f.gatherer.connected(f.now, wanted[0].attempt, socket_id{51}).error() == errc::no_path);
  f.gatherer.connect_failed(f.now, wanted[0].attempt);
  f.run(1s);
  REQUIRE(f.found().size() == 1);
  CHECK(f.found()[0].server == turn_at);
  CHECK(f.all<event::server_result>().size() == 1);
  CHECK(f.all<event::connection_needed>().size() == 2);
}

TEST_CASE("race: credentials go to the first that asks for them, and to no other",
          "[gather][8656-3.9-a]") {
  raced f{"turn:turn.example.org", {dead, turn_at}};
  support::scripted_server slow;
  slow.at = dead;
  f.run(gather::attempt_delay);
  for (const auto& a : slow.take(f.now, f.mapped(wlan), f.log[0].message)) {
    f.deliver(dead, wlan, a);
  }
  f.run(1s);
  CHECK(f.found().size() == 2);
  for (const auto& s : f.log) {
    const auto m = stun::message_view::parse(s.message);
    if (m && m->has<stun::username>()) CHECK(s.to.remote == turn_at);
  }
  CHECK(slow.allocations.empty());
}

TEST_CASE("race: a relay that the loser grants late is given back", "[gather][8656-3.9-a]") {
  raced f{"turn:turn.example.org", {dead, turn_at}};
  f.turn().open = true;
  support::scripted_server slow;
  slow.at = dead;
  slow.open = true;
  f.run(2s);
  REQUIRE(f.found().size() == 2);
  for (const auto& a : slow.take(f.now, f.mapped(wlan), f.log[0].message)) {
    f.deliver(dead, wlan, a);
  }
  REQUIRE(slow.allocations.size() == 1);
  const auto before = f.log.size();
  f.settle();
  REQUIRE(f.log.size() == before + 1);
  CHECK(f.log.back().to.remote == dead);
  for (const auto& a : slow.take(f.now, f.mapped(wlan), f.log.back().message)) {
    f.deliver(dead, wlan, a);
  }
  CHECK(slow.allocations.empty());
  CHECK(f.found().size() == 2);
  f.run(10s);
  CHECK(f.sent_to(dead) == 2);
  CHECK(f.gatherer.is_relay(f.relay()));
}

TEST_CASE("race: a loser that may yet answer takes no relay's place", "[gather]") {
  raced f{"turn:turn.example.org", {dead, turn_at}, {.limits = {.relays = 2}}};
  f.turn().open = true;
  f.run(1s);
  REQUIRE(f.found().size() == 2);
  REQUIRE(f.gatherer.add_socket(f.now, support::cable, support::cable_at));
  // While its first address is being tried there is no place for the other.
  f.run(11s);
  std::size_t relays = 0;
  for (const auto& c : f.found()) relays += c.is_relayed() ? 1U : 0U;
  CHECK(relays == 2);
}
