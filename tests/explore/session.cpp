#include "explore/session.hpp"

#include "catch.hpp"
#include "explore/keeper.hpp"

using namespace floe;
using namespace floe::explore;

namespace {

std::uint64_t look(session& s) { return s.identity().low; }

void happen(session& s, std::string_view what) { s.apply(*choice_of(what)); }

}  // namespace

TEST_CASE("explore: a choice reads as it is written", "[explore]") {
  for (const auto* const text : {"dA", "sB", "tA", "rB12", "lA", "cB", "hA"}) {
    REQUIRE(choice_of(text));
    CHECK(text_of(*choice_of(text)) == text);
  }
  for (const auto* const text : {"", "d", "dC", "xA", "rAx", "rA1000"}) CHECK(!choice_of(text));
}

TEST_CASE("explore: a session goes back to where it was", "[explore]") {
  session s{{}, {}};
  keeper keeps{s};
  keeper::state before;
  happen(s, "sA");
  happen(s, "sB");
  const auto there = look(s);
  keeps.save(before);
  const auto go = [&] {
    for (const auto* const c : {"tA", "dB", "dA", "dA", "dB"}) happen(s, c);
    return look(s);
  };
  const auto first = go();
  CHECK(first != there);
  keeps.load(before);
  CHECK(look(s) == there);
  CHECK(go() == first);
}

TEST_CASE("explore: what two sides do at once looks the same in either order", "[explore]") {
  session one{{}, {.reduce = false}};
  session other{{}, {.reduce = false}};
  for (auto* const s : {&one, &other}) {
    happen(*s, "sA");
    happen(*s, "sB");
  }
  for (const auto* const c : {"tA", "tB", "dA", "dB"}) happen(one, c);
  for (const auto* const c : {"tB", "tA", "dB", "dA"}) happen(other, c);
  CHECK(look(one) == look(other));
}

TEST_CASE("explore: a fault is told from none, and is paid for", "[explore]") {
  const auto after_fault = [](std::string_view what) {
    session s{{}, {}};
    for (const auto* const c : {"sA", "sB", "tA"}) happen(s, c);
    const auto before = s.faults_left();
    happen(s, what);
    return std::pair{look(s), before - s.faults_left()};
  };
  const auto arrived = after_fault("dB");
  const auto lost = after_fault("lB");
  const auto twice = after_fault("cB");
  const auto held = after_fault("hB");
  CHECK(arrived.second == 0);
  for (const auto& one : {lost, twice, held}) {
    CHECK(one.second == 1);
    CHECK(one.first != arrived.first);
  }
  CHECK(lost.first != held.first);
}

TEST_CASE("explore: a session in which nothing goes wrong ends at once", "[explore]") {
  for (const bool one_path : {false, true}) {
    session s{{.candidates = {1, 2}, .one_path = one_path}, {.faults = 0}};
    while (!s.is_over()) s.apply(s.choices().front());
    CHECK_NOTHROW(s.check_end());
    CHECK(s.now() - sim::epoch < 2s);
    CHECK(s.agent(0).role() == ice::role::controlling);
  }
}

TEST_CASE("explore: no time passes while a datagram stands in line", "[explore]") {
  session s{{}, {}};
  for (const auto* const c : {"sA", "sB", "tA"}) happen(s, c);
  const auto all = s.choices();
  CHECK(std::find(all.begin(), all.end(), *choice_of("tA")) == all.end());
  happen(s, "hB");
  const auto later = s.choices();
  CHECK(std::find(later.begin(), later.end(), *choice_of("rB0")) != later.end());
}
