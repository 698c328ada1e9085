// A few attribute types, as a value: what a 420 (Unknown Attribute) names.
//
// owns:     attribute_list
// does not: grow: a request full of unknown types must not draw an answer as long as itself
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "floe/stun/registry.hpp"

namespace floe::stun {

/// At most `capacity` different attribute types in the order they were met.
class attribute_list {
 public:
  static constexpr std::size_t capacity = 16;

  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr bool full() const noexcept { return size_ == capacity; }
  [[nodiscard]] constexpr const attribute_type* begin() const noexcept { return types_.data(); }
  [[nodiscard]] constexpr const attribute_type* end() const noexcept {
    return types_.data() + size_;
  }

  [[nodiscard]] constexpr bool contains(attribute_type type) const noexcept {
    for (const auto known : *this) {
      if (known == type) return true;
    }
    return false;
  }

  /// Adds a type that is not there yet, while there is room.
  constexpr void insert(attribute_type type) noexcept {
    if (full() || contains(type)) return;
    types_[size_] = type;
    ++size_;
  }

  [[nodiscard]] constexpr bool operator==(const attribute_list&) const noexcept = default;

 private:
  std::array<attribute_type, capacity> types_{};
  std::uint8_t size_ = 0;
};

}  // namespace floe::stun
