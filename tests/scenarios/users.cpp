// What users of other ICE libraries asked for: their loops, their sockets, and the end of a
// session. The number of a tag is that of the thread in the collection.

#include <memory>
#include <memory_resource>
#include <random>

#include "catch.hpp"
#include "sim/in_memory.hpp"
#include "sim/program.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

[[nodiscard]] bool is_done(const agent& a) { return a.state() == connection_state::completed; }

/// Memory that knows how much of it is out.
class balanced_memory final : public std::pmr::memory_resource {
 public:
  std::size_t out = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    out += size;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
    out -= size;
    std::pmr::new_delete_resource()->deallocate(at, size, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace

TEST_CASE(
    "users: a hundred sessions live in one loop, which sleeps whenever there is nothing to do",
    "[scenario][users-1]") {
  program p{1};
  std::vector<std::pair<agent*, agent*>> sessions;
  for (std::uint16_t i = 0; i < 100; ++i) {
    auto& left = p.open({left_address.address, static_cast<std::uint16_t>(5000 + i)});
    auto& right = p.open({right_address.address, static_cast<std::uint16_t>(5000 + i)});
    sessions.emplace_back(&p.add(left, controlling()), &p.add(right, controlled()));
    program::tell(*sessions.back().first, *sessions.back().second, right.at);
    program::tell(*sessions.back().second, *sessions.back().first, left.at);
  }
  CHECK(p.run(1s) < 100);
  for (const auto& [left, right] : sessions) CHECK((is_done(*left) && is_done(*right)));
  CHECK(p.sent == 600);
}

TEST_CASE("users: a game that looks in once a frame connects within a few frames",
          "[scenario][users-2]") {
  for (const auto frames_a_second : {240, 60, 30, 10}) {
    INFO(frames_a_second);
    const duration frame = duration{1s} / frames_a_second;
    program p{1};
    auto& left = p.open(left_address);
    auto& right = p.open(right_address);
    auto& one = p.add(left, controlling());
    auto& two = p.add(right, controlled());
    program::tell(one, two, right.at);
    program::tell(two, one, left.at);
    std::size_t frames = 0;
    for (; frames < 1000 && !(is_done(one) && is_done(two)); ++frames, p.now += frame) p.serve();
    // Two round trips, the wait for a slot, and what each arrival waits for its frame.
    CHECK(frames * frame <= 2 * (2 * 10ms + 2 * frame) + 50ms + 2 * frame);
    const auto calls = left.calls + right.calls;
    CHECK(p.say(left, one, "move"));
    const auto turns = static_cast<std::size_t>(10ms / frame) + 2;
    for (std::size_t i = 0; i < turns; ++i, p.now += frame) p.serve();
    CHECK(right.received[0] == std::vector<std::string>{"move"});
    CHECK(left.calls + right.calls == calls + 2 * turns);
  }
}

TEST_CASE("users: many peers reach many agents through one UDP port", "[scenario][users-3]") {
  auto shy = controlled();
  shy.answer_strangers = false;
  program p{1};
  auto& server = p.open(right_address);
  std::vector<std::pair<port*, agent*>> clients;
  for (std::uint16_t i = 0; i < 10; ++i) {
    auto& client = p.open({left_address.address, static_cast<std::uint16_t>(5000 + i)});
    clients.emplace_back(&client, &p.add(client, controlling()));
    auto& there = p.add(server, shy);
    program::tell(*clients.back().second, there, server.at);
    program::tell(there, *clients.back().second, client.at);
  }
  p.run(2s);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CHECK(is_done(*clients[i].second));
    CHECK(is_done(*server.agents[i]));
    CHECK(p.say(*clients[i].first, *clients[i].second, std::to_string(i)));
    CHECK(p.say(server, *server.agents[i], "to " + std::to_string(i)));
  }
  p.run(1s);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    CHECK(server.received[i] == std::vector{std::to_string(i)});
    CHECK(clients[i].first->received[0] == std::vector{"to " + std::to_string(i)});
  }
}

TEST_CASE("users: closing is a state: at any moment, twice, and then silence",
          "[scenario][users-12]") {
  for (std::size_t k = 0; k <= 8; ++k) {
    INFO("after datagram " << k);
    duo d{1};
    d.introduce();
    d.net.run_until([&] { return d.net.log().size() >= k; }, 1s);
    d.net.act(d.left, [](agent& a) {
      a.close();
      a.close();
    });
    const auto events = d.left.events.size();
    REQUIRE(events > 0);
    const auto* const last = std::get_if<event::state_changed>(&d.left.events.back().what);
    REQUIRE(last != nullptr);
    CHECK(last->to == connection_state::closed);
    const auto by_left = [&] {
      return std::count_if(d.net.log().begin(), d.net.log().end(),
                           [&](const auto& w) { return w.from == &d.left; });
    };
    const auto before = by_left();
    d.net.act(d.left, [](agent& a) {
      a.restart();
      a.gather(epoch);
      a.close();
    });
    d.net.run_for(2min);
    CHECK(by_left() == before);
    CHECK(d.left.events.size() == events);
    CHECK_FALSE(d.left.agent.next_timeout());
    CHECK_FALSE(d.net.send_data(d.left, "late"));
    // The peer cannot know, and finds out by its own timers.
    CHECK(d.right.agent.state() == connection_state::failed);
  }
}

TEST_CASE("users: candidates come before the one end of their generation, and none after it",
          "[scenario][users-13][8838-9-a][8838-13-b][8838-13-c]") {
  const auto behaviour = GENERATE(controlling(), controlled());
  duo d{1, 10ms, behaviour};
  auto& n = d.left;
  d.net.bind(n, {left_address.address, 5001});
  REQUIRE(d.connect());
  for (std::uint16_t i = 2; i < 5; ++i) {
    d.net.act(n, [](agent& a) { a.restart(); });
    d.net.bind(n, {left_address.address, static_cast<std::uint16_t>(5000 + i)});
    signal(d.net, n, d.right);
    signal(d.net, d.right, n);
    d.net.run_for(1s);
  }
  std::vector<std::vector<ice::local_id>> generations(1);
  std::size_t ends = 0;
  for (const auto& e : n.events) {
    if (const auto* const c = std::get_if<event::local_candidate>(&e.what)) {
      CHECK(ends < generations.size());
      auto& told = generations.back();
      CHECK(std::find(told.begin(), told.end(), c->id) == told.end());
      told.push_back(c->id);
    }
    if (std::holds_alternative<event::gathering_done>(e.what)) ++ends;
    if (std::holds_alternative<event::restarted>(e.what)) {
      CHECK(ends == generations.size());
      generations.emplace_back();
    }
  }
  REQUIRE(ends == 4);
  REQUIRE(generations.size() == 4);
  for (std::size_t i = 1; i < generations.size(); ++i) {
    // All that were told before come again, in their order, and the new ones behind them.
    const auto& before = generations[i - 1];
    REQUIRE(generations[i].size() >= before.size());
    CHECK(std::equal(before.begin(), before.end(), generations[i].begin()));
  }
}

TEST_CASE("users: whatever a peer says, in whatever order, is a value and never an assertion",
          "[scenario][users-18]") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice{seed};
    const auto roll = [&](std::uint64_t sides) { return dice() % sides; };
    scripted_peer peer{seed, roll(2) == 0 ? controlling() : controlled()};
    const auto place = [&] {
      return endpoint{right_address.address, static_cast<std::uint16_t>(6000 + roll(4))};
    };
    for (int step = 0; step < 60; ++step) {
      const auto& log = peer.net.log();
      switch (roll(8)) {
        case 0: peer.tell_credentials(); break;
        case 1: peer.tell_candidate(place(), std::to_string(roll(3) + 1)); break;
        case 2:
        case 3: {
          const ice::role_claim claim{roll(2) == 0 ? ice::role::controlling : ice::role::controlled,
                                      roll(2) == 0 ? ~std::uint64_t{0} : 0};
          (void)peer.check({.claims = {claim}, .nominates = roll(2) == 0}, place());
          break;
        }
        case 4:
        case 5: {
          if (log.empty()) break;
          const auto asked = log[log.size() - 1 - roll(std::min<std::size_t>(log.size(), 6))];
          if (roll(3) != 0) {
            (void)peer.send(peer.success(asked), asked.destination);
          } else {
            const auto code = static_cast<stun::error_code>(roll(2) == 0 ? 487 : 300 + roll(400));
            (void)peer.send(peer.error(asked, code), asked.destination);
          }
          break;
        }
        case 6:
          if (roll(8) == 0) peer.net.act(peer.n, [](agent& a) { a.restart(); });
          break;
        default: peer.net.run_for(std::chrono::milliseconds{roll(4) == 0 ? roll(40000) : roll(90)});
      }
    }
    CHECK(peer.n.agent.stats().datagrams_received > 0);
  }
}

TEST_CASE("users: a destroyed agent gives everything back at once, and disturbs no other",
          "[scenario][users-19]") {
  for (int turns = 0; turns < 12; ++turns) {
    balanced_memory memory;
    {
      seeded_entropy entropy{1};
      auto left = std::make_unique<agent>(epoch, controlling(), entropy, &memory);
      agent right{epoch, controlled(), entropy, &memory};
      {
        in_memory session{*left, right};
        REQUIRE(session.introduce(epoch));
        for (int i = 0; i < turns; ++i) session.run(epoch + i * 50ms);
      }
      const auto together = memory.out;
      left.reset();
      CHECK(memory.out * 2 == together);
      right.handle_timeout(epoch + 1h);
      CHECK_FALSE(right.encapsulate(epoch + 1h, {}, {}).has_value());
      CHECK(right.next_timeout().value_or(epoch + 2h) > epoch + 1h);
    }
    CHECK(memory.out == 0);
  }
}

TEST_CASE("users: any call may be made while any event is handled",
          "[scenario][users-20][ATK-H01]") {
  using act = void (*)(agent&);
  static constexpr std::array<act, 7> acts{
      [](agent& a) { a.close(); },
      [](agent& a) { a.restart(); },
      [](agent& a) { a.gather(epoch); },
      [](agent& a) {
        (void)a.add_local(socket_id{9}, {left_address.address, 5009}).has_value();
      },
      [](agent& a) {
        (void)a
            .add_remote({.foundation = ice::foundation::from_number(9),
                         .priority = 9,
                         .address = {right_address.address, 6009}})
            .has_value();
      },
      [](agent& a) {
        std::array<std::byte, 4> data{};
        (void)a.encapsulate(epoch, data, data).has_value();
      },
      [](agent& a) {
        (void)a.set_remote_credentials("newufrag", "newpasswordofthepeer0123").has_value();
      }};
  std::size_t when = 0;
  for (bool reached = true; reached; ++when) {
    reached = false;
    for (std::size_t which = 0; which < acts.size(); ++which) {
      INFO("call " << which << " at event " << when);
      program p{1};
      std::size_t seen = 0;
      p.on_event = [&](agent& a, const event::any&) {
        if (seen++ != when) return;
        reached = true;
        acts[which](a);
      };
      auto& left = p.open(left_address);
      auto& right = p.open(right_address);
      auto& one = p.add(left, controlling());
      auto& two = p.add(right, controlled());
      program::tell(one, two, right.at);
      program::tell(two, one, left.at);
      CHECK(p.run(10s) < 200);
      CHECK(seen < 60);
    }
  }
  CHECK(when > 10);
}

TEST_CASE("users: an hour in which every send fails costs a handful of turns, none of them at once",
          "[scenario][users-25]") {
  program p{1};
  auto& left = p.open(left_address);
  auto& one = p.add(left, controlling());
  auto& two = p.add(p.open(right_address), controlled());
  program::tell(one, two, {right_address.address, 9});
  CHECK(p.run(1h) < 20);
  CHECK(one.state() == connection_state::failed);

  program q{2};
  auto& here = q.open(left_address);
  auto& there = q.open(right_address);
  auto& three = q.add(here, controlling());
  auto& four = q.add(there, controlled());
  program::tell(three, four, right_address);
  program::tell(four, three, left_address);
  q.run(1s);
  REQUIRE(is_done(three));
  here.at.port = 8;
  there.at.port = 9;
  // Both ask every path again for as long as consent lasts; then there is nothing more to do.
  CHECK(q.run(1min) < 130);
  CHECK(q.run(1h) < 20);
  CHECK(three.state() == connection_state::failed);
}
