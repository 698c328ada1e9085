// The paths that data takes, and the peer's consent to them.
//
// owns:     keeping each component on the path the rule names, alive and consented to
// does not: decide; the rules are choose_link(), ice/consent.hpp and ice/keepalive.hpp
// sources:  RFC 7675 sec. 5 (consent); RFC 8445 sec. 9 (restart), 11 (keepalives), 12.1 (sending
//           data)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>

#include "floe/agent/agent.hpp"
#include "floe/ice/check_request.hpp"
#include "floe/ice/check_response.hpp"
#include "floe/ice/consent.hpp"
#include "floe/ice/keepalive.hpp"

namespace floe {

inline void agent::serve_links() {
  for (auto& c : components_) {
    if (!c.link) continue;
    if (const auto gone = gone_at(c); gone && now_ >= *gone) {
      lose_consent(c);
      continue;
    }
    if (!config_.consent.enabled) {
      if (now_ >= ice::keepalive_due(c.link->last_sent, config_.keepalive)) send_keepalive(c);
      continue;
    }
    switch (c.link->consent.due(now_, config_.consent)) {
      case ice::consent_step::none: break;
      case ice::consent_step::check: send_consent_check(c); break;
      case ice::consent_step::expired: lose_consent(c); break;
    }
  }
}

/// Takes valid pairs that no answer has proved for too long off the list. A pair that may still be
/// wanted is checked again. The paths in use have gone before, with their consent.
inline void agent::expire_proofs() {
  forget_silent_pairs();
  if (!config_.consent.enabled) return;
  while (const auto stale = valid_.find_stale(now_, config_.consent.expiry)) {
    const auto row = valid_[*stale];
    valid_.erase(*stale);
    const auto id = checklists_.find(row.checked, row.remote);
    if (!id) continue;
    if (checklists_.state(row.stream) == ice::checklist_state::running) {
      transition(*id, ice::pair_event::proof_expired);
    } else {
      drop_pair(*id);
    }
  }
}

inline void agent::send_keepalive(component& c) {
  c.link->last_sent = now_;
  answer({.what = reply::keepalive,
          .to = c.link->path,
          .transaction = stun::transaction_id::random(entropy_)});
}

/// True when the consent checks of a component repeat its nomination, so that a peer whose view of
/// the path changed, as when a NAT gave it another port, can follow.
inline bool agent::renominates(const component& c) const {
  const auto selected = valid_.selected(c.stream, c.id);
  return claim_.role == ice::role::controlling && selected &&
         c.link->generation == at(c.stream).current.number &&
         path_of(valid_[*selected]) == c.link->path;
}

inline void agent::send_consent_check(component& c) {
  c.link->consent.checked(now_, ice::jittered(config_.consent.interval, entropy_.number()));
  if (owes_answer(c)) ask_all_paths(c);
  const auto pair = pair_of_link(c);
  valid_.ask_if([&](const ice::valid_pair& v) { return is_on(c, v); }, now_);
  if (pair) ice::check_history::count(checklists_[*pair].history.requests_sent);
  send({.request = ice::make_check(claim_, c.link->priority, renominates(c)),
        .local = pair ? checklists_[*pair].local : ice::local_id{},
        .remote = pair ? checklists_[*pair].remote : ice::remote_id{},
        .generation = c.link->generation,
        .stream = c.stream,
        .component = c.id,
        .what = sent_check::consent},
       stun::transaction_id::random(entropy_), c.link->path,
       stun::retransmit_schedule::once(now_, ice::answer_patience(config_.consent)));
}

/// The pair whose path the data of a component takes; none for that of a former generation.
inline std::optional<ice::pair_id> agent::pair_of_link(const component& c) const {
  if (c.link->generation != at(c.stream).current.number) return std::nullopt;
  return checklists_.find_if([&](const ice::pair& p) {
    return p.stream == c.stream && p.component == c.id && path_of(p) == c.link->path;
  });
}

inline void agent::on_consent_answer(const check_transactions::row& row,
                                     const ice::check_outcome& outcome) {
  auto* const c = find_component(row.owner.stream, row.owner.component);
  if (!c->link || c->link->path != row.path || c->link->generation != row.owner.generation) return;
  switch (outcome.what) {
    case ice::check_outcome::succeeded:
      c->link->consent.answered(now_);
      // Former credentials prove no pair of the current ones.
      if (c->link->generation != at(c->stream).current.number) break;
      valid_.prove_if([&](const ice::valid_pair& v) { return is_on(*c, v); }, now_, rtt_of(row));
      break;
    case ice::check_outcome::forbidden:
      lose_consent(*c);
      abandon(c->stream);
      break;
    case ice::check_outcome::role_conflict: yield_role(row); break;
    case ice::check_outcome::wrong_path:
    case ice::check_outcome::failed: break;
  }
}

/// The peer no longer answers on a component's path: nothing more is sent on it with the same
/// credentials (RFC 7675 sec. 5.1).
inline void agent::lose_consent(component& c) {
  const auto lost = *c.link;
  leave_link(c);
  events_.push(event::consent_lost{c.stream, c.id});
  if (lost.generation != at(c.stream).current.number) return;

  const auto on_path = [&](const auto& row) {
    return row.stream == c.stream && row.component == c.id && path_of(row) == lost.path;
  };
  if (const auto id = checklists_.find_if(on_path)) {
    fail_pair(*id);
    checklists_[*id].expired = true;
    // A lite agent has no consent to lose: it listens to a peer that comes back.
    if (config_.level == ice::level::lite) drop_pair(*id);
  }
  valid_.erase_if(on_path);
}

/// Gives a stream up until it is restarted: the peer takes no more data (RFC 7675 sec. 5.2).
inline void agent::abandon(stream_id stream) {
  at(stream).abandoned = true;
  transition(stream, ice::checklist_event::consent_lost);
  forget_checks(stream);
}

/// Puts each component on the path that its data should take now.
inline void agent::choose_links() {
  for (auto& c : components_) {
    tell_selection(c);
    ask_again(c);
    const auto choice = choose_link(view_of(c));
    if (choice == link_choice::drop) leave_link(c);
    if (const auto along = chosen(c, choice)) take_link(c, valid_[*along]);
    move_nomination(c);
  }
  each_stream([&](stream_id id) { forget_former(id); });
}

/// What makes a pair silent for an agent of this level.
inline ice::silence_rule agent::silence() const {
  const bool asks =
      config_.level == ice::level::full || ice::settles_without_checks(config_.level, peer_.level);
  return {asks ? std::nullopt : std::optional{config_.consent.suspect}};
}

/// When the peer of a lite agent counts as gone from the path that data takes.
inline deadline agent::gone_at(const component& c) const {
  if (!c.link || !silence().unheard) return std::nullopt;
  return ice::gone_at(c.link->consent.proved(), config_.silence);
}

/// Forgets the pairs on which a lite agent has heard nothing for so long.
inline void agent::forget_silent_pairs() {
  if (!silence().unheard) return;
  const auto is_gone = [&](time_point heard) {
    const auto at = ice::gone_at(heard, config_.silence);
    return at && now_ >= *at;
  };
  valid_.erase_if([&](const ice::valid_pair& v) {
    return is_gone(v.proved) && !is_on(*find_component(v.stream, v.component), v);
  });
  drop_pairs([&](const ice::pair& p) { return is_gone(p.heard) && !carries_data(p); });
}

/// The selected pair of a component, or the one that its data takes in the place of that.
inline std::optional<ice::valid_id> agent::in_use(const component& c) const {
  // A failed list chooses no other path.
  if (checklists_.state(c.stream) == ice::checklist_state::failed) {
    return valid_.selected(c.stream, c.id);
  }
  return valid_.carrier(c.stream, c.id, now_, silence());
}

/// The valid pair whose path a choice means; none for those that mean no other path.
inline std::optional<ice::valid_id> agent::chosen(const component& c, link_choice choice) const {
  switch (choice) {
    case link_choice::take_selected: return in_use(c);
    case link_choice::take_best: return valid_.freshest(c.stream, c.id, now_, silence());
    case link_choice::keep:
    case link_choice::drop: return std::nullopt;
  }
  return std::nullopt;
}

inline link_view agent::view_of(const component& c) const {
  link_view view{.has_failed = checklists_.state(c.stream) == ice::checklist_state::failed,
                 .has_selected = valid_.selected(c.stream, c.id).has_value()};
  if (view.has_selected && !view.has_failed) return view;
  view.has_valid = valid_.freshest(c.stream, c.id, now_, silence()).has_value();
  if (!c.link) return view;
  const auto& row = at(c.stream);
  const bool current = c.link->generation == row.current.number;
  view.on_former = row.former && c.link->generation == row.former->number;
  view.on_current_valid = current && valid_.contains_if([&](const ice::valid_pair& v) {
    return is_on(c, v) && !(view.has_valid && ice::is_silent(v, now_, silence()));
  });
  return view;
}

/// True when the pair that carries the data of a settled component owes an answer.
inline bool agent::owes_answer(const component& c) const {
  const auto carrier = in_use(c);
  return carrier && config_.level == ice::level::full &&
         checklists_.state(c.stream) != ice::checklist_state::failed &&
         ice::is_overdue(valid_[*carrier], now_);
}

/// Asks all paths of a component as soon as the one that carries its data owes an answer.
inline void agent::ask_again(component& c) {
  const bool owes = owes_answer(c);
  if (!std::exchange(c.probed, owes) && owes) ask_all_paths(c);
}

/// Asks all paths of a component, the one in use first. Those to candidates that were learned and
/// have no pair any more are the peer's to ask.
inline void agent::ask_all_paths(const component& c) {
  pair_up(c.stream, c.id);
  const auto carrier = in_use(c);
  if (carrier) ask(checklists_.find(valid_[*carrier].checked, valid_[*carrier].remote));
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    if (p.stream == c.stream && p.component == c.id) ask(id);
  }
}

/// Lets a check of a pair leave soon, whatever came of earlier ones. One that works stays valid.
inline void agent::ask(std::optional<ice::pair_id> id) {
  if (!id || checklists_[*id].expired || config_.level == ice::level::lite) return;
  trigger(*id);
  checklists_.enqueue(*id);
}

/// Asks the valid pairs that carry no data from time to time, so that they can.
inline void agent::refresh_pairs() {
  if (config_.level == ice::level::lite) return;
  valid_.for_each([&](ice::valid_id id) {
    const auto& v = valid_[id];
    if (needs_refresh(v) && now_ >= ice::refresh_due(v, config_.keepalive)) {
      ask(checklists_.find(v.checked, v.remote));
    }
  });
}

/// True for a valid pair that is kept open by checks of its own.
inline bool agent::needs_refresh(const ice::valid_pair& v) const {
  if (config_.level == ice::level::lite) return false;
  if (checklists_.state(v.stream) == ice::checklist_state::failed) return false;
  if (is_on(*find_component(v.stream, v.component), v)) return false;
  const auto id = checklists_.find(v.checked, v.remote);
  return id && !checklists_[*id].triggered && !checklists_[*id].expired;
}

/// Nominates the pair that data has moved to, once the selected one is silent for long.
inline void agent::move_nomination(const component& c) {
  const auto due = move_due(c);
  if (due && now_ >= *due) {
    const auto& to = valid_[*in_use(c)];
    nominate_by_check(*checklists_.find(to.checked, to.remote));
  }
}

/// When the nomination of a component is to follow its data; none while both are in one place.
inline deadline agent::move_due(const component& c) const {
  const bool chooses = claim_.role == ice::role::controlling &&
                       config_.nomination.chosen_by == ice::nomination_config::rule;
  const auto selected = valid_.selected(c.stream, c.id);
  const auto carrier = in_use(c);
  if (!chooses || !selected || carrier == selected) return std::nullopt;
  const auto& to = valid_[*carrier];
  const auto id = checklists_.find(to.checked, to.remote);
  if (!id || checklists_[*id].nominating) return std::nullopt;
  return after(valid_[*selected].proved, config_.consent.suspect);
}

/// True while a component's data takes the path of a valid pair.
inline bool agent::is_on(const component& c, const ice::valid_pair& valid) const {
  return c.link && valid.stream == c.stream && valid.component == c.id &&
         c.link->path == path_of(valid) && c.link->generation == at(c.stream).current.number;
}

/// True when a command has changed what choose_links() would do.
inline bool agent::wants_another_link(const component& c) const {
  if (in_use(c) != c.told_selection) return true;
  const auto choice = choose_link(view_of(c));
  if (choice == link_choice::drop) return c.link.has_value();
  const auto along = chosen(c, choice);
  return along && !is_on(c, valid_[*along]);
}

inline void agent::take_link(component& c, const ice::valid_pair& valid) {
  if (is_on(c, valid)) return;
  const auto generation = at(c.stream).current.number;
  const auto along = path_of(valid);
  leave_link(c);
  const auto wait = ice::jittered(config_.consent.interval, entropy_.number());
  const auto& local = locals_[valid.local].candidate;
  c.link = {.path = along,
            .generation = generation,
            .priority = ice::check_priority(local.priority),
            .consent = {valid.proved, now_, wait},
            .last_sent = now_};
  if (!std::exchange(c.path_announced, true)) {
    events_.push(event::path_found{c.stream, c.id, valid.local, valid.remote});
  }
}

/// Leaves the path of a component, and forgets its consent checks.
inline void agent::leave_link(component& c) {
  if (!c.link) return;
  c.link.reset();
  transactions_.erase_if([&](const sent_check& check) {
    return check.what == sent_check::consent && check.stream == c.stream && check.component == c.id;
  });
}

/// Ends the former generation of a stream once the peer's new credentials are known and no
/// component's data takes its path any more. Until then what belongs to it can be told apart.
inline void agent::forget_former(stream_id stream) {
  auto& row = at(stream);
  if (!row.former || !row.current.remote) return;
  const bool in_use = std::any_of(components_.begin(), components_.end(), [&](const component& c) {
    return c.stream == stream && c.link && c.link->generation == row.former->number;
  });
  if (!in_use) row.former.reset();
}

inline deadline agent::link_deadline(const component& c) const {
  if (!c.link) return std::nullopt;
  if (!config_.consent.enabled) {
    return earliest(ice::keepalive_due(c.link->last_sent, config_.keepalive), gone_at(c));
  }
  return c.link->consent.deadline(now_, config_.consent);
}

/// When the pair that carries the data of a component, or the one that it took the place of,
/// becomes overdue or silent, or the nomination is to follow.
inline deadline agent::carrier_deadline(const component& c) const {
  if (checklists_.state(c.stream) == ice::checklist_state::failed) return std::nullopt;
  soonest next;
  next.note(move_due(c));
  const auto note = [&](const deadline& at) {
    if (at && *at > now_) next.note(*at);
  };
  for (const auto& id : {in_use(c), valid_.selected(c.stream, c.id)}) {
    if (!id) continue;
    note(ice::overdue_at(valid_[*id]));
    note(ice::silent_at(valid_[*id], silence()));
  }
  valid_.for_each([&](ice::valid_id id) {
    if (is_on(c, valid_[id])) note(ice::silent_at(valid_[id], silence()));
  });
  return next.get();
}

}  // namespace floe
