#include "floe/stun/response_rules.hpp"

#include <array>

#include "catch.hpp"

using namespace floe;
using stun::alternate_decision;
using stun::alternate_facts;
using stun::decide_error;
using stun::error_code;
using stun::error_decision;

static_assert(decide_error(error_code::unauthenticated, 1) == error_decision::authenticate);

TEST_CASE("error response: what each of 400 codes leads to",
          "[stun][8489-6.3.4-b][8489-6.3.4-c][8489-6.3.4-d][8489-6.3.4-e]") {
  for (unsigned number = 300; number < 700; ++number) {
    for (unsigned sent = 1; sent <= 6; ++sent) {
      auto expected = error_decision::fail;
      if (number < 400) expected = error_decision::try_alternate;
      if (number == 401 || number == 438) expected = error_decision::authenticate;
      if (number >= 500 && number < 600 && sent < 4) expected = error_decision::resend;
      REQUIRE(decide_error(static_cast<error_code>(number), sent) == expected);
    }
  }
}

namespace {

const endpoint asked{address::v4(192, 0, 2, 1), 3478};
const endpoint other{address::v4(192, 0, 2, 2), 3478};

alternate_facts good() {
  return {.enabled = true, .proved = true, .asked = asked, .alternate = other, .visited = {}};
}

}  // namespace

TEST_CASE("alternate server: followed when all is in order", "[stun][8489-10-a]") {
  CHECK(decide_alternate(good()) == alternate_decision::follow);
}

TEST_CASE("alternate server: without support or proof, or with none named, it is a failure",
          "[stun][8489-10-a][8489-6.3.4-b][ATK-C23]") {
  auto f = good();
  f.enabled = false;
  CHECK(decide_alternate(f) == alternate_decision::unsupported);
  f = good();
  f.code = static_cast<error_code>(301);
  CHECK(decide_alternate(f) == alternate_decision::unsupported);
  f = good();
  f.proved = false;
  CHECK(decide_alternate(f) == alternate_decision::unproved);
  f = good();
  f.alternate.reset();
  CHECK(decide_alternate(f) == alternate_decision::missing);
}

TEST_CASE("alternate server: of the same family only", "[stun][8489-10-c]") {
  auto f = good();
  f.alternate = endpoint{address::v6({0x20, 0x01}), 3478};
  CHECK(decide_alternate(f) == alternate_decision::other_family);
}

TEST_CASE("alternate server: never one that was asked before", "[stun][8489-10-b]") {
  auto f = good();
  f.alternate = asked;
  CHECK(decide_alternate(f) == alternate_decision::visited);
  const std::array visited{other};
  f = good();
  f.visited = visited;
  CHECK(decide_alternate(f) == alternate_decision::visited);
  f.alternate = endpoint{other.address, 3479};
  CHECK(decide_alternate(f) == alternate_decision::follow);
}

TEST_CASE("response rules: an alternate server is not followed unless that is said", "[stun]") {
  const alternate_facts nothing;
  CHECK_FALSE(nothing.enabled);
  CHECK_FALSE(nothing.proved);
  CHECK_FALSE(nothing.alternate);
}
