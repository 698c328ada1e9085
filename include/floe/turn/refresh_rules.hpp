// When what a server holds for us is refreshed.
//
// owns:     the instants, as functions of what was granted
// does not: send, or keep state
// sources:  RFC 8656 sec. 8.1 (allocations), 9 (permissions), 12 (channels); RFC 6062 sec. 4.3
// invariant: a refresh is due before the end, early enough for a request to be lost and repeated,
//            and never at once again: no lifetime, however short, makes the client spin.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "floe/core/time.hpp"

namespace floe::turn {

/// How long a permission stands (RFC 8656 sec. 9).
inline constexpr duration permission_lifetime = std::chrono::minutes{5};

/// How early a request is made for what is about to end: a request that is lost on all its way
/// takes 39.5 seconds to fail (RFC 8489 sec. 6.2.1), and another one must still have a chance.
inline constexpr duration refresh_margin = std::chrono::minutes{1};

/// The least time between two refreshes of one thing.
inline constexpr duration least_refresh_wait = std::chrono::milliseconds{500};

/// Lifetimes are trusted up to here: a server that promised years may have been restarted since.
inline constexpr duration longest_trusted = std::chrono::hours{1};

/// A lifetime from the wire as a span of time.
[[nodiscard]] constexpr duration lifetime_of(std::uint32_t seconds) noexcept {
  return std::min<duration>(std::chrono::seconds{seconds}, longest_trusted);
}

/// How long after it was granted something that lasts for `lifetime` is refreshed: a minute before
/// its end, or at its half when that is later.
[[nodiscard]] constexpr duration refresh_after(duration lifetime) noexcept {
  const auto half = lifetime / 2;
  return (std::max)({lifetime - refresh_margin, half, least_refresh_wait});
}

/// When a refresh that failed is tried again: at the half of what is left, so that there are
/// several tries, ever closer.
[[nodiscard]] constexpr time_point retry_at(time_point now, time_point expiry) noexcept {
  return after(now, (std::max)(elapsed(now, expiry) / 2, least_refresh_wait));
}

/// How long the client waits before it tries again for something that it does not have and that the
/// server did not answer for.
inline constexpr duration retry_wait = std::chrono::seconds{2};

/// The server keeps a connection to a peer waiting for its ConnectionBind for so long.
inline constexpr duration connection_bind_limit = std::chrono::seconds{30};

/// When the server is asked whether it still has the allocation: data went out after the last sign
/// of life, and `patience` has passed since the first of it. A server that was restarted says
/// nothing by itself. `unanswered` is the instant of the first datagram since that sign.
[[nodiscard]] constexpr deadline probe_at(deadline unanswered, duration patience) noexcept {
  if (!unanswered || patience <= duration::zero()) return std::nullopt;
  return after(*unanswered, patience);
}

/// What has come of requests since the server's last sign of the allocation.
struct silence {
  unsigned unanswered = 0;  ///< requests about the allocation that were sent, repetitions included
  unsigned answered = 0;    ///< Binding requests beside the repetitions that the server answered
};

/// True when the server is there and the allocation is not: a server that was restarted may answer
/// no request about what it does not know (RFC 8656 sec. 8.2 has it answer 437). On a path that
/// loses every third datagram each way this happens by chance to one refresh of a hundred, and then
/// only when data had been unanswered for long.
[[nodiscard]] constexpr bool is_forgotten(const silence& s) noexcept {
  return s.unanswered >= 4 && s.answered >= 3;
}

}  // namespace floe::turn
