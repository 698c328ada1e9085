// What two recordings tell together: which datagram arrived, and which did not.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "side.hpp"

namespace replay {

/// Somebody in the picture.
struct lane {
  std::string name;
  std::string note;
};

/// A datagram on its way, along lanes.
struct arrow {
  floe::time_point start;
  floe::time_point end;
  std::size_t side = 0;  ///< whose recording tells that it began, and in which call
  std::size_t call = 0;
  std::vector<std::size_t> lanes;  ///< two or more; the first sends
  replay::purpose purpose = replay::purpose::data;
  std::string label;
  bool lost = false;
};

struct story {
  std::vector<side> sides;  ///< one or two
  std::vector<lane> lanes;  ///< the first is the first side, the last the second, or the peer
  std::vector<arrow> arrows;
  floe::time_point start;

  [[nodiscard]] std::size_t lane_of(std::size_t side) const {
    return side == 0 ? 0 : lanes.size() - 1;
  }
};

[[nodiscard]] story tell(std::vector<side> sides);

/// A line for everything, in the order of time.
[[nodiscard]] std::string text_of(const story& s);

/// In a sentence: what became of it.
[[nodiscard]] std::string summary_of(const story& s);

}  // namespace replay
