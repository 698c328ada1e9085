// What a TURN server keeps for its clients: allocations, permissions, channels.
//
// owns:     the rows, their lifetimes, the relayed addresses
// does not: know credentials or messages (turn_server.hpp)
// sources:  RFC 8656 §3, §9 (permissions), §12 (channels)
// invariant: a relayed address belongs to one allocation; a channel and its peer are bound to one
//            another and to nobody else as long as the channel lives.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "floe/core/endpoint.hpp"
#include "sim/random.hpp"
#include "sim/time.hpp"

namespace floe::sim {

/// An address to which a client may exchange data, whatever the port.
struct turn_permission {
  address peer;
  time_point until;
};

struct turn_channel {
  std::uint16_t number = 0;
  endpoint peer;
  time_point until;
};

/// One relayed address of one client; a client that asked for both families has two.
struct turn_allocation {
  endpoint client;  ///< where the client sends from, as this server sees it
  endpoint relayed;
  std::string user{};
  time_point until{};
  std::vector<turn_permission> permissions{};
  std::vector<turn_channel> channels{};

  [[nodiscard]] bool permits(time_point now, const address& peer) const {
    return std::any_of(permissions.begin(), permissions.end(),
                       [&](const turn_permission& p) { return p.peer == peer && now < p.until; });
  }

  void permit(const address& peer, time_point until_then) {
    const auto known = std::find_if(permissions.begin(), permissions.end(),
                                    [&](const turn_permission& p) { return p.peer == peer; });
    if (known != permissions.end()) {
      known->until = until_then;
    } else {
      permissions.push_back({peer, until_then});
    }
  }

  [[nodiscard]] const turn_channel* channel(time_point now, std::uint16_t number) const {
    return find(now, [&](const turn_channel& c) { return c.number == number; });
  }
  [[nodiscard]] const turn_channel* channel(time_point now, const endpoint& peer) const {
    return find(now, [&](const turn_channel& c) { return c.peer == peer; });
  }

  /// Binds a channel, or binds it again. Returns false when the number or the peer is bound to
  /// another.
  bool bind(time_point now, std::uint16_t number, const endpoint& peer, time_point until_then) {
    channels.erase(std::remove_if(channels.begin(), channels.end(),
                                  [&](const turn_channel& c) { return now >= c.until; }),
                   channels.end());
    for (auto& c : channels) {
      if ((c.number == number) != (c.peer == peer)) return false;
      if (c.number == number) {
        c.until = until_then;
        return true;
      }
    }
    channels.push_back({number, peer, until_then});
    return true;
  }

 private:
  template <class Matches>
  [[nodiscard]] const turn_channel* find(time_point now, Matches&& matches) const {
    const auto found = std::find_if(channels.begin(), channels.end(), [&](const turn_channel& c) {
      return matches(c) && now < c.until;
    });
    return found == channels.end() ? nullptr : &*found;
  }
};

/// All allocations of a server.
class turn_allocations {
 public:
  /// addresses: those that relayed addresses are taken from, at most one of each family
  turn_allocations(std::vector<address> addresses, random_source chance)
      : addresses_{std::move(addresses)}, chance_{chance} {}

  [[nodiscard]] bool serves(family f) const { return address_of(f).has_value(); }
  [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

  /// Makes an allocation. even: its port must be even · in: serves(f)
  turn_allocation& add(const endpoint& client, family f, std::string user, time_point until,
                       bool even = false) {
    rows_.push_back({client, {*address_of(f), free_port(f, even)}, std::move(user), until, {}, {}});
    return rows_.back();
  }

  /// Makes one at a relayed address that was kept for this.
  turn_allocation& add_at(const endpoint& client, const endpoint& relayed, std::string user,
                          time_point until) {
    reserved_.erase(std::remove(reserved_.begin(), reserved_.end(), relayed), reserved_.end());
    rows_.push_back({client, relayed, std::move(user), until, {}, {}});
    return rows_.back();
  }

  /// Keeps the port above an allocation's. Returns false when it is taken.
  bool reserve(const endpoint& relayed) {
    if (!is_free(relayed)) return false;
    reserved_.push_back(relayed);
    return true;
  }
  [[nodiscard]] bool is_reserved(const endpoint& relayed) const {
    return std::find(reserved_.begin(), reserved_.end(), relayed) != reserved_.end();
  }

  [[nodiscard]] turn_allocation* of_client(const endpoint& client) {
    return find([&](const turn_allocation& a) { return a.client == client; });
  }
  [[nodiscard]] turn_allocation* of_client(const endpoint& client, family f) {
    return find([&](const turn_allocation& a) {
      return a.client == client && a.relayed.address.family == f;
    });
  }
  [[nodiscard]] turn_allocation* at(const endpoint& relayed) {
    return find([&](const turn_allocation& a) { return a.relayed == relayed; });
  }

  [[nodiscard]] std::size_t count_of(const std::string& user) const {
    return static_cast<std::size_t>(std::count_if(
        rows_.begin(), rows_.end(), [&](const turn_allocation& a) { return a.user == user; }));
  }

  /// Erases every row for which `matches(turn_allocation const&)` holds.
  template <class Matches>
  void erase_if(Matches&& matches) {
    rows_.erase(std::remove_if(rows_.begin(), rows_.end(), matches), rows_.end());
  }

  [[nodiscard]] auto begin() const noexcept { return rows_.begin(); }
  [[nodiscard]] auto end() const noexcept { return rows_.end(); }

  void clear() {
    rows_.clear();
    reserved_.clear();
  }

  /// When the first allocation ends.
  [[nodiscard]] deadline next_end() const {
    deadline next;
    for (const auto& a : rows_) next = earliest(next, a.until);
    return next;
  }

 private:
  template <class Matches>
  turn_allocation* find(Matches&& matches) {
    const auto found = std::find_if(rows_.begin(), rows_.end(), matches);
    return found == rows_.end() ? nullptr : &*found;
  }

  [[nodiscard]] std::optional<address> address_of(family f) const {
    const auto found = std::find_if(addresses_.begin(), addresses_.end(),
                                    [&](const address& a) { return a.family == f; });
    return found == addresses_.end() ? std::nullopt : std::optional{*found};
  }

  [[nodiscard]] bool is_free(const endpoint& relayed) const {
    return !is_reserved(relayed) &&
           std::none_of(rows_.begin(), rows_.end(),
                        [&](const turn_allocation& a) { return a.relayed == relayed; });
  }

  std::uint16_t free_port(family f, bool even) {
    for (;;) {
      auto port = static_cast<std::uint16_t>(49152 + chance_.below(16384));
      if (even) port &= 0xfffeU;
      if (is_free({*address_of(f), port})) return port;
    }
  }

  std::vector<address> addresses_;
  random_source chance_;
  std::deque<turn_allocation> rows_;
  std::vector<endpoint> reserved_;
};

}  // namespace floe::sim
