#include "sim/random.hpp"

#include <array>
#include <vector>

#include "catch.hpp"
#include "sim/time.hpp"

using namespace floe;
using namespace floe::sim;

TEST_CASE("random: the same seed gives the same numbers, another seed others", "[sim]") {
  random_source a{1};
  random_source b{1};
  random_source c{2};
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    const auto x = a.next();
    CHECK(x == b.next());
    differs = differs || x != c.next();
  }
  CHECK(differs);
}

TEST_CASE("random: what a fork draws does not change what its source gives", "[sim]") {
  random_source a{1};
  random_source b{1};
  auto fork = a.fork();
  (void)b.fork();
  for (int i = 0; i < 10; ++i) (void)fork.next();
  CHECK(a.next() == b.next());
}

TEST_CASE("random: distributions keep to their bounds and reach them", "[sim]") {
  random_source r{1};
  std::array<bool, 3> met{};
  bool shortest = false;
  bool longest = false;
  std::size_t hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    met.at(r.below(3)) = true;
    const auto span = r.up_to(5ns);
    REQUIRE(span <= 5ns);
    shortest = shortest || span == 0ns;
    longest = longest || span == 5ns;
    hits += r.chance(250) ? 1U : 0U;
  }
  CHECK(met == std::array{true, true, true});
  CHECK(shortest);
  CHECK(longest);
  CHECK(hits > 2300);
  CHECK(hits < 2700);
  CHECK_FALSE(r.chance(0));
  CHECK(r.chance(1000));
  CHECK(r.up_to(duration::zero()) == duration::zero());
}

TEST_CASE("random: fills bytes", "[sim]") {
  random_source r{1};
  std::vector<std::byte> bytes(1001);
  r(bytes);
  std::array<bool, 256> met{};
  for (const auto b : bytes) met[std::to_integer<std::size_t>(b)] = true;
  CHECK(std::count(met.begin(), met.end(), true) > 200);
}
