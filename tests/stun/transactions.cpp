#include "floe/stun/transactions.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "catch.hpp"
#include "floe/core/arena.hpp"
#include "floe/core/endpoint.hpp"
#include "sim/random.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

struct owner {
  int kind;
  unsigned number;
};

using table = stun::transactions<owner>;
using what = table::due::what;

constexpr time_point zero{};
const path route{socket_id{3}, {address::v4(192, 0, 2, 1), 3478}};

stun::transaction_id numbered(unsigned n) {
  stun::transaction_id id;
  store_be<std::uint32_t>(id.bytes.data(), n);
  return id;
}

table make(std::size_t capacity) { return {capacity, memory_ref{}}; }

std::optional<table::id> start(table& t, unsigned n, time_point now = zero) {
  return t.start(numbered(n), route, stun::retransmit_schedule{now, {}}, {1, n});
}

}  // namespace

TEST_CASE("transactions: a response finds the request it belongs to", "[stun][8489-6.3.3-a]") {
  auto t = make(10);
  const auto a = start(t, 1);
  const auto b = start(t, 2);
  REQUIRE(a);
  REQUIRE(b);
  CHECK(t.find(numbered(1)) == a);
  CHECK(t.find(numbered(2)) == b);
  CHECK_FALSE(t.find(numbered(3)));
  CHECK_FALSE(t.find(stun::transaction_id{}));
  const auto* const row = t.find(*b);
  REQUIRE(row != nullptr);
  CHECK(row->transaction == numbered(2));
  CHECK(row->path == route);
  CHECK(row->owner.kind == 1);
  CHECK(row->owner.number == 2);
  CHECK(row->schedule.start() == zero);
  CHECK_FALSE(row->cancelled);
}

TEST_CASE("transactions: all 96 bits of an id must agree", "[stun][8489-6.3.3-a][ATK-C12]") {
  auto t = make(4);
  auto id = numbered(7);
  REQUIRE(start(t, 7));
  for (std::size_t bit = 0; bit < 96; ++bit) {
    auto other = id;
    other.bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    REQUIRE_FALSE(t.find(other));
  }
  // Two that differ behind the first eight bytes only.
  auto twin = id;
  twin.bytes[11] = std::byte{9};
  const auto second = t.start(twin, route, {zero, {}}, {2, 0});
  CHECK(t.find(twin) == second);
  CHECK(t.find(id) != second);
}

TEST_CASE("transactions: sends and the end come when the schedule says",
          "[stun][8489-6.2.1-b][8489-6.2.1-d]") {
  auto t = make(4);
  const auto id = start(t, 1);
  std::vector<duration> sends;
  for (;;) {
    const auto next = t.deadline();
    REQUIRE(next);
    CHECK_FALSE(t.on_time(*next - 1ns));
    const auto due = t.on_time(*next);
    REQUIRE(due);
    CHECK(due->which == *id);
    CHECK(due->row.owner.number == 1);
    CHECK(due->row.transaction == numbered(1));
    if (due->kind == what::expired) {
      CHECK(*next == zero + 39500ms);
      break;
    }
    sends.push_back(*next - zero);
    CHECK_FALSE(t.on_time(*next));
  }
  CHECK(sends == std::vector<duration>{500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
  CHECK(t.size() == 0);
  CHECK(t.find(*id) == nullptr);
  CHECK_FALSE(t.deadline());
  CHECK_FALSE(t.on_time(time_point::max()));
}

TEST_CASE("transactions: a response just before the end still matches", "[stun][8489-6.2.1-d]") {
  auto t = make(4);
  REQUIRE(start(t, 1));
  while (t.on_time(zero + 39499ms)) {
  }
  CHECK(t.find(numbered(1)));
  CHECK(t.on_time(zero + 39500ms)->kind == what::expired);
  CHECK_FALSE(t.find(numbered(1)));
}

TEST_CASE("transactions: a row that was erased sends nothing", "[stun][8489-6.2.1-j]") {
  auto t = make(4);
  const auto id = start(t, 1);
  CHECK(t.erase(*id));
  CHECK_FALSE(t.erase(*id));
  CHECK_FALSE(t.deadline());
  CHECK_FALSE(t.on_time(zero + 500ms));
  CHECK_FALSE(t.find(numbered(1)));
}

TEST_CASE("transactions: one that is cancelled is silent but matches until its end", "[stun]") {
  auto t = make(4);
  const auto id = start(t, 1);
  CHECK(t.cancel(*id));
  CHECK(t.deadline() == zero + 39500ms);
  CHECK_FALSE(t.on_time(zero + 10s));
  CHECK(t.find(numbered(1)) == id);
  CHECK(t.find(*id)->cancelled);
  CHECK_FALSE(t.on_time(zero + 39500ms));
  CHECK(t.size() == 0);
  CHECK_FALSE(t.cancel(*id));
}

TEST_CASE("transactions: an expiry tells whether responses came that failed their proof",
          "[stun][8489-9.1.4-c]") {
  auto t = make(4);
  const auto doubtful = start(t, 1);
  const auto silent = start(t, 2);
  t.find(*doubtful)->unproved = true;
  while (const auto due = t.on_time(zero + 31500ms)) {
    CHECK(due->kind == what::resend);  // which goes on as if nothing had come
  }
  int expired = 0;
  while (const auto due = t.on_time(zero + 39500ms)) {
    CHECK(due->kind == what::expired);
    CHECK(due->row.unproved == (due->which == *doubtful));
    CHECK((due->which == *doubtful || due->which == *silent));
    ++expired;
  }
  CHECK(expired == 2);
}

TEST_CASE("transactions: everything due at one instant comes, each once", "[stun]") {
  auto t = make(100);
  for (unsigned n = 0; n < 100; ++n) REQUIRE(start(t, n));
  std::vector<unsigned> seen;
  while (const auto due = t.on_time(zero + 500ms)) {
    CHECK(due->kind == what::resend);
    seen.push_back(due->row.owner.number);
  }
  std::sort(seen.begin(), seen.end());
  CHECK(seen.size() == 100);
  CHECK(std::unique(seen.begin(), seen.end()) == seen.end());
  CHECK(t.deadline() == zero + 1500ms);
  std::size_t expired = 0;
  while (const auto due = t.on_time(zero + 24h)) {
    CHECK(due->kind == what::expired);
    ++expired;
  }
  CHECK(expired == 100);
  CHECK(t.size() == 0);
}

TEST_CASE("transactions: the deadline is the earliest of the rows'", "[stun]") {
  auto t = make(4);
  CHECK_FALSE(t.deadline());
  REQUIRE(start(t, 1, zero + 100ms));
  CHECK(t.deadline() == zero + 600ms);
  const auto second = start(t, 2, zero + 50ms);
  CHECK(t.deadline() == zero + 550ms);
  t.erase(*second);
  CHECK(t.deadline() == zero + 600ms);
}

TEST_CASE("transactions: the deadline is the earliest of the rows', whatever came and went",
          "[stun]") {
  auto t = make(8);
  auto now = zero;
  sim::random_source random{GENERATE(1U, 2U, 3U, 4U)};
  for (unsigned n = 0; n < 5000; ++n) {
    CAPTURE(n);
    std::vector<table::id> ids;
    soonest first;
    t.for_each([&](table::id id, const table::row& row) {
      ids.push_back(id);
      first.note(row.schedule.next());
    });
    REQUIRE(t.deadline() == first.get());
    const auto some = [&] { return ids[random.below(ids.size())]; };
    const auto choice = random.below(8);
    if (ids.empty() || choice < 3) {
      const auto life = std::chrono::milliseconds{1 + random.below(3000)};
      const auto schedule = random.below(2) == 0
                                ? stun::retransmit_schedule{now, {.rto = life, .rc = 3, .rm = 2}}
                                : stun::retransmit_schedule::once(now, life);
      (void)t.start(numbered(n), route, schedule, {static_cast<int>(random.below(3)), n});
    } else if (choice == 3) {
      t.erase(some());
    } else if (choice == 4) {
      t.cancel(some());
    } else if (choice == 5) {
      const auto kind = static_cast<int>(random.below(3));
      t.erase_if([&](const owner& o) { return o.kind == kind; });
    } else {
      now += std::chrono::milliseconds{random.below(500)};
      while (t.on_time(now)) {
      }
    }
  }
}

TEST_CASE("transactions: when full, the oldest cancelled row gives way, or none", "[stun]") {
  auto t = make(3);
  const auto a = start(t, 1, zero);
  const auto b = start(t, 2, zero + 1ms);
  const auto c = start(t, 3, zero + 2ms);
  CHECK_FALSE(start(t, 4, zero + 3ms));
  CHECK(t.size() == 3);
  t.cancel(*c);
  t.cancel(*b);
  const auto d = start(t, 4, zero + 4ms);
  REQUIRE(d);
  CHECK(t.find(*b) == nullptr);
  CHECK(t.find(*a) != nullptr);
  CHECK(t.find(*c) != nullptr);
  CHECK(t.find(numbered(4)) == d);
  CHECK_FALSE(t.find(numbered(2)));
}

TEST_CASE("transactions: those of one owner go together", "[stun]") {
  auto t = make(20);
  for (unsigned n = 0; n < 20; ++n) {
    t.start(numbered(n), route, {zero, {}}, {static_cast<int>(n % 3), n});
  }
  CHECK(t.erase_if([](const owner& o) { return o.kind == 1; }) == 7);
  CHECK(t.size() == 13);
  std::size_t visited = 0;
  t.for_each([&](table::id id, const table::row& row) {
    CHECK(row.owner.kind != 1);
    CHECK(t.find(row.transaction) == id);
    ++visited;
  });
  CHECK(visited == 13);
  for (unsigned n = 1; n < 20; n += 3) CHECK_FALSE(t.find(numbered(n)));
}

TEST_CASE("transactions: a handle of a row that went finds nothing in its place", "[stun]") {
  auto t = make(1);
  const auto first = start(t, 1);
  t.erase(*first);
  const auto second = start(t, 2);
  REQUIRE(second);
  CHECK(t.find(*first) == nullptr);
  CHECK_FALSE(t.cancel(*first));
  CHECK_FALSE(t.erase(*first));
  CHECK(t.find(*second) != nullptr);
}

TEST_CASE("transactions: nothing is allocated after construction", "[stun]") {
  std::array<std::byte, 1 << 16> block{};
  floe::arena memory{block.data(), block.size()};
  table t{100, &memory};
  const auto* const mark = memory.allocate(1, 1);
  for (unsigned round = 0; round < 50; ++round) {
    for (unsigned n = 0; n < 100; ++n) REQUIRE(start(t, round * 100 + n));
    CHECK_FALSE(start(t, 99999));
    while (t.on_time(zero + 24h)) {
    }
  }
  CHECK(memory.allocate(1, 1) == static_cast<const std::byte*>(mark) + 1);
}

TEST_CASE("transactions: those of an owner are cancelled, and no others", "[stun]") {
  auto t = make(4);
  const auto a = start(t, 1);
  const auto b = start(t, 2);
  t.cancel_if([](const owner& o) { return o.number == 2; });
  CHECK_FALSE(t.find(*a)->cancelled);
  CHECK(t.find(*b)->cancelled);
}

TEST_CASE("transactions: those of an owner are forgotten, wherever they stand", "[stun]") {
  auto t = make(4);
  for (unsigned n = 1; n <= 3; ++n) start(t, n);
  CHECK(t.erase_if([](const owner& o) { return o.number == 1; }) == 1);
  CHECK_FALSE(t.find(numbered(1)));
  CHECK(t.find(numbered(2)));
  CHECK(t.find(numbered(3)));
}

TEST_CASE("transactions: the first row gives way when it alone is cancelled, of equals the first",
          "[stun]") {
  auto t = make(2);
  const auto a = start(t, 1);
  start(t, 2);
  t.cancel(*a);
  CHECK(start(t, 3));
  CHECK_FALSE(t.find(numbered(1)));

  auto equal = make(2);
  const auto first = start(equal, 1);
  const auto second = start(equal, 2);
  equal.cancel(*first);
  equal.cancel(*second);
  CHECK(start(equal, 3));
  CHECK_FALSE(equal.find(numbered(1)));
  CHECK(equal.find(numbered(2)));
}
