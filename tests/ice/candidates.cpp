#include "floe/ice/candidates.hpp"

#include <cstdint>
#include <memory_resource>
#include <set>
#include <vector>

#include "catch.hpp"

using namespace floe;
using ice::candidate;
using ice::candidate_type;
using ice::candidates;
using ice::remote_addition;

namespace {

constexpr component_id one{1};
constexpr component_id two{2};
constexpr stream_id first{0};
constexpr stream_id second{1};

endpoint at(std::uint16_t port, std::uint8_t host = 1) {
  return {address::v4(192, 0, 2, host), port};
}

candidate named(std::uint32_t foundation, const endpoint& address,
                candidate_type type = candidate_type::host, std::uint32_t priority = 1000) {
  return {.foundation = ice::foundation::from_number(foundation),
          .component = one,
          .priority = priority,
          .address = address,
          .type = type,
          .related = {}};
}

/// Adds a local candidate as the agent does: with the foundation of its type and base.
ice::local_id add_local(candidates& all, candidate_type type, const endpoint& base,
                        std::uint16_t socket = 1, stream_id stream = first,
                        component_id component = one) {
  auto made = named(1, base, type);
  made.component = component;
  made.foundation = all.local_foundation(type, base.address);
  return *all.add_local(
      {.candidate = made, .stream = stream, .socket = socket_id{socket}, .base = base});
}

candidates some(std::size_t locals = 8, std::size_t remotes = 8) {
  return {locals, remotes, std::pmr::get_default_resource()};
}

}  // namespace

TEST_CASE("candidates: a priority is 1 to 2^31-1", "[ice][8445-5.1.2-a]") {
  const auto fault = [](std::uint32_t priority) {
    return ice::find_fault(named(1, at(5000), candidate_type::host, priority), false);
  };
  CHECK(fault(0) == errc::invalid_candidate);
  CHECK(fault(1) == std::nullopt);
  CHECK(fault(0x7fffffff) == std::nullopt);
  CHECK(fault(0x80000000) == errc::invalid_candidate);
  CHECK(fault(0xffffffff) == errc::invalid_candidate);
}

TEST_CASE("candidates: one without a foundation is invalid", "[ice]") {
  auto nameless = named(1, at(5000));
  nameless.foundation = {};
  CHECK(ice::find_fault(nameless, false) == errc::invalid_candidate);
}

TEST_CASE("candidates: an address nothing should be sent to is unusable", "[ice]") {
  const auto fault = [](const endpoint& address, bool loopback = false) {
    return ice::find_fault(named(1, address), loopback);
  };
  CHECK(fault(at(0)) == errc::unusable_address);
  CHECK(fault({address::v4(0, 0, 0, 0), 5000}) == errc::unusable_address);
  CHECK(fault({address::v4(255, 255, 255, 255), 5000}) == errc::unusable_address);
  CHECK(fault({address::v4(224, 0, 0, 251), 5353}) == errc::unusable_address);
  CHECK(fault({address::v6({}), 5000}) == errc::unusable_address);
  CHECK(fault({address::v4(127, 0, 0, 1), 5000}) == errc::unusable_address);
  CHECK(fault({address::v4(127, 0, 0, 1), 5000}, true) == std::nullopt);
  CHECK(fault(at(53)) == std::nullopt);
}

TEST_CASE("candidates: IPv6 is no way around the rules for IPv4", "[ice][ATK-D08]") {
  const auto fault = [](std::array<std::uint8_t, 16> octets) {
    return ice::find_fault(named(1, {address::v6(octets), 5000}), false);
  };
  CHECK(fault({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}) == errc::unusable_address);
  CHECK(fault({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}) == errc::unusable_address);
  CHECK(fault({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1}) == errc::unusable_address);
  CHECK(fault({0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) == errc::unusable_address);
  CHECK(fault({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) == std::nullopt);
}

TEST_CASE("candidates: local ones share a foundation when type and base address are the same",
          "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000, 1), 1);
  const auto port = add_local(all, candidate_type::host, at(5001, 1), 2, first, two);
  const auto stream = add_local(all, candidate_type::host, at(5002, 1), 3, second);
  const auto other = add_local(all, candidate_type::host, at(5000, 2), 4);
  const auto learned = add_local(all, candidate_type::prflx, at(5000, 1), 1);
  const auto foundation = [&](ice::local_id id) { return all.locals()[id].candidate.foundation; };
  const auto number = [&](ice::local_id id) { return all.locals()[id].foundation_number; };
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

TEST_CASE("candidates: the foundations of local ones differ whatever the peer's were", "[ice]") {
  auto all = some();
  std::set<std::string_view> texts;
  std::vector<ice::local_id> ids;
  for (std::uint8_t i = 1; i <= 8; ++i) {
    ids.push_back(add_local(all, candidate_type::host, at(5000, i), i));
    all.learn_remote(first, one, at(i), 1);
  }
  for (const auto id : ids) texts.insert(all.locals()[id].candidate.foundation.text());
  CHECK(texts.size() == 8);
}

TEST_CASE("candidates: host ones rank by cost, family and the order they are named in",
          "[ice][8445-5.1.2.1-d][8421-5-a]") {
  auto all = some();
  const auto v6 = [](std::uint8_t last) {
    return endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}),
                    5000};
  };
  std::uint32_t sockets = 0;
  const auto add = [&](const endpoint& bound, ice::network_cost cost = {}) {
    const auto made = all.make_host(socket_id{++sockets}, bound, first, one, cost);
    return *all.add_local(made);
  };
  const auto old1 = add(at(5000, 1));
  const auto old2 = add(at(5000, 2));
  const auto costly = add(v6(9), ice::network_cost::high);
  const auto new1 = add(v6(1));
  const auto new2 = add(v6(2));
  const auto srflx = *all.add_local(*all.make_reflexive(old2, at(9000), server_id{1}));
  const auto second_srflx = *all.add_local(*all.make_reflexive(old2, at(9001), server_id{2}));
  const auto relayed =
      *all.add_local(*all.make_relayed(old1, socket_id{99}, at(7000), at(9002), server_id{1}));
  all.prioritize(first);
  const auto priority = [&](ice::local_id id) { return all.locals()[id].candidate.priority; };
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

TEST_CASE("candidates: relays of several servers have a local preference each",
          "[ice][8445-5.1.2.2-c][8421-4-e]") {
  candidates all{40, 1, std::pmr::get_default_resource()};
  const auto host = *all.add_local(all.make_host(socket_id{1}, at(5000), first, one, {}));
  std::set<std::uint32_t> priorities;
  for (std::uint16_t i = 0; i < 16; ++i) {
    const auto made =
        all.make_relayed(host, socket_id{100U + i}, at(static_cast<std::uint16_t>(7000 + i)),
                         at(9000), server_id{static_cast<std::uint8_t>(i)});
    REQUIRE(made);
    priorities.insert(all.locals()[*all.add_local(*made)].candidate.priority);
  }
  CHECK(priorities.size() == 16);
  CHECK_FALSE(all.make_relayed(host, socket_id{200}, at(7100), at(9000), server_id{17}));
}

TEST_CASE("candidates: what was obtained goes with the host candidate it was obtained through",
          "[ice]") {
  auto all = some();
  const auto host = *all.add_local(all.make_host(socket_id{1}, at(5000), first, one, {}));
  const auto other = *all.add_local(all.make_host(socket_id{2}, at(5001), first, one, {}));
  const auto srflx = *all.add_local(*all.make_reflexive(host, at(9000), {}));
  const auto relayed =
      *all.add_local(*all.make_relayed(host, socket_id{99}, at(7000), at(9000), {}));
  ice::local_candidate learned;
  learned.host = relayed;
  const auto nested = *all.add_local(learned);
  CHECK(all.locals()[srflx].base == at(5000));
  CHECK(all.locals()[srflx].socket == socket_id{1});
  CHECK(all.locals()[srflx].candidate.related == at(5000));
  CHECK(all.locals()[relayed].base == at(7000));
  CHECK(all.locals()[relayed].candidate.related == at(9000));
  CHECK(all.stems_from(nested, host));
  CHECK(all.stems_from(host, host));
  CHECK_FALSE(all.stems_from(host, srflx));
  CHECK_FALSE(all.stems_from(other, host));
  all.erase_local(host);
  CHECK(all.locals().size() == 1);
  CHECK(all.locals().find(other) != nullptr);
}

TEST_CASE("candidates: a reflexive one opens and conveys its base, a relayed one only itself",
          "[ice]") {
  auto all = some();
  const auto host = *all.add_local(all.make_host(socket_id{1}, at(5000), first, one, {}));
  const auto relayed =
      *all.add_local(*all.make_relayed(host, socket_id{99}, at(7000), at(9000), {}));
  CHECK_FALSE(all.find_base(first, socket_id{1}));
  all.convey(relayed);
  CHECK(all.find_base(first, socket_id{99}) == relayed);
  CHECK_FALSE(all.find_base(first, socket_id{1}));
  CHECK_FALSE(all.locals()[host].conveyed);
  const auto srflx = *all.add_local(*all.make_reflexive(host, at(9000), {}));
  all.open(srflx);
  CHECK(all.find_base(first, socket_id{1}) == host);
  CHECK_FALSE(all.locals()[host].conveyed);
  all.convey(srflx);
  CHECK(all.locals()[host].conveyed);
}

TEST_CASE("candidates: local ones are found by socket and by address, bases only by socket",
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
  CHECK(all.find_local(first, one, at(5000)) == host);
  CHECK(all.find_local(first, one, at(9000)) == learned);
  CHECK_FALSE(all.find_local(first, two, at(5000)));
  CHECK_FALSE(all.find_local(second, one, at(5000)));
  CHECK_FALSE(all.find_local(first, one, at(5001)));
}

TEST_CASE("candidates: a local one counts as conveyed when it was", "[ice]") {
  auto all = some();
  const auto id = add_local(all, candidate_type::host, at(5000));
  CHECK_FALSE(all.locals()[id].conveyed);
  all.convey(id);
  CHECK(all.locals()[id].conveyed);
}

TEST_CASE("candidates: the same remote one again changes nothing", "[ice]") {
  auto all = some();
  const auto added = all.add_remote(first, named(1, at(5000)));
  CHECK(added.what == remote_addition::added);
  const auto again = all.add_remote(first, named(2, at(5000), candidate_type::srflx, 2000));
  CHECK(again.what == remote_addition::known);
  CHECK(again.id == added.id);
  CHECK(all.remotes().size() == 1);
  CHECK(all.remotes()[added.id].candidate == named(1, at(5000)));

  auto other = named(1, at(5000));
  other.component = two;
  CHECK(all.add_remote(first, other).what == remote_addition::added);
  CHECK(all.add_remote(second, named(1, at(5000))).what == remote_addition::added);
  CHECK(all.remotes().size() == 3);
}

TEST_CASE("candidates: remote foundations have equal numbers exactly when they are equal",
          "[ice]") {
  auto all = some();
  const auto a = all.add_remote(first, named(7, at(5000))).id;
  const auto b = all.add_remote(second, named(7, at(5001))).id;
  const auto c = all.add_remote(first, named(8, at(5002))).id;
  const auto number = [&](ice::remote_id id) { return all.remotes()[id].foundation_number; };
  CHECK(number(a) == number(b));
  CHECK(number(a) != number(c));
}

TEST_CASE("candidates: a learned one has the source's address, the check's priority, and a "
          "foundation of its own",
          "[ice]") {
  auto all = some();
  REQUIRE(all.add_remote(first, named(1, at(5000))).what == remote_addition::added);
  const auto a = all.learn_remote(second, two, at(6000), 0x6e0001ff);
  const auto b = all.learn_remote(second, two, at(6001), 0);
  REQUIRE(a.what == remote_addition::added);
  REQUIRE(b.what == remote_addition::added);
  const auto& row = all.remotes()[a.id];
  CHECK(row.stream == second);
  CHECK(row.candidate.component == two);
  CHECK(row.candidate.address == at(6000));
  CHECK(row.candidate.priority == 0x6e0001ff);
  CHECK(row.candidate.type == candidate_type::prflx);
  CHECK_FALSE(row.candidate.related);
  CHECK(all.remotes()[b.id].candidate.priority == ice::min_priority);
  CHECK(row.candidate.foundation != all.remotes()[b.id].candidate.foundation);
  CHECK(row.foundation_number != all.remotes()[b.id].foundation_number);
}

TEST_CASE("candidates: a learned one becomes what the peer signals, and keeps its name", "[ice]") {
  auto all = some();
  const auto known = all.add_remote(first, named(3, at(5000)));
  const auto learned = all.learn_remote(first, one, at(6000), 50);
  const auto signalled = named(3, at(6000), candidate_type::srflx, 1694498815);
  const auto upgrade = all.add_remote(first, signalled);
  CHECK(upgrade.what == remote_addition::upgraded);
  CHECK(upgrade.id == learned.id);
  CHECK(all.remotes()[learned.id].candidate == signalled);
  CHECK(all.remotes()[learned.id].foundation_number == all.remotes()[known.id].foundation_number);
  CHECK(all.add_remote(first, signalled).what == remote_addition::known);

  const auto lone = all.learn_remote(first, one, at(6001), 50);
  const auto before = all.remotes()[lone.id].foundation_number;
  CHECK(all.add_remote(first, named(9, at(6001))).what == remote_addition::upgraded);
  CHECK(all.remotes()[lone.id].foundation_number != before);
}

TEST_CASE("candidates: one that the peer calls peer-reflexive is signalled all the same", "[ice]") {
  ice::candidates table{4, 4, std::pmr::get_default_resource()};
  auto signalled = named(1, at(1));
  signalled.type = ice::candidate_type::prflx;
  const auto added = table.add_remote(stream_id{0}, signalled);
  CHECK(added.what == ice::remote_addition::added);
  CHECK_FALSE(table.remotes()[added.id].learned);
  CHECK(table.add_remote(stream_id{0}, signalled).what == ice::remote_addition::known);
}

TEST_CASE("candidates: where there is no room, nothing is added", "[ice]") {
  auto all = some(1, 1);
  add_local(all, candidate_type::host, at(5000));
  add_local(all, candidate_type::prflx, at(5000));
  CHECK_FALSE(all.add_local({.candidate = named(1, at(5001)), .base = at(5001)}));
  REQUIRE(all.add_remote(first, named(1, at(5000))).what == remote_addition::added);
  CHECK(all.add_remote(first, named(2, at(5001))).what == remote_addition::no_room);
  CHECK(all.add_remote(first, named(1, at(5000))).what == remote_addition::known);
  CHECK(all.locals().size() == 2);
  CHECK(all.remotes().size() == 1);
}

TEST_CASE("candidates: what is signalled and what is learned take no place from each other",
          "[ice]") {
  auto all = some(1, 2);
  const auto learn = [&](std::uint16_t port) { return all.learn_remote(first, one, at(port), 1); };
  for (const auto port : {std::uint16_t{6000}, std::uint16_t{6001}}) {
    REQUIRE(learn(port).what == remote_addition::added);
  }
  CHECK(learn(6002).what == remote_addition::no_room);
  REQUIRE(all.add_remote(first, named(1, at(5000))).what == remote_addition::added);
  // What is signalled after it was learned keeps its place, whatever there is of its new kind.
  REQUIRE(all.add_remote(first, named(1, at(5001))).what == remote_addition::added);
  CHECK(all.add_remote(first, named(1, at(6000))).what == remote_addition::upgraded);
  CHECK(all.add_remote(first, named(1, at(5002))).what == remote_addition::no_room);
  CHECK(learn(6002).what == remote_addition::no_room);
  CHECK(all.remotes().size() == 4);
}

TEST_CASE(
    "candidates: of one's own stream the least gives way that nobody needs and that is no better",
    "[ice]") {
  auto all = some();
  const auto low = all.add_remote(first, named(1, at(1), candidate_type::host, 10)).id;
  const auto mid = all.add_remote(first, named(1, at(2), candidate_type::host, 20)).id;
  const auto high = all.add_remote(first, named(1, at(3), candidate_type::host, 30)).id;
  const auto nobody = [](ice::remote_id) { return false; };
  const auto priority = [](std::uint16_t preference) {
    return named(1, at(1), candidate_type::host, preference).priority;
  };
  CHECK(all.signalled_victim_for(first, priority(40), nobody) == low);
  CHECK(all.signalled_victim_for(first, priority(10), nobody) == low);
  CHECK_FALSE(all.signalled_victim_for(first, priority(9), nobody));
  CHECK(all.signalled_victim_for(first, priority(40), [&](auto id) { return id == low; }) == mid);
  CHECK_FALSE(all.signalled_victim_for(first, priority(40), [](ice::remote_id) { return true; }));
  all.erase_remote(low);
  CHECK(all.remotes().find(low) == nullptr);
  CHECK(all.signalled_victim_for(first, priority(40), [&](auto id) { return id == mid; }) == high);
}

TEST_CASE("candidates: the stream that has most gives way to one that has less", "[ice]") {
  auto all = some();
  const auto low = all.add_remote(first, named(1, at(1), candidate_type::host, 60000)).id;
  all.add_remote(first, named(1, at(2), candidate_type::host, 60001));
  const auto nobody = [](ice::remote_id) { return false; };
  CHECK(all.signalled_victim_for(second, 1, nobody) == low);
  all.add_remote(second, named(1, at(3), candidate_type::host, 5));
  CHECK_FALSE(all.signalled_victim_for(second, 1, nobody));
}

TEST_CASE("candidates: signalled ones give way to signalled ones, learned ones to learned ones",
          "[ice]") {
  auto all = some();
  const auto nobody = [](ice::remote_id) { return false; };
  const auto learned = all.learn_remote(first, one, at(1), 5).id;
  CHECK_FALSE(all.signalled_victim_for(first, 99, nobody));
  CHECK(all.learned_victim_for(first, nobody) == learned);
  const auto signalled = all.add_remote(first, named(1, at(2), candidate_type::host, 10)).id;
  CHECK(all.signalled_victim_for(first, 99, nobody) == signalled);
  all.add_remote(first, named(2, at(1)));
  CHECK_FALSE(all.learned_victim_for(first, nobody));
}

TEST_CASE("candidates: of the learned ones the oldest gives way that nobody needs", "[ice]") {
  auto all = some();
  std::vector<ice::remote_id> ids;
  for (std::uint16_t i = 0; i < 3; ++i) {
    ids.push_back(all.learn_remote(first, one, at(static_cast<std::uint16_t>(1 + i)), 50U + i).id);
  }
  const auto nobody = [](ice::remote_id) { return false; };
  CHECK(all.learned_victim_for(first, nobody) == ids[0]);
  CHECK(all.learned_victim_for(first, [&](auto id) { return id == ids[0]; }) == ids[1]);
  CHECK_FALSE(all.learned_victim_for(first, [](auto) { return true; }));
  all.erase_remote(ids[0]);
  const auto in_its_slot = all.learn_remote(first, one, at(9), 1).id;
  CHECK(all.learned_victim_for(first, [&](auto id) { return id == ids[1]; }) == ids[2]);
  CHECK(all.learned_victim_for(second, nobody) == ids[1]);
  const auto others = all.learn_remote(second, one, at(10), 1).id;
  all.learn_remote(second, one, at(11), 1);
  CHECK(all.learned_victim_for(first, [&](auto id) { return id != in_its_slot; }) == in_its_slot);
  CHECK(all.learned_victim_for(second, nobody) == others);
}

TEST_CASE("candidates: which is the oldest does not depend on how many were learned before",
          "[ice]") {
  auto all = some();
  const auto learn = [&] { return all.learn_remote(first, one, at(1), 1).id; };
  for (int i = 0; i < 65534; ++i) all.erase_remote(learn());
  const auto before = learn();
  const auto after = learn();
  CHECK(all.remotes()[before].foundation_number == 65535);
  CHECK(all.remotes()[after].foundation_number == 0);
  CHECK(all.learned_victim_for(first, [](auto) { return false; }) == before);
}

TEST_CASE("candidates: a restart forgets what a stream learned, and no other's", "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000), 1);
  add_local(all, candidate_type::prflx, at(9000), 1);
  const auto theirs = add_local(all, candidate_type::prflx, at(9001), 2, second);
  all.learn_remote(first, one, at(6000), 1);
  all.add_remote(first, named(1, at(6001)));
  const auto kept = all.add_remote(second, named(1, at(6002))).id;
  all.forget_generation(first);
  CHECK(all.locals().size() == 2);
  CHECK(all.locals().find(host) != nullptr);
  CHECK(all.locals().find(theirs) != nullptr);
  CHECK(all.remotes().size() == 1);
  CHECK(all.remotes().find(kept) != nullptr);
}

TEST_CASE("candidates: a host candidate is what the host bound, ready to be told", "[ice]") {
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

TEST_CASE(
    "candidates: only those of the same component and family make a host candidate a later one",
    "[ice][8421-4-a]") {
  auto all = some();
  const auto v6 =
      endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 1};
  const auto turn = [&](const endpoint& bound, stream_id stream, component_id component) {
    const auto made = all.make_host(socket_id{1}, bound, stream, component, {});
    all.add_local(made);
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

TEST_CASE("candidates: components and streams have local preferences of their own",
          "[ice][8445-5.1.2.1-d]") {
  auto all = some();
  const auto priority = [&](stream_id stream, component_id component) {
    const auto made = all.make_host(socket_id{1}, at(5000), stream, component, {});
    all.add_local(made);
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

TEST_CASE("candidates: what was obtained has the address that was seen, and a foundation by its "
          "server",
          "[ice]") {
  auto all = some();
  const auto host = *all.add_local(all.make_host(socket_id{1}, at(5000), first, one, {}));
  all.convey(host);
  const auto srflx = *all.make_reflexive(host, at(9000), server_id{3});
  CHECK(srflx.candidate.address == at(9000));
  CHECK(srflx.server == server_id{3});
  CHECK(srflx.host == host);
  CHECK(srflx.variant == 0);
  CHECK_FALSE(srflx.open);
  CHECK_FALSE(srflx.conveyed);
  CHECK(srflx.candidate.foundation != all.locals()[host].candidate.foundation);
  all.add_local(srflx);

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

  const auto other = *all.add_local(all.make_host(socket_id{2}, at(5001, 2), first, one, {}));
  CHECK(all.make_reflexive(other, at(9002), server_id{3})->variant == 0);
}

TEST_CASE("candidates: final priorities are those of one stream, and not of what checks taught",
          "[ice]") {
  auto all = some();
  const auto mine = add_local(all, candidate_type::host, at(5000), 1);
  const auto theirs = add_local(all, candidate_type::host, at(5001), 2, second);
  const auto learned = add_local(all, candidate_type::prflx, at(9000), 1);
  const auto priority = [&](ice::local_id id) { return all.locals()[id].candidate.priority; };
  all.prioritize(first);
  CHECK(priority(mine) == ice::candidate_priority(candidate_type::host, 65535, one));
  CHECK(priority(theirs) == 1000);
  CHECK(priority(learned) == 1000);
}

TEST_CASE("candidates: those that checks taught are not among those the host named", "[ice]") {
  auto all = some();
  CHECK(all.count_named() == 0);
  add_local(all, candidate_type::prflx, at(9000));
  CHECK(all.count_named() == 0);
  add_local(all, candidate_type::host, at(5000));
  add_local(all, candidate_type::relay, at(7000));
  CHECK(all.count_named() == 2);
}

TEST_CASE("candidates: a learned one gives its name to what is known better, with its foundation",
          "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000));
  const auto learned = add_local(all, candidate_type::prflx, at(9000));
  const auto before = all.locals()[learned].foundation_number;
  const auto known = *all.make_reflexive(host, at(9000), server_id{1});
  all.replace_local(learned, known);
  CHECK(all.locals()[learned].candidate == known.candidate);
  CHECK(all.locals()[learned].foundation_number != before);
  CHECK(all.locals()[learned].foundation_number != all.locals()[host].foundation_number);

  // A row that alone has its foundation gets another number all the same: the old one was that of
  // what it gives way to.
  auto same = all.locals()[host];
  all.replace_local(learned, same);
  CHECK(all.locals()[learned].foundation_number == all.locals()[host].foundation_number);
}

TEST_CASE("candidates: a closed base lets nothing in or out", "[ice]") {
  auto all = some();
  const auto host = add_local(all, candidate_type::host, at(5000), 1);
  all.convey(host);
  all.close(host);
  CHECK_FALSE(all.find_base(first, socket_id{1}));
  CHECK_FALSE(all.locals()[host].open);
  CHECK_FALSE(all.locals()[host].conveyed);
}

TEST_CASE("candidates: a base learns so many ports of an address in vain, and no more", "[ice]") {
  auto all = some();
  const auto base = add_local(all, candidate_type::host, at(5000), 1);
  const auto other = add_local(all, candidate_type::host, at(5001), 2);
  CHECK(all.may_learn(base, at(6000), 2));
  CHECK_FALSE(all.may_learn(base, at(6000), 0));
  const auto vain = all.learn_remote(first, one, at(6000), 1, base).id;
  CHECK_FALSE(all.remotes()[vain].answered);
  CHECK(all.remotes()[vain].learned_on == base);
  CHECK(all.may_learn(base, at(6001), 2));
  all.learn_remote(first, one, at(6001), 1, base);
  CHECK_FALSE(all.may_learn(base, at(6002), 2));

  CHECK(all.may_learn(other, at(6002), 2));
  CHECK(all.may_learn(base, at(6002, 9), 2));
  CHECK(all.may_learn(base, at(6002), 3));

  all.note_answer(vain);
  CHECK(all.remotes()[vain].answered);
  CHECK(all.may_learn(base, at(6002), 2));
  all.add_remote(first, named(1, at(6003)));
  CHECK(all.may_learn(base, at(6002), 2));
}

TEST_CASE("candidates: of equals the oldest gives way", "[ice]") {
  auto all = some();
  const auto nobody = [](ice::remote_id) { return false; };
  const auto old = all.add_remote(first, named(1, at(1), candidate_type::host, 10)).id;
  all.add_remote(first, named(1, at(2), candidate_type::host, 10));
  CHECK(all.signalled_victim_for(first, 10, nobody) == old);
}

TEST_CASE("candidates: a stream that has most itself gives way to nobody else", "[ice]") {
  auto all = some();
  const auto nobody = [](ice::remote_id) { return false; };
  const auto mine = all.add_remote(first, named(1, at(1), candidate_type::host, 10)).id;
  all.add_remote(first, named(1, at(2), candidate_type::host, 20));
  all.add_remote(second, named(1, at(3), candidate_type::host, 5));
  CHECK(all.signalled_victim_for(first, 99, nobody) == mine);
}

TEST_CASE("candidates: of several streams that have more, the one with most gives way", "[ice]") {
  auto all = some(8, 16);
  const auto nobody = [](ice::remote_id) { return false; };
  std::uint16_t port = 0;
  const auto fill = [&](stream_id stream, int count) {
    for (int i = 0; i < count; ++i) all.add_remote(stream, named(1, at(++port)));
  };
  fill(second, 4);
  fill(stream_id{2}, 3);
  const auto victim = all.signalled_victim_for(first, 99, nobody);
  REQUIRE(victim);
  CHECK(all.remotes()[*victim].stream == second);
}

TEST_CASE("candidates: what checks teach takes half of the table, the rest is the host's",
          "[ice]") {
  auto all = some(3);
  add_local(all, candidate_type::host, at(5000));
  const auto learn = [&](std::uint16_t port) {
    return all.learn_local(
        {.candidate = named(1, at(port), candidate_type::prflx), .base = at(5000)});
  };
  for (std::uint16_t i = 0; i < 3; ++i) {
    const auto learned = learn(static_cast<std::uint16_t>(9000 + i));
    REQUIRE(learned);
    CHECK(all.locals()[*learned].candidate.address.port == 9000 + i);
  }
  CHECK_FALSE(learn(9003));
  CHECK(all.locals().size() == 4);
  add_local(all, candidate_type::host, at(5001));
  add_local(all, candidate_type::host, at(5002));
  CHECK(all.locals().size() == 6);
}

TEST_CASE("candidates: one needs what it was obtained through, and a relay its allocation's other",
          "[ice]") {
  auto all = some();
  const auto host = *all.add_local(all.make_host(socket_id{1}, at(5000), first, one, {}));
  const auto other = *all.add_local(all.make_host(socket_id{2}, at(5001), first, one, {}));
  std::uint16_t port = 7000;
  const auto relay = [&](ice::local_id through, std::uint8_t server) {
    ++port;
    return *all.add_local(
        *all.make_relayed(through, socket_id{port}, at(port), at(9000), server_id{server}));
  };
  const auto ours = relay(host, 1);
  const auto sibling = relay(host, 1);
  const auto elsewhere = relay(host, 2);
  const auto cousin = relay(other, 1);
  const auto srflx = *all.add_local(*all.make_reflexive(host, at(9000), server_id{1}));
  for (const auto base : {ours, sibling, host}) CHECK(all.needs(ours, base));
  for (const auto base : {other, elsewhere, cousin, srflx}) CHECK_FALSE(all.needs(ours, base));
  CHECK(all.needs(sibling, ours));
  CHECK(all.needs(srflx, host));
  CHECK_FALSE(all.needs(srflx, ours));
  CHECK_FALSE(all.needs(host, ours));
  CHECK(all.needs(host, host));
}

TEST_CASE("candidates: the address that the peer hides is told from one that it shows",
          "[ice][MDNS-3.2-d]") {
  auto all = some();
  const auto hidden = [&](ice::remote_id id) { return all.remotes()[id].hidden; };
  CHECK_FALSE(hidden(all.add_remote(first, named(1, at(1))).id));
  CHECK(hidden(all.add_remote(first, named(1, at(2)), true).id));
  const auto learned = all.learn_remote(first, one, at(3), 1).id;
  CHECK_FALSE(hidden(learned));
  CHECK(all.add_remote(first, named(1, at(3)), true).what == remote_addition::upgraded);
  CHECK(hidden(learned));
}

TEST_CASE("candidates: one that would have a priority that was told has the next local preference",
          "[ice][8445-5.1.2-a]") {
  auto all = some();
  const auto v6 = [](std::uint8_t last) {
    return endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}),
                    5000};
  };
  const auto add = [&](const endpoint& bound) {
    const auto made = all.make_host(socket_id{1}, bound, first, one, {});
    all.add_local(made);
    return made.candidate.priority;
  };
  const auto expected = [](std::uint16_t preference) {
    return ice::candidate_priority(candidate_type::host, preference, one);
  };
  CHECK(add(at(5000)) == expected(65535));
  CHECK(add(v6(1)) == expected(65534));
}
