// Two hosts behind NATs of a kind, in the simulator: what happens, and the recordings of both.
//
//     nat_demo --nat cone|symmetric|blocked [--loss PERCENT] [--seed N] [--record PREFIX]
//
// The recordings go to PREFIX-A.floe and PREFIX-B.floe; examples/replay shows them.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../../examples/command_line.hpp"
#include "floe/sdp/address.hpp"
#include "floe/sdp/candidate.hpp"
#include "sim/client.hpp"
#include "sim/recorded.hpp"
#include "sim/stun_server.hpp"
#include "sim/turn_party.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

enum class kind : std::uint8_t { cone, symmetric, blocked };

struct options {
  kind nat = kind::cone;
  unsigned loss = 0;  ///< percent
  std::uint64_t seed = 1;
  std::string prefix;
};

gateway_config gateway(kind nat, std::uint8_t number) {
  using enum dependence;
  gateway_config g{
      .nat = nat_config{.mapping = endpoint_independent, .filtering = address_and_port_dependent},
      .outer = {address::v4(198, 51, 100, number)}};
  if (nat == kind::symmetric) g.nat->mapping = address_and_port_dependent;
  if (nat == kind::blocked) g.firewall.policy = policy::blocked;
  return g;
}

std::string_view words_for(kind nat) {
  switch (nat) {
    case kind::cone:
      return "Both are behind NATs that keep one outer port for each socket (port-restricted "
             "cones).\nAn address that a STUN server saw so is good for the peer as well.";
    case kind::symmetric:
      return "Both are behind NATs that give a socket another port for each destination "
             "(symmetric).\nWhat a STUN server saw is of no use to the peer: a relay is needed.";
    case kind::blocked:
      return "Both are behind firewalls that let no UDP pass.\n"
             "Only a relay that is reached by TCP is left.";
  }
  return "";
}

/// The network, its servers, and both hosts.
class stage {
 public:
  explicit stage(const options& o)
      : net{o.seed}, turn{net,
                          {net.add_interface(internet, address::v4(203, 0, 113, 10), {8ms})},
                          {}},
        left_file{named(o, "-A.floe")}, right_file{named(o, "-B.floe")},
        left{net, behaviour(ice::role::controlling), o.seed * 2 + 1, left_file.sink()},
        right{net, behaviour(ice::role::controlled), o.seed * 2 + 2, right_file.sink()} {
    stun.serve(net, net.add_interface(internet, address::v4(203, 0, 113, 1), {8ms}));
    left.act(net, [](auto& a) { a.remark("name A"); });
    right.act(net, [](auto& a) { a.remark("name B"); });
    for (auto* const one : {&left, &right}) one->connect_to(turn);
    left.signal_to(right);
    right.signal_to(left);
    join(left, o, 1, 12ms);
    join(right, o, 2, 17ms);
    for (auto* const one : {&left, &right}) {
      one->act(net, [&](auto& a) { a.gather(net.now()); });
    }
  }

  [[nodiscard]] bool is_settled() const { return left.is_settled() && right.is_settled(); }

  network net;
  stun_server stun;
  turn_party turn;
  recording_file left_file;
  recording_file right_file;
  client left;
  client right;

 private:
  static std::string named(const options& o, const char* end) {
    return o.prefix.empty() ? "" : o.prefix + end;
  }

  static config behaviour(ice::role role) {
    static constexpr std::array<std::string_view, 3> uris{"stun:203.0.113.1", "turn:203.0.113.10",
                                                          "turn:203.0.113.10?transport=tcp"};
    static constexpr gather::server server{uris, "user", "password"};
    config c{.role = role};
    c.servers = {&server, 1};
    c.report_pairs = true;
    c.limits.events = 256;
    return c;
  }

  void join(client& who, const options& o, std::uint8_t number, duration latency) {
    const auto realm = net.add_realm(gateway(o.nat, number));
    const wire_config wire{.latency = latency, .loss = o.loss * 10};
    who.add_socket(net, net.add_interface(realm, address::v4(10, number, 0, 2), wire), 5000);
  }
};

std::string text_of(const endpoint& e) {
  return std::string{sdp::to_text(e.address).view()} + ":" + std::to_string(e.port);
}

double ms_of(duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

template <class Event>
std::string when(const client& who) {
  for (const auto& [at, e] : who.events) {
    if (!std::holds_alternative<Event>(e)) continue;
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%8.1f ms", ms_of(at - epoch));
    return text.data();
  }
  return "   never   ";
}

/// What a candidate was made from. To its server a connection has no address that a NAT made: the
/// simulator does not translate those.
std::string how(const ice::candidate& c) {
  const bool connection = c.related->address.octets[0] == 240;
  if (connection) return "  by TCP";
  return (c.type == ice::candidate_type::relay ? "  the server sees " : "  of ") +
         text_of(*c.related);
}

bool is_learned(const client& who) {
  const auto* const pair = who.agent().selected();
  return pair != nullptr &&
         who.agent().local(pair->local)->candidate.type == ice::candidate_type::prflx;
}

void tell_candidates(const char* name, const client& who) {
  for (const auto& c : who.told) {
    std::cout << "  " << name << "  " << sdp::to_text(c.type) << "  " << text_of(c.address);
    if (c.related) std::cout << how(c);
    std::cout << '\n';
  }
}

void tell_result(const char* name, const client& who) {
  std::cout << "  " << name << "  first valid pair " << when<event::path_found>(who)
            << "   selected " << when<event::selected>(who) << "   ";
  if (const auto* const pair = who.agent().selected()) {
    const auto& l = who.agent().local(pair->local)->candidate;
    const auto& r = who.agent().remote(pair->remote)->candidate;
    std::cout << sdp::to_text(l.type) << " " << text_of(l.address) << " - " << sdp::to_text(r.type)
              << " " << text_of(r.address);
  }
  std::cout << '\n';
}

int run(const options& o) {
  std::cout << words_for(o.nat) << '\n';
  if (o.loss != 0) std::cout << "Each datagram is lost with a chance of " << o.loss << " %.\n";
  stage s{o};
  const bool settled = s.net.run_until([&] { return s.is_settled(); }, 90s);
  for (int i = 0; settled && i < 3; ++i) {
    s.left.send_data(s.net, "Hello B, here is A.");
    s.right.send_data(s.net, "Hello A, here is B.");
    s.net.run_for(100ms);
  }
  if (settled) s.net.run_for(25s);
  std::cout << "\nCandidates, as they were told to the peer\n";
  tell_candidates("A", s.left);
  tell_candidates("B", s.right);
  std::cout << "\nResult\n";
  tell_result("A", s.left);
  tell_result("B", s.right);
  if (is_learned(s.left) || is_learned(s.right)) {
    std::cout << "  prflx: a port that a NAT made on the way to the peer. Nobody knew it before:\n"
                 "         the peer saw a check come from it, and answered there.\n";
  }
  std::cout << "\nData: A got " << s.left.received.size() << " of 3, B got "
            << s.right.received.size() << " of 3\n";
  for (auto* const one : {&s.left, &s.right}) {
    one->act(s.net, [](auto& a) { a.close(); });
  }
  s.net.run_for(100ms);
  if (!s.left_file.good() || !s.right_file.good()) {
    std::cerr << "nat_demo: can't write the recordings\n";
    return 2;
  }
  return settled ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  options parsed;
  bool named = false;
  const auto kind_into = examples::choice_into<kind>(
      parsed.nat,
      {{"cone", kind::cone}, {"symmetric", kind::symmetric}, {"blocked", kind::blocked}});
  examples::command_line line{
      "nat_demo", "usage: nat_demo --nat cone|symmetric|blocked [--loss PERCENT] [--seed N] "
                  "[--record PREFIX]\n"};
  line.option("--nat",
              [&](std::string_view text) {
                named = true;
                return kind_into(text);
              })
      .option("--loss", examples::number_into(parsed.loss, 0, 60))
      .option("--seed", examples::number_into(parsed.seed, 0, 999'999'999))
      .option("--record", examples::text_into(parsed.prefix));
  if (const auto code = line.read(count, words)) return *code;
  return named ? run(parsed) : line.refuse("--nat is missing");
}
