// The attributes of ICE connectivity checks (RFC 8445 §7.1, §16.1).
//
// owns:     PRIORITY, USE-CANDIDATE, ICE-CONTROLLING, ICE-CONTROLLED
// does not: know roles, nomination or what priority is plausible
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// PRIORITY: the priority that a peer-reflexive candidate learned from this check would have.
struct priority {
  static constexpr attribute_type type = attribute_type::priority;

  std::uint32_t value = 0;

  [[nodiscard]] static constexpr std::optional<priority> decode(byte_view bytes,
                                                                const transaction_id&) noexcept {
    if (bytes.size() != sizeof(value)) return std::nullopt;
    return priority{load_be<std::uint32_t>(bytes.data())};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return sizeof(value); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), value);
  }

  [[nodiscard]] constexpr bool operator==(const priority&) const noexcept = default;
};

/// USE-CANDIDATE: nominates the pair of this check. It has no value.
struct use_candidate {
  static constexpr attribute_type type = attribute_type::use_candidate;

  [[nodiscard]] static constexpr std::optional<use_candidate>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (!bytes.empty()) return std::nullopt;
    return use_candidate{};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 0; }
  constexpr void encode(byte_span, const transaction_id&) const noexcept {}

  [[nodiscard]] constexpr bool operator==(const use_candidate&) const noexcept = default;
};

/// The sender's role, with the number that decides when both claim the same one.
template <attribute_type Type>
struct role_attribute {
  static constexpr attribute_type type = Type;

  std::uint64_t tie_breaker = 0;

  [[nodiscard]] static constexpr std::optional<role_attribute>
  decode(byte_view bytes, const transaction_id&) noexcept {
    if (bytes.size() != sizeof(tie_breaker)) return std::nullopt;
    return role_attribute{load_be<std::uint64_t>(bytes.data())};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return sizeof(tie_breaker); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), tie_breaker);
  }

  [[nodiscard]] constexpr bool operator==(const role_attribute&) const noexcept = default;
};

using ice_controlling = role_attribute<attribute_type::ice_controlling>;
using ice_controlled = role_attribute<attribute_type::ice_controlled>;

}  // namespace floe::stun
