// What a whole session costs: two agents in memory, from creation to the selected pair, and then
// its quiet life; beside it the floor, its six datagrams written and verified once each and nothing
// else. And what memory an agent takes, and what a call costs as its pairs grow.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

#include "floe/floe.hpp"
#include "sim/in_memory.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

/// Fast numbers: the cost of real randomness is the host's.
struct quick_entropy {
  std::mt19937_64 engine;
  void operator()(byte_span out) {
    while (!out.empty()) {
      const auto word = engine();
      const auto size = std::min(out.size(), sizeof(word));
      std::memcpy(out.data(), &word, size);
      out = out.subspan(size);
    }
  }
};

/// Counts what tables are taken from.
class counting_resource final : public std::pmr::memory_resource {
 public:
  std::size_t count = 0;
  std::size_t bytes = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    ++count;
    bytes += size;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* p, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, size, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

config small(ice::role role) {
  config c{.role = role};
  c.limits = {.components = 1,
              .local_candidates = 4,
              .remote_candidates = 4,
              .pairs = 4,
              .answers = 4,
              .early_checks = 2,
              .hidden_candidates = 1,
              .events = 16};
  return c;
}

void session_to_selected(benchmark::State& state) {
  quick_entropy entropy{};
  std::size_t datagrams = 0;
  for (auto _ : state) {
    auto now = time_point{};
    agent left{now, small(ice::role::controlling), entropy};
    agent right{now, small(ice::role::controlled), entropy};
    sim::in_memory session{left, right};
    if (!session.introduce(now)) state.SkipWithError("refused");
    while (left.state() != connection_state::completed) {
      session.run(now);
      now += 50ms;
    }
    datagrams = session.datagrams;
  }
  state.counters["datagrams"] = static_cast<double>(datagrams);
}
BENCHMARK(session_to_selected);

/// The integrity of the six datagrams of such a session.
void floor_of_session(benchmark::State& state) {
  const auto key = stun::short_term_key("asd88fgpdd777uzjYhagZg");
  std::array<std::byte, 548> buffer{};
  for (auto _ : state) {
    for (int i = 0; i < 3; ++i) {
      const auto check = ice::write_check(buffer, {}, {}, "RFRGRFRG:LFRGLFRG", key);
      auto asked =
          stun::authenticate(*stun::message_view::parse(byte_view{buffer}.first(*check)), key);
      benchmark::DoNotOptimize(asked);
      const auto answer = ice::write_check_success(buffer, {}, {}, key);
      auto answered =
          stun::authenticate(*stun::message_view::parse(byte_view{buffer}.first(*answer)), key);
      benchmark::DoNotOptimize(answered);
    }
  }
}
BENCHMARK(floor_of_session);

/// Both hosts sleep until their agents want to be woken. "second": the time that a second of such
/// life takes of both together.
void steady_minute(benchmark::State& state) {
  quick_entropy entropy{};
  auto now = time_point{};
  agent left{now, small(ice::role::controlling), entropy};
  agent right{now, small(ice::role::controlled), entropy};
  sim::in_memory session{left, right};
  if (!session.introduce(now)) state.SkipWithError("refused");
  for (int i = 0; i < 5; ++i, now += 50ms) session.run(now);
  for (auto _ : state) {
    const auto end = now + 1min;
    while (now < end) {
      session.run(now);
      now = earliest(left.next_timeout(), right.next_timeout()).value_or(end);
    }
  }
  using counter = benchmark::Counter;
  state.counters["second"] = counter(60, counter::kIsIterationInvariantRate | counter::kInvert);
}
BENCHMARK(steady_minute);

void memory(benchmark::State& state, const config& behaviour) {
  quick_entropy entropy{};
  counting_resource resource;
  for (auto _ : state) {
    resource = {};
    agent made{time_point{}, behaviour, entropy, &resource};
    benchmark::DoNotOptimize(made);
  }
  state.counters["bytes"] = static_cast<double>(sizeof(agent) + resource.bytes);
  state.counters["allocations"] = static_cast<double>(resource.count);
}
BENCHMARK_CAPTURE(memory, small_limits, small(ice::role::controlling));
BENCHMARK_CAPTURE(memory, default_limits, config{});

const endpoint here{address::v4(192, 0, 2, 1), 5000};
const endpoint there{address::v4(192, 0, 2, 2), 1000};

/// An agent with so many pairs, all of which have a check under way.
class crowded {
 public:
  crowded(std::int64_t pairs, ice::role role) : agent_{time_point{}, behaviour(role), entropy_} {
    (void)agent_.add_local(socket_id{1}, here).value();
    agent_.gather({});
    (void)agent_.set_remote_credentials("peer", "passwordofthepeer012345").value();
    for (std::uint16_t i = 0; i < pairs; ++i) {
      const auto port = static_cast<std::uint16_t>(there.port + i);
      (void)agent_
          .add_remote({.foundation = ice::foundation::from_number(i),
                       .priority = 100'000U - i,
                       .address = {there.address, port}})
          .value();
    }
    for (std::int64_t i = 0; i < 2 * pairs; ++i, now_ += 50ms) {
      agent_.handle_timeout(now_);
      drain();
    }
    const auto own = agent_.local_credentials();
    check_.resize(ice::write_check(buffer_, stun::transaction_id::random(entropy_),
                                   ice::make_check({ice::opposite(role), 1}, 1, false),
                                   std::string{own.ufrag} + ":peer",
                                   stun::short_term_key(own.password))
                      .value());
    std::copy_n(buffer_.begin(), check_.size(), check_.begin());
    take(check_);
    drain();
  }

  [[nodiscard]] deadline next_timeout() const { return agent_.next_timeout(); }

  /// A check of the peer, and its answer.
  void answer_check() {
    take(check_);
    drain();
  }
  void take_data() { take(data_); }

 private:
  void take(byte_view bytes) {
    auto got = agent_.handle_datagram(now_, {socket_id{1}, there, bytes});
    benchmark::DoNotOptimize(got);
  }
  void drain() {
    while (agent_.poll_transmit(buffer_)) {
    }
    while (agent_.poll_event()) {
    }
  }

  static config behaviour(ice::role role) {
    config c{.role = role};
    c.limits.remote_candidates = 100;
    return c;
  }

  quick_entropy entropy_{};
  agent agent_;
  time_point now_{};
  std::array<std::byte, max_datagram_size> buffer_{};
  std::vector<std::byte> check_;
  std::array<std::byte, 160> data_{std::byte{0x80}};
};

void next_timeout_of(benchmark::State& state, ice::role role) {
  const crowded one{state.range(0), role};
  for (auto _ : state) {
    auto next = one.next_timeout();
    benchmark::DoNotOptimize(next);
  }
}
BENCHMARK_CAPTURE(next_timeout_of, controlled, ice::role::controlled)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK_CAPTURE(next_timeout_of, controlling, ice::role::controlling)->Arg(1)->Arg(10)->Arg(100);

void check_of(benchmark::State& state, ice::role role) {
  crowded one{state.range(0), role};
  for (auto _ : state) one.answer_check();
}
BENCHMARK_CAPTURE(check_of, controlled, ice::role::controlled)->Arg(1)->Arg(10)->Arg(100);
BENCHMARK_CAPTURE(check_of, controlling, ice::role::controlling)->Arg(1)->Arg(10)->Arg(100);

void data_of(benchmark::State& state) {
  crowded one{state.range(0), ice::role::controlled};
  for (auto _ : state) one.take_data();
}
BENCHMARK(data_of)->Arg(1)->Arg(10)->Arg(100);

}  // namespace
