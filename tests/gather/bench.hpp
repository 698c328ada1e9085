// A gatherer on a virtual clock, with as many servers as a test wants.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "floe/gather/gatherer.hpp"
#include "floe/stun/binding_responder.hpp"
#include "support/entropy.hpp"
#include "turn/scripted_server.hpp"

namespace support {

inline constexpr floe::socket_id wlan{1};
inline constexpr floe::socket_id cable{2};
inline const floe::endpoint wlan_at{floe::address::v4(10, 0, 0, 1), 5001};
inline const floe::endpoint cable_at{floe::address::v4(10, 0, 1, 1), 5002};

/// What the Internet sees of a socket.
inline floe::endpoint outside(floe::socket_id socket, std::uint16_t shift = 0) {
  return {floe::address::v4(198, 51, 100, 7),
          static_cast<std::uint16_t>(40000 + shift + static_cast<unsigned>(socket))};
}

class gather_bench {
 public:
  explicit gather_bench(const floe::gather::config& config, floe::memory_ref memory = {})
      : gatherer{config, entropy, memory} {}

  struct sent {
    floe::time_point at;
    floe::transmit to;
    bytes message;
  };

  counting_entropy entropy;
  std::map<floe::endpoint, scripted_server, endpoint_order> turn_servers;
  std::map<floe::endpoint, bool, endpoint_order> stun_servers;  ///< false: full of silence
  std::uint16_t shift = 0;                                      ///< of the NAT's ports
  bool identity = false;                                        ///< no NAT
  /// Whether connections that are wanted come about; unset: the test sees to them.
  std::optional<bool> connects;
  std::vector<floe::socket_id> connections;  ///< that stand, oldest first
  floe::time_point now{};
  floe::duration ta = std::chrono::milliseconds{50};
  floe::time_point next_start{};
  std::vector<sent> log;
  std::vector<std::pair<floe::time_point, floe::gather::event::any>> events;
  std::vector<floe::gather::unwrapped> received;
  std::vector<bytes> payloads;
  floe::gather::gatherer gatherer;

  scripted_server& add_turn(const floe::endpoint& at) {
    auto& s = turn_servers[at];
    s.at = at;
    s.dual_ipv6 = false;
    return s;
  }

  floe::endpoint mapped(floe::socket_id socket) const {
    if (identity) return socket == wlan ? wlan_at : cable_at;
    return outside(socket, shift);
  }

  void deliver(const floe::endpoint& from, floe::socket_id to, floe::byte_view in) {
    if (std::find(connections.begin(), connections.end(), to) != connections.end()) {
      return feed(to, in);
    }
    take(gatherer.handle_datagram(now, {to, from, in}));
  }

  /// Lets a connection end, as its server would.
  void disconnect(floe::socket_id connection, const floe::endpoint& server) {
    std::erase(connections, connection);
    gatherer.handle_unreachable(now, {connection, server});
    settle();
  }

  void feed(floe::socket_id connection, floe::byte_view in) {
    CHECK(gatherer.handle_stream(now, connection, in));
    while (const auto what = gatherer.next_inbound(now)) take(*what);
  }

  void take(const floe::gather::inbound& what) {
    if (const auto* const data = std::get_if<floe::gather::unwrapped>(&what)) {
      received.push_back(*data);
      payloads.push_back(copy(data->bytes));
    }
  }

  void settle() {
    gatherer.handle_timeout(now);
    for (int rounds = 0;; ++rounds) {
      REQUIRE(rounds < 500);
      if (gatherer.wants_start() && now >= next_start) {
        gatherer.start_one(now);
        next_start = now + ta;
      }
      std::array<std::byte, 2048> buffer{};
      bool any = false;
      while (const auto to = gatherer.poll_transmit(buffer)) {
        any = true;
        log.push_back({now, *to, copy(floe::byte_view{buffer}.first(to->size))});
        const auto message = log.back().message;
        answer(*to, message);
      }
      while (const auto e = gatherer.poll_event()) {
        any = true;
        events.emplace_back(now, *e);
        connect(*e);
      }
      if (!any) break;
    }
    const auto next = gatherer.next_timeout();
    CHECK((!next || *next > now));
  }

  void run(floe::duration span) {
    const auto end = now + span;
    for (int turns = 0;; ++turns) {
      REQUIRE(turns < 100000);
      settle();
      auto next = gatherer.next_timeout();
      if (gatherer.wants_start()) next = floe::earliest(next, next_start);
      if (!next || *next > end) break;
      now = std::max(now, *next);
    }
    now = end;
    settle();
  }

  template <class E>
  std::vector<E> all() const {
    std::vector<E> out;
    for (const auto& [at, e] : events) {
      if (const auto* const one = std::get_if<E>(&e)) out.push_back(*one);
    }
    return out;
  }
  template <class E>
  std::optional<floe::time_point> when() const {
    for (const auto& [at, e] : events) {
      if (std::holds_alternative<E>(e)) return at;
    }
    return std::nullopt;
  }
  std::vector<floe::gather::candidate> found() const {
    std::vector<floe::gather::candidate> out;
    for (const auto& f : all<floe::gather::event::found>()) out.push_back(f.candidate);
    return out;
  }

 private:
  void connect(const floe::gather::event::any& e) {
    const auto* const wanted = std::get_if<floe::gather::event::connection_needed>(&e);
    if (wanted == nullptr || !connects) return;
    if (!*connects) return gatherer.connect_failed(now, wanted->attempt);
    connections.push_back(static_cast<floe::socket_id>(next_connection_++));
    REQUIRE(gatherer.connected(now, wanted->attempt, connections.back()));
  }

  void answer(const floe::transmit& to, const bytes& message) {
    using namespace floe;
    const auto client = mapped(to.local);
    const auto parsed = stun::message_view::parse(message);
    const bool binding = parsed && parsed->method() == stun::method::binding;
    const auto turn = turn_servers.find(to.remote);
    const auto plain = stun_servers.find(to.remote);
    const bool speaks = plain != stun_servers.end() ? plain->second : turn != turn_servers.end();
    if (binding && speaks) {
      std::array<std::byte, 100> buffer{};
      const auto size = stun::writer{buffer,
                                     {stun::method::binding, stun::message_class::success},
                                     parsed->transaction()}
                            .add(stun::xor_mapped_address{client})
                            .finish();
      deliver(to.remote, to.local, byte_view{buffer}.first(size.value()));
    } else if (!binding && turn != turn_servers.end()) {
      turn->second.mapped = client;
      for (const auto& a : turn->second.take(now, client, message)) {
        deliver(to.remote, to.local, a);
      }
    }
  }

  std::uint32_t next_connection_ = 100;
};

}  // namespace support
