// The candidates of the peer, as rows.
//
// owns:     remote candidates, what "the same" means, and which gives way where there is no room
// does not: know pairs; it answers with ids, and its owner pairs them
// sources:  RFC 8445 sec. 7.3.1.3 (a learned candidate gives way to the signalled one with its
//           address); RFC 8838 sec. 11 (duplicates)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <optional>
#include <utility>

#include "floe/core/endpoint.hpp"
#include "floe/core/error.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/core/time.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/foundation_numbers.hpp"
#include "floe/ice/host_candidate.hpp"
#include "floe/ice/priority.hpp"

namespace floe::ice {

/// True when all but the address of a candidate can be right.
[[nodiscard]] constexpr bool is_well_formed(const candidate& signalled) noexcept {
  return is_valid_priority(signalled.priority) && !signalled.foundation.text().empty();
}

/// Why a candidate that the peer signalled can't be used; nullopt when it can.
[[nodiscard]] constexpr std::optional<errc> find_fault(const candidate& signalled,
                                                       bool allow_loopback) noexcept {
  if (!is_well_formed(signalled)) return errc::invalid_candidate;
  if (!is_eligible_address(signalled.address, allow_loopback)) return errc::unusable_address;
  return std::nullopt;
}

/// What became of a remote candidate.
struct remote_addition {
  enum kind : std::uint8_t {
    added,     ///< a new row
    upgraded,  ///< the row of a peer-reflexive candidate now holds what the peer signalled
    known,     ///< a row with this address was there; nothing changed
    no_room,   ///< there is no place for another of its kind
  };
  kind what = no_room;
  remote_id id;  ///< of no row when there was no room
};

/// The remote candidates of a session. Checks may teach as many as the peer may signal: neither
/// push out the other, for checks may be all that comes through, or none of them.
class remote_candidates {
 public:
  using table = slot_table<remote_candidate, remote_tag>;

  /// signalled: how many the peer may signal
  remote_candidates(std::size_t signalled, memory_ref memory) : rows_(2 * signalled, memory) {}

  [[nodiscard]] const table& rows() const noexcept { return rows_; }

  /// in: a candidate of this table
  [[nodiscard]] const remote_candidate& operator[](remote_id id) const { return rows_[id]; }

  /// The remote candidate of a stream's component with this address.
  [[nodiscard]] std::optional<remote_id> find(stream_id stream, component_id component,
                                              const endpoint& address) const {
    return rows_.find_if([&](const remote_candidate& row) {
      return row.candidate.address == address && row.stream == stream &&
             row.candidate.component == component;
    });
  }

  /// Adds a candidate that the peer signalled. hidden: by a name, which was resolved
  remote_addition add(stream_id stream, const candidate& signalled, bool hidden = false) {
    if (const auto same = find(stream, signalled.component, signalled.address)) {
      auto& row = rows_[*same];
      if (!row.learned) return {remote_addition::known, *same};
      if (!has_place_for(false)) return {remote_addition::no_room, {}};
      row.candidate = signalled;
      row.learned = false;
      row.hidden = hidden;
      row.foundation_number = numbers_.of(rows_, signalled.foundation, *same);
      return {remote_addition::upgraded, *same};
    }
    return insert({.candidate = signalled,
                   .stream = stream,
                   .foundation_number = numbers_.of(rows_, signalled.foundation),
                   .hidden = hidden});
  }

  /// True while `source` may still teach a candidate to the base `on`: not when as many ports of
  /// its address as `limit` were learned there that no check reached. Two symmetric NATs show each
  /// check from a new port, and every triggered check would teach the other side another one for
  /// ever. What one base learns in vain says nothing about another: a relay works where hosts
  /// don't.
  [[nodiscard]] bool may_learn(local_id on, const endpoint& source, std::size_t limit) const {
    std::size_t useless = 0;
    rows_.for_each([&](remote_id, const remote_candidate& row) {
      const bool same = row.learned_on == on && row.candidate.address.address == source.address;
      useless += same && row.learned && !row.answered ? 1U : 0U;
    });
    return useless < limit;
  }

  /// The port that gives way to a newer one of the same address where may_learn() has come to its
  /// limit: the oldest that was learned at least `patience` ago and never answered. Whoever repeats
  /// a check that was seen from forged ports would else keep the peer out that has really moved.
  [[nodiscard]] std::optional<remote_id> port_victim_for(local_id on, const endpoint& source,
                                                         time_point now, duration patience) const {
    const auto age = [&](remote_id id) { return numbers_.age_of(rows_[id].foundation_number); };
    std::optional<remote_id> oldest;
    rows_.for_each([&](remote_id id, const remote_candidate& row) {
      const bool same = row.learned_on == on && row.candidate.address.address == source.address;
      if (!same || !row.learned || row.answered || elapsed(row.learned_at, now) < patience) return;
      if (!oldest || age(id) > age(*oldest)) oldest = id;
    });
    return oldest;
  }

  /// Notes that a check to a remote candidate leaves.
  void note_asked(remote_id id) { rows_[id].asked = true; }

  /// Notes that a check to a remote candidate was answered. Returns whether it is the first.
  bool note_answer(remote_id id) { return !std::exchange(rows_[id].answered, true); }

  /// Adds the source of a check that no signalled candidate has (RFC 8445 sec. 7.3.1.3): its
  /// priority is the one that the check carried, held to the range of priorities, its foundation
  /// differs from every other. on: the base that the check came in on | now: when
  remote_addition learn(stream_id stream, component_id component, const endpoint& source,
                        std::uint32_t priority, local_id on = {}, time_point now = {}) {
    const candidate learned{.foundation = foundation::learned(numbers_.next()),
                            .component = component,
                            .priority = std::clamp(priority, min_priority, max_priority),
                            .address = source,
                            .type = candidate_type::prflx,
                            .related = {}};
    return insert({.candidate = learned,
                   .stream = stream,
                   .foundation_number = numbers_.take(),
                   .learned = true,
                   .learned_on = on,
                   .learned_at = now});
  }

  /// The signalled candidate that gives way to a new one of `priority` in `stream`: the least that
  /// is not needed, of the stream that has most; in the same stream only one that is no better.
  /// nullopt: the newcomer itself gives way.
  template <class IsNeeded>
  [[nodiscard]] std::optional<remote_id>
  signalled_victim_for(stream_id stream, std::uint32_t priority, IsNeeded&& is_needed) const {
    const auto from = fullest_with(stream, false);
    std::optional<remote_id> least;
    rows_.for_each([&](remote_id id, const remote_candidate& row) {
      if (row.learned || row.stream != from || is_needed(id)) return;
      if (from == stream && row.candidate.priority > priority) return;
      if (!least || row.candidate.priority < rows_[*least].candidate.priority) least = id;
    });
    return least;
  }

  /// The learned candidate that gives way to a new one of `stream`: the oldest that is not needed,
  /// of the stream that has most. Its priority says nothing about it: a NAT can show ports without
  /// end, each as good as the others, and the peer tries again what was worth a check.
  template <class IsNeeded>
  [[nodiscard]] std::optional<remote_id> learned_victim_for(stream_id stream,
                                                            IsNeeded&& is_needed) const {
    const auto from = fullest_with(stream, true);
    const auto age = [&](remote_id id) { return numbers_.age_of(rows_[id].foundation_number); };
    std::optional<remote_id> oldest;
    rows_.for_each([&](remote_id id, const remote_candidate& row) {
      if (!row.learned || row.stream != from || is_needed(id)) return;
      if (!oldest || age(id) > age(*oldest)) oldest = id;
    });
    return oldest;
  }

  void erase(remote_id id) { rows_.erase(id); }

  /// Forgets all of a component.
  void forget(stream_id stream, component_id component) {
    rows_.for_each([&](remote_id id, const remote_candidate& row) {
      if (row.stream == stream && row.candidate.component == component) rows_.erase(id);
    });
  }

  /// True when a candidate belongs to a component.
  [[nodiscard]] bool contains(stream_id stream, component_id component) const {
    return rows_
        .find_if([&](const remote_candidate& row) {
          return row.stream == stream && row.candidate.component == component;
        })
        .has_value();
  }

  /// Forgets all of a stream, as a restart does (RFC 8445 sec. 9).
  void forget(stream_id stream) {
    rows_.for_each([&](remote_id id, const remote_candidate& row) {
      if (row.stream == stream) rows_.erase(id);
    });
  }

 private:
  [[nodiscard]] std::size_t count(stream_id stream, bool learned) const {
    std::size_t count = 0;
    rows_.for_each([&](remote_id, const remote_candidate& row) {
      count += row.stream == stream && row.learned == learned ? 1U : 0U;
    });
    return count;
  }

  /// The stream with most remote candidates of a kind once `stream` has one more; that one where
  /// several are.
  [[nodiscard]] stream_id fullest_with(stream_id stream, bool learned) const {
    auto fullest = stream;
    auto most = count(stream, learned) + 1;
    rows_.for_each([&](remote_id, const remote_candidate& row) {
      if (row.stream == fullest || count(row.stream, learned) <= most) return;
      fullest = row.stream;
      most = count(row.stream, learned);
    });
    return fullest;
  }

  /// True while one more may be learned, or signalled.
  [[nodiscard]] bool has_place_for(bool learned) const {
    std::size_t of_kind = 0;
    rows_.for_each([&](remote_id, const remote_candidate& row) {
      of_kind += row.learned == learned ? 1U : 0U;
    });
    return 2 * of_kind < rows_.capacity();
  }

  remote_addition insert(const remote_candidate& row) {
    if (!has_place_for(row.learned)) return {remote_addition::no_room, {}};
    const auto id = rows_.insert(row);
    Ensures(id.has_value());
    return {remote_addition::added, *id};
  }

  table rows_;
  foundation_numbers numbers_;
};

}  // namespace floe::ice
