// A recording from anybody: it is refused, or played as far as it goes.
//
// Promises: nothing breaks, whatever a recording says its host did; playing it twice comes to the
// same; what was played counts no more calls than there are bytes.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "floe/record/player.hpp"

namespace {

void must(bool holds, int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "fuzz/recording.cpp:%d does not hold\n", line);
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto recording = gsl::as_bytes(gsl::span{data, size});
  floe::record::player p{recording};
  const auto end = p.play_all();
  must(end != floe::record::verdict::playing);
  must((p.difference() != nullptr) == (end == floe::record::verdict::different));
  must(p.played() <= size);
  if (size % 4 == 0) {
    floe::record::player again{recording};
    must(again.play_all() == end && again.played() == p.played());
  }
  return 0;
}
