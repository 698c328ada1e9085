#include "floe/gather/candidate.hpp"

#include <array>
#include <vector>

#include "catch.hpp"

using namespace floe;
using gather::candidate;
using gather::is_redundant;
using gather::service;

namespace {

const gather::base first{socket_id{1}, {address::v4(10, 0, 0, 1), 1}};
const gather::base second{socket_id{2}, {address::v4(10, 0, 0, 1), 2}};
const std::array<gather::base, 2> bases{first, second};
const endpoint outside{address::v4(198, 51, 100, 7), 40000};

candidate reflexive(const gather::base& from, const endpoint& at) {
  return {.base = from, .address = at};
}
candidate relayed(const gather::base& from, const endpoint& at) {
  return {.kind = service::relay, .base = from, .address = at};
}

}  // namespace

TEST_CASE("gathered candidate: the same address with the same base adds nothing",
          "[gather][8445-5.1.3-a]") {
  const std::vector<candidate> before{reflexive(first, outside)};
  CHECK_FALSE(is_redundant(reflexive(first, outside), bases, {}));
  CHECK(is_redundant(reflexive(first, outside), bases, before));
  CHECK_FALSE(is_redundant(reflexive(second, outside), bases, before));
  CHECK(is_redundant(reflexive(first, first.bound), bases, {}));
  CHECK_FALSE(is_redundant(reflexive(first, second.bound), bases, {}));
}

TEST_CASE("gathered candidate: a relay that is one of our sockets adds nothing",
          "[gather][8445-5.1.1.2-h]") {
  CHECK(is_redundant(relayed(first, first.bound), bases, {}));
  CHECK(is_redundant(relayed(first, second.bound), bases, {}));
  CHECK_FALSE(is_redundant(relayed(first, outside), bases, {}));
  const std::vector<candidate> before{relayed(first, outside)};
  CHECK(is_redundant(relayed(second, outside), bases, before));
  CHECK_FALSE(is_redundant(reflexive(first, outside), bases, before));
}
