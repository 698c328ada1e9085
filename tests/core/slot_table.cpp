#include "floe/core/slot_table.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "catch.hpp"
#include "support/memory.hpp"

using namespace floe;

namespace {

struct tag;
using table = slot_table<int, tag>;
using id = table::id;
using memory = support::counting_memory;

std::vector<int> all(const table& rows) {
  std::vector<int> values;
  rows.for_each([&](id which, const int& value) {
    CHECK(rows[which] == value);
    values.push_back(value);
  });
  return values;
}

}  // namespace

TEST_CASE("slot_table: a handle finds its row", "[core]") {
  memory taken;
  table rows{3, &taken};
  const auto a = rows.insert(10);
  const auto b = rows.insert(20);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(*a != *b);
  CHECK(rows[*a] == 10);
  CHECK(*rows.find(*b) == 20);
  rows[*a] = 11;
  CHECK(*std::as_const(rows).find(*a) == 11);
  CHECK(rows.size() == 2);
  CHECK(rows.capacity() == 3);
  CHECK_FALSE(rows.full());
}

TEST_CASE("slot_table: handles that were never given find nothing", "[core]") {
  memory taken;
  table rows{3, &taken};
  REQUIRE(rows.insert(10));
  CHECK(rows.find({}) == nullptr);
  CHECK(rows.find({0, 2}) == nullptr);
  CHECK(rows.find({0, 3}) == nullptr);
  CHECK(rows.find({1, 1}) == nullptr);
  CHECK(rows.find({65535, 1}) == nullptr);
  CHECK(rows.find({1, 0x0101 * memory::dirt}) == nullptr);
  CHECK(all(rows) == std::vector{10});
  CHECK_FALSE(rows.find_if([](int value) { return value != 10; }));
  CHECK_FALSE(rows.erase({}));
  CHECK(rows.size() == 1);
}

TEST_CASE("slot_table: a full one refuses", "[core]") {
  memory taken;
  table rows{2, &taken};
  REQUIRE(rows.insert(1));
  REQUIRE(rows.insert(2));
  CHECK(rows.full());
  CHECK_FALSE(rows.insert(3));
  CHECK(all(rows) == std::vector{1, 2});
  table none{0, &taken};
  CHECK(none.full());
  CHECK_FALSE(none.insert(1));
}

TEST_CASE("slot_table: the handle of an erased row does not find its successor", "[core]") {
  memory taken;
  table rows{1, &taken};
  const auto old = *rows.insert(1);
  CHECK(rows.erase(old));
  CHECK(rows.find(old) == nullptr);
  CHECK_FALSE(rows.erase(old));
  CHECK(rows.size() == 0);

  const auto fresh = *rows.insert(2);
  CHECK(fresh.index == old.index);
  CHECK(fresh.generation != old.generation);
  CHECK(rows.find(old) == nullptr);
  CHECK_FALSE(rows.erase(old));
  CHECK(rows[fresh] == 2);
}

TEST_CASE("slot_table: no number names a free place", "[core]") {
  memory taken;
  table rows{1, &taken};
  REQUIRE(rows.erase(*rows.insert(1)));
  for (std::uint32_t generation = 0; generation < 70'000; ++generation) {
    if (rows.find({0, generation}) != nullptr) FAIL("generation " << generation);
    if (rows.find({0, ~generation}) != nullptr) FAIL("generation " << ~generation);
  }
}

TEST_CASE("slot_table: a handle finds nothing however many rows come and go in its place",
          "[core]") {
  memory taken;
  table rows{1, &taken};
  const auto first = *rows.insert(0);
  auto last = first;
  for (int i = 1; i < 200'000; ++i) {
    rows.erase(last);
    last = *rows.insert(i);
    if (rows.find(first) != nullptr) FAIL("row " << i << " has the name of the first");
  }
  CHECK(last.index == first.index);
  CHECK(rows[last] == 199'999);
}

TEST_CASE("slot_table: places are used again, the last freed first", "[core]") {
  memory taken;
  table rows{3, &taken};
  const auto a = *rows.insert(1);
  const auto b = *rows.insert(2);
  const auto c = *rows.insert(3);
  rows.erase(a);
  rows.erase(c);
  CHECK(rows.insert(4)->index == c.index);
  CHECK(rows.insert(5)->index == a.index);
  CHECK(rows.full());
  CHECK(rows[b] == 2);
  CHECK(all(rows) == std::vector{5, 2, 4});
}

TEST_CASE("slot_table: a walk may erase the row it stands on", "[core]") {
  memory taken;
  table rows{4, &taken};
  for (int i = 1; i <= 4; ++i) REQUIRE(rows.insert(i));
  rows.for_each([&](id which, int& value) {
    value *= 10;
    if (value % 20 == 0) rows.erase(which);
  });
  CHECK(all(rows) == std::vector{10, 30});
  CHECK(rows.find_if([](int value) { return value > 10; }) == id{2, 1});
  CHECK(rows.find_if([](int value) { return value > 0; }) == id{0, 1});
  CHECK_FALSE(rows.find_if([](int value) { return value == 20; }));
  rows.clear();
  CHECK(rows.size() == 0);
  CHECK(all(rows).empty());
  CHECK(rows.find({2, 1}) == nullptr);
}

TEST_CASE("slot_table: an erased row is destroyed at once", "[core]") {
  memory taken;
  slot_table<std::shared_ptr<int>, tag> rows{1, &taken};
  const auto value = std::make_shared<int>(1);
  const auto which = *rows.insert(value);
  CHECK(value.use_count() == 2);
  rows.erase(which);
  CHECK(value.use_count() == 1);
}

TEST_CASE("slot_table: a table that moves takes its rows along", "[core]") {
  memory taken;
  slot_table<std::shared_ptr<int>, tag> rows{2, &taken};
  const auto value = std::make_shared<int>(1);
  const auto which = *rows.insert(value);
  {
    auto moved = std::move(rows);
    CHECK(moved[which] == value);
    CHECK(value.use_count() == 2);
  }
  CHECK(value.use_count() == 1);
  // NOLINTBEGIN(bugprone-use-after-move)
  CHECK(rows.find(which) == nullptr);
  CHECK(rows.size() == 0);
  CHECK_FALSE(rows.insert(value));
  // NOLINTEND(bugprone-use-after-move)
}

TEST_CASE("slot_table: memory is taken once, 8 bytes beside each row, and given back", "[core]") {
  memory taken;
  {
    table rows{8, &taken};
    CHECK(taken.held == 8 * (sizeof(int) + 8));
    for (int i = 0; i < 100; ++i) {
      if (!rows.insert(i)) rows.clear();
    }
    CHECK(taken.allocations == 1);
    const auto moved = std::move(rows);
    CHECK(moved.capacity() == 8);
  }
  CHECK(taken.held == 0);
}

TEST_CASE("slot_table: rows of an odd size leave their places aligned", "[core]") {
  memory taken;
  slot_table<std::array<char, 3>, tag> rows{3, &taken};
  const auto a = *rows.insert({1, 2, 3});
  const auto b = *rows.insert({4, 5, 6});
  const auto c = *rows.insert({7, 8, 9});
  CHECK(rows[a] == std::array<char, 3>{1, 2, 3});
  CHECK(rows[b] == std::array<char, 3>{4, 5, 6});
  CHECK(rows[c] == std::array<char, 3>{7, 8, 9});
}
