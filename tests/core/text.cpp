#include "floe/core/text.hpp"

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
