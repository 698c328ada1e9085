// An agent in a test, recorded or not.
//
// owns:     how a script that names the type of the agent gets it, and recordings as files
// does not: record what such a script does: it must not be given a sink
#pragma once

#include <fstream>
#include <gsl/assert>
#include <string>
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

/// A recording that goes to a file, or nowhere without a name.
class recording_file {
 public:
  explicit recording_file(const std::string& path) {
    if (!path.empty()) file_.open(path, std::ios::binary);
  }

  [[nodiscard]] record::sink_ref sink() {
    return file_.is_open() ? record::sink_ref{*this} : record::sink_ref{};
  }
  [[nodiscard]] bool good() const { return static_cast<bool>(file_); }

  bool operator()(byte_view more) {
    file_.write(reinterpret_cast<const char*>(more.data()),
                static_cast<std::streamsize>(more.size()));
    return static_cast<bool>(file_.flush());
  }

 private:
  std::ofstream file_;
};

}  // namespace floe::sim
