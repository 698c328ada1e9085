#include "floe/stun/long_term.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/core/arena.hpp"
#include "support/libraries.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::attribute_type;
using stun::challenge_decision;
using stun::long_term_session;
using stun::message_class;
using stun::message_view;
using stun::method;
using stun::proof;
using stun::writer;

namespace {

using bytes = std::vector<std::byte>;

constexpr std::string_view plain_nonce = "f//499k954d6OL34oL9FSTvy64sA";
constexpr std::string_view modern_nonce = "obMatJos2gAAAabcdef";
constexpr std::string_view anonymous_nonce = "obMatJos2wAAAabcdef";

struct fixture {
  long_term_session session{"user", "pass", memory_ref{}};
};

bytes request_with(const long_term_session& session) {
  std::array<std::byte, 2000> buffer{};
  writer out{buffer, {method::allocate, message_class::request}, {}};
  session.protect(out);
  const auto size = out.finish();
  REQUIRE(size);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)};
}

struct challenge {
  stun::error_code code = stun::error_code::unauthenticated;
  std::optional<std::string_view> realm = "realm";
  std::string_view nonce = plain_nonce;
  std::string_view algorithms = "";
};

bytes written(const challenge& c) {
  std::array<std::byte, 2000> buffer{};
  writer out{buffer, {method::allocate, message_class::error}, {}};
  out.add(stun::error_code_attribute{c.code});
  if (c.realm) out.add(stun::bytes_attribute<attribute_type::realm>{as_byte_view(*c.realm)});
  if (!c.nonce.empty()) {
    out.add(stun::bytes_attribute<attribute_type::nonce>{as_byte_view(c.nonce)});
  }
  const auto list = vectors::unhex(c.algorithms);
  if (!list.empty()) out.add(stun::password_algorithms{list});
  const auto size = out.finish();
  REQUIRE(size);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)};
}

challenge_decision take(long_term_session& session, const challenge& c,
                        bool was_protected = false) {
  const auto message = written(c);
  return session.take_challenge(*message_view::parse(message), was_protected);
}

std::string text(const message_view& m, attribute_type type) {
  const auto raw = m.find(type);
  return raw ? std::string{as_text(raw->value)} : "absent";
}

/// Both algorithms, SHA-256 first.
constexpr std::string_view both = "0002000000010000";

}  // namespace

TEST_CASE("long-term: nothing of the credential goes out before a challenge",
          "[stun][8489-9.2.3.1-a]") {
  fixture f;
  CHECK_FALSE(f.session.is_challenged());
  CHECK(request_with(f.session).size() == 20);
}

TEST_CASE("long-term: a plain challenge is answered with USERNAME, MD5 and MESSAGE-INTEGRITY",
          "[stun][8489-9.2-a][8489-9.2.1-b][8489-9.2.3.2-a][8489-9.2.3.2-d][8489-9.2.3.2-e]") {
  fixture f;
  REQUIRE(take(f.session, {}) == challenge_decision::retry);
  for (int again = 0; again < 2; ++again) {
    const auto request = request_with(f.session);
    const auto m = message_view::parse(request);
    REQUIRE(m);
    CHECK(text(*m, attribute_type::username) == "user");
    CHECK(text(*m, attribute_type::realm) == "realm");
    CHECK(text(*m, attribute_type::nonce) == plain_nonce);
    CHECK_FALSE(m->has<stun::userhash>());
    CHECK_FALSE(m->has<stun::password_algorithms>());
    CHECK_FALSE(m->has<stun::password_algorithm>());
    CHECK_FALSE(m->find(attribute_type::message_integrity_sha256));
    CHECK(stun::authenticate(
        *m, stun::integrity_key{vectors::unhex("8493fbc53ba582fb4c044c456bdc40eb")}));
  }
}

TEST_CASE("long-term: a challenge with algorithms is answered with the list as it was, the choice, "
          "and SHA-256 integrity",
          "[stun][8489-9.2.3.2-a][8489-9.2.3.2-c][8489-9.2.3.2-d][8489-14.10-a]") {
  fixture f;
  const auto m401 = message_view::parse(vectors::allocate_401);
  REQUIRE(f.session.take_challenge(*m401, false) == challenge_decision::retry);
  const auto request = request_with(f.session);
  const auto m = message_view::parse(request);
  REQUIRE(m);
  CHECK(text(*m, attribute_type::username) == "user");
  CHECK(text(*m, attribute_type::realm) == "example.org");
  CHECK(text(*m, attribute_type::nonce) == modern_nonce);
  CHECK(vectors::to_hex(m->find(attribute_type::password_algorithms)->value) == both);
  CHECK(vectors::to_hex(m->find(attribute_type::password_algorithm)->value) == "00020000");
  CHECK_FALSE(m->find(attribute_type::message_integrity));
  CHECK(stun::authenticate(
      *m, stun::integrity_sha256_key{stun::long_term_sha256_key("user", "example.org", "pass")}));
}

TEST_CASE("long-term: the server's order decides, even when it puts MD5 first",
          "[stun][8489-9.2.5-f]") {
  fixture f;
  REQUIRE(take(f.session, {.nonce = modern_nonce, .algorithms = "777700000001000000020000"}) ==
          challenge_decision::retry);
  const auto request = request_with(f.session);
  const auto m = message_view::parse(request);
  CHECK(m->get<stun::password_algorithm>()->id == stun::password_algorithm_id::md5);
  CHECK(stun::authenticate(
      *m, stun::integrity_sha256_key{vectors::unhex("8493fbc53ba582fb4c044c456bdc40eb")}));
}

TEST_CASE("long-term: a server that wants no names gets a hash", "[stun][8489-9.2.3.2-b]") {
  fixture f;
  REQUIRE(take(f.session, {.nonce = anonymous_nonce, .algorithms = both}) ==
          challenge_decision::retry);
  const auto request = request_with(f.session);
  const auto m = message_view::parse(request);
  CHECK_FALSE(m->has<stun::username>());
  CHECK(*m->get<stun::userhash>() == stun::userhash_of("user", "realm"));
}

TEST_CASE("long-term: a nonce comes back byte for byte, up to 763 of them",
          "[stun][8489-14.10-a][8489-9.2.3.2-a]") {
  fixture f;
  std::string nonce(763, 'n');
  nonce[5] = '\0';
  nonce[6] = '\xff';
  REQUIRE(take(f.session, {.nonce = nonce}) == challenge_decision::retry);
  const auto request = request_with(f.session);
  CHECK(text(*message_view::parse(request), attribute_type::nonce) == nonce);
  const std::string longer(764, 'n');
  CHECK(take(f.session, {.nonce = longer}) == challenge_decision::unusable);
}

TEST_CASE("long-term: a second 401 for the same realm ends it, one for another does not",
          "[stun][8489-9.2.5-a][8489-9.2.5-b][ATK-C21]") {
  fixture f;
  REQUIRE(take(f.session, {}) == challenge_decision::retry);
  CHECK(take(f.session, {}, true) == challenge_decision::credentials_refused);
  CHECK(take(f.session, {.realm = "other"}, true) == challenge_decision::retry);
  const auto request = request_with(f.session);
  CHECK(text(*message_view::parse(request), attribute_type::realm) == "other");
  // An answer to a request from before the challenge is no refusal.
  CHECK(take(f.session, {.realm = "other"}, false) == challenge_decision::retry);
}

TEST_CASE("long-term: a stale nonce is replaced, a few times in a row",
          "[stun][8489-9.2.5-c][8489-9.2.5-h]") {
  fixture f;
  const auto stale = stun::error_code::stale_nonce;
  REQUIRE(take(f.session, {}) == challenge_decision::retry);
  for (int round = 0; round < 3; ++round) {
    for (const std::string_view nonce : {"one", "two", "three"}) {
      REQUIRE(take(f.session, {.code = stale, .nonce = nonce}, true) == challenge_decision::retry);
      const auto request = request_with(f.session);
      CHECK(text(*message_view::parse(request), attribute_type::nonce) == nonce);
    }
    CHECK(take(f.session, {.code = stale, .nonce = "four"}, true) ==
          challenge_decision::too_many_stale);
    f.session.accepted();
  }
}

TEST_CASE("long-term: a refused challenge changes nothing", "[stun][8489-9.2.5-d][8489-9.2.5-e]") {
  fixture f;
  REQUIRE(take(f.session, {.nonce = modern_nonce, .algorithms = both}) ==
          challenge_decision::retry);
  const auto before = request_with(f.session);
  CHECK(take(f.session, {.realm = std::nullopt}) == challenge_decision::unusable);
  CHECK(take(f.session, {.nonce = ""}) == challenge_decision::unusable);
  CHECK(take(f.session, {.nonce = modern_nonce}) == challenge_decision::bid_down);
  CHECK(take(f.session, {.nonce = modern_nonce, .algorithms = "77770000"}) ==
        challenge_decision::unsupported);
  CHECK(request_with(f.session) == before);
}

TEST_CASE("long-term: responses prove themselves with the algorithm of the request",
          "[stun][8489-9.2.5-g][8489-9.1.4-b]") {
  const auto answer = [](auto key) {
    std::array<std::byte, 100> buffer{};
    const auto size =
        writer{buffer, {method::allocate, message_class::success}, {}}.add_integrity(key).finish();
    REQUIRE(size);
    return bytes{buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)};
  };
  const auto md5 = answer(stun::integrity_key{stun::long_term_md5_key("user", "realm", "pass")});
  const auto sha256 =
      answer(stun::integrity_sha256_key{stun::long_term_sha256_key("user", "realm", "pass")});
  fixture f;
  REQUIRE(take(f.session, {}) == challenge_decision::retry);
  CHECK(f.session.prove(*message_view::parse(md5)) == proof::right);
  CHECK(f.session.prove(*message_view::parse(sha256)) == proof::other_algorithm);
  REQUIRE(take(f.session, {.nonce = modern_nonce, .algorithms = both}) ==
          challenge_decision::retry);
  CHECK(f.session.prove(*message_view::parse(md5)) == proof::other_algorithm);
  CHECK(f.session.prove(*message_view::parse(sha256)) == proof::right);
  CHECK(f.session.prove(*message_view::parse(vectors::keepalive)) == proof::missing);
}

TEST_CASE("long-term: nothing is allocated after construction", "[stun]") {
  std::array<std::byte, 4000> block{};
  floe::arena memory{block.data(), block.size()};
  long_term_session session{"user", "pass", &memory};
  const auto* const mark = static_cast<const std::byte*>(memory.allocate(1, 1));
  const std::string realm(127, 'r');
  const std::string nonce(763, 'n');
  for (int i = 0; i < 10; ++i) {
    CHECK(take(session, {.realm = realm, .nonce = nonce}) == challenge_decision::retry);
    CHECK(take(session, {.nonce = modern_nonce, .algorithms = both}) == challenge_decision::retry);
  }
  CHECK(memory.allocate(1, 1) == mark + 1);
}

TEST_CASE("long-term: a host's library makes the same requests, and proves the same responses",
          "[stun][crypto]") {
  for (const auto& c : {challenge{}, challenge{.nonce = anonymous_nonce, .algorithms = both},
                        challenge{.nonce = modern_nonce, .algorithms = "0001000000020000"}}) {
    fixture f;
    long_term_session by{"user", "pass", memory_ref{}, &support::own_library};
    REQUIRE(take(f.session, c) == challenge_decision::retry);
    REQUIRE(take(by, c) == challenge_decision::retry);
    const auto request = request_with(by);
    CHECK(request == request_with(f.session));
    CHECK(by.prove(*message_view::parse(request)) == stun::proof::right);
  }
}

TEST_CASE("long-term: a challenge for which the host's library has no algorithm changes nothing",
          "[stun][crypto]") {
  long_term_session session{"user", "pass", memory_ref{}, &support::library_without_md5};
  CHECK(take(session, {}) == challenge_decision::unsupported);
  CHECK_FALSE(session.is_challenged());
  REQUIRE(take(session, {.nonce = anonymous_nonce, .algorithms = both}) ==
          challenge_decision::retry);
  const auto before = request_with(session);
  CHECK(take(session, {.nonce = modern_nonce, .algorithms = "0001000000020000"}) ==
        challenge_decision::unsupported);
  CHECK(request_with(session) == before);

  long_term_session refused{"user", "pass", memory_ref{}, &support::refusing_library};
  CHECK(take(refused, {.nonce = anonymous_nonce, .algorithms = both}) ==
        challenge_decision::unsupported);
  CHECK(take(refused, {.nonce = modern_nonce, .algorithms = both}) ==
        challenge_decision::unsupported);
}

TEST_CASE("long-term: another server is told nothing before it challenges", "[stun]") {
  fixture f;
  REQUIRE(take(f.session, {}) == challenge_decision::retry);
  f.session.forget_challenge();
  CHECK_FALSE(f.session.is_challenged());
  CHECK(request_with(f.session).size() == 20);
}

TEST_CASE("long-term: a challenge may carry MESSAGE-INTEGRITY, made with what was before",
          "[stun][8489-9.2.5-e]") {
  const auto list = vectors::unhex(both);
  std::array<std::byte, 500> buffer{};
  writer out{buffer, {method::allocate, message_class::error}, {}};
  out.add(stun::error_code_attribute{stun::error_code::unauthenticated})
      .add(stun::realm{"realm"})
      .add(stun::bytes_attribute<attribute_type::nonce>{as_byte_view(modern_nonce)})
      .add(stun::password_algorithms{list})
      .add_integrity(stun::short_term_key("anything"));
  const auto size = out.finish();
  REQUIRE(size);
  fixture f;
  CHECK(f.session.take_challenge(*message_view::parse(byte_view{buffer}.first(*size)), false) ==
        challenge_decision::retry);
}

TEST_CASE("long-term: a realm of no letters is one like any other", "[stun][8489-9.2.5-b]") {
  fixture f;
  REQUIRE(take(f.session, {.realm = ""}) == challenge_decision::retry);
  const auto request = request_with(f.session);
  const auto view = *message_view::parse(request);
  CHECK(text(view, attribute_type::realm).empty());
  CHECK(authenticate(view, stun::integrity_key{stun::long_term_md5_key("user", "", "pass")}));
  CHECK(take(f.session, {.realm = ""}, true) == challenge_decision::credentials_refused);
}

TEST_CASE("long-term: a list of algorithms is answered although the nonce does not announce it",
          "[stun][8489-9.2.3.2-c][8489-9.2.3.2-d]") {
  fixture f;
  REQUIRE(take(f.session, {.algorithms = both}) == challenge_decision::retry);
  const auto request = request_with(f.session);
  const auto view = *message_view::parse(request);
  const auto list = vectors::unhex(both);
  CHECK(*view.get<stun::password_algorithms>() == stun::password_algorithms{list});
  CHECK(view.get<stun::password_algorithm>()->id == stun::password_algorithm_id::sha256);
  CHECK(authenticate(
      view, stun::integrity_sha256_key{stun::long_term_sha256_key("user", "realm", "pass")}));
  CHECK_FALSE(view.find(attribute_type::message_integrity));
}

TEST_CASE("long-term: a list of more algorithms than anybody has is no list", "[stun]") {
  const auto offer = [](std::size_t entries, std::string_view end) {
    fixture f;
    std::string list;
    for (std::size_t i = 0; i < entries; ++i) list += "00020000";
    list += end;
    return take(f.session, {.nonce = modern_nonce, .algorithms = list});
  };
  CHECK(offer(16, "") == challenge_decision::retry);
  CHECK(offer(15, "7777000101") == challenge_decision::unsupported);
  CHECK(offer(17, "") == challenge_decision::unsupported);
}

TEST_CASE("long-term: what one server called stale is not held against another", "[stun]") {
  fixture f;
  const auto stale = stun::error_code::stale_nonce;
  REQUIRE(take(f.session, {}) == challenge_decision::retry);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(take(f.session, {.code = stale}, true) == challenge_decision::retry);
  }
  f.session.forget_challenge();
  for (int i = 0; i < 3; ++i) {
    CHECK(take(f.session, {.code = stale}, true) == challenge_decision::retry);
  }
  CHECK(take(f.session, {.code = stale}, true) == challenge_decision::too_many_stale);
}
