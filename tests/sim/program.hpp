// A program of one thread with many agents, such as a user would write.
//
// owns:     ports, a wire with latency, and one loop that sleeps until something is due
// does not: lose anything on the wire but what nobody is there to take; sim/world.hpp does
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sim/scripted_peer.hpp"

namespace floe::sim {

/// One UDP port and all agents behind it. They are asked in turn whose a datagram is.
struct port {
  endpoint at;
  std::vector<std::unique_ptr<agent>> agents{};
  std::vector<std::vector<std::string>> received{};  ///< of each agent
  std::size_t calls = 0;
};

/// A program of one thread: ports, a wire between them, and no more.
class program {
 public:
  explicit program(std::uint64_t seed) : entropy_{seed} {}

  std::function<void(agent&, const event::any&)> on_event;
  duration latency = 10ms;
  time_point now = epoch;
  std::size_t sent = 0;

  port& open(const endpoint& at) {
    ports_.push_back(std::make_unique<port>(port{at}));
    return *ports_.back();
  }

  agent& add(port& p, const config& behaviour) {
    p.agents.push_back(std::make_unique<agent>(now, behaviour, entropy_));
    p.received.emplace_back();
    auto& a = *p.agents.back();
    if (!a.add_local(socket_id{1}, p.at)) throw std::runtime_error{"no candidate"};
    a.gather(now);
    return a;
  }

  static void tell(agent& to, const agent& about, const endpoint& at) {
    const auto told = about.local_credentials();
    (void)to.set_remote_credentials(told.ufrag, told.password).has_value();
    (void)to
        .add_remote(
            {.foundation = ice::foundation::from_number(1), .priority = 2130706431, .address = at})
        .has_value();
  }

  /// Hands over what has arrived, lets time pass, and drains, as a program does when it wakes.
  void serve() {
    for (const auto& p : ports_) {
      while (!wire_.empty() && take(*p)) {
      }
      for (const auto& a : p->agents) {
        a->handle_timeout(now);
        ++p->calls;
        drain(*p, *a);
      }
    }
    wire_.erase(wire_.begin(), wire_.upper_bound(now));  // nobody is there to take it
  }

  /// When something is to be done.
  [[nodiscard]] deadline next() const {
    deadline first;
    if (!wire_.empty()) first = wire_.begin()->first;
    for (const auto& p : ports_) {
      for (const auto& a : p->agents) first = earliest(first, a->next_timeout());
    }
    return first;
  }

  /// Sleeps until something is to be done, again and again, up to `limit`; returns how often.
  std::size_t run(duration limit) {
    const auto end = now + limit;
    std::size_t turns = 0;
    std::size_t at_once = 0;
    for (serve();; serve(), ++turns) {
      const auto wake = next();
      if (!wake || *wake > end) break;
      // What a call made possible may start now, but nothing may ask for two turns without sleep.
      at_once = *wake > now ? 0 : at_once + 1;
      if (*wake < now || at_once > 1) throw std::runtime_error{"the loop spins"};
      now = *wake;
    }
    now = end;
    return turns;
  }

  bool say(port& from, agent& a, std::string_view text) {
    std::array<std::byte, 100> buffer{};
    const auto out = a.encapsulate(now, as_byte_view(text), buffer);
    if (out) post(from, *out, buffer);
    return out.has_value();
  }

 private:
  struct mail {
    endpoint from;
    endpoint to;
    octets content;
  };

  bool take(port& p) {
    const auto found = std::find_if(wire_.begin(), wire_.end(), [&](const auto& entry) {
      return entry.first <= now && entry.second.to == p.at;
    });
    if (found == wire_.end()) return false;
    const auto [from, to, content] = found->second;
    wire_.erase(found);
    for (std::size_t i = 0; i < p.agents.size(); ++i) {
      const auto result = p.agents[i]->handle_datagram(now, {socket_id{1}, from, content});
      drain(p, *p.agents[i]);
      if (const auto* const data = std::get_if<payload>(&result)) {
        p.received[i].emplace_back(as_text(data->bytes));
      }
      if (!refusal(result)) break;
    }
    return true;
  }

  void drain(port& p, agent& a) {
    std::array<std::byte, max_datagram_size> buffer{};
    while (const auto out = a.poll_transmit(buffer)) post(p, *out, buffer);
    while (const auto e = a.poll_event()) {
      if (on_event) on_event(a, *e);
    }
    while (const auto out = a.poll_transmit(buffer)) post(p, *out, buffer);
  }

  void post(const port& from, const transmit& out, byte_view buffer) {
    ++sent;
    const auto content = buffer.first(out.size);
    wire_.emplace(now + latency,
                  mail{from.at, out.remote, {content.data(), content.data() + content.size()}});
  }

  seeded_entropy entropy_;
  std::vector<std::unique_ptr<port>> ports_;
  std::multimap<time_point, mail> wire_;
};

}  // namespace floe::sim
