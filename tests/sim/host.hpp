// A host in the network: an agent, its sockets, its relays, and the questions that it asks servers.
//
// owns:     the loop of the five verbs, gathering, the wrapping of what goes through a relay
// does not: carry signalling (session.hpp), or decide anything for the agent
// invariant: every call of the agent is watched (watch.hpp).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "floe/agent/agent.hpp"
#include "floe/record/recorder.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/retransmit.hpp"
#include "floe/stun/writer.hpp"
#include "sim/network.hpp"
#include "sim/recorded.hpp"
#include "sim/turn_party.hpp"
#include "sim/watch.hpp"

namespace floe::sim {

class host;

/// Hears of the events of a host's agent.
class listener_of_events {
 public:
  listener_of_events() = default;
  listener_of_events(const listener_of_events&) = delete;
  listener_of_events& operator=(const listener_of_events&) = delete;
  virtual void on_event(host& who, const event::any& what) = 0;

 protected:
  ~listener_of_events() = default;
};

class host final : public party {
 public:
  /// sink: where the agent's recording goes, if anywhere
  host(network& net, const config& behaviour, std::uint64_t seed, record::sink_ref sink = {})
      : watch_{behaviour}, entropy_{seed}, agent_{net.now(), behaviour, entropy_, sink, &memory_} {
    memory_.seal();
    net.join(*this);
  }

  [[nodiscard]] const floe::agent& agent() const noexcept { return agent_.agent(); }
  [[nodiscard]] const sim::watch& watched() const noexcept { return watch_; }
  listener_of_events* listener = nullptr;

  /// Whether its sockets are of both families: they show IPv4 addresses in IPv6 clothes. To be set
  /// before the first is added.
  bool is_dual_stack = false;

  /// Data that came.
  struct arrived {
    time_point at;
    stream_id stream;
    component_id component;
    std::vector<std::byte> bytes;
  };
  std::vector<arrived> received;
  deadline path_found{};    ///< when the first path was found
  deadline selected{};      ///< when a pair was first selected
  deadline role_changed{};  ///< when the role last changed
  bool lost_consent = false;
  std::size_t learned = 0;  ///< remote candidates, from checks

  // ---- sockets and candidates ------------------------------------------------------------------

  /// Binds a socket and names it to the agent.
  socket_id add_socket(network& net, interface_id where, std::uint16_t port, stream_id stream = {},
                       component_id component = component_id{1}) {
    const auto socket = net.bind(*this, where, port);
    act(net, watch::call::command, [&](auto& a) {
      const auto id = a.add_local(socket, as_shown(net.bound(socket)), stream, component);
      if (id) sockets_.push_back({socket, *id});
    });
    return socket;
  }

  /// Adds what a server would say about a socket, without asking.
  void add_reflexive(network& net, socket_id socket, const endpoint& server) {
    reflected_.emplace_back(socket, server);
    const auto mapped = net.map(socket, server);
    if (mapped) learn_mapped(net, socket, *mapped);
  }

  /// Adds what the servers of all sockets would say now.
  void reflect_again(network& net) {
    for (const auto& [socket, server] : std::exchange(reflected_, {})) {
      add_reflexive(net, socket, server);
    }
  }

  /// Adds a relayed candidate, without asking. over_tcp: the host is connected to the server
  void add_relayed(network& net, socket_id socket, turn_party& turn, bool over_tcp) {
    const auto f = net.bound(socket).address.family;
    const auto server = turn.reached_at(net, f);
    if (!server) return;
    const auto mapped = over_tcp ? turn_party::connected(socket) : net.map(socket, *server);
    if (mapped) learn_relayed(net, socket, turn, *mapped, over_tcp);
  }

  /// Asks a STUN server in virtual time where a socket is seen.
  void ask_reflexive(network& net, socket_id socket, const endpoint& server) {
    reflected_.emplace_back(socket, server);
    ask(net, socket, server, nullptr);
  }
  /// Asks a TURN server in virtual time for a relayed candidate.
  void ask_relayed(network& net, socket_id socket, turn_party& turn) {
    const auto server = turn.reached_at(net, net.bound(socket).address.family);
    if (server) ask(net, socket, *server, &turn);
  }

  /// All sockets are named; the end comes when every question is answered or given up.
  void gather(network& net) {
    gathering_ = true;
    const auto how = questions_.empty() ? gathering::complete : gathering::open;
    act(net, watch::call::command, [&](auto& a) { a.gather(net.now(), how); });
  }

  // ---- calls -----------------------------------------------------------------------------------

  /// Lets the agent act, drains it as the contract says, and checks what must hold.
  template <class Act>
  void act(network& net, watch::call what, Act&& act) {
    watch_.begin(agent_);
    failed_now_ = false;
    give(agent_, act);
    drain(net);
    watch_.end(net, agent_, what, failed_now_);
    check_calm(net);
    if (memory_.broken() != 0) net.fail("8: allocated after construction");
  }
  template <class Act>
  void command(network& net, Act&& what) {
    act(net, watch::call::command, std::forward<Act>(what));
  }

  /// Sends data; returns whether there was a path.
  bool send_data(network& net, byte_view data, stream_id stream = {},
                 component_id component = component_id{1}) {
    std::array<std::byte, network::largest_datagram> buffer;
    const auto out = agent_.encapsulate(net.now(), data, buffer, stream, component);
    if (!out) return false;
    watch_.sent_data(net, {out->local, out->remote});
    put_on_wire(net, *out, byte_view{buffer}.first(out->size));
    next_ = agent_.next_timeout();
    return true;
  }

  /// Hands in bytes of somebody who does not know the credentials: nothing may come of it (1).
  void attack(network& net, socket_id socket, const endpoint& from, byte_view bytes);

  void receive(network& net, const arrival& what) override {
    if (take_answer(net, what)) return;
    for (const auto& r : relays_) {
      const bool along = r.through == what.socket &&
                         (r.connected ? what.connection.has_value() : what.remote == r.server);
      if (!along) continue;
      const auto message = stun::message_view::parse(what.bytes);
      if (!message || message->method() != stun::method::data) break;
      const auto peer = message->get<stun::xor_peer_address>();
      const auto content = message->get<stun::data>();
      if (peer && content) hand_in(net, {r.id, peer->value, content->value});
      return;
    }
    hand_in(net, {what.socket, as_shown(what.remote), what.bytes});
  }

  void unreachable(network& net, const path& along) override {
    act(net, watch::call::datagram, [&](auto& a) {
      a.handle_unreachable(net.now(), {along.local, as_shown(along.remote)});
    });
  }

  [[nodiscard]] deadline next_timeout() const override {
    auto next = next_;
    for (const auto& q : questions_) next = earliest(next, q.schedule.next());
    return next;
  }

  void handle_timeout(network& net) override {
    if (!questions_.empty()) repeat_questions(net);
    act(net, watch::call::timeout, [&](auto& a) { a.handle_timeout(net.now()); });
  }

  /// The sockets that the agent uses, in the order they were named.
  [[nodiscard]] std::vector<socket_id> sockets() const {
    std::vector<socket_id> all;
    for (const auto& s : sockets_) all.push_back(s.id);
    return all;
  }

 private:
  struct socket_row {
    socket_id id;
    ice::local_id candidate;
  };

  struct relay_row {
    socket_id id;  ///< what the agent knows it as
    socket_id through;
    turn_party* turn;
    endpoint server;
    endpoint relayed;
    bool connected;
  };

  struct question {
    socket_id socket;
    endpoint server;
    turn_party* turn;  ///< none for a STUN server
    stun::transaction_id id;
    stun::retransmit_schedule schedule;
  };

  /// An endpoint as the sockets show it.
  [[nodiscard]] endpoint as_shown(const endpoint& e) const {
    return is_dual_stack ? endpoint{v4_mapped(e.address), e.port} : e;
  }

  /// Before its next deadline an agent has nothing to do.
  void check_calm(network& net) {
    next_ = agent_.next_timeout();
    if (next_ && *next_ <= net.now()) return;
    agent_.handle_timeout(net.now());
    std::array<std::byte, network::largest_datagram> buffer;
    if (agent_.poll_transmit(buffer) || agent_.poll_event() || agent_.next_timeout() != next_) {
      net.fail("4: work that no deadline announced");
    }
  }

  [[nodiscard]] ice::local_id candidate_of(socket_id id) const {
    const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                    [&](const socket_row& s) { return s.id == id; });
    return found->candidate;
  }

  void learn_mapped(network& net, socket_id socket, const endpoint& mapped) {
    if (mapped == net.bound(socket)) return;
    command(net, [&](auto& a) { (void)a.add_reflexive(candidate_of(socket), mapped).has_value(); });
  }

  void learn_relayed(network& net, socket_id socket, turn_party& turn, const endpoint& mapped,
                     bool connected) {
    const auto f = net.bound(socket).address.family;
    const auto relayed =
        turn.allocate(net, mapped, f, connected ? std::optional{socket} : std::nullopt);
    const auto id = static_cast<socket_id>(first_relay + relays_.size());
    relays_.push_back({id, socket, &turn, *turn.reached_at(net, f), relayed, connected});
    const auto seen = connected ? net.bound(socket) : mapped;
    command(net, [&](auto& a) {
      (void)a.add_relayed(candidate_of(socket), id, relayed, seen, server_id{1}).has_value();
    });
  }

  void ask(network& net, socket_id socket, const endpoint& server, turn_party* turn) {
    questions_.push_back({socket, server, turn, stun::transaction_id::random(entropy_),
                          stun::retransmit_schedule{net.now(), {}}});
    send_question(net, questions_.back());
  }

  static void send_question(network& net, const question& q) {
    std::array<std::byte, max_datagram_size> buffer;
    const auto size =
        stun::writer{buffer, {stun::method::binding, stun::message_class::request}, q.id}.finish();
    net.send(q.socket, q.server, byte_view{buffer}.first(size.value()));
  }

  void repeat_questions(network& net) {
    using step = stun::retransmit_schedule::step;
    for (std::size_t i = 0; i < questions_.size();) {
      const auto due = questions_[i].schedule.on_time(net.now());
      if (due == step::resend) send_question(net, questions_[i]);
      if (due == step::expired) {
        questions_.erase(questions_.begin() + static_cast<std::ptrdiff_t>(i));
        finish_gathering(net);
      } else {
        ++i;
      }
    }
  }

  /// Takes the answer to a question. Returns whether it was one.
  bool take_answer(network& net, const arrival& what) {
    if (questions_.empty()) return false;
    const auto message = stun::message_view::parse(what.bytes);
    if (!message) return false;
    const auto found = std::find_if(questions_.begin(), questions_.end(), [&](const question& q) {
      return q.id == message->transaction();
    });
    if (found == questions_.end()) return false;
    const auto asked = *found;
    questions_.erase(found);
    const auto mapped = message->get<stun::xor_mapped_address>();
    if (mapped && asked.turn == nullptr) learn_mapped(net, asked.socket, mapped->value);
    if (mapped && asked.turn != nullptr) {
      learn_relayed(net, asked.socket, *asked.turn, mapped->value, false);
    }
    finish_gathering(net);
    return true;
  }

  void finish_gathering(network& net) {
    if (gathering_ && questions_.empty()) {
      command(net, [&](auto& a) { a.gather(net.now()); });
    }
  }

  void hand_in(network& net, const datagram& d) {
    act(net, watch::call::datagram, [&](auto& a) {
      const auto result = a.handle_datagram(net.now(), d);
      watch_.received(net, {d.local, d.remote}, d.bytes, result);
      if (const auto* const data = std::get_if<payload>(&result)) {
        received.push_back(
            {net.now(), data->stream, data->component, {data->bytes.begin(), data->bytes.end()}});
      }
    });
  }

  void drain(network& net) {
    std::array<std::byte, max_datagram_size> buffer;
    while (const auto out = agent_.poll_transmit(buffer)) {
      const auto bytes = byte_view{buffer}.first(out->size);
      watch_.sent(net, *out, bytes);
      put_on_wire(net, *out, bytes);
    }
    while (const auto e = agent_.poll_event()) note(net, *e);
  }

  void note(network& net, const event::any& e) {
    if (std::holds_alternative<event::path_found>(e)) path_found = path_found.value_or(net.now());
    if (std::holds_alternative<event::selected>(e)) selected = selected.value_or(net.now());
    if (std::holds_alternative<event::role_changed>(e)) role_changed = net.now();
    if (std::holds_alternative<event::consent_lost>(e)) lost_consent = true;
    if (std::holds_alternative<event::learned_candidate>(e)) ++learned;
    if (const auto* const change = std::get_if<event::state_changed>(&e)) {
      failed_now_ = failed_now_ || change->to == connection_state::failed;
    }
    if (listener != nullptr) listener->on_event(*this, e);
  }

  /// Puts a datagram on the wire, or through the relay that it leaves from.
  void put_on_wire(network& net, const transmit& out, byte_view bytes) {
    const auto index = static_cast<std::uint32_t>(out.local);
    if (index < first_relay) {
      return net.send(out.local, {unmapped(out.remote.address), out.remote.port}, bytes);
    }
    const auto& r = relays_.at(index - first_relay);
    r.turn->server().permit(r.relayed, out.remote.address);
    std::array<std::byte, network::largest_datagram> buffer;
    const auto size = stun::writer{buffer,
                                   {stun::method::send, stun::message_class::indication},
                                   stun::transaction_id{}}
                          .add(stun::xor_peer_address{out.remote})
                          .add(stun::data{bytes})
                          .finish();
    const auto wrapped = byte_view{buffer}.first(size.value());
    if (r.connected) {
      net.send_connected(r.through, *r.turn->port_for(net, r.server.address.family), wrapped);
    } else {
      net.send(r.through, r.server, wrapped);
    }
  }

  static constexpr std::uint32_t first_relay = 1U << 24U;

  sealed_memory memory_;
  sim::watch watch_;
  random_source entropy_;
  record::recorder agent_;
  deadline next_{};
  std::vector<socket_row> sockets_;
  std::vector<relay_row> relays_;
  std::vector<std::pair<socket_id, endpoint>> reflected_;  ///< sockets, and who was asked from them
  std::vector<question> questions_;
  bool gathering_ = false;
  bool failed_now_ = false;
};

inline void host::attack(network& net, socket_id socket, const endpoint& from, byte_view bytes) {
  handle_timeout(net);
  struct view {
    connection_state state;
    ice::role role;
    deadline next;
    std::uint64_t checks;
    std::uint64_t answers;
    std::size_t pairs;
    const ice::valid_pair* selected;
    bool operator==(const view&) const = default;
  };
  const auto look = [&] {
    return view{agent_.state(),
                agent_.role(),
                agent_.next_timeout(),
                agent_.stats().checks_received,
                agent_.stats().answers_received,
                agent_.checklists().size(),
                agent_.selected()};
  };
  const auto before = look();
  const auto result = agent_.handle_datagram(net.now(), {socket, from, bytes});
  if (!std::holds_alternative<rejected>(result)) net.fail("1: a forged datagram was accepted");
  if (!(look() == before)) net.fail("1: a forged datagram changed something");
  if (agent_.poll_event()) net.fail("1: a forged datagram made an event");
  std::array<std::byte, max_datagram_size> buffer;
  std::size_t answers = 0;
  while (const auto out = agent_.poll_transmit(buffer)) {
    const auto told = byte_view{buffer}.first(out->size);
    const auto message = stun::message_view::parse(told);
    const bool refusal = message && message->cls() == stun::message_class::error;
    // A socket of IPv6 shows an IPv4 address, and takes it, as a mapped one.
    const endpoint to{unmapped(out->remote.address), out->remote.port};
    if (!refusal || to != from || ++answers > 1) {
      net.fail("1: a forged datagram was answered with more than a refusal");
    }
    put_on_wire(net, *out, told);
  }
  next_ = agent_.next_timeout();
}

}  // namespace floe::sim
