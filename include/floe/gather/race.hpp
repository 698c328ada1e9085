// Several addresses of one server: the first that answers wins.
//
// owns:     when the next address is tried beside those before, and what follows a failure
// does not: order the addresses (whoever resolves the name does), or ask (gatherer_attempts.hpp)
// sources:  RFC 8656 sec. 3.9, RFC 8305 sec. 5
#pragma once

#include "floe/core/language.hpp"

#include <chrono>
#include <cstdint>

#include "floe/core/time.hpp"

namespace floe::gather {

/// How long an address has to itself before the next is tried as well: the Connection Attempt Delay
/// (RFC 8305 sec. 5: 250 ms).
inline constexpr duration attempt_delay = std::chrono::milliseconds{250};

/// What becomes of an attempt whose address failed.
enum class after_failure : std::uint8_t {
  next_address,  ///< at once
  leave,         ///< the others go on
  give_up,
};

/// What is known when an address has failed.
struct failed_attempt {
  bool other_may_help = false;  ///< it did not answer
  bool lacks_room = false;      ///< it could not even be asked
  bool has_next = false;        ///< there is one that was not tried
  bool has_rivals = false;      ///< another is still being tried
};

[[nodiscard]] constexpr after_failure decide_failure(const failed_attempt& f) noexcept {
  if (f.lacks_room && f.has_rivals) return after_failure::leave;
  if (!f.other_may_help) return after_failure::give_up;
  if (f.has_next) return after_failure::next_address;
  return f.has_rivals ? after_failure::leave : after_failure::give_up;
}

}  // namespace floe::gather
