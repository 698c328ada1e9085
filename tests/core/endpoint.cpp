#include "floe/core/endpoint.hpp"

#include <cstdint>
#include <initializer_list>

#include "catch.hpp"

using namespace floe;

namespace {

/// An IPv6 address by its first and last two 16-bit groups.
constexpr address v6(std::uint16_t first, std::uint16_t second, std::uint16_t seventh,
                     std::uint16_t eighth) {
  const auto high = [](std::uint16_t group) { return static_cast<std::uint8_t>(group >> 8U); };
  const auto low = [](std::uint16_t group) { return static_cast<std::uint8_t>(group & 0xffU); };
  return address::v6({high(first), low(first), high(second), low(second), 0, 0, 0, 0, 0, 0, 0, 0,
                      high(seventh), low(seventh), high(eighth), low(eighth)});
}

/// ::ffff:a.b.c.d
constexpr address mapped(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
  return address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d});
}

using address_class = bool (*)(const address&);

void check_class(address_class belongs, std::initializer_list<address> inside,
                 std::initializer_list<address> outside) {
  for (const auto& a : inside) {
    CAPTURE(a.octets);
    CHECK(belongs(a));
  }
  for (const auto& a : outside) {
    CAPTURE(a.octets);
    CHECK_FALSE(belongs(a));
  }
}

constexpr auto v4 = address::v4;

}  // namespace

static_assert(v4(1, 2, 3, 4).size() == 4 && v6(0x2001, 0xdb8, 0, 1).size() == 16);

TEST_CASE("endpoint: the family is part of an address", "[core]") {
  CHECK(v4(0, 0, 0, 0) != v6(0, 0, 0, 0));
  CHECK(v4(1, 2, 3, 4) == v4(1, 2, 3, 4));
  CHECK(v4(1, 2, 3, 4) != v4(1, 2, 3, 5));
  CHECK(endpoint{v4(1, 2, 3, 4), 1} != endpoint{v4(1, 2, 3, 4), 2});
  CHECK(static_cast<int>(family::ipv4) == 1);
  CHECK(static_cast<int>(family::ipv6) == 2);
}

TEST_CASE("endpoint: every address class ends where its RFC says", "[core]") {
  check_class(is_unspecified, {v4(0, 0, 0, 0), v6(0, 0, 0, 0)},
              {v4(0, 0, 0, 1), v4(1, 0, 0, 0), v6(0, 0, 0, 1), v6(1, 0, 0, 0)});
  check_class(is_loopback,
              {v4(127, 0, 0, 0), v4(127, 0, 0, 1), v4(127, 255, 255, 255), v6(0, 0, 0, 1)},
              {v4(126, 255, 255, 255), v4(128, 0, 0, 0), v6(0, 0, 0, 0), v6(0, 0, 0, 2),
               v6(0x7f00, 0, 0, 1), v6(0, 0, 1, 1)});
  check_class(is_link_local,
              {v4(169, 254, 0, 0), v4(169, 254, 255, 255), v6(0xfe80, 0, 0, 0),
               v6(0xfebf, 0xffff, 0xffff, 0xffff)},
              {v4(169, 253, 255, 255), v4(169, 255, 0, 0), v4(168, 254, 0, 0),
               v6(0xfe7f, 0xffff, 0, 1), v6(0xfec0, 0, 0, 1), v6(0xff80, 0, 0, 1)});
  check_class(is_multicast,
              {v4(224, 0, 0, 0), v4(239, 255, 255, 255), v6(0xff00, 0, 0, 0), v6(0xffff, 0, 0, 1)},
              {v4(223, 255, 255, 255), v4(240, 0, 0, 0), v6(0xfeff, 0, 0, 1), v6(0xe000, 0, 0, 1)});
  check_class(
      is_broadcast, {v4(255, 255, 255, 255)},
      {v4(255, 255, 255, 254), v6(0xffff, 0xffff, 0xffff, 0xffff), v6(0xffff, 0xffff, 0, 0)});
  check_class(is_v4_mapped, {mapped(0, 0, 0, 0), mapped(255, 255, 255, 255)},
              {v6(0, 0, 0xc000, 0x0201), v4(192, 0, 2, 1),
               address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 1, 2, 3, 4}),
               address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe, 0xff, 1, 2, 3, 4}),
               address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0xff, 1, 2, 3, 4}),
               address::v6({1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 2, 3, 4})});
  check_class(is_v4_compatible,
              {v6(0, 0, 0, 2), v6(0, 0, 0xc000, 0x0201), v6(0, 0, 0xffff, 0xffff)},
              {v6(0, 0, 0, 0), v6(0, 0, 0, 1), v4(192, 0, 2, 1), mapped(192, 0, 2, 1),
               address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4}), v6(1, 0, 0, 2)});
  check_class(is_site_local, {v6(0xfec0, 0, 0, 0), v6(0xfeff, 0xffff, 0xffff, 0xffff)},
              {v6(0xfebf, 0xffff, 0, 1), v6(0xff00, 0, 0, 1), v4(0xfe, 0xc0, 0, 1)});
}

TEST_CASE("endpoint: datagrams go to a unicast address and a port", "[core]") {
  CHECK(is_sendable({v4(192, 0, 2, 1), 1}));
  CHECK(is_sendable({v4(192, 0, 2, 1), 65535}));
  CHECK(is_sendable({v6(0x2001, 0xdb8, 0, 1), 1}));
  CHECK(is_sendable({v6(0, 0, 0, 1), 1}));
  CHECK_FALSE(is_sendable({v4(192, 0, 2, 1), 0}));
  CHECK_FALSE(is_sendable({v4(0, 0, 0, 0), 1}));
  CHECK_FALSE(is_sendable({v6(0, 0, 0, 0), 1}));
  CHECK_FALSE(is_sendable({v4(224, 0, 0, 1), 1}));
  CHECK_FALSE(is_sendable({v6(0xff02, 0, 0, 1), 1}));
  CHECK_FALSE(is_sendable({v4(255, 255, 255, 255), 1}));
}
