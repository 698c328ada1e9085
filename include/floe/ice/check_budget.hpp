// How many addresses may be asked that never answered, and how often each.
//
// owns:     the budget, and how often a check is repeated that may go to somebody else
// does not: know which addresses those are; its owner says when one is asked, and when one answers
// sources:  RFC 8445 sec. 19.5.1: a peer can name any address as its own, so that checks go there
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "floe/core/time.hpp"
#include "floe/stun/retransmit.hpp"

namespace floe::ice {

/// What is left of the addresses that may be asked before any of them answers. A restart of the
/// host's gives all of it back. One of the peer's gives back what time has: whoever restarts again
/// and again would else get the whole of it each time.
class check_budget {
 public:
  /// The time that gives one back to a peer that restarts.
  static constexpr duration each = std::chrono::seconds{2};

  /// limit: how many | now: when the session begins
  constexpr check_budget(std::uint16_t limit, time_point now) noexcept
      : limit_{limit}, left_{limit}, since_{now} {}

  /// How many were asked, and have not answered.
  [[nodiscard]] constexpr std::size_t unanswered() const noexcept {
    return static_cast<std::size_t>(limit_ - left_);
  }

  /// True when one more may be asked, and counts it.
  [[nodiscard]] constexpr bool take() noexcept {
    if (left_ == 0) return false;
    --left_;
    return true;
  }

  /// One of them has answered.
  constexpr void give_back() noexcept {
    if (left_ < limit_) ++left_;
  }

  /// The first time that there was nothing left to take; false when that was told before.
  [[nodiscard]] constexpr bool tell_used_up() noexcept {
    if (told_) return false;
    told_ = true;
    return true;
  }

  /// The host starts over.
  constexpr void restore(time_point now) noexcept {
    left_ = limit_;
    since_ = now;
    told_ = false;
  }

  /// The peer starts over.
  constexpr void refill(time_point now) noexcept {
    const auto earned = elapsed(since_, now) / each;
    if (earned < 1) return;
    const auto missing = duration::rep{limit_} - left_;
    left_ = static_cast<std::uint16_t>(left_ + (std::min)(duration::rep{earned}, missing));
    since_ = after(since_, earned * each);
    told_ = false;
  }

 private:
  std::uint16_t limit_;
  std::uint16_t left_;
  time_point since_;  ///< up to when time has given back
  bool told_ = false;
};

/// With more addresses than these that were asked in vain, a check to another is repeated less: no
/// honest peer of default limits has as many.
inline constexpr std::size_t many_unanswered = 32;

/// How often a check leaves then, the first time included.
inline constexpr std::uint8_t few_sends = 3;

/// How many whole checks of a pair are repeated in vain before each leaves once only: a peer that
/// checks again and again makes this agent do so, too.
inline constexpr std::size_t whole_checks = 3;

/// How a check is repeated to an address that never answered. unanswered: how many such addresses
/// were asked | sent: how often checks of its pair have left before
[[nodiscard]] constexpr stun::retransmit_config
repeats_of(stun::retransmit_config usual, std::size_t unanswered, std::size_t sent) noexcept {
  const std::size_t enough = whole_checks * usual.rc;
  if (sent >= enough) {
    usual.rc = 1;
  } else if (unanswered > many_unanswered) {
    usual.rc = (std::min)(usual.rc, few_sends);
  }
  return usual;
}

}  // namespace floe::ice
