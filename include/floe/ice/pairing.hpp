// Which candidates form a pair, what the pair looks like, and who gives way when there are too
// many.
//
// owns:     the pairing rule, the making of a pair, the choice of a victim
// does not: hold pairs (checklist.hpp)
// sources:  RFC 8445 sec. 6.1.2.2 (forming), 6.1.2.4 (pruning), 6.1.2.5 (limit); RFC 8838 sec. 10,
//           12
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <optional>
#include <tuple>

#include "floe/core/endpoint.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/pair.hpp"
#include "floe/ice/priority.hpp"
#include "floe/ice/role.hpp"

namespace floe::ice {

/// True when both candidates belong together: the same stream, component and address family, and
/// IPv6 link-local only with its like; and the peer may know of the local one (RFC 8838 sec. 10). A
/// reflexive local candidate pairs through its base, which stands for it, so it is never paired
/// itself: that is the whole of pruning (RFC 8445 sec. 6.1.2.4). No relay is told an address that
/// the peer hides (draft-ietf-mmusic-mdns-ice-candidates sec. 3.2.2).
[[nodiscard]] constexpr bool may_pair(const local_candidate& local,
                                      const remote_candidate& remote) noexcept {
  const auto& mine = local.candidate;
  const auto& theirs = remote.candidate;
  if (!is_base(local) || !local.conveyed) return false;
  if (local.stream != remote.stream || mine.component != theirs.component) return false;
  if (remote.hidden && mine.type == candidate_type::relay) return false;
  const auto& a = mine.address.address;
  const auto& b = theirs.address.address;
  if (a.family != b.family) return false;
  return a.family == family::ipv4 || is_link_local(a) == is_link_local(b);
}

/// What is known of a component of a stream on the peer's side.
struct component_view {
  bool is_first = false;          ///< of its stream
  bool peer_is_complete = false;  ///< the peer has named all its candidates, or is presumed to
  bool has_remote = false;        ///< a candidate of the peer belongs to it
  bool others_have = false;       ///< to another component one does
};

/// True for a component that the peer does not have: the number of components is the least of both
/// sides (RFC 8445 sec. 6.1.2.2). Where nothing is left in common none is dropped.
[[nodiscard]] constexpr bool is_absent(const component_view& c) noexcept {
  return !c.is_first && c.peer_is_complete && !c.has_remote && c.others_have;
}

/// The pair of two candidates, Frozen.
[[nodiscard]] constexpr pair make_pair(local_id local, const local_candidate& mine,
                                       remote_id remote, const remote_candidate& theirs,
                                       role role) noexcept {
  pair made;
  made.stream = mine.stream;
  made.component = mine.candidate.component;
  made.local = local;
  made.remote = remote;
  made.foundation = {mine.foundation_number, theirs.foundation_number};
  made.priority = pair_priority(role, mine.candidate.priority, theirs.candidate.priority);
  return made;
}

/// Where a pair stands among those of its foundation: the first of them is unfrozen first
/// (RFC 8445 sec. 6.1.2.6: topmost checklist, lowest component, highest priority).
[[nodiscard]] constexpr bool unfreezes_before(const pair& a, const pair& b) noexcept {
  return std::tuple{a.stream, a.component, ~a.priority} <
         std::tuple{b.stream, b.component, ~b.priority};
}

/// What the pairs of the same foundation say about a new one (RFC 8838 sec. 12).
struct foundation_view {
  bool holds_earlier = false;    ///< one unfreezes before the new pair
  bool holds_succeeded = false;  ///< one is Succeeded
};

/// The state of a pair that joins a checklist (RFC 8838 sec. 12; RFC 8445 sec. 6.1.2.6 is the case
/// of all pairs joining in the order of unfreezes_before).
[[nodiscard]] constexpr pair_state initial_state(foundation_view others) noexcept {
  return !others.holds_earlier || others.holds_succeeded ? pair_state::waiting : pair_state::frozen;
}

/// What speaks for keeping a pair, from the weakest claim to the strongest.
enum class pair_claim : std::uint8_t {
  none,       ///< it has failed
  untried,    ///< a check may still leave
  under_way,  ///< a check has left, and its answer may be on its way
  reached,    ///< a check of the peer came on it, and was answered
  works,      ///< it is valid
  nominated,  ///< it carries the session, or is about to
};

[[nodiscard]] constexpr pair_claim claim_of(const pair& p) noexcept {
  if (p.nominating || p.nominated_by_peer) return pair_claim::nominated;
  if (p.state == pair_state::succeeded) return pair_claim::works;
  if (p.state == pair_state::failed) return pair_claim::none;
  if (p.checked_by_peer) return pair_claim::reached;
  return p.state == pair_state::in_progress ? pair_claim::under_way : pair_claim::untried;
}

/// True when `a` should be given up rather than `b`: the weaker claim first, then the lower
/// priority (RFC 8838 sec. 10).
[[nodiscard]] constexpr bool gives_way_before(const pair& a, const pair& b) noexcept {
  return std::tuple{claim_of(a), a.priority} < std::tuple{claim_of(b), b.priority};
}

/// True when a pair may be given up for `newcomer`: one with a stronger claim, or where nobody has
/// tried either, of another stream or of higher priority.
[[nodiscard]] constexpr bool may_give_way(const pair& p, const pair& newcomer) noexcept {
  const auto claim = claim_of(p);
  if (claim < claim_of(newcomer)) return true;
  if (claim > pair_claim::untried) return false;
  return p.stream != newcomer.stream || gives_way_before(p, newcomer);
}

/// True when a pair carries, or is about to carry, the session.
[[nodiscard]] constexpr bool is_indispensable(const pair& p) noexcept {
  return claim_of(p) >= pair_claim::works;
}

}  // namespace floe::ice
