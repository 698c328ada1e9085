// Rows with names that outlive them.
//
// owns:     a fixed number of rows, taken from a memory resource at construction
// does not: grow, order, or hand out pointers that survive the next change
// invariant: a handle finds the row it was given for, or nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <limits>
#include <memory_resource>
#include <optional>
#include <utility>
#include <vector>

#include "floe/core/ids.hpp"

namespace floe {

/// A table of at most `capacity` rows of T. Rows keep their place until erased; a free place is
/// reused under a new generation. cost: insert, find and erase are O(1); walking is O(places used).
template <class T, class Tag>
class slot_table {
 public:
  using id = handle<Tag>;

  slot_table(std::size_t capacity, std::pmr::memory_resource* memory)
      : rows_(memory), capacity_{capacity} {
    Expects(capacity < std::numeric_limits<std::uint16_t>::max());
    rows_.reserve(capacity);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

  /// The name of the new row, or nullopt when the table is full.
  std::optional<id> insert(T value) {
    if (full()) return std::nullopt;
    ++size_;
    if (first_free_ != none) {
      const auto index = first_free_;
      auto& row = rows_[index];
      first_free_ = row.next_free;
      row.value.emplace(std::move(value));
      return id{index, row.generation};
    }
    const auto index = static_cast<std::uint16_t>(rows_.size());
    rows_.push_back({std::move(value), 1, none});
    return id{index, 1};
  }

  [[nodiscard]] T* find(id which) noexcept {
    return which.index < rows_.size() && rows_[which.index].generation == which.generation &&
                   rows_[which.index].value
               ? &*rows_[which.index].value
               : nullptr;
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
    if (find(which) == nullptr) return false;
    auto& row = rows_[which.index];
    row.value.reset();
    if (++row.generation == 0) row.generation = 1;
    row.next_free = first_free_;
    first_free_ = which.index;
    --size_;
    return true;
  }

  void clear() noexcept {
    for (std::size_t i = 0; i < rows_.size(); ++i) erase(name(i));
  }

  /// Calls `visit(id, T&)` for every row, in the order of their places. `visit` may erase the row
  /// it is called with, and may insert nothing.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].value) visit(name(i), *rows_[i].value);
    }
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].value) visit(name(i), *rows_[i].value);
    }
  }

  /// The first row, in the order of places, for which `matches(T const&)` holds.
  template <class Matches>
  [[nodiscard]] std::optional<id> find_if(Matches&& matches) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_[i].value && matches(*rows_[i].value)) return name(i);
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint16_t none = std::numeric_limits<std::uint16_t>::max();

  struct place {
    std::optional<T> value;
    std::uint16_t generation;
    std::uint16_t next_free;
  };

  [[nodiscard]] id name(std::size_t index) const noexcept {
    return {static_cast<std::uint16_t>(index), rows_[index].generation};
  }

  std::pmr::vector<place> rows_;
  std::size_t capacity_;
  std::size_t size_ = 0;
  std::uint16_t first_free_ = none;
};

}  // namespace floe
