// Plays recordings of agents again, and shows what happened.
//
//     replay FILE [FILE] [--svg OUT] [--html OUT] [--quiet]
//
// One recording, or those of both sides of a session. Each is played by this build of floe and
// compared, byte for byte. Exit code: 0 when all was as recorded, 1 when something was not, 2 when
// a file could not be read or written.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "picture.hpp"
#include "story.hpp"

namespace {

std::optional<std::vector<std::byte>> read(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto view = floe::as_byte_view(text);
  return std::vector<std::byte>(view.begin(), view.end());
}

bool write(const std::string& path, const std::string& text) {
  std::ofstream file{path, std::ios::binary};
  file << text;
  return static_cast<bool>(file.flush());
}

int fail(const std::string& why) {
  std::cerr << "replay: " << why << '\n';
  return 2;
}

int run(const std::vector<std::string>& words) {
  std::vector<std::string> files;
  std::string svg;
  std::string html;
  bool quiet = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool has_value = i + 1 < words.size();
    if (words[i] == "--svg" && has_value) {
      svg = words[++i];
    } else if (words[i] == "--html" && has_value) {
      html = words[++i];
    } else if (words[i] == "--quiet") {
      quiet = true;
    } else if (words[i].starts_with("-")) {
      return fail("usage: replay FILE [FILE] [--svg OUT] [--html OUT] [--quiet]");
    } else {
      files.push_back(words[i]);
    }
  }
  if (files.empty() || files.size() > 2) return fail("one or two recordings are needed");

  std::vector<replay::side> sides;
  bool as_recorded = true;
  std::string verdicts;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto recording = read(files[i]);
    if (!recording) return fail("can't read " + files[i]);
    sides.push_back(replay::play(*recording, i == 0 ? "A" : "B"));
    const auto& one = sides.back();
    const bool same = one.verdict == floe::record::verdict::identical ||
                      one.verdict == floe::record::verdict::broken_off;
    as_recorded = as_recorded && same;
    verdicts += files[i] + ": " + std::to_string(one.calls) + " calls, " +
                (same ? "every answer as recorded" : "NOT as recorded") +
                (one.trouble.empty() ? "" : ": " + one.trouble) + "\n";
  }
  const auto story = replay::tell(std::move(sides));
  if (!quiet) std::cout << replay::text_of(story) << '\n';
  std::cout << replay::summary_of(story) << '\n' << verdicts;
  if (!svg.empty() && !write(svg, replay::svg_of(story))) return fail("can't write " + svg);
  if (!html.empty() && !write(html, replay::html_of(story))) return fail("can't write " + html);
  return as_recorded ? 0 : 1;
}

}  // namespace

int main(int count, char** words) { return run({words + 1, words + count}); }
