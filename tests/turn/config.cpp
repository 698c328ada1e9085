#include "floe/turn/config.hpp"

#include "catch.hpp"
#include "floe/turn/channel_data.hpp"

using namespace floe;
using turn::allocate_options;
using turn::relay_family;
using turn::relay_transport;

TEST_CASE("turn config: options that exclude each other are found",
          "[turn][8656-7.1-e][8656-7.1-f][8656-7.1-h][6062-4.1-a]") {
  const std::array<std::byte, 8> token{};
  CHECK(turn::is_consistent({}));
  CHECK(turn::is_consistent({.family = relay_family::both, .even_port = true}));
  CHECK(turn::is_consistent({.even_port = true, .reserve_next_port = true, .dont_fragment = true}));
  CHECK(turn::is_consistent({.dont_fragment = true, .reservation = token}));
  CHECK(turn::is_consistent({.transport = relay_transport::tcp, .family = relay_family::both}));

  CHECK_FALSE(turn::is_consistent({.reserve_next_port = true}));
  CHECK_FALSE(turn::is_consistent({.even_port = true, .reservation = token}));
  CHECK_FALSE(turn::is_consistent({.family = relay_family::ipv6, .reservation = token}));
  CHECK_FALSE(turn::is_consistent({.family = relay_family::both, .reservation = token}));
  CHECK_FALSE(turn::is_consistent(
      {.family = relay_family::both, .even_port = true, .reserve_next_port = true}));
  const auto tcp = relay_transport::tcp;
  CHECK_FALSE(turn::is_consistent({.transport = tcp, .even_port = true}));
  CHECK_FALSE(turn::is_consistent({.transport = tcp, .dont_fragment = true}));
  CHECK_FALSE(turn::is_consistent({.transport = tcp, .reservation = token}));
}

TEST_CASE("turn config: a stream is what has no datagrams", "[turn]") {
  CHECK(turn::is_stream(turn::transport::tcp));
  CHECK(turn::is_stream(turn::transport::tls));
  CHECK_FALSE(turn::is_stream(turn::transport::udp));
  CHECK_FALSE(turn::is_stream(turn::transport::dtls));
}

TEST_CASE("turn config: the longest message fits a stream's frame", "[turn]") {
  CHECK(turn::session_limits{}.stream_frame == turn::channel_header_size + turn::largest_payload);
}
