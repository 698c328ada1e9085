#include "floe/crypto/little_endian.hpp"

#include "catch.hpp"
#include "vectors/hex.hpp"

using floe::crypto::detail::load_le32;

static_assert(load_le32(vectors::from_hex("78563412").data()) == 0x12345678);

TEST_CASE("load_le32 takes the low byte first", "[crypto]") {
  const auto bytes = vectors::unhex("01000080ff");
  CHECK(load_le32(bytes.data()) == 0x80000001);
  CHECK(load_le32(bytes.data() + 1) == 0xff800000);
}
