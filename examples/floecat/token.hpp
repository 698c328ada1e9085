// One side's lines as a single one that people can copy.
//
// form:     "floe1;", the lines with a ";" behind each, "end"
// does not: judge what the lines say
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace floecat {

inline constexpr std::string_view token_begin = "floe1;";
inline constexpr std::string_view token_end = "end";  ///< shows that nothing was cut off
inline constexpr std::size_t max_token = 16'384;      ///< characters

[[nodiscard]] inline std::string write_token(const std::vector<std::string>& lines) {
  std::string token{token_begin};
  for (const auto& line : lines) token.append(line).append(";");
  return token.append(token_end);
}

/// The lines of a token, with white space around it or not; nullopt for what is no whole token.
[[nodiscard]] inline std::optional<std::vector<std::string>> read_token(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
  text = text.substr(0, text.find_last_not_of(white) + 1);
  if (text.size() > max_token || !text.starts_with(token_begin)) return std::nullopt;

  text.remove_prefix(token_begin.size());
  std::vector<std::string> lines;
  for (auto end = text.find(';'); end != std::string_view::npos; end = text.find(';')) {
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return text == token_end ? std::optional{lines} : std::nullopt;
}

}  // namespace floecat
