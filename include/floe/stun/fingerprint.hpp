// FINGERPRINT: tells STUN from other protocols on the same socket (RFC 8489 sec. 7, 14.7).
//
// owns:     its value and its check
// does not: prove anything: anyone can compute it
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/written.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// What FINGERPRINT says about a message.
enum class fingerprint_state : std::uint8_t { absent, wrong, right };

/// The value of FINGERPRINT behind `front`, the message up to it, whose length field already counts
/// the attribute. The constant keeps it apart from a plain CRC that the data may carry.
[[nodiscard]] constexpr std::uint32_t
fingerprint_over(byte_view front, crypto::written when = crypto::written::earlier) noexcept {
  constexpr std::uint32_t stun_in_ascii = 0x5354554e;
  return crypto::crc32(front, when) ^ stun_in_ascii;
}

/// Checks FINGERPRINT, which parse() has found to be last if it is there.
[[nodiscard]] constexpr fingerprint_state check_fingerprint(const message_view& message) noexcept {
  const auto claimed = message.find(attribute_type::fingerprint);
  if (!claimed) return fingerprint_state::absent;
  const auto right = fingerprint_over(message.bytes().first(claimed->offset));
  return load_be<std::uint32_t>(claimed->value.data()) == right ? fingerprint_state::right
                                                                : fingerprint_state::wrong;
}

/// True when FINGERPRINT speaks for a message: it is right, or absent where it is not `required`,
/// as on sockets that STUN shares with other protocols (RFC 8489 sec. 7).
[[nodiscard]] constexpr bool has_good_fingerprint(const message_view& message,
                                                  bool required) noexcept {
  switch (check_fingerprint(message)) {
    case fingerprint_state::right: return true;
    case fingerprint_state::absent: return !required;
    case fingerprint_state::wrong: return false;
  }
  return false;
}

}  // namespace floe::stun
