#include "floe/agent/outbox.hpp"

#include "catch.hpp"
#include "sim/world.hpp"

using namespace floe;

namespace {

struct fixture {
  fixture() : table(4, memory_ref{}), box(4, 2, memory_ref{}) {}

  check_transactions::id start(std::uint16_t port) {
    return *table.start(stun::transaction_id::random(entropy),
                        {socket_id{1}, {address::v4(192, 0, 2, 1), port}},
                        {sim::epoch, stun::retransmit_config{}}, {});
  }

  sim::seeded_entropy entropy{1};
  check_transactions table;
  outbox box;
};

}  // namespace

TEST_CASE("outbox: checks leave in their order, each standing in it once", "[agent]") {
  fixture f;
  const auto first = f.start(1);
  const auto second = f.start(2);
  f.box.push(f.table, first);
  f.box.push(f.table, second);
  f.box.push(f.table, first);
  REQUIRE(f.box.next_check(f.table) != nullptr);
  CHECK(f.box.next_check(f.table)->path.remote.port == 1);
  f.box.pop_check(f.table);
  CHECK(f.box.next_check(f.table)->path.remote.port == 2);
  f.box.push(f.table, first);
  f.box.pop_check(f.table);
  CHECK(f.box.next_check(f.table)->path.remote.port == 1);
  f.box.pop_check(f.table);
  CHECK(f.box.next_check(f.table) == nullptr);
}

TEST_CASE("outbox: a check whose transaction ended is passed over", "[agent][ATK-H03]") {
  fixture f;
  const auto ended = f.start(1);
  f.box.push(f.table, ended);
  f.box.push(f.table, f.start(2));
  f.table.erase(ended);
  CHECK(f.box.next_check(f.table)->path.remote.port == 2);
}

TEST_CASE("outbox: checks that ended make room for new ones", "[agent]") {
  fixture f;
  for (std::uint16_t i = 0; i < 100; ++i) {
    const auto id = f.start(i);
    f.box.push(f.table, id);
    CHECK(f.table.find(id)->owner.queued);
    f.table.erase(id);
  }
}

TEST_CASE("outbox: replies beyond their places are refused", "[agent]") {
  fixture f;
  CHECK(f.box.push(reply{}));
  CHECK(f.box.push(reply{.what = reply::keepalive}));
  CHECK_FALSE(f.box.push(reply{}));
  CHECK(f.box.next_reply()->what == reply::success);
  f.box.pop_reply();
  CHECK(f.box.next_reply()->what == reply::keepalive);
  f.box.clear();
  CHECK(f.box.next_reply() == nullptr);
}

TEST_CASE("outbox: strangers wait behind all others, in places of their own", "[agent]") {
  fixture f;
  const path to{socket_id{1}, {address::v4(192, 0, 2, 1), 1}};
  for (std::size_t i = 0; i < most_stranger_replies; ++i) {
    CHECK(f.box.push({.what = reply::error, .to = to}));
  }
  CHECK_FALSE(f.box.push({.what = reply::error, .to = to}));
  CHECK(f.box.push({.proved = true, .to = to}));
  CHECK(f.box.push({.what = reply::error, .proved = true, .to = to}));
  CHECK_FALSE(f.box.push({.proved = true, .to = to}));
  CHECK(f.box.next_reply()->what == reply::success);
  f.box.pop_reply();
  CHECK(f.box.next_reply()->proved);
  f.box.pop_reply();
  CHECK_FALSE(f.box.next_reply()->proved);
  f.box.pop_reply();
  CHECK(f.box.next_reply() != nullptr);
  f.box.forget_replies(socket_id{2});
  CHECK(f.box.next_reply() != nullptr);
  f.box.forget_replies(socket_id{1});
  CHECK(f.box.next_reply() == nullptr);
}
