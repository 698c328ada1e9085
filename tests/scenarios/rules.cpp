// Rules of the RFCs that show only in a whole agent, over several calls.

#include <set>

#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const endpoint second_local{left_address.address, 5001};
const endpoint second_remote{right_address.address, 6001};

/// A config for so many streams and components in all.
[[nodiscard]] config roomy(std::uint16_t streams, std::uint16_t components) {
  config c{.role = ice::role::controlling};
  c.limits.streams = streams;
  c.limits.components = components;
  return c;
}

/// Notes every draw, to tell where bytes on the wire came from.
struct recording_entropy {
  seeded_entropy source;
  std::set<std::vector<std::byte>> draws;

  void operator()(byte_span out) {
    source(out);
    draws.emplace(out.begin(), out.end());
  }
};

[[nodiscard]] ice::candidate host_at(const endpoint& at, std::uint8_t foundation,
                                     component_id component = component_id{1}) {
  return {.foundation = ice::foundation::from_number(foundation),
          .component = component,
          .priority = ice::candidate_priority(ice::candidate_type::host, 65535, component),
          .address = at};
}

/// The states that a pair went through, with the first pair's if there are several.
[[nodiscard]] std::vector<ice::pair_state> history(const node& n) {
  std::vector<ice::pair_state> states;
  std::optional<ice::pair_id> first;
  for (const auto& e : n.events) {
    const auto* const change = std::get_if<event::pair_changed>(&e.what);
    if (change == nullptr) continue;
    if (!first) first = change->id;
    if (change->id == *first) states.push_back(change->to);
  }
  return states;
}

}  // namespace

TEST_CASE("rules: components count from 1, one by one", "[scenario][8445-5.1.1.1-h][8839-5.1-j]") {
  auto behaviour = roomy(2, 5);
  behaviour.components = 2;
  seeded_entropy entropy{1};
  agent a{epoch, behaviour, entropy};
  REQUIRE(a.add_stream(3).has_value());
  for (std::uint16_t stream = 0; stream < 2; ++stream) {
    for (std::uint16_t c = 0; c <= 5; ++c) {
      const endpoint at{left_address.address, static_cast<std::uint16_t>(5000 + stream * 10 + c)};
      const auto added = a.add_local(static_cast<socket_id>(1 + stream * 10 + c), at,
                                     stream_id{stream}, component_id{c});
      const bool there = c >= 1 && c <= stream + 2;
      CHECK(added.has_value() == there);
      if (!there) CHECK(added.error() == errc::unknown_component);
      if (there) CHECK(a.local(*added)->candidate.component == component_id{c});
    }
  }
}

TEST_CASE("rules: type preferences are at most 126 and each type's own",
          "[scenario][8445-5.1.2.1-b]") {
  using type = ice::candidate_type;
  std::set<unsigned> preferences;
  for (const auto t : {type::host, type::srflx, type::prflx, type::relay}) {
    const auto preference = ice::type_preference(t);
    CHECK(preference <= 126);
    preferences.insert(preference);
    // Whatever else differs, the type stands at the top of the priority.
    for (const auto local : {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{65535}}) {
      CHECK(ice::candidate_priority(t, local, component_id{256}) >> 24U == preference);
    }
  }
  CHECK(preferences.size() == 4);
}

TEST_CASE("rules: local preferences differ within a component, whatever the families",
          "[scenario][8421-4-e]") {
  world w{1};
  auto& n = w.add("agent", controlling());
  std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
  for (std::uint8_t i = 1; i <= 8; ++i) {
    octets[15] = i;
    w.bind(n, {address::v4(192, 0, 2, i), 5000});
    w.bind(n, {address::v6(octets), 5000});
  }
  gather_all(w, n);
  std::set<std::uint32_t> priorities;
  for (const auto& c : candidates_of(n)) priorities.insert(c.priority);
  CHECK(priorities.size() == 16);
}

TEST_CASE("rules: a pair is In-Progress from the sending of its check to the answer",
          "[scenario][8445-6.1.4.2-d]") {
  auto behaviour = controlling();
  behaviour.report_pairs = true;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  const auto asked = peer.next_check();
  using state = ice::pair_state;
  CHECK(history(peer.n) == std::vector{state::frozen, state::waiting, state::in_progress});
  (void)peer.send(peer.success(asked));
  CHECK(history(peer.n).back() == state::succeeded);
}

TEST_CASE("rules: an answer that shows another base proves nothing of it", "[scenario]") {
  scripted_peer peer{1};
  peer.net.bind(peer.n, second_local);
  peer.tell_credentials();
  peer.net.act(peer.n, [](agent& a) { a.restart(); });  // brings the second socket in
  peer.tell_credentials("ufrag2", "passwordofthepeer0123452");
  peer.tell_candidate();
  REQUIRE(peer.n.agent.checklists().size() == 2);
  const auto asked = peer.next_check();
  const auto first = peer.n.agent.checklists().order().front();
  const auto elsewhere = asked.source == left_address ? second_local : left_address;
  (void)peer.send(peer.success(asked, elsewhere, "passwordofthepeer0123452"));
  // Data leaves from the base that asked, and the other asks for itself.
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.sent().back().source == asked.source);
  const auto& lists = peer.n.agent.checklists();
  for (const auto id : lists.order()) {
    CHECK((lists[id].state == ice::pair_state::succeeded) == (id == first));
  }
}

TEST_CASE("rules: a mapped address that a server showed before is that candidate, and no new one",
          "[scenario][8445-7.2.5.3.1-d]") {
  const endpoint seen{address::v4(203, 0, 113, 5), 40000};
  world w{1};
  auto& n = w.add("agent", controlling());
  const auto host = w.bind(n, left_address);
  const auto reflexive = n.agent.add_reflexive(host, seen).value();
  gather_all(w, n);
  w.act(n, [](agent& a) {
    REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
    REQUIRE(a.add_remote(host_at(right_address, 1)).has_value());
  });
  const scripted_peer peer{1};
  for (int i = 0; i < 10 && n.agent.selected() == nullptr; ++i) {
    w.run_for(50ms);
    (void)w.inject(n, socket_id{1}, right_address, peer.success(w.log().back(), seen));
  }
  REQUIRE(n.agent.selected() != nullptr);
  CHECK(n.agent.selected()->local == reflexive);
  CHECK(n.agent.selected()->checked == host);
  CHECK(n.agent.local(reflexive)->candidate.type == ice::candidate_type::srflx);
}

TEST_CASE("rules: candidates of a lite agent share a foundation where they share an address",
          "[scenario][8445-5.2-c]") {
  auto behaviour = roomy(1, 2);
  behaviour.level = ice::level::lite;
  behaviour.components = 2;
  seeded_entropy entropy{1};
  agent a{epoch, behaviour, entropy};
  const auto rtp = a.add_local(socket_id{1}, left_address).value();
  const auto rtcp = a.add_local(socket_id{2}, second_local, {}, component_id{2}).value();
  const auto elsewhere = a.add_local(socket_id{3}, right_address).value();
  a.gather(epoch);
  const auto foundation = [&](ice::local_id id) { return a.local(id)->candidate.foundation; };
  CHECK(foundation(rtp) == foundation(rtcp));
  CHECK(foundation(rtp) != foundation(elsewhere));
  std::set<std::uint32_t> priorities;
  for (const auto id : {rtp, rtcp, elsewhere}) priorities.insert(a.local(id)->candidate.priority);
  CHECK(priorities.size() == 3);
}

TEST_CASE("rules: a valid pair of learned candidates has the priorities that the checks carried",
          "[scenario][8445-7.2.5.3.2-c]") {
  const endpoint seen{address::v4(203, 0, 113, 5), 40000};
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  (void)peer.check(
      {.priority = 0x12345678, .claims = {{ice::role::controlling, 1}}, .nominates = true});
  const auto asked = peer.next_check();
  const auto carried = peer.parse(asked).get<stun::priority>().value().value;
  (void)peer.send(peer.success(asked, seen));
  const auto* const pair = peer.n.agent.selected();
  REQUIRE(pair != nullptr);
  CHECK(peer.n.agent.local(pair->local)->candidate.address == seen);
  CHECK(pair->priority == ice::pair_priority(0x12345678, carried));
}

TEST_CASE("rules: a check on a pair that works draws an answer and no check",
          "[scenario][8445-7.3.1.4-a]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  peer.answer_next();
  (void)peer.sent();
  for (int i = 0; i < 10; ++i) {
    (void)peer.check();
    peer.net.run_for(100ms);
  }
  const auto fresh = peer.sent();
  CHECK(fresh.size() == 10);
  for (const auto& w : fresh) CHECK(peer.cls(w) == stun::message_class::success);
  CHECK(peer.n.agent.checklists().size() == 1);
}

TEST_CASE("rules: the pair of a triggered check is the base it came to and the source it came from",
          "[scenario][8445-7.3.1.4-a]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  (void)peer.check({}, second_remote);
  const auto& lists = peer.n.agent.checklists();
  REQUIRE(lists.size() == 1);
  const auto& pair = lists[lists.order()[0]];
  CHECK(peer.n.agent.local(pair.local)->candidate.address == left_address);
  CHECK(peer.n.agent.remote(pair.remote)->candidate.address == second_remote);
}

TEST_CASE("rules: components take like paths where they can, those of lower priority if need be",
          "[scenario][8445-8.1.1-h]") {
  // Two networks, each with an address of either side. Nothing passes between them.
  constexpr std::array networks{198, 203};
  const auto interface = [](int network, std::uint8_t host) {
    return network == 198 ? address::v4(198, 51, 100, host) : address::v4(203, 0, 113, host);
  };
  using places = std::vector<std::pair<int, std::uint16_t>>;  // network and port
  struct row {
    places unbound{};
    places blocked{};
    places slow{};
    duration latency{};             ///< of the slow ones
    std::array<int, 2> selected{};  ///< networks of the components
  };
  const std::vector<row> rows{
      {.selected = {198, 198}},
      {.blocked = {{198, 5000}}, .selected = {203, 203}},
      {.blocked = {{198, 5001}}, .selected = {198, 203}},
      {.unbound = {{198, 5000}}, .selected = {203, 203}},
      {.unbound = {{198, 5000}}, .slow = {{203, 5000}}, .latency = 300ms, .selected = {203, 203}},
      {.unbound = {{198, 5000}}, .blocked = {{203, 5001}}, .selected = {203, 198}},
      // A path that takes twenty times as long as one that works is not waited for.
      {.slow = {{198, 5000}, {198, 5001}}, .latency = 220ms, .selected = {203, 203}},
  };
  const auto contains = [](const places& all, int network, std::uint16_t port) {
    return std::find(all.begin(), all.end(), std::pair{network, port}) != all.end();
  };
  for (const auto& row : rows) {
    world w{1};
    auto behaviour = roomy(1, 2);
    behaviour.components = 2;
    auto& left = w.add("left", behaviour);
    behaviour.role = ice::role::controlled;
    auto& right = w.add("right", behaviour);
    for (const int network : networks) {
      for (const std::uint16_t c : {std::uint16_t{1}, std::uint16_t{2}}) {
        const auto port = static_cast<std::uint16_t>(4999 + c);
        if (contains(row.unbound, network, port)) continue;
        w.bind(left, {interface(network, 1), port}, {}, component_id{c});
        w.bind(right, {interface(network, 2), port}, {}, component_id{c});
      }
    }
    w.decide = [&](const wired& packet) {
      for (const int network : networks) {
        const bool within = (packet.source.address == interface(network, 1) &&
                             packet.destination.address == interface(network, 2)) ||
                            (packet.source.address == interface(network, 2) &&
                             packet.destination.address == interface(network, 1));
        if (!within) continue;
        const auto port = packet.destination.port;
        if (contains(row.blocked, network, port)) return fate{};
        return fate{contains(row.slow, network, port) ? row.latency : 10ms};
      }
      return fate{};
    };
    gather_all(w, left);
    gather_all(w, right);
    signal(w, left, right);
    signal(w, right, left);
    REQUIRE(w.run_until([&] { return is_settled(left) && is_settled(right); }, 1min));
    for (const std::size_t c : {std::size_t{0}, std::size_t{1}}) {
      const component_id component{static_cast<std::uint16_t>(c + 1)};
      CAPTURE(c, row.selected[0], row.selected[1]);
      const auto* const l = left.agent.selected({}, component);
      const auto* const r = right.agent.selected({}, component);
      REQUIRE(l != nullptr);
      REQUIRE(r != nullptr);
      const auto base = [](const node& n, const ice::valid_pair& v) {
        return n.agent.local(v.local)->base.address;
      };
      CHECK(base(left, *l) == interface(row.selected[c], 1));
      CHECK(base(right, *r) == interface(row.selected[c], 2));
    }
  }
}

TEST_CASE("rules: a component waits for no first one that can't settle any more",
          "[scenario][8445-8.1.1-h][8863-4-e]") {
  // The peer names no candidate of the first component, and of the second one that works beside
  // others that don't.
  auto behaviour = roomy(1, 2);
  behaviour.components = 2;
  world w{1};
  auto& left = w.add("left", behaviour);
  behaviour.role = ice::role::controlled;
  auto& right = w.add("right", behaviour);
  for (const std::uint16_t c : {std::uint16_t{1}, std::uint16_t{2}}) {
    const auto port = static_cast<std::uint16_t>(4999 + c);
    w.bind(left, {left_address.address, port}, {}, component_id{c});
  }
  for (std::uint8_t i = 0; i < 4; ++i) {
    w.bind(right, {address::v4(192, 0, 2, static_cast<std::uint8_t>(20 + i)), 5001}, {},
           component_id{2});
  }
  const auto works = right.sockets.front().second;
  w.decide = [&](const wired& packet) {
    return packet.source == works || packet.destination == works ? fate{10ms} : fate{};
  };
  gather_all(w, left);
  gather_all(w, right);
  signal(w, left, right);
  signal(w, right, left);
  const auto begin = w.now();
  REQUIRE(w.run_until([&] { return left.agent.selected({}, component_id{2}) != nullptr; }, 1s));
  CHECK(left.agent.remote(left.agent.selected({}, component_id{2})->remote)->candidate.address ==
        works);
  REQUIRE(w.run_until([&] { return left.agent.state() == connection_state::failed; }, 1min));
  CHECK(w.now() - begin == 39500ms);
}

TEST_CASE("rules: a stream that fails is an event, and the others go on",
          "[scenario][8445-8.1.1-g][8445-8.1.2-e]") {
  auto behaviour = roomy(2, 2);
  world w{1};
  auto& left = w.add("left", behaviour);
  behaviour.role = ice::role::controlled;
  auto& right = w.add("right", behaviour);
  for (auto* const n : {&left, &right}) {
    REQUIRE(n->agent.add_stream().has_value());
    const auto at = n == &left ? left_address.address : right_address.address;
    w.bind(*n, {at, 5000});
    w.bind(*n, {at, 6000}, stream_id{1});
    gather_all(w, *n);
  }
  w.decide = [](const wired& packet) {
    return packet.destination.port == 6000 ? fate{} : fate{10ms};
  };
  for (const auto stream : {stream_id{0}, stream_id{1}}) {
    for (auto* const n : {&left, &right}) {
      auto& other = n == &left ? right : left;
      const endpoint at{n == &left ? left_address.address : right_address.address,
                        static_cast<std::uint16_t>(stream == stream_id{0} ? 5000 : 6000)};
      const auto told = n->agent.local_credentials(stream);
      w.act(other, [&](agent& a) {
        REQUIRE(a.set_remote_credentials(told.ufrag, told.password, stream).has_value());
        REQUIRE(a.add_remote(host_at(at, 1), {}, stream).has_value());
      });
    }
  }
  w.run_for(2min);
  for (auto* const n : {&left, &right}) {
    std::size_t failures = 0;
    for (const auto& e : n->events) {
      const auto* const change = std::get_if<event::checklist_changed>(&e.what);
      if (change == nullptr || change->to != ice::checklist_state::failed) continue;
      ++failures;
      CHECK(change->stream == stream_id{1});
    }
    CHECK(failures == 1);
    CHECK(w.send_data(*n, "x"));
    CHECK_FALSE(w.send_data(*n, "x", stream_id{1}));
    CHECK(is_settled(*n));
  }
}

TEST_CASE("rules: a stream that is added when all others failed brings the session back at once",
          "[scenario]") {
  world w{1};
  auto& n = w.add("agent", roomy(2, 2));
  w.bind(n, left_address);
  gather_all(w, n);
  w.act(n, [](agent& a) {
    REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  });
  w.run_for(1min);
  REQUIRE(n.agent.state() == connection_state::failed);
  w.act(n, [](agent& a) { REQUIRE(a.add_stream().has_value()); });
  CHECK(n.agent.state() == connection_state::checking);
}

TEST_CASE("rules: a path that is never used is kept open, before and after nomination",
          "[scenario][8445-11-f][8839-6-a]") {
  auto behaviour = controlled();
  behaviour.consent.enabled = false;
  const bool nominated = GENERATE(false, true);
  scripted_peer peer{1, behaviour};
  peer.introduce();
  peer.answer_next();
  if (nominated) (void)peer.check({.claims = {{ice::role::controlling, 1}}, .nominates = true});
  REQUIRE((peer.n.agent.selected() != nullptr) == nominated);
  (void)peer.sent();
  peer.net.run_for(10min);
  const auto fresh = peer.sent();
  CHECK(fresh.size() == 40);
  for (const auto& w : fresh) CHECK(peer.cls(w) == stun::message_class::indication);
}

TEST_CASE("rules: every transaction id is a draw of 96 bits of its own from the entropy",
          "[scenario][7675-8-a][7675-5.1-o]") {
  recording_entropy entropy{seeded_entropy{1}, {}};
  agent a{epoch, controlling(), entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(epoch);
  scripted_peer peer{1};
  const auto own = a.local_credentials();
  const auto username = std::string{own.ufrag} + ":" + scripted_peer::ufrag;
  const auto password = std::string{own.password};
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  REQUIRE(a.add_remote(host_at(right_address, 1)).has_value());
  std::array<std::byte, max_datagram_size> buffer{};
  std::set<std::vector<std::byte>> ids;
  auto now = epoch;
  for (int i = 0; i < 1000; ++i, now = std::max(now, a.next_timeout().value_or(now))) {
    a.handle_timeout(now);
    while (const auto out = a.poll_transmit(buffer)) {
      wired w;
      w.bytes.assign(buffer.begin(), buffer.begin() + out->size);
      if (peer.cls(w) != stun::message_class::request) continue;
      const auto id = peer.transaction_of(w).bytes;
      ids.emplace(id.begin(), id.end());
      (void)a.handle_datagram(now, {socket_id{1}, right_address, peer.success(w)});
    }
  }
  CHECK(ids.size() > 500);
  for (const auto& id : ids) CHECK(entropy.draws.count(id) == 1);
}

TEST_CASE("rules: local candidates pair with every remote one that is there already",
          "[scenario][8838-10-b]") {
  auto behaviour = roomy(1, 2);
  behaviour.components = 2;
  seeded_entropy entropy{1};
  agent a{epoch, behaviour, entropy};
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
  for (const auto c : {component_id{1}, component_id{2}}) {
    REQUIRE(a.add_remote(host_at(right_address, 1, c)).has_value());
    REQUIRE(a.add_remote(host_at(second_remote, 2, c)).has_value());
    REQUIRE(a.add_remote(host_at({address::v6(octets), 7000}, 3, c)).has_value());
  }
  CHECK(a.checklists().size() == 0);
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  octets[15] = 1;
  REQUIRE(a.add_local(socket_id{2}, {address::v6(octets), 5000}, {}, component_id{2}).has_value());
  a.gather(epoch);
  CHECK(a.checklists().size() == 2 + 1);
}

TEST_CASE("rules: where pairs are at their limit, Failed ones give way to a new remote candidate",
          "[scenario][8838-11-e]") {
  auto behaviour = controlling();
  behaviour.limits.pairs = 3;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  const auto at = [](std::uint16_t port) { return endpoint{right_address.address, port}; };
  peer.tell_candidate(at(1), "1", 1000);
  (void)peer.send(peer.error(peer.next_check(), stun::error_code::server_error), at(1));
  peer.tell_candidate(at(2), "2", 900);
  peer.tell_candidate(at(3), "3", 800);
  REQUIRE(peer.n.agent.checklists().size() == 3);
  const auto has = [&](std::uint16_t port) {
    const auto& lists = peer.n.agent.checklists();
    return lists
        .find_if([&](const ice::pair& p) {
          return peer.n.agent.remote(p.remote)->candidate.address == at(port);
        })
        .has_value();
  };
  peer.tell_candidate(at(4), "4", 1);  // less than all others
  CHECK_FALSE(has(1));
  CHECK((has(2) && has(3) && has(4)));
  peer.tell_candidate(at(5), "5", 850);  // and now the least goes
  CHECK((has(2) && has(3) && has(5)));
  CHECK_FALSE(has(4));
  CHECK(count_events<event::dropped>(peer.n) == 2);
}
