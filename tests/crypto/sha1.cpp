#include "floe/crypto/sha1.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <vector>

#include "catch.hpp"
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
  std::vector<std::byte> bytes(4096 + 16);
  std::uint32_t state = 1;
  for (auto& b : bytes) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::byte>(state >> 24U);
  }
  for (std::size_t size = 0; size <= 4096; ++size) {
    const auto part = byte_view{bytes}.subspan(size % 16, size);
    std::array<std::byte, 20> expected{};
    unsigned written = 0;
    REQUIRE(EVP_Digest(part.data(), part.size(), reinterpret_cast<unsigned char*>(expected.data()),
                       &written, EVP_sha1(), nullptr) == 1);
    REQUIRE(crypto::sha1_digest(part) == expected);
  }
}
