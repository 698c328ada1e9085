#include "floe/turn/session_requests.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "support/memory.hpp"
#include "turn/bench.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::attribute_type;
using stun::error_code;
using stun::method;
using support::bench;
using support::bytes;
using support::parsed;
using turn::allocation_state;
namespace event = turn::event;

namespace {

endpoint peer(std::uint8_t last) { return {address::v4(198, 51, 100, last), 7000}; }

/// The requests of a method in what was sent.
std::vector<bytes> sent(const bench& b, method m) {
  std::vector<bytes> out;
  for (const auto& s : b.log) {
    if (parsed(s.message).method() == m) out.push_back(s.message);
  }
  return out;
}

std::string value(const bytes& m, attribute_type type) {
  const auto raw = parsed(m).find(type);
  return raw ? vectors::to_hex(raw->value) : "absent";
}

}  // namespace

TEST_CASE("requests: every one shows the credentials, and the SOFTWARE and FINGERPRINT that were "
          "configured; indications prove nothing",
          "[turn][8656-5-a][8656-5-b][8656-5-d]") {
  auto config = support::turn_config();
  config.software = "test";
  config.fingerprint = true;
  bench b{config};
  b.allocate();
  REQUIRE(b.session.bind(peer(1)));
  b.run(10min);
  REQUIRE(b.session.permit(peer(2).address));
  b.settle();
  REQUIRE(b.send(peer(2), bytes(4)));
  const auto indication = parsed(b.last_message);
  CHECK(indication.cls() == stun::message_class::indication);
  CHECK(indication.get<stun::xor_peer_address>()->value == peer(2));
  CHECK_FALSE(indication.has<stun::username>());
  CHECK_FALSE(indication.find(stun::attribute_type::message_integrity));
  CHECK_FALSE(indication.find(stun::attribute_type::message_integrity_sha256));
  b.session.close(b.now);
  b.settle();
  std::size_t requests = 0;
  for (const auto& s : b.log) {
    const auto m = parsed(s.message);
    CHECK(m.get<stun::software>()->value == "test");
    CHECK(stun::check_fingerprint(m) == stun::fingerprint_state::right);
    if (++requests == 1) continue;
    CHECK(m.get<stun::username>()->value == "user");
    CHECK(stun::authenticate(
        m, stun::integrity_key{stun::long_term_md5_key("user", "example.org", "pass")}));
  }
  CHECK(requests > 6);
  CHECK(b.last<event::ended>()->why == turn::end_reason::closed);
}

TEST_CASE("requests: a server that offers it gets SHA-256 and no user name in the clear",
          "[turn][8489-9.2.3.2-b]") {
  bench b;
  b.server.modern = true;
  b.allocate();
  const auto last = parsed(b.log.back().message);
  CHECK_FALSE(last.has<stun::username>());
  CHECK(last.has<stun::userhash>());
  CHECK(last.find(attribute_type::message_integrity_sha256));
  REQUIRE(b.session.permit(peer(1).address));
  b.settle();
  CHECK(b.last<event::permitted>());
}

TEST_CASE("requests: over UDP they are repeated with the same bytes, on a stream sent once",
          "[turn][8656-7.1-k][8656-7.4-a][8489-6.2.2-a]") {
  bench b;
  b.lose_all = true;
  REQUIRE(b.session.start(b.now));
  b.run(39499ms);
  CHECK_FALSE(b.last<event::ended>());
  REQUIRE(b.log.size() == 7);
  for (const auto& s : b.log) CHECK(s.message == b.log[0].message);
  b.run(1ms);
  CHECK(b.last<event::ended>()->why == turn::end_reason::timeout);
  CHECK(b.log.size() == 7);
  CHECK_FALSE(b.session.next_timeout());

  auto config = support::turn_config();
  config.transport = turn::transport::tcp;
  bench stream{config};
  stream.lose_all = true;
  REQUIRE(stream.session.start(stream.now));
  stream.run(39499ms);
  CHECK(stream.log.size() == 1);
  CHECK_FALSE(stream.last<event::ended>());
  stream.run(1ms);
  CHECK(stream.last<event::ended>()->why == turn::end_reason::timeout);
}

TEST_CASE("requests: a paced session lets an Allocate after an answer wait for its slot",
          "[turn][8445-5.1.1.2-e]") {
  auto config = support::turn_config();
  config.paced = true;
  bench b{config};
  REQUIRE(b.session.start(b.now));
  CHECK_FALSE(b.session.wants_start());
  b.run(100ms);
  const auto begins = [&](unsigned count) {
    CHECK(b.server.count[method::allocate] == count);
    REQUIRE(b.session.wants_start());
    b.run(1s);
    CHECK(b.server.count[method::allocate] == count);
    b.session.start_next(b.now);
    CHECK_FALSE(b.session.wants_start());
    b.settle();
  };
  b.server.force(method::allocate, error_code::stale_nonce);
  b.server.force(method::allocate, error_code::server_error);
  begins(1);  // after the challenge
  begins(2);  // after the stale nonce
  begins(3);  // after the server's trouble
  CHECK(b.session.state() == turn::allocation_state::active);
  // What comes later is not gathering.
  REQUIRE(b.session.permit(peer(1).address));
  b.server.new_nonce();
  b.settle();
  CHECK(b.session.is_permitted(peer(1).address));
  b.session.start_next(b.now);
  CHECK(b.drain().empty());
}

TEST_CASE("requests: who closes a paced session before its slot has nothing to give back",
          "[turn]") {
  auto config = support::turn_config();
  config.paced = true;
  bench b{config};
  REQUIRE(b.session.start(b.now));
  b.settle();
  REQUIRE(b.session.wants_start());
  b.session.close(b.now);
  CHECK_FALSE(b.session.wants_start());
  CHECK(b.drain().empty());
  CHECK(b.last<event::ended>()->why == turn::end_reason::closed);
}

TEST_CASE("requests: options that can't go together are refused",
          "[turn][8656-7.1-e][6062-3-a][6062-4.1-a]") {
  auto config = support::turn_config();
  config.ask.reserve_next_port = true;
  CHECK(bench{config}.session.start({}).error() == errc::unsupported);
  config.ask = {.transport = turn::relay_transport::tcp};
  CHECK(bench{config}.session.start({}).error() == errc::unsupported);
  config.transport = turn::transport::dtls;
  CHECK(bench{config}.session.start({}).error() == errc::unsupported);
  config.transport = turn::transport::tls;
  bench b{config};
  CHECK(b.session.start({}));
  CHECK(b.session.start({}).error() == errc::session_closed);
}

TEST_CASE("requests: permissions that are wanted together are asked for together, without ports",
          "[turn][8656-10.1-a][8656-10.3-a]") {
  bench b;
  b.allocate();
  for (std::uint8_t i = 1; i <= 10; ++i) REQUIRE(b.session.permit(peer(i).address));
  b.settle();
  const auto requests = sent(b, method::create_permission);
  REQUIRE(requests.size() == 2);
  std::size_t peers = 0;
  for (const auto& r : requests) {
    const auto m = parsed(r);
    for (auto it = m.begin(); it != m.end(); ++it) {
      if (it->type != attribute_type::xor_peer_address) continue;
      CHECK(stun::xor_peer_address::decode(it->value, m.transaction())->value.port == 0);
      ++peers;
    }
  }
  CHECK(peers == 10);
  CHECK(b.count<event::permitted>() == 10);
  for (std::uint8_t i = 1; i <= 10; ++i) CHECK(b.session.is_permitted(peer(i).address));
}

TEST_CASE("requests: permissions are refreshed before their end, by requests and not by traffic",
          "[turn][8656-9-a][8656-10.1-c]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer(1).address));
  b.settle();
  CHECK(b.server.count[method::create_permission] == 1);
  b.run(239s);
  REQUIRE(b.send(peer(1), support::text("x")));
  CHECK(b.server.count[method::create_permission] == 1);
  b.run(1s);
  CHECK(b.server.count[method::create_permission] == 2);
}

TEST_CASE("requests: a ChannelBind has a number and a peer",
          "[turn][8656-12.1-a][8656-12.1-b][8656-12-b]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer(1)));
  b.settle();
  const auto first = sent(b, method::channel_bind);
  REQUIRE(first.size() == 1);
  CHECK(value(first[0], attribute_type::channel_number) == "40000000");
  CHECK(parsed(first[0]).get<stun::xor_peer_address>()->value == peer(1));
  b.run(599s);
  const auto again = sent(b, method::channel_bind);
  REQUIRE(again.size() == 2);
  CHECK(value(again[1], attribute_type::channel_number) == "40000000");
  b.run(1h);
  CHECK(b.session.has_channel(peer(1)));
  CHECK(b.server.complaints.empty());
}

TEST_CASE("requests: no more are under way than allowed, and the rest follow", "[turn]") {
  auto config = support::turn_config();
  config.limits.outstanding = 2;
  config.limits.channels = 6;
  bench b{config};
  b.allocate();
  for (std::uint8_t i = 1; i <= 6; ++i) REQUIRE(b.session.bind(peer(i)));
  b.session.handle_timeout(b.now);
  CHECK(b.drain().size() == 2);
  b.settle();
  b.run(1s);
  for (std::uint8_t i = 1; i <= 6; ++i) CHECK(b.session.has_channel(peer(i)));
}

TEST_CASE("requests: a buffer that is too small loses nothing", "[turn]") {
  bench b;
  REQUIRE(b.session.start(b.now));
  std::array<std::byte, 27> small{};
  CHECK_FALSE(b.session.poll_transmit(small));
  CHECK_FALSE(b.session.poll_transmit({}));
  CHECK(b.drain().size() == 1);
}

TEST_CASE("requests: Refresh says what lifetime is wanted, and has no ticket",
          "[turn][8656-8.1-c][8656-8.1-e][8016-3.2-b][8656-7.1-c]") {
  auto config = support::turn_config();
  config.ask.lifetime = 1200;
  config.ask.mobility = true;
  bench b{config};
  b.server.mobile = true;
  b.allocate();
  CHECK(value(b.log.back().message, attribute_type::lifetime) == "000004b0");
  b.run(540s);
  const auto refresh = sent(b, method::refresh);
  REQUIRE(refresh.size() == 1);
  CHECK(value(refresh[0], attribute_type::lifetime) == "000004b0");
  CHECK(value(refresh[0], attribute_type::mobility_ticket) == "absent");
  CHECK(b.log.back().to.local == support::turn_socket);
  CHECK(b.log.back().to.remote == b.server.at);
}

TEST_CASE("requests: nothing is allocated after construction", "[turn]") {
  support::counting_memory memory;
  bench b{support::turn_config(), &memory};
  const auto taken = memory.allocations;
  CHECK(taken > 0);
  b.allocate();
  for (std::uint8_t i = 1; i <= 40; ++i) (void)b.session.bind(peer(i)).has_value();
  b.run(20min);
  for (std::uint8_t i = 1; i <= 40; ++i) (void)b.send(peer(i), support::text("x")).has_value();
  b.session.close(b.now);
  b.settle();
  CHECK(memory.allocations == taken);
}

TEST_CASE("requests: two sessions with different entropy never share a transaction id",
          "[turn][ATK-C13]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer(1).address));
  b.run(10min);
  for (std::size_t i = 0; i < b.log.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      CHECK(parsed(b.log[i].message).transaction() != parsed(b.log[j].message).transaction());
    }
  }
}

TEST_CASE("requests: a round trip to the server says how long the next answer is waited for",
          "[turn][8489-6.2.1-f]") {
  bench b;
  REQUIRE(b.session.start(b.now));
  const auto first = b.drain();
  REQUIRE(first.size() == 1);
  const auto answers =
      b.server.take(b.now, support::client_at(support::turn_socket), first[0].message);
  REQUIRE(answers.size() == 1);
  b.now += 400ms;
  b.deliver(answers[0]);
  CHECK(b.drain().size() == 1);
  CHECK(b.session.next_timeout() == b.now + 1200ms);
}

TEST_CASE("requests: nothing is allocated for tickets after construction", "[turn]") {
  auto config = support::turn_config();
  config.ask.mobility = true;
  support::counting_memory memory;
  bench b{config, &memory};
  b.server.mobile = true;
  const auto taken = memory.allocations;
  b.allocate();
  for (std::uint32_t i = 0; i < 3; ++i) {
    REQUIRE(b.session.move(b.now, socket_id{21 + i}));
    b.settle();
    REQUIRE(b.session.route().local == socket_id{21 + i});
  }
  CHECK(memory.allocations == taken);
}

TEST_CASE("requests: one that waits to be sent is sent once, however long it waits", "[turn]") {
  bench b;
  REQUIRE(b.session.start(b.now));
  b.now += 500ms;
  b.session.handle_timeout(b.now);
  b.now += 1000ms;
  b.session.handle_timeout(b.now);
  CHECK(b.drain().size() == 1);
}

TEST_CASE("requests: one that is repeated is the same bytes, though a challenge came meanwhile",
          "[turn]") {
  bench b;
  b.server.open = true;
  b.allocate();
  const auto ask = [&](std::uint8_t last) {
    REQUIRE(b.session.permit(peer(last).address));
    b.session.handle_timeout(b.now);
    auto out = b.drain();
    REQUIRE(out.size() == 1);
    return out[0].message;
  };
  const auto lost = ask(1);
  const auto second = ask(2);
  CHECK_FALSE(parsed(lost).has<stun::username>());
  b.server.open = false;
  for (const auto& a : b.server.take(b.now, support::client_at(support::turn_socket), second)) {
    b.deliver(a);
  }
  b.settle();
  CHECK(b.session.is_permitted(peer(2).address));
  b.now += 500ms;
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 2);
  CHECK(out[0].message == lost);
  // Beside it: does the server answer at all?
  CHECK(parsed(out[1].message).method() == stun::method::binding);
}
