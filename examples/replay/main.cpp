// Plays recordings of agents again, and shows what happened.
//
//     replay FILE [FILE] [--svg OUT] [--html OUT] [--quiet]
//
// One recording, or those of both sides of a session. Each is played by this build of floe and
// compared, byte for byte. Exit code: 0 when all was as recorded, 1 when something was not, 2 when
// a file could not be read or written, or is no recording of this version.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../command_line.hpp"
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

/// The file is none of ours, or of another version: there is nothing to tell.
bool is_refused(const replay::side& one) {
  return one.calls == 0 && (one.verdict == floe::record::verdict::damaged ||
                            one.verdict == floe::record::verdict::unplayable);
}

struct options {
  std::vector<std::string> files;
  std::string svg;
  std::string html;
  bool quiet = false;
};

int run(const options& o) {
  std::vector<replay::side> sides;
  bool as_recorded = true;
  std::string verdicts;
  for (std::size_t i = 0; i < o.files.size(); ++i) {
    const auto recording = read(o.files[i]);
    if (!recording) return fail("can't read " + o.files[i]);
    sides.push_back(replay::play(*recording, i == 0 ? "A" : "B"));
    const auto& one = sides.back();
    if (is_refused(one)) return fail(o.files[i] + ": " + one.trouble);
    const bool same = one.verdict == floe::record::verdict::identical ||
                      one.verdict == floe::record::verdict::broken_off;
    as_recorded = as_recorded && same;
    verdicts += o.files[i] + ": " + std::to_string(one.calls) + " calls, " +
                (same ? "every answer as recorded" : "NOT as recorded") +
                (one.trouble.empty() ? "" : ": " + one.trouble) + "\n";
  }
  const auto story = replay::tell(std::move(sides));
  if (!o.quiet) std::cout << replay::text_of(story) << '\n';
  std::cout << replay::summary_of(story) << '\n' << verdicts;
  if (!o.svg.empty() && !write(o.svg, replay::svg_of(story))) return fail("can't write " + o.svg);
  if (!o.html.empty() && !write(o.html, replay::html_of(story))) {
    return fail("can't write " + o.html);
  }
  return as_recorded ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  options o;
  examples::command_line line{"replay",
                              "usage: replay FILE [FILE] [--svg OUT] [--html OUT] [--quiet]\n"};
  line.flag("--quiet", o.quiet)
      .option("--svg", examples::text_into(o.svg))
      .option("--html", examples::text_into(o.html))
      .words("a recording", 1, 2, [&o](std::string_view word) {
        o.files.emplace_back(word);
        return std::string{};
      });
  if (const auto code = line.read(count, words)) return *code;
  return run(o);
}
