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
