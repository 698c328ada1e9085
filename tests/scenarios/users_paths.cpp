// What users of other ICE libraries asked for: finding a path, keeping it, and following the peer.
// The number of a tag is that of the thread in the collection.

#include <map>

#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

[[nodiscard]] bool was_ever(const node& n, connection_state state) {
  return std::any_of(n.events.begin(), n.events.end(), [&](const auto& e) {
    const auto* const change = std::get_if<event::state_changed>(&e.what);
    return change != nullptr && change->to == state;
  });
}

[[nodiscard]] bool both_settled(const duo& d) { return is_settled(d.left) && is_settled(d.right); }

/// The address that an agent's selected pair leads to.
[[nodiscard]] endpoint selected_remote(const node& n) {
  const auto* const pair = n.agent.selected();
  if (pair == nullptr) throw std::runtime_error{"nothing is selected"};
  return n.agent.remote(pair->remote)->candidate.address;
}

/// An agent and a peer that controls, with a nominated pair towards right_address.
struct nominated_once {
  scripted_peer peer{1, controlled()};

  nominated_once() {
    peer.introduce();
    peer.answer_next();
    nominate(right_address);
    if (selected_remote(peer.n) != right_address) throw std::runtime_error{"not nominated"};
  }

  void nominate(const endpoint& from, std::uint32_t priority = 0x6effffff) {
    (void)peer.check(
        {.priority = priority, .claims = {{ice::role::controlling, 1}}, .nominates = true}, from);
  }

  /// Answers every check that leads to `alive` until the end of `span`, and no other.
  void live_at(const endpoint& alive, duration span) {
    const auto end = peer.net.now() + span;
    while (peer.net.now() < end) {
      for (const auto& w : peer.sent()) {
        if (w.destination != alive || !stun::message_view::parse(w.bytes)) continue;
        if (peer.cls(w) != stun::message_class::request) continue;
        (void)peer.send(peer.success(w), alive);
      }
      peer.net.run_for(10ms);
    }
  }
};

}  // namespace

TEST_CASE("users: twenty restarts in a row, and not one datagram of the game is lost",
          "[scenario][users-4]") {
  duo d{1, 40ms};
  REQUIRE(d.connect());
  std::size_t sent = 0;
  for (int round = 0; round < 20; ++round) {
    auto& first = round % 3 == 0 ? d.right : d.left;
    auto& second = round % 3 == 0 ? d.left : d.right;
    d.net.act(first, [](agent& a) { a.restart(); });
    for (int i = 0; i < 30; ++i) {
      if (i == 5) signal(d.net, first, second);
      if (i == 10) signal(d.net, second, first);
      CHECK(d.net.send_data(d.left, "l"));
      CHECK(d.net.send_data(d.right, "r"));
      ++sent;
      d.net.run_for(17ms);
    }
    REQUIRE(both_settled(d));
  }
  d.net.run_for(1s);
  CHECK(d.left.received.size() == sent);
  CHECK(d.right.received.size() == sent);
  CHECK(count_events<event::selected>(d.left) == 21);
}

TEST_CASE("users: a peer that nominates a better pair later is followed at once, and stays there",
          "[scenario][users-8]") {
  const endpoint second{right_address.address, 6001};
  nominated_once s;
  s.nominate(second, 0x7fffffff);
  (void)s.peer.send(s.peer.success(s.peer.next_check()), second);
  CHECK(selected_remote(s.peer.n) == second);
  (void)s.peer.sent();
  CHECK(s.peer.net.send_data(s.peer.n, "x"));
  CHECK(s.peer.only_sent().destination == second);
  s.live_at(second, 60s);
  CHECK(is_settled(s.peer.n));
  CHECK(selected_remote(s.peer.n) == second);
}

TEST_CASE("users: a peer that nominates another pair and leaves the first is followed",
          "[scenario][users-8]") {
  const endpoint second{right_address.address, 6001};
  // Whatever the priority of the second pair is beside that of the first.
  const auto priority = GENERATE(0x7fffffffU, 0x6effffffU, 1U);
  nominated_once s;
  s.nominate(second, priority);
  (void)s.peer.send(s.peer.success(s.peer.next_check()), second);
  s.live_at(second, 60s);
  REQUIRE(is_settled(s.peer.n));
  CHECK(selected_remote(s.peer.n) == second);
  (void)s.peer.sent();
  CHECK(s.peer.net.send_data(s.peer.n, "x"));
  CHECK(s.peer.only_sent().destination == second);
}

TEST_CASE("users: roles that both sides got wrong are repaired while the signalling is one-sided",
          "[scenario][users-9]") {
  const auto behaviour = GENERATE(controlling(), controlled());
  const auto head_start = GENERATE(0ms, 5ms, 10ms, 45ms, 200ms, 3000ms);
  const bool left_first = GENERATE(true, false);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    INFO("seed " << seed);
    duo d{seed, 10ms, behaviour, behaviour};
    auto& first = left_first ? d.left : d.right;
    auto& second = left_first ? d.right : d.left;
    signal(d.net, second, first);
    d.net.run_for(head_start);
    const auto start = d.net.now();
    signal(d.net, first, second);
    REQUIRE(d.net.run_until([&] { return both_settled(d); }, 60s));
    CHECK(d.net.now() - start <= 500ms);
    CHECK(d.left.agent.role() != d.right.agent.role());
  }
}

TEST_CASE("users: data that never pauses neither delays consent checks nor stands in for them",
          "[scenario][users-10]") {
  duo d{1};
  REQUIRE(d.connect());
  const auto start = d.net.log().size();
  bool deaf = false;
  d.net.decide = [&](const wired& w) {
    return deaf && stun::message_view::parse(w.bytes) ? fate{} : fate{10ms};
  };
  const auto talk = [&](duration span) {
    for (const auto end = d.net.now() + span; d.net.now() < end; d.net.run_for(20ms)) {
      d.net.send_data(d.left, "media");
      d.net.send_data(d.right, "media");
    }
  };
  talk(2min);
  for (const auto* const n : {&d.left, &d.right}) {
    std::vector<time_point> asked;
    for (std::size_t i = start; i < d.net.log().size(); ++i) {
      const auto& w = d.net.log()[i];
      const auto message = stun::message_view::parse(w.bytes);
      if (w.from != n || !message || message->cls() != stun::message_class::request) continue;
      if (!asked.empty()) {
        CHECK(w.sent_at - asked.back() >= 4s);
        CHECK(w.sent_at - asked.back() <= 6s);
      }
      asked.push_back(w.sent_at);
    }
    CHECK(asked.size() >= 18);
  }
  deaf = true;
  const auto heard = d.left.received.size();
  talk(31s);
  CHECK(d.left.received.size() > heard + 1000);
  CHECK(count_events<event::consent_lost>(d.left) == 1);
  CHECK(count_events<event::consent_lost>(d.right) == 1);
}

TEST_CASE("users: fifteen interfaces that lead nowhere cost a slot each, not a port scan",
          "[scenario][users-11]") {
  world w{1};
  auto& left = w.add("left", controlling());
  auto& right = w.add("right", controlled());
  for (std::uint8_t i = 1; i <= 15; ++i) w.bind(left, {address::v4(10, 96, i, 1), 5000});
  w.bind(left, left_address);
  w.bind(right, right_address);
  w.decide = [](const wired& packet) {
    const auto dead = [](const endpoint& e) { return e.address.octets[0] == 10; };
    return dead(packet.source) || dead(packet.destination) ? fate{} : fate{10ms};
  };
  gather_all(w, left);
  gather_all(w, right);
  signal(w, left, right);
  signal(w, right, left);
  REQUIRE(w.run_until([&] { return first_event<event::path_found>(left) != nullptr; }, 30s));
  CHECK(w.elapsed() <= 15 * 50ms + 20ms);
  CHECK(w.run_until([&] { return is_settled(left) && is_settled(right); }, 1s));
  // A new check per slot and, at worst, what is repeated in the same instant.
  std::size_t burst = 0;
  time_point at = epoch - 1s;
  for (const auto& packet : w.log()) {
    burst = packet.sent_at == at && packet.from == &left ? burst + 1 : 0;
    at = packet.sent_at;
    CHECK(burst <= 2);
  }
  CHECK(left.agent.stats().checks_sent <= 18);
}

TEST_CASE("users: moving to another network is a restart, and nobody is told of a failure",
          "[scenario][users-14]") {
  duo d{1, 40ms};
  REQUIRE(d.connect());
  // The old network is gone at once; the new one takes a moment.
  d.left.sockets[0].second = {address::v4(203, 0, 113, 1), 1};
  const auto before = d.net.log().size();
  d.net.decide = [&](const wired& w) {
    return w.source.address == d.left.sockets[0].second.address ? fate{} : fate{40ms};
  };
  d.net.run_for(2s);
  const endpoint moved{address::v4(198, 51, 100, 7), 5000};
  d.net.bind(d.left, moved);
  d.net.act(d.left, [](agent& a) { a.restart(); });
  signal(d.net, d.left, d.right);
  signal(d.net, d.right, d.left);
  REQUIRE(d.net.run_until(
      [&] { return count_events<event::selected>(d.left) == 2 && both_settled(d); }, 5s));
  CHECK(selected_remote(d.right) == moved);
  CHECK(d.net.send_data(d.right, "there?"));
  d.net.run_for(1s);
  CHECK(d.left.received.size() == 1);
  CHECK(d.net.log().size() > before);
  for (const auto* const n : {&d.left, &d.right}) {
    CHECK_FALSE(was_ever(*n, connection_state::disconnected));
    CHECK_FALSE(was_ever(*n, connection_state::failed));
  }
}

TEST_CASE("users: a candidate that comes behind its own checks changes nothing, whenever it comes",
          "[scenario][users-15][8838-11-b]") {
  const auto behaviour = GENERATE(controlling(), controlled());
  const auto other =
      behaviour.role == ice::role::controlling ? ice::role::controlled : ice::role::controlling;
  for (auto delay = 0ms; delay <= 160ms; delay += 5ms) {
    INFO("the candidate comes after " << delay.count() << " ms");
    duo d{1, 10ms, behaviour, {.role = other}};
    signal(d.net, d.right, d.left);
    const auto told = d.left.agent.local_credentials();
    d.net.act(d.right, [&](agent& a) {
      (void)a.set_remote_credentials(told.ufrag, told.password).has_value();
    });
    d.net.run_for(delay);
    const auto sent = d.net.log().size();
    for (const auto& c : candidates_of(d.left)) {
      d.net.act(d.right, [&](agent& a) { CHECK(a.add_remote(c, told.ufrag).has_value()); });
    }
    REQUIRE(d.net.run_until([&] { return both_settled(d); }, 1s));
    CHECK(d.net.elapsed() <= 200ms);
    CHECK(d.net.log().size() <= sent + 8);
    CHECK(d.right.agent.checklists().size() == 1);
    CHECK(d.right.agent.remote(d.right.agent.selected()->remote)->candidate.type ==
          ice::candidate_type::host);
    CHECK(count_events<event::selected>(d.right) == 1);
  }
}

TEST_CASE("users: a peer that answers only some checks keeps its pairs and its session",
          "[scenario][users-16]") {
  duo d{1};
  REQUIRE(d.connect());
  std::map<const node*, std::size_t> answers;
  d.net.decide = [&](const wired& w) {
    const auto message = stun::message_view::parse(w.bytes);
    const bool answer = message && message->cls() == stun::message_class::success;
    return answer && ++answers[w.from] % 4 != 0 ? fate{} : fate{10ms};
  };
  d.net.run_for(10min);
  CHECK(both_settled(d));
  for (const auto* const n : {&d.left, &d.right}) {
    CHECK(count_events<event::consent_lost>(*n) == 0);
    CHECK_FALSE(was_ever(*n, connection_state::failed));
  }
}

TEST_CASE("users: 144 pairs where there is room for 32: the least go, the host hears, it connects",
          "[scenario][users-21]") {
  auto behaviour = controlling();
  behaviour.limits.pairs = 32;
  world w{1};
  auto& left = w.add("left", behaviour);
  behaviour.role = ice::role::controlled;
  auto& right = w.add("right", behaviour);
  for (std::uint8_t i = 1; i <= 12; ++i) {
    w.bind(left, {address::v4(10, 0, 0, i), 5000});
    w.bind(right, {address::v4(10, 0, 1, i), 5000});
  }
  // Only the third address of each gets through.
  w.decide = [](const wired& packet) {
    const bool through =
        packet.source.address.octets[3] == 3 && packet.destination.address.octets[3] == 3;
    return through ? fate{10ms} : fate{};
  };
  gather_all(w, left);
  gather_all(w, right);
  signal(w, left, right);
  signal(w, right, left);
  REQUIRE(w.run_until([&] { return is_settled(left) && is_settled(right); }, 30s));
  for (const auto* const n : {&left, &right}) {
    std::size_t gone = 0;
    for (const auto& e : n->events) {
      const auto* const lost = std::get_if<event::dropped>(&e.what);
      if (lost != nullptr && lost->what == event::dropped::pairs) gone += lost->count;
    }
    CHECK(gone == 144 - 32);
  }
}
