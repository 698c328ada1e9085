// Who is trusted with what: insiders who forge, observers who repeat, servers that lie, hosts that
// are careless.

#include <array>
#include <chrono>
#include <string>
#include <vector>

#include "catch.hpp"
#include "floe/core/arena.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

constexpr ice::role_claim in_control{ice::role::controlling, 1};
const endpoint server_address{address::v4(203, 0, 113, 77), 3478};
const endpoint relayed_address{address::v4(203, 0, 113, 77), 40'000};
const endpoint second_socket{address::v4(10, 9, 8, 7), 5000};

/// A request for a relay, answered.
[[nodiscard]] octets grant(const wired& asked) {
  octets out(300);
  stun::writer writer{out,
                      {stun::method::allocate, stun::message_class::success},
                      scripted_peer::transaction_of(asked)};
  writer.add(stun::xor_mapped_address{endpoint{address::v4(198, 51, 100, 1), 5000}})
      .add(stun::xor_relayed_address{relayed_address})
      .add(stun::lifetime{600});
  out.resize(writer.finish().value());
  return out;
}

/// A configuration with a TURN server.
class with_relay {
 public:
  [[nodiscard]] config behaviour(ice::role role = ice::role::controlling) const {
    config c{.role = role};
    c.servers = servers_;
    return c;
  }

 private:
  std::array<std::string_view, 1> uris_{"turn:203.0.113.77:3478"};
  std::array<gather::server, 1> servers_{
      gather::server{.uris = uris_, .username = "u", .credential = "p"}};
};

/// Answers the requests for relays that have left; the number of the relay.
[[nodiscard]] socket_id allocate(scripted_peer& peer) {
  peer.net.run_for(200ms);
  const auto log = std::vector<wired>(peer.net.log().begin(), peer.net.log().end());
  for (const auto& w : log) {
    if (w.destination == server_address &&
        scripted_peer::parse(w).method() == stun::method::allocate) {
      (void)peer.send(grant(w), server_address);
      break;
    }
  }
  std::optional<socket_id> relay;
  for (const auto& e : peer.n.events) {
    const auto* const told = std::get_if<event::local_candidate>(&e.what);
    const auto* const row = told != nullptr ? peer.n.agent.local(told->id) : nullptr;
    if (row != nullptr && row->candidate.type == ice::candidate_type::relay) relay = row->socket;
  }
  REQUIRE(relay);
  return *relay;
}

/// A check that shows the credentials of an agent.
[[nodiscard]] scripted_check as_peer_of(const agent& a, scripted_check check) {
  const auto own = a.local_credentials();
  check.username = std::string{own.ufrag} + ":" + scripted_peer::ufrag;
  check.password = std::string{own.password};
  return check;
}

/// Lets a second pass, with every check to `at` answered from there.
void live_at(scripted_peer& peer, const endpoint& at) {
  for (int i = 0; i < 20; ++i) {
    for (const auto& w : peer.sent()) {
      const auto message = stun::message_view::parse(w.bytes);
      if (w.destination == at && message && message->cls() == stun::message_class::request) {
        (void)peer.send(peer.success(w), at);
      }
    }
    peer.net.run_for(50ms);
  }
}

}  // namespace

// ---- insiders -----------------------------------------------------------------------------------

TEST_CASE("trust: a mapped address that names another socket moves no data there",
          "[scenario][8445-7.2.5.3.2-a]") {
  const auto lie = GENERATE(
      as<endpoint>{}, second_socket,
      endpoint{address::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 5000});
  seeded_entropy entropy{1};
  agent a{epoch, controlled(), entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  const auto added = a.add_local(socket_id{2}, lie);
  INFO((added ? 0 : static_cast<int>(added.error())));
  REQUIRE(added.has_value());
  a.gather(epoch);
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  scripted_peer insider{1, controlled()};
  (void)a.handle_datagram(
      epoch, {socket_id{1}, right_address,
              insider.request(as_peer_of(a, {.claims = {in_control}, .nominates = true}))});
  std::array<std::byte, max_datagram_size> buffer{};
  const auto next_request = [&]() -> std::optional<std::pair<socket_id, octets>> {
    while (const auto out = a.poll_transmit(buffer)) {
      const octets bytes(buffer.data(), buffer.data() + out->size);
      const auto message = stun::message_view::parse(bytes).value();
      if (message.cls() == stun::message_class::request) return std::pair{out->local, bytes};
    }
    return std::nullopt;
  };
  const auto asked = next_request();
  REQUIRE(asked);
  REQUIRE(asked->first == socket_id{1});
  const auto id = stun::message_view::parse(asked->second).value().transaction();
  octets answer(max_datagram_size);
  answer.resize(
      ice::write_check_success(answer, id, lie, stun::short_term_key(scripted_peer::password))
          .value());
  (void)a.handle_datagram(epoch, {socket_id{1}, right_address, answer});
  const auto out = a.encapsulate(epoch, as_byte_view("x"), buffer);
  REQUIRE(out.has_value());
  CHECK(out->local == socket_id{1});
  CHECK(out->remote == right_address);
  for (auto now = epoch; now < epoch + 12s; now += 100ms) {
    a.handle_timeout(now);
    while (const auto request = next_request()) CHECK(request->first == socket_id{1});
  }
}

TEST_CASE("trust: a peer that is lite never takes control, whatever its checks and answers say",
          "[scenario][8445-6.1.1-b]") {
  scripted_peer peer{1, controlling()};
  peer.net.act(peer.n, [](agent& a) { a.describe_peer({.level = ice::level::lite}); });
  peer.introduce();
  SECTION("a check claims it") {
    CHECK(refusal(peer.check({.claims = {{ice::role::controlling, ~std::uint64_t{0}}}})) ==
          reject::role_conflict);
  }
  SECTION("an answer claims it") {
    (void)peer.send(peer.error(peer.next_check(), stun::error_code::role_conflict));
  }
  CHECK(peer.n.agent.role() == ice::role::controlling);
  CHECK(count_events<event::role_changed>(peer.n) == 0);
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  peer.tell_credentials("newpeerufrag", "newpasswordofthepeer0123");
  CHECK(peer.n.agent.role() == ice::role::controlling);
}

TEST_CASE("trust: a restart without a change of levels keeps the roles",
          "[scenario][8445-6.1.1-c]") {
  scripted_peer peer{1, controlling()};
  peer.net.act(peer.n, [](agent& a) { a.describe_peer({}); });
  peer.introduce();
  (void)peer.check({.claims = {{ice::role::controlling, ~std::uint64_t{0}}}});
  REQUIRE(peer.n.agent.role() == ice::role::controlled);
  peer.net.act(peer.n, [](agent& a) {
    a.restart();
    a.describe_peer({});
  });
  CHECK(peer.n.agent.role() == ice::role::controlled);
}

// ---- observers ----------------------------------------------------------------------------------

TEST_CASE("trust: a check that is repeated from forged ports keeps no peer out that moves",
          "[scenario]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  const auto seen = peer.request({.claims = {in_control}, .nominates = true});
  (void)peer.send(seen);
  live_at(peer, right_address);
  REQUIRE(peer.net.send_data(peer.n, "x"));
  for (std::uint16_t i = 0; i < 8; ++i) {
    (void)peer.send(seen, {right_address.address, static_cast<std::uint16_t>(6000 + i)});
  }
  for (int i = 0; i < 11; ++i) live_at(peer, right_address);
  // Now its NAT gives the peer another port.
  const endpoint moved{right_address.address, 4001};
  for (int i = 0; i < 3; ++i) {
    (void)peer.check({.claims = {in_control}, .nominates = true}, moved);
    live_at(peer, moved);
  }
  REQUIRE(peer.net.send_data(peer.n, "x"));
  CHECK(peer.net.log().back().destination == moved);
}

// ---- strangers ----------------------------------------------------------------------------------

TEST_CASE("trust: no answer to a stranger is larger than its question", "[scenario][ATK-C13]") {
  scripted_peer peer{1, controlled()};
  octets question(max_datagram_size);
  const bool has_username = GENERATE(false, true);
  stun::writer writer{question, {stun::method::binding, stun::message_class::request}, {}};
  if (has_username) writer.add(stun::username{"a:b"});
  question.resize(writer.add_fingerprint().finish().value());
  CHECK(refusal(peer.send(question, server_address)) == reject::bad_username);
  const auto answers = peer.sent();
  CHECK(answers.size() == (has_username ? 1 : 0));
  for (const auto& w : answers) CHECK(w.bytes.size() <= question.size());
}

TEST_CASE("trust: no crowd of strangers is in the way of the answer to a peer", "[scenario]") {
  seeded_entropy entropy{1};
  agent a{epoch, controlled(), entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(epoch);
  while (a.poll_event()) {
  }
  scripted_peer other{1, controlled()};
  for (int i = 0; i < 100; ++i) {
    const auto question = other.request({.username = "a:b", .claims = {in_control}});
    (void)a.handle_datagram(epoch, {socket_id{1}, server_address, question});
  }
  const auto check = other.request(as_peer_of(a, {.claims = {in_control}}));
  (void)a.handle_datagram(epoch, {socket_id{1}, right_address, check});
  std::array<std::byte, max_datagram_size> buffer{};
  const auto first = a.poll_transmit(buffer);
  REQUIRE(first);
  CHECK(first->remote == right_address);
  CHECK_FALSE(a.poll_event());
}

TEST_CASE("trust: strangers are answered at a limited rate, and that is no matter to a peer",
          "[scenario]") {
  scripted_peer peer{1, controlled()};
  const auto question = peer.request({.username = "a:b", .claims = {in_control}});
  for (int i = 0; i < 10'000; ++i) {
    (void)peer.send(question, server_address);
    peer.net.run_for(1ms);
  }
  CHECK(peer.sent().size() <= 20 * 10 + 20);
  CHECK(peer.n.agent.stats().count(reject::bad_username) == 10'000);
  (void)peer.check({.claims = {in_control}});
  CHECK(peer.only_sent().destination == right_address);
}

// ---- amplification ------------------------------------------------------------------------------

TEST_CASE("trust: a peer that names better and better candidates has a hundred of them checked",
          "[scenario][8445-19.5.1-a][ATK-C06]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  for (std::uint16_t i = 0; i < 1200; ++i) {
    peer.tell_candidate({server_address.address, static_cast<std::uint16_t>(1000 + i)},
                        std::to_string(i), i);
    peer.net.run_for(50ms);
  }
  peer.net.run_for(10min);
  CHECK(peer.n.agent.stats().checks_sent == 100);
  CHECK(peer.n.agent.stats().checks_withheld >= 1000);
  CHECK(peer.sent().size() <= 32 * 7 + 7 + 68 * 3);
  std::size_t told = 0;
  for (const auto& e : peer.n.events) {
    const auto* const dropped = std::get_if<event::dropped>(&e.what);
    told += dropped != nullptr && dropped->what == event::dropped::checks ? 1U : 0U;
  }
  CHECK(told == 1);
  // Its own address is checked all the same once the host starts over.
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  CHECK(peer.n.agent.set_remote_credentials("anotherufrag", "anotherpassword0123456789"));
  peer.tell_candidate();
  CHECK(peer.next_check().destination == right_address);
}

TEST_CASE("trust: what answers costs a peer nothing", "[scenario]") {
  auto behaviour = controlling();
  behaviour.unanswered = 2;
  behaviour.nomination.chosen_by = ice::nomination_config::host;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  for (std::uint16_t i = 0; i < 10; ++i) {
    const endpoint at{right_address.address, static_cast<std::uint16_t>(1000 + i)};
    peer.tell_candidate(at, std::to_string(i), i);
    const auto asked = peer.next_check();
    CHECK(asked.destination == at);
    (void)peer.send(peer.success(asked), at);
  }
  CHECK(peer.n.agent.stats().checks_withheld == 0);
}

TEST_CASE("trust: a peer that restarts again and again has no more checked than time gives",
          "[scenario][8445-19.5.1-a]") {
  scripted_peer peer{1};
  for (int round = 0; round < 120; ++round) {
    peer.tell_credentials("ufrag" + std::to_string(round),
                          "passwordofthepeer0" + std::to_string(10'000 + round));
    for (std::uint16_t i = 0; i < 16; ++i) {
      peer.tell_candidate({server_address.address, static_cast<std::uint16_t>(1000 + i)},
                          std::to_string(i), i);
    }
    peer.net.run_for(1s);
  }
  CHECK(peer.n.agent.stats().checks_sent <= 100 + 120 / 2);
}

TEST_CASE("trust: a peer that checks from another's address draws little more than it sends",
          "[scenario][ATK-C06]") {
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  std::size_t asked = 0;
  for (std::uint16_t i = 0; i < 600; ++i, ++asked) {
    (void)peer.check({.claims = {in_control}},
                     {server_address.address, static_cast<std::uint16_t>(1000 + i % 4)});
    peer.net.run_for(1s);
  }
  peer.net.run_for(10min);
  CHECK(peer.sent().size() <= asked * 12 / 10);
}

// ---- sockets and relays that are gone -----------------------------------------------------------

TEST_CASE("trust: nothing leaves from a socket that was removed, not even a farewell",
          "[scenario]") {
  const with_relay servers;
  scripted_peer peer{1, servers.behaviour()};
  const auto relay = allocate(peer);
  peer.net.act(peer.n, [&](agent& a) { REQUIRE(a.remove_local(relay).has_value()); });
  peer.net.act(peer.n, [&](agent& a) { REQUIRE(a.remove_local(socket_id{1}).has_value()); });
  (void)peer.sent();
  peer.net.run_for(60s);
  CHECK(peer.sent().empty());
}

TEST_CASE("trust: an answer to a socket that was removed does not leave from its successor",
          "[scenario]") {
  seeded_entropy entropy{1};
  agent a{epoch, controlled(), entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(epoch);
  scripted_peer other{1, controlled()};
  const auto check = other.request(as_peer_of(a, {.claims = {in_control}}));
  REQUIRE(std::holds_alternative<consumed>(
      a.handle_datagram(epoch, {socket_id{1}, right_address, check})));
  REQUIRE(a.remove_local(socket_id{1}).has_value());
  REQUIRE(a.add_local(socket_id{1}, second_socket).has_value());
  std::array<std::byte, max_datagram_size> buffer{};
  CHECK_FALSE(a.poll_transmit(buffer));
}

TEST_CASE("trust: a relay that is lost carries nothing, however few events a gatherer can keep",
          "[scenario]") {
  const with_relay servers;
  auto behaviour = servers.behaviour();
  behaviour.gathering.limits.events = GENERATE(std::uint16_t{0}, std::uint16_t{1});
  scripted_peer peer{1, behaviour};
  const auto relay = allocate(peer);
  peer.introduce();
  peer.net.run_for(1s);
  // Its server is silent from now on, and the relay ends.
  peer.net.run_for(20min);
  for (const auto& w : peer.sent()) {
    if (w.destination == right_address) CHECK(w.source == left_address);
  }
  std::array<std::byte, max_datagram_size> buffer{};
  while (const auto out = peer.n.agent.poll_transmit(buffer)) CHECK(out->local != relay);
}

// ---- time ---------------------------------------------------------------------------------------

TEST_CASE("trust: a clock may start anywhere, and a silent server still has its time",
          "[scenario][8445-5.1.1.4-a]") {
  std::array<std::string_view, 1> uris{"stun:203.0.113.77:3478"};
  std::array<gather::server, 1> servers{gather::server{.uris = uris}};
  config behaviour;
  behaviour.servers = servers;
  seeded_entropy entropy{1};
  auto now = GENERATE(time_point{} + 1h, time_point{} - 1h, (time_point::min)());
  agent a{now, behaviour, entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(now);
  std::array<std::byte, max_datagram_size> buffer{};
  std::size_t sent = 0;
  bool done = false;
  const auto drain = [&] {
    while (a.poll_transmit(buffer)) ++sent;
    while (const auto e = a.poll_event()) {
      done = done || std::holds_alternative<event::gathering_done>(*e);
    }
  };
  drain();
  for (const auto end = now + 30min; const auto next = a.next_timeout();) {
    if (*next > end) break;
    now = *next;
    a.handle_timeout(now);
    drain();
    const auto after_drain = a.next_timeout();
    REQUIRE((!after_drain || *after_drain > now));
  }
  CHECK(sent == 5);
  CHECK(done);
}

TEST_CASE("trust: permissions are asked for on a clock before its origin", "[scenario]") {
  turn::permission fresh;
  turn::channel bound;
  CHECK(fresh.due == (time_point::min)());
  CHECK(bound.due == (time_point::min)());
}

TEST_CASE("trust: at the end of its clock an agent does not spin", "[scenario]") {
  seeded_entropy entropy{1};
  auto now = GENERATE((time_point::max)(), (time_point::max)() - 10s);
  const with_relay servers;
  agent a{now, servers.behaviour(), entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(now);
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  REQUIRE(a.add_remote(ice::candidate{
      .foundation = ice::foundation::from_number(1), .priority = 1, .address = right_address}));
  std::array<std::byte, max_datagram_size> buffer{};
  const auto drain = [&] {
    std::size_t sent = 0;
    while (a.poll_transmit(buffer)) ++sent;
    while (a.poll_event()) {
    }
    REQUIRE(sent < 10);
  };
  a.handle_timeout(now);
  drain();
  for (int i = 0; i < 1000; ++i) {
    const auto next = a.next_timeout();
    if (!next) break;
    REQUIRE(*next > now);
    now = *next;
    a.handle_timeout(now);
    drain();
  }
  CHECK_FALSE(a.next_timeout());
}

// ---- careless hosts -----------------------------------------------------------------------------

TEST_CASE("trust: a host's stale ids and impossible numbers are errors, not its end",
          "[scenario]") {
  auto behaviour = controlling();
  behaviour.limits.streams = 3;
  behaviour.limits.components = 4096;
  scripted_peer peer{1, behaviour};
  auto& a = peer.n.agent;
  CHECK(a.add_stream(0).error() == errc::unknown_component);
  CHECK(a.add_stream(257).error() == errc::unknown_component);
  CHECK(a.local_credentials(stream_id{9}).ufrag.empty());
  CHECK(a.local_credentials(stream_id{9}).password.empty());
  const auto host = a.add_local(socket_id{2}, second_socket).value();
  const auto mapped = a.add_reflexive(host, endpoint{address::v4(192, 0, 2, 55), 5000}).value();
  REQUIRE(a.local(mapped) != nullptr);
  CHECK(a.add_reflexive(mapped, right_address).error() == errc::invalid_candidate);
  CHECK(a.add_relayed(mapped, socket_id{9}, relayed_address, right_address).error() ==
        errc::invalid_candidate);
  REQUIRE(a.remove_local(socket_id{2}).has_value());
  CHECK(a.add_reflexive(host, right_address).error() == errc::invalid_candidate);
  CHECK(a.add_relayed(host, socket_id{9}, relayed_address, right_address).error() ==
        errc::invalid_candidate);
  CHECK(a.remove_local(socket_id{2}).error() == errc::invalid_candidate);
  a.close();
  CHECK(a.add_stream(1).error() == errc::session_closed);
}

TEST_CASE("trust: a user name that no server can be told costs its server, not the program",
          "[scenario]") {
  std::array<std::string_view, 1> uris{"turn:203.0.113.77:3478"};
  const std::string name(509, 'u');
  std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = name, .credential = "p"}};
  config behaviour;
  behaviour.servers = servers;
  REQUIRE_FALSE(find_fault(behaviour));
  scripted_peer peer{1, behaviour};
  peer.net.run_for(1s);
  CHECK(count_events<event::server_result>(peer.n) == 1);
  CHECK(peer.sent().empty());
}

// ---- secrets ------------------------------------------------------------------------------------

TEST_CASE("trust: no password is left in memory when an agent has gone", "[scenario]") {
  constexpr std::string_view turn_password = "turn-password-of-alice";
  std::array<std::string_view, 1> uris{"turn:203.0.113.77:3478"};
  std::array<gather::server, 1> servers{
      gather::server{.uris = uris, .username = "alice", .credential = turn_password}};
  config behaviour;
  behaviour.servers = servers;
  std::vector<std::byte> block(1U << 20U);
  arena memory{block.data(), block.size()};
  seeded_entropy entropy{1};
  const auto holds = [&](std::string_view text) {
    return as_text(byte_view{block}).find(text) != std::string_view::npos;
  };
  std::string first;
  std::string second;
  {
    agent made{epoch, behaviour, entropy, &memory};
    REQUIRE(made.add_local(socket_id{1}, left_address).has_value());
    agent a = std::move(made);
    a.gather(epoch);
    first = a.local_credentials().password;
    REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
    a.handle_timeout(epoch);
    a.restart();
    second = a.local_credentials().password;
    std::array<std::byte, max_datagram_size> buffer{};
    while (a.poll_transmit(buffer)) {
    }
    CHECK(holds(first));
    CHECK(holds(second));
    CHECK(holds(turn_password));
  }
  CHECK_FALSE(holds(first));
  CHECK_FALSE(holds(second));
  CHECK_FALSE(holds(turn_password));
  CHECK_FALSE(holds(scripted_peer::password));
}
