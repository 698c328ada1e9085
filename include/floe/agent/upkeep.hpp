// What time brings: retransmissions, checks, nominations, and the end of hope.
//
// owns:     the order in which the components are asked what is due
// does not: decide; each component answers for itself, and next_timeout() is their minimum
// sources:  RFC 8445 sec. 6.1.4, sec. 8.1.1; RFC 8863 sec. 4
#pragma once

#include "floe/core/language.hpp"

#include "floe/agent/agent.hpp"
#include "floe/ice/conclusion.hpp"
#include "floe/ice/nomination.hpp"
#include "floe/ice/schedule.hpp"

namespace floe {

inline void agent::handle_timeout(time_point now) {
  advance(now);
  pump();
}

inline deadline agent::next_timeout() const {
  const auto* const g = gatherer();
  soonest next;
  if (g != nullptr) next.note(g->next_timeout());
  if (closed_) return before_end(next.get());
  if (g != nullptr && g->wants_start()) next.note(schedule_.free_for_server_at(now_));
  next.note(transactions_.deadline());
  if (config_.level == ice::level::full) {
    next.note(schedule_.deadline(now_, checklists_));
  }
  if (config_.consent.enabled) {
    next.note(valid_.stale_deadline(config_.consent.expiry));
  }
  if (silence().unheard && config_.silence) {
    for (const auto id : checklists_.order()) {
      const auto& p = checklists_[id];
      if (!carries_data(p)) next.note(ice::gone_at(p.heard, config_.silence));
    }
  }
  valid_.for_each([&](ice::valid_id id) {
    const auto& v = valid_[id];
    if (needs_refresh(v)) next.note(ice::refresh_due(v, config_.keepalive));
  });
  each_stream([&](stream_id id) {
    next.note(conclusion_deadline(id));
    next.note(ice::release_due(at(id).completed, config_.release));
  });
  for (const auto& c : components_) {
    next.note(link_deadline(c));
    next.note(carrier_deadline(c));
    next.note(nomination_deadline(c));
    if (settled_by_candidates(c) || wants_another_link(c)) next.note(now_);
  }
  // Data may have told the time after which the peer is late.
  if (floe::next(state_, condition_of(facts()))) next.note(now_);
  return before_end(next.get());
}

/// Lets time pass up to `now`: whatever fell due happens before anything new does.
inline void agent::advance(time_point now) {
  now_ = (std::max)(now_, now);
  if (auto* const g = gatherer()) g->handle_timeout(now_);
  if (closed_) return;
  serve_gatherer();
  serve_transactions();
  serve_links();
  expire_proofs();
}

/// Starts what has become possible.
inline void agent::pump() {
  if (closed_) return;
  // What a server is asked may end at once, and the gathering with it; what a relay is asked may
  // leave another server to ask; and a pair whose check is withheld may be the last of its list.
  bool withheld = false;
  do {
    serve_gatherer();
    start_timers();
    settle_without_checks();
    give_up();
    nominate();
    choose_links();
    refresh_pairs();
    release_unselected();
    withheld = !start_next_check();
  } while (withheld || ask_server() || ask_relays());
  refresh_state();
}

inline void agent::serve_transactions() {
  using what = check_transactions::due::what;
  while (const auto due = transactions_.on_time(now_)) {
    switch (due->kind) {
      case what::resend:
        outbox_.push(transactions_, due->which);
        ++stats_.retransmissions;
        if (auto* const history = history_of(due->row.owner)) {
          ice::check_history::count(history->requests_sent);
        }
        break;
      case what::expired:
        if (due->row.owner.what == sent_check::connectivity) on_failure(due->row);
        break;
    }
  }
}

/// Starts the timers of the streams on which checks can come and go: the PAC timer (RFC 8863 sec.
/// 4), and once all candidates are known the time for a first valid pair.
inline void agent::start_timers() {
  each_stream([&](stream_id id) {
    auto& row = at(id);
    if (!row.current.remote) return;
    if (!row.pac) row.pac = stun::retransmit_schedule{now_, config_.check}.expiry();
    if (!row.give_up && ice::is_complete(outlook(id))) row.give_up = after(now_, config_.give_up);
  });
}

/// When a list may come to its end, or its timers have to start.
inline deadline agent::conclusion_deadline(stream_id stream) const {
  const auto& row = at(stream);
  if (!row.current.remote) return std::nullopt;
  const auto list = outlook(stream);
  const bool starts = !row.pac || (!row.give_up && ice::is_complete(list));
  if (starts || ice::conclude(list, now_)) return now_;
  const bool running = list.state == ice::checklist_state::running;
  if (running && is_complete(stream)) return now_;
  // Then the peer is presumed to have named all its components.
  const auto presumed = running && now_ < *row.pac ? row.pac : std::nullopt;
  return earliest(ice::conclusion_due(list, now_), presumed);
}

/// What the nomination rule must know about a component.
inline ice::component_outlook agent::outlook(const component& c) const {
  constexpr ice::component_outlook settled{.settled = true};
  if (claim_.role != ice::role::controlling ||
      checklists_.state(c.stream) != ice::checklist_state::running) {
    return settled;
  }
  // Most components have no valid pair yet: that is known without a look at all pairs.
  const auto valid_since = valid_.first_since(c.stream, c.id);
  if (!valid_since) return {};
  if (settled_on(c)) return settled;
  const auto first = first_settled_on(c);
  const auto best = favourite(c, first);
  const auto chosen = nominee(c, first);
  if (!best || !chosen) return {};
  const auto& v = valid_[*best];
  const ice::valid_outlook valid{
      .relayed = is_relayed(v.checked, v.remote),
      .round_trip = ice::presumed_round_trip(v.rtt),
      .since = (std::max)(*valid_since, first ? first->since : (time_point::min)())};
  const auto rank = [&](const ice::pair& p) {
    return ice::rank_of(p.foundation, p.priority, first);
  };
  ice::component_outlook view{.follows = !first && waits_for_first(c), .has_valid = true};
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    const bool matters = p.stream == c.stream && p.component == c.id && is_pending(p.state) &&
                         rank(p) > rank(checklists_[*chosen]);
    if (!matters) continue;
    const auto until =
        ice::worth_waiting_until(rival(p), valid, lossy_, config_.nomination.patience,
                                 config_.check.rto, schedule_.free_at(now_));
    view.better_until = (std::max)(view.better_until.value_or(until), until);
  }
  return view;
}

/// What the nomination rule must know about a pair that may still succeed. A Frozen one waits for
/// the check of another of its foundation.
inline ice::rival_outlook agent::rival(const ice::pair& p) const {
  ice::rival_outlook view{.relayed = is_relayed(p.local, p.remote), .heard = p.checked_by_peer};
  if (p.state == ice::pair_state::in_progress) view.asked = p.asked;
  if (p.state != ice::pair_state::frozen) return view;
  const auto before = checklists_.find_if([&](const ice::pair& other) {
    return other.foundation == p.foundation && other.state == ice::pair_state::in_progress;
  });
  if (before) view.asked = checklists_[*before].asked;
  return view;
}

/// The valid pair of a component that ranks highest.
inline std::optional<ice::valid_id>
agent::favourite(const component& c, const std::optional<ice::settled_pair>& first) const {
  return valid_.best_by(c.stream, c.id, [&](const ice::valid_pair& v) {
    // What has fallen silent since is the last thing to nominate.
    return std::pair{!ice::is_silent(v, now_, silence()),
                     ice::rank_of(foundation_of(v), v.priority, first)};
  });
}

/// The pair whose check would nominate it.
inline std::optional<ice::pair_id>
agent::nominee(const component& c, const std::optional<ice::settled_pair>& first) const {
  const auto best = favourite(c, first);
  if (!best || ice::is_silent(valid_[*best], now_, silence())) return std::nullopt;
  return checklists_.find(valid_[*best].checked, valid_[*best].remote);
}

/// The pair that is nominated for a component, or is about to be.
inline std::optional<ice::settled_pair> agent::settled_on(const component& c) const {
  if (const auto selected = valid_.selected(c.stream, c.id)) {
    return ice::settled_pair{foundation_of(valid_[*selected]), valid_[*selected].since};
  }
  const auto nominating = checklists_.find_if([&](const ice::pair& p) {
    return p.stream == c.stream && p.component == c.id && p.nominating;
  });
  if (!nominating) return std::nullopt;
  const auto& p = checklists_[*nominating];
  const auto valid = valid_.find(p.local, p.remote);
  return ice::settled_pair{p.foundation, valid ? valid_[*valid].since : now_};
}

/// True when the first component of a stream is another one, and may still settle.
inline bool agent::waits_for_first(const component& c) const {
  if (c.id == ice::first_component) return false;
  return nominee(*find_component(c.stream, ice::first_component), std::nullopt) ||
         checklists_.find_if([&](const ice::pair& p) {
           return p.stream == c.stream && p.component == ice::first_component &&
                  is_pending(p.state);
         });
}

/// What the first component of a stream has settled on; none for that one itself.
inline std::optional<ice::settled_pair> agent::first_settled_on(const component& c) const {
  if (c.id == ice::first_component) return std::nullopt;
  return settled_on(*find_component(c.stream, ice::first_component));
}

inline deadline agent::nomination_deadline(const component& c) const {
  const auto decision = ice::decide_nomination(outlook(c), config_.nomination, now_);
  return decision.what == ice::nomination_decision::nominate_best ? now_ : decision.until;
}

inline void agent::nominate() {
  for (const auto& c : components_) {
    const auto decision = ice::decide_nomination(outlook(c), config_.nomination, now_);
    if (decision.what != ice::nomination_decision::nominate_best) continue;
    nominate_by_check(*nominee(c, first_settled_on(c)));
  }
}

/// Fails the lists that nothing can help any more.
inline void agent::give_up() {
  each_stream([&](stream_id id) {
    if (checklists_.state(id) == ice::checklist_state::running) complete(id);
    auto end = ice::conclude(outlook(id), now_);
    if (end == ice::checklist_event::path_lost) {
      look_again(id);
      settle_without_checks();
      end = ice::conclude(outlook(id), now_);
    }
    if (end != ice::checklist_event::exhausted) return;
    at(id).abandoned = ice::takes_consent_back(outlook(id), now_);
    transition(id, *end);
    end_checks(id);
  });
}

/// Stops what is still being checked in a list that has failed. What was never tried stays so.
inline void agent::end_checks(stream_id stream) {
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    if (p.stream != stream || !is_pending(p.state)) continue;
    if (p.history.requests_sent != 0) fail_pair(id, ice::pair_event::out_of_time);
    checklists_.dequeue(id);
  }
}

/// What the rule of conclusion must know about a list.
inline ice::list_outlook agent::outlook(stream_id stream) const {
  const auto& row = at(stream);
  const auto every_component = [&](auto&& holds) {
    return std::all_of(components_.begin(), components_.end(), [&](const component& c) {
      return c.stream != stream || holds(c.id) || is_absent(c);
    });
  };
  const auto state = checklists_.state(stream);
  return {.state = state,
          .local_complete = row.gathered,
          .remote_complete = row.remote_complete || config_.presume_end_of_candidates,
          .busy = checklists_.is_pending(stream),
          .all_reachable =
              state == ice::checklist_state::running &&
              every_component([&](component_id id) { return valid_.best(stream, id).has_value(); }),
          .all_selected =
              state == ice::checklist_state::completed && every_component([&](component_id id) {
                return valid_.selected(stream, id).has_value();
              }),
          .all_reached = std::all_of(
              components_.begin(), components_.end(),
              [&](const component& c) { return c.stream != stream || c.reached || is_absent(c); }),
          .heard = row.heard,
          .pac = row.pac,
          .give_up = row.give_up};
}

/// A stream looks for its paths, for the first time with its credentials or again.
inline void agent::begin_search(stream_id stream) {
  auto& row = at(stream);
  row.pac.reset();
  row.give_up.reset();
  row.heard = false;
  for (auto& c : components_) {
    if (c.stream == stream) c.reached = false;
  }
}

/// A selected pair of a settled stream is gone: all its pairs may be checked again, and the best
/// that works is nominated.
inline void agent::look_again(stream_id stream) {
  transition(stream, ice::checklist_event::path_lost);
  begin_search(stream);
  pair_up(stream);
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    if (p.stream == stream) ask(id);
  }
  // Where there is something to try, or a relay may come back, it gets its time; else the end of
  // consent was the end.
  start_timers();
  const auto* const g = gatherer();
  if (!outlook(stream).busy && !(g != nullptr && g->is_replacing())) at(stream).pac = now_;
}

/// Lets the candidates decide where nobody checks: the best pair of every component is selected
/// (RFC 8445 sec. 6.2, sec. 8.2).
inline void agent::settle_without_checks() {
  for (const auto& c : components_) {
    const auto best = settled_by_candidates(c);
    if (!best) continue;
    transition(*best, ice::pair_event::check_succeeded);
    settle(*note_valid(checklists_[*best], checklists_[*best].local));
  }
}

/// The pair that two lite agents agree on without a check, once both know all candidates; nullopt
/// when there is none, or a pair is selected.
inline std::optional<ice::pair_id> agent::settled_by_candidates(const component& c) const {
  if (!ice::settles_without_checks(config_.level, peer_.level)) return std::nullopt;
  if (!at(c.stream).remote_complete || valid_.selected(c.stream, c.id)) return std::nullopt;
  return checklists_.find_if(
      [&](const ice::pair& p) { return p.stream == c.stream && p.component == c.id; });
}

/// True for a base that the path of some component needs.
inline bool agent::is_needed(ice::local_id base) const {
  return std::any_of(components_.begin(), components_.end(), [&](const component& c) {
    const auto chosen = valid_.selected(c.stream, c.id);
    const auto linked = c.link ? locals_.find_socket(c.link->path.local) : std::nullopt;
    return (chosen && locals_.needs(valid_[*chosen].checked, base)) ||
           (linked && locals_.needs(*linked, base));
  });
}

/// Frees the sockets that no path of a settled stream needs (RFC 8445 sec. 8.3.1).
inline void agent::release_unselected() {
  each_stream([&](stream_id id) {
    const auto due = ice::release_due(at(id).completed, config_.release);
    if (!due || now_ < *due) return;
    at(id).completed.reset();
    locals_.rows().for_each([&](ice::local_id base, const ice::local_candidate& row) {
      if (row.stream != id || !is_base(row) || !row.open || is_needed(base)) return;
      const auto socket = row.socket;
      if (row.candidate.type == ice::candidate_type::relay) {
        release_relay(socket);
        forget_local(base);
      } else {
        close_local(base);
      }
      events_.push(event::released{id, socket});
    });
  });
}

/// Asks a server, when the pace allows it. Returns whether it did.
inline bool agent::ask_server() {
  auto* const g = gatherer();
  if (g == nullptr || !g->wants_start() || !schedule_.take_for_server(now_)) return false;
  g->start_one(now_);
  return true;
}

/// Sends a check, when the pace allows it. Returns false when it was withheld.
inline bool agent::start_next_check() {
  if (config_.level == ice::level::lite) return true;
  const auto* const g = gatherer();
  const bool server_waits = g != nullptr && g->wants_start();
  const auto id = schedule_.take(now_, checklists_, server_waits);
  if (!id) return true;
  const bool may = may_ask(*id);
  may ? start_check(*id) : withhold_check(*id);
  return may;
}

inline connection_facts agent::facts() const {
  connection_facts facts{
      .closed = closed_, .all_failed = true, .all_settled = true, .all_reachable = true};
  each_stream([&](stream_id id) {
    const auto state = checklists_.state(id);
    facts.started = facts.started || at(id).current.remote || at(id).former;
    facts.all_failed = facts.all_failed && state == ice::checklist_state::failed;
    facts.all_settled = facts.all_settled && state != ice::checklist_state::running;
  });
  for (const auto& c : components_) {
    if (checklists_.state(c.stream) == ice::checklist_state::failed) continue;
    const bool reachable =
        is_absent(c) || (c.link && c.link->generation == at(c.stream).current.number);
    facts.all_reachable = facts.all_reachable && reachable;
    facts.peer_is_late = facts.peer_is_late || (config_.consent.enabled && c.link &&
                                                c.link->consent.is_late(now_, config_.consent));
  }
  return facts;
}

inline session_report agent::report() const {
  session_report r{.state = state_,
                   .remote_candidates = remotes_.rows().size(),
                   .pair_count = checklists_.size(),
                   .failed_servers = failed_servers_,
                   .last_fault = server_fault_,
                   .has_credentials = true};
  locals_.rows().for_each([&](ice::local_id, const ice::local_candidate& row) {
    r.local_candidates += row.conveyed && config_.offers(row.candidate) ? 1U : 0U;
  });
  each_stream([&](stream_id id) {
    r.gathering = r.gathering || at(id).gathering;
    r.has_credentials = r.has_credentials && at(id).current.remote;
  });
  const auto has_path = [&](const component& c) { return c.link || is_absent(c); };
  r.has_path =
      !components_.empty() && std::all_of(components_.begin(), components_.end(), has_path);
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    // What works for one component explains nothing of another that does not.
    if (!r.has_path && has_path(*find_component(p.stream, p.component))) continue;
    const auto verdict = ice::judge(p);
    if (ice::weight_of(verdict) > ice::weight_of(r.pairs)) r.pairs = verdict;
  }
  r.verdict = judge(r);
  return r;
}

inline void agent::refresh_state() {
  const auto condition = condition_of(facts());
  while (const auto to = next(state_, condition)) {
    events_.push(event::state_changed{state_, *to});
    state_ = *to;
  }
}

}  // namespace floe
