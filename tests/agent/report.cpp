#include "floe/agent/report.hpp"

#include <set>
#include <string_view>

#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;
using ice::pair_verdict;

TEST_CASE("report: what is missing first is the verdict", "[agent]") {
  world net{1};
  auto& n = net.add("agent", controlling());
  CHECK(n.agent.report().verdict == session_verdict::not_gathering);
  gather_all(net, n);
  CHECK(n.agent.report().verdict == session_verdict::no_local_candidates);
  scripted_peer peer{1};
  const auto verdict = [&] { return peer.n.agent.report().verdict; };
  CHECK(verdict() == session_verdict::no_credentials);
  peer.tell_credentials();
  CHECK(verdict() == session_verdict::no_remote_candidates);
  const auto six = address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  peer.tell_candidate({six, 5000});
  CHECK(verdict() == session_verdict::no_pairs);
  peer.tell_candidate();
  CHECK(verdict() == session_verdict::checking);
  peer.answer_next();
  CHECK(verdict() == session_verdict::works);
  CHECK(peer.n.agent.report().pairs == pair_verdict::works);
  peer.n.agent.close();
  CHECK(verdict() == session_verdict::closed);
}

TEST_CASE("report: of a session that failed the pairs tell why", "[agent]") {
  scripted_peer peer{2};
  peer.introduce();
  const auto report = [&] {
    peer.net.run_for(2min);
    CHECK(peer.n.agent.state() == connection_state::failed);
    CHECK(peer.n.agent.report().verdict == session_verdict::no_working_pair);
    return peer.n.agent.report();
  };
  const auto asked = peer.next_check();
  SECTION("nobody answered") {
    CHECK(report().pairs == pair_verdict::no_answer);
    const auto& lists = peer.n.agent.checklists();
    CHECK(lists[lists.order()[0]].history.requests_sent == 7);
  }
  SECTION("an answer came from elsewhere") {
    (void)peer.send(peer.success(asked), {address::v4(203, 0, 113, 1), 9});
    CHECK(report().pairs == pair_verdict::answered_from_elsewhere);
  }
  SECTION("the password was wrong") {
    (void)peer.send(peer.success(asked, left_address, "anotherpasswordaltogether"));
    CHECK(report().pairs == pair_verdict::wrong_credentials);
  }
  SECTION("the peer refused") {
    (void)peer.send(peer.error(asked, stun::error_code::bad_request));
    CHECK(report().pairs == pair_verdict::refused);
  }
  SECTION("roles never settled") {
    (void)peer.send(peer.error(asked, stun::error_code::role_conflict));
    for (int i = 0; i < 7; ++i) {
      (void)peer.send(peer.error(peer.next_check(), stun::error_code::role_conflict));
    }
    CHECK(report().pairs == pair_verdict::role_loop);
  }
}

TEST_CASE("report: a path that fell silent is named, and what was counted on it", "[agent]") {
  scripted_peer peer{3};
  peer.introduce();
  const auto asked = peer.next_check();
  peer.net.run_for(20ms);
  (void)peer.send(peer.success(asked));
  (void)peer.check({.claims = {{ice::role::controlled, 1}}});
  const auto& lists = peer.n.agent.checklists();
  const auto& history = lists[lists.order()[0]].history;
  CHECK(history.requests_sent == 1);
  CHECK(history.responses_received == 1);
  CHECK(history.requests_received == 1);
  CHECK(history.current_round_trip_time == 20ms);
  peer.net.run_for(3min);
  CHECK(peer.n.agent.report().pairs == pair_verdict::consent_lost);
}

TEST_CASE("report: each verdict has words of its own", "[agent]") {
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(session_verdict::no_working_pair); ++i) {
    words.insert(to_text(static_cast<session_verdict>(i)));
  }
  CHECK(words.size() == 9);
}
