#include "floe/core/text.hpp"

#include <array>
#include <new>
#include <string>
#include <string_view>

#include "catch.hpp"

using namespace floe;

static_assert(fixed_text<3>::from("abc")->view() == "abc");
static_assert(!fixed_text<3>::from("abcd"));

TEST_CASE("text: it holds up to its size, and no more", "[core]") {
  CHECK(fixed_text<3>{}.empty());
  CHECK(fixed_text<3>{}.view().empty());
  CHECK(fixed_text<3>::from("")->empty());
  CHECK_FALSE(fixed_text<3>::from("a")->empty());
  CHECK(fixed_text<3>::from("abc")->view().size() == 3);
  CHECK(fixed_text<256>::from(std::string(256, 'x'))->view() == std::string(256, 'x'));
  CHECK_FALSE(fixed_text<256>::from(std::string(257, 'x')));
}

TEST_CASE("text: what does not fit changes nothing", "[core]") {
  fixed_text<5> text;
  CHECK(text.append("ab"));
  CHECK_FALSE(text.append("cdef"));
  CHECK(text.view() == "ab");
  CHECK(text.append("cde"));
  CHECK(text.view() == "abcde");
  CHECK_FALSE(text.append("f"));
  CHECK(text.append(""));
  CHECK(text.view() == "abcde");
}

TEST_CASE("text: two are equal when their characters are, NUL included", "[core]") {
  using short_text = fixed_text<4>;
  const auto a = short_text::from(std::string_view{"a\0b", 3});
  CHECK(a->view().size() == 3);
  CHECK(*a == *short_text::from(std::string_view{"a\0b", 3}));
  CHECK_FALSE(*a == *short_text::from(std::string_view{"a\0c", 3}));
  CHECK_FALSE(*a == *short_text::from("a"));
  auto grown = *short_text::from("a");
  CHECK(grown.append("b"));
  CHECK(grown == *short_text::from("ab"));
}

TEST_CASE("text: a secret leaves nothing behind when it goes, or is moved", "[core]") {
  alignas(secret_text<6>) std::array<char, sizeof(secret_text<6>)> place{};
  const auto is_there = [&] {
    const volatile char* const at = place.data();
    std::string seen;
    for (std::size_t i = 0; i < place.size(); ++i) seen += at[i];
    return seen.find("ecre") != std::string::npos;
  };
  auto* const text = new (place.data()) secret_text<6>{};
  CHECK(text->append("secret"));
  CHECK(is_there());
  const auto copy = *text;
  CHECK(is_there());
  auto moved = std::move(*text);
  CHECK_FALSE(is_there());
  CHECK(moved.view() == "secret");
  *text = std::move(moved);
  CHECK(text->view() == "secret");
  text->~secret_text<6>();
  CHECK_FALSE(is_there());
  CHECK(copy.view() == "secret");
}
