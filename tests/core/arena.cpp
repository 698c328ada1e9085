#include "floe/core/arena.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "catch.hpp"
#include "floe/core/memory.hpp"

using namespace floe;

static_assert(memory_source<arena>);

TEST_CASE("arena: pieces lie behind each other, aligned, to the last byte", "[core]") {
  alignas(16) std::array<std::byte, 64> block{};
  arena memory{block.data(), block.size()};
  CHECK(memory.allocate(1, 1) == block.data());
  CHECK(memory.allocate(8, 8) == block.data() + 8);
  CHECK(memory.allocate(3, 1) == block.data() + 16);
  CHECK(memory.allocate(32, 16) == block.data() + 32);
}

TEST_CASE("arena: what is given back is used again after release()", "[core]") {
  alignas(16) std::array<std::byte, 64> block{};
  arena memory{block.data(), block.size()};
  auto* const first = memory.allocate(16, 1);
  memory.deallocate(first, 16, 1);
  CHECK(memory.allocate(16, 1) == block.data() + 16);
  memory.release();
  CHECK(memory.allocate(64, 1) == block.data());
}

TEST_CASE("arena: a block that is not aligned is used from its first aligned byte", "[core]") {
  alignas(16) std::array<std::byte, 64> block{};
  arena memory{block.data() + 1, block.size() - 1};
  CHECK(memory.allocate(8, 8) == block.data() + 8);
}
