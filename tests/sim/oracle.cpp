#include "sim/oracle.hpp"

#include "catch.hpp"
#include "sim/matrix.hpp"

using namespace floe;
using namespace floe::sim;
using enum floe::sim::dependence;

namespace {

constexpr side_kind nat_of(dependence mapping, dependence filtering) {
  return {side_kind::behind_nat, mapping, filtering};
}

constexpr side_kind open{side_kind::open};
constexpr side_kind blocked{side_kind::blocked};
constexpr side_kind full_cone = nat_of(endpoint_independent, endpoint_independent);
constexpr side_kind restricted = nat_of(endpoint_independent, address_dependent);
constexpr side_kind port_restricted = nat_of(endpoint_independent, address_and_port_dependent);
constexpr side_kind symmetric = nat_of(address_and_port_dependent, address_and_port_dependent);

}  // namespace

TEST_CASE("oracle: what everybody knows about NATs", "[sim]") {
  STATIC_REQUIRE(best_path(open, open) == path_kind::direct);
  STATIC_REQUIRE(best_path(open, symmetric) == path_kind::translated);
  STATIC_REQUIRE(best_path(port_restricted, port_restricted) == path_kind::translated);
  STATIC_REQUIRE(best_path(symmetric, restricted) == path_kind::translated);
  STATIC_REQUIRE(best_path(symmetric, full_cone) == path_kind::translated);
  STATIC_REQUIRE_FALSE(best_path(symmetric, port_restricted).has_value());
  STATIC_REQUIRE_FALSE(best_path(symmetric, symmetric).has_value());
  STATIC_REQUIRE_FALSE(best_path(open, blocked).has_value());
}

TEST_CASE("oracle: relays help whoever can reach them", "[sim]") {
  auto relayed = symmetric;
  relayed.relay = relaying::over_udp;
  STATIC_REQUIRE_FALSE(best_path(blocked, symmetric).has_value());
  CHECK(best_path(relayed, symmetric) == path_kind::relayed);
  CHECK_FALSE(best_path(relayed, blocked).has_value());
  auto cut = blocked;
  cut.relay = relaying::over_udp;
  CHECK_FALSE(best_path(cut, open).has_value());
  cut.relay = relaying::over_tcp;
  CHECK(best_path(cut, open) == path_kind::relayed);
  CHECK(best_path(cut, cut) == path_kind::relayed_twice);
}

TEST_CASE("oracle: reasoning by kinds and trying it out agree about every cell", "[sim]") {
  std::uint64_t seed = 0;
  for (const auto& c : all_cells()) {
    if (c.loss != 0) continue;
    INFO(text_of(c));
    CHECK(explorer{plan_of(c, ++seed)}.best() == best_path(c.left, c.right));
    CHECK(best_path(c.left, c.right) == best_path(c.right, c.left));
  }
}
