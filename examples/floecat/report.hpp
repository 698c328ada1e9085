// What --verbose tells on stderr: one line per happening, as "floecat +MS WORD REST".
//
// examples/demo.py reads these lines; MS counts from the clock that the first of them names.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "floe/agent/agent.hpp"

namespace floecat {

/// One visitor out of several functions.
template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

/// Something went wrong: told whether or not anybody wants to know more.
void complain(const std::string& text);

/// The values of the candidate attribute, as a peer would send them.
[[nodiscard]] std::string text_of(const floe::agent& agent, floe::ice::local_id id);
[[nodiscard]] std::string text_of(const floe::agent& agent, floe::ice::remote_id id,
                                  std::string_view ufrag = {});

/// ADDRESS:PORT, an IPv6 address in brackets.
[[nodiscard]] std::string text_of(const floe::endpoint& e);

class report {
 public:
  explicit report(bool wanted);

  void tell(const std::string& text) const;
  void tell_event(const floe::agent& agent, const floe::event::any& event);
  void tell_totals(const floe::statistics& totals) const;

 private:
  bool wanted_;
  floe::time_point start_;
  std::map<std::uint32_t, std::string> pairs_;  ///< as they were told, to name those that go
};

}  // namespace floecat
