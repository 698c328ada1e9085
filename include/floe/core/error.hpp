// The errors a caller can meet, as one closed enum.
//
// owns:     errc
// does not: describe datagrams that were refused (core/datagram.hpp: reject), nor broken contracts;
//           error_code.hpp makes a std::error_code of it
#pragma once

#include "floe/core/language.hpp"

namespace floe {

/// Why a call did not do what it was asked. Nothing changed when one of these comes back.
enum class errc {
  buffer_too_small = 1,      ///< the caller's buffer can't hold the message
  capacity_reached,          ///< a table of `limits` is full
  unknown_stream,            ///< no such stream
  unknown_component,         ///< the stream has no such component
  no_path,                   ///< no pair of this component may carry data
  invalid_ufrag,             ///< not 4 to 256 ice-chars (RFC 8839 sec. 5.4)
  invalid_password,          ///< not 22 to 256 ice-chars (RFC 8839 sec. 5.4)
  half_changed_credentials,  ///< only one of ufrag and password changed: no valid restart (RFC 8445
                             ///< sec. 9)
  stale_generation,          ///< belongs to credentials that were replaced
  unusable_address,          ///< nothing can be sent to or from it, or policy forbids it
  invalid_candidate,         ///< a field is out of its range
  after_end_of_candidates,   ///< the peer said that no more would come (RFC 8838 sec. 14)
  malformed_text,            ///< does not match the grammar
  unsupported,               ///< well-formed, but of a kind that floe does not use
  permission_pending,        ///< the relay has not agreed to this peer yet
  session_closed,            ///< the session has ended
};

}  // namespace floe
