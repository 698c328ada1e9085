#include "floe/core/ring.hpp"

#include <vector>

#include "catch.hpp"
#include "support/memory.hpp"

using namespace floe;

namespace {

using memory = support::counting_memory;

std::vector<int> all(const ring<int>& queue) {
  std::vector<int> values;
  for (std::size_t i = 0; i < queue.size(); ++i) values.push_back(queue[i]);
  return values;
}

}  // namespace

TEST_CASE("ring: first in, first out, around the end many times", "[core]") {
  memory taken;
  ring<int> queue{3, &taken};
  int in = 0;
  int out = 0;
  for (int round = 0; round < 20; ++round) {
    while (queue.push(in)) ++in;
    CHECK(queue.full());
    CHECK(queue.size() == 3);
    CHECK(queue.front() == out);
    CHECK(queue.pop() == out++);
    CHECK(queue.pop() == out++);
  }
  CHECK(queue.pop() == out++);
  CHECK(queue.empty());
  CHECK_FALSE(queue.pop());
}

TEST_CASE("ring: a full one refuses, and keeps what it has", "[core]") {
  memory taken;
  ring<int> queue{2, &taken};
  CHECK(queue.push(1));
  CHECK(queue.push(2));
  CHECK_FALSE(queue.push(3));
  CHECK(all(queue) == std::vector{1, 2});
  CHECK(queue.capacity() == 2);
}

TEST_CASE("ring: one without places is full and empty", "[core]") {
  memory taken;
  ring<int> queue{0, &taken};
  CHECK(queue.empty());
  CHECK(queue.full());
  CHECK_FALSE(queue.push(1));
  CHECK_FALSE(queue.pop());
  CHECK(queue.erase_if([](int) { return true; }) == 0);
}

TEST_CASE("ring: erasing keeps the order of the others, wherever the front is", "[core]") {
  for (int front = 0; front < 5; ++front) {
    memory taken;
    ring<int> queue{5, &taken};
    for (int i = 0; i < front; ++i) {
      REQUIRE(queue.push(0));
      REQUIRE(queue.pop());
    }
    for (int i = 1; i <= 5; ++i) REQUIRE(queue.push(i));
    CHECK(queue.erase_if([](int value) { return value % 2 == 1; }) == 3);
    CHECK(all(queue) == std::vector{2, 4});
    CHECK(queue.push(6));
    CHECK(all(queue) == std::vector{2, 4, 6});
    CHECK(queue.erase_if([](int) { return false; }) == 0);
    CHECK(queue.erase_if([](int) { return true; }) == 3);
    CHECK(queue.empty());
  }
}

TEST_CASE("ring: values can be changed in place, and cleared", "[core]") {
  memory taken;
  ring<int> queue{2, &taken};
  REQUIRE(queue.push(1));
  REQUIRE(queue.push(2));
  queue[1] = 5;
  queue.front() = 4;
  CHECK(all(queue) == std::vector{4, 5});
  queue.clear();
  CHECK(queue.empty());
  CHECK(queue.push(7));
  CHECK(queue.front() == 7);
}

TEST_CASE("ring: memory is taken once, at construction", "[core]") {
  memory taken;
  ring<int> queue{4, &taken};
  CHECK(taken.allocations == 1);
  for (int i = 0; i < 100; ++i) {
    if (!queue.push(i)) queue.pop();
  }
  queue.erase_if([](int value) { return value % 3 == 0; });
  CHECK(taken.allocations == 1);
}
