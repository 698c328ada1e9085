#include "floe/ice/schedule.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "support/pairs.hpp"

using namespace floe;
using namespace std::chrono_literals;
using ice::checklist_event;
using ice::choose_check;
using ice::pair_event;
using ice::pair_id;
using ice::pair_state;
using support::checklists;

namespace {

constexpr time_point start{1h};
constexpr duration tick{1};
constexpr stream_id first{0};
constexpr stream_id second{1};

/// Sends the check that is due, as far as the pair is concerned.
std::optional<pair_id> send(ice::schedule& pace, checklists& set, time_point now) {
  const auto id = pace.take(now, set);
  if (!id) return std::nullopt;
  set.dequeue(*id);
  set.apply(*id, pair_event::unfrozen);
  set.apply(*id, pair_event::check_sent);
  return id;
}

}  // namespace

TEST_CASE("schedule: triggered checks come first, then Waiting pairs, then Frozen ones",
          "[ice][8445-6.1.4.2-b]") {
  checklists set;
  const auto frozen = set.add({.priority = 99, .foundation = 3});
  const auto high = set.add({.priority = 50, .foundation = 1, .state = pair_state::waiting});
  const auto low = set.add({.priority = 40, .foundation = 2, .state = pair_state::waiting});
  const auto triggered = set.add({.priority = 1, .foundation = 4, .state = pair_state::waiting});
  set.enqueue(triggered);

  ice::schedule pace{50ms, 50ms};
  auto now = start;
  for (const auto expected : {triggered, high, low, frozen}) {
    CHECK(send(pace, set, now) == expected);
    CHECK(set[expected].state == pair_state::in_progress);
    now += 50ms;
  }
  CHECK_FALSE(send(pace, set, now));
}

TEST_CASE("schedule: of equal priorities the lower component goes first", "[ice][8445-6.1.4.2-c]") {
  checklists set;
  set.add({.component = 2, .priority = 5, .state = pair_state::waiting});
  const auto one = set.add({.component = 1, .priority = 5, .state = pair_state::waiting});
  CHECK(choose_check(set, first) == one);
}

TEST_CASE("schedule: a Frozen pair is unfrozen only when nothing of its foundation is under way",
          "[ice][8445-6.1.4.2-b]") {
  for (const auto state : ice::pair_states) {
    checklists set;
    set.add({.stream = 1, .priority = 9, .foundation = 1, .state = state});
    const auto held = set.add({.priority = 8, .foundation = 1});
    const auto chosen = choose_check(set, first);
    const bool busy = state == pair_state::waiting || state == pair_state::in_progress;
    CAPTURE(static_cast<int>(state));
    if (busy) {
      CHECK_FALSE(chosen);
      const auto other = set.add({.priority = 1, .foundation = 2});
      CHECK(choose_check(set, first) == other);
    } else {
      CHECK(chosen == held);
    }
  }
}

TEST_CASE("schedule: a check that had to be repeated holds back no other of its foundation",
          "[ice]") {
  checklists set;
  const auto slow = set.add({.priority = 9, .foundation = 1, .state = pair_state::in_progress});
  const auto held = set.add({.priority = 8, .foundation = 1});
  set[slow].history.requests_sent = 1;
  CHECK_FALSE(choose_check(set, first));
  set[slow].history.requests_sent = 2;
  CHECK(choose_check(set, first) == held);
  // One that is about to leave again does.
  set.apply(slow, pair_event::triggered);
  set.enqueue(slow);
  CHECK(set.is_busy(set[held].foundation));
}

TEST_CASE("schedule: pairs under way or done are not checked again", "[ice]") {
  checklists set;
  for (const auto state : {pair_state::in_progress, pair_state::succeeded, pair_state::failed}) {
    set.add({.state = state});
  }
  CHECK_FALSE(choose_check(set, first));
  CHECK_FALSE(choose_check(set, second));
}

TEST_CASE("schedule: a list that is not Running has only triggered checks", "[ice]") {
  for (const auto end : {checklist_event::all_nominated, checklist_event::exhausted}) {
    checklists set;
    const auto waiting = set.add({.state = pair_state::waiting});
    set.apply(first, end);
    CHECK_FALSE(choose_check(set, first));
    set.enqueue(waiting);
    CHECK(choose_check(set, first) == waiting);
  }
}

TEST_CASE("schedule: Running lists take turns, one check per Ta",
          "[ice][8445-6.1.4.2-a][8445-6.1.4.2-g]") {
  checklists set;
  std::vector<pair_id> one;
  std::vector<pair_id> two;
  for (std::uint64_t i = 3; i > 0; --i) {
    one.push_back(set.add({.stream = 0, .priority = 100 + i, .state = pair_state::waiting}));
    two.push_back(set.add({.stream = 1, .priority = i, .state = pair_state::waiting}));
  }
  ice::schedule pace{50ms, 50ms};
  auto now = start;
  for (const auto expected : {one[0], two[0], one[1], two[1], one[2], two[2]}) {
    CHECK(send(pace, set, now) == expected);
    CHECK_FALSE(send(pace, set, now));
    CHECK_FALSE(send(pace, set, now + 50ms - tick));
    now += 50ms;
  }
}

TEST_CASE("schedule: a list with nothing to check costs no slot", "[ice][8445-6.1.4.2-b]") {
  checklists set{16, 3};
  const auto a = set.add({.stream = 2, .priority = 2, .state = pair_state::waiting});
  const auto b = set.add({.stream = 2, .priority = 1, .state = pair_state::waiting});
  ice::schedule pace{50ms, 50ms};
  CHECK(send(pace, set, start) == a);
  CHECK(send(pace, set, start + 50ms) == b);

  checklists idle;
  ice::schedule fresh{50ms, 50ms};
  CHECK_FALSE(fresh.take(start, idle));
  const auto late = idle.add({.state = pair_state::waiting});
  CHECK(fresh.take(start, idle) == late);
}

TEST_CASE("schedule: the deadline is when a check may leave, and never when none may", "[ice]") {
  checklists set;
  ice::schedule pace{50ms, 50ms};
  CHECK_FALSE(pace.deadline(start, set));
  set.add({.priority = 2, .state = pair_state::waiting});
  set.add({.stream = 1, .priority = 1, .state = pair_state::waiting});
  CHECK(pace.deadline(start, set) == start);
  CHECK(send(pace, set, start));
  CHECK(pace.deadline(start, set) == start + 50ms);
  CHECK(pace.deadline(start + 1s, set) == start + 1s);
  CHECK_FALSE(send(pace, set, start + 50ms - tick));
  CHECK(send(pace, set, start + 50ms));
  CHECK_FALSE(pace.deadline(start + 50ms, set));
}

TEST_CASE("schedule: time that goes backwards frees no slot", "[ice]") {
  checklists set;
  set.add({.priority = 2, .state = pair_state::waiting});
  set.add({.priority = 1, .state = pair_state::waiting});
  ice::schedule pace{50ms, 50ms};
  CHECK(send(pace, set, start));
  CHECK_FALSE(send(pace, set, start - 1h));
  CHECK(pace.deadline(start - 1h, set) == start + 50ms);
}

TEST_CASE("schedule: Ta is the caller's", "[ice]") {
  checklists set;
  set.add({.priority = 2, .state = pair_state::waiting});
  set.add({.priority = 1, .state = pair_state::waiting});
  ice::schedule pace{5ms, 5ms};
  CHECK(send(pace, set, start));
  CHECK_FALSE(send(pace, set, start + 5ms - tick));
  CHECK(send(pace, set, start + 5ms));
}

TEST_CASE("schedule: three lists take turns in the order of their streams",
          "[ice][8445-6.1.4.2-g]") {
  checklists set{16, 3};
  std::vector<pair_id> ids;
  for (std::uint16_t i = 0; i < 6; ++i) {
    ids.push_back(set.add({.stream = static_cast<std::uint16_t>(i % 3),
                           .priority = 10U - i,
                           .state = pair_state::waiting}));
  }
  ice::schedule pace{50ms, 50ms};
  auto now = start;
  for (const auto expected : ids) {
    CHECK(send(pace, set, now) == expected);
    now += 50ms;
  }
}

TEST_CASE("schedule: the turn of a list with nothing to check is the next one's",
          "[ice][8445-6.1.4.2-g]") {
  checklists set{16, 3};
  const auto a = set.add({.stream = 0, .priority = 9, .state = pair_state::waiting});
  const auto c = set.add({.stream = 0, .priority = 8, .state = pair_state::waiting});
  const auto b = set.add({.stream = 2, .priority = 1, .state = pair_state::waiting});
  ice::schedule pace{50ms, 50ms};
  CHECK(send(pace, set, start) == a);
  CHECK(send(pace, set, start + 50ms) == b);
  CHECK(send(pace, set, start + 100ms) == c);
}

TEST_CASE("schedule: without lists there is nothing to check", "[ice]") {
  checklists none{16, 0};
  ice::schedule pace{50ms, 50ms};
  CHECK_FALSE(pace.take(start, none));
  CHECK_FALSE(pace.deadline(start, none));
}

TEST_CASE("schedule: servers have a pace of their own", "[ice][8445-14.2-a]") {
  ice::schedule pace{50ms, 10ms};
  CHECK(pace.free_for_server_at(start) == start);
  CHECK(pace.take_for_server(start));
  CHECK_FALSE(pace.take_for_server(start));
  CHECK(pace.free_for_server_at(start) == start + 10ms);
  CHECK_FALSE(pace.take_for_server(start + 10ms - tick));
  CHECK(pace.take_for_server(start + 10ms));
  pace.set_ta(1s);
  CHECK(pace.take_for_server(start + 20ms));
}

TEST_CASE("schedule: between a check and a server are 5 ms, whoever goes first",
          "[ice][8445-14.2-a]") {
  checklists set;
  set.add({.priority = 3, .foundation = 1, .state = pair_state::waiting});
  SECTION("a check") {
    ice::schedule pace{50ms, 10ms};
    CHECK(send(pace, set, start));
    CHECK(pace.free_for_server_at(start) == start + 5ms);
    CHECK_FALSE(pace.take_for_server(start + 5ms - tick));
    CHECK(pace.take_for_server(start + 5ms));
    CHECK(pace.free_at(start) == start + 50ms);
  }
  SECTION("a server") {
    ice::schedule pace{50ms, 10ms};
    CHECK(pace.take_for_server(start));
    CHECK(pace.deadline(start, set) == start + 5ms);
    CHECK_FALSE(send(pace, set, start + 5ms - tick));
    CHECK(send(pace, set, start + 5ms));
  }
}

TEST_CASE("schedule: of a check and a server that wait, the one that was due first goes first",
          "[ice][8445-6.1.4.2-a]") {
  checklists set;
  for (std::uint64_t i = 4; i > 0; --i) {
    set.add(
        {.priority = i, .foundation = static_cast<std::uint16_t>(i), .state = pair_state::waiting});
  }
  const auto send_beside = [&](ice::schedule& pace, time_point now) {
    const auto id = pace.take(now, set, true);
    if (id) set.apply(*id, pair_event::check_sent);
    return id.has_value();
  };
  // Of two at once the check; then neither starves, however close the pace.
  ice::schedule pace{5ms, 5ms};
  auto now = start;
  for (int i = 0; i < 4; ++i, now += 10ms) {
    CHECK(send_beside(pace, now));
    CHECK_FALSE(pace.take_for_server(now));
    CHECK_FALSE(send_beside(pace, now + 5ms));
    CHECK(pace.take_for_server(now + 5ms));
  }
}

TEST_CASE("schedule: a slot lasts for Ta", "[ice][8445-14.2-a]") {
  const ice::schedule pace{50ms, 10ms};
  CHECK(pace.is_current(start, start));
  CHECK(pace.is_current(start, start + 50ms - tick));
  CHECK_FALSE(pace.is_current(start, start + 50ms));
}
