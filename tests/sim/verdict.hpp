// How the end of a session compares with what was possible.
//
// owns:     the verdict
// does not: find out what is possible (oracle.hpp)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "sim/session.hpp"

namespace floe::sim {

enum class verdict : std::uint8_t {
  as_expected,
  worse_path,     ///< connected, but a better kind of path was there
  better_path,    ///< connected by a path that cannot be
  mute,           ///< data does not pass
  not_connected,  ///< although there is a path
  connected,      ///< without a path
  never_ended,    ///< no end on which both agree
  bad_luck,       ///< not connected, but the network lost every one of some request's sends, or
                  ///< the two sides missed each other
  chased,         ///< two NATs that show every check from a new port keep each other busy
};
inline constexpr std::size_t verdict_count = static_cast<std::size_t>(verdict::chased) + 1;

[[nodiscard]] constexpr const char* text_of(verdict v) noexcept {
  switch (v) {
    case verdict::as_expected: return "as expected";
    case verdict::worse_path: return "worse path";
    case verdict::better_path: return "better path";
    case verdict::mute: return "mute";
    case verdict::not_connected: return "not connected";
    case verdict::connected: return "connected";
    case verdict::never_ended: return "never ended";
    case verdict::bad_luck: return "bad luck";
    case verdict::chased: return "chased";
  }
  return "?";
}

/// True for what an agent may not let happen.
[[nodiscard]] constexpr bool is_wrong(verdict v) noexcept {
  return v != verdict::as_expected && v != verdict::bad_luck && v != verdict::chased;
}

/// How strict a verdict is.
struct strictness {
  bool lossy = false;      ///< the network loses datagrams: luck counts, and so does time
  bool any_kind = false;   ///< a worse kind of path will do
  bool may_guess = false;  ///< NATs choose ports that can be met by chance
  bool may_miss = false;   ///< both sides are seen elsewhere than they say: their checks must meet
};

/// Compares the end of a session with the best path there is.
[[nodiscard]] inline verdict judge(session& s, std::optional<path_kind> best,
                                   const strictness& how) {
  constexpr std::size_t many = 40;  // candidates that no topology here accounts for
  const auto was_unlucky = [](const host& h) {
    return h.watched().had_bad_luck() || h.lost_consent;
  };
  const bool unlucky = how.lossy && best && (was_unlucky(s.left) || was_unlucky(s.right));
  const bool chased =
      s.left.learned > many * s.flows.size() && s.right.learned > many * s.flows.size();
  if (!s.is_over()) {
    if (chased) return verdict::chased;
    return unlucky ? verdict::bad_luck : verdict::never_ended;
  }
  if (s.has_failed()) {
    if (chased && best) return verdict::chased;
    // Flows are checked in turn, and the sides may come to one at different times.
    if (unlucky || (how.may_miss && best && s.flows.size() > 1)) return verdict::bad_luck;
    return best ? verdict::not_connected : verdict::as_expected;
  }
  if (!best && !how.may_guess) return verdict::connected;
  for (const auto& f : s.flows) {
    const auto kind = s.selected_kind(f);
    if (best && kind < best && !how.may_guess) return verdict::better_path;
    if (best && kind > best && !how.lossy && !how.any_kind) return verdict::worse_path;
  }
  return s.can_talk(how.lossy ? 40 : 1) ? verdict::as_expected : verdict::mute;
}

}  // namespace floe::sim
