// What the compiler works out in advance, worked out by the program: both must agree. And what a
// CPU with hash instructions never needs.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/hmac.hpp"
#include "floe/crypto/md5.hpp"

namespace crypto = floe::crypto;

TEST_CASE("crc32: the tables are the same made by compiler and program", "[crypto]") {
  CHECK(crypto::detail::make_crc32_tables() == crypto::detail::crc32_table);
}

TEST_CASE("hmac: a field taken with another value, for a hash without instructions of its own",
          "[crypto]") {
  const crypto::hmac_key<crypto::md5> key{std::array{std::byte{'k'}, std::byte{'e'}}};
  constexpr std::uint32_t flip = 0x0010'0ff0;
  for (std::size_t size = 4; size < 200; ++size) {
    std::vector<std::byte> message(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::byte>(7 * i + 1);
    auto changed = message;
    floe::store_be(changed.data(), floe::load_be<std::uint32_t>(changed.data()) ^ flip);

    crypto::hmac<crypto::md5> expected{key};
    expected.update(changed);
    REQUIRE(crypto::hmac_code(key, floe::byte_view{message}, flip) == expected.finish());
  }
}

TEST_CASE("constant-time comparison: every byte of every size counts", "[crypto]") {
  for (std::size_t size = 1; size <= 33; ++size) {
    const std::vector<std::byte> bytes(size, std::byte{0x55});
    REQUIRE(crypto::equal_constant_time(bytes, bytes));
    for (std::size_t i = 0; i < size; ++i) {
      auto other = bytes;
      other[i] ^= std::byte{0x80};
      REQUIRE_FALSE(crypto::equal_constant_time(bytes, other));
    }
  }
}
