// The life of a session: construction, what the host says, what time brings, and the end.
//
// owns:     applying what the rules and tables say to the session's rows
// does not: read responses (session_responses.hpp) or write requests (session_requests.hpp)
// sources:  RFC 8656 sec. 7.1, 8, 9, 12; RFC 8016 sec. 3.2
#pragma once

#include "floe/core/language.hpp"

#include "floe/turn/error_rules.hpp"
#include "floe/turn/session.hpp"

namespace floe::turn {

inline session::session(const session_config& config, entropy_ref entropy, memory_ref memory)
    : config_{config}, entropy_{entropy},
      credential_{config.user, config.password, memory}, options_{config.ask}, local_{config.local},
      server_{config.server}, ticket_{config.ask.mobility ? most_ticket_bytes : 0, memory},
      permissions_(config.limits.permissions, memory), channels_(config.limits.channels, memory),
      connections_(config.ask.transport == relay_transport::tcp ? config.limits.connections : 0,
                   memory),
      transactions_(config.limits.outstanding + own_requests, memory),
      to_send_(2 * (config.limits.outstanding + own_requests), memory),
      events_(config.limits.events, memory),
      reader_(is_stream(config.transport) ? config.limits.stream_frame : 0, memory) {
  config_.user = config_.password = {};
}

inline void session::apply(allocation_event event) {
  if (const auto to = next(state_, event)) state_ = *to;
}

// ---- what the host says
// ---------------------------------------------------------------------

inline result<void> session::start(time_point now) {
  advance(now);
  if (state_ != allocation_state::idle) return unexpected{errc::session_closed};
  const bool over_stream = is_stream(config_.transport);
  if (!is_consistent(options_) || (options_.transport == relay_transport::tcp && !over_stream)) {
    return unexpected{errc::unsupported};
  }
  apply(allocation_event::asked);
  (void)send({.what = purpose::allocate});
  return {};
}

inline void session::close(time_point now) {
  advance(now);
  const bool may_stand =
      state_ == allocation_state::active ||
      (state_ == allocation_state::requested && credential_.is_ready() && !next_allocate_);
  if (state_ == allocation_state::releasing || state_ == allocation_state::ended) return;
  if (!may_stand || awaits_token_) return end(end_reason::closed);
  transactions_.erase_if([](const request&) { return true; });
  permissions_.clear();
  channels_.clear();
  connections_.clear();
  refreshing_ = false;
  apply(allocation_event::closed);
  (void)send({.what = purpose::release});
}

inline void session::abandon(time_point now) {
  advance(now);
  if (state_ != allocation_state::requested || credential_.is_ready()) return close(now);
  abandoned_ = true;
  transactions_.cancel_if([](const request&) { return true; });
  end(end_reason::closed);
}

inline result<void> session::release(time_point now, floe::family family) {
  advance(now);
  if (state_ != allocation_state::active || !has_relay(family) ||
      !has_relay(family == family::ipv4 ? family::ipv6 : family::ipv4)) {
    return unexpected{errc::no_path};
  }
  if (!has_room()) return unexpected{errc::capacity_reached};
  (family == family::ipv4 ? grant_->relayed_v4 : grant_->relayed_v6).reset();
  (void)send({.what = purpose::release_family, .target = static_cast<std::uint16_t>(family)});
  drop_unreachable();
  return {};
}

inline result<void> session::use_socket(time_point now, socket_id local) {
  advance(now);
  if (!awaits_socket_) return unexpected{errc::unsupported};
  awaits_socket_ = false;
  local_ = local;
  ask_at_ = now_;
  pump();
  return {};
}

inline result<void> session::bring_token(time_point now, const token& t) {
  advance(now);
  auto brought = credential_.bring(t);
  if (!brought) return brought;
  if (std::exchange(awaits_token_, false) && state_ == allocation_state::waiting) ask_at_ = now_;
  pump();
  return {};
}

inline result<void> session::use_credentials(std::string_view user, std::string_view password) {
  auto taken = credential_.replace(user, password);
  if (taken) complained_ = false;
  return taken;
}

inline void session::prove() noexcept {
  if (state_ != allocation_state::active) return;
  proving_ = true;
  refresh_ = now_;
}

inline result<void> session::move(time_point now, socket_id local) {
  advance(now);
  if (state_ != allocation_state::active) return unexpected{errc::no_path};
  if (ticket_.empty() || is_stream(config_.transport)) return unexpected{errc::unsupported};
  transactions_.erase_if([](const request& r) { return r.what == purpose::move; });
  if (transactions_.size() == transactions_.capacity()) return unexpected{errc::capacity_reached};
  moving_to_ = local;
  (void)send({.what = purpose::move}, local);
  return {};
}

inline void session::handle_unreachable(time_point now, socket_id local) {
  advance(now);
  if (moving_to_ == local) {
    moving_to_.reset();
    transactions_.erase_if([](const request& r) { return r.what == purpose::move; });
    events_.push(event::move_failed{});
  } else if (local == local_) {
    end(end_reason::unreachable);
  } else if (const auto id = connections_.find_if([&](const connection& c) {
               return c.socket == local && c.state >= connection_state::binding;
             })) {
    transactions_.erase_if([&](const request& r) {
      return r.what == purpose::connection_bind && r.connection == *id;
    });
    events_.push(event::connection_failed{*id, connections_[*id].peer, std::nullopt});
    connections_.erase(*id);
  }
  pump();
}

// ---- what time brings
// -----------------------------------------------------------------------

inline void session::handle_timeout(time_point now) {
  advance(now);
  pump();
}

/// Does everything that is due, in an order in which nothing comes due again.
inline void session::pump() {
  while (const auto due = transactions_.on_time(now_)) {
    if (due->kind == request_table::due::what::expired) {
      on_silence(due->row);
    } else if (due->row.owner.is_protected &&
               due->row.owner.credential != credential_.generation()) {
      // Its nonce is stale by now, and repeated with another it would be another request.
      transactions_.erase(due->which);
      again(due->row);
    } else {
      queue(due->which);
      if (is_about_allocation(due->row.owner.what)) {
        ++silence_.unanswered;
        ask_for_life();
      }
    }
  }
  expire();
  start_due();
}

inline void session::expire() {
  if (state_ == allocation_state::active && expires_ && *expires_ <= now_) {
    return end(end_reason::expired);
  }
  permissions_.expire(now_);
  channels_.expire(now_);
  connections_.for_each([&](connection_handle id, const connection& c) {
    if (!c.expires || *c.expires > now_) return;
    transactions_.erase_if(
        [&](const request& r) { return r.what == purpose::connection_bind && r.connection == id; });
    events_.push(event::connection_failed{id, c.peer, std::nullopt});
    connections_.erase(id);
  });
}

/// True for requests that a server which forgot the allocation may leave unanswered.
inline bool session::is_about_allocation(purpose what) noexcept {
  return what == purpose::refresh || what == purpose::create_permission ||
         what == purpose::channel_bind;
}

/// Asks the server for a sign of life that has nothing to do with the allocation.
inline void session::ask_for_life() {
  bool under_way = is_stream(config_.transport);  // a restart ends the connection
  transactions_.for_each([&](request_table::id, const request_table::row& row) {
    under_way = under_way || row.owner.what == purpose::binding;
  });
  if (!under_way) (void)send({.what = purpose::binding});
}

/// The server is there.
inline void session::on_life() {
  ++silence_.answered;
  if (state_ != allocation_state::active || !is_forgotten(silence_)) return;
  // What was unanswered is repeated as another request, for it showed what is not shown any more.
  if (is_distrusted() && credential_.fall_back()) {
    silence_ = {};
    return;
  }
  end(end_reason::forgotten);
}

/// True while a request has been answered without proof only, as servers do that do not know who
/// asks.
inline bool session::is_distrusted() const {
  bool found = false;
  transactions_.for_each([&](request_table::id, const request_table::row& row) {
    found = found || (row.unproved && row.owner.credential == credential_.generation());
  });
  return found;
}

/// Nothing came back for a request.
inline void session::on_silence(const request_table::row& row) {
  if (row.owner.what == purpose::allocate) {
    return end(row.unproved ? end_reason::unproved : end_reason::timeout);
  }
  const bool is_outdated = row.owner.credential != credential_.generation();
  if (row.unproved && (is_outdated || credential_.fall_back())) return again(row);
  give_up(row.owner, std::nullopt);
}

/// Puts what a request was for back to where it was before. The allocation and what stands lasts
/// as long as it did.
inline void session::give_up(const request& r, std::optional<stun::error_code> code) {
  switch (r.what) {
    case purpose::allocate:
    case purpose::binding:
    case purpose::release_family: break;
    case purpose::refresh:
      refreshing_ = proving_ = false;
      if (expires_) refresh_ = retry_at(now_, *expires_);
      break;
    case purpose::release: end(end_reason::closed); break;
    case purpose::move:
      moving_to_.reset();
      events_.push(event::move_failed{code});
      break;
    case purpose::create_permission: put_back_permissions(r.target); break;
    case purpose::channel_bind: put_back_channel(r.target); break;
    case purpose::connect:
    case purpose::connection_bind:
      if (const auto* const c = connections_.find(r.connection)) {
        events_.push(event::connection_failed{r.connection, c->peer, code});
        connections_.erase(r.connection);
      }
      break;
  }
}

inline void session::put_back_permissions(std::uint16_t batch) {
  permissions_.lose_ahead(batch);
  permissions_.in_batch(batch, [&](permission& p) {
    turn::permissions::apply(p, permission_event::unanswered);
    p.due = p.stands() ? retry_at(now_, *p.expires) : after(now_, retry_wait);
  });
}

inline void session::put_back_channel(std::uint16_t number) {
  auto* const c = channels_.find(number);
  if (c == nullptr) return;
  turn::channels::apply(*c, channel_event::unanswered);
  c->due = c->stands() ? retry_at(now_, *c->expires) : after(now_, retry_wait);
}

inline void session::end(end_reason why) {
  if (state_ == allocation_state::ended) return;
  apply(state_ == allocation_state::releasing ? allocation_event::released
                                              : allocation_event::lost);
  if (!abandoned_) transactions_.erase_if([](const request&) { return true; });
  permissions_.clear();
  channels_.clear();
  connections_.clear();
  expires_.reset();
  refresh_.reset();
  ask_at_.reset();
  unanswered_.reset();
  moving_to_.reset();
  next_allocate_.reset();
  refreshing_ = proving_ = awaits_token_ = awaits_socket_ = false;
  events_.end({why, said_});
}

inline deadline session::refresh_at() const noexcept {
  if (state_ != allocation_state::active || refreshing_) return std::nullopt;
  return earliest(refresh_, probe_at(unanswered_, config_.patience));
}

inline deadline session::next_timeout() const noexcept {
  soonest next;
  next.note(transactions_.deadline());
  if (state_ == allocation_state::waiting && !awaits_socket_ && !awaits_token_) {
    next.note(ask_at_);
  }
  if (state_ != allocation_state::active) return before_end(next.get());
  next.note(expires_);
  next.note(permissions_.next_expiry());
  next.note(channels_.next_change());
  connections_.for_each([&](connection_handle, const connection& c) { next.note(c.expires); });
  if (!awaits_token_) {
    next.note(refresh_at());
    if (has_room()) {
      next.note(permissions_.next_due());
      next.note(channels_.next_due());
    }
  }
  return before_end(next.get());
}

}  // namespace floe::turn
