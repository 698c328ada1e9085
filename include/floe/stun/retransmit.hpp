// When a request is sent again and when it is given up (RFC 8489 sec. 6.2.1).
//
// owns:     the instants, as a pure function of the start
// does not: send, or estimate the RTO (its caller knows it)
// invariant: next() never lies before an instant that on_time() has already been called with.
#pragma once

#include "floe/core/language.hpp"

#include <chrono>
#include <cstdint>
#include <gsl/assert>
#include <limits>

#include "floe/core/time.hpp"

namespace floe::stun {

/// How a request over an unreliable transport is repeated.
struct retransmit_config {
  duration rto =
      std::chrono::milliseconds{500};  ///< wait before the first repetition; then doubled
  std::uint8_t rc = 7;                 ///< sends in all, the first included; 0 means 1
  std::uint8_t rm = 16;                ///< the wait after the last send, in units of rto
};

/// How long a request over a reliable transport may take (RFC 8489 sec. 6.2.2: Ti).
inline constexpr duration reliable_timeout = std::chrono::milliseconds{39500};

/// The sends of one request: at 0, RTO, 3 RTO, 7 RTO, ... from the start, Rc of them, and the end
/// Rm RTO after the last. The first is the caller's, who makes the schedule when it makes that
/// send.
class retransmit_schedule {
 public:
  /// What is due.
  enum class step : std::uint8_t { none, resend, expired };

  /// in: an RTO above zero
  constexpr retransmit_schedule(time_point start, const retransmit_config& config) noexcept
      : start_{start}, rto_{config.rto}, planned_{config.rc == 0 ? std::uint8_t{1} : config.rc},
        patience_{config.rm} {
    Expects(config.rto > duration::zero());
  }

  /// One send, and the end a fixed time later. in: a life above zero
  [[nodiscard]] static constexpr retransmit_schedule once(time_point start,
                                                          duration life) noexcept {
    return {start, {.rto = life, .rc = 1, .rm = 1}};
  }

  /// The next instant at which something is due.
  [[nodiscard]] constexpr deadline next() const noexcept {
    return passed_ >= planned_ ? expiry() : instant(passed_);
  }

  /// What is due at `now`: at most one send, however many instants have gone by since the last
  /// call. The instants stay where they are, so that late calls don't stretch the schedule.
  [[nodiscard]] constexpr step on_time(time_point now) noexcept {
    if (now >= expiry()) return step::expired;
    if (passed_ >= planned_ || now < instant(passed_)) return step::none;
    do {
      ++passed_;
    } while (passed_ < planned_ && instant(passed_) <= now);
    ++sends_;
    return step::resend;
  }

  /// Plans no more sends; the end stays where it is (RFC 8445 sec. 7.3.1.4: a response may still
  /// come).
  constexpr void stop_sending() noexcept { passed_ = planned_; }

  /// Sends so far, the first included. A round trip may be measured when it is 1 (RFC 8489
  /// sec. 6.2.1).
  [[nodiscard]] constexpr std::uint8_t sends() const noexcept { return sends_; }

  [[nodiscard]] constexpr time_point start() const noexcept { return start_; }
  [[nodiscard]] constexpr time_point expiry() const noexcept {
    return after(instant(planned_ - 1U), scaled(rto_, patience_));
  }

 private:
  /// When send number `k`, counted from 0, belongs: (2^k - 1) RTO after the start.
  [[nodiscard]] constexpr time_point instant(unsigned k) const noexcept {
    constexpr unsigned bits = std::numeric_limits<duration::rep>::digits;
    const auto factor = k < bits ? (duration::rep{1} << k) - 1 : (duration::max)().count();
    return after(start_, scaled(rto_, factor));
  }

  time_point start_;
  duration rto_;
  std::uint8_t planned_;
  std::uint8_t patience_;    ///< the wait after the last send, in units of rto_
  std::uint8_t passed_ = 1;  ///< instants that lie behind
  std::uint8_t sends_ = 1;
};

}  // namespace floe::stun
