// What a session does about success responses.
//
// owns:     reading what was granted into the rows
// does not: read errors (session_errors.hpp)
// sources:  RFC 8656 sec. 7.3, 8.3, 10.3, 12.3; RFC 6062 sec. 4.3; RFC 8489 sec. 6.3.3
#pragma once

#include "floe/core/language.hpp"

#include "floe/turn/error_rules.hpp"
#include "floe/turn/session.hpp"

namespace floe::turn {

inline void session::on_success(const request_table::row& row, const stun::message_view& message) {
  const auto& r = row.owner;
  if (!is_understood(message)) return fail_senseless(row, message);
  switch (r.what) {
    case purpose::allocate: return on_granted(message);
    case purpose::refresh:
    case purpose::move: return on_refreshed(row, message);
    case purpose::release: return end(end_reason::closed);
    case purpose::release_family:
    case purpose::binding: return;
    case purpose::create_permission: return on_permitted(r.target);
    case purpose::channel_bind: return on_channel_bound(r.target);
    case purpose::connect: return on_connected(row, message);
    case purpose::connection_bind:
      if (auto* const c = connections_.find(r.connection)) {
        c->state = connection_state::bound;
        c->expires.reset();
        events_.push(event::connection_bound{r.connection});
      }
      return;
  }
}

inline void session::on_granted(const stun::message_view& message) {
  const auto read = read_grant(message, options_, server_);
  if (!read) {
    // Something may stand on the server that is of no use here.
    if (!credential_.is_ready() || read.error() == grant_fault::zero_lifetime) {
      return end(end_reason::unusable_answer);
    }
    end(end_reason::unusable_answer);
    (void)send({.what = purpose::release});
    return;
  }
  apply(allocation_event::granted);
  grant_ = *read;
  const auto lifetime = lifetime_of(grant_->lifetime);
  expires_ = after(now_, lifetime);
  refresh_ = after(now_, refresh_after(lifetime));
  keep_ticket(message);
  events_.push(event::allocated{*grant_, options_});
  drop_unreachable();
}

/// Lets go of peers that no address of the relay can reach.
inline void session::drop_unreachable() {
  permissions_.for_each([&](permission& p) {
    if (!p.kept || has_relay(p.address.family)) return;
    p.kept = false;
    events_.push(
        event::permission_refused{p.address, stun::error_code::peer_address_family_mismatch});
  });
  channels_.for_each([&](channel& c) {
    if (!has_relay(c.peer.address.family)) c.kept = false;
  });
}

inline void session::on_refreshed(const request_table::row& row,
                                  const stun::message_view& message) {
  const auto granted = message.get<stun::lifetime>();
  if (!granted) return give_up(row.owner, std::nullopt);
  if (granted->value == 0) return end(end_reason::forgotten);
  const auto lifetime = lifetime_of(granted->value);
  expires_ = after(now_, lifetime);
  refresh_ = after(now_, refresh_after(lifetime));
  if (row.owner.what == purpose::refresh) refreshing_ = false;
  if (row.owner.what != purpose::move) return;
  keep_ticket(message);
  local_ = row.path.local;
  moving_to_.reset();
  // What was asked from the old address is asked again from the new one.
  while (const auto old = [&]() -> std::optional<request_table::id> {
    std::optional<request_table::id> found;
    transactions_.for_each([&](request_table::id id, const request_table::row& other) {
      if (other.path.local != local_ && other.owner.what != purpose::connection_bind) {
        found = id;
      }
    });
    return found;
  }()) {
    const auto r = transactions_.find(*old)->owner;
    transactions_.erase(*old);
    (void)send(r);
  }
  events_.push(event::moved{local_});
}

inline void session::on_permitted(std::uint16_t batch) {
  permissions_.in_batch(batch, [&](permission& p) {
    const bool stood = p.stands();
    turn::permissions::apply(p, permission_event::granted);
    p.expires = after(now_, permission_lifetime);
    p.due = after(now_, refresh_after(permission_lifetime));
    if (!stood) events_.push(event::permitted{p.address, p.in_vain});
    p.ahead = p.in_vain = false;
  });
}

inline void session::on_channel_bound(std::uint16_t number) {
  auto* const c = channels_.find(number);
  if (c == nullptr) return;
  const bool stood = c->stands();
  turn::channels::apply(*c, channel_event::granted);
  c->expires = after(now_, channel_lifetime);
  c->due = after(now_, refresh_after(channel_lifetime));
  if (!stood) events_.push(event::channel_bound{c->peer, number});
  auto* const p = permissions_.find(c->peer.address);
  if (p == nullptr || p->is_under_way()) return;
  const bool stands = p->stands();
  turn::permissions::apply(*p, permission_event::granted);
  p->expires = after(now_, permission_lifetime);
  p->due = after(now_, refresh_after(permission_lifetime));
  if (!stands) events_.push(event::permitted{p->address, p->in_vain});
  p->ahead = p->in_vain = false;
}

inline void session::on_connected(const request_table::row& row,
                                  const stun::message_view& message) {
  auto* const c = connections_.find(row.owner.connection);
  if (c == nullptr) return;
  const auto id = message.get<stun::connection_id>();
  if (!id) return give_up(row.owner, std::nullopt);
  c->state = connection_state::offered;
  c->id = id->value;
  c->expires = after(now_, connection_bind_limit);
  events_.push(event::connection_offered{row.owner.connection, c->peer, false});
}

inline void session::keep_ticket(const stun::message_view& message) {
  const auto ticket = message.get<stun::mobility_ticket>();
  ticket_.clear();
  if (!options_.mobility || !ticket || ticket->value.size() > most_ticket_bytes) return;
  ticket_.assign(ticket->value.begin(), ticket->value.end());
}

}  // namespace floe::turn
