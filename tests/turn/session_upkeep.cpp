#include "floe/turn/session_upkeep.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "catch.hpp"
#include "turn/bench.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::error_code;
using stun::message_class;
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
  b.run(4999ms);
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
    CHECK(b.last<event::ended>()->said->code == code);
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
  CHECK(b.last<event::ended>()->why == end_reason::unproved);
}

TEST_CASE("upkeep: every call that says the time is at that time", "[turn]") {
  bench b;
  REQUIRE(b.session.start(b.now + 1h));
  CHECK(b.session.next_timeout() == b.now + 1h + 500ms);

  auto dual = support::turn_config();
  dual.ask.family = turn::relay_family::both;
  bench released{dual};
  released.allocate();
  REQUIRE(released.session.release(released.now + 100s, family::ipv6));
  CHECK(released.session.next_timeout() == released.now + 100s + 500ms);

  bench closed;
  closed.allocate();
  closed.session.close(closed.now + 100s);
  CHECK(closed.session.next_timeout() == closed.now + 100s + 500ms);

  bench moved{mobile()};
  moved.server.mobile = true;
  moved.allocate();
  REQUIRE(moved.session.move(moved.now + 100s, socket_id{21}));
  CHECK(moved.session.next_timeout() == moved.now + 100s + 500ms);

  bench elsewhere;
  elsewhere.server.force(method::allocate, error_code::allocation_mismatch);
  REQUIRE(elsewhere.session.start(elsewhere.now));
  elsewhere.settle();
  REQUIRE(elsewhere.last<event::socket_needed>());
  REQUIRE(elsewhere.session.use_socket(elsewhere.now + 100s, socket_id{21}));
  CHECK(elsewhere.session.next_timeout() == elsewhere.now + 100s + 500ms);

  bench fed;
  fed.allocate();
  (void)fed.session.handle_datagram(fed.now + 540s, {support::turn_socket, fed.server.at, {}});
  const auto out = fed.drain();
  REQUIRE(out.size() == 1);
  CHECK(parsed(out[0].message).method() == method::refresh);
}

TEST_CASE("upkeep: what was closed has neither permissions nor channels", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  REQUIRE(b.session.has_channel(peer));
  b.session.close(b.now);
  CHECK(b.session.state() == allocation_state::releasing);
  CHECK_FALSE(b.session.has_channel(peer));
  CHECK_FALSE(b.session.is_permitted(peer.address));
  const auto sent = b.drain().size();
  b.session.close(b.now);
  CHECK(sent == 1);
  CHECK(b.drain().empty());

  bench broken;
  broken.allocate();
  REQUIRE(broken.session.bind(peer));
  broken.settle();
  broken.session.handle_unreachable(broken.now, support::turn_socket);
  CHECK(broken.session.state() == allocation_state::ended);
  CHECK_FALSE(broken.session.has_channel(peer));
  CHECK_FALSE(broken.session.is_permitted(peer.address));

  bench waiting;
  waiting.server.force(method::allocate, error_code::allocation_mismatch);
  REQUIRE(waiting.session.start(waiting.now));
  waiting.settle();
  REQUIRE(waiting.last<event::socket_needed>());
  waiting.session.close(waiting.now);
  CHECK(waiting.session.use_socket(waiting.now, socket_id{21}).error() == errc::unsupported);
}

TEST_CASE("upkeep: the next thing that is due is the first", "[turn][8656-9-a][8656-12-b]") {
  bench b;
  b.server.lifetime = 3600;
  b.allocate();
  const auto start = b.now;
  REQUIRE(b.session.bind(peer));
  b.settle();
  CHECK(b.session.next_timeout() == start + 240s);
  b.run(481s);
  CHECK(b.session.next_timeout() == start + 540s);

  bench forgotten;
  forgotten.server.lifetime = 3600;
  forgotten.allocate();
  REQUIRE(forgotten.session.bind(peer));
  forgotten.settle();
  forgotten.session.forbid(peer.address);
  CHECK(forgotten.session.next_timeout() == start + 300s);
  forgotten.run(301s);
  CHECK(forgotten.session.next_timeout() == start + 600s);
}

TEST_CASE("upkeep: an allocation that nobody answers for ends to the tick", "[turn]") {
  bench b;
  b.allocate();
  const auto start = b.now;
  b.lose_all = true;
  for (int i = 0; i < 1000 && b.session.next_timeout(); ++i) {
    b.now = *b.session.next_timeout();
    b.settle();
  }
  CHECK(b.last<event::ended>()->why == end_reason::expired);
  CHECK(b.now == start + 600s);
}

TEST_CASE("upkeep: what was asked from the old address is asked again from the new one",
          "[turn][8016-3.2-c]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  b.lose_all = true;
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  b.lose_all = false;
  const socket_id fresh{21};
  REQUIRE(b.session.move(b.now, fresh));
  b.settle();
  REQUIRE(b.last<event::moved>());
  CHECK(b.log.back().to.local == fresh);
  CHECK(parsed(b.log.back().message).method() == method::create_permission);
  CHECK(b.session.is_permitted(peer.address));
  const auto sent = b.log.size();
  b.run(60s);
  CHECK(b.log.size() == sent);
}

TEST_CASE("upkeep: what nobody answered for is tried again, ever closer to its end",
          "[turn][ATK-E18]") {
  bench b;
  b.server.lifetime = 3600;
  b.allocate();
  b.lose_all = true;
  REQUIRE(b.session.permit(peer.address));
  const auto requests = [&] {
    std::size_t first_sends = 0;
    std::vector<stun::transaction_id> seen;
    for (const auto& s : b.log) {
      const auto m = parsed(s.message);
      if (m.method() != method::create_permission && m.method() != method::channel_bind) continue;
      if (std::find(seen.begin(), seen.end(), m.transaction()) != seen.end()) continue;
      seen.push_back(m.transaction());
      ++first_sends;
    }
    return first_sends;
  };
  b.run(41499ms);
  CHECK(requests() == 1);
  b.run(1ms);
  CHECK(requests() == 2);

  bench bound;
  bound.server.lifetime = 3600;
  bound.allocate();
  REQUIRE(bound.session.bind(peer));
  bound.run(539s);
  bound.lose_all = true;
  bound.run(45s);  // the refresh of the channel is lost on all its way
  bound.lose_all = false;
  const auto before = bound.server.count[method::channel_bind];
  bound.run(5s);
  CHECK(bound.server.count[method::channel_bind] == before);
  bound.run(1s);
  CHECK(bound.server.count[method::channel_bind] == before + 1);
  bound.run(60s);
  CHECK(bound.session.has_channel(peer));
  CHECK(bound.count<event::channel_bound>() == 1);
}

TEST_CASE("upkeep: a move that is asked for again takes the place of the first", "[turn]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  REQUIRE(b.session.move(b.now, socket_id{21}));
  CHECK(b.drain().size() == 1);
  REQUIRE(b.session.move(b.now, socket_id{22}));
  CHECK(b.drain().size() == 1);
  b.now += 500ms;
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(out[0].to.local == socket_id{22});
}

TEST_CASE("upkeep: moves that were never sent leave no trace", "[turn]") {
  auto config = mobile();
  config.limits.outstanding = 1;
  bench b{config};
  b.server.mobile = true;
  b.allocate();
  for (std::uint32_t i = 0; i < 40; ++i) REQUIRE(b.session.move(b.now, socket_id{100 + i}));
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(out[0].to.local == socket_id{139});
}

TEST_CASE("upkeep: a socket that can't be moved to is left, and what else was asked goes on",
          "[turn]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.session.handle_timeout(b.now);
  CHECK(b.drain().size() == 1);
  REQUIRE(b.session.move(b.now, socket_id{21}));
  CHECK(b.drain().size() == 1);
  b.session.handle_unreachable(b.now, socket_id{21});
  CHECK_FALSE(b.session.accepts({socket_id{21}, b.server.at}));
  b.now += 500ms;
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 2);
  CHECK(out[0].to.local == support::turn_socket);
  CHECK(parsed(out[0].message).method() == method::create_permission);
  CHECK(parsed(out[1].message).method() == method::binding);  // beside what is repeated
}

TEST_CASE("upkeep: after a move the new socket is the one that must reach the server", "[turn]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  REQUIRE(b.session.move(b.now, socket_id{21}));
  b.settle();
  REQUIRE(b.last<event::moved>());
  b.session.handle_unreachable(b.now, socket_id{21});
  b.drain();
  CHECK_FALSE(b.last<event::move_failed>());
  REQUIRE(b.last<event::ended>());
  CHECK(b.last<event::ended>()->why == end_reason::unreachable);
}

TEST_CASE("upkeep: an end during a move is the end of the move", "[turn]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  REQUIRE(b.session.move(b.now, socket_id{21}));
  CHECK(b.session.accepts({socket_id{21}, b.server.at}));
  b.session.handle_unreachable(b.now, support::turn_socket);
  CHECK_FALSE(b.session.accepts({socket_id{21}, b.server.at}));
}

TEST_CASE("upkeep: a move that the server's challenges don't let through has failed", "[turn]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  for (int i = 0; i < 9; ++i) b.server.force(method::refresh, error_code::unauthenticated);
  REQUIRE(b.session.move(b.now, socket_id{21}));
  b.settle();
  REQUIRE(b.last<event::move_failed>());
  CHECK(b.last<event::move_failed>()->code == error_code::unauthenticated);
  CHECK(b.session.state() == allocation_state::active);
  CHECK(b.session.route().local == support::turn_socket);
}

TEST_CASE("upkeep: a ticket that was used is not shown again", "[turn][8016-3.2-c]") {
  bench b{mobile()};
  b.server.mobile = true;
  b.allocate();
  REQUIRE(b.session.move(b.now, socket_id{21}));
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  b.deliver(b.server.answer(out[0].message, stun::message_class::success,
                            [](stun::writer& w) { w.add(stun::lifetime{600}); }),
            socket_id{21});
  b.drain();
  REQUIRE(b.last<event::moved>());
  CHECK(b.session.move(b.now, socket_id{22}).error() == errc::unsupported);
}

TEST_CASE("upkeep: time comes with the news that a socket reaches nobody", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.session.handle_unreachable(b.now + 100s, socket_id{77});
  CHECK(b.drain().size() == 1);
  CHECK(b.session.next_timeout() == b.now + 100s + 500ms);
}

TEST_CASE("upkeep: closing again changes nothing", "[turn][ATK-H02]") {
  bench b;
  b.allocate();
  b.session.close(b.now);
  CHECK(b.drain().size() == 1);
  b.session.close(b.now);
  CHECK(b.drain().empty());
  CHECK(b.session.state() == allocation_state::releasing);
  CHECK_FALSE(b.last<event::ended>());
  b.run(1s);
  CHECK(b.last<event::ended>()->why == end_reason::closed);
  CHECK(b.server.allocations.empty());
}

TEST_CASE("upkeep: a request that is repeated after a newer challenge is asked anew with that",
          "[turn]") {
  bench b;
  b.allocate();
  const auto ask = [&](std::uint8_t last) {
    REQUIRE(b.session.permit(address::v4(198, 51, 100, last)));
    b.session.handle_timeout(b.now);
    auto out = b.drain();
    REQUIRE(out.size() == 1);
    return out[0].message;
  };
  const auto lost = ask(1);
  const auto second = ask(2);
  b.server.new_nonce();
  for (const auto& a : b.server.take(b.now, support::client_at(support::turn_socket), second)) {
    b.deliver(a);
  }
  b.settle();
  CHECK(b.session.is_permitted(address::v4(198, 51, 100, 2)));
  CHECK_FALSE(b.session.is_permitted(address::v4(198, 51, 100, 1)));
  b.now += 500ms;
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  const auto again = parsed(out[0].message);
  CHECK(again.transaction() != parsed(lost).transaction());
  CHECK(again.get<stun::nonce>()->value == b.server.nonce);
  for (const auto& a :
       b.server.take(b.now, support::client_at(support::turn_socket), out[0].message)) {
    b.deliver(a);
  }
  CHECK(b.session.is_permitted(address::v4(198, 51, 100, 1)));
  const auto sent = b.log.size();
  b.run(60s);
  CHECK(b.log.size() == sent);
}

TEST_CASE("upkeep: data without a channel is a sign of the server, too", "[turn]") {
  auto config = support::turn_config();
  config.bind_after = 0;
  bench b{config};
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  for (int i = 0; i < 200; ++i) {
    REQUIRE(b.send(peer, text("x")));
    b.deliver(
        *b.server.from_peer(b.now, support::client_at(support::turn_socket), peer, text("y")));
    b.run(1s);
  }
  CHECK(b.server.count[method::refresh] == 0);
}

TEST_CASE("upkeep: a token is shown at once, when it was waited for", "[turn][7635-6.1-a]") {
  auto config = support::turn_config();
  config.user = config.password = {};
  bench b{config};
  b.server.token_server = "turn.example.org";
  b.server.token_key = bytes(32, std::byte{1});
  b.server.token = text("token");
  REQUIRE(b.session.start(b.now));
  b.settle();
  REQUIRE(b.last<event::token_needed>());
  const auto sealed = text("token");
  b.server.force(method::allocate, error_code::allocation_quota_reached);
  REQUIRE(b.session.bring_token(b.now + 100s, {"kid", b.server.token_key, sealed}));
  auto out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(b.session.next_timeout() == b.now + 100s + 500ms);

  // One that nobody waited for makes a server that is full no less full.
  b.now += 100s;
  for (const auto& a :
       b.server.take(b.now, support::client_at(support::turn_socket), out[0].message)) {
    b.deliver(a);
  }
  b.drain();
  REQUIRE(b.last<event::put_off>());
  const auto until = b.last<event::put_off>()->until;
  REQUIRE(b.session.bring_token(b.now, {"kid", b.server.token_key, sealed}));
  CHECK(b.drain().empty());
  CHECK(b.session.next_timeout() == until);
}

TEST_CASE("upkeep: while a token is awaited nothing is asked without it", "[turn][7635-6.1-a]") {
  auto config = support::turn_config();
  config.user = config.password = {};
  bench b{config};
  b.server.token_server = "turn.example.org";
  b.server.token_key = bytes(32, std::byte{1});
  b.server.token = text("first");
  REQUIRE(b.session.start(b.now));
  b.settle();
  const auto first = text("first");
  REQUIRE(b.session.bring_token(b.now, {"kid", b.server.token_key, first}));
  b.settle();
  REQUIRE(b.session.state() == allocation_state::active);
  b.server.token = text("second");
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  REQUIRE(b.count<event::token_needed>() == 2);
  const auto sent = b.log.size();
  b.run(10s);
  REQUIRE(b.session.permit(address::v4(198, 51, 100, 21)));
  b.run(10s);
  CHECK(b.log.size() == sent);
  const auto second = text("second");
  REQUIRE(b.session.bring_token(b.now, {"kid", b.server.token_key, second}));
  b.settle();
  CHECK(b.session.is_permitted(peer.address));
  CHECK(b.session.is_permitted(address::v4(198, 51, 100, 21)));
}

namespace {

/// A server that lost its allocations and does not say so, but answers Binding requests.
struct forgetful : bench {
  bool answers_binding = true;
  bool forgets = true;

  void settle_forgetfully() {
    session.handle_timeout(now);
    for (auto out = drain(); !out.empty(); out = drain()) {
      for (const auto& s : out) {
        const auto m = parsed(s.message);
        if (m.method() == method::binding) {
          if (!answers_binding) continue;
          deliver(server.answer(
              s.message, message_class::success,
              [](stun::writer& w) { w.add(stun::xor_mapped_address{support::turn_client}); },
              false));
        } else if (!forgets) {
          for (const auto& a : server.take(now, support::client_at(s.to.local), s.message)) {
            deliver(a);
          }
        }
      }
    }
  }

  void run_forgetfully(duration span) {
    const auto end = now + span;
    for (;;) {
      settle_forgetfully();
      const auto next = session.next_timeout();
      if (!next || *next > end) break;
      now = (std::max)(now, *next);
    }
    now = end;
    settle_forgetfully();
  }
};

}  // namespace

TEST_CASE("upkeep: an allocation is gone when its server answers everything but what is about it",
          "[turn]") {
  for (const int what : {0, 1, 2, 3}) {
    CAPTURE(what);
    forgetful b;
    b.allocate();
    REQUIRE(b.session.permit(peer.address));
    b.settle();
    b.run_forgetfully(1s);
    const auto began = b.now;
    bytes buffer(200);
    if (what == 0) REQUIRE(b.session.wrap(peer, buffer, 48, 4));
    if (what == 1) REQUIRE(b.session.permit(address::v4(198, 51, 100, 21)));
    if (what == 2) REQUIRE(b.session.bind(peer));
    if (what == 3) b.session.prove();
    CHECK(b.session.is_proving() == (what == 3));
    b.run_forgetfully(what == 0 ? 5s + 4s : 4s);
    REQUIRE(b.last<event::ended>());
    CHECK(b.last<event::ended>()->why == end_reason::forgotten);
    CHECK_FALSE(b.session.is_proving());
    CHECK(b.now - began < 10s);
  }
}

TEST_CASE("upkeep: an outage, or a server that answers no Binding request, proves nothing",
          "[turn]") {
  forgetful silent;
  silent.allocate();
  silent.answers_binding = false;
  silent.session.prove();
  silent.run_forgetfully(1min);
  CHECK_FALSE(silent.last<event::ended>());
  CHECK_FALSE(silent.session.is_proving());

  // Whatever the server says of the allocation begins the count anew.
  forgetful b;
  b.allocate();
  b.session.prove();
  b.run_forgetfully(2s);
  b.forgets = false;
  b.run_forgetfully(2s);
  CHECK_FALSE(b.session.is_proving());
  b.forgets = true;
  b.session.prove();
  b.run_forgetfully(2s);
  CHECK_FALSE(b.last<event::ended>());
  b.run_forgetfully(2s);
  CHECK(b.last<event::ended>());
}

TEST_CASE("upkeep: new credentials are used from the next request on, and the relay stays",
          "[turn]") {
  bench b;
  b.allocate();
  b.server.user = "user-2";
  b.server.password = "pass-2";
  REQUIRE(b.session.use_credentials("user-2", "pass-2"));
  CHECK(b.drain().empty());
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  CHECK(b.session.is_permitted(peer.address));
  CHECK(parsed(b.log.back().message).get<stun::username>()->value == "user-2");
  CHECK(b.server.count[method::create_permission] == 1);
  b.run(30min);
  CHECK(b.session.state() == allocation_state::active);
  CHECK(b.count<event::credentials_refused>() == 0);
  CHECK(b.session.use_credentials("", "x").error() == errc::unsupported);
  CHECK(b.session.use_credentials(std::string(509, 'u'), "x").error() == errc::unsupported);
  CHECK(b.session.use_credentials("u", std::string(764, 'x')).error() == errc::unsupported);
}

TEST_CASE("upkeep: where an allocation is bound to its user, that one keeps it", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.use_credentials("user-2", "pass-2"));
  REQUIRE(b.session.permit(peer.address));
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(parsed(out[0].message).get<stun::username>()->value == "user-2");
  b.server.user = "user-2";
  b.server.password = "pass-2";
  b.deliver(b.server.answer(out[0].message, message_class::error, [](stun::writer& w) {
    w.add(stun::error_code_attribute{error_code::wrong_credentials});
  }));
  b.server.user = "user";
  b.server.password = "pass";
  b.settle();
  CHECK(b.session.is_permitted(peer.address));
  b.run(30min);
  CHECK(b.session.state() == allocation_state::active);
}

namespace {

/// How a server says no to who is not the user of the allocation.
enum class refusal : std::uint8_t { without_code, without_proof, challenge };

/// A server that knows two users, and lets each only have what it asked for itself.
struct strict : bench {
  explicit strict(refusal by, const turn::session_config& c = support::turn_config())
      : bench{c}, how{by} {}

  void answer_all() {
    session.handle_timeout(now);
    for (auto out = drain(); !out.empty(); out = drain()) {
      for (const auto& s : out) {
        const auto m = parsed(s.message);
        const auto user = m.get<stun::username>();
        if (m.method() == method::binding) {
          deliver(server.answer(
              s.message, message_class::success,
              [](stun::writer& w) { w.add(stun::xor_mapped_address{support::turn_client}); },
              false));
        } else if (user && user->value == "user-2") {
          hand_in(refused(s.message));
        } else {
          for (const auto& a : server.take(now, support::client_at(s.to.local), s.message)) {
            hand_in(a);
          }
        }
      }
    }
  }

  void run_strictly(duration span) {
    const auto end = now + span;
    for (;;) {
      answer_all();
      const auto next = session.next_timeout();
      if (!next || *next > end) break;
      now = (std::max)(now, *next);
    }
    now = end;
    answer_all();
  }

  refusal how;
  bool by_stream = false;

 private:
  bytes refused(const bytes& request) {
    server.user = "user-2";
    server.password = "pass-2";
    auto no = server.answer(
        request, message_class::error,
        [&](stun::writer& w) {
          if (how == refusal::without_code) return;
          w.add(stun::error_code_attribute{how == refusal::challenge
                                               ? error_code::unauthenticated
                                               : error_code::wrong_credentials});
          if (how != refusal::challenge) return;
          w.add(stun::realm{server.realm});
          w.add(stun::nonce{server.nonce});
        },
        how == refusal::without_code);
    server.user = "user";
    server.password = "pass";
    return no;
  }

  void hand_in(const bytes& in) {
    if (!by_stream) {
      deliver(in);
      return;
    }
    session.handle_stream(now, support::turn_socket, in);
    while (session.next_inbound(now)) {
    }
  }
};

}  // namespace

TEST_CASE("upkeep: new credentials that are not taken cost no relay, however the server says so",
          "[turn]") {
  const auto how = GENERATE(refusal::without_code, refusal::without_proof, refusal::challenge);
  const bool by_stream = GENERATE(false, true);
  CAPTURE(how, by_stream);
  auto config = support::turn_config();
  if (by_stream) config.transport = turn::transport::tcp;
  strict b{how, config};
  b.by_stream = by_stream;
  REQUIRE(b.session.start(b.now));
  b.run_strictly(1s);
  REQUIRE(b.session.permit(peer.address));
  b.run_strictly(1s);
  REQUIRE(b.session.is_permitted(peer.address));
  REQUIRE(b.session.use_credentials("user-2", "pass-2"));
  for (int minutes = 0; minutes < 30; ++minutes) {
    b.run_strictly(1min);
    REQUIRE(b.session.state() == allocation_state::active);
    CHECK(b.session.is_permitted(peer.address));
  }
  CHECK(b.count<event::credentials_refused>() == (how == refusal::challenge ? 1 : 0));
  CHECK(b.count<event::permission_refused>() == 0);
}

TEST_CASE("upkeep: credentials that were taken once are not given up for those before", "[turn]") {
  bench b;
  b.allocate();
  b.server.user = "user-2";
  b.server.password = "pass-2";
  REQUIRE(b.session.use_credentials("user-2", "pass-2"));
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  REQUIRE(b.session.is_permitted(peer.address));
  REQUIRE(b.session.permit(address::v4(198, 51, 100, 21)));
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  b.deliver(b.server.answer(out[0].message, message_class::error, {}));
  b.run(1min);
  CHECK(b.last<event::permission_refused>());
  CHECK(parsed(b.log.back().message).get<stun::username>()->value == "user-2");
}

TEST_CASE("upkeep: credentials that are not taken any more are told of, once for each", "[turn]") {
  bench b;
  b.allocate();
  b.server.password = "pass-2";
  b.run(9min + 30s);
  CHECK(b.session.state() == allocation_state::active);
  CHECK(b.count<event::credentials_refused>() == 1);
  CHECK(b.last<event::credentials_refused>()->code == error_code::unauthenticated);
  REQUIRE(b.session.use_credentials("user", "pass-2"));
  b.run(30min);
  CHECK(b.session.state() == allocation_state::active);
  CHECK(b.count<event::credentials_refused>() == 1);
}
