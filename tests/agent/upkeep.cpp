#include "floe/agent/upkeep.hpp"

#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

std::vector<duration> times(const std::vector<wired>& sent) {
  std::vector<duration> all;
  for (const auto& w : sent) all.push_back(w.sent_at - epoch);
  return all;
}

const scripted_check nominating{.claims = {{ice::role::controlling, 1}}, .nominates = true};

}  // namespace

TEST_CASE("upkeep: an unanswered check is repeated on schedule, byte for byte, and then given up",
          "[agent][8445-7-a][8489-6.2.1-a][8489-6.2.1-b][8489-6.2.1-d][8489-6.2.1-e]"
          "[8445-7.2.5.2.3-a][8445-14.2-c][8445-14.3-c]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.net.run_for(39499ms);
  const auto sent = peer.sent();
  CHECK(times(sent) == std::vector<duration>{0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
  for (const auto& w : sent) CHECK(w.bytes == sent.front().bytes);
  const auto& lists = peer.n.agent.checklists();
  CHECK(lists[lists.order().front()].state == ice::pair_state::in_progress);
  peer.net.run_for(1ms);
  CHECK(lists[lists.order().front()].state == ice::pair_state::failed);
  CHECK(peer.n.agent.state() == connection_state::failed);
  CHECK_FALSE(peer.n.agent.next_timeout());
  peer.net.run_for(1h);
  CHECK(peer.sent().empty());
}

TEST_CASE("upkeep: an answer in the last moment still counts", "[agent][8489-6.2.1-d][ATK-G04]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto first = peer.next_check();
  peer.net.run_for(39499ms);
  (void)peer.send(peer.success(first));
  CHECK(count_events<event::path_found>(peer.n) == 1);
}

TEST_CASE("upkeep: new checks are at least Ta apart, however many pairs wait",
          "[agent][8445-6.1.4.2-g][8445-6.1.4.2-a][8445-6.1.4.2-b][8838-7-a]") {
  auto behaviour = controlling();
  behaviour.ta = GENERATE(20ms, 50ms);
  scripted_peer peer{1, behaviour};
  peer.n.agent.describe_peer({.pacing = 20ms});
  peer.tell_credentials();
  for (std::uint8_t i = 1; i <= 5; ++i) {
    peer.tell_candidate({address::v4(198, 51, 100, i), 7000},
                        std::string(1, static_cast<char>('0' + i)),
                        static_cast<std::uint16_t>(100 - i));
  }
  peer.net.run_for(4 * behaviour.ta);
  const auto sent = peer.sent();
  REQUIRE(sent.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(sent[i].sent_at - epoch == i * behaviour.ta);
    CHECK(sent[i].destination.address ==
          address::v4(198, 51, 100, static_cast<std::uint8_t>(i + 1)));
  }
}

TEST_CASE("upkeep: lists take turns", "[agent][8445-6.1.4.2-a]") {
  auto behaviour = controlling();
  behaviour.limits.streams = 2;
  world w{1};
  auto& n = w.add("n", behaviour);
  const auto second = n.agent.add_stream().value();
  w.bind(n, left_address);
  w.bind(n, {left_address.address, 5001}, second);
  gather_all(w, n);
  for (const auto stream : {stream_id{0}, second}) {
    (void)n.agent.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password, stream)
        .has_value();
    for (std::uint8_t i = 1; i <= 2; ++i) {
      const auto foundation = 10U * static_cast<unsigned>(stream) + i;
      (void)n.agent
          .add_remote({.foundation = ice::foundation::from_number(foundation),
                       .priority = 1000U - i,
                       .address = {address::v4(198, 51, 100, i), 7000}},
                      {}, stream)
          .has_value();
    }
  }
  w.run_for(150ms);
  REQUIRE(w.log().size() == 4);
  std::vector<std::uint16_t> ports;
  for (const auto& packet : w.log()) ports.push_back(packet.source.port);
  CHECK(ports == std::vector<std::uint16_t>{5000, 5001, 5000, 5001});
}

TEST_CASE("upkeep: a pair of a busy foundation waits until nothing else is to check",
          "[agent][8445-6.1.4.2-b][8838-12-a][8838-12-c]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  const endpoint same_foundation{address::v4(192, 0, 2, 3), 7000};
  peer.tell_candidate(right_address, "1", 100);
  peer.tell_candidate(same_foundation, "1", 90);
  peer.tell_candidate({address::v4(192, 0, 2, 4), 7000}, "2", 10);
  peer.net.run_for(100ms);
  const auto sent = peer.sent();
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].destination == right_address);
  CHECK(sent[1].destination != same_foundation);
  const auto& lists = peer.n.agent.checklists();
  CHECK(lists[lists.order()[1]].state == ice::pair_state::frozen);
}

TEST_CASE("upkeep: a check is repeated after the same time, however many there are",
          "[agent][8445-14.3-b]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  for (std::uint8_t i = 1; i <= 7; ++i) {
    peer.tell_candidate({address::v4(198, 51, 100, i), 7000}, std::to_string(i),
                        static_cast<std::uint16_t>(100 - i));
  }
  const auto first = peer.next_check();
  (void)peer.net.run_until(
      [&] {
        const auto& log = peer.net.log();
        return std::count_if(log.begin(), log.end(),
                             [&](const wired& w) { return w.bytes == first.bytes; }) == 2;
      },
      60s);
  // RFC 8445 §14.3 allows this; its own formula makes it 2450 ms.
  CHECK(peer.net.now() - first.sent_at == 500ms);
}

TEST_CASE("upkeep: a session without a path is given its time before it fails",
          "[agent][8863-4-a][8863-4-b][8863-4-c][8863-4-d][8863-5-a][8838-6-a][8445-7.2.5.4-a]"
          "[8445-6.1.3-a]") {
  scripted_peer peer{1};
  SECTION("without any candidate") { peer.tell_credentials(); }
  SECTION("when everything failed at once") {
    peer.introduce();
    (void)peer.send(peer.error(peer.next_check(), stun::error_code::bad_request));
  }
  peer.net.act(peer.n, [](agent& a) { (void)a.end_of_remote_candidates().has_value(); });
  peer.net.run_for(39499ms);
  CHECK(peer.n.agent.state() == connection_state::checking);
  peer.net.run_for(1ms);
  CHECK(peer.n.agent.state() == connection_state::failed);
}

TEST_CASE("upkeep: every pair is tried and the session fails in 45 s, however many pairs there are",
          "[agent]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  const bool one_foundation = GENERATE(false, true);
  for (std::uint8_t i = 1; i <= 16; ++i) {
    peer.tell_candidate({address::v4(198, 51, 100, i), 7000},
                        one_foundation ? "1" : std::to_string(i),
                        static_cast<std::uint16_t>(100 - i));
  }
  peer.net.act(peer.n, [](auto& a) { (void)a.end_of_remote_candidates().has_value(); });
  peer.net.run_for(45s);
  CHECK(peer.n.agent.state() == connection_state::failed);
  const auto& lists = peer.n.agent.checklists();
  for (const auto id : lists.order()) {
    CHECK(lists[id].state == ice::pair_state::failed);
    CHECK(lists[id].history.requests_sent >= 5);
  }
}

TEST_CASE("upkeep: a peer that checks and takes no check has 45 s, and is told the end",
          "[agent]") {
  const auto role = GENERATE(ice::role::controlling, ice::role::controlled);
  scripted_peer peer{1, config{.role = role}};
  peer.introduce();
  const scripted_check theirs{.claims = {{ice::opposite(role), 1}}};
  for (int i = 0; i < 45; ++i) {
    CHECK(peer.n.agent.state() == connection_state::checking);
    CHECK(std::holds_alternative<consumed>(peer.check(theirs)));
    peer.net.run_for(1s);
  }
  CHECK(peer.n.agent.state() == connection_state::failed);
  CHECK(peer.n.agent.report().pairs == ice::pair_verdict::no_answer);
  (void)peer.sent();
  CHECK(refusal(peer.check(theirs)) == reject::closed);
  const auto answer = peer.only_sent();
  CHECK(scripted_peer::error_of(answer) == stun::error_code::forbidden);
  CHECK(stun::authenticate(scripted_peer::parse(answer),
                           stun::short_term_key(peer.n.agent.local_credentials().password)));
  CHECK(peer.n.agent.state() == connection_state::failed);

  // Only a restart helps.
  peer.net.act(peer.n, [](auto& a) { a.restart(); });
  CHECK(std::holds_alternative<consumed>(peer.check(theirs)));
}

TEST_CASE("upkeep: a peer that comes when all was given up has its time, once", "[agent]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  peer.net.run_for(100s);
  REQUIRE(peer.n.agent.state() == connection_state::failed);
  const scripted_check theirs{.claims = {{ice::role::controlling, 1}}};
  CHECK(std::holds_alternative<consumed>(peer.check(theirs)));
  CHECK(peer.n.agent.state() == connection_state::checking);
  SECTION("and is found") {
    (void)peer.sent();
    (void)peer.check(nominating);
    peer.answer_next();
    CHECK(peer.n.agent.state() == connection_state::completed);
  }
  SECTION("and is not") {
    for (int i = 0; i < 44; ++i) {
      peer.net.run_for(1s);
      CHECK(std::holds_alternative<consumed>(peer.check(theirs)));
    }
    peer.net.run_for(1s);
    CHECK(peer.n.agent.state() == connection_state::failed);
    CHECK(refusal(peer.check(theirs)) == reject::closed);
  }
}

TEST_CASE("upkeep: how long a session may go without a path is the host's choice", "[agent]") {
  auto behaviour = controlling();
  behaviour.give_up = 5s;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  SECTION("the candidates are known") {
    peer.net.run_for(4999ms);
    CHECK(peer.n.agent.state() == connection_state::checking);
    peer.net.run_for(1ms);
    CHECK(peer.n.agent.state() == connection_state::failed);
    CHECK(peer.n.agent.report().pairs == ice::pair_verdict::no_answer);
  }
  SECTION("another one comes") {
    peer.net.run_for(4s);
    peer.tell_candidate({address::v4(198, 51, 100, 9), 7000}, "9");
    peer.net.run_for(4999ms);
    CHECK(peer.n.agent.state() == connection_state::checking);
    peer.net.run_for(1ms);
    CHECK(peer.n.agent.state() == connection_state::failed);
  }
  SECTION("a path that was there and was never nominated is no reason") {
    peer.answer_next();
    peer.net.run_for(6s);
    CHECK(peer.n.agent.state() != connection_state::failed);
  }
}

TEST_CASE("upkeep: the time starts when the peer is known, not before", "[agent][8863-4-a]") {
  scripted_peer peer{1};
  peer.net.run_for(1h);
  peer.tell_credentials();
  peer.net.run_for(39499ms);
  CHECK(peer.n.agent.state() == connection_state::checking);
}

TEST_CASE("upkeep: a peer found while waiting makes a normal session", "[agent][8863-4-f]") {
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  peer.net.run_for(10s);
  (void)peer.check(nominating);
  peer.answer_next();
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE(
    "upkeep: candidates that are still to come keep a session from failing, if it is told to wait",
    "[agent][8838-8-a][8838-8-b][8838-14-b][8863-5-b]") {
  auto behaviour = controlling();
  behaviour.presume_end_of_candidates = false;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  (void)peer.send(peer.error(peer.next_check(), stun::error_code::bad_request));
  peer.net.run_for(1h);
  CHECK(peer.n.agent.state() == connection_state::checking);
  peer.net.act(peer.n, [](agent& a) { (void)a.end_of_remote_candidates().has_value(); });
  peer.net.run_for(0ms);
  CHECK(peer.n.agent.state() == connection_state::failed);
}

TEST_CASE("upkeep: a candidate that comes after failure is tried", "[agent]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  peer.net.run_for(60s);
  CHECK(peer.n.agent.state() == connection_state::failed);
  peer.tell_candidate();
  CHECK(peer.n.agent.state() == connection_state::checking);
  peer.answer_next();
  CHECK(peer.n.agent.state() == connection_state::connected);
}

TEST_CASE("upkeep: a better pair is waited for, but not for ever",
          "[agent][8445-8.1.1-f][8863-4-e]") {
  scripted_peer peer{1};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(low, "2", 10);
  const auto silent = peer.next_check();
  const auto answered = peer.next_check();
  CHECK(silent.destination == right_address);
  peer.net.run_for(200ms);
  (void)peer.send(peer.success(answered), low);
  CHECK(count_events<event::path_found>(peer.n) == 1);
  const auto chosen = peer.next_check();
  CHECK(chosen.destination == low);
  CHECK(peer.parse(chosen).has<stun::use_candidate>());
  // One and a half of the other's round trips.
  CHECK(chosen.sent_at - silent.sent_at == 300ms);
}

TEST_CASE("upkeep: a better pair that has yet to be asked is no reason to wake", "[agent]") {
  auto behaviour = controlling();
  behaviour.ta = 50ms;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  peer.tell_candidate(right_address, "1", 10);
  const auto first = peer.next_check();
  peer.net.run_for(4ms);
  peer.tell_candidate({address::v4(192, 0, 2, 3), 7000}, "2", 65535);
  (void)peer.send(peer.success(first));
  const auto turn = after(first.sent_at, 50ms);
  for (int i = 0; i < 10; ++i) {
    // The check leaves in its turn, and only then something can come of waiting.
    CHECK(peer.n.agent.next_timeout() == turn);
    peer.n.agent.handle_timeout(peer.net.now() + i * 4ms);
  }
  (void)peer.sent();
  CHECK(peer.next_check().sent_at == turn);
  CHECK(peer.next_check().sent_at == turn + 50ms);  // the nomination of the first
}

TEST_CASE("upkeep: time that stands still or goes back changes nothing",
          "[agent][ATK-F01][ATK-F04][ATK-F11]") {
  scripted_peer peer{1};
  peer.introduce();
  (void)peer.next_check();
  auto& a = peer.n.agent;
  const auto next = a.next_timeout();
  std::array<std::byte, max_datagram_size> buffer{};
  for (int i = 0; i < 1000; ++i) {
    a.handle_timeout(peer.net.now());
    a.handle_timeout(peer.net.now() - 1h);
    CHECK_FALSE(a.poll_transmit(buffer));
    CHECK(a.next_timeout() == next);
  }
  CHECK_FALSE(a.poll_event());
}

TEST_CASE("upkeep: a jump forward fires each timer once", "[agent][ATK-F02][ATK-F03][ATK-F05]") {
  const auto jump = GENERATE(duration{10s}, duration{24h}, duration{876000h});
  scripted_peer peer{1};
  peer.introduce();
  peer.tell_candidate({address::v4(192, 0, 2, 3), 7000}, "2", 10);
  (void)peer.next_check();
  auto& a = peer.n.agent;
  std::array<std::byte, max_datagram_size> buffer{};
  a.handle_timeout(after(peer.net.now(), jump));
  std::size_t sent = 0;
  while (a.poll_transmit(buffer)) ++sent;
  CHECK(sent <= 2);
  const auto next = a.next_timeout();
  CHECK((!next || *next > after(peer.net.now(), jump)));
}

TEST_CASE("upkeep: a clock may start anywhere", "[agent][ATK-F03]") {
  const auto start = GENERATE(time_point::min(), time_point{}, time_point::max());
  seeded_entropy entropy{1};
  agent a{start, controlling(), entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(start);
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  REQUIRE(
      a.add_remote(
           {.foundation = ice::foundation::from_number(1), .priority = 1, .address = right_address})
          .has_value());
  a.handle_timeout(start);
  std::array<std::byte, max_datagram_size> buffer{};
  CHECK(a.poll_transmit(buffer).has_value());
  const auto next = a.next_timeout();
  CHECK(next.has_value() == (start != time_point::max()));
  CHECK((!next || *next > start));
}
