#include "floe/turn/session_responses.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "turn/bench.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::attribute_type;
using stun::message_class;
using stun::method;
using support::bench;
using support::bytes;
using support::parsed;
using turn::allocation_state;
using turn::end_reason;
namespace event = turn::event;

namespace {

endpoint peer(std::uint8_t last) { return {address::v4(198, 51, 100, last), 7000}; }

turn::session_config config_with(const turn::allocate_options& ask) {
  auto config = support::turn_config();
  config.ask = ask;
  return config;
}

}  // namespace

TEST_CASE("responses: both families, or one and an error",
          "[turn][8656-7.3-c][8656-7.4-h][8656-7.1-f][8656-8.1-d]") {
  bench two{config_with({.family = turn::relay_family::both})};
  two.allocate();
  CHECK(two.session.granted()->relayed_v4);
  CHECK(two.session.granted()->relayed_v6);
  const address v6 = address::v6({0x20, 0x01, 0x0d, 0xb8, 1});
  REQUIRE(two.session.permit(v6));
  REQUIRE(two.session.permit(peer(1).address));
  two.settle();
  CHECK(two.session.is_permitted(v6));
  REQUIRE(two.session.release(two.now, family::ipv6));
  two.settle();
  const auto refresh = parsed(two.log.back().message);
  CHECK(refresh.get<stun::requested_address_family>()->value == family::ipv6);
  CHECK(refresh.get<stun::lifetime>()->value == 0);
  CHECK(two.session.state() == allocation_state::active);
  CHECK(two.session.permit(v6).error() == errc::unusable_address);
  CHECK(two.session.release(two.now, family::ipv4).error() == errc::no_path);

  bench one{config_with({.family = turn::relay_family::both})};
  one.server.dual_ipv6 = false;
  REQUIRE(one.session.permit(v6));
  one.allocate();
  one.settle();
  CHECK(one.session.granted()->relayed_v4);
  CHECK(one.last<event::allocated>()->grant.refused_family->family == family::ipv6);
  CHECK(one.last<event::permission_refused>()->address == v6);
  CHECK(one.session.permit(v6).error() == errc::unusable_address);
}

TEST_CASE("responses: a grant of no use is given back and reported",
          "[turn][8656-7.3-b][ATK-E10]") {
  bench b{config_with({.family = turn::relay_family::ipv6})};
  REQUIRE(b.session.start(b.now));
  auto out = b.drain();
  for (const auto& a : b.server.take(b.now, support::turn_client, out[0].message)) b.deliver(a);
  out = b.drain();
  REQUIRE(out.size() == 1);
  b.deliver(b.server.answer(out[0].message, message_class::success, [&](stun::writer& w) {
    w.add(stun::xor_relayed_address{{address::v4(203, 0, 113, 9), 1}})
        .add(stun::xor_mapped_address{b.server.mapped})
        .add(stun::lifetime{600});
  }));
  out = b.drain();
  REQUIRE(out.size() == 1);
  CHECK(parsed(out[0].message).method() == method::refresh);
  CHECK(parsed(out[0].message).get<stun::lifetime>()->value == 0);
  CHECK(b.last<event::ended>()->why == end_reason::unusable_answer);
  CHECK_FALSE(b.last<event::allocated>());
  b.deliver(b.server.answer(out[0].message, message_class::success, {}));
  b.run(1min);
  CHECK(b.log.size() == 3);
}

TEST_CASE("responses: strange lifetimes make no strange client",
          "[turn][ATK-E07][8656-7.3-e][8656-8.3-a]") {
  for (const std::uint32_t lifetime : {1U, 2U, 3600U, 0xffffffffU}) {
    CAPTURE(lifetime);
    bench b;
    b.server.lifetime = lifetime;
    b.allocate();
    const auto before = b.log.size();
    b.run(lifetime < 10 ? 10s : 2h);
    CHECK(b.session.state() == allocation_state::active);
    CHECK(b.log.size() > before);
    CHECK(b.log.size() < before + 25);
  }
  bench zero;
  zero.server.lifetime = 0;
  REQUIRE(zero.session.start(zero.now));
  zero.settle();
  CHECK(zero.last<event::ended>()->why == end_reason::unusable_answer);

  bench later;
  later.allocate();
  later.server.lifetime = 0;
  later.run(541s);
  CHECK(later.last<event::ended>()->why == end_reason::forgotten);
}

TEST_CASE("responses: a required attribute that nobody knows spoils a response", "[turn]") {
  bench b;
  REQUIRE(b.session.start(b.now));
  const auto out = b.drain();
  b.deliver(b.server.answer(
      out[0].message, message_class::success,
      [&](stun::writer& w) {
        w.add(stun::number_attribute<attribute_type{0x7777}, std::uint32_t>{1});
      },
      false));
  b.settle();
  CHECK(b.last<event::ended>()->why == end_reason::unusable_answer);
}

TEST_CASE("responses: a second port that is kept comes with its token",
          "[turn][8656-7.3-f][8656-7.1-g]") {
  bench b{config_with({.even_port = true, .reserve_next_port = true})};
  b.allocate();
  REQUIRE(b.session.granted()->reservation);
  bench second{config_with({.reservation = b.session.granted()->reservation})};
  second.allocate();
  CHECK(parsed(second.log.back().message).get<stun::reservation_token>()->value ==
        *b.session.granted()->reservation);
}

TEST_CASE("responses: a channel is a permission, too", "[turn][8656-12.3-a]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer(1).address));
  b.settle();
  b.run(200s);
  REQUIRE(b.session.bind(peer(1)));
  b.settle();
  REQUIRE(b.session.has_channel(peer(1)));
  CHECK(b.count<event::permitted>() == 1);
  b.run(239s);
  CHECK(b.server.count[method::create_permission] == 1);
  b.run(1s);
  CHECK(b.server.count[method::create_permission] == 2);
}

TEST_CASE("responses: an address that was given back takes its peers along, and no others",
          "[turn][8656-8.1-d]") {
  bench b{config_with({.family = turn::relay_family::both})};
  b.allocate();
  const endpoint v6{address::v6({0x20, 0x01, 0x0d, 0xb8, 1}), 7000};
  REQUIRE(b.session.bind(v6));
  REQUIRE(b.session.bind(peer(1)));
  b.settle();
  REQUIRE(b.session.has_channel(v6));
  b.session.forbid(peer(1).address);
  REQUIRE(b.session.bind(peer(1)));
  REQUIRE(b.session.release(b.now, family::ipv6));
  b.settle();
  CHECK(b.count<event::permission_refused>() == 1);
  CHECK(b.last<event::permission_refused>()->address == v6.address);
  b.run(11min);
  CHECK_FALSE(b.session.has_channel(v6));
  CHECK_FALSE(b.session.is_permitted(v6.address));
  CHECK(b.session.has_channel(peer(1)));
}

TEST_CASE("responses: an allocation that lasts no time is none to give back", "[turn][ATK-E10]") {
  bench b;
  b.server.lifetime = 0;
  REQUIRE(b.session.start(b.now));
  b.settle();
  REQUIRE(b.last<event::ended>());
  CHECK(b.last<event::ended>()->why == end_reason::unusable_answer);
  CHECK(b.server.count[method::refresh] == 0);
}

TEST_CASE("responses: a ChannelBind makes the permission stand that was refused alone", "[turn]") {
  bench b;
  b.allocate();
  b.server.force(method::create_permission, stun::error_code::forbidden);
  REQUIRE(b.session.bind(peer(1)));
  b.settle();
  REQUIRE(b.session.has_channel(peer(1)));
  CHECK(b.session.is_permitted(peer(1).address));
  CHECK(b.count<event::permitted>() == 1);
}

TEST_CASE("responses: a permission that is asked for is for its own answer to say", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer(1)));
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 2);
  const auto client = support::client_at(support::turn_socket);
  for (std::size_t i = 2; i-- > 0;) {
    CHECK_FALSE(b.session.is_permitted(peer(1).address));
    for (const auto& a : b.server.take(b.now, client, out[i].message)) b.deliver(a);
    CHECK(b.session.has_channel(peer(1)));
  }
  b.drain();
  CHECK(b.session.is_permitted(peer(1).address));
  CHECK(b.count<event::permitted>() == 1);
}
