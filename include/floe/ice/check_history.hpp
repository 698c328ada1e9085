// What a pair's checks came to, in numbers.
//
// owns:     the counters of a pair
// does not: judge (verdict.hpp), or decide anything
// sources:  RFC 8445 sec. 7.2.5 (outcomes of checks); the names of the counters are those of the
//           W3C's RTCIceCandidatePairStats
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <ratio>

#include "floe/core/time.hpp"

namespace floe::ice {

/// A round trip, of up to 71 minutes.
using round_trip = std::chrono::duration<std::uint32_t, std::micro>;

/// A time as a round trip; the longest one for a time that is longer.
[[nodiscard]] constexpr round_trip round_trip_of(duration time) noexcept {
  return std::chrono::duration_cast<round_trip>(std::min<duration>(time, (round_trip::max)()));
}

/// What became of the checks of a pair. Counters stay at their end when they reach it.
struct check_history {
  std::uint16_t requests_sent = 0;       ///< repetitions included
  std::uint16_t responses_received = 0;  ///< proved
  std::uint16_t requests_received = 0;   ///< proved; each was answered
  std::uint16_t last_error = 0;          ///< code of the last proved error; 0: none
  round_trip current_round_trip_time{};  ///< of the last success; zero before
  bool answered_elsewhere = false;       ///< a response came from or to another address
  bool unproved_answer = false;          ///< a response did not prove the peer's password
  bool relay_refused = false;            ///< the relay does not permit the peer

  static constexpr void count(std::uint16_t& counter) noexcept {
    if (counter != (std::numeric_limits<std::uint16_t>::max)()) ++counter;
  }
};

}  // namespace floe::ice
