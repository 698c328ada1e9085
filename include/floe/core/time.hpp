// Time as a value: instants come in from the host, and no header reads a clock.
//
// owns:     the vocabulary (instant types, saturating arithmetic, "the earlier of two deadlines")
// does not: decide when anything is due; each component answers deadline() for itself
// invariant: adding a duration never overflows, so a deadline computed from any instant is ordered.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

namespace floe {

/// An instant on the host's monotonic clock. The origin is the host's; only differences matter.
using time_point = std::chrono::steady_clock::time_point;

/// A signed span of time in the resolution of time_point.
using duration = std::chrono::steady_clock::duration;

/// A deadline that may not exist: nullopt means never.
using deadline = std::optional<time_point>;

/// The instant `span` after `from`, held at the end of the representable range instead of
/// overflowing, so that a host may start its clock anywhere.
[[nodiscard]] constexpr time_point after(time_point from, duration span) noexcept {
  if (span > duration::zero() && from > (time_point::max)() - span) return (time_point::max)();
  if (span < duration::zero() && from < (time_point::min)() - span) return (time_point::min)();
  return from + span;
}

/// The time from `earlier` to `later`, zero when they are out of order, held at the maximum when
/// the distance is not representable.
[[nodiscard]] constexpr duration elapsed(time_point earlier, time_point later) noexcept {
  if (later <= earlier) return duration::zero();
  if (earlier < time_point{} && later > (time_point::max)() + earlier.time_since_epoch()) {
    return (duration::max)();
  }
  return later - earlier;
}

/// The earlier of two deadlines, where never is later than everything.
[[nodiscard]] constexpr deadline earliest(deadline a, deadline b) noexcept {
  if (!a) return b;
  if (!b) return a;
  return *a < *b ? a : b;
}

/// A deadline that comes: the end of the representable range is never. At the end of its clock
/// nothing can be put off any more, and what was due then would be due for ever.
[[nodiscard]] constexpr deadline before_end(deadline at) noexcept {
  return at && *at < (time_point::max)() ? at : std::nullopt;
}

/// The earliest of many deadlines, gathered one by one. It stays in two registers, where an
/// optional that is assigned again and again would go through memory.
class soonest {
 public:
  constexpr void note(time_point at) noexcept {
    at_ = (std::min)(at_, at);
    any_ = true;
  }
  constexpr void note(const deadline& at) noexcept {
    if (at) note(*at);
  }

  /// Never, when nothing was noted.
  [[nodiscard]] constexpr deadline get() const noexcept {
    return any_ ? deadline{at_} : std::nullopt;
  }

 private:
  time_point at_ = (time_point::max)();
  bool any_ = false;
};

/// `span` times `factor` for non-negative values, held at duration::max().
[[nodiscard]] constexpr duration scaled(duration span, duration::rep factor) noexcept {
  // No product of two such numbers is out of range, and a division costs as much as what asks.
  constexpr auto bound = duration::rep{1} << 31;
  const bool fits = span.count() < bound && factor < bound;
  if (!fits && factor != 0 && span.count() > (duration::max)().count() / factor) {
    return (duration::max)();
  }
  return span * factor;
}

}  // namespace floe
