// A sequence that never grows beyond its capacity.
//
// owns:     places for a fixed number of values, taken from a memory_ref at construction
// does not: move to other memory, so a value stays where it is until something before it is erased
// invariant: the values fill the first size() places.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <limits>
#include <type_traits>
#include <utility>

#include "floe/core/memory.hpp"

namespace floe {

/// At most `capacity` values of T, one after the other. cost: one allocation, none for no places;
/// push_back() is O(1), insert() and erase() move what is behind.
template <class T>
class fixed_vector {
 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  fixed_vector(std::size_t capacity, memory_ref memory)
      : memory_{memory}, capacity_{static_cast<std::uint32_t>(capacity)} {
    Expects(capacity <= (std::numeric_limits<std::uint32_t>::max)() / sizeof(T));
    if (capacity > 0) values_ = static_cast<T*>(memory.allocate(bytes(), alignof(T)));
  }

  fixed_vector(fixed_vector&& other) noexcept
      : memory_{other.memory_}, values_{std::exchange(other.values_, nullptr)},
        size_{std::exchange(other.size_, 0U)}, capacity_{std::exchange(other.capacity_, 0U)} {}
  fixed_vector(const fixed_vector&) = delete;
  fixed_vector& operator=(const fixed_vector&) = delete;
  fixed_vector& operator=(fixed_vector&&) = delete;

  ~fixed_vector() {
    clear();
    if (values_ != nullptr) memory_.deallocate(values_, bytes(), alignof(T));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return size_ == capacity_; }

  [[nodiscard]] T* data() noexcept { return values_; }
  [[nodiscard]] const T* data() const noexcept { return values_; }
  [[nodiscard]] iterator begin() noexcept { return values_; }
  [[nodiscard]] const_iterator begin() const noexcept { return values_; }
  [[nodiscard]] iterator end() noexcept { return values_ + size_; }
  [[nodiscard]] const_iterator end() const noexcept { return values_ + size_; }

  /// in: below size()
  [[nodiscard]] T& operator[](std::size_t i) noexcept {
    Expects(i < size_);
    return values_[i];
  }
  [[nodiscard]] const T& operator[](std::size_t i) const noexcept {
    Expects(i < size_);
    return values_[i];
  }
  [[nodiscard]] T& front() noexcept { return (*this)[0]; }
  [[nodiscard]] const T& front() const noexcept { return (*this)[0]; }
  [[nodiscard]] T& back() noexcept { return (*this)[size_ - 1U]; }
  [[nodiscard]] const T& back() const noexcept { return (*this)[size_ - 1U]; }

  /// in: not full
  template <class... Arguments>
  T& emplace_back(Arguments&&... arguments) {
    Expects(!full());
    auto* const made = make_at(values_ + size_, std::forward<Arguments>(arguments)...);
    ++size_;
    return *made;
  }
  void push_back(T value) { emplace_back(std::move(value)); }

  /// Puts a value before `at`. in: not full
  iterator insert(const_iterator at, T value) {
    const auto where = begin() + (at - begin());
    push_back(std::move(value));
    std::rotate(where, end() - 1, end());
    return where;
  }

  /// Returns where the value behind the last erased one is now.
  iterator erase(const_iterator first, const_iterator last) noexcept {
    const auto where = begin() + (first - begin());
    truncate(std::move(begin() + (last - begin()), end(), where));
    return where;
  }
  iterator erase(const_iterator at) noexcept { return erase(at, at + 1); }
  void pop_back() noexcept { truncate(end() - 1); }
  void clear() noexcept { truncate(begin()); }

  /// Makes it hold `count` values: the last ones go, or new ones come. in: at most capacity()
  void resize(std::size_t count) {
    Expects(count <= capacity_);
    if (count < size_) truncate(begin() + count);
    while (size_ < count) emplace_back();
  }

  /// in: at most capacity() values
  template <class Iterator>
  void assign(Iterator first, Iterator last) {
    clear();
    for (; first != last; ++first) emplace_back(*first);
  }

 private:
  [[nodiscard]] std::size_t bytes() const noexcept { return std::size_t{capacity_} * sizeof(T); }

  void truncate(iterator from) noexcept {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      for (auto at = from; at != end(); ++at) at->~T();
    }
    size_ = static_cast<std::uint32_t>(from - begin());
  }

  memory_ref memory_;
  T* values_ = nullptr;
  std::uint32_t size_ = 0;
  std::uint32_t capacity_;
};

}  // namespace floe
