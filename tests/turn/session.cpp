#include "floe/turn/session.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "catch.hpp"
#include "turn/bench.hpp"

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
namespace event = turn::event;

namespace {

const endpoint peer{address::v4(198, 51, 100, 20), 7000};

}  // namespace

TEST_CASE("session: the first Allocate carries no credentials, the second all of them",
          "[turn][8656-7.1-j][8656-7.4-d][8656-7.3-d][8656-7.1-a]") {
  bench b;
  b.allocate();
  REQUIRE(b.log.size() == 2);
  const auto first = parsed(b.log[0].message);
  CHECK_FALSE(first.has<stun::username>());
  CHECK_FALSE(first.find(stun::attribute_type::message_integrity));
  CHECK(first.get<stun::requested_transport>()->value == 17);
  const auto second = parsed(b.log[1].message);
  CHECK(second.get<stun::username>()->value == "user");
  CHECK(second.get<stun::realm>()->value == "example.org");
  CHECK(second.get<stun::nonce>()->value == "nonce-1");
  CHECK(second.transaction() != first.transaction());
  const auto granted = b.last<event::allocated>();
  REQUIRE(granted);
  CHECK(granted->grant.relayed_v4 == endpoint{address::v4(203, 0, 113, 9), 50001});
  CHECK(granted->grant.mapped == b.server.mapped);
  CHECK(b.server.complaints.empty());
}

TEST_CASE("session: data goes by Send until a channel stands, then by ChannelData",
          "[turn][8656-12.1-c][8656-11.1-a][8656-12.4-a][8656-11.4-c][8656-12.6-c]") {
  bench b;
  b.allocate();
  CHECK(b.send(peer, text("early")).error() == errc::permission_pending);
  b.settle();
  CHECK(b.last<event::permitted>()->address == peer.address);
  for (int i = 0; i < 4; ++i) {
    REQUIRE(b.send(peer, text("hello")));
    CHECK(parsed(b.last_message).method() == method::send);
  }
  b.settle();
  CHECK(b.last<event::channel_bound>()->number == 0x4000);
  REQUIRE(b.send(peer, text("hello")));
  CHECK(b.last_message.size() == 9);
  CHECK(b.server.to_peers.size() == 5);
  for (const auto& [to, payload] : b.server.to_peers) {
    CHECK(to == peer);
    CHECK(payload == text("hello"));
  }
  b.deliver(
      *b.server.from_peer(b.now, support::client_at(support::turn_socket), peer, text("back")));
  REQUIRE(b.received.size() == 1);
  CHECK(b.received[0] == std::pair{peer, text("back")});
  CHECK(b.server.complaints.empty());
}

TEST_CASE("session: an hour of calm keeps everything", "[turn][8656-8.1-a]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.run(1h);
  CHECK(b.session.has_channel(peer));
  CHECK(b.session.is_permitted(peer.address));
  CHECK_FALSE(b.last<event::ended>());
  CHECK(b.count<event::permitted>() == 1);
  CHECK(b.server.complaints.empty());
  CHECK(b.server.count[method::refresh] == 6);
}

TEST_CASE("session: what the host does not say is one that serves most", "[turn]") {
  const turn::session_limits limits;
  CHECK(limits.permissions == 32);
  CHECK(limits.channels == 32);
  CHECK(limits.connections == 4);
  CHECK(limits.outstanding == 8);
  CHECK(limits.events == 32);
  CHECK(limits.stream_frame == 4 + 65535);
  const turn::session_config config;
  CHECK(config.transport == turn::transport::udp);
  CHECK_FALSE(config.fingerprint);
  CHECK(config.follow_alternate);
  CHECK_FALSE(config.special_peers);
  CHECK(config.bind_after == 4);
  CHECK(config.peers_per_request == 8);
  CHECK(config.patience == 5s);
  CHECK(turn::wrapped{}.offset == 0);
}

TEST_CASE("session: TCP and TLS are streams", "[turn]") {
  CHECK(turn::is_stream(turn::transport::tcp));
  CHECK(turn::is_stream(turn::transport::tls));
  CHECK_FALSE(turn::is_stream(turn::transport::udp));
  CHECK_FALSE(turn::is_stream(turn::transport::dtls));
}

TEST_CASE("session: a channel is there when the server has said so", "[turn][8656-12.1-c]") {
  bench b;
  b.allocate();
  CHECK_FALSE(b.session.has_channel(peer));
  b.lose_all = true;
  REQUIRE(b.session.bind(peer));
  b.settle();
  CHECK_FALSE(b.session.has_channel(peer));
  b.lose_all = false;
  b.run(1s);
  CHECK(b.session.has_channel(peer));
}

TEST_CASE("session: so many requests are under way, and the next when one ends",
          "[turn][8489-6.2-a]") {
  auto config = support::turn_config();
  config.limits.outstanding = 3;
  bench b{config};
  b.allocate();
  b.lose_all = true;
  for (std::uint8_t i = 1; i <= 9; ++i) {
    REQUIRE(b.session.bind({address::v4(198, 51, 100, i), 7000}));
  }
  const auto before = b.log.size();
  b.settle();
  REQUIRE(b.log.size() - before == 3);
  const auto& first = b.log[before];
  const auto answers = b.server.take(b.now, support::client_at(first.to.local), first.message);
  CHECK_FALSE(b.deliver(answers.at(0)));
  CHECK(b.drain().size() == 1);
}

TEST_CASE("session: three redirections are followed, a fourth is not", "[turn][8656-7.4-b]") {
  bench b;
  b.server.open = true;
  REQUIRE(b.session.start(b.now));
  for (std::uint8_t i = 1; i <= 4; ++i) {
    const auto out = b.drain();
    REQUIRE(out.size() == 1);
    CHECK(out[0].to.remote == b.server.at);
    const endpoint next{address::v4(192, 0, 2, static_cast<std::uint8_t>(100 + i)), 3478};
    b.deliver(b.server.answer(out[0].message, message_class::error, [&](stun::writer& w) {
      w.add(stun::error_code_attribute{error_code::try_alternate})
          .add(stun::alternate_server{next});
    }));
    b.server.at = next;
  }
  CHECK(b.drain().empty());
  REQUIRE(b.last<event::ended>());
  CHECK(b.last<event::ended>()->said->code == error_code::try_alternate);
}

TEST_CASE("session: a peer that was refused may be asked for again after a minute", "[turn]") {
  bench b;
  b.allocate();
  b.server.force(method::create_permission, error_code::forbidden);
  REQUIRE(b.session.permit(peer.address));
  b.settle();
  REQUIRE(b.last<event::permission_refused>());
  REQUIRE(b.session.permit(peer.address));
  b.run(59s);
  CHECK(b.server.count[method::create_permission] == 1);
  b.run(1s);
  CHECK(b.server.count[method::create_permission] == 2);
  CHECK(b.session.is_permitted(peer.address));
}

TEST_CASE("session: a ticket is kept when it was asked for and is of a sane size", "[turn]") {
  const auto can_move = [](bool asked, std::optional<std::size_t> size) {
    auto config = support::turn_config();
    config.ask.mobility = asked;
    bench b{config};
    b.server.open = true;
    REQUIRE(b.session.start(b.now));
    const auto out = b.drain();
    REQUIRE(out.size() == 1);
    const bytes ticket(size.value_or(0), std::byte{7});
    b.deliver(b.server.answer(out[0].message, message_class::success, [&](stun::writer& w) {
      w.add(stun::xor_relayed_address{{address::v4(203, 0, 113, 9), 50000}})
          .add(stun::xor_mapped_address{b.server.mapped})
          .add(stun::lifetime{600});
      if (size) w.add(stun::mobility_ticket{ticket});
    }));
    b.drain();
    REQUIRE(b.session.state() == allocation_state::active);
    return b.session.move(b.now, socket_id{21}).has_value();
  };
  CHECK(can_move(true, 11));
  CHECK(can_move(true, 1024));
  CHECK_FALSE(can_move(true, 1025));
  CHECK_FALSE(can_move(true, std::nullopt));
  CHECK_FALSE(can_move(true, 0));
  CHECK_FALSE(can_move(false, 11));
}
