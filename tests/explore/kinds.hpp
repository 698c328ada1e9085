// The kinds of small sessions that are explored.
//
// owns:     the list; a number in it names a kind in a replay
// does not: walk any
#pragma once

#include <array>
#include <vector>

#include "explore/session.hpp"

namespace floe::explore {

/// Both sizes of both sides, all roles, tie-breakers and ways of signalling. What only changes the
/// names of the sides is left out: two sides with as many candidates are each other's mirror. Where
/// the roles differ nobody looks at tie-breakers: the smallest sessions show that.
[[nodiscard]] inline std::vector<kind> all_kinds() {
  using ice::role;
  struct shape {
    std::array<std::size_t, 2> candidates;
    bool one_path;
  };
  struct contest {
    std::array<role, 2> roles;
    explore::ties ties;
  };
  constexpr std::array shapes{shape{{1, 1}, false}, shape{{1, 2}, false}, shape{{1, 2}, true},
                              shape{{2, 2}, false}, shape{{2, 2}, true}};
  constexpr auto ing = role::controlling;
  constexpr auto ed = role::controlled;
  constexpr std::array contests{
      contest{{ing, ed}, ties::left_larger},   contest{{ed, ing}, ties::left_larger},
      contest{{ing, ing}, ties::left_larger},  contest{{ing, ing}, ties::equal},
      contest{{ed, ed}, ties::left_larger},    contest{{ed, ed}, ties::equal},
      contest{{ing, ing}, ties::right_larger}, contest{{ed, ed}, ties::right_larger},
      contest{{ing, ed}, ties::right_larger},  contest{{ing, ed}, ties::equal}};
  std::vector<kind> all;
  for (const auto& s : shapes) {
    const bool mirrored = s.candidates[0] == s.candidates[1];
    for (std::size_t i = 0; i < contests.size(); ++i) {
      const auto& c = contests.at(i);
      const bool mirror_image =
          c.ties == ties::right_larger || (c.roles[0] == ed && c.roles[1] == ing);
      const bool idle_ties = c.roles[0] != c.roles[1] && c.ties != ties::left_larger;
      const bool smallest = s.candidates[0] * s.candidates[1] == 1;
      if (!smallest && ((mirrored && mirror_image) || idle_ties)) continue;
      for (const bool trickle : {false, true}) {
        all.push_back({s.candidates, c.roles, c.ties, trickle, s.one_path});
      }
    }
  }
  return all;
}

}  // namespace floe::explore
