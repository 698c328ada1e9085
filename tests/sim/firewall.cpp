#include "sim/firewall.hpp"

#include "catch.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const endpoint inner{address::v4(10, 0, 0, 2), 5000};
const endpoint sibling{address::v4(10, 0, 0, 2), 5001};
const endpoint remote{address::v4(203, 0, 113, 1), 1000};
const endpoint other_port{remote.address, 1001};
const endpoint other_address{address::v4(203, 0, 113, 2), 1000};

}  // namespace

TEST_CASE("filter: lets in whom the inner endpoint has sent to, as exactly as its kind says",
          "[sim]") {
  const auto kind = GENERATE(dependence::endpoint_independent, dependence::address_dependent,
                             dependence::address_and_port_dependent);
  filter f{kind, 2min};
  CHECK_FALSE(f.admits(epoch, inner, remote));
  f.note(epoch, inner, remote);
  CHECK(f.admits(epoch, inner, remote));
  CHECK(f.admits(epoch, inner, other_port) == (kind != dependence::address_and_port_dependent));
  CHECK(f.admits(epoch, inner, other_address) == (kind == dependence::endpoint_independent));
  CHECK_FALSE(f.admits(epoch, sibling, remote));
}

TEST_CASE("filter: forgets what was not used for its lifetime; only sending is use", "[sim]") {
  filter f{dependence::address_dependent, 2min};
  f.note(epoch, inner, remote);
  CHECK(f.admits(epoch + 119s, inner, remote));
  CHECK_FALSE(f.admits(epoch + 120s, inner, remote));
  f.note(epoch + 119s, inner, remote);
  CHECK(f.admits(epoch + 120s, inner, remote));
}

TEST_CASE("firewall: open, stateful, and blocked", "[sim]") {
  firewall open{{.policy = policy::open}};
  CHECK(open.lets_out(epoch, inner, remote));
  CHECK(open.lets_in(epoch, inner, other_address));

  firewall stateful{{.policy = policy::stateful}};
  CHECK_FALSE(stateful.lets_in(epoch, inner, remote));
  CHECK(stateful.lets_out(epoch, inner, remote));
  CHECK(stateful.lets_in(epoch, inner, remote));
  CHECK_FALSE(stateful.lets_in(epoch, inner, other_port));
  stateful.forget();
  CHECK_FALSE(stateful.lets_in(epoch, inner, remote));

  firewall blocked{{.policy = policy::blocked}};
  CHECK_FALSE(blocked.lets_out(epoch, inner, remote));
  CHECK_FALSE(blocked.lets_in(epoch, inner, remote));
}
