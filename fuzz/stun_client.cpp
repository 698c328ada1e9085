// A server that answers anything, at any time: to the Binding client, to behaviour discovery, and
// to a long-term session.
//
// Promises: no input makes them spin, forget a query, report one twice, or send without an end;
// what they send is well-formed.
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/stun/binding_client.hpp"
#include "floe/stun/long_term.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/nat_discovery.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

constexpr socket_id first{1};
constexpr socket_id second{2};
const endpoint server{address::v4(192, 0, 2, 1), 3478};

struct counter {
  std::uint32_t drawn = 0;
  void operator()(byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>((++drawn * 2654435761U) >> 24U);
  }
};

/// The last request that went out, to be answered.
struct last_request {
  transmit to;
  std::array<std::byte, 12> id{};
};

template <class Machine>
unsigned drain(Machine& machine, last_request& last) {
  unsigned count = 0;
  std::array<std::byte, max_datagram_size> buffer{};
  while (const auto out = machine.poll_transmit(buffer)) {
    must(++count < 1000);
    const auto message = stun::message_view::parse(byte_view{buffer}.first(out->size));
    must(message && message->cls() == stun::message_class::request);
    last = {*out, message->transaction().bytes};
  }
  return count;
}

/// Reads the commands of one input: each is a size, two flags, and a message of that size whose
/// header is made to fit, so that the fuzzer need not guess ids.
template <class Machine>
void play(cursor input, Machine& machine, std::size_t expected_events) {
  auto now = time_point{};
  last_request last;
  std::size_t events = 0;
  (void)drain(machine, last);
  while (const auto command = input.read<std::uint8_t>()) {
    if ((*command & 0x80U) != 0) {
      const auto next = machine.next_timeout();
      if (next) now = *next;
      machine.handle_timeout(now);
    } else {
      const auto flags = input.read<std::uint8_t>().value_or(0);
      const auto body = input.take(std::min<std::size_t>(*command, input.rest().size()));
      std::vector<std::byte> message(20);
      store_be<std::uint16_t>(message.data(), (flags & 1U) != 0 ? 0x0111 : 0x0101);
      store_be(message.data() + 2, static_cast<std::uint16_t>(body->size()));
      store_be(message.data() + 4, stun::magic_cookie);
      std::copy(last.id.begin(), last.id.end(), message.begin() + 8);
      message.insert(message.end(), body->begin(), body->end());
      auto from = last.to.remote;
      if ((flags & 2U) != 0) from.port ^= 1U;
      (void)machine.handle_datagram(now, {last.to.local, from, message});
    }
    (void)drain(machine, last);
    while (machine.poll_event()) ++events;
    const auto next = machine.next_timeout();
    must(!next || *next > now);
  }
  for (int turns = 0; const auto next = machine.next_timeout(); ++turns) {
    must(turns < 2000);
    now = *next;
    machine.handle_timeout(now);
    (void)drain(machine, last);
    while (machine.poll_event()) ++events;
  }
  must(events == expected_events);
}

void challenge(byte_view bytes) {
  const auto message = stun::message_view::parse(bytes);
  if (!message) return;
  stun::long_term_session session{"user", "pass", std::pmr::get_default_resource()};
  for (int round = 0; round < 5; ++round) {
    const auto decision = session.take_challenge(*message, round > 0);
    if (decision != stun::challenge_decision::retry) break;
    std::array<std::byte, 4000> buffer{};
    stun::writer out{buffer, {stun::method::allocate, stun::message_class::request}, {}};
    session.protect(out);
    const auto size = out.finish();
    must(size.has_value());
    const auto request = stun::message_view::parse(byte_view{buffer}.first(*size));
    must(request && session.prove(*request) == stun::proof::right);
    must(session.prove(*message) != stun::proof::right);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  challenge(bytes);
  if (size == 0) return 0;
  counter entropy;
  const bool follow = (data[0] & 1U) != 0;
  const cursor input{bytes.subspan(1)};

  stun::binding_client client{{.follow_alternate = follow, .capacity = 3, .outstanding = 2},
                              entropy,
                              std::pmr::get_default_resource()};
  for (int i = 0; i < 3; ++i) must(client.ask({}, first, server).has_value());
  play(input, client, 3);

  stun::nat_discovery discovery{{},
                                {.socket = first,
                                 .local = {address::v4(10, 0, 0, 1), 1},
                                 .filtering_socket = second,
                                 .server = server},
                                entropy};
  play(input, discovery, 1);
  return 0;
}
