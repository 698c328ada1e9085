#include "floe/turn/refresh_rules.hpp"

#include <chrono>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

TEST_CASE("refresh: a minute before the end, or at the half of what is shorter",
          "[turn][8656-8.1-a]") {
  CHECK(turn::refresh_after(600s) == 540s);
  CHECK(turn::refresh_after(3600s) == 3540s);
  CHECK(turn::refresh_after(120s) == 60s);
  CHECK(turn::refresh_after(60s) == 30s);
  CHECK(turn::refresh_after(2s) == 1s);
}

TEST_CASE("refresh: a permission is asked for again while a lost request can be repeated",
          "[turn][8656-10.1-c][ATK-E18]") {
  const auto due = turn::refresh_after(turn::permission_lifetime);
  CHECK(due == 240s);
  CHECK(due + 39500ms < turn::permission_lifetime);
}

TEST_CASE("refresh: no lifetime makes it overflow or spin", "[turn][ATK-E07]") {
  CHECK(turn::lifetime_of(0xffffffff) == 1h);
  CHECK(turn::lifetime_of(3600) == 1h);
  CHECK(turn::lifetime_of(0) == 0s);
  CHECK(turn::refresh_after(turn::lifetime_of(1)) == 500ms);
  CHECK(turn::refresh_after(turn::lifetime_of(0)) == turn::least_refresh_wait);
}

TEST_CASE("refresh: what failed is tried again, ever closer to the end", "[turn]") {
  const time_point end{60s};
  CHECK(turn::retry_at(time_point{}, end) == time_point{30s});
  CHECK(turn::retry_at(time_point{30s}, end) == time_point{45s});
  CHECK(turn::retry_at(end, end) == end + turn::least_refresh_wait);
  CHECK(turn::retry_at(time_point::max(), end) == time_point::max());
}

TEST_CASE("refresh: a server that says nothing to data is asked", "[turn]") {
  CHECK_FALSE(turn::probe_at(std::nullopt, 10s));
  CHECK_FALSE(turn::probe_at(time_point{5s}, 0s));
  CHECK(turn::probe_at(time_point{5s}, 10s) == time_point{15s});
}

TEST_CASE("refresh: a server that does not answer is left alone for two seconds, and keeps a peer "
          "waiting for thirty",
          "[turn][6062-4.3-c]") {
  CHECK(turn::retry_wait == 2s);
  CHECK(turn::connection_bind_limit == 30s);
}

TEST_CASE("refresh: an offered connection is to be bound within thirty seconds",
          "[turn][6062-4.3-c]") {
  CHECK(turn::connection_bind_limit == 30s);
  CHECK(turn::retry_wait == 2s);
}

TEST_CASE("refresh rules: a server that answers, and not about an allocation, has forgotten it",
          "[turn]") {
  for (unsigned unanswered = 0; unanswered < 7; ++unanswered) {
    for (unsigned answered = 0; answered < 7; ++answered) {
      CHECK(turn::is_forgotten({unanswered, answered}) == (unanswered >= 4 && answered >= 3));
    }
  }
  CHECK_FALSE(turn::is_forgotten({}));
}
