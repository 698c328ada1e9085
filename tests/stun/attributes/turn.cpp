#include "floe/stun/attributes/turn.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "stun/attributes/codec.hpp"
#include "vectors/messages.hpp"

using namespace floe;

TEST_CASE("turn attributes: each takes its own size and no other", "[stun][8656-18-a][ATK-A20]") {
  CHECK(codec::takes_only<stun::channel_number>({4}));
  CHECK(codec::takes_only<stun::lifetime>({4}));
  CHECK(codec::takes_only<stun::even_port>({1}));
  CHECK(codec::takes_only<stun::requested_transport>({4}));
  CHECK(codec::takes_only<stun::dont_fragment>({0}));
  CHECK(codec::takes_only<stun::reservation_token>({8}));
  CHECK(codec::takes_only<stun::icmp>({8}));
  CHECK(codec::takes_only<stun::connection_id>({4}));
  for (std::size_t size = 0; size <= 64; ++size) {
    std::vector<std::byte> bytes(size);
    if (size > 0) bytes[0] = std::byte{1};
    CHECK(stun::requested_address_family::decode(bytes, {}).has_value() == (size == 4));
    CHECK(stun::additional_address_family::decode(bytes, {}).has_value() == (size == 4));
  }
}

TEST_CASE("turn attributes: values both ways", "[stun]") {
  CHECK(codec::both_ways(stun::channel_number{0x4000}, "40000000"));
  CHECK(codec::both_ways(stun::lifetime{600}, "00000258"));
  CHECK(codec::both_ways(stun::even_port{false}, "00"));
  CHECK(codec::both_ways(stun::even_port{true}, "80"));
  CHECK(codec::both_ways(stun::requested_transport{stun::transport_udp}, "11000000"));
  CHECK(codec::both_ways(stun::requested_transport{stun::transport_tcp}, "06000000"));
  CHECK(codec::both_ways(stun::requested_address_family{family::ipv4}, "01000000"));
  CHECK(codec::both_ways(stun::additional_address_family{family::ipv6}, "02000000"));
  CHECK(codec::both_ways(stun::reservation_token{vectors::from_hex("0102030405060708")},
                         "0102030405060708"));
  CHECK(codec::both_ways(stun::connection_id{0xdeadbeef}, "deadbeef"));
  CHECK(codec::both_ways(stun::icmp{3, 4, 1280}, "0000030400000500"));
  CHECK(codec::both_ways(stun::mobility_ticket{}, ""));
  CHECK(codec::both_ways(stun::third_party_authorization{"auth"}, "61757468"));
}

TEST_CASE("turn attributes: families other than the two are malformed", "[stun][ATK-A10]") {
  for (unsigned family = 0; family < 256; ++family) {
    const std::vector<std::byte> bytes{static_cast<std::byte>(family), {}, {}, {}};
    CHECK(stun::requested_address_family::decode(bytes, {}).has_value() ==
          (family == 1 || family == 2));
  }
}

TEST_CASE("turn attributes: reserved bits are not looked at", "[stun][8656-18-c]") {
  CHECK(codec::decoded<stun::requested_transport>("11ffffff")->value == 17);
  CHECK(codec::decoded<stun::channel_number>("4001ffff")->value == 0x4001);
  CHECK(codec::decoded<stun::requested_address_family>("02ffffff")->value == family::ipv6);
  CHECK(codec::decoded<stun::even_port>("ff")->reserve_next);
  CHECK_FALSE(codec::decoded<stun::even_port>("7f")->reserve_next);
  CHECK(*codec::decoded<stun::icmp>("ffff030300000000") == stun::icmp{3, 3, 0});
}

TEST_CASE("turn attributes: the error of one family", "[stun]") {
  const auto bytes = vectors::unhex("02000428");
  const auto error = stun::address_error_code::decode(bytes, {});
  REQUIRE(error);
  CHECK(error->family == family::ipv6);
  CHECK(error->error.code == stun::error_code::address_family_not_supported);
  CHECK(codec::encoded(stun::address_error_code{
            family::ipv6, {stun::error_code::address_family_not_supported, ""}}) == "02000428");
  CHECK_FALSE(stun::address_error_code::decode(vectors::unhex("03000428"), {}));
  CHECK_FALSE(stun::address_error_code::decode(vectors::unhex("02000228"), {}));
  CHECK_FALSE(stun::address_error_code::decode(vectors::unhex("020004"), {}));
}

TEST_CASE("turn attributes: ADDRESS-ERROR-CODE is written only with a phrase that may be sent",
          "[stun][8656-18-b]") {
  const auto code = stun::error_code::address_family_not_supported;
  const auto write = [](std::string_view phrase) {
    std::array<std::byte, 600> buffer{};
    return stun::writer{buffer, {stun::method::allocate, stun::message_class::success}, {}}
        .add(stun::address_error_code{family::ipv4, {code, phrase}})
        .finish();
  };
  CHECK(write("no").value() == 20 + 4 + 4 + 4);
  CHECK(write(std::string(200, 'x')).error() == errc::malformed_text);
}

TEST_CASE("turn attributes: the sample messages", "[stun][8656-18-b]") {
  const auto allocate = stun::message_view::parse(vectors::allocate_first);
  REQUIRE(allocate);
  CHECK(allocate->get<stun::requested_transport>()->value == stun::transport_udp);
  CHECK(allocate->get<stun::requested_address_family>()->value == family::ipv6);
  CHECK(allocate->has<stun::dont_fragment>());
  const auto send = stun::message_view::parse(vectors::send_ind);
  REQUIRE(send);
  CHECK(send->get<stun::xor_peer_address>()->value == endpoint{address::v4(192, 0, 2, 150), 32102});
  CHECK(vectors::to_hex(send->get<stun::data>()->value) == "68656c6c6f");
  const auto bind = stun::message_view::parse(vectors::channelbind);
  REQUIRE(bind);
  CHECK(bind->get<stun::channel_number>()->value == 0x4000);
}

TEST_CASE("turn attributes: without values they ask for nothing and tell nothing", "[stun]") {
  CHECK(codec::encoded(stun::even_port{}) == "00");
  CHECK(codec::encoded(stun::icmp{}) == "0000000000000000");
}
