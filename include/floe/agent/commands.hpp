// What the host tells an agent.
//
// owns:     construction, local candidates and credentials, restart, end
// does not: take what the peer signals (remotes.hpp), or start work: time has not come in; the next
//           handle_*() does
#pragma once

#include "floe/core/language.hpp"

#include "floe/agent/agent.hpp"
#include "floe/ice/host_candidate.hpp"

namespace floe {

namespace detail {

/// The configuration that an agent of its level works with: a lite one asks nobody for consent
/// (RFC 7675 sec. 5.1).
[[nodiscard]] inline config effective(config c) {
  Expects(!find_fault(c));
  c.consent.enabled = c.consent.enabled && c.level == ice::level::full;
  return c;
}

/// Each pair has one check that is not cancelled, and each component its consent checks.
[[nodiscard]] constexpr std::size_t transaction_capacity(const config& c) noexcept {
  return c.limits.pairs + c.limits.components * ice::most_unanswered(c.consent);
}

/// A lite agent offers what its host binds, and nothing else (RFC 8445 sec. 5.2).
[[nodiscard]] constexpr bool asks_servers(const config& c) noexcept {
  return !c.servers.empty() && c.level == ice::level::full;
}

/// Beside the events of the session itself there is a place for every candidate and its end.
[[nodiscard]] constexpr std::size_t event_capacity(const config& c) noexcept {
  return std::size_t{c.limits.events} + c.limits.local_candidates + c.limits.streams;
}

}  // namespace detail

inline agent::agent(time_point now, const config& config, entropy_ref entropy, memory_ref memory)
    : config_{detail::effective(config)}, entropy_{entropy}, now_{now},
      claim_{ice::role_between(config.level, {}, config.role), entropy.number()},
      streams_{config.limits.streams, memory}, components_{config.limits.components, memory},
      locals_(config.limits.local_candidates, memory),
      remotes_(config.limits.remote_candidates, memory),
      hidden_(config.limits.hidden_candidates, memory),
      checklists_(config.limits.streams, config.limits.pairs, memory),
      valid_(config.limits.pairs, memory), schedule_{ice::agreed_pace(config.ta, {},
                                                                      config.presumed_ta),
                                                     config.ta, config.pacer},
      budget_{config.unanswered, now}, transactions_(detail::transaction_capacity(config), memory),
      early_(config.limits.early_checks, memory),
      outbox_(detail::transaction_capacity(config), config.limits.answers, memory),
      events_(detail::event_capacity(config), memory), gatherer_{detail::asks_servers(config) ? 1U
                                                                                              : 0U,
                                                                 memory} {
  if (gatherer_.capacity() != 0) {
    config_.gathering.servers = config_.servers;
    gatherer_.emplace_back(config_.gathering, entropy_, memory);
  }
  config_.servers = config_.gathering.servers = {};
  const auto first = add_stream(config.components);
  Ensures(first.has_value());
}

inline result<stream_id> agent::add_stream(std::uint16_t components) {
  if (closed_) return unexpected{errc::session_closed};
  if (components < 1 || components > 256) return unexpected{errc::unknown_component};
  if (streams_.size() == config_.limits.streams ||
      components_.size() + components > config_.limits.components) {
    return unexpected{errc::capacity_reached};
  }
  const auto id = static_cast<stream_id>(streams_.size());
  streams_.push_back(
      {.current = {{}, ice::make_local_credentials(entropy_, config_.hash_library), {}}});
  for (unsigned c = 1; c <= components; ++c) {
    components_.push_back({.stream = id, .id = component_id{static_cast<std::uint16_t>(c)}});
  }
  checklists_.add_list();
  refresh_state();
  return id;
}

inline result<ice::local_id> agent::add_local(socket_id socket, const endpoint& bound,
                                              stream_id stream, component_id component,
                                              ice::network_cost cost) {
  if (const auto known = locate(stream, component); !known) return unexpected{known.error()};
  const endpoint at{unmapped(bound.address), bound.port};
  if (!ice::is_eligible_address(at, config_.loopback)) return unexpected{errc::unusable_address};
  if (locals_.uses(socket) || locals_.find(stream, component, at)) {
    return unexpected{errc::invalid_candidate};
  }
  auto made = locals_.make_host(socket, at, stream, component, cost);
  made.speaks_v6 = bound.address.family == family::ipv6;
  const auto id = enter(made);
  if (auto* const g = gatherer(); g != nullptr && id) {
    if (!g->add_socket(now_, socket, at)) events_.push_dropped(event::dropped::servers);
    serve_gatherer();
  }
  return id;
}

inline result<ice::local_id> agent::add_reflexive(ice::local_id host, const endpoint& mapped,
                                                  server_id server) {
  if (const auto may = may_obtain(host, mapped); !may) return unexpected{may.error()};
  const auto& through = locals_[host];
  const auto made = locals_.make_reflexive(host, mapped, server);
  const auto known = locals_.rows().find_if([&](const ice::local_candidate& row) {
    if (row.stream != through.stream || row.candidate.component != through.candidate.component ||
        row.candidate.address != mapped) {
      return false;
    }
    // Without a NAT the server sees the host's own address, which may be told in no other way.
    return row.candidate.type != ice::candidate_type::host ||
           ice::shows_address(row.candidate, config_.offers, config_.hide_hosts);
  });
  if (!known) return enter(made);
  // A check may have been answered before the server was.
  const bool learned = locals_[*known].candidate.type == ice::candidate_type::prflx;
  return learned && made ? enter(made, known) : *known;
}

/// Whether a candidate with this address can have been obtained through `host`. A socket that goes
/// and a server that answers meet as they like, so that an id may be that of a socket that is gone.
inline result<void> agent::may_obtain(ice::local_id host, const endpoint& obtained) const {
  if (closed_) return unexpected{errc::session_closed};
  if (config_.level == ice::level::lite) return unexpected{errc::unsupported};
  const auto* const through = locals_.rows().find(host);
  if (through == nullptr || through->candidate.type != ice::candidate_type::host) {
    return unexpected{errc::invalid_candidate};
  }
  if (!ice::is_eligible_address(obtained, config_.loopback)) {
    return unexpected{errc::unusable_address};
  }
  return {};
}

inline result<ice::local_id> agent::add_relayed(ice::local_id host, socket_id allocation,
                                                const endpoint& relayed, const endpoint& mapped,
                                                server_id server) {
  return enter_relayed(host, allocation, relayed, mapped, server, 0);
}

/// place: see local_candidates::make_relayed()
inline result<ice::local_id> agent::enter_relayed(ice::local_id host, socket_id allocation,
                                                  const endpoint& relayed, const endpoint& mapped,
                                                  server_id server, std::size_t place) {
  if (const auto may = may_obtain(host, relayed); !may) return unexpected{may.error()};
  const auto& through = locals_[host];
  if (locals_.uses(allocation) ||
      locals_.find(through.stream, through.candidate.component, relayed)) {
    return unexpected{errc::invalid_candidate};
  }
  return enter(locals_.make_relayed(host, allocation, relayed, mapped, server, place));
}

inline result<void> agent::remove_local(socket_id socket) {
  const auto base = locals_.find_socket(socket);
  if (!base) return unexpected{errc::invalid_candidate};
  drop_socket(*base);
  choose_links();
  refresh_state();
  return {};
}

inline offering agent::gather(time_point now, gathering what) {
  now_ = (std::max)(now_, now);
  if (closed_) return offering::closed;
  each_stream([&](stream_id id) {
    if (!std::exchange(at(id).gathering, true)) {
      announce(id);
      pair_up(id);
      unfreeze_first(id);
    }
    at(id).named = at(id).named || what == gathering::complete;
    at(id).continual = what == gathering::continual;
  });
  if (auto* const g = gatherer()) {
    g->start(now_);
    serve_gatherer();
  }
  auto all = offering::made;
  each_stream([&](stream_id id) {
    finish_gathering(id);
    if (!has_unoffered(id)) return;
    all = (std::max)(all, at(id).restart_wanted ? offering::after_answer : offering::needs_restart);
  });
  return all;
}

/// True when a stream has a candidate that came after its last.
inline bool agent::has_unoffered(stream_id stream) const {
  if (!at(stream).gathered) return false;
  return locals_.rows()
      .find_if([&](const ice::local_candidate& row) {
        return row.stream == stream && row.candidate.type != ice::candidate_type::prflx &&
               !row.conveyed && config_.offers(row.candidate);
      })
      .has_value();
}

inline ice::credentials_view agent::local_credentials(stream_id stream) const {
  const auto index = static_cast<std::size_t>(stream);
  if (index >= streams_.size() || streams_[index].removed) return {};
  return at(stream).current.local.view();
}

inline result<void> agent::nominate(ice::pair_id pair) {
  if (closed_) return unexpected{errc::session_closed};
  const bool by_host = config_.nomination.chosen_by == ice::nomination_config::host;
  if (!by_host || claim_.role != ice::role::controlling) return unexpected{errc::unsupported};
  const auto* const p = checklists_.find(pair);
  if (p == nullptr || !valid_.find(p->local, p->remote)) return unexpected{errc::no_path};
  if (outlook(*find_component(p->stream, p->component)).settled) return unexpected{errc::no_path};
  nominate_by_check(pair);
  return {};
}

inline offering agent::restart() {
  if (closed_) return offering::closed;
  auto all = offering::made;
  each_stream([&](stream_id id) { all = (std::max)(all, restart(id)); });
  refresh_state();
  return all;
}

inline result<void> agent::drop_component(component_id component, stream_id stream) {
  if (const auto known = locate(stream, component); !known) return known;
  if (component == component_id{1}) return unexpected{errc::unsupported};
  forget_component(stream, component);
  refresh_state();
  return {};
}

inline result<void> agent::remove_stream(stream_id stream) {
  if (const auto known = locate(stream, component_id{1}); !known) return known;
  const auto of_stream = [&](const component& c) { return c.stream == stream; };
  for (;;) {
    const auto found = std::find_if(components_.begin(), components_.end(), of_stream);
    if (found == components_.end()) break;
    forget_component(stream, found->id);
  }
  at(stream) = {.removed = true};
  refresh_state();
  return {};
}

/// Ends whatever a component has, and the component.
inline void agent::forget_component(stream_id stream, component_id component) {
  const auto is_host = [&](const ice::local_candidate& row) {
    return row.stream == stream && row.candidate.component == component &&
           row.candidate.type == ice::candidate_type::host;
  };
  while (const auto host = locals_.rows().find_if(is_host)) drop_socket(*host);
  drop_pairs([&](const ice::pair& p) { return p.stream == stream && p.component == component; });
  valid_.erase_if(
      [&](const ice::valid_pair& v) { return v.stream == stream && v.component == component; });
  transactions_.erase_if([&](const sent_check& check) {
    return check.stream == stream && check.component == component;
  });
  remotes_.forget(stream, component);
  hidden_.for_each([&](ice::hidden_id id, const ice::hidden_candidate& row) {
    if (row.stream == stream && row.candidate.component == component) hidden_.erase(id);
  });
  components_.erase(std::remove_if(components_.begin(), components_.end(),
                                   [&](const floe::component& c) {
                                     return c.stream == stream && c.id == component;
                                   }),
                    components_.end());
}

/// Ends a socket and all that was obtained through it.
inline void agent::drop_socket(ice::local_id base) {
  const auto socket = locals_[base].socket;
  forget_local(base);
  if (auto* const g = gatherer()) {
    release_relay(socket);
    g->remove_socket(now_, socket);
    serve_gatherer();
  }
}

inline void agent::close() {
  closed_ = true;
  outbox_.clear();
  if (auto* const g = gatherer()) g->close(now_);
  refresh_state();
}

inline result<void> agent::locate(stream_id stream, component_id component) const {
  if (closed_) return unexpected{errc::session_closed};
  const auto index = static_cast<std::size_t>(stream);
  if (index >= streams_.size() || streams_[index].removed) return unexpected{errc::unknown_stream};
  if (find_component(stream, component) == nullptr) return unexpected{errc::unknown_component};
  return {};
}

/// Enters a local candidate into the table, in the place of a learned one if there is one, and
/// tells the host while candidates may still come.
inline result<ice::local_id> agent::enter(std::optional<ice::local_candidate> made,
                                          std::optional<ice::local_id> learned) {
  if (!made || locals_.count_named() == config_.limits.local_candidates) {
    return unexpected{errc::capacity_reached};
  }
  ice::hide_related(made->candidate, config_.offers);
  if (config_.hide_hosts) locals_.hide_host_in(made->candidate);
  const auto id = learned ? learned : locals_.add(*made);
  if (!id) return unexpected{errc::capacity_reached};
  if (learned) locals_.replace(*learned, *made);
  if (config_.offers(made->candidate)) locals_.open(*id);
  const auto& row = at(made->stream);
  if (!row.gathering || row.gathered) return *id;
  if (checklists_.state(made->stream) == ice::checklist_state::completed && !row.continual) {
    // The peer is told no more (RFC 8838 sec. 13), and learns it from a check if it must.
    if (config_.offers(made->candidate)) locals_.convey(*id);
    reprioritize();
    return *id;
  }
  announce(*id);
  reprioritize();
  pair_up(made->stream);
  unfreeze_first(made->stream);
  return *id;
}

/// Tells the host all candidates of a stream.
inline void agent::announce(stream_id stream) {
  locals_.prioritize(stream);
  reprioritize();
  // Lower components first (RFC 8838 sec. 17).
  for (const auto& c : components_) {
    locals_.rows().for_each([&](ice::local_id id, const ice::local_candidate& row) {
      if (row.stream != stream || row.candidate.component != c.id || c.stream != stream) return;
      if (row.candidate.type != ice::candidate_type::prflx) announce(id);
    });
  }
}

inline void agent::announce(ice::local_id id) {
  const auto& row = locals_[id];
  if (!config_.offers(row.candidate)) return;
  locals_.convey(id);
  events_.push(event::local_candidate{row.stream, id});
}

/// Says that a stream has all its candidates, once host and servers have given theirs.
inline void agent::finish_gathering(stream_id stream) {
  auto& row = at(stream);
  const auto* const g = gatherer();
  if (!row.named || (g != nullptr && !g->is_complete())) return;
  if (std::exchange(row.gathered, true)) return;
  events_.push(event::gathering_done{stream});
}

/// Starts a stream over, or lets that wait while the peer has yet to answer: to the beginning, or
/// to an earlier restart. Its answer to the first of two could not be told from that to the second.
inline offering agent::restart(stream_id stream) {
  auto& row = at(stream);
  if (!row.current.remote) {
    // Before anything was gathered all that there is will be.
    row.restart_wanted = row.gathering;
    return row.restart_wanted ? offering::after_answer : offering::made;
  }
  budget_.restore(now_);
  start_over(stream);
  return offering::made;
}

inline void agent::start_over(stream_id stream) {
  auto& row = at(stream);
  const auto fresh = ice::make_local_credentials(entropy_, config_.hash_library);
  const bool still_on_former =
      row.former && std::any_of(components_.begin(), components_.end(), [&](const component& c) {
        return c.stream == stream && c.link && c.link->generation == row.former->number;
      });
  if (!still_on_former) row.former = row.current;
  row.current = {next(row.current.number), fresh, {}};
  row.remote_complete = false;
  row.abandoned = false;
  begin_search(stream);

  forget_checks(stream);
  early_.erase_if([&](const early_check& e) { return e.stream == stream; });
  forbid_peers(stream);
  locals_.forget_learned(stream);
  remotes_.forget(stream);
  hidden_.for_each([&](ice::hidden_id id, const ice::hidden_candidate& hidden) {
    if (hidden.stream == stream) hidden_.erase(id);
  });
  for (auto& c : components_) {
    if (c.stream != stream) continue;
    c.told_selection.reset();
    c.settled.reset();
    c.path_announced = false;
  }
  transition(stream, ice::checklist_event::restarted);

  events_.push(event::restarted{stream});
  if (!row.gathering) return;
  // One that its server forgot would be offered in vain.
  if (auto* const g = gatherer()) g->prove_relays();
  announce(stream);
  row.gathered = false;
  finish_gathering(stream);
}

/// Lets nothing leave from a base any more, or come in, until a restart opens it again.
inline void agent::close_local(ice::local_id base) {
  locals_.close(base);
  transactions_.erase_if([&](const sent_check& check) { return check.local == base; });
  drop_pairs([&](const ice::pair& p) { return p.local == base; });
  valid_.erase_if([&](const ice::valid_pair& v) { return v.checked == base; });
}

/// Ends whatever leaves from a local candidate, or from one that was obtained through it.
inline void agent::forget_local(ice::local_id id) {
  const auto goes = [&](ice::local_id other) { return locals_.stems_from(other, id); };
  const auto leaves = [&](socket_id socket) {
    const auto base = locals_.find_socket(socket);
    return base && goes(*base);
  };
  for (auto& c : components_) {
    if (c.link && leaves(c.link->path.local)) leave_link(c);
  }
  transactions_.erase_if([&](const sent_check& check) { return goes(check.local); });
  early_.erase_if([&](const early_check& check) { return goes(check.local); });
  drop_pairs([&](const ice::pair& p) { return goes(p.local); });
  valid_.erase_if([&](const ice::valid_pair& v) { return goes(v.local) || goes(v.checked); });
  // Its number may be that of another socket by the time they would leave.
  locals_.rows().for_each([&](ice::local_id other, const ice::local_candidate& row) {
    if (goes(other)) outbox_.forget_replies(row.socket);
  });
  locals_.erase(id);
}

}  // namespace floe
