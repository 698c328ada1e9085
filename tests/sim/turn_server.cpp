#include "sim/turn_server.hpp"

#include "catch.hpp"
#include "floe/stun/long_term.hpp"

using namespace floe;
using namespace floe::sim;
using stun::error_code;
using stun::message_class;
using stun::method;

namespace {

const endpoint client{address::v4(198, 51, 100, 7), 5000};
const endpoint peer{address::v4(203, 0, 113, 9), 6000};
const address relay4 = address::v4(192, 0, 2, 10);
const address relay6 = address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10});
const endpoint peer6{address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9}),
                     6000};

using bytes = std::vector<std::byte>;

turn_config config() {
  return {.relays = {relay4, relay6}, .credentials = {.users = {{"ann", "secret"}}}};
}

/// A client in the hands of the test: what it says, and the answer.
struct desk {
  explicit desk(const turn_config& c = config(), std::string_view user = "ann",
                std::string_view password = "secret")
      : server{c, random_source{1}}, session{user, password, memory_ref{}} {}

  /// A request with attributes, protected once the server has asked for that.
  template <class... Attributes>
  bytes request(method m, const Attributes&... attributes) {
    bytes out(1500);
    stun::writer w{out, {m, message_class::request}, stun::transaction_id::random(entropy)};
    (w.add(attributes), ...);
    session.protect(w);
    out.resize(w.finish().value());
    return out;
  }

  /// Hands bytes to the server; its one output, or nothing.
  std::optional<turn_server::output> say(const bytes& what, const endpoint& from = client) {
    server.from_client(now, from, what);
    auto out = server.poll();
    CHECK_FALSE(server.poll().has_value());
    if (out && out->to_client) answer = out->bytes;
    return out;
  }

  [[nodiscard]] stun::message_view view() const {
    return stun::message_view::parse(answer).value();
  }

  /// Asks, once more after a challenge. Returns the error; nullopt for success.
  template <class... Attributes>
  std::optional<error_code> ask(method m, const Attributes&... attributes) {
    for (;;) {
      const bool is_protected = session.is_challenged();
      REQUIRE(say(request(m, attributes...)).has_value());
      if (view().cls() == message_class::success) {
        CHECK(session.prove(view()) == stun::proof::right);
        return std::nullopt;
      }
      const auto code = view().get<stun::error_code_attribute>()->code;
      const bool challenge = code == error_code::unauthenticated || code == error_code::stale_nonce;
      if (!challenge) CHECK(session.prove(view()) == stun::proof::right);
      if (!challenge ||
          session.take_challenge(view(), is_protected) != stun::challenge_decision::retry) {
        return code;
      }
    }
  }

  std::optional<error_code> allocate() {
    return ask(method::allocate, stun::requested_transport{stun::transport_udp});
  }

  [[nodiscard]] endpoint relayed() const { return view().get<stun::xor_relayed_address>()->value; }

  turn_server server;
  stun::long_term_session session;
  random_source entropy{2};
  time_point now = epoch;
  bytes answer;
};

bytes send_indication(const endpoint& to, std::string_view text) {
  bytes out(1500);
  out.resize(stun::writer{out, {method::send, message_class::indication}, {}}
                 .add(stun::xor_peer_address{to})
                 .add(stun::data{as_byte_view(text)})
                 .finish()
                 .value());
  return out;
}

std::string text_of(byte_view b) { return std::string{as_text(b)}; }

}  // namespace

TEST_CASE("turn_server: allocates for who knows the password, and says where it was seen",
          "[sim][turn]") {
  auto c = config();
  SECTION("MD5 and SHA-1") {}
  SECTION("SHA-256") { c.credentials.features = {.password_algorithms = true}; }
  SECTION("a hidden user name") {
    c.credentials.features = {.password_algorithms = true, .username_anonymity = true};
  }
  desk d{c};
  CHECK_FALSE(d.allocate().has_value());
  CHECK(d.relayed().address == relay4);
  CHECK(d.relayed().port >= 49152);
  CHECK(d.view().get<stun::xor_mapped_address>()->value == client);
  CHECK(d.view().get<stun::lifetime>()->value == 600);
  CHECK(d.server.allocations().size() == 1);
}

TEST_CASE("turn_server: a challenge first, and again when the nonce is old", "[sim][turn]") {
  desk d;
  REQUIRE(d.say(d.request(method::allocate)).has_value());
  CHECK(d.view().get<stun::error_code_attribute>()->code == error_code::unauthenticated);
  CHECK(d.view().get<stun::realm>()->value == "floe.example");
  CHECK(d.view().has<stun::nonce>());
  CHECK_FALSE(d.allocate().has_value());
  SECTION("by time") { d.now += 1h; }
  SECTION("on command") { d.server.expire_nonces(); }
  if (d.now != epoch) d.server.allocations().of_client(client)->until = d.now + 1min;
  REQUIRE(d.say(d.request(method::refresh)).has_value());
  CHECK(d.view().get<stun::error_code_attribute>()->code == error_code::stale_nonce);
  CHECK(d.session.take_challenge(d.view(), true) == stun::challenge_decision::retry);
  CHECK_FALSE(d.ask(method::refresh).has_value());
}

TEST_CASE("turn_server: the wrong password, the wrong user", "[sim][turn]") {
  desk wrong{config(), "ann", "guess"};
  CHECK(wrong.allocate() == error_code::unauthenticated);
  desk nobody{config(), "bob", "secret"};
  CHECK(nobody.allocate() == error_code::unauthenticated);

  auto c = config();
  c.credentials.users.push_back({"bob", "other"});
  desk d{c};
  REQUIRE_FALSE(d.allocate().has_value());
  stun::long_term_session bob{"bob", "other", memory_ref{}};
  d.server.expire_nonces();
  REQUIRE(d.say(d.request(method::refresh)).has_value());
  REQUIRE(bob.take_challenge(d.view(), false) == stun::challenge_decision::retry);
  bytes out(1500);
  stun::writer w{out, {method::refresh, message_class::request}, {}};
  bob.protect(w);
  out.resize(w.finish().value());
  REQUIRE(d.say(out).has_value());
  CHECK(d.view().get<stun::error_code_attribute>()->code == error_code::wrong_credentials);
}

TEST_CASE("turn_server: a repeated request gets the same answer, another Allocate 437",
          "[sim][turn]") {
  desk d;
  REQUIRE_FALSE(d.allocate().has_value());
  const auto first = d.request(method::allocate, stun::requested_transport{stun::transport_udp});
  REQUIRE(d.say(first).has_value());
  CHECK(d.view().get<stun::error_code_attribute>()->code == error_code::allocation_mismatch);
  const auto refresh = d.request(method::refresh, stun::lifetime{0});
  REQUIRE(d.say(refresh).has_value());
  const auto answer = d.answer;
  CHECK(d.view().cls() == message_class::success);
  REQUIRE(d.say(refresh).has_value());
  CHECK(d.answer == answer);
  CHECK(d.ask(method::refresh) == error_code::allocation_mismatch);
}

TEST_CASE("turn_server: what is wrong with an Allocate", "[sim][turn]") {
  const stun::requested_transport udp{stun::transport_udp};
  desk d;
  CHECK(d.ask(method::allocate) == error_code::bad_request);
  CHECK(d.ask(method::allocate, stun::requested_transport{stun::transport_tcp}) ==
        error_code::unsupported_transport_protocol);
  CHECK(d.ask(method::allocate, udp, stun::even_port{}, stun::reservation_token{}) ==
        error_code::bad_request);
  CHECK(d.ask(method::allocate, udp, stun::additional_address_family{family::ipv4}) ==
        error_code::bad_request);
  CHECK(d.ask(method::allocate, udp, stun::reservation_token{}) ==
        error_code::insufficient_capacity);
  CHECK(d.ask(method::allocate, udp, stun::connection_id{1}) == error_code::unknown_attribute);
  CHECK(d.view().get<stun::unknown_attributes>()->types.contains(
      stun::attribute_type::connection_id));

  auto c = config();
  c.relays = {relay4};
  c.quota = 0;
  desk poor{c};
  CHECK(poor.ask(method::allocate, udp, stun::requested_address_family{family::ipv6}) ==
        error_code::address_family_not_supported);
  CHECK(poor.allocate() == error_code::allocation_quota_reached);
}

TEST_CASE("turn_server: families, one, the other, both", "[sim][turn]") {
  const stun::requested_transport udp{stun::transport_udp};
  desk six;
  REQUIRE_FALSE(
      six.ask(method::allocate, udp, stun::requested_address_family{family::ipv6}).has_value());
  CHECK(six.relayed().address == relay6);

  desk both;
  REQUIRE_FALSE(
      both.ask(method::allocate, udp, stun::additional_address_family{family::ipv6}).has_value());
  CHECK(both.server.allocations().size() == 2);
  CHECK_FALSE(both.view().has<stun::address_error_code>());
  CHECK_FALSE(both.ask(method::create_permission, stun::xor_peer_address{peer},
                       stun::xor_peer_address{peer6})
                  .has_value());
  CHECK_FALSE(
      both.ask(method::refresh, stun::requested_address_family{family::ipv6}, stun::lifetime{0})
          .has_value());
  CHECK(both.server.allocations().size() == 1);
  CHECK(both.ask(method::refresh, stun::requested_address_family{family::ipv6}) ==
        error_code::peer_address_family_mismatch);

  auto c = config();
  c.relays = {relay4};
  desk half{c};
  REQUIRE_FALSE(
      half.ask(method::allocate, udp, stun::additional_address_family{family::ipv6}).has_value());
  CHECK(half.view().get<stun::address_error_code>()->family == family::ipv6);
}

TEST_CASE("turn_server: an even port, and the next one kept for a token", "[sim][turn]") {
  const stun::requested_transport udp{stun::transport_udp};
  desk d;
  REQUIRE_FALSE(d.ask(method::allocate, udp, stun::even_port{true}).has_value());
  const auto first = d.relayed();
  CHECK(first.port % 2 == 0);
  const auto token = d.view().get<stun::reservation_token>().value();
  const endpoint second{client.address, 5001};
  REQUIRE(d.say(d.request(method::allocate, udp, token), second).has_value());
  CHECK(d.relayed() == endpoint{relay4, static_cast<std::uint16_t>(first.port + 1)});
}

TEST_CASE("turn_server: lifetimes are asked for, bounded, and kept", "[sim][turn]") {
  desk d;
  REQUIRE_FALSE(d.allocate().has_value());
  CHECK(d.server.next_timeout() == epoch + 10min);
  REQUIRE_FALSE(d.ask(method::refresh, stun::lifetime{1200}).has_value());
  CHECK(d.view().get<stun::lifetime>()->value == 1200);
  REQUIRE_FALSE(d.ask(method::refresh, stun::lifetime{1}).has_value());
  CHECK(d.view().get<stun::lifetime>()->value == 600);
  REQUIRE_FALSE(d.ask(method::refresh, stun::lifetime{0xffffffff}).has_value());
  CHECK(d.view().get<stun::lifetime>()->value == 3600);
  d.now += 59min;
  d.server.handle_timeout(d.now);
  CHECK(d.server.allocations().size() == 1);
  d.now += 1min;
  d.server.handle_timeout(d.now);
  CHECK(d.server.allocations().size() == 0);
}

TEST_CASE("turn_server: data passes both ways where a permission is, for as long as it lives",
          "[sim][turn]") {
  desk d;
  REQUIRE_FALSE(d.allocate().has_value());
  const auto relayed = d.relayed();
  CHECK_FALSE(d.say(send_indication(peer, "early")).has_value());
  REQUIRE_FALSE(d.ask(method::create_permission, stun::xor_peer_address{peer}).has_value());
  const auto out = d.say(send_indication(peer, "hello"));
  REQUIRE(out.has_value());
  CHECK_FALSE(out->to_client);
  CHECK(out->from == relayed);
  CHECK(out->to == peer);
  CHECK(text_of(out->bytes) == "hello");

  const auto comes_in = [&](const endpoint& from) {
    d.server.from_peer(d.now, relayed, from, as_byte_view("back"));
    auto in = d.server.poll();
    if (in) d.answer = in->bytes;
    return in.has_value();
  };
  CHECK(comes_in(peer));
  CHECK(d.view().method() == method::data);
  CHECK(d.view().get<stun::xor_peer_address>()->value == peer);
  CHECK(text_of(d.view().get<stun::data>()->value) == "back");
  CHECK(comes_in({peer.address, 1}));  // a permission is for all ports
  CHECK_FALSE(comes_in({address::v4(203, 0, 113, 10), peer.port}));
  d.now += 299s;
  CHECK(comes_in(peer));
  d.now += 1s;
  CHECK_FALSE(comes_in(peer));
}

TEST_CASE("turn_server: a channel carries data with four bytes, and permits", "[sim][turn]") {
  desk d;
  REQUIRE_FALSE(d.allocate().has_value());
  const auto relayed = d.relayed();
  const auto bind = [&](std::uint16_t number, const endpoint& to) {
    return d.ask(method::channel_bind, stun::channel_number{number}, stun::xor_peer_address{to});
  };
  REQUIRE_FALSE(bind(0x4000, peer).has_value());
  CHECK_FALSE(bind(0x4000, peer).has_value());
  CHECK(bind(0x4000, {peer.address, 1}) == error_code::bad_request);
  CHECK(bind(0x4001, peer) == error_code::bad_request);
  CHECK(bind(0x3fff, {peer.address, 1}) == error_code::bad_request);
  CHECK(bind(0x5000, {peer.address, 1}) == error_code::bad_request);
  CHECK(bind(0x4001, peer6) == error_code::peer_address_family_mismatch);

  const bytes framed{std::byte{0x40}, std::byte{0},   std::byte{0},
                     std::byte{2},    std::byte{'h'}, std::byte{'i'}};
  const auto out = d.say(framed);
  REQUIRE(out.has_value());
  CHECK(out->to == peer);
  CHECK(text_of(out->bytes) == "hi");
  CHECK_FALSE(d.say({framed.begin(), framed.begin() + 5}).has_value());

  d.server.from_peer(d.now, relayed, peer, as_byte_view("hi"));
  CHECK(d.server.poll()->bytes == framed);
  d.now += 5min;
  d.server.from_peer(d.now, relayed, peer, as_byte_view("hi"));
  CHECK_FALSE(d.server.poll().has_value());  // the permission is gone, the channel is not
}

TEST_CASE("turn_server: what needs an allocation or a decent peer", "[sim][turn]") {
  desk d;
  CHECK(d.ask(method::refresh) == error_code::allocation_mismatch);
  CHECK(d.ask(method::create_permission, stun::xor_peer_address{peer}) ==
        error_code::allocation_mismatch);
  CHECK(d.ask(method::channel_bind, stun::channel_number{0x4000}, stun::xor_peer_address{peer}) ==
        error_code::allocation_mismatch);
  REQUIRE_FALSE(d.allocate().has_value());
  CHECK(d.ask(method::create_permission) == error_code::bad_request);
  CHECK(d.ask(method::create_permission, stun::xor_peer_address{peer6}) ==
        error_code::peer_address_family_mismatch);
  d.server.forbidden_peers = {peer.address};
  CHECK(d.ask(method::create_permission, stun::xor_peer_address{peer}) == error_code::forbidden);
  CHECK(d.ask(method::connect) == error_code::bad_request);
}

TEST_CASE("turn_server: faults on command", "[sim][turn]") {
  desk d;
  d.server.refuse(method::allocate, error_code::insufficient_capacity, 2);
  CHECK(d.allocate() == error_code::insufficient_capacity);
  CHECK(d.allocate() == error_code::insufficient_capacity);
  CHECK_FALSE(d.allocate().has_value());
  d.server.restart();
  CHECK(d.server.allocations().size() == 0);
  CHECK(d.ask(method::refresh) == error_code::allocation_mismatch);
  d.server.redirect(peer);
  CHECK(d.allocate() == error_code::try_alternate);
  CHECK(d.view().get<stun::alternate_server>()->value == peer);
  d.server.silent = true;
  CHECK_FALSE(d.say(d.request(method::allocate)).has_value());
}

TEST_CASE("turn_server: answers Binding requests, and nothing that makes no sense", "[sim][turn]") {
  desk d;
  REQUIRE(d.say(d.request(method::binding)).has_value());
  CHECK(d.view().get<stun::xor_mapped_address>()->value == client);
  CHECK_FALSE(d.say({}).has_value());
  CHECK_FALSE(d.say(bytes(19)).has_value());
  CHECK_FALSE(d.say(bytes(3, std::byte{0x40})).has_value());
}
