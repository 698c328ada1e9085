// Any bytes as ChannelData, in a datagram and in a stream of any pieces, and any payload wrapped.
//
// Promises: what is read is a channel and lies inside the bytes; wrapping and reading are inverse;
// a stream gives the frames that it was made of, or breaks.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory_resource>
#include <vector>

#include "floe/stun/framing.hpp"
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
  stun::stream_reader<stun::stun_framing> reader{300, std::pmr::get_default_resource()};
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
  split(bytes);
  return 0;
}
