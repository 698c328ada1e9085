// Who nominates, and what happens when both think so.
//
// owns:     the two roles and the two rules that repair a conflict
// does not: recompute pairs or answer; its callers do what the decision says
// sources:  RFC 8445 sec. 6.1.1 (roles), 7.2.5.1 (487 received), 7.3.1.1 (conflict seen in a
//           request)
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <optional>

#include "floe/core/time.hpp"

namespace floe::ice {

/// The controlling agent nominates; the controlled one follows (RFC 8445 sec. 6.1.1).
enum class role : std::uint8_t { controlling, controlled };

[[nodiscard]] constexpr role opposite(role r) noexcept {
  return r == role::controlling ? role::controlled : role::controlling;
}

/// The role attribute of a check: the sender's role and its tie-breaker.
struct role_claim {
  ice::role role = role::controlling;
  std::uint64_t tie_breaker = 0;

  [[nodiscard]] constexpr bool operator==(const role_claim&) const noexcept = default;
};

/// What to do with a request, as far as roles are concerned.
enum class role_decision : std::uint8_t {
  keep,                ///< no conflict: go on
  keep_and_reply_487,  ///< conflict, and the peer must yield: answer Role Conflict, nothing else
  switch_role,         ///< conflict, and this agent yields: take the other role, then go on
};

/// Compares the role that a request claims with this agent's own (RFC 8445 sec. 7.3.1.1).
///
/// With equal roles the agent whose tie-breaker is larger or equal ends up controlling: it stays so
/// when it is, and becomes so when it was controlled. A request without a claim conflicts with
/// nothing.
[[nodiscard]] constexpr role_decision decide_role(role_claim mine,
                                                  std::optional<role_claim> theirs) noexcept {
  if (!theirs || theirs->role != mine.role) return role_decision::keep;
  const bool should_control = mine.tie_breaker >= theirs->tie_breaker;
  const bool controls = mine.role == role::controlling;
  if (should_control == controls) return role_decision::keep_and_reply_487;
  return role_decision::switch_role;
}

static_assert(decide_role({role::controlling, 5}, role_claim{role::controlling, 5}) ==
              role_decision::keep_and_reply_487);
static_assert(decide_role({role::controlled, 5}, role_claim{role::controlled, 5}) ==
              role_decision::switch_role);

/// True when a 487 makes this agent take the other role (RFC 8445 sec. 7.2.5.1): it refuses the
/// claim that this agent still makes, and was not overtaken by the success of a later check with
/// that claim, which shows that the peer has yielded since.
///
/// refused: what the check claimed | sent: when it first left | accepted: when the last check with
/// the claim `mine` first left that was answered with success; none when there was none
[[nodiscard]] constexpr bool yields_after_487(role_claim refused, time_point sent, role_claim mine,
                                              deadline accepted) noexcept {
  return refused == mine && !(accepted && sent < *accepted);
}

/// How many of its checks may be answered with 487 before a pair counts as failed. Two honest
/// agents need one; a peer that answers nothing else must not be asked for ever.
inline constexpr std::uint8_t max_role_conflicts = 8;

}  // namespace floe::ice
