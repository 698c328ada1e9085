// Priorities of candidates and of pairs: two formulas and their parts.
//
// owns:     the arithmetic of RFC 8445
// does not: choose local preferences for a host's interfaces (local_candidates.hpp)
// sources:  RFC 8445 sec. 5.1.2.1, 5.1.2.2 (candidates), 6.1.2.3 (pairs), sec. 7.1.1 (checks)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstdint>
#include <gsl/assert>

#include "floe/core/ids.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/role.hpp"

namespace floe::ice {

/// The range of a candidate's priority (RFC 8445 sec. 5.1.2).
inline constexpr std::uint32_t min_priority = 1;
inline constexpr std::uint32_t max_priority = 0x7fffffff;

/// The range of component ids (RFC 8445 sec. 4).
inline constexpr component_id min_component{1};
inline constexpr component_id max_component{256};

[[nodiscard]] constexpr bool is_valid_priority(std::uint32_t priority) noexcept {
  return priority >= min_priority && priority <= max_priority;
}

[[nodiscard]] constexpr bool is_valid_component(component_id component) noexcept {
  return component >= min_component && component <= max_component;
}

/// How much a type is preferred, 0 to 126: the recommended values (RFC 8445 sec. 5.1.2.2).
[[nodiscard]] constexpr std::uint8_t type_preference(candidate_type type) noexcept {
  switch (type) {
    case candidate_type::host: return 126;
    case candidate_type::prflx: return 110;
    case candidate_type::srflx: return 100;
    case candidate_type::relay: return 0;
  }
  return 0;
}

/// 2^24 * type preference + 2^8 * local preference + (256 - component) (RFC 8445 sec. 5.1.2.1).
/// in: a component of 1 to 256.
[[nodiscard]] constexpr std::uint32_t
candidate_priority(candidate_type type, std::uint16_t local_preference, component_id component) {
  Expects(is_valid_component(component));
  return (std::uint32_t{type_preference(type)} << 24U) | (std::uint32_t{local_preference} << 8U) |
         (256U - static_cast<std::uint32_t>(component));
}

/// The priority that a check sent from a candidate carries: its own, with the type preference of a
/// peer-reflexive candidate, because that is what the peer will learn (RFC 8445 sec. 7.1.1).
[[nodiscard]] constexpr std::uint32_t check_priority(std::uint32_t candidate_priority) noexcept {
  return (std::uint32_t{type_preference(candidate_type::prflx)} << 24U) |
         (candidate_priority & 0x00ffffffU);
}

/// 2^32 * min(G, D) + 2 * max(G, D) + (G > D), where G is the candidate of the controlling side
/// (RFC 8445 sec. 6.1.2.3).
[[nodiscard]] constexpr std::uint64_t pair_priority(std::uint32_t controlling,
                                                    std::uint32_t controlled) noexcept {
  const auto [low, high] = std::minmax(controlling, controlled);
  return (std::uint64_t{low} << 32U) + 2U * std::uint64_t{high} +
         (controlling > controlled ? 1U : 0U);
}

/// The pair priority as seen by an agent in the role `mine`.
[[nodiscard]] constexpr std::uint64_t pair_priority(role mine, std::uint32_t local,
                                                    std::uint32_t remote) noexcept {
  return mine == role::controlling ? pair_priority(local, remote) : pair_priority(remote, local);
}

static_assert(candidate_priority(candidate_type::host, 65535, component_id{1}) == 2130706431);
static_assert(check_priority(2130706431) == 0x6effffff);

}  // namespace floe::ice
