// What of floe's values is recorded: the configuration, candidates, results.
//
// owns:     which field stands where in a recording, for every value but calls and events
// does not: write or read (archive.hpp)
// invariant: the version changes with every field, enumerator and order in here; the static
//            assertions and the structured bindings, which name all fields, don't compile before.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>
#include <type_traits>

#include "floe/agent/config.hpp"
#include "floe/agent/events.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/error.hpp"
#include "floe/core/result.hpp"
#include "floe/gather/server.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/candidate_filter.hpp"
#include "floe/ice/lite.hpp"
#include "floe/ice/nomination.hpp"
#include "floe/record/archive.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/turn/allocation.hpp"
#include "floe/turn/credential.hpp"

namespace floe::record {

/// Changes with every change of the format. A player plays only its own.
inline constexpr std::uint32_t version = 5;

/// What a recording begins with; the version follows.
inline constexpr std::array<std::byte, 8> magic{std::byte{0x89}, std::byte{'f'}, std::byte{'l'},
                                                std::byte{'o'},  std::byte{'e'}, std::byte{'.'},
                                                std::byte{'\r'}, std::byte{'\n'}};

template <>
struct last_of<ice::role> {
  static constexpr auto value = ice::role::controlled;
};
template <>
struct last_of<ice::level> {
  static constexpr auto value = ice::level::lite;
};
template <>
struct last_of<ice::nomination_config::chooser> {
  static constexpr auto value = ice::nomination_config::host;
};
template <>
struct last_of<ice::candidate_type> {
  static constexpr auto value = ice::candidate_type::relay;
};
template <>
struct last_of<ice::network_cost> {
  static constexpr auto value = ice::network_cost::highest;
};
template <>
struct last_of<gathering> {
  static constexpr auto value = gathering::continual;
};
template <>
struct last_of<turn::relay_transport> {
  static constexpr auto value = turn::relay_transport::tcp;
};
template <>
struct last_of<offering> {
  static constexpr auto value = offering::closed;
};
template <>
struct last_of<turn::relay_family> {
  static constexpr auto value = turn::relay_family::both;
};

static_assert(detail::is_counted(ice::role::controlling, ice::role::controlled));
static_assert(detail::is_counted(ice::level::full, ice::level::lite));
static_assert(detail::is_counted(ice::nomination_config::rule, ice::nomination_config::host));
static_assert(detail::is_counted(ice::candidate_type::host, ice::candidate_type::srflx,
                                 ice::candidate_type::prflx, ice::candidate_type::relay));
static_assert(detail::is_counted(ice::network_cost::lowest, ice::network_cost::low,
                                 ice::network_cost::high, ice::network_cost::highest));
static_assert(detail::is_counted(gathering::complete, gathering::open, gathering::continual));
static_assert(detail::is_counted(offering::made, offering::after_answer, offering::needs_restart,
                                 offering::closed));
static_assert(detail::is_counted(turn::relay_transport::udp, turn::relay_transport::tcp));
static_assert(detail::is_counted(turn::relay_family::ipv4, turn::relay_family::ipv6,
                                 turn::relay_family::both));
static_assert(static_cast<int>(errc::buffer_too_small) == 1 &&
              static_cast<int>(errc::unusable_address) == 10 &&
              static_cast<int>(errc::session_closed) == 16);
static_assert(static_cast<int>(reject::not_stun) == 0 &&
              static_cast<int>(reject::unsupported_method) == 9 && reject_count == 19);

/// A policy of a configuration, as far as a recording can name it.
enum class policy : std::uint8_t { any, relayed_only, no_host, custom };

template <>
struct last_of<policy> {
  static constexpr auto value = policy::custom;
};

/// A configuration as it is recorded. Functions and objects of the host don't go into a recording:
/// it says only that they were there.
struct setup {
  time_point now;       ///< when the agent was made
  floe::config config;  ///< without servers, policies, pacer and hash library
  policy offers = policy::any;
  policy accepts = policy::any;
  policy nominations = policy::any;
  std::optional<duration> pacer{};  ///< the spacing of a shared pacer
  bool hash_library = false;
};

[[nodiscard]] inline policy name_of(ice::candidate_filter filter) noexcept {
  if (filter == ice::any_candidate) return policy::any;
  if (filter == ice::relayed_only) return policy::relayed_only;
  return filter == ice::no_host ? policy::no_host : policy::custom;
}

[[nodiscard]] inline setup describe(time_point now, const config& c) {
  setup made{.now = now,
             .config = c,
             .offers = name_of(c.offers),
             .accepts = name_of(c.accepts),
             .nominations =
                 c.nomination.accepts == ice::any_nomination ? policy::any : policy::custom,
             .hash_library = c.hash_library != nullptr};
  if (c.pacer != nullptr) {
    auto probe = *c.pacer;
    probe.take(now);
    made.pacer = elapsed(now, probe.free_at(now));
  }
  return made;
}

// ---- fields -----------------------------------------------------------------------------------

template <class Archive>
void fields(Archive& a, stun::retransmit_config& c) {
  auto& [rto, rc, rm] = c;
  a(rto, rc, rm);
}
template <class Archive>
void fields(Archive& a, turn::allocate_options& o) {
  auto& [transport, family, even, next, fragment, mobility, reservation, lifetime] = o;
  a(transport, family, even, next, fragment, mobility, reservation, lifetime);
}
template <class Archive>
void fields(Archive& a, turn::session_limits& l) {
  auto& [permissions, channels, connections, outstanding, events, frame] = l;
  a(permissions, channels, connections, outstanding, events, frame);
}
template <class Archive>
void fields(Archive& a, gather::limits& l) {
  auto& [sockets, attempts, addresses, relays, candidates, events] = l;
  a(sockets, attempts, addresses, relays, candidates, events);
}
template <class Archive>
void fields(Archive& a, gather::config& c) {
  auto& [servers, limit, enough, keepalive, retry, first, retransmit, software, relay, special,
         relay_limits, limits] = c;
  static_cast<void>(servers);
  a(limit, enough, keepalive, retry, first, retransmit, software, relay, special, relay_limits,
    limits);
}
template <class Archive>
void fields(Archive& a, limits& l) {
  auto& [streams, components, locals, remotes, pairs, answers, early, hidden, events] = l;
  a(streams, components, locals, remotes, pairs, answers, early, hidden, events);
}
template <class Archive>
void fields(Archive& a, ice::nomination_config& c) {
  auto& [chosen_by, accepts, patience, follow] = c;
  static_cast<void>(accepts);
  a(chosen_by, patience, follow);
}
template <class Archive>
void fields(Archive& a, ice::consent_config& c) {
  auto& [enabled, interval, expiry, suspect, late] = c;
  a(enabled, interval, expiry, suspect, late);
}
template <class Archive>
void fields(Archive& a, config& c) {
  auto& [role, level, servers, gathering, components, ta, presumed_ta, pacer, check, unanswered,
         give_up, nomination, consent, silence, keepalive, release, presume, offers, hide, accepts,
         loopback, strangers, hashes, report, limits] = c;
  static_cast<void>(servers);
  static_cast<void>(pacer);
  static_cast<void>(offers);
  static_cast<void>(accepts);
  static_cast<void>(hashes);
  a(role, level, gathering, components, ta, presumed_ta, check, unanswered, give_up, nomination,
    consent, silence, keepalive, release, presume, hide, loopback, strangers, report, limits);
}
template <class Archive>
void fields(Archive& a, setup& s) {
  auto& [now, config, offers, accepts, nominations, pacer, library] = s;
  a(now, config, offers, accepts, nominations, pacer, library);
}

template <class Archive>
void fields(Archive& a, ice::foundation& f) {
  auto text = f.text();
  a(text);
  if constexpr (std::is_same_v<Archive, input>) {
    if (text.empty()) {
      f = {};
    } else if (const auto read = ice::foundation::from_text(text)) {
      f = *read;
    } else {
      a.refuse();
    }
  }
}
template <class Archive>
void fields(Archive& a, ice::candidate& c) {
  auto& [foundation, component, priority, address, type, related] = c;
  a(foundation, component, priority, address, type, related);
}
template <class Archive>
void fields(Archive& a, ice::peer_traits& t) {
  auto& [level, pacing] = t;
  a(level, pacing);
}
template <class Archive>
void fields(Archive& a, turn::token& t) {
  auto& [id, key, sealed] = t;
  a(id, key, sealed);
}
template <class Archive>
void fields(Archive& a, path& p) {
  auto& [local, remote] = p;
  a(local, remote);
}
template <class Archive>
void fields(Archive& a, datagram& d) {
  auto& [local, remote, bytes] = d;
  a(local, remote, bytes);
}

// ---- what a recording may ask a player for ----------------------------------------------------

/// The capacities that a player makes room for. An agent with larger ones can't be played: what one
/// call costs grows with them, and nobody shall wait for a recording for hours.
inline constexpr std::uint16_t most_rows = 4096;
inline constexpr std::uint16_t most_candidates = 256;
inline constexpr std::uint16_t most_pairs = 1024;
inline constexpr std::uint16_t most_relay_rows = 256;
inline constexpr std::uint16_t most_relays = 64;
inline constexpr std::size_t most_uris = 256;
inline constexpr std::uint32_t most_stream_frame = 70'000;

/// True for what no agent can be made of, or only one that takes more memory than a recording
/// shall have. Times that are multiplied stay below a day.
[[nodiscard]] inline bool is_playable(const setup& s) noexcept {
  constexpr duration day = std::chrono::hours{24};
  const auto& c = s.config;
  const auto& g = c.gathering;
  if (find_fault(c) || c.ta > day) return false;
  if (s.pacer && (*s.pacer < ice::min_pace || *s.pacer > day)) return false;
  if (c.limits.local_candidates > most_candidates || c.limits.remote_candidates > most_candidates ||
      c.limits.pairs > most_pairs) {
    return false;
  }
  const auto& [sockets, attempts, addresses, relays, candidates, events] = g.limits;
  for (const auto rows : {sockets, attempts, candidates, events}) {
    if (rows > most_rows) return false;
  }
  const auto& r = g.relay_limits;
  for (const auto rows : {r.permissions, r.channels, r.connections, r.outstanding, r.events}) {
    if (rows > most_relay_rows) return false;
  }
  return addresses <= input::most_endpoints && relays <= most_relays &&
         r.stream_frame <= most_stream_frame;
}

}  // namespace floe::record
