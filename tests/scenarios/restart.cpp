// Starting over without losing what works.

#include "catch.hpp"
#include "sim/duo.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

bool restarted_and_settled(const duo& d) {
  const auto settled = [](const node& n) {
    return is_settled(n) && count_events<event::selected>(n) == 2;
  };
  return settled(d.left) && settled(d.right);
}

}  // namespace

TEST_CASE("restart: either side may start over, and data flows all the time",
          "[scenario][8445-9-a][8445-9-d][8445-6.1.1-d]") {
  const bool controlling_restarts = GENERATE(true, false);
  duo d{1};
  REQUIRE(d.connect());
  auto& first = controlling_restarts ? d.left : d.right;
  auto& second = controlling_restarts ? d.right : d.left;
  const auto role = d.left.agent.role();

  d.net.act(first, [](agent& a) { a.restart(); });
  std::size_t sent = 0;
  const auto talk = [&] {
    CHECK(d.net.send_data(d.left, "l"));
    CHECK(d.net.send_data(d.right, "r"));
    ++sent;
    d.net.run_for(20ms);
  };
  for (int i = 0; i < 10; ++i) talk();
  signal(d.net, first, second);
  for (int i = 0; i < 10; ++i) talk();
  signal(d.net, second, first);
  for (int i = 0; i < 50; ++i) talk();
  CHECK(restarted_and_settled(d));
  CHECK(d.left.received.size() == sent);
  CHECK(d.right.received.size() == sent);
  CHECK(d.left.agent.role() == role);
}

TEST_CASE("restart: both sides may start over in the same instant, with loss",
          "[scenario][ATK-G09]") {
  for (std::size_t k = 0;; ++k) {
    INFO("lost: " << k);
    duo d{k + 1};
    REQUIRE(d.connect());
    const auto before = d.net.log().size();
    bool lost = false;
    d.net.decide = [&](const wired& w) {
      const bool now = w.index == before + k;
      lost = lost || now;
      return now ? fate{} : fate{10ms};
    };
    d.net.act(d.left, [](agent& a) { a.restart(); });
    d.net.act(d.right, [](agent& a) { a.restart(); });
    signal(d.net, d.left, d.right);
    signal(d.net, d.right, d.left);
    REQUIRE(d.net.run_until([&] { return restarted_and_settled(d); }, 30s));
    if (!lost) break;
  }
}

TEST_CASE("restart: a hundred in a row leave nothing behind", "[scenario][ATK-D09]") {
  duo d{1};
  REQUIRE(d.connect());
  for (int i = 0; i < 100; ++i) {
    d.net.act(d.left, [](agent& a) { a.restart(); });
    d.net.run_for(10ms);
  }
  CHECK(d.left.agent.checklists().size() == 0);
  CHECK(d.net.send_data(d.left, "still here"));
  signal(d.net, d.left, d.right);
  signal(d.net, d.right, d.left);
  CHECK(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 10s));
}

TEST_CASE("restart: one that is never answered keeps the old path", "[scenario][7675-5.1-k]") {
  duo d{1};
  REQUIRE(d.connect());
  d.net.act(d.left, [](agent& a) { a.restart(); });
  d.net.run_for(10min);
  CHECK(d.net.send_data(d.left, "x"));
  CHECK(d.net.send_data(d.right, "x"));
  d.right.alive = false;
  d.net.run_for(31s);
  CHECK_FALSE(d.net.send_data(d.left, "x"));
}

TEST_CASE("restart: it brings a failed session back", "[scenario][8445-9-e]") {
  duo d{1};
  d.net.decide = [](const wired&) { return fate{}; };
  CHECK_FALSE(d.connect(2min));
  CHECK(d.left.agent.state() == connection_state::failed);
  d.net.decide = nullptr;
  d.net.act(d.left, [](agent& a) { a.restart(); });
  signal(d.net, d.left, d.right);
  signal(d.net, d.right, d.left);
  CHECK(d.net.run_until([&] { return is_settled(d.left) && is_settled(d.right); }, 10s));
}
