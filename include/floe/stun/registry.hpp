// The code points of the IANA STUN registry, as enums.
//
// owns:     attribute types, error codes with their reason phrases
// does not: say what a value looks like (stun/attributes/)
// invariant: an enum may hold any number that came in; a number without a name is an unknown one.
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <string_view>

namespace floe::stun {

/// The type of an attribute.
enum class attribute_type : std::uint16_t {
  // comprehension-required
  mapped_address = 0x0001,            ///< RFC 8489
  response_address = 0x0002,          ///< RFC 3489, reserved
  change_request = 0x0003,            ///< RFC 5780
  source_address = 0x0004,            ///< RFC 3489, reserved
  changed_address = 0x0005,           ///< RFC 3489, reserved
  username = 0x0006,                  ///< RFC 8489
  password = 0x0007,                  ///< RFC 3489, reserved
  message_integrity = 0x0008,         ///< RFC 8489
  error_code = 0x0009,                ///< RFC 8489
  unknown_attributes = 0x000a,        ///< RFC 8489
  reflected_from = 0x000b,            ///< RFC 3489, reserved
  channel_number = 0x000c,            ///< RFC 8656
  lifetime = 0x000d,                  ///< RFC 8656
  bandwidth = 0x0010,                 ///< RFC 8656, reserved
  xor_peer_address = 0x0012,          ///< RFC 8656
  data = 0x0013,                      ///< RFC 8656
  realm = 0x0014,                     ///< RFC 8489
  nonce = 0x0015,                     ///< RFC 8489
  xor_relayed_address = 0x0016,       ///< RFC 8656
  requested_address_family = 0x0017,  ///< RFC 8656
  even_port = 0x0018,                 ///< RFC 8656
  requested_transport = 0x0019,       ///< RFC 8656
  dont_fragment = 0x001a,             ///< RFC 8656
  access_token = 0x001b,              ///< RFC 7635
  message_integrity_sha256 = 0x001c,  ///< RFC 8489
  password_algorithm = 0x001d,        ///< RFC 8489
  userhash = 0x001e,                  ///< RFC 8489
  xor_mapped_address = 0x0020,        ///< RFC 8489
  timer_val = 0x0021,                 ///< RFC 8656, reserved
  reservation_token = 0x0022,         ///< RFC 8656
  priority = 0x0024,                  ///< RFC 8445
  use_candidate = 0x0025,             ///< RFC 8445
  padding = 0x0026,                   ///< RFC 5780
  response_port = 0x0027,             ///< RFC 5780
  connection_id = 0x002a,             ///< RFC 6062

  // comprehension-optional
  additional_address_family = 0x8000,     ///< RFC 8656
  address_error_code = 0x8001,            ///< RFC 8656
  password_algorithms = 0x8002,           ///< RFC 8489
  alternate_domain = 0x8003,              ///< RFC 8489
  icmp = 0x8004,                          ///< RFC 8656
  software = 0x8022,                      ///< RFC 8489
  alternate_server = 0x8023,              ///< RFC 8489
  transaction_transmit_counter = 0x8025,  ///< RFC 7982
  cache_timeout = 0x8027,                 ///< RFC 5780
  fingerprint = 0x8028,                   ///< RFC 8489
  ice_controlled = 0x8029,                ///< RFC 8445
  ice_controlling = 0x802a,               ///< RFC 8445
  response_origin = 0x802b,               ///< RFC 5780
  other_address = 0x802c,                 ///< RFC 5780
  ecn_check = 0x802d,                     ///< RFC 6679
  third_party_authorization = 0x802e,     ///< RFC 7635
  mobility_ticket = 0x8030,               ///< RFC 8016
  cisco_stun_flowdata = 0xc000,
  enf_flow_description = 0xc001,  ///< unregistered use as NOMINATION by ICE renomination
  enf_network_status = 0xc002,
  goog_network_info = 0xc057,
  goog_last_ice_check_received = 0xc058,
  goog_misc_info = 0xc059,
  goog_obsolete_1 = 0xc05a,
  goog_connection_id = 0xc05b,
  goog_delta = 0xc05c,
  goog_delta_ack = 0xc05d,
  goog_delta_sync_req = 0xc05e,
  goog_message_integrity_32 = 0xc060,
  dtls_in_stun = 0xc070,
  dtls_in_stun_acknowledgement = 0xc071,
};

/// True for an attribute that whoever does not know it must not pass over (RFC 8489 sec. 14).
[[nodiscard]] constexpr bool is_comprehension_required(attribute_type type) noexcept {
  return static_cast<std::uint16_t>(type) < 0x8000;
}

/// Why a request was refused. 300 to 699 can come in; these have a meaning.
enum class error_code : std::uint16_t {
  try_alternate = 300,                   ///< RFC 8489
  bad_request = 400,                     ///< RFC 8489
  unauthenticated = 401,                 ///< RFC 8489
  forbidden = 403,                       ///< RFC 8656, RFC 7675
  mobility_forbidden = 405,              ///< RFC 8016
  unknown_attribute = 420,               ///< RFC 8489
  allocation_mismatch = 437,             ///< RFC 8656
  stale_nonce = 438,                     ///< RFC 8489
  address_family_not_supported = 440,    ///< RFC 8656
  wrong_credentials = 441,               ///< RFC 8656
  unsupported_transport_protocol = 442,  ///< RFC 8656
  peer_address_family_mismatch = 443,    ///< RFC 8656
  connection_already_exists = 446,       ///< RFC 6062
  connection_timeout_or_failure = 447,   ///< RFC 6062
  allocation_quota_reached = 486,        ///< RFC 8656
  role_conflict = 487,                   ///< RFC 8445
  server_error = 500,                    ///< RFC 8489
  insufficient_capacity = 508,           ///< RFC 8656
};

/// The phrase that goes with a code, for people to read; empty for a code without a name. Nothing
/// may depend on the phrase that came in (RFC 8489 sec. 14.8).
[[nodiscard]] constexpr std::string_view reason_phrase(error_code code) noexcept {
  switch (code) {
    case error_code::try_alternate: return "Try Alternate";
    case error_code::bad_request: return "Bad Request";
    case error_code::unauthenticated: return "Unauthenticated";
    case error_code::forbidden: return "Forbidden";
    case error_code::mobility_forbidden: return "Mobility Forbidden";
    case error_code::unknown_attribute: return "Unknown Attribute";
    case error_code::allocation_mismatch: return "Allocation Mismatch";
    case error_code::stale_nonce: return "Stale Nonce";
    case error_code::address_family_not_supported: return "Address Family not Supported";
    case error_code::wrong_credentials: return "Wrong Credentials";
    case error_code::unsupported_transport_protocol: return "Unsupported Transport Protocol";
    case error_code::peer_address_family_mismatch: return "Peer Address Family Mismatch";
    case error_code::connection_already_exists: return "Connection Already Exists";
    case error_code::connection_timeout_or_failure: return "Connection Timeout or Failure";
    case error_code::allocation_quota_reached: return "Allocation Quota Reached";
    case error_code::role_conflict: return "Role Conflict";
    case error_code::server_error: return "Server Error";
    case error_code::insufficient_capacity: return "Insufficient Capacity";
  }
  return {};
}

}  // namespace floe::stun
