// What goes in and out of every state machine: datagrams, and what became of them.
//
// owns:     datagram, transmit, path, and the closed list of reasons to refuse a datagram
// does not: carry bytes; it views the host's
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"

namespace floe {

/// A route for datagrams: a local socket and a remote endpoint.
struct path {
  socket_id local{};
  endpoint remote;

  [[nodiscard]] constexpr bool operator==(const path&) const noexcept = default;
};

/// A datagram that the host received: on which socket, from whom, and its bytes.
struct datagram {
  socket_id local{};
  endpoint remote;
  byte_view bytes;
};

/// A datagram to send: from which socket, to whom, and which bytes of the caller's buffer.
struct transmit {
  socket_id local{};
  endpoint remote;
  std::size_t size = 0;
  std::size_t offset = 0;  ///< where in the buffer it begins; 0 from poll_transmit()
};

/// The largest datagram that poll_transmit() writes: STUN stays within an IPv4 path of unknown MTU
/// (RFC 8489 sec. 6.1).
inline constexpr std::size_t max_datagram_size = 548;

/// How much larger it is when it is sent through a relay by IPv6.
inline constexpr std::size_t max_relay_overhead = 52;

/// Why a datagram was refused. One that proves nothing changed nothing but counters, and what a
/// report says of the pair whose answer it claimed to be.
enum class reject : std::uint8_t {
  not_stun,             ///< neither STUN nor on a path that carries data
  truncated,            ///< shorter than its header says
  bad_length,           ///< the length field is no multiple of 4, or bytes are left over
  bad_attribute,        ///< an attribute runs past the end, or has a size its type can't have
  bad_fingerprint,      ///< FINGERPRINT is missing or wrong
  no_integrity,         ///< MESSAGE-INTEGRITY is missing
  bad_integrity,        ///< MESSAGE-INTEGRITY does not prove the key of this route
  bad_username,         ///< USERNAME is missing or is for nobody here
  unknown_attribute,    ///< a comprehension-required attribute is not understood
  unsupported_method,   ///< a method or class that this state machine does not serve
  unknown_transaction,  ///< a response that nobody waits for
  wrong_path,           ///< a response that did not come back the way its request went
  unknown_socket,       ///< no local candidate uses this socket
  unusable_source,      ///< from an address or port that nothing can be sent to
  unverified_source,    ///< data from where no authenticated check has come from
  role_conflict,        ///< answered with 487 (Role Conflict)
  refused_nomination,   ///< it nominates a pair that the host's policy does not accept
  refused_check,        ///< a check that nothing can come of: its path has lost its consent, or
                        ///< there is no room for it
  closed,               ///< the session has ended, or the stream was given up
};

/// How many reasons there are.
inline constexpr std::size_t reject_count = static_cast<std::size_t>(reject::closed) + 1;

}  // namespace floe
