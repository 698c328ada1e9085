#include "floe/turn/permission.hpp"

#include <string_view>

#include "catch.hpp"
#include "support/grid.hpp"
#include "support/memory.hpp"

using namespace floe;
using namespace std::chrono_literals;
using turn::permission_event;
using turn::permission_state;

namespace {

std::string_view name(permission_state state) {
  switch (state) {
    case permission_state::wanted: return "wanted";
    case permission_state::requested: return "requested";
    case permission_state::granted: return "granted";
    case permission_state::refreshing: return "refreshing";
    case permission_state::refused: return "refused";
  }
  return "?";
}

std::string_view name(permission_event event) {
  switch (event) {
    case permission_event::asked: return "asked";
    case permission_event::granted: return "granted";
    case permission_event::refused: return "refused";
    case permission_event::unanswered: return "unanswered";
    case permission_event::expired: return "expired";
    case permission_event::wanted_again: return "wanted_again";
  }
  return "?";
}

address at(std::uint8_t last) { return address::v4(198, 51, 100, last); }

struct fixture {
  support::counting_memory memory;
  turn::permissions table{4, &memory};
  time_point now{};
};

}  // namespace

TEST_CASE("permission: what every event does to every state", "[turn]") {
  const auto table = support::grid(
      "permission", turn::permission_states, turn::permission_events,
      [](auto what) { return name(what); },
      [](permission_state from, permission_event on) { return turn::next(from, on); });
  support::check_grid(table, "tests/turn/permission.grid");
}

TEST_CASE("permission: every rule changes something and names its section", "[turn]") {
  for (const auto& rule : turn::permission_rules) {
    CAPTURE(name(rule.from), name(rule.on));
    CHECK(rule.from != rule.to);
    CHECK_FALSE(rule.section.empty());
  }
}

TEST_CASE("permission: a relay is not asked to reach what is special to it", "[turn][8656-21-a]") {
  CHECK(turn::may_be_peer(at(1), false));
  CHECK(turn::may_be_peer(address::v4(10, 0, 0, 1), false));
  auto loopback = std::array<std::uint8_t, 16>{};
  loopback[15] = 1;
  for (const auto& special : {address::v4(127, 0, 0, 1), address::v4(169, 254, 1, 1),
                              address::v6(loopback), address::v6({0xfe, 0x80})}) {
    CHECK_FALSE(turn::may_be_peer(special, false));
    CHECK(turn::may_be_peer(special, true));
  }
  auto mapped = std::array<std::uint8_t, 16>{};
  mapped[10] = mapped[11] = 0xff;
  for (const auto& nobody :
       {address::v4(0, 0, 0, 0), address::v4(224, 0, 0, 1), address::v4(255, 255, 255, 255),
        address::v6({0xff, 2}), address::v6({}), address::v6(mapped)}) {
    CHECK_FALSE(turn::may_be_peer(nobody, true));
  }
}

TEST_CASE("permission: several addresses go into one request, up to a limit",
          "[turn][8656-10.1-a]") {
  fixture f;
  for (std::uint8_t i = 1; i <= 4; ++i) REQUIRE(f.table.want(f.now, at(i)) != nullptr);
  CHECK(f.table.next_due() == f.now);
  CHECK(f.table.gather(f.now, 1, 3) == 3);
  CHECK(f.table.gather(f.now, 2, 3) == 1);
  CHECK(f.table.gather(f.now, 3, 3) == 0);
  CHECK_FALSE(f.table.next_due());
  std::size_t in_first = 0;
  f.table.in_batch(1, [&](const turn::permission&) { ++in_first; });
  CHECK(in_first == 3);
}

TEST_CASE("permission: an address that is to go alone does", "[turn]") {
  fixture f;
  f.table.want(f.now, at(1));
  f.table.want(f.now, at(2))->alone = true;
  f.table.want(f.now, at(3));
  CHECK(f.table.gather(f.now, 1, 8) == 2);
  CHECK(f.table.gather(f.now, 2, 8) == 1);
  CHECK(f.table.find(at(2))->batch == 2);
}

TEST_CASE("permission: one that nobody keeps runs out, one that is kept is wanted again",
          "[turn][8656-9-a]") {
  fixture f;
  for (std::uint8_t i = 1; i <= 2; ++i) {
    auto* const p = f.table.want(f.now, at(i));
    p->state = permission_state::granted;
    p->expires = f.now + 300s;
    p->due = f.now + 240s;
  }
  f.table.find(at(2))->kept = false;
  CHECK(f.table.next_due() == f.now + 240s);
  f.table.expire(f.now + 299s);
  CHECK(f.table.stands(at(1)));
  CHECK(f.table.stands(at(2)));
  f.table.expire(f.now + 300s);
  CHECK(f.table.size() == 1);
  CHECK_FALSE(f.table.stands(at(1)));
  CHECK(f.table.next_due() == f.now + 300s);
}

TEST_CASE("permission: when there is no room, one that was refused gives way", "[turn]") {
  fixture f;
  const auto taken = f.memory.allocations;
  for (std::uint8_t i = 1; i <= 4; ++i) REQUIRE(f.table.want(f.now, at(i)) != nullptr);
  CHECK(f.table.want(f.now, at(5)) == nullptr);
  f.table.find(at(2))->state = permission_state::refused;
  CHECK(f.table.want(f.now, at(5)) != nullptr);
  CHECK(f.table.find(at(2)) == nullptr);
  CHECK(f.memory.allocations == taken);
}

TEST_CASE("permission: one that was refused rests before it is asked for again", "[turn]") {
  fixture f;
  auto* const p = f.table.want(f.now, at(1));
  p->state = permission_state::refused;
  p->due = f.now + 60s;
  CHECK_FALSE(f.table.next_due());
  f.table.want(f.now + 1s, at(1));
  CHECK(p->state == permission_state::wanted);
  CHECK(f.table.next_due() == f.now + 60s);
}

TEST_CASE("permission: a new one has done nothing yet", "[turn]") {
  const turn::permission fresh{};
  CHECK(fresh.kept);
  CHECK_FALSE(fresh.alone);
  CHECK(fresh.batch == 0);
  CHECK(fresh.sends == 0);
  CHECK_FALSE(fresh.expires);
}

TEST_CASE("permission: one that is wanted again is kept again, and asked for when it is due",
          "[turn]") {
  fixture f;
  auto* const p = f.table.want(f.now, at(1));
  p->kept = false;
  CHECK_FALSE(f.table.next_due());
  CHECK(f.table.want(f.now, at(1)) == p);
  CHECK(p->kept);
  p->state = permission_state::granted;
  p->due = f.now + 240s;
  f.table.want(f.now + 250s, at(1));
  CHECK(p->due == f.now + 240s);
  p->state = permission_state::refused;
  f.table.want(f.now + 250s, at(1));
  CHECK(p->due == f.now + 250s);
}

TEST_CASE("permission: what has expired does not expire again", "[turn]") {
  fixture f;
  auto* const p = f.table.want(f.now, at(1));
  p->state = permission_state::granted;
  p->expires = f.now + 300s;
  CHECK(f.table.next_expiry() == f.now + 300s);
  f.table.expire(f.now + 300s);
  CHECK_FALSE(f.table.next_expiry());
}
