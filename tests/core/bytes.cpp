#include "floe/core/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;

namespace {

constexpr auto digits = vectors::from_hex("0123456789abcdef");

constexpr bool stores_back() {
  std::array<std::byte, 8> out{};
  store_be(out.data(), std::uint64_t{0x0123456789abcdef});
  return out == digits;
}

}  // namespace

static_assert(load_be<std::uint64_t>(digits.data()) == 0x0123456789abcdef);
static_assert(stores_back());

TEST_CASE("bytes: integers are big-endian in every size", "[core]") {
  CHECK(load_be<std::uint8_t>(digits.data() + 1) == 0x23);
  CHECK(load_be<std::uint16_t>(digits.data() + 1) == 0x2345);
  CHECK(load_be<std::uint32_t>(digits.data() + 1) == 0x23456789);
  CHECK(load_be<std::uint64_t>(vectors::unhex("ff00000000000001").data()) == 0xff00000000000001);

  std::array<std::byte, 9> out{};
  store_be(out.data(), std::uint8_t{0xfe});
  store_be(out.data() + 1, std::uint16_t{0x8001});
  store_be(out.data() + 3, std::uint32_t{0xfedcba98});
  CHECK(vectors::to_hex(out) == "fe8001fedcba980000");
}

TEST_CASE("bytes: integers need no alignment", "[core]") {
  for (std::size_t offset = 0; offset < 8; ++offset) {
    std::array<std::byte, 16> out{};
    store_be(out.data() + offset, std::uint64_t{0x0123456789abcdef});
    CHECK(load_be<std::uint64_t>(out.data() + offset) == 0x0123456789abcdef);
  }
}

TEST_CASE("bytes: a text and its bytes view the same memory", "[core]") {
  constexpr std::string_view text{"a\0b\xff", 4};
  const auto bytes = as_byte_view(text);
  CHECK(vectors::to_hex(bytes) == "610062ff");
  CHECK(as_text(bytes) == text);
  CHECK(as_text(bytes).data() == text.data());
  CHECK(as_byte_view("").empty());
  CHECK(as_text({}).empty());
}

TEST_CASE("bytes: a cursor takes what it reads off the front", "[core]") {
  cursor in{digits};
  CHECK(in.read<std::uint16_t>() == 0x0123);
  CHECK(in.read<std::uint8_t>() == 0x45);
  const auto two = in.take(2);
  REQUIRE(two);
  CHECK(vectors::to_hex(*two) == "6789");
  CHECK(vectors::to_hex(in.rest()) == "abcdef");
  CHECK_FALSE(in.empty());
  REQUIRE(in.take(3));
  CHECK(in.empty());
}

TEST_CASE("bytes: a cursor that lacks bytes says so and takes nothing", "[core]") {
  for (std::size_t size = 0; size < 8; ++size) {
    cursor in{byte_view{digits}.first(size)};
    CHECK_FALSE(in.read<std::uint64_t>());
    CHECK_FALSE(in.take(size + 1));
    CHECK_FALSE(in.take(static_cast<std::size_t>(-1)));
    CHECK(in.rest().size() == size);
    CHECK(in.take(size));
    CHECK(in.empty());
    CHECK(in.take(0));
    CHECK_FALSE(in.read<std::uint8_t>());
  }
}
