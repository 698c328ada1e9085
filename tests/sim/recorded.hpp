// An agent in a test, recorded or not.
//
// owns:     how a script that names the type of the agent gets it
// does not: record what such a script does: it must not be given a sink
#pragma once

#include <gsl/assert>
#include <type_traits>

#include "floe/agent/agent.hpp"
#include "floe/record/recorder.hpp"

namespace floe::sim {

/// Calls `act` with the recorder, as `[](auto& a)` takes it, or with the agent in it, where `act`
/// asks for one.
template <class Act>
void give(record::recorder& to, Act&& act) {
  if constexpr (std::is_invocable_v<Act&, record::recorder&>) {
    act(to);
  } else {
    Expects(!to.is_recording());
    act(const_cast<agent&>(to.agent()));
  }
}

}  // namespace floe::sim
