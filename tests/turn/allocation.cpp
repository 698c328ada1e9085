#include "floe/turn/allocation.hpp"

#include <array>
#include <functional>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "support/grid.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using stun::attribute_type;
using turn::allocate_options;
using turn::allocation_event;
using turn::allocation_state;
using turn::grant_fault;
using turn::relay_family;
using turn::relay_transport;

namespace {

std::string_view name(allocation_state state) {
  switch (state) {
    case allocation_state::idle: return "idle";
    case allocation_state::requested: return "requested";
    case allocation_state::waiting: return "waiting";
    case allocation_state::active: return "active";
    case allocation_state::releasing: return "releasing";
    case allocation_state::ended: return "ended";
  }
  return "?";
}

std::string_view name(allocation_event event) {
  switch (event) {
    case allocation_event::asked: return "asked";
    case allocation_event::granted: return "granted";
    case allocation_event::put_off: return "put_off";
    case allocation_event::lost: return "lost";
    case allocation_event::closed: return "closed";
    case allocation_event::released: return "released";
  }
  return "?";
}

using bytes = std::vector<std::byte>;

bytes message(stun::message_class cls, const std::function<void(stun::writer&)>& more) {
  bytes out(1000);
  stun::writer w{out, {stun::method::allocate, cls}, {}};
  more(w);
  out.resize(w.finish().value());
  return out;
}

bytes request(const allocate_options& o) {
  return message(stun::message_class::request, [&](stun::writer& w) { turn::write(w, o); });
}

std::string value(const bytes& m, attribute_type type) {
  const auto raw = stun::message_view::parse(m).value().find(type);
  return raw ? vectors::to_hex(raw->value) : "absent";
}

const endpoint server{address::v4(192, 0, 2, 15), 3478};
const endpoint relay_v4{address::v4(203, 0, 113, 9), 50000};
const endpoint relay_v6{address::v6({0x20, 0x01, 0x0d, 0xb8}), 50000};
const endpoint mapped{address::v4(198, 51, 100, 7), 40000};

struct answer {
  std::vector<endpoint> relayed{relay_v4};
  bool has_mapped = true;
  std::optional<std::uint32_t> lifetime = 600;
  std::function<void(stun::writer&)> more = [](stun::writer&) {};
};

result<turn::grant, grant_fault> read(const answer& a, const allocate_options& asked = {}) {
  const auto m = message(stun::message_class::success, [&](stun::writer& w) {
    for (const auto& e : a.relayed) w.add(stun::xor_relayed_address{e});
    if (a.has_mapped) w.add(stun::xor_mapped_address{mapped});
    if (a.lifetime) w.add(stun::lifetime{*a.lifetime});
    a.more(w);
  });
  return turn::read_grant(stun::message_view::parse(m).value(), asked, server);
}

}  // namespace

TEST_CASE("allocation: what every event does to every state", "[turn]") {
  const auto table = support::grid(
      "allocation", turn::allocation_states, turn::allocation_events,
      [](auto what) { return name(what); },
      [](allocation_state from, allocation_event on) { return turn::next(from, on); });
  support::check_grid(table, "tests/turn/allocation.grid");
}

TEST_CASE("allocation: every rule changes something and names its section", "[turn]") {
  for (const auto& rule : turn::allocation_rules) {
    CAPTURE(name(rule.from), name(rule.on));
    CHECK(rule.from != rule.to);
    CHECK_FALSE(rule.section.empty());
  }
}

TEST_CASE("allocation: each option is an attribute with the bytes of its RFC",
          "[turn][8656-7.1-a][8656-7.1-c][8656-7.1-d][8656-7.1-f][8656-7.1-g][8656-7.1-h]"
          "[8656-7.1-i][6062-4.1-a][8016-3.1-a]") {
  const auto plain = request({});
  CHECK(value(plain, attribute_type::requested_transport) == "11000000");
  CHECK(value(plain, attribute_type::requested_address_family) == "absent");
  CHECK(value(plain, attribute_type::lifetime) == "absent");
  CHECK(plain.size() == 20 + 8);
  CHECK(value(request({.transport = relay_transport::tcp}), attribute_type::requested_transport) ==
        "06000000");
  CHECK(value(request({.lifetime = 1800}), attribute_type::lifetime) == "00000708");
  CHECK(value(request({.family = relay_family::ipv6}), attribute_type::requested_address_family) ==
        "02000000");
  const auto both = request({.family = relay_family::both});
  CHECK(value(both, attribute_type::additional_address_family) == "02000000");
  CHECK(value(both, attribute_type::requested_address_family) == "absent");
  CHECK(value(request({.even_port = true}), attribute_type::even_port) == "00");
  CHECK(value(request({.even_port = true, .reserve_next_port = true}), attribute_type::even_port) ==
        "80");
  CHECK(value(request({.dont_fragment = true}), attribute_type::dont_fragment).empty());
  CHECK(value(request({.mobility = true}), attribute_type::mobility_ticket).empty());
  std::array<std::byte, 8> token{};
  token[7] = std::byte{9};
  CHECK(value(request({.reservation = token}), attribute_type::reservation_token) ==
        "0000000000000009");
}

TEST_CASE("allocation: a 420 takes away what it names, if all of that can be done without",
          "[turn][8656-7.1-i][8656-7.4-f]") {
  stun::attribute_list df;
  df.insert(attribute_type::dont_fragment);
  const allocate_options asked{.even_port = true, .dont_fragment = true, .mobility = true};
  const auto less = turn::without(asked, df);
  REQUIRE(less);
  CHECK(*less == allocate_options{.even_port = true, .mobility = true});
  CHECK_FALSE(turn::without(*less, df));
  CHECK_FALSE(turn::without(asked, {}));
  auto transport_too = df;
  transport_too.insert(attribute_type::requested_transport);
  CHECK_FALSE(turn::without(asked, transport_too));
  stun::attribute_list rest;
  rest.insert(attribute_type::even_port);
  rest.insert(attribute_type::mobility_ticket);
  rest.insert(attribute_type::reservation_token);
  CHECK(*turn::without(asked, rest) == allocate_options{.dont_fragment = true});
}

TEST_CASE("allocation: a full server is asked for any port", "[turn][8656-7.4-l]") {
  const allocate_options asked{.even_port = true, .reserve_next_port = true, .lifetime = 60};
  CHECK(*turn::without_port_wishes(asked) == allocate_options{.lifetime = 60});
  CHECK_FALSE(turn::without_port_wishes({.dont_fragment = true}));
}

TEST_CASE("allocation: a grant needs a relayed and a mapped address and a lifetime",
          "[turn][8656-7.3-a][8656-7.3-d][8656-7.3-f]") {
  const auto whole =
      read({.more = [](stun::writer& w) { w.add(stun::reservation_token{{std::byte{1}}}); }});
  REQUIRE(whole);
  CHECK(whole->relayed_v4 == relay_v4);
  CHECK_FALSE(whole->relayed_v6);
  CHECK(whole->mapped == mapped);
  CHECK(whole->lifetime == 600);
  CHECK(whole->reservation);
  CHECK(read({.relayed = {}}).error() == grant_fault::incomplete);
  CHECK(read({.has_mapped = false}).error() == grant_fault::incomplete);
  CHECK(read({.lifetime = {}}).error() == grant_fault::incomplete);
  CHECK(read({.lifetime = 0}).error() == grant_fault::zero_lifetime);
}

TEST_CASE("allocation: the relay has the family that was asked for",
          "[turn][8656-7.3-b][ATK-E10]") {
  CHECK(read({}, {.family = relay_family::ipv6}).error() == grant_fault::wrong_family);
  CHECK(read({.relayed = {relay_v6}}).error() == grant_fault::wrong_family);
  CHECK(read({.relayed = {relay_v4, relay_v6}}).error() == grant_fault::wrong_family);
  CHECK(read({.relayed = {relay_v6}}, {.family = relay_family::ipv6}));
}

TEST_CASE("allocation: two addresses, or one and the reason for the other",
          "[turn][8656-7.3-c][8656-7.4-m][8656-7.4-h]") {
  const allocate_options both{.family = relay_family::both};
  const auto two = read({.relayed = {relay_v4, relay_v6}}, both);
  REQUIRE(two);
  CHECK(two->relayed_v4 == relay_v4);
  CHECK(two->relayed_v6 == relay_v6);
  const auto one = read({.more =
                             [](stun::writer& w) {
                               w.add(stun::bytes_attribute<attribute_type::address_error_code>{
                                   vectors::unhex("02000428")});
                             }},
                        both);
  REQUIRE(one);
  REQUIRE(one->refused_family);
  CHECK(one->refused_family->family == family::ipv6);
  CHECK(one->refused_family->code == stun::error_code::address_family_not_supported);
}

TEST_CASE("allocation: a relay that can't be one is none", "[turn][ATK-E10][ATK-E17]") {
  const endpoint none{address::v4(0, 0, 0, 0), 0};
  CHECK(read({.relayed = {none}}).error() == grant_fault::incomplete);
  CHECK(read({.relayed = {none, relay_v6}}, {.family = relay_family::ipv6})->relayed_v6 ==
        relay_v6);
  CHECK_FALSE(read({.relayed = {none, relay_v6}}, {.family = relay_family::both})->relayed_v4);
  for (const auto& bad : {server, endpoint{address::v4(0, 0, 0, 0), 1},
                          endpoint{relay_v4.address, 0}, endpoint{address::v4(224, 0, 0, 1), 1}}) {
    CHECK(read({.relayed = {bad}}).error() == grant_fault::bad_address);
  }
  CHECK(read({.more = [](stun::writer& w) {
          w.add(stun::bytes_attribute<attribute_type::xor_relayed_address>{vectors::unhex("0001")});
        }}).error() == grant_fault::incomplete);
}

TEST_CASE("allocation: a reservation that a server does not know, or has no port for, is given up",
          "[turn][8656-7.4-l]") {
  allocate_options asked{.dont_fragment = true};
  asked.reservation.emplace();
  stun::attribute_list unknown;
  unknown.insert(attribute_type::reservation_token);
  CHECK(turn::without(asked, unknown) == allocate_options{.dont_fragment = true});
  CHECK(turn::without_port_wishes(asked) == allocate_options{.dont_fragment = true});
  CHECK(turn::grant{}.lifetime == 0);
}
