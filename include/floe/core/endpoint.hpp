// Addresses and ports as values.
//
// owns:     address, endpoint, and the address classes the RFCs treat differently
// does not: parse or print text (sdp/address.hpp), resolve names, or know zones: an IPv6 link-local
//           address is reached through the socket it is used with, and the host bound that socket
// invariant: equal addresses have equal bytes; an IPv4 address leaves its last twelve bytes zero.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace floe {

/// Address family, with the value STUN puts on the wire (RFC 8489 sec. 14.1).
enum class family : std::uint8_t { ipv4 = 1, ipv6 = 2 };

/// An IPv4 or IPv6 address in network byte order.
struct address {
  std::array<std::uint8_t, 16> octets{};  ///< the first 4 (IPv4) or all 16 (IPv6) are used
  floe::family family = family::ipv4;

  [[nodiscard]] static constexpr address v4(std::uint8_t a, std::uint8_t b, std::uint8_t c,
                                            std::uint8_t d) noexcept {
    return {{a, b, c, d}, family::ipv4};
  }
  [[nodiscard]] static constexpr address v6(const std::array<std::uint8_t, 16>& octets) noexcept {
    return {octets, family::ipv6};
  }

  /// Bytes on the wire: 4 or 16.
  [[nodiscard]] constexpr std::size_t size() const noexcept {
    return family == family::ipv4 ? 4 : 16;
  }

  [[nodiscard]] constexpr bool operator==(const address& other) const noexcept {
    // Two words: the array's own comparison is a call.
    using words = std::array<std::uint64_t, 2>;
    const auto mine = std::bit_cast<words>(octets);
    const auto theirs = std::bit_cast<words>(other.octets);
    return ((mine[0] ^ theirs[0]) | (mine[1] ^ theirs[1])) == 0 && family == other.family;
  }
};

/// A transport address: an address and a port in host byte order. Which transport it is for is
/// known from its context.
struct endpoint {
  floe::address address;
  std::uint16_t port = 0;

  [[nodiscard]] constexpr bool operator==(const endpoint&) const noexcept = default;
};

/// True for 0.0.0.0 and ::.
[[nodiscard]] constexpr bool is_unspecified(const address& a) noexcept {
  return a.octets == std::array<std::uint8_t, 16>{};
}

/// True for 127.0.0.0/8 and ::1.
[[nodiscard]] constexpr bool is_loopback(const address& a) noexcept {
  if (a.family == family::ipv4) return a.octets[0] == 127;
  auto one = std::array<std::uint8_t, 16>{};
  one[15] = 1;
  return a.octets == one;
}

/// True for 169.254.0.0/16 and fe80::/10.
[[nodiscard]] constexpr bool is_link_local(const address& a) noexcept {
  if (a.family == family::ipv4) return a.octets[0] == 169 && a.octets[1] == 254;
  return a.octets[0] == 0xfe && (a.octets[1] & 0xc0U) == 0x80;
}

/// True for 224.0.0.0/4 and ff00::/8.
[[nodiscard]] constexpr bool is_multicast(const address& a) noexcept {
  return a.family == family::ipv4 ? (a.octets[0] & 0xf0U) == 0xe0 : a.octets[0] == 0xff;
}

/// True for 255.255.255.255.
[[nodiscard]] constexpr bool is_broadcast(const address& a) noexcept {
  return a == address::v4(255, 255, 255, 255);
}

/// True for ::ffff:0:0/96, an IPv4 address in IPv6 clothes (RFC 4291 sec. 2.5.5.2).
[[nodiscard]] constexpr bool is_v4_mapped(const address& a) noexcept {
  return a.family == family::ipv6 && a.octets[10] == 0xff && a.octets[11] == 0xff &&
         std::all_of(a.octets.begin(), a.octets.begin() + 10, [](auto o) { return o == 0; });
}

/// The IPv4 address in IPv6 clothes, and any other as it is.
[[nodiscard]] constexpr address unmapped(const address& a) noexcept {
  if (!is_v4_mapped(a)) return a;
  return address::v4(a.octets[12], a.octets[13], a.octets[14], a.octets[15]);
}

/// An IPv4 address in IPv6 clothes, as a socket of that family takes it, and any other as it is.
[[nodiscard]] constexpr address v4_mapped(const address& a) noexcept {
  if (a.family != family::ipv4) return a;
  return address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a.octets[0], a.octets[1],
                      a.octets[2], a.octets[3]});
}

/// True for the deprecated ::/96 other than :: and ::1 (RFC 4291 sec. 2.5.5.1).
[[nodiscard]] constexpr bool is_v4_compatible(const address& a) noexcept {
  return a.family == family::ipv6 && !is_unspecified(a) && !is_loopback(a) &&
         std::all_of(a.octets.begin(), a.octets.begin() + 12, [](auto o) { return o == 0; });
}

/// True for the deprecated fec0::/10 (RFC 3879).
[[nodiscard]] constexpr bool is_site_local(const address& a) noexcept {
  return a.family == family::ipv6 && a.octets[0] == 0xfe && (a.octets[1] & 0xc0U) == 0xc0;
}

/// True for an endpoint that a datagram can be sent to: a unicast address and a port.
[[nodiscard]] constexpr bool is_sendable(const endpoint& e) noexcept {
  return e.port != 0 && !is_unspecified(e.address) && !is_multicast(e.address) &&
         !is_broadcast(e.address);
}

}  // namespace floe
