// The calls of an agent as values, and how each is made.
//
// owns:     the list of calls, their numbers in a recording, their arguments, and how each is made
// does not: keep what a call returned (events.hpp)
// invariant: a call that was read is made only when its contract holds.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>
#include <type_traits>
#include <variant>

#include "floe/agent/agent.hpp"
#include "floe/record/archive.hpp"
#include "floe/record/values.hpp"

namespace floe::record {

namespace call {

struct add_stream {
  std::uint16_t components = 1;
};
struct drop_component {
  component_id component{1};
  stream_id stream{};
};
struct remove_stream {
  stream_id stream{};
};
struct add_local {
  socket_id socket{};
  endpoint bound;
  stream_id stream{};
  component_id component{1};
  ice::network_cost cost{};
};
struct add_reflexive {
  ice::local_id host;
  endpoint mapped;
  server_id server{};
};
struct add_relayed {
  ice::local_id host;
  socket_id allocation{};
  endpoint relayed;
  endpoint mapped;
  server_id server{};
};
struct remove_local {
  socket_id socket{};
};
struct gather {
  time_point now;
  gathering what = gathering::complete;
};
struct set_remote_credentials {
  std::string_view ufrag;
  std::string_view password;
  stream_id stream{};
};
struct describe_peer {
  ice::peer_traits traits;
};
struct add_remote {
  ice::candidate candidate;
  std::string_view ufrag;
  stream_id stream{};
};
struct add_hidden_remote {
  ice::candidate candidate;
  std::string_view name;
  std::string_view ufrag;
  stream_id stream{};
};
struct resolved_hidden {
  ice::hidden_id id;
  std::optional<address> found;  ///< the only one: several are as good as none
};
struct end_of_remote_candidates {
  std::string_view ufrag;
  stream_id stream{};
};
struct nominate {
  ice::pair_id pair;
};
struct restart {};
struct close {};
struct resolved {
  time_point now;
  floe::gather::uri_number uri = 0;
  gsl::span<const endpoint> addresses{};
};
struct connected {
  time_point now;
  floe::gather::attempt_id which;
  socket_id socket{};
};
struct connect_failed {
  time_point now;
  floe::gather::attempt_id which;
};
struct handle_unreachable {
  time_point now;
  path where;
};
struct bring_token {
  time_point now;
  floe::gather::attempt_id which;
  turn::token token;
};
struct set_credentials {
  time_point now;
  std::uint16_t server = 0;
  std::string_view username;
  std::string_view credential;
  deadline expires{};
};
struct handle_stream {
  time_point now;
  socket_id socket{};
  byte_view bytes;
};
struct next_inbound {
  time_point now;
};
struct handle_datagram {
  time_point now;
  floe::datagram datagram;
};
struct handle_timeout {
  time_point now;
};
/// Of the buffer its size counts.
struct poll_transmit {
  byte_span buffer{};
};
struct poll_event {};
/// Read when the agent has been drained, and only told when it has changed.
struct next_timeout {};
/// Of the buffer what counts is where in it the data is, and how much room is around it.
struct encapsulate {
  time_point now;
  byte_view data;
  byte_span buffer{};
  stream_id stream{};
  component_id component{1};
};
/// Not a call of the agent: a shared pacer was used by somebody else.
struct pace {
  deadline free;
};
/// Not a call of the agent: a word of the host's, such as its name.
struct remark {
  std::string_view text;
};

using any = std::variant<
    add_stream, add_local, add_reflexive, add_relayed, remove_local, gather, set_remote_credentials,
    describe_peer, add_remote, end_of_remote_candidates, nominate, restart, close, resolved,
    connected, connect_failed, handle_unreachable, bring_token, handle_stream, next_inbound,
    handle_datagram, handle_timeout, poll_transmit, poll_event, next_timeout, encapsulate, pace,
    remark, add_hidden_remote, resolved_hidden, set_credentials, drop_component, remove_stream>;

}  // namespace call

/// What stands in front of each part of a recording: 0, the end; 1, entropy that the call before
/// drew; 2, what it returned; from 16 on the call of that place in call::any.
enum class mark : std::uint8_t { end, entropy, outcome, first_call = 16 };

namespace detail {

template <class T, class Variant>
inline constexpr std::size_t place_of = 0;
template <class T, class... All>
inline constexpr std::size_t place_of<T, std::variant<All...>> = [] {
  constexpr std::array same{std::is_same_v<T, All>...};
  return static_cast<std::size_t>(std::find(same.begin(), same.end(), true) - same.begin());
}();

}  // namespace detail

/// The room that a player gives to poll_transmit() and encapsulate(); of a larger buffer no more
/// counts.
inline constexpr std::size_t most_room = 131'072;

/// Of the room around data that is in the buffer already no more counts.
inline constexpr std::size_t most_margin = 1024;

template <class Archive>
void fields(Archive& a, call::add_stream& c) {
  a(c.components);
}
template <class Archive>
void fields(Archive& a, call::drop_component& c) {
  a(c.component, c.stream);
}
template <class Archive>
void fields(Archive& a, call::remove_stream& c) {
  a(c.stream);
}
template <class Archive>
void fields(Archive& a, call::add_local& c) {
  a(c.socket, c.bound, c.stream, c.component, c.cost);
}
template <class Archive>
void fields(Archive& a, call::add_reflexive& c) {
  a(c.host, c.mapped, c.server);
}
template <class Archive>
void fields(Archive& a, call::add_relayed& c) {
  a(c.host, c.allocation, c.relayed, c.mapped, c.server);
}
template <class Archive>
void fields(Archive& a, call::remove_local& c) {
  a(c.socket);
}
template <class Archive>
void fields(Archive& a, call::gather& c) {
  a(c.now, c.what);
}
template <class Archive>
void fields(Archive& a, call::set_remote_credentials& c) {
  a(c.ufrag, c.password, c.stream);
}
template <class Archive>
void fields(Archive& a, call::describe_peer& c) {
  a(c.traits);
}
template <class Archive>
void fields(Archive& a, call::add_remote& c) {
  a(c.candidate, c.ufrag, c.stream);
}
template <class Archive>
void fields(Archive& a, call::add_hidden_remote& c) {
  a(c.candidate, c.name, c.ufrag, c.stream);
}
template <class Archive>
void fields(Archive& a, call::resolved_hidden& c) {
  a(c.id, c.found);
}
template <class Archive>
void fields(Archive& a, call::end_of_remote_candidates& c) {
  a(c.ufrag, c.stream);
}
template <class Archive>
void fields(Archive& a, call::nominate& c) {
  a(c.pair);
}
template <class Archive>
void fields(Archive&, call::restart&) {}
template <class Archive>
void fields(Archive&, call::close&) {}
template <class Archive>
void fields(Archive& a, call::resolved& c) {
  a(c.now, c.uri, c.addresses);
}
template <class Archive>
void fields(Archive& a, call::connected& c) {
  a(c.now, c.which, c.socket);
}
template <class Archive>
void fields(Archive& a, call::connect_failed& c) {
  a(c.now, c.which);
}
template <class Archive>
void fields(Archive& a, call::handle_unreachable& c) {
  a(c.now, c.where);
}
template <class Archive>
void fields(Archive& a, call::bring_token& c) {
  a(c.now, c.which, c.token);
}
template <class Archive>
void fields(Archive& a, call::set_credentials& c) {
  a(c.now, c.server, c.username, c.credential, c.expires);
}
template <class Archive>
void fields(Archive& a, call::handle_stream& c) {
  a(c.now, c.socket, c.bytes);
}
template <class Archive>
void fields(Archive& a, call::next_inbound& c) {
  a(c.now);
}
template <class Archive>
void fields(Archive& a, call::handle_datagram& c) {
  a(c.now, c.datagram);
}
template <class Archive>
void fields(Archive& a, call::handle_timeout& c) {
  a(c.now);
}
template <class Archive>
void fields(Archive&, call::poll_event&) {}
template <class Archive>
void fields(Archive&, call::next_timeout&) {}
template <class Archive>
void fields(Archive& a, call::pace& c) {
  a(c.free);
}
template <class Archive>
void fields(Archive& a, call::remark& c) {
  a(c.text);
}

inline void fields(output& a, call::poll_transmit& c) {
  a(std::uint64_t{(std::min)(c.buffer.size(), most_room)});
}

/// Whether the data is in the buffer, then the room in front and behind; else the buffer's size.
inline void fields(output& a, call::encapsulate& c) {
  const auto place = offset_in(c.buffer, c.data);
  const auto most = place ? most_margin : most_room;
  const auto behind = place ? c.buffer.size() - *place - c.data.size() : 0;
  a(c.now, c.stream, c.component, c.data, place.has_value(),
    static_cast<std::uint32_t>((std::min)(place.value_or(c.buffer.size()), most)),
    static_cast<std::uint32_t>((std::min)(behind, most)));
}

// ---- making them ------------------------------------------------------------------------------

inline auto make(agent& a, const call::add_stream& c) { return a.add_stream(c.components); }
inline auto make(agent& a, const call::drop_component& c) {
  return a.drop_component(c.component, c.stream);
}
inline auto make(agent& a, const call::remove_stream& c) { return a.remove_stream(c.stream); }
inline auto make(agent& a, const call::add_local& c) {
  return a.add_local(c.socket, c.bound, c.stream, c.component, c.cost);
}
inline auto make(agent& a, const call::add_reflexive& c) {
  return a.add_reflexive(c.host, c.mapped, c.server);
}
inline auto make(agent& a, const call::add_relayed& c) {
  return a.add_relayed(c.host, c.allocation, c.relayed, c.mapped, c.server);
}
inline auto make(agent& a, const call::remove_local& c) { return a.remove_local(c.socket); }
inline auto make(agent& a, const call::gather& c) { return a.gather(c.now, c.what); }
inline auto make(agent& a, const call::set_remote_credentials& c) {
  return a.set_remote_credentials(c.ufrag, c.password, c.stream);
}
inline void make(agent& a, const call::describe_peer& c) { a.describe_peer(c.traits); }
inline auto make(agent& a, const call::add_remote& c) {
  return a.add_remote(c.candidate, c.ufrag, c.stream);
}
inline auto make(agent& a, const call::add_hidden_remote& c) {
  return a.add_hidden_remote(c.candidate, c.name, c.ufrag, c.stream);
}
inline auto make(agent& a, const call::resolved_hidden& c) {
  return a.resolved(c.id, c.found ? gsl::span{&*c.found, 1} : gsl::span<const address>{});
}
inline auto make(agent& a, const call::end_of_remote_candidates& c) {
  return a.end_of_remote_candidates(c.ufrag, c.stream);
}
inline auto make(agent& a, const call::nominate& c) { return a.nominate(c.pair); }
inline auto make(agent& a, const call::restart&) { return a.restart(); }
inline void make(agent& a, const call::close&) { a.close(); }
inline void make(agent& a, const call::resolved& c) { a.resolved(c.now, c.uri, c.addresses); }
inline auto make(agent& a, const call::connected& c) {
  return a.connected(c.now, c.which, c.socket);
}
inline void make(agent& a, const call::connect_failed& c) { a.connect_failed(c.now, c.which); }
inline void make(agent& a, const call::handle_unreachable& c) {
  a.handle_unreachable(c.now, c.where);
}
inline auto make(agent& a, const call::bring_token& c) {
  return a.bring_token(c.now, c.which, c.token);
}
inline auto make(agent& a, const call::set_credentials& c) {
  return a.set_credentials(c.now, c.server, c.username, c.credential, c.expires);
}
inline auto make(agent& a, const call::handle_stream& c) {
  return a.handle_stream(c.now, c.socket, c.bytes);
}
inline auto make(agent& a, const call::next_inbound& c) { return a.next_inbound(c.now); }
inline auto make(agent& a, const call::handle_datagram& c) {
  return a.handle_datagram(c.now, c.datagram);
}
inline void make(agent& a, const call::handle_timeout& c) { a.handle_timeout(c.now); }
inline auto make(agent& a, const call::poll_transmit& c) { return a.poll_transmit(c.buffer); }
inline auto make(agent& a, const call::poll_event&) { return a.poll_event(); }
inline auto make(agent& a, const call::next_timeout&) { return a.next_timeout(); }
inline auto make(agent& a, const call::encapsulate& c) {
  return a.encapsulate(c.now, c.data, c.buffer, c.stream, c.component);
}

/// True when the contract of a call holds, for those that have one.
template <class Call>
[[nodiscard]] bool may_make(const agent&, const Call&) {
  return true;
}
[[nodiscard]] inline bool may_make(const agent&, const call::add_stream& c) {
  return c.components >= 1 && c.components <= 256;
}
[[nodiscard]] inline bool is_host(const agent& a, ice::local_id id) {
  const auto* const row = a.local(id);
  return row != nullptr && row->candidate.type == ice::candidate_type::host;
}
[[nodiscard]] inline bool may_make(const agent& a, const call::add_reflexive& c) {
  return is_host(a, c.host);
}
[[nodiscard]] inline bool may_make(const agent& a, const call::add_relayed& c) {
  return is_host(a, c.host);
}

}  // namespace floe::record
