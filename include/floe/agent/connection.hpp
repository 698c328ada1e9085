// The state of a session as its user sees it.
//
// owns:     the states, the table of changes, and what the facts of a session amount to
// does not: know pairs or time; the agent states the facts
// sources:  RFC 8445 sec. 6.1.3 (running, completed, failed), RFC 7675 sec. 5.1 (lost consent)
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/state_table.hpp"

namespace floe {

enum class connection_state : std::uint8_t {
  idle,          ///< the peer's credentials are not known
  checking,      ///< looking for a path
  connected,     ///< every component has a path that can carry data
  completed,     ///< every checklist is Completed: the paths are settled
  disconnected,  ///< the peer has not answered for a while, and may still come back
  failed,        ///< no path, or the peer took back its consent; only a restart helps
  closed,        ///< the host ended the session
};

/// What the facts of a session amount to, from the weakest to the strongest claim.
enum class connection_condition : std::uint8_t {
  none,       ///< nothing to say yet
  started,    ///< there are checks to do
  usable,     ///< every component has a path of this generation
  concluded,  ///< and every checklist that has not failed is Completed
  late,       ///< usable or concluded, but the peer has not answered for a while
  failed,     ///< every checklist has failed
  closed,     ///< the host ended the session
};

inline constexpr std::array connection_states{
    connection_state::idle,      connection_state::checking,     connection_state::connected,
    connection_state::completed, connection_state::disconnected, connection_state::failed,
    connection_state::closed};
inline constexpr std::array connection_conditions{
    connection_condition::none,      connection_condition::started, connection_condition::usable,
    connection_condition::concluded, connection_condition::late,    connection_condition::failed,
    connection_condition::closed};

struct connection_rule {
  connection_state from;
  connection_condition on;
  connection_state to;
};

// Applied until nothing changes, so that a session that is usable at once still passes through
// checking and connected: a user who waits for a state always sees it.
// clang-format off
inline constexpr std::array connection_rules{
    connection_rule{connection_state::idle,         connection_condition::started,   connection_state::checking},
    connection_rule{connection_state::idle,         connection_condition::usable,    connection_state::checking},
    connection_rule{connection_state::idle,         connection_condition::concluded, connection_state::checking},
    connection_rule{connection_state::idle,         connection_condition::late,      connection_state::checking},
    connection_rule{connection_state::idle,         connection_condition::failed,    connection_state::checking},
    connection_rule{connection_state::idle,         connection_condition::closed,    connection_state::closed},
    connection_rule{connection_state::checking,     connection_condition::usable,    connection_state::connected},
    connection_rule{connection_state::checking,     connection_condition::concluded, connection_state::connected},
    connection_rule{connection_state::checking,     connection_condition::late,      connection_state::connected},
    connection_rule{connection_state::checking,     connection_condition::failed,    connection_state::failed},
    connection_rule{connection_state::checking,     connection_condition::closed,    connection_state::closed},
    connection_rule{connection_state::connected,    connection_condition::started,   connection_state::checking},
    connection_rule{connection_state::connected,    connection_condition::concluded, connection_state::completed},
    connection_rule{connection_state::connected,    connection_condition::late,      connection_state::disconnected},
    connection_rule{connection_state::connected,    connection_condition::failed,    connection_state::failed},
    connection_rule{connection_state::connected,    connection_condition::closed,    connection_state::closed},
    connection_rule{connection_state::completed,    connection_condition::started,   connection_state::checking},
    connection_rule{connection_state::completed,    connection_condition::usable,    connection_state::connected},
    connection_rule{connection_state::completed,    connection_condition::late,      connection_state::disconnected},
    connection_rule{connection_state::completed,    connection_condition::failed,    connection_state::failed},
    connection_rule{connection_state::completed,    connection_condition::closed,    connection_state::closed},
    connection_rule{connection_state::disconnected, connection_condition::started,   connection_state::checking},
    connection_rule{connection_state::disconnected, connection_condition::usable,    connection_state::connected},
    connection_rule{connection_state::disconnected, connection_condition::concluded, connection_state::connected},
    connection_rule{connection_state::disconnected, connection_condition::failed,    connection_state::failed},
    connection_rule{connection_state::disconnected, connection_condition::closed,    connection_state::closed},
    connection_rule{connection_state::failed,       connection_condition::started,   connection_state::checking},
    connection_rule{connection_state::failed,       connection_condition::usable,    connection_state::checking},
    connection_rule{connection_state::failed,       connection_condition::concluded, connection_state::checking},
    connection_rule{connection_state::failed,       connection_condition::late,      connection_state::checking},
    connection_rule{connection_state::failed,       connection_condition::closed,    connection_state::closed},
};
// clang-format on

static_assert(has_one_rule_each(connection_rules));

/// The state after one step; nullopt when the condition leaves the state as it is.
[[nodiscard]] constexpr std::optional<connection_state> next(connection_state from,
                                                             connection_condition on) noexcept {
  return follow<connection_rules>(from, on);
}

/// What is true of a session.
struct connection_facts {
  bool closed = false;
  bool started = false;        ///< some stream knows its peer's credentials
  bool all_failed = false;     ///< every checklist is Failed
  bool all_settled = false;    ///< every checklist is Completed or Failed
  bool all_reachable = false;  ///< every component of a list that has not failed has a path
  bool peer_is_late = false;   ///< some selected path has not been answered for a while
};

/// The strongest claim that the facts bear out.
[[nodiscard]] constexpr connection_condition condition_of(const connection_facts& facts) noexcept {
  if (facts.closed) return connection_condition::closed;
  if (!facts.started) return connection_condition::none;
  if (facts.all_failed) return connection_condition::failed;
  if (!facts.all_reachable) return connection_condition::started;
  if (facts.peer_is_late) return connection_condition::late;
  return facts.all_settled ? connection_condition::concluded : connection_condition::usable;
}

/// The name of a state, in lower case.
[[nodiscard]] constexpr std::string_view to_text(connection_state state) noexcept {
  switch (state) {
    case connection_state::idle: return "idle";
    case connection_state::checking: return "checking";
    case connection_state::connected: return "connected";
    case connection_state::completed: return "completed";
    case connection_state::disconnected: return "disconnected";
    case connection_state::failed: return "failed";
    case connection_state::closed: return "closed";
  }
  return "unknown";
}

}  // namespace floe
