#include "floe/stun/attributes/text.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;

namespace {

template <class A>
bool accepts(std::size_t size) {
  return A::decode(std::vector<std::byte>(size, std::byte{'a'}), {}).has_value();
}

template <class A>
bool sends(std::string_view text) {
  return A{text}.is_encodable();
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

}  // namespace

static_assert(stun::count_characters("") == 0);
static_assert(stun::count_characters("abc") == 3);
static_assert(stun::count_characters("\xe3\x83\x9e\xc3\xa4x") == 3);

TEST_CASE("text attributes: USERNAME has fewer than 509 bytes, coming and going",
          "[stun][8489-14.3-a][ATK-A07]") {
  CHECK(accepts<stun::username>(508));
  CHECK_FALSE(accepts<stun::username>(509));
  CHECK_FALSE(accepts<stun::username>(65535));
  CHECK(sends<stun::username>(std::string(508, 'u')));
  CHECK_FALSE(sends<stun::username>(std::string(509, 'u')));
}

TEST_CASE("text attributes: phrases are sent below 128 characters and accepted to 763 bytes",
          "[stun][8489-14.9-a][8489-14.10-a][8489-14.14-a][ATK-A07]") {
  CHECK(sends<stun::realm>(std::string(127, 'r')));
  CHECK_FALSE(sends<stun::realm>(std::string(128, 'r')));
  CHECK(sends<stun::nonce>(repeated("\xe3\x83\x9e", 127)));
  CHECK_FALSE(sends<stun::nonce>(repeated("\xe3\x83\x9e", 128)));
  CHECK(sends<stun::software>(repeated("\xf0\x9f\x9a\x80", 127)));
  CHECK_FALSE(sends<stun::software>(repeated("\xf0\x9f\x9a\x80", 128)));
  CHECK(accepts<stun::realm>(763));
  CHECK_FALSE(accepts<stun::realm>(764));
  CHECK(accepts<stun::nonce>(763));
  CHECK_FALSE(accepts<stun::nonce>(764));
  CHECK(accepts<stun::software>(763));
  CHECK_FALSE(accepts<stun::software>(764));
}

TEST_CASE("text attributes: a domain has up to 255 bytes", "[stun][8489-14.16-a]") {
  CHECK(accepts<stun::alternate_domain>(255));
  CHECK_FALSE(accepts<stun::alternate_domain>(256));
  CHECK(sends<stun::alternate_domain>(std::string(255, 'd')));
  CHECK_FALSE(sends<stun::alternate_domain>(std::string(256, 'd')));
}

TEST_CASE("text attributes: bytes are bytes: empty, zero and invalid UTF-8 come through",
          "[stun][ATK-A11][8489-14.10-a]") {
  for (const std::string_view text : {std::string_view{""}, std::string_view{"a\0b", 3},
                                      std::string_view{"\xff\xfe\x80"}, std::string_view{":"}}) {
    const stun::username sent{text};
    REQUIRE(sent.is_encodable());
    std::vector<std::byte> bytes(sent.size());
    sent.encode(bytes, {});
    const auto received = stun::username::decode(bytes, {});
    REQUIRE(received);
    CHECK(received->value == text);
    CHECK(received->value.size() == text.size());
  }
}

TEST_CASE("text attributes: types", "[stun]") {
  using a = stun::attribute_type;
  CHECK(stun::username::type == a::username);
  CHECK(stun::realm::type == a::realm);
  CHECK(stun::nonce::type == a::nonce);
  CHECK(stun::software::type == a::software);
  CHECK(stun::alternate_domain::type == a::alternate_domain);
}

TEST_CASE("text attributes: written in words they are the same, and zeros behind them",
          "[stun][8489-14-a][ATK-A30]") {
  const std::string text = "a\xc3\xa4\xffz0123456789:/";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const stun::software a{std::string_view{text}.substr(0, size)};
    std::vector<std::byte> expected((size + 3) / 4 * 4);
    a.encode({expected.data(), size}, {});
    std::vector<std::byte> found(expected.size(), std::byte{0xee});
    a.encode_padded(found);
    CHECK(found == expected);
  }
}

TEST_CASE("text attributes: characters of several bytes don't make room for more bytes",
          "[stun][8489-14.3-a][8489-14.9-a]") {
  // A byte that continues a character is none of its own.
  const auto few = [](std::size_t bytes) { return "a" + std::string(bytes - 1, '\x80'); };
  CHECK(sends<stun::username>(few(508)));
  CHECK_FALSE(sends<stun::username>(few(509)));
  CHECK(sends<stun::realm>(few(509)));
  CHECK_FALSE(sends<stun::realm>(few(510)));
  CHECK(sends<stun::alternate_domain>(few(255)));
  CHECK_FALSE(sends<stun::alternate_domain>(few(256)));
}
