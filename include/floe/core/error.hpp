// The errors a caller can meet, as one closed enum.
//
// owns:     errc and its std::error_code category
// does not: describe datagrams that were refused (core/datagram.hpp: reject), nor broken contracts
#pragma once

#include "floe/core/language.hpp"

#include <string>
#include <system_error>
#include <type_traits>

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

namespace detail {

class errc_category final : public std::error_category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "floe"; }
  [[nodiscard]] std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::buffer_too_small: return "buffer too small";
      case errc::capacity_reached: return "capacity reached";
      case errc::unknown_stream: return "unknown stream";
      case errc::unknown_component: return "unknown component";
      case errc::no_path: return "no path";
      case errc::invalid_ufrag: return "invalid ufrag";
      case errc::invalid_password: return "invalid password";
      case errc::half_changed_credentials: return "only one of ufrag and password changed";
      case errc::stale_generation: return "stale generation";
      case errc::unusable_address: return "unusable address";
      case errc::invalid_candidate: return "invalid candidate";
      case errc::after_end_of_candidates: return "after end of candidates";
      case errc::malformed_text: return "malformed text";
      case errc::unsupported: return "unsupported";
      case errc::permission_pending: return "permission pending";
      case errc::session_closed: return "session closed";
    }
    return "unknown floe error";
  }
};

}  // namespace detail

/// The category behind std::error_code for floe::errc.
[[nodiscard]] inline const std::error_category& error_category() noexcept {
  static const detail::errc_category instance;
  return instance;
}

[[nodiscard]] inline std::error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), error_category()};
}

}  // namespace floe

template <>
struct std::is_error_code_enum<floe::errc> : std::true_type {};
