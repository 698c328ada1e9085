// What happens to pairs: they join, are checked, succeed, fail, are nominated, and leave.
//
// owns:     keeping rows, transactions and events in step when a rule has spoken
// does not: decide; the rules are in ice/
// sources:  RFC 8445 sec. 6.1.2, 7.2, 8.1
#pragma once

#include "floe/core/language.hpp"

#include "floe/agent/agent.hpp"
#include "floe/ice/check_request.hpp"
#include "floe/ice/check_response.hpp"
#include "floe/ice/nomination.hpp"
#include "floe/ice/pairing.hpp"
#include "floe/ice/priority.hpp"

namespace floe {

/// Adds a pair of two candidates, Frozen; nullopt when it is the one that gives way. check: that of
/// the peer that it comes from, or null
inline std::optional<ice::pair_id> agent::add_pair(ice::local_id local, ice::remote_id remote,
                                                   const ice::incoming_check* check) {
  auto made = ice::make_pair(local, locals_[local], remote, remotes_[remote], claim_.role);
  if (check != nullptr) {
    made.checked_by_peer = true;
    made.nominated_by_peer = check->nominates && claim_.role == ice::role::controlled;
  }
  if (checklists_.full()) {
    events_.push_dropped(event::dropped::pairs);
    const auto victim =
        checklists_.victim_for(made, [&](const ice::pair& p) { return carries_data(p); });
    if (!victim) return std::nullopt;
    fail_pair(*victim);
    drop_pair(*victim);
  }
  const auto id = checklists_.insert(made);
  permit(path_of(made));
  report(id, std::nullopt);
  return id;
}

/// True for a pair that is selected, or whose path data takes.
inline bool agent::carries_data(const ice::pair& p) const {
  const auto* const c = find_component(p.stream, p.component);
  const auto selected = valid_.selected(p.stream, p.component);
  const bool is_selected =
      selected && valid_[*selected].checked == p.local && valid_[*selected].remote == p.remote;
  return is_selected || (c->link && c->link->generation == at(p.stream).current.number &&
                         c->link->path == path_of(p));
}

inline void agent::transition(ice::pair_id id, ice::pair_event event) {
  if (const auto change = checklists_.apply(id, event)) report(id, change->from);
}

inline void agent::transition(stream_id stream, ice::checklist_event event) {
  const auto from = checklists_.state(stream);
  if (!checklists_.apply(stream, event)) return;
  const bool completed = checklists_.state(stream) == ice::checklist_state::completed;
  at(stream).completed = completed ? deadline{now_} : std::nullopt;
  events_.push(event::checklist_changed{stream, from, checklists_.state(stream)});
}

/// Makes an event of a pair's new state, if the host wants that.
inline void agent::report(ice::pair_id id, std::optional<ice::pair_state> from) {
  if (!config_.report_pairs) return;
  const auto& p = checklists_[id];
  events_.push(
      event::pair_changed{p.stream, p.component, id, p.local, p.remote, from, p.state, p.priority});
}

/// Unfreezes the pairs of a stream that go first among those of their foundation.
inline void agent::unfreeze_first(stream_id stream) {
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    if (p.stream != stream || p.state != ice::pair_state::frozen) continue;
    if (ice::initial_state(checklists_.view_of(p)) == ice::pair_state::waiting) {
      transition(id, ice::pair_event::unfrozen);
    }
  }
}

/// Lets a check of the peer have its effect on the pair it came on (RFC 8445 sec. 7.3.1.4).
inline void agent::trigger(ice::pair_id id) {
  switch (ice::decide_trigger(checklists_[id].state)) {
    case ice::trigger::nothing: return;
    case ice::trigger::cancel_and_enqueue: cancel_checks(id); break;
    case ice::trigger::enqueue: break;
  }
  transition(id, ice::pair_event::triggered);
  checklists_.enqueue(id);
}

/// True when the candidate of a pair may be asked: it was before, or the budget of addresses that
/// never answered has one left.
inline bool agent::may_ask(ice::pair_id id) {
  const auto remote = checklists_[id].remote;
  if (remotes_[remote].asked) return true;
  if (!budget_.take()) return false;
  remotes_.note_asked(remote);
  return true;
}

/// Fails a pair without a check.
inline void agent::withhold_check(ice::pair_id id) {
  transition(id, ice::pair_event::unfrozen);
  transition(id, ice::pair_event::check_sent);
  fail_pair(id);
  ++stats_.checks_withheld;
  if (budget_.tell_used_up()) events_.push_dropped(event::dropped::checks);
}

inline void agent::start_check(ice::pair_id id) {
  const auto transaction = stun::transaction_id::random(entropy_);
  checklists_.dequeue(id);
  cancel_checks(id);
  transition(id, ice::pair_event::unfrozen);
  transition(id, ice::pair_event::check_sent);
  checklists_[id].asked = now_;

  const auto& p = checklists_[id];
  const auto& local = locals_[p.local].candidate;
  const sent_check owner{
      .request = ice::make_check(claim_, ice::check_priority(local.priority), p.nominating),
      .local = p.local,
      .remote = p.remote,
      .generation = at(p.stream).current.number,
      .stream = p.stream,
      .component = p.component,
      .what = sent_check::connectivity};
  const auto repeats =
      remotes_[p.remote].answered
          ? config_.check
          : ice::repeats_of(config_.check, budget_.unanswered(), p.history.requests_sent);
  send(owner, transaction, path_of(p), {now_, repeats});
  ++stats_.checks_sent;
  ice::check_history::count(checklists_[id].history.requests_sent);
  valid_.ask_if(
      [&](const ice::valid_pair& v) { return v.checked == p.local && v.remote == p.remote; }, now_);
}

/// What is remembered of the pair of a check; nullptr when it is gone.
inline ice::check_history* agent::history_of(const sent_check& check) {
  const auto id = checklists_.find(check.local, check.remote);
  return id ? &checklists_[*id].history : nullptr;
}

/// Enters a check into the transactions and the outbox.
inline void agent::send(const sent_check& check, const stun::transaction_id& transaction,
                        const path& along, const stun::retransmit_schedule& schedule) {
  const auto id = transactions_.start(transaction, along, schedule, check);
  Ensures(id.has_value());
  outbox_.push(transactions_, *id);
}

inline void agent::on_check_answer(const check_transactions::row& row,
                                   const ice::check_outcome& outcome) {
  switch (outcome.what) {
    case ice::check_outcome::succeeded: on_success(row, outcome.mapped); break;
    case ice::check_outcome::role_conflict: on_role_conflict(row); break;
    case ice::check_outcome::forbidden:
    case ice::check_outcome::wrong_path:
    case ice::check_outcome::failed:
      if (!row.cancelled) on_failure(row);
      break;
  }
}

/// A check was answered: its pair works (RFC 8445 sec. 7.2.5.3).
inline void agent::on_success(const check_transactions::row& row, const endpoint& mapped) {
  const auto& check = row.owner;
  const auto* const remote = remotes_.rows().find(check.remote);
  if (remote == nullptr) return;
  if (remotes_.note_answer(check.remote)) budget_.give_back();
  const auto checked = checklists_.find(check.local, check.remote);
  // A pair that left its list for a selected one still counts (RFC 8445 sec. 8.1.2); one that gave
  // way could never be nominated.
  if (!checked && !valid_.selected(check.stream, check.component)) return;
  const bool first = !valid_.best(check.stream, check.component);
  const auto local = mapped_candidate(row, mapped);
  const bool nominated = checked ? mark_succeeded(*checked, check.request.nominates) : false;
  const auto valid = note_valid({.stream = check.stream,
                                 .component = check.component,
                                 .local = check.local,
                                 .remote = check.remote},
                                local, rtt_of(row));
  if (checked && nominated) checklists_[*checked].nominated_by_peer = false;
  if (auto* const c = find_component(check.stream, check.component); c->link) {
    if (c->link->path == row.path) c->link->consent.answered(now_);
  }
  if (valid && first && is_relayed(check.local, check.remote)) {
    ask_again(check.stream, check.component, ice::presumed_round_trip(valid_[*valid].rtt));
  }
  if (valid && nominated) settle(*valid);
}

/// Checks anew the direct pairs of a component that an answer is awaited on.
inline void agent::ask_again(stream_id stream, component_id component, duration round_trip) {
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    const bool open =
        p.stream == stream && p.component == component && p.state == ice::pair_state::in_progress;
    if (open && ice::is_asked_again(rival(p), round_trip, now_)) trigger(id);
  }
}

/// Enters a pair into the valid list; the peer sees it come from `seen`. rtt: see rtt_of()
inline std::optional<ice::valid_id> agent::note_valid(const ice::pair& pair, ice::local_id seen,
                                                      ice::round_trip rtt) {
  find_component(pair.stream, pair.component)->reached = true;
  const auto priority = ice::pair_priority(claim_.role, locals_[seen].candidate.priority,
                                           remotes_[pair.remote].candidate.priority);
  return valid_.note({.stream = pair.stream,
                      .component = pair.component,
                      .local = seen,
                      .checked = pair.local,
                      .remote = pair.remote,
                      .priority = priority,
                      .since = now_,
                      .proved = now_,
                      .asked = now_,
                      .rtt = rtt});
}

/// The round trip that an answer shows; zero when it may be to any of several sends.
inline ice::round_trip agent::rtt_of(const check_transactions::row& answered) const {
  if (answered.schedule.sends() != 1) return {};
  // Where the clock did not move there was an answer all the same.
  return (std::max)(ice::round_trip_of(elapsed(answered.schedule.start(), now_)),
                    ice::round_trip{1});
}

/// Notes that a pair works, unfreezes what shares its foundation (RFC 8445 sec. 7.2.5.3.3),
/// and stops what would only find that out again. Returns whether the pair is nominated by that.
inline bool agent::mark_succeeded(ice::pair_id id, bool by_nomination) {
  transition(id, ice::pair_event::check_succeeded);
  const auto foundation = checklists_[id].foundation;
  for (const auto other : checklists_.order()) {
    if (checklists_[other].foundation == foundation) {
      transition(other, ice::pair_event::unfrozen);
    }
  }
  auto& p = checklists_[id];
  const bool nomination_pending = p.nominating && !by_nomination;
  if (!nomination_pending) {
    checklists_.dequeue(id);
    cancel_checks(id);
  }
  return ice::nominates_by_success(claim_.role, by_nomination, p.nominated_by_peer);
}

/// The local candidate that the peer saw a check come from: a known one of the same base, or one
/// learned now (RFC 8445 sec. 7.2.5.3.1). Where there is no room to learn, the base stands for it;
/// and where the peer names a candidate of another base, which sent nothing: data would leave from
/// a socket that was never checked.
inline ice::local_id agent::mapped_candidate(const check_transactions::row& row,
                                             const endpoint& mapped) {
  const auto& check = row.owner;
  if (const auto known = locals_.find(check.stream, check.component, mapped)) {
    return locals_.is_obtained_from(*known, check.local) ? *known : check.local;
  }
  const auto& base = locals_[check.local];
  const auto foundation = locals_.local_foundation(ice::candidate_type::prflx, base.base.address);
  const auto learned = locals_.learn(
      ice::make_learned_local(check.local, base, mapped, check.request.priority, foundation));
  return learned.value_or(check.local);
}

/// A check was not answered in time, with an error, or from elsewhere (RFC 8445 sec. 7.2.5.2).
inline void agent::on_failure(const check_transactions::row& row) {
  const auto& check = row.owner;
  const auto id = checklists_.find(check.local, check.remote);
  if (!id || !ice::failure_counts(checklists_[*id].state, check.request.nominates)) return;
  const bool nomination =
      ice::fails_nomination(check.request.nominates, checklists_[*id].nominated_by_peer);
  fail_pair(*id);
  const bool has_valid = valid_.best(check.stream, check.component).has_value();
  if (nomination && ice::fails_list(has_valid, at(check.stream).pac, now_)) {
    transition(check.stream, ice::checklist_event::nomination_failed);
  }
}

/// A pair does not work, or no longer.
inline void agent::fail_pair(ice::pair_id id, ice::pair_event why) {
  transition(id, why);
  auto& p = checklists_[id];
  p.nominating = false;
  p.nominated_by_peer = false;
  p.history.relay_refused = p.history.relay_refused || why == ice::pair_event::refused;
  checklists_.dequeue(id);
  cancel_checks(id);
  valid_.erase_if(
      [&](const ice::valid_pair& v) { return v.checked == p.local && v.remote == p.remote; });
}

/// A check was answered with 487 (RFC 8445 sec. 7.2.5.1).
inline void agent::on_role_conflict(const check_transactions::row& row) {
  yield_role(row);
  const auto id = checklists_.find(row.owner.local, row.owner.remote);
  if (!id || row.cancelled) return;
  // A nomination that this agent still means is asked for again, like a check.
  if (!ice::failure_counts(checklists_[*id].state, checklists_[*id].nominating)) return;
  if (++checklists_[*id].conflicts >= ice::max_role_conflicts) {
    fail_pair(*id);
    return;
  }
  transition(*id, ice::pair_event::role_conflict);
  checklists_.enqueue(*id);
}

/// Takes the role that a refused check leaves, unless its refusal comes too late to mean that.
inline void agent::yield_role(const check_transactions::row& refused) {
  if (ice::has_fixed_role(config_.level, peer_.level)) return;
  const auto claim = refused.owner.request.claim();
  if (!ice::yields_after_487(claim, refused.schedule.start(), claim_, claim_accepted_)) return;
  claim_.tie_breaker = entropy_.number();
  switch_role(ice::opposite(claim_.role));
}

/// Takes the other role: priorities change, and nominations of the old role lose their meaning.
inline void agent::switch_role(ice::role role) {
  claim_.role = role;
  claim_accepted_.reset();
  for (const auto id : checklists_.order()) {
    auto& p = checklists_[id];
    if (p.nominating && p.state == ice::pair_state::succeeded) checklists_.dequeue(id);
    p.nominating = false;
    p.nominated_by_peer = false;
  }
  transactions_.cancel_if([](const sent_check& check) {
    return check.what == sent_check::connectivity && check.request.nominates;
  });
  reprioritize();
  events_.push(event::role_changed{role});
}

/// Brings foundations and priorities up to date with the candidates and the role.
inline void agent::reprioritize() {
  const auto& locals = locals_.rows();
  const auto& remotes = remotes_.rows();
  checklists_.update_all([&](ice::pair& p) {
    const auto& mine = locals[p.local];
    const auto& theirs = remotes[p.remote];
    p.foundation = {mine.foundation_number, theirs.foundation_number};
    p.priority =
        ice::pair_priority(claim_.role, mine.candidate.priority, theirs.candidate.priority);
  });
  valid_.reprioritize([&](const ice::valid_pair& v) {
    return ice::pair_priority(claim_.role, locals[v.local].candidate.priority,
                              remotes[v.remote].candidate.priority);
  });
}

/// Sends a check that nominates a valid pair, as soon as its turn comes.
inline void agent::nominate_by_check(ice::pair_id id) {
  checklists_[id].nominating = true;
  checklists_.enqueue(id);
}

/// A valid pair is nominated: it is selected, unless a better one is (RFC 8445 sec. 8.1.1), and its
/// component needs no further checks (sec. 8.1.2).
inline void agent::settle(ice::valid_id id) {
  const auto stream = valid_[id].stream;
  const auto component = valid_[id].component;
  auto& c = *find_component(stream, component);
  if (valid_.selected(stream, component) == id) return;
  if (ice::replaces_selection(c.settled, config_.nomination, now_)) {
    valid_.denominate(stream, component);
  }
  valid_.nominate(id);
  c.settled = now_;
  drop_pairs([&](const ice::pair& p) {
    const bool idle = p.state != ice::pair_state::succeeded && !p.expired;
    return p.stream == stream && p.component == component && idle;
  });
  tell_selection(c);
  complete(stream);
}

/// True when every component of a stream that the peer has too has a selected pair.
inline bool agent::is_complete(stream_id stream) const {
  return std::all_of(components_.begin(), components_.end(), [&](const component& c) {
    return c.stream != stream || valid_.selected(stream, c.id) || is_absent(c);
  });
}

inline void agent::complete(stream_id stream) {
  if (is_complete(stream)) transition(stream, ice::checklist_event::all_nominated);
}

/// True for a component that the peer does not have.
inline bool agent::is_absent(const component& c) const {
  const auto& row = at(c.stream);
  const bool presumed = config_.presume_end_of_candidates && row.pac && now_ >= *row.pac;
  return ice::is_absent(
      {.is_first = c.id == component_id{1},
       .peer_is_complete = row.current.remote && (row.remote_complete || presumed),
       .has_remote = remotes_.contains(c.stream, c.id),
       .others_have = std::any_of(components_.begin(), components_.end(), [&](const auto& other) {
         return other.stream == c.stream && remotes_.contains(other.stream, other.id);
       })});
}

/// Makes an event of the selected pair of a component, if it has changed.
inline void agent::tell_selection(component& c) {
  if (!valid_.selected(c.stream, c.id)) c.settled.reset();
  const auto selected = in_use(c);
  if (std::exchange(c.told_selection, selected) == selected || !selected) return;
  const auto& v = valid_[*selected];
  bind_channel(v);
  events_.push(event::selected{v.stream, v.component, v.local, v.remote});
}

/// Stops repeating the checks of a pair. Their answers still count (RFC 8445 sec. 7.3.1.4).
inline void agent::cancel_checks(ice::pair_id id) {
  const auto& p = checklists_[id];
  transactions_.cancel_if([&](const sent_check& check) {
    return check.what == sent_check::connectivity && check.local == p.local &&
           check.remote == p.remote;
  });
}

inline void agent::drop_pair(ice::pair_id id) {
  cancel_checks(id);
  if (config_.report_pairs) events_.push(event::pair_removed{checklists_[id].stream, id});
  checklists_.erase(id);
}

/// Forgets all checks of a stream, and what they proved.
inline void agent::forget_checks(stream_id stream) {
  transactions_.erase_if([&](const sent_check& check) {
    return check.stream == stream && check.what == sent_check::connectivity;
  });
  drop_pairs([&](const ice::pair& p) { return p.stream == stream; });
  valid_.erase_if([&](const ice::valid_pair& v) { return v.stream == stream; });
}

/// Drops every pair for which `matches(pair const&)` holds.
template <class Matches>
void agent::drop_pairs(Matches&& matches) {
  while (const auto id = checklists_.find_if(matches)) drop_pair(*id);
}

}  // namespace floe
