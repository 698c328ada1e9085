#include "floe/crypto/sha1.hpp"

#include <openssl/evp.h>

#include <vector>

#include "catch.hpp"
#include "crypto/support.hpp"
#include "vectors/digests.hpp"
#include "vectors/hex.hpp"

using namespace floe;

static_assert(crypto::sha1_digest(vectors::text_bytes("abc")) ==
              vectors::from_hex("a9993e364706816aba3e25717850c26c9cd0d89d"));
static_assert(crypto::sha1_digest({}) ==
              vectors::from_hex("da39a3ee5e6b4b0d3255bfef95601890afd80709"));

TEST_CASE("sha1 gives the published digests", "[crypto]") {
  for (const auto& v : vectors::digests) {
    if (v.what != vectors::algorithm::sha1) continue;
    INFO(v.id);
    CHECK(vectors::to_hex(crypto::sha1_digest(vectors::unhex(v.data))) == v.expected);
  }
}

TEST_CASE("sha1 of a million letters a", "[crypto]") {
  CHECK(vectors::to_hex(crypto::sha1_digest(std::vector<std::byte>(1'000'000, std::byte{'a'}))) ==
        "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
}

TEST_CASE("sha1 agrees with OpenSSL for every length to 4096 and every alignment", "[crypto]") {
  CHECK_FALSE(support::differs_from_openssl(EVP_sha1(), crypto::sha1_digest));
}
