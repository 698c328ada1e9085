// The fixed 20 bytes at the front of every STUN message (RFC 8489 sec. 5).
//
// owns:     method, class, message type, transaction id, the sizes and the magic cookie
// does not: know attributes (stun/attribute_walk.hpp) or check a whole message (message_view.hpp)
// invariant: encode and decode of a message type are inverse for all 4096 methods and 4 classes.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/core/entropy.hpp"

namespace floe::stun {

/// Type, length, magic cookie and transaction id: 2 + 2 + 4 + 12 bytes.
inline constexpr std::size_t header_size = 20;

/// What tells a STUN message from its predecessor of RFC 3489 and from other protocols.
inline constexpr std::uint32_t magic_cookie = 0x2112a442;

/// What a message is for. Any 12-bit number can come in; these have a meaning.
enum class method : std::uint16_t {
  binding = 0x001,             ///< RFC 8489 sec. 3
  allocate = 0x003,            ///< RFC 8656 sec. 17
  refresh = 0x004,             ///< RFC 8656 sec. 17
  send = 0x006,                ///< RFC 8656 sec. 17, an indication
  data = 0x007,                ///< RFC 8656 sec. 17, an indication
  create_permission = 0x008,   ///< RFC 8656 sec. 17
  channel_bind = 0x009,        ///< RFC 8656 sec. 17
  connect = 0x00a,             ///< RFC 6062 sec. 6.1
  connection_bind = 0x00b,     ///< RFC 6062 sec. 6.1
  connection_attempt = 0x00c,  ///< RFC 6062 sec. 6.1, an indication
  goog_ping = 0x080,           ///< unregistered
};

/// The part a message plays in an exchange. The values are the two class bits, C1 C0.
enum class message_class : std::uint8_t { request = 0, indication = 1, success = 2, error = 3 };

/// Method and class, which share 14 bits on the wire: M11..M7 C1 M6..M4 C0 M3..M0.
struct message_type {
  stun::method method = stun::method::binding;
  message_class cls = message_class::request;

  [[nodiscard]] constexpr std::uint16_t encode() const noexcept {
    const auto m = static_cast<std::uint32_t>(method);
    const auto c = static_cast<std::uint32_t>(cls);
    return static_cast<std::uint16_t>((m & 0x00fU) | ((c & 1U) << 4U) | ((m & 0x070U) << 1U) |
                                      ((c & 2U) << 7U) | ((m & 0xf80U) << 2U));
  }

  /// The type that the low 14 bits of `wire` say.
  [[nodiscard]] static constexpr message_type decode(std::uint16_t wire) noexcept {
    const std::uint32_t w = wire;
    return {
        static_cast<stun::method>((w & 0x000fU) | ((w >> 1U) & 0x0070U) | ((w >> 2U) & 0x0f80U)),
        static_cast<message_class>(((w >> 4U) & 1U) | ((w >> 7U) & 2U))};
  }

  [[nodiscard]] constexpr bool operator==(const message_type&) const noexcept = default;
};

/// The 96 bits that tie a response to its request. They must be unpredictable: a forger who can't
/// see the request has nothing else to guess (RFC 8489 sec. 5).
struct transaction_id {
  std::array<std::byte, 12> bytes{};

  /// A new one, of 12 bytes from `entropy`.
  [[nodiscard]] static transaction_id random(entropy_ref entropy) {
    transaction_id id;
    entropy.fill(id.bytes);
    return id;
  }

  [[nodiscard]] constexpr bool operator==(const transaction_id&) const noexcept = default;
};

}  // namespace floe::stun
