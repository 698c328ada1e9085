// A TURN server's side of long-term credentials.
//
// owns:     users, realm, nonces; whether a request is let in, and how its answer is protected
// does not: decide the cases; stun::admit_long_term() does
// sources:  RFC 8489 §9.2.4
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/credential_rules.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace floe::sim {

struct turn_user {
  std::string name;
  std::string password;
};

struct turn_credentials_config {
  std::string realm = "floe.example";
  std::vector<turn_user> users{};  ///< nobody: everybody is let in
  duration nonce = 1h;             ///< how long one is good
  stun::security_features features{};
};

/// The key that a request was proved with; an answer is protected alike.
struct turn_proof {
  stun::integrity_key sha1{};
  stun::integrity_sha256_key sha256{};

  void seal(stun::writer& out) const {
    if (!sha256.empty()) {
      out.add_integrity(sha256);
    } else if (!sha1.empty()) {
      out.add_integrity(sha1);
    }
  }
};

/// What a server says to a request.
struct turn_admission {
  stun::admission what = stun::admission::admit;
  const turn_user* user = nullptr;
  turn_proof proof{};
};

class turn_credentials {
 public:
  turn_credentials(turn_credentials_config config, random_source chance)
      : config_{std::move(config)}, chance_{chance} {}

  /// Judges a request.
  [[nodiscard]] turn_admission admit(time_point now, const stun::message_view& message) const {
    if (config_.users.empty()) return {};
    turn_admission result;
    const auto nonce_text = message.get<stun::nonce>();
    const auto offered = message.get<stun::password_algorithms>();
    const auto chosen = message.get<stun::password_algorithm>();
    stun::long_term_facts facts;
    facts.has_integrity = has_integrity(message);
    facts.has_user = message.has<stun::username>() || message.has<stun::userhash>();
    facts.has_realm = message.has<stun::realm>();
    facts.has_nonce = nonce_text.has_value();
    if (nonce_text) facts.features = stun::features_of(nonce_text->value);
    facts.has_algorithms = offered.has_value();
    facts.algorithms_as_offered =
        offered && *offered == stun::password_algorithms{stun::all_password_algorithms};
    facts.has_algorithm = chosen.has_value();
    facts.algorithm_is_offered = facts.has_algorithm;
    facts.nonce_fresh = nonce_text && is_fresh(now, nonce_text->value);
    result.user = find_user(message);
    facts.user_known = result.user != nullptr;
    if (result.user != nullptr) {
      const bool sha256_key = facts.features.password_algorithms && chosen &&
                              chosen->id == stun::password_algorithm_id::sha256;
      result.proof = make_proof(*result.user, message, sha256_key);
      facts.integrity_right = proves(message, result.proof);
    }
    result.what = stun::admit_long_term(message.cls(), facts);
    return result;
  }

  /// Writes what a client needs to try again.
  void challenge(time_point now, stun::writer& out) {
    const auto text = new_nonce(now);
    out.add(stun::realm{config_.realm}).add(stun::nonce{text});
    if (config_.features.password_algorithms) {
      out.add(stun::password_algorithms{stun::all_password_algorithms});
    }
  }

  void expire_nonces() { nonces_.clear(); }

 private:
  static bool has_integrity(const stun::message_view& m) {
    return m.find(stun::attribute_type::message_integrity) ||
           m.find(stun::attribute_type::message_integrity_sha256);
  }

  [[nodiscard]] const turn_user* find_user(const stun::message_view& m) const {
    const auto name = m.get<stun::username>();
    const auto hash = m.get<stun::userhash>();
    const auto found =
        std::find_if(config_.users.begin(), config_.users.end(), [&](const turn_user& u) {
          return name ? u.name == name->value
                      : hash && *hash == stun::userhash_of(u.name, config_.realm);
        });
    return found == config_.users.end() ? nullptr : &*found;
  }

  [[nodiscard]] turn_proof make_proof(const turn_user& user, const stun::message_view& m,
                                      bool sha256_key) const {
    turn_proof made;
    const auto with = [&](byte_view key) {
      if (m.find(stun::attribute_type::message_integrity_sha256)) {
        made.sha256 = stun::integrity_sha256_key{key};
      } else {
        made.sha1 = stun::integrity_key{key};
      }
    };
    if (sha256_key) {
      with(stun::long_term_sha256_key(user.name, config_.realm, user.password));
    } else {
      with(stun::long_term_md5_key(user.name, config_.realm, user.password));
    }
    return made;
  }

  static bool proves(const stun::message_view& m, const turn_proof& proof) {
    return proof.sha256.empty() ? stun::authenticate(m, proof.sha1).has_value()
                                : stun::authenticate(m, proof.sha256).has_value();
  }

  [[nodiscard]] bool is_fresh(time_point now, std::string_view text) const {
    return std::any_of(nonces_.begin(), nonces_.end(), [&](const auto& n) {
      return n.first == text && elapsed(n.second, now) < config_.nonce;
    });
  }

  std::string new_nonce(time_point now) {
    std::string text;
    if (config_.features != stun::security_features{}) {
      const auto front = stun::nonce_front(config_.features);
      text.assign(front.begin(), front.end());
    }
    text += std::to_string(chance_.next());
    nonces_.emplace_back(text, now);
    return text;
  }

  turn_credentials_config config_;
  random_source chance_;
  std::vector<std::pair<std::string, time_point>> nonces_;
};

}  // namespace floe::sim
