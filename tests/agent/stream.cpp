#include "floe/agent/stream.hpp"

#include "catch.hpp"

using namespace floe;

TEST_CASE("stream: the selected pair comes first, then the path in use, then any valid one",
          "[agent][8445-12.1-a][8445-12.1-b][8445-9-d]") {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const link_view view{.has_selected = (bits & 1U) != 0,
                         .has_valid = (bits & 2U) != 0,
                         .on_former = (bits & 4U) != 0,
                         .on_current_valid = (bits & 8U) != 0};
    const auto choice = choose_link(view);
    if (view.has_selected) {
      CHECK(choice == link_choice::take_selected);
    } else if (view.on_former || view.on_current_valid) {
      CHECK(choice == link_choice::keep);
    } else {
      CHECK(choice == (view.has_valid ? link_choice::take_best : link_choice::drop));
    }
  }
}

TEST_CASE("stream: one that failed sends nothing, but on a path from before its restart",
          "[agent][8445-12.1-e]") {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const link_view view{.has_failed = true,
                         .has_selected = (bits & 1U) != 0,
                         .has_valid = (bits & 2U) != 0,
                         .on_former = (bits & 4U) != 0,
                         .on_current_valid = (bits & 8U) != 0};
    CHECK(choose_link(view) == (view.on_former ? link_choice::keep : link_choice::drop));
  }
}

TEST_CASE("stream: after the last number of a generation comes the first", "[agent]") {
  CHECK(next(generation_number{0}) == generation_number{1});
  CHECK(next(generation_number{65535}) == generation_number{65536});
}
