// Every order in which small sessions can go.
//
//     explore [--faults N] [--most STATES] [--only TEXT] [--sample N] [--whole]
//     explore --slice
//     explore --replay KIND "CHOICES"
//     explore --list
//
// Walks the kinds of sessions whose text contains TEXT, all by default, with at most N datagrams
// lost, duplicated, held up or overtaken in each. --most bounds the states of each kind; --slice
// is what fits into a minute: the smallest sessions wholly, and a part of the others. --sample
// tries one of N states that look alike, by running on from both. --whole walks all orders, even
// those between which nobody can tell. A violation is printed with the
// command that replays it.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "../../examples/command_line.hpp"
#include "explore/kinds.hpp"
#include "explore/walk.hpp"

using namespace floe;
using namespace floe::explore;

namespace {

struct options {
  task base{};
  std::string only;
  bool slice = false;
};

bool walk_one(std::size_t number, const task& t) {
  const auto began = std::chrono::steady_clock::now();
  const auto found = walk{t}.run();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%2zu %s: %zu states, %zu transitions, %zu pruned, %zu ends, %zu outcomes, the last "
              "after %.1f s, took %.1f s%s\n",
              number, text_of(t.kind).c_str(), found.states, found.steps, found.pruned,
              found.ends.size(), found.outcomes.size(),
              std::chrono::duration<double>{found.latest}.count(), took.count(),
              found.complete ? "" : ", not to the end");
  if (t.sample != 0) std::printf("   %zu states that look alike went on alike\n", found.samples);
  for (const auto& v : found.violations) {
    std::printf("   violation: %s\n   explore --faults %u --replay %zu \"%s\"\n", v.what.c_str(),
                t.bounds.faults, number, v.path.c_str());
  }
  std::fflush(stdout);
  return found.violations.empty();
}

bool walk_all(const options& o) {
  const auto kinds = all_kinds();
  bool clean = true;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    auto t = o.base;
    t.kind = kinds[i];
    if (text_of(t.kind).find(o.only) == std::string::npos) continue;
    const bool smallest = t.kind.candidates[0] * t.kind.candidates[1] == 1;
    if (o.slice && !smallest) t.most = 50'000;
    clean = walk_one(i + 1, t) && clean;
  }
  return clean;
}

const char* text_of_state(const agent& a) { return to_text(a.state()).data(); }

/// Shows one path, choice by choice.
bool replay(const explore::kind& k, const bounds& b, const std::string& path) {
  std::printf("%s\n", text_of(k).c_str());
  session s{k, b};
  std::istringstream words{path};
  std::string word;
  try {
    while (words >> word) {
      const auto c = choice_of(word);
      const auto all = s.choices();
      if (!c || std::find(all.begin(), all.end(), *c) == all.end()) {
        std::printf("\"%s\" cannot happen here\n", word.c_str());
        return false;
      }
      s.apply(*c);
      const std::chrono::duration<double, std::milli> at = s.now() - sim::epoch;
      std::printf("%8.1f ms  %-4s  A %s, B %s%s\n", at.count(), word.c_str(),
                  text_of_state(s.agent(0)), text_of_state(s.agent(1)), s.traffic().c_str());
    }
  } catch (const violation& v) {
    std::printf("violation: %s\n", v.what());
    return false;
  }
  std::printf("%s\n", s.is_over() ? "over: both agree" : "goes on");
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  options o;
  const auto kinds = all_kinds();
  constexpr std::uint64_t most = 999'999'999'999'999'999;
  bool whole = false;
  bool list = false;
  std::size_t kind = 0;
  std::optional<std::string> choices;
  examples::command_line line{
      "explore",
      "usage: explore [--faults N] [--most STATES] [--only TEXT] [--sample N] [--whole]\n"
      "       explore --slice | --list | --replay KIND \"CHOICES\"\n"};
  line.flag("--whole", whole)
      .flag("--slice", o.slice)
      .flag("--list", list)
      .option("--faults", examples::number_into(o.base.bounds.faults, 0, 999))
      .option("--most", examples::number_into(o.base.most, 0, most))
      .option("--sample", examples::number_into(o.base.sample, 0, 999'999'999))
      .option("--only", examples::text_into(o.only))
      .option("--replay", examples::number_into(kind, 1, kinds.size()))
      .words("CHOICES", 0, 1, [&choices](std::string_view text) {
        choices = text;
        return std::string{};
      });
  if (const auto code = line.read(argc, argv)) return *code;
  if ((kind != 0) != choices.has_value()) return line.refuse("--replay goes with its choices");
  o.base.bounds.reduce = !whole;
  if (list) {
    for (std::size_t k = 0; k < kinds.size(); ++k) {
      std::printf("%2zu %s\n", k + 1, text_of(kinds[k]).c_str());
    }
    return 0;
  }
  if (choices) return replay(kinds[kind - 1], o.base.bounds, *choices) ? 0 : 1;
  return walk_all(o) ? 0 : 1;
}
