// A client's side of a long-term credential: takes challenges, protects requests, proves responses
// (RFC 8489 sec. 9.2).
//
// owns:     user name and password, the server's realm and nonce, the keys made of them
// does not: decide (credential_rules.hpp), or start transactions: a retry is its caller's, with a
//           new id invariant: before the first challenge nothing of the credential is sent; nothing
//           is allocated after construction.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/stored_text.hpp"
#include "floe/crypto/library.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/credential_rules.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"

namespace floe::stun {

/// What a client knows for one server. User name and password must be prepared (OpaqueString).
class long_term_session {
 public:
  /// by: the host's library, or null for floe's own functions | in: a user name of at most 508
  /// bytes
  long_term_session(std::string_view user, std::string_view password, memory_ref memory,
                    const crypto::library* by = nullptr)
      : user_{username_limits.bytes_sent, memory},
        password_{(std::max)(password.size(), phrase_limits.bytes_accepted), memory},
        realm_{phrase_limits.bytes_accepted, memory}, nonce_{phrase_limits.bytes_accepted, memory},
        algorithms_{most_algorithm_bytes, memory}, by_{by} {
    Expects(user.size() <= username_limits.bytes_sent);
    user_.assign(user);
    password_.assign(password);
  }

  long_term_session(const long_term_session&) = delete;
  long_term_session& operator=(const long_term_session&) = delete;
  long_term_session(long_term_session&&) = delete;
  long_term_session& operator=(long_term_session&&) = delete;

  ~long_term_session() = default;

  /// Takes another user name and password, and keeps what the server asked for: the next request is
  /// protected with them. in: texts within username_limits.bytes_sent and
  /// phrase_limits.bytes_accepted
  void replace(std::string_view user, std::string_view password) {
    user_.assign(user);
    password_.assign(password);
    stale_answers_ = 0;
    if (challenged_) challenged_ = make_keys(protection_, realm_.view());
  }

  /// Takes over what the server asked another session for; it is asked for nothing where that was
  /// not.
  void learn_from(const long_term_session& other) {
    realm_.assign(other.realm_.view());
    nonce_.assign(other.nonce_.view());
    algorithms_.assign(other.algorithms_.begin(), other.algorithms_.end());
    protection_ = other.protection_;
    challenged_ = other.challenged_ && make_keys(protection_, realm_.view());
  }

  /// True once requests carry the credential.
  [[nodiscard]] bool is_challenged() const noexcept { return challenged_; }

  /// Takes a 401 or 438, the answer to a request that was or was not protected by this. Unless the
  /// decision is to retry, everything stays as it was. For one request at a time.
  [[nodiscard]] challenge_decision take_challenge(const message_view& response,
                                                  bool was_protected) {
    const auto decision = take_challenge(response, was_protected, stale_answers_);
    const auto code = response.get<error_code_attribute>();
    const bool stale = code && code->code == error_code::stale_nonce;
    stale_answers_ += decision == challenge_decision::retry && stale ? 1U : 0U;
    return decision;
  }

  /// The same where several requests are under way, which one stale nonce meets all:
  /// `stale_answers` counts how often this one was told 438 before.
  [[nodiscard]] challenge_decision take_challenge(const message_view& response, bool was_protected,
                                                  unsigned stale_answers) {
    const auto code = response.get<error_code_attribute>();
    const auto realm_text = response.get<realm>();
    const auto nonce_text = response.get<nonce>();
    const auto offered = response.get<password_algorithms>();
    challenge_facts facts;
    if (code) facts.code = code->code;
    facts.has_realm = realm_text.has_value();  // one of no letters is one
    facts.has_nonce = nonce_text.has_value();
    facts.tried_this_realm = was_protected && facts.has_realm && realm_text->value == realm_.view();
    if (nonce_text) facts.features = features_of(nonce_text->value);
    facts.has_algorithms = offered.has_value();
    if (offered && offered->value.size() <= most_algorithm_bytes) {
      facts.algorithm = offered->first_supported();
    }
    facts.stale_answers = stale_answers;

    const auto decision = decide_challenge(facts);
    if (decision != challenge_decision::retry) return decision;
    const auto wanted = protection_for(facts.features, facts.algorithm);
    if (!make_keys(wanted, realm_text->value)) return challenge_decision::unsupported;
    realm_.assign(realm_text->value);
    nonce_.assign(nonce_text->value);
    algorithms_.clear();
    if (offered && facts.algorithm) {
      algorithms_.assign(offered->value.begin(), offered->value.end());
    }
    protection_ = wanted;
    challenged_ = true;
    return decision;
  }

  /// Another server is asked: it has not challenged yet.
  void forget_challenge() noexcept {
    challenged_ = false;
    stale_answers_ = 0;
  }

  /// A request was answered with anything but a challenge: the nonce is good.
  void accepted() noexcept { stale_answers_ = 0; }

  /// Completes a request with what a challenge asked for, integrity included; adds nothing before
  /// the first. source: RFC 8489 sec. 9.2.3
  void protect(writer& out) const noexcept {
    if (!challenged_) return;
    if (protection_.userhash) {
      out.add(hash_);
    } else {
      out.add(username{user_.view()});
    }
    // As they came, whatever their length.
    out.add(bytes_attribute<attribute_type::realm>{as_byte_view(realm_.view())});
    out.add(bytes_attribute<attribute_type::nonce>{as_byte_view(nonce_.view())});
    if (protection_.algorithm) {
      out.add(password_algorithms{algorithms_}).add(password_algorithm{*protection_.algorithm});
    }
    if (protection_.sha256_integrity) {
      out.add_integrity(sha256_key_);
    } else {
      out.add_integrity(sha1_key_);
    }
  }

  /// What a response to a protected request proves.
  [[nodiscard]] proof prove(const message_view& response) const noexcept {
    return protection_.sha256_integrity ? prove_response(response, sha256_key_)
                                        : prove_response(response, sha1_key_);
  }

 private:
  /// More than any server offers; each entry has 4 bytes.
  static constexpr std::size_t most_algorithm_bytes = 64;

  /// Returns false, and changes nothing, when the host's library can't make them.
  [[nodiscard]] bool make_keys(const protection& wanted, std::string_view domain) noexcept {
    const auto hash = wanted.userhash ? hash_for(domain) : std::optional{userhash{}};
    if (!hash) return false;
    const auto keep = [&](const auto& raw) {
      if (!raw) return false;
      if (wanted.sha256_integrity) {
        sha256_key_ = integrity_sha256_key{*raw, by_};
      } else {
        sha1_key_ = integrity_key{*raw, by_};
      }
      hash_ = *hash;
      return true;
    };
    return wanted.key == password_algorithm_id::sha256 ? keep(sha256_key_for(domain))
                                                       : keep(md5_key_for(domain));
  }

  [[nodiscard]] std::optional<crypto::md5::digest>
  md5_key_for(std::string_view domain) const noexcept {
    if (by_ != nullptr) return long_term_md5_key(user_.view(), domain, password_.view(), *by_);
    return long_term_md5_key(user_.view(), domain, password_.view());
  }
  [[nodiscard]] std::optional<crypto::sha256::digest>
  sha256_key_for(std::string_view domain) const noexcept {
    if (by_ != nullptr) return long_term_sha256_key(user_.view(), domain, password_.view(), *by_);
    return long_term_sha256_key(user_.view(), domain, password_.view());
  }
  [[nodiscard]] std::optional<userhash> hash_for(std::string_view domain) const noexcept {
    return by_ != nullptr ? userhash_of(user_.view(), domain, *by_)
                          : userhash_of(user_.view(), domain);
  }

  stored_text user_;
  stored_text password_;
  stored_text realm_;
  stored_text nonce_;
  fixed_vector<std::byte> algorithms_;
  const crypto::library* by_;
  protection protection_;
  userhash hash_;
  integrity_key sha1_key_;
  integrity_sha256_key sha256_key_;
  unsigned stale_answers_ = 0;
  bool challenged_ = false;
};

}  // namespace floe::stun
