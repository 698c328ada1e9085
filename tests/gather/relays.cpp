#include "floe/gather/relays.hpp"

#include <string>

#include "catch.hpp"
#include "support/entropy.hpp"
#include "support/memory.hpp"

using namespace floe;

namespace {

turn::session_config config_of(std::string_view user, turn::transport by = turn::transport::udp) {
  turn::session_config out;
  out.server = {address::v4(192, 0, 2, 15), 3478};
  out.user = user;
  out.password = "password that is longer than what a string holds in place";
  out.transport = by;
  return out;
}

}  // namespace

TEST_CASE("relays: sessions come and go without another allocation", "[gather]") {
  support::counting_entropy entropy;
  support::counting_memory memory;
  const std::string long_user(500, 'u');
  auto largest = config_of(long_user, turn::transport::tcp);
  largest.ask.mobility = true;
  gather::relays pool{3, largest, entropy, &memory};
  CHECK(pool.capacity() == 3);
  const auto taken = memory.allocations;
  for (int round = 0; round < 20; ++round) {
    for (std::uint16_t i = 0; i < 3; ++i) CHECK(pool.open(i == 1 ? largest : config_of("u")) == i);
    CHECK_FALSE(pool.open(largest));
    REQUIRE(pool.find(1) != nullptr);
    REQUIRE(pool.find(1)->start({}));
    pool.close(1);
    CHECK(pool.find(1) == nullptr);
    CHECK(pool.open(largest) == 1);
    std::size_t count = 0;
    pool.for_each([&](std::uint16_t place, turn::session&) {
      ++count;
      pool.close(place);
    });
    CHECK(count == 3);
  }
  CHECK(memory.allocations == taken);
  CHECK(pool.find(3) == nullptr);
  CHECK(pool.find(0xffff) == nullptr);
}

TEST_CASE("relays: without places nothing is taken", "[gather]") {
  support::counting_entropy entropy;
  support::counting_memory memory;
  gather::relays pool{0, config_of("u"), entropy, &memory};
  CHECK_FALSE(pool.open(config_of("u")));
}
