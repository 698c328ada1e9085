// How a session behaves, as one plain value with the RFCs' defaults.
//
// owns:     every timer, limit and policy that a host may choose
// does not: change during a session; a restart keeps it
#pragma once

#include "floe/core/language.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>

#include "floe/core/time.hpp"
#include "floe/crypto/library.hpp"
#include "floe/gather/config.hpp"
#include "floe/ice/candidate_filter.hpp"
#include "floe/ice/consent.hpp"
#include "floe/ice/keepalive.hpp"
#include "floe/ice/lite.hpp"
#include "floe/ice/nomination.hpp"
#include "floe/ice/pacer.hpp"
#include "floe/ice/role.hpp"
#include "floe/stun/retransmit.hpp"

namespace floe {

/// Whether more local candidates may follow those that agent::gather() announces.
enum class gathering : std::uint8_t {
  complete,   ///< no more
  open,       ///< until a pair is selected: then the peer is told none (RFC 8838 sec. 13)
  continual,  ///< even then, as long as the session lasts
};

/// What became of a call that is to offer candidates to the peer.
enum class offering : std::uint8_t {
  made,           ///< they are events now, or as soon as servers give them
  after_answer,   ///< once set_remote_credentials() brings the peer's answer to those before
  needs_restart,  ///< only agent::restart() can: the peer was told that there are no more
  closed,         ///< the session has ended
};

/// The capacity of every table of an agent. All memory is taken when the agent is made. Where a
/// table is full the worst entry gives way, and an event::dropped says so. Each is 1 to 4096.
struct limits {
  std::uint16_t streams = 1;             ///< data streams
  std::uint16_t components = 2;          ///< components of all streams together
  std::uint16_t local_candidates = 16;   ///< of all streams; as many again can be learned
  std::uint16_t remote_candidates = 16;  ///< that the peer signals; as many again can be learned
  std::uint16_t pairs = 100;             ///< of all checklists together (RFC 8445 sec. 6.1.2.5)
  std::uint16_t answers = 16;            ///< answers that wait for poll_transmit()
  std::uint16_t early_checks = 8;        ///< checks that came before the peer's credentials
  std::uint16_t hidden_candidates = 8;   ///< of the peer, told by a name between two restarts
  std::uint16_t events = 32;  ///< events that wait for poll_event(), besides the candidates'
};

/// The behaviour of an agent.
struct config {
  /// The role to begin with: the side that makes the first offer controls (RFC 8445 sec. 6.1.1).
  ice::role role = ice::role::controlling;

  /// Whether this agent sends checks. A lite one only answers: it is for hosts on the open
  /// Internet, and controlled by any full peer (RFC 8445 sec. 2.5).
  ice::level level = ice::level::full;

  /// STUN and TURN servers to gather candidates from. Read at construction only.
  gsl::span<const gather::server> servers{};

  /// How they are asked; the servers in here are not used.
  gather::config gathering{};

  /// The components of the first data stream, which every agent has (RFC 8445 sec. 4).
  std::uint16_t components = 1;

  /// The least time between two new checks, and between two servers that are asked: Ta, to be
  /// signalled to the peer. For checks the slower one of both agents counts (RFC 8445 sec. 14.2).
  /// Two transactions of either kind are at least 5 ms apart.
  duration ta = std::chrono::milliseconds{10};

  /// The Ta of a peer that says nothing about it: 50 ms, the default of the attribute (RFC 8839
  /// sec. 5.6). Browsers and others check every 5 to 50 ms without saying so: a host that knows its
  /// peers can presume less.
  duration presumed_ta = std::chrono::milliseconds{50};

  /// A pace shared with other agents, or null. It outlives the agent, on the same thread.
  ice::pacer* pacer = nullptr;

  /// How a check is repeated, whatever else is being checked: a wait that grew with the number of
  /// checks would take a lost one for a path that doesn't work (RFC 8445 sec. 14.1 warns of that,
  /// and sec. 14.3 leaves the choice above 500 ms). The whole length is also how long a session
  /// without a path is given before it fails (RFC 8863 sec. 4).
  stun::retransmit_config check{};

  /// How many addresses of the peer are checked that never answer, from one restart to the next: it
  /// may name those of others (RFC 8445 sec. 19.5.1). statistics::checks_withheld counts the checks
  /// of more, and event::dropped says once that there were some. A restart that the peer begins
  /// gives one back for each 2 s.
  std::uint16_t unanswered = 100;

  /// How long a component may go without a first valid pair once the candidates of both sides are
  /// known, as far as `presume_end_of_candidates` has it: then its stream fails, whatever is still
  /// being checked, and however often the peer's checks bring pairs back. With less than the time
  /// of `check` this cuts the time short that RFC 8863 sec. 4 gives a session.
  duration give_up = std::chrono::seconds{45};

  /// When the controlling agent settles on a pair.
  ice::nomination_config nomination{};

  /// Whether the peer must keep consenting to receive data.
  ice::consent_config consent{};

  /// How long the peer of a lite agent, which asks nobody, may say nothing until its path is no
  /// longer used; none: for ever.
  std::optional<duration> silence = std::chrono::seconds{30};

  /// Tr: how long a path may be idle before a keepalive (RFC 8445 sec. 11). Consent checks keep a
  /// path alive as well, so this shows only without them.
  duration keepalive = ice::min_keepalive;

  /// How long after a stream is settled its other candidates stay in use: RFC 8445 sec. 8.3.1 frees
  /// them after 3 s, and event::released says which sockets it no longer needs. Kept, they let a
  /// session outlive its selected path.
  std::optional<duration> release = std::nullopt;

  /// Whether a peer that never says that its candidates are complete can be given up on, once
  /// every pair has failed and the time of `check` has passed (RFC 8863 sec. 5).
  bool presume_end_of_candidates = true;

  /// Which of the own candidates are offered to the peer and used: with ice::relayed_only all
  /// traffic takes relays.
  ice::candidate_filter offers = ice::any_candidate;

  /// Whether the peer is told of host candidates by name only (ice/hidden.hpp), so that no other
  /// candidate may show their addresses either.
  bool hide_hosts = false;

  /// Which of the candidates that the peer signals are used. Where its checks come from is learned
  /// whatever this says.
  ice::candidate_filter accepts = ice::any_candidate;

  /// Whether loopback addresses may be candidates (RFC 8445 sec. 5.1.1.1 says no), as they must
  /// where both peers run on one machine.
  bool loopback = false;

  /// Whether a request that names or proves no valid credentials is answered with 400 or 401
  /// (RFC 8445 sec. 7.3), 20 times a second at most, and where the answer is no larger than the
  /// request. A host that offers a datagram to several agents says no.
  bool answer_strangers = true;

  /// The host's hash functions for the integrity of checks, or null for floe's own. They outlive
  /// the agent (crypto/openssl.hpp has OpenSSL's).
  const crypto::library* hash_library = nullptr;

  /// Whether every change of a pair's state is an event.
  bool report_pairs = false;

  floe::limits limits{};
};

/// A field of a config that no agent can work with.
struct config_fault {
  std::string_view field;  ///< its name, as in "limits.pairs"
  std::string_view rule;   ///< what it must be
};

/// The first limit that is out of its range, if one is.
[[nodiscard]] constexpr std::optional<config_fault> find_fault(const limits& l) noexcept {
  struct capacity {
    std::string_view field;
    std::uint16_t value;
  };
  for (const auto& [field, value] :
       {capacity{"limits.streams", l.streams}, capacity{"limits.components", l.components},
        capacity{"limits.local_candidates", l.local_candidates},
        capacity{"limits.remote_candidates", l.remote_candidates},
        capacity{"limits.pairs", l.pairs}, capacity{"limits.answers", l.answers},
        capacity{"limits.early_checks", l.early_checks},
        capacity{"limits.hidden_candidates", l.hidden_candidates},
        capacity{"limits.events", l.events}}) {
    if (value < 1 || value > 4096) return {{field, "must be 1 to 4096"}};
  }
  return std::nullopt;
}

namespace detail {

[[nodiscard]] constexpr std::optional<config_fault>
find_fault(const stun::retransmit_config& check) noexcept {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  if (check.rto < milliseconds{500}) {
    return {{"check.rto", "must be at least 500 ms (RFC 8445 sec. 14.3)"}};
  }
  if (check.rto > seconds{60}) return {{"check.rto", "must be at most 60 s"}};
  if (check.rc < 1 || check.rc > 16) return {{"check.rc", "must be 1 to 16"}};
  if (check.rm < 1) return {{"check.rm", "must be at least 1"}};
  return std::nullopt;
}

[[nodiscard]] constexpr std::optional<config_fault>
find_fault(const ice::consent_config& consent) noexcept {
  using std::chrono::seconds;
  if (consent.interval < seconds{5}) {
    return {{"consent.interval", "must be at least 5 s (RFC 7675 sec. 5.1)"}};
  }
  if (consent.expiry <= consent.interval || consent.expiry > seconds{30}) {
    return {{"consent.expiry", "must be above the interval, at most 30 s (RFC 7675 sec. 5.1)"}};
  }
  if (consent.suspect <= consent.interval || consent.suspect > consent.expiry) {
    return {{"consent.suspect", "must be above the interval, at most the expiry"}};
  }
  if (consent.late <= duration::zero() || consent.late > consent.expiry) {
    return {{"consent.late", "must be above zero, at most the expiry"}};
  }
  return std::nullopt;
}

[[nodiscard]] constexpr std::optional<config_fault>
find_capacity_fault(const gather::config& g) noexcept {
  struct capacity {
    std::string_view field;
    std::uint16_t value;
  };
  for (const auto& [field, value] :
       {capacity{"gathering.limits.sockets", g.limits.sockets},
        capacity{"gathering.limits.attempts", g.limits.attempts},
        capacity{"gathering.limits.addresses", g.limits.addresses},
        capacity{"gathering.limits.relays", g.limits.relays},
        capacity{"gathering.limits.candidates", g.limits.candidates},
        capacity{"gathering.limits.events", g.limits.events},
        capacity{"gathering.relay_limits.permissions", g.relay_limits.permissions},
        capacity{"gathering.relay_limits.channels", g.relay_limits.channels},
        capacity{"gathering.relay_limits.connections", g.relay_limits.connections},
        capacity{"gathering.relay_limits.outstanding", g.relay_limits.outstanding},
        capacity{"gathering.relay_limits.events", g.relay_limits.events}}) {
    if (value > 4096) return {{field, "must be at most 4096"}};
  }
  if (g.relay_limits.stream_frame > turn::session_limits{}.stream_frame) {
    return {{"gathering.relay_limits.stream_frame", "must be at most 65539 (RFC 8656 sec. 12.4)"}};
  }
  return std::nullopt;
}

/// The first field of how servers are asked that is out of its range, if one is.
[[nodiscard]] constexpr std::optional<config_fault> find_fault(const gather::config& g) noexcept {
  using std::chrono::seconds;
  if (g.server_limit <= duration::zero()) {
    return {{"gathering.server_limit", "must be above zero"}};
  }
  if (g.enough_after < duration::zero()) {
    return {{"gathering.enough_after", "must not be negative"}};
  }
  if (g.keepalive < duration::zero()) return {{"gathering.keepalive", "must not be negative"}};
  if (g.retry_lost <= duration::zero()) return {{"gathering.retry_lost", "must be above zero"}};
  if (g.retransmit.rto <= duration::zero() || g.retransmit.rto > seconds{60}) {
    return {{"gathering.retransmit.rto", "must be above zero, at most 60 s"}};
  }
  if (g.retransmit.rc > 16) return {{"gathering.retransmit.rc", "must be at most 16"}};
  if (!turn::is_consistent(g.relay)) {
    return {{"gathering.relay", "must be options that go together (RFC 8656 sec. 7.1)"}};
  }
  return find_capacity_fault(g);
}

}  // namespace detail

/// The first field that is out of its range, if one is. An agent must not be made with it.
[[nodiscard]] constexpr std::optional<config_fault> find_fault(const config& c) noexcept {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  if (c.components < 1 || c.components > 256) return {{"components", "must be 1 to 256"}};
  if (c.ta < milliseconds{5}) return {{"ta", "must be at least 5 ms (RFC 8445 sec. 14.2)"}};
  if (c.presumed_ta < duration::zero()) return {{"presumed_ta", "must not be negative"}};
  if (const auto fault = detail::find_fault(c.gathering)) return fault;
  if (const auto fault = detail::find_fault(c.check)) return fault;
  if (c.unanswered < 1) return {{"unanswered", "must be at least 1"}};
  if (c.give_up < seconds{5}) return {{"give_up", "must be at least 5 s"}};
  if (c.nomination.accepts == nullptr) return {{"nomination.accepts", "must be a function"}};
  if (c.nomination.patience < duration::zero()) {
    return {{"nomination.patience", "must not be negative"}};
  }
  if (c.nomination.follow < duration::zero()) {
    return {{"nomination.follow", "must not be negative"}};
  }
  if (const auto fault = detail::find_fault(c.consent)) return fault;
  if (c.silence && *c.silence < seconds{5}) return {{"silence", "must be at least 5 s"}};
  if (c.keepalive < ice::min_keepalive) {
    return {{"keepalive", "must be at least 15 s (RFC 8445 sec. 11)"}};
  }
  if (c.release && *c.release < seconds{3}) {
    return {{"release", "must be at least 3 s (RFC 8445 sec. 8.3.1)"}};
  }
  if (c.offers == nullptr) return {{"offers", "must be a function"}};
  if (c.accepts == nullptr) return {{"accepts", "must be a function"}};
  if (const auto fault = find_fault(c.limits)) return fault;
  if (c.limits.components < c.components) {
    return {{"limits.components", "must hold those of the first stream"}};
  }
  return std::nullopt;
}

}  // namespace floe
