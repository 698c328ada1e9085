#include "floe/ice/check_budget.hpp"

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

}  // namespace

TEST_CASE("check_budget: as many addresses as it has are asked before one of them answers",
          "[ice][8445-19.5.1-a]") {
  ice::check_budget budget{3, start};
  for (int i = 0; i < 3; ++i) CHECK(budget.take());
  CHECK(budget.unanswered() == 3);
  CHECK_FALSE(budget.take());
  CHECK(budget.unanswered() == 3);
  budget.give_back();
  CHECK(budget.take());
  CHECK_FALSE(budget.take());
}

TEST_CASE("check_budget: no answer makes it larger than it was", "[ice]") {
  ice::check_budget budget{1, start};
  budget.give_back();
  CHECK(budget.take());
  CHECK_FALSE(budget.take());
}

TEST_CASE("check_budget: a restart of the host's gives all back, one of the peer's what time has",
          "[ice][8445-19.5.1-a]") {
  ice::check_budget budget{100, start};
  while (budget.take()) {
  }
  budget.refill(start + 1999ms);
  CHECK_FALSE(budget.take());
  budget.refill(start + 2s);
  CHECK(budget.take());
  CHECK_FALSE(budget.take());
  budget.refill(start + 3s);
  CHECK_FALSE(budget.take());
  budget.refill(start + 6s);
  CHECK(budget.unanswered() == 98);
  budget.refill(start + 24h);
  CHECK(budget.unanswered() == 0);
  while (budget.take()) {
  }
  budget.restore(start + 24h);
  CHECK(budget.unanswered() == 0);
}

TEST_CASE("check_budget: that it is used up is told once, and again after a restart", "[ice]") {
  ice::check_budget budget{1, start};
  CHECK(budget.tell_used_up());
  CHECK_FALSE(budget.tell_used_up());
  budget.refill(start);
  CHECK_FALSE(budget.tell_used_up());
  budget.refill(start + 2s);
  CHECK(budget.tell_used_up());
  budget.restore(start + 2s);
  CHECK(budget.tell_used_up());
}

TEST_CASE("check_budget: what many others were asked in vain is repeated less", "[ice]") {
  const stun::retransmit_config usual{};
  CHECK(ice::repeats_of(usual, 0, 0).rc == 7);
  CHECK(ice::repeats_of(usual, ice::many_unanswered, 20).rc == 7);
  CHECK(ice::repeats_of(usual, ice::many_unanswered + 1, 0).rc == 3);
  CHECK(ice::repeats_of(usual, 0, 21).rc == 1);
  CHECK(ice::repeats_of(usual, 100, 21).rc == 1);
  CHECK(ice::repeats_of({.rc = 2}, 100, 0).rc == 2);
  CHECK(ice::repeats_of(usual, 100, 0).rto == usual.rto);
}
