// A client's side of a short-term credential outside ICE: both integrity attributes until the
// server has shown which one it uses (RFC 8489 sec. 9.1.2 to 9.1.5). ICE knows without asking, and
// does not need this.
//
// owns:     user name, keys, the algorithm once it is known
// does not: start transactions or drop responses; prove() says which to drop
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <gsl/assert>
#include <string_view>

#include "floe/core/memory.hpp"
#include "floe/core/stored_text.hpp"
#include "floe/crypto/library.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/credential_rules.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"
#include "floe/stun/writer.hpp"

namespace floe::stun {

/// What a client knows for one server. User name and password must be prepared (OpaqueString).
class short_term_session {
 public:
  /// by: the host's library, or null for floe's own functions | in: a user name of at most 508
  /// bytes
  short_term_session(std::string_view user, std::string_view password, memory_ref memory,
                     const crypto::library* by = nullptr)
      : user_{user, memory}, key_{short_term_key(password, by)}, sha256_key_{short_term_sha256_key(
                                                                     password, by)} {
    Expects(user.size() <= username_limits.bytes_sent);
  }

  /// Completes a request or an indication with USERNAME and integrity.
  void protect(writer& out) const noexcept {
    out.add(username{user_.view()});
    if (uses_ != algorithm::sha256) out.add_integrity(key_);
    if (uses_ != algorithm::sha1) out.add_integrity(sha256_key_);
  }

  /// What a response proves. The first that proves itself decides which algorithm later requests
  /// use; one that is not `right` is to be dropped as if it never came.
  [[nodiscard]] proof prove(const message_view& response) noexcept {
    const bool has_sha256 = response.find(attribute_type::message_integrity_sha256).has_value();
    const auto by_sha256 = uses_ == algorithm::sha256 || (uses_ == algorithm::both && has_sha256);
    const auto found =
        by_sha256 ? prove_response(response, sha256_key_) : prove_response(response, key_);
    if (found == proof::right) uses_ = by_sha256 ? algorithm::sha256 : algorithm::sha1;
    return found;
  }

 private:
  enum class algorithm : std::uint8_t { both, sha1, sha256 };

  stored_text user_;
  integrity_key key_;
  integrity_sha256_key sha256_key_;
  algorithm uses_ = algorithm::both;
};

}  // namespace floe::stun
