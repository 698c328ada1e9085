// Peers that hide their addresses behind names in .local, as browsers do.

#include <algorithm>
#include <string>

#include "catch.hpp"
#include "floe/sdp/candidate.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

constexpr std::string_view name = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local";

/// A candidate as it is signalled: with a port, without an address.
ice::candidate hidden(std::uint16_t port = right_address.port) {
  return {.foundation = ice::foundation::from_number(1),
          .priority = 2130706431,
          .address = {address{}, port}};
}

}  // namespace

TEST_CASE("hidden: a candidate with a name is parked until it has an address, and asked for once",
          "[scenario][MDNS-3.2-a][users-24]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  peer.net.act(peer.n, [](auto& a) {
    const auto id = a.add_hidden_remote(hidden(), name);
    REQUIRE(id);
    CHECK(a.add_hidden_remote(hidden(), name).value() == *id);
    auto shouted = std::string{name};
    shouted.replace(0, 8, "1F4712DB");
    CHECK(a.add_hidden_remote(hidden(), shouted).value() == *id);
    auto relayed = hidden();
    relayed.type = ice::candidate_type::relay;
    CHECK(a.add_hidden_remote(relayed, name).error() == errc::invalid_candidate);
    CHECK(a.hidden_name(*id) == name);
    CHECK(a.add_hidden_remote(hidden(), "printer.local").error() == errc::unusable_address);
  });
  peer.net.run_for(1s);
  CHECK(peer.n.agent.checklists().size() == 0);
  REQUIRE(count_events<event::address_needed>(peer.n) == 1);
  const auto asked =
      std::get<event::address_needed>(first_event<event::address_needed>(peer.n)->what);

  peer.net.act(peer.n, [&](auto& a) {
    const auto id = a.resolved(asked.id, std::array{right_address.address});
    REQUIRE(id);
    CHECK(a.remote(*id)->hidden);
    CHECK(a.remote(*id)->candidate.address == right_address);
    CHECK(a.resolved(asked.id, std::array{right_address.address}).error() ==
          errc::stale_generation);
  });
  CHECK(peer.next_check().destination == right_address);
}

TEST_CASE("hidden: no address, several, or one that is no good count for nothing",
          "[scenario][MDNS-3.2-b]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  peer.net.act(peer.n, [](auto& a) {
    const auto none = a.add_hidden_remote(hidden(1), name).value();
    const auto two = a.add_hidden_remote(hidden(2), name).value();
    const auto bad = a.add_hidden_remote(hidden(3), name).value();
    const std::array many{right_address.address, left_address.address};
    CHECK(a.resolved(none, {}).error() == errc::unusable_address);
    CHECK(a.resolved(two, many).error() == errc::unusable_address);
    CHECK(a.resolved(bad, std::array{address::v4(255, 255, 255, 255)}).error() ==
          errc::unusable_address);
  });
  CHECK(peer.n.agent.report().remote_candidates == 0);
}

TEST_CASE("hidden: ten thousand names are a few questions", "[scenario][ATK-D10]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  std::size_t refused = 0;
  peer.net.act(peer.n, [&](auto& a) {
    for (int i = 0; i < 10'000; ++i) {
      auto other = std::string{name};
      const auto digits = std::to_string(10'000 + i);
      other.replace(0, digits.size(), digits);
      const auto id = a.add_hidden_remote(hidden(), other);
      refused += !id && id.error() == errc::capacity_reached ? 1U : 0U;
      // An answer makes no room for another question.
      if (id) (void)a.resolved(*id, {}).has_value();
    }
  });
  CHECK(count_events<event::address_needed>(peer.n) == limits{}.hidden_candidates);
  CHECK(refused == 10'000 - limits{}.hidden_candidates);
}

TEST_CASE("hidden: no relay is told an address that the peer hides", "[scenario][MDNS-3.2-c]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  std::optional<ice::local_id> relay;
  peer.net.act(peer.n, [&](auto& a) {
    const auto socket = a.add_local(socket_id{8}, {address::v4(192, 0, 2, 8), 8000}).value();
    relay = a.add_relayed(socket, socket_id{9}, {address::v4(198, 51, 100, 9), 9000},
                          {address::v4(203, 0, 113, 8), 8000})
                .value();
    a.restart();
  });
  peer.tell_credentials("other", "otherpasswordofthepeer1");
  peer.net.act(peer.n, [&](auto& a) {
    const auto id = a.add_hidden_remote(hidden(), name).value();
    (void)a.resolved(id, std::array{right_address.address}).value();
    (void)a
        .add_remote({.foundation = ice::foundation::from_number(2),
                     .priority = 5,
                     .address = {address::v4(192, 0, 2, 77), 7}})
        .value();
  });
  const auto& lists = peer.n.agent.checklists();
  std::size_t by_relay = 0;
  for (const auto id : lists.order()) {
    if (lists[id].local != *relay) continue;
    ++by_relay;
    CHECK_FALSE(peer.n.agent.remote(lists[id].remote)->hidden);
  }
  CHECK(by_relay == 1);
}

TEST_CASE("hidden: one that a check taught before becomes the one with the name",
          "[scenario][MDNS-3.2-d]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  (void)peer.check();
  REQUIRE(peer.n.agent.report().remote_candidates == 1);
  const auto learned =
      std::get<event::learned_candidate>(first_event<event::learned_candidate>(peer.n)->what);
  peer.net.act(peer.n, [&](auto& a) {
    const auto id = a.add_hidden_remote(hidden(), name).value();
    CHECK(a.resolved(id, std::array{right_address.address}).value() == learned.id);
  });
  const auto* const row = peer.n.agent.remote(learned.id);
  REQUIRE(row != nullptr);
  CHECK(row->hidden);
  CHECK(row->candidate.type == ice::candidate_type::host);
  CHECK(peer.n.agent.report().remote_candidates == 1);
}

TEST_CASE("hidden: a restart forgets the names", "[scenario]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  peer.net.act(peer.n, [](auto& a) {
    const auto id = a.add_hidden_remote(hidden(), name).value();
    a.restart();
    CHECK(a.hidden_name(id).empty());
    CHECK(a.resolved(id, std::array{right_address.address}).error() == errc::stale_generation);
    CHECK(a.add_hidden_remote(hidden(), name).value() != id);
  });
}

TEST_CASE("hidden: where hosts are told by name no other candidate shows their addresses",
          "[scenario][MDNS-3.1-d]") {
  const auto related_of_reflexive = [](bool hide) {
    auto behaviour = controlling();
    behaviour.hide_hosts = hide;
    seeded_entropy entropy{1};
    agent a{epoch, behaviour, entropy};
    const auto host = a.add_local(socket_id{1}, left_address).value();
    const auto reflexive = a.add_reflexive(host, {address::v4(203, 0, 113, 5), 5}).value();
    // A server without a NAT in between sees the host's own address.
    const auto relay = a.add_relayed(host, socket_id{2}, {address::v4(198, 51, 100, 9), 9},
                                     {left_address.address, 7})
                           .value();
    CHECK(a.local(relay)->candidate.related->port == (hide ? 9 : 7));
    a.gather(epoch);
    std::size_t told = 0;
    while (const auto e = a.poll_event()) {
      told += std::holds_alternative<event::local_candidate>(*e) ? 1U : 0U;
    }
    CHECK(told == 3);
    return *a.local(reflexive)->candidate.related;
  };
  CHECK(related_of_reflexive(false) == left_address);
  CHECK(related_of_reflexive(true) == endpoint{address::v4(0, 0, 0, 0), 9});
}

TEST_CASE("hidden: a host that tells names signals its own address nowhere",
          "[scenario][MDNS-3.1-c]") {
  const bool hides = GENERATE(true, false);
  auto behaviour = controlling();
  behaviour.hide_hosts = hides;
  world net{1};
  auto& n = net.add("n", behaviour);
  const auto host = net.bind(n, left_address);
  REQUIRE(n.agent.add_reflexive(host, {address::v4(203, 0, 113, 5), 5}));
  REQUIRE(n.agent.add_relayed(host, socket_id{2}, {address::v4(198, 51, 100, 9), 9},
                              {left_address.address, 7}));
  gather_all(net, n);
  std::string lines;
  for (const auto& c : candidates_of(n)) {
    const bool by_name = hides && c.type == ice::candidate_type::host;
    lines += sdp::to_text(c, {}, by_name ? name : std::string_view{}).view();
    lines += '\n';
  }
  CAPTURE(lines);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 3);
  CHECK((lines.find(" 192.0.2.1 ") == std::string::npos) == hides);
  CHECK((lines.find(" " + std::string{name} + " 5000 typ host") != std::string::npos) == hides);
}
