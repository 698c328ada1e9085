#include "floe/gather/progress.hpp"

#include <chrono>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using gather::judge;
using gather::progress;

TEST_CASE("progress: nothing outstanding is complete, whatever was found", "[gather]") {
  CHECK(judge({}) == progress::complete);
  CHECK(judge({.every_base_relayed = true, .enough_after = 2s}) == progress::complete);
}

TEST_CASE("progress: one of each kind that may still come is enough", "[gather]") {
  for (const bool reflexive : {false, true}) {
    for (const bool relayed : {false, true}) {
      CHECK(judge({.outstanding = 1,
                   .wants_reflexive = true,
                   .wants_relay = true,
                   .every_base_reflexive = reflexive,
                   .every_base_relayed = relayed,
                   .enough_after = 2s}) ==
            (reflexive && relayed ? progress::enough : progress::gathering));
    }
  }
  CHECK(judge({.outstanding = 1,
               .wants_reflexive = true,
               .every_base_reflexive = true,
               .enough_after = 2s}) == progress::enough);
}

TEST_CASE("progress: time makes whatever there is enough", "[gather]") {
  const auto at = [](duration since) {
    return judge({.outstanding = 3, .wants_relay = true, .since_start = since, .enough_after = 2s});
  };
  CHECK(at(1999ms) == progress::gathering);
  CHECK(at(2s) == progress::enough);
  CHECK(at(1h) == progress::enough);
}
