// What a TURN client does about an error response.
//
// owns:     the decisions, as functions of the facts; what a response may hold
// does not: decide what every STUN client decides alike (stun/response_rules.hpp,
//           stun/credential_rules.hpp); keep state, or send anything
// sources:  RFC 8656 sec. 7.4, 8.3, 10.4, 12.4; RFC 6062 sec. 4.3; RFC 8016 sec. 3.1, 3.2
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/time.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"
#include "floe/stun/response_rules.hpp"

namespace floe::turn {

/// True when the response holds nothing that must be understood and is not. source: RFC 8489
/// sec. 6.3.3
[[nodiscard]] inline bool is_understood(const stun::message_view& message) noexcept {
  using stun::attribute_type;
  constexpr std::array known{attribute_type::mapped_address,
                             attribute_type::xor_mapped_address,
                             attribute_type::xor_relayed_address,
                             attribute_type::xor_peer_address,
                             attribute_type::lifetime,
                             attribute_type::reservation_token,
                             attribute_type::requested_address_family,
                             attribute_type::channel_number,
                             attribute_type::connection_id,
                             attribute_type::error_code,
                             attribute_type::unknown_attributes,
                             attribute_type::username,
                             attribute_type::realm,
                             attribute_type::nonce,
                             attribute_type::password_algorithm,
                             attribute_type::message_integrity,
                             attribute_type::message_integrity_sha256};
  return message.unknown_required(known).empty();
}

/// How often an operation takes up a challenge, whatever the challenges say: a server with a new
/// realm each time would go on for ever.
inline constexpr unsigned most_challenges = 4;

/// How many local sockets are tried on one server whose 437 says that they are taken.
inline constexpr unsigned most_sockets = 3;

/// How often a server that is full is asked again, and how long it is left alone the first time;
/// each further time it is twice as long.
inline constexpr unsigned most_waits = 3;
inline constexpr duration least_wait = std::chrono::minutes{1};

/// What to do about an error response to an Allocate request.
enum class allocate_decision : std::uint8_t {
  authenticate,    ///< to the credentials
  try_alternate,   ///< to stun::decide_alternate()
  resend,          ///< the same, at once
  ask_for_less,    ///< the same without what can be done without
  another_socket,  ///< the same from another local socket
  wait,            ///< the same after least_wait at least
  fail,
};

/// What is known when an error response to an Allocate comes.
struct allocate_facts {
  stun::error_code code{};
  unsigned server_errors = 0;     ///< 5xx so far, this one included
  unsigned waits = 0;             ///< how often the server was left alone before
  unsigned sockets = 1;           ///< local sockets so far
  bool can_ask_for_less = false;  ///< something in the request explains this error
};

[[nodiscard]] constexpr allocate_decision decide_allocate(const allocate_facts& f) noexcept {
  using stun::error_code;
  if (f.can_ask_for_less) return allocate_decision::ask_for_less;
  if (f.code == error_code::allocation_mismatch) {
    return f.sockets < most_sockets ? allocate_decision::another_socket : allocate_decision::fail;
  }
  if (f.code == error_code::allocation_quota_reached ||
      f.code == error_code::insufficient_capacity) {
    return f.waits < most_waits ? allocate_decision::wait : allocate_decision::fail;
  }
  switch (stun::decide_error(f.code, f.server_errors)) {
    case stun::error_decision::authenticate: return allocate_decision::authenticate;
    case stun::error_decision::try_alternate: return allocate_decision::try_alternate;
    case stun::error_decision::resend: return allocate_decision::resend;
    case stun::error_decision::fail: break;
  }
  return allocate_decision::fail;
}

/// How long a server that is full is left alone the next time. source: RFC 8656 sec. 7.4
[[nodiscard]] constexpr duration wait_for(unsigned waits) noexcept {
  return scaled(least_wait, duration::rep{1} << (waits < most_waits ? waits : most_waits));
}

/// What to do about an error response to a Refresh request.
enum class refresh_decision : std::uint8_t {
  authenticate,
  resend,
  gone,  ///< the server has no such allocation
  keep,  ///< it lasts as long as it did, and may be refreshed again
};

/// `with_ticket`: the request came from another address than the allocation's, and showed a ticket.
[[nodiscard]] constexpr refresh_decision
decide_refresh(stun::error_code code, unsigned server_errors, bool with_ticket) noexcept {
  using stun::error_code;
  if (code == error_code::allocation_mismatch) return refresh_decision::gone;
  if (with_ticket && (code == error_code::bad_request || code == error_code::wrong_credentials)) {
    return refresh_decision::gone;
  }
  switch (stun::decide_error(code, server_errors)) {
    case stun::error_decision::authenticate: return refresh_decision::authenticate;
    case stun::error_decision::resend:
      return code == error_code::insufficient_capacity ? refresh_decision::keep
                                                       : refresh_decision::resend;
    case stun::error_decision::try_alternate:
    case stun::error_decision::fail: break;
  }
  return refresh_decision::keep;
}

/// What to do about an error response to a request that is about peers: CreatePermission,
/// ChannelBind, Connect, ConnectionBind.
enum class peer_decision : std::uint8_t {
  authenticate,
  resend,
  gone,        ///< the server has no such allocation
  start_over,  ///< client and server disagree about channels: give the allocation back
  separate,    ///< some of several peers may be fine: each for itself
  refuse,      ///< the server won't have it
};

/// What is known when an error response to such a request comes.
struct peer_facts {
  std::optional<stun::error_code> code{};  ///< none: an answer that makes no sense
  unsigned server_errors = 0;              ///< 5xx so far, this one included
  std::size_t peers = 1;                   ///< how many the request names
  bool is_channel_bind = false;
  bool ends_out_of_step = false;  ///< whether a disagreement about channels ends the session
};

[[nodiscard]] constexpr peer_decision decide_peer(const peer_facts& f) noexcept {
  using stun::error_code;
  const auto no = f.peers > 1 ? peer_decision::separate : peer_decision::refuse;
  if (!f.code) return no;
  if (f.code == error_code::allocation_mismatch) return peer_decision::gone;
  if (f.code == error_code::bad_request && f.is_channel_bind && f.ends_out_of_step) {
    return peer_decision::start_over;
  }
  switch (stun::decide_error(*f.code, f.server_errors)) {
    case stun::error_decision::authenticate: return peer_decision::authenticate;
    case stun::error_decision::resend:
      if (f.code != error_code::insufficient_capacity) return peer_decision::resend;
      break;
    case stun::error_decision::try_alternate:
    case stun::error_decision::fail: break;
  }
  return no;
}

}  // namespace floe::turn
