#include "floe/crypto/md5.hpp"

#include <openssl/evp.h>

#include "catch.hpp"
#include "crypto/support.hpp"
#include "vectors/digests.hpp"
#include "vectors/hex.hpp"

using namespace floe;

static_assert(crypto::md5_digest(vectors::text_bytes("abc")) ==
              vectors::from_hex("900150983cd24fb0d6963f7d28e17f72"));
static_assert(crypto::md5_digest({}) == vectors::from_hex("d41d8cd98f00b204e9800998ecf8427e"));

TEST_CASE("md5 gives the published digests", "[crypto]") {
  for (const auto& v : vectors::digests) {
    if (v.what != vectors::algorithm::md5) continue;
    INFO(v.id);
    CHECK(vectors::to_hex(crypto::md5_digest(vectors::unhex(v.data))) == v.expected);
  }
}

TEST_CASE("md5 agrees with OpenSSL for every length to 4096 and every alignment", "[crypto]") {
  CHECK_FALSE(support::differs_from_openssl(EVP_md5(), crypto::md5_digest));
}
