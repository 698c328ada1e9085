// Attributes that hold a transport address, plain or XORed (RFC 8489 sec. 14.1, 14.2).
//
// owns:     their one codec; MAPPED-ADDRESS, XOR-MAPPED-ADDRESS, ALTERNATE-SERVER and the addresses
//           of TURN (RFC 8656 sec. 18) and of behaviour discovery (RFC 5780 sec. 7)
// does not: judge whether the address is usable
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

namespace detail {

/// What the bytes of an address are XORed with: zeros, or cookie and transaction id. The port takes
/// the first two bytes.
using address_mask = std::array<std::uint8_t, 16>;

[[nodiscard]] constexpr address_mask xor_mask(const transaction_id& id) noexcept {
  address_mask mask{0x21, 0x12, 0xa4, 0x42};
  for (std::size_t i = 0; i < id.bytes.size(); ++i) {
    mask[4 + i] = std::to_integer<std::uint8_t>(id.bytes[i]);
  }
  return mask;
}

[[nodiscard]] constexpr std::uint16_t port_mask(const address_mask& mask) noexcept {
  return static_cast<std::uint16_t>((mask[0] << 8U) | mask[1]);
}

inline constexpr std::size_t address_prefix = 4;  ///< zero, family, port

[[nodiscard]] constexpr std::optional<endpoint> decode_address(byte_view value,
                                                               const address_mask& mask) noexcept {
  if (value.size() < address_prefix) return std::nullopt;
  const auto* const from = value.data();
  endpoint out;
  const auto family = std::to_integer<std::uint8_t>(from[1]);
  if (family == static_cast<std::uint8_t>(family::ipv4)) {
    out.address.family = family::ipv4;
  } else if (family == static_cast<std::uint8_t>(family::ipv6)) {
    out.address.family = family::ipv6;
  } else {
    return std::nullopt;
  }
  if (value.size() != address_prefix + out.address.size()) return std::nullopt;
  out.port = static_cast<std::uint16_t>(load_be<std::uint16_t>(from + 2) ^ port_mask(mask));
  for (std::size_t i = 0; i < out.address.size(); ++i) {
    out.address.octets[i] = static_cast<std::uint8_t>(
        std::to_integer<std::uint8_t>(from[address_prefix + i]) ^ mask[i]);
  }
  return out;
}

constexpr void encode_address(std::byte* to, const endpoint& e, const address_mask& mask) noexcept {
  // In words, not in bytes (crypto/written.hpp).
  const auto port = static_cast<std::uint32_t>(e.port ^ port_mask(mask));
  store_be(to, static_cast<std::uint32_t>(e.address.family) << 16U | port);
  for (std::size_t i = 0; i < e.address.size(); i += 4) {
    std::uint32_t word = 0;
    for (std::size_t k = i; k < i + 4; ++k) {
      word = word << 8U | static_cast<std::uint32_t>(e.address.octets[k] ^ mask[k]);
    }
    store_be(to + address_prefix + i, word);
  }
}

}  // namespace detail

/// An attribute that holds an address as it is.
template <attribute_type Type>
struct plain_address {
  static constexpr attribute_type type = Type;

  endpoint value;

  [[nodiscard]] static constexpr std::optional<plain_address>
  decode(byte_view bytes, const transaction_id&) noexcept {
    const auto address = detail::decode_address(bytes, {});
    if (!address) return std::nullopt;
    return plain_address{*address};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return detail::address_prefix + value.address.size();
  }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    detail::encode_address(out.data(), value, {});
  }

  [[nodiscard]] constexpr bool operator==(const plain_address&) const noexcept = default;
};

/// An attribute that hides its address from middleboxes that rewrite what looks like one.
template <attribute_type Type>
struct xor_address {
  static constexpr attribute_type type = Type;

  endpoint value;

  [[nodiscard]] static constexpr std::optional<xor_address>
  decode(byte_view bytes, const transaction_id& id) noexcept {
    const auto address = detail::decode_address(bytes, detail::xor_mask(id));
    if (!address) return std::nullopt;
    return xor_address{*address};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return detail::address_prefix + value.address.size();
  }
  constexpr void encode(byte_span out, const transaction_id& id) const noexcept {
    detail::encode_address(out.data(), value, detail::xor_mask(id));
  }

  [[nodiscard]] constexpr bool operator==(const xor_address&) const noexcept = default;
};

using mapped_address = plain_address<attribute_type::mapped_address>;
using alternate_server = plain_address<attribute_type::alternate_server>;
using response_origin = plain_address<attribute_type::response_origin>;
using other_address = plain_address<attribute_type::other_address>;

using xor_mapped_address = xor_address<attribute_type::xor_mapped_address>;
using xor_peer_address = xor_address<attribute_type::xor_peer_address>;
using xor_relayed_address = xor_address<attribute_type::xor_relayed_address>;

}  // namespace floe::stun
