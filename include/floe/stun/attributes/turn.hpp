// The attributes of TURN: RFC 8656 sec. 18, RFC 6062 sec. 6.2, RFC 7635 sec. 6, RFC 8016 sec. 3.4.
// Its addresses are with the others (attributes/address.hpp).
//
// owns:     their codecs
// does not: say which go together, or what a server may answer
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// CHANNEL-NUMBER. Which numbers are channels is for its user to say.
using channel_number = reserved_tail_attribute<attribute_type::channel_number, std::uint16_t>;

/// LIFETIME, in seconds.
using lifetime = number_attribute<attribute_type::lifetime, std::uint32_t>;

/// DATA: what was received from a peer or is to be sent to it.
using data = bytes_attribute<attribute_type::data>;

/// DONT-FRAGMENT.
using dont_fragment = empty_attribute<attribute_type::dont_fragment>;

/// REQUESTED-TRANSPORT: an IP protocol number.
using requested_transport =
    reserved_tail_attribute<attribute_type::requested_transport, std::uint8_t>;
inline constexpr std::uint8_t transport_udp = 17;
inline constexpr std::uint8_t transport_tcp = 6;

/// RESERVATION-TOKEN.
using reservation_token = token_attribute<attribute_type::reservation_token, 8>;

/// CONNECTION-ID (RFC 6062 sec. 6.2.1).
using connection_id = number_attribute<attribute_type::connection_id, std::uint32_t>;

/// ACCESS-TOKEN (RFC 7635 sec. 6.2): sealed for the server; floe carries it.
using access_token = bytes_attribute<attribute_type::access_token>;

/// THIRD-PARTY-AUTHORIZATION (RFC 7635 sec. 6.1): the name by which the server knows itself there.
using third_party_authorization =
    text_attribute<attribute_type::third_party_authorization, phrase_limits>;

/// MOBILITY-TICKET (RFC 8016 sec. 3.4): empty to ask for one, else as it was received.
using mobility_ticket = bytes_attribute<attribute_type::mobility_ticket>;

/// An attribute that is an address family, with three reserved bytes.
template <attribute_type Type>
struct family_attribute {
  static constexpr attribute_type type = Type;

  floe::family value = family::ipv4;

  [[nodiscard]] static constexpr std::optional<family_attribute>
  decode(byte_view bytes, const transaction_id& id) noexcept {
    const auto number = reserved_tail_attribute<Type, std::uint8_t>::decode(bytes, id);
    if (!number) return std::nullopt;
    const auto family = static_cast<floe::family>(number->value);
    if (family != family::ipv4 && family != family::ipv6) return std::nullopt;
    return family_attribute{family};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 4; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), static_cast<std::uint32_t>(value) << 24U);
  }

  [[nodiscard]] constexpr bool operator==(const family_attribute&) const noexcept = default;
};

using requested_address_family = family_attribute<attribute_type::requested_address_family>;
using additional_address_family = family_attribute<attribute_type::additional_address_family>;

/// EVEN-PORT: asks for an even port, and perhaps for the next one to be kept.
struct even_port {
  static constexpr attribute_type type = attribute_type::even_port;

  bool reserve_next = false;

  [[nodiscard]] static constexpr std::optional<even_port> decode(byte_view bytes,
                                                                 const transaction_id&) noexcept {
    if (bytes.size() != 1) return std::nullopt;
    return even_port{(bytes.data()[0] & std::byte{0x80}) != std::byte{0}};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 1; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    out.data()[0] = reserve_next ? std::byte{0x80} : std::byte{0};
  }

  [[nodiscard]] constexpr bool operator==(const even_port&) const noexcept = default;
};

/// ADDRESS-ERROR-CODE: why there is no address of one family, in an otherwise successful answer.
struct address_error_code {
  static constexpr attribute_type type = attribute_type::address_error_code;

  floe::family family = floe::family::ipv4;
  error_code_attribute error;

  [[nodiscard]] static std::optional<address_error_code> decode(byte_view bytes,
                                                                const transaction_id& id) noexcept {
    // The family stands where ERROR-CODE has reserved bits; the rest is the same.
    const auto error = error_code_attribute::decode(bytes, id);
    if (!error) return std::nullopt;
    const auto family = static_cast<floe::family>(bytes.data()[0]);
    if (family != family::ipv4 && family != family::ipv6) return std::nullopt;
    return address_error_code{family, *error};
  }
  [[nodiscard]] constexpr bool is_encodable() const noexcept { return error.is_encodable(); }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return error.size(); }
  constexpr void encode(byte_span out, const transaction_id& id) const noexcept {
    error.encode(out, id);
    out.data()[0] = static_cast<std::byte>(family);
  }

  [[nodiscard]] constexpr bool operator==(const address_error_code&) const noexcept = default;
};

/// ICMP: an error about what was sent to a peer. The figure of RFC 8656 sec. 18.13 draws the type
/// with 7 bits and the code with 9; servers write them as bytes of their own, and so does floe.
struct icmp {
  static constexpr attribute_type type = attribute_type::icmp;

  std::uint8_t icmp_type = 0;
  std::uint8_t icmp_code = 0;
  std::uint32_t error_data = 0;  ///< the next hop's MTU for "packet too big"

  [[nodiscard]] static constexpr std::optional<icmp> decode(byte_view bytes,
                                                            const transaction_id&) noexcept {
    if (bytes.size() != 8) return std::nullopt;
    return icmp{load_be<std::uint8_t>(bytes.data() + 2), load_be<std::uint8_t>(bytes.data() + 3),
                load_be<std::uint32_t>(bytes.data() + 4)};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 8; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), static_cast<std::uint32_t>(icmp_type << 8U | icmp_code));
    store_be(out.data() + 4, error_data);
  }

  [[nodiscard]] constexpr bool operator==(const icmp&) const noexcept = default;
};

}  // namespace floe::stun
