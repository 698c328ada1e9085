// A session in the simulator: what the tests of a host can do with it.
#include "sim/session.hpp"

int main() {
  floe::sim::plan plan;
  plan.left.behaviour.role = floe::ice::role::controlling;
  plan.right.behaviour.role = floe::ice::role::controlled;
  floe::sim::session session{plan};
  return session.run() && session.is_completed() && session.can_talk() ? 0 : 1;
}
