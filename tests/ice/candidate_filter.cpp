#include "floe/ice/candidate_filter.hpp"

#include "catch.hpp"

using namespace floe;
using ice::candidate_type;

TEST_CASE("candidate_filter: each policy lets through exactly its types", "[ice]") {
  const auto let_through = [](ice::candidate_filter filter, candidate_type type) {
    ice::candidate c;
    c.type = type;
    return filter(c);
  };
  for (const auto type : {candidate_type::host, candidate_type::srflx, candidate_type::prflx,
                          candidate_type::relay}) {
    CHECK(let_through(ice::any_candidate, type));
    CHECK(let_through(ice::relayed_only, type) == (type == candidate_type::relay));
    CHECK(let_through(ice::no_host, type) == (type != candidate_type::host));
  }
}

TEST_CASE("candidate_filter: a related address that is not offered is not shown either", "[ice]") {
  const endpoint inside{address::v4(10, 0, 0, 1), 5000};
  const auto related_of = [&](candidate_type type, ice::candidate_filter filter) {
    ice::candidate c;
    c.type = type;
    c.related = inside;
    ice::hide_related(c, filter);
    return *c.related;
  };
  const endpoint none{address::v4(0, 0, 0, 0), 9};
  CHECK(related_of(candidate_type::srflx, ice::any_candidate) == inside);
  CHECK(related_of(candidate_type::srflx, ice::no_host) == none);
  CHECK(related_of(candidate_type::relay, ice::no_host) == inside);
  CHECK(related_of(candidate_type::relay, ice::relayed_only) == none);
  ice::candidate host;
  ice::hide_related(host, ice::relayed_only);
  CHECK_FALSE(host.related);
}

TEST_CASE("candidate_filter: the policy is asked about the related address as a candidate of the "
          "same component",
          "[ice]") {
  const auto asks = [](const ice::candidate& c) noexcept {
    return c.component == component_id{2} && c.address.port == 5000;
  };
  const auto keeps = [&](component_id component, std::uint16_t port) {
    const endpoint inside{address::v4(10, 0, 0, 1), port};
    ice::candidate c;
    c.type = candidate_type::srflx;
    c.component = component;
    c.related = inside;
    ice::hide_related(c, asks);
    return *c.related == inside;
  };
  CHECK(keeps(component_id{2}, 5000));
  CHECK_FALSE(keeps(component_id{1}, 5000));
  CHECK_FALSE(keeps(component_id{2}, 5001));
}
