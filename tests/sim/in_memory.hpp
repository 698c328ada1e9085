// Two agents that hand each other their datagrams, without allocating or throwing.
//
// owns:     the hand-over; the wire is an array
// does not: let time pass, or lose anything; sim/world.hpp does
#pragma once

#include <array>
#include <cstddef>

#include "floe/agent/agent.hpp"

namespace floe::sim {

/// A session between two agents with one socket each.
struct in_memory {
  agent& left;
  agent& right;
  endpoint left_at{address::v4(192, 0, 2, 1), 5000};
  endpoint right_at{address::v4(192, 0, 2, 2), 6000};
  std::size_t datagrams = 0;

  /// Binds both, and tells each about the other. Returns false if anything is refused.
  [[nodiscard]] bool introduce(time_point now) {
    if (!left.add_local(socket_id{1}, left_at) || !right.add_local(socket_id{1}, right_at)) {
      return false;
    }
    left.gather(now);
    right.gather(now);
    return signal();
  }

  /// Tells each about the other, the right one first, as it must be when the left one restarted.
  [[nodiscard]] bool signal() { return tell(right, left, left_at) && tell(left, right, right_at); }

  /// Lets both handle the time `now` and delivers until neither has anything to send.
  void run(time_point now) {
    left.handle_timeout(now);
    right.handle_timeout(now);
    while (deliver(left, left_at, right, now) || deliver(right, right_at, left, now)) {
    }
  }

 private:
  [[nodiscard]] static bool tell(agent& to, const agent& about, const endpoint& at) {
    const auto told = about.local_credentials();
    return to.set_remote_credentials(told.ufrag, told.password).has_value() &&
           to.add_remote({.foundation = ice::foundation::from_number(1),
                          .priority = 2130706431,
                          .address = at})
               .has_value();
  }

  bool deliver(agent& from, const endpoint& source, agent& to, time_point now) {
    std::array<std::byte, max_datagram_size> buffer;
    bool any = false;
    while (const auto out = from.poll_transmit(buffer)) {
      (void)to.handle_datagram(now, {socket_id{1}, source, byte_view{buffer}.first(out->size)});
      ++datagrams;
      any = true;
    }
    while (from.poll_event()) {
    }
    return any;
  }
};

}  // namespace floe::sim
