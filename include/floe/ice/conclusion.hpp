// When a checklist has come to its end.
//
// owns:     the rule by which a list fails: for want of anything left to try, or of what it had
// does not: complete a list: that is the nomination of every component (nomination.hpp)
// sources:  RFC 8445 sec. 7.2.5.4 (no pair left), RFC 8838 sec. 8 (candidates still to come),
//           RFC 8863 sec. 4 (the PAC timer), RFC 7675 sec. 5.1 (lost consent), sec. 5.2 (taken
//           back)
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
  bool all_reached = false;      ///< every component has had a valid pair
  bool heard = false;            ///< the peer's checks have come
  deadline pac;                  ///< when the PAC timer ends; none while it has not begun
  deadline give_up{};            ///< when the time for a first valid pair is over; none while
                                 ///< candidates are to come
};

/// True once all candidates of both sides are known, as far as that will ever be.
[[nodiscard]] constexpr bool is_complete(const list_outlook& list) noexcept {
  return list.local_complete && list.remote_complete;
}

/// True when the time for a first valid pair is over, and some component has had none. Where the
/// clock ends before that time does, it is never over.
[[nodiscard]] constexpr bool is_out_of_time(const list_outlook& list, time_point now) noexcept {
  const bool over = list.give_up && now >= *list.give_up && *list.give_up != (time_point::max)();
  return over && !list.all_reached;
}

/// True when a list that fails at `now` takes its consent back: the peer's checks came all the
/// while and helped nothing, so that further ones would only keep the peer waiting for a session
/// that no longer is. Otherwise a peer that comes late finds it again.
[[nodiscard]] constexpr bool takes_consent_back(const list_outlook& list, time_point now) noexcept {
  return list.heard && is_out_of_time(list, now);
}

/// When what was not selected in a list may be freed: `wait` after it was Completed, if ever
/// (RFC 8445 sec. 8.3.1). completed: since when it is; none when it is not
[[nodiscard]] constexpr deadline release_due(deadline completed,
                                             std::optional<duration> wait) noexcept {
  if (!completed || !wait) return std::nullopt;
  return after(*completed, *wait);
}

/// What happens to a list at `now`: it is exhausted when a component has no path and nothing can
/// give it one any more, or has had none in all its time; when it was settled and a selected pair
/// is gone it looks for another. nullopt: nothing.
[[nodiscard]] constexpr std::optional<checklist_event> conclude(const list_outlook& list,
                                                                time_point now) noexcept {
  switch (list.state) {
    case checklist_state::running:
      if (is_out_of_time(list, now)) return checklist_event::exhausted;
      if (!list.pac || now < *list.pac || list.busy || list.all_reachable) return std::nullopt;
      if (!is_complete(list)) return std::nullopt;
      return checklist_event::exhausted;
    case checklist_state::completed:
      return list.all_selected ? std::nullopt : std::optional{checklist_event::path_lost};
    case checklist_state::failed: return std::nullopt;
  }
  return std::nullopt;
}

/// When time may next change what conclude() says, seen from `now`.
[[nodiscard]] constexpr deadline conclusion_due(const list_outlook& list, time_point now) noexcept {
  soonest next;
  if (list.state != checklist_state::running) return next.get();
  if (list.pac && now < *list.pac) next.note(list.pac);
  if (list.give_up && now < *list.give_up && !list.all_reached) next.note(list.give_up);
  return next.get();
}

}  // namespace floe::ice
