#include "floe/ice/check_history.hpp"

#include <chrono>
#include <cstdint>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

TEST_CASE("check_history: a counter stays at its end", "[ice]") {
  std::uint16_t counter = 65534;
  ice::check_history::count(counter);
  CHECK(counter == 65535);
  ice::check_history::count(counter);
  CHECK(counter == 65535);
}

TEST_CASE("check_history: a pair begins without any", "[ice]") {
  const ice::check_history none;
  CHECK(none.requests_sent == 0);
  CHECK(none.responses_received == 0);
  CHECK(none.requests_received == 0);
  CHECK(none.last_error == 0);
  CHECK_FALSE(none.answered_elsewhere);
  CHECK_FALSE(none.unproved_answer);
  CHECK(none.current_round_trip_time == ice::round_trip::zero());
}

TEST_CASE("check_history: a round trip is kept in microseconds, and stays at its end", "[ice]") {
  CHECK(ice::round_trip_of(1500us) == 1500us);
  CHECK(ice::round_trip_of(1999ns) == 1us);
  CHECK(ice::round_trip_of(duration::zero()) == 0us);
  CHECK(ice::round_trip_of(duration::max()) == ice::round_trip::max());
}
