// The shapes that most attributes have: nothing, a number, some bytes.
//
// owns:     their codecs
// does not: give a number a meaning
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// An attribute that says everything by being there.
template <attribute_type Type>
struct empty_attribute {
  static constexpr attribute_type type = Type;

  [[nodiscard]] static constexpr std::optional<empty_attribute>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (!bytes.empty()) return std::nullopt;
    return empty_attribute{};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 0; }
  constexpr void encode(byte_span, const transaction_id&) const noexcept {}

  [[nodiscard]] constexpr bool operator==(const empty_attribute&) const noexcept = default;
};

/// An attribute that is one number, high byte first.
template <attribute_type Type, std::unsigned_integral Number>
struct number_attribute {
  static constexpr attribute_type type = Type;

  Number value{};

  [[nodiscard]] static constexpr std::optional<number_attribute>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != sizeof(Number)) return std::nullopt;
    return number_attribute{load_be<Number>(bytes.data())};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return sizeof(Number); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), value);
  }

  [[nodiscard]] constexpr bool operator==(const number_attribute&) const noexcept = default;
};

/// An attribute that is one number, followed by reserved bytes that make up four in all. They are
/// sent as zero and not looked at.
template <attribute_type Type, std::unsigned_integral Number>
struct reserved_tail_attribute {
  static constexpr attribute_type type = Type;

  Number value{};

  [[nodiscard]] static constexpr std::optional<reserved_tail_attribute>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != 4) return std::nullopt;
    return reserved_tail_attribute{load_be<Number>(bytes.data())};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 4; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    std::fill_n(out.data(), size(), std::byte{0});
    store_be(out.data(), value);
  }

  [[nodiscard]] constexpr bool operator==(const reserved_tail_attribute&) const noexcept = default;
};

/// An attribute of a fixed number of bytes without a number's meaning.
template <attribute_type Type, std::size_t Size>
struct token_attribute {
  static constexpr attribute_type type = Type;

  std::array<std::byte, Size> value{};

  [[nodiscard]] static constexpr std::optional<token_attribute>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != Size) return std::nullopt;
    token_attribute out;
    std::copy_n(bytes.data(), Size, out.value.begin());
    return out;
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return Size; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    std::copy(value.begin(), value.end(), out.data());
  }

  [[nodiscard]] constexpr bool operator==(const token_attribute&) const noexcept = default;
};

/// An attribute of any bytes, which are viewed in place.
template <attribute_type Type>
struct bytes_attribute {
  static constexpr attribute_type type = Type;

  byte_view value;

  [[nodiscard]] static constexpr std::optional<bytes_attribute>
  decode(byte_view bytes, const transaction_id&) noexcept {
    return bytes_attribute{bytes};
  }
  [[nodiscard]] constexpr bool is_encodable() const noexcept { return value.size() <= 0xffff; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return value.size(); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    std::copy_n(value.data(), value.size(), out.data());
  }

  [[nodiscard]] constexpr bool operator==(const bytes_attribute& other) const noexcept {
    return std::equal(value.begin(), value.end(), other.value.begin(), other.value.end());
  }
};

}  // namespace floe::stun
