#include "floe/turn/session_upkeep.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "turn/bench.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::error_code;
using stun::method;
using support::bench;
using support::bytes;
using support::parsed;
using support::text;
using turn::allocation_state;
using turn::end_reason;
namespace event = turn::event;

namespace {

const endpoint peer{address::v4(198, 51, 100, 20), 7000};

turn::session_config mobile() {
  auto config = support::turn_config();
  config.ask.mobility = true;
  return config;
}

}  // namespace

TEST_CASE("upkeep: the allocation is refreshed a minute before its end",
          "[turn][8656-6-b][8656-8.1-a][8656-8.3-a][8656-7.3-e]") {
  bench b;
  b.allocate();
  b.run(539999ms);
  CHECK(b.server.count[method::refresh] == 0);
  b.run(1ms);
  CHECK(b.server.count[method::refresh] == 1);
  b.server.lifetime = 120;
  b.run(540s);
  CHECK(b.server.count[method::refresh] == 2);
  b.run(60s);
  CHECK(b.server.count[method::refresh] == 3);
}

TEST_CASE("upkeep: a server that says no more loses its allocation, once, at its end",
          "[turn][ATK-E08][8656-8.3-e]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  b.lose_all = true;
  b.run(599s);
  CHECK(b.session.state() == allocation_state::active);
  CHECK_FALSE(b.session.is_permitted(peer.address));
  b.run(1s);
  CHECK(b.last<event::ended>()->why == end_reason::expired);
  CHECK(b.count<event::ended>() == 1);
  bytes buffer(100);
  CHECK(b.session.wrap(peer, buffer, 50, 1).error() == errc::session_closed);
  CHECK_FALSE(b.session.next_timeout());
}

TEST_CASE("upkeep: an outage of the network that ends in time is survived", "[turn][ATK-E18]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  b.run(235s);
  b.lose_all = true;
  b.run(55s);  // the first refresh of the permission is lost on all its way
  b.lose_all = false;
  b.run(9s);
  CHECK(b.session.is_permitted(peer.address));
  CHECK(b.count<event::permitted>() == 1);
}

TEST_CASE("upkeep: closing gives the allocation back", "[turn][8656-8.1-b][ATK-H02]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  b.session.close(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  const auto m = parsed(out[0].message);
  CHECK(m.method() == method::refresh);
  CHECK(m.get<stun::lifetime>()->value == 0);
  CHECK(vectors::to_hex(m.find(stun::attribute_type::lifetime)->value) == "00000000");
  CHECK_FALSE(b.last<event::ended>());
  b.now += 500ms;
  b.settle();
  CHECK(b.server.allocations.empty());
  CHECK(b.last<event::ended>()->why == end_reason::closed);
  CHECK(b.session.permit(peer.address).error() == errc::session_closed);

  bench silent;
  silent.allocate();
  silent.lose_all = true;
  silent.session.close(silent.now);
  silent.run(40s);
  CHECK(silent.last<event::ended>()->why == end_reason::closed);
  CHECK_FALSE(silent.session.next_timeout());
}

TEST_CASE("upkeep: closing at any moment ends it", "[turn][ATK-H02]") {
  bench idle;
  idle.session.close(idle.now);
  idle.settle();
  CHECK(idle.last<event::ended>()->why == end_reason::closed);
  CHECK(idle.log.empty());

  bench asked;
  REQUIRE(asked.session.start(asked.now));
  asked.session.close(asked.now);
  asked.settle();
  CHECK(asked.last<event::ended>()->why == end_reason::closed);
  CHECK(asked.log.empty());

  // The Allocate that may succeed is under way: what it may make is given back.
  bench proved;
  REQUIRE(proved.session.start(proved.now));
  const auto first = proved.drain();
  for (const auto& a :
       proved.server.take(proved.now, support::client_at(support::turn_socket), first[0].message)) {
    proved.deliver(a);
  }
  const auto second = proved.drain();
  proved.session.close(proved.now);
  const auto answers =
      proved.server.take(proved.now, support::client_at(support::turn_socket), second[0].message);
  CHECK(proved.deliver(answers.at(0)) == reject::unknown_transaction);
  proved.settle();
  CHECK(proved.server.allocations.empty());
  CHECK_FALSE(proved.last<event::allocated>());
  CHECK(proved.last<event::ended>()->why == end_reason::closed);

  bench waiting;
  waiting.server.force(method::allocate, error_code::allocation_quota_reached);
  REQUIRE(waiting.session.start(waiting.now));
  waiting.settle();
  waiting.session.close(waiting.now);
  waiting.run(10min);
  CHECK(waiting.last<event::ended>()->why == end_reason::closed);
  CHECK(waiting.server.count[method::allocate] == 2);
}

TEST_CASE("upkeep: a server that was restarted is noticed soon after data is sent", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  b.run(30s);
  b.server.restart();
  REQUIRE(b.send(peer, text("x")));
  b.settle();
  b.run(9999ms);
  CHECK(b.session.state() == allocation_state::active);
  b.run(1ms);
  CHECK(b.last<event::ended>()->why == end_reason::forgotten);
}

TEST_CASE("upkeep: a server that passes data on is not asked", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  for (int i = 0; i < 200; ++i) {
    REQUIRE(b.send(peer, text("x")));
    b.deliver(
        *b.server.from_peer(b.now, support::client_at(support::turn_socket), peer, text("y")));
    b.run(1s);
  }
  CHECK(b.server.count[method::refresh] == 0);
}

TEST_CASE("upkeep: time that stands still, goes back or leaps fires each timer once",
          "[turn][ATK-F01]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  const auto before = b.log.size();
  b.session.handle_timeout(b.now - 1h);
  b.session.handle_timeout(b.now);
  CHECK(b.drain().empty());
  b.now += 541s;
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  CHECK(out.size() <= 3);
  CHECK(b.log.size() <= before + 3);
  b.session.handle_timeout(time_point::max());
  b.now = time_point::max();
  b.drain();
  CHECK(b.last<event::ended>()->why == end_reason::expired);
}

TEST_CASE("upkeep: after a move the ticket is shown from the new socket, and the next one kept",
          "[turn][8016-3.1-a][8016-3.1-b][8016-3.2-a][8016-3.2-c][8016-3.2-d]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  for (std::uint8_t move = 1; move <= 2; ++move) {
    const socket_id fresh{20U + move};
    const auto old = b.session.route().local;
    REQUIRE(b.session.move(b.now, fresh));
    // Until the server agrees data goes the old way, and comes both ways.
    REQUIRE(b.send(peer, text("x")));
    CHECK(b.log.back().to.local == old);
    CHECK_FALSE(b.deliver(vectors::unhex("40000001ff"), old));
    CHECK_FALSE(b.deliver(vectors::unhex("40000001ff"), fresh));
    b.settle();
    const auto m = parsed(b.log.back().message);
    CHECK(b.log.back().to.local == fresh);
    CHECK(m.method() == method::refresh);
    CHECK(support::copy(m.get<stun::mobility_ticket>()->value) == bytes(11, std::byte{move}));
    CHECK(b.last<event::moved>()->socket == fresh);
    CHECK(b.session.route().local == fresh);
    CHECK(b.deliver(vectors::unhex("40000001ff"), old) == reject::wrong_path);
    REQUIRE(b.send(peer, text("x")));
  }
  b.run(2h);
  CHECK(b.session.has_channel(peer));
}

TEST_CASE("upkeep: a ticket that the server does not take loses the allocation",
          "[turn][8016-3.2-e]") {
  for (const auto code :
       {error_code::allocation_mismatch, error_code::bad_request, error_code::wrong_credentials}) {
    bench b{mobile()};
    b.server.mobile = true;
    b.allocate();
    b.server.force(method::refresh, code);
    REQUIRE(b.session.move(b.now, socket_id{21}));
    b.settle();
    CHECK(b.last<event::ended>()->why == end_reason::forgotten);
    CHECK(b.last<event::ended>()->code == code);
  }
  bench lost{mobile()};
  lost.server.mobile = true;
  lost.allocate();
  REQUIRE(lost.session.move(lost.now, socket_id{21}));
  lost.session.handle_unreachable(lost.now, socket_id{21});
  lost.settle();
  CHECK(lost.last<event::move_failed>());
  CHECK(lost.session.state() == allocation_state::active);
  CHECK(lost.session.route().local == support::turn_socket);
}

TEST_CASE("upkeep: a socket that reaches nobody ends the session at once", "[turn][ATK-E09]") {
  bench b;
  REQUIRE(b.session.start(b.now));
  b.session.handle_unreachable(b.now, support::turn_socket);
  b.run(10min);
  CHECK(b.last<event::ended>()->why == end_reason::unreachable);
  CHECK(b.log.empty());
  b.session.handle_unreachable(b.now, socket_id{77});
}

TEST_CASE("upkeep: answers that prove nothing are the reason when nothing else comes", "[turn]") {
  bench b;
  REQUIRE(b.session.start(b.now));
  auto out = b.drain();
  for (const auto& a : b.server.take(b.now, support::turn_client, out[0].message)) b.deliver(a);
  out = b.drain();
  b.server.password = "forged";
  CHECK(b.deliver(b.server.answer(out[0].message, stun::message_class::success, {})) ==
        reject::bad_integrity);
  b.lose_all = true;
  b.run(40s);
  CHECK(b.last<event::ended>()->why == end_reason::credentials);
}
