// Which packets of outsiders a middlebox lets in.
//
// owns:     the memory of who sent where (RFC 4787 §5), and the policy of a firewall
// does not: translate addresses (nat.hpp)
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "floe/core/endpoint.hpp"
#include "sim/time.hpp"

namespace floe::sim {

/// On what of the remote endpoint a middlebox's behaviour depends (RFC 4787 §4.1, §5).
enum class dependence : std::uint8_t {
  endpoint_independent,        ///< on nothing
  address_dependent,           ///< on its address
  address_and_port_dependent,  ///< on both
};

inline constexpr std::array dependences{dependence::endpoint_independent,
                                        dependence::address_dependent,
                                        dependence::address_and_port_dependent};

/// The part of a remote endpoint that counts.
[[nodiscard]] constexpr endpoint relevant(dependence on, const endpoint& remote) noexcept {
  switch (on) {
    case dependence::endpoint_independent:
      return {address{.octets = {}, .family = remote.address.family}, 0};
    case dependence::address_dependent: return {remote.address, 0};
    case dependence::address_and_port_dependent: return remote;
  }
  return remote;
}

/// Remembers for each inner endpoint whom it has sent to.
class filter {
 public:
  filter(dependence on, duration lifetime) : on_{on}, lifetime_{lifetime} {}

  /// An inner endpoint sends. Only this refreshes (RFC 4787 REQ-6).
  void note(time_point now, const endpoint& inner, const endpoint& remote) {
    const auto key = relevant(on_, remote);
    const auto known = std::find_if(rows_.begin(), rows_.end(), [&](const row& r) {
      return r.inner == inner && r.remote == key;
    });
    if (known != rows_.end()) {
      known->used = now;
    } else {
      rows_.push_back({inner, key, now});
    }
  }

  /// Whether a packet of `remote` may reach an inner endpoint.
  [[nodiscard]] bool admits(time_point now, const endpoint& inner, const endpoint& remote) const {
    const auto key = relevant(on_, remote);
    return std::any_of(rows_.begin(), rows_.end(), [&](const row& r) {
      return r.inner == inner && r.remote == key && elapsed(r.used, now) < lifetime_;
    });
  }

  void clear() { rows_.clear(); }

 private:
  struct row {
    endpoint inner;
    endpoint remote;
    time_point used;
  };

  dependence on_;
  duration lifetime_;
  std::vector<row> rows_;
};

/// What a firewall does with UDP.
enum class policy : std::uint8_t {
  open,      ///< everything passes
  stateful,  ///< what answers something from inside passes in
  blocked,   ///< nothing passes either way
};

struct firewall_config {
  sim::policy policy = policy::open;
  dependence filtering = dependence::address_and_port_dependent;
  duration lifetime = 2min;
};

class firewall {
 public:
  explicit firewall(const firewall_config& config = {})
      : policy_{config.policy}, filter_{config.filtering, config.lifetime} {}

  /// Whether a packet may leave; remembers that it did.
  bool lets_out(time_point now, const endpoint& inner, const endpoint& remote) {
    if (policy_ == policy::stateful) filter_.note(now, inner, remote);
    return policy_ != policy::blocked;
  }

  [[nodiscard]] bool lets_in(time_point now, const endpoint& inner, const endpoint& remote) const {
    switch (policy_) {
      case policy::open: return true;
      case policy::stateful: return filter_.admits(now, inner, remote);
      case policy::blocked: return false;
    }
    return false;
  }

  void forget() { filter_.clear(); }

 private:
  sim::policy policy_;
  filter filter_;
};

}  // namespace floe::sim
