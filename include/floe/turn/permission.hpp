// Permissions: whose datagrams the relay lets through, one row per address of a peer.
//
// owns:     the states, the table of changes, the rows, and which addresses go into one request
// does not: send requests, or read time; the session says what happened and when
// sources:  RFC 8656 sec. 9 (permissions), 10 (CreatePermission), 21.1.2 (special addresses)
// invariant: one row per address; only traffic of a granted row passes.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/endpoint.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/state_table.hpp"
#include "floe/core/time.hpp"

namespace floe::turn {

enum class permission_state : std::uint8_t {
  wanted,      ///< to be asked for
  requested,   ///< asked for; nothing passes yet
  granted,     ///< stands
  refreshing,  ///< stands, and was asked for again
  refused,     ///< the server said no; asked again only when somebody wants it again
};

enum class permission_event : std::uint8_t {
  asked,         ///< a request left
  granted,       ///< it was answered with success, or a ChannelBind was
  refused,       ///< it was answered with an error that will not go away
  unanswered,    ///< it came to nothing for another reason
  expired,       ///< its lifetime ended
  wanted_again,  ///< somebody wants to send to the address
};

inline constexpr std::array permission_states{
    permission_state::wanted, permission_state::requested, permission_state::granted,
    permission_state::refreshing, permission_state::refused};
inline constexpr std::array permission_events{
    permission_event::asked,      permission_event::granted, permission_event::refused,
    permission_event::unanswered, permission_event::expired, permission_event::wanted_again};

struct permission_rule {
  permission_state from;
  permission_event on;
  permission_state to;
  std::string_view section;  ///< of RFC 8656
};

// clang-format off
inline constexpr std::array permission_rules{
    permission_rule{permission_state::wanted,     permission_event::asked,        permission_state::requested,  "10.1"},
    permission_rule{permission_state::wanted,     permission_event::granted,      permission_state::granted,    "12.3"},
    permission_rule{permission_state::requested,  permission_event::granted,      permission_state::granted,    "10.3"},
    permission_rule{permission_state::requested,  permission_event::refused,      permission_state::refused,    "10.3"},
    permission_rule{permission_state::requested,  permission_event::unanswered,   permission_state::wanted,     "10.3"},
    permission_rule{permission_state::granted,    permission_event::asked,        permission_state::refreshing, "9"},
    permission_rule{permission_state::granted,    permission_event::expired,      permission_state::wanted,     "9"},
    permission_rule{permission_state::refreshing, permission_event::granted,      permission_state::granted,    "10.3"},
    permission_rule{permission_state::refreshing, permission_event::refused,      permission_state::refused,    "10.3"},
    permission_rule{permission_state::refreshing, permission_event::unanswered,   permission_state::granted,    "9"},
    permission_rule{permission_state::refreshing, permission_event::expired,      permission_state::requested,  "9"},
    permission_rule{permission_state::refused,    permission_event::granted,      permission_state::granted,    "12.3"},
    permission_rule{permission_state::refused,    permission_event::wanted_again, permission_state::wanted,     "10.1"},
};
// clang-format on

static_assert(has_one_rule_each(permission_rules));

/// The state after an event; nullopt when the event leaves the state as it is.
[[nodiscard]] constexpr std::optional<permission_state> next(permission_state from,
                                                             permission_event on) noexcept {
  return follow<permission_rules>(from, on);
}

/// True for an address that a relay is asked to reach: none that means "here" to whoever uses it,
/// unless `allow_special`, and none that many have.
[[nodiscard]] constexpr bool may_be_peer(const address& a, bool allow_special) noexcept {
  if (is_unspecified(a) || is_multicast(a) || is_broadcast(a) || is_v4_mapped(a)) return false;
  return allow_special || (!is_loopback(a) && !is_link_local(a));
}

struct permission {
  floe::address address;
  permission_state state = permission_state::wanted;
  bool kept = true;         ///< refreshed for as long as the session lives
  bool alone = false;       ///< goes into a request of its own: one with others was refused
  bool ahead = false;       ///< something left right behind the request that is under way
  bool in_vain = false;     ///< the same of one before it, which came to nothing
  std::uint16_t batch = 0;  ///< the request that it is in, while one is under way
  std::uint16_t sends = 0;  ///< datagrams that went in Send indications, up to the first channel
  time_point due = (time_point::min)();  ///< not asked for before
  floe::deadline expires{};              ///< while it stands

  [[nodiscard]] constexpr bool stands() const noexcept {
    return state == permission_state::granted || state == permission_state::refreshing;
  }
  /// True when what is sent right behind the request for it passes, if it is granted.
  [[nodiscard]] constexpr bool may_stand_by_then() const noexcept {
    return stands() || state == permission_state::requested;
  }
  [[nodiscard]] constexpr bool is_under_way() const noexcept {
    return state == permission_state::requested || state == permission_state::refreshing;
  }
  /// When it is to be asked for; never while it is, or was refused, or nobody cares.
  [[nodiscard]] constexpr floe::deadline ask_at() const noexcept {
    if (is_under_way() || state == permission_state::refused || !kept) return std::nullopt;
    return due;
  }
};

/// The permissions of one allocation. cost: one pass over the rows per call
class permissions {
 public:
  permissions(std::size_t capacity, memory_ref memory) : rows_{capacity, memory} {}

  [[nodiscard]] permission* find(const address& a) noexcept {
    const auto found = std::find_if(rows_.begin(), rows_.end(),
                                    [&a](const permission& p) { return p.address == a; });
    return found == rows_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const permission* find(const address& a) const noexcept {
    return const_cast<permissions*>(this)->find(a);
  }
  [[nodiscard]] bool stands(const address& a) const noexcept {
    const auto* const row = find(a);
    return row != nullptr && row->stands();
  }

  /// The row for `a`, a new one if need be. When there is no room, a row that was refused or that
  /// nobody keeps gives way; nullptr when there is none.
  permission* want(time_point now, const address& a) {
    if (auto* const row = find(a)) {
      row->kept = true;
      if (apply(*row, permission_event::wanted_again)) row->due = (std::max)(row->due, now);
      return row;
    }
    if (rows_.full() && !evict()) return nullptr;
    return &rows_.emplace_back(permission{.address = a, .due = now});
  }

  /// Puts the rows that are due into request number `batch`, at most `most` of them; one that goes
  /// alone only when it is the first. Returns how many.
  std::size_t gather(time_point now, std::uint16_t batch, std::size_t most) {
    std::size_t count = 0;
    for (auto& row : rows_) {
      const auto at = row.ask_at();
      if (count == most || !at || *at > now) continue;
      if (row.alone && count > 0) continue;
      apply(row, permission_event::asked);
      row.batch = batch;
      ++count;
      if (row.alone) break;
    }
    return count;
  }

  /// Notes that a request came to nothing, and with it what left right behind it.
  void lose_ahead(std::uint16_t batch) {
    in_batch(batch, [](permission& row) {
      row.in_vain = row.in_vain || row.ahead;
      row.ahead = false;
    });
  }

  /// Calls `visit(permission&)` for every row of a request that is under way.
  template <class Visit>
  void in_batch(std::uint16_t batch, Visit&& visit) {
    for (auto& row : rows_) {
      if (row.is_under_way() && row.batch == batch) visit(row);
    }
  }

  template <class Visit>
  void for_each(Visit&& visit) {
    for (auto& row : rows_) visit(row);
  }

  /// Changes the state as the table says. Returns whether it did.
  static bool apply(permission& row, permission_event event) noexcept {
    const auto to = turn::next(row.state, event);
    if (to) row.state = *to;
    return to.has_value();
  }

  /// Ends what has expired. A row that nobody keeps goes.
  void expire(time_point now) {
    for (auto& row : rows_) {
      if (!row.stands() || !row.expires || *row.expires > now) continue;
      row.expires.reset();
      row.due = now;
      apply(row, permission_event::expired);
    }
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(),
                               [](const permission& row) {
                                 return !row.kept && !row.stands() && !row.is_under_way();
                               }),
                rows_.end());
  }

  /// When a row is to be asked for.
  [[nodiscard]] deadline next_due() const noexcept {
    soonest next;
    for (const auto& row : rows_) next.note(row.ask_at());
    return next.get();
  }
  /// When a row expires.
  [[nodiscard]] deadline next_expiry() const noexcept {
    soonest next;
    for (const auto& row : rows_) next.note(row.expires);
    return next.get();
  }

  void clear() noexcept { rows_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

 private:
  bool evict() {
    const auto loser = std::find_if(rows_.begin(), rows_.end(), [](const permission& row) {
      return !row.is_under_way() && (row.state == permission_state::refused || !row.kept);
    });
    if (loser == rows_.end()) return false;
    rows_.erase(loser);
    return true;
  }

  fixed_vector<permission> rows_;
};

}  // namespace floe::turn
