// The requests that wait for a response.
//
// owns:     one row per request: its id, path, schedule, and a tag of its owner's
// does not: keep bytes (a retransmission is encoded again), know what an owner is, or judge whether
//           a response came the right way: row.path says which way that is
// invariant: at most `capacity` rows, and nothing allocated after construction. Only a row that is
//            due, or the end of the one that would have been due first, makes it look at all rows.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/retransmit.hpp"

namespace floe::stun {

/// Outstanding requests. `Owner` is whatever its user needs to find its way back; it comes back as
/// it was given.
template <class Owner>
class transactions {
  static_assert(std::is_trivially_copyable_v<Owner>);

  struct tag;

 public:
  using id = handle<tag>;

  struct row {
    transaction_id transaction;
    floe::path path;
    bool cancelled = false;
    /// For the owner to set when a response failed its proof, and was dropped: should the request
    /// expire, that is the reason to report (RFC 8489 sec. 9.1.4).
    bool unproved = false;
    retransmit_schedule schedule;
    Owner owner;
  };

  /// Something to do about a request: send it again, or tell its owner that no response came. An
  /// expired row has left the table.
  struct due {
    enum class what : std::uint8_t { resend, expired };

    what kind;
    id which;
    transactions::row row;
  };

  transactions(std::size_t capacity, memory_ref memory)
      : rows_{capacity, memory}, keys_{capacity, memory}, ids_{capacity, memory} {}

  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return rows_.capacity(); }

  /// Enters a request that is sent when its schedule starts. When the table is full, the cancelled
  /// row that started first gives way; nullopt when there is none.
  std::optional<id> start(const transaction_id& transaction, const path& route,
                          const retransmit_schedule& schedule, const Owner& owner) {
    if (rows_.full() && !evict()) return std::nullopt;
    const auto which = rows_.insert(
        {.transaction = transaction, .path = route, .schedule = schedule, .owner = owner});
    if (!which) return std::nullopt;
    keys_.push_back(key(transaction));
    ids_.push_back(*which);
    next_ = earliest(next_, schedule.next());
    return which;
  }

  [[nodiscard]] row* find(id which) noexcept { return rows_.find(which); }
  [[nodiscard]] const row* find(id which) const noexcept { return rows_.find(which); }

  /// The row of a transaction id. cost: one pass over 4 bytes per row
  [[nodiscard]] std::optional<id> find(const transaction_id& transaction) const noexcept {
    const auto wanted = key(transaction);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
      if (keys_[i] != wanted) continue;
      const auto* const found = rows_.find(ids_[i]);
      if (found != nullptr && found->transaction == transaction) return ids_[i];
    }
    return std::nullopt;
  }

  /// Sends no more, but lets a response match until the request would have expired; then the row
  /// goes without a word. Returns false when there is no such row.
  bool cancel(id which) noexcept {
    auto* const found = rows_.find(which);
    if (found == nullptr) return false;
    const auto was = found->schedule.next();
    found->cancelled = true;
    found->schedule.stop_sending();
    if (was == next_) look_for_next();
    return true;
  }

  /// Cancels every row for whose owner `matches` holds.
  template <class Matches>
  void cancel_if(Matches&& matches) {
    rows_.for_each([&](id which, row& r) {
      if (matches(static_cast<const Owner&>(r.owner))) cancel(which);
    });
  }

  /// Forgets a row. Returns false when there is none.
  bool erase(id which) noexcept {
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (ids_[i] != which) continue;
      forget(i);
      return true;
    }
    return false;
  }

  /// Forgets every row for whose owner `matches` holds. Returns how many went.
  template <class Matches>
  std::size_t erase_if(Matches&& matches) {
    std::size_t removed = 0;
    for (std::size_t i = 0; i < ids_.size();) {
      if (matches(static_cast<const Owner&>(rows_[ids_[i]].owner))) {
        forget(i);
        ++removed;
      } else {
        ++i;
      }
    }
    return removed;
  }

  /// Calls `visit(id, row const&)` for every row.
  template <class Visit>
  void for_each(Visit&& visit) const {
    rows_.for_each(visit);
  }

  /// When on_time() next has something to do.
  [[nodiscard]] floe::deadline deadline() const noexcept { return next_; }

  /// One thing that is due at `now`; to be called until there is none. cost: nothing before
  /// deadline(), then one pass over the rows
  [[nodiscard]] std::optional<due> on_time(time_point now) {
    if (!next_ || now < *next_) return std::nullopt;
    for (std::size_t i = 0; i < ids_.size();) {
      const auto which = ids_[i];
      auto& r = rows_[which];
      switch (r.schedule.on_time(now)) {
        case retransmit_schedule::step::none: ++i; break;
        case retransmit_schedule::step::resend: return due{due::what::resend, which, r};
        case retransmit_schedule::step::expired: {
          const auto last = r;
          forget(i);
          if (!last.cancelled) return due{due::what::expired, which, last};
          break;
        }
      }
    }
    look_for_next();
    return std::nullopt;
  }

 private:
  /// Ids are random, so their first 4 bytes tell almost all of them apart.
  [[nodiscard]] static std::uint32_t key(const transaction_id& transaction) noexcept {
    return load_be<std::uint32_t>(transaction.bytes.data());
  }

  void look_for_next() noexcept {
    soonest next;
    rows_.for_each([&next](id, const row& r) { next.note(r.schedule.next()); });
    next_ = next.get();
  }

  void forget(std::size_t i) noexcept {
    const auto was = rows_[ids_[i]].schedule.next();
    rows_.erase(ids_[i]);
    keys_[i] = keys_.back();
    ids_[i] = ids_.back();
    keys_.pop_back();
    ids_.pop_back();
    if (was == next_) look_for_next();
  }

  bool evict() noexcept {
    std::optional<std::size_t> oldest;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      const auto& r = rows_[ids_[i]];
      if (!r.cancelled) continue;
      if (!oldest || r.schedule.start() < rows_[ids_[*oldest]].schedule.start()) oldest = i;
    }
    if (oldest) forget(*oldest);
    return oldest.has_value();
  }

  slot_table<row, tag> rows_;
  fixed_vector<std::uint32_t> keys_;  ///< of the row that ids_ names at the same place
  fixed_vector<id> ids_;
  floe::deadline next_{};  ///< of the schedules of all rows
};

}  // namespace floe::stun
