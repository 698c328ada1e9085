#include "floe/agent/event_queue.hpp"

#include "catch.hpp"

using namespace floe;

TEST_CASE("event_queue: they come out in their order", "[agent]") {
  event_queue queue{3, memory_ref{}};
  queue.push(event::gathering_done{stream_id{1}});
  queue.push(event::role_changed{ice::role::controlled});
  CHECK(std::holds_alternative<event::gathering_done>(*queue.pop()));
  CHECK(std::holds_alternative<event::role_changed>(*queue.pop()));
  CHECK_FALSE(queue.pop());
}

TEST_CASE("event_queue: when nobody polls the oldest go, and their number is told first",
          "[agent][ATK-D15]") {
  event_queue queue{2, memory_ref{}};
  for (std::uint16_t i = 0; i < 5; ++i) queue.push(event::gathering_done{stream_id{i}});
  const auto told = std::get<event::dropped>(*queue.pop());
  CHECK(told.what == event::dropped::events);
  CHECK(told.count == 3);
  CHECK(std::get<event::gathering_done>(*queue.pop()).stream == stream_id{3});
  CHECK(std::get<event::gathering_done>(*queue.pop()).stream == stream_id{4});
  CHECK_FALSE(queue.pop());
}

TEST_CASE("event_queue: of one kind of loss a single event waits", "[agent]") {
  event_queue queue{8, memory_ref{}};
  for (int i = 0; i < 100; ++i) {
    queue.push_dropped(event::dropped::pairs);
    queue.push_dropped(event::dropped::answers);
  }
  const auto pairs = std::get<event::dropped>(*queue.pop());
  CHECK(pairs.what == event::dropped::pairs);
  CHECK(pairs.count == 100);
  const auto answers = std::get<event::dropped>(*queue.pop());
  CHECK(answers.what == event::dropped::answers);
  CHECK(answers.count == 100);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("event_queue: reports on pairs go first when there is no room", "[agent][ATK-D15]") {
  event_queue queue{2, memory_ref{}};
  queue.push(event::gathering_done{});
  queue.push(event::pair_removed{});
  queue.push(event::role_changed{});
  CHECK(std::get<event::dropped>(*queue.pop()).count == 1);
  CHECK(std::holds_alternative<event::gathering_done>(*queue.pop()));
  CHECK(std::holds_alternative<event::role_changed>(*queue.pop()));
}

TEST_CASE("event_queue: that a relay was replaced gives way to nothing", "[agent]") {
  event_queue queue{4, memory_ref{}};
  queue.push(event::relay_replaced{.is_cut_off = true});
  for (int i = 0; i < 100; ++i) queue.push(event::enough_gathered{});
  CHECK(std::get<event::dropped>(*queue.pop()).count == 97);
  CHECK(std::get<event::relay_replaced>(*queue.pop()).is_cut_off);
}
