// What STUN costs for a typical connectivity check and its response, next to the floor
// (support.hpp). "best" and "floor" are in nanoseconds, "ratio" is how many times the floor the
// work takes, one call at a time; "packed" is the same ratio where the CPU may overlap calls.
#include <benchmark/benchmark.h>

#include <array>
#include <cstddef>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/ice/credentials.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "support.hpp"

using namespace floe;
using support::ice_key;
using support::typical_check;
using support::typical_response;

namespace {

/// Runs `work`, which protects or verifies a message with integrity and fingerprint.
template <class Message, class Work>
void against_floor(benchmark::State& state, Work&& work) {
  const auto floor_work = [] { support::hash_only(support::bytes_of<Message>()); };
  const auto [best, floor] = support::best_of<support::pace::alone>(work, floor_work);
  const auto [packed, packed_floor] = support::best_of<support::pace::packed>(work, floor_work);
  for (auto _ : state) work();
  state.counters["best"] = best;
  state.counters["floor"] = floor;
  state.counters["ratio"] = best / floor;
  state.counters["packed"] = packed / packed_floor;
}

void classify(benchmark::State& state) {
  byte_view datagram{support::bytes_of<typical_check>()};
  for (auto _ : state) {
    benchmark::DoNotOptimize(datagram);
    auto protocol = stun::classify(datagram);
    benchmark::DoNotOptimize(protocol);
  }
}
BENCHMARK(classify);

template <class Message>
void parse(benchmark::State& state) {
  byte_view datagram{support::bytes_of<Message>()};
  for (auto _ : state) {
    benchmark::DoNotOptimize(datagram);
    auto message = stun::message_view::parse(datagram);
    benchmark::DoNotOptimize(message);
  }
}
BENCHMARK_TEMPLATE(parse, typical_check);
BENCHMARK_TEMPLATE(parse, typical_response);

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
  auto bytes = support::bytes_of<typical_check>();
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

/// Everything that comes before the integrity is looked at.
void refuse_wrong_ufrag(benchmark::State& state) {
  byte_view datagram{support::bytes_of<typical_check>()};
  std::string_view own = "RFRGRFRH";
  for (auto _ : state) {
    benchmark::DoNotOptimize(datagram);
    benchmark::DoNotOptimize(own);
    const auto message = stun::message_view::parse(datagram);
    bool is_ours = stun::check_fingerprint(*message) == stun::fingerprint_state::right;
    const auto username = message->get<stun::username>();
    const auto halves = ice::split_username(username->value);
    is_ours = is_ours && halves && halves->receiver == own;
    benchmark::DoNotOptimize(is_ours);
  }
}
BENCHMARK(refuse_wrong_ufrag);

template <class Message>
void parse_and_verify(benchmark::State& state) {
  byte_view datagram{support::bytes_of<Message>()};
  against_floor<Message>(state, [&datagram] {
    benchmark::DoNotOptimize(datagram);
    const auto message = stun::message_view::parse(datagram);
    auto print = stun::check_fingerprint(*message);
    benchmark::DoNotOptimize(print);
    auto proof = stun::authenticate(*message, ice_key);
    benchmark::DoNotOptimize(proof);
  });
}
BENCHMARK_TEMPLATE(parse_and_verify, typical_check);
BENCHMARK_TEMPLATE(parse_and_verify, typical_response);

template <class Message>
void encode(benchmark::State& state) {
  std::array<std::byte, 548> buffer{};
  byte_span out{buffer};
  against_floor<Message>(state, [&out] {
    benchmark::DoNotOptimize(out);
    auto size = Message::write(out);
    benchmark::DoNotOptimize(size);
    benchmark::ClobberMemory();
  });
}
BENCHMARK_TEMPLATE(encode, typical_check);
BENCHMARK_TEMPLATE(encode, typical_response);

}  // namespace
