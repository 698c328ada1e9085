// Peers of a session, and data on its way to them.
//
// owns:     which form data takes, and where in the caller's buffer
// does not: know the forms (channel_data.hpp), or ask for anything itself: rows are marked, and the
//           next call with a time sends the requests
// sources:  RFC 8656 sec. 9, 11.1, 12.5; RFC 6062 sec. 4.3
#pragma once

#include "floe/core/language.hpp"

#include <cstring>

#include "floe/turn/session.hpp"

namespace floe::turn {

inline bool session::has_relay(floe::family family) const noexcept {
  if (!grant_) return false;
  return family == family::ipv4 ? grant_->relayed_v4.has_value() : grant_->relayed_v6.has_value();
}

inline result<void> session::check_peer(const address& peer) const noexcept {
  if (state_ == allocation_state::ended || state_ == allocation_state::releasing) {
    return unexpected{errc::session_closed};
  }
  if (!may_be_peer(peer, config_.special_peers)) return unexpected{errc::unusable_address};
  if (grant_ && !has_relay(peer.family)) return unexpected{errc::unusable_address};
  if (!grant_ && !detail::wants(options_.family, peer.family)) {
    return unexpected{errc::unusable_address};
  }
  return {};
}

inline result<void> session::permit(const address& peer) {
  auto usable = check_peer(peer);
  if (!usable) return usable;
  if (permissions_.want(now_, peer) == nullptr) return unexpected{errc::capacity_reached};
  return {};
}

inline void session::forbid(const address& peer) {
  if (auto* const p = permissions_.find(peer)) p->kept = false;
  channels_.for_each([&](channel& c) {
    if (c.peer.address == peer) c.kept = false;
  });
}

inline result<void> session::bind(const endpoint& peer) {
  if (options_.transport == relay_transport::tcp) return unexpected{errc::unsupported};
  if (peer.port == 0) return unexpected{errc::unusable_address};
  auto permitted = permit(peer.address);
  if (!permitted) return permitted;
  if (channels_.want(now_, peer, true) == nullptr) return unexpected{errc::capacity_reached};
  return {};
}

inline result<wrapped> session::wrap(const endpoint& peer, byte_span buffer, std::size_t offset,
                                     std::size_t size, bool ahead) {
  Expects(offset <= buffer.size() && size <= buffer.size() - offset);
  if (options_.transport == relay_transport::tcp) return unexpected{errc::unsupported};
  if (const auto usable = check_peer(peer.address); !usable) return unexpected{usable.error()};
  if (peer.port == 0) return unexpected{errc::unusable_address};
  if (state_ != allocation_state::active) return unexpected{errc::no_path};
  auto* const permission = permissions_.want(now_, peer.address);
  if (permission == nullptr) return unexpected{errc::capacity_reached};
  const bool passes = ahead ? permission->may_stand_by_then() : permission->stands();
  if (!passes) return unexpected{errc::permission_pending};
  permission->ahead = permission->ahead || !permission->stands();

  const auto* const channel = channels_.find(peer);
  const bool by_channel = channel != nullptr && channel->stands();
  const auto front = by_channel ? channel_header_size : send_overhead(peer.address.family);
  if (size > largest_payload - (by_channel ? 0 : front + 3)) return unexpected{errc::unsupported};
  const auto start = offset > front ? offset - front : 0;
  if (start + front + stun::padded(size) > buffer.size()) {
    return unexpected{errc::buffer_too_small};
  }
  auto* const message = buffer.data() + start;
  if (offset != start + front && size > 0) {
    std::memmove(message + front, buffer.data() + offset, size);
  }
  const auto whole =
      by_channel
          ? wrap_in_channel_data(message, size, channel->number, is_stream(config_.transport))
          : wrap_in_send(message, size, peer, stun::transaction_id::random(entropy_));
  if (!unanswered_) unanswered_ = now_;
  if (!by_channel && config_.bind_after > 0 && ++permission->sends >= config_.bind_after) {
    (void)channels_.want(now_, peer);
  }
  return wrapped{{local_, server_, whole}, start};
}

inline result<connection_handle> session::connect(time_point now, const endpoint& peer) {
  advance(now);
  if (options_.transport != relay_transport::tcp) return unexpected{errc::unsupported};
  if (const auto usable = check_peer(peer.address); !usable) return unexpected{usable.error()};
  if (state_ != allocation_state::active) return unexpected{errc::no_path};
  if (peer.port == 0) return unexpected{errc::unusable_address};
  if (!has_room()) return unexpected{errc::capacity_reached};
  const auto row = connections_.insert({.peer = peer});
  if (!row) return unexpected{errc::capacity_reached};
  (void)send({.what = purpose::connect, .connection = *row});
  return *row;
}

inline result<void> session::bind_connection(time_point now, connection_handle which,
                                             socket_id socket) {
  advance(now);
  auto* const c = connections_.find(which);
  if (c == nullptr || c->state != connection_state::offered) return unexpected{errc::no_path};
  if (!has_room()) return unexpected{errc::capacity_reached};
  c->state = connection_state::binding;
  c->socket = socket;
  (void)send({.what = purpose::connection_bind, .connection = which}, socket);
  return {};
}

}  // namespace floe::turn
