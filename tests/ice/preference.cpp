#include "floe/ice/preference.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace floe;
using ice::network_cost;
using ice::rank_of;

namespace {

constexpr auto v4 = address::v4(192, 0, 2, 1);

address v6(std::uint8_t first, std::uint8_t second) {
  return address::v6({first, second, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
}

}  // namespace

TEST_CASE("preference: IPv6 and IPv4 take turns, IPv6 first",
          "[ice][8421-4-a][8421-4-b][8445-5.1.2.2-b]") {
  std::vector<std::pair<ice::preference_rank, family>> ranks;
  for (std::size_t earlier = 0; earlier < 4; ++earlier) {
    ranks.emplace_back(rank_of(network_cost::lowest, v4, earlier), family::ipv4);
    ranks.emplace_back(rank_of(network_cost::lowest, v6(0x20, 0x01), earlier), family::ipv6);
  }
  std::sort(ranks.begin(), ranks.end());
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    CHECK(ranks[i].second == (i % 2 == 0 ? family::ipv6 : family::ipv4));
  }
}

TEST_CASE("preference: a cheaper network comes first, whatever its addresses", "[ice]") {
  const auto cheap = rank_of(network_cost::low, address::v4(169, 254, 0, 1), 9);
  CHECK(cheap < rank_of(network_cost::high, v6(0x20, 0x01), 0));
  CHECK(rank_of(network_cost::high, v4, 0) < rank_of(network_cost::highest, v4, 0));
  CHECK(rank_of(network_cost::lowest, v4, 5) < rank_of(network_cost::low, v4, 0));
}

TEST_CASE("preference: addresses that seldom work come after all others of their network",
          "[ice][8421-4-d]") {
  const auto ordinary = rank_of(network_cost::lowest, v4, 100);
  const auto teredo = address::v6({0x20, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  for (const auto& a : {v6(0xfe, 0x80), v6(0xfc, 0x00), v6(0xfd, 0x12), v6(0x20, 0x02), teredo,
                        address::v4(169, 254, 1, 1)}) {
    CHECK(ice::is_last_resort(a));
    CHECK(ordinary < rank_of(network_cost::lowest, a, 0));
  }
  CHECK(
      ice::is_last_resort(address::v6({0x20, 0x01, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})));
  CHECK_FALSE(ice::is_last_resort(address::v6({0x20, 0x01, 0, 1})));
  CHECK_FALSE(ice::is_last_resort(address::v6({0x20, 0x01, 1, 0})));
  CHECK_FALSE(ice::is_last_resort(v6(0x20, 0x01)));
  CHECK_FALSE(ice::is_last_resort(v6(0x2a, 0x02)));
  CHECK_FALSE(ice::is_last_resort(v4));
}

TEST_CASE("preference: the first has 65535, each its own, and there is room between two",
          "[ice][8445-5.1.2.1-d][8445-5.1.2.1-e][8421-4-e]") {
  CHECK(ice::local_preference(0) == 65535);
  CHECK(ice::local_preference(1) == 65535 - 16);
  CHECK(ice::local_preference(4095) == 15);
  CHECK(ice::local_preference(4096) == 15);
  std::set<std::uint16_t> seen;
  for (std::size_t better = 0; better < 4096; ++better) seen.insert(ice::local_preference(better));
  CHECK(seen.size() == 4096);
}

TEST_CASE("preference: the turns of a family are two apart, as far as there are numbers",
          "[ice][8421-4-a]") {
  const auto turn = [](const address& a, std::size_t earlier) {
    return rank_of(network_cost::lowest, a, earlier).turn;
  };
  const auto six = v6(0x20, 0x01);
  CHECK(turn(six, 0) == 0);
  CHECK(turn(v4, 0) == 1);
  CHECK(turn(six, 1) == 2);
  CHECK(turn(v4, 1) == 3);
  CHECK(turn(six, 32767) == 65534);
  CHECK(turn(v4, 32767) == 65535);
  CHECK(turn(six, 32768) == 65535);
  CHECK(turn(v4, 100000) == 65535);
}

TEST_CASE("preference: nothing ranks before itself, and nothing said is the best", "[ice]") {
  const ice::preference_rank best;
  CHECK(best.cost == network_cost::lowest);
  CHECK_FALSE(best.last_resort);
  CHECK(best.turn == 0);
  CHECK_FALSE(best < best);
}
