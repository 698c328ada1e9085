// The one walk over the attributes of a message: parsing, verifying and printing all take it, so
// that they can't disagree about where an attribute ends.
//
// owns:     raw_attribute, attribute_walk
// does not: know what a value means, or which attributes count (stun/message_view.hpp)
// invariant: every view it hands out lies within the bytes it was given.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// Type and length in front of each value.
inline constexpr std::size_t attribute_header_size = 4;

/// `size` rounded up to the 4 bytes to which every value is padded (RFC 8489 sec. 14).
[[nodiscard]] constexpr std::size_t padded(std::size_t size) noexcept {
  return (size + 3U) & ~std::size_t{3};
}

/// An attribute as it lies in its message.
struct raw_attribute {
  attribute_type type{};
  byte_view value;         ///< without padding
  std::size_t offset = 0;  ///< of the attribute's own header, from the start of the message

  /// Where the next attribute starts, from the start of the message.
  [[nodiscard]] constexpr std::size_t end() const noexcept {
    return offset + attribute_header_size + padded(value.size());
  }
};

/// Goes from attribute to attribute through a message, or through the front part of one.
class attribute_walk {
 public:
  /// in: bytes that begin with a header; fewer than a header hold no attributes
  constexpr explicit attribute_walk(byte_view message) noexcept
      : begin_{message.data()}, end_{message.size()} {}

  /// The next attribute; nullopt at the end, and from the first one on whose value or padding runs
  /// past the end.
  [[nodiscard]] constexpr std::optional<raw_attribute> next() noexcept {
    if (at_ >= end_ || broken_) return std::nullopt;
    if (end_ - at_ < attribute_header_size) return broken();
    const auto type = load_be<std::uint16_t>(begin_ + at_);
    const std::size_t size = load_be<std::uint16_t>(begin_ + at_ + 2);
    if (end_ - at_ - attribute_header_size < padded(size)) return broken();
    const raw_attribute found{static_cast<attribute_type>(type),
                              byte_view{begin_ + at_ + attribute_header_size, size}, at_};
    at_ = found.end();
    return found;
  }

  /// True once next() met an attribute that does not fit.
  [[nodiscard]] constexpr bool is_broken() const noexcept { return broken_; }

 private:
  constexpr std::nullopt_t broken() noexcept {
    broken_ = true;
    return std::nullopt;
  }

  const std::byte* begin_;
  std::size_t end_;
  std::size_t at_ = header_size;
  bool broken_ = false;
};

}  // namespace floe::stun
