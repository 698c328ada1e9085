// A whole session in a program without exceptions and run-time type information.

#include "floe/floe.hpp"
#include "sim/in_memory.hpp"

namespace {

/// Numbers that are good enough to tell two agents apart.
struct counter {
  unsigned char next;
  void operator()(floe::byte_span out) {
    for (auto& octet : out) octet = std::byte{next++};
  }
};

}  // namespace

int main() {
  using namespace std::chrono_literals;
  counter one{0};
  counter two{100};
  auto now = floe::time_point{};
  floe::agent left{now, {.role = floe::ice::role::controlling}, one};
  floe::agent right{now, {.role = floe::ice::role::controlled}, two};
  floe::sim::in_memory session{left, right};
  if (!session.introduce(now)) return 1;
  for (int i = 0; i < 10; ++i, now += 50ms) session.run(now);
  const bool settled = left.state() == floe::connection_state::completed &&
                       right.state() == floe::connection_state::completed;
  return settled ? 0 : 1;
}
