// What the host tells an agent about its peer.
//
// owns:     the peer's credentials, traits and candidates as they come in, and their pairs
// does not: decide which pairs there are (ice/pairing.hpp), or start work: time has not come in;
//           the next handle_*() does
// sources:  RFC 8445 sec. 5.3, 6.1.2, 9; RFC 8838 sec. 11 to 13; the draft that agent.hpp names
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>

#include "floe/agent/agent.hpp"
#include "floe/ice/hidden.hpp"
#include "floe/ice/pairing.hpp"

namespace floe {

inline result<void> agent::set_remote_credentials(std::string_view ufrag, std::string_view password,
                                                  stream_id stream) {
  if (const auto known = locate(stream, component_id{1}); !known) return known;
  const auto made = ice::make_remote_credentials(ufrag, password, config_.hash_library);
  if (!made) return unexpected{made.error()};

  auto& row = at(stream);
  switch (ice::compare(row.current.peer(), row.former_peer(), *made)) {
    case ice::remote_change::none: return {};
    case ice::remote_change::half: return unexpected{errc::half_changed_credentials};
    case ice::remote_change::stale: return unexpected{errc::stale_generation};
    case ice::remote_change::restart:
      budget_.refill(now_);
      start_over(stream);
      break;
    case ice::remote_change::first: break;
  }
  row.current.remote = *made;
  if (std::exchange(row.restart_wanted, false)) {
    budget_.restore(now_);
    start_over(stream);
    refresh_state();
    return {};
  }
  pair_up(stream);
  unfreeze_first(stream);
  replay_early_checks(stream);
  refresh_state();
  return {};
}

inline void agent::describe_peer(const ice::peer_traits& traits) {
  if (closed_) return;
  schedule_.set_ta(ice::agreed_pace(config_.ta, traits, config_.presumed_ta));
  const bool known = std::any_of(streams_.begin(), streams_.end(), [](const floe::stream& row) {
    return row.current.remote.has_value();
  });
  if (known) return;
  // Without a change of levels a restart keeps the roles (RFC 8445 sec. 6.1.1).
  if (std::exchange(peer_.level, traits.level) == traits.level) return;
  const auto role = ice::role_between(config_.level, peer_.level, config_.role);
  if (role != claim_.role) switch_role(role);
}

inline result<ice::remote_id> agent::add_remote(const ice::candidate& candidate,
                                                std::string_view ufrag, stream_id stream) {
  if (const auto may = may_take_remote(candidate.component, ufrag, stream); !may) {
    return unexpected{may.error()};
  }
  return take_remote(candidate, stream, false);
}

inline result<ice::hidden_id> agent::add_hidden_remote(const ice::candidate& candidate,
                                                       std::string_view name,
                                                       std::string_view ufrag, stream_id stream) {
  if (const auto may = may_take_remote(candidate.component, ufrag, stream); !may) {
    return unexpected{may.error()};
  }
  const bool is_host = candidate.type == ice::candidate_type::host;
  if (!is_host || !ice::is_well_formed(candidate)) return unexpected{errc::invalid_candidate};
  const auto host_name = ice::read_hidden_name(name);
  if (!host_name || !may_reach_hidden(stream, candidate.component)) {
    return unexpected{errc::unusable_address};
  }
  const auto known = hidden_.find_if([&](const ice::hidden_candidate& row) {
    return row.stream == stream && row.candidate.component == candidate.component &&
           row.candidate.address.port == candidate.address.port && row.name == *host_name;
  });
  if (known) return *known;
  const auto id = hidden_.insert({.candidate = candidate, .stream = stream, .name = *host_name});
  if (!id) {
    events_.push_dropped(event::dropped::remote_candidates);
    return unexpected{errc::capacity_reached};
  }
  events_.push(event::address_needed{stream, *id});
  return *id;
}

inline std::string_view agent::hidden_name(ice::hidden_id id) const {
  const auto* const row = hidden_.find(id);
  return row != nullptr ? row->name.view() : std::string_view{};
}

inline result<ice::remote_id> agent::resolved(ice::hidden_id id,
                                              gsl::span<const address> addresses) {
  if (closed_) return unexpected{errc::session_closed};
  auto* const row = hidden_.find(id);
  if (row == nullptr || std::exchange(row->resolved, true)) {
    return unexpected{errc::stale_generation};
  }
  const auto found = ice::choose_resolved(addresses);
  if (!found) return unexpected{errc::unusable_address};
  auto candidate = row->candidate;
  candidate.address.address = *found;
  return take_remote(candidate, row->stream, true);
}

/// True when something but a relay may reach an address that the peer hides: no relay is told it,
/// and so with relays alone nobody need know it either. Sockets may yet be named.
inline bool agent::may_reach_hidden(stream_id stream, component_id component) const {
  bool any = false;
  bool direct = false;
  locals_.rows().for_each([&](ice::local_id, const ice::local_candidate& row) {
    if (row.stream != stream || row.candidate.component != component) return;
    if (row.candidate.type != ice::candidate_type::host) return;
    any = true;
    direct = direct || ice::offers_direct(row.candidate, config_.offers);
  });
  return direct || !any;
}

/// Whether the peer may still signal a candidate of the generation that `ufrag` names.
inline result<void> agent::may_take_remote(component_id component, std::string_view ufrag,
                                           stream_id stream) const {
  if (const auto known = locate(stream, component); !known) return known;
  const auto& row = at(stream);
  if (!ice::belongs(ufrag, row.current.peer(), row.former_peer())) {
    return unexpected{errc::stale_generation};
  }
  if (row.remote_complete) return unexpected{errc::after_end_of_candidates};
  return {};
}

inline result<ice::remote_id> agent::take_remote(const ice::candidate& candidate, stream_id stream,
                                                 bool hidden) {
  if (const auto fault = ice::find_fault(candidate, config_.loopback)) return unexpected{*fault};
  if (!config_.accepts(candidate)) return unexpected{errc::unusable_address};
  auto addition = remotes_.add(stream, candidate, hidden);
  const auto needed = [&](ice::remote_id id) { return is_needed(id); };
  if (addition.what == ice::remote_addition::no_room &&
      forget_remote(remotes_.signalled_victim_for(stream, candidate.priority, needed))) {
    addition = remotes_.add(stream, candidate, hidden);
  }
  switch (addition.what) {
    case ice::remote_addition::no_room:
      events_.push_dropped(event::dropped::remote_candidates);
      return unexpected{errc::capacity_reached};
    case ice::remote_addition::known: return addition.id;
    case ice::remote_addition::upgraded: reprioritize(); break;
    case ice::remote_addition::added: break;
  }
  if (pair_up(stream, addition.id)) {
    at(stream).give_up.reset();  // not all candidates were known
    transition(stream, ice::checklist_event::revived);
  }
  unfreeze_first(stream);
  refresh_state();
  return addition.id;
}

inline result<void> agent::end_of_remote_candidates(std::string_view ufrag, stream_id stream) {
  if (const auto known = locate(stream, component_id{1}); !known) return known;
  auto& row = at(stream);
  if (!ice::belongs(ufrag, row.current.peer(), row.former_peer())) {
    return unexpected{errc::stale_generation};
  }
  row.remote_complete = true;
  return {};
}

/// True once both sides of a stream may be checked.
inline bool agent::may_check(stream_id stream) const {
  const auto& row = at(stream);
  const bool forms_pairs =
      config_.level == ice::level::full || ice::settles_without_checks(config_.level, peer_.level);
  return forms_pairs && row.gathering && row.current.remote && !row.abandoned;
}

/// Forms all pairs of a stream, or those of one component. Returns whether there was one to form.
inline bool agent::pair_up(stream_id stream, std::optional<component_id> only) {
  bool any = false;
  remotes_.rows().for_each([&](ice::remote_id id, const ice::remote_candidate& row) {
    if (row.stream != stream || (only && row.candidate.component != *only)) return;
    any = pair_up(stream, id) || any;
  });
  return any;
}

/// Forms the pairs of one signalled candidate. Returns whether there was one to form.
inline bool agent::pair_up(stream_id stream, ice::remote_id theirs) {
  const auto& remote = remotes_[theirs];
  // A learned candidate has the pair that it was learned on (RFC 8445 sec. 7.3.1.3).
  if (!may_check(stream) || remote.learned) return false;
  bool any = false;
  locals_.rows().for_each([&](ice::local_id mine, const ice::local_candidate& local) {
    if (!ice::may_pair(local, remote) || checklists_.find(mine, theirs)) return;
    any = add_pair(mine, theirs).has_value() || any;
  });
  return any;
}

inline void agent::replay_early_checks(stream_id stream) {
  for (auto left = early_.size(); left != 0; --left) {
    const auto early = *early_.pop();
    if (early.stream == stream) {
      // Several may have answered an offer, and one of them is the peer (RFC 8445 sec. 7.3).
      if (ice::identify_sender(early.sender.view(), at(stream).current.peer()) ==
          ice::check_sender::peer) {
        (void)accept_check(early.stream, early.local, early.source, early.check);
      }
    } else {
      const bool kept = early_.push(early);
      Ensures(kept);
    }
  }
}

/// True for a remote candidate that a valid pair needs.
inline bool agent::is_needed(ice::remote_id id) const {
  return valid_.uses(id) || checklists_.is_needed(id);
}

/// Gives up a remote candidate, if there is one that gives way. Returns whether there was.
inline bool agent::forget_remote(std::optional<ice::remote_id> victim) {
  if (!victim) return false;
  drop_pairs([&](const ice::pair& p) { return p.remote == *victim; });
  transactions_.erase_if([&](const sent_check& check) { return check.remote == *victim; });
  remotes_.erase(*victim);
  events_.push_dropped(event::dropped::remote_candidates);
  return true;
}

}  // namespace floe
