#include "floe/gather/order.hpp"

#include <algorithm>
#include <array>

#include "catch.hpp"

using namespace floe;
using gather::asking;
using gather::service;
using turn::relay_family;
using turn::transport;

TEST_CASE("order: relays are asked first, UDP before TLS, then as they were named", "[gather]") {
  const std::array<asking, 7> best_first{
      asking{service::relay, transport::udp, 3},    asking{service::relay, transport::udp, 5},
      asking{service::relay, transport::dtls, 2},   asking{service::relay, transport::tcp, 1},
      asking{service::relay, transport::tls, 0},    asking{service::reflexive, transport::udp, 4},
      asking{service::reflexive, transport::udp, 6}};
  for (std::size_t i = 0; i < best_first.size(); ++i) {
    for (std::size_t k = 0; k < best_first.size(); ++k) {
      CHECK(comes_before(best_first[i], best_first[k]) == (i < k));
    }
  }
  CHECK_FALSE(comes_before(asking{}, asking{}));
}

TEST_CASE("order: a relay is asked for both families, unless another socket sees to one",
          "[gather]") {
  for (const bool other : {false, true}) {
    for (const auto own : {family::ipv4, family::ipv6}) {
      CHECK(gather::family_to_ask(relay_family::ipv4, own, other) == relay_family::ipv4);
      CHECK(gather::family_to_ask(relay_family::ipv6, own, other) == relay_family::ipv6);
    }
  }
  CHECK(gather::family_to_ask(relay_family::both, family::ipv4, false) == relay_family::both);
  CHECK(gather::family_to_ask(relay_family::both, family::ipv6, false) == relay_family::both);
  CHECK(gather::family_to_ask(relay_family::both, family::ipv4, true) == relay_family::ipv4);
  CHECK(gather::family_to_ask(relay_family::both, family::ipv6, true) == relay_family::ipv6);
}
