// Where the checklist of a data stream stands.
//
// owns:     the states, and the table of their changes
// does not: hold pairs (checklist.hpp)
// sources:  RFC 8445 sec. 6.1.2.1 (states), 7.2.5.4, 8.1 (changes); RFC 7675 sec. 5.1
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/state_table.hpp"

namespace floe::ice {

/// Where the checks of a data stream stand (RFC 8445 sec. 6.1.2.1).
enum class checklist_state : std::uint8_t { running, completed, failed };

/// What can happen to a checklist.
enum class checklist_event : std::uint8_t {
  all_nominated,      ///< every component has a nominated pair
  exhausted,          ///< no pair is left that could make a component work, and no time to wait
  nomination_failed,  ///< the check that nominates failed
  path_lost,          ///< a selected pair is gone, and others may take its place
  consent_lost,       ///< the peer takes no more data, or stopped answering on the last path
  revived,            ///< a check was triggered, or a candidate came, after all
  restarted,          ///< new credentials
};

inline constexpr std::array checklist_states{checklist_state::running, checklist_state::completed,
                                             checklist_state::failed};
inline constexpr std::array checklist_events{
    checklist_event::all_nominated,     checklist_event::exhausted,
    checklist_event::nomination_failed, checklist_event::path_lost,
    checklist_event::consent_lost,      checklist_event::revived,
    checklist_event::restarted};

struct checklist_rule {
  checklist_state from;
  checklist_event on;
  checklist_state to;
  std::string_view section;
};

// clang-format off
inline constexpr std::array checklist_rules{
    checklist_rule{checklist_state::running,   checklist_event::all_nominated,     checklist_state::completed, "8445 8.1.2"},
    checklist_rule{checklist_state::running,   checklist_event::exhausted,         checklist_state::failed,    "8445 7.2.5.4"},
    checklist_rule{checklist_state::running,   checklist_event::nomination_failed, checklist_state::failed,    "8445 7.2.5.3.4"},
    checklist_rule{checklist_state::running,   checklist_event::consent_lost,      checklist_state::failed,    "7675 5.1"},
    checklist_rule{checklist_state::completed, checklist_event::path_lost,         checklist_state::running,   "8445 8.1.1"},
    checklist_rule{checklist_state::completed, checklist_event::consent_lost,      checklist_state::failed,    "7675 5.1"},
    checklist_rule{checklist_state::completed, checklist_event::restarted,         checklist_state::running,   "8445 9"},
    checklist_rule{checklist_state::failed,    checklist_event::all_nominated,     checklist_state::completed, "8445 8.1.2"},
    checklist_rule{checklist_state::failed,    checklist_event::revived,           checklist_state::running,   "8445 7.3.1.4"},
    checklist_rule{checklist_state::failed,    checklist_event::restarted,         checklist_state::running,   "8445 9"},
};
// clang-format on

static_assert(has_one_rule_each(checklist_rules));

/// The state after an event; nullopt when the event leaves the state as it is.
[[nodiscard]] constexpr std::optional<checklist_state> next(checklist_state from,
                                                            checklist_event on) noexcept {
  return follow<checklist_rules>(from, on);
}

}  // namespace floe::ice
