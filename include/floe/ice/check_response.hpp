// The answer to a connectivity check, and what it says about the pair.
//
// owns:     reading an authenticated answer; the candidate learned from a mapped address
// does not: find the request it answers (stun/transactions.hpp), or change a pair
// sources:  RFC 8445 sec. 7.2.5; RFC 8489 sec. 6.3.3, 6.3.4
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstdint>

#include "floe/core/datagram.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/host_candidate.hpp"
#include "floe/ice/pair.hpp"
#include "floe/ice/priority.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"

namespace floe::ice {

/// What an answer means for its pair.
struct check_outcome {
  enum kind : std::uint8_t {
    succeeded,      ///< the peer was reached and sees this agent at `mapped`
    role_conflict,  ///< 487: both had the same role
    forbidden,      ///< 403: the peer takes back its consent (RFC 7675 sec. 5.2)
    wrong_path,     ///< came another way than the request went (RFC 8445 sec. 7.2.5.2.1)
    failed,         ///< any other error, or an answer that can't be used
  };
  kind what = failed;
  endpoint mapped;  ///< with succeeded
};

/// The comprehension-required attributes that an answer may carry.
inline constexpr std::array known_in_check_response{
    stun::attribute_type::xor_mapped_address, stun::attribute_type::mapped_address,
    stun::attribute_type::error_code,         stun::attribute_type::unknown_attributes,
    stun::attribute_type::message_integrity,  stun::attribute_type::username};

/// Reads the answer to a check that went along `asked`, and came along `came`.
///
/// It must have come the way the request went, reversed (RFC 8445 sec. 7.2.5.2.1), unless it is
/// about roles, hold nothing that must be understood and isn't (RFC 8489 sec. 6.3.3), and say where
/// this agent was seen.
[[nodiscard]] inline check_outcome read_check_response(const stun::authenticated& response,
                                                       const path& asked, const path& came) {
  const auto& message = response.message();
  const auto error = message.get<stun::error_code_attribute>();
  const bool understood = message.unknown_required(known_in_check_response).empty();
  // A conflict of roles is one by whatever way the peer's word of it comes (RFC 8445 sec. 7.2.5.1
  // comes before sec. 7.2.5.2.1): between two NATs its answer may never come back the way the
  // request went.
  if (message.cls() == stun::message_class::error && understood && error &&
      error->code == stun::error_code::role_conflict) {
    return {check_outcome::role_conflict, {}};
  }
  if (came != asked) return {check_outcome::wrong_path, {}};
  if (!understood) return {check_outcome::failed, {}};
  if (message.cls() == stun::message_class::success) {
    const auto mapped = message.get<stun::xor_mapped_address>();
    if (!mapped || !is_eligible_address(mapped->value, true)) return {check_outcome::failed, {}};
    return {check_outcome::succeeded, mapped->value};
  }
  if (!error) return {check_outcome::failed, {}};
  if (error->code == stun::error_code::forbidden) return {check_outcome::forbidden, {}};
  return {check_outcome::failed, {}};
}

/// True when the failure of a check says something about its pair: a pair that works by another
/// check only fails when the failed one was to nominate it (RFC 8445 sec. 7.2.5.3.4).
[[nodiscard]] constexpr bool failure_counts(pair_state state, bool nominates) noexcept {
  return state == pair_state::in_progress || (state == pair_state::succeeded && nominates);
}

/// The local candidate that an unknown mapped address reveals (RFC 8445 sec. 7.2.5.3.1). base,
/// sent_from: where the check left | priority: the one the check carried.
[[nodiscard]] constexpr local_candidate
make_learned_local(local_id base, const local_candidate& sent_from, const endpoint& mapped,
                   std::uint32_t priority, ice::foundation foundation) {
  return {.candidate = {.foundation = foundation,
                        .component = sent_from.candidate.component,
                        .priority = priority,
                        .address = mapped,
                        .type = candidate_type::prflx,
                        .related = sent_from.base},
          .stream = sent_from.stream,
          .socket = sent_from.socket,
          .base = sent_from.base,
          .host = base};
}

}  // namespace floe::ice
