#include "floe/turn/channel.hpp"

#include <set>
#include <string_view>

#include "catch.hpp"
#include "support/grid.hpp"
#include "support/memory.hpp"

using namespace floe;
using namespace std::chrono_literals;
using turn::channel_event;
using turn::channel_state;

namespace {

std::string_view name(channel_state state) {
  switch (state) {
    case channel_state::wanted: return "wanted";
    case channel_state::binding: return "binding";
    case channel_state::bound: return "bound";
    case channel_state::rebinding: return "rebinding";
    case channel_state::cooling: return "cooling";
    case channel_state::refused: return "refused";
  }
  return "?";
}

std::string_view name(channel_event event) {
  switch (event) {
    case channel_event::asked: return "asked";
    case channel_event::granted: return "granted";
    case channel_event::refused: return "refused";
    case channel_event::unanswered: return "unanswered";
    case channel_event::expired: return "expired";
    case channel_event::wanted_again: return "wanted_again";
  }
  return "?";
}

endpoint at(std::uint8_t last, std::uint16_t port = 7000) {
  return {address::v4(198, 51, 100, last), port};
}

struct fixture {
  support::counting_memory memory;
  turn::channels table{3, &memory};
  time_point now{};

  void bind(turn::channel& c) const {
    turn::channels::apply(c, channel_event::asked);
    turn::channels::apply(c, channel_event::granted);
    c.expires = now + turn::channel_lifetime;
    c.due = now + 540s;
  }
};

}  // namespace

TEST_CASE("channel: what every event does to every state", "[turn]") {
  const auto table = support::grid(
      "channel", turn::channel_states, turn::channel_events, [](auto what) { return name(what); },
      [](channel_state from, channel_event on) { return turn::next(from, on); });
  support::check_grid(table, "tests/turn/channel.grid");
}

TEST_CASE("channel: every rule changes something and names its section", "[turn]") {
  for (const auto& rule : turn::channel_rules) {
    CAPTURE(name(rule.from), name(rule.on));
    CHECK(rule.from != rule.to);
    CHECK_FALSE(rule.section.empty());
  }
}

TEST_CASE("channel: a peer has one number, and each port is a peer", "[turn][8656-12-d][ATK-E14]") {
  fixture f;
  const auto taken = f.memory.allocations;
  auto* const first = f.table.want(f.now, at(1));
  REQUIRE(first != nullptr);
  CHECK(first->number == turn::first_channel);
  f.bind(*first);
  CHECK(f.table.want(f.now, at(1)) == first);
  CHECK(f.table.want(f.now, at(1, 7001))->number == turn::first_channel + 1);
  CHECK(f.table.size() == 2);
  CHECK(f.memory.allocations == taken);
}

TEST_CASE("channel: number and peer rest for five minutes after the end",
          "[turn][8656-12-c][8656-12-b][ATK-E13]") {
  fixture f;
  auto* const c = f.table.want(f.now, at(1));
  const auto number = c->number;
  f.bind(*c);
  c->kept = false;
  const auto end = f.now + turn::channel_lifetime;
  f.table.expire(end - 1ns);
  CHECK(f.table.find(number)->stands());
  f.table.expire(end);
  REQUIRE(f.table.find(number) != nullptr);
  CHECK(f.table.find(number)->state == channel_state::cooling);
  CHECK(f.table.next_change() == end + 5min);
  f.table.expire(end + 299s);
  // The peer gets its own number back, and nobody else does.
  CHECK(f.table.want(end + 299s, at(2))->number != number);
  CHECK(f.table.find(number)->peer == at(1));
  f.table.expire(end + 300s);
  CHECK(f.table.find(number) == nullptr);
  CHECK(f.table.find(at(1)) == nullptr);
}

TEST_CASE("channel: one that rests goes back to its own peer at any time", "[turn][8656-12-c]") {
  fixture f;
  auto* const c = f.table.want(f.now, at(1));
  const auto number = c->number;
  f.bind(*c);
  c->kept = false;
  f.now += turn::channel_lifetime + 1s;
  f.table.expire(f.now);
  CHECK(f.table.want(f.now, at(1))->number == number);
  CHECK(f.table.find(number)->state == channel_state::wanted);
  CHECK(f.table.next_due() == f.now);
}

TEST_CASE("channel: rows that rest give nobody room, refused ones do", "[turn]") {
  fixture f;
  for (std::uint8_t i = 1; i <= 3; ++i) {
    auto* const c = f.table.want(f.now, at(i));
    f.bind(*c);
    c->kept = false;
  }
  f.now += turn::channel_lifetime;
  f.table.expire(f.now);
  CHECK(f.table.want(f.now, at(4)) == nullptr);
  f.table.want(f.now, at(2))->state = channel_state::refused;
  CHECK(f.table.want(f.now, at(4)) != nullptr);
}

TEST_CASE("channel: all numbers are used before one comes again", "[turn][ATK-E13]") {
  fixture f;
  std::set<std::uint16_t> seen;
  for (int i = 0; i < 0x1000; ++i) {
    auto* const c = f.table.want(f.now, at(9));
    if (!seen.insert(c->number).second || !turn::is_channel(c->number)) FAIL(i);
    f.table.clear();
  }
  CHECK(f.table.want(f.now, at(9))->number == turn::first_channel);
}

TEST_CASE("channel: a refused one is asked for again only when somebody insists", "[turn]") {
  fixture f;
  auto* const c = f.table.want(f.now, at(1));
  c->state = channel_state::refused;
  f.table.want(f.now, at(1));
  CHECK(c->state == channel_state::refused);
  f.table.want(f.now, at(1), true);
  CHECK(c->state == channel_state::wanted);
}

TEST_CASE("channel: a new one is asked for at once, and kept", "[turn]") {
  fixture f;
  CHECK(turn::channel{}.number == 0);
  auto* const c = f.table.want(f.now, at(1));
  CHECK(c->kept);
  CHECK(f.table.next_due() == f.now);
  CHECK(f.table.due(f.now) == c);
  CHECK(f.table.due(f.now - 1ns) == nullptr);
}

TEST_CASE("channel: only what is kept is asked for, and not while the answer is awaited",
          "[turn]") {
  for (const auto state : turn::channel_states) {
    CAPTURE(name(state));
    turn::channel c;
    c.state = state;
    const bool can_be_asked = state == channel_state::wanted || state == channel_state::bound;
    CHECK(c.ask_at().has_value() == can_be_asked);
    c.kept = false;
    CHECK_FALSE(c.ask_at());
  }
}

TEST_CASE("channel: nothing happens by itself to one that is asked for or wanted", "[turn]") {
  constexpr time_point end{1h};
  for (const auto state : turn::channel_states) {
    CAPTURE(name(state));
    turn::channel c;
    c.state = state;
    CHECK_FALSE(c.changes_at());
    c.expires = end;
    if (c.stands()) {
      CHECK(c.changes_at() == end);
    } else if (state == channel_state::binding || state == channel_state::wanted) {
      CHECK_FALSE(c.changes_at());
    } else {
      CHECK(c.changes_at() == end + turn::channel_rest);
    }
  }
}

TEST_CASE("channel: one that is kept is asked for again when it expired", "[turn]") {
  fixture f;
  auto* const c = f.table.want(f.now, at(1));
  f.bind(*c);
  c->due = f.now + 1h;
  const auto end = f.now + turn::channel_lifetime;
  f.table.expire(end);
  CHECK(c->state == channel_state::wanted);
  CHECK(f.table.next_due() == end);
}

TEST_CASE("channel: there are as many rows as numbers but one, whatever is asked for", "[turn]") {
  turn::channels table{100000, memory_ref{}};
  std::size_t rows = 0;
  while (rows < 5000 && table.want({}, at(1, static_cast<std::uint16_t>(rows + 1))) != nullptr) {
    ++rows;
  }
  CHECK(rows == turn::last_channel - turn::first_channel);
}
