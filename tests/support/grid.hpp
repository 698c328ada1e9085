// A state table as aligned text: a row per state, a column per event, "-" where the state stays.
//
// The text is checked in beside the test, so that a change of the table is a change of one line.
// tests/tools/diagrams.py draws the same files.
#pragma once

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

namespace support {

/// Writes the table: `name(state)` and `name(event)` are texts, `next(state, event)` a state or
/// none.
template <class States, class Events, class Name, class Next>
std::vector<std::string> grid(std::string_view title, const States& states, const Events& events,
                              Name&& name, Next&& next) {
  std::vector<std::vector<std::string>> rows{{std::string{title}}};
  for (const auto event : events) rows.front().emplace_back(name(event));
  for (const auto state : states) {
    rows.push_back({std::string{name(state)}});
    for (const auto event : events) {
      const auto to = next(state, event);
      rows.back().emplace_back(to ? name(*to) : "-");
    }
  }
  std::vector<std::string> lines(rows.size());
  for (std::size_t column = 0; column < rows.front().size(); ++column) {
    std::size_t width = 0;
    for (const auto& row : rows) width = std::max(width, row[column].size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto& cell = rows[i][column];
      const bool last = column + 1 == rows.front().size();
      lines[i] += cell + (last ? "" : std::string(width - cell.size() + 2, ' '));
    }
  }
  return lines;
}

/// The lines of a file, named from the top of the repository, where tests run.
inline std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file{path};
  INFO(path);
  REQUIRE(file.good());
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

/// Compares a table with its checked-in grid, line by line.
inline void check_grid(const std::vector<std::string>& table, const std::string& path) {
  const auto lines = lines_of(path);
  INFO(path << " is not what the table says");
  for (std::size_t i = 0; i < std::min(table.size(), lines.size()); ++i) {
    CHECK(lines[i] == table[i]);
  }
  CHECK(lines.size() == table.size());
}

}  // namespace support
