#include "floe/core/stored_text.hpp"

#include "catch.hpp"
#include "support/memory.hpp"

using namespace floe;

TEST_CASE("stored_text: it holds what was assigned last", "[core]") {
  support::counting_memory memory;
  stored_text text{8, &memory};
  CHECK(text.empty());
  CHECK(text.view().empty());
  text.assign("abcdefgh");
  CHECK(text.view() == "abcdefgh");
  text.assign("xy");
  CHECK(text.view() == "xy");
  CHECK(memory.allocations == 1);
}

TEST_CASE("stored_text: a copy takes its characters and no more", "[core]") {
  support::counting_memory memory;
  const stored_text text{"password", &memory};
  CHECK(text.view() == "password");
  CHECK(memory.held == 8);
  const stored_text nothing{"", &memory};
  CHECK(nothing.empty());
  CHECK(memory.allocations == 1);
}

TEST_CASE("stored_text: what is wiped is gone from memory too", "[core]") {
  stored_text text{"secret", memory_ref{}};
  const auto* const at = text.view().data();
  text.wipe();
  CHECK(text.empty());
  for (int i = 0; i < 6; ++i) CHECK(at[i] == '\0');
}
