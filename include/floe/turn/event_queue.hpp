// The events of a TURN session that wait to be read.
//
// owns:     their places, and the count of those that gave way
// does not: decide when they arise
// invariant: the end of a session is never lost, and is the last event of all.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "floe/core/memory.hpp"
#include "floe/core/ring.hpp"
#include "floe/turn/events.hpp"

namespace floe::turn {

/// The events that wait to be read.
class event_queue {
 public:
  event_queue(std::size_t capacity, memory_ref memory) : ring_(capacity, memory) {}

  void push(const event::any& e) {
    if (ended_) return;
    if (ring_.full()) {
      ring_.pop();
      ++dropped_;
    }
    if (!ring_.push(e)) ++dropped_;
  }

  void end(const event::ended& e) {
    if (!ended_) ended_ = e;
  }

  [[nodiscard]] std::optional<event::any> pop() {
    if (dropped_ > 0) return event::any{event::dropped{std::exchange(dropped_, 0)}};
    if (auto next = ring_.pop()) return next;
    if (!ended_ || told_) return std::nullopt;
    told_ = true;
    return event::any{*ended_};
  }

 private:
  ring<event::any> ring_;
  std::optional<event::ended> ended_;
  std::uint32_t dropped_ = 0;
  bool told_ = false;
};

}  // namespace floe::turn
