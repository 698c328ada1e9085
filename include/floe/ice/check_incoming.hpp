// A connectivity check on its way in: what it says, and what follows from it, rule by rule.
//
// owns:     reading an authenticated request, the triggered-check rule, the answers' bytes
// does not: decide roles (role.hpp) or nominations (nomination.hpp), or change a pair
// sources:  RFC 8445 sec. 7.3 (requests), 7.3.1.4 (triggered checks); RFC 8489 sec. 6.3.1 (420)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/result.hpp"
#include "floe/core/time.hpp"
#include "floe/ice/credentials.hpp"
#include "floe/ice/pair.hpp"
#include "floe/ice/role.hpp"
#include "floe/stun/attribute_list.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"

namespace floe::ice {

/// The comprehension-required attributes that a check may carry.
inline constexpr std::array known_in_check{
    stun::attribute_type::username, stun::attribute_type::priority,
    stun::attribute_type::use_candidate, stun::attribute_type::message_integrity};

/// What a check says.
struct incoming_check {
  std::uint32_t priority = 0;
  std::optional<role_claim> claim;
  bool nominates = false;  ///< USE-CANDIDATE from a peer that does not claim to be controlled
};

/// Reads the claim of a role: none, or the one that is there. errors: bad_request for both at once,
/// or a value of an impossible size.
[[nodiscard]] inline result<std::optional<role_claim>, stun::error_code>
read_claim(const stun::message_view& message) {
  const auto controlling = message.get<stun::ice_controlling>();
  const auto controlled = message.get<stun::ice_controlled>();
  const auto is_absent = [](const auto& got) {
    return !got && got.error() == stun::attribute_fault::absent;
  };
  if (is_absent(controlling) && is_absent(controlled)) return std::optional<role_claim>{};
  if (controlling && is_absent(controlled)) {
    return std::optional{role_claim{role::controlling, controlling->tie_breaker}};
  }
  if (controlled && is_absent(controlling)) {
    return std::optional{role_claim{role::controlled, controlled->tie_breaker}};
  }
  return unexpected{stun::error_code::bad_request};
}

/// Reads a check. errors: what to answer instead: 420 for attributes that must be understood and
/// are not, 400 when PRIORITY is missing or something known has an impossible value.
[[nodiscard]] inline result<incoming_check, stun::error_code>
read_check(const stun::authenticated& request) {
  const auto& message = request.message();
  if (!message.unknown_required(known_in_check).empty()) {
    return unexpected{stun::error_code::unknown_attribute};
  }
  const auto priority = message.get<stun::priority>();
  const auto claim = read_claim(message);
  if (!priority || !claim) return unexpected{stun::error_code::bad_request};
  const auto nominates = message.get<stun::use_candidate>();
  if (!nominates && nominates.error() == stun::attribute_fault::malformed) {
    return unexpected{stun::error_code::bad_request};
  }
  const bool peer_is_controlled = *claim && (*claim)->role == role::controlled;
  return incoming_check{priority->value, *claim, nominates.has_value() && !peer_is_controlled};
}

/// Who sent a check, by the half of its USERNAME that names the sender.
enum class check_sender : std::uint8_t {
  peer,     ///< the one whose credentials are known
  unknown,  ///< nobody can say: the peer's credentials are yet to come
  other,    ///< somebody else than the peer whose credentials are known
};

/// known: the peer's credentials of the generation whose ufrag the check names; null before they
/// came. RFC 8445 sec. 7.3 lets any sender pass; but what is answered with success counts as a path
/// with its sender, and a check of other credentials than the peer's makes none: one that restarted
/// and whose new ones are still on their way must not take the path of the old ones for its new
/// one.
[[nodiscard]] inline check_sender identify_sender(std::string_view sender,
                                                  const remote_credentials* known) noexcept {
  if (known == nullptr) return check_sender::unknown;
  return known->ufrag.view() == sender ? check_sender::peer : check_sender::other;
}

/// How many candidates one base learns from one address before any of them has answered. NATs that
/// can meet at all show two ports at most before they do.
inline constexpr std::size_t max_unanswered_ports = 4;

/// How long such a candidate keeps its place where a newer one wants it: 5 checks leave meanwhile.
inline constexpr duration unanswered_port_patience = std::chrono::seconds{10};

/// What a check from the peer makes of the pair it came on.
enum class trigger : std::uint8_t {
  nothing,             ///< the pair works already
  enqueue,             ///< send a check on it soon
  cancel_and_enqueue,  ///< also stop repeating the one under way; its answer still counts
};

/// RFC 8445 sec. 7.3.1.4, for a pair that exists; one that doesn't is made first, and Waiting.
[[nodiscard]] constexpr trigger decide_trigger(pair_state state) noexcept {
  switch (state) {
    case pair_state::succeeded: return trigger::nothing;
    case pair_state::in_progress: return trigger::cancel_and_enqueue;
    case pair_state::frozen:
    case pair_state::waiting:
    case pair_state::failed: return trigger::enqueue;
  }
  return trigger::nothing;
}

/// The size of an answer to a stranger: a header, an error code without a phrase, a FINGERPRINT.
inline constexpr std::size_t stranger_answer_size = 20 + 8 + 8;

/// True for a request that may be answered though it proves nothing: no answer to a stranger is
/// larger than its question, which would make a present of the difference to whomever the question
/// names as its sender.
[[nodiscard]] constexpr bool may_answer_stranger(std::size_t question) noexcept {
  return question >= stranger_answer_size;
}

/// How many strangers are answered: so many at once, and each second one of them anew so often.
/// Their questions may be forged, and the answers go to others.
class stranger_allowance {
 public:
  static constexpr int most = 20;
  static constexpr duration each = std::chrono::milliseconds{50};

  /// True when one more may be answered at `now`, and counts it.
  [[nodiscard]] constexpr bool take(time_point now) noexcept {
    const auto begin = after(now, -most * each);
    const auto from = free_ ? (std::max)(*free_, begin) : begin;
    if (from > after(now, -each)) return false;
    free_ = after(from, each);
    return true;
  }

 private:
  /// Up to when the answers that were given use the time up; none at first.
  floe::deadline free_{};
};

/// Writes the success answer to a check from `source`. key: this agent's own.
/// errors: buffer_too_small.
[[nodiscard]] inline result<std::size_t>
write_check_success(byte_span buffer, const stun::transaction_id& transaction,
                    const endpoint& source, const stun::integrity_key& key) {
  stun::writer writer{buffer, {stun::method::binding, stun::message_class::success}, transaction};
  return writer.add(stun::xor_mapped_address{source}).add_integrity(key).add_fingerprint().finish();
}

/// Writes the error answer to a check. unknown: the attributes that a 420 names | key: this agent's
/// own, or null when the request has not proved itself (RFC 8489 sec. 9.1.3). Only an authenticated
/// peer is told a reason phrase, so that no answer to a stranger is larger than its question.
/// errors: buffer_too_small.
[[nodiscard]] inline result<std::size_t>
write_check_error(byte_span buffer, const stun::transaction_id& transaction, stun::error_code code,
                  const stun::attribute_list& unknown, const stun::integrity_key* key) {
  stun::writer writer{buffer, {stun::method::binding, stun::message_class::error}, transaction};
  writer.add(stun::error_code_attribute{code, key != nullptr ? stun::reason_phrase(code)
                                                             : std::string_view{}});
  if (!unknown.empty()) writer.add(stun::unknown_attributes{unknown});
  if (key != nullptr) writer.add_integrity(*key);
  return writer.add_fingerprint().finish();
}

}  // namespace floe::ice
