// Views of bytes and the one way to read foreign ones: a cursor that answers "not enough".
//
// owns:     the byte view types, big-endian loads and stores, the cursor
// does not: know any wire format
// invariant: no input to cursor reaches a contract; running out is a value.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>

namespace floe {

/// Bytes somebody else owns, to read.
using byte_view = gsl::span<const std::byte>;

/// Bytes somebody else owns, to write.
using byte_span = gsl::span<std::byte>;

/// Where in `whole` the bytes of `part` begin; nullopt when they are elsewhere, or none.
[[nodiscard]] inline std::optional<std::size_t> offset_in(byte_view whole,
                                                          byte_view part) noexcept {
  // Pointers into different blocks have no order, but their numbers do.
  const auto first = reinterpret_cast<std::uintptr_t>(whole.data());
  const auto at = reinterpret_cast<std::uintptr_t>(part.data());
  if (part.empty() || at < first || at - first > whole.size()) return std::nullopt;
  if (part.size() > whole.size() - (at - first)) return std::nullopt;
  return at - first;
}

/// The big-endian integer at `from`. in: sizeof(T) readable bytes.
template <std::unsigned_integral T>
[[nodiscard]] constexpr T load_be(const std::byte* from) noexcept {
  const auto octet = [from](std::size_t i) { return std::to_integer<T>(from[i]); };
  if constexpr (sizeof(T) == 1) {
    return octet(0);
  } else if constexpr (sizeof(T) == 2) {
    return static_cast<T>((octet(0) << 8U) | octet(1));
  } else if constexpr (sizeof(T) == 4) {
    return (octet(0) << 24U) | (octet(1) << 16U) | (octet(2) << 8U) | octet(3);
  } else {
    static_assert(sizeof(T) == 8);
    return (octet(0) << 56U) | (octet(1) << 48U) | (octet(2) << 40U) | (octet(3) << 32U) |
           (octet(4) << 24U) | (octet(5) << 16U) | (octet(6) << 8U) | octet(7);
  }
}

/// Writes `value` in big-endian order. in: sizeof(T) writable bytes at `to`.
template <std::unsigned_integral T>
constexpr void store_be(std::byte* to, T value) noexcept {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    to[i] = static_cast<std::byte>(value >> (8U * (sizeof(T) - 1U - i)));
  }
}

/// The bytes of a text, without a terminator.
[[nodiscard]] inline byte_view as_byte_view(std::string_view text) noexcept {
  return gsl::as_bytes(gsl::span<const char>{text.data(), text.size()});
}

/// The text that `bytes` hold, whatever they hold: no encoding is checked.
[[nodiscard]] inline std::string_view as_text(byte_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads foreign bytes from front to back.
///
/// Every read takes its bytes off the front, or answers nullopt and takes nothing.
class cursor {
 public:
  constexpr explicit cursor(byte_view bytes) noexcept : rest_{bytes} {}

  [[nodiscard]] constexpr byte_view rest() const noexcept { return rest_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return rest_.empty(); }

  /// The next big-endian integer.
  template <std::unsigned_integral T>
  [[nodiscard]] constexpr std::optional<T> read() noexcept {
    const auto raw = take(sizeof(T));
    if (!raw) return std::nullopt;
    return load_be<T>(raw->data());
  }

  /// The next `count` bytes.
  [[nodiscard]] constexpr std::optional<byte_view> take(std::size_t count) noexcept {
    if (count > rest_.size()) return std::nullopt;
    const auto front = rest_.first(count);
    rest_ = rest_.subspan(count);
    return front;
  }

 private:
  byte_view rest_;
};

}  // namespace floe
