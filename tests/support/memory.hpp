// Memory that counts.
#pragma once

#include <cstddef>
#include <cstring>

#include "floe/core/memory.hpp"

namespace support {

/// Hands out the heap's memory, not clean, and counts how often, and how much it is owed.
class counting_memory {
 public:
  static constexpr unsigned char dirt = 1;

  std::size_t allocations = 0;
  std::size_t held = 0;  ///< bytes that were not given back

  void* allocate(std::size_t size, std::size_t alignment) {
    ++allocations;
    held += size;
    auto* const taken = floe::memory_ref{}.allocate(size, alignment);
    std::memset(taken, dirt, size);
    return taken;
  }
  void deallocate(void* at, std::size_t size, std::size_t alignment) {
    held -= size;
    floe::memory_ref{}.deallocate(at, size, alignment);
  }
};

}  // namespace support
