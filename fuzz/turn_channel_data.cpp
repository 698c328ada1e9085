// Any bytes as ChannelData, in a datagram and in a stream of any pieces, and any payload wrapped.
//
// Promises: what is read is a channel and lies inside the bytes; wrapping and reading are inverse,
// for ChannelData and for Send indications; a stream gives the frames that a reader with the whole
// of it sees, whatever pieces it comes in, and breaks where that reader finds no frame.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/framing.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/turn/channel_data.hpp"
#include "floe/turn/connection.hpp"

using namespace floe;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void read(byte_view bytes) {
  const auto data = turn::read_channel_data(bytes);
  if (!data) return;
  must(turn::is_channel(data->number));
  must(data->payload.size() + turn::channel_header_size <= bytes.size());
  must(data->payload.empty() || data->payload.data() == bytes.data() + turn::channel_header_size);
}

/// A stream of the input cut into payloads, each in a frame, read in pieces.
void round_trip(byte_view bytes) {
  if (bytes.empty()) return;
  const auto step = 1 + std::to_integer<std::size_t>(bytes[0]);
  std::vector<std::byte> stream;
  std::size_t frames = 0;
  for (std::size_t at = 0; at < bytes.size(); at += step, ++frames) {
    const auto payload = bytes.subspan(at, std::min(step, bytes.size() - at));
    const auto number = static_cast<std::uint16_t>(turn::first_channel + frames % 0x1000);
    std::vector<std::byte> frame(turn::channel_header_size + payload.size() + 3);
    std::copy(payload.begin(), payload.end(), frame.begin() + turn::channel_header_size);
    frame.resize(turn::wrap_in_channel_data(frame.data(), payload.size(), number, true));
    stream.insert(stream.end(), frame.begin(), frame.end());
  }
  stun::stream_reader<stun::stun_framing> reader{300, memory_ref{}};
  std::vector<std::byte> back;
  std::size_t read_frames = 0;
  byte_view rest{stream};
  while (!rest.empty()) {
    const auto piece = rest.first(std::min<std::size_t>(1 + step / 3, rest.size()));
    rest = rest.subspan(piece.size());
    reader.feed(piece);
    while (const auto frame = reader.next()) {
      const auto data = turn::read_channel_data(*frame);
      must(data.has_value());
      must(data->number == turn::first_channel + read_frames % 0x1000);
      ++read_frames;
      back.insert(back.end(), data->payload.begin(), data->payload.end());
    }
  }
  must(reader.is_between_frames());
  must(read_frames == frames && std::equal(back.begin(), back.end(), bytes.begin(), bytes.end()));
}

/// What a reader sees who has the whole stream: the sizes of its messages, and whether it breaks.
struct seen {
  std::vector<std::size_t> sizes;
  std::vector<std::byte> bytes;
  bool broken = false;
  bool operator==(const seen&) const = default;
};

constexpr std::size_t largest_frame = 300;

/// By the lengths alone, without the reader of streams (RFC 8656 §12.4, §12.5).
seen look_through(byte_view stream) {
  seen out;
  while (stream.size() >= turn::channel_header_size && !out.broken) {
    const unsigned first = std::to_integer<unsigned>(stream[0]);
    const std::size_t length =
        std::to_integer<std::size_t>(stream[2]) * 256 + std::to_integer<std::size_t>(stream[3]);
    const bool is_channel = first >= 64 && first < 80;
    const bool is_stun = first < 4 && length % 4 == 0;
    const std::size_t message = length + (is_channel ? turn::channel_header_size : 20);
    out.broken = !(is_channel || is_stun) || message > largest_frame;
    const auto whole = message + (is_channel ? (4 - length % 4) % 4 : 0);
    if (out.broken || stream.size() < whole) return out;
    out.sizes.push_back(message);
    out.bytes.insert(out.bytes.end(), stream.begin(),
                     stream.begin() + static_cast<std::ptrdiff_t>(message));
    stream = stream.subspan(whole);
  }
  return out;
}

/// The same by the reader, in pieces of up to `widest` bytes that change on the way.
seen read_in_pieces(byte_view stream, std::size_t widest) {
  stun::stream_reader<stun::stun_framing> reader{largest_frame, memory_ref{}};
  seen out;
  std::uint32_t dice = static_cast<std::uint32_t>(widest);
  while (!stream.empty()) {
    dice = dice * 1664525U + 1013904223U;
    const auto size = std::min<std::size_t>(1 + (dice >> 8U) % widest, stream.size());
    // A copy of exactly that size, for the sanitizer to guard.
    const std::vector<std::byte> piece(stream.begin(),
                                       stream.begin() + static_cast<std::ptrdiff_t>(size));
    stream = stream.subspan(size);
    reader.feed(piece);
    while (const auto frame = reader.next()) {
      if (const auto data = turn::read_channel_data(*frame)) {
        must(data->payload.size() + turn::channel_header_size == frame->size());
      }
      out.sizes.push_back(frame->size());
      out.bytes.insert(out.bytes.end(), frame->begin(), frame->end());
    }
  }
  out.broken = reader.is_broken();
  return out;
}

void any_split(byte_view stream) {
  const auto expected = look_through(stream);
  for (const std::size_t widest :
       {std::size_t{1}, std::size_t{3}, std::size_t{40}, stream.size()}) {
    if (widest > 0) must(read_in_pieces(stream, widest) == expected);
  }
}

/// The input in a Send indication: in front of it and behind it something, and itself unchanged.
void send_and_read(byte_view bytes) {
  if (bytes.size() < 2) return;
  const auto port = static_cast<std::uint16_t>(std::to_integer<unsigned>(bytes[1]) + 1);
  const endpoint peer = (bytes[0] & std::byte{1}) != std::byte{0}
                            ? endpoint{address::v6({0x20, 1}), port}
                            : endpoint{address::v4(192, 0, 2, 1), port};
  const auto front = turn::send_overhead(peer.address.family);
  std::vector<std::byte> message(front + bytes.size() + 3);
  std::copy(bytes.begin(), bytes.end(), message.begin() + static_cast<std::ptrdiff_t>(front));
  message.resize(turn::wrap_in_send(message.data(), bytes.size(), peer, {}));
  const auto parsed = stun::message_view::parse(message);
  must(parsed && parsed->method() == stun::method::send);
  must(parsed->get<stun::xor_peer_address>()->value == peer);
  const auto data = parsed->get<stun::data>()->value;
  must(data.data() == message.data() + front);
  must(std::equal(data.begin(), data.end(), bytes.begin(), bytes.end()));
}

/// The response on a data connection: however it is cut, it and what follows are the same.
void split(byte_view bytes) {
  turn::response_reader whole;
  const auto once = whole.feed(bytes);
  must(!(once.broken && once.message));
  for (std::size_t cut = 0; cut <= std::min<std::size_t>(bytes.size(), 40); ++cut) {
    turn::response_reader reader;
    const auto first = reader.feed(bytes.first(cut));
    if (first.broken) {
      must(once.broken);
      continue;
    }
    const auto last = first.message ? first : reader.feed(bytes.subspan(cut));
    must(last.broken == once.broken);
    must(last.message.has_value() == once.message.has_value());
    if (!last.message) continue;
    must(last.message->size() == once.message->size());
    const auto behind = last.rest.size() + (first.message ? bytes.size() - cut : 0);
    must(behind == once.rest.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  read(bytes);
  round_trip(bytes);
  any_split(bytes);
  send_and_read(bytes);
  split(bytes);
  return 0;
}
