// Two recorded agents that talk, and what a test does with their recordings.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "floe/record/player.hpp"
#include "floe/record/recorder.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace record_test {

using namespace floe;
using namespace std::chrono_literals;

using bytes = std::vector<std::byte>;

/// A sink that keeps everything.
struct memory_sink {
  bytes kept{};
  std::size_t room = ~std::size_t{0};

  bool operator()(byte_view more) {
    if (more.size() > room - kept.size()) return false;
    kept.insert(kept.end(), more.begin(), more.end());
    return true;
  }
};

[[nodiscard]] inline config with_role(ice::role role) {
  config c{.role = role};
  c.report_pairs = true;
  return c;
}

/// A recorded host with one socket.
struct side {
  side(time_point now, const config& behaviour, std::uint64_t seed, const endpoint& bound,
       std::uint64_t limit = record::usual_limit)
      : entropy{seed}, agent{now, behaviour, entropy, sink, memory_ref{}, limit}, at{bound} {}

  /// Tells the other side all there is to know.
  void tell(side& other) const {
    const auto own = agent.local_credentials();
    (void)other.agent.set_remote_credentials(own.ufrag, own.password).has_value();
    (void)other.agent
        .add_remote(
            {.foundation = ice::foundation::from_number(1), .priority = 2130706431, .address = at})
        .has_value();
  }

  sim::random_source entropy;
  memory_sink sink{};
  record::recorder agent;
  endpoint at;
  std::vector<event::any> events{};
  std::size_t received = 0;
};

/// A session in an instant, on a wire without latency.
struct duo {
  explicit duo(const config& left_behaviour = with_role(ice::role::controlling),
               const config& right_behaviour = with_role(ice::role::controlled))
      : left{now, left_behaviour, 1, {address::v4(192, 0, 2, 1), 5000}},
        right{now, right_behaviour, 2, {address::v4(192, 0, 2, 2), 6000}} {
    for (auto* const s : {&left, &right}) {
      (void)s->agent.add_local(socket_id{1}, s->at).value();
      s->agent.gather(now);
    }
    left.tell(right);
    right.tell(left);
  }

  void run_for(duration span) {
    for (const auto end = now + span; now < end; now += 10ms) {
      left.agent.handle_timeout(now);
      right.agent.handle_timeout(now);
      while (deliver(left, right) || deliver(right, left)) {
      }
    }
  }

  bool deliver(side& from, side& to) {
    std::array<std::byte, max_datagram_size> buffer{};
    bool any = false;
    while (const auto out = from.agent.poll_transmit(buffer)) {
      (void)to.agent.handle_datagram(now,
                                     {socket_id{1}, from.at, byte_view{buffer}.first(out->size)});
      any = true;
    }
    while (const auto e = from.agent.poll_event()) from.events.push_back(*e);
    return any;
  }

  bool say(side& from, side& to, std::string_view text) {
    std::array<std::byte, 100> buffer{};
    const auto out = from.agent.encapsulate(now, as_byte_view(text), buffer);
    if (!out) return false;
    const auto result = to.agent.handle_datagram(
        now, {socket_id{1}, from.at, byte_view{buffer}.subspan(out->offset, out->size)});
    to.received += std::holds_alternative<payload>(result) ? 1U : 0U;
    return true;
  }

  time_point now = sim::epoch;
  side left;
  side right;
};

/// The recordings of a session of 20 seconds with data, a restart, and an end.
struct story {
  story() {
    duo d;
    d.left.agent.remark("left");
    d.run_for(2s);
    connected = d.say(d.left, d.right, "hello") && d.say(d.right, d.left, "hello yourself");
    d.left.agent.restart();
    d.left.tell(d.right);
    d.right.tell(d.left);
    d.run_for(18s);
    d.left.agent.close();
    d.right.agent.close();
    d.deliver(d.left, d.right);
    d.deliver(d.right, d.left);
    completed = d.left.received == 1 && d.right.received == 1;
    d.left.agent.stop();
    d.right.agent.stop();
    left = d.left.sink.kept;
    right = d.right.sink.kept;
  }

  bytes left{};
  bytes right{};
  bool connected = false;
  bool completed = false;
};

}  // namespace record_test
