#include "floe/crypto/written.hpp"

#include <cstddef>
#include <vector>

#include "catch.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/hmac.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"

using namespace floe;
using crypto::written;

TEST_CASE("written: when bytes were written changes no code and no sum", "[crypto]") {
  const std::vector<std::byte> secret(20, std::byte{7});
  const crypto::hmac_key<crypto::sha1> key{secret};
  const crypto::hmac_key<crypto::sha256> key256{secret};
  std::vector<std::byte> message;
  for (int size = 0; size < 300; ++size) {
    CHECK(crypto::hmac_code(key, message, 0, written::just_now) == crypto::hmac_code(key, message));
    CHECK(crypto::hmac_code(key256, message, 0, written::just_now) ==
          crypto::hmac_code(key256, message));
    CHECK(crypto::crc32(message, written::just_now) == crypto::crc32(message));
    message.push_back(static_cast<std::byte>(size * 31));
  }
}
