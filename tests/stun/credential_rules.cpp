#include "floe/stun/credential_rules.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::admission;
using stun::challenge_decision;
using stun::challenge_facts;
using stun::error_code;
using stun::message_class;
using stun::password_algorithm_id;
using stun::proof;
using stun::security_features;

namespace {

constexpr auto sha256 = password_algorithm_id::sha256;
constexpr auto md5 = password_algorithm_id::md5;

constexpr challenge_facts plain_challenge() { return {.has_realm = true, .has_nonce = true}; }

constexpr challenge_facts modern_challenge() {
  return {.has_realm = true,
          .has_nonce = true,
          .features = {true, false},
          .has_algorithms = true,
          .algorithm = sha256};
}

bool bit(unsigned bits, unsigned which) { return ((bits >> which) & 1U) != 0; }

}  // namespace

TEST_CASE("challenge: a first 401 is answered once for a realm",
          "[stun][8489-9.2.5-a][8489-9.2.5-b]") {
  for (auto facts : {plain_challenge(), modern_challenge()}) {
    CHECK(decide_challenge(facts) == challenge_decision::retry);
    facts.tried_this_realm = true;
    CHECK(decide_challenge(facts) == challenge_decision::credentials_refused);
  }
}

TEST_CASE("challenge: a 438 is answered with the new nonce, a few times",
          "[stun][8489-9.2.5-c][8489-9.2.5-h]") {
  for (auto facts : {plain_challenge(), modern_challenge()}) {
    facts.code = error_code::stale_nonce;
    facts.tried_this_realm = true;
    unsigned retries = 0;
    while (decide_challenge(facts) == challenge_decision::retry) {
      ++facts.stale_answers;
      REQUIRE(++retries < 10);
    }
    CHECK(retries == stun::most_stale_answers);
    CHECK(retries >= 3);
    CHECK(retries <= 5);
    CHECK(decide_challenge(facts) == challenge_decision::too_many_stale);
  }
}

TEST_CASE("challenge: without REALM or NONCE there is nothing to answer with",
          "[stun][8489-9.2.5-d]") {
  for (const auto code : {error_code::unauthenticated, error_code::stale_nonce}) {
    for (auto facts : {plain_challenge(), modern_challenge()}) {
      facts.code = code;
      auto without_realm = facts;
      without_realm.has_realm = false;
      CHECK(decide_challenge(without_realm) == challenge_decision::unusable);
      auto without_nonce = facts;
      without_nonce.has_nonce = false;
      CHECK(decide_challenge(without_nonce) == challenge_decision::unusable);
    }
  }
}

TEST_CASE("challenge: what the nonce promises must be there", "[stun][8489-9.2.5-e][ATK-C22]") {
  auto stripped = modern_challenge();
  stripped.has_algorithms = false;
  stripped.algorithm.reset();
  CHECK(decide_challenge(stripped) == challenge_decision::bid_down);
}

TEST_CASE("challenge: without an algorithm in common there is no retry", "[stun][8489-9.2.5-f]") {
  for (const bool promised : {true, false}) {
    auto facts = modern_challenge();
    facts.features.password_algorithms = promised;
    facts.algorithm.reset();
    CHECK(decide_challenge(facts) == challenge_decision::unsupported);
  }
}

TEST_CASE("challenge: all combinations of facts, against the rules one by one", "[stun]") {
  for (unsigned bits = 0; bits < 128; ++bits) {
    for (unsigned stale = 0; stale < 6; ++stale) {
      const challenge_facts f{.code = bit(bits, 0) ? error_code::stale_nonce
                                                   : error_code::unauthenticated,
                              .has_realm = bit(bits, 1),
                              .has_nonce = bit(bits, 2),
                              .tried_this_realm = bit(bits, 3),
                              .features = {bit(bits, 4), false},
                              .has_algorithms = bit(bits, 5),
                              .algorithm = bit(bits, 6) ? std::optional{sha256} : std::nullopt,
                              .stale_answers = stale};
      const auto decision = decide_challenge(f);
      const bool complete = f.has_realm && f.has_nonce;
      const bool promised = f.features.password_algorithms;
      INFO(bits << ", " << stale);
      CHECK((decision == challenge_decision::unusable) == !complete);
      CHECK((decision == challenge_decision::bid_down) ==
            (complete && promised && !f.has_algorithms));
      CHECK((decision == challenge_decision::unsupported) ==
            (complete && f.has_algorithms && !f.algorithm));
      const bool answerable = complete && (f.has_algorithms ? f.algorithm.has_value() : !promised);
      const bool is_stale = f.code == error_code::stale_nonce;
      CHECK((decision == challenge_decision::credentials_refused) ==
            (answerable && !is_stale && f.tried_this_realm));
      CHECK((decision == challenge_decision::too_many_stale) ==
            (answerable && is_stale && stale >= stun::most_stale_answers));
    }
  }
}

TEST_CASE("protection: follows the list that came, and the bit of the nonce that hides the name",
          "[stun][8489-9.2.1-b][8489-9.2.3.2-b][8489-9.2.3.2-c][8489-9.2.3.2-d]") {
  using stun::protection;
  using stun::protection_for;
  CHECK(protection_for({}, std::nullopt) == protection{});
  CHECK(protection_for({}, sha256) == protection{true, false, sha256, sha256});
  CHECK(protection_for({}, md5) == protection{true, false, md5, md5});
  CHECK(protection_for({true, false}, sha256) == protection{true, false, sha256, sha256});
  CHECK(protection_for({true, false}, md5) == protection{true, false, md5, md5});
  CHECK(protection_for({false, true}, std::nullopt) == protection{false, true, std::nullopt, md5});
  CHECK(protection_for({true, true}, sha256) == protection{true, true, sha256, sha256});
}

TEST_CASE("response: only a right proof counts under a short-term credential",
          "[stun][8489-9.1.4-a][ATK-C02][ATK-C07]") {
  for (const auto cls : {message_class::success, message_class::error}) {
    for (const auto code : {error_code::bad_request, error_code::unauthenticated,
                            error_code::role_conflict, error_code::stale_nonce}) {
      CHECK(may_act_on(cls, code, proof::right, false));
      for (const auto p : {proof::wrong, proof::missing, proof::other_algorithm}) {
        CHECK_FALSE(may_act_on(cls, code, p, false));
      }
    }
  }
}

TEST_CASE("response: under a long-term one 401 and 438 may come without, and nothing else",
          "[stun][8489-9.2.5-g][ATK-C23]") {
  for (unsigned number = 300; number < 700; ++number) {
    const auto code = static_cast<error_code>(number);
    const bool exempt = number == 401 || number == 438;
    CHECK(may_act_on(message_class::error, code, proof::missing, true) == exempt);
    CHECK(may_act_on(message_class::error, code, proof::right, true));
    CHECK_FALSE(may_act_on(message_class::error, code, proof::wrong, true));
    CHECK_FALSE(may_act_on(message_class::error, code, proof::other_algorithm, true));
  }
  CHECK_FALSE(may_act_on(message_class::error, std::nullopt, proof::missing, true));
  CHECK_FALSE(may_act_on(message_class::success, std::nullopt, proof::missing, true));
  CHECK(may_act_on(message_class::success, std::nullopt, proof::right, true));
}

TEST_CASE("response: what its nonce says was there must be there, except in a challenge",
          "[stun][8489-9.2.5-i]") {
  const auto front = stun::nonce_front({true, false});
  const std::string announced = std::string{front.begin(), front.end()} + "rest";
  const auto is_bid_down = [](message_class cls, std::optional<error_code> code,
                              std::string_view nonce, bool lists) {
    std::array<std::byte, 200> buffer{};
    stun::writer w{buffer, {stun::method::refresh, cls}, {}};
    if (code) w.add(stun::error_code_attribute{*code});
    w.add(stun::nonce{nonce});
    if (lists) w.add(stun::password_algorithms{stun::all_password_algorithms});
    const auto size = w.finish();
    REQUIRE(size);
    return stun::is_bid_down(*stun::message_view::parse(byte_view{buffer}.first(*size)));
  };
  for (const auto code : {error_code::bad_request, error_code::forbidden, error_code::server_error,
                          error_code::try_alternate}) {
    CHECK(is_bid_down(message_class::error, code, announced, false));
    CHECK_FALSE(is_bid_down(message_class::error, code, announced, true));
    CHECK_FALSE(is_bid_down(message_class::error, code, "rest", false));
  }
  CHECK(is_bid_down(message_class::success, std::nullopt, announced, false));
  CHECK(is_bid_down(message_class::error, std::nullopt, announced, false));
  // A challenge has its own rule: it is not ignored, but not followed either.
  CHECK_FALSE(is_bid_down(message_class::error, error_code::unauthenticated, announced, false));
  CHECK_FALSE(is_bid_down(message_class::error, error_code::stale_nonce, announced, false));
}

TEST_CASE("response: must hold the attribute that its request had, and not the other",
          "[stun][8489-9.1.4-b]") {
  const stun::integrity_key sha1_key{vectors::ice_password};
  const stun::integrity_sha256_key sha256_key{vectors::ice_password};
  const auto parsed = [](byte_view bytes) { return *stun::message_view::parse(bytes); };
  CHECK(prove_response(parsed(vectors::check_success), sha1_key) == proof::right);
  CHECK(prove_response(parsed(vectors::check_success), stun::short_term_key("x")) == proof::wrong);
  CHECK(prove_response(parsed(vectors::keepalive), sha1_key) == proof::missing);
  CHECK(prove_response(parsed(vectors::mi256_16), sha1_key) == proof::other_algorithm);
  CHECK(prove_response(parsed(vectors::both_mi), sha1_key) == proof::other_algorithm);
  CHECK(prove_response(parsed(vectors::both_mi), sha256_key) == proof::other_algorithm);
  CHECK(prove_response(parsed(vectors::check_success), sha256_key) == proof::other_algorithm);
  CHECK(prove_response(parsed(vectors::keepalive), sha256_key) == proof::missing);
  CHECK(prove_response(parsed(vectors::mi256_16), sha256_key, 16) == proof::right);
  CHECK(prove_response(parsed(vectors::mi256_16), sha256_key) == proof::wrong);
}

TEST_CASE("request: the stronger attribute decides", "[stun][8489-9.1.3-c]") {
  const stun::integrity_key sha1_key{vectors::ice_password};
  const stun::integrity_sha256_key sha256_key{vectors::ice_password};
  const auto proved = [&](byte_view bytes) {
    return prove_request(*stun::message_view::parse(bytes), sha1_key, sha256_key);
  };
  CHECK(proved(vectors::both_mi) == proof::right);
  CHECK(proved(vectors::check_nominate) == proof::right);
  CHECK(proved(vectors::keepalive) == proof::missing);
  auto bytes = vectors::both_mi;
  bytes[70] ^= std::byte{1};  // in the value of MESSAGE-INTEGRITY-SHA256
  CHECK(stun::authenticate(*stun::message_view::parse(bytes), sha1_key));
  CHECK(proved(bytes) == proof::wrong);
}

TEST_CASE("admission under a short-term credential, all cases",
          "[stun][8489-9.1.3-a][8489-9.1.3-b][8489-9.1.3-c][8489-6.3.2-a]") {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const stun::short_term_facts f{bit(bits, 0), bit(bits, 1), bit(bits, 2), bit(bits, 3)};
    auto expected = admission::admit;
    if (!f.username_known || !f.integrity_right) expected = admission::unauthenticated;
    if (!f.has_integrity || !f.has_username) expected = admission::bad_request;
    CHECK(admit_short_term(message_class::request, f) == expected);
    CHECK(admit_short_term(message_class::indication, f) ==
          (expected == admission::admit ? admission::admit : admission::drop));
  }
}

TEST_CASE("admission under a long-term credential",
          "[stun][8489-9.2.4-a][8489-9.2.4-b][8489-9.2.4-c][8489-9.2.4-d]") {
  const auto request = message_class::request;
  const stun::long_term_facts good{.has_integrity = true,
                                   .has_user = true,
                                   .has_realm = true,
                                   .has_nonce = true,
                                   .nonce_fresh = true,
                                   .user_known = true,
                                   .integrity_right = true};
  CHECK(admit_long_term(request, good) == admission::admit);
  CHECK(admit_long_term(request, {}) == admission::unauthenticated);

  const auto changed = [&](bool stun::long_term_facts::*fact) {
    auto f = good;
    f.*fact = !(f.*fact);
    return admit_long_term(request, f);
  };
  using facts = stun::long_term_facts;
  CHECK(changed(&facts::has_integrity) == admission::unauthenticated);
  CHECK(changed(&facts::has_user) == admission::bad_request);
  CHECK(changed(&facts::has_realm) == admission::bad_request);
  CHECK(changed(&facts::has_nonce) == admission::bad_request);
  CHECK(changed(&facts::user_known) == admission::unauthenticated);
  CHECK(changed(&facts::integrity_right) == admission::unauthenticated);
  CHECK(changed(&facts::nonce_fresh) == admission::stale_nonce);

  // With the bit in the nonce, all four facts about algorithms hold, or none is there (MD5).
  for (unsigned bits = 0; bits < 16; ++bits) {
    auto f = good;
    f.features.password_algorithms = true;
    f.has_algorithms = bit(bits, 0);
    f.algorithms_as_offered = bit(bits, 1);
    f.has_algorithm = bit(bits, 2);
    f.algorithm_is_offered = bit(bits, 3);
    const bool neither = !f.has_algorithms && !f.has_algorithm;
    CHECK(admit_long_term(request, f) ==
          (neither || bits == 15 ? admission::admit : admission::bad_request));
  }
}

TEST_CASE("admission: an indication is admitted or dropped", "[stun][8489-6.3.2-a][ATK-D13]") {
  for (unsigned bits = 0; bits < 2048; ++bits) {
    const stun::long_term_facts f{bit(bits, 0),          bit(bits, 1), bit(bits, 2), bit(bits, 3),
                                  {bit(bits, 4), false}, bit(bits, 5), bit(bits, 5), bit(bits, 6),
                                  bit(bits, 7),          bit(bits, 8), bit(bits, 9), bit(bits, 10)};
    const auto answer = admit_long_term(message_class::indication, f);
    CHECK((answer == admission::admit || answer == admission::drop));
    CHECK((answer == admission::admit) ==
          (admit_long_term(message_class::request, f) == admission::admit));
  }
}

TEST_CASE("challenge: nothing is taken for granted, and three stale answers are enough", "[stun]") {
  const challenge_facts nothing;
  CHECK_FALSE(nothing.has_realm);
  CHECK_FALSE(nothing.has_nonce);
  CHECK_FALSE(nothing.tried_this_realm);
  CHECK_FALSE(nothing.has_algorithms);
  CHECK_FALSE(nothing.algorithm);
  CHECK(nothing.stale_answers == 0);
  CHECK(stun::most_stale_answers == 3);
}

TEST_CASE("admission: a message of which nothing is known proves nothing", "[stun]") {
  const stun::short_term_facts brief;
  CHECK_FALSE(brief.has_integrity);
  CHECK_FALSE(brief.has_username);
  CHECK_FALSE(brief.username_known);
  CHECK_FALSE(brief.integrity_right);
  const stun::long_term_facts lasting;
  CHECK_FALSE(lasting.has_integrity);
  CHECK_FALSE(lasting.has_user);
  CHECK_FALSE(lasting.has_realm);
  CHECK_FALSE(lasting.has_nonce);
  CHECK_FALSE(lasting.has_algorithms);
  CHECK_FALSE(lasting.algorithms_as_offered);
  CHECK_FALSE(lasting.has_algorithm);
  CHECK_FALSE(lasting.algorithm_is_offered);
  CHECK_FALSE(lasting.nonce_fresh);
  CHECK_FALSE(lasting.user_known);
  CHECK_FALSE(lasting.integrity_right);
}
