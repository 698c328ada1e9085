#include "floe/ice/pacer.hpp"

#include <chrono>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

TEST_CASE("pacer: transactions of all that share it are at least 5 ms apart",
          "[ice][8445-14.2-b]") {
  ice::pacer shared{1ms};
  const time_point start{1h};
  CHECK(shared.free_at(start) == start);
  shared.take(start);
  CHECK(shared.free_at(start) == start + 5ms);
  CHECK(shared.free_at(start + 4ms) == start + 5ms);
  CHECK(shared.free_at(start + 7ms) == start + 7ms);
}

TEST_CASE("pacer: a wider spacing is kept", "[ice]") {
  ice::pacer shared{20ms};
  shared.take(time_point{});
  CHECK(shared.free_at(time_point{}) == time_point{20ms});
}
