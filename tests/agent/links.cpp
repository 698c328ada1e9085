#include "floe/agent/links.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "agent/support.hpp"
#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const scripted_check nominating{.claims = {{ice::role::controlling, 1}}, .nominates = true};

/// A controlled agent whose path is selected at the epoch.
struct settled : scripted_peer {
  explicit settled(const config& behaviour = controlled()) : scripted_peer{1, behaviour} {
    introduce();
    (void)check(nominating);
    answer_next();
    (void)sent();
    REQUIRE(n.agent.state() == connection_state::completed);
  }
};

/// Restarts the agent, and brings it the peer's new credentials and the same candidate.
constexpr auto new_ufrag = "second";
constexpr auto new_password = "secondpasswordofthepeer";
void restart(scripted_peer& peer) {
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  peer.tell_credentials(new_ufrag, new_password);
  peer.tell_candidate();
}
bool is_of_the_new(const wired& check) {
  return scripted_peer::parse(check).get<stun::username>()->value.starts_with(new_ufrag);
}

/// The checks of the agent since the last call.
std::vector<wired> checks_of(scripted_peer& peer) {
  auto all = peer.sent();
  std::erase_if(
      all, [](const wired& w) { return scripted_peer::cls(w) != stun::message_class::request; });
  return all;
}

}  // namespace

TEST_CASE("links: consent is asked for every 4 to 6 seconds, once each, by an ordinary check",
          "[agent][7675-5.1-c][7675-5.1-e][7675-5.1-h][7675-5.1-d][8445-11-e][8445-14.2-c]") {
  settled peer;
  std::set<std::vector<std::byte>> distinct;
  auto last = peer.net.now();
  for (int i = 0; i < 200; ++i) {
    const auto asked = peer.next_check();
    CHECK(asked.sent_at - last >= 4s);
    CHECK(asked.sent_at - last <= 6s);
    last = asked.sent_at;
    distinct.insert(asked.bytes);
    const auto message = peer.parse(asked);
    CHECK(message.has<stun::priority>());
    CHECK(message.has<stun::ice_controlled>());
    CHECK_FALSE(message.has<stun::use_candidate>());
    CHECK(stun::authenticate(message, stun::short_term_key(scripted_peer::password)).has_value());
    CHECK(stun::check_fingerprint(message) == stun::fingerprint_state::right);
    (void)peer.send(peer.success(asked));
  }
  CHECK(distinct.size() == 200);
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("links: 30 seconds after the last answer nothing more is sent",
          "[agent][7675-5.1-b][7675-5.1-g][ATK-C19][ATK-F10][8445-12.1-e]") {
  settled peer;
  const auto proved = peer.net.now();
  peer.net.run_for(30s - 1ns);
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.n.agent.state() == connection_state::disconnected);
  const auto asked = peer.sent();
  peer.net.run_for(1ns);
  CHECK(peer.net.now() - proved == 30s);
  CHECK(count_events<event::consent_lost>(peer.n) == 1);
  CHECK(peer.n.agent.state() == connection_state::failed);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
  for (const auto& w : asked) {
    if (w.bytes.size() > 20) (void)peer.send(peer.success(w));
  }
  peer.net.run_for(1h);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
  CHECK(peer.sent().empty());
}

TEST_CASE("links: any answer that is not too late renews consent, not only the latest",
          "[agent][7675-5.1-f][7675-5.1-n]") {
  settled peer;
  const auto first = peer.next_check();
  const auto second = peer.next_check();
  (void)second;
  (void)peer.send(peer.success(first));
  const auto renewed = peer.net.now();
  peer.net.run_for(30s - 1ns);
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.net.now() - renewed < 30s);
  peer.net.run_for(1ns);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("links: a lost answer is no event, a long silence is, and its end too",
          "[agent][7675-5.1-n]") {
  settled peer;
  (void)peer.next_check();
  (void)peer.send(peer.success(peer.next_check()));
  CHECK(peer.n.agent.state() == connection_state::completed);
  peer.net.run_for(15s);
  CHECK(peer.n.agent.state() == connection_state::disconnected);
  (void)peer.send(peer.success(peer.next_check()));
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("links: nothing but a proved answer on the right path renews consent",
          "[agent][7675-5.1-i][ATK-C18][ATK-C19]") {
  settled peer;
  const auto end = after(peer.net.now(), 30s);
  const octets data(10, std::byte{0x80});
  octets keepalive(64);
  keepalive.resize(ice::write_keepalive(keepalive, {}).value());
  while (peer.net.now() < end) {
    (void)peer.send(data);
    (void)peer.send(keepalive);
    (void)peer.check({.claims = {{ice::role::controlling, 1}}});
    for (const auto& w : peer.sent()) {
      if (w.bytes.size() < 20 || peer.cls(w) != stun::message_class::request) continue;
      (void)peer.send(peer.success(w, left_address, "wrongpasswordwrongpassw"));
      (void)peer.send(peer.success(w), {address::v4(203, 0, 113, 1), 1});
    }
    peer.net.run_for(500ms);
  }
  CHECK(count_events<event::consent_lost>(peer.n) == 1);
}

TEST_CASE("links: 403 takes consent back at once, if it is proved", "[agent][7675-5.2-a]") {
  settled peer;
  const auto asked = peer.next_check();
  (void)peer.send(peer.error(asked, stun::error_code::forbidden, std::nullopt));
  CHECK(peer.net.send_data(peer.n, "x"));
  (void)peer.send(peer.error(asked, stun::error_code::forbidden));
  CHECK(count_events<event::consent_lost>(peer.n) == 1);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("links: what lost consent stays lost until a restart", "[agent][7675-5.1-l]") {
  settled peer;
  peer.net.run_for(31s);
  (void)peer.sent();
  // With success the peer would take it for a path (RFC 7675 sec. 5.1).
  CHECK(refusal(peer.check(nominating)) == reject::refused_check);
  CHECK(peer.error_of(peer.only_sent()) == stun::error_code::unauthenticated);
  peer.net.run_for(10s);
  CHECK(peer.sent().empty());
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));

  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  peer.tell_credentials("second", "secondpasswordofthepeer");
  CHECK(peer.n.agent.state() == connection_state::checking);
}

TEST_CASE("links: without consent an idle path is kept open every Tr by a bare indication",
          "[agent][8445-11-a][8445-11-b][8445-11-c]") {
  auto behaviour = controlled();
  behaviour.consent.enabled = false;
  settled peer{behaviour};
  const auto start = peer.net.now();
  peer.net.run_for(15s - 1ns);
  CHECK(peer.sent().empty());
  peer.net.run_for(1ns);
  const auto first = peer.only_sent();
  CHECK(first.sent_at - start == 15s);
  CHECK(first.destination == right_address);
  CHECK(peer.cls(first) == stun::message_class::indication);
  std::size_t attributes = 0;
  for (const auto& attribute : peer.parse(first)) {
    CHECK(attribute.type == stun::attribute_type::fingerprint);
    ++attributes;
  }
  CHECK(attributes == 1);
  CHECK(first.bytes.size() == 28);

  peer.net.run_for(14s);
  CHECK(peer.net.send_data(peer.n, "busy"));
  (void)peer.sent();
  peer.net.run_for(15s - 1ns);
  CHECK(peer.sent().empty());
  peer.net.run_for(1ns);
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::indication);

  peer.net.act(peer.n, [](agent& a) { a.close(); });
  peer.net.run_for(1h);
  CHECK(peer.sent().empty());
}

TEST_CASE("links: data that leaves often enough keeps its path open, though nothing comes back",
          "[agent][8445-11-a]") {
  auto behaviour = controlled();
  behaviour.consent.enabled = false;
  settled peer{behaviour};
  for (int i = 0; i < 30; ++i) {
    peer.net.run_for(10s);
    CHECK(peer.sent().empty());
    CHECK(peer.net.send_data(peer.n, "one way"));
    CHECK(peer.n.agent.next_timeout() == peer.net.now() + 15s);
    (void)peer.sent();
  }
  peer.net.run_for(15s);
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::indication);
}

TEST_CASE("links: data takes the selected pair, whatever it took before",
          "[agent][8445-12.1-b][8445-12.1-d]") {
  scripted_peer peer{1, controlled()};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(low, "2", 10);
  const auto high = peer.next_check();
  const auto other = peer.next_check();
  (void)peer.send(peer.success(other), low);
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.only_sent().destination == low);
  (void)peer.send(peer.success(high));
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.only_sent().destination == low);
  (void)peer.check(nominating);
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.only_sent().destination == right_address);
}

TEST_CASE(
    "links: during a restart data and consent stay on the old path until a new pair is selected",
    "[agent][8445-9-d][8445-9-e][7675-5.1-k][8839-4.4.3.1-b]") {
  settled peer;
  const std::string old_ufrag{peer.n.agent.local_credentials().ufrag};
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  CHECK(peer.n.agent.state() == connection_state::checking);
  CHECK(peer.n.agent.checklists().state(stream_id{0}) == ice::checklist_state::running);
  CHECK(peer.net.send_data(peer.n, "still here"));
  CHECK(peer.sent().back().destination == right_address);

  const auto consent = peer.next_check();
  CHECK(peer.parse(consent).get<stun::username>().value().value ==
        std::string{scripted_peer::ufrag} + ":" + old_ufrag);
  (void)peer.send(peer.success(consent));

  const endpoint moved{address::v4(192, 0, 2, 9), 9000};
  const auto* const password = "secondpasswordofthepeer";
  peer.tell_credentials("second", password);
  peer.tell_candidate(moved);
  const auto asked = peer.next_check();
  CHECK(asked.destination == moved);
  (void)peer.send(peer.success(asked, left_address, password), moved);
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.only_sent().destination == right_address);

  const std::string own{peer.n.agent.local_credentials().ufrag};
  (void)peer.check(
      {.username = own + ":second", .claims = {{ice::role::controlling, 1}}, .nominates = true},
      moved);
  CHECK(peer.n.agent.state() == connection_state::completed);
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.only_sent().destination == moved);
}

TEST_CASE("links: data leaves a silent pair for one that answers, and comes back with its answer",
          "[agent]") {
  settled peer;
  const endpoint other{address::v4(192, 0, 2, 3), 7000};
  const auto takes = [&] {
    (void)peer.sent();
    CHECK(peer.net.send_data(peer.n, "x"));
    return peer.only_sent().destination;
  };
  // A check from elsewhere: both are asked, where it came from and where the peer was.
  (void)peer.check({.claims = {{ice::role::controlling, 1}}}, other);
  const auto to_other = peer.next_check();
  const auto to_selected = peer.next_check();
  REQUIRE(to_other.destination == other);
  REQUIRE(to_selected.destination == right_address);
  (void)peer.send(peer.success(to_other), other);
  const auto silent = *ice::silent_at(to_selected.sent_at, ice::min_round_trip);
  CHECK(takes() == right_address);
  const auto next_to_other = [&] {
    for (;;) {
      const auto asked = peer.next_check();
      if (asked.destination == other) return asked;
    }
  };
  // All are asked again when the answer is overdue, and the one that answers carries the data.
  (void)peer.send(peer.success(next_to_other()), other);
  CHECK(peer.net.now() < silent);
  CHECK(takes() == right_address);
  peer.net.run_for(silent - 1ns - peer.net.now());
  CHECK(takes() == right_address);
  CHECK(count_events<event::selected>(peer.n) == 1);
  peer.net.run_for(1ns);
  CHECK(takes() == other);
  CHECK(count_events<event::selected>(peer.n) == 2);
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == other);
  (void)peer.send(peer.success(to_selected));
  CHECK(takes() == right_address);
  CHECK(count_events<event::selected>(peer.n) == 3);
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("links: consent checks count and measure for the pair whose path they ask", "[agent]") {
  settled peer;
  const auto& lists = peer.n.agent.checklists();
  const auto history = [&]() -> const ice::check_history& {
    return lists[lists.order().front()].history;
  };
  const auto before = history();
  const auto asked = peer.next_check();
  CHECK(history().requests_sent == before.requests_sent + 1);
  peer.net.run_for(90ms);
  (void)peer.send(peer.success(asked));
  CHECK(history().responses_received == before.responses_received + 1);
  CHECK(history().current_round_trip_time == 90ms);
  (void)peer.check({.claims = {{ice::role::controlling, 1}}});
  CHECK(history().requests_received == before.requests_received + 1);
}

TEST_CASE("links: a list that has failed looks for no other path, whatever is suspect", "[agent]") {
  auto behaviour = controlled();
  behaviour.components = 2;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  peer.tell_candidate({address::v4(198, 51, 100, 9), 7000}, "2", 1);
  peer.net.act(peer.n,
               [](agent& x) { REQUIRE(x.add_remote(host(numbered(1), 1, component_id{2}))); });
  (void)peer.check(nominating);
  peer.answer_next();
  const auto& lists = peer.n.agent.checklists();
  while (lists.state(stream_id{0}) != ice::checklist_state::failed) {
    for (const auto& w : checks_of(peer)) {
      if (w.destination == right_address) (void)peer.send(peer.success(w));
    }
    peer.net.run_for(100ms);
  }
  REQUIRE(peer.n.agent.selected() != nullptr);
  const auto pairs = lists.size();
  peer.net.run_for(config{}.consent.suspect + 1s);
  REQUIRE(peer.n.agent.selected() != nullptr);
  (void)peer.send(octets(stun::header_size));
  (void)peer.check({.password = "guess", .claims = {{ice::role::controlling, 1}}});
  CHECK(lists.size() == pairs);
}

TEST_CASE("links: a list that fails while data is on the former path is no reason to wake up",
          "[agent]") {
  auto behaviour = controlled();
  behaviour.components = 2;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  (void)peer.check(nominating);
  peer.answer_next();
  restart(peer);
  peer.net.act(peer.n,
               [](agent& x) { REQUIRE(x.add_remote(host(numbered(1), 1, component_id{2}))); });
  peer.net.act(peer.n, [](agent& a) { (void)a.end_of_remote_candidates().has_value(); });
  const auto& lists = peer.n.agent.checklists();
  const auto has_failed = [&] { return lists.state(stream_id{0}) == ice::checklist_state::failed; };
  while (!has_failed()) {
    for (const auto& w : checks_of(peer)) {
      const auto key = is_of_the_new(w) ? new_password : scripted_peer::password;
      (void)peer.send(peer.success(w, left_address, key));
    }
    peer.net.run_for(100ms);
  }
  auto check = nominating;
  check.username = std::string{peer.n.agent.local_credentials().ufrag} + ":" + new_ufrag;
  (void)peer.check(check);
  REQUIRE(peer.n.agent.selected() != nullptr);
  REQUIRE(has_failed());
  REQUIRE(peer.net.send_data(peer.n, "x"));
  // The world stops at a deadline that stands still.
  peer.net.run_for(1min);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("links: an answer under former credentials proves no pair of the new ones", "[agent]") {
  settled peer;
  restart(peer);
  const auto first = peer.next_check();
  REQUIRE(is_of_the_new(first));
  (void)peer.send(peer.success(first, left_address, new_password));
  REQUIRE(count_events<event::path_found>(peer.n) == 1);
  const auto end = after(peer.net.now(), 31s);
  std::size_t again = 0;
  while (peer.net.now() < end) {
    peer.net.run_for(100ms);
    for (const auto& w : checks_of(peer)) {
      again += is_of_the_new(w) ? 1U : 0U;
      if (!is_of_the_new(w)) (void)peer.send(peer.success(w));
    }
  }
  CHECK(again > 0);
  CHECK(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("links: data that tells a late host the time hides no change of the state", "[agent]") {
  settled peer;
  const auto late = after(peer.net.now(), config{}.consent.late);
  peer.net.run_for(config{}.consent.late - 1ns);
  const octets data(4, std::byte{0x80});
  auto& agent = peer.n.agent;
  (void)agent.handle_datagram(after(late, 1ms), {socket_id{1}, right_address, data});
  CHECK(agent.state() == connection_state::completed);
  REQUIRE(agent.next_timeout());
  CHECK(*agent.next_timeout() <= after(late, 1ms));
  agent.handle_timeout(after(late, 1ms));
  CHECK(agent.state() == connection_state::disconnected);
  CHECK(*agent.next_timeout() > after(late, 1ms));
}

TEST_CASE("links: a suspect pair brings back pairs of its own component only", "[agent]") {
  auto behaviour = controlling();
  behaviour.components = 2;
  world net{1};
  auto& left = net.add("left", behaviour);
  behaviour.role = ice::role::controlled;
  auto& right = net.add("right", behaviour);
  constexpr std::array components{component_id{1}, component_id{2}};
  for (const auto which : components) {
    const auto port = static_cast<std::uint16_t>(5000 + 1000 * static_cast<unsigned>(which));
    net.bind(left, {left_address.address, port}, stream_id{0}, which);
    net.bind(right, {right_address.address, port}, stream_id{0}, which);
    REQUIRE(left.agent.add_remote(host(numbered(1), 1, which)).has_value());
  }
  gather_all(net, left);
  gather_all(net, right);
  signal(net, left, right);
  signal(net, right, left);
  REQUIRE(net.run_until([&] { return is_settled(left) && is_settled(right); }, 10s));
  const auto pairs_of = [&](component_id which) {
    const auto& lists = left.agent.checklists();
    return std::count_if(lists.order().begin(), lists.order().end(),
                         [&](ice::pair_id id) { return lists[id].component == which; });
  };
  for (const auto which : components) REQUIRE(pairs_of(which) == 1);
  net.decide = [](const wired& w) { return w.destination.port == 6000 ? fate{} : fate{10ms}; };
  net.run_for(15s);
  CHECK(pairs_of(components[0]) == 2);
  CHECK(pairs_of(components[1]) == 1);
}

TEST_CASE("links: a path that is left takes its consent checks with it", "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  const auto nomination = peer.next_check();
  peer.net.run_for(7s);  // a consent check is under way
  (void)peer.send(peer.error(nomination, stun::error_code::bad_request));
  peer.net.run_for(40s);
  REQUIRE(peer.n.agent.state() == connection_state::failed);
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  CHECK_FALSE(peer.n.agent.next_timeout());
}

TEST_CASE("links: a pair that nothing has proved for 30 seconds is checked again before it is used",
          "[agent][7675-5.1-m][ATK-F11]") {
  scripted_peer peer{1, controlled()};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(low, "2", 10);
  const auto high = peer.next_check();
  const auto other = peer.next_check();
  (void)peer.send(peer.success(high));
  (void)peer.send(peer.success(other), low);
  SECTION("while the best one is kept alive") {
    bool checked_again = false;
    for (int i = 0; i < 12; ++i) {
      const auto asked = peer.next_check();
      checked_again = checked_again || asked.destination == low;
      (void)peer.send(peer.success(asked), asked.destination);
    }
    CHECK(checked_again);
    CHECK(peer.n.agent.state() == connection_state::connected);
  }
  SECTION("when both were silent") {
    peer.net.run_for(30s);
    CHECK_FALSE(peer.net.send_data(peer.n, "x"));
    peer.net.run_for(10min);
    CHECK_FALSE(peer.net.send_data(peer.n, "x"));
    CHECK(peer.n.agent.state() == connection_state::failed);
  }
}

TEST_CASE("links: when consent is taken back nothing leaves any more, whatever else was valid",
          "[agent][7675-5.1-l][7675-5.2-a]") {
  scripted_peer peer{1, controlled()};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(low, "2", 10);
  const auto high = peer.next_check();
  const auto other = peer.next_check();
  (void)peer.send(peer.success(other), low);
  (void)peer.send(peer.success(high));
  (void)peer.check(nominating);
  REQUIRE(peer.n.agent.state() == connection_state::completed);
  const auto consent = peer.next_check();
  (void)peer.send(peer.error(consent, stun::error_code::forbidden));
  CHECK(peer.n.agent.state() == connection_state::failed);
  (void)peer.sent();
  for (int i = 0; i < 60; ++i) {
    CHECK_FALSE(peer.net.send_data(peer.n, "x"));
    peer.net.run_for(1s);
  }
  CHECK(peer.sent().empty());
}
