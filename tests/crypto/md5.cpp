#include "floe/crypto/md5.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <vector>

#include "catch.hpp"
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
  std::vector<std::byte> bytes(4096 + 16);
  std::uint32_t state = 1;
  for (auto& b : bytes) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::byte>(state >> 24U);
  }
  for (std::size_t size = 0; size <= 4096; ++size) {
    const auto part = byte_view{bytes}.subspan(size % 16, size);
    std::array<std::byte, 16> expected{};
    unsigned written = 0;
    REQUIRE(EVP_Digest(part.data(), part.size(), reinterpret_cast<unsigned char*>(expected.data()),
                       &written, EVP_md5(), nullptr) == 1);
    REQUIRE(crypto::md5_digest(part) == expected);
  }
}
