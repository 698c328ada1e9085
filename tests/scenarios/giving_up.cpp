// A session that can't be comes to its end, on both sides and in time.

#include "catch.hpp"
#include "sim/matrix.hpp"
#include "sim/session.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

using enum dependence;

const side_kind easy{side_kind::behind_nat, endpoint_independent, endpoint_independent};
const side_kind symmetric{side_kind::behind_nat, address_and_port_dependent,
                          address_and_port_dependent};
const side_kind blocked{side_kind::blocked};

std::size_t untried(const host& who) {
  std::size_t count = 0;
  const auto& lists = who.agent().checklists();
  for (const auto id : lists.order()) count += lists[id].history.requests_sent == 0 ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("giving up: where no path is both sides fail in 45 s, and have tried every pair",
          "[scenario][sim]") {
  // One server a side or none, one family or two, one interface or two.
  const bool has_relay = GENERATE(false, true);
  const std::size_t v6 = GENERATE(0U, 1U);
  const std::size_t v4 = GENERATE(1U, 2U);
  const auto components = GENERATE(std::uint16_t{1}, std::uint16_t{2});
  auto p = plan_of({symmetric, has_relay ? blocked : symmetric}, 1);
  p.streams = {components};
  p.left.relay = has_relay ? relaying::over_udp : relaying::none;
  for (auto* const side : {&p.left, &p.right}) {
    side->v4 = v4;
    side->v6 = v6;
  }
  session s{p};
  s.net.run_for(45s);
  for (const auto* const who : {&s.left, &s.right}) {
    CHECK(who->agent().state() == connection_state::failed);
    CHECK(untried(*who) == 0);
  }
}

TEST_CASE("giving up: a wrong password on one side ends both", "[scenario][sim]") {
  const bool left = GENERATE(false, true);
  const auto kind = GENERATE(side_kind{side_kind::open}, easy);
  auto p = plan_of({kind, easy}, 1);
  (left ? p.left : p.right).wrong_password = true;
  session s{p};
  // The one whose checks come to nothing first; then the other, at its next consent check.
  auto& knows_wrong = left ? s.right : s.left;
  auto& knows_right = left ? s.left : s.right;
  s.net.run_for(44s);
  CHECK(knows_wrong.agent().state() == connection_state::checking);
  CHECK(knows_right.agent().state() >= connection_state::connected);
  s.net.run_for(1s);
  CHECK(knows_wrong.agent().state() == connection_state::failed);
  s.net.run_for(7s);
  CHECK(knows_right.agent().state() == connection_state::failed);
  s.net.run_for(5min);
  CHECK(knows_wrong.agent().state() == connection_state::failed);
  CHECK(knows_right.agent().state() == connection_state::failed);
}

TEST_CASE("giving up: what is heard after a restart is not given up", "[scenario][sim]") {
  auto p = plan_of({easy, easy}, 1);
  p.right.wrong_password = true;
  session s{p};
  s.net.run_for(1min);
  REQUIRE(s.left.agent().state() == connection_state::failed);
  s.talk.right_password_wrong = false;
  s.left.command(s.net, [](auto& a) { a.restart(); });
  REQUIRE(s.net.run_until([&] { return s.is_completed(); }, 10s));
  CHECK(s.can_talk());
}
