// Memory that is taken piece by piece and given back all at once.
//
// owns:     how much of a block is taken
// does not: own the block, or grow beyond it
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <gsl/assert>

namespace floe {

/// A memory_source over a block of the caller's, which must outlive it. What is given back is not
/// used again before release().
class arena {
 public:
  arena(void* block, std::size_t size) noexcept
      : block_{static_cast<std::byte*>(block)}, size_{size} {}

  /// in: no more than is left
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) noexcept {
    const auto at = reinterpret_cast<std::uintptr_t>(block_) + taken_;
    const auto skipped = (alignment - at % alignment) % alignment;
    Expects(skipped <= size_ - taken_ && size <= size_ - taken_ - skipped);
    taken_ += skipped + size;
    return block_ + taken_ - size;
  }
  void deallocate(void*, std::size_t, std::size_t) noexcept {}

  /// Nothing is taken any more. in: all that lived in the block is gone
  void release() noexcept { taken_ = 0; }

 private:
  std::byte* block_;
  std::size_t size_;
  std::size_t taken_ = 0;
};

}  // namespace floe
