// The names of the STUN registry, and what kind of value goes with each attribute: for people.
//
// owns:     one table of attributes, the names of methods and classes
// does not: decode (stun/attributes/), nor print whole messages (sdp/stun_text.hpp)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// How the value of an attribute is best shown.
enum class value_kind : std::uint8_t {
  nothing,
  text,
  bytes,        ///< size, and the bytes when they are few
  secret,       ///< size only
  number,       ///< 1, 2, 4 or 8 bytes, high byte first
  short_first,  ///< a 16-bit number and reserved bytes
  byte_first,   ///< an 8-bit number and reserved bytes
  address,
  xor_address,
  error,
  family_error,  ///< an error with an address family in front
  types,         ///< a list of attribute types
  integrity,
  fingerprint,
};

struct attribute_name {
  attribute_type type{};
  std::string_view name;
  value_kind kind{};
};

// clang-format off
inline constexpr std::array attribute_names{
    attribute_name{attribute_type::mapped_address, "MAPPED-ADDRESS", value_kind::address},
    attribute_name{attribute_type::response_address, "RESPONSE-ADDRESS", value_kind::address},
    attribute_name{attribute_type::change_request, "CHANGE-REQUEST", value_kind::number},
    attribute_name{attribute_type::source_address, "SOURCE-ADDRESS", value_kind::address},
    attribute_name{attribute_type::changed_address, "CHANGED-ADDRESS", value_kind::address},
    attribute_name{attribute_type::username, "USERNAME", value_kind::text},
    attribute_name{attribute_type::password, "PASSWORD", value_kind::secret},
    attribute_name{attribute_type::message_integrity, "MESSAGE-INTEGRITY", value_kind::integrity},
    attribute_name{attribute_type::error_code, "ERROR-CODE", value_kind::error},
    attribute_name{attribute_type::unknown_attributes, "UNKNOWN-ATTRIBUTES", value_kind::types},
    attribute_name{attribute_type::reflected_from, "REFLECTED-FROM", value_kind::address},
    attribute_name{attribute_type::channel_number, "CHANNEL-NUMBER", value_kind::short_first},
    attribute_name{attribute_type::lifetime, "LIFETIME", value_kind::number},
    attribute_name{attribute_type::bandwidth, "BANDWIDTH", value_kind::number},
    attribute_name{attribute_type::xor_peer_address, "XOR-PEER-ADDRESS", value_kind::xor_address},
    attribute_name{attribute_type::data, "DATA", value_kind::bytes},
    attribute_name{attribute_type::realm, "REALM", value_kind::text},
    attribute_name{attribute_type::nonce, "NONCE", value_kind::text},
    attribute_name{attribute_type::xor_relayed_address, "XOR-RELAYED-ADDRESS", value_kind::xor_address},
    attribute_name{attribute_type::requested_address_family, "REQUESTED-ADDRESS-FAMILY", value_kind::byte_first},
    attribute_name{attribute_type::even_port, "EVEN-PORT", value_kind::number},
    attribute_name{attribute_type::requested_transport, "REQUESTED-TRANSPORT", value_kind::byte_first},
    attribute_name{attribute_type::dont_fragment, "DONT-FRAGMENT", value_kind::nothing},
    attribute_name{attribute_type::access_token, "ACCESS-TOKEN", value_kind::secret},
    attribute_name{attribute_type::message_integrity_sha256, "MESSAGE-INTEGRITY-SHA256", value_kind::integrity},
    attribute_name{attribute_type::password_algorithm, "PASSWORD-ALGORITHM", value_kind::short_first},
    attribute_name{attribute_type::userhash, "USERHASH", value_kind::bytes},
    attribute_name{attribute_type::xor_mapped_address, "XOR-MAPPED-ADDRESS", value_kind::xor_address},
    attribute_name{attribute_type::timer_val, "TIMER-VAL", value_kind::bytes},
    attribute_name{attribute_type::reservation_token, "RESERVATION-TOKEN", value_kind::secret},
    attribute_name{attribute_type::priority, "PRIORITY", value_kind::number},
    attribute_name{attribute_type::use_candidate, "USE-CANDIDATE", value_kind::nothing},
    attribute_name{attribute_type::padding, "PADDING", value_kind::secret},
    attribute_name{attribute_type::response_port, "RESPONSE-PORT", value_kind::short_first},
    attribute_name{attribute_type::connection_id, "CONNECTION-ID", value_kind::number},
    attribute_name{attribute_type::additional_address_family, "ADDITIONAL-ADDRESS-FAMILY", value_kind::byte_first},
    attribute_name{attribute_type::address_error_code, "ADDRESS-ERROR-CODE", value_kind::family_error},
    attribute_name{attribute_type::password_algorithms, "PASSWORD-ALGORITHMS", value_kind::bytes},
    attribute_name{attribute_type::alternate_domain, "ALTERNATE-DOMAIN", value_kind::text},
    attribute_name{attribute_type::icmp, "ICMP", value_kind::bytes},
    attribute_name{attribute_type::software, "SOFTWARE", value_kind::text},
    attribute_name{attribute_type::alternate_server, "ALTERNATE-SERVER", value_kind::address},
    attribute_name{attribute_type::transaction_transmit_counter, "TRANSACTION-TRANSMIT-COUNTER", value_kind::bytes},
    attribute_name{attribute_type::cache_timeout, "CACHE-TIMEOUT", value_kind::number},
    attribute_name{attribute_type::fingerprint, "FINGERPRINT", value_kind::fingerprint},
    attribute_name{attribute_type::ice_controlled, "ICE-CONTROLLED", value_kind::number},
    attribute_name{attribute_type::ice_controlling, "ICE-CONTROLLING", value_kind::number},
    attribute_name{attribute_type::response_origin, "RESPONSE-ORIGIN", value_kind::address},
    attribute_name{attribute_type::other_address, "OTHER-ADDRESS", value_kind::address},
    attribute_name{attribute_type::ecn_check, "ECN-CHECK", value_kind::number},
    attribute_name{attribute_type::third_party_authorization, "THIRD-PARTY-AUTHORIZATION", value_kind::text},
    attribute_name{attribute_type::mobility_ticket, "MOBILITY-TICKET", value_kind::secret},
    attribute_name{attribute_type::cisco_stun_flowdata, "CISCO-STUN-FLOWDATA", value_kind::bytes},
    attribute_name{attribute_type::enf_flow_description, "ENF-FLOW-DESCRIPTION", value_kind::bytes},
    attribute_name{attribute_type::enf_network_status, "ENF-NETWORK-STATUS", value_kind::bytes},
    attribute_name{attribute_type::goog_network_info, "GOOG-NETWORK-INFO", value_kind::bytes},
    attribute_name{attribute_type::goog_last_ice_check_received, "GOOG-LAST-ICE-CHECK-RECEIVED", value_kind::bytes},
    attribute_name{attribute_type::goog_misc_info, "GOOG-MISC-INFO", value_kind::bytes},
    attribute_name{attribute_type::goog_obsolete_1, "GOOG-OBSOLETE-1", value_kind::bytes},
    attribute_name{attribute_type::goog_connection_id, "GOOG-CONNECTION-ID", value_kind::bytes},
    attribute_name{attribute_type::goog_delta, "GOOG-DELTA", value_kind::bytes},
    attribute_name{attribute_type::goog_delta_ack, "GOOG-DELTA-ACK", value_kind::bytes},
    attribute_name{attribute_type::goog_delta_sync_req, "GOOG-DELTA-SYNC-REQ", value_kind::bytes},
    attribute_name{attribute_type::goog_message_integrity_32, "GOOG-MESSAGE-INTEGRITY-32", value_kind::bytes},
    attribute_name{attribute_type::dtls_in_stun, "DTLS-IN-STUN", value_kind::bytes},
    attribute_name{attribute_type::dtls_in_stun_acknowledgement, "DTLS-IN-STUN-ACKNOWLEDGEMENT", value_kind::bytes},
};
// clang-format on

/// The row of an attribute; one without a name for a type that is in no registry.
[[nodiscard]] constexpr attribute_name describe(attribute_type type) noexcept {
  const auto* const found =
      std::find_if(attribute_names.begin(), attribute_names.end(),
                   [type](const attribute_name& row) { return row.type == type; });
  return found != attribute_names.end() ? *found : attribute_name{type, {}, value_kind::bytes};
}

/// The name of a method; empty for one without.
[[nodiscard]] constexpr std::string_view name_of(method m) noexcept {
  switch (m) {
    case method::binding: return "Binding";
    case method::allocate: return "Allocate";
    case method::refresh: return "Refresh";
    case method::send: return "Send";
    case method::data: return "Data";
    case method::create_permission: return "CreatePermission";
    case method::channel_bind: return "ChannelBind";
    case method::connect: return "Connect";
    case method::connection_bind: return "ConnectionBind";
    case method::connection_attempt: return "ConnectionAttempt";
    case method::goog_ping: return "GOOG-PING";
  }
  return {};
}

[[nodiscard]] constexpr std::string_view name_of(message_class cls) noexcept {
  switch (cls) {
    case message_class::request: return "request";
    case message_class::indication: return "indication";
    case message_class::success: return "success response";
    case message_class::error: return "error response";
  }
  return {};
}

}  // namespace floe::stun
