// Sessions of the simulator, recorded and played again.
#include "catch.hpp"
#include "record/bench.hpp"
#include "sim/client.hpp"
#include "sim/random_plan.hpp"
#include "sim/scripted_peer.hpp"

using namespace record_test;
using floe::record::player;
using floe::record::verdict;

TEST_CASE("replay: random sessions of the simulator play again, seed by seed",
          "[record][scenario]") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    memory_sink left;
    memory_sink right;
    CHECK_FALSE(is_wrong(trial(sim::draw_plan(seed), left, right).what));
    CHECK(player{left.kept}.play_all() == verdict::identical);
    CHECK(player{right.kept}.play_all() == verdict::identical);
  }
}

TEST_CASE("replay: a recorded session is the one that would have been", "[record][scenario]") {
  const auto plan = sim::draw_plan(3).plan;
  memory_sink sink;
  sim::session recorded{plan, sink, {}};
  sim::session plain{plan};
  recorded.run();
  plain.run();
  CHECK(recorded.net.digest() == plain.net.digest());
}

TEST_CASE("replay: gathering from servers, with a relay, plays again", "[record][scenario]") {
  memory_sink left;
  memory_sink right;
  {
    sim::network net{5};
    const auto place = net.add_interface(sim::internet, address::v4(203, 0, 113, 10));
    sim::turn_party turn{net, {place}, {}};
    const std::array<std::string_view, 1> uris{"turn:203.0.113.10"};
    const gather::server server{uris, "user", "password"};
    config c{.role = ice::role::controlling};
    c.servers = {&server, 1};
    c.offers = ice::relayed_only;
    sim::client a{net, c, 1, left};
    c.role = ice::role::controlled;
    sim::client b{net, c, 2, right};
    a.signal_to(b);
    b.signal_to(a);
    const auto one = net.add_interface(sim::internet, address::v4(192, 0, 2, 1));
    const auto two = net.add_interface(sim::internet, address::v4(192, 0, 2, 2));
    a.add_socket(net, one, 5000);
    b.add_socket(net, two, 6000);
    a.act(net, [&](auto& x) { x.gather(net.now()); });
    b.act(net, [&](auto& x) { x.gather(net.now()); });
    REQUIRE(net.run_until([&] { return a.is_settled() && b.is_settled(); }, 60s));
    for (int i = 0; i < 20; ++i) {
      CHECK(a.send_data(net, "through the relay"));
      net.run_for(100ms);
    }
    CHECK(b.received.size() == 20);
    net.run_for(15min);
    a.act(net, [](auto& x) { x.close(); });
  }
  CHECK(player{left.kept}.play_all() == verdict::identical);
  CHECK(player{right.kept}.play_all() == verdict::identical);
}
