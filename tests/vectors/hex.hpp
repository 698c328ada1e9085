// Bytes written as hex digits, at compile time and at run time.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "floe/core/bytes.hpp"

namespace vectors {

[[nodiscard]] constexpr unsigned nibble(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10U;
  return static_cast<unsigned>(c - 'A') + 10U;
}

[[nodiscard]] constexpr std::byte octet(const char* digits) noexcept {
  return static_cast<std::byte>((nibble(digits[0]) << 4U) | nibble(digits[1]));
}

template <std::size_t N>
[[nodiscard]] constexpr std::array<std::byte, (N - 1) / 2> from_hex(const char (&digits)[N]) {
  std::array<std::byte, (N - 1) / 2> out{};
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = octet(digits + 2 * i);
  return out;
}

[[nodiscard]] inline std::vector<std::byte> unhex(std::string_view digits) {
  std::vector<std::byte> out(digits.size() / 2);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = octet(digits.data() + 2 * i);
  return out;
}

[[nodiscard]] inline std::string to_hex(floe::byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (const auto b : bytes) {
    out += digits[std::to_integer<std::size_t>(b >> 4U)];
    out += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return out;
}

/// The bytes of a text, also at compile time.
template <std::size_t N>
[[nodiscard]] constexpr std::array<std::byte, N - 1> text_bytes(const char (&text)[N]) noexcept {
  std::array<std::byte, N - 1> out{};
  for (std::size_t i = 0; i + 1 < N; ++i) out[i] = static_cast<std::byte>(text[i]);
  return out;
}

}  // namespace vectors
