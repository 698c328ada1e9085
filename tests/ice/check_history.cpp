#include "floe/ice/check_history.hpp"

#include "catch.hpp"

using namespace floe;

TEST_CASE("check_history: a counter stays at its end", "[ice]") {
  std::uint16_t counter = 65534;
  ice::check_history::count(counter);
  CHECK(counter == 65535);
  ice::check_history::count(counter);
  CHECK(counter == 65535);
}
