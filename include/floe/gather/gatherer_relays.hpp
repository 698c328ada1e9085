// Relays as sockets: data in and out, and bytes for and from servers.
//
// owns:     finding the session behind a number, and whose a datagram is
// does not: wrap or unwrap: the session does
// sources:  RFC 8656 sec. 9 to 12; RFC 7983 sec. 7 (ChannelData comes from servers only)
#pragma once

#include "floe/core/language.hpp"

#include "floe/gather/gatherer.hpp"
#include "floe/stun/demux.hpp"

namespace floe::gather {

inline const gatherer::attempt* gatherer::find_relay(socket_id relay) const noexcept {
  if (relay == socket_id{}) return nullptr;
  const auto id = attempts_.find_if([&](const attempt& a) {
    return a.stage == stage::holding && (a.relay_v4 == relay || a.relay_v6 == relay);
  });
  return id ? attempts_.find(*id) : nullptr;
}

/// The session of a relay that reaches peers of this family; nullptr when it is gone, or doesn't.
inline turn::session* gatherer::session_of(socket_id relay, floe::family family) noexcept {
  const auto* const a = find_relay(relay);
  if (a == nullptr || (family == family::ipv4 ? a->relay_v4 : a->relay_v6) != relay) return nullptr;
  return relays_.find(a->place);
}

inline result<void> gatherer::permit(socket_id relay, const address& peer) {
  if (!is_relay(relay)) return unexpected{errc::no_path};
  auto* const session = session_of(relay, peer.family);
  if (session == nullptr) return unexpected{errc::unusable_address};
  return session->permit(peer);
}

inline void gatherer::forbid(socket_id relay, const address& peer) {
  if (auto* const session = session_of(relay, peer.family)) session->forbid(peer);
}

inline result<void> gatherer::bind(socket_id relay, const endpoint& peer) {
  if (!is_relay(relay)) return unexpected{errc::no_path};
  auto* const session = session_of(relay, peer.address.family);
  if (session == nullptr) return unexpected{errc::unusable_address};
  return session->bind(peer);
}

inline void gatherer::release(time_point now, socket_id relay) {
  advance(now);
  const auto id = attempts_.find_if([&](const attempt& a) {
    return a.stage == stage::holding && (a.relay_v4 == relay || a.relay_v6 == relay);
  });
  if (relay == socket_id{} || !id) return;
  auto& a = attempts_[*id];
  forget(a);
  let_go(a);
  a.relay_v4 = a.relay_v6 = {};
  a.stage = stage::failed;
  a.ends.reset();
  pump();
}

inline result<turn::wrapped> gatherer::wrap(socket_id relay, const endpoint& peer, byte_span buffer,
                                            std::size_t offset, std::size_t size, bool ahead) {
  if (!is_relay(relay)) return unexpected{errc::no_path};
  auto* const session = session_of(relay, peer.address.family);
  if (session == nullptr) return unexpected{errc::unusable_address};
  return session->wrap(peer, buffer, offset, size, ahead);
}

/// The attempt of a session; none when the session only says goodbye.
inline std::optional<attempt_id> gatherer::owner_of(std::uint16_t place) const noexcept {
  return attempts_.find_if([&](const attempt& a) { return a.place == place; });
}

/// Whose bytes these are.
inline std::optional<std::uint16_t> gatherer::place_of(const path& from) const noexcept {
  std::optional<std::uint16_t> found;
  relays_.for_each([&](std::uint16_t place, const turn::session& s) {
    if (s.accepts(from) && (!found || owner_of(place))) found = place;
  });
  return found;
}

inline inbound gatherer::hand_out(std::uint16_t place, const turn::inbound& in) const {
  if (!in) return refused{in.error()};
  const auto id = owner_of(place);
  if (!*in || !id) return consumed{};
  const auto& a = *attempts_.find(*id);
  const auto& data = **in;
  const auto relay = data.peer.address.family == family::ipv4 ? a.relay_v4 : a.relay_v6;
  if (a.stage != stage::holding || relay == socket_id{}) return consumed{};
  return unwrapped{relay, data.peer, data.bytes};
}

inline inbound gatherer::handle_datagram(time_point now, const datagram& in) {
  advance(now);
  const auto place = place_of({in.local, in.remote});
  // Data changes nothing: neither that of a peer, nor what a relay wraps.
  if (!place && stun::classify(in.bytes) != stun::protocol::stun) return not_mine{};
  inbound out = not_mine{};
  if (place) out = hand_out(*place, relays_.find(*place)->handle_datagram(now_, in));
  if (std::holds_alternative<unwrapped>(out)) return out;
  const auto* const refusal = std::get_if<refused>(&out);
  const bool open = std::holds_alternative<not_mine>(out) ||
                    (refusal != nullptr && refusal->reason == reject::unknown_transaction);
  if (open) {
    // The queries have the same sockets and servers, and tell their answers by transaction.
    const auto answered = client_.handle_datagram(now_, in);
    if (answered) {
      out = consumed{};
    } else if (answered.error() == reject::wrong_path) {
      out = refused{reject::wrong_path};
    }
  }
  pump();
  return out;
}

inline bool gatherer::handle_stream(time_point now, socket_id socket, byte_view bytes) {
  advance(now);
  streaming_.reset();
  relays_.for_each([&](std::uint16_t place, turn::session& s) {
    if (streaming_ || !turn::is_stream(s.transport())) return;
    if (!s.accepts({socket, s.route().remote})) return;
    s.handle_stream(now_, socket, bytes);
    streaming_ = place;
  });
  return streaming_.has_value();
}

inline std::optional<inbound> gatherer::next_inbound(time_point now) {
  advance(now);
  auto* const session = streaming_ ? relays_.find(*streaming_) : nullptr;
  if (session == nullptr) return std::nullopt;
  const auto next = session->next_inbound(now_);
  // What is handed out lives in the session, which must not go before it was read.
  if (next) return hand_out(*streaming_, *next);
  streaming_.reset();
  pump();
  return std::nullopt;
}

inline void gatherer::handle_unreachable(time_point now, const path& where) {
  advance(now);
  client_.handle_unreachable(now_, where);
  relays_.for_each([&](std::uint16_t, turn::session& s) {
    const bool its_own = turn::is_stream(s.transport()) && s.route().local == where.local;
    if (its_own || s.accepts(where)) s.handle_unreachable(now_, where.local);
  });
  pump();
}

inline std::optional<transmit> gatherer::poll_transmit(byte_span buffer) {
  if (const auto out = client_.poll_transmit(buffer)) return out;
  std::optional<transmit> sent;
  relays_.for_each([&](std::uint16_t, turn::session& s) {
    if (!sent) sent = s.poll_transmit(buffer);
  });
  return sent;
}

}  // namespace floe::gather
