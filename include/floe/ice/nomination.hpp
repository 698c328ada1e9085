// When the controlling agent settles on a pair.
//
// owns:     the stopping rule of regular nomination, and what a USE-CANDIDATE that comes in means
// does not: send the nominating check, or hold pairs
// sources:  RFC 8445 sec. 8.1.1 (nominating), 7.3.1.5 (being nominated)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/pair.hpp"
#include "floe/ice/role.hpp"

namespace floe::ice {

/// A policy of the controlled agent: whether it accepts that the pair of its candidate and the
/// peer's address is nominated. It must give the same answer every time.
using nomination_filter = bool (*)(const candidate& local, const endpoint& remote) noexcept;

[[nodiscard]] inline bool any_nomination(const candidate&, const endpoint&) noexcept {
  return true;
}

struct nomination_config {
  /// Who chooses the pair: the stopping rule below, or the host with agent::nominate().
  enum chooser : std::uint8_t { rule, host };
  chooser chosen_by = rule;

  /// Which nominations of the peer are accepted; others are answered with 400 (RFC 8445
  /// sec. 7.3.1.5).
  nomination_filter accepts = any_nomination;

  /// How long at most a component with a valid pair waits for a better one that is still being
  /// checked; worth_waiting_until() says how much of it is used. Data flows in the meantime.
  /// RFC 8445 sec. 8.1.1 leaves the criterion to the agent.
  duration patience = std::chrono::milliseconds{500};

  /// How long a component of the controlled agent must have been settled until a nomination of
  /// another pair moves it there, whatever their priorities. Until then the best nominated pair is
  /// selected, as peers with aggressive nomination expect (RFC 5245 sec. 8.1.1.2); later a peer
  /// that nominates another pair has left the first one.
  duration follow = std::chrono::seconds{5};
};

/// The component of a stream that settles first. The others are to take a path like its own where
/// they can (RFC 8445 sec. 8.1.1).
inline constexpr component_id first_component{1};

/// What a component has settled on, or is about to.
struct settled_pair {
  pair_foundation foundation{};
  time_point since{};  ///< when it became valid
};

/// How well a pair would do as the selected one: above all whether it has the foundation that the
/// first component has settled on, then its priority.
using nominee_rank = std::pair<bool, std::uint64_t>;

/// first: what the first component has settled on; none for that one itself
[[nodiscard]] constexpr nominee_rank rank_of(pair_foundation foundation, std::uint64_t priority,
                                             const std::optional<settled_pair>& first) noexcept {
  return {first && first->foundation == foundation, priority};
}

/// The best valid pair of a component, as far as it matters to waiting for a better one.
struct valid_outlook {
  bool relayed = false;
  duration round_trip{};  ///< that the answer to its check took
  time_point since{};     ///< since when the component could nominate
};

/// A pair that ranks above it and may still succeed.
struct rival_outlook {
  bool relayed = false;
  bool heard = false;  ///< a check of the peer came on it
  deadline asked{};    ///< when its check left, or that of another pair which it waits for; none
                       ///< while it has yet to leave
};

/// True for a pair that is checked anew because a relay proves that the peer is there: when its
/// first check comes through one, and when the first valid pair of a component is relayed. One lost
/// datagram would else decide between a direct path and a relay, because a check is repeated only
/// when the relay has long been nominated.
///
/// patience: how long an answer may take; zero where that is not known
[[nodiscard]] constexpr bool is_asked_again(const rival_outlook& rival, duration patience,
                                            time_point now) noexcept {
  return !rival.relayed && rival.asked && elapsed(*rival.asked, now) >= patience;
}

/// Until when an answer is worth waiting for that would make a better pair valid, at most
/// `patience`. Usually one and a half round trips of the valid pair, from when the check left: what
/// takes longer was lost, or won't work. A repetition of the check is waited for only where much is
/// at stake, a direct path against a relay, and where something speaks for loss: a check had to be
/// repeated in this session, or the peer's check came on that very path.
///
/// rto: until a check is repeated | turn: when one that has yet to leave may do so, at the earliest
[[nodiscard]] constexpr time_point worth_waiting_until(const rival_outlook& rival,
                                                       const valid_outlook& valid, bool lossy,
                                                       duration patience, duration rto,
                                                       time_point turn) noexcept {
  const auto answer =
      after(after(rival.asked.value_or(turn), valid.round_trip), valid.round_trip / 2);
  const bool repeats = valid.relayed && !rival.relayed && (lossy || rival.heard);
  return (std::min)(repeats ? after(answer, rto) : answer, after(valid.since, patience));
}

/// How a component of the controlling agent stands.
struct component_outlook {
  bool settled = false;     ///< a pair is nominated, or its nomination is under way
  bool follows = false;     ///< the first component of its stream may still settle, and must do so
                            ///< before
  bool has_valid = false;   ///< it has a valid pair
  deadline better_until{};  ///< until when a pair that ranks above the best valid one is worth
                            ///< waiting for; none when no such pair may still succeed
};

/// What to do about nominating.
struct nomination_decision {
  enum kind : std::uint8_t { nothing, wait, nominate_best };
  kind what = nothing;
  deadline until;  ///< when to ask again, with wait
};

/// The stopping rule: nominate the best valid pair as soon as no better one can still succeed, or
/// is worth waiting for. As long as the first component may still settle, the others wait for it.
[[nodiscard]] constexpr nomination_decision decide_nomination(const component_outlook& component,
                                                              const nomination_config& config,
                                                              time_point now) noexcept {
  if (config.chosen_by == nomination_config::host) return {nomination_decision::nothing, {}};
  if (component.settled || component.follows || !component.has_valid) {
    return {nomination_decision::nothing, {}};
  }
  if (!component.better_until || now >= *component.better_until) {
    return {nomination_decision::nominate_best, {}};
  }
  return {nomination_decision::wait, component.better_until};
}

/// What a request with USE-CANDIDATE does to the pair it came on.
enum class peer_nomination : std::uint8_t {
  ignore,        ///< it does not nominate, or the receiver is controlling
  nominate_now,  ///< the pair is valid already
  remember,      ///< nominate it as soon as its check succeeds
};

/// True when a new nomination replaces what is selected, instead of competing with it by priority.
/// settled: since when the component has had a selected pair
[[nodiscard]] constexpr bool replaces_selection(deadline settled, const nomination_config& config,
                                                time_point now) noexcept {
  return settled && now >= after(*settled, config.follow);
}

/// RFC 8445 sec. 7.3.1.5.
[[nodiscard]] constexpr peer_nomination decide_peer_nomination(bool use_candidate, role mine,
                                                               pair_state state) noexcept {
  if (!use_candidate || mine == role::controlling) return peer_nomination::ignore;
  return state == pair_state::succeeded ? peer_nomination::nominate_now : peer_nomination::remember;
}

/// True when the success of a check nominates its pair (RFC 8445 sec. 7.2.5.3.4): the controlling
/// agent's own nomination is confirmed, or the controlled one's pair works that the peer nominated.
[[nodiscard]] constexpr bool nominates_by_success(role mine, bool check_nominates,
                                                  bool nominated_by_peer) noexcept {
  return mine == role::controlling ? check_nominates : nominated_by_peer;
}

/// True when the failure of a check is the failure of a nomination, and so that of the whole list
/// (RFC 8445 sec. 7.2.5.3.4).
[[nodiscard]] constexpr bool fails_nomination(bool check_nominates,
                                              bool nominated_by_peer) noexcept {
  return check_nominates || nominated_by_peer;
}

/// True when with a nomination its whole list has failed: nothing else is valid, and the PAC timer
/// has ended, before which no list fails (RFC 8863 sec. 4). Until then another pair may come to be
/// nominated, or the same one again.
[[nodiscard]] constexpr bool fails_list(bool has_valid, deadline pac, time_point now) noexcept {
  return !has_valid && pac && now >= *pac;
}

}  // namespace floe::ice
