#include "floe/crypto/openssl.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <string>

#include "catch.hpp"
#include "crypto/support.hpp"
#include "floe/crypto/hmac.hpp"
#include "floe/crypto/md5.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using crypto::openssl;
using support::noise;

namespace {

/// By OpenSSL, of bytes in three pieces.
template <class Hash>
typename Hash::digest by_openssl(byte_view bytes) {
  const auto third = bytes.size() / 3;
  const std::array<byte_view, 3> parts{bytes.first(third), bytes.subspan(third, third),
                                       bytes.subspan(2 * third)};
  typename Hash::digest digest{};
  REQUIRE((openssl.*Hash::algorithm::library_digest)(parts, digest.data()));
  return digest;
}

template <class Hash>
typename Hash::digest by_floe(byte_view bytes) {
  Hash hash;
  hash.update(bytes);
  return hash.finish();
}

template <class Hash>
void check_digests() {
  const auto bytes = noise(4096 + 16);
  for (std::size_t size = 0; size <= 4096; size += 1 + size / 64) {
    const auto part = byte_view{bytes}.subspan(size % 16, size);
    REQUIRE(by_openssl<Hash>(part) == by_floe<Hash>(part));
  }
}

template <class Hash>
void check_codes() {
  const auto bytes = noise(1100);
  for (std::size_t key_size = 0; key_size <= 130; key_size += 13) {
    const auto raw = byte_view{bytes}.first(key_size);
    const crypto::hmac_key<Hash> own{raw};
    const crypto::hmac_key<Hash> by{raw, &openssl};
    for (std::size_t size = 4; size <= 1000; size += 1 + size / 16) {
      const auto message = byte_view{bytes}.first(size);
      REQUIRE(crypto::hmac_code(by, message, 8) == crypto::hmac_code(own, message, 8));
    }
  }
}

}  // namespace

TEST_CASE("openssl: digests are floe's own", "[crypto]") {
  check_digests<crypto::md5>();
  check_digests<crypto::sha1>();
  check_digests<crypto::sha256>();
}

TEST_CASE("openssl: codes are floe's own", "[crypto]") {
  check_codes<crypto::sha1>();
  check_codes<crypto::sha256>();
}

TEST_CASE("openssl: proves the published messages", "[crypto][stun]") {
  const auto proves = [](byte_view bytes, const stun::integrity_key& key) {
    return stun::authenticate(*stun::message_view::parse(bytes), key).has_value();
  };
  const auto key = stun::short_term_key("VOkJxbRl1RmTxUk/WvJxBt", &openssl);
  CHECK(proves(vectors::rfc5769_2_1, key));
  CHECK(proves(vectors::rfc5769_2_2, key));
  CHECK_FALSE(proves(vectors::check_nominate, key));
  const auto longer = stun::short_term_key(std::string(100, 'p'), &openssl);
  CHECK_FALSE(proves(vectors::rfc5769_2_1, longer));
}

TEST_CASE("openssl: makes the keys of long-term credentials", "[crypto][stun]") {
  CHECK(stun::long_term_md5_key("user", "realm", "pass", openssl) ==
        stun::long_term_md5_key("user", "realm", "pass"));
  CHECK(stun::long_term_sha256_key("user", "\"realm\"", "pass", openssl) ==
        stun::long_term_sha256_key("user", "realm", "pass"));
  CHECK(stun::userhash_of("user", "realm", openssl) == stun::userhash_of("user", "realm"));
}

TEST_CASE("openssl: refuses what it has no algorithm for", "[crypto]") {
  std::array<std::byte, 64> out{};
  const byte_view message{out};
  const crypto::pieces one{&message, 1};
  CHECK_FALSE(crypto::detail::openssl_digest(nullptr, one, out.data()));
  CHECK_FALSE(crypto::detail::openssl_hmac(nullptr, message, one, out.data()));
}

TEST_CASE("openssl: what it refuses leaves no error for the host's connections", "[crypto]") {
  std::array<std::byte, 32> out{};
  const auto fail = [&] {
    CHECK_FALSE(crypto::detail::openssl_digest(nullptr, {}, out.data()));
    CHECK_FALSE(crypto::detail::openssl_hmac(EVP_md_null(), {}, {}, out.data()));
  };
  ERR_clear_error();
  fail();
  CHECK(ERR_peek_error() == 0);

  // An error of the host's own stays.
  const std::unique_ptr<EVP_MD_CTX, crypto::detail::openssl_free> context{EVP_MD_CTX_new()};
  REQUIRE(EVP_DigestInit_ex(context.get(), nullptr, nullptr) == 0);
  const auto hosts = ERR_peek_last_error();
  REQUIRE(hosts != 0);
  fail();
  CHECK(ERR_peek_last_error() == hosts);
  CHECK(ERR_get_error() == hosts);
  CHECK(ERR_get_error() == 0);
}
