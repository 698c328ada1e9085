// What a TURN server does about each message.
//
// owns:     the cases of RFC 8656 §7.2, §8.2, §10.2, §11.3, §12.2, §12.5 in their order
// does not: decide about credentials (turn_credentials.hpp)
#pragma once

#include "floe/stun/demux.hpp"
#include "sim/turn_server.hpp"

namespace floe::sim {

namespace detail {

inline constexpr std::array known_in_turn{
    stun::attribute_type::username,
    stun::attribute_type::realm,
    stun::attribute_type::nonce,
    stun::attribute_type::userhash,
    stun::attribute_type::password_algorithm,
    stun::attribute_type::channel_number,
    stun::attribute_type::lifetime,
    stun::attribute_type::xor_peer_address,
    stun::attribute_type::data,
    stun::attribute_type::requested_address_family,
    stun::attribute_type::even_port,
    stun::attribute_type::requested_transport,
    stun::attribute_type::dont_fragment,
    stun::attribute_type::reservation_token,
};

}  // namespace detail

inline void turn_server::from_client(time_point now, const endpoint& client, byte_view bytes) {
  if (silent) return;
  handle_timeout(now);
  if (stun::classify(bytes) == stun::protocol::turn_channel) {
    return on_channel_data(now, client, bytes);
  }
  const auto message = stun::message_view::parse(bytes);
  if (!message) return;
  if (message->cls() == stun::message_class::indication) {
    if (message->method() == stun::method::send) on_send(now, client, *message);
    return;
  }
  if (message->cls() != stun::message_class::request) return;
  if (message->method() == stun::method::binding) {
    std::vector<std::byte> told(max_datagram_size);
    const auto out = stun::respond_to_binding({{}, client, bytes}, told);
    if (!out) return;
    told.resize(out->size);
    out_.push_back({true, {}, client, std::move(told)});
    return;
  }
  on_request(now, client, *message);
}

inline void turn_server::from_peer(time_point now, const endpoint& relayed, const endpoint& peer,
                                   byte_view bytes) {
  if (silent) return;
  handle_timeout(now);
  auto* const a = rows_.at(relayed);
  if (a == nullptr || !a->permits(now, peer.address)) return;
  std::vector<std::byte> wrapped(bytes.size() + 64);
  if (const auto* const c = a->channel(now, peer)) {
    store_be(wrapped.data(), c->number);
    store_be(wrapped.data() + 2, static_cast<std::uint16_t>(bytes.size()));
    std::copy(bytes.begin(), bytes.end(), wrapped.begin() + 4);
    wrapped.resize(bytes.size() + 4);
  } else {
    stun::writer out{wrapped,
                     {stun::method::data, stun::message_class::indication},
                     stun::transaction_id::random(chance_)};
    wrapped.resize(out.add(stun::xor_peer_address{peer}).add(stun::data{bytes}).finish().value());
  }
  out_.push_back({true, {}, a->client, std::move(wrapped)});
}

inline void turn_server::on_request(time_point now, const endpoint& client,
                                    const stun::message_view& message) {
  const auto known = std::find_if(answered_.begin(), answered_.end(), [&](const answer& a) {
    return a.client == client && a.id == message.transaction();
  });
  if (known != answered_.end()) {
    out_.push_back({true, {}, client, known->bytes});
    return;
  }
  const auto admission = credentials_.admit(now, message);
  request r{now, client, message, admission.user, {}};
  switch (admission.what) {
    case stun::admission::admit: break;
    case stun::admission::drop: return;
    case stun::admission::bad_request: return fail(r, stun::error_code::bad_request);
    case stun::admission::unauthenticated:
    case stun::admission::stale_nonce: {
      std::vector<std::byte> bytes(largest);
      stun::writer out{
          bytes, {message.method(), stun::message_class::error}, message.transaction()};
      out.add(stun::error_code_attribute{admission.what == stun::admission::stale_nonce
                                             ? stun::error_code::stale_nonce
                                             : stun::error_code::unauthenticated});
      credentials_.challenge(now, out);
      bytes.resize(out.finish().value());
      out_.push_back({true, {}, client, std::move(bytes)});
      return;
    }
  }
  r.proof = admission.proof;
  const auto unknown = message.unknown_required(detail::known_in_turn);
  if (!unknown.empty()) return fail(r, stun::error_code::unknown_attribute, unknown);
  if (const auto code = take_refusal(message.method())) return fail(r, *code);
  const auto* const a = rows_.of_client(client);
  if (a == nullptr && config_.habits.forgets_silently &&
      message.method() != stun::method::allocate) {
    return;
  }
  const auto name = r.user != nullptr ? r.user->name : std::string{};
  if (a != nullptr && a->user != name) return fail(r, stun::error_code::wrong_credentials);
  if (message.method() == stun::method::allocate) return on_allocate(r);
  if (message.method() == stun::method::refresh) return on_refresh(r);
  if (message.method() == stun::method::create_permission) return on_create_permission(r);
  if (message.method() == stun::method::channel_bind) return on_channel_bind(r);
  fail(r, stun::error_code::bad_request);
}

/// RFC 8656 §7.2, steps 2 to 10 as far as they need no rows.
inline std::optional<stun::error_code> turn_server::find_allocate_fault(const request& r) const {
  const auto& m = r.message;
  const auto transport = m.get<stun::requested_transport>();
  if (!transport) return stun::error_code::bad_request;
  if (transport->value != stun::transport_udp) {
    return stun::error_code::unsupported_transport_protocol;
  }
  const bool token = m.has<stun::reservation_token>();
  const bool wants_family = m.has<stun::requested_address_family>();
  const bool wants_both = m.has<stun::additional_address_family>();
  const bool even = m.has<stun::even_port>();
  if (token && (even || wants_family || wants_both)) return stun::error_code::bad_request;
  if (wants_both && (wants_family || even)) return stun::error_code::bad_request;
  if (wants_both &&
      m.get<stun::additional_address_family>().value_or(stun::additional_address_family{}).value !=
          family::ipv6) {
    return stun::error_code::bad_request;
  }
  const auto f = m.get<stun::requested_address_family>();
  if (wants_family && !f) return stun::error_code::address_family_not_supported;
  if (!rows_.serves(f ? f->value : family::ipv4) && !wants_both) {
    return stun::error_code::address_family_not_supported;
  }
  const auto name = r.user != nullptr ? r.user->name : std::string{};
  if (rows_.count_of(name) >= config_.quota) return stun::error_code::allocation_quota_reached;
  return std::nullopt;
}

inline void turn_server::on_allocate(const request& r) {
  if (rows_.of_client(r.client) != nullptr) {
    return fail(r, stun::error_code::allocation_mismatch);
  }
  if (const auto fault = find_allocate_fault(r)) return fail(r, *fault);
  if (alternate_) return fail(r, stun::error_code::try_alternate);
  const auto& m = r.message;
  const bool asks_for_both = m.has<stun::additional_address_family>();
  const auto second = config_.habits.second;
  if (asks_for_both && second == second_family::refused) {
    return fail(r, stun::error_code::address_family_not_supported);
  }
  if (asks_for_both && second == second_family::too_much) {
    return fail(r, stun::error_code::insufficient_capacity);
  }
  const auto life = granted(m);
  const auto until = after(r.now, life);
  const auto name = r.user != nullptr ? r.user->name : std::string{};
  const auto wanted = m.get<stun::requested_address_family>();
  const bool both = asks_for_both && second != second_family::ignored;
  const auto even = m.get<stun::even_port>();

  std::vector<endpoint> made;
  std::optional<stun::reservation_token> kept;
  if (const auto token = m.get<stun::reservation_token>()) {
    const auto found = std::find_if(tokens_.begin(), tokens_.end(),
                                    [&](const auto& t) { return t.first == *token; });
    if (found == tokens_.end()) return fail(r, stun::error_code::insufficient_capacity);
    made.push_back(rows_.add_at(r.client, found->second, name, until).relayed);
    tokens_.erase(found);
  } else {
    for (const auto f : {family::ipv4, family::ipv6}) {
      if (!both && f != (wanted ? wanted->value : family::ipv4)) continue;
      if (rows_.serves(f)) {
        made.push_back(rows_.add(r.client, f, name, until, even.has_value()).relayed);
      }
    }
    if (even && even->reserve_next) {
      const endpoint next{made[0].address, static_cast<std::uint16_t>(made[0].port + 1)};
      if (!rows_.reserve(next)) {
        rows_.erase_if([&](const turn_allocation& a) { return a.client == r.client; });
        return fail(r, stun::error_code::insufficient_capacity);
      }
      kept.emplace();
      chance_(kept->value);
      tokens_.emplace_back(*kept, next);
    }
  }
  succeed(r, [&](stun::writer& out) {
    const auto missing = made[0].address.family == family::ipv4 ? family::ipv6 : family::ipv4;
    if (config_.habits.names_no_relay && made.size() == 1) {
      const auto none = missing == family::ipv4 ? address::v4(0, 0, 0, 0) : address::v6({});
      out.add(stun::xor_relayed_address{{none, 0}});
    }
    for (const auto& relayed : made) out.add(stun::xor_relayed_address{relayed});
    if (both && made.size() == 1) {
      out.add(stun::address_error_code{missing, {stun::error_code::address_family_not_supported}});
    }
    out.add(stun::lifetime{in_seconds(life)});
    if (kept) out.add(*kept);
    out.add(stun::xor_mapped_address{r.client});
  });
}

inline void turn_server::on_refresh(const request& r) {
  const auto wanted = r.message.get<stun::requested_address_family>();
  if (rows_.of_client(r.client) == nullptr) {
    return fail(r, stun::error_code::allocation_mismatch);
  }
  const auto fits = [&](const turn_allocation& a) {
    return a.client == r.client && (!wanted || a.relayed.address.family == wanted->value);
  };
  if (wanted && rows_.of_client(r.client, wanted->value) == nullptr) {
    return fail(r, stun::error_code::peer_address_family_mismatch);
  }
  const auto asked = r.message.get<stun::lifetime>();
  const auto life = asked && asked->value == 0 ? duration::zero() : granted(r.message);
  if (life == duration::zero()) {
    rows_.erase_if(fits);
  } else {
    for (const auto f : {family::ipv4, family::ipv6}) {
      auto* const a = rows_.of_client(r.client, f);
      if (a != nullptr && fits(*a)) a->until = after(r.now, life);
    }
  }
  succeed(r, [&](stun::writer& out) { out.add(stun::lifetime{in_seconds(life)}); });
}

/// What stands against an exchange with a peer.
inline std::optional<stun::error_code> turn_server::find_peer_fault(const endpoint& client,
                                                                    const address& peer) {
  if (rows_.of_client(client) == nullptr) return stun::error_code::allocation_mismatch;
  if (rows_.of_client(client, peer.family) == nullptr) {
    return stun::error_code::peer_address_family_mismatch;
  }
  const auto& no = forbidden_peers;
  if (std::find(no.begin(), no.end(), peer) != no.end()) return stun::error_code::forbidden;
  return std::nullopt;
}

inline void turn_server::on_create_permission(const request& r) {
  if (rows_.of_client(r.client) == nullptr) {
    return fail(r, stun::error_code::allocation_mismatch);
  }
  std::vector<address> peers;
  for (const auto& raw : r.message) {
    if (raw.type != stun::attribute_type::xor_peer_address) continue;
    const auto peer = stun::xor_peer_address::decode(raw.value, r.message.transaction());
    if (!peer) return fail(r, stun::error_code::bad_request);
    if (const auto fault = find_peer_fault(r.client, peer->value.address)) return fail(r, *fault);
    peers.push_back(peer->value.address);
  }
  if (peers.empty()) return fail(r, stun::error_code::bad_request);
  for (const auto& peer : peers) {
    rows_.of_client(r.client, peer.family)->permit(peer, after(r.now, config_.permission));
  }
  succeed(r, [](stun::writer&) {});
}

inline void turn_server::on_channel_bind(const request& r) {
  if (rows_.of_client(r.client) == nullptr) {
    return fail(r, stun::error_code::allocation_mismatch);
  }
  const auto number = r.message.get<stun::channel_number>();
  const auto peer = r.message.get<stun::xor_peer_address>();
  if (!number || !peer || number->value < 0x4000 || number->value > 0x4fff) {
    return fail(r, stun::error_code::bad_request);
  }
  if (const auto fault = find_peer_fault(r.client, peer->value.address)) return fail(r, *fault);
  auto& a = *rows_.of_client(r.client, peer->value.address.family);
  if (!a.bind(r.now, number->value, peer->value, after(r.now, config_.channel))) {
    return fail(r, stun::error_code::bad_request);
  }
  a.permit(peer->value.address, after(r.now, config_.permission));
  succeed(r, [](stun::writer&) {});
}

inline void turn_server::on_send(time_point now, const endpoint& client,
                                 const stun::message_view& message) {
  const auto peer = message.get<stun::xor_peer_address>();
  const auto content = message.get<stun::data>();
  if (!peer || !content || !message.unknown_required(detail::known_in_turn).empty()) return;
  const auto* const a = rows_.of_client(client, peer->value.address.family);
  if (a == nullptr || !a->permits(now, peer->value.address)) return;
  to_peer(*a, peer->value, content->value);
}

inline void turn_server::on_channel_data(time_point now, const endpoint& client, byte_view bytes) {
  if (bytes.size() < 4) return;
  const auto number = load_be<std::uint16_t>(bytes.data());
  const std::size_t size = load_be<std::uint16_t>(bytes.data() + 2);
  if (size > bytes.size() - 4) return;
  for (const auto f : {family::ipv4, family::ipv6}) {
    const auto* const a = rows_.of_client(client, f);
    if (a == nullptr) continue;
    const auto* const c = a->channel(now, number);
    if (c == nullptr || !a->permits(now, c->peer.address)) continue;
    return to_peer(*a, c->peer, bytes.subspan(4, size));
  }
}

inline std::optional<stun::error_code> turn_server::take_refusal(stun::method method) {
  for (auto& r : refusals_) {
    if (r.method != method || r.times == 0) continue;
    --r.times;
    return r.code;
  }
  return std::nullopt;
}

/// The lifetime that a request gets.
inline duration turn_server::granted(const stun::message_view& message) const {
  const auto asked = message.get<stun::lifetime>();
  if (!asked) return config_.lifetime;
  return std::clamp<duration>(std::chrono::seconds{asked->value}, config_.lifetime,
                              (std::max)(config_.lifetime, config_.longest));
}

}  // namespace floe::sim
