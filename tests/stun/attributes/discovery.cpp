#include "floe/stun/attributes/discovery.hpp"

#include <vector>

#include "catch.hpp"
#include "stun/attributes/codec.hpp"

using namespace floe;

TEST_CASE("CHANGE-REQUEST: two flags of 32 bits", "[stun][5780-7.2-a]") {
  CHECK(codec::both_ways(stun::change_request{false, false}, "00000000"));
  CHECK(codec::both_ways(stun::change_request{true, false}, "00000004"));
  CHECK(codec::both_ways(stun::change_request{false, true}, "00000002"));
  CHECK(codec::both_ways(stun::change_request{true, true}, "00000006"));
  CHECK(*codec::decoded<stun::change_request>("fffffff9") == stun::change_request{});
  CHECK(codec::takes_only<stun::change_request>({4}));
}

TEST_CASE("RESPONSE-PORT: sent in four bytes, taken in two or four", "[stun][5780-7.5-a]") {
  CHECK(codec::both_ways(stun::response_port{0x1234}, "12340000"));
  CHECK(codec::decoded<stun::response_port>("1234")->value == 0x1234);
  CHECK(codec::decoded<stun::response_port>("1234ffff")->value == 0x1234);
  CHECK(codec::takes_only<stun::response_port>({2, 4}));
}

TEST_CASE("PADDING: any bytes, sent as zeros", "[stun]") {
  CHECK(codec::both_ways(stun::padding{5}, "0000000000"));
  CHECK(codec::decoded<stun::padding>("010203")->count == 3);
}

TEST_CASE("CACHE-TIMEOUT: seconds", "[stun][5780-9.1-a]") {
  CHECK(codec::both_ways(stun::cache_timeout{3600}, "00000e10"));
  CHECK(codec::takes_only<stun::cache_timeout>({4}));
}
