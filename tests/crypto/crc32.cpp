#include "floe/crypto/crc32.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "catch.hpp"
#include "vectors/digests.hpp"
#include "vectors/hex.hpp"

using namespace floe;

static_assert(crypto::crc32(vectors::text_bytes("123456789")) == 0xcbf43926);
static_assert(crypto::crc32({}) == 0);

namespace {

// The definition, one bit at a time.
std::uint32_t by_division(byte_view bytes) {
  std::uint32_t crc = 0xffffffff;
  for (const auto b : bytes) {
    crc ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) * 0xedb88320U);
  }
  return ~crc;
}

std::vector<std::byte> counted(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 131 + i / 256 + 7);
  return bytes;
}

}  // namespace

TEST_CASE("crc32 gives the published values", "[crypto][8489-7-c]") {
  for (const auto& v : vectors::digests) {
    if (v.what != vectors::algorithm::crc32) continue;
    INFO(v.id);
    std::array<std::byte, 4> value{};
    store_be(value.data(), crypto::crc32(vectors::unhex(v.data)));
    CHECK(vectors::to_hex(value) == v.expected);
  }
}

TEST_CASE("crc32 equals the bitwise definition for every length to 600 and every alignment",
          "[crypto]") {
  const auto bytes = counted(608);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    for (std::size_t size = 0; size <= 600; ++size) {
      const auto part = byte_view{bytes}.subspan(shift, size);
      REQUIRE(crypto::crc32(part) == by_division(part));
    }
  }
}

TEST_CASE("crc32 does not depend on how the bytes are split", "[crypto]") {
  const auto bytes = counted(100);
  const auto whole = crypto::crc32(bytes);
  for (std::size_t first = 0; first <= 100; ++first) {
    for (std::size_t second = first; second <= 100; second += 7) {
      crypto::crc32_state crc;
      crc.update(byte_view{bytes}.first(first));
      crc.update(byte_view{bytes}.subspan(first, second - first));
      crc.update(byte_view{bytes}.subspan(second));
      REQUIRE(crc.value() == whole);
    }
  }
}
