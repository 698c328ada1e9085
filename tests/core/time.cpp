#include "floe/core/time.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

constexpr time_point zero{};
constexpr duration tick{1};
constexpr auto first = time_point::min();
constexpr auto last = time_point::max();

}  // namespace

static_assert(after(last, tick) == last && after(first, -tick) == first);

TEST_CASE("time: a sum is exact, or held at the end of the range", "[core]") {
  CHECK(after(zero, 5s) == zero + 5s);
  CHECK(after(zero, -5s) == zero - 5s);
  CHECK(after(last - 1s, 1s) == last);
  CHECK(after(last - 1s, 1s - tick) == last - tick);
  CHECK(after(last - 1s, 1s + tick) == last);
  CHECK(after(last, duration::max()) == last);
  CHECK(after(last, duration::zero()) == last);
  CHECK(after(first + 1s, -1s) == first);
  CHECK(after(first + 1s, -1s + tick) == first + tick);
  CHECK(after(first + 1s, -1s - tick) == first);
  CHECK(after(first, duration::min()) == first);
  CHECK(after(first, duration::max()) == zero - tick);
  CHECK(after(zero, duration::min()) == first);
  CHECK(after(last, duration::min()) == zero - tick);
}

TEST_CASE("time: a later start never gives an earlier deadline", "[core]") {
  const std::vector<time_point> starts{first,       first + tick, zero - tick, zero,
                                       zero + tick, last - 1s,    last - tick, last};
  for (const auto span : {duration::zero(), tick, duration{1s}, duration::max()}) {
    for (std::size_t i = 1; i < starts.size(); ++i) {
      CHECK(after(starts[i - 1], span) <= after(starts[i], span));
      CHECK(after(starts[i], span) >= starts[i]);
    }
  }
}

TEST_CASE("time: time that runs backwards has not passed", "[core]") {
  CHECK(elapsed(zero, zero + 3s) == 3s);
  CHECK(elapsed(zero + 3s, zero) == 0s);
  CHECK(elapsed(zero, zero) == 0s);
  CHECK(elapsed(last, first) == 0s);
}

TEST_CASE("time: a distance is exact, or held at the maximum", "[core]") {
  CHECK(elapsed(first, last) == duration::max());
  CHECK(elapsed(first, zero - tick) == duration::max());
  CHECK(elapsed(first, zero) == duration::max());
  CHECK(elapsed(first, zero - tick - tick) == duration::max() - tick);
  CHECK(elapsed(zero, last) == duration::max());
  CHECK(elapsed(zero - tick, last) == duration::max());
  CHECK(elapsed(zero - 1s, last - 1s) == duration::max());
  CHECK(elapsed(zero - 1s, last - 1s - tick) == duration::max() - tick);
  CHECK(elapsed(zero - 1s, zero + 1s) == 2s);
}

TEST_CASE("time: never is later than everything", "[core]") {
  CHECK(earliest(std::nullopt, std::nullopt) == std::nullopt);
  CHECK(earliest(zero, std::nullopt) == zero);
  CHECK(earliest(std::nullopt, zero) == zero);
  CHECK(earliest(last, std::nullopt) == last);
  CHECK(earliest(zero, zero + tick) == zero);
  CHECK(earliest(zero + tick, zero) == zero);
}

TEST_CASE("time: a product is exact, or held at the maximum", "[core][ATK-F06]") {
  CHECK(scaled(500ms, 16) == 8s);
  CHECK(scaled(500ms, 0) == 0s);
  CHECK(scaled(0s, duration::max().count()) == 0s);
  CHECK(scaled(tick, duration::max().count()) == duration::max());
  CHECK(scaled(2 * tick, duration::max().count()) == duration::max());
  CHECK(scaled(duration::max(), 1) == duration::max());
  CHECK(scaled(duration::max(), 2) == duration::max());
  CHECK(scaled(duration::max() / 2, 2) == duration::max() - tick);
}

TEST_CASE("time: the soonest of many deadlines, or never", "[core]") {
  soonest next;
  CHECK_FALSE(next.get());
  next.note(deadline{});
  CHECK_FALSE(next.get());
  next.note(last);
  CHECK(next.get() == last);
  next.note(deadline{zero + 2s});
  next.note(zero + 3s);
  next.note(deadline{});
  CHECK(next.get() == zero + 2s);
}

TEST_CASE("time: a product at the edge of what needs no division is right, and one beyond held",
          "[core]") {
  constexpr duration::rep edge = duration::rep{1} << 31;
  CHECK(scaled(duration{edge - 1}, edge - 1) == duration{(edge - 1) * (edge - 1)});
  CHECK(scaled(duration{edge}, edge) == duration{edge * edge});
  CHECK(scaled(duration{2 * edge - 1}, 2 * edge - 1) == duration::max());
  CHECK(scaled(duration{1}, duration::max().count()) == duration::max());
  CHECK(scaled(duration::max(), 0) == duration::zero());
}

TEST_CASE("time: the end of the clock never comes", "[core]") {
  CHECK_FALSE(before_end(std::nullopt));
  CHECK_FALSE(before_end((time_point::max)()));
  CHECK(before_end((time_point::max)() - duration{1}) == (time_point::max)() - duration{1});
  CHECK(before_end((time_point::min)()) == (time_point::min)());
}
