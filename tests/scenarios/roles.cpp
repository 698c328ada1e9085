// Both sides believe the same about who controls.

#include "catch.hpp"
#include "sim/duo.hpp"

using namespace floe;
using namespace floe::sim;

TEST_CASE(
    "roles: equal roles at the start end in opposite ones, and connect, for every tie-breaker",
    "[scenario][8445-7.3.1.1-a][8445-7.3.1.1-b][8445-7.3.1.1-c][8445-7.3.1.1-d][8445-7.2.5.1-a]") {
  const auto behaviour = GENERATE(controlling(), controlled());
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    duo d{seed, 10ms, behaviour, behaviour};
    REQUIRE(d.connect());
    CHECK(d.left.agent.role() != d.right.agent.role());
    CHECK(d.left.agent.selected() != nullptr);
    CHECK(count_events<event::role_changed>(d.left) + count_events<event::role_changed>(d.right) ==
          1);
  }
}

TEST_CASE("roles: a conflict costs no more than a slot and a round trip", "[scenario]") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    duo plain{seed};
    REQUIRE(plain.connect());
    duo conflict{seed, 10ms, controlling(), controlling()};
    REQUIRE(conflict.connect());
    CHECK(conflict.net.elapsed() <= plain.net.elapsed() + std::max<duration>(50ms, 20ms) + 20ms);
  }
}

TEST_CASE("roles: a conflict is resolved whichever datagram is lost, doubled or late",
          "[scenario][ATK-C08][ATK-C10]") {
  const auto behaviour = GENERATE(controlling(), controlled());
  const auto copies = GENERATE(fate{}, fate{10ms, 10ms}, fate{600ms}, fate{10ms, 700ms});
  for (std::size_t k = 0;; ++k) {
    INFO("disturbed: " << k);
    duo d{k + 1, 10ms, behaviour, behaviour};
    bool disturbed = false;
    d.net.decide = [&](const wired& w) {
      disturbed = disturbed || w.index == k;
      return w.index == k ? copies : fate{10ms};
    };
    REQUIRE(d.connect());
    d.net.run_for(5s);
    CHECK(d.left.agent.role() != d.right.agent.role());
    CHECK(is_settled(d.left));
    CHECK(is_settled(d.right));
    if (!disturbed) break;
  }
}

TEST_CASE("roles: equal tie-breakers do not flip for ever", "[scenario][ATK-C10]") {
  // The same seed makes both agents draw the same numbers.
  world w{1};
  seeded_entropy same_left{7};
  seeded_entropy same_right{7};
  agent left{epoch, controlling(), same_left};
  agent right{epoch, controlling(), same_right};
  REQUIRE(left.add_local(socket_id{1}, left_address).has_value());
  REQUIRE(right.add_local(socket_id{1}, right_address).has_value());
  const ice::candidate to_left{.foundation = ice::foundation::from_number(1),
                               .priority = 2130706431,
                               .address = left_address};
  auto to_right = to_left;
  to_right.address = right_address;
  auto now = epoch;
  for (auto* const a : {&left, &right}) {
    a->gather(now);
    auto& other = a == &left ? right : left;
    const auto told = other.local_credentials();
    (void)a->set_remote_credentials(told.ufrag, told.password).has_value();
    (void)a->add_remote(a == &left ? to_right : to_left).has_value();
  }
  std::size_t datagrams = 0;
  for (int i = 0; i < 100 && left.state() != connection_state::completed; ++i, now += 50ms) {
    left.handle_timeout(now);
    right.handle_timeout(now);
    std::array<std::byte, max_datagram_size> buffer{};
    for (bool busy = true; busy;) {
      busy = false;
      while (const auto out = left.poll_transmit(buffer)) {
        (void)right.handle_datagram(
            now, {socket_id{1}, left_address, byte_view{buffer}.first(out->size)});
        busy = true;
        ++datagrams;
      }
      while (const auto out = right.poll_transmit(buffer)) {
        (void)left.handle_datagram(
            now, {socket_id{1}, right_address, byte_view{buffer}.first(out->size)});
        busy = true;
        ++datagrams;
      }
    }
  }
  CHECK(left.state() == connection_state::completed);
  CHECK(left.role() != right.role());
  CHECK(datagrams < 30);
}
