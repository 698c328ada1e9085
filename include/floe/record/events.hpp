// What an agent says, as bytes to compare.
//
// owns:     the encoding of events and of what calls return
// does not: read them back: a player has those of its own agent, and compares
// invariant: as for values.hpp: a change of an event, or of its place, does not compile before the
//            version is changed.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include "floe/agent/events.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/result.hpp"
#include "floe/record/archive.hpp"

namespace floe::record {

namespace detail {

template <class Variant, class... T>
struct begins_with : std::false_type {};
template <class... All, class... T>
requires(sizeof...(T) <= sizeof...(All)) struct begins_with<std::variant<All...>, T...> {
  template <std::size_t... I>
  static consteval bool same(std::index_sequence<I...>) {
    return (std::is_same_v<std::variant_alternative_t<I, std::variant<All...>>,
                           std::tuple_element_t<I, std::tuple<T...>>> &&
            ...);
  }
  static constexpr bool value = same(std::make_index_sequence<sizeof...(T)>{});
};

}  // namespace detail

static_assert(detail::begins_with<
              event::any, event::local_candidate, event::gathering_done, event::state_changed,
              event::checklist_changed, event::path_found, event::selected, event::consent_lost,
              event::role_changed, event::learned_candidate, event::released, event::restarted,
              event::pair_changed, event::pair_removed, event::name_needed,
              event::connection_needed, event::socket_needed, event::token_needed,
              event::server_result, event::enough_gathered, event::relay_lost, event::dropped,
              event::address_needed, event::relay_replaced, event::credentials_needed>::value);
static_assert(detail::begins_with<inbound, consumed, payload, rejected>::value);
static_assert(detail::is_counted(connection_state::idle, connection_state::checking,
                                 connection_state::connected, connection_state::completed,
                                 connection_state::disconnected, connection_state::failed,
                                 connection_state::closed));
static_assert(detail::is_counted(ice::checklist_state::running, ice::checklist_state::completed,
                                 ice::checklist_state::failed));
static_assert(detail::is_counted(ice::pair_state::frozen, ice::pair_state::waiting,
                                 ice::pair_state::in_progress, ice::pair_state::succeeded,
                                 ice::pair_state::failed));
static_assert(detail::is_counted(sdp::uri_lookup::none, sdp::uri_lookup::address,
                                 sdp::uri_lookup::service));
static_assert(detail::is_counted(turn::transport::udp, turn::transport::tcp, turn::transport::tls,
                                 turn::transport::dtls));
static_assert(detail::is_counted(gather::outcome::answered, gather::outcome::refused,
                                 gather::outcome::credentials, gather::outcome::timeout,
                                 gather::outcome::unusable_answer, gather::outcome::unreachable,
                                 gather::outcome::unresolved, gather::outcome::unsupported,
                                 gather::outcome::no_room, gather::outcome::no_matching_family,
                                 gather::outcome::unproved));
static_assert(detail::is_counted(turn::end_reason::closed, turn::end_reason::refused,
                                 turn::end_reason::credentials, turn::end_reason::timeout,
                                 turn::end_reason::unusable_answer, turn::end_reason::unreachable,
                                 turn::end_reason::broken_stream, turn::end_reason::forgotten,
                                 turn::end_reason::expired, turn::end_reason::out_of_step,
                                 turn::end_reason::unproved));
static_assert(detail::is_counted(event::dropped::remote_candidates, event::dropped::pairs,
                                 event::dropped::early_checks, event::dropped::answers,
                                 event::dropped::servers, event::dropped::events,
                                 event::dropped::checks));

/// Tells bytes apart that differ by accident.
[[nodiscard]] constexpr std::uint32_t sum_of(byte_view bytes) noexcept {
  std::uint32_t sum = 2166136261U;
  for (const auto b : bytes) sum = (sum ^ std::to_integer<std::uint32_t>(b)) * 16777619U;
  return sum;
}

inline void fields(output& a, event::local_candidate& e) {
  auto& [stream, id] = e;
  a(stream, id);
}
inline void fields(output& a, event::gathering_done& e) { a(e.stream); }
inline void fields(output& a, event::state_changed& e) {
  auto& [from, to] = e;
  a(from, to);
}
inline void fields(output& a, event::checklist_changed& e) {
  auto& [stream, from, to] = e;
  a(stream, from, to);
}
inline void fields(output& a, event::path_found& e) {
  auto& [stream, component, local, remote] = e;
  a(stream, component, local, remote);
}
inline void fields(output& a, event::selected& e) {
  auto& [stream, component, local, remote] = e;
  a(stream, component, local, remote);
}
inline void fields(output& a, event::consent_lost& e) {
  auto& [stream, component] = e;
  a(stream, component);
}
inline void fields(output& a, event::role_changed& e) { a(e.role); }
inline void fields(output& a, event::learned_candidate& e) {
  auto& [stream, id] = e;
  a(stream, id);
}
inline void fields(output& a, event::released& e) {
  auto& [stream, socket] = e;
  a(stream, socket);
}
inline void fields(output& a, event::restarted& e) { a(e.stream); }
inline void fields(output& a, event::pair_changed& e) {
  auto& [stream, component, id, local, remote, from, to, priority] = e;
  a(stream, component, id, local, remote, from, to, priority);
}
inline void fields(output& a, event::pair_removed& e) {
  auto& [stream, id] = e;
  a(stream, id);
}
inline void fields(output& a, event::name_needed& e) {
  auto& [uri, port, lookup, is_local] = e;
  a(uri, port, lookup, is_local);
}
inline void fields(output& a, event::connection_needed& e) {
  auto& [attempt, socket, server, transport, uri] = e;
  a(attempt, socket, server, transport, uri);
}
inline void fields(output& a, event::socket_needed& e) {
  auto& [attempt, socket, server] = e;
  a(attempt, socket, server);
}
inline void fields(output& a, event::token_needed& e) { a(e.attempt); }
inline void fields(output& a, turn::complaint& c) {
  auto& [code, proved] = c;
  a(code, proved);
}
inline void fields(output& a, event::server_result& e) {
  auto& [uri, socket, server, outcome, said, took] = e;
  a(uri, socket, server, outcome, said, took);
}
inline void fields(output&, event::enough_gathered&) {}
inline void fields(output& a, event::relay_lost& e) {
  auto& [relay, why, said] = e;
  a(relay, why, said);
}
inline void fields(output& a, event::dropped& e) {
  auto& [what, count] = e;
  a(what, std::uint64_t{count});
}

inline void fields(output& a, event::address_needed& e) {
  auto& [stream, id] = e;
  a(stream, id);
}
inline void fields(output& a, event::relay_replaced& e) {
  auto& [stream, id, is_cut_off] = e;
  a(stream, id, is_cut_off);
}
inline void fields(output& a, event::credentials_needed& e) {
  auto& [server, end] = e;
  a(server, end);
}

inline void fields(output&, consumed&) {}
inline void fields(output& a, rejected& r) { a(r.reason); }

/// The place of its bytes is the caller's; their sum and number tell them apart.
inline void fields(output& a, payload& p) {
  auto& [stream, component, bytes, verified] = p;
  a(stream, component, verified, std::uint64_t{bytes.size()}, sum_of(bytes));
}

inline void fields(output& a, transmit& t) {
  auto& [local, remote, size, offset] = t;
  a(local, remote, std::uint64_t{size});
  static_cast<void>(offset);
}

/// A number for the alternative, then its fields.
template <class... T>
void fields(output& a, std::variant<T...>& v) {
  a(static_cast<std::uint8_t>(v.index()));
  std::visit([&a](const auto& e) { a(e); }, v);
}

/// Whether it worked, then the value or the error.
template <class T>
void fields(output& a, result<T>& r) {
  a(r.has_value());
  if (!r.has_value()) {
    a(r.error());
  } else if constexpr (!std::is_void_v<T>) {
    a(*r);
  }
}

}  // namespace floe::record
