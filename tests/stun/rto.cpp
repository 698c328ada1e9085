#include "floe/stun/rto.hpp"

#include <chrono>
#include <cstdint>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

constexpr time_point zero{};
constexpr duration least = 500ms;

endpoint server(std::uint8_t last) { return {address::v4(192, 0, 2, last), 3478}; }

stun::rto_cache make(std::size_t capacity) { return {capacity, memory_ref{}}; }

constexpr duration after_one(duration round_trip, duration floor) {
  stun::rto_estimate estimate;
  estimate.measure(round_trip, 1);
  return estimate.rto(floor);
}

}  // namespace

static_assert(after_one(40ms, 0ms) == 120ms);  // 40 + 4 * 20

TEST_CASE("rto: the first round trip counts three times, and the floor holds",
          "[stun][8489-6.2.1-f]") {
  CHECK(stun::rto_estimate{}.rto(least) == least);
  CHECK(after_one(40ms, least) == least);
  CHECK(after_one(400ms, least) == 1200ms);
}

TEST_CASE("rto: later round trips move the estimate by an eighth and a quarter",
          "[stun][8489-6.2.1-f]") {
  stun::rto_estimate estimate;
  estimate.measure(800ms, 1);  // smoothed 800, variation 400
  estimate.measure(1600ms, 1);
  // variation (3 * 400 + 800) / 4 = 500, smoothed (7 * 800 + 1600) / 8 = 900
  CHECK(estimate.rto(least) == 900ms + 4 * 500ms);
  estimate.measure(100ms, 1);
  // variation (3 * 500 + 800) / 4 = 575, smoothed (7 * 900 + 100) / 8 = 800
  CHECK(estimate.rto(least) == 800ms + 4 * 575ms);
}

TEST_CASE("rto: a request that was sent again measures nothing", "[stun][8489-6.2.1-g]") {
  stun::rto_estimate estimate;
  estimate.measure(5s, 2);
  CHECK_FALSE(estimate.is_measured());
  estimate.measure(400ms, 1);
  const auto before = estimate.rto(least);
  estimate.measure(30s, 2);
  estimate.measure(30s, 7);
  CHECK(estimate.rto(least) == before);
}

TEST_CASE("rto: absurd round trips stay within calculation", "[stun][ATK-F06]") {
  for (const auto round_trip :
       {duration::min(), duration{-1s}, duration::zero(), duration::max()}) {
    stun::rto_estimate estimate;
    for (int i = 0; i < 100; ++i) estimate.measure(round_trip, 1);
    CHECK(estimate.rto(least) >= least);
    CHECK(estimate.rto(least) <= 10 * 24h);
  }
}

TEST_CASE("rto cache: kept for ten minutes without a transaction", "[stun][8489-6.2.1-h]") {
  auto cache = make(4);
  CHECK(cache.start(zero, server(1), least) == least);
  cache.measure(zero, server(1), 400ms, 1);
  CHECK(cache.start(zero + 9min + 59s, server(1), least) == 1200ms);
  // That transaction kept it alive.
  CHECK(cache.start(zero + 19min + 58s, server(1), least) == 1200ms);
  CHECK(cache.start(zero + 29min + 59s, server(1), least) == least);

  cache.measure(zero, server(2), 400ms, 1);
  CHECK(cache.start(zero + 10min + 1s, server(2), least) == least);
}

TEST_CASE("rto cache: one estimate per server, Karn's rule included",
          "[stun][8489-6.2.1-g][8489-6.2.1-h]") {
  auto cache = make(4);
  cache.measure(zero, server(1), 400ms, 1);
  cache.measure(zero, server(2), 4s, 2);
  CHECK(cache.start(zero, server(1), least) == 1200ms);
  CHECK(cache.start(zero, server(2), least) == least);
  CHECK(cache.size() == 1);
  auto other_port = server(1);
  other_port.port = 5349;
  CHECK(cache.start(zero, other_port, least) == least);
}

TEST_CASE("rto cache: when full, the server that was quiet longest gives way", "[stun]") {
  auto cache = make(2);
  cache.measure(zero + 1s, server(1), 400ms, 1);
  cache.measure(zero + 2s, server(2), 400ms, 1);
  (void)cache.start(zero + 3s, server(1), least);
  cache.measure(zero + 4s, server(3), 400ms, 1);
  CHECK(cache.size() == 2);
  CHECK(cache.start(zero + 5s, server(1), least) == 1200ms);
  CHECK(cache.start(zero + 5s, server(2), least) == least);
  CHECK(cache.start(zero + 5s, server(3), least) == 1200ms);
  auto none = make(0);
  none.measure(zero, server(1), 400ms, 1);
  CHECK(none.size() == 0);
}

TEST_CASE("rto: a round trip counts as a day at most", "[stun][ATK-F06]") {
  CHECK(after_one(24h, 0ms) == 72h);
  CHECK(after_one(25h, 0ms) == 72h);
}

TEST_CASE("rto cache: ten minutes to the tick, for those who start and for those who measure",
          "[stun][8489-6.2.1-h]") {
  auto cache = make(4);
  cache.measure(zero, server(1), 400ms, 1);
  cache.measure(zero, server(2), 400ms, 1);
  CHECK(cache.start(zero + 10min, server(1), least) == 1200ms);

  // The second round trip of 400 ms makes the estimate smaller, unless it is the first again.
  cache.measure(zero + 10min, server(2), 400ms, 1);
  CHECK(cache.start(zero + 10min, server(2), least) == 1000ms);
  cache.measure(zero + 20min, server(2), 400ms, 1);
  const auto third = cache.start(zero + 20min, server(2), least);
  CHECK(third < 1000ms);
  cache.measure(zero + 30min + duration{1}, server(2), 400ms, 1);
  CHECK(cache.start(zero + 30min + duration{1}, server(2), least) == 1200ms);

  // A round trip keeps an estimate alive, too.
  cache.measure(zero + 40min, server(2), 400ms, 1);
  CHECK(cache.start(zero + 49min, server(2), least) == 1000ms);
}
