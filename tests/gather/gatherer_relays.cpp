#include "floe/gather/gatherer_relays.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "gather/fixture.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using support::bytes;
using support::cable;
using support::gather_fixture;
using support::outside;
using support::text;
using support::turn_at;
using support::wlan;
namespace event = gather::event;

namespace {

const endpoint peer{address::v4(198, 51, 100, 20), 7000};

struct fixture : gather_fixture {
  using gather_fixture::gather_fixture;

  /// Sends through a relay what stands in a buffer behind so much headroom.
  result<turn::wrapped> send(socket_id from, const endpoint& to, const bytes& payload,
                             std::size_t headroom = 48) {
    bytes buffer(headroom + payload.size() + 60);
    std::copy(payload.begin(), payload.end(),
              buffer.begin() + static_cast<std::ptrdiff_t>(headroom));
    const auto out = gatherer.wrap(from, to, buffer, headroom, payload.size());
    if (out) {
      CHECK(out->to_send.remote == turn_at);
      (void)turn().take(now, mapped(out->to_send.local),
                        byte_view{buffer}.subspan(out->offset, out->to_send.size));
    }
    return out;
  }
};

}  // namespace

TEST_CASE("gatherer relays: data in both directions, the relay as a socket",
          "[gather][8656-11.4-c][8656-11.1-c]") {
  fixture f{{.servers = support::only_turn}};
  f.begin();
  f.run(1s);
  const auto relay = f.relay();
  CHECK(f.gatherer.is_relay(relay));
  CHECK(f.send(relay, peer, text("early")).error() == errc::permission_pending);
  f.run(10ms);
  const auto permitted = f.all<event::permitted>();
  REQUIRE(permitted.size() == 1);
  CHECK(permitted[0].relay == relay);
  CHECK(permitted[0].peer == peer.address);
  const auto sent = f.send(relay, peer, text("hello"));
  REQUIRE(sent);
  CHECK(sent->to_send.local == wlan);
  REQUIRE(f.gatherer.bind(relay, peer));
  f.run(10ms);
  REQUIRE(f.send(relay, peer, text("again"), 4));
  REQUIRE(f.turn().to_peers.size() == 2);
  CHECK(f.turn().to_peers[1] == std::pair{peer, text("again")});
  f.deliver(turn_at, wlan, *f.turn().from_peer(f.now, outside(wlan), peer, text("back")));
  REQUIRE(f.received.size() == 1);
  CHECK(f.received[0].relay == relay);
  CHECK(f.received[0].peer == peer);
  CHECK(f.payloads[0] == text("back"));
  f.gatherer.forbid(relay, peer.address);
  f.run(6min);
  CHECK(f.send(relay, peer, text("late")).error() == errc::permission_pending);
}

TEST_CASE("gatherer relays: each socket has its own", "[gather]") {
  fixture f{{.servers = support::only_turn}};
  f.begin(true);
  f.run(1s);
  std::vector<gather::candidate> relays;
  for (const auto& c : f.found()) {
    if (c.is_relayed()) relays.push_back(c);
  }
  REQUIRE(relays.size() == 2);
  CHECK(relays[0].relay != relays[1].relay);
  CHECK(relays[0].server_number == relays[1].server_number);
  for (const auto& c : relays) REQUIRE(f.gatherer.permit(c.relay, peer.address));
  f.run(10ms);
  for (const auto& c : relays) {
    CHECK(f.send(c.relay, peer, text("x"))->to_send.local == c.base.socket);
    f.deliver(turn_at, c.base.socket,
              *f.turn().from_peer(f.now, outside(c.base.socket), peer, text("y")));
    CHECK(f.received.back().relay == c.relay);
  }
}

TEST_CASE("gatherer relays: both families of one allocation are two relays", "[gather]") {
  fixture f{{.servers = support::only_turn}};
  f.turn().dual_ipv6 = true;
  f.begin();
  f.run(1s);
  std::vector<gather::candidate> relays;
  for (const auto& c : f.found()) {
    if (c.is_relayed()) relays.push_back(c);
  }
  REQUIRE(relays.size() == 2);
  const address v6 = address::v6({0x20, 0x01, 0x0d, 0xb8, 1});
  CHECK(f.gatherer.permit(relays[0].relay, peer.address));
  CHECK(f.gatherer.permit(relays[0].relay, v6).error() == errc::unusable_address);
  CHECK(f.gatherer.permit(relays[1].relay, v6));
  CHECK(f.gatherer.bind(relays[1].relay, peer).error() == errc::unusable_address);
  f.run(10ms);
  bytes frame = *f.turn().from_peer(f.now, outside(wlan), {v6, 9}, text("six"));
  f.deliver(turn_at, wlan, frame);
  CHECK(f.received.back().relay == relays[1].relay);
}

TEST_CASE("gatherer relays: what no server sent is somebody else's",
          "[gather][ATK-B04][7983-7-c]") {
  fixture f;
  f.begin();
  f.run(1s);
  const auto verdict = [&](socket_id at, const endpoint& from, byte_view in) {
    return f.gatherer.handle_datagram(f.now, {at, from, in});
  };
  using gather::not_mine;
  const auto frame = vectors::unhex("40000001ff");
  const auto request = vectors::unhex("000100002112a4420102030405060708090a0b0c");
  const auto response = vectors::unhex("010100002112a4420102030405060708090a0b0c");
  const auto data = text("data");
  for (const auto& in : {frame, request, response, data, bytes{}}) {
    CHECK(std::holds_alternative<not_mine>(verdict(wlan, peer, in)));
    CHECK(std::holds_alternative<not_mine>(verdict(cable, turn_at, in)));
  }
  CHECK(std::holds_alternative<gather::refused>(verdict(wlan, turn_at, frame)));
  CHECK(std::get<gather::refused>(verdict(wlan, turn_at, response)).reason ==
        reject::unknown_transaction);
}

TEST_CASE("gatherer relays: a number that stands for nothing is refused", "[gather]") {
  fixture f;
  f.begin();
  f.run(1s);
  for (const auto nobody : {socket_id{}, wlan, socket_id{0xfffffff0}}) {
    CHECK_FALSE(f.gatherer.is_relay(nobody));
    CHECK(f.gatherer.permit(nobody, peer.address).error() == errc::no_path);
    CHECK(f.gatherer.bind(nobody, peer).error() == errc::no_path);
    CHECK(f.send(nobody, peer, text("x")).error() == errc::no_path);
    f.gatherer.forbid(nobody, peer.address);
  }
}

TEST_CASE("gatherer relays: over a connection the host makes, in any pieces",
          "[gather][8656-15-a][8656-3.1-a]") {
  constexpr std::array<std::string_view, 1> uris{"turn:192.0.2.15?transport=tcp"};
  const std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "user", .credential = "pass"}};
  fixture f{{.servers = servers}};
  f.begin();
  f.run(100ms);
  CHECK(f.log.empty());
  const auto wanted = f.all<event::connection_needed>();
  REQUIRE(wanted.size() == 1);
  CHECK(wanted[0].server == turn_at);
  CHECK(wanted[0].transport == turn::transport::tcp);
  CHECK(wanted[0].socket == wlan);
  constexpr socket_id connection{50};
  REQUIRE(f.gatherer.connected(f.now, wanted[0].attempt, connection));
  CHECK(f.gatherer.connected(f.now, wanted[0].attempt, connection).error() == errc::no_path);

  std::array<std::byte, 2048> buffer{};
  const auto feed = [&](const bytes& stream) {
    for (const auto& byte : stream) {
      REQUIRE(f.gatherer.handle_stream(f.now, connection, byte_view{&byte, 1}));
      while (const auto in = f.gatherer.next_inbound(f.now)) {
        if (const auto* const data = std::get_if<gather::unwrapped>(&*in)) {
          f.payloads.push_back(support::copy(data->bytes));
        }
      }
    }
  };
  const auto exchange = [&] {
    f.gatherer.handle_timeout(f.now);
    while (const auto to = f.gatherer.poll_transmit(buffer)) {
      CHECK(to->local == connection);
      for (const auto& a :
           f.turn().take(f.now, outside(connection), byte_view{buffer}.first(to->size))) {
        feed(a);
      }
      f.gatherer.start_one(f.now);
    }
    while (const auto e = f.gatherer.poll_event()) f.events.emplace_back(f.now, *e);
  };
  exchange();
  REQUIRE(f.found().size() == 1);  // what a server sees of a connection is no reflexive candidate
  const auto relay = f.relay();
  REQUIRE(f.gatherer.bind(relay, peer));
  exchange();
  auto frame = *f.turn().from_peer(f.now, outside(connection), peer, text("abcd"));
  feed(frame);
  REQUIRE(f.payloads.size() == 1);
  CHECK(f.payloads[0] == text("abcd"));
  CHECK_FALSE(f.gatherer.handle_stream(f.now, socket_id{51}, frame));
  f.gatherer.handle_unreachable(f.now, {connection, turn_at});
  while (const auto e = f.gatherer.poll_event()) f.events.emplace_back(f.now, *e);
  REQUIRE(f.all<event::relay_lost>().size() == 1);
  CHECK(f.all<event::relay_lost>()[0].relay == relay);
  CHECK_FALSE(f.gatherer.is_relay(relay));
}

TEST_CASE("gatherer relays: a relay may go while its bytes are being read", "[gather][ATK-E16]") {
  constexpr std::array<std::string_view, 1> uris{"turn:192.0.2.15?transport=tcp"};
  const std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "user", .credential = "pass"}};
  for (int way = 0; way < 2; ++way) {
    fixture f{{.servers = servers}};
    f.begin();
    f.run(100ms);
    constexpr socket_id connection{50};
    REQUIRE(f.gatherer.connected(f.now, f.all<event::connection_needed>()[0].attempt, connection));
    std::array<std::byte, 2048> buffer{};
    for (int i = 0; i < 2; ++i) {
      f.gatherer.start_one(f.now);
      const auto to = f.gatherer.poll_transmit(buffer);
      REQUIRE(to);
      for (const auto& a :
           f.turn().take(f.now, outside(connection), byte_view{buffer}.first(to->size))) {
        REQUIRE(f.gatherer.handle_stream(f.now, connection, a));
        while (f.gatherer.next_inbound(f.now)) {
        }
      }
    }
    while (const auto e = f.gatherer.poll_event()) f.events.emplace_back(f.now, *e);
    REQUIRE(f.gatherer.bind(f.relay(), peer));
    f.gatherer.handle_timeout(f.now);
    REQUIRE(f.gatherer.poll_transmit(buffer));
    const auto frames = vectors::unhex("40000004000000014000000400000002");
    REQUIRE(f.gatherer.handle_stream(f.now, connection, frames));
    REQUIRE(f.gatherer.next_inbound(f.now));
    if (way == 0) {
      f.gatherer.remove_socket(f.now, wlan);
      CHECK_FALSE(f.gatherer.next_inbound(f.now));
    } else {
      f.gatherer.close(f.now);
      while (const auto in = f.gatherer.next_inbound(f.now)) {
        CHECK_FALSE(std::holds_alternative<gather::unwrapped>(*in));
      }
    }
    CHECK_FALSE(f.gatherer.handle_stream(f.now, socket_id{51}, frames));
  }
}
