#include "floe/ice/checklist.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "support/memory.hpp"
#include "support/pairs.hpp"

using namespace floe;
using ice::checklist_event;
using ice::checklist_state;
using ice::pair_event;
using ice::pair_id;
using ice::pair_state;
using support::checklists;

namespace {

std::vector<std::uint64_t> priorities(const ice::checklist_set& set) {
  std::vector<std::uint64_t> all;
  for (const auto id : set.order()) all.push_back(set[id].priority);
  return all;
}

constexpr stream_id first{0};
constexpr stream_id second{1};

}  // namespace

TEST_CASE("checklist: what is counted is what a walk finds, whatever happened", "[ice]") {
  checklists set;
  const auto agree = [&] {
    for (const auto stream : {first, second}) {
      std::size_t all = 0;
      bool pending = false;
      for (const auto state : ice::pair_states) {
        const auto& ids = set.order();
        const auto walked =
            static_cast<std::size_t>(std::count_if(ids.begin(), ids.end(), [&](pair_id id) {
              return set[id].stream == stream && set[id].state == state;
            }));
        REQUIRE(set.count(stream, state) == walked);
        all += walked;
        pending = pending || (is_pending(state) && walked != 0);
      }
      REQUIRE(set.count(stream) == all);
      REQUIRE(set.is_pending(stream) == pending);
    }
    for (const auto state : ice::pair_states) {
      REQUIRE(set.count(state) == set.count(first, state) + set.count(second, state));
    }
  };
  agree();
  std::vector<pair_id> ids;
  for (const auto state : ice::pair_states) {
    for (std::uint16_t stream = 0; stream < 2; ++stream) {
      ids.push_back(set.add({.stream = stream, .state = state}));
      agree();
    }
  }
  for (const auto event : ice::pair_events) {
    for (const auto id : ids) {
      set.apply(id, event);
      agree();
    }
  }
  for (const auto id : ids) {
    set.erase(id);
    agree();
  }
}

TEST_CASE("checklist: a list begins Running, without a pair, and each has its own state",
          "[ice][8838-6-a]") {
  checklists set;
  CHECK(set.lists() == 2);
  CHECK(set.size() == 0);
  CHECK(set.state(first) == checklist_state::running);
  CHECK(set.state(second) == checklist_state::running);
  CHECK(set.apply(second, checklist_event::exhausted));
  CHECK(set.state(first) == checklist_state::running);
  CHECK(set.state(second) == checklist_state::failed);
  CHECK_FALSE(set.apply(second, checklist_event::exhausted));
  CHECK(set.state(second) == checklist_state::failed);
}

TEST_CASE("checklist: pairs stand by decreasing priority, then component, then age",
          "[ice][8445-6.1.2.3-b][8445-6.1.4.2-c]") {
  checklists set;
  const auto two = set.add({.component = 2, .priority = 20});
  const auto old = set.add({.component = 1, .priority = 20});
  const auto young = set.add({.component = 1, .priority = 20});
  const auto low = set.add({.priority = 10});
  const auto high = set.add({.priority = 0x8000000000000000});
  CHECK(std::vector(set.order().begin(), set.order().end()) ==
        std::vector{high, old, young, two, low});
}

TEST_CASE("checklist: new priorities restore the order", "[ice]") {
  checklists set;
  for (const std::uint64_t priority : {3U, 1U, 2U, 5U, 4U}) set.add({.priority = priority});
  CHECK(priorities(set) == std::vector<std::uint64_t>{5, 4, 3, 2, 1});
  set.update_all([](ice::pair& p) { p.priority = 10 - p.priority; });
  CHECK(priorities(set) == std::vector<std::uint64_t>{9, 8, 7, 6, 5});
}

TEST_CASE("checklist: a pair is found by its candidates, and gone when erased", "[ice]") {
  checklists set;
  const auto a = set.add({.priority = 1});
  const auto b = set.add({.priority = 2});
  CHECK(set.find(set[a].local, set[a].remote) == a);
  CHECK_FALSE(set.find(set[a].local, set[b].remote));
  CHECK(set.find_if([](const ice::pair&) { return true; }) == b);
  set.enqueue(a);
  set.erase(a);
  CHECK(set.find(a) == nullptr);
  CHECK(set.size() == 1);
  CHECK_FALSE(set.first_triggered(first));
  CHECK(set.count(first) == 1);
  CHECK(set.count(second) == 0);
}

TEST_CASE("checklist: an event changes a pair or leaves it", "[ice]") {
  checklists set;
  const auto id = set.add({});
  CHECK_FALSE(set.apply(id, pair_event::check_failed));
  CHECK(set[id].state == pair_state::frozen);
  const auto change = set.apply(id, pair_event::unfrozen);
  REQUIRE(change);
  CHECK(change->from == pair_state::frozen);
  CHECK(change->to == pair_state::waiting);
  CHECK(set[id].state == pair_state::waiting);
}

TEST_CASE("checklist: triggered checks leave in the order they came, each list's by itself",
          "[ice][8445-6.1.4.1-a]") {
  checklists set;
  const auto low = set.add({.priority = 1});
  const auto high = set.add({.priority = 9});
  const auto other = set.add({.stream = 1, .priority = 5});
  set.enqueue(other);
  set.enqueue(low);
  set.enqueue(high);
  set.enqueue(low);
  CHECK(set.first_triggered(first) == low);
  CHECK(set.first_triggered(second) == other);
  CHECK(set[low].triggered);
  set.dequeue(low);
  CHECK_FALSE(set[low].triggered);
  CHECK(set.first_triggered(first) == high);
  set.dequeue(high);
  CHECK_FALSE(set.first_triggered(first));
  CHECK(set.first_triggered(second) == other);
  set.enqueue(low);
  CHECK(set.first_triggered(first) == low);
}

TEST_CASE("checklist: the queue has a place for every pair", "[ice]") {
  checklists set{4};
  std::vector<pair_id> ids;
  for (std::uint64_t i = 0; i < 4; ++i) ids.push_back(set.add({.priority = i}));
  for (int round = 0; round < 3; ++round) {
    for (const auto id : ids) {
      set.enqueue(id);
      set.enqueue(id);
    }
    for (const auto id : ids) {
      CHECK(set[id].triggered);
      CHECK(set.first_triggered(first) == id);
      set.dequeue(id);
    }
  }
}

TEST_CASE("checklist: a foundation is busy while a pair of it waits or is checked, in any list",
          "[ice]") {
  for (const auto state : ice::pair_states) {
    checklists set;
    set.add({.stream = 1, .foundation = 7, .state = state});
    const bool busy = state == pair_state::waiting || state == pair_state::in_progress;
    CHECK(set.is_busy({1, 7}) == busy);
    CHECK_FALSE(set.is_busy({1, 8}));
    CHECK_FALSE(set.is_busy({2, 7}));
    set.add({.stream = 1, .foundation = 9, .state = pair_state::waiting});
    CHECK(set.is_busy({1, 7}) == busy);
  }
}

TEST_CASE("checklist: what a settled list asks again holds no pair of another list back", "[ice]") {
  for (const auto state : {pair_state::waiting, pair_state::in_progress}) {
    checklists set;
    set.add({.stream = 1, .foundation = 7, .state = state});
    set.apply(second, ice::checklist_event::all_nominated);
    CHECK_FALSE(set.is_busy({1, 7}));
  }
}

TEST_CASE("checklist: of each foundation the first in list, component and priority waits",
          "[ice][8445-6.1.2.6-b][8445-6.1.2.6-c][8445-6.1.2.6-d]") {
  checklists set;
  const auto later_stream = set.add({.stream = 1, .component = 1, .priority = 90});
  const auto component_two = set.add({.component = 2, .priority = 80});
  const auto low = set.add({.component = 1, .priority = 10});
  const auto high = set.add({.component = 1, .priority = 20});
  const auto own_foundation = set.add({.stream = 1, .component = 2, .foundation = 2});
  for (const auto id : {later_stream, component_two, low, high, own_foundation}) {
    const auto state = ice::initial_state(set.view_of(set[id]));
    const bool waits = id == high || id == own_foundation;
    CHECK(state == (waits ? pair_state::waiting : pair_state::frozen));
  }
}

TEST_CASE("checklist: a pair that joins as the first of its foundation waits", "[ice][8838-12-a]") {
  checklists set;
  CHECK(set[set.join({.component = 1, .priority = 10, .foundation = 1})].state ==
        pair_state::waiting);
  CHECK(set[set.join({.component = 1, .priority = 10, .foundation = 2})].state ==
        pair_state::waiting);
  CHECK(set[set.join({.component = 1, .priority = 20, .foundation = 1})].state ==
        pair_state::waiting);
  CHECK(set[set.join({.component = 2, .priority = 99, .foundation = 3})].state ==
        pair_state::waiting);
  CHECK(set[set.join({.component = 1, .priority = 1, .foundation = 3})].state ==
        pair_state::waiting);
}

TEST_CASE("checklist: a pair that joins a foundation known to work waits", "[ice][8838-12-b]") {
  checklists set;
  set.add({.component = 1, .priority = 10, .state = pair_state::succeeded});
  CHECK(set[set.join({.component = 2, .priority = 10})].state == pair_state::waiting);
  CHECK(set[set.join({.stream = 1, .component = 1, .priority = 1})].state == pair_state::waiting);
  CHECK(set[set.join({.component = 2, .priority = 10, .foundation = 2})].state ==
        pair_state::waiting);
  CHECK(set[set.join({.component = 2, .priority = 9, .foundation = 2})].state ==
        pair_state::frozen);
}

TEST_CASE("checklist: a pair that joins behind one of its foundation is Frozen",
          "[ice][8838-12-c]") {
  for (const auto state :
       {pair_state::frozen, pair_state::waiting, pair_state::in_progress, pair_state::failed}) {
    checklists set;
    set.add({.component = 1, .priority = 10, .state = state});
    CHECK(set[set.join({.component = 2, .priority = 99})].state == pair_state::frozen);
    CHECK(set[set.join({.component = 1, .priority = 9})].state == pair_state::frozen);
  }
}

TEST_CASE("checklist: when it is full the lowest pair gives way, the newcomer included",
          "[ice][8445-6.1.2.5-a]") {
  constexpr std::uint64_t all = 144;
  std::vector<std::uint64_t> kept;
  for (std::uint64_t priority = all; priority > all - 100; --priority) kept.push_back(priority);

  checklists rising{100, 1};
  for (std::uint64_t priority = 1; priority <= all; ++priority) {
    CHECK(rising.squeeze_in({.priority = priority}));
  }
  CHECK(priorities(rising) == kept);

  checklists falling{100, 1};
  for (std::uint64_t priority = all; priority > 0; --priority) {
    CHECK(falling.squeeze_in({.priority = priority}).has_value() == (priority > all - 100));
  }
  CHECK(priorities(falling) == kept);
}

TEST_CASE("checklist: Failed pairs give way first, then a lower one, never a higher one",
          "[ice][8838-10-d]") {
  checklists set{3, 1};
  set.add({.priority = 30, .state = pair_state::waiting});
  set.add({.priority = 20, .state = pair_state::failed});
  set.add({.priority = 10, .state = pair_state::frozen});
  CHECK_FALSE(set.squeeze_in({.priority = 5}) == std::nullopt);
  CHECK(priorities(set) == std::vector<std::uint64_t>{30, 10, 5});
  CHECK_FALSE(set.squeeze_in({.priority = 4}));
  CHECK_FALSE(set.squeeze_in({.priority = 5}));
  CHECK(set.squeeze_in({.priority = 20}));
  CHECK(priorities(set) == std::vector<std::uint64_t>{30, 20, 10});
}

TEST_CASE("checklist: a pair that works or is being nominated never gives way", "[ice]") {
  checklists set{2, 1};
  set.add({.priority = 1, .state = pair_state::succeeded});
  const auto nominating = set.add({.priority = 2, .state = pair_state::failed});
  set[nominating].nominating = true;
  CHECK_FALSE(set.squeeze_in({.priority = 99}));
  set[nominating].nominating = false;
  CHECK(set.squeeze_in({.priority = 99}));
  CHECK(priorities(set) == std::vector<std::uint64_t>{99, 1});
}

TEST_CASE("checklist: the limit is that of all lists together, and the newer list gets its half",
          "[ice][8445-6.1.2.5-c]") {
  checklists set{100};
  for (std::uint64_t i = 80; i > 0; --i) CHECK(set.squeeze_in({.priority = i}));
  for (std::uint64_t i = 80; i > 0; --i) set.squeeze_in({.stream = 1, .priority = i});
  CHECK(set.size() == 100);
  CHECK(set.count(first) == 50);
  CHECK(set.count(second) == 50);
  CHECK(std::all_of(set.order().begin(), set.order().end(),
                    [&](pair_id id) { return set[id].priority > 30; }));
}

TEST_CASE("checklist: the lists end up alike, in whatever order their pairs come",
          "[ice][8445-6.1.2.5-b]") {
  checklists set{90, 3};
  for (std::uint64_t i = 1; i <= 60; ++i) set.squeeze_in({.priority = 1000 + i});
  for (std::uint64_t i = 1; i <= 60; ++i) set.squeeze_in({.stream = 1, .priority = i});
  for (std::uint64_t i = 60; i > 0; --i) set.squeeze_in({.stream = 2, .priority = i});
  for (const std::uint16_t stream : {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{2}}) {
    CHECK(set.count(floe::stream_id{stream}) == 30);
  }
}

TEST_CASE("checklist: a list does not take from another what that would want back", "[ice]") {
  checklists set{3};
  set.add({.priority = 2});
  set.add({.priority = 1});
  set.add({.stream = 1, .priority = 9});
  CHECK_FALSE(set.squeeze_in({.stream = 1, .priority = 8}));
  CHECK(set.squeeze_in({.stream = 1, .priority = 10}));
  CHECK(set.count(first) == 2);
}

TEST_CASE("checklist: candidates of pairs that must stay are needed", "[ice]") {
  for (const auto state : ice::pair_states) {
    checklists set;
    const auto id = set.add({.state = state});
    const auto remote = set[id].remote;
    CHECK(set.is_needed(remote) == (state == pair_state::succeeded));
    set[id].nominating = true;
    CHECK(set.is_needed(remote));
    CHECK_FALSE(set.is_needed({99, 1}));
  }
}

TEST_CASE("checklist: memory is taken once, at construction", "[ice]") {
  support::counting_memory taken;
  ice::checklist_set set{2, 8, &taken};
  const auto at_first = taken.allocations;
  set.add_list();
  set.add_list();
  for (std::uint16_t round = 0; round < 50; ++round) {
    ice::pair row;
    row.priority = round % 7U;
    row.local = {round, 1};
    if (set.full()) set.erase(set.order().back());
    set.enqueue(set.insert(row));
    set.update_all([](ice::pair& p) { p.priority ^= 5U; });
  }
  CHECK(set.full());
  CHECK(taken.allocations == at_first);
}

TEST_CASE("checklist: a pair whose check is under way stays, but for one that the peer came on",
          "[ice]") {
  checklists set{1, 1};
  const auto id = set.add({.priority = 1, .state = pair_state::in_progress});
  const auto nothing_in_use = [](const ice::pair&) { return false; };
  auto newcomer = set.made({.priority = 99});
  CHECK_FALSE(set.victim_for(newcomer, nothing_in_use));
  newcomer.checked_by_peer = true;
  CHECK(set.victim_for(newcomer, nothing_in_use) == id);
  set[id].checked_by_peer = true;
  CHECK_FALSE(set.victim_for(newcomer, nothing_in_use));
}

TEST_CASE("checklist: what the peer nominates has its place, at the cost of what works unused",
          "[ice]") {
  checklists set{2, 1};
  const auto used = set.add({.priority = 1, .state = pair_state::succeeded});
  const auto spare = set.add({.priority = 2, .state = pair_state::succeeded});
  auto newcomer = set.made({.priority = 0});
  newcomer.checked_by_peer = true;
  const auto in_use = [&](const ice::pair& p) { return p.local == set[used].local; };
  CHECK_FALSE(set.victim_for(newcomer, in_use));
  newcomer.nominated_by_peer = true;
  CHECK(set.victim_for(newcomer, in_use) == spare);
  CHECK_FALSE(set.victim_for(newcomer, [](const ice::pair&) { return true; }));
}
