#include "../../examples/floecat/pipe.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "catch.hpp"

using floecat::frame;
using floecat::pipe;
using namespace std::chrono_literals;
using bytes = std::vector<std::byte>;

namespace {

constexpr floe::time_point start{1h};

bytes pattern(std::size_t size, unsigned seed) {
  std::minstd_rand random{seed};
  bytes made(size);
  for (auto& b : made) b = static_cast<std::byte>(random());
  return made;
}

/// Two pipes and a network between them, in virtual time. A program at each end writes `to_send`,
/// ends, and reads as fast as `reads` allows.
struct world {
  struct end {
    floecat::pipe pipe;
    bytes to_send;
    std::size_t written = 0;
    bytes received;
    std::size_t reads = 1U << 20U;  ///< bytes per step
    std::size_t frames = 0;         ///< sent
  };

  std::array<end, 2> ends;
  floe::time_point now = start;
  floe::duration delay = 10ms;
  std::function<int(std::size_t number)> copies = [](std::size_t) { return 1; };
  std::function<floe::duration(std::size_t number)> extra = [](std::size_t) { return 0ms; };
  std::multimap<floe::time_point, std::pair<std::size_t, bytes>> network;
  std::size_t sent = 0;
  std::size_t steps = 0;

  void post(std::size_t from, floe::byte_view frame) {
    ++ends[from].frames;
    const auto number = sent++;
    for (int i = copies(number); i > 0; --i) {
      network.emplace(now + delay + extra(number),
                      std::pair{1 - from, bytes{frame.begin(), frame.end()}});
    }
  }

  void serve(std::size_t which) {
    auto& e = ends[which];
    const auto room = std::min(e.pipe.room(), e.to_send.size() - e.written);
    e.pipe.write(floe::byte_view{e.to_send}.subspan(e.written, room));
    e.written += room;
    if (e.written == e.to_send.size()) e.pipe.end();

    const auto ready = e.pipe.readable();
    const auto taken = std::min(ready.size(), e.reads);
    e.received.insert(e.received.end(), ready.begin(),
                      ready.begin() + static_cast<std::ptrdiff_t>(taken));
    e.pipe.consume(taken);

    std::array<std::byte, floecat::max_frame> buffer{};
    while (const auto size = e.pipe.poll_frame(now, buffer)) {
      post(which, floe::byte_view{buffer}.first(size));
    }
  }

  /// One step to the next thing that happens. Returns false when nothing more will.
  bool step() {
    REQUIRE(++steps < 2'000'000);
    for (const std::size_t i : {0U, 1U}) serve(i);
    auto next = floe::earliest(ends[0].pipe.next_timeout(), ends[1].pipe.next_timeout());
    if (!network.empty()) next = floe::earliest(next, network.begin()->first);
    if (!next) return !ends[0].pipe.readable().empty() || !ends[1].pipe.readable().empty();
    now = std::max(now, *next);
    while (!network.empty() && network.begin()->first <= now) {
      const auto [to, frame] = network.begin()->second;
      network.erase(network.begin());
      ends[to].pipe.handle_frame(now, frame);
    }
    for (auto& e : ends) e.pipe.handle_timeout(now);
    return true;
  }

  void run() {
    while (step()) {
    }
  }

  void require_whole() {
    for (const std::size_t i : {0U, 1U}) {
      INFO("end " << i << ", seconds " << std::chrono::duration<double>(now - start).count());
      REQUIRE(ends[i].pipe.status() == pipe::state::closed);
      REQUIRE((ends[i].received == ends[1 - i].to_send));
    }
  }
};

world with_data(std::size_t there, std::size_t back) {
  world w;
  w.ends[0].to_send = pattern(there, 1);
  w.ends[1].to_send = pattern(back, 2);
  return w;
}

}  // namespace

TEST_CASE("pipe: what is written at one end is read at the other, both ways, and both know",
          "[floecat]") {
  const auto size = GENERATE(
      values<std::size_t>({0, 1, floecat::max_segment, floecat::max_segment + 1, 300'000}));
  auto w = with_data(size, size / 2);
  w.run();
  w.require_whole();
  CHECK(w.now - start < 2s);
}

TEST_CASE("pipe: every frame starts where RFC 7983 leaves room beside STUN", "[floecat]") {
  auto w = with_data(5'000, 10);
  while (w.step()) {
    for (const auto& [when, posted] : w.network) {
      const auto first = std::to_integer<unsigned>(posted.second.at(0));
      REQUIRE((first >= 0x80 && first <= 0xbf));
      REQUIRE(posted.second.size() <= floecat::max_frame);
    }
  }
}

TEST_CASE("pipe: the loss of any single frame is repaired", "[floecat]") {
  auto clean = with_data(40'000, 20'000);
  clean.run();
  for (std::size_t k = 0; k < clean.sent; ++k) {
    INFO("lost: " << k);
    auto w = with_data(40'000, 20'000);
    w.copies = [k](std::size_t number) { return number == k ? 0 : 1; };
    w.run();
    w.require_whole();
    REQUIRE(w.now - start < 5s);
  }
}

TEST_CASE("pipe: loss, duplicates and reordering together don't change a byte", "[floecat]") {
  const auto seed = GENERATE(range(1U, 30U));
  auto random = std::make_shared<std::mt19937>(seed);
  auto w = with_data(200'000, 100'000);
  w.copies = [random](std::size_t) {
    const auto dice = (*random)() % 10;
    return dice < 3 ? 0 : dice < 9 ? 1 : 2;
  };
  w.extra = [random](std::size_t) { return std::chrono::milliseconds{(*random)() % 30}; };
  w.run();
  w.require_whole();
}

TEST_CASE("pipe: a reader that takes its time slows the writer down and loses nothing",
          "[floecat]") {
  auto w = with_data(600'000, 0);
  w.ends[1].reads = 1'000;
  std::size_t most = 0;
  while (w.step()) most = std::max(most, w.ends[1].pipe.readable().size());
  w.require_whole();
  CHECK(most <= 3 * floecat::window_size * floecat::max_segment);
}

TEST_CASE("pipe: a reader that stops for a minute is waited for", "[floecat]") {
  auto w = with_data(400'000, 0);
  w.ends[1].reads = 0;
  while (w.now < start + 60s) REQUIRE(w.step());
  CHECK(w.ends[0].pipe.status() == pipe::state::open);
  w.ends[1].reads = 1U << 20U;
  w.run();
  w.require_whole();
}

TEST_CASE("pipe: an idle pipe stays open", "[floecat]") {
  auto w = with_data(0, 0);
  // Neither program ends its stream: hold the pipes outside of serve().
  std::array<std::byte, floecat::max_frame> buffer{};
  while (w.now < start + 120s) {
    for (const std::size_t i : {0U, 1U}) {
      while (const auto size = w.ends[i].pipe.poll_frame(w.now, buffer)) {
        w.ends[1 - i].pipe.handle_frame(w.now, floe::byte_view{buffer}.first(size));
      }
    }
    const auto next = floe::earliest(w.ends[0].pipe.next_timeout(), w.ends[1].pipe.next_timeout());
    REQUIRE(next);
    REQUIRE(*next > w.now);
    w.now = *next;
    for (auto& e : w.ends) e.pipe.handle_timeout(w.now);
  }
  CHECK(w.ends[0].pipe.status() == pipe::state::open);
  CHECK(w.ends[1].pipe.status() == pipe::state::open);
}

TEST_CASE("pipe: a peer that falls silent is lost after a while, without a spin", "[floecat]") {
  auto w = with_data(50'000'000, 0);
  for (int i = 0; i < 50; ++i) REQUIRE(w.step());
  w.copies = [](std::size_t) { return 0; };
  const auto silent = w.now;
  const auto steps = w.steps;
  w.run();
  CHECK(w.ends[0].pipe.status() == pipe::state::lost);
  CHECK(w.ends[1].pipe.status() == pipe::state::lost);
  CHECK(w.now - silent <= pipe::silence + 100ms);
  CHECK(w.steps - steps < 1'000);
}

TEST_CASE("pipe: a peer that was never heard of is waited for", "[floecat]") {
  auto w = with_data(10'000, 10'000);
  w.copies = [](std::size_t) { return 0; };
  while (w.now < start + 300s) REQUIRE(w.step());
  CHECK_FALSE(w.ends[0].pipe.established());
  CHECK(w.ends[0].frames < 1'000);
  w.copies = [](std::size_t) { return 1; };
  w.run();
  w.require_whole();
}

TEST_CASE("pipe: the last word may be lost for good; all that counts has arrived", "[floecat]") {
  auto w = with_data(10, 10);
  while (w.ends[0].pipe.status() == pipe::state::open) REQUIRE(w.step());
  w.copies = [](std::size_t) { return 0; };
  w.network.clear();
  w.run();
  CHECK(w.ends[0].pipe.status() == pipe::state::closed);
  CHECK(w.ends[0].received == w.ends[1].to_send);
  CHECK(w.now - start < 30s);
}

TEST_CASE("pipe: who leaves before the end says so", "[floecat]") {
  auto w = with_data(50'000'000, 0);
  for (int i = 0; i < 50; ++i) REQUIRE(w.step());
  w.ends[0].pipe.abort();
  w.run();
  CHECK(w.ends[0].pipe.status() == pipe::state::aborted);
  CHECK(w.ends[1].pipe.status() == pipe::state::aborted);
}

TEST_CASE("pipe: strange frames do no harm", "[floecat]") {
  std::mt19937 random{7};
  auto w = with_data(100'000, 100'000);
  for (int i = 0; i < 20'000 && w.step(); ++i) {
    bytes strange(random() % 40);
    for (auto& b : strange) b = static_cast<std::byte>(random());
    if (!strange.empty()) strange[0] = static_cast<std::byte>(0x84 + random() % 0x7c);
    w.ends[random() % 2].pipe.handle_frame(w.now, strange);
    // Known frames cut short, a done before the end, an ack of what was never sent.
    const auto short_of = [&](frame f, std::size_t size) {
      bytes cut(size);
      cut[0] = static_cast<std::byte>(f);
      w.ends[random() % 2].pipe.handle_frame(w.now, cut);
    };
    short_of(frame::data, 1 + random() % 8);
    short_of(frame::ack, 1 + random() % 24);
    bytes ack(25, std::byte{0xff});
    ack[0] = static_cast<std::byte>(frame::ack);
    w.ends[random() % 2].pipe.handle_frame(w.now, ack);
    if (w.ends[0].written < 100'000) short_of(frame::done, 1);
  }
  w.run();
  w.require_whole();
}
