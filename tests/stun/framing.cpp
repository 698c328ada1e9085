#include "floe/stun/framing.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/core/arena.hpp"
#include "floe/stun/message_view.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::rfc4571_framing;
using stun::stream_reader;
using stun::stun_framing;

namespace {

using bytes = std::vector<std::byte>;

template <class Framing>
struct outcome {
  std::vector<std::string> messages;
  bool broken = false;
  bool between = false;
  bool operator==(const outcome&) const = default;
};

/// What a reader makes of a stream that comes in pieces of these sizes, over and over.
template <class Framing>
outcome<Framing> read(byte_view stream, const std::vector<std::size_t>& pieces,
                      std::size_t largest = 2000) {
  stream_reader<Framing> reader{largest, memory_ref{}};
  outcome<Framing> out;
  for (std::size_t i = 0; !stream.empty(); ++i) {
    const auto size = std::min(pieces[i % pieces.size()], stream.size());
    const bytes piece(stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(size));
    reader.feed(piece);
    while (const auto message = reader.next()) out.messages.push_back(vectors::to_hex(*message));
    stream = stream.subspan(size);
  }
  out.broken = reader.is_broken();
  out.between = reader.is_between_frames();
  return out;
}

void append(bytes& stream, byte_view more) {
  stream.insert(stream.end(), more.begin(), more.end());
}

/// All sample messages, with ChannelData between them.
bytes mixed_stream(std::vector<std::string>& expected) {
  bytes stream;
  const auto channel = vectors::unhex("4000000568656c6c6f000000");
  for (const auto& v : vectors::messages) {
    append(stream, v.bytes);
    append(stream, channel);
    expected.push_back(vectors::to_hex(v.bytes));
    expected.emplace_back("4000000568656c6c6f");
  }
  return stream;
}

}  // namespace

TEST_CASE("framing: STUN and ChannelData, whatever the pieces", "[stun][8489-6.2.2-b][ATK-B06]") {
  std::vector<std::string> expected;
  const auto stream = mixed_stream(expected);
  for (const auto& pieces : std::vector<std::vector<std::size_t>>{
           {1}, {2}, {3}, {5, 1}, {19, 20, 21}, {4, 16}, {1000}, {stream.size()}}) {
    const auto out = read<stun_framing>(stream, pieces);
    CHECK(out.messages == expected);
    CHECK_FALSE(out.broken);
    CHECK(out.between);
  }
}

TEST_CASE("framing: a stream cut at any byte gives the frames before the cut",
          "[stun][ATK-B06][ATK-B09]") {
  std::vector<std::string> all;
  const auto stream = mixed_stream(all);
  std::size_t complete = 0;
  std::size_t complete_bytes = 0;
  for (std::size_t size = 0; size <= stream.size(); ++size) {
    const auto out = read<stun_framing>(byte_view{stream}.first(size), {7});
    REQUIRE(out.messages.size() >= complete);
    if (out.messages.size() > complete) complete_bytes = size;
    complete = out.messages.size();
    REQUIRE(std::equal(out.messages.begin(), out.messages.end(), all.begin()));
    REQUIRE(out.between == (size == complete_bytes));
  }
  CHECK(complete == all.size());
}

TEST_CASE("framing: bytes that start no frame break the stream for good",
          "[stun][ATK-B08][ATK-B10]") {
  bytes stream;
  append(stream, vectors::keepalive);
  append(stream, vectors::text_bytes("\x16\x03\x01"));  // TLS: the length is no multiple of 4
  append(stream, vectors::unhex("02000000"));
  append(stream, vectors::keepalive);
  for (const std::size_t piece : {1U, 3U, 100U}) {
    const auto out = read<stun_framing>(stream, {piece});
    CHECK(out.messages.size() == 1);
    CHECK(out.broken);
  }
  for (const std::string_view start :
       {"80000000", "c0000000", "00010001", "00010002", "16030100a5", "ffffffff"}) {
    CHECK(read<stun_framing>(vectors::unhex(start), {1}).broken);
  }
  // "GET " reads as ChannelData of 0x5420 bytes, which is more than is waited for.
  CHECK(read<stun_framing>(vectors::text_bytes("GET / HTTP/1.1"), {14}).broken);
}

TEST_CASE("framing: what announces more than is waited for breaks at its header",
          "[stun][ATK-B02][ATK-B07][ATK-B01]") {
  for (const std::string_view start : {"0001fffc", "0001fff0", "4000ffff", "000107e8"}) {
    INFO(start);
    CHECK(read<stun_framing>(vectors::unhex(start), {1}, 2000).broken);
  }
  // 32-bit arithmetic: the whole range when there is room for it.
  bytes largest = vectors::unhex("0001fffc2112a4420102030405060708090a0b0c");
  largest.resize(20 + 0xfffc);
  const auto out = read<stun_framing>(largest, {1000}, 20 + 0xfffc);
  REQUIRE(out.messages.size() == 1);
  CHECK(out.messages[0].size() == 2 * (20 + 0xfffc));
  bytes channel = vectors::unhex("4000ffff");
  channel.resize(4 + 0xffff + 1);
  CHECK(read<stun_framing>(channel, {1000}, 4 + 0xffff).messages.size() == 1);
}

TEST_CASE("framing: nothing is allocated after construction, however long the stream",
          "[stun][ATK-B07]") {
  std::array<std::byte, 300> block{};
  floe::arena memory{block.data(), block.size()};
  stream_reader<stun_framing> reader{200, &memory};
  std::size_t count = 0;
  for (int round = 0; round < 100; ++round) {
    for (const auto& v : vectors::messages) {
      for (const auto& b : v.bytes) {
        reader.feed({&b, 1});
        while (reader.next()) ++count;
      }
    }
  }
  CHECK(count == 100 * vectors::messages.size());
}

TEST_CASE("framing: messages behind a length", "[stun][4571-2-a][4571-2-b][6544-10.1-a][ATK-B09]") {
  const auto frame = vectors::unhex("001c001100082112a4420102030405060708090a0b0c802800044862c2c6");
  bytes stream = vectors::unhex("0000");
  append(stream, frame);
  append(stream, vectors::unhex("00000000"));
  append(stream, vectors::unhex("0001ff"));
  append(stream, frame);
  const std::vector<std::string> expected{vectors::to_hex(vectors::keepalive), "ff",
                                          vectors::to_hex(vectors::keepalive)};
  for (const std::size_t piece : {1U, 2U, 3U, 29U, 31U, 1000U}) {
    const auto out = read<rfc4571_framing>(stream, {piece});
    CHECK(out.messages == expected);
    CHECK(out.between);
  }
  bytes largest(2 + 0xffff);
  largest[0] = largest[1] = std::byte{0xff};
  CHECK(read<rfc4571_framing>(largest, {4096}, 0xffff).messages.size() == 1);
  CHECK(read<rfc4571_framing>(largest, {4096}, 0xfffe).broken);
  CHECK_FALSE(read<rfc4571_framing>(byte_view{frame}.first(20), {20}).between);
}

TEST_CASE("framing: a message is sent behind its length, up to 65535 bytes",
          "[stun][4571-2-c][6544-10.1-a]") {
  CHECK(vectors::to_hex(*rfc4571_framing::prefix(vectors::keepalive.size())) == "001c");
  CHECK(vectors::to_hex(*rfc4571_framing::prefix(0xffff)) == "ffff");
  const auto larger = rfc4571_framing::prefix(0x10000);
  REQUIRE_FALSE(larger);
  CHECK(larger.error() == errc::unsupported);
}

TEST_CASE("framing: an extent of nothing is nothing", "[stun]") {
  const stun::frame_extent none;
  CHECK(none.skip == 0);
  CHECK(none.message == 0);
  CHECK(none.total == 0);
}
