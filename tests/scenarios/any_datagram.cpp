// Every scenario again for every one of its datagrams: lost, doubled, or late.

#include <string>
#include <vector>

#include "catch.hpp"
#include "sim/matrix.hpp"
#include "sim/oracle.hpp"
#include "sim/session.hpp"
#include "sim/verdict.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

struct scenario {
  std::string name;
  plan what;
};

/// A few of each sort, small enough to be run some hundred times.
std::vector<scenario> scenarios() {
  using enum dependence;
  const side_kind open{side_kind::open};
  const side_kind easy{side_kind::behind_nat, endpoint_independent, address_dependent};
  const side_kind symmetric{side_kind::behind_nat, address_and_port_dependent,
                            address_and_port_dependent, relaying::over_udp};
  std::vector<scenario> all;
  const auto add = [&](std::string name, const plan& p) { all.push_back({std::move(name), p}); };
  add("two open hosts", plan_of({open, open}, 1));
  add("both families", plan_of({open, open, families::both}, 1));
  add("two NATs", plan_of({easy, easy}, 1));
  add("an open host and a symmetric NAT", plan_of({open, symmetric}, 1));
  add("two relays", plan_of({symmetric, symmetric}, 1));

  auto conflict = plan_of({open, open}, 1);
  conflict.right.behaviour.role = ice::role::controlling;
  add("a role conflict", conflict);

  auto trickled = plan_of({easy, symmetric}, 1);
  trickled.left.asks = trickled.right.asks = true;
  trickled.left.signalling = 100ms;
  trickled.right.signalling = 30ms;
  add("candidates that are asked for and trickle", trickled);

  auto neighbours = plan_of({easy, easy}, 1);
  neighbours.shared = 1;
  add("two hosts behind one NAT", neighbours);

  auto several = plan_of({open, easy}, 1);
  several.streams = {2, 1};
  add("two streams, one of two components", several);
  return all;
}

}  // namespace

TEST_CASE("any datagram: its loss, its double or its delay changes no outcome",
          "[scenario][sim][ATK-G01][ATK-G02][ATK-G03][ATK-G04]") {
  for (const auto& [name, what] : scenarios()) {
    const auto best = explorer{what}.best();
    for (const auto how : {tampering::drop, tampering::duplicate, tampering::delay}) {
      for (std::size_t k = 0;; ++k) {
        INFO(name << ", datagram " << k << ", kind " << static_cast<int>(how));
        session s{what};
        s.net.tamper = tampering{k, how, 700ms};
        const auto count = [&] { return s.net.stats().sent; };
        s.run();
        const auto whole = count();
        s.net.tamper.reset();  // what follows is no part of it
        const auto found = judge(s, best, {.any_kind = true});
        INFO(text_of(found));
        CHECK(found == verdict::as_expected);
        s.net.run_for(40s);  // and stays so
        CHECK(s.is_completed());
        for (const auto& f : s.flows) CHECK(s.is_mirrored(f));
        if (k >= whole) break;
      }
    }
  }
}
