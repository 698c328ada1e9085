// What servers answered, and what becomes of it.
//
// owns:     turning answers into candidates and events
// does not: decide what is redundant (candidate.hpp), or when there is enough (progress.hpp)
// sources:  RFC 8445 sec. 5.1.1.2, 5.1.3; RFC 8656 sec. 7.3, 7.4
#pragma once

#include "floe/core/language.hpp"

#include "floe/gather/gatherer.hpp"

namespace floe::gather {

namespace detail {

[[nodiscard]] constexpr outcome outcome_of(stun::query_failure why) noexcept {
  switch (why) {
    case stun::query_failure::timeout: return outcome::timeout;
    case stun::query_failure::refused: return outcome::refused;
    case stun::query_failure::unusable_response: return outcome::unusable_answer;
    case stun::query_failure::unreachable: return outcome::unreachable;
  }
  return outcome::timeout;
}

[[nodiscard]] constexpr outcome outcome_of(turn::end_reason why) noexcept {
  switch (why) {
    case turn::end_reason::refused: return outcome::refused;
    case turn::end_reason::credentials: return outcome::credentials;
    case turn::end_reason::unusable_answer: return outcome::unusable_answer;
    case turn::end_reason::unreachable:
    case turn::end_reason::broken_stream: return outcome::unreachable;
    case turn::end_reason::unproved: return outcome::unproved;
    case turn::end_reason::closed:
    case turn::end_reason::timeout:
    case turn::end_reason::forgotten:
    case turn::end_reason::out_of_step:
    case turn::end_reason::expired: break;
  }
  return outcome::timeout;
}

}  // namespace detail

inline void gatherer::push(const event::any& e) {
  if (closed_) return;
  if (events_.full()) {
    events_.pop();
    ++dropped_;
  }
  if (!events_.push(e)) ++dropped_;
}

inline std::optional<event::any> gatherer::poll_event() {
  if (dropped_ > 0) return event::any{event::dropped{std::exchange(dropped_, 0)}};
  return events_.pop();
}

/// The number that stands for servers at this address.
inline server_id gatherer::number_of(const address& server) {
  const auto known = std::find(numbered_.begin(), numbered_.end(), server);
  const auto at = static_cast<std::size_t>(known - numbered_.begin());
  if (known == numbered_.end() && numbered_.size() < numbered_.capacity()) {
    numbered_.push_back(server);
  }
  return static_cast<server_id>(at + 1);
}

inline void gatherer::collect() {
  collect_answers();
  collect_sessions();
}

inline void gatherer::collect_answers() {
  while (const auto e = client_.poll_event()) on_query(*e);
}

inline void gatherer::on_query(const stun::query_event& e) {
  const auto query = std::visit([](const auto& told) { return told.query; }, e);
  const auto id = attempts_.find_if([&](const attempt& a) { return a.query == query; });
  if (!id) return;
  auto& a = attempts_[*id];
  a.query.reset();
  const auto* const no = std::get_if<stun::query_failed>(&e);
  if (no == nullptr || no->why == stun::query_failure::refused) win(a);
  if (const auto* const answered = std::get_if<stun::query_answered>(&e)) {
    // Of a relay's keepalive only that it went out and came back counts.
    if (a.service == service::reflexive) on_mapped(a, answered->mapped);
    return;
  }
  if (a.stage != stage::asking) return;  // a keepalive: the next one may do better
  const auto& failed = std::get<stun::query_failed>(e);
  // Nothing protects what a STUN server says.
  fail(a, detail::outcome_of(failed.why),
       failed.code ? complaint{{*failed.code, false}} : std::nullopt);
}

inline void gatherer::on_mapped(attempt& a, const endpoint& mapped) {
  candidate c{.base = a.base,
              .address = mapped,
              .mapped = mapped,
              .server = a.server,
              .server_number = number_of(a.server.address)};
  const bool is_new = a.stage == stage::asking;
  a.stage = stage::holding;
  a.ends = config_.keepalive > duration::zero() ? deadline{after(now_, config_.keepalive)}
                                                : std::nullopt;
  if (is_new) {
    report(a, is_sendable(mapped) ? outcome::answered : outcome::unusable_answer);
    return find(c);
  }
  const auto before = std::find_if(candidates_.begin(), candidates_.end(), [&](const candidate& o) {
    return !o.is_relayed() && o.base.socket == a.base.socket && o.server == a.server;
  });
  if (before == candidates_.end() || before->address == mapped) return;
  const auto old = *before;
  candidates_.erase(before);
  push(event::mapping_changed{old, mapped});
  find(c);
}

inline void gatherer::find(const candidate& c) {
  if (!is_sendable(c.address) || is_redundant(c, bases_, candidates_)) return;
  if (candidates_.size() == config_.limits.candidates) {
    ++dropped_;
    return;
  }
  candidates_.push_back(c);
  push(event::found{c});
}

// ---- sessions
// -------------------------------------------------------------------------------

inline void gatherer::collect_sessions() {
  relays_.for_each([&](std::uint16_t place, turn::session& session) {
    const auto asker = session.has_heard() ? owner_of(place) : std::nullopt;
    if (asker && attempts_[*asker].stage == stage::asking) win(attempts_[*asker]);
    while (const auto e = session.poll_event()) {
      if (const auto id = owner_of(place)) on_session_event(*id, attempts_[*id], *e);
    }
    // One that ended may still have something to give back.
    if (session.state() == turn::allocation_state::ended && !session.next_timeout()) {
      if (const auto id = owner_of(place)) attempts_[*id].place = no_place;
      relays_.close(place);
    }
  });
}

/// Asks servers that are full how they see us (RFC 8445 sec. 5.1.1.2).
inline void gatherer::fall_back() {
  while (const auto id = attempts_.find_if([](const attempt& a) { return a.falls_back; })) {
    auto& a = attempts_[*id];
    a.falls_back = false;
    const auto from = a.base;
    if (sources_[a.uri].plan.transport == turn::transport::udp) {
      add_attempt(from, a.uri, service::reflexive);
    }
  }
}

inline void gatherer::on_session_event(attempt_id id, attempt& a, const turn::event::any& e) {
  namespace told = turn::event;
  const auto relay_of = [&](floe::family f) { return f == family::ipv4 ? a.relay_v4 : a.relay_v6; };
  if (const auto* const ended = std::get_if<told::ended>(&e)) return on_ended(id, a, *ended);
  if (const auto* const allocated = std::get_if<told::allocated>(&e)) {
    on_allocated(a, allocated->grant);
  } else if (const auto* const off = std::get_if<told::put_off>(&e)) {
    fail(a, outcome::refused, off->said);
  } else if (const auto* const socket = std::get_if<told::socket_needed>(&e)) {
    a.stage = stage::connecting;
    const auto transport = sources_[a.uri].plan.transport;
    const bool elsewhere = socket->server != a.server;
    a.server = socket->server;
    if (elsewhere && transport != turn::transport::udp) {
      push(event::connection_needed{id, a.base.socket, a.server, transport, a.uri});
    } else {
      push(event::socket_needed{id, a.base.socket, a.server});
    }
  } else if (std::holds_alternative<told::credentials_refused>(e)) {
    push(event::credentials_needed{sources_[a.uri].server, std::nullopt});
  } else if (std::holds_alternative<told::token_needed>(e)) {
    push(event::token_needed{id});
  } else if (const auto* const permitted = std::get_if<told::permitted>(&e)) {
    push(event::permitted{relay_of(permitted->address.family), permitted->address,
                          permitted->in_vain});
  } else if (const auto* const no = std::get_if<told::permission_refused>(&e)) {
    push(event::permission_refused{relay_of(no->address.family), no->address, no->code});
  } else if (const auto* const icmp = std::get_if<told::icmp>(&e)) {
    push(event::icmp{relay_of(icmp->peer.address.family), *icmp});
  } else if (const auto* const lost = std::get_if<told::dropped>(&e)) {
    dropped_ += lost->count;
  }
}

inline void gatherer::on_allocated(attempt& a, const turn::grant& granted) {
  const auto transport = sources_[a.uri].plan.transport;
  const bool is_udp = transport == turn::transport::udp;
  a.server = relays_.find(a.place)->route().remote;
  candidate c{.base = a.base,
              .address = granted.mapped,
              .mapped = granted.mapped,
              .server = a.server,
              .server_number = number_of(a.server.address),
              .transport = transport};
  a.stage = stage::holding;
  a.granted = now_;
  a.ends = is_udp && config_.keepalive > duration::zero() ? deadline{after(now_, config_.keepalive)}
                                                          : std::nullopt;
  a.relay_v4 = a.relay_v6 = {};
  report(a, outcome::answered);
  // From another socket, or over a connection, the server saw another binding than the base's.
  if (is_udp && a.local == a.base.socket) find(c);
  c.kind = service::relay;
  for (const auto& relayed : {granted.relayed_v4, granted.relayed_v6}) {
    if (!relayed) continue;
    c.address = *relayed;
    c.is_replacement = !a.is_first;
    c.place = place_of(a.uri, relayed->address.family);
    c.relay = static_cast<socket_id>(next_relay_--);
    (relayed->address.family == family::ipv4 ? a.relay_v4 : a.relay_v6) = c.relay;
    find(c);
  }
}

inline void gatherer::on_ended(attempt_id, attempt& a, const turn::event::ended& e) {
  a.place = no_place;
  if (a.stage != stage::holding) return fail(a, detail::outcome_of(e.why), e.said);
  for (const auto relay : {a.relay_v4, a.relay_v6}) {
    if (relay != socket_id{}) push(event::relay_lost{relay, e.why, e.said});
  }
  forget(a);
  a.relay_v4 = a.relay_v6 = {};
  let_go(a);
  a.is_first = false;
  if (is_new_trouble(elapsed(a.granted, now_), config_.retry_lost)) a.tries = 0;
  a.out_of_step = e.why == turn::end_reason::out_of_step;
  if (e.why == turn::end_reason::closed) {
    a.stage = stage::failed;
    a.ends.reset();
  } else {
    rest(a);
  }
}

/// Waits before a relay that was lost is asked for again, if it may be.
inline void gatherer::rest(attempt& a) {
  const auto wait = rest_after(config_.retry_lost, a.tries);
  if (wait) ++a.tries;
  a.stage = wait ? stage::resting : stage::failed;
  a.ends = wait ? deadline{after(now_, *wait)} : std::nullopt;
}

/// The candidates of its relay are none any more.
inline void gatherer::forget(const attempt& a) {
  candidates_.erase(std::remove_if(candidates_.begin(), candidates_.end(),
                                   [&](const candidate& c) {
                                     return c.is_relayed() &&
                                            (c.relay == a.relay_v4 || c.relay == a.relay_v6);
                                   }),
                    candidates_.end());
}

}  // namespace floe::gather
