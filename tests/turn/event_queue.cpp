#include "floe/turn/event_queue.hpp"

#include <cstdint>
#include <variant>

#include "catch.hpp"
#include "support/memory.hpp"

using namespace floe;
namespace event = turn::event;

TEST_CASE("event_queue: come out in their order, the end last and once", "[turn][ATK-H02]") {
  turn::event_queue queue{4, memory_ref{}};
  queue.push(event::permitted{address::v4(1, 2, 3, 4)});
  queue.end({turn::end_reason::closed, {}});
  queue.push(event::permitted{address::v4(1, 2, 3, 5)});
  queue.end({turn::end_reason::expired, {}});
  CHECK(std::get<event::permitted>(*queue.pop()).address == address::v4(1, 2, 3, 4));
  CHECK(std::get<event::ended>(*queue.pop()).why == turn::end_reason::closed);
  CHECK_FALSE(queue.pop());
  queue.push(event::permitted{});
  CHECK_FALSE(queue.pop());
}

TEST_CASE("event_queue: the oldest give way, are counted, and the end is never lost",
          "[turn][ATK-D15]") {
  support::counting_memory memory;
  turn::event_queue queue{2, &memory};
  const auto taken = memory.allocations;
  for (std::uint16_t i = 1; i <= 5; ++i) queue.push(event::channel_bound{{}, i});
  queue.end({});
  CHECK(std::get<event::dropped>(*queue.pop()).count == 3);
  CHECK(std::get<event::channel_bound>(*queue.pop()).number == 4);
  CHECK(std::get<event::channel_bound>(*queue.pop()).number == 5);
  CHECK(std::holds_alternative<event::ended>(*queue.pop()));
  CHECK_FALSE(queue.pop());
  CHECK(memory.allocations == taken);
}

TEST_CASE("event_queue: a single one that was dropped is told of", "[turn][ATK-D15]") {
  turn::event_queue queue{1, memory_ref{}};
  queue.push(event::channel_bound{{}, 1});
  queue.push(event::channel_bound{{}, 2});
  CHECK(std::get<event::dropped>(*queue.pop()).count == 1);
  CHECK(std::get<event::channel_bound>(*queue.pop()).number == 2);
  CHECK_FALSE(queue.pop());
}
