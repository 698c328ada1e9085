// Why a session works, or doesn't: the first thing to look at when somebody has no connection.
//
// owns:     the verdict on a session, from what is true of it
// does not: change anything; pairs have verdicts of their own (ice/verdict.hpp)
// sources:  RFC 8445 sec. 5 to 8 in the order in which things must come about
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/agent/connection.hpp"
#include "floe/gather/events.hpp"
#include "floe/ice/verdict.hpp"

namespace floe {

/// The verdict on a session: what is missing first.
enum class session_verdict : std::uint8_t {
  works,                 ///< every component has a path
  closed,                ///< the host ended it
  no_local_candidates,   ///< no socket was named, or policy offers none
  not_gathering,         ///< agent::gather() was not called
  no_credentials,        ///< the peer's were not told
  no_remote_candidates,  ///< none was told, or learned
  no_pairs,              ///< the candidates of both sides don't go together: families, components
  checking,              ///< a pair is still being checked
  no_working_pair,       ///< the pairs tell why: session_report::pairs
};

/// What the last server that failed came to: one that gave nothing, or took back what it gave.
struct server_fault {
  gather::outcome outcome{};
  std::optional<turn::complaint> said{};  ///< its last word, when that was a no

  [[nodiscard]] constexpr bool operator==(const server_fault&) const noexcept = default;
};

/// What is true of a session.
struct session_report {
  connection_state state = connection_state::idle;
  session_verdict verdict = session_verdict::checking;
  std::size_t local_candidates = 0;   ///< that are offered
  std::size_t remote_candidates = 0;  ///< signalled and learned
  std::size_t pair_count = 0;
  ice::pair_verdict pairs = ice::pair_verdict::untried;  ///< the most telling of all pairs
  std::size_t failed_servers = 0;  ///< that gave nothing, and relays that were lost
  std::optional<server_fault> last_fault{};
  bool gathering = false;
  bool has_credentials = false;  ///< those of the peer
  bool has_path = false;         ///< for every component
};

[[nodiscard]] constexpr session_verdict judge(const session_report& r) noexcept {
  if (r.state == connection_state::closed) return session_verdict::closed;
  if (r.has_path && r.state != connection_state::failed) return session_verdict::works;
  if (!r.gathering) return session_verdict::not_gathering;
  if (r.local_candidates == 0) return session_verdict::no_local_candidates;
  if (!r.has_credentials) return session_verdict::no_credentials;
  if (r.remote_candidates == 0) return session_verdict::no_remote_candidates;
  if (r.pair_count == 0) return session_verdict::no_pairs;
  if (r.state != connection_state::failed) return session_verdict::checking;
  return session_verdict::no_working_pair;
}

/// A verdict in a few words.
[[nodiscard]] constexpr std::string_view to_text(session_verdict verdict) noexcept {
  switch (verdict) {
    case session_verdict::works: return "works";
    case session_verdict::closed: return "closed";
    case session_verdict::no_local_candidates: return "no local candidates";
    case session_verdict::not_gathering: return "not gathering";
    case session_verdict::no_credentials: return "the peer's credentials are not known";
    case session_verdict::no_remote_candidates: return "no remote candidates";
    case session_verdict::no_pairs: return "no candidates that go together";
    case session_verdict::checking: return "checking";
    case session_verdict::no_working_pair: return "no pair works";
  }
  return "unknown";
}

}  // namespace floe
