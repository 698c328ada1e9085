// What comes from the server: told apart, and data stripped of its wrapping, once.
//
// owns:     the order of the steps: route, tell apart, check, hand out
// does not: act on responses (session_responses.hpp)
// sources:  RFC 8656 sec. 11.4 to 11.6, 12.6; RFC 6062 sec. 4.4, 4.5; RFC 8489 sec. 6.3
// invariant: bytes that prove nothing change nothing but the sign of life.
#pragma once

#include "floe/core/language.hpp"

#include "floe/stun/credential_rules.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/response_rules.hpp"
#include "floe/turn/session.hpp"

namespace floe::turn {

inline bool session::accepts(const path& from) const noexcept {
  if (from.remote != server_) return false;
  if (from.local == local_ || moving_to_ == from.local) return true;
  return connections_
      .find_if([&](const connection& c) {
        return c.socket == from.local && c.state >= connection_state::binding;
      })
      .has_value();
}

inline inbound session::handle_datagram(time_point now, const datagram& in) {
  advance(now);
  const path from{in.local, in.remote};
  if (!accepts(from)) return unexpected{reject::wrong_path};
  const auto out = dispatch(from, in.bytes);
  const bool is_data = out && *out;
  if (!is_data) pump();  // data changes nothing
  return out;
}

inline void session::handle_stream(time_point now, socket_id local, byte_view bytes) {
  advance(now);
  fed_.reset();
  held_.reset();
  if (local == local_) {
    fed_ = local;
    reader_.feed(bytes);
    return;
  }
  if (const auto id = connections_.find_if([&](const connection& c) {
        return c.socket == local && c.state >= connection_state::binding;
      })) {
    held_ = held_bytes{*id, bytes};
  }
}

inline std::optional<inbound> session::next_inbound(time_point now) {
  advance(now);
  if (held_) return on_connection_bytes();
  if (!fed_) return std::nullopt;
  const auto message = reader_.next();
  if (!message) {
    fed_.reset();
    if (reader_.is_broken()) end(end_reason::broken_stream);
    pump();
    return std::nullopt;
  }
  auto out = dispatch({*fed_, server_}, *message);
  pump();
  return out;
}

/// Bytes of a data connection: the response to its ConnectionBind, then the peer's.
inline std::optional<inbound> session::on_connection_bytes() {
  const auto [id, bytes] = *held_;
  held_.reset();
  auto* const c = connections_.find(id);
  if (c == nullptr || bytes.empty()) return std::nullopt;
  if (c->state == connection_state::bound) return inbound{relayed_data{c->peer, bytes, id}};
  const auto read = c->reader.feed(bytes);
  if (read.broken) {
    handle_unreachable(now_, c->socket);
    return inbound{unexpected{reject::not_stun}};
  }
  if (!read.message) return std::nullopt;
  // The message lives in the row, which the response may erase.
  const auto whole = c->reader;
  const auto message = stun::message_view::parse(byte_view{whole.held()});
  const path from{c->socket, server_};
  auto out = message ? on_message(from, *message) : inbound{unexpected{message.error()}};
  pump();
  if (auto* const still = connections_.find(id)) {
    still->reader = {};
    held_ = held_bytes{id, read.rest};
  }
  return out;
}

inline inbound session::dispatch(const path& from, byte_view bytes) {
  // What was allocated but is of no use is still given back.
  if (state_ == allocation_state::ended && transactions_.size() == 0) {
    return unexpected{reject::closed};
  }
  if (stun::classify(bytes) == stun::protocol::turn_channel) return on_channel(bytes);
  const auto message = stun::message_view::parse(bytes);
  if (!message) return unexpected{message.error()};
  return on_message(from, *message);
}

inline inbound session::on_message(const path& from, const stun::message_view& message) {
  if (!stun::has_good_fingerprint(message, false)) return unexpected{reject::bad_fingerprint};
  switch (message.cls()) {
    case stun::message_class::request: return unexpected{reject::unsupported_method};
    case stun::message_class::indication:
      if (message.method() == stun::method::data) return on_data(message);
      if (message.method() == stun::method::connection_attempt) return on_attempt(message);
      return unexpected{reject::unsupported_method};
    case stun::message_class::success:
    case stun::message_class::error: return on_response(from, message);
  }
  return unexpected{reject::unsupported_method};
}

inline inbound session::on_channel(byte_view bytes) {
  const auto data = read_channel_data(bytes);
  if (!data) return unexpected{reject::truncated};
  const auto* const c = channels_.find(data->number);
  // The first data may overtake the answer that says that the channel stands.
  if (c == nullptr || (!c->stands() && c->state != channel_state::binding)) {
    return unexpected{reject::unverified_source};
  }
  heard();
  return std::optional{relayed_data{c->peer, data->payload, std::nullopt}};
}

inline inbound session::on_data(const stun::message_view& message) {
  constexpr std::array known{stun::attribute_type::xor_peer_address, stun::attribute_type::data};
  if (!message.unknown_required(known).empty()) return unexpected{reject::unknown_attribute};
  const auto peer = message.get<stun::xor_peer_address>();
  if (!peer) return unexpected{reject::bad_attribute};
  const auto* const row = permissions_.find(peer->value.address);
  if (row == nullptr || (!row->stands() && !row->is_under_way())) {
    return unexpected{reject::unverified_source};
  }
  const auto data = message.get<stun::data>();
  const auto icmp = message.get<stun::icmp>();
  if (data.has_value() == message.has<stun::icmp>() || (!data && !icmp)) {
    return unexpected{reject::bad_attribute};
  }
  heard();
  if (data) return std::optional{relayed_data{peer->value, data->value, std::nullopt}};
  events_.push(event::icmp{peer->value, icmp->icmp_type, icmp->icmp_code, icmp->error_data});
  return std::optional<relayed_data>{};
}

/// A peer connects to a relay that speaks TCP.
inline inbound session::on_attempt(const stun::message_view& message) {
  constexpr std::array known{stun::attribute_type::xor_peer_address,
                             stun::attribute_type::connection_id};
  if (!message.unknown_required(known).empty()) return unexpected{reject::unknown_attribute};
  const auto peer = message.get<stun::xor_peer_address>();
  const auto id = message.get<stun::connection_id>();
  if (!peer || !id) return unexpected{reject::bad_attribute};
  if (options_.transport != relay_transport::tcp || !permissions_.stands(peer->value.address)) {
    return unexpected{reject::unverified_source};
  }
  const auto row = connections_.insert({.peer = peer->value,
                                        .state = connection_state::offered,
                                        .id = id->value,
                                        .expires = after(now_, connection_bind_limit)});
  if (row) events_.push(event::connection_offered{*row, peer->value, true});
  return std::optional<relayed_data>{};
}

/// A response to request `id` that proves nothing, as without the integrity it must have, is no
/// answer; see end_reason::unproved.
inline inbound session::distrust(request_table::id id, reject why) {
  auto* const live = transactions_.find(id);
  live->unproved = true;
  // Nothing is repeated on a stream, so that no better answer can come.
  if (is_stream(config_.transport)) {
    const auto last = *live;
    transactions_.erase(id);
    // With newer credentials there is another key, and the request is made anew.
    if (last.owner.credential == credential_.generation()) {
      on_silence(last);
    } else {
      again(last);
    }
  }
  return unexpected{why};
}

/// Why a response is as if it never came; none when it counts. Notes what it says all the same.
inline std::optional<reject> session::find_fault(const request_table::row& row,
                                                 const stun::message_view& message) {
  if (row.owner.what == purpose::binding) return std::nullopt;
  const auto error = message.get<stun::error_code_attribute>();
  const auto code = error ? std::optional{error->code} : std::nullopt;
  const bool bid_down = stun::is_bid_down(message);
  const auto found = row.owner.is_protected ? credential_.prove(message) : stun::proof::missing;
  if (message.cls() == stun::message_class::error && code) {
    said_ = complaint{*code, found == stun::proof::right && !bid_down};
  }
  if (bid_down) return reject::bad_attribute;
  if (!row.owner.is_protected || stun::may_act_on(message.cls(), code, found, true)) {
    return std::nullopt;
  }
  return found == stun::proof::missing ? reject::no_integrity : reject::bad_integrity;
}

inline inbound session::on_response(const path& from, const stun::message_view& message) {
  const auto id = transactions_.find(message.transaction());
  if (!id) return unexpected{reject::unknown_transaction};
  auto* const live = transactions_.find(*id);
  if (live->path != from) return unexpected{reject::wrong_path};
  if (message.method() != method_of(live->owner.what)) {
    return unexpected{reject::unknown_transaction};
  }
  if (const auto fault = find_fault(*live, message)) return distrust(*id, *fault);
  const auto row = *live;
  transactions_.erase(*id);
  has_heard_ = true;
  if (abandoned_) {
    const bool granted = message.cls() == stun::message_class::success;
    if (granted && row.owner.what == purpose::allocate) (void)send({.what = purpose::release});
    return std::optional<relayed_data>{};
  }
  rto_.measure(elapsed(row.schedule.start(), now_), row.schedule.sends());
  if (row.owner.what == purpose::binding) {
    on_life();
    return std::optional<relayed_data>{};
  }
  // A challenge says nothing of the allocation.
  const auto error = message.get<stun::error_code_attribute>();
  const bool is_challenge =
      error && stun::decide_error(error->code, 1) == stun::error_decision::authenticate;
  if (message.cls() == stun::message_class::error && is_challenge) {
    unanswered_.reset();
  } else {
    heard();
  }
  if (message.cls() == stun::message_class::success) {
    said_.reset();
    if (row.owner.is_protected) credential_.accepted();
    on_success(row, message);
  } else {
    on_error(row, message);
  }
  return std::optional<relayed_data>{};
}

}  // namespace floe::turn
