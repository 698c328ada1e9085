// Room for TURN sessions that come and go.
//
// owns:     a fixed number of places, each with memory of its own that a session's tables fit into
// does not: start sessions, or know why they end
// invariant: all memory is taken at construction; a session that ended leaves its place as it was.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/arena.hpp"
#include "floe/core/entropy.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/turn/session.hpp"

namespace floe::gather {

namespace detail {

/// Counts what is taken.
class measuring_memory {
 public:
  explicit measuring_memory(memory_ref from) noexcept : from_{from} {}
  [[nodiscard]] std::size_t taken() const noexcept { return taken_; }

  [[nodiscard]] void* allocate(std::size_t size, std::size_t alignment) {
    taken_ += size + alignment;
    return from_.allocate(size, alignment);
  }
  void deallocate(void* at, std::size_t size, std::size_t alignment) noexcept {
    from_.deallocate(at, size, alignment);
  }

 private:
  memory_ref from_;
  std::size_t taken_ = 0;
};

}  // namespace detail

/// A pool of sessions.
class relays {
 public:
  /// `largest`: no session will need more memory than one with this configuration.
  relays(std::size_t places, const turn::session_config& largest, entropy_ref entropy,
         memory_ref memory)
      : entropy_{entropy}, size_{places > 0 ? measure(largest, entropy, memory) : 0},
        bytes_{size_ * places, memory}, places_{places, memory} {
    for (std::size_t i = 0; i < places; ++i) {
      places_.emplace_back(bytes_.data() + i * size_, size_ * sizeof(std::max_align_t));
    }
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return places_.size(); }

  /// The place of a new session, or nullopt when all are taken.
  std::optional<std::uint16_t> open(const turn::session_config& config) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      auto& free = places_[i];
      if (free.session) continue;
      free.session.emplace(config, entropy_, &free.memory);
      return static_cast<std::uint16_t>(i);
    }
    return std::nullopt;
  }

  void close(std::uint16_t at) noexcept {
    auto& taken = places_[at];
    taken.session.reset();
    taken.memory.release();
  }

  /// nullptr when there is none at this place.
  [[nodiscard]] turn::session* find(std::uint16_t at) noexcept {
    return at < places_.size() && places_[at].session ? &*places_[at].session : nullptr;
  }
  [[nodiscard]] const turn::session* find(std::uint16_t at) const noexcept {
    return const_cast<relays*>(this)->find(at);
  }

  /// Calls `visit(place, session&)` for every session; it may close the one it is called with.
  template <class Visit>
  void for_each(Visit&& visit) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].session) visit(static_cast<std::uint16_t>(i), *places_[i].session);
    }
  }
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].session) visit(static_cast<std::uint16_t>(i), *places_[i].session);
    }
  }

 private:
  struct place {
    place(std::max_align_t* at, std::size_t size) noexcept : memory{at, size} {}

    arena memory;
    std::optional<turn::session> session;
  };

  /// The size of a place in units of the strictest alignment.
  [[nodiscard]] static std::size_t measure(const turn::session_config& largest, entropy_ref entropy,
                                           memory_ref memory) {
    detail::measuring_memory counter{memory};
    const turn::session probe{largest, entropy, &counter};
    return counter.taken() / sizeof(std::max_align_t) + 1;
  }

  entropy_ref entropy_;
  std::size_t size_;
  fixed_vector<std::max_align_t> bytes_;  ///< of all places, as aligned as anything can be
  fixed_vector<place> places_;
};

}  // namespace floe::gather
