#include "floe/agent/agent.hpp"

#include "catch.hpp"
#include "sim/scripted_peer.hpp"
#include "support/memory.hpp"

using namespace floe;
using namespace floe::sim;

TEST_CASE("agent: after a timeout and a drain the next one lies ahead, at every step of a session",
          "[agent][ATK-F11][ATK-F10]") {
  // world::step() demands it after every call; this runs through all kinds of them.
  const auto loss = GENERATE(0, 3, 7);
  duo d{static_cast<std::uint64_t>(loss) + 1};
  d.net.decide = [&](const wired& w) {
    return loss != 0 && w.index % 10 < static_cast<std::size_t>(loss) ? fate{} : fate{10ms};
  };
  d.introduce();
  d.net.run_for(120s);
  d.right.alive = false;
  d.net.run_for(120s);
  CHECK(d.left.agent.state() == connection_state::failed);
}

TEST_CASE("agent: a drained agent says what it said before, until its deadline",
          "[agent][ATK-F04]") {
  duo d{1};
  d.introduce();
  d.net.run_for(0ms);
  auto& a = d.left.agent;
  const auto next = a.next_timeout();
  REQUIRE(next);
  std::array<std::byte, max_datagram_size> buffer{};
  a.handle_timeout(*next - 1ns);
  CHECK_FALSE(a.poll_transmit(buffer));
  CHECK(a.next_timeout() == next);
}

TEST_CASE("agent: the same inputs and the same entropy give the same bytes", "[agent][ATK-H12]") {
  const auto run = [](std::uint64_t seed) {
    duo d{seed};
    d.net.decide = [](const wired& w) { return w.index % 5 == 1 ? fate{} : fate{7ms, 30ms}; };
    d.introduce();
    d.net.run_for(60s);
    d.net.act(d.left, [](agent& a) { a.restart(); });
    signal(d.net, d.left, d.right);
    signal(d.net, d.right, d.left);
    d.net.run_for(60s);
    std::vector<std::pair<time_point, std::vector<std::byte>>> log;
    for (const auto& w : d.net.log()) log.emplace_back(w.sent_at, w.bytes);
    return log;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}

TEST_CASE("agent: two agents share nothing but what they are given", "[agent][ATK-H10]") {
  support::counting_memory memory;
  seeded_entropy entropy{1};
  agent one{epoch, controlling(), entropy, &memory};
  agent two{epoch, controlled(), entropy, &memory};
  CHECK(one.local_credentials().ufrag != two.local_credentials().ufrag);
  one.close();
  CHECK(two.state() == connection_state::idle);
}

TEST_CASE("agent: it can be moved while it works", "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto asked = peer.next_check();
  agent moved{std::move(peer.n.agent)};
  (void)moved.handle_datagram(peer.net.now(), {socket_id{1}, right_address, peer.success(asked)});
  CHECK(moved.state() == connection_state::connected);
}

TEST_CASE("agent: it keeps no password where events or statistics show it", "[agent][8489-16-a]") {
  duo d{1};
  REQUIRE(d.connect());
  const std::string password{d.left.agent.local_credentials().password};
  for (const auto& w : d.net.log()) {
    CHECK(as_text(w.bytes).find(password) == std::string_view::npos);
  }
}

TEST_CASE("agent: the largest limits that are allowed can be met", "[agent][ATK-H09]") {
  config c;
  c.limits = {.streams = 4096,
              .components = 4096,
              .local_candidates = 4096,
              .remote_candidates = 4096,
              .pairs = 4096,
              .answers = 4096,
              .early_checks = 4096,
              .events = 4096};
  REQUIRE_FALSE(find_fault(c));
  seeded_entropy entropy{1};
  const agent made{epoch, c, entropy};
  CHECK(made.state() == connection_state::idle);
}
