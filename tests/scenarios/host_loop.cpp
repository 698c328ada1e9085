// The code of the README, compiled and run as it stands there.

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "floe/agent/agent.hpp"
#include "floe/record/player.hpp"
#include "floe/record/recorder.hpp"
#include "sim/duo.hpp"

using namespace floe::sim;

namespace {

/// A peer at the other end of a wire without delay, and the time.
class wire {
 public:
  wire(const floe::config& config, const floe::endpoint& theirs, const floe::endpoint& ours)
      : theirs_{theirs}, ours_{ours}, peer_{time, config, entropy_} {
    (void)peer_.add_local(floe::socket_id{7}, theirs).has_value();
    peer_.gather(time);
  }

  /// What the signalling of both sides does, once.
  template <class Agent>
  void introduce(Agent& agent) {
    if (std::exchange(introduced_, true)) return;
    const auto cross = [](auto& from, auto& to, const floe::endpoint& at) {
      const auto credentials = from.local_credentials();
      CHECK(to.set_remote_credentials(credentials.ufrag, credentials.password));
      floe::ice::candidate host;
      host.address = at;
      host.priority = 2130706431;
      host.foundation = floe::ice::foundation::from_number(1);
      CHECK(to.add_remote(host));
      CHECK(to.end_of_remote_candidates());
    };
    cross(agent, peer_, ours_);
    cross(peer_, agent, theirs_);
  }

  void to_peer(floe::byte_view bytes) {
    ++sent;
    const auto result = peer_.handle_datagram(time, {floe::socket_id{7}, ours_, bytes});
    if (const auto* data = std::get_if<floe::payload>(&result)) {
      received_by_peer += floe::as_text(data->bytes);
    }
    drain();
  }

  void say(std::string_view text) {
    std::array<std::byte, 64> buffer{};
    if (const auto out = peer_.encapsulate(time, floe::as_byte_view(text), buffer)) {
      keep(floe::byte_view{buffer}.subspan(out->offset, out->size));
    }
  }

  /// The next datagram for the host, or time goes on. With `flood` one of data always waits.
  std::optional<floe::datagram> wait_until(floe::deadline until) {
    if (until) CHECK(*until > time);
    if (flood) {
      say(".");
      pass(time + 5ms);
    } else if (waiting_.empty()) {
      const auto next = peer_.next_timeout();
      pass(std::min(until.value_or(time + 1s), next.value_or(time + 1s)));
    }
    if (waiting_.empty()) return std::nullopt;
    taken_ = waiting_.front();
    waiting_.pop_front();
    return floe::datagram{socket, theirs_, taken_};
  }

  floe::time_point time = epoch;
  floe::socket_id socket{1};
  std::size_t sent = 0;
  bool flood = false;
  std::string received_by_peer;

 private:
  void pass(floe::time_point to) {
    time = std::max(time, to);
    peer_.handle_timeout(time);
    drain();
  }
  void drain() {
    std::array<std::byte, floe::max_datagram_size> buffer{};
    while (const auto out = peer_.poll_transmit(buffer)) {
      keep(floe::byte_view{buffer}.subspan(out->offset, out->size));
    }
    while (peer_.poll_event()) {
    }
  }
  void keep(floe::byte_view bytes) { waiting_.emplace_back(bytes.begin(), bytes.end()); }

  floe::endpoint theirs_;
  floe::endpoint ours_;
  seeded_entropy entropy_{2};
  floe::agent peer_;
  bool introduced_ = false;
  std::deque<std::vector<std::byte>> waiting_;
  std::vector<std::byte> taken_;
};

}  // namespace

TEST_CASE("README: its host loop connects, carries data, and keeps time in a flood", "[scenario]") {
  wire net{{.role = floe::ice::role::controlled}, right_address, left_address};
  const auto socket = net.socket;
  const auto endpoint = left_address;
  seeded_entropy entropy{1};
  std::string received;
  std::optional<std::size_t> sent_until_selected;

  const auto now = [&] { return net.time; };
  const auto running = [&] { return net.time < epoch + 20s; };
  const auto send = [&](floe::socket_id, const floe::endpoint&, floe::byte_view bytes) {
    net.to_peer(bytes);
  };
  const auto act_on = [&](floe::agent& agent, const floe::event::any& event) {
    if (std::holds_alternative<floe::event::gathering_done>(event)) net.introduce(agent);
    if (!std::holds_alternative<floe::event::selected>(event)) return;
    std::array<std::byte, 600> buffer{};
    const auto data = floe::as_byte_view("hello");
    // README: begin
    if (const auto out = agent.encapsulate(now(), data, buffer)) {
      send(out->local, out->remote, floe::byte_view{buffer}.subspan(out->offset, out->size));
    }
    // README: end
    sent_until_selected = net.sent;
    net.flood = true;
  };
  const auto receive = [&](floe::byte_view bytes) { received += floe::as_text(bytes); };
  const auto wait_until = [&](floe::deadline until) { return net.wait_until(until); };

  // README: begin
  floe::agent agent{now(), {.role = floe::ice::role::controlling}, entropy};
  if (!agent.add_local(socket, endpoint)) return;  // one per bound socket
  agent.gather(now());
  std::array<std::byte, floe::max_datagram_size + floe::max_relay_overhead> buffer{};
  while (running()) {
    while (const auto out = agent.poll_transmit(buffer)) {
      send(out->local, out->remote, floe::byte_view{buffer}.subspan(out->offset, out->size));
    }
    while (const auto event = agent.poll_event()) act_on(agent, *event);
    const auto due = agent.next_timeout();
    if (due && *due <= now()) {
      agent.handle_timeout(now());
    } else if (const auto datagram = wait_until(due)) {
      const auto result = agent.handle_datagram(now(), *datagram);
      if (const auto* data = std::get_if<floe::payload>(&result)) receive(data->bytes);
    }
  }
  // README: end

  CHECK(net.received_by_peer == "hello");
  CHECK(received.size() > 1000);
  REQUIRE(sent_until_selected);
  CHECK(net.sent >= *sent_until_selected + 2);  // consent was asked for all the same
  CHECK(agent.state() == floe::connection_state::completed);
}

TEST_CASE("README: its recorder makes a recording that plays", "[scenario]") {
  seeded_entropy entropy{1};
  const auto now = [] { return epoch; };
  std::ostringstream file;
  {
    // README: begin
    const auto keep = [&](floe::byte_view piece) {  // comes as it arises; false ends the recording
      return static_cast<bool>(file << floe::as_text(piece));
    };
    floe::record::recorder agent{now(), {.role = floe::ice::role::controlling}, entropy, keep};
    // README: end
    CHECK(agent.is_recording());
    CHECK(agent.add_local(floe::socket_id{1}, left_address));
    agent.gather(now());
    while (agent.poll_event()) {
    }
  }
  const auto recording = file.str();
  floe::record::player player{floe::as_byte_view(recording)};
  while (player.next()) {
  }
  CHECK(player.verdict() == floe::record::verdict::identical);
}
