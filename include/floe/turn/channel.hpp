// Channels: numbers that stand for a peer in both directions.
//
// owns:     the states, the table of changes, the rows, numbering and the rules of reuse
// does not: send requests, or read time; the session says what happened and when
// sources:  RFC 8656 sec. 12 (lifetimes and reuse), 12.1 (binding), 12.3 (answers)
// invariant: a number has one peer and a peer one number, from the first request for it until five
//            minutes after the binding may have ended.
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
#include "floe/turn/channel_data.hpp"

namespace floe::turn {

enum class channel_state : std::uint8_t {
  wanted,     ///< to be bound
  binding,    ///< a ChannelBind is under way; nothing may be sent on it yet
  bound,      ///< stands
  rebinding,  ///< stands, and a ChannelBind is under way
  cooling,    ///< ended; number and peer are not bound to others yet
  refused,    ///< the server said no: data goes in Send indications
};

enum class channel_event : std::uint8_t {
  asked,         ///< a ChannelBind left
  granted,       ///< it was answered with success
  refused,       ///< it was answered with an error that will not go away
  unanswered,    ///< it came to nothing for another reason
  expired,       ///< its lifetime ended
  wanted_again,  ///< there is data for the peer
};

inline constexpr std::array channel_states{channel_state::wanted,  channel_state::binding,
                                           channel_state::bound,   channel_state::rebinding,
                                           channel_state::cooling, channel_state::refused};
inline constexpr std::array channel_events{channel_event::asked,   channel_event::granted,
                                           channel_event::refused, channel_event::unanswered,
                                           channel_event::expired, channel_event::wanted_again};

struct channel_rule {
  channel_state from;
  channel_event on;
  channel_state to;
  std::string_view section;  ///< of RFC 8656
};

// A request that was refused or not answered when the channel stood leaves it to its lifetime.
// clang-format off
inline constexpr std::array channel_rules{
    channel_rule{channel_state::wanted,    channel_event::asked,        channel_state::binding,   "12.1"},
    channel_rule{channel_state::binding,   channel_event::granted,      channel_state::bound,     "12.3"},
    channel_rule{channel_state::binding,   channel_event::refused,      channel_state::refused,   "12.3"},
    channel_rule{channel_state::binding,   channel_event::unanswered,   channel_state::wanted,    "12.3"},
    channel_rule{channel_state::bound,     channel_event::asked,        channel_state::rebinding, "12.1"},
    channel_rule{channel_state::bound,     channel_event::expired,      channel_state::cooling,   "12"},
    channel_rule{channel_state::rebinding, channel_event::granted,      channel_state::bound,     "12.3"},
    channel_rule{channel_state::rebinding, channel_event::refused,      channel_state::cooling,   "12.3"},
    channel_rule{channel_state::rebinding, channel_event::unanswered,   channel_state::bound,     "12.3"},
    channel_rule{channel_state::rebinding, channel_event::expired,      channel_state::binding,   "12"},
    channel_rule{channel_state::cooling,   channel_event::wanted_again, channel_state::wanted,    "12"},
    channel_rule{channel_state::refused,   channel_event::wanted_again, channel_state::wanted,    "12.1"},
};
// clang-format on

static_assert(has_one_rule_each(channel_rules));

/// The state after an event; nullopt when the event leaves the state as it is.
[[nodiscard]] constexpr std::optional<channel_state> next(channel_state from,
                                                          channel_event on) noexcept {
  return follow<channel_rules>(from, on);
}

/// How long a binding lasts, and how long its number and its peer are then left alone.
inline constexpr duration channel_lifetime = std::chrono::minutes{10};
inline constexpr duration channel_rest = std::chrono::minutes{5};

struct channel {
  std::uint16_t number = 0;
  endpoint peer;
  channel_state state = channel_state::wanted;
  bool kept = true;                      ///< refreshed for as long as the session lives
  time_point due = (time_point::min)();  ///< not asked for before
  floe::deadline expires{};  ///< when the server may let go of it, once it may have been bound

  [[nodiscard]] constexpr bool stands() const noexcept {
    return state == channel_state::bound || state == channel_state::rebinding;
  }
  [[nodiscard]] constexpr bool is_under_way() const noexcept {
    return state == channel_state::binding || state == channel_state::rebinding;
  }
  [[nodiscard]] constexpr floe::deadline ask_at() const noexcept {
    if (!kept || (state != channel_state::wanted && state != channel_state::bound)) {
      return std::nullopt;
    }
    return due;
  }
  /// When something happens to it by itself: it ends, or has rested.
  [[nodiscard]] constexpr floe::deadline changes_at() const noexcept {
    if (!expires) return std::nullopt;
    if (stands()) return expires;
    return is_under_way() || state == channel_state::wanted
               ? std::nullopt
               : floe::deadline{after(*expires, channel_rest)};
  }
};

/// The channels of one allocation. cost: one pass over the rows per call
class channels {
 public:
  channels(std::size_t capacity, memory_ref memory)
      : rows_{std::min<std::size_t>(capacity, last_channel - first_channel), memory} {}

  [[nodiscard]] channel* find(const endpoint& peer) noexcept {
    return find_if([&](const channel& row) { return row.peer == peer; });
  }
  [[nodiscard]] channel* find(std::uint16_t number) noexcept {
    return find_if([&](const channel& row) { return row.number == number; });
  }

  /// The row for `peer`: its old one, which keeps its number, or a new one. One that was refused is
  /// asked for again only when somebody insists. nullptr when there is no room; rows that rest
  /// don't give way.
  channel* want(time_point now, const endpoint& peer, bool insist = false) {
    if (auto* const row = find(peer)) {
      row->kept = true;
      const bool again = insist || row->state != channel_state::refused;
      if (again && apply(*row, channel_event::wanted_again)) row->due = now;
      return row;
    }
    if (rows_.full()) forget_refused();
    return add({.number = 0, .peer = peer, .due = now});
  }

  /// Changes the state as the table says. Returns whether it did.
  static bool apply(channel& row, channel_event event) noexcept {
    const auto to = turn::next(row.state, event);
    if (to) row.state = *to;
    return to.has_value();
  }

  /// Ends what has expired and forgets what has rested.
  void expire(time_point now) {
    for (auto& row : rows_) {
      if (row.stands() && row.expires && *row.expires <= now) {
        apply(row, channel_event::expired);
        if (row.kept && apply(row, channel_event::wanted_again)) row.due = now;
      }
    }
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(),
                               [now](const channel& row) {
                                 const auto at = row.changes_at();
                                 return !row.stands() && at && *at <= now;
                               }),
                rows_.end());
  }

  /// The first row that is to be asked for now.
  [[nodiscard]] channel* due(time_point now) noexcept {
    return find_if([now](const channel& row) {
      const auto at = row.ask_at();
      return at && *at <= now;
    });
  }

  [[nodiscard]] deadline next_due() const noexcept {
    soonest next;
    for (const auto& row : rows_) next.note(row.ask_at());
    return next.get();
  }
  [[nodiscard]] deadline next_change() const noexcept {
    soonest next;
    for (const auto& row : rows_) next.note(row.changes_at());
    return next.get();
  }

  template <class Visit>
  void for_each(Visit&& visit) {
    for (auto& row : rows_) visit(row);
  }

  void clear() noexcept { rows_.clear(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

 private:
  template <class Matches>
  [[nodiscard]] channel* find_if(Matches&& matches) noexcept {
    const auto found = std::find_if(rows_.begin(), rows_.end(), matches);
    return found == rows_.end() ? nullptr : &*found;
  }

  /// What was refused is not bound, so nothing speaks against forgetting it.
  void forget_refused() {
    const auto refused = std::find_if(rows_.begin(), rows_.end(), [](const channel& row) {
      return row.state == channel_state::refused;
    });
    if (refused != rows_.end()) rows_.erase(refused);
  }

  channel* add(channel row) {
    if (rows_.full()) return nullptr;
    if (row.number == 0) row.number = take_number();
    return &rows_.emplace_back(row);
  }

  /// There are more numbers than rows.
  std::uint16_t take_number() noexcept {
    for (;;) {
      const auto number = next_;
      next_ = next_ == last_channel ? first_channel : static_cast<std::uint16_t>(next_ + 1);
      if (find(number) == nullptr) return number;
    }
  }

  fixed_vector<channel> rows_;
  std::uint16_t next_ = first_channel;
};

}  // namespace floe::turn
