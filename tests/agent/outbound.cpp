#include "floe/agent/outbound.hpp"

#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

TEST_CASE("outbound: a buffer that is too small loses nothing", "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  auto& a = peer.n.agent;
  (void)a.handle_datagram(peer.net.now(), {socket_id{1}, right_address, peer.request()});
  std::array<std::byte, max_datagram_size> buffer{};
  std::vector<std::size_t> sizes;
  for (std::size_t room = 0; room <= buffer.size(); ++room) {
    while (const auto out = a.poll_transmit(byte_span{buffer}.first(room))) {
      CHECK(out->size == room);
      sizes.push_back(out->size);
    }
  }
  CHECK(sizes.size() == 2);
  CHECK(std::is_sorted(sizes.begin(), sizes.end()));
}

TEST_CASE("outbound: nothing of the buffer beyond the datagram is touched", "[agent][ATK-A30]") {
  scripted_peer peer{1};
  peer.introduce();
  auto& a = peer.n.agent;
  a.handle_timeout(peer.net.now());
  std::array<std::byte, max_datagram_size> buffer{};
  buffer.fill(std::byte{0xee});
  const auto out = a.poll_transmit(buffer);
  REQUIRE(out);
  CHECK(std::all_of(buffer.begin() + static_cast<std::ptrdiff_t>(out->size), buffer.end(),
                    [](std::byte b) { return b == std::byte{0xee}; }));
}

TEST_CASE("outbound: data is copied only when it is not in place", "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  auto& a = peer.n.agent;
  std::array<std::byte, 100> buffer{};
  buffer[0] = std::byte{0x80};
  SECTION("in place") {
    const auto out = a.encapsulate(peer.net.now(), byte_view{buffer}.first(10), buffer);
    REQUIRE(out);
    CHECK(out->size == 10);
    CHECK(buffer[0] == std::byte{0x80});
  }
  SECTION("from elsewhere") {
    const auto out = a.encapsulate(peer.net.now(), as_byte_view("hello"), buffer);
    REQUIRE(out);
    CHECK(out->size == 5);
    CHECK(as_text(byte_view{buffer}.first(5)) == "hello");
    CHECK(out->remote == right_address);
    CHECK(out->local == socket_id{1});
  }
  SECTION("nothing at all is a datagram too") {
    CHECK(a.encapsulate(peer.net.now(), {}, buffer)->size == 0);
  }
}

TEST_CASE("outbound: data that can't go is refused with the reason", "[agent][ATK-D14]") {
  scripted_peer peer{1};
  peer.introduce();
  auto& a = peer.n.agent;
  std::array<std::byte, 100> buffer{};
  CHECK(a.encapsulate(peer.net.now(), {}, buffer).error() == errc::no_path);
  peer.answer_next();
  std::vector<std::byte> large(65507);
  CHECK(a.encapsulate(peer.net.now(), large, buffer).error() == errc::buffer_too_small);
  CHECK(a.encapsulate(peer.net.now(), large, large)->size == 65507);
  CHECK(a.encapsulate(peer.net.now(), {}, buffer, stream_id{1}).error() == errc::unknown_stream);
  CHECK(a.encapsulate(peer.net.now(), {}, buffer, {}, component_id{2}).error() ==
        errc::unknown_component);
  a.close();
  CHECK(a.encapsulate(peer.net.now(), {}, buffer).error() == errc::session_closed);
}

TEST_CASE("outbound: a host that is late sends nothing after consent, if only data names the time",
          "[agent][7675-5.1-b]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  auto& a = peer.n.agent;
  std::array<std::byte, 100> buffer{};
  const auto send_at = [&](duration late) {
    return a.encapsulate(peer.net.now() + late, as_byte_view("data"), buffer);
  };
  CHECK(send_at(30s - 1ns).has_value());
  CHECK(send_at(30s).error() == errc::no_path);
}

TEST_CASE("outbound: an answer that was never polled dies with its credentials", "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  auto& a = peer.n.agent;
  a.handle_timeout(peer.net.now());
  a.restart();
  std::array<std::byte, max_datagram_size> buffer{};
  CHECK_FALSE(a.poll_transmit(buffer));
}

TEST_CASE("outbound: a host that does not poll costs answers, not memory", "[agent][ATK-D15]") {
  scripted_peer peer{1};
  auto& a = peer.n.agent;
  for (int i = 0; i < 100; ++i) {
    (void)a.handle_datagram(peer.net.now(), {socket_id{1}, right_address, peer.request()});
  }
  std::array<std::byte, max_datagram_size> buffer{};
  std::size_t sent = 0;
  while (a.poll_transmit(buffer)) ++sent;
  CHECK(sent == limits{}.answers);
  std::size_t dropped = 0;
  while (const auto e = a.poll_event()) {
    if (const auto* const d = std::get_if<event::dropped>(&*e)) dropped += d->count;
  }
  CHECK(dropped == 100 - sent);
}

TEST_CASE("outbound: everything that leaves is counted", "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  (void)peer.check();
  (void)peer.net.send_data(peer.n, "hello");
  std::size_t total = 0;
  for (const auto& w : peer.net.log()) total += w.bytes.size();
  const auto& stats = peer.n.agent.stats();
  CHECK(stats.datagrams_sent == peer.net.log().size());
  CHECK(stats.bytes_sent == total);
  CHECK(stats.checks_sent == 1);
  CHECK(stats.checks_received == 1);
  CHECK(stats.answers_received == 1);
}
