// The attributes of NAT behaviour discovery (RFC 5780 sec. 7). Its addresses are with the others
// (attributes/address.hpp).
//
// owns:     CHANGE-REQUEST, RESPONSE-PORT, PADDING, CACHE-TIMEOUT
// does not: run tests
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// CACHE-TIMEOUT, in seconds.
using cache_timeout = number_attribute<attribute_type::cache_timeout, std::uint32_t>;

/// CHANGE-REQUEST: asks for the response from another address, another port, or both.
struct change_request {
  static constexpr attribute_type type = attribute_type::change_request;

  bool change_ip = false;
  bool change_port = false;

  [[nodiscard]] static constexpr std::optional<change_request>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != 4) return std::nullopt;
    const auto flags = load_be<std::uint32_t>(bytes.data());
    return change_request{(flags & ip_flag) != 0, (flags & port_flag) != 0};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 4; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), (change_ip ? ip_flag : 0U) | (change_port ? port_flag : 0U));
  }

  [[nodiscard]] constexpr bool operator==(const change_request&) const noexcept = default;

  static constexpr std::uint32_t ip_flag = 4;
  static constexpr std::uint32_t port_flag = 2;
};

/// RESPONSE-PORT: asks for the response to another port. RFC 5780 sec. 7.5 leaves open whether two
/// bytes follow the port; floe sends them as servers do, and takes both sizes.
struct response_port {
  static constexpr attribute_type type = attribute_type::response_port;

  std::uint16_t value = 0;

  [[nodiscard]] static constexpr std::optional<response_port>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != 2 && bytes.size() != 4) return std::nullopt;
    return response_port{load_be<std::uint16_t>(bytes.data())};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 4; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), static_cast<std::uint32_t>(value) << 16U);
  }

  [[nodiscard]] constexpr bool operator==(const response_port&) const noexcept = default;
};

/// PADDING: makes a message longer. floe's are zeros, and what came in is only counted.
struct padding {
  static constexpr attribute_type type = attribute_type::padding;

  std::uint16_t count = 0;

  [[nodiscard]] static constexpr std::optional<padding> decode(byte_view bytes,
                                                               const transaction_id&) noexcept {
    return padding{static_cast<std::uint16_t>(bytes.size())};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return count; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    std::fill_n(out.data(), count, std::byte{0});
  }

  [[nodiscard]] constexpr bool operator==(const padding&) const noexcept = default;
};

}  // namespace floe::stun
