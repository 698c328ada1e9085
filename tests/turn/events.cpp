#include "floe/turn/events.hpp"

#include "catch.hpp"

using namespace floe;
namespace event = turn::event;

TEST_CASE("events: say nothing that nobody said", "[turn]") {
  CHECK(event::channel_bound{}.number == 0);
  CHECK(event::icmp{}.type == 0);
  CHECK(event::icmp{}.code == 0);
  CHECK(event::icmp{}.data == 0);
  CHECK_FALSE(event::connection_offered{}.incoming);
  CHECK(event::dropped{}.count == 0);
}
