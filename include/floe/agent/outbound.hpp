// A datagram on its way out: from an intent to bytes in the caller's buffer.
//
// owns:     which key signs what, and the counters of what left
// does not: decide that anything is sent
// sources:  RFC 8445 sec. 7.1, 7.3, 12.1
#pragma once

#include "floe/core/language.hpp"

#include <cstring>

#include "floe/agent/agent.hpp"
#include "floe/ice/check_incoming.hpp"
#include "floe/ice/check_request.hpp"
#include "floe/ice/keepalive_indication.hpp"

namespace floe {

inline std::optional<transmit> agent::poll_transmit(byte_span buffer) {
  // What leaves through a relay may leave the relay something to ask for.
  while (true) {
    if (const auto out = poll_gatherer(buffer)) return out;
    if (closed_) return std::nullopt;
    const auto out = poll_outbox(buffer);
    if (out) return *out;
    if (out.error() == errc::buffer_too_small || !ask_relays()) return std::nullopt;
    pump();
  }
}

/// errors: buffer_too_small; no_path when nothing waits
inline result<transmit> agent::poll_outbox(byte_span buffer) {
  while (const auto* const next = outbox_.next_reply()) {
    const auto to = next->to;
    const auto out = wrap(to, buffer, 0, write(*next, buffer));
    if (!out && out.error() == errc::buffer_too_small) return unexpected{out.error()};
    outbox_.pop_reply();
    if (out) return sent(to, *out);
  }
  while (const auto* const next = outbox_.next_check(transactions_)) {
    const auto to = next->path;
    const auto out = wrap(to, buffer, 0, write(*next, buffer), true);
    if (!out && out.error() == errc::buffer_too_small) return unexpected{out.error()};
    outbox_.pop_check(transactions_, !out && out.error() == errc::permission_pending);
    if (out) return sent(to, *out);
  }
  return unexpected{errc::no_path};
}

inline std::optional<transmit> agent::poll_gatherer(byte_span buffer) {
  auto* const g = gatherer();
  auto out = g != nullptr ? g->poll_transmit(buffer) : std::nullopt;
  if (out) {
    out->remote = as_sent({out->local, out->remote});
    ++stats_.datagrams_sent;
    stats_.bytes_sent += out->size;
  }
  return out;
}

inline std::optional<event::any> agent::poll_event() { return events_.pop(); }

inline result<transmit> agent::encapsulate(time_point now, byte_view data, byte_span buffer,
                                           stream_id stream, component_id component) {
  now_ = (std::max)(now_, now);
  if (const auto known = locate(stream, component); !known) return unexpected{known.error()};
  const auto& link = find_component(stream, component)->link;
  // A host that is late names the time with data only.
  if (!link || link->consent.has_expired(now_, config_.consent)) return unexpected{errc::no_path};
  const auto gone = gone_at(*find_component(stream, component));
  if (gone && now_ >= *gone) return unexpected{errc::no_path};
  const auto place = offset_in(buffer, data);
  if (!place && data.size() > buffer.size()) return unexpected{errc::buffer_too_small};
  if (!place && !data.empty()) std::memmove(buffer.data(), data.data(), data.size());
  const auto out = wrap(link->path, buffer, place.value_or(0), data.size());
  if (!out) return unexpected{out.error()};
  return sent(link->path, *out);
}

/// errors: buffer_too_small; stale_generation when the key it needs is gone
inline result<std::size_t> agent::write(const reply& reply, byte_span buffer) const {
  if (reply.what == reply::keepalive) return ice::write_keepalive(buffer, reply.transaction);
  const stun::integrity_key* key = nullptr;
  if (reply.proved) {
    const auto* const generation = find_generation(reply.stream, reply.generation);
    if (generation == nullptr) return unexpected{errc::stale_generation};
    key = &generation->local.key;
  }
  if (reply.what == reply::error) {
    return ice::write_check_error(buffer, reply.transaction, reply.code, reply.unknown, key);
  }
  return ice::write_check_success(buffer, reply.transaction, reply.to.remote, *key);
}

/// errors: buffer_too_small; stale_generation when the credentials it needs are gone
inline result<std::size_t> agent::write(const check_transactions::row& row,
                                        byte_span buffer) const {
  const auto* const generation = find_generation(row.owner.stream, row.owner.generation);
  if (generation == nullptr || !generation->remote) return unexpected{errc::stale_generation};
  const auto username = ice::join_username(*generation->remote, generation->local);
  return ice::write_check(buffer, row.transaction, row.owner.request, username.view(),
                          generation->remote->key);
}

/// Notes that a datagram leaves along a path.
inline transmit agent::sent(const path& path, const transmit& datagram) {
  ++stats_.datagrams_sent;
  stats_.bytes_sent += datagram.size;
  for (auto& c : components_) {
    if (c.link && c.link->path == path) c.link->last_sent = now_;
  }
  return datagram;
}

inline const ice::valid_pair* agent::selected(stream_id stream, component_id component) const {
  const auto* const c = find_component(stream, component);
  if (c == nullptr) return nullptr;
  const auto id = in_use(*c);
  return id ? valid_.find(*id) : nullptr;
}

}  // namespace floe
