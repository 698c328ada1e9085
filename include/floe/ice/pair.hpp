// Candidate pairs: their states, the table of state changes, and the row.
//
// owns:     pair_state and which change is legal
// does not: hold pairs (checklist.hpp), form them (pairing.hpp), or send checks
// sources:  RFC 8445 sec. 6.1.2.6 (states), and the section beside each row of the table
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/ids.hpp"
#include "floe/core/state_table.hpp"
#include "floe/core/time.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/check_history.hpp"

namespace floe::ice {

/// Where a pair stands (RFC 8445 sec. 6.1.2.6).
enum class pair_state : std::uint8_t { frozen, waiting, in_progress, succeeded, failed };

/// What can happen to a pair.
enum class pair_event : std::uint8_t {
  unfrozen,         ///< its foundation was found to work, or has no check under way
  check_sent,       ///< a check left
  check_succeeded,  ///< a check of it, or of a pair with the same valid pair, was answered
  check_failed,     ///< answered with an error, from elsewhere, or not at all; or consent was lost
  role_conflict,    ///< its check was answered with 487
  triggered,        ///< the peer sent a check on it
  proof_expired,    ///< the last answer is too old to count
  refused,          ///< its relay does not permit the peer
  out_of_time,      ///< its list was given up while it was still being checked
};

inline constexpr std::array pair_states{pair_state::frozen, pair_state::waiting,
                                        pair_state::in_progress, pair_state::succeeded,
                                        pair_state::failed};
inline constexpr std::array pair_events{
    pair_event::unfrozen,      pair_event::check_sent,    pair_event::check_succeeded,
    pair_event::check_failed,  pair_event::role_conflict, pair_event::triggered,
    pair_event::proof_expired, pair_event::refused,       pair_event::out_of_time};

struct pair_rule {
  pair_state from;
  pair_event on;
  pair_state to;
  std::string_view section;  ///< of RFC 8445 where no other is named
};

// A check that nominates leaves its pair Succeeded: the pair is valid while the answer is awaited.
// clang-format off
inline constexpr std::array pair_rules{
    pair_rule{pair_state::frozen,      pair_event::unfrozen,        pair_state::waiting,     "6.1.2.6"},
    pair_rule{pair_state::frozen,      pair_event::triggered,       pair_state::waiting,     "7.3.1.4"},
    pair_rule{pair_state::frozen,      pair_event::check_succeeded, pair_state::succeeded,   "7.2.5.3.3"},
    pair_rule{pair_state::frozen,      pair_event::refused,         pair_state::failed,      "7.2.1"},
    pair_rule{pair_state::waiting,     pair_event::check_sent,      pair_state::in_progress, "6.1.4.2"},
    pair_rule{pair_state::waiting,     pair_event::check_succeeded, pair_state::succeeded,   "7.2.5.3.3"},
    pair_rule{pair_state::waiting,     pair_event::refused,         pair_state::failed,      "7.2.1"},
    pair_rule{pair_state::waiting,     pair_event::out_of_time,     pair_state::failed,      "RFC 8863 4"},
    pair_rule{pair_state::in_progress, pair_event::check_succeeded, pair_state::succeeded,   "7.2.5.3.3"},
    pair_rule{pair_state::in_progress, pair_event::check_failed,    pair_state::failed,      "7.2.5.2"},
    pair_rule{pair_state::in_progress, pair_event::role_conflict,   pair_state::waiting,     "7.2.5.1"},
    pair_rule{pair_state::in_progress, pair_event::triggered,       pair_state::waiting,     "7.3.1.4"},
    pair_rule{pair_state::in_progress, pair_event::refused,         pair_state::failed,      "7.2.1"},
    pair_rule{pair_state::in_progress, pair_event::out_of_time,     pair_state::failed,      "RFC 8863 4"},
    pair_rule{pair_state::succeeded,   pair_event::check_failed,    pair_state::failed,      "7.2.5.3.4"},
    pair_rule{pair_state::succeeded,   pair_event::proof_expired,   pair_state::waiting,     "RFC 7675 5.1"},
    pair_rule{pair_state::succeeded,   pair_event::refused,         pair_state::failed,      "7.2.1"},
    pair_rule{pair_state::failed,      pair_event::triggered,       pair_state::waiting,     "7.3.1.4"},
    pair_rule{pair_state::failed,      pair_event::check_succeeded, pair_state::succeeded,   "7.3.1.4"},
};
// clang-format on

static_assert(has_one_rule_each(pair_rules));

/// The state after an event; nullopt when the event leaves the state as it is.
[[nodiscard]] constexpr std::optional<pair_state> next(pair_state from, pair_event on) noexcept {
  return follow<pair_rules>(from, on);
}

/// True while a pair may still come to work.
[[nodiscard]] constexpr bool is_pending(pair_state state) noexcept {
  return state != pair_state::succeeded && state != pair_state::failed;
}

struct pair_tag;

/// Names a pair of an agent, as long as the agent keeps it.
using pair_id = handle<pair_tag>;

/// The foundations of both candidates as numbers that are equal where the foundations are
/// (RFC 8445 sec. 6.1.2.6).
struct pair_foundation {
  std::uint16_t local = 0;
  std::uint16_t remote = 0;

  [[nodiscard]] constexpr bool operator==(const pair_foundation&) const noexcept = default;
};

/// A row of a checklist.
struct pair {
  stream_id stream{};
  component_id component{1};
  local_id local;  ///< the base that checks leave from
  remote_id remote;
  pair_foundation foundation{};
  std::uint64_t priority = 0;
  check_history history{};
  time_point asked{};  ///< when its last new check left; meaningless before
  pair_state state = pair_state::frozen;
  time_point heard{};              ///< when a check of the peer last came on it
  bool triggered = false;          ///< stands in the triggered-check queue
  bool nominating = false;         ///< controlling: its next checks carry USE-CANDIDATE
  bool nominated_by_peer = false;  ///< controlled: nominate it when its check succeeds
  bool checked_by_peer = false;    ///< an authenticated check of the peer came on it
  bool expired = false;            ///< consent was lost on it: not used again with the same
                                   ///< credentials (RFC 7675 sec. 5.1)
  std::uint8_t conflicts = 0;      ///< how many of its checks were answered with 487
};

}  // namespace floe::ice
