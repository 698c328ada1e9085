// From two strangers to a selected pair, on wires of every quality.

#include "catch.hpp"
#include "sim/duo.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

bool both_failed(const duo& d) {
  return d.left.agent.state() == connection_state::failed &&
         d.right.agent.state() == connection_state::failed;
}

/// Both ends selected the same pair, seen from their sides.
bool is_mirrored(const duo& d) {
  const auto* const l = d.left.agent.selected();
  const auto* const r = d.right.agent.selected();
  if (l == nullptr || r == nullptr) return false;
  const auto& there = d.left.agent.remote(l->remote)->candidate.address;
  const auto& here = d.right.agent.remote(r->remote)->candidate.address;
  return d.left.agent.local(l->local)->candidate.address == here &&
         d.right.agent.local(r->local)->candidate.address == there;
}

bool can_talk(duo& d) {
  const auto left = d.left.received.size();
  const auto right = d.right.received.size();
  d.net.decide = nullptr;
  const bool sent = d.net.send_data(d.left, "to right") && d.net.send_data(d.right, "to left");
  d.net.run_for(1s);
  return sent && d.left.received.size() == left + 1 && d.right.received.size() == right + 1;
}

}  // namespace

TEST_CASE(
    "first connection: valid within a round trip and Ta, nominated within one more round trip",
    "[scenario][8445-6.1.1-a][8445-8.1.1-a][8445-6.1.2.1-a][8839-4.2.3-a][8839-5.5-a]") {
  const auto latency = GENERATE(0ms, 1ms, 10ms, 24ms, 25ms, 50ms, 100ms, 400ms);
  const duration round_trip = 2 * latency;
  const duration ta = 50ms;  // nobody says its pace
  duo d{1, latency};
  REQUIRE(d.connect());
  for (const auto* const n : {&d.left, &d.right}) {
    const auto valid = first_event<event::path_found>(*n)->at - epoch;
    const auto selected = first_event<event::selected>(*n)->at - epoch;
    CHECK(valid == round_trip);
    CHECK(selected <= round_trip + ta + round_trip);
    CHECK(selected <= valid + std::max(round_trip, ta) + round_trip);
  }
  CHECK(is_mirrored(d));
  CHECK(can_talk(d));
}

TEST_CASE("first connection: where the round trip is below Ta it takes six datagrams",
          "[scenario]") {
  duo d{1, 5ms};
  REQUIRE(d.connect());
  CHECK(d.net.log().size() == 6);
}

TEST_CASE("first connection: the first check leaves at once, by either side that knows enough",
          "[scenario][8838-7-a]") {
  duo d{1};
  signal(d.net, d.right, d.left);
  d.net.run_for(0ms);
  REQUIRE(d.net.log().size() == 1);
  CHECK(d.net.log().front().sent_at == epoch);
}

TEST_CASE("first connection: the loss of any one datagram does not prevent it",
          "[scenario][ATK-G03]") {
  for (std::size_t k = 0;; ++k) {
    INFO("lost: " << k);
    duo d{k + 1};
    bool lost = false;
    d.net.decide = [&](const wired& w) {
      lost = lost || w.index == k;
      return w.index == k ? fate{} : fate{10ms};
    };
    REQUIRE(d.connect());
    CHECK(is_mirrored(d));
    CHECK(can_talk(d));
    if (!lost) break;
  }
}

TEST_CASE("first connection: any one datagram may come twice, late, or out of order",
          "[scenario][ATK-G01][ATK-G02][ATK-G04]") {
  const auto copies =
      GENERATE(fate{10ms, 10ms}, fate{10ms, 10ms, 11ms}, fate{500ms}, fate{3s}, fate{10ms, 10s});
  for (std::size_t k = 0;; ++k) {
    INFO("disturbed: " << k);
    duo d{k + 1};
    bool disturbed = false;
    d.net.decide = [&](const wired& w) {
      disturbed = disturbed || w.index == k;
      return w.index == k ? copies : fate{10ms};
    };
    REQUIRE(d.connect());
    CHECK(is_mirrored(d));
    d.net.run_for(20s);
    CHECK(is_settled(d.left));
    CHECK(is_settled(d.right));
    if (!disturbed) break;
  }
}

TEST_CASE("first connection: without any path both sides fail by timer, quietly",
          "[scenario][8445-7.2.5.2.3-a][8863-4-b][ATK-G05]") {
  duo d{1};
  SECTION("nothing arrives") {
    d.net.decide = [](const wired&) { return fate{}; };
  }
  SECTION("only one direction works") {
    d.net.decide = [&](const wired& w) { return w.from == &d.left ? fate{10ms} : fate{}; };
  }
  d.introduce();
  d.net.run_until([&] { return both_failed(d); }, 10min);
  CHECK(both_failed(d));
  CHECK(d.net.elapsed() < 90s);
  CHECK(d.net.elapsed() >= 39500ms);
  CHECK(first_event<event::path_found>(d.left) == nullptr);
  CHECK(d.net.log().size() < 100);
  const auto sent = d.net.log().size();
  d.net.run_for(24h);
  CHECK(d.net.log().size() == sent);
}

TEST_CASE("first connection: a peer that dies is noticed, whenever it dies",
          "[scenario][ATK-G12]") {
  for (std::size_t k = 0; k < 8; ++k) {
    INFO("dies after datagram " << k);
    duo d{k + 1};
    d.introduce();
    d.net.run_until([&] { return d.net.log().size() > k; }, 1s);
    d.right.alive = false;
    d.net.run_for(3min);
    CHECK(d.left.agent.state() == connection_state::failed);
    CHECK_FALSE(d.left.agent.next_timeout());
  }
}

TEST_CASE(
    "first connection: with up to 20 % loss data can flow within 20 seconds, and the pair settles",
    "[scenario][ATK-G03]") {
  const auto percent = GENERATE(0U, 10U, 20U);
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed << ", loss " << percent);
    duo d{seed};
    std::mt19937_64 dice{seed};
    d.net.decide = [&](const wired&) { return dice() % 100 < percent ? fate{} : fate{10ms}; };
    d.introduce();
    const auto has_path = [](const node& n) {
      return first_event<event::path_found>(n) != nullptr;
    };
    REQUIRE(d.net.run_until([&] { return has_path(d.left) && has_path(d.right); }, 20s));
    REQUIRE(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 60s));
    CHECK(is_mirrored(d));
  }
}

TEST_CASE("first connection: silence of 3 seconds every 10 does not end a session",
          "[scenario][ATK-G03]") {
  duo d{1};
  REQUIRE(d.connect());
  d.net.decide = [](const wired& w) {
    return (w.sent_at - epoch) % 10s < 3s ? fate{} : fate{10ms};
  };
  d.net.run_for(1h);
  CHECK(d.left.agent.state() != connection_state::failed);
  CHECK(count_events<event::consent_lost>(d.left) + count_events<event::consent_lost>(d.right) ==
        0);
}

TEST_CASE("first connection: candidates may come after everything else, one by one",
          "[scenario][8838-4-a][8838-5-a][8838-11-a][ATK-G11]") {
  duo d{1};
  const auto left = d.left.agent.local_credentials();
  const auto right = d.right.agent.local_credentials();
  d.net.act(d.left, [&](agent& a) {
    (void)a.set_remote_credentials(right.ufrag, right.password).has_value();
  });
  d.net.run_for(5s);
  d.net.act(d.right, [&](agent& a) {
    (void)a.set_remote_credentials(left.ufrag, left.password).has_value();
  });
  d.net.run_for(5s);
  CHECK(d.left.agent.state() == connection_state::checking);
  SECTION("one side's candidate is enough") {
    d.net.act(d.right, [&](agent& a) { (void)a.add_remote(candidates_of(d.left)[0]).has_value(); });
  }
  SECTION("the other side's too") {
    d.net.act(d.left, [&](agent& a) { (void)a.add_remote(candidates_of(d.right)[0]).has_value(); });
  }
  CHECK(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 1s));
  CHECK(is_mirrored(d));
}

TEST_CASE("first connection: of several addresses of both families those that work are found",
          "[scenario][8445-6.1.2.2-a][8445-8.1.1-c]") {
  const auto v6 = [](std::uint8_t last) {
    std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
    octets[15] = last;
    return address::v6(octets);
  };
  for (unsigned blocked = 0; blocked < 7; ++blocked) {
    INFO("blocked " << blocked);
    world w{blocked + 1};
    auto& left = w.add("left", controlling());
    auto& right = w.add("right", controlled());
    const std::array<address, 3> lefts{v6(1), address::v4(10, 0, 0, 1), address::v4(172, 16, 0, 1)};
    const std::array<address, 3> rights{v6(2), address::v4(10, 0, 0, 2),
                                        address::v4(172, 16, 0, 2)};
    for (std::size_t i = 0; i < 3; ++i) {
      w.bind(left, {lefts[i], 5000});
      w.bind(right, {rights[i], 5000});
    }
    // Only like to like gets through, and that only where it is not blocked.
    w.decide = [&](const wired& packet) {
      for (std::size_t i = 0; i < 3; ++i) {
        const bool there =
            packet.source.address == lefts[i] && packet.destination.address == rights[i];
        const bool back =
            packet.source.address == rights[i] && packet.destination.address == lefts[i];
        if ((there || back) && (blocked & (1U << i)) == 0) return fate{10ms};
      }
      return fate{};
    };
    gather_all(w, left);
    gather_all(w, right);
    signal(w, left, right);
    signal(w, right, left);
    REQUIRE(w.run_until([&] { return is_settled(left) && is_settled(right); }, 60s));
    const auto best = (blocked & 1U) == 0 ? 0U : (blocked & 2U) == 0 ? 1U : 2U;
    CHECK(left.agent.remote(left.agent.selected()->remote)->candidate.address.address ==
          rights[best]);
    CHECK(right.agent.remote(right.agent.selected()->remote)->candidate.address.address ==
          lefts[best]);
    for (const auto* const n : {&left, &right}) {
      for (std::size_t i = 1; i < n->check_times.size(); ++i) {
        CHECK(n->check_times[i] - n->check_times[i - 1] >= 50ms);
      }
    }
  }
}

TEST_CASE("first connection: several streams and components all connect, and each keeps its data",
          "[scenario][8445-8.1.2-b][8445-2-a][ATK-G16]") {
  auto behaviour = controlling();
  behaviour.components = 2;
  behaviour.limits.streams = 2;
  behaviour.limits.components = 4;
  world w{1};
  auto& left = w.add("left", behaviour);
  behaviour.role = ice::role::controlled;
  auto& right = w.add("right", behaviour);
  std::uint16_t port = 5000;
  for (auto* const n : {&left, &right}) {
    REQUIRE(n->agent.add_stream(2).has_value());
    const auto at = n == &left ? left_address.address : right_address.address;
    for (const auto stream : {stream_id{0}, stream_id{1}}) {
      for (const auto c : {component_id{1}, component_id{2}}) w.bind(*n, {at, port++}, stream, c);
    }
    gather_all(w, *n);
  }
  for (const auto stream : {stream_id{0}, stream_id{1}}) {
    for (auto* const n : {&left, &right}) {
      auto& other = n == &left ? right : left;
      const auto told = n->agent.local_credentials(stream);
      w.act(other, [&](agent& a) {
        (void)a.set_remote_credentials(told.ufrag, told.password, stream).has_value();
      });
      for (const auto& e : n->events) {
        const auto* const c = std::get_if<event::local_candidate>(&e.what);
        if (c == nullptr || c->stream != stream) continue;
        w.act(other, [&](agent& a) {
          (void)a.add_remote(n->agent.local(c->id)->candidate, told.ufrag, stream).has_value();
        });
      }
    }
  }
  REQUIRE(w.run_until([&] { return is_settled(left) && is_settled(right); }, 10s));
  for (const auto stream : {stream_id{0}, stream_id{1}}) {
    for (const auto c : {component_id{1}, component_id{2}}) {
      CHECK(w.send_data(left, "data", stream, c));
      w.run_for(100ms);
      const auto got =
          std::find_if(right.inbounds.rbegin(), right.inbounds.rend(),
                       [](const auto& i) { return std::holds_alternative<payload>(i); });
      REQUIRE(got != right.inbounds.rend());
      CHECK(std::get<payload>(*got).stream == stream);
      CHECK(std::get<payload>(*got).component == c);
    }
  }
}
