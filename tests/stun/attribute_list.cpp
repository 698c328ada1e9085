#include "floe/stun/attribute_list.hpp"

#include <algorithm>
#include <array>

#include "catch.hpp"

using namespace floe::stun;

namespace {

constexpr attribute_type numbered(unsigned n) { return static_cast<attribute_type>(n); }

}  // namespace

TEST_CASE("attribute_list keeps the order of insertion and no type twice", "[stun]") {
  attribute_list list;
  CHECK(list.empty());
  for (const auto n : {7U, 3U, 7U, 9U, 3U}) list.insert(numbered(n));
  const std::array expected{numbered(7), numbered(3), numbered(9)};
  CHECK(std::equal(list.begin(), list.end(), expected.begin(), expected.end()));
  CHECK(list.contains(numbered(9)));
  CHECK_FALSE(list.contains(numbered(4)));
}

TEST_CASE("attribute_list keeps the first ones when there are more than it holds",
          "[stun][ATK-A23]") {
  attribute_list list;
  for (unsigned n = 1; n <= 1000; ++n) list.insert(numbered(n));
  CHECK(list.full());
  CHECK(list.size() == attribute_list::capacity);
  CHECK(list.contains(numbered(attribute_list::capacity)));
  CHECK_FALSE(list.contains(numbered(attribute_list::capacity + 1)));
}

TEST_CASE("attribute_list has room for more types than floe sends in a message", "[stun]") {
  CHECK(attribute_list::capacity == 16);
}
