#include "floe/stun/attributes/discovery.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "floe/stun/writer.hpp"
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

TEST_CASE("PADDING: fills up to words, and no message beyond what its length can say",
          "[stun][5780-7.6-a]") {
  std::vector<std::byte> buffer(0x20000, std::byte{0xee});
  const auto write = [&buffer](std::uint16_t count) {
    return stun::writer{buffer, {stun::method::binding, stun::message_class::request}, {}}
        .add(stun::padding{count})
        .finish();
  };
  REQUIRE(write(5).value() == 20 + 4 + 8);
  CHECK(std::all_of(buffer.begin() + 24, buffer.begin() + 32,
                    [](auto b) { return b == std::byte{0}; }));
  CHECK(buffer[32] == std::byte{0xee});
  CHECK(write(0xfff8).value() == 20 + 0xfffc);
  CHECK(write(0xfff9).error() == errc::buffer_too_small);
  CHECK(write(0xffff).error() == errc::buffer_too_small);
}

TEST_CASE("CACHE-TIMEOUT: seconds", "[stun][5780-9.1-a]") {
  CHECK(codec::both_ways(stun::cache_timeout{3600}, "00000e10"));
  CHECK(codec::takes_only<stun::cache_timeout>({4}));
}

TEST_CASE("discovery attributes: without a value they are zero", "[stun]") {
  CHECK(codec::encoded(stun::response_port{}) == "00000000");
  CHECK(codec::encoded(stun::padding{}).empty());
}
