// What an agent tells its host.
//
// owns:     the closed set of events, the answers of handle_datagram(), the counters
// does not: hold candidates: an event names them by id, and the agent has them
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "floe/agent/connection.hpp"
#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/ids.hpp"
#include "floe/gather/events.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/checklist_state.hpp"
#include "floe/ice/hidden.hpp"
#include "floe/ice/pair.hpp"
#include "floe/ice/role.hpp"

namespace floe {

/// A datagram was meant for the agent itself.
struct consumed {};

/// A datagram carries data of the user.
struct payload {
  stream_id stream{};
  component_id component{1};
  byte_view bytes;        ///< a part of the caller's datagram
  bool verified = false;  ///< an answer to an own check has come from this source; otherwise only a
                          ///< check of the peer's has, and the source may have been forged
};

/// A datagram was refused.
struct rejected {
  reject reason = reject::not_stun;
};

/// What became of a datagram.
using inbound = std::variant<consumed, payload, rejected>;

namespace event {

/// A candidate to hand to the peer. Order and completeness matter to it: RFC 8838 sec. 9.
struct local_candidate {
  stream_id stream{};
  ice::local_id id;
};

/// No further local candidate of this generation will come (RFC 8838 sec. 13).
struct gathering_done {
  stream_id stream{};
};

/// The session changed its state.
struct state_changed {
  connection_state from = connection_state::idle;
  connection_state to = connection_state::idle;
};

/// A checklist changed its state. A stream whose list failed can be removed, or restarted
/// (RFC 8445 sec. 8.1.2).
struct checklist_changed {
  stream_id stream{};
  ice::checklist_state from = ice::checklist_state::running;
  ice::checklist_state to = ice::checklist_state::running;
};

/// A component has a path that may carry data, its first of this generation.
struct path_found {
  stream_id stream{};
  component_id component{1};
  ice::local_id local;
  ice::remote_id remote;
};

/// A component's path is settled, or has changed since (RFC 8445 sec. 8.1).
struct selected {
  stream_id stream{};
  component_id component{1};
  ice::local_id local;
  ice::remote_id remote;
};

/// The peer no longer consents to receive data of a component (RFC 7675 sec. 5.1).
struct consent_lost {
  stream_id stream{};
  component_id component{1};
};

/// A role conflict was resolved (RFC 8445 sec. 7.3.1.1), or the peer turned out to be lite.
struct role_changed {
  ice::role role = ice::role::controlling;
};

/// A remote candidate was learned from a check (RFC 8445 sec. 7.3.1.3).
struct learned_candidate {
  stream_id stream{};
  ice::remote_id id;
};

/// A stream no longer needs a socket until it is restarted, or has given a relay back for good
/// (RFC 8445 sec. 8.3.1).
struct released {
  stream_id stream{};
  socket_id socket{};
};

/// A stream has new local credentials, because the host or the peer restarted it: they must be
/// handed to the peer, and all candidates follow again (RFC 8445 sec. 9).
struct restarted {
  stream_id stream{};
};

/// A pair joined a checklist, or changed its state. Only with config::report_pairs.
struct pair_changed {
  stream_id stream{};
  component_id component{1};
  ice::pair_id id;
  ice::local_id local;
  ice::remote_id remote;
  std::optional<ice::pair_state> from;  ///< none when it joined
  ice::pair_state to = ice::pair_state::frozen;
  std::uint64_t priority = 0;
};

/// A pair left its checklist. Only with config::report_pairs.
struct pair_removed {
  stream_id stream{};
  ice::pair_id id;
};

// What a gatherer tells is passed on as it is.
using gather::event::connection_needed;
using gather::event::credentials_needed;
using gather::event::name_needed;
using gather::event::relay_lost;
using gather::event::server_result;
using gather::event::socket_needed;
using gather::event::token_needed;

/// There are candidates enough to answer the peer with; more may follow.
struct enough_gathered {};

/// A relay has taken the place of a lost one, after the peer was told that there are no more
/// candidates (RFC 8838 sec. 13). A peer that its checks reach learns it from them, at once. Two
/// sides that have nothing but relays may not reach each other any more: `is_cut_off` says that a
/// component has no path now, and then agent::restart() names the relay to the peer. This event
/// never gives way to others.
struct relay_replaced {
  stream_id stream{};
  ice::local_id id{};
  bool is_cut_off = false;
};

/// The address behind the name of a hidden candidate of the peer is wanted: agent::hidden_name()
/// tells the name, a resolved() the address.
struct address_needed {
  stream_id stream{};
  ice::hidden_id id;
};

/// A table was full, and something gave way; or as many addresses were checked that never answered
/// as config::unanswered has, so that checks to others are withheld.
struct dropped {
  enum kind : std::uint8_t {
    remote_candidates,
    pairs,
    early_checks,
    answers,
    servers,
    events,
    checks,
  };
  kind what = events;
  std::size_t count = 0;
};

/// Any of these.
using any =
    std::variant<local_candidate, gathering_done, state_changed, checklist_changed, path_found,
                 selected, consent_lost, role_changed, learned_candidate, released, restarted,
                 pair_changed, pair_removed, name_needed, connection_needed, socket_needed,
                 token_needed, server_result, enough_gathered, relay_lost, dropped, address_needed,
                 relay_replaced, credentials_needed>;

}  // namespace event

/// Counters since the agent was made. They wrap at 2^64.
struct statistics {
  std::uint64_t datagrams_sent = 0;  ///< written by poll_transmit() and encapsulate()
  std::uint64_t bytes_sent = 0;
  std::uint64_t datagrams_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t checks_sent = 0;      ///< new ones, without retransmissions
  std::uint64_t checks_withheld = 0;  ///< by config::unanswered
  std::uint64_t retransmissions = 0;
  std::uint64_t checks_received = 0;                   ///< with valid credentials
  std::uint64_t answers_received = 0;                  ///< with valid credentials
  std::array<std::uint64_t, reject_count> rejected{};  ///< by reason

  [[nodiscard]] std::uint64_t count(reject reason) const {
    return rejected[static_cast<std::size_t>(reason)];
  }
};

}  // namespace floe
