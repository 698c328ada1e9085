// Walks every order in which a small session can go.
//
// owns:     the walk in depth, the memory of where it has been, and the proof by sample that this
//           memory confuses nothing
// does not: know what a session is made of (session.hpp)
// invariant: a state is passed over only when the same state was walked on from before with as
//            many faults left, or more. Time only goes on, so no walk comes round to itself.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "explore/digest.hpp"
#include "explore/keeper.hpp"
#include "explore/session.hpp"
#include "sim/random.hpp"

namespace floe::explore {

/// Where a walk has been, and with how many faults left.
class visited {
 public:
  /// Notes a state. Returns false when nothing new can come from it.
  bool enter(const digest& d, unsigned faults) {
    if (2 * (size_ + 1) > places_.size()) grow();
    const place wanted{d.high, (d.low & ~mask) | (faults + 1)};
    auto& found = find(places_, wanted);
    if (found.low == 0) {
      ++size_;
    } else if ((found.low & mask) >= (wanted.low & mask)) {
      return false;
    }
    found = wanted;
    return true;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static constexpr std::uint64_t mask = 15;

  struct place {
    std::uint64_t high = 0;
    std::uint64_t low = 0;  ///< its last four bits: the faults left and one; 0: nobody is here
  };

  static place& find(std::vector<place>& in, const place& wanted) {
    auto at = wanted.high % in.size();
    while (in[at].low != 0 &&
           (in[at].high != wanted.high || (in[at].low & ~mask) != (wanted.low & ~mask))) {
      at = at + 1 == in.size() ? 0 : at + 1;
    }
    return in[at];
  }

  void grow() {
    std::vector<place> larger(places_.size() * 2);
    for (const auto& p : places_) {
      if (p.low != 0) find(larger, p) = p;
    }
    places_ = std::move(larger);
  }

  std::vector<place> places_ = std::vector<place>(1U << 12U);
  std::size_t size_ = 0;
};

/// What a walk is to do.
struct task {
  explore::kind kind{};
  explore::bounds bounds{};
  bool prune = true;
  std::size_t most = 0;        ///< stop after so many states; 0: go to the end
  unsigned sample = 0;         ///< try one of so many states that look alike; 0: none
  std::size_t violations = 1;  ///< stop after so many
};

/// What a walk has found.
struct findings {
  std::size_t states = 0;
  std::size_t steps = 0;
  std::size_t pruned = 0;
  std::set<std::uint64_t> ends{};  ///< states in which both agree
  std::size_t samples = 0;         ///< pairs of states that look alike, and went on alike
  std::size_t depth = 0;           ///< the most choices in a row
  duration latest{};               ///< the longest time until an agreement
  bool complete = true;            ///< everything was walked
  std::set<std::uint64_t> outcomes{};
  struct violated {
    std::string what;
    std::string path;  ///< the choices, for a replay
  };
  std::vector<violated> violations{};
};

[[nodiscard]] inline std::string text_of(const std::vector<choice>& path) {
  std::string text;
  for (const auto& c : path) text += (text.empty() ? "" : " ") + text_of(c);
  return text;
}

class walk {
 public:
  explicit walk(const task& t) : task_{t}, session_{t.kind, t.bounds}, keeper_{session_} {}

  findings run() {
    enter(0);
    found_.states = seen_.size();
    if (!task_.prune) found_.states = found_.steps + 1;
    return found_;
  }

 private:
  struct frame {
    keeper::state state;
    std::vector<choice> choices;
  };

  [[nodiscard]] bool is_done() const {
    return found_.violations.size() >= task_.violations ||
           (task_.most != 0 && seen_.size() >= task_.most);
  }

  void violate(const char* what) { found_.violations.push_back({what, text_of(path_)}); }

  /// The session is in a state that has just been reached.
  void enter(std::size_t depth) {
    found_.depth = std::max(found_.depth, depth);
    if (task_.prune && !is_new()) {
      ++found_.pruned;
      return;
    }
    if (session_.is_over()) {
      session_.check_end();
      found_.latest = std::max(found_.latest, session_.now() - sim::epoch);
      found_.ends.insert(session_.identity().low);
      found_.outcomes.insert(session_.outcome());
      return;
    }
    if (frames_.size() <= depth) frames_.emplace_back();
    frames_[depth].choices = session_.choices();
    if (frames_[depth].choices.empty()) return violate("5: nothing will ever happen");
    keeper_.save(frames_[depth].state);
    for (std::size_t i = 0; i < frames_[depth].choices.size(); ++i) {
      if (is_done()) {
        found_.complete = false;
        return;
      }
      if (i != 0) keeper_.load(frames_[depth].state);
      path_.push_back(frames_[depth].choices[i]);
      try {
        ++found_.steps;
        session_.apply(path_.back());
        enter(depth + 1);
      } catch (const violation& v) {
        violate(v.what());
      }
      path_.pop_back();
    }
  }

  bool is_new() {
    const auto d = session_.identity();
    const bool fresh = seen_.enter(d, session_.faults_left());
    if (task_.sample != 0 && d.high % task_.sample == 0) try_sample(d);
    return fresh;
  }

  /// Runs on from this state and from one that looked like it, with the same choices.
  void try_sample(const digest& d) {
    const std::pair key{d.high, d.low};
    const auto [known, is_first] = samples_.try_emplace(key);
    if (is_first) return keeper_.save(known->second);
    keeper::state here;
    keeper_.save(here);
    const auto left = std::min(here.faults(), known->second.faults());
    const auto a = future_of(here, left, d.low);
    const auto b = future_of(known->second, left, d.low);
    keeper_.load(here);
    if (a != b) throw violation{"the digest hides a difference"};
    ++found_.samples;
  }

  /// What a state comes to with choices that a seed draws: the digest after each.
  std::vector<std::uint64_t> future_of(const keeper::state& from, unsigned faults,
                                       std::uint64_t seed) {
    constexpr int length = 60;
    keeper_.load(from);
    session_.limit_faults(faults);
    sim::random_source chance{seed};
    std::vector<std::uint64_t> future;
    for (int i = 0; i < length && !session_.is_over(); ++i) {
      const auto all = session_.choices();
      if (all.empty()) break;
      try {
        session_.apply(all[chance.below(all.size())]);
      } catch (const violation&) {
        future.push_back(0);
        break;
      }
      future.push_back(session_.identity().low);
    }
    future.push_back(session_.outcome());
    return future;
  }

  task task_;
  session session_;
  keeper keeper_;
  visited seen_;
  findings found_;
  std::deque<frame> frames_;
  std::vector<choice> path_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, keeper::state> samples_;
};

}  // namespace floe::explore
