// When a checklist has come to its end.
//
// owns:     the rule by which a list fails for want of anything left to try
// does not: complete a list: that is the nomination of every component (nomination.hpp)
// sources:  RFC 8445 §7.2.5.4 (no pair left), RFC 8838 §8 (candidates still to come),
//           RFC 8863 §4 (patience)
#pragma once

#include "floe/core/time.hpp"

namespace floe::ice {

/// How a Running checklist stands.
struct list_outlook {
  bool local_complete = false;   ///< this agent has named all its candidates
  bool remote_complete = false;  ///< so has the peer, or it is presumed to
  bool busy = false;             ///< a pair may still come to work
  bool all_reachable = false;    ///< every component has a valid pair
  deadline patience;             ///< until when nothing fails; none while it has not begun
};

/// True when a component has no path and nothing can give it one any more.
[[nodiscard]] constexpr bool is_exhausted(const list_outlook& list, time_point now) noexcept {
  if (!list.patience || now < *list.patience) return false;
  return list.local_complete && list.remote_complete && !list.busy && !list.all_reachable;
}

}  // namespace floe::ice
