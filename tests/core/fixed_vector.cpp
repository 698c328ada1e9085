#include "floe/core/fixed_vector.hpp"

#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "support/memory.hpp"

using namespace floe;

namespace {

using memory = support::counting_memory;

fixed_vector<int> holding(memory& from, std::initializer_list<int> values) {
  fixed_vector<int> made{8, &from};
  made.assign(values.begin(), values.end());
  return made;
}

std::vector<int> all(const fixed_vector<int>& values) { return {values.begin(), values.end()}; }

}  // namespace

TEST_CASE("fixed_vector: it takes its places once, and none for none", "[core]") {
  memory taken;
  {
    fixed_vector<int> values{3, &taken};
    CHECK(taken.allocations == 1);
    CHECK(taken.held == 3 * sizeof(int));
    CHECK(values.empty());
    CHECK(values.capacity() == 3);
    for (int i = 1; i <= 3; ++i) values.push_back(i);
    CHECK(values.full());
    CHECK(all(values) == std::vector{1, 2, 3});
    CHECK(values.front() == 1);
    CHECK(values.back() == 3);
    CHECK(taken.allocations == 1);
  }
  CHECK(taken.held == 0);
  const fixed_vector<int> none{0, &taken};
  CHECK(none.full());
  CHECK(taken.allocations == 1);
}

TEST_CASE("fixed_vector: values go in and out of its middle in order", "[core]") {
  memory taken;
  auto values = holding(taken, {1, 2, 4});
  CHECK(*values.insert(values.begin() + 2, 3) == 3);
  CHECK(all(values) == std::vector{1, 2, 3, 4});
  CHECK(*values.insert(values.end(), 5) == 5);
  CHECK(*values.insert(values.begin(), 0) == 0);
  CHECK(all(values) == std::vector{0, 1, 2, 3, 4, 5});
  CHECK(*values.erase(values.begin() + 1) == 2);
  CHECK(*values.erase(values.begin() + 1, values.begin() + 3) == 4);
  CHECK(all(values) == std::vector{0, 4, 5});
  const auto* const behind = values.erase(values.begin() + 2);
  CHECK(behind == values.end());
  values.pop_back();
  CHECK(all(values) == std::vector{0});
}

TEST_CASE("fixed_vector: resize() makes new values of nothing, or drops the last", "[core]") {
  memory taken;
  auto values = holding(taken, {7, 8, 9});
  values.resize(5);
  CHECK(all(values) == std::vector{7, 8, 9, 0, 0});
  values.resize(1);
  CHECK(all(values) == std::vector{7});
}

TEST_CASE("fixed_vector: a moved one is empty, and the other has its values", "[core]") {
  memory taken;
  auto values = holding(taken, {1, 2});
  const auto* const at = values.data();
  const auto moved = std::move(values);
  CHECK(moved.data() == at);
  CHECK(all(moved) == std::vector{1, 2});
  CHECK(values.empty());  // NOLINT(bugprone-use-after-move): that is the point
  CHECK(values.capacity() == 0);
  CHECK(taken.allocations == 1);
}

TEST_CASE("fixed_vector: every value is destroyed once", "[core]") {
  const auto counter = std::make_shared<int>();
  {
    fixed_vector<std::shared_ptr<int>> values{4, memory_ref{}};
    for (int i = 0; i < 4; ++i) values.push_back(counter);
    values.erase(values.begin() + 1);
    CHECK(counter.use_count() == 4);
    values.resize(2);
    CHECK(counter.use_count() == 3);
    values.clear();
    CHECK(counter.use_count() == 1);
    values.emplace_back(counter);
  }
  CHECK(counter.use_count() == 1);
}

TEST_CASE("fixed_vector: what can't be moved is made in its place", "[core]") {
  struct fixed {
    explicit fixed(int v) : value{v} {}
    fixed(const fixed&) = delete;
    fixed& operator=(const fixed&) = delete;
    int value;
  };
  fixed_vector<fixed> values{2, memory_ref{}};
  CHECK(values.emplace_back(5).value == 5);
  CHECK(values[0].value == 5);
}
