#include "floe/ice/consent.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using ice::consent;
using ice::consent_config;
using ice::consent_step;

namespace {

constexpr time_point start{1h};
constexpr duration tick{1};
constexpr consent_config defaults;

}  // namespace

TEST_CASE("consent: the defaults are those of the RFC", "[ice]") {
  CHECK(defaults.enabled);
  CHECK(defaults.interval == 5s);
  CHECK(defaults.expiry == 30s);
}

TEST_CASE("consent: a wait is 4.0 to 6.0 seconds, both included", "[ice][7675-5.1-c][ATK-F06]") {
  constexpr auto spread = static_cast<std::uint64_t>(duration{2s}.count());
  CHECK(ice::jittered(5s, 0) == 4s);
  CHECK(ice::jittered(5s, 1) == 4s + tick);
  CHECK(ice::jittered(5s, spread / 2) == 5s);
  CHECK(ice::jittered(5s, spread - 1) == 6s - tick);
  CHECK(ice::jittered(5s, spread) == 6s);
  CHECK(ice::jittered(5s, spread + 1) == 4s);

  std::uint64_t draw = 1;
  for (int i = 0; i < 10000; ++i) {
    draw = draw * 6364136223846793005U + 1442695040888963407U;
    const auto wait = ice::jittered(5s, draw);
    REQUIRE(wait >= 4s);
    REQUIRE(wait <= 6s);
  }
  const auto extreme = ice::jittered(5s, std::numeric_limits<std::uint64_t>::max());
  CHECK(extreme >= 4s);
  CHECK(extreme <= 6s);
}

TEST_CASE("consent: answers are waited for over the next checks, and no longer than consent lasts",
          "[ice][7675-5.1-f][7675-5.1-n]") {
  for (const auto interval : {5s, 8s, 29s}) {
    const ice::consent_config config{.interval = interval};
    const auto patience = ice::answer_patience(config);
    CHECK(patience > interval);
    CHECK(patience <= config.expiry);
    // Checks that follow each other as fast as they may never have more answers to wait for.
    const auto wait = ice::jittered(interval, 0);
    const auto unanswered = [&](duration now) {
      std::size_t count = 0;
      for (duration sent{}; sent <= now; sent += wait) count += now < sent + patience ? 1U : 0U;
      return count;
    };
    std::size_t most = 0;
    for (int i = 0; i < 20; ++i) most = std::max(most, unanswered(i * wait));
    CHECK(most <= ice::most_unanswered(config));
    CHECK(most + 1 >= ice::most_unanswered(config));
  }
}

TEST_CASE("consent: it ends 30 s after the last answer, to the tick", "[ice]") {
  consent c{start, start, 4s};
  c.checked(start + 4s, 1h);
  CHECK(c.due(start + 30s - tick, defaults) == consent_step::none);
  CHECK(c.due(start + 30s, defaults) == consent_step::expired);
  CHECK(c.due(start + 30s + tick, defaults) == consent_step::expired);

  c.answered(start + 29s);
  CHECK(c.due(start + 59s - tick, defaults) == consent_step::none);
  CHECK(c.due(start + 59s, defaults) == consent_step::expired);

  CHECK_FALSE(c.has_expired(start + 59s - tick, defaults));
  CHECK(c.has_expired(start + 59s, defaults));
  CHECK_FALSE(c.has_expired(start + 59s, {.enabled = false}));
}

TEST_CASE("consent: sending does not renew it", "[ice]") {
  consent c{start, start, 5s};
  for (auto now = start + 5s; now < start + 30s; now += 5s) {
    CHECK(c.due(now, defaults) == consent_step::check);
    c.checked(now, 5s);
    CHECK(c.due(now, defaults) == consent_step::none);
  }
  CHECK(c.due(start + 30s, defaults) == consent_step::expired);
}

TEST_CASE("consent: an answer counts from when it came, and an older one changes nothing",
          "[ice]") {
  consent c{start, start, 1h};
  c.answered(start + 10s);
  c.answered(start + 5s);
  CHECK(c.due(start + 40s - tick, defaults) == consent_step::none);
  CHECK(c.due(start + 40s, defaults) == consent_step::expired);
}

TEST_CASE("consent: what was proved before counts from then", "[ice]") {
  const consent c{start - 10s, start, 1h};
  CHECK(c.due(start + 20s - tick, defaults) == consent_step::none);
  CHECK(c.due(start + 20s, defaults) == consent_step::expired);
}

TEST_CASE("consent: a check is due when its wait is over, to the tick", "[ice]") {
  consent c{start, start, 4s};
  CHECK(c.due(start + 4s - tick, defaults) == consent_step::none);
  CHECK(c.due(start + 4s, defaults) == consent_step::check);
  CHECK(c.due(start + 4s + tick, defaults) == consent_step::check);
  c.checked(start + 5s, 6s);
  CHECK(c.due(start + 11s - tick, defaults) == consent_step::none);
  CHECK(c.due(start + 11s, defaults) == consent_step::check);
}

TEST_CASE("consent: the peer is late after 15 s without an answer, to the tick", "[ice]") {
  consent c{start, start, 4s};
  CHECK_FALSE(c.is_late(start + 15s - tick, defaults));
  CHECK(c.is_late(start + 15s, defaults));
  c.answered(start + 15s);
  CHECK_FALSE(c.is_late(start + 15s, defaults));
}

TEST_CASE("consent: the deadline is when the next of these comes, and lies ahead", "[ice]") {
  consent c{start, start, 4s};
  CHECK(c.deadline(start, defaults) == start + 4s);
  c.checked(start + 4s, 20s);
  CHECK(c.deadline(start + 4s, defaults) == start + 15s);
  CHECK(c.deadline(start + 15s - tick, defaults) == start + 15s);
  CHECK(c.deadline(start + 15s, defaults) == start + 24s);
  c.checked(start + 24s, 20s);
  CHECK(c.deadline(start + 24s, defaults) == start + 30s);
}

TEST_CASE("consent: at the end of the clock nothing overflows", "[ice]") {
  const auto end = time_point::max();
  consent c{end - 1s, end - 1s, 4s};
  CHECK(c.due(end - tick, defaults) == consent_step::none);
  CHECK(c.deadline(end - 1s, defaults) == end);
  c.checked(end, 4s);
  CHECK(c.deadline(end, defaults) == end);
}

TEST_CASE("consent: at the beginning of the clock nothing underflows", "[ice]") {
  const auto begin = time_point::min();
  const consent c{begin, begin, 4s};
  CHECK(c.due(begin, defaults) == consent_step::none);
  CHECK(c.due(begin + 4s, defaults) == consent_step::check);
  CHECK(c.due(begin + 30s, defaults) == consent_step::expired);
  CHECK(c.due(time_point::max(), defaults) == consent_step::expired);
}

TEST_CASE("consent: an answer is waited for over three checks, and no longer than consent lasts",
          "[ice]") {
  CHECK(ice::answer_patience(defaults) == 15s);
  CHECK(ice::most_unanswered(defaults) == 4);
  const consent_config short_lived{.expiry = 12s};
  CHECK(ice::answer_patience(short_lived) == 12s);
  CHECK(ice::most_unanswered(short_lived) == 4);
  CHECK(ice::most_unanswered({.expiry = 12s - tick}) == 3);
}

TEST_CASE("consent: an answer is overdue after three round trips, and its path silent after 4.5",
          "[ice][7675-5.1-n]") {
  CHECK_FALSE(ice::overdue_at(std::nullopt, 100ms));
  CHECK_FALSE(ice::silent_at(std::nullopt, 100ms));
  CHECK(ice::overdue_at(start, 100ms) == start + 300ms);
  CHECK(ice::silent_at(start, 100ms) == start + 450ms);
  // What takes no time on the network takes some in the peer; what was not measured may be slow.
  CHECK(ice::overdue_at(start, 1ms) == start + 105ms);
  CHECK(ice::overdue_at(start, duration::zero()) == start + 1500ms);
  CHECK(ice::silent_at(start, duration::zero()) == start + 2250ms);
  CHECK(ice::overdue_at(time_point::max(), 1s) == time_point::max());
}

TEST_CASE("consent: a round trip is as measured, or assumed; an answer is not missed at once",
          "[ice]") {
  CHECK(ice::presumed_round_trip({}) == 500ms);
  CHECK(ice::presumed_round_trip(1ms) == 1ms);
  CHECK(ice::expected_round_trip({}) == 500ms);
  CHECK(ice::expected_round_trip(1ms) == 35ms);
  CHECK(ice::expected_round_trip(36ms) == 36ms);
}
