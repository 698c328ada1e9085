// Rows with names that outlive them.
//
// owns:     a fixed number of rows, taken from a memory resource at construction
// does not: grow, order, or hand out pointers that survive the next change
// invariant: a handle finds the row it was given for, or nothing. A place holds a row exactly when
//            its generation is odd.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <limits>
#include <optional>
#include <utility>

#include "floe/core/ids.hpp"
#include "floe/core/memory.hpp"

namespace floe {

/// A table of at most `capacity` rows of T. Rows keep their place until erased; a free place is
/// reused under a new generation. cost: insert, find and erase are O(1); walking is O(places used);
/// sizeof(T) and 8 bytes a row, in one allocation.
template <class T, class Tag>
class slot_table {
 public:
  using id = handle<Tag>;

  slot_table(std::size_t capacity, memory_ref memory)
      : memory_{memory}, capacity_{static_cast<std::uint16_t>(capacity)} {
    Expects(capacity < (std::numeric_limits<std::uint16_t>::max)());
    if (capacity == 0) return;
    void* const block = memory.allocate(bytes(), alignment);
    rows_ = static_cast<T*>(block);
    places_ = static_cast<place*>(static_cast<void*>(static_cast<std::byte*>(block) + rows_size()));
  }

  slot_table(slot_table&& other) noexcept
      : memory_{other.memory_}, rows_{std::exchange(other.rows_, nullptr)},
        places_{std::exchange(other.places_, nullptr)}, capacity_{std::exchange(other.capacity_,
                                                                                std::uint16_t{0})},
        used_{std::exchange(other.used_, std::uint16_t{0})}, size_{std::exchange(other.size_,
                                                                                 std::uint16_t{0})},
        first_free_{std::exchange(other.first_free_, none)} {}
  slot_table(const slot_table&) = delete;
  slot_table& operator=(const slot_table&) = delete;
  slot_table& operator=(slot_table&&) = delete;

  ~slot_table() {
    clear();
    if (rows_ != nullptr) memory_.deallocate(rows_, bytes(), alignment);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

  /// The name of the new row, or nullopt when the table is full.
  std::optional<id> insert(T value) {
    if (full()) return std::nullopt;
    const auto index = first_free_ != none ? first_free_ : used_;
    make_at(rows_ + index, std::move(value));
    if (index == used_) {
      make_at(places_ + index);
      ++used_;
    }
    first_free_ = places_[index].next_free;
    ++places_[index].generation;
    ++size_;
    return name(index);
  }

  [[nodiscard]] T* find(id which) noexcept {
    const bool is_live = which.index < used_ && is_odd(which.generation) &&
                         places_[which.index].generation == which.generation;
    return is_live ? rows_ + which.index : nullptr;
  }
  [[nodiscard]] const T* find(id which) const noexcept {
    return const_cast<slot_table*>(this)->find(which);
  }

  /// The row of a handle that is known to be live.
  [[nodiscard]] T& operator[](id which) noexcept {
    auto* const row = find(which);
    Expects(row != nullptr);
    return *row;
  }
  [[nodiscard]] const T& operator[](id which) const noexcept {
    return (*const_cast<slot_table*>(this))[which];
  }

  /// Forgets a row. Returns false when the handle finds none.
  bool erase(id which) noexcept {
    auto* const row = find(which);
    if (row == nullptr) return false;
    row->~T();
    ++places_[which.index].generation;
    places_[which.index].next_free = std::exchange(first_free_, which.index);
    --size_;
    return true;
  }

  void clear() noexcept {
    for_each([this](id which, const T&) { erase(which); });
  }

  /// Calls `visit(id, T&)` for every row, in the order of their places. `visit` may erase the row
  /// it is called with, and may insert nothing.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t i = 0; i < used_; ++i) {
      if (holds_row(i)) visit(name(i), rows_[i]);
    }
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < used_; ++i) {
      if (holds_row(i)) visit(name(i), std::as_const(rows_[i]));
    }
  }

  /// The first row, in the order of places, for which `matches(T const&)` holds.
  template <class Matches>
  [[nodiscard]] std::optional<id> find_if(Matches&& matches) const {
    for (std::size_t i = 0; i < used_; ++i) {
      if (holds_row(i) && matches(std::as_const(rows_[i]))) return name(i);
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint16_t none = (std::numeric_limits<std::uint16_t>::max)();

  struct place {
    std::uint32_t generation = 0;
    std::uint16_t next_free = none;
  };

  static constexpr std::size_t alignment = (std::max)(alignof(T), alignof(place));

  /// The rows come first, and then what is known of their places.
  [[nodiscard]] std::size_t rows_size() const noexcept {
    return (capacity_ * sizeof(T) + alignof(place) - 1) / alignof(place) * alignof(place);
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return rows_size() + capacity_ * sizeof(place);
  }

  [[nodiscard]] static constexpr bool is_odd(std::uint32_t generation) noexcept {
    return generation % 2 == 1;
  }
  [[nodiscard]] bool holds_row(std::size_t index) const noexcept {
    return is_odd(places_[index].generation);
  }
  [[nodiscard]] id name(std::size_t index) const noexcept {
    return {static_cast<std::uint16_t>(index), places_[index].generation};
  }

  memory_ref memory_;
  T* rows_ = nullptr;
  place* places_ = nullptr;  ///< in the block of the rows, behind them
  std::uint16_t capacity_;
  std::uint16_t used_ = 0;  ///< places that have ever held a row
  std::uint16_t size_ = 0;
  std::uint16_t first_free_ = none;
};

}  // namespace floe
