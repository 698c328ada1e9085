// A NAT by the definitions of RFC 4787: mapping and filtering of each kind, in every combination.
//
// owns:     mappings between inner and outer endpoints, their ports and their lifetime
// does not: move packets (network.hpp), or know which family is inside: a NAT64 maps inner IPv6
//           endpoints to outer IPv4 ones by the family of the remote
// sources:  RFC 4787 §4.1 (mapping), §4.2 (ports), §4.3 (lifetime), §5 (filtering)
// invariant: no two living mappings share an outer endpoint (REQ-3a: no port overloading).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "floe/core/endpoint.hpp"
#include "sim/firewall.hpp"
#include "sim/random.hpp"

namespace floe::sim {

/// How a NAT chooses outer ports (RFC 4787 §4.2.1).
enum class port_choice : std::uint8_t {
  random,
  sequential,
  preserve,  ///< the inner one when it is free, else a random one
};

struct nat_config {
  dependence mapping = dependence::endpoint_independent;
  dependence filtering = dependence::endpoint_independent;
  port_choice ports = port_choice::random;
  bool hairpin = true;
  duration lifetime = 2min;  ///< of a mapping without traffic from inside (REQ-5)
};

class nat {
 public:
  /// outer: one address or more of each family that the outside has
  nat(const nat_config& config, std::vector<address> outer, random_source chance)
      : config_{config}, outer_{std::move(outer)}, filter_{config.filtering, config.lifetime},
        chance_{chance} {}

  [[nodiscard]] const nat_config& config() const noexcept { return config_; }

  /// True for an address that this NAT has outside.
  [[nodiscard]] bool owns(const address& a) const {
    return std::find(outer_.begin(), outer_.end(), a) != outer_.end();
  }

  /// The outer endpoint of a packet from inside; nullopt without an outer address for its remote's
  /// family.
  std::optional<endpoint> outbound(time_point now, const endpoint& inner, const endpoint& remote) {
    auto* const known = find(now, inner, relevant(config_.mapping, remote));
    auto* const used = known != nullptr ? known : create(now, inner, remote);
    if (used == nullptr) return std::nullopt;
    used->used = now;
    filter_.note(now, inner, remote);
    return used->outer;
  }

  /// The inner endpoint of a packet from outside; nullopt when it is filtered.
  [[nodiscard]] std::optional<endpoint> inbound(time_point now, const endpoint& outer,
                                                const endpoint& remote) const {
    const auto found = std::find_if(mappings_.begin(), mappings_.end(), [&](const mapping& m) {
      return m.outer == outer && lives(m, now);
    });
    if (found == mappings_.end()) return std::nullopt;
    const bool open = config_.filtering == dependence::endpoint_independent ||
                      filter_.admits(now, found->inner, remote);
    return open ? std::optional{found->inner} : std::nullopt;
  }

  /// Forgets everything, as when it starts again. No outer port of before is used at once.
  void rebind() {
    mappings_.clear();
    filter_.clear();
    config_.ports = port_choice::random;
  }

  /// Has other outer addresses from now on, and forgets everything.
  void renumber(std::vector<address> outer) {
    outer_ = std::move(outer);
    rebind();
  }

 private:
  struct mapping {
    endpoint inner;
    endpoint remote;  ///< the part of it that counts
    endpoint outer;
    time_point used;
  };

  [[nodiscard]] bool lives(const mapping& m, time_point now) const {
    return elapsed(m.used, now) < config_.lifetime;
  }

  mapping* find(time_point now, const endpoint& inner, const endpoint& remote) {
    const auto found = std::find_if(mappings_.begin(), mappings_.end(), [&](const mapping& m) {
      return m.inner == inner && m.remote == remote && lives(m, now);
    });
    return found == mappings_.end() ? nullptr : &*found;
  }

  mapping* create(time_point now, const endpoint& inner, const endpoint& remote) {
    const auto outer = outer_address(inner, remote.address.family);
    if (!outer) return nullptr;
    mappings_.erase(std::remove_if(mappings_.begin(), mappings_.end(),
                                   [&](const mapping& m) { return !lives(m, now); }),
                    mappings_.end());
    mappings_.push_back(
        {inner, relevant(config_.mapping, remote), {*outer, free_port(*outer, inner.port)}, now});
    return &mappings_.back();
  }

  /// One inner address has one outer address of a family (REQ-2: paired pooling).
  [[nodiscard]] std::optional<address> outer_address(const endpoint& inner, family wanted) const {
    std::array<const address*, 8> fitting{};
    std::size_t count = 0;
    for (const auto& a : outer_) {
      if (a.family == wanted && count < fitting.size()) fitting[count++] = &a;
    }
    if (count == 0) return std::nullopt;
    std::size_t sum = 0;
    for (const auto octet : inner.address.octets) sum += octet;
    return *fitting[sum % count];
  }

  [[nodiscard]] bool is_free(const endpoint& outer) const {
    return std::none_of(mappings_.begin(), mappings_.end(),
                        [&](const mapping& m) { return m.outer == outer; });
  }

  std::uint16_t free_port(const address& outer, std::uint16_t inner) {
    if (config_.ports == port_choice::preserve && is_free({outer, inner})) return inner;
    for (;;) {
      // Those that a host binds lie below these, so that a preserved one is told from a chosen one.
      const auto port = static_cast<std::uint16_t>(32768 + (config_.ports == port_choice::sequential
                                                                ? next_port_++ % 32768U
                                                                : chance_.below(32768)));
      if (is_free({outer, port})) return port;
    }
  }

  nat_config config_;
  std::vector<address> outer_;
  filter filter_;
  random_source chance_;
  std::uint32_t next_port_ = 0;
  std::vector<mapping> mappings_;
};

}  // namespace floe::sim
