// One agent that can be put back to where it was.
//
// owns:     the bytes of an agent with its tables and its entropy, and the calls made of it
// does not: carry datagrams or choose anything (session.hpp)
// invariant: an agent takes all its memory when it is made, so a copy of these bytes is a copy of
//            its state, as long as it is put back to the same place. Memory that it asked for
//            later would be missing, and is a violation.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <stdexcept>
#include <string>

#include "floe/agent/agent.hpp"

namespace floe::explore {

/// What must hold does not.
class violation : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const char* what) {
  if (!holds) throw violation{what};
}

/// Entropy that says what an exploration wants to hear. Ids are fresh, numbers are the tie-breakers
/// that were asked for: so two ways to the same state differ in nothing but the names of ids.
struct scripted_entropy {
  std::uint64_t tie_breaker = 0;  ///< the first number
  std::uint64_t later = 0;        ///< all other numbers
  std::uint32_t who = 0;
  std::uint32_t ids = 0;
  bool began = false;

  void operator()(byte_span out) {
    if (out.size() == 8) {
      store(out, std::exchange(began, true) ? later : tie_breaker);
    } else if (out.size() == 12) {
      std::fill(out.begin(), out.end(), std::byte{});
      store(out.first(8), (std::uint64_t{who} << 32U) + ++ids);
    } else {
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = static_cast<std::byte>(i * 7 + who * 29);
      }
    }
  }

 private:
  static void store(byte_span out, std::uint64_t number) {
    for (std::size_t i = 0; i < 8; ++i) {
      out[i] = static_cast<std::byte>(number >> (8U * (7U - i)));
    }
  }
};

class side {
 public:
  side(time_point now, const config& behaviour, const scripted_entropy& entropy) {
    bytes_->entropy = entropy;
    agent_ = ::new (static_cast<void*>(bytes_->object.data()))
        floe::agent{now, behaviour, bytes_->entropy, &memory_};
    memory_.sealed = true;
  }
  side(const side&) = delete;
  side& operator=(const side&) = delete;
  ~side() { agent_->~agent(); }

  [[nodiscard]] floe::agent& agent() noexcept { return *agent_; }
  [[nodiscard]] const floe::agent& agent() const noexcept { return *agent_; }

  /// What is copied of it.
  [[nodiscard]] std::size_t size() const noexcept { return offsetof(block, arena) + memory_.used; }
  void save(std::byte* to) const { std::memcpy(to, bytes_.get(), size()); }
  void load(const std::byte* from) { std::memcpy(static_cast<void*>(bytes_.get()), from, size()); }

  void check_memory() const { require(!memory_.broken, "8: allocated after construction"); }

 private:
  static constexpr std::size_t arena_size = std::size_t{1} << 17U;

  struct block {
    scripted_entropy entropy;
    alignas(floe::agent) std::array<std::byte, sizeof(floe::agent)> object;
    alignas(std::max_align_t) std::array<std::byte, arena_size> arena;
  };

  struct arena_memory final : std::pmr::memory_resource {
    explicit arena_memory(block& in) : arena{in.arena} {}

    void* do_allocate(std::size_t size, std::size_t alignment) override {
      broken = broken || sealed;
      used = (used + alignment - 1) / alignment * alignment;
      if (used + size > arena.size()) throw std::bad_alloc{};
      return arena.data() + std::exchange(used, used + size);
    }
    void do_deallocate(void*, std::size_t, std::size_t) override {}
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
      return this == &other;
    }

    std::array<std::byte, arena_size>& arena;
    std::size_t used = 0;
    bool sealed = false;
    bool broken = false;
  };

  std::unique_ptr<block> bytes_ = std::make_unique<block>();
  arena_memory memory_{*bytes_};
  floe::agent* agent_ = nullptr;
};

}  // namespace floe::explore
