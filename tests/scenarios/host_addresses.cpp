// What the host offers of its addresses, and what it says about them.
#include <algorithm>
#include <array>
#include <optional>

#include "catch.hpp"
#include "sim/duo.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const endpoint public_address{address::v4(203, 0, 113, 5), 5000};

bool is_answer(const wired& w) {
  const auto m = stun::message_view::parse(w.bytes);
  return m && m->cls() != stun::message_class::request;
}

}  // namespace

TEST_CASE("host addresses: a server that sees the host's own address gives what is not told else",
          "[scenario][8445-5.1.3-a]") {
  auto behaviour = controlling();
  SECTION("because hosts are not offered") { behaviour.offers = ice::no_host; }
  SECTION("because they are told by name") { behaviour.hide_hosts = true; }
  world net{1};
  auto& n = net.add("agent", behaviour);
  const auto host = net.bind(n, public_address);
  net.act(n, [&](auto& a) { a.gather(net.now(), gathering::open); });
  ice::local_id first;
  net.act(n, [&](auto& a) { first = a.add_reflexive(host, public_address, server_id{1}).value(); });
  CHECK(first != host);
  const auto told = candidates_of(n);
  const auto is_reflexive = [](const ice::candidate& c) {
    return c.type == ice::candidate_type::srflx && c.address == public_address;
  };
  CHECK(std::count_if(told.begin(), told.end(), is_reflexive) == 1);
  // What another server sees repeats that.
  net.act(n, [&](auto& a) {
    CHECK(a.add_reflexive(host, public_address, server_id{2}).value() == first);
  });
  CHECK(candidates_of(n) == told);
}

TEST_CASE("host addresses: what repeats an offered one is redundant", "[scenario][8445-5.1.3-a]") {
  scripted_peer peer{1};
  const auto told = candidates_of(peer.n);
  peer.net.act(peer.n, [&](auto& a) {
    CHECK(a.add_reflexive({0, 1}, left_address).value() == ice::local_id{0, 1});
  });
  CHECK(candidates_of(peer.n) == told);
}

TEST_CASE("host addresses: with relays alone nobody need resolve the peer's names",
          "[scenario][MDNS-3.2-c]") {
  auto behaviour = controlling();
  const bool relays_only = GENERATE(true, false);
  if (relays_only) behaviour.offers = ice::relayed_only;
  scripted_peer peer{2, behaviour};
  peer.tell_credentials();
  const ice::candidate hidden{
      .foundation = ice::foundation::from_number(1), .priority = 1, .address = {{}, 6000}};
  peer.net.act(peer.n, [&](auto& a) {
    const auto id = a.add_hidden_remote(hidden, "1f4712db-ea17-4bcf-a596-105139dfd8bf.local");
    CHECK(id.has_value() != relays_only);
    if (relays_only) CHECK(id.error() == errc::unusable_address);
  });
  CHECK(count_events<event::address_needed>(peer.n) == (relays_only ? 0U : 1U));
}

TEST_CASE("host addresses: a stranger learns nothing of a socket that is not offered",
          "[scenario]") {
  auto behaviour = controlling();
  behaviour.offers = ice::relayed_only;
  scripted_peer peer{3, behaviour};
  peer.introduce();
  const endpoint stranger{address::v4(203, 0, 113, 66), 666};
  CHECK(refusal(peer.check({.username = "nobody:x123"}, stranger)));
  CHECK(refusal(peer.check({.username = ""}, stranger)));
  CHECK(refusal(peer.check({.password = "guess"}, stranger)));
  CHECK(refusal(peer.check({}, stranger)));
  CHECK(peer.sent().empty());
}

TEST_CASE("host addresses: an IPv4 source in IPv6 clothes is the IPv4 address that it is",
          "[scenario]") {
  scripted_peer peer{4, controlled()};
  peer.introduce();
  const endpoint dressed{v4_mapped(right_address.address), right_address.port};
  SECTION("of a check, and of an answer") {
    CHECK_FALSE(
        refusal(peer.check({.claims = {{ice::role::controlling, 1}}, .nominates = true}, dressed)));
    CHECK(count_events<event::learned_candidate>(peer.n) == 0);
    const auto asked = peer.next_check();
    CHECK(asked.destination == right_address);
    CHECK_FALSE(refusal(peer.send(peer.success(asked), dressed)));
    CHECK(is_settled(peer.n));
    CHECK(std::holds_alternative<payload>(peer.send(octets(10, std::byte{0x80}), dressed)));
  }
}

TEST_CASE("host addresses: a socket of both families is handed addresses in IPv6 clothes",
          "[scenario]") {
  seeded_entropy entropy{1};
  agent a{epoch, controlled(), entropy};
  const endpoint dressed{v4_mapped(right_address.address), right_address.port};
  const bool named_as_v4 = GENERATE(true, false);
  const auto six = address::v6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  const endpoint bound{named_as_v4 ? v4_mapped(left_address.address) : six, 5000};
  const auto id = a.add_local(socket_id{1}, bound).value();
  CHECK(a.local(id)->candidate.address == (named_as_v4 ? left_address : bound));
  a.gather(epoch);
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password));
  const auto own = a.local_credentials();
  std::array<std::byte, max_datagram_size> buffer{};
  stun::writer check{
      buffer, {stun::method::binding, stun::message_class::request}, stun::transaction_id{}};
  const auto user = std::string{own.ufrag} + ":" + scripted_peer::ufrag;
  check.add(stun::username{user}).add(stun::priority{1}).add(stun::ice_controlling{1});
  check.add_integrity(stun::short_term_key(own.password)).add_fingerprint();
  const auto size = check.finish().value();
  (void)a.handle_datagram(epoch, {socket_id{1}, dressed, byte_view{buffer}.first(size)});
  std::size_t sent = 0;
  while (const auto out = a.poll_transmit(buffer)) {
    ++sent;
    CHECK(out->remote == dressed);
    const auto message = stun::message_view::parse(byte_view{buffer}.first(out->size)).value();
    if (message.cls() != stun::message_class::success) continue;
    CHECK(message.get<stun::xor_mapped_address>().value().value == right_address);
  }
  CHECK(sent == 2);  // the answer and a check of its own
}

TEST_CASE("host addresses: a relay of the host's own gets peers as they are, whatever its socket",
          "[scenario]") {
  seeded_entropy entropy{1};
  auto behaviour = controlling();
  behaviour.offers = ice::relayed_only;
  agent a{epoch, behaviour, entropy};
  const endpoint bound{v4_mapped(left_address.address), 5000};
  const auto host = a.add_local(socket_id{1}, bound).value();
  const endpoint relayed{address::v4(203, 0, 113, 9), 50000};
  REQUIRE(a.add_relayed(host, socket_id{2}, relayed, left_address));
  a.gather(epoch);
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password));
  REQUIRE(a.add_remote(
      {.foundation = ice::foundation::from_number(1), .priority = 1, .address = right_address}));
  a.handle_timeout(epoch);
  std::array<std::byte, max_datagram_size> buffer{};
  const auto check = a.poll_transmit(buffer);
  REQUIRE(check);
  CHECK(check->local == socket_id{2});
  CHECK(check->remote == right_address);
}

TEST_CASE("host addresses: a report that the peer can't be reached fails the check under way",
          "[scenario]") {
  scripted_peer peer{5};
  peer.introduce();
  const endpoint other{address::v4(192, 0, 2, 3), 7000};
  peer.tell_candidate(other, "2", 10);
  const auto first = peer.next_check();
  const auto second = peer.next_check();
  const auto state_of = [&](const wired& w) {
    const auto& lists = peer.n.agent.checklists();
    const auto id = lists.find_if([&](const ice::pair& p) {
      return peer.n.agent.remote(p.remote)->candidate.address == w.destination;
    });
    return lists[*id].state;
  };
  peer.net.act(peer.n, [&](auto& a) {
    a.handle_unreachable(peer.net.now(), {socket_id{2}, first.destination});
    a.handle_unreachable(peer.net.now(), {socket_id{1}, {first.destination.address, 1}});
  });
  CHECK(state_of(first) == ice::pair_state::in_progress);
  peer.net.act(peer.n, [&](auto& a) {
    a.handle_unreachable(peer.net.now(), {socket_id{1}, first.destination});
  });
  CHECK(state_of(first) == ice::pair_state::failed);
  CHECK(state_of(second) == ice::pair_state::in_progress);
  (void)peer.sent();
  peer.net.run_for(5s);
  for (const auto& w : peer.sent()) CHECK(w.destination == second.destination);
  // A check of the peer's shows that it can be reached after all.
  (void)peer.check({}, first.destination);
  CHECK(peer.next_check().destination == first.destination);
}

TEST_CASE("host addresses: a report about the path of data moves it at once, and ends nothing",
          "[scenario]") {
  scripted_peer peer{6, controlled()};
  const endpoint other{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(other, "2", 10);
  for (int i = 0; i < 2; ++i) {
    const auto asked = peer.next_check();
    peer.net.run_for(20ms);
    (void)peer.send(peer.success(asked), asked.destination);
  }
  (void)peer.check({.claims = {{ice::role::controlling, 1}}, .nominates = true});
  REQUIRE(is_settled(peer.n));
  peer.net.act(peer.n, [&](auto& a) {
    a.handle_unreachable(peer.net.now(), {socket_id{1}, right_address});
  });
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(is_settled(peer.n));
  const auto told = peer.net.now();
  while (peer.net.now() < told + 500ms) {
    for (const auto& w : peer.sent()) {
      if (w.destination != other || is_answer(w)) continue;
      (void)peer.send(peer.success(w), other);
    }
    peer.net.run_for(10ms);
  }
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.only_sent().destination == other);
  CHECK(is_settled(peer.n));
}

TEST_CASE(
    "host addresses: after a selection the peer is told no candidate, unless the host says so",
    "[scenario][8838-13-d]") {
  const auto how = GENERATE(gathering::open, gathering::continual);
  world net{7};
  auto& left = net.add("left", controlling());
  auto& right = net.add("right", controlled());
  const auto host = net.bind(left, left_address);
  net.bind(right, right_address);
  net.act(left, [&](auto& a) { a.gather(net.now(), how); });
  gather_all(net, right);
  signal(net, left, right);
  signal(net, right, left);
  REQUIRE(net.run_until([&] { return is_settled(left) && is_settled(right); }, 10s));
  const auto told = candidates_of(left).size();
  net.act(left, [&](auto& a) { REQUIRE(a.add_reflexive(host, public_address)); });
  net.act(left, [](auto&) {});
  CHECK(candidates_of(left).size() == told + (how == gathering::continual ? 1U : 0U));
  // A restart tells it with the others.
  net.act(left, [](auto& a) { a.restart(); });
  CHECK(candidates_of(left).size() == told + 1);
}

TEST_CASE("host addresses: no report says that a failed session works", "[scenario]") {
  duo d{8};
  REQUIRE(d.connect());
  CHECK(d.left.agent.report().verdict == session_verdict::works);
  // A restart that comes to nothing leaves data on the old path.
  d.net.act(d.left, [](auto& a) { a.restart(); });
  d.net.act(d.right, [](auto& a) { a.restart(); });
  const auto tell = [&](node& from, node& to) {
    const auto own = from.agent.local_credentials();
    d.net.act(to, [&](auto& a) {
      REQUIRE(a.set_remote_credentials(own.ufrag, own.password));
      REQUIRE(a.end_of_remote_candidates());
    });
  };
  d.net.decide = [&](const wired& w) {
    const auto m = stun::message_view::parse(w.bytes);
    const auto fresh = [&](const node& n) {
      const auto user = m ? std::optional{m->get<stun::username>()} : std::nullopt;
      return user && *user && (*user)->value.starts_with(n.agent.local_credentials().ufrag);
    };
    return fresh(d.left) || fresh(d.right) ? fate{} : fate{10ms};
  };
  tell(d.left, d.right);
  tell(d.right, d.left);
  d.net.run_for(3min);
  for (auto* const n : {&d.left, &d.right}) {
    REQUIRE(n->agent.state() == connection_state::failed);
    CHECK(n->agent.report().verdict != session_verdict::works);
  }
}
