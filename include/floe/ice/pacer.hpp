// One pace for several agents.
//
// owns:     when the next new transaction of any agent that shares it may start
// does not: know the agents; each also keeps its own pace (schedule.hpp)
// sources:  RFC 8445 sec. 14.2 (5 ms between the transactions of all agents together), Appendix B.1
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>

#include "floe/core/time.hpp"

namespace floe::ice {

/// The least time between new transactions of everything that shares a pacer (RFC 8445 sec. 14.2).
inline constexpr duration min_pace = std::chrono::milliseconds{5};

/// A budget of new transactions that agents share, so that many sessions that begin at once don't
/// flood a network. Agents that share one belong to the same thread, and it outlives them.
class pacer {
 public:
  /// in: at least min_pace
  explicit pacer(duration spacing = min_pace) noexcept : spacing_{(std::max)(spacing, min_pace)} {}

  /// The first instant from `now` on at which a transaction may start.
  [[nodiscard]] time_point free_at(time_point now) const noexcept {
    return free_ ? (std::max)(*free_, now) : now;
  }

  /// Notes that a transaction starts at `now`.
  void take(time_point now) noexcept { free_ = after(now, spacing_); }

 private:
  duration spacing_;
  deadline free_;  ///< none before the first
};

}  // namespace floe::ice
