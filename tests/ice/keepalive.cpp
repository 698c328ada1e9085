#include "floe/ice/keepalive.hpp"

#include <chrono>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

TEST_CASE("keepalive: it is due Tr after the last packet, and never before", "[ice]") {
  constexpr time_point start{1h};
  CHECK(ice::min_keepalive == 15s);
  CHECK(ice::keepalive_due(start, 15s) == start + 15s);
  CHECK(ice::keepalive_due(time_point::max() - 1s, 15s) == time_point::max());
}
