#include "floe/ice/local_candidates.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "catch.hpp"
#include "ice/support.hpp"

using namespace floe;
using ice::candidate_type;
using ice::local_candidates;

namespace {

/// Adds a local candidate as the agent does: with the foundation of its type and base.
ice::local_id add_local(local_candidates& all, candidate_type type, const endpoint& base,
                        std::uint16_t socket = 1, stream_id stream = first,
                        component_id component = one) {
  auto made = named(1, base, type);
  made.component = component;
  made.foundation = all.local_foundation(type, base.address);
  return *all.add({.candidate = made, .stream = stream, .socket = socket_id{socket}, .base = base});
}

local_candidates some(std::size_t count = 8) { return {count, memory_ref{}}; }

}  // namespace

TEST_CASE("local candidates: local ones share a foundation when type and base address are the same",
          "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000, 1), 1);
  const auto port = add_local(all, candidate_type::host, at(5001, 1), 2, first, two);
  const auto stream = add_local(all, candidate_type::host, at(5002, 1), 3, second);
  const auto other = add_local(all, candidate_type::host, at(5000, 2), 4);
  const auto learned = add_local(all, candidate_type::prflx, at(5000, 1), 1);
  const auto foundation = [&](ice::local_id id) { return all[id].candidate.foundation; };
  const auto number = [&](ice::local_id id) { return all[id].foundation_number; };
  CHECK(foundation(host).text() == "1");
  for (const auto same : {port, stream}) {
    CHECK(foundation(same) == foundation(host));
    CHECK(number(same) == number(host));
  }
  for (const auto different : {other, learned}) {
    CHECK(foundation(different) != foundation(host));
    CHECK(number(different) != number(host));
  }
  CHECK(foundation(other) != foundation(learned));
}

TEST_CASE("local candidates: a foundation is that of a type, a base address and a server",
          "[ice][8445-5.1.1.3-a]") {
  auto all = some(16);
  std::map<std::string, std::string> groups;
  const auto add = [&](char name, const ice::local_candidate& made) {
    const auto id = *all.add(made);
    groups[std::string{all[id].candidate.foundation.text()}] += name;
    return id;
  };
  const auto host = [&](char name, std::uint16_t socket, const endpoint& bound) {
    return add(name, all.make_host(socket_id{socket}, bound, first, one, {}));
  };
  const auto reflexive = [&](char name, ice::local_id base, std::uint16_t port, server_id by) {
    add(name, *all.make_reflexive(base, {address::v4(203, 0, 113, 5), port}, by));
  };
  constexpr server_id server{10};
  constexpr server_id other_server{11};

  const auto a = host('a', 1, at(5000, 1));
  const auto b = host('b', 2, at(5001, 1));
  const auto c = host('c', 3, at(5000, 2));
  reflexive('d', a, 1, server);
  reflexive('e', b, 2, server);
  reflexive('f', a, 3, other_server);
  reflexive('g', c, 4, server);
  const auto relay = [&](char name, const endpoint& relayed, server_id by) {
    add(name, *all.make_relayed(a, socket_id{relayed.port}, relayed, at(1, 7), by));
  };
  relay('h', at(7000, 9), server);
  relay('i', at(7002, 9), server);
  relay('j', at(7004, 9), other_server);
  relay('k', at(7006, 8), server);

  std::set<std::string> found;
  for (const auto& [foundation, names] : groups) found.insert(names);
  CHECK(found == std::set<std::string>{"ab", "c", "de", "f", "g", "hi", "j", "k"});
}

TEST_CASE("local candidates: bases of other addresses have other foundations", "[ice]") {
  auto all = some();
  std::set<std::string_view> texts;
  std::vector<ice::local_id> ids;
  for (std::uint8_t i = 1; i <= 8; ++i) {
    ids.push_back(add_local(all, candidate_type::host, at(5000, i), i));
  }
  for (const auto id : ids) texts.insert(all[id].candidate.foundation.text());
  CHECK(texts.size() == 8);
}

TEST_CASE("local candidates: host ones rank by cost, family and the order they are named in",
          "[ice][8445-5.1.2.1-d][8421-5-a]") {
  auto all = some();
  const auto v6 = [](std::uint8_t last) {
    return endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}),
                    5000};
  };
  std::uint32_t sockets = 0;
  const auto add = [&](const endpoint& bound, ice::network_cost cost = {}) {
    const auto made = all.make_host(socket_id{++sockets}, bound, first, one, cost);
    return *all.add(made);
  };
  const auto old1 = add(at(5000, 1));
  const auto old2 = add(at(5000, 2));
  const auto costly = add(v6(9), ice::network_cost::high);
  const auto new1 = add(v6(1));
  const auto new2 = add(v6(2));
  const auto srflx = *all.add(*all.make_reflexive(old2, at(9000), server_id{1}));
  const auto second_srflx = *all.add(*all.make_reflexive(old2, at(9001), server_id{2}));
  const auto relayed =
      *all.add(*all.make_relayed(old1, socket_id{99}, at(7000), at(9002), server_id{1}));
  all.prioritize(first);
  const auto priority = [&](ice::local_id id) { return all[id].candidate.priority; };
  const auto expected = [](candidate_type type, std::uint16_t preference) {
    return ice::candidate_priority(type, preference, one);
  };
  CHECK(priority(new1) == expected(candidate_type::host, 65535));
  CHECK(priority(old1) == expected(candidate_type::host, 65535 - 16));
  CHECK(priority(new2) == expected(candidate_type::host, 65535 - 32));
  CHECK(priority(old2) == expected(candidate_type::host, 65535 - 48));
  CHECK(priority(costly) == expected(candidate_type::host, 65535 - 64));
  CHECK(priority(srflx) == expected(candidate_type::srflx, 65535 - 48));
  CHECK(priority(second_srflx) == expected(candidate_type::srflx, 65535 - 49));
  CHECK(priority(relayed) == expected(candidate_type::relay, 65535 - 16));
}

TEST_CASE("local candidates: relays of several servers have a local preference each",
          "[ice][8445-5.1.2.2-c][8421-4-e]") {
  auto all = some(40);
  const auto host = *all.add(all.make_host(socket_id{1}, at(5000), first, one, {}));
  std::set<std::uint32_t> priorities;
  for (std::uint16_t i = 0; i < 16; ++i) {
    const auto made =
        all.make_relayed(host, socket_id{100U + i}, at(static_cast<std::uint16_t>(7000 + i)),
                         at(9000), server_id{static_cast<std::uint8_t>(i)});
    REQUIRE(made);
    priorities.insert(all[*all.add(*made)].candidate.priority);
  }
  CHECK(priorities.size() == 16);
  CHECK_FALSE(all.make_relayed(host, socket_id{200}, at(7100), at(9000), server_id{17}));
}

TEST_CASE(
    "local candidates: what was obtained goes with the host candidate it was obtained through",
    "[ice]") {
  auto all = some();
  const auto host = *all.add(all.make_host(socket_id{1}, at(5000), first, one, {}));
  const auto other = *all.add(all.make_host(socket_id{2}, at(5001), first, one, {}));
  const auto srflx = *all.add(*all.make_reflexive(host, at(9000), {}));
  const auto relayed = *all.add(*all.make_relayed(host, socket_id{99}, at(7000), at(9000), {}));
  ice::local_candidate learned;
  learned.host = relayed;
  const auto nested = *all.add(learned);
  CHECK(all[srflx].base == at(5000));
  CHECK(all[srflx].socket == socket_id{1});
  CHECK(all[srflx].candidate.related == at(5000));
  CHECK(all[relayed].base == at(7000));
  CHECK(all[relayed].candidate.related == at(9000));
  CHECK(all.stems_from(nested, host));
  CHECK(all.stems_from(host, host));
  CHECK_FALSE(all.stems_from(host, srflx));
  CHECK_FALSE(all.stems_from(other, host));
  all.erase(host);
  CHECK(all.rows().size() == 1);
  CHECK(all.rows().find(other) != nullptr);
}

TEST_CASE("local candidates: a reflexive one opens and conveys its base, a relayed one only itself",
          "[ice]") {
  auto all = some();
  const auto host = *all.add(all.make_host(socket_id{1}, at(5000), first, one, {}));
  const auto relayed = *all.add(*all.make_relayed(host, socket_id{99}, at(7000), at(9000), {}));
  CHECK_FALSE(all.find_base(first, socket_id{1}));
  all.convey(relayed);
  CHECK(all.find_base(first, socket_id{99}) == relayed);
  CHECK_FALSE(all.find_base(first, socket_id{1}));
  CHECK_FALSE(all[host].conveyed);
  const auto srflx = *all.add(*all.make_reflexive(host, at(9000), {}));
  all.open(srflx);
  CHECK(all.find_base(first, socket_id{1}) == host);
  CHECK_FALSE(all[host].conveyed);
  all.convey(srflx);
  CHECK(all[host].conveyed);
}

TEST_CASE("local candidates: local ones are found by socket and by address, bases only by socket",
          "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000), 1);
  const auto learned = add_local(all, candidate_type::prflx, at(9000), 2);
  CHECK_FALSE(all.find_base(first, socket_id{1}));
  all.open(host);
  CHECK(all.find_base(first, socket_id{1}) == host);
  CHECK_FALSE(all.find_base(first, socket_id{2}));
  CHECK_FALSE(all.find_base(second, socket_id{1}));
  CHECK(all.uses(socket_id{1}));
  CHECK_FALSE(all.uses(socket_id{2}));
  CHECK(all.find(first, one, at(5000)) == host);
  CHECK(all.find(first, one, at(9000)) == learned);
  CHECK_FALSE(all.find(first, two, at(5000)));
  CHECK_FALSE(all.find(second, one, at(5000)));
  CHECK_FALSE(all.find(first, one, at(5001)));
}

TEST_CASE("local candidates: a local one counts as conveyed when it was", "[ice]") {
  auto all = some();
  const auto id = add_local(all, candidate_type::host, at(5000));
  CHECK_FALSE(all[id].conveyed);
  all.convey(id);
  CHECK(all[id].conveyed);
}

TEST_CASE("local candidates: where there is no room, nothing is added", "[ice]") {
  auto all = some(1);
  add_local(all, candidate_type::host, at(5000));
  add_local(all, candidate_type::prflx, at(5000));
  CHECK_FALSE(all.add({.candidate = named(1, at(5001)), .base = at(5001)}));
  CHECK(all.rows().size() == 2);
}

TEST_CASE("local candidates: a restart forgets what a stream learned, and no other's", "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000), 1);
  add_local(all, candidate_type::prflx, at(9000), 1);
  const auto theirs = add_local(all, candidate_type::prflx, at(9001), 2, second);
  all.forget_learned(first);
  CHECK(all.rows().size() == 2);
  CHECK(all.rows().find(host) != nullptr);
  CHECK(all.rows().find(theirs) != nullptr);
}

TEST_CASE("local candidates: a host candidate is what the host bound, ready to be told", "[ice]") {
  auto all = some();
  const auto made = all.make_host(socket_id{7}, at(5000, 3), second, two, ice::network_cost::low);
  CHECK(made.candidate.type == candidate_type::host);
  CHECK(made.candidate.component == two);
  CHECK(made.candidate.address == at(5000, 3));
  CHECK(made.candidate.foundation.text() == "1");
  CHECK(made.candidate.priority == ice::candidate_priority(candidate_type::host, 65535, two));
  CHECK_FALSE(made.candidate.related);
  CHECK(made.base == at(5000, 3));
  CHECK(made.stream == second);
  CHECK(made.socket == socket_id{7});
  CHECK(made.rank.cost == ice::network_cost::low);
}

TEST_CASE("local candidates: only those of the same component and family make a host candidate a "
          "later one",
          "[ice][8421-4-a]") {
  auto all = some();
  const auto v6 =
      endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 1};
  const auto turn = [&](const endpoint& bound, stream_id stream, component_id component) {
    const auto made = all.make_host(socket_id{1}, bound, stream, component, {});
    all.add(made);
    return made.rank.turn;
  };
  CHECK(turn(v6, first, one) == 0);
  CHECK(turn(at(5000), first, one) == 1);
  CHECK(turn(v6, first, one) == 2);
  CHECK(turn(v6, first, two) == 0);
  CHECK(turn(v6, second, one) == 0);
  CHECK(turn(at(5001), first, one) == 3);
  CHECK(turn(v6, first, one) == 4);
}

TEST_CASE("local candidates: components and streams have local preferences of their own",
          "[ice][8445-5.1.2.1-d]") {
  auto all = some();
  const auto priority = [&](stream_id stream, component_id component) {
    const auto made = all.make_host(socket_id{1}, at(5000), stream, component, {});
    all.add(made);
    return made.candidate.priority;
  };
  const auto best = [](component_id component) {
    return ice::candidate_priority(candidate_type::host, 65535, component);
  };
  CHECK(priority(first, one) == best(one));
  CHECK(priority(first, two) == best(two));
  CHECK(priority(second, one) == best(one));
  CHECK(priority(first, one) == ice::candidate_priority(candidate_type::host, 65535 - 16, one));
}

TEST_CASE(
    "local candidates: what was obtained has the address that was seen, and a foundation by its "
    "server",
    "[ice]") {
  auto all = some();
  const auto host = *all.add(all.make_host(socket_id{1}, at(5000), first, one, {}));
  all.convey(host);
  const auto srflx = *all.make_reflexive(host, at(9000), server_id{3});
  CHECK(srflx.candidate.address == at(9000));
  CHECK(srflx.server == server_id{3});
  CHECK(srflx.host == host);
  CHECK(srflx.variant == 0);
  CHECK_FALSE(srflx.open);
  CHECK_FALSE(srflx.conveyed);
  CHECK(srflx.candidate.foundation != all[host].candidate.foundation);
  all.add(srflx);

  const auto relayed = *all.make_relayed(host, socket_id{99}, at(7000), at(9000), server_id{3});
  CHECK(relayed.candidate.address == at(7000));
  CHECK(relayed.server == server_id{3});
  CHECK(relayed.variant == 0);
  CHECK(relayed.candidate.foundation != srflx.candidate.foundation);

  const auto again = *all.make_reflexive(host, at(9001), server_id{3});
  CHECK(again.variant == 1);
  CHECK(again.candidate.foundation == srflx.candidate.foundation);
  const auto elsewhere = *all.make_reflexive(host, at(9001), server_id{4});
  CHECK(elsewhere.candidate.foundation != srflx.candidate.foundation);

  const auto other = *all.add(all.make_host(socket_id{2}, at(5001, 2), first, one, {}));
  CHECK(all.make_reflexive(other, at(9002), server_id{3})->variant == 0);
}

TEST_CASE(
    "local candidates: final priorities are those of one stream, and not of what checks taught",
    "[ice]") {
  auto all = some();
  const auto mine = add_local(all, candidate_type::host, at(5000), 1);
  const auto theirs = add_local(all, candidate_type::host, at(5001), 2, second);
  const auto learned = add_local(all, candidate_type::prflx, at(9000), 1);
  const auto priority = [&](ice::local_id id) { return all[id].candidate.priority; };
  all.prioritize(first);
  CHECK(priority(mine) == ice::candidate_priority(candidate_type::host, 65535, one));
  CHECK(priority(theirs) == 1000);
  CHECK(priority(learned) == 1000);
}

TEST_CASE("local candidates: those that checks taught are not among those the host named",
          "[ice]") {
  auto all = some();
  CHECK(all.count_named() == 0);
  add_local(all, candidate_type::prflx, at(9000));
  CHECK(all.count_named() == 0);
  add_local(all, candidate_type::host, at(5000));
  add_local(all, candidate_type::relay, at(7000));
  CHECK(all.count_named() == 2);
}

TEST_CASE(
    "local candidates: a learned one gives its name to what is known better, with its foundation",
    "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000));
  const auto learned = add_local(all, candidate_type::prflx, at(9000));
  const auto before = all[learned].foundation_number;
  const auto known = *all.make_reflexive(host, at(9000), server_id{1});
  all.replace(learned, known);
  CHECK(all[learned].candidate == known.candidate);
  CHECK(all[learned].foundation_number != before);
  CHECK(all[learned].foundation_number != all[host].foundation_number);

  // A row that alone has its foundation gets another number all the same: the old one was that of
  // what it gives way to.
  auto same = all[host];
  all.replace(learned, same);
  CHECK(all[learned].foundation_number == all[host].foundation_number);
}

TEST_CASE("local candidates: a related address is hidden where it shows a host candidate",
          "[ice]") {
  auto all = some();
  add_local(all, candidate_type::host, at(5000, 1));
  add_local(all, candidate_type::relay, at(7000, 2));
  const auto shown = [&](std::optional<endpoint> related) {
    auto told = named(1, at(9000, 9), candidate_type::srflx);
    told.related = related;
    all.hide_host_in(told);
    return told.related;
  };
  CHECK(shown(at(5000, 1)) == ice::hidden_endpoint(family::ipv4));
  CHECK(shown(at(6000, 1)) == ice::hidden_endpoint(family::ipv4));
  CHECK(shown(at(5000, 2)) == at(5000, 2));
  CHECK(shown(at(5000, 3)) == at(5000, 3));
  CHECK_FALSE(shown(std::nullopt));
}

TEST_CASE("local candidates: what is obtained through a socket of both families is no such socket",
          "[ice]") {
  auto table = some();
  auto made =
      table.make_host(socket_id{1}, {address::v4(10, 0, 0, 1), 5000}, {}, component_id{1}, {});
  made.speaks_v6 = true;
  const auto dual = table.add(made);
  REQUIRE(dual);
  const endpoint relayed{address::v4(203, 0, 113, 9), 50000};
  const auto relay = table.make_relayed(*dual, socket_id{2}, relayed, relayed, server_id{1});
  REQUIRE(relay);
  CHECK_FALSE(relay->speaks_v6);
}

TEST_CASE("local candidates: a closed base lets nothing in or out", "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000), 1);
  all.convey(host);
  all.close(host);
  CHECK_FALSE(all.find_base(first, socket_id{1}));
  CHECK_FALSE(all[host].open);
  CHECK_FALSE(all[host].conveyed);
}

TEST_CASE("local candidates: what checks teach takes half of the table, the rest is the host's",
          "[ice]") {
  auto all = some(3);
  add_local(all, candidate_type::host, at(5000));
  const auto learn = [&](std::uint16_t port) {
    return all.learn({.candidate = named(1, at(port), candidate_type::prflx), .base = at(5000)});
  };
  for (std::uint16_t i = 0; i < 3; ++i) {
    const auto learned = learn(static_cast<std::uint16_t>(9000 + i));
    REQUIRE(learned);
    CHECK(all[*learned].candidate.address.port == 9000 + i);
  }
  CHECK_FALSE(learn(9003));
  CHECK(all.rows().size() == 4);
  add_local(all, candidate_type::host, at(5001));
  add_local(all, candidate_type::host, at(5002));
  CHECK(all.rows().size() == 6);
}

TEST_CASE(
    "local candidates: one needs what it was obtained through, and a relay its allocation's other",
    "[ice]") {
  auto all = some();
  const auto host = *all.add(all.make_host(socket_id{1}, at(5000), first, one, {}));
  const auto other = *all.add(all.make_host(socket_id{2}, at(5001), first, one, {}));
  std::uint16_t port = 7000;
  const auto relay = [&](ice::local_id through, std::uint8_t server) {
    ++port;
    return *all.add(
        *all.make_relayed(through, socket_id{port}, at(port), at(9000), server_id{server}));
  };
  const auto ours = relay(host, 1);
  const auto sibling = relay(host, 1);
  const auto elsewhere = relay(host, 2);
  const auto cousin = relay(other, 1);
  const auto srflx = *all.add(*all.make_reflexive(host, at(9000), server_id{1}));
  for (const auto base : {ours, sibling, host}) CHECK(all.needs(ours, base));
  for (const auto base : {other, elsewhere, cousin, srflx}) CHECK_FALSE(all.needs(ours, base));
  CHECK(all.needs(sibling, ours));
  CHECK(all.needs(srflx, host));
  CHECK_FALSE(all.needs(srflx, ours));
  CHECK_FALSE(all.needs(host, ours));
  CHECK(all.needs(host, host));
}

TEST_CASE(
    "local candidates: one that would have a priority that was told has the next local preference",
    "[ice][8445-5.1.2-a]") {
  auto all = some();
  const auto v6 = [](std::uint8_t last) {
    return endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}),
                    5000};
  };
  const auto add = [&](const endpoint& bound) {
    const auto made = all.make_host(socket_id{1}, bound, first, one, {});
    all.add(made);
    return made.candidate.priority;
  };
  const auto expected = [](std::uint16_t preference) {
    return ice::candidate_priority(candidate_type::host, preference, one);
  };
  CHECK(add(at(5000)) == expected(65535));
  CHECK(add(v6(1)) == expected(65534));
}
