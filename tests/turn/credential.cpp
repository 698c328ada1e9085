#include "floe/turn/credential.hpp"

#include <functional>
#include <vector>

#include "catch.hpp"
#include "support/memory.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using stun::attribute_type;
using stun::error_code;
using stun::message_view;
using turn::challenge_step;

namespace {

using bytes = std::vector<std::byte>;

struct challenge {
  error_code code = error_code::unauthenticated;
  std::string_view realm = "realm";
  std::string_view nonce = "nonce";
  std::string_view server_name{};
};

bytes written(const challenge& c) {
  bytes out(2000);
  stun::writer w{out, {stun::method::allocate, stun::message_class::error}, {}};
  w.add(stun::error_code_attribute{c.code});
  if (!c.realm.empty()) w.add(stun::realm{c.realm});
  if (!c.nonce.empty()) w.add(stun::nonce{c.nonce});
  if (!c.server_name.empty()) w.add(stun::third_party_authorization{c.server_name});
  out.resize(w.finish().value());
  return out;
}

challenge_step take(turn::credential& who, const challenge& c, bool was_protected = false,
                    unsigned stale = 0) {
  const auto message = written(c);
  return who.take_challenge(message_view::parse(message).value(), was_protected, stale);
}

bytes request_of(const turn::credential& who) {
  bytes out(4000);
  stun::writer w{out, {stun::method::allocate, stun::message_class::request}, {}};
  who.protect(w);
  out.resize(w.finish().value());
  return out;
}

const bytes sha1_key(20, std::byte{1});
const bytes sha256_key(32, std::byte{2});
const bytes sealed = vectors::unhex("00ff1122334455");

turn::token token_with(const bytes& key) { return {"kid", key, sealed}; }

struct bearer : turn::credential {
  bearer() : turn::credential{{}, {}, memory_ref{}} {}
};
struct user : turn::credential {
  user() : turn::credential{"user", "pass", memory_ref{}} {}
};

constexpr challenge wants_token{.server_name = "turn.example.org"};

}  // namespace

TEST_CASE("credential: a challenge without THIRD-PARTY-AUTHORIZATION is for user and password",
          "[turn][7635-5-b]") {
  user u;
  CHECK_FALSE(u.is_ready());
  CHECK(take(u, {}) == challenge_step::retry);
  REQUIRE(u.is_ready());
  const auto request = request_of(u);
  const auto m = message_view::parse(request).value();
  CHECK(m.get<stun::username>()->value == "user");
  CHECK_FALSE(m.has<stun::access_token>());
  CHECK(u.wanted_from().empty());
  bearer b;
  CHECK(take(b, {}) == challenge_step::refused);
}

TEST_CASE("credential: who has a password uses it, whatever else the server offers", "[turn]") {
  user u;
  CHECK(take(u, wants_token) == challenge_step::retry);
  CHECK_FALSE(message_view::parse(request_of(u)).value().has<stun::access_token>());
}

TEST_CASE("credential: a server that wants a token says under what name, and gets it as it is",
          "[turn][7635-6.1-a][7635-5-a][7635-6.2-b][7635-6.2-c]") {
  for (const bool sha256 : {false, true}) {
    bearer b;
    CHECK(b.bring(token_with(sha1_key)).error() == errc::unsupported);
    REQUIRE(take(b, wants_token) == challenge_step::fetch_token);
    CHECK(b.wanted_from() == "turn.example.org");
    CHECK_FALSE(b.is_ready());
    const auto& key = sha256 ? sha256_key : sha1_key;
    REQUIRE(b.bring(token_with(key)));
    REQUIRE(b.is_ready());
    const auto request = request_of(b);
    const auto m = message_view::parse(request).value();
    CHECK(m.get<stun::username>()->value == "kid");
    CHECK(m.get<stun::realm>()->value == "realm");
    CHECK(m.get<stun::nonce>()->value == "nonce");
    CHECK(vectors::to_hex(m.get<stun::access_token>()->value) == vectors::to_hex(sealed));
    CHECK(m.find(attribute_type::message_integrity).has_value() != sha256);
    CHECK((sha256 ? stun::authenticate(m, stun::integrity_sha256_key{byte_view{key}}).has_value()
                  : stun::authenticate(m, stun::integrity_key{byte_view{key}}).has_value()));
    CHECK(b.prove(m) == stun::proof::right);
  }
}

TEST_CASE("credential: tokens of impossible sizes are refused", "[turn][7635-6.2-c]") {
  bearer b;
  REQUIRE(take(b, wants_token) == challenge_step::fetch_token);
  const bytes odd(21);
  const bytes huge(turn::most_token_bytes + 1);
  const std::string long_name(509, 'k');
  CHECK(b.bring(token_with(odd)).error() == errc::malformed_text);
  CHECK(b.bring({"", sha1_key, sealed}).error() == errc::malformed_text);
  CHECK(b.bring({"kid", sha1_key, {}}).error() == errc::malformed_text);
  CHECK(b.bring({"kid", sha1_key, huge}).error() == errc::malformed_text);
  CHECK(b.bring({long_name, sha1_key, sealed}).error() == errc::malformed_text);
  CHECK_FALSE(b.is_ready());
}

TEST_CASE("credential: a 401 to a token says that it has expired", "[turn][7635-8-a]") {
  bearer b;
  REQUIRE(take(b, wants_token) == challenge_step::fetch_token);
  REQUIRE(b.bring(token_with(sha1_key)));
  CHECK(take(b, {.code = error_code::stale_nonce, .nonce = "n2", .server_name = "s"}, true) ==
        challenge_step::retry);
  CHECK(take(b, wants_token, false) == challenge_step::retry);  // a request of before the token
  CHECK(take(b, wants_token, true) == challenge_step::fetch_token);
  CHECK_FALSE(b.is_ready());
  REQUIRE(b.bring(token_with(sha256_key)));
  CHECK(b.is_ready());
}

TEST_CASE("credential: a token goes to no other server", "[turn][7635-8-b]") {
  bearer b;
  REQUIRE(take(b, wants_token) == challenge_step::fetch_token);
  REQUIRE(b.bring(token_with(sha1_key)));
  b.forget_server();
  CHECK_FALSE(b.is_ready());
  CHECK(b.wanted_from().empty());
  CHECK(take(b, {.server_name = "other.example.org"}) == challenge_step::fetch_token);
  CHECK_FALSE(b.is_ready());
  user u;
  REQUIRE(take(u, {}) == challenge_step::retry);
  u.forget_server();
  CHECK_FALSE(u.is_ready());
}

TEST_CASE("credential: every change has a number", "[turn]") {
  user u;
  const auto before = u.generation();
  CHECK(take(u, {}) == challenge_step::retry);
  CHECK(u.generation() != before);
  const auto first = u.generation();
  CHECK(take(u, {}, true) == challenge_step::refused);
  CHECK(u.generation() == first);
  CHECK(take(u, {.code = error_code::stale_nonce}, true) == challenge_step::retry);
  CHECK(u.generation() != first);
}

TEST_CASE("credential: stale answers are counted by request", "[turn][ATK-E02]") {
  user u;
  const challenge stale{.code = error_code::stale_nonce};
  for (int i = 0; i < 10; ++i) CHECK(take(u, stale, true, 2) == challenge_step::retry);
  CHECK(take(u, stale, true, 3) == challenge_step::refused);
  bearer b;
  REQUIRE(take(b, wants_token) == challenge_step::fetch_token);
  REQUIRE(b.bring(token_with(sha1_key)));
  CHECK(take(b, {.code = error_code::stale_nonce, .server_name = "s"}, true, 3) ==
        challenge_step::refused);
}

TEST_CASE("credential: a challenge that can't be answered is told apart", "[turn][ATK-E06]") {
  user u;
  CHECK(take(u, {.realm = {}}) == challenge_step::unusable);
  CHECK(take(u, {.nonce = {}}) == challenge_step::unusable);
  // SHA-256 is said to be there, and its list is gone: somebody took it out.
  CHECK(take(u, {.nonce = "obMatJos2gAAAx"}) == challenge_step::unusable);
  bearer b;
  CHECK(take(b, {.realm = {}, .server_name = "s"}) == challenge_step::unusable);
  CHECK(take(b, {.nonce = {}, .server_name = "s"}) == challenge_step::unusable);
  CHECK_FALSE(b.is_ready());
}

TEST_CASE("credential: nothing is allocated after construction", "[turn]") {
  support::counting_memory memory;
  turn::credential who{{}, {}, &memory};
  const auto taken = memory.allocations;
  REQUIRE(take(who, wants_token) == challenge_step::fetch_token);
  const bytes largest(turn::most_token_bytes);
  REQUIRE(who.bring({"kid", sha1_key, largest}));
  const std::string long_nonce(400, 'n');
  CHECK(
      take(
          who,
          {.code = error_code::stale_nonce, .nonce = long_nonce.substr(0, 127), .server_name = "s"},
          true) == challenge_step::retry);
  CHECK(memory.allocations == taken);
}

TEST_CASE("credential: a token and another server have numbers, too", "[turn]") {
  CHECK(turn::most_token_bytes == 1024);
  bearer b;
  REQUIRE(take(b, wants_token) == challenge_step::fetch_token);
  const auto challenged = b.generation();
  REQUIRE(b.bring(token_with(sha1_key)));
  const auto brought = b.generation();
  CHECK(brought != challenged);
  b.forget_server();
  CHECK(b.generation() != brought);
}

TEST_CASE("credential: a realm of no letters is one to take a token to", "[turn]") {
  bytes out(500);
  stun::writer w{out, {stun::method::allocate, stun::message_class::error}, {}};
  w.add(stun::error_code_attribute{error_code::unauthenticated})
      .add(stun::bytes_attribute<attribute_type::realm>{})
      .add(stun::nonce{"nonce"})
      .add(stun::third_party_authorization{"turn.example.org"});
  out.resize(w.finish().value());
  bearer b;
  CHECK(b.take_challenge(message_view::parse(out).value(), false, 0) ==
        challenge_step::fetch_token);
}
