// A TURN session on a virtual clock, with a server at the other end of a perfect wire.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "floe/turn/session.hpp"
#include "support/entropy.hpp"
#include "turn/scripted_server.hpp"

namespace support {

inline constexpr floe::socket_id turn_socket{7};
inline const floe::endpoint turn_client{floe::address::v4(10, 0, 0, 1), 5000};

/// Whatever the address that a socket has behind its NAT.
inline floe::endpoint client_at(floe::socket_id socket) {
  return {turn_client.address, static_cast<std::uint16_t>(5000 + static_cast<unsigned>(socket))};
}

inline floe::turn::session_config turn_config() {
  floe::turn::session_config config;
  config.local = turn_socket;
  config.server = {floe::address::v4(192, 0, 2, 15), 3478};
  config.user = "user";
  config.password = "pass";
  return config;
}

class bench {
 public:
  explicit bench(const floe::turn::session_config& config = turn_config(),
                 floe::memory_ref memory = {})
      : session{config, entropy, memory} {}

  struct sent {
    floe::transmit to;
    bytes message;
  };

  counting_entropy entropy;
  scripted_server server;
  floe::time_point now{};
  bool lose_all = false;
  std::vector<sent> log;                       ///< all that left
  std::vector<floe::turn::event::any> events;  ///< all that were told
  std::vector<std::pair<floe::endpoint, bytes>> received;
  floe::turn::session session;

  /// What waits to be sent, without giving it to the server.
  std::vector<sent> drain() {
    std::vector<sent> out;
    std::array<std::byte, 2048> buffer{};
    while (const auto to = session.poll_transmit(buffer)) {
      REQUIRE(out.size() < 100);
      out.push_back({*to, copy(floe::byte_view{buffer}.first(to->size))});
    }
    log.insert(log.end(), out.begin(), out.end());
    while (const auto e = session.poll_event()) events.push_back(*e);
    const auto next = session.next_timeout();
    if (settled_) CHECK((!next || *next > now));
    return out;
  }

  /// Passes messages to and fro until both are silent.
  void settle() {
    settled_ = true;
    session.handle_timeout(now);
    for (int rounds = 0;; ++rounds) {
      REQUIRE(rounds < 200);
      const auto out = drain();
      if (out.empty()) break;
      for (const auto& s : out) {
        if (lose_all) continue;
        if (s.to.remote != server.at) continue;
        for (const auto& answer : server.take(now, client_at(s.to.local), s.message)) {
          deliver(answer, s.to.local);
        }
      }
    }
  }

  /// Gives bytes of the server to the session.
  std::optional<floe::reject> deliver(floe::byte_view in, floe::socket_id at = turn_socket,
                                      std::optional<floe::endpoint> from = std::nullopt) {
    const auto result = session.handle_datagram(now, {at, from.value_or(server.at), in});
    if (!result) return result.error();
    if (const auto& data = *result) received.emplace_back(data->peer, copy(data->bytes));
    return std::nullopt;
  }

  /// Lets time pass, and everything happen that it brings.
  void run(floe::duration span) {
    const auto end = now + span;
    for (int turns = 0;; ++turns) {
      REQUIRE(turns < 200000);
      settle();
      const auto next = session.next_timeout();
      if (!next || *next > end) break;
      now = std::max(now, *next);
    }
    now = end;
    settle();
  }

  /// Up to an allocation.
  void allocate() {
    REQUIRE(session.start(now));
    settle();
    REQUIRE(session.state() == floe::turn::allocation_state::active);
  }

  /// The last event of a kind.
  template <class E>
  std::optional<E> last() const {
    for (auto it = events.rbegin(); it != events.rend(); ++it) {
      if (const auto* const e = std::get_if<E>(&*it)) return *e;
    }
    return std::nullopt;
  }
  template <class E>
  std::size_t count() const {
    std::size_t n = 0;
    for (const auto& e : events) n += std::holds_alternative<E>(e) ? 1U : 0U;
    return n;
  }

  /// Sends a payload to a peer, with so much headroom.
  floe::result<floe::turn::wrapped> send(const floe::endpoint& peer, const bytes& payload,
                                         std::size_t headroom = 48) {
    bytes buffer(headroom + payload.size() + 64);
    std::copy(payload.begin(), payload.end(),
              buffer.begin() + static_cast<std::ptrdiff_t>(headroom));
    const auto out = session.wrap(peer, buffer, headroom, payload.size());
    if (out) {
      last_message = copy(floe::byte_view{buffer}.subspan(out->offset, out->to_send.size));
      for (const auto& answer : server.take(now, client_at(out->to_send.local), last_message)) {
        deliver(answer, out->to_send.local);
      }
    }
    return out;
  }

  bytes last_message;

 private:
  bool settled_ = false;
};

/// How a message of `log` reads.
inline floe::stun::message_view parsed(const bytes& message) {
  const auto m = floe::stun::message_view::parse(message);
  REQUIRE(m);
  return *m;
}

}  // namespace support
