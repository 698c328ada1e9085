// Who we are to a TURN server: a user with a password, or the bearer of a token.
//
// owns:     which of the two answers a challenge, and the token with its keys
// does not: decide about challenges (stun/credential_rules.hpp), or fetch tokens: the host does,
//           when it is told for which server
// sources:  RFC 8489 sec. 9.2, RFC 7635 sec. 4 to 6
// invariant: a token is shown only to the server that asked for one.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/error.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/result.hpp"
#include "floe/core/stored_text.hpp"
#include "floe/core/text.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/credential_rules.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/long_term.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"

namespace floe::turn {

/// The longest token that is carried: a request must still fit into a datagram beside it.
inline constexpr std::size_t most_token_bytes = 1024;

/// A token from an authorization server, and the key that goes with it (RFC 7635 sec. 4).
struct token {
  std::string_view key_id;  ///< kid: goes out as USERNAME
  byte_view mac_key;        ///< 20 bytes for HMAC-SHA1, 32 for HMAC-SHA256
  byte_view sealed;         ///< access_token, which only the server can read
};

/// What a challenge calls for.
enum class challenge_step : std::uint8_t {
  retry,        ///< the same request, protected
  fetch_token,  ///< the same, once the host has brought a token
  refused,      ///< what we have was tried, or there is nothing
  unusable,     ///< it lacks what an answer needs, or somebody tampered with it
};

/// The client's side of authentication with one server at a time.
class credential {
 public:
  /// in: see stun::long_term_session; an empty user name: there is no password, only tokens
  credential(std::string_view user, std::string_view password, memory_ref memory)
      : by_password_{{{user, password, memory}, {{}, {}, memory}}}, has_password_{!user.empty()},
        kid_{stun::username_limits.bytes_sent, memory}, sealed_{most_token_bytes, memory},
        realm_{stun::phrase_limits.bytes_accepted, memory}, nonce_{
                                                                stun::phrase_limits.bytes_accepted,
                                                                memory} {}

  /// Takes another user name and password; those before are kept for fall_back().
  /// errors: unsupported for an empty user name, or texts that are too long
  result<void> replace(std::string_view user, std::string_view password) {
    if (user.empty() || user.size() > stun::username_limits.bytes_sent ||
        password.size() > stun::phrase_limits.bytes_accepted) {
      return unexpected{errc::unsupported};
    }
    auto& next = by_password_[1 - current_];
    next.replace(user, password);
    next.learn_from(by_password());
    has_former_ = has_password_;
    has_password_ = true;
    current_ = 1 - current_;
    ++generation_;
    return {};
  }

  /// The server takes what is shown: what was before has had its time.
  void accepted() noexcept { has_former_ = false; }

  /// Goes back to the user name and password before replace(), once. False when there are none, or
  /// the newer ones were taken.
  [[nodiscard]] bool fall_back() {
    if (!has_former_ || by_token_) return false;
    has_former_ = false;
    by_password_[1 - current_].learn_from(by_password());
    current_ = 1 - current_;
    ++generation_;
    return true;
  }

  /// True once requests can be protected.
  [[nodiscard]] bool is_ready() const noexcept {
    return by_token_ ? has_token_ : by_password().is_challenged();
  }

  /// Counts the challenges: what was protected under another number shows an older nonce.
  [[nodiscard]] std::uint32_t generation() const noexcept { return generation_; }

  /// The name by which the server knows itself to authorization servers; empty when it has not
  /// asked for a token.
  [[nodiscard]] std::string_view wanted_from() const noexcept { return server_name_.view(); }

  /// Takes a 401 or 438. `was_protected`: the request showed what this has now; `stale` is how
  /// often the operation was told 438 before.
  [[nodiscard]] challenge_step take_challenge(const stun::message_view& response,
                                              bool was_protected, unsigned stale) {
    const auto authorization = response.get<stun::third_party_authorization>();
    const auto step =
        authorization && (!has_password_ || by_token_)
            ? take_token_challenge(response, authorization->value, was_protected, stale)
            : take_password_challenge(response, was_protected, stale);
    if (step == challenge_step::retry || step == challenge_step::fetch_token) ++generation_;
    return step;
  }

  /// The token that was asked for.
  /// errors: unsupported when no server asks for one; malformed_text when its parts have
  ///         impossible sizes
  result<void> bring(const token& t) {
    if (!by_token_) return unexpected{errc::unsupported};
    const bool sha1 = t.mac_key.size() == crypto::sha1::digest_size;
    const bool sha256 = t.mac_key.size() == crypto::sha256::digest_size;
    if ((!sha1 && !sha256) || t.key_id.empty() || t.sealed.empty() ||
        t.sealed.size() > most_token_bytes || !stun::fits(t.key_id, stun::username_limits)) {
      return unexpected{errc::malformed_text};
    }
    kid_.assign(t.key_id);
    sealed_.assign(t.sealed.begin(), t.sealed.end());
    is_sha256_ = sha256;
    if (sha256) {
      sha256_key_ = stun::integrity_sha256_key{t.mac_key};
    } else {
      sha1_key_ = stun::integrity_key{t.mac_key};
    }
    has_token_ = true;
    ++generation_;
    return {};
  }

  /// Another server: it has not challenged yet, and the token is not for it.
  void forget_server() noexcept {
    for (auto& one : by_password_) one.forget_challenge();
    has_former_ = false;
    by_token_ = has_token_ = false;
    sealed_.clear();
    server_name_ = {};
    ++generation_;
  }

  /// Completes a request, integrity included. in: is_ready()
  void protect(stun::writer& out) const noexcept {
    if (!by_token_) return by_password().protect(out);
    out.add(stun::username{kid_.view()});
    out.add(stun::bytes_attribute<stun::attribute_type::realm>{as_byte_view(realm_.view())});
    out.add(stun::bytes_attribute<stun::attribute_type::nonce>{as_byte_view(nonce_.view())});
    out.add(stun::access_token{sealed_});
    if (is_sha256_) {
      out.add_integrity(sha256_key_);
    } else {
      out.add_integrity(sha1_key_);
    }
  }

  /// What a response to a protected request proves.
  [[nodiscard]] stun::proof prove(const stun::message_view& response) const noexcept {
    if (!by_token_) return by_password().prove(response);
    return is_sha256_ ? stun::prove_response(response, sha256_key_)
                      : stun::prove_response(response, sha1_key_);
  }

 private:
  [[nodiscard]] stun::long_term_session& by_password() noexcept { return by_password_[current_]; }
  [[nodiscard]] const stun::long_term_session& by_password() const noexcept {
    return by_password_[current_];
  }

  [[nodiscard]] challenge_step take_password_challenge(const stun::message_view& response,
                                                       bool was_protected, unsigned stale) {
    if (!has_password_) return challenge_step::refused;
    switch (by_password().take_challenge(response, was_protected, stale)) {
      case stun::challenge_decision::retry: return challenge_step::retry;
      case stun::challenge_decision::credentials_refused:
      case stun::challenge_decision::too_many_stale: return challenge_step::refused;
      case stun::challenge_decision::unusable:
      case stun::challenge_decision::bid_down:
      case stun::challenge_decision::unsupported: break;
    }
    return challenge_step::unusable;
  }

  /// A 401 to a request that showed the token says that the token has had its time.
  [[nodiscard]] challenge_step take_token_challenge(const stun::message_view& response,
                                                    std::string_view server_name,
                                                    bool was_protected, unsigned stale) {
    const auto code = response.get<stun::error_code_attribute>();
    const auto realm = response.get<stun::realm>();
    const auto nonce = response.get<stun::nonce>();
    const auto name = fixed_text<stun::domain_limits.bytes_accepted>::from(server_name);
    if (!code || !realm || !nonce || !name) return challenge_step::unusable;
    realm_.assign(realm->value);
    nonce_.assign(nonce->value);
    server_name_ = *name;
    by_token_ = true;
    if (code->code == stun::error_code::stale_nonce) {
      if (stale >= stun::most_stale_answers) return challenge_step::refused;
      return has_token_ ? challenge_step::retry : challenge_step::fetch_token;
    }
    if (has_token_ && !was_protected) return challenge_step::retry;
    has_token_ = false;
    return challenge_step::fetch_token;
  }

  std::array<stun::long_term_session, 2> by_password_;  ///< those in use, and those before
  std::size_t current_ = 0;
  bool has_password_;
  bool has_former_ = false;
  bool by_token_ = false;
  bool has_token_ = false;
  bool is_sha256_ = false;
  std::uint32_t generation_ = 0;
  stored_text kid_;
  fixed_vector<std::byte> sealed_;
  stored_text realm_;
  stored_text nonce_;
  fixed_text<stun::domain_limits.bytes_accepted> server_name_;
  stun::integrity_key sha1_key_;
  stun::integrity_sha256_key sha256_key_;
};

}  // namespace floe::turn
