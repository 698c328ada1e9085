#include "floe/ice/conclusion.hpp"

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

TEST_CASE("conclusion: a list fails only when all hope and all patience is gone",
          "[ice][8445-7.2.5.4-a][8838-8-a][8838-8-b][8863-4-c][8863-4-d]") {
  constexpr time_point end{40s};
  for (unsigned bits = 0; bits < 16; ++bits) {
    const ice::list_outlook list{.local_complete = (bits & 1U) != 0,
                                 .remote_complete = (bits & 2U) != 0,
                                 .busy = (bits & 4U) != 0,
                                 .all_reachable = (bits & 8U) != 0,
                                 .patience = end};
    const bool hopeless = bits == 3;
    CHECK(ice::is_exhausted(list, end) == hopeless);
    CHECK(ice::is_exhausted(list, end + 1h) == hopeless);
    CHECK_FALSE(ice::is_exhausted(list, end - 1ns));
  }
}

TEST_CASE("conclusion: what has not begun does not end", "[ice][8863-4-a]") {
  const ice::list_outlook list{.local_complete = true, .remote_complete = true, .patience = {}};
  CHECK_FALSE(ice::is_exhausted(list, time_point::max()));
}
