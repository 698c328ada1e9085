// State tables: literal rows {from, on, to}, and the two things that are done with them.
//
// owns:     the lookup, and the check that no two rows contradict each other
// does not: hold a table: each stands beside the states it is about
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <type_traits>

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

namespace detail {

/// A table's rows as a grid: where each state leads on each event.
template <const auto& Rules>
struct grid {
  using rule = typename std::remove_cvref_t<decltype(Rules)>::value_type;
  using state = decltype(rule::to);

  template <class Enum>
  [[nodiscard]] static consteval std::size_t width(Enum rule::*column) {
    std::size_t most = 0;
    for (const auto& row : Rules)
      most = (std::max)(most, static_cast<std::size_t>(row.*column) + 1);
    return most;
  }
  static constexpr std::size_t froms = width(&rule::from);
  static constexpr std::size_t ons = width(&rule::on);

  static constexpr auto cells = [] {
    std::array<std::array<std::optional<state>, ons>, froms> made{};
    for (const auto& row : Rules) {
      made[static_cast<std::size_t>(row.from)][static_cast<std::size_t>(row.on)] = row.to;
    }
    return made;
  }();
};

}  // namespace detail

/// Where a table leads `from` a state `on` an event; nullopt when the state stays as it is.
template <const auto& Rules, class State, class Event>
[[nodiscard]] constexpr std::optional<State> follow(State from, Event on) noexcept {
  using grid = detail::grid<Rules>;
  const auto row = static_cast<std::size_t>(from);
  const auto column = static_cast<std::size_t>(on);
  if (row >= grid::froms || column >= grid::ons) return std::nullopt;
  return grid::cells[row][column];
}

}  // namespace floe
