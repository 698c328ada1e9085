// The host loop of the README, compiled and run as it stands there.

#include <array>
#include <variant>

#include "catch.hpp"
#include "floe/agent/agent.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe::sim;

namespace {

/// What the loop takes from its surroundings, with the network of a test behind it.
struct surroundings {
  std::size_t sent = 0;
  std::size_t events = 0;
  std::size_t left = 3;  ///< turns until the program ends
};

}  // namespace

TEST_CASE("host loop: what the README shows runs", "[scenario]") {
  surroundings world;
  seeded_entropy entropy{1};
  auto now = epoch;
  const floe::socket_id socket{1};
  const auto endpoint = left_address;
  std::array<std::byte, floe::max_datagram_size> buffer{};
  const auto send = [&](floe::socket_id, const floe::endpoint&, floe::byte_span) { ++world.sent; };
  const auto act_on = [&](const floe::event::any&) { ++world.events; };
  const auto receive = [](floe::byte_view) {};
  const auto running = [&] { return world.left-- != 0; };
  const auto wait_until = [&](floe::deadline until) {
    now = until.value_or(now + 1s);
    return std::optional<floe::datagram>{};
  };

  // README: begin
  floe::agent agent{now, {.role = floe::ice::role::controlling}, entropy};
  if (!agent.add_local(socket, endpoint)) return;  // one per bound socket
  agent.gather(now);
  while (running()) {
    while (auto out = agent.poll_transmit(buffer)) {
      send(out->local, out->remote, floe::byte_span{buffer}.first(out->size));
    }
    while (auto event = agent.poll_event()) act_on(*event);
    if (auto datagram = wait_until(agent.next_timeout())) {
      const auto result = agent.handle_datagram(now, *datagram);
      if (const auto* data = std::get_if<floe::payload>(&result)) receive(data->bytes);
    } else {
      agent.handle_timeout(now);
    }
  }
  // README: end

  CHECK(world.events == 2);
  CHECK(world.sent == 0);
}
