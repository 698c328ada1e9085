// State tables: literal rows {from, on, to}, and the two things that are done with them.
//
// owns:     the lookup, and the check that no two rows contradict each other
// does not: hold a table: each stands beside the states it is about
#pragma once

#include <cstddef>
#include <optional>

namespace floe {

/// True when no two rows of a table have the same `from` and `on`.
template <class Rules>
[[nodiscard]] consteval bool has_one_rule_each(const Rules& rules) {
  for (std::size_t i = 0; i < rules.size(); ++i) {
    for (std::size_t j = i + 1; j < rules.size(); ++j) {
      if (rules[i].from == rules[j].from && rules[i].on == rules[j].on) return false;
    }
  }
  return true;
}

/// Where a table leads `from` a state `on` an event; nullopt when the state stays as it is.
template <class Rules, class State, class Event>
[[nodiscard]] constexpr std::optional<State> follow(const Rules& rules, State from,
                                                    Event on) noexcept {
  for (const auto& rule : rules) {
    if (rule.from == from && rule.on == on) return rule.to;
  }
  return std::nullopt;
}

}  // namespace floe
