// A host whose agent gathers by itself, in a network with servers.
//
// owns:     the loop of the five verbs, and signalling that takes no time
// does not: wrap, ask or pace anything: the agent does
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "floe/agent/agent.hpp"
#include "floe/record/recorder.hpp"
#include "sim/network.hpp"
#include "sim/random.hpp"
#include "sim/recorded.hpp"
#include "sim/turn_party.hpp"

namespace floe::sim {

class client final : public party {
 public:
  /// sink: where the agent's recording goes, if anywhere
  client(network& net, const config& behaviour, std::uint64_t seed, record::sink_ref sink = {})
      : entropy_{seed}, agent_{net.now(), behaviour, entropy_, sink} {
    net.join(*this);
  }

  /// Trickles to `to` from now on; both sides must say so.
  void signal_to(client& to) { peer_ = &to; }

  /// Binds a socket at an interface and names it to the agent.
  socket_id add_socket(network& net, interface_id where, std::uint16_t port) {
    const auto socket = net.bind(*this, where, port);
    act(net, [&](auto& a) { (void)a.add_local(socket, net.bound(socket)).value(); });
    return socket;
  }

  /// Makes the connections to a server that the agent wants, while `server_is_up`.
  void connect_to(turn_party& server) { server_ = &server; }

  /// Ends the connections to the server, as its crash does.
  void disconnect(network& net) {
    for (const auto& c : std::exchange(connections_, {})) {
      act(net, [&](auto& a) { a.handle_unreachable(net.now(), {c.socket, c.server}); });
    }
  }

  /// Lets the agent act, and drains it as the contract says.
  template <class Act>
  void act(network& net, Act&& act) {
    give(agent_, act);
    // What the peer says in answer to an event comes when the events before it are told.
    if (std::exchange(is_draining_, true)) return;
    std::array<std::byte, max_datagram_size + max_relay_overhead> buffer{};
    for (bool more = true; more;) {
      while (const auto out = agent_.poll_transmit(buffer)) {
        put_on_wire(net, *out, byte_view{buffer}.subspan(out->offset, out->size));
      }
      const auto e = agent_.poll_event();
      more = e.has_value();
      if (more) on_event(net, *e);
    }
    is_draining_ = false;
  }

  /// Sends data; returns whether there was a path.
  bool send_data(network& net, std::string_view text) {
    std::array<std::byte, 1500> buffer{};
    const auto out = agent_.encapsulate(net.now(), as_byte_view(text), buffer);
    if (out) put_on_wire(net, *out, byte_view{buffer}.subspan(out->offset, out->size));
    return out.has_value();
  }

  void receive(network& net, const arrival& what) override {
    act(net, [&](auto& a) {
      if (!what.connection) {
        return take(net, a.handle_datagram(net.now(), {what.socket, what.remote, what.bytes}));
      }
      a.handle_stream(net.now(), what.socket, what.bytes);
      while (const auto in = a.next_inbound(net.now())) take(net, *in);
    });
  }
  [[nodiscard]] deadline next_timeout() const override { return agent_.next_timeout(); }
  void handle_timeout(network& net) override {
    act(net, [&](auto& a) { a.handle_timeout(net.now()); });
    const auto next = agent_.next_timeout();
    if (next && *next <= net.now()) net.fail("4: next_timeout() stands still");
  }

  [[nodiscard]] const floe::agent& agent() const noexcept { return agent_.agent(); }
  [[nodiscard]] bool is_settled() const { return agent_.state() == connection_state::completed; }

  /// The types of the selected pair: this side's, then the other's.
  [[nodiscard]] std::pair<ice::candidate_type, ice::candidate_type> selected_types() const {
    const auto& pair = *agent_.selected();
    return {agent_.local(pair.local)->candidate.type, agent_.remote(pair.remote)->candidate.type};
  }

  template <class Event>
  [[nodiscard]] std::vector<Event> all() const {
    std::vector<Event> found;
    for (const auto& [at, e] : events) {
      if (const auto* const one = std::get_if<Event>(&e)) found.push_back(*one);
    }
    return found;
  }

  std::vector<std::pair<time_point, event::any>> events;
  std::vector<ice::candidate> told;  ///< to the peer
  std::vector<std::pair<time_point, std::string>> received;
  bool server_is_up = true;            ///< to be connected to
  bool restarts_when_cut_off = false;  ///< as event::relay_replaced asks for

 private:
  struct connection {
    socket_id socket;
    endpoint server;
  };

  void take(const network& net, const inbound& in) {
    if (const auto* const data = std::get_if<payload>(&in)) {
      received.push_back({net.now(), std::string{as_text(data->bytes)}});
    }
  }

  void put_on_wire(network& net, const transmit& out, byte_view bytes) {
    for (const auto& c : connections_) {
      if (c.socket != out.local) continue;
      return net.send_connected(c.socket, *server_->port_for(net, c.server.address.family), bytes);
    }
    net.send(out.local, out.remote, bytes);
  }

  void connect(network& net, const event::connection_needed& e) {
    if (!server_is_up) {
      return act(net, [&](auto& a) { a.connect_failed(net.now(), e.attempt); });
    }
    const auto socket = net.bind(*this, net.interface_of(e.socket), next_port_++);
    connections_.push_back({socket, e.server});
    act(net, [&](auto& a) { (void)a.connected(net.now(), e.attempt, socket).has_value(); });
  }

  void on_event(network& net, const event::any& e) {
    events.emplace_back(net.now(), e);
    if (const auto* const wanted = std::get_if<event::connection_needed>(&e)) {
      if (server_ != nullptr) connect(net, *wanted);
    }
    if (const auto* const other = std::get_if<event::relay_replaced>(&e)) {
      if (other->is_cut_off && restarts_when_cut_off) act(net, [](auto& a) { a.restart(); });
    }
    if (const auto* const found = std::get_if<event::local_candidate>(&e)) {
      const auto candidate = agent_.local(found->id)->candidate;
      told.push_back(candidate);
      if (peer_ == nullptr) return;
      introduce(net);
      peer_->act(net, [&](auto& a) { (void)a.add_remote(candidate).has_value(); });
    } else if (std::holds_alternative<event::gathering_done>(e) && peer_ != nullptr) {
      peer_->act(net, [](auto& a) { (void)a.end_of_remote_candidates().has_value(); });
    }
  }

  void introduce(network& net) {
    const auto own = agent_.local_credentials();
    peer_->act(
        net, [&](auto& a) { (void)a.set_remote_credentials(own.ufrag, own.password).has_value(); });
  }

  random_source entropy_;
  record::recorder agent_;
  client* peer_ = nullptr;
  turn_party* server_ = nullptr;
  bool is_draining_ = false;
  std::vector<connection> connections_;
  std::uint16_t next_port_ = 20000;
};

}  // namespace floe::sim
