#include "sim/wire.hpp"

#include <vector>

#include "catch.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

struct count {
  std::size_t lost = 0;
  std::size_t twice = 0;
  std::size_t longest_run = 0;  ///< of losses
};

count pass(sim::wire& along, std::size_t packets) {
  random_source chance{7};
  count seen;
  std::size_t run = 0;
  for (std::size_t i = 0; i < packets; ++i) {
    const auto way = along.cross(epoch + i * 1ms, 100, chance);
    run = way.copies == 0 ? run + 1 : 0;
    seen.lost += way.copies == 0 ? 1U : 0U;
    seen.twice += way.copies == 2 ? 1U : 0U;
    seen.longest_run = std::max(seen.longest_run, run);
  }
  return seen;
}

}  // namespace

TEST_CASE("wire: a packet takes the latency, and at most the jitter more", "[sim]") {
  sim::wire wire{{.latency = 20ms, .jitter = 5ms}};
  random_source chance{1};
  duration least = 1h;
  duration most{};
  for (int i = 0; i < 1000; ++i) {
    const auto way = wire.cross(epoch + i * 1s, 100, chance);
    REQUIRE(way.copies == 1);
    least = std::min(least, way.after[0]);
    most = std::max(most, way.after[0]);
  }
  CHECK(least >= 20ms);
  CHECK(least < 21ms);
  CHECK(most <= 25ms);
  CHECK(most > 24ms);
}

TEST_CASE("wire: packets keep their order, whatever the jitter, unless they may lose it", "[sim]") {
  const auto overtaken = [](const wire_config& config) {
    sim::wire wire{config};
    random_source chance{1};
    std::size_t count = 0;
    auto last = epoch;
    for (int i = 0; i < 1000; ++i) {
      const auto sent = epoch + i * 1ms;
      const auto arrives = sent + wire.cross(sent, 100, chance).after[0];
      count += arrives < last ? 1U : 0U;
      last = arrives;
    }
    return count;
  };
  CHECK(overtaken({.latency = 20ms, .jitter = 50ms}) == 0);
  const auto some = overtaken({.latency = 20ms, .reorder = 100, .held_back = 10ms});
  CHECK(some > 50);
  CHECK(some < 150);
}

TEST_CASE("wire: loss and duplication are as frequent as they should be", "[sim]") {
  sim::wire lossy{{.loss = 300}};
  const auto lost = pass(lossy, 10'000).lost;
  CHECK(lost > 2800);
  CHECK(lost < 3200);
  sim::wire twice{{.duplicate = 100}};
  const auto seen = pass(twice, 10'000).twice;
  CHECK(seen > 900);
  CHECK(seen < 1100);
}

TEST_CASE("wire: losses of a burst come one after the other", "[sim]") {
  sim::wire bursts{{.bursts = {.begins = 10, .ends = 90, .loss = 1000}}};
  const auto seen = pass(bursts, 10'000);
  CHECK(seen.lost > 700);  // a tenth of the time, in stretches of eleven
  CHECK(seen.lost < 1300);
  CHECK(seen.longest_run > 20);
  sim::wire singles{{.loss = 100}};
  CHECK(pass(singles, 10'000).longest_run < 10);
}

TEST_CASE("wire: what is larger than the MTU vanishes", "[sim]") {
  sim::wire wire{{.mtu = 1280}};
  random_source chance{1};
  CHECK(wire.cross(epoch, 1280, chance).copies == 1);
  const auto way = wire.cross(epoch, 1281, chance);
  CHECK(way.copies == 0);
  CHECK(way.why == drop::too_big);
}

TEST_CASE("wire: a rate spaces packets, and a full queue drops them", "[sim]") {
  sim::wire wire{{.latency = 10ms, .rate = 10'000, .queue = 25ms}};
  random_source chance{1};
  CHECK(wire.cross(epoch, 100, chance).after[0] == 20ms);  // 10 ms to send, 10 ms on the way
  CHECK(wire.cross(epoch, 100, chance).after[0] == 30ms);
  CHECK(wire.cross(epoch, 100, chance).after[0] == 40ms);
  CHECK(wire.cross(epoch, 100, chance).why == drop::congested);
  CHECK(wire.cross(epoch + 30ms, 100, chance).after[0] == 20ms);
}
