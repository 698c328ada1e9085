// A first-in-first-out queue that never grows.
//
// owns:     a fixed number of places, taken from a memory resource at construction
// does not: decide what gives way when it is full; push() says so and its caller decides
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <gsl/assert>
#include <optional>
#include <utility>

#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"

namespace floe {

/// A queue of at most `capacity` values of T. cost: O(1), except erase_if, which is O(size).
template <class T>
class ring {
 public:
  ring(std::size_t capacity, memory_ref memory) : places_{capacity, memory} {
    places_.resize(capacity);
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return places_.size(); }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return size_ == places_.size(); }

  /// Appends, or returns false when there is no place.
  [[nodiscard]] bool push(T value) {
    if (full()) return false;
    places_[place(size_)] = std::move(value);
    ++size_;
    return true;
  }

  /// The `i`-th value from the front.
  [[nodiscard]] T& operator[](std::size_t i) {
    Expects(i < size_);
    return places_[place(i)];
  }
  [[nodiscard]] const T& operator[](std::size_t i) const {
    Expects(i < size_);
    return places_[place(i)];
  }
  [[nodiscard]] T& front() { return (*this)[0]; }
  [[nodiscard]] const T& front() const { return (*this)[0]; }

  /// Takes the front off, if there is one.
  std::optional<T> pop() {
    if (empty()) return std::nullopt;
    auto value = std::move(places_[first_]);
    first_ = (first_ + 1) % places_.size();
    --size_;
    return value;
  }

  /// Removes every value for which `matches(T const&)` holds; the others keep their order. Returns
  /// how many went.
  template <class Matches>
  std::size_t erase_if(Matches&& matches) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < size_; ++i) {
      if (matches(std::as_const(places_[place(i)]))) continue;
      if (kept != i) places_[place(kept)] = std::move(places_[place(i)]);
      ++kept;
    }
    const auto removed = size_ - kept;
    size_ = kept;
    return removed;
  }

  void clear() noexcept { size_ = 0; }

 private:
  [[nodiscard]] std::size_t place(std::size_t i) const noexcept {
    return (first_ + i) % places_.size();
  }

  fixed_vector<T> places_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace floe
