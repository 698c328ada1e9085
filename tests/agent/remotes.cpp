#include "floe/agent/remotes.hpp"

#include <algorithm>
#include <vector>

#include "agent/support.hpp"
#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

config with_four_places() {
  auto behaviour = controlled();
  behaviour.limits.remote_candidates = 4;
  return behaviour;
}

/// An agent that has little room for what its peer signals, or its checks teach.
struct few_places : scripted_peer {
  few_places() : scripted_peer{1, with_four_places()} { tell_credentials(); }

  void check_from(const endpoint& source) {
    (void)check({.claims = {{ice::role::controlling, 1}}}, source);
  }
};

}  // namespace

TEST_CASE("remotes: credentials outside the grammar are refused and change nothing",
          "[agent][8839-5.4-a]") {
  scripted_peer peer{1};
  auto& a = peer.n.agent;
  const std::string pwd(22, 'p');
  CHECK(a.set_remote_credentials("abc", pwd).error() == errc::invalid_ufrag);
  CHECK(a.set_remote_credentials(std::string(257, 'u'), pwd).error() == errc::invalid_ufrag);
  CHECK(a.set_remote_credentials("a:cd", pwd).error() == errc::invalid_ufrag);
  CHECK(a.set_remote_credentials("abcd", pwd.substr(1)).error() == errc::invalid_password);
  CHECK(a.set_remote_credentials("abcd", std::string(257, 'p')).error() == errc::invalid_password);
  CHECK(a.set_remote_credentials("abcd", pwd, stream_id{3}).error() == errc::unknown_stream);
  CHECK(a.state() == connection_state::idle);
  CHECK(a.set_remote_credentials(std::string(256, 'u'), std::string(256, 'p')).has_value());
}

TEST_CASE("remotes: one new credential is no restart, two are, and known ones are nothing",
          "[agent][8445-9-a][8445-9-b][8839-4.4.1.1.1-b][8839-4.4.2.1-a]") {
  scripted_peer peer{1};
  peer.introduce();
  auto& a = peer.n.agent;
  const std::string old_ufrag{a.local_credentials().ufrag};
  const std::string old_password{a.local_credentials().password};
  const auto* const own_password = "anotherpassword0123456";
  CHECK(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  CHECK(a.local_credentials().ufrag == old_ufrag);
  CHECK(a.set_remote_credentials("other", scripted_peer::password).error() ==
        errc::half_changed_credentials);
  CHECK(a.set_remote_credentials(scripted_peer::ufrag, own_password).error() ==
        errc::half_changed_credentials);
  CHECK(a.local_credentials().ufrag == old_ufrag);

  peer.tell_credentials("other", own_password);
  CHECK(a.local_credentials().ufrag != old_ufrag);
  CHECK(a.local_credentials().password != old_password);
  CHECK(count_events<event::restarted>(peer.n) == 1);
  CHECK(count_events<event::local_candidate>(peer.n) == 2);
  CHECK(count_events<event::gathering_done>(peer.n) == 2);

  CHECK(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).error() ==
        errc::stale_generation);
}

TEST_CASE("remotes: candidates that can't be used are refused with the reason",
          "[agent][8445-5.1.2.1-f][8838-9-c][ATK-D08][ATK-F07][ATK-F09]") {
  scripted_peer peer{1};
  auto& a = peer.n.agent;
  const auto with = [&](auto change) {
    auto c = host(right_address);
    change(c);
    return a.add_remote(c).error();
  };
  CHECK(with([](auto& c) { c.priority = 0; }) == errc::invalid_candidate);
  CHECK(with([](auto& c) { c.priority = 0x80000000; }) == errc::invalid_candidate);
  CHECK(with([](auto& c) { c.foundation = {}; }) == errc::invalid_candidate);
  CHECK(with([](auto& c) { c.component = component_id{0}; }) == errc::unknown_component);
  CHECK(with([](auto& c) { c.component = component_id{2}; }) == errc::unknown_component);
  CHECK(with([](auto& c) { c.component = component_id{257}; }) == errc::unknown_component);
  CHECK(with([](auto& c) { c.address.port = 0; }) == errc::unusable_address);
  for (const auto& bad : {address{}, address::v4(255, 255, 255, 255), address::v4(239, 1, 1, 1),
                          address::v4(127, 0, 0, 1)}) {
    CHECK(with([&](auto& c) { c.address.address = bad; }) == errc::unusable_address);
  }
  CHECK(a.add_remote(host(right_address), {}, stream_id{1}).error() == errc::unknown_stream);
  CHECK(a.checklists().size() == 0);
}

TEST_CASE("remotes: a candidate belongs to the generation that its ufrag names",
          "[agent][8838-9-b]") {
  scripted_peer peer{1};
  auto& a = peer.n.agent;
  peer.tell_credentials();
  CHECK(a.add_remote(host(right_address), "other").error() == errc::stale_generation);
  CHECK(a.add_remote(host(right_address), scripted_peer::ufrag).has_value());
  peer.net.act(peer.n, [](agent& x) { x.restart(); });
  CHECK(a.add_remote(host(right_address), scripted_peer::ufrag).error() == errc::stale_generation);
  CHECK(a.add_remote(host(right_address), "newone").has_value());
}

TEST_CASE("remotes: a restart forgets the candidates, their end and their credentials",
          "[agent][8838-15-a]") {
  scripted_peer peer{1};
  auto& a = peer.n.agent;
  peer.tell_credentials();
  const auto old = a.add_remote(host(right_address)).value();
  REQUIRE(a.end_of_remote_candidates().has_value());
  CHECK(a.add_remote(host(numbered(9))).error() == errc::after_end_of_candidates);
  peer.net.act(peer.n, [](agent& x) { x.restart(); });
  peer.tell_credentials("newone", "passwordofthenewone0123");
  CHECK(a.checklists().size() == 0);
  const auto made = a.add_remote(host(numbered(9))).value();
  CHECK(made != old);
  CHECK(a.remote(old) == nullptr);
  CHECK(a.checklists().size() == 1);
  peer.net.run_for(1ms);
  CHECK(peer.next_check().destination == numbered(9));
}

TEST_CASE("remotes: each stream has credentials of its own, on both sides", "[agent][8839-5.4-a]") {
  auto behaviour = controlling();
  behaviour.limits.streams = 2;
  scripted_peer peer{1, behaviour};
  auto& a = peer.n.agent;
  constexpr stream_id second{1};
  REQUIRE(a.add_stream(1).value() == second);
  CHECK(a.local_credentials(second).ufrag != a.local_credentials().ufrag);
  CHECK(a.local_credentials(second).password != a.local_credentials().password);
  peer.net.bind(peer.n, {left_address.address, 5002}, second);
  peer.net.act(peer.n, [&](agent& x) {
    x.gather(peer.net.now());
    (void)x.set_remote_credentials("other", "passwordoftheother01234", second).value();
    (void)x.add_remote(host({right_address.address, 6002}), {}, second).value();
  });
  const auto check = peer.next_check();
  const auto message = peer.parse(check);
  CHECK(message.get<stun::username>()->value ==
        "other:" + std::string{a.local_credentials(second).ufrag});
  CHECK(stun::authenticate(message, stun::short_term_key("passwordoftheother01234")));
}

TEST_CASE("remotes: a duplicate candidate changes nothing, one after the end is refused",
          "[agent][8838-11-c][8838-14-a][8838-18-a]") {
  scripted_peer peer{1};
  peer.introduce();
  auto& a = peer.n.agent;
  const auto first = a.add_remote(host(right_address)).value();
  CHECK(a.add_remote(host(right_address, 10)).value() == first);
  CHECK(a.checklists().size() == 1);
  CHECK(a.end_of_remote_candidates().has_value());
  CHECK(a.add_remote(host(numbered(9))).error() == errc::after_end_of_candidates);
  CHECK(a.checklists().size() == 1);
}

TEST_CASE("remotes: candidates of a family, component or scope without counterpart form no pair",
          "[agent][8445-6.1.2.2-a][8445-6.1.2.2-b]") {
  world w{1};
  auto& n = w.add("n", controlling());
  w.bind(n, left_address);
  w.bind(n, {v6({0x20, 0x01, 0x0d, 0xb8}), 5000});
  gather_all(w, n);
  w.act(n,
        [](agent& a) { (void)a.set_remote_credentials("peer", std::string(22, 'p')).has_value(); });
  const auto& lists = n.agent.checklists();
  (void)n.agent.add_remote(host({v6({0xfe, 0x80}), 6000})).has_value();
  CHECK(lists.size() == 0);
  (void)n.agent.add_remote(host({v6({0x20, 0x01, 0x0d, 0xb8}, 2), 6000})).has_value();
  CHECK(lists.size() == 1);
  (void)n.agent.add_remote(host(right_address)).has_value();
  CHECK(lists.size() == 2);
}

TEST_CASE("remotes: pairs stand by decreasing priority, and the least give way beyond the limit",
          "[agent][8445-6.1.2.3-b][8445-6.1.2.5-a][8445-19.5.1-a][8838-10-d][ATK-D01]") {
  auto behaviour = controlling();
  behaviour.limits.local_candidates = 12;
  behaviour.limits.remote_candidates = 12;
  world w{1};
  auto& n = w.add("n", behaviour);
  for (std::uint8_t i = 1; i <= 12; ++i) w.bind(n, numbered(i));
  gather_all(w, n);
  w.act(n,
        [](agent& a) { (void)a.set_remote_credentials("peer", std::string(22, 'p')).has_value(); });
  for (std::uint8_t i = 1; i <= 12; ++i) {
    w.act(n, [&](agent& a) {
      (void)a.add_remote(host(numbered(static_cast<std::uint8_t>(100 + i)), i)).has_value();
    });
  }
  const auto& lists = n.agent.checklists();
  REQUIRE(lists.size() == 100);
  std::vector<std::uint64_t> kept;
  for (const auto id : lists.order()) kept.push_back(lists[id].priority);
  CHECK(std::is_sorted(kept.rbegin(), kept.rend()));

  std::vector<std::uint64_t> possible;
  for (std::uint16_t mine = 0; mine < 12; ++mine) {
    for (std::uint16_t theirs = 1; theirs <= 12; ++theirs) {
      const auto local = static_cast<std::uint16_t>(65535 - 16 * mine);
      possible.push_back(ice::pair_priority(host(left_address, local).priority,
                                            host(left_address, theirs).priority));
    }
  }
  std::sort(possible.rbegin(), possible.rend());
  possible.resize(100);
  CHECK(kept == possible);

  std::size_t dropped = 0;
  for (const auto& e : n.events) {
    if (const auto* const d = std::get_if<event::dropped>(&e.what)) {
      CHECK(d->what == event::dropped::pairs);
      dropped += d->count;
    }
  }
  CHECK(dropped == 44);
}

TEST_CASE("remotes: more candidates than there is room for: the highest stay", "[agent][ATK-D01]") {
  auto behaviour = controlling();
  behaviour.limits.remote_candidates = 3;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  for (std::uint16_t i = 0; i < 1000; ++i) {
    peer.tell_candidate({address::v4(198, 51, 100, 7), static_cast<std::uint16_t>(1000 + i)}, "1",
                        static_cast<std::uint16_t>((i * 37) % 1000));
  }
  const auto& lists = peer.n.agent.checklists();
  REQUIRE(lists.size() == 3);
  for (const auto id : lists.order()) {
    const auto priority = peer.n.agent.remote(lists[id].remote)->candidate.priority;
    CHECK(priority >= host(left_address, 997).priority);
  }
  CHECK(peer.n.agent.add_remote(host(numbered(1), 1)).error() == errc::capacity_reached);
}

TEST_CASE("remotes: a peer whose NAT shows address after address stays reachable by its relay",
          "[agent]") {
  few_places peer;
  const auto show_addresses = [&](std::uint8_t first) {
    for (auto last = first; last < first + 20; ++last) {
      peer.check_from(numbered(last, 6000));
    }
  };
  const auto is_paired = [&](ice::remote_id id) {
    const auto& lists = peer.n.agent.checklists();
    return lists.find_if([&](const ice::pair& p) { return p.remote == id; }).has_value();
  };
  show_addresses(50);
  auto relay = host(numbered(1));
  relay.type = ice::candidate_type::relay;
  relay.priority = ice::candidate_priority(relay.type, 1, component_id{1});
  const auto id = peer.n.agent.add_remote(relay);
  REQUIRE(id.has_value());
  CHECK(is_paired(*id));
  show_addresses(100);
  CHECK(is_paired(*id));
  CHECK(peer.n.agent.checklists().size() == 4 + 1);
}

TEST_CASE("remotes: a check that comes through is learned, whatever was learned in vain before it",
          "[agent]") {
  few_places peer;
  for (std::uint8_t last = 50; last < 60; ++last) {
    peer.check_from(numbered(last, 6000));
  }
  (void)peer.check({.priority = 5, .claims = {{ice::role::controlling, 1}}, .nominates = true});
  peer.net.run_for(1s);
  for (const auto& w : peer.sent()) {
    if (w.destination == right_address && peer.cls(w) == stun::message_class::request) {
      (void)peer.send(peer.success(w));
    }
  }
  REQUIRE(peer.n.agent.selected() != nullptr);
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == right_address);
}

TEST_CASE(
    "remotes: candidates that are learned first and signalled then take the places of signalled "
    "ones, and no others",
    "[agent]") {
  few_places peer;
  const auto count = [&] { return peer.n.agent.report().remote_candidates; };
  auto& a = peer.n.agent;
  for (std::uint8_t last = 0; last < 4; ++last) peer.check_from(numbered(last, 6000));
  for (std::uint8_t last = 0; last < 4; ++last) {
    REQUIRE(a.add_remote(host(numbered(static_cast<std::uint8_t>(50 + last)), 1000)).has_value());
  }
  CHECK(count() == 8);
  for (std::uint8_t last = 0; last < 4; ++last) {
    CHECK(a.add_remote(host(numbered(last, 6000), 2000)).has_value());
    CHECK(count() == 7U - last);
  }
  CHECK(a.add_remote(host(numbered(99), 1000)).error() == errc::capacity_reached);
  peer.check_from(numbered(200, 6000));
  CHECK(count() == 5);
  CHECK(a.add_remote(host(numbered(200, 6000), 1)).error() == errc::capacity_reached);
  CHECK(count() == 5);
}

TEST_CASE(
    "remotes: a learned candidate takes on what the peer signals about it, and its pair stays",
    "[agent][8445-7.3.1.3-c][8838-11-b]") {
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  (void)peer.check({.priority = 5, .claims = {{ice::role::controlling, 1}}});
  const auto& lists = peer.n.agent.checklists();
  REQUIRE(lists.size() == 1);
  const auto id = lists.order().front();
  const auto state = lists[id].state;
  const auto learned = lists[id].remote;

  peer.tell_candidate();
  REQUIRE(lists.size() == 1);
  CHECK(lists.order().front() == id);
  CHECK(lists[id].state == state);
  CHECK(lists[id].remote == learned);
  const auto& now = peer.n.agent.remote(learned)->candidate;
  CHECK(now.type == ice::candidate_type::host);
  CHECK(now.priority == host(right_address).priority);
  CHECK(lists[id].priority == ice::pair_priority(host(right_address).priority, 2130706431));
}

TEST_CASE("remotes: a candidate that the peer calls peer-reflexive is paired like any other",
          "[agent]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  auto signalled = host(right_address);
  signalled.type = ice::candidate_type::prflx;
  CHECK(peer.n.agent.add_remote(signalled).has_value());
  CHECK(peer.n.agent.checklists().size() == 1);
}

TEST_CASE("remotes: the end of the candidates before a restart does not end those after it",
          "[agent][8838-13-a]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.net.act(peer.n, [](agent& x) { x.restart(); });
  auto& a = peer.n.agent;
  CHECK(a.end_of_remote_candidates(scripted_peer::ufrag).error() == errc::stale_generation);
  CHECK(a.set_remote_credentials("second", "secondpasswordofthepeer").has_value());
  CHECK(a.add_remote(host(right_address), "second").has_value());
  CHECK(a.end_of_remote_candidates("second").has_value());
  CHECK(a.end_of_remote_candidates({}, stream_id{1}).error() == errc::unknown_stream);
}

TEST_CASE("remotes: a candidate that pairs with nothing does not bring a failed session back",
          "[agent]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  peer.net.run_for(60s);
  const auto events = peer.n.events.size();
  const endpoint other_family{v6({0x20, 0x01, 0x0d, 0xb8}), 5000};
  CHECK(peer.n.agent.add_remote(host(other_family)).has_value());
  peer.net.run_for(1s);
  CHECK(peer.n.agent.state() == connection_state::failed);
  CHECK(peer.n.events.size() == events);
}

TEST_CASE("remotes: no stream's candidates push out another's share", "[agent][ATK-D01]") {
  auto behaviour = controlling();
  behaviour.limits.streams = 2;
  behaviour.limits.remote_candidates = 6;
  world w{1};
  auto& n = w.add("n", behaviour);
  const auto second = n.agent.add_stream().value();
  for (std::uint8_t i = 1; i <= 20; ++i) {
    (void)n.agent.add_remote(host(numbered(i), i)).has_value();
    (void)n.agent.add_remote(host(numbered(static_cast<std::uint8_t>(100 + i)), 60000), {}, second)
        .has_value();
  }
  w.bind(n, left_address);
  w.bind(n, {left_address.address, 5001}, second);
  gather_all(w, n);
  for (const auto stream : {stream_id{0}, second}) {
    w.act(n, [&](agent& a) {
      (void)a.set_remote_credentials("peer", std::string(22, 'p'), stream).has_value();
    });
    CHECK(n.agent.checklists().count(stream) == 3);
  }
}
