// What may vary about a small session, and what may happen in it, as values and as text.
//
// owns:     kinds of sessions, the bounds of what may go wrong, choices
// does not: know what a choice does, or when there is one (session.hpp)
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "floe/core/time.hpp"
#include "floe/ice/role.hpp"

namespace floe::explore {

using namespace std::chrono_literals;

/// How the tie-breakers of both sides compare.
enum class ties : std::uint8_t { left_larger, right_larger, equal };

/// What sessions of a kind have in common.
struct kind {
  std::array<std::size_t, 2> candidates{1, 1};
  std::array<ice::role, 2> roles{ice::role::controlling, ice::role::controlled};
  explore::ties ties = ties::left_larger;
  bool trickle = false;   ///< each candidate is told on its own, else all with the credentials
  bool one_path = false;  ///< only the last candidates reach each other
};

/// How far a session may stray. All that is not named here may happen in any order.
struct bounds {
  unsigned faults = 3;         ///< datagrams lost, duplicated and held up, so overtaken, together
  duration held = 600ms;       ///< how much longer one takes that is held up: past its repetition
  duration signalling = 60ms;  ///< the longest way of what is signalled
  duration lateness = 50ms;    ///< how late a host may call after a timeout
  duration horizon = 40s;      ///< until when both must agree: as long as a check may take
  bool reduce = true;          ///< walk one of several orders between which nobody can tell
};

/// What may happen next. The first in line is the datagram to a side that was sent first, among
/// those that are not held up.
struct choice {
  enum kind : std::uint8_t {
    deliver,    ///< the first in line arrives
    signal,     ///< the next thing that the peer signalled arrives
    timer,      ///< a host acts on its timeout
    release,    ///< one that was held up arrives
    lose,       ///< the first in line will not arrive
    duplicate,  ///< the first in line arrives, and is held up as well
    hold,       ///< the first in line is held up
  };
  kind what = deliver;
  std::uint8_t side = 0;   ///< whom it happens to
  std::uint8_t index = 0;  ///< which of all on their way there, with release

  [[nodiscard]] bool operator==(const choice&) const noexcept = default;
  [[nodiscard]] unsigned cost() const noexcept { return what >= lose ? 1 : 0; }
};

inline constexpr std::string_view letters = "dstrlch";

/// A letter for what, one for whom, and which: `dA`, `rB1`.
[[nodiscard]] inline std::string text_of(const choice& c) {
  std::string text{letters.at(c.what), c.side == 0 ? 'A' : 'B'};
  if (c.what == choice::release) text += std::to_string(c.index);
  return text;
}
[[nodiscard]] inline std::optional<choice> choice_of(std::string_view text) {
  if (text.size() < 2 || text.size() > 4 || (text[1] != 'A' && text[1] != 'B')) return std::nullopt;
  const auto letter = letters.find(text[0]);
  if (letter == std::string_view::npos) return std::nullopt;
  unsigned index = 0;
  for (const char digit : text.substr(2)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    index = index * 10 + static_cast<unsigned>(digit - '0');
  }
  return choice{static_cast<choice::kind>(letter),
                static_cast<std::uint8_t>(text[1] == 'B' ? 1 : 0),
                static_cast<std::uint8_t>(index)};
}

[[nodiscard]] inline std::string text_of(const kind& k) {
  const auto role = [](ice::role r) {
    return r == ice::role::controlling ? "controlling" : "controlled";
  };
  static constexpr std::array tie{"A's tie-breaker larger", "B's tie-breaker larger",
                                  "equal tie-breakers"};
  std::string text = std::to_string(k.candidates[0]) + "x" + std::to_string(k.candidates[1]) + " " +
                     role(k.roles[0]) + "/" + role(k.roles[1]);
  text += std::string{", "} + tie.at(static_cast<std::size_t>(k.ties));
  if (k.trickle) text += ", trickled";
  if (k.one_path) text += ", one path";
  return text;
}

}  // namespace floe::explore
