// Keeping a selected path open in the middleboxes along it.
//
// owns:     when an idle path needs a packet
// does not: write it (keepalive_indication.hpp), or prove anything (consent.hpp)
// sources:  RFC 8445 sec. 11
#pragma once

#include "floe/core/language.hpp"

#include <chrono>

#include "floe/core/time.hpp"

namespace floe::ice {

/// The least Tr (RFC 8445 sec. 11).
inline constexpr duration min_keepalive = std::chrono::seconds{15};

/// When a path on which a packet last left at `last_sent` needs another.
[[nodiscard]] constexpr time_point keepalive_due(time_point last_sent, duration tr) noexcept {
  return after(last_sent, tr);
}

}  // namespace floe::ice
