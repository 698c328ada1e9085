// Memory that counts.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory_resource>

namespace support {

/// Hands out the default resource's memory, not clean, and counts how often, and how much it is
/// owed.
class counting_memory final : public std::pmr::memory_resource {
 public:
  static constexpr unsigned char dirt = 1;

  std::size_t allocations = 0;
  std::size_t held = 0;  ///< bytes that were not given back

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    ++allocations;
    held += size;
    auto* const taken = std::pmr::get_default_resource()->allocate(size, alignment);
    std::memset(taken, dirt, size);
    return taken;
  }
  void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
    held -= size;
    std::pmr::get_default_resource()->deallocate(at, size, alignment);
  }
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace support
