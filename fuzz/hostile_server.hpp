// A server that answers anything, at any time, to a client with the five verbs.
//
// owns:     reading an input as the server's answers and the passing of time
// invariant: no input makes the client spin, forget a report, give one twice, or send without an
//            end; what it sends is well-formed.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/message_view.hpp"

namespace hostile {

inline void must(bool holds) {
  if (!holds) std::abort();
}

struct counter {
  std::uint32_t drawn = 0;
  void operator()(floe::byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>((++drawn * 2654435761U) >> 24U);
  }
};

/// The last request that went out, to be answered.
struct last_request {
  floe::transmit to;
  std::array<std::byte, 12> id{};
};

template <class Machine>
void drain(Machine& machine, last_request& last) {
  unsigned count = 0;
  std::array<std::byte, floe::max_datagram_size> buffer{};
  while (const auto out = machine.poll_transmit(buffer)) {
    must(++count < 1000);
    const auto sent = floe::byte_view{buffer}.first(out->size);
    const auto message = floe::stun::message_view::parse(sent);
    must(message && message->cls() == floe::stun::message_class::request);
    last = {*out, message->transaction().bytes};
  }
}

/// An answer to the last request whose header fits, so that the fuzzer need not guess ids. flags:
/// 1 an error · 2 from another port · 4 from another address · 8 a request · 16 at the other socket
inline std::vector<std::byte> answer(const last_request& last, unsigned flags,
                                     floe::byte_view body) {
  std::vector<std::byte> message(floe::stun::header_size);
  const bool is_request = (flags & 8U) != 0;
  const std::uint16_t response = (flags & 1U) != 0 ? 0x0111 : 0x0101;
  floe::store_be<std::uint16_t>(message.data(), is_request ? 0x0001 : response);
  floe::store_be(message.data() + 2, static_cast<std::uint16_t>(body.size()));
  floe::store_be(message.data() + 4, floe::stun::magic_cookie);
  std::copy(last.id.begin(), last.id.end(), message.begin() + 8);
  message.insert(message.end(), body.begin(), body.end());
  return message;
}

/// Plays the commands of one input, then lets all time pass. Each command is a step of time, or a
/// size, flags, and an answer of that size.
/// in: as many events as the machine must report
template <class Machine>
void play(floe::cursor input, Machine& machine, std::size_t expected_events) {
  auto now = floe::time_point{};
  last_request last;
  std::size_t events = 0;
  drain(machine, last);
  const auto settle = [&] {
    drain(machine, last);
    while (machine.poll_event()) ++events;
    const auto next = machine.next_timeout();
    must(!next || *next > now);
  };
  while (const auto command = input.read<std::uint8_t>()) {
    if ((*command & 0x80U) != 0) {
      now = machine.next_timeout().value_or(now);
      machine.handle_timeout(now);
    } else {
      const unsigned flags = input.read<std::uint8_t>().value_or(0);
      const auto body = input.take(std::min<std::size_t>(*command, input.rest().size()));
      const auto message = answer(last, flags, *body);
      auto from = last.to.remote;
      auto at = last.to.local;
      if ((flags & 2U) != 0) from.port ^= 1U;
      if ((flags & 4U) != 0) from.address.octets[3] ^= 1U;
      if ((flags & 16U) != 0) at = floe::socket_id{3 - static_cast<std::uint32_t>(at)};
      (void)machine.handle_datagram(now, {at, from, message});
    }
    settle();
  }
  for (int turns = 0; const auto next = machine.next_timeout(); ++turns) {
    must(turns < 2000);
    now = *next;
    machine.handle_timeout(now);
    settle();
  }
  must(events == expected_events);
}

}  // namespace hostile
