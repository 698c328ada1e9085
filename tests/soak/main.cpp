// Sessions without end: the whole matrix of NATs, servers as they are, as many random ones as
// wanted, and what becomes of some that stand.
//
//     soak [COUNT [FIRST_SEED]]
//
// Every seed that is printed can be run again alone: `soak 1 SEED`. What went wrong is also
// recorded, beside this program, for examples/replay.

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

#include "../../examples/command_line.hpp"
#include "sim/life_plan.hpp"
#include "sim/matrix.hpp"
#include "sim/random_plan.hpp"
#include "sim/recorded.hpp"
#include "sim/server_plan.hpp"
#include "sim/verdict.hpp"

using namespace floe::sim;

namespace {

class tally {
 public:
  explicit tally(const char* what) : what_{what} {}

  void note(verdict v, const std::string& about) {
    ++found_.at(static_cast<std::size_t>(v));
    ++sessions_;
    if (is_wrong(v)) complain(about + ": " + text_of(v));
  }
  void violated(const std::string& about) {
    ++sessions_;
    ++violations_;
    complain(about);
  }

  /// One line, at the end or on the way.
  void print() const {
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
    std::printf("%s: %zu sessions, %.0f a second, %zu violations", what_, sessions_,
                static_cast<double>(sessions_) / took.count(), violations_);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      if (found_.at(i) != 0) {
        std::printf(", %zu %s", found_.at(i), text_of(static_cast<verdict>(i)));
      }
    }
    std::printf("\n");
    std::fflush(stdout);
  }

  [[nodiscard]] bool is_clean() const noexcept { return complaints_ == 0; }

 private:
  void complain(const std::string& line) {
    if (++complaints_ <= 50) std::printf("%s: %s\n", what_, line.c_str());
  }

  const char* what_;
  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::array<std::size_t, verdict_count> found_{};
  std::size_t sessions_ = 0;
  std::size_t violations_ = 0;
  std::size_t complaints_ = 0;
};

/// Runs a session that went wrong once more, as `play(sink, sink)` does, and keeps both recordings.
class keeper {
 public:
  explicit keeper(const char* program) : place_{program} {}

  template <class Play>
  void keep(std::uint64_t seed, Play&& play) {
    if (++kept_ > 10) return;
    const auto name = place_ + "-" + std::to_string(seed);
    recording_file left{name + "-A.floe"};
    recording_file right{name + "-B.floe"};
    try {
      play(left.sink(), right.sink());
    } catch (const std::exception&) {
      // It went wrong again, as it should.
    }
    std::printf("  replay %s-A.floe %s-B.floe --html %s.html\n", name.c_str(), name.c_str(),
                name.c_str());
  }

 private:
  std::string place_;
  std::size_t kept_ = 0;
};

/// Runs every cell of the matrix with as many seeds.
bool run_matrix(std::uint64_t seeds, keeper& wrong) {
  tally sum{"matrix"};
  std::uint64_t number = 0;
  for (const auto& c : all_cells()) {
    ++number;
    for (std::uint64_t k = 1; k <= seeds; ++k) {
      const auto seed = number * 1000 + k;
      const auto about = text_of(c) + ", seed " + std::to_string(seed);
      try {
        session s{plan_of(c, seed)};
        s.run();
        const auto found = judge(s, best_path(c.left, c.right), {.lossy = c.loss != 0});
        sum.note(found, about);
        if (!is_wrong(found)) continue;
      } catch (const std::exception& e) {
        sum.violated(about + ": " + e.what());
      }
      wrong.keep(seed, [&](floe::record::sink_ref left, floe::record::sink_ref right) {
        session{plan_of(c, seed), left, right}.run();
      });
    }
  }
  sum.print();
  return sum.is_clean();
}

/// What a trial is of one seed: `play(seed, sink, sink)` runs it and returns a verdict, and throws
/// when something does not hold that always must.
template <class Play>
bool run_trials(const char* what, std::uint64_t count, std::uint64_t first, keeper& wrong,
                Play&& play) {
  tally sum{what};
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto seed = first + i;
    bool went_wrong = false;
    try {
      const verdict found = play(seed, {}, {});
      sum.note(found, "seed " + std::to_string(seed));
      went_wrong = is_wrong(found);
    } catch (const std::exception& e) {
      sum.violated(e.what());
      went_wrong = true;
    }
    if (went_wrong) {
      wrong.keep(seed, [&](floe::record::sink_ref left, floe::record::sink_ref right) {
        play(seed, left, right);
      });
    }
    if ((i + 1) % 20'000 == 0) sum.print();
  }
  sum.print();
  return sum.is_clean();
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t count = 200'000;
  std::uint64_t first = 1;
  constexpr std::uint64_t most = 999'999'999'999'999'999;
  examples::command_line line{"soak", "usage: soak [COUNT [FIRST_SEED]]\n"};
  line.words("COUNT", 0, 1, examples::number_into(count, 1, most))
      .words("FIRST_SEED", 0, 1, examples::number_into(first, 0, most));
  if (const auto code = line.read(argc, argv)) return *code;
  std::printf("random sessions with seeds %llu to %llu\n", static_cast<unsigned long long>(first),
              static_cast<unsigned long long>(first + count - 1));
  // The matrix in proportion: 20 seeds a cell beside 200,000 random sessions.
  keeper wrong{argv[0]};
  const bool whole = run_matrix(count / 10'000, wrong);
  const auto run = [&](const char* what, std::uint64_t so_many, auto&& play) {
    return run_trials(what, so_many, first, wrong, play);
  };
  using floe::record::sink_ref;
  const bool servers = run("servers", (count + 3) / 4, server_trial);
  const bool random = run("random", count, [](std::uint64_t seed, sink_ref left, sink_ref right) {
    return trial(draw_plan(seed), left, right).what;
  });
  const bool lives = run("lives", (count + 1) / 2, life_trial);
  return whole && servers && random && lives ? 0 : 1;
}
