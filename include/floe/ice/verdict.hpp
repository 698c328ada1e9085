// Why a pair works, or doesn't.
//
// owns:     the verdict on a pair in one word, and the W3C's names of its states
// does not: count (check_history.hpp), or change anything: nothing decides by a verdict
// sources:  RFC 8445 sec. 7.2.5 (outcomes of checks)
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <string_view>

#include "floe/ice/pair.hpp"

namespace floe::ice {

/// The verdict on a pair.
enum class pair_verdict : std::uint8_t {
  untried,                  ///< no check was sent on it
  pending,                  ///< a check is under way
  works,                    ///< it is valid
  no_answer,                ///< nothing came back
  answered_from_elsewhere,  ///< a symmetric path is missing
  wrong_credentials,        ///< what came back was not proved, or the peer said 401
  role_loop,                ///< the peer answers nothing but 487
  refused,                  ///< the peer, or the relay, refused it
  consent_lost,             ///< it worked, and fell silent
};

[[nodiscard]] constexpr pair_verdict judge(const pair& p) noexcept {
  const auto& history = p.history;
  if (p.expired) return pair_verdict::consent_lost;
  switch (p.state) {
    case pair_state::frozen:
    case pair_state::waiting:
      return history.requests_sent == 0 ? pair_verdict::untried : pair_verdict::pending;
    case pair_state::in_progress: return pair_verdict::pending;
    case pair_state::succeeded: return pair_verdict::works;
    case pair_state::failed: break;
  }
  if (history.unproved_answer || history.last_error == 401) return pair_verdict::wrong_credentials;
  if (history.last_error == 487) return pair_verdict::role_loop;
  if (history.answered_elsewhere) return pair_verdict::answered_from_elsewhere;
  const bool refused = history.relay_refused || history.last_error != 0;
  if (refused || history.requests_sent == 0) return pair_verdict::refused;
  return pair_verdict::no_answer;
}

/// How much a verdict explains the failure of a session; the greatest of all pairs counts.
[[nodiscard]] constexpr int weight_of(pair_verdict verdict) noexcept {
  switch (verdict) {
    case pair_verdict::untried: return 0;
    case pair_verdict::no_answer: return 1;
    case pair_verdict::refused: return 2;
    case pair_verdict::answered_from_elsewhere: return 3;
    case pair_verdict::wrong_credentials: return 4;
    case pair_verdict::role_loop: return 5;
    case pair_verdict::consent_lost: return 6;
    case pair_verdict::pending: return 7;
    case pair_verdict::works: return 8;
  }
  return 0;
}

/// A verdict in a few words.
[[nodiscard]] constexpr std::string_view to_text(pair_verdict verdict) noexcept {
  switch (verdict) {
    case pair_verdict::untried: return "not tried";
    case pair_verdict::pending: return "pending";
    case pair_verdict::works: return "works";
    case pair_verdict::no_answer: return "no answer";
    case pair_verdict::answered_from_elsewhere: return "answered from elsewhere";
    case pair_verdict::wrong_credentials: return "wrong credentials";
    case pair_verdict::role_loop: return "role loop";
    case pair_verdict::refused: return "refused";
    case pair_verdict::consent_lost: return "consent lost";
  }
  return "unknown";
}

/// The name of a pair's state, as the W3C's RTCStatsIceCandidatePairState has it.
[[nodiscard]] constexpr std::string_view to_text(pair_state state) noexcept {
  switch (state) {
    case pair_state::frozen: return "frozen";
    case pair_state::waiting: return "waiting";
    case pair_state::in_progress: return "in-progress";
    case pair_state::succeeded: return "succeeded";
    case pair_state::failed: return "failed";
  }
  return "unknown";
}

}  // namespace floe::ice
