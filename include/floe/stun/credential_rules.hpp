// What client and server do about credentials, case by case (RFC 8489 sec. 9.1.3 to 9.2.5).
//
// owns:     the decisions, as functions of the facts
// does not: gather the facts, keep state, or send anything
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

// ---- a client meets a challenge
// -------------------------------------------------------------------

/// What a 401 or 438 holds, and what led to it.
struct challenge_facts {
  error_code code = error_code::unauthenticated;
  bool has_realm = false;
  bool has_nonce = false;
  bool tried_this_realm = false;  ///< the request already carried credentials for it
  security_features features{};   ///< of the nonce
  bool has_algorithms = false;    ///< PASSWORD-ALGORITHMS
  std::optional<password_algorithm_id> algorithm{};  ///< the first listed that the client has
  unsigned stale_answers = 0;  ///< how often this operation was told 438 before
};

/// What a client does about it.
enum class challenge_decision : std::uint8_t {
  retry,                ///< a new transaction with credentials and the new nonce
  credentials_refused,  ///< they were tried and are wrong
  unusable,             ///< the challenge lacks what an answer needs
  bid_down,             ///< somebody took out what the nonce says was there
  unsupported,          ///< no algorithm that the client has
  too_many_stale,       ///< the server calls every nonce stale
};

/// A server that always answers 438 is left after so many.
inline constexpr unsigned most_stale_answers = 3;

/// source: RFC 8489 sec. 9.2.5
[[nodiscard]] constexpr challenge_decision decide_challenge(const challenge_facts& f) noexcept {
  if (!f.has_realm || !f.has_nonce) return challenge_decision::unusable;
  if (f.features.password_algorithms && !f.has_algorithms) return challenge_decision::bid_down;
  if (f.has_algorithms && !f.algorithm) return challenge_decision::unsupported;
  if (f.code == error_code::stale_nonce) {
    return f.stale_answers < most_stale_answers ? challenge_decision::retry
                                                : challenge_decision::too_many_stale;
  }
  return f.tried_this_realm ? challenge_decision::credentials_refused : challenge_decision::retry;
}

/// How a request is protected after a challenge.
struct protection {
  bool sha256_integrity = false;  ///< MESSAGE-INTEGRITY-SHA256 alone, else MESSAGE-INTEGRITY alone
  bool userhash = false;          ///< instead of USERNAME
  std::optional<password_algorithm_id> algorithm{};  ///< goes out with PASSWORD-ALGORITHMS
  password_algorithm_id key = password_algorithm_id::md5;

  [[nodiscard]] constexpr bool operator==(const protection&) const noexcept = default;
};

/// The list that came decides, not the bit of the nonce that announces it.
/// in: a challenge that decide_challenge() would have answered - algorithm: of PASSWORD-ALGORITHMS,
/// if that was there. source: RFC 8489 sec. 9.2.3.2, 9.2.5
[[nodiscard]] constexpr protection
protection_for(security_features features,
               std::optional<password_algorithm_id> algorithm) noexcept {
  protection out;
  out.userhash = features.username_anonymity;
  out.sha256_integrity = algorithm.has_value();
  out.algorithm = algorithm;
  out.key = algorithm.value_or(password_algorithm_id::md5);
  return out;
}

// ---- a client meets a response to a protected request
// ---------------------------------------------

/// What a response proves with the integrity attribute that its request had.
enum class proof : std::uint8_t {
  right,
  wrong,
  missing,
  other_algorithm,  ///< it holds the other attribute, alone or as well
};

/// Proves a response to a request that carried MESSAGE-INTEGRITY. One that holds the other
/// attribute as well is no answer to it. source: RFC 8489 sec. 9.1.4
[[nodiscard]] constexpr proof prove_response(const message_view& response,
                                             const integrity_key& key) noexcept {
  if (response.find(attribute_type::message_integrity_sha256)) return proof::other_algorithm;
  if (!response.find(attribute_type::message_integrity)) return proof::missing;
  return authenticate(response, key) ? proof::right : proof::wrong;
}

/// The same for a request that carried MESSAGE-INTEGRITY-SHA256.
[[nodiscard]] constexpr proof prove_response(const message_view& response,
                                             const integrity_sha256_key& key,
                                             std::size_t least_size = whole_sha256_size) noexcept {
  if (response.find(attribute_type::message_integrity)) return proof::other_algorithm;
  if (!response.find(attribute_type::message_integrity_sha256)) return proof::missing;
  return authenticate(response, key, least_size) ? proof::right : proof::wrong;
}

/// True when the client may act on the response; otherwise it is as if it never came, and the
/// request goes on, where it can be repeated. Under a long-term credential a challenge can't be
/// protected yet; whatever else comes unprotected, a 400 included, may be anybody's.
/// source: RFC 8489 sec. 9.1.4, 9.2.5
[[nodiscard]] constexpr bool may_act_on(message_class cls, std::optional<error_code> code,
                                        proof found, bool long_term) noexcept {
  if (found == proof::right) return true;
  if (!long_term || found != proof::missing || cls != message_class::error || !code) return false;
  return *code == error_code::unauthenticated || *code == error_code::stale_nonce;
}

/// True for a response that somebody took something out of: the nonce says that the server has
/// password algorithms, and they are not there. It is ignored, whatever it proves. In a 401 or 438
/// that is for decide_challenge(). source: RFC 8489 sec. 9.2.5
[[nodiscard]] inline bool is_bid_down(const message_view& response) noexcept {
  const auto code = response.get<error_code_attribute>();
  const bool challenges =
      response.cls() == message_class::error && code &&
      (code->code == error_code::unauthenticated || code->code == error_code::stale_nonce);
  const auto front = response.get<nonce>();
  return !challenges && front && features_of(front->value).password_algorithms &&
         !response.has<password_algorithms>();
}

// ---- a server meets a request
// ---------------------------------------------------------------------

/// What a server does with a request or an indication.
enum class admission : std::uint8_t {
  admit,
  bad_request,      ///< 400, unprotected
  unauthenticated,  ///< 401, unprotected; with a challenge when the credential is long-term
  stale_nonce,      ///< 438 with a new nonce
  drop,             ///< an indication is never answered
};

/// Proves a request by the stronger attribute that it holds; the weaker one can't make up for it.
/// source: RFC 8489 sec. 9.1.3
[[nodiscard]] constexpr proof prove_request(const message_view& request, const integrity_key& key,
                                            const integrity_sha256_key& sha256_key) noexcept {
  if (request.find(attribute_type::message_integrity_sha256)) {
    return authenticate(request, sha256_key) ? proof::right : proof::wrong;
  }
  if (!request.find(attribute_type::message_integrity)) return proof::missing;
  return authenticate(request, key) ? proof::right : proof::wrong;
}

/// What a message under a short-term credential holds.
struct short_term_facts {
  bool has_integrity = false;
  bool has_username = false;
  bool username_known = false;
  bool integrity_right = false;  ///< of MESSAGE-INTEGRITY-SHA256 when it is there, else the other
};

namespace detail {

[[nodiscard]] constexpr admission refused(message_class cls, admission why) noexcept {
  return cls == message_class::indication ? admission::drop : why;
}

}  // namespace detail

/// source: RFC 8489 sec. 9.1.3
[[nodiscard]] constexpr admission admit_short_term(message_class cls,
                                                   const short_term_facts& f) noexcept {
  if (!f.has_integrity || !f.has_username) return detail::refused(cls, admission::bad_request);
  if (!f.username_known || !f.integrity_right) {
    return detail::refused(cls, admission::unauthenticated);
  }
  return admission::admit;
}

/// What a message under a long-term credential holds.
struct long_term_facts {
  bool has_integrity = false;
  bool has_user = false;  ///< USERNAME or USERHASH
  bool has_realm = false;
  bool has_nonce = false;
  security_features features{};  ///< of the nonce it carries
  bool has_algorithms = false;   ///< PASSWORD-ALGORITHMS
  bool algorithms_as_offered = false;
  bool has_algorithm = false;  ///< PASSWORD-ALGORITHM
  bool algorithm_is_offered = false;
  bool nonce_fresh = false;
  bool user_known = false;
  bool integrity_right = false;
};

/// source: RFC 8489 sec. 9.2.4
[[nodiscard]] constexpr admission admit_long_term(message_class cls,
                                                  const long_term_facts& f) noexcept {
  if (!f.has_integrity) return detail::refused(cls, admission::unauthenticated);
  if (!f.has_user || !f.has_realm || !f.has_nonce) {
    return detail::refused(cls, admission::bad_request);
  }
  // Neither of the two means a client of before RFC 8489, which uses MD5.
  if (f.features.password_algorithms && (f.has_algorithms || f.has_algorithm)) {
    const bool in_order =
        f.has_algorithms && f.algorithms_as_offered && f.has_algorithm && f.algorithm_is_offered;
    if (!in_order) return detail::refused(cls, admission::bad_request);
  }
  if (!f.user_known || !f.integrity_right) {
    return detail::refused(cls, admission::unauthenticated);
  }
  if (!f.nonce_fresh) return detail::refused(cls, admission::stale_nonce);
  return admission::admit;
}

}  // namespace floe::stun
