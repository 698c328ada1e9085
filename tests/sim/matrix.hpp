// Every kind of NAT against every kind of NAT.
//
// owns:     the cells of the matrix, and the plan of each
// does not: choose which cells run; a test takes a slice, the soak takes all
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sim/oracle.hpp"
#include "sim/plan.hpp"

namespace floe::sim {

enum class families : std::uint8_t { v4, v6, both };

/// Who has a relayed candidate.
enum class relays : std::uint8_t { nobody, left, both, both_over_tcp };

struct cell {
  side_kind left;
  side_kind right;
  families over = families::v4;
  unsigned loss = 0;  ///< per mille, each way
  relays with = relays::nobody;
};

/// Open, blocked, and the nine NATs.
[[nodiscard]] inline std::vector<side_kind> all_sides() {
  std::vector<side_kind> all{{side_kind::open}, {side_kind::blocked}};
  for (const auto mapping : dependences) {
    for (const auto filtering : dependences) {
      all.push_back({side_kind::behind_nat, mapping, filtering});
    }
  }
  return all;
}

[[nodiscard]] inline std::vector<cell> all_cells() {
  std::vector<cell> all;
  const auto sides = all_sides();
  for (const auto& left : sides) {
    for (const auto& right : sides) {
      for (const auto over : {families::v4, families::v6, families::both}) {
        for (const unsigned loss : {0U, 100U, 300U}) {
          for (const auto with :
               {relays::nobody, relays::left, relays::both, relays::both_over_tcp}) {
            cell c{left, right, over, loss, with};
            const auto one =
                with == relays::both_over_tcp ? relaying::over_tcp : relaying::over_udp;
            if (with != relays::nobody) c.left.relay = one;
            if (with == relays::both || with == relays::both_over_tcp) c.right.relay = one;
            all.push_back(c);
          }
        }
      }
    }
  }
  return all;
}

namespace detail {

inline side_plan side_of(const side_kind& kind, const cell& c, ice::role role) {
  side_plan made;
  made.v4 = c.over == families::v6 ? 0 : 1;
  made.v6 = c.over == families::v4 ? 0 : 1;
  // Every datagram between the sides takes the left one's wire, once.
  made.wire = {.latency = 10ms, .loss = role == ice::role::controlling ? c.loss : 0};
  made.relay = kind.relay;
  made.behaviour.role = role;
  switch (kind.is) {
    case side_kind::open: break;
    case side_kind::blocked:
      made.layers.push_back({.firewall = {.policy = policy::blocked}});
      break;
    case side_kind::behind_nat:
      made.layers.push_back(
          {.nat = nat_config{.mapping = kind.mapping, .filtering = kind.filtering}});
      break;
  }
  return made;
}

inline std::string text_of(const side_kind& s) {
  static constexpr std::array names{"independent", "address", "address+port"};
  std::string text = s.is == side_kind::open ? "open" : "blocked";
  if (s.is == side_kind::behind_nat) {
    text = std::string{names.at(static_cast<std::size_t>(s.mapping))} + "/" +
           names.at(static_cast<std::size_t>(s.filtering));
  }
  if (s.relay == relaying::over_udp) text += "+relay";
  if (s.relay == relaying::over_tcp) text += "+relay over TCP";
  return text;
}

}  // namespace detail

[[nodiscard]] inline plan plan_of(const cell& c, std::uint64_t seed) {
  return {.seed = seed,
          .left = detail::side_of(c.left, c, ice::role::controlling),
          .right = detail::side_of(c.right, c, ice::role::controlled),
          .servers = {.latency = 5ms}};
}

[[nodiscard]] inline std::string text_of(const cell& c) {
  static constexpr std::array over{"IPv4", "IPv6", "both families"};
  return detail::text_of(c.left) + " - " + detail::text_of(c.right) + ", " +
         over.at(static_cast<std::size_t>(c.over)) + ", loss " + std::to_string(c.loss / 10) + " %";
}

}  // namespace floe::sim
