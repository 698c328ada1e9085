#include "floe/record/player.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "record/bench.hpp"

using namespace record_test;
using floe::record::player;
using floe::record::verdict;

namespace {

bool no_loopback_peer(const ice::candidate& c) noexcept { return !is_loopback(c.address.address); }

/// A recording of an agent that does nothing.
bytes made_with(const config& behaviour) {
  side one{sim::epoch, behaviour, 1, {address::v4(192, 0, 2, 1), 5000}};
  one.agent.stop();
  return one.sink.kept;
}

}  // namespace

TEST_CASE("player: a session plays again to the same bytes, events and deadlines", "[record]") {
  const story s;
  REQUIRE(s.connected);
  REQUIRE(s.completed);
  for (const auto& recording : {s.left, s.right}) {
    player p{recording};
    CHECK(p.play_all() == verdict::identical);
    CHECK(p.difference() == nullptr);
    REQUIRE(p.agent() != nullptr);
    CHECK(p.agent()->state() == connection_state::closed);
    CHECK(p.played() > 100);
  }
}

TEST_CASE("player: tells each call, when it was, and what came of it", "[record]") {
  const story s;
  player p{s.left};
  std::size_t datagrams = 0;
  std::size_t data = 0;
  std::size_t selections = 0;
  std::string remark;
  time_point last = p.start();
  for (std::size_t i = 0; const auto step = p.next(); ++i) {
    REQUIRE(step->index == i);
    REQUIRE(step->now >= last);
    last = step->now;
    if (const auto* const out = std::get_if<std::optional<transmit>>(&step->answer)) {
      if (*out) REQUIRE(stun::message_view::parse(step->bytes).has_value());
      datagrams += *out ? 1U : 0U;
    }
    if (std::holds_alternative<record::call::encapsulate>(step->call)) {
      CHECK(as_text(step->bytes) == "hello");
      ++data;
    }
    if (const auto* const e = std::get_if<std::optional<event::any>>(&step->answer)) {
      selections += *e && std::holds_alternative<event::selected>(**e) ? 1U : 0U;
    }
    if (const auto* const word = std::get_if<record::call::remark>(&step->call)) {
      remark = word->text;
    }
  }
  CHECK(datagrams > 10);
  CHECK(data == 1);
  CHECK(selections == 2);
  CHECK(remark == "left");
  CHECK(last - p.start() > 19s);
}

TEST_CASE("player: a difference that was planted is told where it is", "[record]") {
  const story s;

  SECTION("another byte in a datagram that was sent") {
    // The only place where the text of the data stands is the argument of its call; what the peer
    // said stands in a datagram that came in.
    auto recording = s.left;
    const std::string_view word = "hello yourself";
    const auto bytes_of_word = as_byte_view(word);
    const auto found =
        std::search(recording.begin(), recording.end(), bytes_of_word.begin(), bytes_of_word.end());
    REQUIRE(found != recording.end());
    *found = std::byte{'H'};
    player p{recording};
    CHECK(p.play_all() == verdict::different);
    REQUIRE(p.difference() != nullptr);
    CHECK(p.difference()->what == record::difference::answer);
    CHECK(p.difference()->now == sim::epoch + 2s);
    CHECK(p.difference()->index > 100);
  }
  SECTION("any byte of any datagram that was sent") {
    struct departure {
      bytes what;
      std::size_t index;
    };
    std::vector<departure> all;
    player original{s.left};
    while (const auto step = original.next()) {
      const auto* const out = std::get_if<std::optional<transmit>>(&step->answer);
      if (out == nullptr || !*out) continue;
      const bytes what(step->bytes.begin(), step->bytes.end());
      const bool repeated =
          std::any_of(all.begin(), all.end(), [&](const departure& d) { return d.what == what; });
      if (!repeated) all.push_back({what, step->index});
    }
    REQUIRE(all.size() > 10);
    for (const auto& d : all) {
      for (const auto place : {std::size_t{0}, d.what.size() / 2, d.what.size() - 1}) {
        auto recording = s.left;
        const auto found =
            std::search(recording.begin(), recording.end(), d.what.begin(), d.what.end());
        REQUIRE(found != recording.end());
        *(found + static_cast<std::ptrdiff_t>(place)) ^= std::byte{0x40};
        player p{recording};
        REQUIRE(p.play_all() == verdict::different);
        REQUIRE(p.difference()->what == record::difference::bytes);
        REQUIRE(p.difference()->index == d.index);
      }
    }
  }
}

TEST_CASE("player: a recording that breaks off plays up to there", "[record]") {
  const story s;
  for (std::size_t size = s.left.size() - 1; size > s.left.size() - 300; size -= 7) {
    const auto front = byte_view{s.left}.first(size);
    player p{front};
    const auto end = p.play_all();
    CHECK((end == verdict::broken_off || end == verdict::damaged));
  }
  player nothing{byte_view{}};
  CHECK(nothing.play_all() == verdict::damaged);
  CHECK(nothing.agent() == nullptr);
}

TEST_CASE("player: another version, or something else, is refused", "[record]") {
  const story s;
  auto later = s.left;
  later[record::magic.size()] = static_cast<std::byte>(record::version + 1);
  CHECK(player{later}.verdict() == verdict::unplayable);
  auto other = s.left;
  other[0] = std::byte{0};
  CHECK(player{other}.verdict() == verdict::damaged);
}

TEST_CASE("player: policies of the host are named, or asked for", "[record]") {
  auto behaviour = with_role(ice::role::controlling);
  behaviour.offers = ice::relayed_only;
  behaviour.accepts = ice::no_host;
  CHECK(player{made_with(behaviour)}.play_all() == verdict::identical);

  behaviour.accepts = no_loopback_peer;
  const auto recording = made_with(behaviour);
  CHECK(player{recording}.verdict() == verdict::unplayable);
  player p{recording, {.accepts = no_loopback_peer}};
  CHECK(p.play_all() == verdict::identical);
}

TEST_CASE("player: takes no more memory than its limits, whatever a recording asks for",
          "[record]") {
  auto behaviour = with_role(ice::role::controlling);
  behaviour.gathering.limits.relays = 4'096;
  CHECK(player{made_with(behaviour)}.verdict() == verdict::unplayable);
  behaviour.gathering.limits.relays = 8;
  behaviour.gathering.relay_limits.permissions = 4'096;
  CHECK(player{made_with(behaviour)}.verdict() == verdict::unplayable);
}

TEST_CASE("player: a pacer that other agents use as well plays again", "[record]") {
  ice::pacer pacer{20ms};
  auto one = with_role(ice::role::controlling);
  auto two = with_role(ice::role::controlled);
  one.pacer = two.pacer = &pacer;
  duo d{one, two};
  d.run_for(3s);
  pacer.take(d.now + 70ms);
  d.left.agent.restart();
  d.left.tell(d.right);
  d.right.tell(d.left);
  d.run_for(3s);
  d.left.agent.stop();
  d.right.agent.stop();
  CHECK(d.left.agent.state() == connection_state::completed);
  CHECK(player{d.left.sink.kept}.play_all() == verdict::identical);
  CHECK(player{d.right.sink.kept}.play_all() == verdict::identical);
}
