#include "floe/crypto/sha256.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <vector>

#include "catch.hpp"
#include "crypto/support.hpp"
#include "floe/crypto/hmac.hpp"
#include "vectors/digests.hpp"
#include "vectors/hex.hpp"

using namespace floe;

static_assert(
    crypto::sha256_digest(vectors::text_bytes("abc")) ==
    vectors::from_hex("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
static_assert(
    crypto::sha256_digest({}) ==
    vectors::from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));

TEST_CASE("sha256 gives the published digests", "[crypto]") {
  for (const auto& v : vectors::digests) {
    if (v.what != vectors::algorithm::sha256) continue;
    INFO(v.id);
    CHECK(vectors::to_hex(crypto::sha256_digest(vectors::unhex(v.data))) == v.expected);
  }
}

TEST_CASE("sha256 of a million letters a", "[crypto]") {
  CHECK(vectors::to_hex(crypto::sha256_digest(std::vector<std::byte>(1'000'000, std::byte{'a'}))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("sha256 agrees with OpenSSL for every length to 4096 and every alignment", "[crypto]") {
  CHECK_FALSE(support::differs_from_openssl(EVP_sha256(), crypto::sha256_digest));
}

TEST_CASE("hmac with sha256 gives the published codes", "[crypto]") {
  for (const auto& v : vectors::digests) {
    if (v.what != vectors::algorithm::hmac_sha256) continue;
    INFO(v.id);
    const crypto::hmac_key<crypto::sha256> key{vectors::unhex(v.key)};
    crypto::hmac<crypto::sha256> mac{key};
    mac.update(vectors::unhex(v.data));
    CHECK(vectors::to_hex(mac.finish()) == v.expected);
  }
}
