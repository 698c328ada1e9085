#include "floe/core/memory.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#if __has_include(<memory_resource>)  // libc++ has it since 16
#include <memory_resource>
#endif

#include "catch.hpp"
#include "support/memory.hpp"

using namespace floe;

namespace {

/// A source of a host's own, without std::pmr.
struct plain_source {
  alignas(64) std::array<std::byte, 256> block{};
  std::size_t given_back = 0;

  void* allocate(std::size_t, std::size_t) { return block.data(); }
  void deallocate(void*, std::size_t size, std::size_t) { given_back += size; }
};
static_assert(memory_source<plain_source>);
static_assert(memory_source<support::counting_memory>);
static_assert(!memory_source<int>);
static_assert(sizeof(memory_ref) == 2 * sizeof(void*));

}  // namespace

TEST_CASE("memory: without a source it is the heap, aligned as wanted", "[core]") {
  const memory_ref heap;
  for (const std::size_t alignment : {std::size_t{1}, std::size_t{8}, std::size_t{64}}) {
    auto* const at = heap.allocate(100, alignment);
    CHECK(reinterpret_cast<std::uintptr_t>(at) % alignment == 0);
    heap.deallocate(at, 100, alignment);
  }
}

#if defined(__cpp_lib_memory_resource)
TEST_CASE("memory: a std::pmr resource is a source", "[core]") {
  struct : std::pmr::memory_resource {
    void* do_allocate(std::size_t size, std::size_t alignment) override {
      return counted.allocate(size, alignment);
    }
    void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
      counted.deallocate(at, size, alignment);
    }
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
      return this == &other;
    }
    support::counting_memory counted;
  } resource;
  auto& counted = resource.counted;
  const memory_ref memory{&resource};
  auto* const at = memory.allocate(24, 8);
  CHECK(counted.allocations == 1);
  CHECK(counted.held == 24);
  memory.deallocate(at, 24, 8);
  CHECK(counted.held == 0);
}
#endif

TEST_CASE("memory: so is any class with its two functions", "[core]") {
  plain_source source;
  const memory_ref memory{&source};
  const auto copy = memory;
  CHECK(copy.allocate(1, 1) == source.block.data());
  copy.deallocate(source.block.data(), 17, 1);
  CHECK(source.given_back == 17);
}
