#include "floe/ice/remote_candidates.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "ice/support.hpp"

using namespace floe;
using ice::candidate_type;
using ice::remote_addition;
using ice::remote_candidates;

namespace {

remote_candidates some(std::size_t count = 8) { return {count, memory_ref{}}; }

}  // namespace

TEST_CASE("remote candidates: a priority is 1 to 2^31-1", "[ice][8445-5.1.2-a]") {
  const auto fault = [](std::uint32_t priority) {
    return ice::find_fault(named(1, at(5000), candidate_type::host, priority), false);
  };
  CHECK(fault(0) == errc::invalid_candidate);
  CHECK(fault(1) == std::nullopt);
  CHECK(fault(0x7fffffff) == std::nullopt);
  CHECK(fault(0x80000000) == errc::invalid_candidate);
  CHECK(fault(0xffffffff) == errc::invalid_candidate);
}

TEST_CASE("remote candidates: one without a foundation is invalid", "[ice]") {
  auto nameless = named(1, at(5000));
  nameless.foundation = {};
  CHECK(ice::find_fault(nameless, false) == errc::invalid_candidate);
}

TEST_CASE("remote candidates: an address nothing should be sent to is unusable", "[ice]") {
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

TEST_CASE("remote candidates: IPv6 is no way around the rules for IPv4", "[ice][ATK-D08]") {
  const auto fault = [](std::array<std::uint8_t, 16> octets) {
    return ice::find_fault(named(1, {address::v6(octets), 5000}), false);
  };
  CHECK(fault({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1}) == errc::unusable_address);
  CHECK(fault({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1}) == errc::unusable_address);
  CHECK(fault({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 127, 0, 0, 1}) == errc::unusable_address);
  CHECK(fault({0xfe, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) == errc::unusable_address);
  CHECK(fault({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}) == std::nullopt);
}

TEST_CASE("remote candidates: the same remote one again changes nothing", "[ice]") {
  auto all = some();
  const auto added = all.add(first, named(1, at(5000)));
  CHECK(added.what == remote_addition::added);
  const auto again = all.add(first, named(2, at(5000), candidate_type::srflx, 2000));
  CHECK(again.what == remote_addition::known);
  CHECK(again.id == added.id);
  CHECK(all.rows().size() == 1);
  CHECK(all[added.id].candidate == named(1, at(5000)));

  auto other = named(1, at(5000));
  other.component = two;
  CHECK(all.add(first, other).what == remote_addition::added);
  CHECK(all.add(second, named(1, at(5000))).what == remote_addition::added);
  CHECK(all.rows().size() == 3);
}

TEST_CASE("remote candidates: remote foundations have equal numbers exactly when they are equal",
          "[ice]") {
  auto all = some();
  const auto a = all.add(first, named(7, at(5000))).id;
  const auto b = all.add(second, named(7, at(5001))).id;
  const auto c = all.add(first, named(8, at(5002))).id;
  const auto number = [&](ice::remote_id id) { return all[id].foundation_number; };
  CHECK(number(a) == number(b));
  CHECK(number(a) != number(c));
}

TEST_CASE("remote candidates: a learned one has the source's address, the check's priority, and a "
          "foundation of its own",
          "[ice]") {
  auto all = some();
  REQUIRE(all.add(first, named(1, at(5000))).what == remote_addition::added);
  const auto a = all.learn(second, two, at(6000), 0x6e0001ff);
  const auto b = all.learn(second, two, at(6001), 0);
  REQUIRE(a.what == remote_addition::added);
  REQUIRE(b.what == remote_addition::added);
  const auto& row = all[a.id];
  CHECK(row.stream == second);
  CHECK(row.candidate.component == two);
  CHECK(row.candidate.address == at(6000));
  CHECK(row.candidate.priority == 0x6e0001ff);
  CHECK(row.candidate.type == candidate_type::prflx);
  CHECK_FALSE(row.candidate.related);
  CHECK(all[b.id].candidate.priority == ice::min_priority);
  CHECK(row.candidate.foundation != all[b.id].candidate.foundation);
  CHECK(row.foundation_number != all[b.id].foundation_number);
}

TEST_CASE("remote candidates: a learned one becomes what the peer signals, and keeps its name",
          "[ice]") {
  auto all = some();
  const auto known = all.add(first, named(3, at(5000)));
  const auto learned = all.learn(first, one, at(6000), 50);
  const auto signalled = named(3, at(6000), candidate_type::srflx, 1694498815);
  const auto upgrade = all.add(first, signalled);
  CHECK(upgrade.what == remote_addition::upgraded);
  CHECK(upgrade.id == learned.id);
  CHECK(all[learned.id].candidate == signalled);
  CHECK(all[learned.id].foundation_number == all[known.id].foundation_number);
  CHECK(all.add(first, signalled).what == remote_addition::known);

  const auto lone = all.learn(first, one, at(6001), 50);
  const auto before = all[lone.id].foundation_number;
  CHECK(all.add(first, named(9, at(6001))).what == remote_addition::upgraded);
  CHECK(all[lone.id].foundation_number != before);
}

TEST_CASE("remote candidates: one that the peer calls peer-reflexive is signalled all the same",
          "[ice]") {
  auto table = some(4);
  auto signalled = named(1, at(1));
  signalled.type = ice::candidate_type::prflx;
  const auto added = table.add(stream_id{0}, signalled);
  CHECK(added.what == ice::remote_addition::added);
  CHECK_FALSE(table[added.id].learned);
  CHECK(table.add(stream_id{0}, signalled).what == ice::remote_addition::known);
}

TEST_CASE("remote candidates: where there is no room, nothing is added", "[ice]") {
  auto all = some(4);
  for (std::uint16_t i = 0; i < 4; ++i) {
    const auto address = at(static_cast<std::uint16_t>(5000 + i));
    REQUIRE(all.add(first, named(1, address)).what == remote_addition::added);
  }
  CHECK(all.add(first, named(2, at(5004))).what == remote_addition::no_room);
  CHECK(all.add(first, named(1, at(5000))).what == remote_addition::known);
  CHECK(all.rows().size() == 4);
}

TEST_CASE("remote candidates: what is signalled and what is learned take no place from each other",
          "[ice]") {
  auto all = some(2);
  const auto learn = [&](std::uint16_t port) { return all.learn(first, one, at(port), 1); };
  for (const auto port : {std::uint16_t{6000}, std::uint16_t{6001}}) {
    REQUIRE(learn(port).what == remote_addition::added);
  }
  CHECK(learn(6002).what == remote_addition::no_room);
  REQUIRE(all.add(first, named(1, at(5000))).what == remote_addition::added);
  // What is signalled after it was learned needs a place of its new kind.
  CHECK(all.add(first, named(1, at(6000))).what == remote_addition::upgraded);
  CHECK(all.add(first, named(1, at(6001))).what == remote_addition::no_room);
  CHECK(all.add(first, named(1, at(5001))).what == remote_addition::no_room);
  CHECK(learn(6002).what == remote_addition::added);
  CHECK(learn(6003).what == remote_addition::no_room);
  CHECK(all.rows().size() == 4);
}

TEST_CASE("remote candidates: of one's own stream the least gives way that nobody needs and that "
          "is no better",
          "[ice]") {
  auto all = some();
  const auto low = all.add(first, named(1, at(1), candidate_type::host, 10)).id;
  const auto mid = all.add(first, named(1, at(2), candidate_type::host, 20)).id;
  const auto high = all.add(first, named(1, at(3), candidate_type::host, 30)).id;
  const auto nobody = [](ice::remote_id) { return false; };
  const auto priority = [](std::uint16_t preference) {
    return named(1, at(1), candidate_type::host, preference).priority;
  };
  CHECK(all.signalled_victim_for(first, priority(40), nobody) == low);
  CHECK(all.signalled_victim_for(first, priority(10), nobody) == low);
  CHECK_FALSE(all.signalled_victim_for(first, priority(9), nobody));
  CHECK(all.signalled_victim_for(first, priority(40), [&](auto id) { return id == low; }) == mid);
  CHECK_FALSE(all.signalled_victim_for(first, priority(40), [](ice::remote_id) { return true; }));
  all.erase(low);
  CHECK(all.rows().find(low) == nullptr);
  CHECK(all.signalled_victim_for(first, priority(40), [&](auto id) { return id == mid; }) == high);
}

TEST_CASE("remote candidates: the stream that has most gives way to one that has less", "[ice]") {
  auto all = some();
  const auto low = all.add(first, named(1, at(1), candidate_type::host, 60000)).id;
  all.add(first, named(1, at(2), candidate_type::host, 60001));
  const auto nobody = [](ice::remote_id) { return false; };
  CHECK(all.signalled_victim_for(second, 1, nobody) == low);
  all.add(second, named(1, at(3), candidate_type::host, 5));
  CHECK_FALSE(all.signalled_victim_for(second, 1, nobody));
}

TEST_CASE(
    "remote candidates: signalled ones give way to signalled ones, learned ones to learned ones",
    "[ice]") {
  auto all = some();
  const auto nobody = [](ice::remote_id) { return false; };
  const auto learned = all.learn(first, one, at(1), 5).id;
  CHECK_FALSE(all.signalled_victim_for(first, 99, nobody));
  CHECK(all.learned_victim_for(first, nobody) == learned);
  const auto signalled = all.add(first, named(1, at(2), candidate_type::host, 10)).id;
  CHECK(all.signalled_victim_for(first, 99, nobody) == signalled);
  all.add(first, named(2, at(1)));
  CHECK_FALSE(all.learned_victim_for(first, nobody));
}

TEST_CASE("remote candidates: of the learned ones the oldest gives way that nobody needs",
          "[ice]") {
  auto all = some();
  std::vector<ice::remote_id> ids;
  for (std::uint16_t i = 0; i < 3; ++i) {
    ids.push_back(all.learn(first, one, at(static_cast<std::uint16_t>(1 + i)), 50U + i).id);
  }
  const auto nobody = [](ice::remote_id) { return false; };
  CHECK(all.learned_victim_for(first, nobody) == ids[0]);
  CHECK(all.learned_victim_for(first, [&](auto id) { return id == ids[0]; }) == ids[1]);
  CHECK_FALSE(all.learned_victim_for(first, [](auto) { return true; }));
  all.erase(ids[0]);
  const auto in_its_slot = all.learn(first, one, at(9), 1).id;
  CHECK(all.learned_victim_for(first, [&](auto id) { return id == ids[1]; }) == ids[2]);
  CHECK(all.learned_victim_for(second, nobody) == ids[1]);
  const auto others = all.learn(second, one, at(10), 1).id;
  all.learn(second, one, at(11), 1);
  CHECK(all.learned_victim_for(first, [&](auto id) { return id != in_its_slot; }) == in_its_slot);
  CHECK(all.learned_victim_for(second, nobody) == others);
}

TEST_CASE("remote candidates: which is the oldest does not depend on how many were learned before",
          "[ice]") {
  auto all = some();
  const auto learn = [&] { return all.learn(first, one, at(1), 1).id; };
  for (int i = 0; i < 65534; ++i) all.erase(learn());
  const auto before = learn();
  const auto after = learn();
  CHECK(all[before].foundation_number == 65535);
  CHECK(all[after].foundation_number == 0);
  CHECK(all.learned_victim_for(first, [](auto) { return false; }) == before);
}

TEST_CASE("remote candidates: a restart forgets those of a stream, and no other's", "[ice]") {
  auto all = some();
  all.learn(first, one, at(6000), 1);
  all.add(first, named(1, at(6001)));
  const auto kept = all.add(second, named(1, at(6002))).id;
  all.forget(first);
  CHECK(all.rows().size() == 1);
  CHECK(all.rows().find(kept) != nullptr);
}

TEST_CASE("remote candidates: a base learns so many ports of an address in vain, and no more",
          "[ice]") {
  auto all = some();
  constexpr ice::local_id base{0, 1};
  constexpr ice::local_id other{1, 1};
  CHECK(all.may_learn(base, at(6000), 2));
  CHECK_FALSE(all.may_learn(base, at(6000), 0));
  const auto vain = all.learn(first, one, at(6000), 1, base).id;
  CHECK_FALSE(all[vain].answered);
  CHECK(all[vain].learned_on == base);
  CHECK(all.may_learn(base, at(6001), 2));
  all.learn(first, one, at(6001), 1, base);
  CHECK_FALSE(all.may_learn(base, at(6002), 2));

  CHECK(all.may_learn(other, at(6002), 2));
  CHECK(all.may_learn(base, at(6002, 9), 2));
  CHECK(all.may_learn(base, at(6002), 3));

  all.note_answer(vain);
  CHECK(all[vain].answered);
  CHECK(all.may_learn(base, at(6002), 2));
  all.add(first, named(1, at(6003)));
  CHECK(all.may_learn(base, at(6002), 2));
}

TEST_CASE("remote candidates: of equals the oldest gives way", "[ice]") {
  auto all = some();
  const auto nobody = [](ice::remote_id) { return false; };
  const auto old = all.add(first, named(1, at(1), candidate_type::host, 10)).id;
  all.add(first, named(1, at(2), candidate_type::host, 10));
  CHECK(all.signalled_victim_for(first, 10, nobody) == old);
}

TEST_CASE("remote candidates: a stream that has most itself gives way to nobody else", "[ice]") {
  auto all = some();
  const auto nobody = [](ice::remote_id) { return false; };
  const auto mine = all.add(first, named(1, at(1), candidate_type::host, 10)).id;
  all.add(first, named(1, at(2), candidate_type::host, 20));
  all.add(second, named(1, at(3), candidate_type::host, 5));
  CHECK(all.signalled_victim_for(first, 99, nobody) == mine);
}

TEST_CASE("remote candidates: of several streams that have more, the one with most gives way",
          "[ice]") {
  auto all = some(16);
  const auto nobody = [](ice::remote_id) { return false; };
  std::uint16_t port = 0;
  const auto fill = [&](stream_id stream, int count) {
    for (int i = 0; i < count; ++i) all.add(stream, named(1, at(++port)));
  };
  fill(second, 4);
  fill(stream_id{2}, 3);
  const auto victim = all.signalled_victim_for(first, 99, nobody);
  REQUIRE(victim);
  CHECK(all[*victim].stream == second);
}

TEST_CASE("remote candidates: the address that the peer hides is told from one that it shows",
          "[ice][MDNS-3.2-d]") {
  auto all = some();
  const auto hidden = [&](ice::remote_id id) { return all[id].hidden; };
  CHECK_FALSE(hidden(all.add(first, named(1, at(1))).id));
  CHECK(hidden(all.add(first, named(1, at(2)), true).id));
  const auto learned = all.learn(first, one, at(3), 1).id;
  CHECK_FALSE(hidden(learned));
  CHECK(all.add(first, named(1, at(3)), true).what == remote_addition::upgraded);
  CHECK(hidden(learned));
}

TEST_CASE("remote candidates: a port that was learned in vain gives way once it has had its time",
          "[ice]") {
  auto all = some();
  constexpr ice::local_id base{0, 1};
  constexpr time_point start{std::chrono::hours{1}};
  constexpr auto patience = std::chrono::seconds{10};
  const auto answered = all.learn(first, one, at(6000), 1, base, start).id;
  const auto oldest = all.learn(first, one, at(6001), 1, base, start).id;
  all.learn(first, one, at(6002), 1, base, start);
  CHECK(all.note_answer(answered));
  CHECK_FALSE(all.note_answer(answered));
  const auto victim = [&](ice::local_id on, const endpoint& source, duration later) {
    return all.port_victim_for(on, source, start + later, patience);
  };
  CHECK_FALSE(victim(base, at(6003), patience - duration{1}));
  CHECK(victim(base, at(6003), patience) == oldest);
  CHECK_FALSE(victim(ice::local_id{1, 1}, at(6003), patience));
  CHECK_FALSE(victim(base, at(6003, 9), patience));
}
