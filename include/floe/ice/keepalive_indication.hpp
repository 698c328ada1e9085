// The packet that keeps an idle path open.
//
// owns:     what it holds
// does not: prove anything: an indication is neither authenticated nor answered (consent.hpp does)
// sources:  RFC 8445 sec. 11
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>

#include "floe/core/bytes.hpp"
#include "floe/core/result.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/writer.hpp"

namespace floe::ice {

/// Writes a Binding indication with FINGERPRINT and nothing else. errors: buffer_too_small.
[[nodiscard]] inline result<std::size_t> write_keepalive(byte_span buffer,
                                                         const stun::transaction_id& transaction) {
  stun::writer writer{
      buffer, {stun::method::binding, stun::message_class::indication}, transaction};
  return writer.add_fingerprint().finish();
}

}  // namespace floe::ice
