// Messages out of a byte stream: STUN and ChannelData by their own lengths (RFC 8489 sec. 6.2.2,
// RFC 8656 sec. 12.4), or anything behind a 16-bit length (RFC 4571).
//
// owns:     the two framings and a bounded buffer that collects one frame
// does not: own a connection; when is_broken() the host closes it, since no byte after a bad one
//           can be trusted to start a frame
// invariant: any split of the same bytes gives the same frames.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/core/error.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/result.hpp"
#include "floe/stun/attribute_walk.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/header.hpp"

namespace floe::stun {

/// Where a frame lies in the bytes at the front of a stream.
struct frame_extent {
  std::size_t skip = 0;     ///< bytes before the message
  std::size_t message = 0;  ///< bytes of the message
  std::size_t total = 0;    ///< bytes to the next frame

  [[nodiscard]] constexpr bool operator==(const frame_extent&) const noexcept = default;
};

/// STUN messages and ChannelData, one after the other, as on a connection to a TURN server.
struct stun_framing {
  static constexpr std::size_t header = 4;

  /// The extent of the frame that starts with these four bytes; nullopt when none can.
  [[nodiscard]] static constexpr std::optional<frame_extent>
  extent(const std::array<std::byte, header>& first) noexcept {
    const std::size_t length = load_be<std::uint16_t>(first.data() + 2);
    const auto what = classify(first[0]);
    if (what == protocol::turn_channel) {
      return frame_extent{0, header + length, header + padded(length)};
    }
    if (what != protocol::stun || length % 4 != 0) return std::nullopt;
    return frame_extent{0, header_size + length, header_size + length};
  }
};

/// Any messages, each behind its length. source: RFC 4571 sec. 2
struct rfc4571_framing {
  static constexpr std::size_t header = 2;

  [[nodiscard]] static constexpr std::optional<frame_extent>
  extent(const std::array<std::byte, header>& first) noexcept {
    const std::size_t length = load_be<std::uint16_t>(first.data());
    return frame_extent{header, length, header + length};
  }

  /// Writes the header for a message of `size` bytes.
  /// errors: unsupported: more than 65535 bytes, which no frame can hold
  [[nodiscard]] static constexpr result<std::array<std::byte, header>>
  prefix(std::size_t size) noexcept {
    if (size > 0xffff) return unexpected{errc::unsupported};
    std::array<std::byte, header> out{};
    store_be(out.data(), static_cast<std::uint16_t>(size));
    return out;
  }
};

/// Takes a stream apart.
///
///     reader.feed(bytes);
///     while (const auto message = reader.next()) use(*message);
template <class Framing>
class stream_reader {
 public:
  /// `largest` is the size of the largest message that is waited for; a larger one breaks the
  /// stream, so that a peer can't make its host hold more.
  stream_reader(std::size_t largest, memory_ref memory)
      : held_{room(largest), memory}, largest_{largest} {}

  /// Gives the next bytes of the stream, which must live until next() has answered nullopt.
  /// in: next() has answered nullopt since the last call
  void feed(byte_view bytes) noexcept { fed_ = bytes; }

  /// The next message that is complete; it lives until the next call of feed() or next(). Empty
  /// messages are passed over. nullopt when more bytes are needed, or none will help.
  [[nodiscard]] std::optional<byte_view> next() noexcept {
    if (is_given_) {
      held_.clear();
      is_given_ = false;
    }
    while (!broken_) {
      if (!collect(Framing::header)) return std::nullopt;
      std::array<std::byte, Framing::header> first{};
      std::copy_n(held_.begin(), first.size(), first.begin());
      const auto extent = Framing::extent(first);
      if (!extent || extent->message > largest_) {
        broken_ = true;
        break;
      }
      if (!collect(extent->total)) return std::nullopt;
      if (extent->message == 0) {
        held_.clear();
        continue;
      }
      is_given_ = true;
      return byte_view{held_}.subspan(extent->skip, extent->message);
    }
    return std::nullopt;
  }

  /// True once bytes came that start no frame, or a frame too large. The connection is of no more
  /// use.
  [[nodiscard]] bool is_broken() const noexcept { return broken_; }

  /// True between two frames: a stream that ends elsewhere was cut.
  [[nodiscard]] bool is_between_frames() const noexcept {
    return !broken_ && (held_.empty() || is_given_) && fed_.empty();
  }

 private:
  /// Header, message and padding.
  [[nodiscard]] static constexpr std::size_t room(std::size_t largest) noexcept {
    return Framing::header + padded(largest);
  }

  /// Moves fed bytes until `size` are held. Returns whether they are.
  [[nodiscard]] bool collect(std::size_t size) noexcept {
    const auto taken = (std::min)(size - (std::min)(size, held_.size()), fed_.size());
    for (const auto octet : fed_.first(taken)) held_.push_back(octet);
    fed_ = fed_.subspan(taken);
    return held_.size() >= size;
  }

  fixed_vector<std::byte> held_;
  byte_view fed_;
  std::size_t largest_;
  bool is_given_ = false;
  bool broken_ = false;
};

}  // namespace floe::stun
