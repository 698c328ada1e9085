// Which protocol a datagram belongs to, by its first byte.
//
// owns:     the table of RFC 7983 sec. 7 and its successor with QUIC, RFC 9443 sec. 2
// does not: look further: a first byte of 0 to 3 may still be no STUN, and whether a channel number
//           can be one depends on where the datagram came from, which the caller knows
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"

namespace floe::stun {

/// Protocols that share a socket with STUN.
enum class protocol : std::uint8_t {
  stun,
  zrtp,
  dtls,
  turn_channel,  ///< only from a TURN server; from elsewhere unknown, or QUIC where that is in use
  rtp,           ///< or RTCP
  quic,
  unknown,  ///< of nobody: to be dropped
};

namespace detail {

using protocol_table = std::array<protocol, 256>;

[[nodiscard]] constexpr protocol_table make_protocol_table(protocol others) noexcept {
  protocol_table table{};
  const auto set = [&table](std::size_t first, std::size_t last, protocol p) {
    for (auto i = first; i <= last; ++i) table[i] = p;
  };
  set(0, 3, protocol::stun);
  set(4, 15, protocol::unknown);
  set(16, 19, protocol::zrtp);
  set(20, 63, protocol::dtls);
  set(64, 79, protocol::turn_channel);
  set(80, 127, others);
  set(128, 191, protocol::rtp);
  set(192, 255, others);
  return table;
}

inline constexpr auto protocols = make_protocol_table(protocol::unknown);
inline constexpr auto protocols_with_quic = make_protocol_table(protocol::quic);

}  // namespace detail

/// The protocol of a datagram that starts with `first`. source: RFC 7983 sec. 7
[[nodiscard]] constexpr protocol classify(std::byte first) noexcept {
  return detail::protocols[std::to_integer<std::size_t>(first)];
}

/// The same where QUIC shares the socket. QUIC must then keep its fixed bit, and its long headers
/// in 128..191 (other versions than 1) can't be told from RTP. source: RFC 9443 sec. 2
[[nodiscard]] constexpr protocol classify_with_quic(std::byte first) noexcept {
  return detail::protocols_with_quic[std::to_integer<std::size_t>(first)];
}

/// The protocol of a whole datagram; an empty one is unknown.
[[nodiscard]] constexpr protocol classify(byte_view datagram) noexcept {
  return datagram.empty() ? protocol::unknown : classify(*datagram.data());
}
[[nodiscard]] constexpr protocol classify_with_quic(byte_view datagram) noexcept {
  return datagram.empty() ? protocol::unknown : classify_with_quic(*datagram.data());
}

/// The same for a socket where `from_turn_server` is known: nobody else has channels (RFC 7983
/// sec. 7).
[[nodiscard]] constexpr protocol classify(byte_view datagram, bool from_turn_server) noexcept {
  const auto what = classify(datagram);
  return what == protocol::turn_channel && !from_turn_server ? protocol::unknown : what;
}

}  // namespace floe::stun
