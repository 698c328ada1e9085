// Whether the peer still wants what is sent to it.
//
// owns:     the timers of consent for one path
// does not: send checks or count data: only authenticated answers to STUN renew consent
// sources:  RFC 7675 sec. 5.1
// invariant: consent ends `expiry` after the last answer, whatever was sent since.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "floe/core/time.hpp"

namespace floe::ice {

struct consent_config {
  /// Whether consent is asked for at all. Without it a path is kept alive by indications
  /// (keepalive.hpp) and never found dead. RFC 7675 sec. 5.1 demands it where the peer is not
  /// trusted.
  bool enabled = true;

  /// The mean time between consent checks; each wait is drawn between 0.8 and 1.2 times this.
  /// RFC 7675 sec. 5.1: 5 s, so that no wait is under 4 s.
  duration interval = std::chrono::seconds{5};

  /// How long an answer is good for (RFC 7675 sec. 5.1).
  duration expiry = std::chrono::seconds{30};

  /// How long without an answer on the selected path until the controlling agent nominates the one
  /// that data has moved to: over a round of checks, so that no lost one moves a session for good.
  duration suspect = std::chrono::seconds{8};

  /// How long without an answer until the session counts as disconnected: long enough that a single
  /// lost check doesn't show (RFC 7675 sec. 5.1).
  duration late = std::chrono::seconds{15};
};

/// A wait of 0.8 to 1.2 times `interval`, uniform in `draw`.
[[nodiscard]] constexpr duration jittered(duration interval, std::uint64_t draw) noexcept {
  const auto least = interval / 5 * 4;
  const auto spread = static_cast<std::uint64_t>((interval / 5 * 2).count()) + 1;
  return least + duration{static_cast<duration::rep>(draw % spread)};
}

/// How long the answer to a consent check is waited for: longer than any round trip, and over the
/// next checks, so that a late answer to an earlier one counts too.
[[nodiscard]] constexpr duration answer_patience(const consent_config& config) noexcept {
  return (std::min)(config.expiry, scaled(config.interval, 3));
}

/// The most consent checks of one path that wait for their answers together.
[[nodiscard]] constexpr std::size_t most_unanswered(const consent_config& config) noexcept {
  const auto shortest_wait = jittered(config.interval, 0);
  return static_cast<std::size_t>(answer_patience(config) / shortest_wait) + 1;
}

/// The round trip of a path on which none was measured.
inline constexpr duration assumed_round_trip = std::chrono::milliseconds{500};

/// The shortest round trip that is reckoned with: a peer may be busy for a moment.
inline constexpr duration min_round_trip = std::chrono::milliseconds{35};

/// The round trip of a path on which `measured` was; zero where none was.
[[nodiscard]] constexpr duration presumed_round_trip(duration measured) noexcept {
  return measured == duration::zero() ? assumed_round_trip : measured;
}

/// The round trip after which an answer is missed.
[[nodiscard]] constexpr duration expected_round_trip(duration measured) noexcept {
  return (std::max)(presumed_round_trip(measured), min_round_trip);
}

/// When an answer is overdue: three round trips after the check left that nothing has answered
/// since. The path is asked again then, and all others (RFC 7675 sec. 5.1: a single lost one is no
/// failure). unanswered: when that was; none without such a check - rtt: as last measured, or zero
[[nodiscard]] constexpr deadline overdue_at(deadline unanswered, duration rtt) noexcept {
  if (!unanswered) return std::nullopt;
  return after(*unanswered, scaled(expected_round_trip(rtt), 3));
}

/// When a path is silent, and left for one that answers: half a round trip after the answer to the
/// second check should have come.
[[nodiscard]] constexpr deadline silent_at(deadline unanswered, duration rtt) noexcept {
  if (!unanswered) return std::nullopt;
  return after(*unanswered, scaled(expected_round_trip(rtt), 9) / 2);
}

/// What is due on a path.
enum class consent_step : std::uint8_t { none, check, expired };

/// The consent of the peer to receive data on one path.
class consent {
 public:
  /// proved: when an authenticated answer last came on the path | wait: until the first check
  consent(time_point proved, time_point now, duration wait) noexcept
      : proved_{proved}, next_check_{after(now, wait)} {}

  /// When an answer last came on the path; where nobody asks, when anything did.
  [[nodiscard]] time_point proved() const noexcept { return proved_; }

  /// Notes an authenticated answer to a check on the path.
  void answered(time_point now) noexcept { proved_ = (std::max)(proved_, now); }

  /// Notes that a consent check leaves, and when the next one will.
  void checked(time_point now, duration wait) noexcept { next_check_ = after(now, wait); }

  /// True when nothing may be sent on the path any more.
  [[nodiscard]] bool has_expired(time_point now, const consent_config& config) const noexcept {
    return config.enabled && now >= after(proved_, config.expiry);
  }

  [[nodiscard]] consent_step due(time_point now, const consent_config& config) const noexcept {
    if (has_expired(now, config)) return consent_step::expired;
    return now >= next_check_ ? consent_step::check : consent_step::none;
  }

  [[nodiscard]] bool is_late(time_point now, const consent_config& config) const noexcept {
    return now >= after(proved_, config.late);
  }

  /// When due() or is_late() next changes, seen from `now`.
  [[nodiscard]] time_point deadline(time_point now, const consent_config& config) const noexcept {
    const auto next = (std::min)(next_check_, after(proved_, config.expiry));
    return is_late(now, config) ? next : (std::min)(next, after(proved_, config.late));
  }

 private:
  time_point proved_;
  time_point next_check_;
};

}  // namespace floe::ice
