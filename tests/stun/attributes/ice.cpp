#include "floe/stun/attributes/ice.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;

namespace {

template <class A>
std::string encoded(const A& a) {
  std::vector<std::byte> out(a.size(), std::byte{0xee});
  a.encode(out, {});
  return vectors::to_hex(out);
}

template <class A>
auto decoded(std::string_view hex) {
  return A::decode(vectors::unhex(hex), {});
}

template <class A>
bool takes_only(std::size_t right) {
  for (std::size_t size = 0; size <= 64; ++size) {
    if (A::decode(std::vector<std::byte>(size), {}).has_value() != (size == right)) return false;
  }
  return true;
}

}  // namespace

static_assert(stun::priority::decode(vectors::from_hex("6e001eff"), {})->value == 1845501695);

TEST_CASE("ice attributes: numbers in network order, both ways", "[stun]") {
  CHECK(encoded(stun::priority{0x6e001eff}) == "6e001eff");
  CHECK(decoded<stun::priority>("6e001eff") == stun::priority{0x6e001eff});
  CHECK(encoded(stun::ice_controlling{0x0123456789abcdef}) == "0123456789abcdef");
  CHECK(decoded<stun::ice_controlling>("0123456789abcdef")->tie_breaker == 0x0123456789abcdef);
  CHECK(encoded(stun::ice_controlled{0xfedcba9876543210}) == "fedcba9876543210");
  CHECK(decoded<stun::ice_controlled>("fedcba9876543210")->tie_breaker == 0xfedcba9876543210);
  CHECK(encoded(stun::use_candidate{}).empty());
  CHECK(decoded<stun::use_candidate>(""));
}

TEST_CASE("ice attributes: any other size is malformed", "[stun][ATK-A20]") {
  CHECK(takes_only<stun::priority>(4));
  CHECK(takes_only<stun::use_candidate>(0));
  CHECK(takes_only<stun::ice_controlling>(8));
  CHECK(takes_only<stun::ice_controlled>(8));
}

TEST_CASE("ice attributes: types", "[stun]") {
  using a = stun::attribute_type;
  CHECK(stun::priority::type == a::priority);
  CHECK(stun::use_candidate::type == a::use_candidate);
  CHECK(stun::ice_controlling::type == a::ice_controlling);
  CHECK(stun::ice_controlled::type == a::ice_controlled);
}

TEST_CASE("ice attributes: a role without a number is the weakest claim", "[stun]") {
  CHECK(stun::ice_controlling{}.tie_breaker == 0);
  CHECK(stun::ice_controlled{}.tie_breaker == 0);
}
