#include "floe/ice/pairing.hpp"

#include <cstdint>
#include <vector>

#include "catch.hpp"

using namespace floe;
using ice::candidate_type;
using ice::may_pair;
using ice::pair_state;
using ice::role;

namespace {

constexpr auto here = address::v4(10, 0, 0, 1);
constexpr auto there = address::v4(192, 0, 2, 1);
constexpr auto global6 = address::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
constexpr auto link6 = address::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

ice::local_candidate mine(const address& a, std::uint16_t component = 1,
                          candidate_type type = candidate_type::host) {
  ice::local_candidate made;
  made.candidate.component = component_id{component};
  made.candidate.address = {a, 5000};
  made.candidate.type = type;
  made.candidate.priority = ice::candidate_priority(type, 65535, component_id{component});
  made.base = {a, 5000};
  made.foundation_number = 11;
  made.conveyed = true;
  return made;
}

ice::remote_candidate theirs(const address& a, std::uint16_t component = 1,
                             candidate_type type = candidate_type::host) {
  ice::remote_candidate made;
  made.candidate.component = component_id{component};
  made.candidate.address = {a, 6000};
  made.candidate.type = type;
  made.candidate.priority = ice::candidate_priority(type, 65535, component_id{component});
  made.foundation_number = 22;
  return made;
}

ice::pair pair_of(std::uint64_t priority, pair_state state = pair_state::frozen) {
  ice::pair made;
  made.priority = priority;
  made.state = state;
  return made;
}

}  // namespace

TEST_CASE("pairing: component and address family must be the same", "[ice][8445-6.1.2.2-a]") {
  const std::vector locals{mine(here, 1), mine(here, 2), mine(global6, 1), mine(global6, 2)};
  const std::vector remotes{theirs(there, 1), theirs(there, 2), theirs(global6, 1),
                            theirs(global6, 2)};
  for (std::size_t i = 0; i < locals.size(); ++i) {
    for (std::size_t j = 0; j < remotes.size(); ++j) {
      CAPTURE(i, j);
      CHECK(may_pair(locals[i], remotes[j]) == (i == j));
    }
  }
}

TEST_CASE("pairing: streams keep to themselves", "[ice]") {
  auto other = theirs(there);
  other.stream = stream_id{1};
  CHECK_FALSE(may_pair(mine(here), other));
  auto local = mine(here);
  local.stream = stream_id{1};
  CHECK(may_pair(local, other));
}

TEST_CASE("pairing: IPv6 link-local goes only with its like", "[ice][8445-6.1.2.2-b]") {
  CHECK(may_pair(mine(link6), theirs(link6)));
  CHECK(may_pair(mine(global6), theirs(global6)));
  CHECK_FALSE(may_pair(mine(link6), theirs(global6)));
  CHECK_FALSE(may_pair(mine(global6), theirs(link6)));
  CHECK(may_pair(mine(address::v4(169, 254, 0, 1)), theirs(there)));
}

TEST_CASE("pairing: a reflexive local candidate stands behind its base",
          "[ice][8445-6.1.2.4-a][8838-10-c]") {
  CHECK_FALSE(may_pair(mine(here, 1, candidate_type::srflx), theirs(there)));
  CHECK_FALSE(may_pair(mine(here, 1, candidate_type::prflx), theirs(there)));
  CHECK(may_pair(mine(here, 1, candidate_type::host), theirs(there)));
  CHECK(may_pair(mine(here, 1, candidate_type::relay), theirs(there)));
}

TEST_CASE("pairing: every type of remote candidate is paired", "[ice]") {
  for (const auto type : {candidate_type::host, candidate_type::srflx, candidate_type::prflx,
                          candidate_type::relay}) {
    CHECK(may_pair(mine(here), theirs(there, 1, type)));
  }
}

TEST_CASE("pairing: of a host candidate and the reflexive one behind it, one pair comes",
          "[ice][8445-6.1.2.4-b]") {
  const std::vector locals{mine(here), mine(there, 1, candidate_type::srflx)};
  const auto remote = theirs(address::v4(203, 0, 113, 9));
  std::vector<std::uint64_t> priorities;
  for (const auto& local : locals) {
    if (!may_pair(local, remote)) continue;
    priorities.push_back(ice::make_pair({}, local, {}, remote, role::controlling).priority);
  }
  CHECK(priorities == std::vector{ice::pair_priority(2130706431, 2130706431)});
}

TEST_CASE("pairing: a candidate the peer cannot know of is not paired", "[ice]") {
  auto local = mine(here);
  local.conveyed = false;
  CHECK_FALSE(may_pair(local, theirs(there)));
}

TEST_CASE("pairing: a pair is made Frozen, of what its candidates are", "[ice]") {
  const ice::local_id local{3, 1};
  const ice::remote_id remote{4, 1};
  auto low = theirs(there, 2, candidate_type::srflx);
  auto high = mine(here, 2);
  high.stream = low.stream = stream_id{1};
  const auto made = ice::make_pair(local, high, remote, low, role::controlling);
  CHECK(made.stream == stream_id{1});
  CHECK(made.component == component_id{2});
  CHECK(made.local == local);
  CHECK(made.remote == remote);
  CHECK(made.foundation == ice::pair_foundation{11, 22});
  CHECK(made.state == pair_state::frozen);
  CHECK_FALSE(made.triggered);
  CHECK_FALSE(made.nominating);
  CHECK_FALSE(made.nominated_by_peer);
  CHECK(made.priority == ice::pair_priority(0x7efffffe, 0x64fffffe));
  CHECK(ice::make_pair(local, high, remote, low, role::controlled).priority == made.priority - 1);
}

TEST_CASE("pairing: within a foundation the topmost list goes first, then the lowest component, "
          "then the highest priority",
          "[ice]") {
  const auto at = [](std::uint16_t stream, std::uint16_t component, std::uint64_t priority) {
    auto made = pair_of(priority);
    made.stream = stream_id{stream};
    made.component = component_id{component};
    return made;
  };
  const std::vector order{at(0, 1, 9), at(0, 1, 8), at(0, 2, 99), at(1, 1, 999), at(1, 2, 9999)};
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (std::size_t j = 0; j < order.size(); ++j) {
      CAPTURE(i, j);
      CHECK(ice::unfreezes_before(order[i], order[j]) == (i < j));
    }
  }
}

TEST_CASE("pairing: a new pair waits when it is first of its foundation or that is known to work",
          "[ice]") {
  CHECK(ice::initial_state({.holds_earlier = false, .holds_succeeded = false}) ==
        pair_state::waiting);
  CHECK(ice::initial_state({.holds_earlier = false, .holds_succeeded = true}) ==
        pair_state::waiting);
  CHECK(ice::initial_state({.holds_earlier = true, .holds_succeeded = true}) ==
        pair_state::waiting);
  CHECK(ice::initial_state({.holds_earlier = true, .holds_succeeded = false}) ==
        pair_state::frozen);
}

TEST_CASE("pairing: the weaker claim gives way first, then the lower priority", "[ice]") {
  const auto give_way = ice::gives_way_before;
  std::vector<ice::pair> claims;
  for (const auto state : {pair_state::failed, pair_state::frozen, pair_state::in_progress,
                           pair_state::waiting, pair_state::succeeded, pair_state::failed}) {
    claims.push_back(pair_of(9 - claims.size(), state));
  }
  claims[3].checked_by_peer = true;
  claims[5].nominating = true;
  for (std::size_t i = 0; i < claims.size(); ++i) {
    CHECK(static_cast<std::size_t>(ice::claim_of(claims[i])) == i);
    for (std::size_t k = 0; k < claims.size(); ++k) {
      CHECK(give_way(claims[i], claims[k]) == (i < k));
      const bool untried = i == 1 && k == 1;
      CHECK(ice::may_give_way(claims[i], claims[k]) == (i < k && !untried));
    }
    auto lower = claims[i];
    --lower.priority;
    CHECK(give_way(lower, claims[i]));
    CHECK_FALSE(give_way(claims[i], lower));
    // Among equals only what nobody has tried gives way, or works no more.
    CHECK(ice::may_give_way(lower, claims[i]) == (i <= 1));
    CHECK_FALSE(ice::may_give_way(claims[i], lower));
    lower.stream = stream_id{1};
    CHECK(ice::may_give_way(claims[i], lower) == (i <= 1));
  }
  CHECK(ice::claim_of(pair_of(1, pair_state::waiting)) == ice::pair_claim::untried);
  CHECK(ice::claim_of(pair_of(1, pair_state::succeeded)) == ice::pair_claim::works);
}

TEST_CASE("pairing: a pair that works or is being nominated never gives way", "[ice]") {
  for (const auto state : ice::pair_states) {
    auto p = pair_of(1, state);
    CHECK(ice::is_indispensable(p) == (state == pair_state::succeeded));
    p.nominating = true;
    CHECK(ice::is_indispensable(p));
    p.nominating = false;
    p.nominated_by_peer = true;
    CHECK(ice::is_indispensable(p));
  }
}

TEST_CASE("pairing: without others of its foundation a pair need not wait", "[ice]") {
  const ice::foundation_view alone;
  CHECK_FALSE(alone.holds_earlier);
  CHECK_FALSE(alone.holds_succeeded);
  CHECK(ice::initial_state(alone) == pair_state::waiting);
}

TEST_CASE("pairing: no relay is told an address that the peer hides", "[ice][MDNS-3.2-c]") {
  auto hidden = theirs(there);
  hidden.hidden = true;
  CHECK(may_pair(mine(here), hidden));
  CHECK_FALSE(may_pair(mine(here, 1, candidate_type::relay), hidden));
  CHECK(may_pair(mine(here, 1, candidate_type::relay), theirs(there)));
}

TEST_CASE("pairing: a component that only one side has is dropped, unless none is left in common",
          "[ice][8445-6.1.2.2-c]") {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const ice::component_view c{.is_first = (bits & 1U) != 0,
                                .peer_is_complete = (bits & 2U) != 0,
                                .has_remote = (bits & 4U) != 0,
                                .others_have = (bits & 8U) != 0};
    CHECK(ice::is_absent(c) == (bits == (2U | 8U)));
  }
}
