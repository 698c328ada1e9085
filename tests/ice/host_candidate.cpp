#include "floe/ice/host_candidate.hpp"

#include <cstdint>
#include <set>

#include "catch.hpp"

using namespace floe;
using ice::is_eligible_address;

namespace {

endpoint at(const address& a) { return {a, 5000}; }

address v6(std::uint8_t first, std::uint8_t second, std::uint8_t last) {
  return address::v6({first, second, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}

}  // namespace

TEST_CASE("host_candidate: addresses that a peer can reach are eligible", "[ice]") {
  CHECK(is_eligible_address(at(address::v4(192, 0, 2, 1)), false));
  CHECK(is_eligible_address(at(address::v4(10, 0, 0, 1)), false));
  CHECK(is_eligible_address(at(address::v4(169, 254, 0, 1)), false));
  CHECK(is_eligible_address(at(v6(0x20, 0x01, 1)), false));
  CHECK(is_eligible_address(at(v6(0xfe, 0x80, 1)), false));
}

TEST_CASE("host_candidate: loopback is eligible only where it is asked for",
          "[ice][8445-5.1.1.1-b]") {
  for (const auto& a : {address::v4(127, 0, 0, 1), address::v4(127, 255, 255, 254), v6(0, 0, 1)}) {
    CHECK_FALSE(is_eligible_address(at(a), false));
    CHECK(is_eligible_address(at(a), true));
  }
}

TEST_CASE("host_candidate: deprecated and mapped IPv6 addresses are never eligible",
          "[ice][8445-5.1.1.1-c]") {
  const auto compatible = address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 192, 0, 2, 1});
  const auto mapped = address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 1});
  const auto mapped_loopback =
      address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1});
  for (const bool loopback : {false, true}) {
    CHECK_FALSE(is_eligible_address(at(compatible), loopback));
    CHECK_FALSE(is_eligible_address(at(v6(0xfe, 0xc0, 1)), loopback));
    CHECK_FALSE(is_eligible_address(at(mapped), loopback));
    CHECK_FALSE(is_eligible_address(at(mapped_loopback), loopback));
  }
}

TEST_CASE("host_candidate: a socket without an address or port of its own is not eligible",
          "[ice]") {
  CHECK_FALSE(is_eligible_address(at(address::v4(0, 0, 0, 0)), true));
  CHECK_FALSE(is_eligible_address(at(v6(0, 0, 0)), true));
  CHECK_FALSE(is_eligible_address(at(address::v4(224, 0, 0, 1)), true));
  CHECK_FALSE(is_eligible_address(at(address::v4(255, 255, 255, 255)), true));
  CHECK_FALSE(is_eligible_address({address::v4(192, 0, 2, 1), 0}, true));
}

TEST_CASE("host_candidate: the first has local preference 65535, and each its own",
          "[ice][8445-5.1.2.1-d][8445-5.1.2.1-e]") {
  CHECK(ice::local_preference(0) == 65535);
  CHECK(ice::local_preference(1) == 65534);
  CHECK(ice::local_preference(65535) == 0);
  CHECK(ice::local_preference(65536) == 0);
  std::set<std::uint16_t> seen;
  for (std::size_t earlier = 0; earlier < 65536; ++earlier) {
    seen.insert(ice::local_preference(earlier));
  }
  CHECK(seen.size() == 65536);
}

TEST_CASE("host_candidate: it has the address and the priority of its place", "[ice]") {
  const auto foundation = ice::foundation::from_number(3);
  const auto made =
      ice::make_host_candidate(at(address::v4(192, 0, 2, 1)), component_id{2}, foundation, 65534);
  CHECK(made.foundation == foundation);
  CHECK(made.component == component_id{2});
  CHECK(made.priority == 0x7efffefe);
  CHECK(made.address == at(address::v4(192, 0, 2, 1)));
  CHECK(made.type == ice::candidate_type::host);
  CHECK_FALSE(made.related);
}

TEST_CASE("host_candidate: no two of a stream have the same priority", "[ice]") {
  std::set<std::uint32_t> seen;
  for (std::uint16_t component = 1; component <= 256; ++component) {
    for (std::size_t earlier = 0; earlier < 16; ++earlier) {
      const auto made =
          ice::make_host_candidate(at(address::v4(192, 0, 2, 1)), component_id{component},
                                   ice::foundation::from_number(1), ice::local_preference(earlier));
      CHECK(ice::is_valid_priority(made.priority));
      seen.insert(made.priority);
    }
  }
  CHECK(seen.size() == 256 * 16);
}
