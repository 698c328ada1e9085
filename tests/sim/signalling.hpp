// What two hosts tell each other beside ICE: credentials and candidates, each after a delay.
//
// owns:     messages on their way
// does not: lose or reorder any: signalling is reliable
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <utility>
#include <variant>

#include "floe/agent/agent.hpp"
#include "sim/host.hpp"
#include "sim/plan.hpp"

namespace floe::sim {

class signalling final : public party, public listener_of_events {
 public:
  /// Two hosts, and how long what each says takes.
  signalling(network& net, host& left, duration from_left, host& right, duration from_right)
      : net_{net}, left_{left}, right_{right}, from_left_{from_left}, from_right_{from_right} {
    net.join(*this);
    left.listener = this;
    right.listener = this;
  }

  /// Whether a host reaches IPv4 through a NAT64: it must write IPv4 candidates as IPv6 ones.
  bool left_behind_nat64 = false;
  bool right_behind_nat64 = false;

  /// Whether the password that a host says is not the one it has.
  bool left_password_wrong = false;
  bool right_password_wrong = false;

  /// The pace that a host says it keeps, if it does.
  std::optional<duration> left_pace{};
  std::optional<duration> right_pace{};

  /// Lets a host say the credentials of a stream.
  void introduce(host& who, stream_id stream) {
    const auto told = who.agent().local_credentials(stream);
    const bool wrong = &who == &left_ ? left_password_wrong : right_password_wrong;
    const std::string password{wrong ? "apasswordofsomebodyelse" : told.password};
    const ice::peer_traits traits{.pacing = &who == &left_ ? left_pace : right_pace};
    post(who, stream, credentials{std::string{told.ufrag}, password, traits});
  }

  void on_event(host& who, const event::any& what) override {
    const auto ufrag = [&](stream_id stream) {
      return std::string{who.agent().local_credentials(stream).ufrag};
    };
    if (const auto* const r = std::get_if<event::restarted>(&what)) introduce(who, r->stream);
    if (const auto* const g = std::get_if<event::gathering_done>(&what)) {
      post(who, g->stream, end{ufrag(g->stream)});
    }
    if (const auto* const c = std::get_if<event::local_candidate>(&what)) {
      if (const auto* const row = who.agent().local(c->id)) {
        post(who, c->stream, offer{row->candidate, ufrag(c->stream)});
      }
    }
  }

  void receive(network&, const arrival&) override {}
  [[nodiscard]] deadline next_timeout() const override {
    deadline next;
    for (const auto* const way : {&to_left_, &to_right_}) {
      if (!way->empty()) next = earliest(next, way->front().at);
    }
    return next;
  }
  void handle_timeout(network& net) override {
    // What is said in answer may be due at once.
    while (next_timeout() && *next_timeout() <= net.now()) {
      deliver(net, to_left_, left_, left_behind_nat64);
      deliver(net, to_right_, right_, right_behind_nat64);
    }
  }

 private:
  struct credentials {
    std::string ufrag;
    std::string password;
    ice::peer_traits traits;
  };
  struct offer {
    ice::candidate candidate;
    std::string ufrag;
  };
  struct end {
    std::string ufrag;
  };
  using message = std::variant<credentials, offer, end>;
  struct posted {
    time_point at;
    stream_id stream;
    message what;
  };

  void post(const host& from, stream_id stream, message what) {
    const bool leftwards = &from == &right_;
    const auto delay = leftwards ? from_right_ : from_left_;
    (leftwards ? to_left_ : to_right_)
        .push_back({after(net_.now(), delay), stream, std::move(what)});
  }

  static void deliver(network& net, std::deque<posted>& way, host& to, bool behind_nat64) {
    while (!way.empty() && way.front().at <= net.now()) {
      const auto next = std::move(way.front());
      way.pop_front();
      to.command(net, [&](auto& a) { tell(a, next, behind_nat64); });
    }
  }

  template <class Agent>
  static void tell(Agent& to, const posted& next, bool behind_nat64) {
    if (const auto* const c = std::get_if<credentials>(&next.what)) {
      to.describe_peer(c->traits);
      (void)to.set_remote_credentials(c->ufrag, c->password, next.stream).has_value();
    } else if (const auto* const e = std::get_if<end>(&next.what)) {
      (void)to.end_of_remote_candidates(e->ufrag, next.stream).has_value();
    } else if (const auto* const o = std::get_if<offer>(&next.what)) {
      auto candidate = o->candidate;
      if (behind_nat64 && candidate.address.address.family == family::ipv4) {
        candidate.address.address = embedded(candidate.address.address);
      }
      (void)to.add_remote(candidate, o->ufrag, next.stream).has_value();
    }
  }

  network& net_;
  host& left_;
  host& right_;
  duration from_left_;
  duration from_right_;
  std::deque<posted> to_left_;
  std::deque<posted> to_right_;
};

}  // namespace floe::sim
