// The valid list: pairs that a check has proved, and which of them is selected.
//
// owns:     the valid pairs of a session and the choice among them
// does not: nominate (nomination.hpp decides), or send data
// sources:  RFC 8445 sec. 7.2.5.3.2 (constructing), 8.1.1 (the highest nominated pair is selected)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "floe/core/memory.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/core/time.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/check_history.hpp"
#include "floe/ice/consent.hpp"
#include "floe/ice/keepalive.hpp"

namespace floe::ice {

struct valid_tag;

/// Names a valid pair, as long as it is valid.
using valid_id = handle<valid_tag>;

/// A pair over which an authenticated answer came back.
struct valid_pair {
  stream_id stream{};
  component_id component{1};
  local_id local;    ///< the candidate the peer sees
  local_id checked;  ///< the base the check left from; differs from `local` behind a NAT
  remote_id remote;
  std::uint64_t priority = 0;
  bool nominated = false;
  time_point since;       ///< when it became valid
  time_point proved;      ///< when an answer last came
  time_point asked{};     ///< when a check last left
  deadline unanswered{};  ///< when the first check left that nothing has answered since
  ice::round_trip rtt{};  ///< as last measured; zero: not yet
};

/// When a pair owes an answer.
[[nodiscard]] constexpr deadline overdue_at(const valid_pair& v) noexcept {
  return overdue_at(v.unanswered, v.rtt);
}
[[nodiscard]] constexpr bool is_overdue(const valid_pair& v, time_point now) noexcept {
  const auto at = overdue_at(v);
  return at && now >= *at;
}

/// What makes a pair silent: answers that are due, or for an agent that asks nobody a time without
/// a check of the peer's.
struct silence_rule {
  std::optional<duration> unheard{};  ///< that time; none for an agent that asks
};

/// Since when a pair may be silent.
[[nodiscard]] constexpr deadline silent_since(const valid_pair& v,
                                              const silence_rule& rule) noexcept {
  return rule.unheard ? deadline{v.proved} : v.unanswered;
}
[[nodiscard]] constexpr deadline silent_at(const valid_pair& v, const silence_rule& rule) noexcept {
  return rule.unheard ? deadline{after(v.proved, *rule.unheard)} : silent_at(v.unanswered, v.rtt);
}
[[nodiscard]] constexpr bool is_silent(const valid_pair& v, time_point now,
                                       const silence_rule& rule) noexcept {
  const auto at = silent_at(v, rule);
  return at && now >= *at;
}

/// When a pair that carries no data needs a check, so that the NATs along it keep it open and it
/// can take over: like a path that is idle (RFC 8445 sec. 11).
[[nodiscard]] constexpr time_point refresh_due(const valid_pair& v, duration tr) noexcept {
  return keepalive_due((std::max)(v.asked, v.proved), tr);
}

/// Every valid pair of a session.
class valid_list {
 public:
  valid_list(std::size_t capacity, memory_ref memory) : rows_(capacity, memory) {}

  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] const valid_pair* find(valid_id id) const noexcept { return rows_.find(id); }
  [[nodiscard]] const valid_pair& operator[](valid_id id) const noexcept { return rows_[id]; }

  /// Enters a valid pair, or notes a new proof of one that is there (RFC 8445 sec. 7.2.5.3.2: it is
  /// not entered twice). When the list is full the lowest that is not nominated gives way; nullopt
  /// when all are nominated.
  std::optional<valid_id> note(const valid_pair& row) {
    const auto known = rows_.find_if([&](const valid_pair& other) {
      return other.local == row.local && other.remote == row.remote;
    });
    if (known) {
      prove(rows_[*known], row.proved, row.rtt);
      return known;
    }
    if (rows_.full()) {
      const auto lowest = best([](const valid_pair& v) { return !v.nominated; },
                               [](const valid_pair& v) { return ~v.priority; });
      if (!lowest) return std::nullopt;
      rows_.erase(*lowest);
    }
    return rows_.insert(row);
  }

  void nominate(valid_id id) { rows_[id].nominated = true; }

  /// Takes the nomination from every pair of a component.
  void denominate(stream_id stream, component_id component) {
    rows_.for_each([&](valid_id, valid_pair& row) {
      if (row.stream == stream && row.component == component) row.nominated = false;
    });
  }
  void erase(valid_id id) { rows_.erase(id); }

  /// Erases every row for which `matches(valid_pair const&)` holds.
  template <class Matches>
  void erase_if(Matches&& matches) {
    rows_.for_each([&](valid_id id, const valid_pair& row) {
      if (matches(row)) rows_.erase(id);
    });
  }

  /// Notes a new proof of every row for which `matches(valid_pair const&)` holds. rtt: the time
  /// that the answer took; zero when it can't be told
  template <class Matches>
  void prove_if(Matches&& matches, time_point now, round_trip rtt = {}) {
    rows_.for_each([&](valid_id, valid_pair& row) {
      if (matches(std::as_const(row))) prove(row, now, rtt);
    });
  }

  /// Notes that a check leaves on every row for which `matches(valid_pair const&)` holds.
  template <class Matches>
  void ask_if(Matches&& matches, time_point now) {
    rows_.for_each([&](valid_id, valid_pair& row) {
      if (!matches(std::as_const(row))) return;
      row.asked = now;
      if (!row.unanswered) row.unanswered = now;
    });
  }

  /// A row whose last proof is `span` old or older: it may carry nothing any more (RFC 7675
  /// sec. 5.1).
  [[nodiscard]] std::optional<valid_id> find_stale(time_point now, duration span) const {
    return rows_.find_if([&](const valid_pair& v) { return now >= after(v.proved, span); });
  }

  /// When the first row will be that old.
  [[nodiscard]] floe::deadline stale_deadline(duration span) const {
    soonest first;
    rows_.for_each([&](valid_id, const valid_pair& v) { first.note(after(v.proved, span)); });
    return first.get();
  }

  /// The valid pair that checks from `checked` to `remote` proved.
  [[nodiscard]] std::optional<valid_id> find(local_id checked, remote_id remote) const {
    return rows_.find_if([&](const valid_pair& v) {
      return v.remote == remote && (v.checked == checked || v.local == checked);
    });
  }

  /// Calls `visit(valid_id)` for every row.
  template <class Visit>
  void for_each(Visit&& visit) const {
    rows_.for_each([&](valid_id id, const valid_pair&) { visit(id); });
  }

  /// True when `matches(valid_pair const&)` holds for some row.
  template <class Matches>
  [[nodiscard]] bool contains_if(Matches&& matches) const {
    return rows_.find_if(matches).has_value();
  }

  /// True when a valid pair leads to this candidate.
  [[nodiscard]] bool uses(remote_id remote) const {
    return contains_if([&](const valid_pair& v) { return v.remote == remote; });
  }

  /// The valid pair of highest priority of a component.
  [[nodiscard]] std::optional<valid_id> best(stream_id stream, component_id component) const {
    return best_by(stream, component, [](const valid_pair& v) { return v.priority; });
  }

  /// The valid pair of highest priority of a component among those for which
  /// `matches(valid_pair const&)` holds.
  template <class Matches>
  [[nodiscard]] std::optional<valid_id> best_if(stream_id stream, component_id component,
                                                Matches&& matches) const {
    return best(
        [&](const valid_pair& v) {
          return v.stream == stream && v.component == component && matches(v);
        },
        [](const valid_pair& v) { return v.priority; });
  }

  /// The valid pair of a component for which `rank(valid_pair const&)` is highest.
  template <class Rank>
  [[nodiscard]] std::optional<valid_id> best_by(stream_id stream, component_id component,
                                                Rank&& rank) const {
    return best([&](const valid_pair& v) { return v.stream == stream && v.component == component; },
                rank);
  }

  /// The nominated pair of highest priority of a component: the one that is selected.
  [[nodiscard]] std::optional<valid_id> selected(stream_id stream, component_id component) const {
    return best_if(stream, component, [](const valid_pair& v) { return v.nominated; });
  }

  /// The pair that carries the data of a component with a selected one: that, or while it is silent
  /// the best of those that have answered since it fell silent.
  [[nodiscard]] std::optional<valid_id> carrier(stream_id stream, component_id component,
                                                time_point now, const silence_rule& rule) const {
    const auto chosen = selected(stream, component);
    if (!chosen || !is_silent(rows_[*chosen], now, rule)) return chosen;
    const auto since = *silent_since(rows_[*chosen], rule);
    const auto fresh = best_if(stream, component, [&](const valid_pair& v) {
      return v.proved > since && !is_silent(v, now, rule);
    });
    return fresh ? fresh : chosen;
  }

  /// The valid pair of highest priority of a component that is not silent: what is silent may have
  /// lost its consent already.
  [[nodiscard]] std::optional<valid_id> freshest(stream_id stream, component_id component,
                                                 time_point now, const silence_rule& rule) const {
    return best_if(stream, component,
                   [&](const valid_pair& v) { return !is_silent(v, now, rule); });
  }

  /// When the first of the valid pairs of a component became valid.
  [[nodiscard]] floe::deadline first_since(stream_id stream, component_id component) const {
    soonest first;
    rows_.for_each([&](valid_id, const valid_pair& v) {
      if (v.stream == stream && v.component == component) first.note(v.since);
    });
    return first.get();
  }

  /// Recomputes every priority with `priority_of(valid_pair const&)`.
  template <class PriorityOf>
  void reprioritize(PriorityOf&& priority_of) {
    rows_.for_each(
        [&](valid_id, valid_pair& row) { row.priority = priority_of(std::as_const(row)); });
  }

 private:
  static void prove(valid_pair& row, time_point now, round_trip rtt) {
    row.proved = (std::max)(row.proved, now);
    row.unanswered.reset();
    if (rtt != round_trip::zero()) row.rtt = rtt;
  }

  template <class Matches, class Rank>
  [[nodiscard]] std::optional<valid_id> best(Matches&& matches, Rank&& rank) const {
    std::optional<valid_id> found;
    std::invoke_result_t<Rank&, const valid_pair&> highest{};
    rows_.for_each([&](valid_id id, const valid_pair& row) {
      if (!matches(row) || (found && rank(row) <= highest)) return;
      found = id;
      highest = rank(row);
    });
    return found;
  }

  slot_table<valid_pair, valid_tag> rows_;
};

}  // namespace floe::ice
