// Two agents find each other: what a program must be able to do, whichever way it came by floe.
#include <floe/floe.hpp>

struct side {
  floe::agent agent;
  floe::endpoint at;
};

int main() {
  auto entropy = [seed = 0](floe::byte_span out) mutable {
    for (auto& octet : out) octet = static_cast<std::byte>(seed++);
  };
  floe::time_point now{};
  side left{{now, {.role = floe::ice::role::controlling}, entropy},
            {floe::address::v4(192, 0, 2, 1), 5000}};
  side right{{now, {.role = floe::ice::role::controlled}, entropy},
             {floe::address::v4(192, 0, 2, 2), 6000}};
  std::array<std::byte, floe::max_datagram_size> buffer{};
  const auto begin = [&](side& here, const side& there) {
    const auto credentials = there.agent.local_credentials();
    if (!here.agent.add_local(floe::socket_id{1}, here.at)) return;
    if (!here.agent.set_remote_credentials(credentials.ufrag, credentials.password)) return;
    (void)here.agent.add_remote({.foundation = floe::ice::foundation::from_number(1),
                                 .priority = 2130706431,
                                 .address = there.at});
    here.agent.gather(now);
  };
  const auto hand_over = [&](side& from, side& to) {
    from.agent.handle_timeout(now);
    while (const auto out = from.agent.poll_transmit(buffer)) {
      const auto bytes = floe::byte_view{buffer}.first(out->size);
      (void)to.agent.handle_datagram(now, {floe::socket_id{1}, from.at, bytes});
    }
    while (from.agent.poll_event()) {
    }
  };
  begin(left, right);
  begin(right, left);
  for (int i = 0; i < 40; ++i, now += std::chrono::milliseconds{50}) {
    hand_over(left, right);
    hand_over(right, left);
  }
  const auto done = floe::connection_state::completed;
  return left.agent.state() == done && right.agent.state() == done ? 0 : 1;
}
