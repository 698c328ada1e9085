#include "floe/core/entropy.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "catch.hpp"
#include "support/entropy.hpp"
#include "vectors/hex.hpp"

using namespace floe;

namespace {

void fill_with_twos(byte_span out) {
  for (auto& b : out) b = std::byte{2};
}

struct constant_source {
  std::uint8_t value;
  void operator()(byte_span out) const {
    for (auto& b : out) b = std::byte{value};
  }
};

}  // namespace

TEST_CASE("entropy: the source fills exactly what it is asked for", "[core]") {
  support::counting_entropy source{7};
  const entropy_ref entropy{source};
  std::array<std::byte, 5> out{};
  entropy.fill(byte_span{out}.subspan(1, 3));
  CHECK(vectors::to_hex(out) == "0007080900");
  entropy.fill({});
  CHECK(source.next == 10);
}

TEST_CASE("entropy: a number takes eight bytes, in big-endian order", "[core]") {
  support::counting_entropy source{0xf0};
  const entropy_ref entropy{source};
  CHECK(entropy.number() == 0xf0f1f2f3f4f5f6f7);
  CHECK(entropy.number() == 0xf8f9fafbfcfdfeff);
}

TEST_CASE("entropy: a reference and its copies draw from one source", "[core]") {
  support::counting_entropy source;
  const entropy_ref first{source};
  const entropy_ref second{first};
  CHECK(first.number() == 0x0001020304050607);
  CHECK(second.number() == 0x08090a0b0c0d0e0f);
  CHECK(source.next == 16);
}

TEST_CASE("entropy: equal sources give equal sequences", "[core]") {
  support::counting_entropy one{42};
  support::counting_entropy other{42};
  const entropy_ref a{one};
  const entropy_ref b{other};
  for (int i = 0; i < 100; ++i) REQUIRE(a.number() == b.number());
}

TEST_CASE("entropy: any callable serves as a source", "[core]") {
  int calls = 0;
  auto lambda = [&calls](byte_span out) {
    ++calls;
    for (auto& b : out) b = std::byte{0xff};
  };
  CHECK(entropy_ref{lambda}.number() == 0xffffffffffffffff);
  CHECK(calls == 1);
}

TEST_CASE("entropy: whatever is a byte source can be referred to", "[core]") {
  const auto constant = [](byte_span out) {
    for (auto& b : out) b = std::byte{1};
  };
  STATIC_REQUIRE(byte_source<decltype(constant)>);
  CHECK(entropy_ref{constant}.number() == 0x0101010101010101);

  STATIC_REQUIRE(byte_source<decltype(fill_with_twos)>);
  CHECK(entropy_ref{fill_with_twos}.number() == 0x0202020202020202);
  CHECK(entropy_ref{&fill_with_twos}.number() == 0x0202020202020202);
  void (*const pointer)(byte_span) = fill_with_twos;
  CHECK(entropy_ref{pointer}.number() == 0x0202020202020202);

  const constant_source source{3};
  CHECK(entropy_ref{source}.number() == 0x0303030303030303);
}

TEST_CASE("entropy: what can't fill bytes, or dies at once, is no source", "[core]") {
  STATIC_REQUIRE_FALSE(byte_source<int>);
  STATIC_REQUIRE_FALSE(byte_source<const support::counting_entropy>);
  STATIC_REQUIRE_FALSE(byte_source<decltype(&byte_span::size)>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<entropy_ref, const support::counting_entropy&>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<entropy_ref, support::counting_entropy>);
  STATIC_REQUIRE_FALSE(std::is_constructible_v<entropy_ref, const constant_source>);
}
