#include "floe/agent/events.hpp"

#include "catch.hpp"

using namespace floe;

TEST_CASE("events: an event is small", "[agent]") { CHECK(sizeof(event::any) <= 56); }
