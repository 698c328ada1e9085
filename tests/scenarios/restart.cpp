// Starting over without losing what works.

#include "catch.hpp"
#include "sim/duo.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

bool restarted_and_settled(const duo& d) {
  const auto settled = [](const node& n) {
    return is_settled(n) && count_events<event::selected>(n) == 2;
  };
  return settled(d.left) && settled(d.right);
}

}  // namespace

TEST_CASE("restart: either side may start over, and data flows all the time",
          "[scenario][8445-9-a][8445-9-d][8445-6.1.1-d]") {
  const bool controlling_restarts = GENERATE(true, false);
  duo d{1};
  REQUIRE(d.connect());
  auto& first = controlling_restarts ? d.left : d.right;
  auto& second = controlling_restarts ? d.right : d.left;
  const auto role = d.left.agent.role();

  d.net.act(first, [](agent& a) { a.restart(); });
  std::size_t sent = 0;
  const auto talk = [&] {
    CHECK(d.net.send_data(d.left, "l"));
    CHECK(d.net.send_data(d.right, "r"));
    ++sent;
    d.net.run_for(20ms);
  };
  for (int i = 0; i < 10; ++i) talk();
  signal(d.net, first, second);
  for (int i = 0; i < 10; ++i) talk();
  signal(d.net, second, first);
  for (int i = 0; i < 50; ++i) talk();
  CHECK(restarted_and_settled(d));
  CHECK(d.left.received.size() == sent);
  CHECK(d.right.received.size() == sent);
  CHECK(d.left.agent.role() == role);
}

TEST_CASE("restart: both sides may start over in the same instant, with loss",
          "[scenario][ATK-G09]") {
  for (std::size_t k = 0;; ++k) {
    INFO("lost: " << k);
    duo d{k + 1};
    REQUIRE(d.connect());
    const auto before = d.net.log().size();
    bool lost = false;
    d.net.decide = [&](const wired& w) {
      const bool now = w.index == before + k;
      lost = lost || now;
      return now ? fate{} : fate{10ms};
    };
    d.net.act(d.left, [](agent& a) { a.restart(); });
    d.net.act(d.right, [](agent& a) { a.restart(); });
    signal(d.net, d.left, d.right);
    signal(d.net, d.right, d.left);
    REQUIRE(d.net.run_until([&] { return restarted_and_settled(d); }, 30s));
    if (!lost) break;
  }
}

TEST_CASE(
    "restart: however often and by whom, with signalling as slow as it may be, it comes to rest",
    "[scenario][ATK-D09]") {
  const auto signalling = GENERATE(0ms, 30ms, 150ms, 1000ms);
  duo d{1};
  REQUIRE(d.connect());
  // Whoever restarts tells the other after the delay of the signalling.
  struct message {
    time_point at;
    bool to_right;
    std::string ufrag;
    std::string password;
  };
  std::vector<message> wire;
  std::size_t told_left = 0;
  std::size_t told_right = 0;
  const auto collect = [&](node& n, std::size_t& told, bool to_right) {
    for (; told < count_events<event::restarted>(n); ++told) {
      const auto own = n.agent.local_credentials();
      wire.push_back({after(d.net.now(), signalling), to_right, std::string{own.ufrag},
                      std::string{own.password}});
    }
  };
  for (int step = 0; step < 2000; ++step) {
    if (step < 200 && step % 4 == 0) d.net.act(d.left, [](agent& a) { a.restart(); });
    if (step < 200 && step % 6 == 1) d.net.act(d.right, [](agent& a) { a.restart(); });
    collect(d.left, told_left, true);
    collect(d.right, told_right, false);
    for (std::size_t i = 0; i < wire.size();) {
      const auto m = wire[i];
      if (m.at > d.net.now()) {
        ++i;
        continue;
      }
      wire.erase(wire.begin() + static_cast<std::ptrdiff_t>(i));
      auto& to = m.to_right ? d.right : d.left;
      auto& from = m.to_right ? d.left : d.right;
      d.net.act(to, [&](agent& a) {
        (void)a.set_remote_credentials(m.ufrag, m.password).has_value();
        (void)a.add_remote(candidates_of(from).front(), m.ufrag).has_value();
      });
      collect(d.left, told_left, true);
      collect(d.right, told_right, false);
    }
    d.net.run_for(10ms);
    CHECK(d.net.send_data(d.left, "l"));
    CHECK(d.net.send_data(d.right, "r"));
  }
  const auto restarts = count_events<event::restarted>(d.left);
  d.net.run_for(10s);
  CHECK(is_settled(d.left));
  CHECK(is_settled(d.right));
  CHECK(count_events<event::restarted>(d.left) == restarts);
}

TEST_CASE("restart: one that is never answered keeps the old path", "[scenario][7675-5.1-k]") {
  duo d{1};
  REQUIRE(d.connect());
  d.net.act(d.left, [](agent& a) { a.restart(); });
  d.net.run_for(10min);
  CHECK(d.net.send_data(d.left, "x"));
  CHECK(d.net.send_data(d.right, "x"));
  d.right.alive = false;
  d.net.run_for(31s);
  CHECK_FALSE(d.net.send_data(d.left, "x"));
}

TEST_CASE("restart: it brings a failed session back", "[scenario][8445-9-e]") {
  duo d{1};
  d.net.decide = [](const wired&) { return fate{}; };
  CHECK_FALSE(d.connect(2min));
  CHECK(d.left.agent.state() == connection_state::failed);
  d.net.decide = nullptr;
  d.net.act(d.left, [](agent& a) { a.restart(); });
  signal(d.net, d.left, d.right);
  signal(d.net, d.right, d.left);
  CHECK(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 10s));
}

TEST_CASE("restart: a peer that checks from new ports before the answer is sent to wait for it",
          "[scenario][8445-7.3-c]") {
  // Chromium restarts so: new sockets, whose checks name the ufrag that it knows and its own new
  // one. It keeps to whichever path answered those with success, and later refuses the checks of
  // the new credentials there with 401.
  const bool agent_controls = GENERATE(true, false);
  const auto peer_role = agent_controls ? ice::role::controlled : ice::role::controlling;
  scripted_peer peer{1, agent_controls ? controlling() : controlled()};
  peer.introduce();
  const auto claims = std::vector<ice::role_claim>{{peer_role, 1}};
  (void)peer.check({.claims = claims, .nominates = !agent_controls});
  peer.answer_next();
  if (agent_controls) peer.answer_next();
  REQUIRE(is_settled(peer.n));
  (void)peer.sent();

  const auto old_own = std::string{peer.n.agent.local_credentials().ufrag};
  const auto old_password = std::string{peer.n.agent.local_credentials().password};
  const endpoint moved{right_address.address, 6001};
  const auto early = [&] {
    return scripted_check{.username = old_own + ":newufrag",
                          .password = old_password,
                          .claims = claims,
                          .nominates = !agent_controls};
  };
  CHECK(refusal(peer.check(early(), moved)) == reject::bad_username);
  CHECK(peer.error_of(peer.only_sent()) == stun::error_code::unauthenticated);
  const auto password = "newpasswordofthepeer0123";
  peer.tell_credentials("newufrag", password);
  // Not through the former generation either.
  CHECK(refusal(peer.check(early(), moved)) == reject::bad_username);
  for (const auto& w : peer.sent()) {
    if (peer.cls(w) == stun::message_class::error) {
      CHECK(peer.error_of(w) == stun::error_code::unauthenticated);
    } else {
      CHECK(peer.cls(w) == stun::message_class::request);
    }
  }
  // What still comes over the old path is the peer's.
  const scripted_check consent{
      .username = old_own + ":" + scripted_peer::ufrag, .password = old_password, .claims = claims};
  CHECK_FALSE(refusal(peer.check(consent)));
  peer.tell_candidate(moved);
  const auto asked = peer.next_check();
  CHECK(asked.destination == moved);
  (void)peer.send(peer.success(asked, left_address, password), moved);
  CHECK(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("restart: whatever changes before the answer, the newest sockets are offered after it",
          "[scenario][8445-9-a]") {
  scripted_peer peer{1};
  auto& a = peer.n.agent;
  peer.introduce();
  const auto change_socket = [&](std::uint32_t from) {
    REQUIRE(a.remove_local(socket_id{from}));
    const endpoint next{address::v4(192, 0, 2, 100), static_cast<std::uint16_t>(5000 + from)};
    peer.net.bind(peer.n, next);
    return next;
  };
  (void)change_socket(1);
  CHECK(a.gather(peer.net.now()) == offering::needs_restart);
  CHECK(a.restart() == offering::made);
  CHECK(a.gather(peer.net.now()) == offering::made);
  const auto newest = change_socket(2);
  CHECK(a.gather(peer.net.now()) == offering::needs_restart);
  CHECK(a.restart() == offering::after_answer);
  CHECK(a.restart() == offering::after_answer);
  CHECK(a.gather(peer.net.now()) == offering::after_answer);
  peer.net.act(peer.n, [](auto&) {});
  peer.net.run_for(1s);
  REQUIRE(count_events<event::restarted>(peer.n) == 1);
  const std::string first{a.local_credentials().ufrag};

  peer.tell_credentials("answerone", "firstpasswordofthepeer0");
  peer.net.run_for(0s);
  CHECK(count_events<event::restarted>(peer.n) == 2);
  CHECK(a.local_credentials().ufrag != first);
  CHECK(candidates_of(peer.n).back().address == newest);
  CHECK(a.gather(peer.net.now()) == offering::made);
  peer.tell_credentials("answertwo", "secondpasswordofthepeer");
  peer.tell_candidate();
  const auto asked = peer.next_check();
  CHECK(asked.source == newest);
  CHECK(peer.parse(asked).get<stun::username>().value().value.starts_with("answertwo"));
  CHECK(count_events<event::restarted>(peer.n) == 2);
}

TEST_CASE(
    "restart: before the first answer it waits for that; before gathering it has nothing to do",
    "[scenario]") {
  duo d{1};
  const auto own = [&] { return std::string{d.left.agent.local_credentials().ufrag}; };
  const auto before = own();
  CHECK(d.left.agent.restart() == offering::after_answer);
  CHECK(own() == before);
  REQUIRE(d.net.run_until([&] { return true; }, 1s));
  d.introduce();
  CHECK(own() != before);
  signal(d.net, d.left, d.right);
  signal(d.net, d.right, d.left);
  CHECK(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 10s));

  seeded_entropy entropy{1};
  agent fresh{epoch, controlling(), entropy};
  REQUIRE(fresh.add_local(socket_id{1}, left_address));
  CHECK(fresh.restart() == offering::made);
  CHECK(fresh.gather(epoch) == offering::made);
  REQUIRE(fresh.set_remote_credentials("peer", "passwordofthepeer012345"));
  REQUIRE(fresh.poll_event());
  fresh.close();
  CHECK(fresh.restart() == offering::closed);
  CHECK(fresh.gather(epoch) == offering::closed);
}
