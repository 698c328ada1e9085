// How far gathering has come.
//
// owns:     when there is enough to answer with, and when nothing more will come
// does not: stop anything: what comes later is trickled
// sources:  RFC 8445 sec. 5.1; RFC 8838 sec. 8
// invariant: a server that does not answer delays neither beyond its limit.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>

#include "floe/core/time.hpp"

namespace floe::gather {

/// What is known while servers are being asked.
struct progress_facts {
  std::size_t outstanding = 0;        ///< attempts that have neither result nor failure
  bool wants_reflexive = false;       ///< some server is still to give a reflexive address
  bool wants_relay = false;           ///< some server is still to give a relay
  bool every_base_reflexive = false;  ///< every socket that is asked from has one
  bool every_base_relayed = false;    ///< every socket that is asked from has one
  duration since_start{};
  duration enough_after{};
};

enum class progress : std::uint8_t {
  gathering,
  enough,    ///< one of each kind for each socket, or time enough for that has passed
  complete,  ///< nothing is outstanding
};

/// A relay tells the reflexive address as well, so it makes up for the STUN server.
[[nodiscard]] constexpr progress judge(const progress_facts& f) noexcept {
  if (f.outstanding == 0) return progress::complete;
  const bool reflexive = !f.wants_reflexive || f.every_base_reflexive;
  const bool relayed = !f.wants_relay || f.every_base_relayed;
  if ((reflexive && relayed) || f.since_start >= f.enough_after) return progress::enough;
  return progress::gathering;
}

}  // namespace floe::gather
