// What tests/examples/kernel_nat.py does with real NATs: no NAT, a cone and a symmetric one on each
// side. That test reads the lines that begin with "predicted" and compares.

#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/sdp/candidate.hpp"
#include "sim/client.hpp"
#include "sim/nat.hpp"
#include "sim/network.hpp"
#include "sim/stun_server.hpp"
#include "sim/turn_party.hpp"

using namespace floe;
using namespace floe::sim;
using namespace std::chrono_literals;
using enum ice::candidate_type;

namespace {

/// Cone: one outer port for all remotes, and packets only from those that were sent to.
enum class kind : std::uint8_t { none, cone, symmetric };

constexpr std::array kinds{kind::none, kind::cone, kind::symmetric};
constexpr std::array<std::string_view, 3> names{"none", "cone", "symmetric"};

constexpr std::array<std::string_view, 1> stun_uris{"stun:198.51.100.2"};
constexpr std::array<std::string_view, 1> turn_uris{"turn:198.51.100.1"};
const std::array<gather::server, 2> servers{
    gather::server{.uris = stun_uris},
    gather::server{.uris = turn_uris, .username = "user", .credential = "password"}};

/// The wires of one machine take no time worth speaking of.
constexpr wire_config veth{.latency = 50us};

/// A home with one host, at the same addresses as in the test with real NATs.
interface_id settle(network& net, kind is, std::uint8_t number) {
  const auto outer = address::v4(198, 51, 100, static_cast<std::uint8_t>(10 + number));
  if (is == kind::none) return net.add_interface(internet, outer, veth);
  nat_config nat{.filtering = dependence::address_and_port_dependent, .hairpin = false};
  if (is == kind::cone) nat.ports = port_choice::preserve;
  if (is == kind::symmetric) nat.mapping = dependence::address_and_port_dependent;
  const auto home = net.add_realm({.nat = nat, .outer = {outer}});
  return net.add_interface(home, address::v4(10, number, 0, 2), veth);
}

config behaviour(ice::role role) { return {.role = role, .servers = servers}; }

struct homes {
  homes(kind left_is, kind right_is)
      : turn{net,
             {net.add_interface(internet, address::v4(198, 51, 100, 1), veth)},
             {.credentials = {.users = {{"user", "password"}}}}} {
    stun.serve(net, net.add_interface(internet, address::v4(198, 51, 100, 2), veth));
    left.add_socket(net, settle(net, left_is, 1), 5000);
    right.add_socket(net, settle(net, right_is, 2), 6000);
    left.signal_to(right);
    right.signal_to(left);
    for (auto* const side : {&left, &right}) {
      side->act(net, [&](agent& a) {
        a.describe_peer({.pacing = config{}.ta});  // as floecat tells it
        a.gather(net.now());
      });
    }
  }

  network net{1};
  stun_server stun;
  turn_party turn;
  client left{net, behaviour(ice::role::controlling), 2};
  client right{net, behaviour(ice::role::controlled), 3};
};

/// When a side selected the pair that it has in the end.
double milliseconds_to_selected(const client& c) {
  duration at{};
  for (const auto& [when, e] : c.events) {
    if (std::holds_alternative<event::selected>(e)) at = elapsed(epoch, when);
  }
  return std::chrono::duration<double, std::milli>(at).count();
}

bool is_relayed(const client& c) {
  const auto [local, remote] = c.selected_types();
  return local == relay || remote == relay;
}

}  // namespace

TEST_CASE("kernel NAT: only a symmetric NAT against one that filters needs a relay",
          "[scenario][sim]") {
  for (std::size_t l = 0; l < kinds.size(); ++l) {
    for (std::size_t r = 0; r < kinds.size(); ++r) {
      INFO(names[l] << " - " << names[r]);
      homes h{kinds[l], kinds[r]};
      REQUIRE(h.net.run_until([&] { return h.left.is_settled() && h.right.is_settled(); }, 60s));
      const bool both_filter = kinds[l] != kind::none && kinds[r] != kind::none;
      const bool one_changes = kinds[l] == kind::symmetric || kinds[r] == kind::symmetric;
      CHECK(is_relayed(h.left) == (both_filter && one_changes));
      CHECK(is_relayed(h.right) == (both_filter && one_changes));
      std::printf("predicted %s %s", names[l].data(), names[r].data());
      for (const auto* const side : {&h.left, &h.right}) {
        const auto [local, remote] = side->selected_types();
        std::printf(" %s-%s %.0f", sdp::to_text(local).data(), sdp::to_text(remote).data(),
                    milliseconds_to_selected(*side));
      }
      std::printf("\n");
    }
  }
}
