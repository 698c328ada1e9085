#include "explore/walk.hpp"

#include "catch.hpp"
#include "explore/kinds.hpp"

using namespace floe;
using namespace floe::explore;

namespace {

findings walk_with(unsigned faults, bool prune, bool reduce) {
  task t;
  t.bounds.faults = faults;
  t.bounds.reduce = reduce;
  t.prune = prune;
  return walk{t}.run();
}

}  // namespace

TEST_CASE("explore: what is pruned would have come to the same ends", "[explore]") {
  const auto whole = walk_with(1, false, false);
  const auto pruned = walk_with(1, true, false);
  const auto reduced = walk_with(1, true, true);
  CHECK(whole.complete);
  CHECK(whole.violations.empty());
  CHECK(whole.ends.size() > 20);
  CHECK(pruned.ends == whole.ends);
  CHECK(reduced.ends == whole.ends);
  CHECK(pruned.states * 10 < whole.states);
  CHECK(reduced.states < pruned.states);
}

TEST_CASE("explore: states that look alike go on alike", "[explore]") {
  task t;
  t.bounds.faults = 2;
  t.sample = 8;
  const auto found = walk{t}.run();
  CHECK(found.violations.empty());
  CHECK(found.samples > 100);
}

TEST_CASE("explore: every contest of the smallest sessions with a fault ends well", "[explore]") {
  for (const auto& k : all_kinds()) {
    if (k.candidates[0] * k.candidates[1] != 1) continue;
    INFO(text_of(k));
    task t;
    t.kind = k;
    t.bounds.faults = 1;
    const auto found = walk{t}.run();
    CHECK(found.complete);
    CHECK(found.violations.empty());
    CHECK(!found.ends.empty());
  }
}

TEST_CASE("explore: one fault costs no more than the repetition of a request", "[explore]") {
  for (const auto& k : all_kinds()) {
    if (k.candidates[0] * k.candidates[1] != 1 || k.roles[0] == k.roles[1]) continue;
    INFO(text_of(k));
    task t;
    t.kind = k;
    t.bounds.faults = 1;
    t.bounds.horizon = 2s;  // the first consent checks, which would mend much, come later
    const auto found = walk{t}.run();
    CHECK(found.complete);
    CHECK(found.violations.empty());
  }
}

TEST_CASE("explore: a violation comes with the choices that lead to it", "[explore]") {
  task t;
  t.bounds.faults = 1;
  t.bounds.horizon = 100ms;  // a check that is lost once takes longer
  const auto found = walk{t}.run();
  REQUIRE(found.violations.size() == 1);
  CHECK(!found.complete);
  CHECK(found.violations.front().what == "5: no agreement in time");
  CHECK(found.violations.front().path.find('l') != std::string::npos);

  session s{t.kind, t.bounds};
  const auto follow = [&] {
    std::string_view rest = found.violations.front().path;
    while (!rest.empty()) {
      const auto end = std::min(rest.find(' '), rest.size());
      s.apply(*choice_of(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  };
  CHECK_THROWS_AS(follow(), violation);
}

TEST_CASE("explore: a walk stops where it is told to", "[explore]") {
  task t;
  t.most = 100;
  const auto found = walk{t}.run();
  CHECK(!found.complete);
  CHECK(found.states == 100);
}

TEST_CASE("explore: a state with more faults left is walked again", "[explore]") {
  visited seen;
  const digest d{1, 1U << 10U};
  CHECK(seen.enter(d, 1));
  CHECK_FALSE(seen.enter(d, 1));
  CHECK_FALSE(seen.enter(d, 0));
  CHECK(seen.enter(d, 2));
  CHECK_FALSE(seen.enter(d, 1));
  CHECK(seen.size() == 1);
  for (std::uint64_t i = 2; i < 10'000; ++i) CHECK(seen.enter({i, i << 10U}, 3));
  CHECK_FALSE(seen.enter({5'000, std::uint64_t{5'000} << 10U}, 3));
}
