// How fast two floe agents are to connect, at a round trip of 100 ms.
//
// owns:     the cases, the plan of each, and the time each may take
// does not: measure; a scenario holds sessions to the aims, the table of NATs prints what they take
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sim/matrix.hpp"
#include "sim/session.hpp"

namespace floe::sim {

/// Both sides know all candidates and each other's pace, and nothing is lost.
struct aim {
  std::string_view name;
  side_kind left;
  side_kind right;
  duration round_trip;  ///< of the path that is found
  duration valid;       ///< until a side has its first valid pair
  duration nominated;   ///< from then until both have selected
};

namespace detail {

inline constexpr auto direct_trip = 100ms;
inline constexpr auto relayed_trip = 200ms;

[[nodiscard]] constexpr side_kind nat_side(dependence mapping, dependence filtering,
                                           relaying relay = relaying::none) {
  return {side_kind::behind_nat, mapping, filtering, relay};
}

}  // namespace detail

[[nodiscard]] inline auto all_aims() {
  using enum dependence;
  constexpr auto udp = relaying::over_udp;
  constexpr side_kind open{side_kind::open};
  constexpr auto cone = detail::nat_side(endpoint_independent, address_dependent);
  constexpr auto strict = detail::nat_side(endpoint_independent, address_and_port_dependent);
  constexpr auto symmetric =
      detail::nat_side(address_and_port_dependent, address_and_port_dependent);
  constexpr auto with_relay =
      detail::nat_side(address_and_port_dependent, address_and_port_dependent, udp);
  constexpr auto direct = detail::direct_trip;
  constexpr auto relayed = detail::relayed_trip;
  // By a relay the direct paths, which would be better, have their time as well.
  return std::array{
      aim{"no NAT", open, open, direct, 101ms, 150ms},
      aim{"port-restricted, both sides", strict, strict, direct, 111ms, 150ms},
      aim{"cone to symmetric", cone, symmetric, direct, 170ms, 150ms},
      aim{"symmetric to cone", symmetric, cone, direct, 170ms, 150ms},
      aim{"symmetric, one relay", with_relay, symmetric, relayed, 232ms, 500ms},
      aim{"symmetric, the other's relay", symmetric, with_relay, relayed, 232ms, 500ms},
      aim{"symmetric, two relays", with_relay, with_relay, relayed, 232ms, 500ms},
  };
}

[[nodiscard]] inline plan plan_of(const aim& a, std::uint64_t seed, unsigned loss = 0) {
  auto p = plan_of(cell{a.left, a.right, families::v4, loss}, seed);
  for (auto* const wire : {&p.left.wire, &p.right.wire, &p.servers}) wire->latency = 25ms;
  return p;
}

/// What a session took.
struct times {
  duration first_valid;  ///< until either side had a valid pair
  duration both_valid;
  duration nominated;  ///< until both had selected
};

/// nullopt where they did not connect.
[[nodiscard]] inline std::optional<times> times_of(const plan& p) {
  session s{p};
  s.run();
  if (!s.is_completed()) return std::nullopt;
  const auto [first, both] = std::minmax(*s.left.path_found, *s.right.path_found);
  return times{first - epoch, both - epoch, std::max(*s.left.selected, *s.right.selected) - epoch};
}

}  // namespace floe::sim
