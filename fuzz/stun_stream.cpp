// Any bytes as a stream, in any pieces.
//
// Promises: the frames do not depend on the pieces; they lie one after the other in the stream, as
// long as their headers say; nothing is held beyond what was agreed.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "floe/core/arena.hpp"
#include "floe/core/bytes.hpp"
#include "floe/stun/framing.hpp"

using namespace floe;

namespace {

constexpr std::size_t largest = 1500;

void must(bool holds) {
  if (!holds) std::abort();
}

struct outcome {
  std::vector<std::byte> messages;  ///< one after the other
  std::vector<std::size_t> sizes;
  bool broken = false;
  bool between = false;
  bool operator==(const outcome&) const = default;
};

/// Reads the stream in pieces of up to 1 + `seed` bytes, which change on the way.
template <class Framing>
outcome read(byte_view stream, std::uint32_t seed) {
  std::array<std::byte, largest + 64> block{};
  floe::arena memory{block.data(), block.size()};
  stun::stream_reader<Framing> reader{largest, &memory};
  outcome out;
  const auto widest = seed + 1;
  while (!stream.empty()) {
    seed = seed * 1664525U + 1013904223U;
    const auto size = std::min<std::size_t>(1 + (seed >> 8U) % widest, stream.size());
    // A copy of exactly that size, for the sanitizer to guard.
    const std::vector<std::byte> piece(stream.begin(),
                                       stream.begin() + static_cast<std::ptrdiff_t>(size));
    reader.feed(piece);
    while (const auto message = reader.next()) {
      must(!message->empty() && message->size() <= largest);
      out.messages.insert(out.messages.end(), message->begin(), message->end());
      out.sizes.push_back(message->size());
    }
    stream = stream.subspan(size);
  }
  out.broken = reader.is_broken();
  out.between = reader.is_between_frames();
  must(!(out.broken && out.between));
  return out;
}

template <class Framing>
void check(byte_view stream) {
  const auto whole = read<Framing>(stream, 100000);
  for (const std::uint32_t seed : {0U, 2U, 30U}) must(read<Framing>(stream, seed) == whole);
  auto at = stream.begin();
  auto message = whole.messages.begin();
  for (const auto size : whole.sizes) {
    const auto end = message + static_cast<std::ptrdiff_t>(size);
    at = std::search(at, stream.end(), message, end);
    must(at != stream.end());
    at += static_cast<std::ptrdiff_t>(size);
    message = end;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t enough = 2 * largest;
  if (size > enough) return 0;
  const auto stream = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  check<stun::stun_framing>(stream);
  check<stun::rfc4571_framing>(stream);
  return 0;
}
