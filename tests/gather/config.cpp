#include "floe/gather/config.hpp"

#include "catch.hpp"
#include "floe/gather/gatherer.hpp"
#include "support/entropy.hpp"

using namespace floe;

TEST_CASE("gather config: one that says nothing asks nobody", "[gather]") {
  support::counting_entropy entropy;
  gather::gatherer one{gather::config{}, entropy, memory_ref{}};
  one.start(time_point{});
  CHECK(one.is_complete());
  CHECK_FALSE(one.wants_start());
}

TEST_CASE("gather config: its limits hold an answer of every attempt", "[gather]") {
  constexpr gather::limits limits;
  CHECK(limits.candidates >= limits.attempts);
  CHECK(limits.events >= limits.candidates);
}
