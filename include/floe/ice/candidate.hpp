// Candidates as values.
//
// owns:     what a candidate is, and the rows kept for local and remote ones
// does not: order them (priority.hpp), combine them (pairing.hpp), or write them as text (sdp/)
// sources:  RFC 8445 sec. 4 (terms), 5.3 (what is exchanged)
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <optional>

#include "floe/core/endpoint.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"
#include "floe/ice/foundation.hpp"
#include "floe/ice/preference.hpp"

namespace floe::ice {

/// How an agent came to know an address (RFC 8445 sec. 4): its own interface, a STUN server's
/// answer, a check, or a TURN server's allocation.
enum class candidate_type : std::uint8_t { host, srflx, prflx, relay };

/// A transport address that may reach an agent, as it is exchanged with the peer. The transport is
/// UDP.
struct candidate {
  ice::foundation foundation;
  component_id component{1};
  std::uint32_t priority = 0;  ///< 1 to 2^31-1
  endpoint address;
  candidate_type type = candidate_type::host;
  std::optional<endpoint> related{};  ///< raddr and rport; none for host, or when not told

  [[nodiscard]] bool operator==(const candidate&) const noexcept = default;
};

struct local_tag;
struct remote_tag;

/// Names a local candidate of an agent, as long as the agent keeps it.
using local_id = handle<local_tag>;

/// Names a remote candidate of an agent, as long as the agent keeps it.
using remote_id = handle<remote_tag>;

/// A candidate of this agent. Packets for it leave from and arrive at the socket of its base.
struct local_candidate {
  ice::candidate candidate;
  stream_id stream{};
  socket_id socket{};
  endpoint base;    ///< where it sends from (RFC 8445 sec. 4): itself for host and relay
  local_id host{};  ///< the host candidate it was obtained through; of no row for a host candidate
  preference_rank rank{};               ///< of that host candidate, or its own
  std::uint8_t variant = 0;             ///< tells those of one type apart that it led to
  server_id server{};                   ///< that it was obtained from
  std::uint16_t foundation_number = 0;  ///< equal for local candidates with equal foundations
  bool speaks_v6 = false;  ///< its socket is one of IPv6, where IPv4 addresses are mapped ones
  bool open = false;       ///< it, or one that it is the base of, may be used: checks may come in
  bool conveyed = false;   ///< and was handed to the host, to be told to the peer
  bool wrapped = false;    ///< a relay that the agent wraps for itself: without it nothing leaves
};

/// A candidate of the peer.
struct remote_candidate {
  ice::candidate candidate;
  stream_id stream{};
  std::uint16_t foundation_number = 0;  ///< equal for remote candidates with equal foundations
  bool learned = false;                 ///< from a check; the peer has not signalled it
  bool asked = false;                   ///< a check to it has left
  bool answered = false;                ///< and was answered
  local_id learned_on{};                ///< the base that the check came in on
  time_point learned_at{};              ///< and when
  bool hidden = false;  ///< its address was resolved from a name, and is not to be shown
};

/// True when checks can be sent from this candidate itself and not only from its base. Only such
/// candidates are paired (RFC 8445 sec. 6.1.2.4: a reflexive one would be replaced by its base).
[[nodiscard]] constexpr bool is_base(const local_candidate& c) noexcept {
  return c.candidate.type == candidate_type::host || c.candidate.type == candidate_type::relay;
}

}  // namespace floe::ice
