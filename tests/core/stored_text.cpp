#include "floe/core/stored_text.hpp"

#include <array>
#include <string>

#include "catch.hpp"
#include "floe/core/arena.hpp"
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

TEST_CASE("stored_text: nothing is left of one that goes, nor of a longer one before", "[core]") {
  std::array<char, 8> block{};
  arena place{block.data(), block.size()};
  const auto seen = [&] {
    const volatile char* const at = block.data();
    std::string all;
    for (std::size_t i = 0; i < block.size(); ++i) all += at[i];
    return all;
  };
  {
    stored_text text{8, &place};
    text.assign("password");
    text.assign("new");
    CHECK(seen() == std::string("new\0\0\0\0\0", 8));
    auto moved = std::move(text);
    CHECK(moved.view() == "new");
  }
  CHECK(seen() == std::string(8, '\0'));
}
