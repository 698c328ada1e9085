// What STUN costs for a connectivity check and its response, next to the floor (support.hpp).
// "best" and "floor" are in nanoseconds, "ratio" is how many times the floor the work takes.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "support.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using support::ice_key;

namespace {

/// Runs `work`, which protects or verifies `message` with integrity and fingerprint.
template <class Work>
void against_floor(benchmark::State& state, byte_view message, Work&& work) {
  const auto [best, floor] = support::best_of(work, [message] { support::hash_only(message); });
  for (auto _ : state) work();
  state.counters["best"] = best;
  state.counters["floor"] = floor;
  state.counters["ratio"] = best / floor;
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
