// Where tables come from: the host's memory, or the heap.
//
// owns:     memory_ref, a view of the host's allocator
// does not: allocate on its own, nor know <memory_resource>: std::pmr's resources fit as they are,
// and
//           so does any class with their two functions, where a standard library has none
// invariant: all of it is taken when an object is made, and given back when it is destroyed.
#pragma once

#include "floe/core/language.hpp"

#include <concepts>
#include <cstddef>
#include <gsl/assert>
#include <new>
#include <type_traits>
#include <utility>

namespace floe {

/// A class that hands out memory: std::pmr::memory_resource, or one of the host's own with
/// `void* allocate(size, alignment)` and `deallocate(where, size, alignment)`. What it allocates is
/// aligned and not null; it may throw where exceptions are compiled.
template <class T>
concept memory_source = requires(T& source, void* where, std::size_t size) {
  { source.allocate(size, size) } -> std::convertible_to<void*>;
  source.deallocate(where, size, size);
};

/// Refers to a memory_source, or to the heap. Whatever it points to must outlive every object that
/// was given the reference. cost: two words
class memory_ref {
 public:
  /// The heap: operator new.
  constexpr memory_ref() noexcept : functions_{&heap} {}

  /// in: not null
  template <memory_source Source>
  constexpr memory_ref(Source* source) noexcept  // NOLINT(google-explicit-constructor): a view
      : source_{source}, functions_{&functions_of<Source>} {
    Expects(source != nullptr);
  }

  /// `size` bytes at a multiple of `alignment`.
  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) const {
    return functions_->allocate(source_, size, alignment);
  }
  /// Gives back what allocate() gave for the same size and alignment.
  void deallocate(void* where, std::size_t size, std::size_t alignment) const noexcept {
    functions_->deallocate(source_, where, size, alignment);
  }

 private:
  struct functions {
    void* (*allocate)(void* source, std::size_t size, std::size_t alignment);
    void (*deallocate)(void* source, void* where, std::size_t size, std::size_t alignment);
  };

  template <class Source>
  static constexpr functions functions_of{
      [](void* source, std::size_t size, std::size_t alignment) -> void* {
        return static_cast<Source*>(source)->allocate(size, alignment);
      },
      [](void* source, void* where, std::size_t size, std::size_t alignment) {
        static_cast<Source*>(source)->deallocate(where, size, alignment);
      }};

  static constexpr functions heap{[](void*, std::size_t size, std::size_t alignment) -> void* {
                                    return ::operator new (size, std::align_val_t{alignment});
                                  },
                                  [](void*, void* where, std::size_t, std::size_t alignment) {
                                    ::operator delete (where, std::align_val_t{alignment});
                                  }};

  void* source_ = nullptr;
  const functions* functions_;
};

/// Makes a T in memory that holds none: std::construct_at() without all of <memory>.
template <class T, class... Arguments>
T* make_at(T* where, Arguments&&... arguments) {
  // NOLINTBEGIN(cppcoreguidelines-owning-memory): who owns the memory owns what is in it
  if constexpr (std::is_constructible_v<T, Arguments...>) {
    return ::new (static_cast<void*>(where)) T(std::forward<Arguments>(arguments)...);
  } else {
    return ::new (static_cast<void*>(where)) T{std::forward<Arguments>(arguments)...};
  }
  // NOLINTEND(cppcoreguidelines-owning-memory)
}

}  // namespace floe
