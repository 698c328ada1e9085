// What changes when an agent, or its peer, is lite: it sends no checks and only answers.
//
// owns:     the roles of two agents of which some are lite, and what a lite one does about checks
// does not: hold candidates; a lite agent has host candidates only
// sources:  RFC 8445 sec. 2.5, 5.2 (candidates), 6.1.1 (roles), sec. 6.2 and 8.2 (no checks,
//           concluding), sec. 7.3.2 (checks that come in); RFC 7675 sec. 5.1 (a lite agent does not
//           ask for consent)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "floe/core/time.hpp"
#include "floe/ice/role.hpp"

namespace floe::ice {

/// Whether an agent sends checks.
enum class level : std::uint8_t { full, lite };

/// What the peer says about itself as a whole, beside credentials and candidates.
struct peer_traits {
  ice::level level = ice::level::full;  ///< a=ice-lite
  /// a=ice-pacing, if it says so (RFC 8839 sec. 5.5). The slower pace of both agents counts
  /// (RFC 8445 sec. 14.2).
  std::optional<duration> pacing = std::nullopt;
};

/// The role of an agent that would begin in `initial`: a full agent controls a lite one; between
/// two of a kind the initiator controls (RFC 8445 sec. 6.1.1).
[[nodiscard]] constexpr role role_between(level mine, level theirs, role initial) noexcept {
  if (mine == theirs) return initial;
  return mine == level::full ? role::controlling : role::controlled;
}

/// True where the levels settle the roles, so that no message changes them: a lite agent never
/// controls a full one, whatever a check claims or an answer says (RFC 8445 sec. 6.1.1, 7.3.2).
[[nodiscard]] constexpr bool has_fixed_role(level own, level theirs) noexcept {
  return own == level::lite || theirs == level::lite;
}

/// decide_role() for an agent of either level, with a peer of either.
[[nodiscard]] constexpr role_decision decide_role(level own, level peer, role_claim mine,
                                                  std::optional<role_claim> theirs) noexcept {
  if (!has_fixed_role(own, peer)) return decide_role(mine, theirs);
  const bool conflict = theirs && theirs->role == mine.role;
  return conflict ? role_decision::keep_and_reply_487 : role_decision::keep;
}

/// When the peer of a lite agent counts as gone, that was last heard of at `heard`; never without a
/// limit. Its checks and its data show that it is there: nobody asks it.
[[nodiscard]] constexpr deadline gone_at(time_point heard,
                                         const std::optional<duration>& silence) noexcept {
  return silence ? deadline{after(heard, *silence)} : std::nullopt;
}

/// True when a check that comes in makes its pair valid for a lite agent: when it nominates
/// (RFC 8445 sec. 7.3.2), or when the pair is silent that was nominated, and the peer is here.
[[nodiscard]] constexpr bool proves_for_lite(bool nominates, bool selected_is_silent) noexcept {
  return nominates || selected_is_silent;
}

/// The slowest pace that a peer may ask for.
inline constexpr duration max_pace = std::chrono::seconds{10};

/// The pace between two checks: the slower one of both agents (RFC 8445 sec. 14.2), within reason.
/// presumed: that of a peer that says nothing
[[nodiscard]] constexpr duration agreed_pace(duration mine, const peer_traits& theirs,
                                             duration presumed) noexcept {
  return (std::max)(mine, (std::min)(theirs.pacing.value_or(presumed), max_pace));
}

/// True when nobody checks, so that the candidates alone decide (RFC 8445 sec. 6.2, 8.2).
[[nodiscard]] constexpr bool settles_without_checks(level mine, level theirs) noexcept {
  return mine == level::lite && theirs == level::lite;
}

}  // namespace floe::ice
