#include "floe/turn/channel_data.hpp"

#include <vector>

#include "catch.hpp"
#include "floe/stun/message_view.hpp"
#include "vectors/hex.hpp"

using namespace floe;

namespace {

/// A message made around `payload`, with 0xee where nothing was written.
std::vector<std::byte> around(std::size_t front, const std::vector<std::byte>& payload) {
  std::vector<std::byte> out(front + payload.size() + 8, std::byte{0xee});
  std::copy(payload.begin(), payload.end(), out.begin() + static_cast<std::ptrdiff_t>(front));
  return out;
}

const auto five = vectors::unhex("0102030405");

}  // namespace

TEST_CASE("channel data: 0x4000 to 0x4fff are channels, and nothing else",
          "[turn][8656-12-a][ATK-B03]") {
  for (unsigned number = 0; number <= 0xffff; ++number) {
    const auto n = static_cast<std::uint16_t>(number);
    CAPTURE(number);
    const bool is_one = number >= 0x4000 && number <= 0x4fff;
    if (turn::is_channel(n) != is_one) FAIL("wrong");
    std::array<std::byte, 5> frame{};
    store_be(frame.data(), n);
    store_be(frame.data() + 2, std::uint16_t{1});
    if (turn::read_channel_data(frame).has_value() != is_one) FAIL("wrong");
  }
}

TEST_CASE("channel data: five bytes take nine in a datagram and twelve on a stream",
          "[turn][8656-12.4-a][8656-12.5-a][ATK-A30]") {
  auto datagram = around(turn::channel_header_size, five);
  CHECK(turn::wrap_in_channel_data(datagram.data(), 5, 0x4001, false) == 9);
  CHECK(vectors::to_hex(datagram) == "400100050102030405eeeeeeeeeeeeeeee");
  auto stream = around(turn::channel_header_size, five);
  CHECK(turn::wrap_in_channel_data(stream.data(), 5, 0x4001, true) == 12);
  CHECK(vectors::to_hex(stream) == "400100050102030405000000eeeeeeeeee");
}

TEST_CASE("channel data: what is behind the length is ignored, and too little is nothing",
          "[turn][8656-12.6-a][ATK-B01]") {
  const auto more = vectors::unhex("4001000201020304");
  const auto read = turn::read_channel_data(more);
  REQUIRE(read);
  CHECK(read->number == 0x4001);
  CHECK(vectors::to_hex(read->payload) == "0102");
  CHECK(turn::read_channel_data(vectors::unhex("40010000"))->payload.empty());
  for (const auto* const text : {"4001000301 02", "4001ffff", "400100", "40", ""}) {
    std::string hex;
    for (const auto* c = text; *c != '\0'; ++c) {
      if (*c != ' ') hex += *c;
    }
    CHECK_FALSE(turn::read_channel_data(vectors::unhex(hex)));
  }
}

TEST_CASE("channel data: wrapping is undone once, whatever is inside", "[turn][ATK-B05]") {
  auto inner = around(turn::channel_header_size, five);
  const auto size = turn::wrap_in_channel_data(inner.data(), 5, 0x4002, false);
  inner.resize(size);
  auto outer = around(turn::channel_header_size, inner);
  outer.resize(turn::wrap_in_channel_data(outer.data(), inner.size(), 0x4001, false));
  const auto read = turn::read_channel_data(outer);
  REQUIRE(read);
  CHECK(vectors::to_hex(read->payload) == vectors::to_hex(inner));
}

TEST_CASE("channel data: a Send indication costs 36 bytes for IPv4 and 48 for IPv6",
          "[turn][8656-3.7-a]") {
  CHECK(turn::send_overhead(family::ipv4) == 36);
  CHECK(turn::send_overhead(family::ipv6) == 48);
  CHECK(turn::most_overhead == 48);
}

TEST_CASE("channel data: a Send indication has the peer and the data, padded with zeros",
          "[turn][8656-11.1-a][ATK-A30]") {
  const stun::transaction_id id{vectors::from_hex("0102030405060708090a0b0c")};
  for (const auto& peer : {endpoint{address::v4(192, 0, 2, 1), 32853},
                           endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8}), 32853}}) {
    for (const std::size_t size : {0U, 1U, 4U, 5U}) {
      const std::vector<std::byte> payload(five.begin(), five.begin() + static_cast<long>(size));
      const auto front = turn::send_overhead(peer.address.family);
      auto message = around(front, payload);
      message.resize(turn::wrap_in_send(message.data(), size, peer, id));
      CHECK(message.size() == front + stun::padded(size));
      const auto m = stun::message_view::parse(message);
      REQUIRE(m);
      CHECK(m->method() == stun::method::send);
      CHECK(m->cls() == stun::message_class::indication);
      CHECK(m->transaction() == id);
      CHECK(m->get<stun::xor_peer_address>()->value == peer);
      CHECK(vectors::to_hex(m->get<stun::data>()->value) == vectors::to_hex(payload));
      for (auto i = front + size; i < message.size(); ++i) CHECK(message[i] == std::byte{0});
    }
  }
}

TEST_CASE("channel data: a payload is as long as its length can say", "[turn][8656-12.4-a]") {
  CHECK(turn::largest_payload == 0xffff);
  std::vector<std::byte> frame(turn::channel_header_size + turn::largest_payload);
  CHECK(turn::wrap_in_channel_data(frame.data(), turn::largest_payload, 0x4001, false) ==
        frame.size());
  CHECK(turn::read_channel_data(frame)->payload.size() == turn::largest_payload);
  CHECK(turn::channel_data{}.number == 0);
}
