#include "floe/turn/session_data.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
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
namespace event = turn::event;

namespace {

const endpoint peer{address::v4(198, 51, 100, 20), 7000};
const endpoint peer_v6{address::v6({0x20, 0x01, 0x0d, 0xb8, 7}), 7000};

turn::session_config tcp_relay() {
  auto config = support::turn_config();
  config.transport = turn::transport::tcp;
  config.ask.transport = turn::relay_transport::tcp;
  return config;
}

}  // namespace

TEST_CASE("data: the payload stays where it is when there is headroom",
          "[turn][8656-3.7-a][8656-11.1-d]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  for (const bool by_channel : {false, true}) {
    if (by_channel) {
      REQUIRE(b.session.bind(peer));
      b.settle();
    }
    const std::size_t front = by_channel ? 4 : 36;
    for (const std::size_t offset : {front, front + 10, front - 1, std::size_t{0}}) {
      CAPTURE(by_channel, offset);
      bytes buffer(200, std::byte{0xee});
      const auto payload = text("payload");
      std::copy(payload.begin(), payload.end(),
                buffer.begin() + static_cast<std::ptrdiff_t>(offset));
      const auto out = b.session.wrap(peer, buffer, offset, payload.size());
      REQUIRE(out);
      CHECK(out->offset == (offset > front ? offset - front : 0));
      CHECK(out->to_send.local == support::turn_socket);
      CHECK(out->to_send.remote == b.server.at);
      CHECK(out->to_send.size == (by_channel ? 11U : 36U + 8U));
      const auto at = out->offset + front;
      CHECK(support::copy(byte_view{buffer}.subspan(at, payload.size())) == payload);
      const auto end = out->offset + out->to_send.size;
      for (auto i = end; i < buffer.size(); ++i) {
        // What lay further back is only what was there.
        if (i >= offset && i < offset + payload.size()) continue;
        CHECK(buffer[i] == std::byte{0xee});
      }
    }
  }
  // Nothing is repeated.
  const auto before = b.log.size();
  b.run(5s - 1ms);  // then the server is asked whether it is still there
  CHECK(b.log.size() == before);
}

TEST_CASE("data: on a stream frames are padded", "[turn][8656-12.5-a]") {
  auto config = support::turn_config();
  config.transport = turn::transport::tcp;
  bench b{config};
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  REQUIRE(b.send(peer, text("hello")));
  CHECK(b.last_message.size() == 12);
}

TEST_CASE("data: what has no room or is too long is refused, and nothing is lost",
          "[turn][8656-12.5-b]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  bytes buffer(70000);
  CHECK(b.session.wrap(peer, buffer, 4, 65535)->to_send.size == 65539);
  CHECK(b.session.wrap(peer, buffer, 4, 65536).error() == errc::unsupported);
  CHECK(b.session.wrap(peer, byte_span{buffer}.first(8), 4, 4));
  CHECK(b.session.wrap(peer, byte_span{buffer}.first(8), 3, 5).error() == errc::buffer_too_small);
  CHECK(b.session.wrap(peer, {}, 0, 0).error() == errc::buffer_too_small);
  const endpoint by_send{peer.address, 7001};
  CHECK(b.session.wrap(by_send, buffer, 48, 65535).error() == errc::unsupported);
  CHECK(b.session.wrap(by_send, buffer, 48, 65000));
}

TEST_CASE("data: nothing is sent to a peer without a permission; the first try asks for it",
          "[turn][8656-11.1-c]") {
  bench b;
  CHECK(b.send(peer, text("x")).error() == errc::no_path);
  b.allocate();
  CHECK(b.send(peer, text("x")).error() == errc::permission_pending);
  CHECK(b.session.next_timeout() == b.now);
  b.settle();
  CHECK(b.send(peer, text("x")));
  CHECK(b.server.to_peers.size() == 1);
  CHECK(b.server.complaints.empty());
}

TEST_CASE("data: peers that no relay reaches are refused without a request",
          "[turn][8656-21-a][8656-9-b]") {
  bench b;
  b.allocate();
  for (const auto& bad : {address::v4(127, 0, 0, 1), address::v4(169, 254, 0, 1),
                          address::v4(224, 0, 0, 1), address::v4(0, 0, 0, 0), peer_v6.address}) {
    CHECK(b.session.permit(bad).error() == errc::unusable_address);
    CHECK(b.session.bind({bad, 1}).error() == errc::unusable_address);
    CHECK(b.send({bad, 1}, text("x")).error() == errc::unusable_address);
  }
  CHECK(b.send({peer.address, 0}, text("x")).error() == errc::unusable_address);
  CHECK(b.session.bind({peer.address, 0}).error() == errc::unusable_address);
  b.run(1s);
  CHECK(b.server.count[method::create_permission] == 0);
  CHECK(b.server.count[method::channel_bind] == 0);

  auto config = support::turn_config();
  config.special_peers = true;
  bench lax{config};
  lax.allocate();
  CHECK(lax.session.permit(address::v4(127, 0, 0, 1)));
}

TEST_CASE("data: a peer that is forbidden again runs out", "[turn][8656-9-a]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.settle();
  b.session.forbid(peer.address);
  b.run(299s);
  CHECK(b.session.is_permitted(peer.address));
  b.run(1s);
  CHECK_FALSE(b.session.is_permitted(peer.address));
  b.run(20min);
  CHECK_FALSE(b.session.has_channel(peer));
  CHECK(b.server.count[method::create_permission] + b.server.count[method::channel_bind] <= 2);
}

TEST_CASE("data: more peers than there are places", "[turn]") {
  auto config = support::turn_config();
  config.limits.permissions = 2;
  config.limits.channels = 1;
  bench b{config};
  b.allocate();
  REQUIRE(b.session.permit(address::v4(198, 51, 100, 1)));
  REQUIRE(b.session.permit(address::v4(198, 51, 100, 2)));
  CHECK(b.session.permit(address::v4(198, 51, 100, 3)).error() == errc::capacity_reached);
  REQUIRE(b.session.bind({address::v4(198, 51, 100, 1), 1}));
  CHECK(b.session.bind({address::v4(198, 51, 100, 2), 1}).error() == errc::capacity_reached);
  b.settle();
  for (int i = 0; i < 10; ++i) CHECK(b.send({address::v4(198, 51, 100, 2), 1}, text("x")));
}

TEST_CASE("data: a relay that speaks TCP carries no datagrams", "[turn][6062-4.6-a]") {
  bench b{tcp_relay()};
  b.allocate();
  CHECK(b.session.bind(peer).error() == errc::unsupported);
  CHECK(b.send(peer, text("x")).error() == errc::unsupported);
  bench udp;
  udp.allocate();
  CHECK(udp.session.connect(udp.now, peer).error() == errc::unsupported);
}

TEST_CASE("data: a connection to a peer, from Connect to its bytes",
          "[turn][6062-4.3-a][6062-4.3-b][6062-4.3-d][6062-4.5-a][6062-4.5-b]") {
  bench b{tcp_relay()};
  b.allocate();
  const auto connection = b.session.connect(b.now, peer);
  REQUIRE(connection);
  b.settle();
  CHECK(parsed(b.log.back().message).method() == method::connect);
  CHECK(parsed(b.log.back().message).get<stun::xor_peer_address>()->value == peer);
  REQUIRE(b.last<event::connection_offered>());
  CHECK(b.last<event::connection_offered>()->connection == *connection);
  CHECK_FALSE(b.last<event::connection_offered>()->incoming);

  REQUIRE(b.session.bind_connection(b.now, *connection, socket_id{30}));
  auto out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(out[0].to.local == socket_id{30});
  const auto request = parsed(out[0].message);
  CHECK(request.method() == method::connection_bind);
  CHECK(request.get<stun::connection_id>()->value == 1001);
  CHECK(request.get<stun::username>()->value == "user");
  CHECK(request.has<stun::nonce>());

  // The answer and the peer's first bytes in one read, byte by byte, and later.
  const auto answers = b.server.take(b.now, support::client_at(socket_id{30}), out[0].message);
  REQUIRE(answers.size() == 1);
  auto stream = answers[0];
  const auto first = text("\x01raw\x40");
  stream.insert(stream.end(), first.begin(), first.end());
  bytes got;
  const auto feed = [&](byte_view piece) {
    b.session.handle_stream(b.now, socket_id{30}, piece);
    while (const auto in = b.session.next_inbound(b.now)) {
      REQUIRE(*in);
      if (!**in) continue;
      CHECK((**in)->connection == *connection);
      CHECK((**in)->peer == peer);
      const auto more = support::copy((**in)->bytes);
      got.insert(got.end(), more.begin(), more.end());
    }
  };
  feed(byte_view{stream}.first(10));
  feed(byte_view{stream}.subspan(10, 1));
  feed(byte_view{stream}.subspan(11));
  CHECK(got == first);
  const auto later = text("more");
  feed(later);
  CHECK(got.size() == first.size() + 4);
  b.drain();
  CHECK(b.last<event::connection_bound>()->connection == *connection);
  b.run(10min);
  CHECK(b.count<event::connection_failed>() == 0);
}

TEST_CASE("data: a stale nonce on the data connection is replaced there", "[turn][6062-4.3-d]") {
  bench b{tcp_relay()};
  b.allocate();
  const auto connection = b.session.connect(b.now, peer);
  b.settle();
  REQUIRE(b.session.bind_connection(b.now, *connection, socket_id{30}));
  b.server.new_nonce();
  for (int i = 0; i < 2; ++i) {
    const auto out = b.drain();
    REQUIRE(out.size() == 1);
    CHECK(out[0].to.local == socket_id{30});
    for (const auto& a : b.server.take(b.now, support::client_at(socket_id{30}), out[0].message)) {
      b.session.handle_stream(b.now, socket_id{30}, a);
      while (b.session.next_inbound(b.now)) {
      }
    }
  }
  b.drain();
  CHECK(b.last<event::connection_bound>());
}

TEST_CASE("data: an offer is good for thirty seconds", "[turn][6062-4.3-c]") {
  bench b{tcp_relay()};
  b.allocate();
  const auto connection = b.session.connect(b.now, peer);
  b.settle();
  b.run(29999ms);
  CHECK(b.count<event::connection_failed>() == 0);
  b.run(1ms);
  CHECK(b.last<event::connection_failed>()->connection == *connection);
  CHECK(b.session.bind_connection(b.now, *connection, socket_id{30}).error() == errc::no_path);
}

TEST_CASE("data: a peer that can't be reached is reported, and not asked for again",
          "[turn][6062-6.3-a][6062-6.3-b][6062-4.3-e]") {
  for (const auto code : {error_code::connection_already_exists,
                          error_code::connection_timeout_or_failure, error_code::forbidden}) {
    bench b{tcp_relay()};
    b.allocate();
    b.server.force(method::connect, code);
    const auto connection = b.session.connect(b.now, peer);
    REQUIRE(connection);
    b.run(2min);
    CHECK(b.last<event::connection_failed>()->code == code);
    CHECK(b.last<event::connection_failed>()->peer == peer);
    CHECK(b.server.count[method::connect] == 1);
    CHECK(b.session.state() == turn::allocation_state::active);
  }
}

TEST_CASE("data: a peer may begin, if it has a permission", "[turn][6062-4.4-a][6062-4.4-b]") {
  bench b{tcp_relay()};
  b.allocate();
  const auto attempt = [&](std::uint32_t id) {
    return b.server.write(
        {method::connection_attempt, stun::message_class::indication}, {},
        [&](stun::writer& w) { w.add(stun::xor_peer_address{peer}).add(stun::connection_id{id}); });
  };
  CHECK(b.deliver(attempt(5)) == reject::unverified_source);
  b.drain();
  CHECK_FALSE(b.last<event::connection_offered>());
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  CHECK_FALSE(b.deliver(attempt(6)));
  b.drain();
  REQUIRE(b.last<event::connection_offered>());
  CHECK(b.last<event::connection_offered>()->incoming);
  const auto connection = b.last<event::connection_offered>()->connection;
  REQUIRE(b.session.bind_connection(b.now, connection, socket_id{31}));
  const auto out = b.drain();
  CHECK(parsed(out.at(0).message).get<stun::connection_id>()->value == 6);
}

TEST_CASE("data: one connection ends alone, the control connection takes all with it",
          "[turn][6062-4.6-b][8656-15-b][ATK-E15]") {
  bench b{tcp_relay()};
  b.allocate();
  std::vector<turn::connection_handle> connections;
  for (std::uint32_t i = 0; i < 2; ++i) {
    connections.push_back(
        *b.session.connect(b.now, {peer.address, static_cast<std::uint16_t>(1 + i)}));
    b.settle();
    REQUIRE(b.session.bind_connection(b.now, connections[i], socket_id{30 + i}));
    const auto out = b.drain();
    const auto answers =
        b.server.take(b.now, support::client_at(socket_id{30 + i}), out.at(0).message);
    b.session.handle_stream(b.now, socket_id{30 + i}, answers.at(0));
    while (b.session.next_inbound(b.now)) {
    }
  }
  b.session.handle_unreachable(b.now, socket_id{30});
  b.drain();
  CHECK(b.last<event::connection_failed>()->connection == connections[0]);
  CHECK_FALSE(b.session.accepts({socket_id{30}, b.server.at}));
  CHECK(b.session.accepts({socket_id{31}, b.server.at}));
  CHECK(b.session.state() == turn::allocation_state::active);
  const auto cut = vectors::unhex("0101");
  b.session.handle_stream(b.now, support::turn_socket, cut);
  CHECK_FALSE(b.session.next_inbound(b.now));
  for (int i = 0; i < 3; ++i) b.session.handle_unreachable(b.now, support::turn_socket);
  b.drain();
  CHECK(b.last<event::ended>()->why == turn::end_reason::unreachable);
  CHECK(b.count<event::ended>() == 1);
  CHECK_FALSE(b.session.accepts({socket_id{31}, b.server.at}));
  const auto so_far = b.log.size();
  b.run(10min);
  CHECK(b.log.size() == so_far);
}

TEST_CASE("data: a payload of one byte is moved, too, where there is no headroom", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  REQUIRE(b.send(peer, text("x"), 0));
  REQUIRE(b.server.to_peers.size() == 1);
  CHECK(b.server.to_peers[0].second == text("x"));
}

TEST_CASE("data: an indication holds as much as its length can say", "[turn][8656-12.5-b]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  REQUIRE(b.session.permit(address::v4(198, 51, 100, 21)));
  b.settle();
  bytes buffer(70000);
  const auto most = 65535U - 3U - 36U;
  CHECK(b.session.wrap(peer, buffer, 48, most));
  CHECK(b.session.wrap(peer, buffer, 48, most + 1).error() == errc::unsupported);
}

TEST_CASE("data: a channel comes with as many datagrams as the host says, or never",
          "[turn][8656-12.1-c]") {
  for (std::uint16_t after = 0; after <= 2; ++after) {
    CAPTURE(after);
    auto config = support::turn_config();
    config.bind_after = after;
    bench b{config};
    b.allocate();
    REQUIRE(b.session.permit(peer.address));
    b.settle();
    for (int sent = 1; sent <= 3; ++sent) {
      REQUIRE(b.send(peer, text("x")));
      b.settle();
      CHECK(b.session.has_channel(peer) == (after > 0 && sent >= after));
    }
  }
}

TEST_CASE("data: a channel that was refused is asked for again when the host insists", "[turn]") {
  bench b;
  b.allocate();
  b.server.force(method::channel_bind, error_code::forbidden);
  REQUIRE(b.session.bind(peer));
  b.settle();
  REQUIRE(b.last<event::channel_refused>());
  for (int i = 0; i < 10; ++i) REQUIRE(b.send(peer, text("x")));
  b.settle();
  CHECK(b.server.count[method::channel_bind] == 1);
  REQUIRE(b.session.bind(peer));
  b.settle();
  CHECK(b.session.has_channel(peer));
}

TEST_CASE("data: connections are asked for at the time that the host says", "[turn][6062-4.3-b]") {
  auto config = tcp_relay();
  config.reliable_timeout = 1s;
  bench b{config};
  b.allocate();
  const auto start = b.now;
  const auto connection = b.session.connect(start + 10s, peer);
  REQUIRE(connection);
  CHECK(b.session.next_timeout() == start + 11s);
  b.now = start + 10s;
  b.settle();
  CHECK(b.session.next_timeout() == b.now + 30s);
  REQUIRE(b.session.bind_connection(b.now + 20s, *connection, socket_id{30}));
  CHECK(b.session.next_timeout() == b.now + 21s);
}

TEST_CASE("data: a connection that failed leaves its place to another", "[turn][6062-4.3-e]") {
  auto config = tcp_relay();
  config.limits.connections = 1;
  bench b{config};
  b.allocate();
  b.server.force(method::connect, error_code::connection_timeout_or_failure);
  REQUIRE(b.session.connect(b.now, peer));
  CHECK(b.session.connect(b.now, peer).error() == errc::capacity_reached);
  b.settle();
  REQUIRE(b.last<event::connection_failed>());
  CHECK(b.session.connect(b.now, peer));
}

namespace {

/// Two connections of a relay, offered at different times and about to be bound, on sockets 30 and
/// 31, when nothing more can be asked.
struct two_binding : bench {
  two_binding() : bench{config()} {
    allocate();
    for (std::uint32_t i = 0; i < 2; ++i) {
      connections.push_back(
          *session.connect(now, {peer.address, static_cast<std::uint16_t>(1 + i)}));
      settle();
      if (i == 0) run(10s);
    }
    for (std::uint32_t i = 0; i < 2; ++i) {
      REQUIRE(session.bind_connection(now, connections[i], socket_id{30 + i}));
    }
    requests = drain();
    REQUIRE(requests.size() == 2);
  }

  static turn::session_config config() {
    auto made = tcp_relay();
    made.limits.outstanding = 2;
    return made;
  }

  /// Gives the server's answer to the ConnectionBind on a socket, and something behind it.
  void answer(std::uint32_t i) {
    auto stream =
        server.take(now, support::client_at(socket_id{30 + i}), requests[i].message).at(0);
    session.handle_stream(now, socket_id{30 + i}, stream);
    while (session.next_inbound(now)) {
    }
    drain();
  }

  /// Whom bytes on a socket are from.
  std::optional<endpoint> from(socket_id socket) {
    const auto some = text("bytes");
    session.handle_stream(now, socket, some);
    const auto in = session.next_inbound(now);
    if (!in || !*in || !**in) return std::nullopt;
    return (**in)->peer;
  }

  std::vector<turn::connection_handle> connections;
  std::vector<sent> requests;
};

}  // namespace

TEST_CASE("data: a connection that is about to be bound is the session's",
          "[turn][6062-4.3-d][6062-4.6-b]") {
  two_binding b;
  CHECK(b.session.accepts({socket_id{30}, b.server.at}));
  CHECK(b.session.accepts({socket_id{31}, b.server.at}));
  CHECK_FALSE(b.session.accepts({socket_id{32}, b.server.at}));
  CHECK_FALSE(b.session.accepts({socket_id{30}, peer}));
  b.answer(0);
  b.answer(1);
  CHECK(b.count<event::connection_bound>() == 2);
  CHECK(b.from(socket_id{31}) == endpoint{peer.address, 2});
  CHECK(b.from(socket_id{30}) == endpoint{peer.address, 1});
  CHECK_FALSE(b.from(socket_id{32}));
}

TEST_CASE("data: a connection that breaks before it is bound gives up its request, and no other's",
          "[turn][6062-4.3-d]") {
  for (const std::uint32_t gone : {0U, 1U}) {
    CAPTURE(gone);
    two_binding b;
    CHECK(b.session.connect(b.now, peer).error() == errc::capacity_reached);
    b.session.handle_unreachable(b.now, socket_id{30 + gone});
    b.drain();
    CHECK(b.count<event::connection_failed>() == 1);
    CHECK(b.last<event::connection_failed>()->connection == b.connections[gone]);
    CHECK_FALSE(b.session.accepts({socket_id{30 + gone}, b.server.at}));
    CHECK(b.session.connect(b.now, peer));
    CHECK(b.session.connect(b.now, peer).error() == errc::capacity_reached);
    b.answer(1 - gone);
    CHECK(b.last<event::connection_bound>()->connection == b.connections[1 - gone]);
  }
}

TEST_CASE("data: an offer that runs out gives up its request, and no other's",
          "[turn][6062-4.3-c]") {
  two_binding b;
  CHECK(b.session.next_timeout() == b.now + 20s);
  b.run(20s);
  CHECK(b.count<event::connection_failed>() == 1);
  CHECK(b.last<event::connection_failed>()->connection == b.connections[0]);
  CHECK(b.session.connect(b.now, peer));
  CHECK(b.session.connect(b.now, peer).error() == errc::capacity_reached);
  b.answer(1);
  CHECK(b.last<event::connection_bound>()->connection == b.connections[1]);
}

TEST_CASE("data: nonsense on a data connection ends that connection alone",
          "[turn][6062-4.3-d][ATK-B10]") {
  two_binding b;
  const bytes nonsense(20, std::byte{0xff});
  b.session.handle_stream(b.now, socket_id{30}, nonsense);
  const auto in = b.session.next_inbound(b.now);
  REQUIRE(in);
  REQUIRE_FALSE(*in);
  CHECK(in->error() == reject::not_stun);
  CHECK_FALSE(b.session.next_inbound(b.now));
  b.drain();
  REQUIRE(b.last<event::connection_failed>());
  CHECK(b.last<event::connection_failed>()->connection == b.connections[0]);
  CHECK_FALSE(b.session.accepts({socket_id{30}, b.server.at}));
  b.answer(1);
  CHECK(b.last<event::connection_bound>()->connection == b.connections[1]);
}

TEST_CASE("data: bytes of a connection that the host forgot meanwhile are nobody's", "[turn]") {
  two_binding b;
  b.answer(0);
  const auto some = text("bytes");
  b.session.handle_stream(b.now, socket_id{30}, some);
  b.session.forget_connection(b.connections[0]);
  CHECK_FALSE(b.session.next_inbound(b.now));
  b.answer(1);
  b.session.handle_stream(b.now, socket_id{31}, {});
  CHECK_FALSE(b.session.next_inbound(b.now));
}

TEST_CASE("data: a relay that is given back lets go of its connections", "[turn][6062-4.6-b]") {
  two_binding b;
  b.answer(0);
  b.session.close(b.now);
  REQUIRE(b.session.state() == turn::allocation_state::releasing);
  CHECK_FALSE(b.session.accepts({socket_id{30}, b.server.at}));
  CHECK_FALSE(b.session.accepts({socket_id{31}, b.server.at}));
}

TEST_CASE("data: what the host wanted meanwhile goes out with the answer on a data connection",
          "[turn]") {
  two_binding b;
  const address another = address::v4(198, 51, 100, 21);
  REQUIRE(b.session.permit(another));
  const auto answers =
      b.server.take(b.now, support::client_at(socket_id{30}), b.requests[0].message);
  b.session.handle_stream(b.now, socket_id{30}, answers.at(0));
  REQUIRE(b.session.next_inbound(b.now));
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(parsed(out[0].message).get<stun::xor_peer_address>()->value.address == another);
}

TEST_CASE("data: an attempt that lacks its parts is none", "[turn][6062-4.4-a]") {
  bench b{tcp_relay()};
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  const auto attempt = [&](const support::scripted_server::add& more) {
    return b.server.write({method::connection_attempt, stun::message_class::indication}, {}, more);
  };
  CHECK(b.deliver(attempt([](stun::writer& w) { w.add(stun::connection_id{5}); })) ==
        reject::bad_attribute);
  CHECK(b.deliver(attempt([](stun::writer& w) { w.add(stun::xor_peer_address{peer}); })) ==
        reject::bad_attribute);
  b.drain();
  CHECK_FALSE(b.last<event::connection_offered>());
}
