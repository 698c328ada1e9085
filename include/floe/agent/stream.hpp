// The rows an agent keeps for each data stream and each component.
//
// owns:     generations of credentials, the path that data takes, and the rule that chooses it
// does not: hold candidates or pairs (ice/), or act on its own
// sources:  RFC 8445 sec. 9 (generations), sec. 12.1 (which path data takes); RFC 8863 sec. 4 (PAC
// timer)
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <optional>

#include "floe/core/datagram.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"
#include "floe/ice/check_incoming.hpp"
#include "floe/ice/consent.hpp"
#include "floe/ice/credentials.hpp"
#include "floe/ice/valid_list.hpp"

namespace floe {

/// The number that a restart gives. It comes round again after 2^32 restarts, of which a stream
/// remembers two.
[[nodiscard]] constexpr generation_number next(generation_number number) noexcept {
  return static_cast<generation_number>(static_cast<std::uint32_t>(number) + 1U);
}

/// The credentials between two restarts.
struct generation {
  generation_number number{};
  ice::local_credentials local{};
  std::optional<ice::remote_credentials> remote{};  ///< none until the peer's are known

  [[nodiscard]] const ice::remote_credentials* peer() const { return remote ? &*remote : nullptr; }
};

/// A data stream. During a restart the former generation lives on, so that its path keeps working
/// until the new one has its own (RFC 8445 sec. 9).
struct stream {
  generation current{};
  std::optional<generation> former{};
  bool removed = false;          ///< the host has ended it for good
  bool gathering = false;        ///< the host has named its sockets: candidates become events
  bool continual = false;        ///< candidates are named whatever is selected
  bool named = false;            ///< the host has said that it adds no more
  bool gathered = false;         ///< the last of them has been named
  bool remote_complete = false;  ///< the peer has named all its candidates
  bool restart_wanted = false;   ///< it is to start over when the peer has answered
  bool abandoned = false;        ///< a side took its consent back: only a restart resumes
  bool heard = false;            ///< the peer's checks came since the search for a path began
  deadline completed{};          ///< since when it is Completed and nothing was released
  deadline
      pac{};  ///< until when nothing fails, whatever goes wrong: the PAC timer (RFC 8863 sec. 4)
  deadline give_up{};  ///< when a component without a path has had its time; none before all
                       ///< candidates are known

  /// The peer's credentials of before the last restart; nullptr when there are none.
  [[nodiscard]] const ice::remote_credentials* former_peer() const {
    return former ? former->peer() : nullptr;
  }
};

/// The path that a component's data takes.
struct link {
  floe::path path;
  generation_number generation{};  ///< of the credentials its consent checks carry
  std::uint32_t priority = 0;      ///< the PRIORITY of its consent checks
  ice::consent consent;
  time_point last_sent;  ///< when anything last left on it
};

/// A component of a data stream.
struct component {
  stream_id stream{};
  component_id id{1};
  std::optional<ice::valid_id> told_selection{};  ///< the selected pair that the host knows of
  bool path_announced = false;                    ///< event::path_found was sent in this generation
  bool reached = false;  ///< a pair was valid since the search for a path began
  bool probed = false;   ///< all paths were asked since the one that carries data owes an answer
  deadline settled{};    ///< since when it has had a nominated pair; none without one
  std::optional<floe::link> link{};
};

/// A check whose sender's credentials are not known yet (RFC 8445 sec. 7.3).
struct early_check {
  stream_id stream{};
  ice::local_id local;
  endpoint source;
  ice::remote_ufrag sender;  ///< the ufrag that it named as its sender's
  ice::incoming_check check;
};

/// What a component knows about its paths. With a selected pair, on a list that has not failed,
/// nothing below has_selected is asked for.
struct link_view {
  bool has_failed = false;        ///< the checklist has failed
  bool has_selected = false;      ///< a pair is selected
  bool has_valid = false;         ///< some pair is valid and not silent
  bool on_former = false;         ///< the link in use belongs to the former generation
  bool on_current_valid = false;  ///< the link in use is a pair of this generation, still valid,
                                  ///< and not silent unless all are
};

/// Which path data takes next.
enum class link_choice : std::uint8_t { keep, take_selected, take_best, drop };

/// The selected pair, once there is one, or what carries its data (ice::valid_list::carrier()).
/// Until then the path of the former generation as long as its peer consents (RFC 8445 sec. 9),
/// else any valid pair (sec. 12.1), without leaving one that works. A stream that failed sends
/// nothing (sec. 12.1).
[[nodiscard]] constexpr link_choice choose_link(const link_view& view) noexcept {
  if (view.has_failed) return view.on_former ? link_choice::keep : link_choice::drop;
  if (view.has_selected) return link_choice::take_selected;
  if (view.on_former || view.on_current_valid) return link_choice::keep;
  return view.has_valid ? link_choice::take_best : link_choice::drop;
}

}  // namespace floe
