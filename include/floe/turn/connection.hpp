// Connections to peers behind a relay that speaks TCP (RFC 6062).
//
// owns:     the rows of the connections, and taking the one response out of a data connection
// does not: open connections: the host does; nor send requests (turn/session.hpp)
// sources:  RFC 6062 sec. 4.3 to 4.5
// invariant: what follows the response on a data connection is the peer's, byte for byte.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/framing.hpp"
#include "floe/turn/events.hpp"

namespace floe::turn {

/// Takes one STUN message off the front of a stream, whatever pieces it comes in.
class response_reader {
 public:
  /// A response to ConnectionBind is far smaller.
  static constexpr std::size_t largest = 1024;

  struct outcome {
    std::optional<byte_view> message{};  ///< once; it lives as long as the reader
    byte_view rest{};                    ///< what came behind it
    bool broken = false;                 ///< no STUN message, or one too large
  };

  /// Takes the next bytes. in: no message was given out yet
  [[nodiscard]] outcome feed(byte_view bytes) noexcept {
    constexpr auto header = stun::stun_framing::header;
    take(bytes, header);
    if (held_ < header) return {};
    std::array<std::byte, header> first{};
    std::copy_n(buffer_.begin(), header, first.begin());
    const auto extent = stun::stun_framing::extent(first);
    const bool is_stun = stun::classify(first[0]) == stun::protocol::stun;
    if (!extent || !is_stun || extent->total > largest) return {.broken = true};
    take(bytes, extent->total);
    if (held_ < extent->total) return {};
    return {.message = held(), .rest = bytes};
  }

  /// The bytes of the message so far.
  [[nodiscard]] byte_view held() const noexcept { return byte_view{buffer_}.first(held_); }

 private:
  /// Moves bytes over until `size` are held.
  void take(byte_view& bytes, std::size_t size) noexcept {
    const auto count = (std::min)(size - (std::min)(size, held_), bytes.size());
    std::copy_n(bytes.begin(), count, buffer_.begin() + static_cast<std::ptrdiff_t>(held_));
    held_ += count;
    bytes = bytes.subspan(count);
  }

  std::array<std::byte, largest> buffer_{};
  std::size_t held_ = 0;
};

enum class connection_state : std::uint8_t {
  requested,  ///< a Connect is under way
  offered,    ///< the server has the peer's side; the host is to open ours
  binding,    ///< a ConnectionBind is under way on the host's new connection
  bound,      ///< bytes go through
};

struct connection {
  endpoint peer;
  connection_state state = connection_state::requested;
  std::uint32_t id = 0;      ///< CONNECTION-ID, from `offered` on
  socket_id socket{};        ///< of the data connection, from `binding` on
  floe::deadline expires{};  ///< when the server lets go of an offer
  response_reader reader{};
};

}  // namespace floe::turn
