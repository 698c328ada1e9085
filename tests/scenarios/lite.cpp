// Agents that send no checks.
#include <cstdint>
#include <set>

#include "catch.hpp"
#include "sim/duo.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

config lite(ice::role role = ice::role::controlled) {
  return {.role = role, .level = ice::level::lite};
}

bool is_request(const wired& w) {
  const auto message = stun::message_view::parse(w.bytes);
  return message && message->cls() == stun::message_class::request;
}

}  // namespace

TEST_CASE("lite: a full agent and a lite one connect, and only the full one asks",
          "[scenario][8445-5.2-a][8445-6.1.1-b][8445-6.2-a][8445-8.2-a]") {
  const auto begins = GENERATE(ice::role::controlling, ice::role::controlled);
  duo d{1, 10ms, {.role = begins}, lite(ice::opposite(begins))};
  d.left.agent.describe_peer({.level = ice::level::lite});
  REQUIRE(d.connect());
  CHECK(d.left.agent.role() == ice::role::controlling);
  CHECK(d.right.agent.role() == ice::role::controlled);
  CHECK(d.net.send_data(d.left, "to the lite one"));
  CHECK(d.net.send_data(d.right, "to the full one"));
  d.net.run_for(5min);
  CHECK(d.left.received.size() == 1);
  CHECK(d.right.received.size() == 1);
  CHECK(is_settled(d.left));
  CHECK(is_settled(d.right));
  for (const auto& w : d.net.log()) CHECK_FALSE((w.from == &d.right && is_request(w)));
}

TEST_CASE("lite: a nomination alone makes a pair valid, and data flows from then on",
          "[scenario][8445-7.3.2-a][8445-12.1.1-a]") {
  scripted_peer peer{2, lite()};
  peer.tell_credentials();
  const auto check = [](bool nominates) {
    return scripted_check{.claims = {{ice::role::controlling, 1}}, .nominates = nominates};
  };
  (void)peer.check(check(false));
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::success);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
  (void)peer.check(check(true));
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::success);
  const auto* const selected = peer.n.agent.selected();
  REQUIRE(selected != nullptr);
  CHECK(peer.n.agent.local(selected->local)->candidate.address == left_address);
  CHECK(peer.n.agent.remote(selected->remote)->candidate.address == right_address);
  CHECK(is_settled(peer.n));
  CHECK(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("lite: one that is controlled answers 487 to a peer that claims to be, and stays",
          "[scenario][8445-7.3.2-b]") {
  scripted_peer peer{3, lite()};
  peer.tell_credentials();
  (void)peer.check({.claims = {{ice::role::controlled, 0}}});
  CHECK(peer.error_of(peer.only_sent()) == stun::error_code::role_conflict);
  CHECK(peer.n.agent.role() == ice::role::controlled);
}

TEST_CASE("lite: two of them settle on what their candidates say, without a check",
          "[scenario][8445-6.1.1-c][8445-6.2-a][8445-8.2-c]") {
  duo d{4, 10ms, lite(ice::role::controlling), lite(ice::role::controlled)};
  d.left.agent.describe_peer({.level = ice::level::lite});
  d.right.agent.describe_peer({.level = ice::level::lite});
  d.introduce();
  d.net.run_for(0ms);
  CHECK(is_settled(d.left));
  CHECK(is_settled(d.right));
  CHECK(d.net.log().empty());
  CHECK(d.net.send_data(d.left, "x"));
  d.net.run_for(1s);
  CHECK(d.right.received.size() == 1);
}

TEST_CASE("lite: the priority of its only address is the highest there is", "[scenario]") {
  scripted_peer peer{6, lite()};
  REQUIRE(candidates_of(peer.n).size() == 1);
  CHECK(candidates_of(peer.n)[0].priority == 2130706431);
}

TEST_CASE("lite: of several pairs the best is selected, and the event says what to tell the peer",
          "[scenario][8445-8.2-b]") {
  scripted_peer peer{7, lite(ice::role::controlling)};
  peer.n.agent.describe_peer({.level = ice::level::lite});
  peer.tell_credentials();
  peer.tell_candidate({address::v4(198, 51, 100, 1), 7000}, "2", 10);
  peer.tell_candidate();
  peer.net.act(peer.n, [](agent& a) { (void)a.end_of_remote_candidates().has_value(); });
  peer.net.run_for(0ms);
  REQUIRE(peer.n.agent.selected() != nullptr);
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == right_address);
  CHECK(count_events<event::selected>(peer.n) == 1);
}

TEST_CASE("lite: the peer's level can't change once its credentials are known",
          "[scenario][8445-9-c]") {
  scripted_peer peer{8, controlled()};
  peer.tell_credentials();
  peer.n.agent.describe_peer({.level = ice::level::lite});
  CHECK(peer.n.agent.role() == ice::role::controlled);
}

TEST_CASE("lite: it has host candidates only", "[scenario][8445-5.2-a]") {
  scripted_peer peer{5, lite()};
  const endpoint mapped{address::v4(203, 0, 113, 1), 7000};
  const auto host = candidates_of(peer.n);
  REQUIRE(host.size() == 1);
  ice::local_id id{0, 1};
  CHECK(peer.n.agent.add_reflexive(id, mapped).error() == errc::unsupported);
  CHECK(peer.n.agent.add_relayed(id, socket_id{9}, mapped, mapped).error() == errc::unsupported);
}

TEST_CASE("lite: two of them settle as soon as all candidates are known",
          "[scenario][8445-8.2-c]") {
  duo d{1, 10ms, lite(ice::role::controlling), lite()};
  for (auto* const n : {&d.left, &d.right}) n->agent.describe_peer({.level = ice::level::lite});
  for (auto* const n : {&d.left, &d.right}) {
    auto& other = n == &d.left ? d.right : d.left;
    const auto told = n->agent.local_credentials();
    d.net.act(other, [&](agent& a) {
      REQUIRE(a.set_remote_credentials(told.ufrag, told.password).has_value());
      REQUIRE(a.add_remote(candidates_of(*n).front()).has_value());
    });
  }
  d.net.run_for(1s);
  CHECK_FALSE(is_settled(d.left));
  for (auto* const n : {&d.left, &d.right}) {
    d.net.act(*n, [](agent& a) { REQUIRE(a.end_of_remote_candidates().has_value()); });
  }
  REQUIRE(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 1min));
  CHECK(d.net.now() == epoch + 1s);
}

TEST_CASE("lite: two of them settle anew at once when a socket is gone", "[scenario][8445-8.2-c]") {
  const auto here = address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  const auto there = address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
  scripted_peer peer{9, lite(ice::role::controlling)};
  auto& a = peer.n.agent;
  a.describe_peer({.level = ice::level::lite});
  peer.net.bind(peer.n, {here, 5001});
  peer.tell_credentials();
  a.restart();
  a.gather(peer.net.now());
  peer.tell_credentials("second", "secondpasswordofthepeer");
  peer.tell_candidate();
  peer.tell_candidate({there, 6000}, "2");
  REQUIRE(a.end_of_remote_candidates());
  a.handle_timeout(peer.net.now());
  REQUIRE(a.selected() != nullptr);
  const auto lost = a.local(a.selected()->local)->socket;

  REQUIRE(a.remove_local(lost));
  CHECK(a.next_timeout() == peer.net.now());
  a.handle_timeout(peer.net.now());
  CHECK(a.next_timeout().value_or(peer.net.now() + 1s) > peer.net.now());
  REQUIRE(a.selected() != nullptr);
  CHECK(a.local(a.selected()->local)->socket != lost);
}

TEST_CASE("lite: what one component settles on may leave another without hope, at once",
          "[scenario][8445-8.2-c]") {
  seeded_entropy entropy{1};
  agent a{
      epoch, {.role = ice::role::controlling, .level = ice::level::lite, .components = 2}, entropy};
  a.describe_peer({.level = ice::level::lite});
  const endpoint second{left_address.address, 5001};
  REQUIRE(a.add_local(socket_id{1}, left_address));
  REQUIRE(a.add_local(socket_id{2}, second, {}, component_id{2}));
  a.gather(epoch);
  REQUIRE(a.set_remote_credentials("peer", "passwordofthepeer012345"));
  a.handle_timeout(epoch);
  const auto late = epoch + 1min;
  a.handle_timeout(late);
  REQUIRE(a.add_remote(
      {.foundation = ice::foundation::from_number(1), .priority = 1, .address = right_address}));
  // Of the other family: one that pairs with nothing.
  const auto six = address::v6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});
  REQUIRE(a.add_remote({.foundation = ice::foundation::from_number(2),
                        .component = component_id{2},
                        .priority = 1,
                        .address = {six, 6000}}));
  REQUIRE(a.end_of_remote_candidates());
  CHECK(a.next_timeout() == late);
  a.handle_timeout(late);
  CHECK(a.checklists().state({}) == ice::checklist_state::failed);
  CHECK(a.next_timeout().value_or(late + 1s) > late);
}

namespace {

/// A lite agent and a peer that checks from wherever it is.
struct followed : scripted_peer {
  followed() : scripted_peer{11, lite()} {
    tell_credentials();
    ask(right_address, true);
    REQUIRE(is_settled(n));
  }

  /// Returns whether the check was answered with success.
  bool ask(const endpoint& from, bool nominates) {
    (void)sent();
    (void)check({.claims = {{ice::role::controlling, 1}}, .nominates = nominates}, from);
    const auto answers = sent();
    return !answers.empty() && cls(answers.front()) == stun::message_class::success;
  }

  [[nodiscard]] std::optional<endpoint> data_to() {
    (void)sent();
    if (!net.send_data(n, "x")) return std::nullopt;
    return only_sent().destination;
  }
};

}  // namespace

TEST_CASE("lite: a peer whose NAT moves it again and again is followed to each place",
          "[scenario][8445-7.3.2-a]") {
  const bool other_address = GENERATE(false, true);
  followed peer;
  peer.net.run_for(6s);  // until then the best of what was nominated counts
  for (std::uint8_t k = 0; k < 60; ++k) {
    const endpoint from{address::v4(198, 51, 100, other_address ? k : 1),
                        static_cast<std::uint16_t>(4000 + k)};
    INFO(static_cast<int>(k));
    CHECK(peer.ask(from, true));
    CHECK(peer.data_to() == from);
    for (int i = 0; i < 12; ++i) {
      peer.net.run_for(5s);
      CHECK(peer.ask(from, true));
    }
    CHECK(is_settled(peer.n));
  }
}

TEST_CASE("lite: data leaves a silent address for the one that the checks come from",
          "[scenario]") {
  followed peer;
  const endpoint other{address::v4(198, 51, 100, 1), 4000};
  for (int i = 0; i < 4; ++i) {
    peer.net.run_for(2s);
    CHECK(peer.ask(right_address, false));
    CHECK(peer.ask(other, false));
    CHECK(peer.data_to() == right_address);
  }
  for (int i = 0; i < 5; ++i) {
    peer.net.run_for(2s);
    CHECK(peer.ask(other, false));
  }
  CHECK(peer.data_to() == other);
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == other);
  CHECK(count_events<event::selected>(peer.n) == 2);
}

TEST_CASE("lite: a peer that is silent for 30 seconds is gone, and heard when it comes back",
          "[scenario]") {
  followed peer;
  const auto with_data = GENERATE(false, true);
  if (with_data) {
    // Whoever sends data is there.
    for (int i = 0; i < 100; ++i) {
      peer.net.run_for(2s);
      (void)peer.send(octets(10, std::byte{0x80}));
    }
    CHECK(is_settled(peer.n));
    CHECK(peer.data_to() == right_address);
  }
  peer.net.run_for(30s - 1ns);
  CHECK(peer.data_to() == right_address);
  CHECK(is_settled(peer.n));
  peer.net.run_for(1ns);
  CHECK_FALSE(peer.data_to());
  CHECK(count_events<event::consent_lost>(peer.n) == 1);
  CHECK(peer.n.agent.state() == connection_state::failed);
  peer.net.run_for(1h);
  CHECK(peer.ask(right_address, true));
  CHECK(is_settled(peer.n));
  CHECK(peer.data_to() == right_address);
}

TEST_CASE("lite: a peer that never nominates and goes leaves nothing pending", "[scenario]") {
  scripted_peer peer{12, lite()};
  peer.tell_credentials();
  (void)peer.check({.claims = {{ice::role::controlling, 1}}});
  peer.net.act(peer.n, [](agent& a) { (void)a.end_of_remote_candidates().has_value(); });
  peer.net.run_for(2min);
  CHECK(peer.n.agent.checklists().size() == 0);
  CHECK(peer.n.agent.state() == connection_state::failed);
  CHECK_FALSE(peer.n.agent.next_timeout());
}

TEST_CASE("lite: without a limit a silent peer stays; two lite agents never hear of each other",
          "[scenario]") {
  auto behaviour = lite();
  behaviour.silence.reset();
  scripted_peer peer{13, behaviour};
  peer.tell_credentials();
  (void)peer.check({.claims = {{ice::role::controlling, 1}}, .nominates = true});
  peer.net.run_for(1h);
  CHECK(peer.net.send_data(peer.n, "x"));

  duo d{14, 10ms, lite(ice::role::controlling), lite()};
  for (auto* const n : {&d.left, &d.right}) n->agent.describe_peer({.level = ice::level::lite});
  d.introduce();
  d.net.run_for(1h);
  CHECK(is_settled(d.left));
  CHECK(d.net.send_data(d.left, "x"));
}

TEST_CASE("lite: no two candidates of a stream have one priority, over addresses and components",
          "[scenario][8445-5.2-d]") {
  auto behaviour = lite();
  behaviour.components = 2;
  world net{1};
  auto& n = net.add("lite", behaviour);
  std::uint16_t port = 5000;
  for (const auto& at :
       {address::v4(192, 0, 2, 1), address::v4(192, 0, 2, 2),
        address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})}) {
    for (const auto c : {component_id{1}, component_id{2}}) net.bind(n, {at, port++}, {}, c);
  }
  gather_all(net, n);
  std::set<std::uint32_t> priorities;
  for (const auto& c : candidates_of(n)) priorities.insert(c.priority);
  CHECK(priorities.size() == 6);
}
