// When a check may leave, and which one.
//
// owns:     the Ta slots of checks and of requests to servers, the round-robin turn over the
//           checklists
// does not: change a pair, send anything, or repeat it (stun/retransmit.hpp)
// sources:  RFC 8445 sec. 6.1.4.2 (order), sec. 14.2 (Ta)
// invariant: two checks that take() hands out are at least Ta apart, two requests to servers at
//            least theirs, and a check and a request at least min_pace.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>

#include "floe/core/time.hpp"
#include "floe/ice/checklist.hpp"
#include "floe/ice/pacer.hpp"
#include "floe/ice/pair.hpp"

namespace floe::ice {

/// The pair of a list whose check is next: the head of the triggered-check queue; else, in a
/// Running list, the first Waiting pair; else the first Frozen pair whose foundation has no check
/// waiting or under way in the whole set (RFC 8445 sec. 6.1.4.2). nullopt: the list has nothing to
/// check now.
[[nodiscard]] inline std::optional<pair_id> choose_check(const checklist_set& set,
                                                         stream_id stream) {
  if (const auto triggered = set.first_triggered(stream)) return triggered;
  if (set.state(stream) != checklist_state::running) return std::nullopt;
  const auto first = [&](pair_state state, auto&& may_go) -> std::optional<pair_id> {
    if (set.count(stream, state) == 0) return std::nullopt;
    return set.find_if(
        [&](const pair& p) { return p.stream == stream && p.state == state && may_go(p); });
  };
  const auto waiting = first(pair_state::waiting, [](const pair&) { return true; });
  if (waiting) return waiting;
  return first(pair_state::frozen, [&](const pair& p) { return !set.is_busy(p.foundation); });
}

/// The pace of all new transactions of a session: checks, one per Ta and the lists in turn; and
/// requests to servers, which have a timer of their own, so that neither waits for the other.
class schedule {
 public:
  /// ta: between checks | servers: between requests to servers | shared: the pace of several
  /// agents, or null; it outlives the schedule
  schedule(duration ta, duration servers, pacer* shared = nullptr) noexcept
      : ta_{ta}, servers_{servers}, shared_{shared} {}

  [[nodiscard]] duration ta() const noexcept { return ta_; }

  /// Changes the pace of checks from the next slot on.
  void set_ta(duration ta) noexcept { ta_ = ta; }

  /// The first instant from `now` on at which a check may start.
  [[nodiscard]] time_point free_at(time_point now) const noexcept {
    return free_at(next_check_, now);
  }

  /// The first instant from `now` on at which a request to a server may start.
  [[nodiscard]] time_point free_for_server_at(time_point now) const noexcept {
    return free_at(next_server_, now);
  }

  /// True while the slot that was taken at `taken` is not over: what took it and was held back may
  /// still leave without hurting the pace.
  [[nodiscard]] bool is_current(time_point taken, time_point now) const noexcept {
    return now < after(taken, ta_);
  }

  /// Takes the slot for a request to a server that starts now, or returns false: it is not free.
  [[nodiscard]] bool take_for_server(time_point now) noexcept {
    if (free_for_server_at(now) > now) return false;
    next_server_ = after(now, servers_);
    take_slot(now);
    return true;
  }

  /// The check to send now, if the slot is free and a list has one. Takes the slot and passes the
  /// turn on; a list with nothing to check is passed over and costs no slot. Where a server waits,
  /// too, whoever was due first goes first, of two at once the check.
  [[nodiscard]] std::optional<pair_id> take(time_point now, const checklist_set& set,
                                            bool server_waits = false) {
    if (free_at(now) > now || (server_waits && next_server_ < next_check_)) return std::nullopt;
    for (std::size_t i = 0; i < set.lists(); ++i) {
      const auto list = (turn_ + i) % set.lists();
      const auto chosen = choose_check(set, static_cast<stream_id>(list));
      if (!chosen) continue;
      turn_ = (list + 1) % set.lists();
      next_check_ = after(now, ta_);
      take_slot(now);
      return chosen;
    }
    return std::nullopt;
  }

  /// When take() would hand out a check: none when no list has one, `now` when the slot is free.
  [[nodiscard]] floe::deadline deadline(time_point now, const checklist_set& set) const {
    for (std::size_t i = 0; i < set.lists(); ++i) {
      if (choose_check(set, static_cast<stream_id>(i))) return free_at(now);
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] time_point free_at(const floe::deadline& next, time_point now) const noexcept {
    const auto free = both_.free_at((std::max)(next.value_or(now), now));
    return shared_ != nullptr ? shared_->free_at(free) : free;
  }
  void take_slot(time_point now) noexcept {
    both_.take(now);
    if (shared_ != nullptr) shared_->take(now);
  }

  duration ta_;
  duration servers_;
  pacer both_{};  ///< what checks and servers keep between them
  pacer* shared_;
  floe::deadline next_check_;   ///< when its slot is free again; none before the first
  floe::deadline next_server_;  ///< likewise
  std::size_t turn_ = 0;
};

}  // namespace floe::ice
