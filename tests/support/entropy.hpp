// Sources of "randomness" that a test knows.
#pragma once

#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"

namespace support {

/// Gives the bytes first, first + 1, first + 2 and so on, over all calls.
struct counting_entropy {
  std::uint8_t next = 0;

  void operator()(floe::byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>(next++);
  }
};

}  // namespace support
