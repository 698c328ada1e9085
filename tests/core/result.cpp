#include "floe/core/result.hpp"

#include <memory>
#include <string>
#include <utility>

#include "catch.hpp"

using namespace floe;

namespace {

enum class colour { red, green };

constexpr result<int> half(int number) {
  if (number % 2 != 0) return unexpected{errc::malformed_text};
  return number / 2;
}

constexpr result<void> only_even(int number) {
  if (number % 2 != 0) return unexpected{errc::malformed_text};
  return {};
}

}  // namespace

static_assert(*half(8) == 4 && half(7).error() == errc::malformed_text);
static_assert(only_even(8).has_value() && only_even(7).error() == errc::malformed_text);

TEST_CASE("result: it holds a value or an error, never both", "[core]") {
  const auto good = half(8);
  CHECK(good);
  CHECK(good.has_value());
  CHECK(good.value() == 4);
  CHECK(*good == 4);
  CHECK(good.value_or(9) == 4);

  const auto bad = half(7);
  CHECK_FALSE(bad);
  CHECK_FALSE(bad.has_value());
  CHECK(bad.error() == errc::malformed_text);
  CHECK(bad.value_or(9) == 9);
}

TEST_CASE("result: its value can be changed and moved out", "[core]") {
  result<std::string> text{"a"};
  *text += "b";
  text->push_back('c');
  text.value() += "d";
  CHECK(*text == "abcd");

  result<std::unique_ptr<int>> owner{std::make_unique<int>(5)};
  const auto taken = *std::move(owner);
  CHECK(*taken == 5);
}

TEST_CASE("result: a value that looks like an error is a value", "[core]") {
  const result<errc> value{errc::no_path};
  CHECK(value);
  const result<errc> error{unexpected{errc::no_path}};
  CHECK_FALSE(error);
}

TEST_CASE("result: the error may be another enum, its zero included", "[core]") {
  const result<int, colour> red{unexpected{colour::red}};
  CHECK_FALSE(red);
  CHECK(red.error() == colour::red);
  const result<void, colour> nothing{unexpected{colour::red}};
  CHECK_FALSE(nothing);
  CHECK(nothing.error() == colour::red);
  CHECK(unexpected{colour::green}.error() == colour::green);
}

TEST_CASE("result: without a value it is success or an error", "[core]") {
  const result<void> fine = only_even(8);
  CHECK(fine);
  CHECK(fine.has_value());
  fine.value();
  const auto odd = only_even(7);
  CHECK_FALSE(odd);
  CHECK(odd.error() == errc::malformed_text);
}
