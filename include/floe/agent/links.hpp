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
  send({.request = ice::make_check(claim_, c.link->priority, renominates(c)),
        .generation = c.link->generation,
        .stream = c.stream,
        .component = c.id,
        .what = sent_check::consent},
       stun::transaction_id::random(entropy_), c.link->path,
       stun::retransmit_schedule::once(now_, ice::answer_patience(config_.consent)));
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
      valid_.prove_if(
          [&](const ice::valid_pair& v) {
            return v.stream == c->stream && v.component == c->id && path_of(v) == row.path;
          },
          now_);
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
    const auto view = view_of(c);
    if (!std::exchange(c.probed, view.is_suspect) && view.is_suspect) probe_alternatives(c);
    const auto choice = choose_link(view);
    if (choice == link_choice::drop) leave_link(c);
    if (const auto along = chosen(c, choice)) take_link(c, valid_[*along]);
  }
  each_stream([&](stream_id id) { forget_former(id); });
}

/// The valid pair whose path a choice means; none for those that mean no other path.
inline std::optional<ice::valid_id> agent::chosen(const component& c, link_choice choice) const {
  switch (choice) {
    case link_choice::take_selected: return c.told_selection;
    case link_choice::take_fresh: return freshest(c);
    case link_choice::take_best: return valid_.best(c.stream, c.id);
    case link_choice::keep:
    case link_choice::drop: return std::nullopt;
  }
  return std::nullopt;
}

inline link_view agent::view_of(const component& c) const {
  link_view view{.has_failed = checklists_.state(c.stream) == ice::checklist_state::failed,
                 .has_selected = c.told_selection.has_value()};
  if (c.told_selection && !view.has_failed) {
    view.is_suspect = ice::is_suspect(valid_[*c.told_selection].proved, now_, config_.consent);
    view.has_fresh = view.is_suspect && freshest(c).has_value();
    return view;
  }
  view.has_valid = valid_.best(c.stream, c.id).has_value();
  if (!c.link) return view;
  const auto& row = at(c.stream);
  const bool current = c.link->generation == row.current.number;
  view.on_former = row.former && c.link->generation == row.former->number;
  view.on_current_valid = current && valid_.contains_if([&](const ice::valid_pair& v) {
    return v.stream == c.stream && v.component == c.id && path_of(v) == c.link->path;
  });
  return view;
}

/// The best valid pair of a component that is not suspect.
inline std::optional<ice::valid_id> agent::freshest(const component& c) const {
  return valid_.best_if(c.stream, c.id, [&](const ice::valid_pair& v) {
    return !ice::is_suspect(v.proved, now_, config_.consent);
  });
}

/// Asks all other paths of a component whose selected one has become suspect. Those to candidates
/// that were learned and have no pair any more are the peer's to ask.
inline void agent::probe_alternatives(const component& c) {
  pair_up(c.stream, c.id);
  for (const auto id : checklists_.order()) {
    const auto& p = checklists_[id];
    const auto& v = valid_[*c.told_selection];
    if (p.stream != c.stream || p.component != c.id || p.expired) continue;
    if (p.remote == v.remote && p.local == v.checked) continue;
    transition(id, ice::pair_event::proof_expired);
    trigger(id);
  }
}

/// True while a component's data takes the path of a valid pair.
inline bool agent::is_on(const component& c, const ice::valid_pair& valid) const {
  return c.link && c.link->path == path_of(valid) &&
         c.link->generation == at(c.stream).current.number;
}

/// True when a command has changed what choose_links() would do.
inline bool agent::wants_another_link(const component& c) const {
  if (valid_.selected(c.stream, c.id) != c.told_selection) return true;
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
  if (!config_.consent.enabled) return ice::keepalive_due(c.link->last_sent, config_.keepalive);
  const auto next = c.link->consent.deadline(now_, config_.consent);
  // A failed list chooses no other path.
  if (checklists_.state(c.stream) == ice::checklist_state::failed) return next;
  // Data leaves the pair that it takes when that becomes suspect in its turn. Not the selection
  // that was told: a command may have changed it since.
  const auto taken = c.probed ? freshest(c) : valid_.selected(c.stream, c.id);
  if (!taken) return next;
  return (std::min)(next, after(valid_[*taken].proved, config_.consent.suspect));
}

}  // namespace floe
