#include "floe/core/function_ref.hpp"

#include <concepts>
#include <memory>
#include <utility>

#include "catch.hpp"

using namespace floe;

namespace {

int twice(int n) { return 2 * n; }
int thrice(int n) noexcept { return 3 * n; }

struct counter {
  int calls = 0;
  int operator()(int n) { return n + ++calls; }
};

struct either {
  int operator()(int) { return 1; }
  int operator()(int) const { return 2; }
};

struct shy {
  int operator()(int n) const { return -n; }
  shy* operator&() = delete;  // NOLINT(google-runtime-operator): the case in point
};

using number_to_number = function_ref<int(int)>;

}  // namespace

TEST_CASE("function_ref: calls functions, and pointers to them that are gone", "[core]") {
  CHECK(number_to_number{twice}(4) == 8);
  CHECK(number_to_number{thrice}(4) == 12);
  CHECK(number_to_number{&twice}(4) == 8);
  int (*pointer)(int) = twice;
  const number_to_number was{pointer};
  pointer = thrice;
  CHECK(was(4) == 8);
  int (*const fixed)(int) noexcept = thrice;
  CHECK(number_to_number{fixed}(4) == 12);
}

TEST_CASE("function_ref: calls objects, const and not, themselves and no copy", "[core]") {
  counter c;
  const number_to_number one{c};
  const number_to_number other{one};
  CHECK(one(0) == 1);
  CHECK(other(0) == 2);
  CHECK(c.calls == 2);
  const auto lambda = [by = 5](int n) { return n + by; };
  CHECK(number_to_number{lambda}(4) == 9);
  either e;
  CHECK(number_to_number{e}(0) == 1);
  CHECK(number_to_number{std::as_const(e)}(0) == 2);
  shy s;
  CHECK(number_to_number{s}(4) == -4);
}

TEST_CASE("function_ref: what comes out may be converted, or dropped", "[core]") {
  CHECK(function_ref<bool(int)>{twice}(4));
  CHECK_FALSE(function_ref<bool(int)>{twice}(0));
  counter c;
  function_ref<void(int)>{c}(0);
  CHECK(c.calls == 1);
}

TEST_CASE("function_ref: takes nothing that can't be called, nor an object that dies at once",
          "[core]") {
  STATIC_REQUIRE(std::constructible_from<number_to_number, counter&>);
  STATIC_REQUIRE_FALSE(std::constructible_from<number_to_number, counter>);
  STATIC_REQUIRE_FALSE(std::constructible_from<number_to_number, const counter&>);
  STATIC_REQUIRE_FALSE(std::constructible_from<number_to_number, const shy>);
  STATIC_REQUIRE_FALSE(std::constructible_from<number_to_number, int (counter::*)(int)>);
  STATIC_REQUIRE_FALSE(std::constructible_from<number_to_number, void (*)(int)>);
  STATIC_REQUIRE_FALSE(std::constructible_from<number_to_number, int (*)(counter)>);
}
