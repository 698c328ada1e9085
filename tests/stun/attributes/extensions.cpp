#include "floe/stun/attributes/extensions.hpp"

#include "catch.hpp"
#include "stun/attributes/codec.hpp"

using namespace floe;

TEST_CASE("extension attributes: values both ways", "[stun][RFC7982-a][NETCOST-a][RENOM-4-a]") {
  CHECK(codec::both_ways(stun::transaction_transmit_counter{7, 3}, "00000703"));
  CHECK(*codec::decoded<stun::transaction_transmit_counter>("ffff0102") ==
        stun::transaction_transmit_counter{1, 2});
  CHECK(codec::both_ways(stun::goog_network_info{1, 10}, "0001000a"));
  CHECK(codec::both_ways(stun::nomination{5}, "00000005"));
  CHECK(codec::both_ways(stun::ecn_check{1}, "00000001"));
  CHECK(
      codec::both_ways(stun::goog_message_integrity_32{vectors::from_hex("01020304")}, "01020304"));
  const auto bytes = vectors::unhex("000102");
  CHECK(codec::both_ways(stun::goog_misc_info{bytes}, "000102"));
  CHECK(codec::both_ways(stun::dtls_in_stun{bytes}, "000102"));
}

TEST_CASE("extension attributes: each takes its own size and no other", "[stun][ATK-A20]") {
  CHECK(codec::takes_only<stun::transaction_transmit_counter>({4}));
  CHECK(codec::takes_only<stun::goog_network_info>({4}));
  CHECK(codec::takes_only<stun::nomination>({4}));
  CHECK(codec::takes_only<stun::ecn_check>({4}));
  CHECK(codec::takes_only<stun::goog_last_ice_check_received>({12}));
  CHECK(codec::takes_only<stun::goog_message_integrity_32>({4}));
}

TEST_CASE("extension attributes: without values they are zeros", "[stun]") {
  CHECK(codec::encoded(stun::transaction_transmit_counter{}) == "00000000");
  CHECK(codec::encoded(stun::goog_network_info{}) == "00000000");
}
