// The events of an agent that wait to be polled.
//
// owns:     their places, and what gives way when there is none
// does not: decide when they arise
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <gsl/assert>
#include <optional>
#include <utility>
#include <variant>

#include "floe/agent/events.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/ring.hpp"

namespace floe {

/// Events that wait to be polled. When there is no room the oldest report on a pair goes, else the
/// oldest event that is not event::relay_replaced, and the next poll says how many did.
class event_queue {
 public:
  event_queue(std::size_t capacity, memory_ref memory) : ring_(capacity, memory) {}

  void push(const event::any& e) {
    if (ring_.full()) {
      make_room();
      ++lost_;
    }
    const bool stored = ring_.push(e);
    Ensures(stored);
  }

  /// Says that something gave way. Of one kind a single event waits, with the count of all.
  void push_dropped(event::dropped::kind what) {
    for (std::size_t i = 0; i < ring_.size(); ++i) {
      auto* const waiting = std::get_if<event::dropped>(&ring_[i]);
      if (waiting == nullptr || waiting->what != what) continue;
      ++waiting->count;
      return;
    }
    push(event::dropped{what, 1});
  }

  std::optional<event::any> pop() {
    if (lost_ != 0) return event::dropped{event::dropped::events, std::exchange(lost_, 0)};
    return ring_.pop();
  }

 private:
  void make_room() {
    bool found = false;
    ring_.erase_if([&found](const event::any& e) {
      const bool report = std::holds_alternative<event::pair_changed>(e) ||
                          std::holds_alternative<event::pair_removed>(e);
      return report && !std::exchange(found, true);
    });
    if (found) return;
    ring_.erase_if([&found](const event::any& e) {
      return !std::holds_alternative<event::relay_replaced>(e) && !std::exchange(found, true);
    });
    if (!found) ring_.pop();
  }

  ring<event::any> ring_;
  std::size_t lost_ = 0;
};

}  // namespace floe
