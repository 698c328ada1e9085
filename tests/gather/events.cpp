#include "floe/gather/events.hpp"

#include <type_traits>

#include "catch.hpp"

using namespace floe;
namespace event = gather::event;

// They live in a ring: moving them must not allocate.
static_assert(std::is_nothrow_move_assignable_v<event::any>);
static_assert(std::is_trivially_copyable_v<event::found>);

TEST_CASE("gather events: one that says nothing is the first kind with nothing in it", "[gather]") {
  const event::any none;
  CHECK(std::get<event::name_needed>(none).port == 0);
  CHECK(event::server_result{}.outcome == gather::outcome::answered);
}
