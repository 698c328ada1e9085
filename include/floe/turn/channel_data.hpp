// ChannelData, and the Send indication that does its work until a channel stands.
//
// owns:     their formats, which numbers are channels, how many bytes each puts in front
// does not: know which channel is bound to whom (turn/channel.hpp)
// sources:  RFC 8656 sec. 11.1, 12, 12.4, 12.5
// invariant: what is written goes in front of the payload and, as padding, behind it; the payload
//            stays where it is.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/stun/attribute_walk.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/writer.hpp"

namespace floe::turn {

/// The numbers that channels have (RFC 8656 sec. 12). Those above were channels to RFC 5766
/// and belong to other protocols now.
inline constexpr std::uint16_t first_channel = 0x4000;
inline constexpr std::uint16_t last_channel = 0x4fff;

[[nodiscard]] constexpr bool is_channel(std::uint16_t number) noexcept {
  return number >= first_channel && number <= last_channel;
}

/// Number and length.
inline constexpr std::size_t channel_header_size = 4;

/// What the 16-bit length can say.
inline constexpr std::size_t largest_payload = 0xffff;

/// The bytes that a Send indication to a peer of this family puts in front of its payload: STUN's
/// header, XOR-PEER-ADDRESS, and the header of DATA: 36 or 48.
[[nodiscard]] constexpr std::size_t send_overhead(floe::family family) noexcept {
  const std::size_t size = family == floe::family::ipv4 ? 4 : 16;
  return stun::header_size + 2 * stun::attribute_header_size + 4 + size;
}

/// The headroom that suffices for either form and any peer.
inline constexpr std::size_t most_overhead = send_overhead(floe::family::ipv6);

/// What came on a channel.
struct channel_data {
  std::uint16_t number = 0;
  byte_view payload;
};

/// Reads a datagram, or one frame of a stream. Bytes behind the length are padding, and ignored.
/// nullopt: no channel's number, or a length that runs past the end. source: RFC 8656 sec. 12.6
[[nodiscard]] constexpr std::optional<channel_data> read_channel_data(byte_view bytes) noexcept {
  cursor from{bytes};
  const auto number = from.read<std::uint16_t>();
  if (!number || !is_channel(*number)) return std::nullopt;
  const auto size = from.read<std::uint16_t>();
  if (!size) return std::nullopt;
  const auto payload = from.take(*size);
  if (!payload) return std::nullopt;
  return channel_data{*number, *payload};
}

/// Puts a header in front of the `size` bytes at `message + channel_header_size`. On a stream zeros
/// follow up to a multiple of four bytes, which the length does not count.
/// in: room for all of it; a size of at most largest_payload
/// out: the size of the message | source: RFC 8656 sec. 12.4, 12.5
constexpr std::size_t wrap_in_channel_data(std::byte* message, std::size_t size,
                                           std::uint16_t number, bool padded) noexcept {
  store_be(message, number);
  store_be(message + 2, static_cast<std::uint16_t>(size));
  auto* const end = message + channel_header_size + size;
  const auto padding = padded ? stun::padded(size) - size : 0;
  std::fill(end, end + padding, std::byte{0});
  return channel_header_size + size + padding;
}

/// Makes a Send indication of the `size` bytes at `message + send_overhead(peer's family)`.
/// in: room for all of it and three bytes more; a size of at most largest_payload, less what is in
///     front
/// out: the size of the message | source: RFC 8656 sec. 11.1
constexpr std::size_t wrap_in_send(std::byte* message, std::size_t size, const endpoint& peer,
                                   const stun::transaction_id& id) noexcept {
  const auto front = send_overhead(peer.address.family);
  const auto written =
      stun::writer{{message, front}, {stun::method::send, stun::message_class::indication}, id}
          .add(stun::xor_peer_address{peer})
          .finish();
  auto* const header = message + written.value();
  store_be(header, static_cast<std::uint16_t>(stun::data::type));
  store_be(header + 2, static_cast<std::uint16_t>(size));
  auto* const end = message + front + size;
  const auto padding = stun::padded(size) - size;
  std::fill(end, end + padding, std::byte{0});
  const auto whole = front + size + padding;
  store_be(message + 2, static_cast<std::uint16_t>(whole - stun::header_size));
  return whole;
}

}  // namespace floe::turn
