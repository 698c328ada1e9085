// A deterministic world for agents: virtual time, a wire with latency, and a say over every
// datagram.
//
// owns:     time, delivery, the nodes, and the checks of what must hold after every step
// does not: know NATs; a datagram reaches the socket that is bound to its destination
// invariant: the same seed and the same script give the same run, byte for byte.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "floe/agent/agent.hpp"
#include "floe/record/recorder.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/turn/channel_data.hpp"
#include "sim/recorded.hpp"
#include "sim/time.hpp"

namespace floe::sim {

/// Random bytes that a seed determines.
class seeded_entropy {
 public:
  explicit seeded_entropy(std::uint64_t seed) : engine_{seed} {}

  void operator()(byte_span out) {
    for (auto& octet : out) octet = static_cast<std::byte>(engine_() & 0xffU);
  }

 private:
  std::mt19937_64 engine_;
};

/// Something that happened at an instant.
template <class T>
struct timed {
  time_point at;
  T what;
};

/// A host with an agent and its sockets.
struct node {
  node(std::string called, time_point now, const config& behaviour, std::uint64_t seed,
       record::sink_ref sink)
      : name{std::move(called)}, entropy{seed}, recorder{now, behaviour, entropy, sink},
        agent{const_cast<floe::agent&>(recorder.agent())} {}

  std::string name;
  seeded_entropy entropy;
  record::recorder recorder;
  floe::agent& agent;  ///< in the recorder, which hears only what goes through itself
  std::vector<std::pair<socket_id, endpoint>> sockets;
  std::vector<timed<event::any>> events;
  std::vector<timed<std::string>> received;  ///< payloads
  std::vector<inbound> inbounds;
  std::vector<time_point> check_times;  ///< when new checks left
  bool alive = true;                    ///< a dead node takes nothing and says nothing
};

/// A datagram on the wire.
struct wired {
  std::size_t index = 0;  ///< counts all datagrams of the world
  time_point sent_at;
  node* from = nullptr;
  endpoint source;
  endpoint destination;
  std::vector<std::byte> bytes;
};

/// What becomes of a datagram: each entry is a copy that arrives after that time. Empty: lost.
using fate = std::vector<duration>;

class world {
 public:
  explicit world(std::uint64_t seed, duration latency = 10ms) : seed_{seed}, latency_{latency} {}

  [[nodiscard]] time_point now() const { return now_; }
  [[nodiscard]] std::chrono::duration<double, std::milli> elapsed() const { return now_ - epoch; }
  [[nodiscard]] const std::vector<wired>& log() const { return log_; }
  [[nodiscard]] duration latency() const { return latency_; }

  /// Decides about every datagram; by default each arrives once, after the latency.
  std::function<fate(const wired&)> decide;

  /// sink: where the agent's recording goes, if anywhere
  node& add(std::string name, const config& behaviour, record::sink_ref sink = {}) {
    nodes_.push_back(std::make_unique<node>(std::move(name), now_, behaviour,
                                            seed_ * 1000 + nodes_.size(), sink));
    return *nodes_.back();
  }

  /// Binds a socket of a node and names it to the agent.
  ice::local_id bind(node& n, const endpoint& at, stream_id stream = {},
                     component_id component = component_id{1}) {
    const auto socket = static_cast<socket_id>(n.sockets.size() + 1);
    n.sockets.emplace_back(socket, at);
    return n.recorder.add_local(socket, at, stream, component).value();
  }

  /// Lets a node act, and drains it as the contract says.
  template <class Act>
  void act(node& n, Act&& act) {
    const auto checks = n.agent.stats().checks_sent;
    give(n.recorder, act);
    drain(n);
    const auto started = n.agent.stats().checks_sent - checks;
    require(started <= 1, n, "more than one new check in one call");
    if (started == 1) n.check_times.push_back(now_);
  }

  /// Hands bytes to a node as if they had arrived, whatever the wire says.
  inbound inject(node& n, socket_id socket, const endpoint& from, byte_view bytes) {
    inbound result;
    act(n, [&](auto& a) { result = a.handle_datagram(now_, {socket, from, bytes}); });
    note(n, result);
    return result;
  }

  /// Runs until `done()` or `limit`; returns whether `done()` holds.
  template <class Done>
  bool run_until(Done&& done, duration limit) {
    const auto end = after(now_, limit);
    for (std::size_t steps = 0;; ++steps) {
      if (done()) return true;
      if (steps > step_limit) throw std::runtime_error{"livelock, seed " + std::to_string(seed_)};
      const auto next = next_instant();
      if (!next || *next > end) {
        now_ = end;
        return done();
      }
      now_ = (std::max)(now_, *next);
      step();
    }
  }

  void run_for(duration span) {
    run_until([] { return false; }, span);
  }

 private:
  struct arrival {
    time_point at;
    std::size_t index;  ///< into log_
  };

  static constexpr std::size_t step_limit = 1'000'000;

  [[nodiscard]] deadline next_instant() const {
    deadline next;
    for (const auto& n : nodes_) {
      if (n->alive) next = earliest(next, n->agent.next_timeout());
    }
    for (const auto& a : wire_) next = earliest(next, a.at);
    return next;
  }

  void step() {
    // Deliveries of this instant in the order they were sent, then timers.
    for (;;) {
      const auto due =
          std::min_element(wire_.begin(), wire_.end(), [](const auto& a, const auto& b) {
            return std::pair{a.at, a.index} < std::pair{b.at, b.index};
          });
      if (due == wire_.end() || due->at > now_) break;
      const auto index = due->index;
      wire_.erase(due);
      deliver(index);
    }
    for (const auto& n : nodes_) {
      const auto next = n->agent.next_timeout();
      if (!n->alive || !next || *next > now_) continue;
      act(*n, [&](auto& a) { a.handle_timeout(now_); });
      const auto later = n->agent.next_timeout();
      require(!later || *later > now_, *n, "next_timeout() stands still");
    }
  }

  void deliver(std::size_t index) {
    const auto packet = log_[index];
    for (const auto& n : nodes_) {
      for (const auto& [socket, bound] : n->sockets) {
        if (bound == packet.destination && n->alive)
          inject(*n, socket, packet.source, packet.bytes);
      }
    }
  }

  void drain(node& n) {
    std::array<std::byte, max_datagram_size + max_relay_overhead> buffer{};
    while (const auto out = n.recorder.poll_transmit(buffer)) {
      const auto bytes = byte_view{buffer}.subspan(out->offset, out->size);
      require(stun::message_view::parse(bytes) || turn::read_channel_data(bytes), n,
              "sent something that does not parse");
      send(n, *out, bytes);
    }
    while (const auto e = n.recorder.poll_event()) n.events.push_back({now_, *e});
  }

 public:
  /// Puts a datagram of a node on the wire.
  void send(node& n, const transmit& out, byte_view bytes) {
    if (!n.alive) return;
    const auto source = std::find_if(n.sockets.begin(), n.sockets.end(),
                                     [&](const auto& s) { return s.first == out.local; });
    require(source != n.sockets.end(), n, "sent from a socket that it does not have");
    log_.push_back({log_.size(),
                    now_,
                    &n,
                    source->second,
                    out.remote,
                    {bytes.data(), bytes.data() + bytes.size()}});
    const auto copies = decide ? decide(log_.back()) : fate{latency_};
    for (const auto delay : copies) wire_.push_back({after(now_, delay), log_.size() - 1});
  }

  /// Sends user data of a node; returns whether it had a path.
  bool send_data(node& n, std::string_view text, stream_id stream = {},
                 component_id component = component_id{1}) {
    std::array<std::byte, 1500> buffer{};
    const auto out = n.recorder.encapsulate(now_, as_byte_view(text), buffer, stream, component);
    if (out) send(n, *out, byte_view{buffer}.subspan(out->offset, out->size));
    return out.has_value();
  }

 private:
  void note(node& n, const inbound& result) {
    n.inbounds.push_back(result);
    if (const auto* const data = std::get_if<payload>(&result)) {
      n.received.push_back({now_, std::string{as_text(data->bytes)}});
    }
  }

  void require(bool holds, const node& n, const char* what) const {
    if (!holds) throw std::runtime_error{n.name + ": " + what + ", seed " + std::to_string(seed_)};
  }

  std::uint64_t seed_;
  duration latency_;
  time_point now_ = epoch;
  std::vector<std::unique_ptr<node>> nodes_;
  std::vector<wired> log_;
  std::vector<arrival> wire_;
};

/// The first event of a type that a node has seen; nullptr when none.
template <class Event>
[[nodiscard]] const timed<event::any>* first_event(const node& n) {
  const auto found = std::find_if(n.events.begin(), n.events.end(), [](const auto& e) {
    return std::holds_alternative<Event>(e.what);
  });
  return found == n.events.end() ? nullptr : &*found;
}

template <class Event>
[[nodiscard]] std::size_t count_events(const node& n) {
  return static_cast<std::size_t>(
      std::count_if(n.events.begin(), n.events.end(),
                    [](const auto& e) { return std::holds_alternative<Event>(e.what); }));
}

/// The candidates of a node that its agent keeps and has conveyed.
[[nodiscard]] inline std::vector<ice::candidate> candidates_of(const node& n) {
  std::vector<ice::candidate> all;
  for (const auto& e : n.events) {
    if (const auto* const c = std::get_if<event::local_candidate>(&e.what)) {
      const auto* const row = n.agent.local(c->id);
      if (row == nullptr) continue;
      if (std::find(all.begin(), all.end(), row->candidate) == all.end()) {
        all.push_back(row->candidate);
      }
    }
  }
  return all;
}

/// Tells `to` everything about `from`, as signalling would, in an instant.
inline void signal(world& w, node& from, node& to, stream_id stream = {}) {
  const auto told = from.agent.local_credentials(stream);
  w.act(to, [&](auto& a) {
    (void)a.set_remote_credentials(told.ufrag, told.password, stream).has_value();
  });
  for (const auto& candidate : candidates_of(from)) {
    w.act(to, [&](auto& a) { (void)a.add_remote(candidate, told.ufrag, stream).has_value(); });
  }
  w.act(to, [&](auto& a) { (void)a.end_of_remote_candidates({}, stream).has_value(); });
}

inline void gather_all(world& w, node& n) {
  w.act(n, [&](auto& a) { a.gather(w.now()); });
}

[[nodiscard]] inline bool is_settled(const node& n) {
  return n.agent.state() == connection_state::completed;
}

}  // namespace floe::sim
