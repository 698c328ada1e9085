#include "floe/ice/host_candidate.hpp"

#include <array>
#include <cstdint>

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

TEST_CASE("host_candidate: a temporary address hides the lasting ones of its network",
          "[ice][8445-5.1.1.1-e]") {
  const ice::interface_address lasting{v6(0x20, 0x01, 1), 1, 64, false};
  const ice::interface_address temporary{v6(0x20, 0x01, 2), 1, 64, true};
  const ice::interface_address elsewhere{v6(0x20, 0x01, 3), 2, 64, false};
  const ice::interface_address network{v6(0x20, 0x02, 4), 1, 64, false};
  const ice::interface_address old{address::v4(192, 0, 2, 1), 1, 24, false};
  const std::array all{lasting, temporary, elsewhere, network, old};
  CHECK_FALSE(ice::keeps_privacy(lasting, all));
  CHECK(ice::keeps_privacy(temporary, all));
  CHECK(ice::keeps_privacy(elsewhere, all));
  CHECK(ice::keeps_privacy(network, all));
  CHECK(ice::keeps_privacy(old, all));
  CHECK(ice::keeps_privacy(lasting, std::array{lasting, elsewhere}));
}

TEST_CASE("host_candidate: a temporary address hides the link-local ones of every interface",
          "[ice][8445-5.1.1.1-f]") {
  const ice::interface_address link_local{v6(0xfe, 0x80, 1), 2, 64, false};
  const ice::interface_address temporary{v6(0x20, 0x01, 2), 1, 64, true};
  const ice::interface_address lasting{v6(0x20, 0x01, 3), 2, 64, false};
  CHECK_FALSE(ice::keeps_privacy(link_local, std::array{link_local, temporary}));
  CHECK(ice::keeps_privacy(link_local, std::array{link_local, lasting}));
}

TEST_CASE("host_candidate: networks are told apart by exactly the bits of the prefix", "[ice]") {
  auto a = v6(0x20, 0x01, 0);
  auto b = a;
  b.octets[7] = 1;
  const auto share = [&](std::uint8_t bits) {
    return ice::share_prefix({a, 1, bits, false}, {b, 1, bits, false});
  };
  CHECK(share(0));
  CHECK(share(63));
  CHECK_FALSE(share(64));
  CHECK_FALSE(share(200));
  CHECK_FALSE(ice::share_prefix({a, 1, 0, false}, {address::v4(192, 0, 2, 1), 1, 0, false}));
}

TEST_CASE("host_candidate: a prefix is compared from the first bit on, each bit with its own",
          "[ice]") {
  const auto a = v6(0x20, 0x01, 1);
  auto b = a;
  b.octets[0] ^= 0x80U;
  CHECK_FALSE(ice::share_prefix({a, 1, 1, false}, {b, 1, 1, false}));
  const auto varied = address::v6({0x20, 1, 0x0d, 0xb8, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16});
  CHECK(ice::share_prefix({varied, 1, 128, false}, {varied, 1, 128, false}));
}

TEST_CASE("host_candidate: a prefix longer than an address is the whole address", "[ice]") {
  // While compiling, to read behind the octets would be an error.
  static constexpr ice::interface_address same{address::v6({0x20, 1}), 1, 200, false};
  static_assert(ice::share_prefix(same, same));
}

TEST_CASE("host_candidate: an address of which nothing is said has a network of the usual size",
          "[ice]") {
  const ice::interface_address some{};
  CHECK(some.interface_index == 0);
  CHECK(some.prefix_length == 64);
  CHECK_FALSE(some.temporary);
}
