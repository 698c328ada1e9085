#include "floe/turn/session_errors.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "turn/bench.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::attribute_type;
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

endpoint peer(std::uint8_t last) { return {address::v4(198, 51, 100, last), 7000}; }

void start(bench& b) {
  REQUIRE(b.session.start(b.now));
  b.settle();
}

turn::session_config config_with(const turn::allocate_options& ask) {
  auto config = support::turn_config();
  config.ask = ask;
  return config;
}

}  // namespace

TEST_CASE("errors: errors of Allocate that nothing can mend end the session with their code",
          "[turn][8656-7.4-c][8656-7.4-e][8656-7.4-h][8656-7.4-i][8656-7.4-j][ATK-E09]") {
  for (const auto code :
       {error_code::bad_request, error_code::forbidden, error_code::unknown_attribute,
        error_code::address_family_not_supported, error_code::wrong_credentials,
        error_code::unsupported_transport_protocol, error_code::mobility_forbidden}) {
    bench b;
    b.server.force(method::allocate, code);
    start(b);
    REQUIRE(b.last<event::ended>());
    CHECK(b.last<event::ended>()->why == end_reason::refused);
    CHECK(b.last<event::ended>()->said == turn::complaint{code, true});
    b.run(1h);
    CHECK(b.server.count[method::allocate] == 2);
    CHECK(b.session.state() == allocation_state::ended);
    CHECK_FALSE(b.session.next_timeout());
  }
}

TEST_CASE("errors: wrong credentials are tried once", "[turn][8656-7.4-d][ATK-E01]") {
  bench b;
  b.server.password = "another";
  start(b);
  CHECK(b.last<event::ended>()->why == end_reason::credentials);
  CHECK(b.last<event::ended>()->said == turn::complaint{error_code::unauthenticated, false});
  b.run(1h);
  CHECK(b.server.count[method::allocate] == 2);
  CHECK(b.count<event::ended>() == 1);
}

TEST_CASE("errors: without credentials a challenge is the end", "[turn]") {
  auto config = support::turn_config();
  config.user = config.password = {};
  bench b{config};
  start(b);
  CHECK(b.last<event::ended>()->why == end_reason::credentials);
  CHECK(b.server.count[method::allocate] == 1);
}

TEST_CASE("errors: a server that calls every nonce stale is left", "[turn][ATK-E02]") {
  bench b;
  for (int i = 0; i < 20; ++i) b.server.force(method::allocate, error_code::stale_nonce);
  start(b);
  CHECK(b.last<event::ended>()->why == end_reason::credentials);
  // The first is challenged, the next shows an answer, and so many more a fresh nonce.
  CHECK(b.server.count[method::allocate] == 2 + stun::most_stale_answers);
}

TEST_CASE("errors: a stale nonce is replaced, whatever was asked, however often",
          "[turn][users-22][8656-7.4-d][8656-8.3-c][8656-10.3-b][8656-12.3-b][8656-21-b]"
          "[ATK-E03][ATK-E02]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer(1)));
  REQUIRE(b.session.permit(peer(2).address));
  // Several requests at once meet the same stale nonce.
  b.server.new_nonce();
  b.settle();
  CHECK(b.session.has_channel(peer(1)));
  CHECK(b.session.is_permitted(peer(2).address));
  for (int hour = 0; hour < 100; ++hour) {
    b.server.new_nonce();
    b.run(9min);
  }
  CHECK(b.session.has_channel(peer(1)));
  CHECK(b.session.is_permitted(peer(2).address));
  CHECK(b.count<event::permitted>() == 2);
  CHECK(b.count<event::channel_bound>() == 1);
  b.server.new_nonce();
  b.session.close(b.now);
  b.settle();
  CHECK(b.server.allocations.empty());
  CHECK(b.last<event::ended>()->why == end_reason::closed);
}

TEST_CASE("errors: another realm in mid-session is taken up, but not without end",
          "[turn][ATK-E06]") {
  bench b;
  b.allocate();
  b.server.realm = "example.net";
  b.server.force(method::refresh, error_code::unauthenticated);
  b.run(541s);
  CHECK(b.session.state() == allocation_state::active);
  CHECK(parsed(b.log.back().message).get<stun::realm>()->value == "example.net");

  bench endless;
  REQUIRE(endless.session.start(endless.now));
  unsigned requests = 0;
  for (int i = 0; i < 30; ++i) {
    const auto out = endless.drain();
    if (out.empty()) break;
    ++requests;
    endless.server.realm = "realm-" + std::to_string(i);
    endless.deliver(endless.server.answer(
        out[0].message, message_class::error,
        [&](stun::writer& w) {
          w.add(stun::error_code_attribute{error_code::unauthenticated})
              .add(stun::realm{endless.server.realm})
              .add(stun::nonce{"n"});
        },
        false));
  }
  CHECK(requests == 1 + turn::most_challenges);
  endless.drain();
  CHECK(endless.last<event::ended>()->why == end_reason::credentials);
}

TEST_CASE("errors: a challenge that lacks its parts is no challenge", "[turn][ATK-E06]") {
  const std::string huge(10000, 'n');
  for (int variant = 0; variant < 3; ++variant) {
    CAPTURE(variant);
    bench b;
    REQUIRE(b.session.start(b.now));
    const auto out = b.drain();
    REQUIRE(out.size() == 1);
    bytes answer(12000);
    stun::writer w{
        answer, {method::allocate, message_class::error}, parsed(out[0].message).transaction()};
    w.add(stun::error_code_attribute{error_code::unauthenticated});
    if (variant != 0) w.add(stun::realm{"r"});
    if (variant == 2) {
      w.add(stun::bytes_attribute<attribute_type::nonce>{as_byte_view(huge)});
    } else if (variant != 1) {
      w.add(stun::nonce{"n"});
    }
    answer.resize(w.finish().value());
    b.deliver(answer);
    b.settle();
    CHECK(b.last<event::ended>()->why == end_reason::credentials);
    CHECK(b.log.size() == 1);
  }
}

TEST_CASE("errors: 300 leads to another server, once each, and not in circles",
          "[turn][8656-7.4-b]") {
  const endpoint second{address::v4(192, 0, 2, 16), 3478};
  bench b;
  b.server.force(method::allocate, error_code::try_alternate,
                 [&](stun::writer& w) { w.add(stun::alternate_server{second}); });
  start(b);
  REQUIRE(b.log.size() == 3);
  CHECK(b.log[2].to.remote == second);
  // The new server has not challenged yet: it sees nothing of the credentials.
  CHECK_FALSE(parsed(b.log[2].message).has<stun::username>());
  CHECK_FALSE(b.session.accepts({support::turn_socket, b.server.at}));
  const auto first = b.server.at;
  b.server.at = second;
  b.server.force(method::allocate, error_code::try_alternate,
                 [&](stun::writer& w) { w.add(stun::alternate_server{first}); });
  b.now += 500ms;
  b.settle();
  CHECK(b.last<event::ended>()->said->code == error_code::try_alternate);

  for (const auto& bad :
       {endpoint{address::v6({1}), 1}, b.server.at, endpoint{second.address, 0}}) {
    bench refused_one;
    refused_one.server.force(method::allocate, error_code::try_alternate,
                             [&](stun::writer& w) { w.add(stun::alternate_server{bad}); });
    if (bad == b.server.at) refused_one.server.script.clear();
    if (bad == b.server.at) {
      refused_one.server.force(method::allocate, error_code::try_alternate, [&](stun::writer& w) {
        w.add(stun::alternate_server{refused_one.server.at});
      });
    }
    start(refused_one);
    CHECK(refused_one.last<event::ended>()->why == end_reason::refused);
  }
}

TEST_CASE("errors: over a connection 300 asks the host for another one", "[turn]") {
  const endpoint second{address::v4(192, 0, 2, 16), 3478};
  auto config = support::turn_config();
  config.transport = turn::transport::tcp;
  bench b{config};
  b.server.force(method::allocate, error_code::try_alternate,
                 [&](stun::writer& w) { w.add(stun::alternate_server{second}); });
  start(b);
  REQUIRE(b.last<event::socket_needed>());
  CHECK(b.last<event::socket_needed>()->server == second);
  CHECK_FALSE(b.session.next_timeout());
  b.server.at = second;
  REQUIRE(b.session.use_socket(b.now, socket_id{9}));
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(out[0].to.local == socket_id{9});
  CHECK(out[0].to.remote == second);
}

TEST_CASE("errors: 420 is answered by asking without what was named",
          "[turn][8656-7.1-i][8656-7.4-f]") {
  bench b{config_with({.dont_fragment = true})};
  b.server.force(method::allocate, error_code::unknown_attribute, [](stun::writer& w) {
    stun::attribute_list list;
    list.insert(attribute_type::dont_fragment);
    w.add(stun::unknown_attributes{list});
  });
  start(b);
  CHECK(b.session.state() == allocation_state::active);
  CHECK(parsed(b.log[1].message).has<stun::dont_fragment>());
  CHECK_FALSE(parsed(b.log[2].message).has<stun::dont_fragment>());
  CHECK_FALSE(b.last<event::allocated>()->options.dont_fragment);
}

TEST_CASE("errors: 405 is answered by asking without mobility", "[turn][8016-3.1-c]") {
  bench b{config_with({.mobility = true})};
  b.server.force(method::allocate, error_code::mobility_forbidden);
  start(b);
  CHECK(b.session.state() == allocation_state::active);
  CHECK(parsed(b.log[1].message).has<stun::mobility_ticket>());
  CHECK_FALSE(parsed(b.log[2].message).has<stun::mobility_ticket>());
  CHECK(b.session.move(b.now, socket_id{9}).error() == errc::unsupported);
}

TEST_CASE("errors: 437 to an Allocate asks for another socket, three in all",
          "[turn][8656-7.4-g][8656-7.1-b][ATK-E04]") {
  bench b;
  for (int i = 0; i < 5; ++i) b.server.force(method::allocate, error_code::allocation_mismatch);
  start(b);
  for (std::uint32_t s = 8; s <= 9; ++s) {
    CHECK(b.count<event::socket_needed>() == s - 7);
    CHECK(b.session.state() == allocation_state::waiting);
    CHECK_FALSE(b.session.next_timeout());
    REQUIRE(b.session.use_socket(b.now, socket_id{s}));
    b.settle();
    CHECK(b.log.back().to.local == socket_id{s});
  }
  CHECK(b.count<event::socket_needed>() == 2);
  CHECK(b.last<event::ended>()->said->code == error_code::allocation_mismatch);
  CHECK(b.session.use_socket(b.now, socket_id{10}).error() == errc::unsupported);
}

TEST_CASE("errors: a full server is left alone for a minute and more",
          "[turn][8656-7.4-k][8656-7.4-l][ATK-E05]") {
  for (const auto code :
       {error_code::allocation_quota_reached, error_code::insufficient_capacity}) {
    bench b;
    for (int i = 0; i < 9; ++i) b.server.force(method::allocate, code);
    start(b);
    CHECK(b.last<event::put_off>()->said == turn::complaint{code, true});
    const auto so_far = b.server.count[method::allocate];
    b.run(59999ms);
    CHECK(b.server.count[method::allocate] == so_far);
    b.run(1ms);
    CHECK(b.server.count[method::allocate] == so_far + 1);
    b.run(1h);
    CHECK(b.server.count[method::allocate] == so_far + 3);
    CHECK(b.last<event::ended>()->said == turn::complaint{code, true});
  }
}

TEST_CASE("errors: 508 for a port of a kind is answered by asking for any", "[turn][8656-7.4-l]") {
  bench b{config_with({.even_port = true, .reserve_next_port = true})};
  b.server.force(method::allocate, error_code::insufficient_capacity);
  start(b);
  CHECK(b.session.state() == allocation_state::active);
  CHECK_FALSE(parsed(b.log.back().message).has<stun::even_port>());
}

TEST_CASE("errors: a server error is asked about again, a few times", "[turn][8489-6.3.4-d]") {
  bench b;
  b.allocate();
  for (int i = 0; i < 3; ++i) b.server.force(method::create_permission, error_code::server_error);
  REQUIRE(b.session.permit(peer(1).address));
  b.settle();
  CHECK(b.session.is_permitted(peer(1).address));
  for (int i = 0; i < 9; ++i) b.server.force(method::create_permission, error_code::server_error);
  REQUIRE(b.session.permit(peer(2).address));
  b.settle();
  CHECK(b.last<event::permission_refused>()->code == error_code::server_error);
  CHECK(b.server.count[method::create_permission] == 4 + 4);
}

TEST_CASE("errors: 437 to anything but Allocate means that it is gone",
          "[turn][8656-8.3-b][8656-10.3-b][ATK-E04]") {
  for (const auto m : {method::refresh, method::create_permission, method::channel_bind}) {
    bench b;
    b.allocate();
    b.server.force(m, error_code::allocation_mismatch);
    REQUIRE(b.session.bind(peer(1)));
    b.run(10min);
    CHECK(b.last<event::ended>()->why == end_reason::forgotten);
    CHECK(b.count<event::ended>() == 1);
    CHECK(b.session.permit(peer(1).address).error() == errc::session_closed);
    CHECK_FALSE(b.session.next_timeout());
  }
  bench closing;
  closing.allocate();
  closing.server.force(method::refresh, error_code::allocation_mismatch);
  closing.session.close(closing.now);
  closing.settle();
  CHECK(closing.last<event::ended>()->why == end_reason::closed);
}

TEST_CASE("errors: other errors of a Refresh leave the allocation until its end",
          "[turn][8656-8.3-c][8656-8.3-d][8656-8.3-e]") {
  for (const auto code : {error_code::forbidden, error_code::peer_address_family_mismatch}) {
    bench b;
    b.allocate();
    for (int i = 0; i < 1000; ++i) b.server.force(method::refresh, code);
    b.run(599s);
    CHECK(b.session.state() == allocation_state::active);
    CHECK(b.server.count[method::refresh] >= 3);
    CHECK(b.server.count[method::refresh] < 12);
    b.run(1s);
    CHECK(b.last<event::ended>()->why == end_reason::expired);
  }
}

TEST_CASE("errors: a peer that the server won't have is reported, its neighbours get through",
          "[turn][8656-10.1-b][8656-10.3-b]") {
  bench b;
  b.allocate();
  for (std::uint8_t i = 1; i <= 3; ++i) REQUIRE(b.session.permit(peer(i).address));
  b.server.force(method::create_permission, error_code::forbidden);  // all three
  b.server.force(method::create_permission, error_code::forbidden);  // the first alone
  b.settle();
  CHECK(b.count<event::permission_refused>() == 1);
  CHECK(b.last<event::permission_refused>()->code == error_code::forbidden);
  CHECK(b.last<event::permission_refused>()->address == peer(1).address);
  CHECK(b.count<event::permitted>() == 2);

  bench all;
  all.allocate();
  for (int i = 0; i < 9; ++i) all.server.force(method::create_permission, error_code::forbidden);
  for (std::uint8_t i = 1; i <= 3; ++i) REQUIRE(all.session.permit(peer(i).address));
  all.settle();
  CHECK(all.count<event::permission_refused>() == 3);
  CHECK(all.server.count[method::create_permission] == 4);
  // Whoever goes on asking is not heard before a minute has passed.
  for (int i = 0; i < 59; ++i) {
    CHECK(all.send(peer(1), text("x")).error() == errc::permission_pending);
    all.run(1s);
  }
  CHECK(all.server.count[method::create_permission] == 4);
}

TEST_CASE("errors: a channel that the server refuses is done without", "[turn][8656-12.3-a]") {
  bench b;
  b.allocate();
  b.server.force(method::channel_bind, error_code::forbidden);
  REQUIRE(b.session.permit(peer(1).address));
  REQUIRE(b.session.bind(peer(1)));
  b.settle();
  CHECK(b.last<event::channel_refused>()->code == error_code::forbidden);
  for (int i = 0; i < 20; ++i) {
    REQUIRE(b.send(peer(1), text("x")));
    b.run(1s);
  }
  CHECK(b.server.count[method::channel_bind] == 1);
  CHECK(b.server.to_peers.size() == 20);
}

TEST_CASE("errors: what was sent ahead of a request that had to be repeated was sent in vain",
          "[turn]") {
  bytes buffer(100);
  const auto send_ahead = [&](bench& b) { return b.session.wrap(peer(1), buffer, 48, 4, true); };
  SECTION("a stale nonce") {
    bench b;
    b.allocate();
    b.server.new_nonce();
    REQUIRE(b.session.permit(peer(1).address));
    b.session.handle_timeout(b.now);
    REQUIRE(send_ahead(b));
    b.settle();
    CHECK(b.last<event::permitted>()->in_vain);
  }
  SECTION("nothing went wrong") {
    bench b;
    b.allocate();
    REQUIRE(b.session.permit(peer(1).address));
    b.session.handle_timeout(b.now);
    REQUIRE(send_ahead(b));
    b.settle();
    CHECK_FALSE(b.last<event::permitted>()->in_vain);
  }
  SECTION("nothing was sent ahead") {
    bench b;
    b.allocate();
    b.server.new_nonce();
    REQUIRE(b.session.permit(peer(1).address));
    b.settle();
    CHECK_FALSE(b.last<event::permitted>()->in_vain);
  }
  SECTION("it was sent once more behind the repeated request") {
    bench b;
    b.allocate();
    b.server.new_nonce();
    REQUIRE(b.session.permit(peer(1).address));
    b.session.handle_timeout(b.now);
    REQUIRE(send_ahead(b));
    for (const auto& s : b.drain()) {
      for (const auto& a : b.server.take(b.now, support::client_at(s.to.local), s.message)) {
        (void)b.deliver(a);
      }
    }
    REQUIRE(send_ahead(b));
    b.settle();
    // Whose the first was nobody knows here: telling it once too often costs a datagram.
    CHECK(b.last<event::permitted>()->in_vain);
  }
}

TEST_CASE("errors: a 400 to a ChannelBind gives the allocation back, whenever it comes",
          "[turn][8656-12.3-a]") {
  for (const auto stood : {0s, 540s}) {
    bench b;
    b.allocate();
    if (stood > 0s) {
      REQUIRE(b.session.bind(peer(1)));
      b.run(stood - 1s);
      REQUIRE(b.session.has_channel(peer(1)));
    }
    b.server.force(method::channel_bind, error_code::bad_request);
    REQUIRE(b.session.bind(peer(1)));
    b.run(1s);
    REQUIRE(b.last<event::ended>());
    CHECK(b.last<event::ended>()->why == end_reason::out_of_step);
    CHECK(b.last<event::ended>()->said == turn::complaint{error_code::bad_request, true});
    CHECK(b.session.state() == allocation_state::ended);
    CHECK(b.server.allocations.empty());
    const auto last = parsed(b.log.back().message);
    CHECK(last.method() == method::refresh);
    CHECK(last.get<stun::lifetime>()->value == 0);
    CHECK_FALSE(b.session.next_timeout());
  }
}

TEST_CASE("errors: where nothing is to begin afresh a 400 to a ChannelBind is a refusal",
          "[turn][8656-12.3-a]") {
  auto config = support::turn_config();
  config.ends_out_of_step = false;
  bench b{config};
  b.allocate();
  b.server.force(method::channel_bind, error_code::bad_request);
  REQUIRE(b.session.bind(peer(1)));
  b.run(1s);
  CHECK(b.last<event::channel_refused>()->code == error_code::bad_request);
  CHECK(b.session.state() == allocation_state::active);
  const auto before = b.server.count[method::channel_bind];
  b.run(30min);
  for (int i = 0; i < 10; ++i) REQUIRE(b.send(peer(1), text("x")));
  b.settle();
  CHECK(b.server.count[method::channel_bind] == before);
  CHECK(b.server.to_peers.size() == 10);
}

TEST_CASE("errors: a server that asks for a token gets it, and a new one when it has expired",
          "[turn][7635-6.1-a][7635-5-a][7635-8-a]") {
  auto config = support::turn_config();
  config.user = config.password = {};
  bench b{config};
  b.server.token_server = "turn.example.org";
  b.server.token_key = bytes(32, std::byte{1});
  b.server.token = text("first");
  start(b);
  REQUIRE(b.last<event::token_needed>());
  CHECK(b.session.token_server_name() == "turn.example.org");
  CHECK(b.session.state() == allocation_state::waiting);
  CHECK_FALSE(b.session.next_timeout());
  const auto first = text("first");
  REQUIRE(b.session.bring_token(b.now, {"kid", b.server.token_key, first}));
  b.settle();
  REQUIRE(b.session.state() == allocation_state::active);
  REQUIRE(b.session.bind(peer(1)));
  b.settle();
  CHECK(b.session.has_channel(peer(1)));
  b.server.token = text("second");
  b.run(250s);
  CHECK(b.count<event::token_needed>() == 2);
  const auto second = text("second");
  REQUIRE(b.session.bring_token(b.now, {"kid", b.server.token_key, second}));
  b.run(30min);
  CHECK(b.session.has_channel(peer(1)));
  CHECK(b.session.is_permitted(peer(1).address));
  CHECK(b.count<event::permitted>() == 1);
}

TEST_CASE("errors: a server that does not know ACCESS-TOKEN ends it", "[turn][7635-6.2-a]") {
  auto config = support::turn_config();
  config.user = config.password = {};
  bench b{config};
  b.server.token_server = "turn.example.org";
  b.server.token_key = bytes(20, std::byte{1});
  b.server.token = text("token");
  start(b);
  b.server.force(method::allocate, error_code::unknown_attribute, [](stun::writer& w) {
    stun::attribute_list list;
    list.insert(attribute_type::access_token);
    w.add(stun::unknown_attributes{list});
  });
  const auto sealed = text("token");
  REQUIRE(b.session.bring_token(b.now, {"kid", b.server.token_key, sealed}));
  b.settle();
  CHECK(b.last<event::ended>()->why == end_reason::refused);
  CHECK(b.last<event::ended>()->said->code == error_code::unknown_attribute);
}

TEST_CASE("errors: a token is not shown to the server that a redirection names",
          "[turn][7635-8-b]") {
  auto config = support::turn_config();
  config.user = config.password = {};
  bench b{config};
  b.server.token_server = "turn.example.org";
  b.server.token_key = bytes(20, std::byte{1});
  b.server.token = text("token");
  start(b);
  const endpoint second{address::v4(192, 0, 2, 16), 3478};
  b.server.force(method::allocate, error_code::try_alternate,
                 [&](stun::writer& w) { w.add(stun::alternate_server{second}); });
  const auto sealed = text("token");
  REQUIRE(b.session.bring_token(b.now, {"kid", b.server.token_key, sealed}));
  b.settle();
  REQUIRE(b.log.back().to.remote == second);
  CHECK_FALSE(parsed(b.log.back().message).has<stun::access_token>());
  CHECK_FALSE(parsed(b.log.back().message).has<stun::username>());
}

TEST_CASE("errors: a permission or a channel that is refused when it is refreshed stands no longer",
          "[turn][8656-10.3-b]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer(1).address));
  b.settle();
  b.server.force(method::create_permission, error_code::forbidden);
  b.run(241s);
  CHECK(b.last<event::permission_refused>()->address == peer(1).address);
  CHECK_FALSE(b.session.is_permitted(peer(1).address));
  b.run(120s);
  CHECK(b.server.count[method::create_permission] == 2);

  bench bound;
  bound.allocate();
  REQUIRE(bound.session.bind(peer(1)));
  bound.run(539s);
  bound.server.force(method::channel_bind, error_code::forbidden);
  bound.run(2s);
  CHECK(bound.last<event::channel_refused>()->peer == peer(1));
  CHECK_FALSE(bound.session.has_channel(peer(1)));
}

TEST_CASE("errors: who does not follow redirections ends at the first", "[turn]") {
  auto config = support::turn_config();
  config.follow_alternate = false;
  bench b{config};
  b.server.force(method::allocate, error_code::try_alternate, [](stun::writer& w) {
    w.add(stun::alternate_server{{address::v4(192, 0, 2, 16), 3478}});
  });
  start(b);
  REQUIRE(b.last<event::ended>());
  CHECK(b.last<event::ended>()->said->code == error_code::try_alternate);
}

TEST_CASE("errors: an error without its code is no answer to go by", "[turn][8489-6.3.4-a]") {
  const auto nothing = [](stun::writer&) {};
  const auto unknown = [](stun::writer& w) {
    w.add(stun::error_code_attribute{error_code::forbidden});
    w.add(stun::bytes_attribute<stun::attribute_type{0x7ffe}>{});
  };
  for (const auto& more :
       {support::scripted_server::add{nothing}, support::scripted_server::add{unknown}}) {
    bench b;
    REQUIRE(b.session.start(b.now));
    const auto out = b.drain();
    REQUIRE(out.size() == 1);
    b.deliver(b.server.answer(out[0].message, message_class::error, more));
    b.drain();
    REQUIRE(b.last<event::ended>());
    CHECK(b.last<event::ended>()->why == end_reason::unusable_answer);

    bench kept;
    kept.allocate();
    REQUIRE(kept.session.permit(peer(1).address));
    kept.session.handle_timeout(kept.now);
    const auto asked = kept.drain();
    REQUIRE(asked.size() == 1);
    kept.deliver(kept.server.answer(asked[0].message, message_class::error, more));
    kept.drain();
    CHECK(kept.session.state() == allocation_state::active);
    CHECK(kept.count<event::permission_refused>() == 1);
  }
}

TEST_CASE("errors: 420 takes away what it names, and mobility stays", "[turn][8656-7.4-f]") {
  bench b{config_with({.dont_fragment = true, .mobility = true})};
  b.server.force(method::allocate, error_code::unknown_attribute, [](stun::writer& w) {
    stun::attribute_list list;
    list.insert(attribute_type::dont_fragment);
    w.add(stun::unknown_attributes{list});
  });
  start(b);
  REQUIRE(b.session.state() == allocation_state::active);
  const auto last = parsed(b.log.back().message);
  CHECK_FALSE(last.find(attribute_type::dont_fragment));
  CHECK(last.has<stun::mobility_ticket>());
}

TEST_CASE("errors: how long one server took says nothing about the next", "[turn][8656-7.4-b]") {
  bench b;
  b.server.open = true;
  REQUIRE(b.session.start(b.now));
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  b.now += 400ms;
  b.deliver(b.server.answer(out[0].message, message_class::error, [](stun::writer& w) {
    w.add(stun::error_code_attribute{error_code::try_alternate})
        .add(stun::alternate_server{{address::v4(192, 0, 2, 16), 3478}});
  }));
  CHECK(b.drain().size() == 1);
  CHECK(b.session.next_timeout() == b.now + 500ms);
}

TEST_CASE("errors: a Refresh that is challenged too often is tried again later",
          "[turn][8656-8.3-c]") {
  bench b;
  b.allocate();
  for (unsigned i = 0; i <= turn::most_challenges; ++i) {
    b.server.force(method::refresh, error_code::stale_nonce);
  }
  b.run(540s);
  CHECK(b.session.state() == allocation_state::active);
  const auto before = b.server.count[method::refresh];
  b.server.script.clear();
  b.run(59s);
  CHECK(b.server.count[method::refresh] > before);
  b.run(10min);
  CHECK(b.session.state() == allocation_state::active);
}

TEST_CASE("errors: of refused peers only those of the same request are asked for alone",
          "[turn][8656-10.3-b]") {
  bench b;
  b.allocate();
  const auto pair = [&](std::uint8_t last) {
    b.server.force(method::create_permission, error_code::forbidden);
    REQUIRE(b.session.permit(peer(last).address));
    REQUIRE(b.session.permit(peer(static_cast<std::uint8_t>(last + 1)).address));
    b.settle();
  };
  pair(1);
  CHECK(b.server.count[method::create_permission] == 3);
  pair(3);
  CHECK(b.server.count[method::create_permission] == 6);
  for (std::uint8_t i = 1; i <= 4; ++i) CHECK(b.session.is_permitted(peer(i).address));
}

TEST_CASE("errors: a server that calls every nonce of a request stale is asked later again",
          "[turn][ATK-E02]") {
  bench b;
  b.allocate();
  for (int i = 0; i < 20; ++i) b.server.force(method::create_permission, error_code::stale_nonce);
  REQUIRE(b.session.permit(peer(1).address));
  b.settle();
  CHECK(b.server.count[method::create_permission] == 1 + stun::most_stale_answers);
  CHECK(b.session.state() == allocation_state::active);
  b.server.script.clear();
  b.run(2s);
  CHECK(b.session.is_permitted(peer(1).address));
}

TEST_CASE("errors: a peer at whose name the server makes no sense is refused, the others permitted",
          "[turn][8489-6.3.3-c]") {
  for (const bool with_code : {false, true}) {
    CAPTURE(with_code);
    bench b;
    b.allocate();
    b.server.dreaded = peer(2).address;
    b.server.dreads_with_code = with_code;
    for (std::uint8_t i = 1; i <= 3; ++i) REQUIRE(b.session.permit(peer(i).address));
    b.run(1s);
    CHECK(b.session.is_permitted(peer(1).address));
    CHECK(b.session.is_permitted(peer(3).address));
    REQUIRE(b.count<event::permission_refused>() == 1);
    CHECK(b.last<event::permission_refused>()->address == peer(2).address);
    CHECK_FALSE(b.last<event::permission_refused>()->code);
    CHECK(b.server.count[method::create_permission] == 4);
    b.run(1min);
    CHECK(b.server.count[method::create_permission] == 4);
    // A channel is refused alike.
    REQUIRE(b.session.bind(peer(2)));
    b.run(1min);
    CHECK(b.count<event::channel_refused>() == 1);
    CHECK(b.server.count[method::channel_bind] == 1);
  }
}

TEST_CASE("errors: a success with what must be understood and is not is a refusal, once",
          "[turn][8489-6.3.3-b]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer(1).address));
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  b.deliver(b.server.answer(out[0].message, message_class::success, [](stun::writer& w) {
    w.add(stun::bytes_attribute<static_cast<attribute_type>(0x7ffe)>{});
  }));
  b.run(1min);
  CHECK(b.count<event::permission_refused>() == 1);
  CHECK_FALSE(b.session.is_permitted(peer(1).address));
  CHECK(b.server.count[method::create_permission] == 0);
}

TEST_CASE(
    "errors: an unprotected no to a protected request waits for a better answer; what it said "
    "is told in the end",
    "[turn][8489-9.2.5-g][8489-9.1.4-c]") {
  for (const auto code : {error_code::try_alternate, error_code::bad_request, error_code::forbidden,
                          error_code::unknown_attribute, error_code::allocation_mismatch,
                          error_code::address_family_not_supported, error_code::wrong_credentials,
                          error_code::allocation_quota_reached, error_code::server_error,
                          error_code::insufficient_capacity}) {
    bench b;
    b.server.force(method::allocate, code, {}, false);
    start(b);
    CHECK(b.session.state() == allocation_state::requested);
    CHECK_FALSE(b.last<event::ended>());
    b.run(500ms);  // the server says yes to the repetition
    CHECK(b.session.state() == allocation_state::active);

    bench never;
    for (int i = 0; i < 9; ++i) never.server.force(method::allocate, code, {}, false);
    start(never);
    never.run(1min);
    REQUIRE(never.last<event::ended>());
    CHECK(never.last<event::ended>()->why == end_reason::unproved);
    CHECK(never.last<event::ended>()->said == turn::complaint{code, false});
  }
}

TEST_CASE("errors: on a stream an unprotected answer ends the request at once",
          "[turn][8489-9.1.4-d][8489-9.2.5-j]") {
  auto config = support::turn_config();
  config.transport = turn::transport::tcp;
  for (const auto cls : {message_class::error, message_class::success}) {
    bench b{config};
    REQUIRE(b.session.start(b.now));
    b.deliver(b.server.take(b.now, support::turn_client, b.drain()[0].message)[0]);
    const auto asked = b.drain();
    REQUIRE(asked.size() == 1);
    const auto forged = b.server.answer(
        asked[0].message, cls,
        [](stun::writer& w) {
          w.add(stun::error_code_attribute{error_code::allocation_quota_reached});
        },
        false);
    CHECK(b.deliver(forged) == reject::no_integrity);
    b.drain();
    REQUIRE(b.last<event::ended>());
    CHECK(b.last<event::ended>()->why == end_reason::unproved);
  }
  bench b{config};
  b.allocate();
  b.server.force(method::create_permission, error_code::forbidden, {}, false);
  REQUIRE(b.session.permit(peer(1).address));
  b.settle();
  CHECK_FALSE(b.session.is_permitted(peer(1).address));
  b.run(turn::retry_wait);
  CHECK(b.session.is_permitted(peer(1).address));
}

TEST_CASE("errors: who lost an allocation reads what its server said last", "[turn]") {
  bench b;
  b.allocate();
  b.server.password = "another";
  b.run(11min);
  REQUIRE(b.last<event::ended>());
  CHECK(b.last<event::ended>()->why == end_reason::expired);
  CHECK(b.last<event::ended>()->said == turn::complaint{error_code::unauthenticated, false});

  // A challenge that is met is no complaint.
  bench silent;
  REQUIRE(silent.session.start(silent.now));
  silent.deliver(
      silent.server.take(silent.now, support::turn_client, silent.drain()[0].message)[0]);
  silent.lose_all = true;
  silent.run(1min);
  CHECK(silent.last<event::ended>()->why == end_reason::timeout);
  CHECK_FALSE(silent.last<event::ended>()->said);
}

TEST_CASE("errors: a relay of the family that the server has, when it is asked for both or either",
          "[turn][8656-7.4-h]") {
  const auto asked_for = [](const bytes& message) {
    const auto m = parsed(message);
    if (m.has<stun::additional_address_family>()) return turn::relay_family::both;
    const auto one = m.get<stun::requested_address_family>();
    return one && one->value == family::ipv6 ? turn::relay_family::ipv6 : turn::relay_family::ipv4;
  };
  using wishes = std::vector<turn::relay_family>;
  const auto all = [&](turn::relay_family first, bool either, error_code code, int times) {
    auto config = config_with({.family = first});
    config.either_family = either;
    bench b{config};
    for (int i = 0; i < times; ++i) b.server.force(method::allocate, code);
    start(b);
    wishes out;
    for (std::size_t i = 1; i < b.log.size(); ++i) out.push_back(asked_for(b.log[i].message));
    if (b.session.state() == allocation_state::active) {
      CHECK(b.last<event::allocated>()->options.family == out.back());
    } else if (b.session.state() == allocation_state::ended) {
      CHECK(b.last<event::ended>()->said->code == code);
    }
    return out;
  };
  constexpr auto v4 = turn::relay_family::ipv4;
  constexpr auto v6 = turn::relay_family::ipv6;
  constexpr auto both = turn::relay_family::both;
  const auto no_family = error_code::address_family_not_supported;
  for (const bool either : {false, true}) {
    CHECK(all(both, either, no_family, 0) == wishes{both});
    CHECK(all(both, either, no_family, 1) == wishes{both, v4});
    CHECK(all(both, either, no_family, 2) == wishes{both, v4, v6});
    CHECK(all(both, either, no_family, 9) == wishes{both, v4, v6});
    for (const auto code :
         {error_code::bad_request, error_code::unknown_attribute,
          error_code::allocation_quota_reached, error_code::insufficient_capacity}) {
      CHECK(all(both, either, code, 1) == wishes{both, v4});
      CHECK(all(both, either, code, 2) == wishes{both, v4});
    }
  }
  CHECK(all(v6, true, no_family, 9) == wishes{v6, v4});
  CHECK(all(v4, true, no_family, 9) == wishes{v4, v6});
  CHECK(all(v6, false, no_family, 9) == wishes{v6});
  CHECK(all(v4, false, no_family, 9) == wishes{v4});
  CHECK(all(v6, true, error_code::insufficient_capacity, 1) == wishes{v6});
}

TEST_CASE("errors: to a server that knows no families a relay is one of IPv4", "[turn]") {
  auto config = config_with({.family = turn::relay_family::ipv6});
  config.either_family = true;
  bench b{config};
  b.server.force(method::allocate, error_code::unknown_attribute, [](stun::writer& w) {
    stun::attribute_list list;
    list.insert(attribute_type::requested_address_family);
    w.add(stun::unknown_attributes{list});
  });
  start(b);
  CHECK(b.session.state() == allocation_state::active);
  CHECK_FALSE(parsed(b.log.back().message).has<stun::requested_address_family>());
}
