// A whole session, and data both ways, in a program that met the system's own headers before floe:
// without NOMINMAX and WIN32_LEAN_AND_MEAN, and in the order that FLOE_WINDOWS_FIRST asks for.
#if FLOE_WINDOWS_FIRST
#include <windows.h>
#include <winsock2.h>
#else
#include <windows.h>
#include <winsock2.h>
#endif

// mingw has no min, max and small for C++; tests/odr/hostile.hpp has.
#if !defined(interface) || !defined(near) || !defined(ERROR) || !defined(DELETE)
#error "these macros are what this test is about"
#endif

#include "floe/floe.hpp"
#include "floe/record/player.hpp"
#include "floe/record/recorder.hpp"
#include "sim/in_memory.hpp"
#include "sim/session.hpp"

namespace {

struct counter {
  unsigned char next;
  void operator()(floe::byte_span out) {
    for (auto& octet : out) octet = std::byte{next++};
  }
};

/// True when what `from` sends is what `to` gets.
bool talks(floe::agent& from, const floe::endpoint& at, floe::agent& to, floe::time_point now) {
  const std::array<std::byte, 5> data{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4},
                                      std::byte{5}};
  std::array<std::byte, floe::max_datagram_size + floe::max_relay_overhead> buffer{};
  const auto out = from.encapsulate(now, data, buffer);
  if (!out) return false;
  const auto bytes = floe::byte_view{buffer}.subspan(out->offset, out->size);
  const auto in = to.handle_datagram(now, {floe::socket_id{1}, at, bytes});
  const auto* const got = std::get_if<floe::payload>(&in);
  return got != nullptr &&
         std::equal(got->bytes.begin(), got->bytes.end(), data.begin(), data.end());
}

}  // namespace

int main() {
  using namespace std::chrono_literals;
  counter one{0};
  counter two{100};
  auto now = std::chrono::steady_clock::now();  // the system's own clock, whose epoch is its start
  floe::agent left{now, {.role = floe::ice::role::controlling}, one};
  floe::agent right{now, {.role = floe::ice::role::controlled}, two};
  floe::sim::in_memory session{left, right};
  if (!session.introduce(now)) return 1;
  for (int i = 0; i < 10; ++i, now += 50ms) session.run(now);
  if (left.state() != floe::connection_state::completed) return 2;
  if (right.state() != floe::connection_state::completed) return 3;
  if (!talks(left, session.left_at, right, now)) return 4;
  return talks(right, session.right_at, left, now) ? 0 : 5;
}
