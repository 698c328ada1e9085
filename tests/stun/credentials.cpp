#include "floe/stun/credentials.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"
#include "floe/core/datagram.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "support/libraries.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::features_of;
using stun::security_features;

namespace {

constexpr std::string_view matrix =
    "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";

}  // namespace

static_assert(features_of("obMatJos2gAAA") == security_features{true, false});

TEST_CASE("credentials: the feature bits of a nonce", "[stun][8489-9.2.1-a]") {
  CHECK(features_of("obMatJos2gAAA") == security_features{true, false});
  CHECK(features_of("obMatJos2QAAA") == security_features{false, true});
  CHECK(features_of("obMatJos2wAAA") == security_features{true, true});
  CHECK(features_of("obMatJos2AAAA") == security_features{false, false});
  CHECK(features_of("obMatJos2gAAAabcdef") == security_features{true, false});
  // Bits without a meaning yet change nothing.
  CHECK(features_of("obMatJos2////") == security_features{true, true});
  CHECK(features_of("obMatJos2P///") == security_features{false, false});
}

TEST_CASE("credentials: a nonce without the cookie says nothing",
          "[stun][8489-9.2.1-b][8489-9.2.1-c]") {
  for (const std::string_view nonce :
       {"", "obMatJos", "obMatJos2", "obMatJos2g", "obMatJos2gAA", "obMatJos2g-AA", "obMatJos2gA=A",
        "ObMatJos2gAAA", " obMatJos2gAAA", "f//499k954d6OL34oL9FSTvy64sA"}) {
    INFO(nonce);
    CHECK(features_of(nonce) == security_features{});
  }
}

TEST_CASE("credentials: the front of a nonce says what it was made to say", "[stun]") {
  for (const bool algorithms : {false, true}) {
    for (const bool anonymity : {false, true}) {
      const security_features features{algorithms, anonymity};
      const auto front = stun::nonce_front(features);
      const std::string nonce(front.begin(), front.end());
      CHECK(nonce.substr(0, 9) == "obMatJos2");
      CHECK(features_of(nonce + "anything") == features);
    }
  }
}

TEST_CASE("credentials: long-term keys", "[stun][8489-9.2.2-a][8489-9.2.2-b]") {
  CHECK(vectors::to_hex(stun::long_term_md5_key("user", "realm", "pass")) ==
        "8493fbc53ba582fb4c044c456bdc40eb");
  CHECK(vectors::to_hex(stun::long_term_md5_key(matrix, "example.org", "TheMatrIX")) ==
        "e8ca7ad59d5eb0518e312911d2dab2a9");
  CHECK(vectors::to_hex(stun::long_term_sha256_key(matrix, "example.org", "TheMatrIX")) ==
        "dd295a613b9058c3c23d6dc7165bda072304d989c9d0af3a8c7e184b4f9bb4a1");
  CHECK(vectors::to_hex(stun::long_term_sha256_key("user", "realm", "pass")).substr(0, 16) ==
        "07e934117abd4083");
}

TEST_CASE("credentials: quotes and zeros around a realm are no part of it",
          "[stun][8489-9.2.2-a]") {
  const auto key = stun::long_term_md5_key("user", "realm", "pass");
  CHECK(stun::long_term_md5_key("user", "\"realm\"", "pass") == key);
  CHECK(stun::long_term_md5_key("user", std::string_view{"realm\0\0", 7}, "pass") == key);
  CHECK(stun::long_term_md5_key("user", "\"realm", "pass") != key);
  CHECK(stun::long_term_md5_key("user", "\"", "pass") ==
        stun::long_term_md5_key("user", "\"", "pass"));
}

TEST_CASE("credentials: the sample messages verify with derived keys",
          "[stun][5769-2-a][8489-B.1-a]") {
  const auto md5 = stun::message_view::parse(vectors::rfc5769_2_4);
  CHECK(stun::authenticate(
      *md5, stun::integrity_key{stun::long_term_md5_key(
                md5->get<stun::username>()->value, md5->get<stun::realm>()->value, "TheMatrIX")}));
  const auto sha256 = stun::message_view::parse(vectors::rfc8489_b_1);
  CHECK(stun::authenticate(*sha256, stun::integrity_sha256_key{stun::long_term_sha256_key(
                                        matrix, sha256->get<stun::realm>()->value, "TheMatrIX")}));
}

TEST_CASE("credentials: a hashed user name", "[stun][8489-14.4-a][8489-B.1-a]") {
  const auto hash = stun::userhash_of(matrix, "example.org");
  CHECK(vectors::to_hex(hash.value) ==
        "4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704");
  CHECK(*stun::message_view::parse(vectors::rfc8489_b_1)->get<stun::userhash>() == hash);
}

TEST_CASE("credentials: a host's library makes the same keys, or none", "[stun]") {
  const auto& own = support::own_library;
  CHECK(stun::long_term_md5_key("user", "realm", "pass", own) ==
        stun::long_term_md5_key("user", "realm", "pass"));
  CHECK(stun::long_term_sha256_key("user", "realm", "pass", own) ==
        stun::long_term_sha256_key("user", "realm", "pass"));
  CHECK(stun::userhash_of("user", "realm", own) == stun::userhash_of("user", "realm"));

  const auto& none = support::refusing_library;
  CHECK_FALSE(stun::long_term_md5_key("user", "realm", "pass", none));
  CHECK_FALSE(stun::long_term_sha256_key("user", "realm", "pass", none));
  CHECK_FALSE(stun::userhash_of("user", "realm", none));
}

TEST_CASE("credentials: nothing but quotes or zeros is no realm", "[stun][8489-9.2.2-a]") {
  const auto key = stun::long_term_md5_key("user", "", "pass");
  CHECK(stun::long_term_md5_key("user", "\"\"", "pass") == key);
  CHECK(stun::long_term_md5_key("user", std::string_view{"\0", 1}, "pass") == key);
  CHECK(stun::long_term_md5_key("user", "\"", "pass") != key);
  CHECK(stun::long_term_md5_key("user", std::string_view{"realm\0", 6}, "pass") ==
        stun::long_term_md5_key("user", "realm", "pass"));
}

TEST_CASE("credentials: a nonce says nothing that the server does not", "[stun][8489-9.2.1-a]") {
  const auto front = [](security_features features) {
    const auto made = stun::nonce_front(features);
    return std::string(made.begin(), made.end());
  };
  CHECK(front({}) == "obMatJos2AAAA");
  CHECK(front({true, true}) == "obMatJos2wAAA");
}
