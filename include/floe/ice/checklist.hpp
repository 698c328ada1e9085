// The checklist set: pairs in order, the state of each list, the triggered-check queue.
//
// owns:     every pair of a session, their order, and the states of the lists
// does not: know time or bytes; it is told what happened to a pair and answers with what changed
// sources:  RFC 8445 sec. 6.1.2 (checklists), 6.1.3 (states), 6.1.4.1 (triggered-check queue),
//           sec. 7.2.5.3.3 (unfreezing)
// invariant: order() is by decreasing priority, ties by component; a pair is in the queue exactly
//            when its row says so; a pair changes its state by apply() only, so that the counts
//            hold.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <numeric>
#include <optional>
#include <tuple>
#include <utility>

#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/ring.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/ice/checklist_state.hpp"
#include "floe/ice/pair.hpp"
#include "floe/ice/pairing.hpp"

namespace floe::ice {

/// A change of a pair's state.
struct pair_transition {
  pair_state from;
  pair_state to;
};

/// All checklists of a session. Walking all pairs is linear in their number, which `limits` bounds.
class checklist_set {
  using table = slot_table<pair, pair_tag>;

  /// Orders ids as their rows: higher priority first, then lower component, then older place.
  struct by_rank {
    const table& rows;

    [[nodiscard]] auto rank(pair_id id) const {
      return std::tuple{~rows[id].priority, rows[id].component, id.index};
    }
    [[nodiscard]] bool operator()(pair_id a, pair_id b) const { return rank(a) < rank(b); }
  };

 public:
  checklist_set(std::size_t streams, std::size_t pairs, memory_ref memory)
      : rows_{pairs, memory}, order_{pairs, memory}, queue_{pairs, memory}, lists_{streams,
                                                                                   memory} {}

  /// Opens the checklist of the next stream, Running.
  void add_list() { lists_.push_back({}); }

  [[nodiscard]] std::size_t lists() const noexcept { return lists_.size(); }
  [[nodiscard]] checklist_state state(stream_id stream) const { return at(stream).state; }

  /// How many pairs of a list, or of all lists, are in a state. cost: no walk over the pairs
  [[nodiscard]] std::size_t count(stream_id stream, pair_state state) const {
    return at(stream).pairs[static_cast<std::size_t>(state)];
  }
  [[nodiscard]] std::size_t count(pair_state state) const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < lists_.size(); ++i) sum += count(static_cast<stream_id>(i), state);
    return sum;
  }

  /// How many pairs a list has.
  [[nodiscard]] std::size_t count(stream_id stream) const {
    const auto& pairs = at(stream).pairs;
    return std::accumulate(pairs.begin(), pairs.end(), std::size_t{0});
  }

  /// True while a pair of a list may still come to work.
  [[nodiscard]] bool is_pending(stream_id stream) const {
    return std::any_of(pair_states.begin(), pair_states.end(), [&](pair_state state) {
      return ice::is_pending(state) && count(stream, state) != 0;
    });
  }

  /// Changes the state of a list; false when the event leaves it as it is.
  bool apply(stream_id stream, checklist_event event) {
    auto& state = at(stream).state;
    const auto to = next(state, event);
    if (to) state = *to;
    return to.has_value();
  }

  /// Every pair by decreasing priority, ties by component (RFC 8445 sec. 6.1.2.3, 6.1.4.2).
  [[nodiscard]] gsl::span<const pair_id> order() const noexcept { return order_; }
  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }
  [[nodiscard]] bool full() const noexcept { return rows_.full(); }

  [[nodiscard]] pair* find(pair_id id) noexcept { return rows_.find(id); }
  [[nodiscard]] const pair* find(pair_id id) const noexcept { return rows_.find(id); }
  [[nodiscard]] pair& operator[](pair_id id) noexcept { return rows_[id]; }
  [[nodiscard]] const pair& operator[](pair_id id) const noexcept { return rows_[id]; }

  /// The first pair in order() for which `matches(pair const&)` holds.
  template <class Matches>
  [[nodiscard]] std::optional<pair_id> find_if(Matches&& matches) const {
    const auto found =
        std::find_if(order_.begin(), order_.end(), [&](pair_id id) { return matches(rows_[id]); });
    if (found == order_.end()) return std::nullopt;
    return *found;
  }

  [[nodiscard]] std::optional<pair_id> find(local_id local, remote_id remote) const {
    return find_if([&](const pair& p) { return p.local == local && p.remote == remote; });
  }

  /// The pair that gives way to `newcomer` when the set is full (RFC 8445 sec. 6.1.2.5, RFC 8838
  /// sec. 10): the least of the longest list, so that no stream starves another, among those that
  /// may_give_way() and are not `is_in_use(pair const&)`. nullopt: the newcomer itself gives way.
  template <class IsInUse>
  [[nodiscard]] std::optional<pair_id> victim_for(const pair& newcomer, IsInUse&& is_in_use) const {
    const auto from = longest_with(newcomer.stream);
    std::optional<pair_id> victim;
    for (const auto id : order_) {
      const auto& p = rows_[id];
      if (p.stream != from || !may_give_way(p, newcomer) || is_in_use(p)) continue;
      if (!victim || gives_way_before(p, rows_[*victim])) victim = id;
    }
    return victim;
  }

  /// Adds a pair. in: the set is not full.
  pair_id insert(const pair& row) {
    const auto id = *rows_.insert(row);
    ++counter(row);
    order_.insert(std::upper_bound(order_.begin(), order_.end(), id, by_rank{rows_}), id);
    return id;
  }

  void erase(pair_id id) {
    order_.erase(std::remove(order_.begin(), order_.end(), id), order_.end());
    queue_.erase_if([&](pair_id queued) { return queued == id; });
    --counter(rows_[id]);
    rows_.erase(id);
  }

  /// Changes the state of a pair; nullopt when the event leaves it as it is.
  std::optional<pair_transition> apply(pair_id id, pair_event event) {
    auto& row = rows_[id];
    const auto to = next(row.state, event);
    if (!to) return std::nullopt;
    --counter(row);
    const auto from = std::exchange(row.state, *to);
    ++counter(row);
    return pair_transition{from, *to};
  }

  /// Puts a pair into the triggered-check queue of its list, unless it is there (RFC 8445
  /// sec. 6.1.4.1).
  void enqueue(pair_id id) {
    auto& row = rows_[id];
    if (row.triggered) return;
    // The queue has a place for every pair, and a pair takes one at most.
    row.triggered = queue_.push(id);
  }

  /// Takes a pair out of the triggered-check queue.
  void dequeue(pair_id id) {
    rows_[id].triggered = false;
    queue_.erase_if([&](pair_id queued) { return queued == id; });
  }

  /// The head of a list's triggered-check queue.
  [[nodiscard]] std::optional<pair_id> first_triggered(stream_id stream) const {
    for (std::size_t i = 0; i < queue_.size(); ++i) {
      if (rows_[queue_[i]].stream == stream) return queue_[i];
    }
    return std::nullopt;
  }

  /// True when a pair with this candidate must not give way.
  [[nodiscard]] bool is_needed(remote_id remote) const {
    return find_if([&](const pair& p) { return p.remote == remote && is_indispensable(p); })
        .has_value();
  }

  /// True while a pair of this foundation is In-Progress in a Running list, or Waiting where its
  /// turn will come: in a Running list, or in a triggered-check queue. A list that has ended may
  /// ask its pairs again for as long as its path is in doubt; the pairs of others don't wait for
  /// that. Nor do they for a check that had to be repeated: each foundation would take its pairs
  /// one after the other, for the whole time that a check is given.
  [[nodiscard]] bool is_busy(pair_foundation foundation) const {
    if (count(pair_state::waiting) == 0 && count(pair_state::in_progress) == 0) return false;
    return find_if([&](const pair& p) {
             const bool running = at(p.stream).state == checklist_state::running;
             return p.foundation == foundation &&
                    ((p.state == pair_state::in_progress && running &&
                      p.history.requests_sent < 2) ||
                     (p.state == pair_state::waiting && (running || p.triggered)));
           })
        .has_value();
  }

  /// Calls `update(pair&)` for every pair and restores the order, as a change of role or of a
  /// candidate asks for (RFC 8445 sec. 7.2.5.1).
  template <class Update>
  void update_all(Update&& update) {
    for (const auto id : order_) update(rows_[id]);
    std::sort(order_.begin(), order_.end(), by_rank{rows_});
  }

  /// What the other pairs of its foundation say about a pair.
  [[nodiscard]] foundation_view view_of(const pair& one) const {
    foundation_view view;
    for (const auto id : order_) {
      const auto& other = rows_[id];
      if (other.foundation != one.foundation) continue;
      view.holds_earlier = view.holds_earlier || unfreezes_before(other, one);
      view.holds_succeeded = view.holds_succeeded || other.state == pair_state::succeeded;
    }
    return view;
  }

 private:
  struct list {
    checklist_state state = checklist_state::running;
    std::array<std::uint16_t, pair_states.size()> pairs{};  ///< how many are in each state
  };

  [[nodiscard]] list& at(stream_id stream) { return lists_[static_cast<std::size_t>(stream)]; }
  [[nodiscard]] const list& at(stream_id stream) const {
    return lists_[static_cast<std::size_t>(stream)];
  }
  [[nodiscard]] std::uint16_t& counter(const pair& row) {
    return at(row.stream).pairs[static_cast<std::size_t>(row.state)];
  }

  /// The list that is longest once `stream` has one pair more; that one where several are.
  [[nodiscard]] stream_id longest_with(stream_id stream) const {
    auto longest = stream;
    auto length = count(stream) + 1;
    for (std::size_t i = 0; i < lists_.size(); ++i) {
      const auto other = static_cast<stream_id>(i);
      if (other == stream || count(other) <= length) continue;
      longest = other;
      length = count(other);
    }
    return longest;
  }

  table rows_;
  fixed_vector<pair_id> order_;
  ring<pair_id> queue_;
  fixed_vector<list> lists_;
};

}  // namespace floe::ice
