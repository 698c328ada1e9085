// Streams of several components, of which not all stay.

#include <variant>

#include "catch.hpp"
#include "sim/duo.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

constexpr component_id second{2};

/// The left side offers two components, the right one has as many as it says.
struct rtp_and_rtcp {
  explicit rtp_and_rtcp(std::uint16_t taken, bool left_controls = true) {
    auto offers = left_controls ? controlling() : controlled();
    offers.components = 2;
    auto takes = left_controls ? controlled() : controlling();
    takes.components = taken;
    left = &net.add("left", offers);
    right = &net.add("right", takes);
    net.bind(*left, left_address);
    net.bind(*left, {left_address.address, 5001}, {}, second);
    net.bind(*right, right_address);
    if (taken == 2) net.bind(*right, {right_address.address, 6001}, {}, second);
    gather_all(net, *left);
    gather_all(net, *right);
  }

  [[nodiscard]] bool settle(duration limit) {
    return net.run_until([&] { return is_settled(*left) && is_settled(*right); }, limit);
  }

  world net{1};
  node* left;
  node* right;
};

/// Tells a node the credentials and candidates of another one, without their end.
void trickle(world& w, node& from, node& to) {
  const auto told = from.agent.local_credentials();
  w.act(to,
        [&](auto& a) { (void)a.set_remote_credentials(told.ufrag, told.password).has_value(); });
  for (const auto& c : candidates_of(from)) {
    w.act(to, [&](auto& a) { (void)a.add_remote(c, told.ufrag).has_value(); });
  }
}

/// Tells a node all about one stream of another.
void tell_stream(world& w, node& from, node& to, stream_id stream) {
  const auto told = from.agent.local_credentials(stream);
  w.act(to, [&](auto& a) {
    REQUIRE(a.set_remote_credentials(told.ufrag, told.password, stream));
    for (const auto& e : from.events) {
      const auto* const c = std::get_if<event::local_candidate>(&e.what);
      if (c == nullptr || c->stream != stream) continue;
      REQUIRE(a.add_remote(from.agent.local(c->id)->candidate, told.ufrag, stream));
    }
    REQUIRE(a.end_of_remote_candidates({}, stream));
  });
}

}  // namespace

TEST_CASE("components: a peer with fewer is complete with those that both have",
          "[scenario][8445-6.1.2.2-c]") {
  const bool left_controls = GENERATE(true, false);
  rtp_and_rtcp d{1, left_controls};
  signal(d.net, *d.left, *d.right);
  SECTION("as soon as it has named all its candidates") {
    signal(d.net, *d.right, *d.left);
    REQUIRE(d.settle(2s));
  }
  SECTION("or when it is presumed to have") {
    trickle(d.net, *d.right, *d.left);
    d.net.run_for(2s);
    CHECK(d.left->agent.state() == connection_state::checking);
    REQUIRE(d.settle(40s));
  }
  d.net.run_for(5min);
  CHECK(is_settled(*d.left));
  CHECK(d.net.send_data(*d.left, "rtp"));
  CHECK_FALSE(d.net.send_data(*d.left, "rtcp", {}, second));
  CHECK(d.left->agent.report().verdict == session_verdict::works);
}

TEST_CASE("components: one that the peer names late after all is looked for", "[scenario]") {
  rtp_and_rtcp d{2};
  signal(d.net, *d.left, *d.right);
  trickle(d.net, *d.right, *d.left);
  REQUIRE(d.settle(5s));
  SECTION("both have two from the beginning") {}
  CHECK(d.net.send_data(*d.left, "rtcp", {}, second));
}

TEST_CASE("components: a dropped one leaves the rest as it is, and no trace of itself",
          "[scenario][8839-4.4.3.1-a]") {
  rtp_and_rtcp d{2};
  signal(d.net, *d.left, *d.right);
  signal(d.net, *d.right, *d.left);
  const bool before = GENERATE(true, false);
  if (!before) REQUIRE(d.settle(2s));
  for (auto* const n : {d.left, d.right}) {
    d.net.act(*n, [](auto& a) { REQUIRE(a.drop_component(second)); });
    auto& a = n->agent;
    CHECK(a.drop_component(second).error() == errc::unknown_component);
    CHECK(a.drop_component(component_id{1}).error() == errc::unsupported);
    CHECK(a.add_local(socket_id{9}, {left_address.address, 9}, {}, second).error() ==
          errc::unknown_component);
    const auto& lists = a.checklists();
    for (const auto id : lists.order()) CHECK(lists[id].component == component_id{1});
  }
  REQUIRE(d.settle(2s));
  const auto sent = d.net.log().size();
  d.net.run_for(1min);
  for (auto i = sent; i < d.net.log().size(); ++i) CHECK(d.net.log()[i].source.port % 1000 == 0);
  CHECK(is_settled(*d.left));
  CHECK(d.net.send_data(*d.left, "rtp"));
  d.net.act(*d.left, [](auto& a) { a.restart(); });
  signal(d.net, *d.left, *d.right);
  signal(d.net, *d.right, *d.left);
  d.net.run_for(1s);
  CHECK(is_settled(*d.left));
  CHECK(is_settled(*d.right));
}

TEST_CASE("components: a removed stream is gone, and its session goes on with the others",
          "[scenario][8839-4.4.3.1-a]") {
  auto behaviour = controlling();
  behaviour.limits.streams = 2;
  duo d{3, 10ms, behaviour, [&] {
          auto other = behaviour;
          other.role = ice::role::controlled;
          return other;
        }()};
  constexpr stream_id audio{0};
  constexpr stream_id video{1};
  for (auto* const n : {&d.left, &d.right}) {
    const auto at = n == &d.left ? left_address.address : right_address.address;
    REQUIRE(n->agent.add_stream().value() == video);
    d.net.bind(*n, {at, 7000}, video);
    gather_all(d.net, *n);
  }
  for (const auto stream : {audio, video}) {
    tell_stream(d.net, d.left, d.right, stream);
    tell_stream(d.net, d.right, d.left, stream);
  }
  const bool settled_before = GENERATE(true, false);
  const auto both = [&] { return is_settled(d.left) && is_settled(d.right); };
  if (settled_before) REQUIRE(d.net.run_until(both, 5s));
  const auto gone = GENERATE(stream_id{0}, stream_id{1});
  const auto kept = gone == audio ? video : audio;
  for (auto* const n : {&d.left, &d.right}) {
    d.net.act(*n, [&](auto& a) { REQUIRE(a.remove_stream(gone)); });
    CHECK(n->agent.remove_stream(gone).error() == errc::unknown_stream);
    CHECK(n->agent.set_remote_credentials("peer", "passwordofthepeer012345", gone).error() ==
          errc::unknown_stream);
  }
  REQUIRE(d.net.run_until(both, 5s));
  CHECK_FALSE(d.net.send_data(d.left, "x", gone));
  CHECK(d.net.send_data(d.left, "x", kept));
  d.net.run_for(5min);
  CHECK(both());
  CHECK(d.net.send_data(d.right, "x", kept));
  for (auto* const n : {&d.left, &d.right}) {
    d.net.act(*n, [&](auto& a) { REQUIRE(a.remove_stream(kept)); });
    CHECK_FALSE(n->agent.next_timeout());
  }
}
