// Attributes of extensions and vendors: RFC 7982, RFC 6679, and those that WebRTC implementations
// send. All are comprehension-optional: whoever does not ask for one never sees it.
//
// owns:     their codecs
// does not: enable anything; what has no published layout is carried as bytes
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// TRANSACTION_TRANSMIT_COUNTER (RFC 7982 sec. 3.1): the how-manieth send of a request this is,
/// and how often it was answered.
struct transaction_transmit_counter {
  static constexpr attribute_type type = attribute_type::transaction_transmit_counter;

  std::uint8_t requests = 0;
  std::uint8_t responses = 0;

  [[nodiscard]] static constexpr std::optional<transaction_transmit_counter>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != 4) return std::nullopt;
    return transaction_transmit_counter{load_be<std::uint8_t>(bytes.data() + 2),
                                        load_be<std::uint8_t>(bytes.data() + 3)};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 4; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), static_cast<std::uint32_t>(requests << 8U | responses));
  }

  [[nodiscard]] constexpr bool
  operator==(const transaction_transmit_counter&) const noexcept = default;
};

/// ECN-CHECK (RFC 6679 sec. 7.2.2): its flags, uninterpreted.
using ecn_check = number_attribute<attribute_type::ecn_check, std::uint32_t>;

/// The nomination number of ICE renomination, under a code point that IANA gave to somebody else;
/// only the lower 24 bits count.
using nomination = number_attribute<attribute_type::enf_flow_description, std::uint32_t>;

/// GOOG-NETWORK-INFO: the sender's network, and what its use costs, 0 to 999.
struct goog_network_info {
  static constexpr attribute_type type = attribute_type::goog_network_info;

  std::uint16_t network_id = 0;
  std::uint16_t network_cost = 0;

  [[nodiscard]] static constexpr std::optional<goog_network_info>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != 4) return std::nullopt;
    return goog_network_info{load_be<std::uint16_t>(bytes.data()),
                             load_be<std::uint16_t>(bytes.data() + 2)};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 4; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), network_id);
    store_be(out.data() + 2, network_cost);
  }

  [[nodiscard]] constexpr bool operator==(const goog_network_info&) const noexcept = default;
};

/// GOOG-LAST-ICE-CHECK-RECEIVED: the transaction id of the last check that arrived.
using goog_last_ice_check_received =
    token_attribute<attribute_type::goog_last_ice_check_received, 12>;

/// GOOG-MESSAGE-INTEGRITY-32: the first four bytes of a code like MESSAGE-INTEGRITY.
using goog_message_integrity_32 = token_attribute<attribute_type::goog_message_integrity_32, 4>;

/// Carried as bytes.
using goog_misc_info = bytes_attribute<attribute_type::goog_misc_info>;
using goog_connection_id = bytes_attribute<attribute_type::goog_connection_id>;
using goog_delta = bytes_attribute<attribute_type::goog_delta>;
using goog_delta_ack = bytes_attribute<attribute_type::goog_delta_ack>;
using goog_delta_sync_req = bytes_attribute<attribute_type::goog_delta_sync_req>;
using dtls_in_stun = bytes_attribute<attribute_type::dtls_in_stun>;
using dtls_in_stun_acknowledgement = bytes_attribute<attribute_type::dtls_in_stun_acknowledgement>;
using cisco_stun_flowdata = bytes_attribute<attribute_type::cisco_stun_flowdata>;
using enf_network_status = bytes_attribute<attribute_type::enf_network_status>;

}  // namespace floe::stun
