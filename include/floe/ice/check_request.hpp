// A connectivity check on its way out.
//
// owns:     what a check says, and its bytes
// does not: decide that a check is sent (schedule.hpp) or keep it for retransmission
//           (stun/transactions.hpp)
// sources:  RFC 8445 sec. 7.1 (attributes), 7.2.2 (credentials), 7.2.4 (FINGERPRINT)
// invariant: the same check_request, transaction id and credentials give the same bytes.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/result.hpp"
#include "floe/ice/role.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/writer.hpp"

namespace floe::ice {

/// What one check tells the peer. A retransmission tells the same, whatever changed since.
struct check_request {
  ice::role role = role::controlling;
  bool nominates = false;      ///< carries USE-CANDIDATE; only a controlling agent's does
  std::uint32_t priority = 0;  ///< what a candidate learned from the check would have (sec. 7.1.1)
  std::uint64_t tie_breaker = 0;  ///< of the agent that claims the role

  [[nodiscard]] constexpr role_claim claim() const noexcept { return {role, tie_breaker}; }
};

/// What a check says for an agent that claims a role.
[[nodiscard]] constexpr check_request make_check(const role_claim& claim, std::uint32_t priority,
                                                 bool nominates) noexcept {
  return {claim.role, nominates, priority, claim.tie_breaker};
}

/// Writes a check. username: join_username() of the peer's and this agent's fragments | key: the
/// peer's. errors: buffer_too_small.
[[nodiscard]] inline result<std::size_t>
write_check(byte_span buffer, const stun::transaction_id& transaction, const check_request& check,
            std::string_view username, const stun::integrity_key& key) {
  stun::writer writer{buffer, {stun::method::binding, stun::message_class::request}, transaction};
  writer.add(stun::username{username}).add(stun::priority{check.priority});
  if (check.role == role::controlling) {
    writer.add(stun::ice_controlling{check.tie_breaker});
  } else {
    writer.add(stun::ice_controlled{check.tie_breaker});
  }
  if (check.nominates) writer.add(stun::use_candidate{});
  return writer.add_integrity(key).add_fingerprint().finish();
}

}  // namespace floe::ice
