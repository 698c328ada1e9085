#include "floe/ice/candidate.hpp"

#include "catch.hpp"

using namespace floe;
using ice::candidate;
using ice::candidate_type;

namespace {

candidate some() {
  return {.foundation = ice::foundation::from_number(1),
          .component = component_id{1},
          .priority = 2130706431,
          .address = {address::v4(192, 0, 2, 1), 5000},
          .type = candidate_type::host,
          .related = {}};
}

}  // namespace

TEST_CASE("candidate: host and relayed ones send from themselves, reflexive ones do not", "[ice]") {
  const auto of = [](candidate_type type) {
    ice::local_candidate local;
    local.candidate = some();
    local.candidate.type = type;
    return local;
  };
  CHECK(ice::is_base(of(candidate_type::host)));
  CHECK(ice::is_base(of(candidate_type::relay)));
  CHECK_FALSE(ice::is_base(of(candidate_type::srflx)));
  CHECK_FALSE(ice::is_base(of(candidate_type::prflx)));
}

TEST_CASE("candidate: two are equal when every field is", "[ice]") {
  CHECK(some() == some());
  auto other = some();
  other.foundation = ice::foundation::from_number(2);
  CHECK(other != some());
  other = some();
  other.component = component_id{2};
  CHECK(other != some());
  other = some();
  --other.priority;
  CHECK(other != some());
  other = some();
  ++other.address.port;
  CHECK(other != some());
  other = some();
  other.type = candidate_type::srflx;
  CHECK(other != some());
  other = some();
  other.related = other.address;
  CHECK(other != some());
}

TEST_CASE("candidate: a new one is the first of nothing, open to nobody, and known to nobody",
          "[ice]") {
  const candidate fresh;
  CHECK(fresh.component == component_id{1});
  CHECK(fresh.priority == 0);
  CHECK_FALSE(fresh.related);

  const ice::local_candidate local;
  CHECK(local.host == ice::local_id{});
  CHECK(local.variant == 0);
  CHECK(local.foundation_number == 0);
  CHECK_FALSE(local.open);
  CHECK_FALSE(local.conveyed);

  const ice::remote_candidate remote;
  CHECK(remote.foundation_number == 0);
  CHECK_FALSE(remote.learned);
  CHECK_FALSE(remote.hidden);
  CHECK_FALSE(remote.answered);
}
