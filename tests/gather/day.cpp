// A call of a day through a relay that is lossy, forgetful, and restarted twice.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/gather/gatherer.hpp"
#include "sim/random.hpp"
#include "sim/turn_server.hpp"
#include "support/memory.hpp"

using namespace floe;
using namespace std::chrono_literals;
namespace event = gather::event;

namespace {

const endpoint server_at{address::v4(192, 0, 2, 15), 3478};
const endpoint client_at{address::v4(198, 51, 100, 7), 40000};
const endpoint peer{address::v4(203, 0, 113, 50), 7000};
constexpr socket_id socket{1};
constexpr duration tick = 250ms;

constexpr std::array<std::string_view, 1> uris{"turn:192.0.2.15"};
const std::array<gather::server, 1> servers{
    gather::server{.uris = uris, .username = "user", .credential = "pass"}};

/// One client, one server, one peer, and wires that lose one datagram in a hundred.
struct day {
  explicit day(std::uint64_t seed) : chance{seed} {
    REQUIRE(gatherer.add_socket(now, socket, {address::v4(10, 0, 0, 1), 5000}));
    gatherer.start(now);
    pump();
  }

  struct counts {
    std::uint64_t sent = 0, lost = 0, arrived = 0;
  };

  sim::random_source chance;
  time_point now{sim::epoch};
  support::counting_memory memory;
  sim::random_source entropy = chance.fork();
  sim::turn_server server{{.relays = {address::v4(192, 0, 2, 16)},
                           .credentials = {.users = {{"user", "pass"}}, .nonce = 24h}},
                          chance.fork()};
  gather::gatherer gatherer{{.servers = servers}, entropy, &memory};
  std::optional<socket_id> relay;
  endpoint relayed;
  bool ready = false;  ///< the relay agreed to the peer
  std::uint64_t lapses = 0;
  counts up, down;

  bool loses() { return chance.chance(10); }

  /// Moves everything that can move now.
  void pump() {
    server.handle_timeout(now);
    gatherer.handle_timeout(now);
    if (gatherer.wants_start()) gatherer.start_one(now);
    std::array<std::byte, 1500> buffer{};
    while (const auto out = gatherer.poll_transmit(buffer)) {
      if (loses()) continue;
      server.from_client(now, client_at, byte_view{buffer}.first(out->size));
      drain_server();
    }
    while (const auto e = gatherer.poll_event()) take(*e);
  }

  void take(const event::any& e) {
    if (const auto* const found = std::get_if<event::found>(&e)) {
      if (!found->candidate.is_relayed()) return;
      relay = found->candidate.relay;
      relayed = found->candidate.address;
      REQUIRE(gatherer.permit(*relay, peer.address));
    } else if (std::holds_alternative<event::permitted>(e)) {
      ready = true;
    } else if (std::holds_alternative<event::relay_lost>(e)) {
      ready = false;
      relay.reset();
    }
  }

  /// Datagrams of the server, to the client and to the peer.
  void drain_server() {
    while (const auto out = server.poll()) {
      if (!out->to_client) {
        CHECK(out->to == peer);
        ++up.arrived;
        continue;
      }
      if (loses()) {
        ++down.lost;
        continue;
      }
      const auto in = gatherer.handle_datagram(now, {socket, server_at, out->bytes});
      down.arrived += std::holds_alternative<gather::unwrapped>(in) ? 1U : 0U;
    }
  }

  /// A payload each way. Returns whether both arrived, or were lost on the wire.
  bool talk() {
    const auto arrived_up = up.arrived;
    const auto arrived_down = down.arrived;
    bool fine = true;
    ++up.sent;
    ++down.sent;
    std::array<std::byte, 200> buffer{};
    const auto out = relay ? gatherer.wrap(*relay, peer, buffer, 48, 100)
                           : result<turn::wrapped>{unexpected{errc::no_path}};
    if (!out) {
      if (out.error() == errc::permission_pending && ready) ++lapses;
      fine = false;
    } else if (loses()) {
      ++up.lost;
    } else {
      server.from_client(now, client_at, byte_view{buffer}.subspan(out->offset, out->to_send.size));
      drain_server();
      fine = up.arrived == arrived_up + 1;
    }
    const auto lost = down.lost;
    server.from_peer(now, relayed, peer, byte_view{buffer}.first(100));
    drain_server();
    return fine && (down.arrived == arrived_down + 1 || down.lost == lost + 1);
  }
};

}  // namespace

TEST_CASE("a day through a relay: permissions and channels never lapse, a restart costs seconds",
          "[gather][long][users-17][8656-21-b][8656-8.1-a][ATK-E18][ATK-E08]") {
  const std::uint64_t seed = GENERATE(1U, 2U, 3U);
  CAPTURE(seed);
  day d{seed};
  const auto taken = d.memory.allocations;
  const auto end = d.now + 24h;
  auto stale = d.now + 5min;
  std::vector<time_point> restarts{d.now + 7h + 13min, d.now + 19h + 1s};
  std::optional<time_point> gap_began;
  std::vector<duration> gaps;
  while (!d.ready) {
    d.now += tick;
    d.pump();
    REQUIRE(d.now < end - 23h);
  }
  while (d.now < end) {
    d.now += tick;
    if (d.now >= stale) {
      d.server.expire_nonces();
      stale = d.now + d.chance.up_to(30min);
    }
    if (!restarts.empty() && d.now >= restarts.front()) {
      restarts.erase(restarts.begin());
      d.server.restart();
      gap_began = d.now;
    }
    d.pump();
    const bool fine = d.talk();
    if (gap_began) {
      if (!fine) continue;
      gaps.push_back(d.now - *gap_began);
      gap_began.reset();
    } else if (!fine) {
      FAIL("payload swallowed " << (d.now - sim::epoch) / 1s << " s after the start");
    }
  }
  CHECK_FALSE(gap_began);
  CHECK(d.lapses == 0);
  REQUIRE(gaps.size() == 2);
  for (const auto gap : gaps) {
    std::printf("seed %u: gap of %.2f s\n", static_cast<unsigned>(seed),
                std::chrono::duration<double>(gap).count());
    CHECK(gap < 20s);
  }
  std::printf("seed %u: %llu payloads up, %llu lost on the wire; %llu down, %llu lost\n",
              static_cast<unsigned>(seed), static_cast<unsigned long long>(d.up.sent),
              static_cast<unsigned long long>(d.up.lost),
              static_cast<unsigned long long>(d.down.sent),
              static_cast<unsigned long long>(d.down.lost));
  CHECK(d.memory.allocations == taken);
}
