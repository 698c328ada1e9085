// A TURN server in the network: its port, and a socket for every relayed address.
//
// owns:     sockets for turn_server
// does not: know the protocol
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "sim/network.hpp"
#include "sim/turn_server.hpp"

namespace floe::sim {

class turn_party final : public party {
 public:
  static constexpr std::uint16_t port = 3478;

  /// A server at interfaces of the Internet, at most one of each family.
  turn_party(network& net, std::vector<interface_id> places, turn_config config)
      : places_{std::move(places)}, server_{with_relays(net, places_, std::move(config)),
                                            net.chance().fork()} {
    for (const auto place : places_) ports_.push_back(net.bind(*this, place, port));
  }

  [[nodiscard]] turn_server& server() noexcept { return server_; }

  /// Where a family of clients reaches it.
  [[nodiscard]] std::optional<endpoint> reached_at(const network& net, family f) const {
    const auto socket = port_for(net, f);
    return socket ? std::optional{net.bound(*socket)} : std::nullopt;
  }
  [[nodiscard]] std::optional<socket_id> port_for(const network& net, family f) const {
    const auto found = std::find_if(ports_.begin(), ports_.end(),
                                    [&](socket_id s) { return net.bound(s).address.family == f; });
    return found == ports_.end() ? std::nullopt : std::optional{*found};
  }

  /// The name under which the server knows a client that is connected to it.
  [[nodiscard]] static endpoint connected(socket_id client) {
    const auto n = static_cast<std::uint32_t>(client);
    return {address::v4(240, 0, static_cast<std::uint8_t>(n >> 8U), static_cast<std::uint8_t>(n)),
            1};
  }

  /// Makes an allocation without asking for it. client: as the server sees it
  endpoint allocate(network& net, const endpoint& client, family f,
                    std::optional<socket_id> connection = std::nullopt) {
    const auto port_used = connection ? ports_.front() : *port_for(net, client.address.family);
    clients_.insert_or_assign(client, {port_used, connection});
    const auto relayed = server_.allocate(client, f);
    open(net, relayed);
    return relayed;
  }

  void receive(network& net, const arrival& what) override {
    const bool own = std::find(ports_.begin(), ports_.end(), what.socket) != ports_.end();
    if (own) {
      const auto client = what.connection ? connected(*what.connection) : what.remote;
      clients_.insert_or_assign(client, {what.socket, what.connection});
      server_.from_client(net.now(), client, what.bytes);
    } else {
      server_.from_peer(net.now(), net.bound(what.socket), what.remote, what.bytes);
    }
    drain(net);
  }
  [[nodiscard]] deadline next_timeout() const override { return server_.next_timeout(); }
  void handle_timeout(network& net) override { server_.handle_timeout(net.now()); }

 private:
  /// How a client is answered.
  struct client_row {
    socket_id port;
    std::optional<socket_id> connection;
  };

  /// A map of few.
  class client_map {
   public:
    void insert_or_assign(const endpoint& client, const client_row& row) {
      for (auto& [known, value] : rows_) {
        if (known == client) {
          value = row;
          return;
        }
      }
      rows_.emplace_back(client, row);
    }
    [[nodiscard]] const client_row* find(const endpoint& client) const {
      for (const auto& [known, value] : rows_) {
        if (known == client) return &value;
      }
      return nullptr;
    }

   private:
    std::vector<std::pair<endpoint, client_row>> rows_;
  };

  static turn_config with_relays(const network& net, const std::vector<interface_id>& places,
                                 turn_config config) {
    if (config.relays.empty()) {
      for (const auto place : places) config.relays.push_back(net.address_of(place));
    }
    return config;
  }

  void drain(network& net) {
    while (const auto out = server_.poll()) {
      if (!out->to_client) {
        net.send(open(net, out->from), out->to, out->bytes);
      } else if (const auto* const client = clients_.find(out->to)) {
        if (client->connection) {
          auto frame = out->bytes;
          frame.resize((frame.size() + 3) / 4 * 4);  // of ChannelData (RFC 8656 §12.5)
          net.send_connected(client->port, *client->connection, frame);
        } else {
          net.send(client->port, out->to, out->bytes);
        }
      }
    }
    for (const auto& a : server_.allocations()) open(net, a.relayed);
  }

  /// The socket of a relayed address.
  socket_id open(network& net, const endpoint& relayed) {
    for (const auto& [known, socket] : relays_) {
      if (known == relayed) return socket;
    }
    const auto place = std::find_if(places_.begin(), places_.end(), [&](interface_id i) {
      return net.address_of(i) == relayed.address;
    });
    const auto socket = net.bind(*this, *place, relayed.port);
    relays_.emplace_back(relayed, socket);
    return socket;
  }

  std::vector<interface_id> places_;
  turn_server server_;
  std::vector<socket_id> ports_;
  client_map clients_;
  std::vector<std::pair<endpoint, socket_id>> relays_;
};

}  // namespace floe::sim
