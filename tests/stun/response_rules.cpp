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

TEST_CASE("alternate server: none that is nearer to us than the server that names it", "[stun]") {
  const auto v6 = [](std::array<std::uint8_t, 16> octets) { return address::v6(octets); };
  const auto lead = [](const address& from, const address& to) {
    return stun::decide_alternate({.enabled = true,
                                   .proved = true,
                                   .asked = {from, 3478},
                                   .alternate = endpoint{to, 3479},
                                   .visited = {}});
  };
  // From the narrowest reach to the widest.
  const std::array<std::array<address, 2>, 4> four{
      std::array{address::v4(127, 0, 0, 1), address::v4(0, 1, 2, 3)},
      std::array{address::v4(169, 254, 1, 1), address::v4(169, 254, 169, 254)},
      std::array{address::v4(10, 1, 2, 3), address::v4(172, 31, 0, 1)},
      std::array{address::v4(192, 0, 2, 1), address::v4(172, 32, 0, 1)}};
  const std::array<std::array<address, 2>, 4> six{
      std::array{v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}),
                 v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1})},
      std::array{v6({0xfe, 0x80, 1}), v6({0xfe, 0x80, 2})},
      std::array{v6({0xfd, 1}), v6({0xfc, 2})},
      std::array{v6({0x20, 1, 0x0d, 0xb8, 1}), v6({0x20, 1, 0x0d, 0xb8, 2})}};
  for (const auto& table : {four, six}) {
    for (std::size_t from = 0; from < 4; ++from) {
      for (std::size_t to = 0; to < 4; ++to) {
        const auto expected = to < from ? alternate_decision::inward : alternate_decision::follow;
        CHECK(lead(table[from][0], table[to][1]) == expected);
      }
    }
  }
  const auto reach_of = [](std::uint8_t a, std::uint8_t b) {
    return stun::reach_of(address::v4(a, b, 0, 1));
  };
  CHECK(reach_of(192, 168) == stun::reach::site);
  CHECK(reach_of(192, 167) == stun::reach::world);
  CHECK(reach_of(172, 15) == stun::reach::world);
  CHECK(reach_of(172, 16) == stun::reach::site);
  CHECK(reach_of(100, 64) == stun::reach::site);
  CHECK(reach_of(100, 63) == stun::reach::world);
  CHECK(reach_of(100, 128) == stun::reach::world);
  CHECK(reach_of(11, 0) == stun::reach::world);
  CHECK(stun::reach_of(address::v4(255, 255, 255, 255)) == stun::reach::host);
  CHECK(stun::reach_of(address::v4(224, 0, 0, 1)) == stun::reach::host);
  CHECK(stun::reach_of(v6({0xff, 2})) == stun::reach::host);
  CHECK(stun::reach_of(v6({0xfe, 0xc0})) == stun::reach::site);
  CHECK(stun::reach_of(v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1})) == stun::reach::host);
}
