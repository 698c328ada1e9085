// The smallest session: two agents with a host candidate each.
#pragma once

#include "sim/world.hpp"

namespace floe::sim {

inline const endpoint left_address{address::v4(192, 0, 2, 1), 5000};
inline const endpoint right_address{address::v4(192, 0, 2, 2), 6000};

[[nodiscard]] inline config controlling() { return {.role = ice::role::controlling}; }
[[nodiscard]] inline config controlled() { return {.role = ice::role::controlled}; }

/// Two agents that know nothing of each other yet.
struct duo {
  explicit duo(std::uint64_t seed, duration latency = 10ms,
               const config& left_behaviour = controlling(),
               const config& right_behaviour = controlled())
      : net{seed, latency}, left{net.add("left", left_behaviour)}, right{net.add("right",
                                                                                 right_behaviour)} {
    left_local = net.bind(left, left_address);
    right_local = net.bind(right, right_address);
    gather_all(net, left);
    gather_all(net, right);
  }

  /// Both sides learn about the other now.
  void introduce() {
    signal(net, left, right);
    signal(net, right, left);
  }

  [[nodiscard]] bool connect(duration limit = 60s) {
    introduce();
    return net.run_until([&] { return is_settled(left) && is_settled(right); }, limit);
  }

  world net;
  node& left;
  node& right;
  ice::local_id left_local;
  ice::local_id right_local;
};

}  // namespace floe::sim
