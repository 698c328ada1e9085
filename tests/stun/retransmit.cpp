#include "floe/stun/retransmit.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::retransmit_schedule;
using step = retransmit_schedule::step;

namespace {

constexpr time_point zero{};

constexpr int sends_when_polled_on_time() {
  retransmit_schedule schedule{zero, {}};
  while (schedule.on_time(*schedule.next()) == step::resend) {
  }
  return schedule.sends();
}

// The instants, from the start, at which it sends, the first included; the last is the end.
std::vector<duration> instants(retransmit_schedule schedule) {
  std::vector<duration> out{duration::zero()};
  for (;;) {
    const auto next = schedule.next();
    REQUIRE(next);
    REQUIRE(schedule.on_time(*next - 1ns) == step::none);
    const auto what = schedule.on_time(*next);
    REQUIRE(what != step::none);
    out.push_back(*next - schedule.start());
    if (what == step::expired) return out;
    REQUIRE(*schedule.next() > *next);
  }
}

}  // namespace

static_assert(sends_when_polled_on_time() == 7);

TEST_CASE("retransmit: with the defaults, seven sends and an end after 39.5 s",
          "[stun][8489-6.2.1-a][8489-6.2.1-b][8489-6.2.1-d]") {
  const std::vector<duration> expected{0ms,    500ms,   1500ms,  3500ms,
                                       7500ms, 15500ms, 31500ms, 39500ms};
  CHECK(instants({zero, {}}) == expected);
  CHECK(instants({zero + 123456789s, {}}) == expected);
}

TEST_CASE("retransmit: RTO, Rc and Rm are the caller's", "[stun]") {
  CHECK(instants({zero, {.rto = 100ms, .rc = 3, .rm = 1}}) ==
        std::vector<duration>{0ms, 100ms, 300ms, 400ms});
  CHECK(instants({zero, {.rto = 100ms, .rc = 1, .rm = 4}}) == std::vector<duration>{0ms, 400ms});
  CHECK(instants({zero, {.rto = 100ms, .rc = 0, .rm = 4}}) == std::vector<duration>{0ms, 400ms});
}

TEST_CASE("retransmit: a request that is sent once ends after its lifetime",
          "[stun][8489-6.2.2-a]") {
  CHECK(instants(retransmit_schedule::once(zero, stun::reliable_timeout)) ==
        std::vector<duration>{0ms, 39500ms});
  CHECK(instants(retransmit_schedule::once(zero, 5s)) == std::vector<duration>{0ms, 5s});
}

TEST_CASE("retransmit: early and repeated calls do nothing", "[stun][ATK-F04]") {
  retransmit_schedule schedule{zero, {}};
  for (int i = 0; i < 1000; ++i) REQUIRE(schedule.on_time(zero + 499ms) == step::none);
  CHECK(schedule.on_time(zero + 500ms) == step::resend);
  for (int i = 0; i < 1000; ++i) REQUIRE(schedule.on_time(zero + 500ms) == step::none);
  CHECK(schedule.sends() == 2);
}

TEST_CASE("retransmit: time that goes back is no time", "[stun][ATK-F01]") {
  retransmit_schedule schedule{zero, {}};
  CHECK(schedule.on_time(zero + 500ms) == step::resend);
  CHECK(schedule.on_time(zero - 1h) == step::none);
  CHECK(schedule.next() == zero + 1500ms);
}

TEST_CASE("retransmit: a jump sends at most once and leaves the later instants where they are",
          "[stun][ATK-F02]") {
  retransmit_schedule schedule{zero, {}};
  CHECK(schedule.on_time(zero + 8s) == step::resend);
  CHECK(schedule.on_time(zero + 8s) == step::none);
  CHECK(schedule.sends() == 2);
  CHECK(schedule.next() == zero + 15500ms);
  CHECK(schedule.on_time(zero + 24h) == step::expired);
  CHECK(retransmit_schedule{zero, {}}.on_time(zero + 100 * 365 * 24h) == step::expired);
}

TEST_CASE("retransmit: nothing is due again at the instant that was served", "[stun]") {
  for (const auto late : {0ns, 1ns, duration{400ms}, duration{5s}, duration{20s}}) {
    retransmit_schedule schedule{zero, {}};
    auto now = zero;
    for (int i = 0; i < 20; ++i) {
      now = *schedule.next() + late;
      if (schedule.on_time(now) == step::expired) break;
      REQUIRE(schedule.next() > now);
    }
    CHECK(schedule.on_time(now) == step::expired);
  }
}

TEST_CASE("retransmit: doubling and the ends of time saturate", "[stun][ATK-F03][ATK-F06]") {
  const stun::retransmit_config many{.rto = 500ms, .rc = 255, .rm = 255};
  for (const auto start : {time_point::min(), zero, time_point::max() - 1s, time_point::max()}) {
    retransmit_schedule schedule{start, many};
    auto now = start;
    for (int i = 0; i < 300; ++i) {
      REQUIRE(schedule.next() >= now);
      now = *schedule.next();
      if (schedule.on_time(now) == step::expired) break;
    }
    CHECK(schedule.on_time(time_point::max()) == step::expired);
  }
  CHECK(retransmit_schedule::once(zero, duration::max()).expiry() == time_point::max());
}

TEST_CASE("retransmit: one that was stopped sends no more and ends when it would have ended",
          "[stun]") {
  retransmit_schedule schedule{zero, {}};
  CHECK(schedule.on_time(zero + 500ms) == step::resend);
  schedule.stop_sending();
  CHECK(schedule.next() == zero + 39500ms);
  CHECK(schedule.on_time(zero + 39499ms) == step::none);
  CHECK(schedule.on_time(zero + 39500ms) == step::expired);
  CHECK(schedule.sends() == 2);
}

TEST_CASE("retransmit: more sends than time has instants end with it", "[stun][ATK-F06]") {
  // While compiling, a shift too far or an overflow would be an error.
  static_assert(retransmit_schedule{zero, {.rto = 1ns, .rc = 64}}.expiry() == time_point::max());
  static_assert(retransmit_schedule{zero, {.rto = 1ns, .rc = 255}}.expiry() == time_point::max());
}

TEST_CASE("retransmit: who comes late, at the instant of a later send, sends once",
          "[stun][8489-6.2.1-b]") {
  retransmit_schedule schedule{zero, {.rto = 100ms}};
  CHECK(schedule.on_time(zero + 300ms) == step::resend);
  CHECK(schedule.on_time(zero + 300ms) == step::none);
  CHECK(schedule.next() == zero + 700ms);
}

TEST_CASE("retransmit: as many sends as are configured, and a last wait of Rm times the RTO",
          "[stun][8489-6.2.1-c]") {
  const auto schedule = retransmit_schedule{zero, {.rto = 600ms, .rc = 3, .rm = 4}};
  CHECK(instants(schedule) == std::vector<duration>{0ms, 600ms, 1800ms, 4200ms});
  CHECK(instants(retransmit_schedule{zero, {.rc = 1, .rm = 1}}) ==
        std::vector<duration>{0ms, 500ms});
}
