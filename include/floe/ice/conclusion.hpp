// When a checklist has come to its end.
//
// owns:     the rule by which a list fails: for want of anything left to try, or of what it had
// does not: complete a list: that is the nomination of every component (nomination.hpp)
// sources:  RFC 8445 sec. 7.2.5.4 (no pair left), RFC 8838 sec. 8 (candidates still to come),
//           RFC 8863 sec. 4 (the PAC timer), RFC 7675 sec. 5.1 (lost consent)
#pragma once

#include "floe/core/language.hpp"

#include <optional>

#include "floe/core/time.hpp"
#include "floe/ice/checklist.hpp"

namespace floe::ice {

/// How a checklist stands.
struct list_outlook {
  checklist_state state = checklist_state::running;
  bool local_complete = false;   ///< this agent has named all its candidates
  bool remote_complete = false;  ///< so has the peer, or it is presumed to
  bool busy = false;             ///< a pair may still come to work
  bool all_reachable = false;    ///< Running: every component has a valid pair
  bool all_selected = false;     ///< Completed: every component has a selected pair
  deadline pac;                  ///< when the PAC timer ends; none while it has not begun
};

/// When what was not selected in a list may be freed: `wait` after it was Completed, if ever
/// (RFC 8445 sec. 8.3.1). completed: since when it is; none when it is not
[[nodiscard]] constexpr deadline release_due(deadline completed,
                                             std::optional<duration> wait) noexcept {
  if (!completed || !wait) return std::nullopt;
  return after(*completed, *wait);
}

/// What happens to a list at `now`: it is exhausted when a component has no path and nothing can
/// give it one any more; when it was settled and a selected pair is gone it looks for another.
/// nullopt: nothing.
[[nodiscard]] constexpr std::optional<checklist_event> conclude(const list_outlook& list,
                                                                time_point now) noexcept {
  switch (list.state) {
    case checklist_state::running:
      if (!list.pac || now < *list.pac || list.busy || list.all_reachable) return std::nullopt;
      if (!list.local_complete || !list.remote_complete) return std::nullopt;
      return checklist_event::exhausted;
    case checklist_state::completed:
      return list.all_selected ? std::nullopt : std::optional{checklist_event::path_lost};
    case checklist_state::failed: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace floe::ice
