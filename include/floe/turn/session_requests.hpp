// The requests of a session on their way out: what is due, and its bytes.
//
// owns:     starting what is due while there is room, and writing each request
// does not: decide when something is due: the rows and refresh_rules.hpp say so
// sources:  RFC 8656 sec. 7.1, 8.1, 10.1, 12.1; RFC 6062 sec. 4.3, 4.4; RFC 8489 sec. 6.2.1
#pragma once

#include "floe/core/language.hpp"

#include <optional>
#include <utility>

#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/writer.hpp"
#include "floe/turn/session.hpp"

namespace floe::turn {

inline stun::method session::method_of(purpose what) noexcept {
  switch (what) {
    case purpose::allocate: return stun::method::allocate;
    case purpose::refresh:
    case purpose::release:
    case purpose::release_family:
    case purpose::move: return stun::method::refresh;
    case purpose::create_permission: return stun::method::create_permission;
    case purpose::channel_bind: return stun::method::channel_bind;
    case purpose::connect: return stun::method::connect;
    case purpose::connection_bind: return stun::method::connection_bind;
    case purpose::binding: return stun::method::binding;
  }
  return stun::method::binding;
}

/// Starts a transaction. False when there is no room for it, which the places beyond
/// limits.outstanding rule out for the allocation's own requests.
inline bool session::send(request r, socket_id from) {
  r.is_protected = credential_.is_ready() && r.what != purpose::binding;
  r.credential = credential_.generation();
  auto plan = config_.retransmit;
  plan.rto = rto_.rto(config_.retransmit.rto);
  auto schedule = stun::retransmit_schedule{now_, plan};
  if (is_stream(config_.transport)) {
    schedule = stun::retransmit_schedule::once(now_, config_.reliable_timeout);
  } else if (r.what == purpose::binding) {
    schedule = stun::retransmit_schedule::once(now_, plan.rto);
  }
  if (is_about_allocation(r.what)) ++silence_.unanswered;
  const auto id =
      transactions_.start(stun::transaction_id::random(entropy_), path{from, server_}, schedule, r);
  if (!id) return false;
  queue(*id);
  return true;
}

/// Sends the same request in a new transaction, in the place of one that has left the table.
inline void session::again(const request_table::row& row) {
  if (row.owner.what == purpose::allocate) return ask(row.owner);
  const bool sent = send(row.owner, row.path.local);
  Ensures(sent);
}

/// Sends an Allocate after the first, or lets it wait for its turn.
inline void session::ask(const request& r) {
  if (config_.paced) {
    next_allocate_ = r;
    return;
  }
  const bool sent = send(r);
  Ensures(sent);
}

inline void session::start_next(time_point now) {
  advance(now);
  const auto next = std::exchange(next_allocate_, std::nullopt);
  if (next) (void)send(*next);
}

inline void session::queue(request_table::id id) {
  for (std::size_t i = 0; i < to_send_.size(); ++i) {
    if (to_send_[i] == id) return;
  }
  if (to_send_.full()) {
    to_send_.erase_if([&](request_table::id old) { return transactions_.find(old) == nullptr; });
  }
  const bool queued = to_send_.push(id);
  Ensures(queued);
}

inline std::optional<transmit> session::poll_transmit(byte_span buffer) {
  while (!to_send_.empty()) {
    const auto* const row = transactions_.find(to_send_.front());
    if (row == nullptr || row->cancelled) {
      to_send_.pop();
      continue;
    }
    const auto size = write(*row, buffer);
    if (!size && size.error() == errc::buffer_too_small) return std::nullopt;
    to_send_.pop();
    if (size) return transmit{row->path.local, row->path.remote, *size};
  }
  return std::nullopt;
}

inline result<std::size_t> session::write(const request_table::row& row, byte_span buffer) {
  const auto& r = row.owner;
  stun::writer out{buffer, {method_of(r.what), stun::message_class::request}, row.transaction};
  if (!config_.software.empty()) out.add(stun::software{config_.software});
  switch (r.what) {
    case purpose::allocate: turn::write(out, options_); break;
    case purpose::move: out.add(stun::mobility_ticket{ticket_}); [[fallthrough]];
    case purpose::refresh:
      if (options_.lifetime) out.add(stun::lifetime{*options_.lifetime});
      break;
    case purpose::release: out.add(stun::lifetime{0}); break;
    case purpose::release_family:
      out.add(stun::lifetime{0});
      out.add(stun::requested_address_family{static_cast<floe::family>(r.target)});
      break;
    case purpose::create_permission:
      permissions_.in_batch(r.target, [&](const permission& p) {
        out.add(stun::xor_peer_address{{p.address, 0}});
      });
      break;
    case purpose::channel_bind:
      out.add(stun::channel_number{r.target});
      if (const auto* const c = channels_.find(r.target)) out.add(stun::xor_peer_address{c->peer});
      break;
    case purpose::connect:
      if (const auto* const c = connections_.find(r.connection)) {
        out.add(stun::xor_peer_address{c->peer});
      }
      break;
    case purpose::connection_bind:
      if (const auto* const c = connections_.find(r.connection)) {
        out.add(stun::connection_id{c->id});
      }
      break;
    case purpose::binding: break;
  }
  if (r.is_protected && credential_.is_ready()) credential_.protect(out);
  if (config_.fingerprint) out.add_fingerprint();
  return out.finish();
}

/// Starts what is due, the allocation's own requests first.
inline void session::start_due() {
  if (awaits_token_ || awaits_socket_) return;
  if (state_ == allocation_state::waiting && ask_at_ && *ask_at_ <= now_) {
    ask_at_.reset();
    apply(allocation_event::asked);
    ask({.what = purpose::allocate});
  }
  if (state_ != allocation_state::active) return;
  const auto refresh = refresh_at();
  if (refresh && *refresh <= now_) {
    refreshing_ = send({.what = purpose::refresh});
  }
  start_permissions();
  start_channels();
}

inline void session::start_permissions() {
  while (has_room()) {
    ++batch_;
    const auto peers = permissions_.gather(now_, batch_, config_.peers_per_request);
    if (peers == 0) break;
    (void)send({.what = purpose::create_permission,
                .peers = static_cast<std::uint8_t>(peers),
                .target = batch_});
  }
}

inline void session::start_channels() {
  while (has_room()) {
    auto* const row = channels_.due(now_);
    if (row == nullptr) break;
    turn::channels::apply(*row, channel_event::asked);
    (void)send({.what = purpose::channel_bind, .target = row->number});
  }
}

}  // namespace floe::turn
