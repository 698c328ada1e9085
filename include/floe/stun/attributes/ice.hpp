// The attributes of ICE connectivity checks (RFC 8445 sec. 7.1, 16.1).
//
// owns:     PRIORITY, USE-CANDIDATE, ICE-CONTROLLING, ICE-CONTROLLED
// does not: know roles, nomination or what priority is plausible
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// PRIORITY: the priority that a peer-reflexive candidate learned from this check would have.
using priority = number_attribute<attribute_type::priority, std::uint32_t>;

/// USE-CANDIDATE: nominates the pair of this check.
using use_candidate = empty_attribute<attribute_type::use_candidate>;

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
