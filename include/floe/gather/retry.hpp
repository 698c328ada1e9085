// When a relay that was lost is asked for again.
//
// owns:     how long to wait, how often, and which failures are worth waiting for
// does not: keep count, or ask (gatherer_results.hpp)
// sources:  RFC 8445 sec. 5.1.1.4, RFC 8656 sec. 5 (a client makes a new allocation when one is
//           gone)
// invariant: a server that is down, or takes relays away as soon as it gave them, is asked ever
//            less often, and not for ever.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <optional>

#include "floe/core/time.hpp"
#include "floe/gather/events.hpp"

namespace floe::gather {

/// How often a relay is asked for again, before it is given up.
inline constexpr unsigned most_retries = 8;

/// How long to wait before the next try, of which there were `tries`: `first`, then twice as long
/// each time. nullopt: there is none.
[[nodiscard]] constexpr std::optional<duration> rest_after(duration first,
                                                           unsigned tries) noexcept {
  if (tries >= most_retries) return std::nullopt;
  return scaled(first, duration::rep{1} << tries);
}

/// True for a relay that stood so long that its loss says nothing about those before: the tries are
/// counted anew.
[[nodiscard]] constexpr bool is_new_trouble(duration stood, duration first) noexcept {
  return stood >= scaled(first, 32);
}

/// True for a failure that time may mend: the server starts again, or still counts what was lost.
/// Only of servers that gave a relay before, so that one that is dead from the beginning costs
/// nothing.
[[nodiscard]] constexpr bool may_pass(outcome why) noexcept {
  switch (why) {
    case outcome::refused:
    case outcome::timeout:
    case outcome::unreachable:
    case outcome::unproved:
    case outcome::no_room: return true;
    case outcome::answered:
    case outcome::credentials:
    case outcome::unusable_answer:
    case outcome::unresolved:
    case outcome::unsupported:
    case outcome::no_matching_family: return false;
  }
  return false;
}

/// True for a server that has no room for a relay, and may still say how it sees a socket.
/// source: RFC 8445 sec. 5.1.1.2
[[nodiscard]] constexpr bool is_full(const std::optional<turn::complaint>& said) noexcept {
  return said && (said->code == stun::error_code::allocation_quota_reached ||
                  said->code == stun::error_code::insufficient_capacity);
}

/// How long before their end other credentials are asked for: a minute, or half of what is left.
[[nodiscard]] constexpr time_point ask_for_credentials_at(time_point now, time_point end) noexcept {
  const auto left = elapsed(now, end);
  const auto early = (std::min)(duration{std::chrono::minutes{1}}, left / 2);
  return after(now, left - early);
}

}  // namespace floe::gather
