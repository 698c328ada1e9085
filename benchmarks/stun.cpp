// What STUN costs for a connectivity check and its response, next to the floor: the block
// operations of HMAC-SHA1 and the CRC of the same message, with nothing around them. "floor" is in
// nanoseconds, "ratio" is how many times the floor the work takes.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "floe/core/bytes.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "vectors/messages.hpp"

using namespace floe;

namespace {

using nanoseconds = std::chrono::duration<double, std::nano>;

const stun::integrity_key ice_key{vectors::ice_password};

/// The block operations for a code over `covered` bytes, the outer one waiting for the inner ones,
/// and the CRC of `summed`.
void hash_only(std::size_t covered, byte_view summed) {
  static const std::array<std::byte, 256> blocks{};
  auto inner = ice_key.inner();
  crypto::detail::sha1_algorithm::compress(inner, blocks.data(), (covered + 1 + 8 + 63) / 64);
  auto outer = ice_key.outer();
  for (std::size_t i = 0; i < outer.size(); ++i) outer[i] ^= inner[i];
  crypto::detail::sha1_algorithm::compress(outer, blocks.data(), 1);
  benchmark::DoNotOptimize(outer);
  auto crc = crypto::crc32(summed);
  benchmark::DoNotOptimize(crc);
}

/// The shortest time that either of two works took, in nanoseconds per call. They take turns in
/// short rounds, so that what else the machine does strikes both or neither.
struct pair_of_times {
  double work = std::numeric_limits<double>::max();
  double floor = std::numeric_limits<double>::max();
};

/// Lets everything before it end. Messages come one at a time, so the time of one is not to be
/// hidden behind the next; in a loop the CPU would overlap them.
inline void finish_everything() {
#if defined(__x86_64__)
  __builtin_ia32_lfence();
#endif
}

template <class Work>
double time_of(Work&& work) {
  constexpr int calls = 1000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < calls; ++i) {
    finish_everything();
    work();
  }
  const nanoseconds spent = std::chrono::steady_clock::now() - start;
  return spent.count() / calls;
}

template <class Work, class Floor>
pair_of_times best_of(Work&& work, Floor&& floor) {
  constexpr int rounds = 400;
  pair_of_times best;
  for (int round = 0; round < rounds; ++round) {
    best.work = std::min(best.work, time_of(work));
    best.floor = std::min(best.floor, time_of(floor));
  }
  return best;
}

/// Runs `work`, which protects or verifies `message` with integrity and fingerprint.
template <class Work>
void against_floor(benchmark::State& state, byte_view message, Work&& work) {
  const auto best = best_of(
      work, [message] { hash_only(message.size() - 32, message.first(message.size() - 8)); });
  for (auto _ : state) work();
  state.counters["best"] = best.work;
  state.counters["floor"] = best.floor;
  state.counters["ratio"] = best.work / best.floor;
}

void classify(benchmark::State& state) {
  byte_view datagram{vectors::check_nominate};
  for (auto _ : state) {
    benchmark::DoNotOptimize(datagram);
    auto protocol = stun::classify(datagram);
    benchmark::DoNotOptimize(protocol);
  }
}
BENCHMARK(classify);

void parse(benchmark::State& state, byte_view datagram) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(datagram);
    auto message = stun::message_view::parse(datagram);
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK_CAPTURE(parse, check, byte_view{vectors::check_nominate});
BENCHMARK_CAPTURE(parse, response, byte_view{vectors::check_success});

void refuse_other_protocol(benchmark::State& state) {
  std::array<std::byte, 172> rtp{};
  rtp[0] = std::byte{0x80};
  byte_view datagram{rtp};
  for (auto _ : state) {
    benchmark::DoNotOptimize(datagram);
    auto message = stun::message_view::parse(datagram);
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK(refuse_other_protocol);

void refuse_wrong_fingerprint(benchmark::State& state) {
  auto bytes = vectors::check_nominate;
  bytes.back() ^= std::byte{1};
  byte_view datagram{bytes};
  for (auto _ : state) {
    benchmark::DoNotOptimize(datagram);
    const auto message = stun::message_view::parse(datagram);
    auto print = stun::check_fingerprint(*message);
    benchmark::DoNotOptimize(print);
  }
}
BENCHMARK(refuse_wrong_fingerprint);

void parse_and_verify(benchmark::State& state, byte_view datagram) {
  against_floor(state, datagram, [&datagram] {
    benchmark::DoNotOptimize(datagram);
    const auto message = stun::message_view::parse(datagram);
    auto print = stun::check_fingerprint(*message);
    benchmark::DoNotOptimize(print);
    auto proof = stun::authenticate(*message, ice_key);
    benchmark::DoNotOptimize(proof);
  });
}
BENCHMARK_CAPTURE(parse_and_verify, check, byte_view{vectors::check_nominate});
BENCHMARK_CAPTURE(parse_and_verify, response, byte_view{vectors::check_success});

void encode_check(benchmark::State& state) {
  std::array<std::byte, 548> buffer{};
  stun::transaction_id id;
  against_floor(state, vectors::check_nominate, [&] {
    benchmark::DoNotOptimize(id);
    auto size = stun::writer{buffer, {stun::method::binding, stun::message_class::request}, id}
                    .add(stun::username{"RFRG:LFRG"})
                    .add(stun::priority{1845501695})
                    .add(stun::ice_controlling{0x0123456789abcdef})
                    .add(stun::use_candidate{})
                    .add_integrity(ice_key)
                    .add_fingerprint()
                    .finish();
    benchmark::DoNotOptimize(size);
    benchmark::ClobberMemory();
  });
}
BENCHMARK(encode_check);

void encode_response(benchmark::State& state) {
  std::array<std::byte, 548> buffer{};
  stun::transaction_id id;
  const endpoint source{address::v4(203, 0, 113, 5), 54321};
  against_floor(state, vectors::check_success, [&] {
    benchmark::DoNotOptimize(id);
    auto size = stun::writer{buffer, {stun::method::binding, stun::message_class::success}, id}
                    .add(stun::xor_mapped_address{source})
                    .add_integrity(ice_key)
                    .add_fingerprint()
                    .finish();
    benchmark::DoNotOptimize(size);
    benchmark::ClobberMemory();
  });
}
BENCHMARK(encode_response);

}  // namespace
