// floe::errc as a std::error_code, for hosts that carry those.
//
// owns:     the category
// does not: serve floe itself, which pays for no <system_error> (core/error.hpp)
#pragma once

#include "floe/core/language.hpp"

#include <string>
#include <system_error>
#include <type_traits>

#include "floe/core/error.hpp"

namespace floe {

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
