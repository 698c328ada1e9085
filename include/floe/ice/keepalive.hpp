// Keeping a selected path open in the middleboxes along it.
//
// owns:     when an idle path needs a packet, and what that packet is
// does not: prove anything: an indication is neither authenticated nor answered (consent.hpp does)
// sources:  RFC 8445 sec. 11
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>

#include "floe/core/bytes.hpp"
#include "floe/core/result.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/writer.hpp"

namespace floe::ice {

/// The least Tr (RFC 8445 sec. 11).
inline constexpr duration min_keepalive = std::chrono::seconds{15};

/// When a path on which a packet last left at `last_sent` needs another.
[[nodiscard]] constexpr time_point keepalive_due(time_point last_sent, duration tr) noexcept {
  return after(last_sent, tr);
}

/// Writes a Binding indication with FINGERPRINT and nothing else. errors: buffer_too_small.
[[nodiscard]] inline result<std::size_t> write_keepalive(byte_span buffer,
                                                         const stun::transaction_id& transaction) {
  stun::writer writer{
      buffer, {stun::method::binding, stun::message_class::indication}, transaction};
  return writer.add_fingerprint().finish();
}

}  // namespace floe::ice
