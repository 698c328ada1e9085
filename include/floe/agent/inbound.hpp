// A datagram on its way in: from bytes to the rule that is asked.
//
// owns:     the order of the steps: demultiplex, parse, route, prove, decide, apply
// does not: decide; each step's output is the next one's only input
// sources:  RFC 8445 sec. 7.3 (requests), 7.2.5 (answers), 12.2 (data); RFC 8489 sec. 6.3, 9.1.3
#pragma once

#include "floe/core/language.hpp"

#include "floe/agent/agent.hpp"
#include "floe/ice/check_incoming.hpp"
#include "floe/ice/check_response.hpp"
#include "floe/ice/nomination.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/fingerprint.hpp"

namespace floe {

inline inbound agent::handle_datagram(time_point now, const datagram& datagram) {
  ++stats_.datagrams_received;
  stats_.bytes_received += datagram.bytes.size();
  now_ = (std::max)(now_, now);
  // Sockets of both families show IPv4 addresses in IPv6 clothes.
  const endpoint source{unmapped(datagram.remote.address), datagram.remote.port};
  const auto result = dispatch({datagram.local, source, datagram.bytes});
  if (const auto* const refused = std::get_if<rejected>(&result)) {
    ++stats_.rejected[static_cast<std::size_t>(refused->reason)];
  }
  return result;
}

inline inbound agent::dispatch(const datagram& datagram) {
  if (auto* const g = gatherer()) {
    if (const auto result = unwrap(g->handle_datagram(now_, datagram))) return *result;
  }
  return receive(datagram);
}

/// Takes a datagram that came from a peer, by a relay or directly. Only a proved message can make
/// something possible. After any other, and after data, what time has made due waits for the next
/// timeout: nobody's bytes cost more than it takes to refuse them.
inline inbound agent::receive(const datagram& datagram) {
  if (closed_) return rejected{reject::closed};
  if (!locals_.uses(datagram.local)) return rejected{reject::unknown_socket};
  if (!is_sendable(datagram.remote)) return rejected{reject::unusable_source};
  if (stun::classify(datagram.bytes) != stun::protocol::stun) return on_data(datagram);
  const auto message = stun::message_view::parse(datagram.bytes);
  if (!message) {
    // Data may begin like STUN; only with the magic cookie can it not be meant as data.
    if (message.error() == reject::not_stun) return on_data(datagram);
    return rejected{message.error()};
  }
  return on_message(datagram, *message);
}

inline inbound agent::on_message(const datagram& datagram, const stun::message_view& message) {
  if (!stun::has_good_fingerprint(message, true)) {
    return rejected{reject::bad_fingerprint};
  }
  if (message.method() != stun::method::binding) return rejected{reject::unsupported_method};
  switch (message.cls()) {
    case stun::message_class::request: return on_request(datagram, message);
    case stun::message_class::indication:
      if (!message.unknown_required(ice::known_in_check).empty()) {
        return rejected{reject::unknown_attribute};
      }
      hear_from({datagram.local, datagram.remote});
      return consumed{};  // a keepalive: it has done its work in the middleboxes
    case stun::message_class::success:
    case stun::message_class::error: return on_response(datagram, message);
  }
  return rejected{reject::unsupported_method};
}

inline inbound agent::on_request(const datagram& datagram, const stun::message_view& message) {
  const auto username = message.get<stun::username>();
  if (!username) {
    return refuse_stranger(datagram, message, stun::error_code::bad_request, reject::bad_username);
  }
  const auto halves = ice::split_username(username->value);
  const auto to = halves ? find_route(halves->receiver) : std::nullopt;
  if (!to) {
    return refuse_stranger(datagram, message, stun::error_code::unauthenticated,
                           reject::bad_username);
  }
  const auto local = locals_.find_base(to->stream, datagram.local);
  if (!local) return rejected{reject::unknown_socket};

  const auto request = stun::authenticate(message, to->generation->local.key);
  if (!request) {
    const bool missing = request.error() == reject::no_integrity;
    return refuse_stranger(datagram, message,
                           missing ? stun::error_code::bad_request
                                   : stun::error_code::unauthenticated,
                           request.error());
  }
  advance(now_);
  // With what was due its relay may have gone.
  const inbound result = locals_.rows().find(*local) != nullptr
                             ? on_proved_request(datagram, *request, *to, halves->sender, *local)
                             : rejected{reject::unknown_socket};
  pump();
  return result;
}

inline inbound agent::on_proved_request(const datagram& datagram,
                                        const stun::authenticated& request, const route& to,
                                        std::string_view sender, ice::local_id local) {
  ++stats_.checks_received;
  reply reply{.proved = true,
              .stream = to.stream,
              .generation = to.generation->number,
              .to = {datagram.local, datagram.remote},
              .transaction = request->transaction()};
  const auto check = ice::read_check(request);
  if (!check) {
    reply.what = reply::error;
    reply.code = check.error();
    reply.unknown = request->unknown_required(ice::known_in_check);
    answer(reply);
    return rejected{reply.unknown.empty() ? reject::bad_attribute : reject::unknown_attribute};
  }
  const auto refuse = [&](stun::error_code code, reject reason) -> inbound {
    reply.what = reply::error;
    reply.code = code;
    answer(reply);
    return rejected{reason};
  };
  const auto who = ice::identify_sender(sender, to.generation->peer());
  const auto named = ice::remote_ufrag::from(sender);
  if (who == ice::check_sender::other || !named) {
    return refuse(stun::error_code::unauthenticated, reject::bad_username);
  }
  switch (ice::decide_role(config_.level, peer_.level, claim_, check->claim)) {
    case ice::role_decision::keep: break;
    case ice::role_decision::switch_role: switch_role(ice::opposite(claim_.role)); break;
    case ice::role_decision::keep_and_reply_487:
      return refuse(stun::error_code::role_conflict, reject::role_conflict);
  }
  if (!accepts(*check, local, datagram.remote)) {
    return refuse(stun::error_code::bad_request, reject::refused_nomination);
  }

  const auto& row = at(to.stream);
  if (to.generation == &row.current && row.abandoned) {
    // To answer with success would be to consent to data that nobody takes (RFC 7675 sec. 5.2).
    return refuse(stun::error_code::forbidden, reject::closed);
  }
  if (who == ice::check_sender::unknown) {
    keep_early({to.stream, local, datagram.remote, *named, *check});
  } else if (to.generation == &row.current) {
    const auto taken = accept_check(to.stream, local, datagram.remote, *check);
    if (!taken) return refuse(taken.error(), reject::refused_check);
  }
  answer(reply);
  return consumed{};
}

/// False for a nomination that the host's policy refuses.
inline bool agent::accepts(const ice::incoming_check& check, ice::local_id local,
                           const endpoint& source) const {
  if (!check.nominates || claim_.role == ice::role::controlling) return true;
  return config_.nomination.accepts(locals_[local].candidate, source);
}

inline inbound agent::on_response(const datagram& datagram, const stun::message_view& message) {
  const auto id = transactions_.find(message.transaction());
  if (!id) return rejected{reject::unknown_transaction};
  const auto& owner = transactions_.find(*id)->owner;
  const auto* const generation = find_generation(owner.stream, owner.generation);
  if (generation == nullptr || !generation->remote) return rejected{reject::unknown_transaction};
  const auto response = stun::authenticate(message, generation->remote->key);
  if (!response) {
    if (auto* const history = history_of(owner)) history->unproved_answer = true;
    return rejected{response.error()};
  }
  advance(now_);
  // What it answers may have been given up with what was due.
  const inbound result = transactions_.find(*id) != nullptr
                             ? on_proved_response(datagram, *response, *id)
                             : rejected{reject::unknown_transaction};
  pump();
  return result;
}

inline inbound agent::on_proved_response(const datagram& datagram,
                                         const stun::authenticated& response,
                                         check_transactions::id id) {
  const auto row = *transactions_.find(id);
  auto* const history = history_of(row.owner);
  ++stats_.answers_received;
  lossy_ = lossy_ || row.schedule.sends() > 1;
  transactions_.erase(id);
  const auto outcome =
      ice::read_check_response(response, row.path, {datagram.local, datagram.remote});
  if (history != nullptr) note_answer(*history, row, response, outcome);
  if (outcome.what == ice::check_outcome::succeeded && row.owner.request.claim() == claim_) {
    claim_accepted_ = (std::max)(claim_accepted_, deadline{row.schedule.start()});
  }
  if (row.owner.what == sent_check::consent) {
    on_consent_answer(row, outcome);
  } else {
    on_check_answer(row, outcome);
  }
  if (outcome.what == ice::check_outcome::wrong_path) return rejected{reject::wrong_path};
  return consumed{};
}

/// Remembers what a check came to.
inline void agent::note_answer(ice::check_history& history, const check_transactions::row& row,
                               const stun::authenticated& response,
                               const ice::check_outcome& outcome) const {
  ice::check_history::count(history.responses_received);
  if (const auto error = response->get<stun::error_code_attribute>()) {
    history.last_error = static_cast<std::uint16_t>(error->code);
  }
  if (outcome.what == ice::check_outcome::wrong_path) history.answered_elsewhere = true;
  const auto rtt = rtt_of(row);
  if (outcome.what == ice::check_outcome::succeeded && rtt != ice::round_trip::zero()) {
    history.current_round_trip_time = rtt;
  }
}

inline inbound agent::on_data(const datagram& datagram) {
  const path came{datagram.local, datagram.remote};
  hear_from(came);
  for (const auto& c : components_) {
    if (c.link && c.link->path == came) return payload{c.stream, c.id, datagram.bytes, true};
  }
  // Data may overtake the answer that would make its path valid here, or come on a path that was
  // not selected (RFC 8445 sec. 12.2).
  const auto proved = [&](const ice::pair& p) {
    return (p.checked_by_peer || p.state == ice::pair_state::succeeded) && path_of(p) == came;
  };
  if (const auto id = checklists_.find_if(proved)) {
    const auto& p = checklists_[*id];
    return payload{p.stream, p.component, datagram.bytes, p.state == ice::pair_state::succeeded};
  }
  for (std::size_t i = 0; i < early_.size(); ++i) {
    const auto& early = early_[i];
    const auto& local = locals_[early.local];
    if (early.source == came.remote && local.socket == came.local) {
      return payload{early.stream, local.candidate.component, datagram.bytes, false};
    }
  }
  return rejected{reject::unverified_source};
}

/// The stream and generation that expect this ufrag.
inline std::optional<agent::route> agent::find_route(std::string_view ufrag) const {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const auto& row = streams_[i];
    const auto id = static_cast<stream_id>(i);
    if (row.current.local.ufrag.view() == ufrag) return route{id, &row.current};
    if (row.former && row.former->local.ufrag.view() == ufrag) return route{id, &*row.former};
  }
  return std::nullopt;
}

/// Answers a request that named or proved no valid credentials, if the host wants that.
inline inbound agent::refuse_stranger(const datagram& datagram, const stun::message_view& message,
                                      stun::error_code code, reject reason) {
  // An answer would tell a stranger that somebody is at an address that is not offered.
  const auto base = locals_.find_socket(datagram.local);
  const bool may = config_.answer_strangers && base && locals_[*base].open &&
                   ice::may_answer_stranger(datagram.bytes.size());
  if (may && strangers_.take(now_)) {
    answer({.what = reply::error,
            .to = {datagram.local, datagram.remote},
            .transaction = message.transaction(),
            .code = code});
  }
  return rejected{reason};
}

inline void agent::answer(const reply& reply) {
  const bool pushed = outbox_.push(reply);
  // What proves nothing makes no event.
  if (!pushed && reply.proved) events_.push_dropped(event::dropped::answers);
}

/// Remembers a check until the credentials of its sender are known. The oldest gives way. One that
/// was overtaken on its way does not take back the nomination that the other brought.
inline void agent::keep_early(const early_check& check) {
  auto kept = check;
  early_.erase_if([&](const early_check& other) {
    const bool same =
        other.local == check.local && other.source == check.source && other.sender == check.sender;
    const bool nominated = same && other.check.nominates && other.check.claim == check.check.claim;
    kept.check.nominates = kept.check.nominates || nominated;
    return same;
  });
  if (early_.full()) {
    early_.pop();
    events_.push_dropped(event::dropped::early_checks);
  }
  const bool stored = early_.push(kept);
  Ensures(stored);
}

/// Does what follows from a check of the peer: learn where it came from, check back, take its
/// nomination (RFC 8445 sec. 7.3.1.3 to 7.3.1.5). What nothing can come of must not be answered
/// with success, which the sender takes for a path. errors: unauthenticated where consent is over,
/// and with it these credentials on this path (RFC 7675 sec. 5.1); server_error without room for it
inline result<void, stun::error_code> agent::accept_check(stream_id stream, ice::local_id local,
                                                          const endpoint& source,
                                                          const ice::incoming_check& check) {
  constexpr auto over = unexpected{stun::error_code::unauthenticated};
  constexpr auto no_room = unexpected{stun::error_code::server_error};
  if (at(stream).abandoned) return over;
  const bool is_new = !remotes_.find(stream, locals_[local].candidate.component, source);
  const auto remote = learn_source(stream, local, source, check.priority);
  if (!remote) return no_room;
  const bool is_news = is_first_by_relay(stream, local, *remote);
  const auto known = checklists_.find(local, *remote);
  const auto id = known ? known : add_pair(local, *remote, &check);
  if (!id) return no_room;
  if (checklists_[*id].expired) return over;
  checklists_[*id].checked_by_peer = true;
  note_heard(stream);
  checklists_[*id].heard = now_;
  ice::check_history::count(checklists_[*id].history.requests_received);
  transition(stream, ice::checklist_event::revived);
  if (config_.level == ice::level::full) {
    trigger(*id);
    if (is_news) ask_again(stream, checklists_[*id].component, {});
    // A peer that is seen elsewhere all of a sudden may be gone from where it was.
    if (const auto carrier = in_use(*find_component(stream, checklists_[*id].component));
        carrier && is_new) {
      ask(checklists_.find(valid_[*carrier].checked, valid_[*carrier].remote));
    }
  } else {
    hear_check(*id, check.nominates);
  }

  auto& row = checklists_[*id];
  switch (ice::decide_peer_nomination(check.nominates, claim_.role, row.state)) {
    case ice::peer_nomination::ignore: break;
    case ice::peer_nomination::remember: row.nominated_by_peer = true; break;
    case ice::peer_nomination::nominate_now:
      if (const auto valid = valid_.find(local, *remote)) settle(*valid);
      break;
  }
  return {};
}

/// Takes a check of the peer for what it is to an agent that sends none: a sign of life.
inline void agent::hear_check(ice::pair_id id, bool nominates) {
  const auto& p = checklists_[id];
  auto& c = *find_component(p.stream, p.component);
  const auto selected = valid_.selected(c.stream, c.id);
  const bool is_known = valid_.find(p.local, p.remote).has_value();
  const bool left = selected && ice::is_silent(valid_[*selected], now_, silence());
  if (is_known || ice::proves_for_lite(nominates, left)) {
    transition(id, ice::pair_event::check_succeeded);
    note_valid(p, p.local);
  }
  hear_from(path_of(p));
}

/// Notes that something came on a path, for an agent that asks nobody.
inline void agent::hear_from(const path& came) {
  if (!silence().unheard) return;
  for (auto& c : components_) {
    const auto gone = gone_at(c);
    if (c.link && c.link->path == came && !(gone && now_ >= *gone)) c.link->consent.answered(now_);
  }
}

/// True when a check of the peer that came on a pair is the first that a relay brings to a
/// component without a valid pair.
inline bool agent::is_first_by_relay(stream_id stream, ice::local_id local,
                                     ice::remote_id remote) const {
  const auto component = locals_[local].candidate.component;
  if (!is_relayed(local, remote) || valid_.best(stream, component)) return false;
  return !checklists_.find_if([&](const ice::pair& p) {
    return p.stream == stream && p.component == component && p.checked_by_peer &&
           is_relayed(p.local, p.remote);
  });
}

/// Notes that the peer checks. One that comes only when all was given up has its time, too.
inline void agent::note_heard(stream_id stream) {
  if (std::exchange(at(stream).heard, true)) return;
  if (checklists_.state(stream) == ice::checklist_state::failed) at(stream).give_up.reset();
}

/// The remote candidate with this address: a known one, or one learned now.
inline std::optional<ice::remote_id> agent::learn_source(stream_id stream, ice::local_id local,
                                                         const endpoint& source,
                                                         std::uint32_t priority) {
  const auto component = locals_[local].candidate.component;
  if (const auto known = remotes_.find(stream, component, source)) return known;
  // A lite agent sends no check that could teach the peer another port, and hears no answer.
  const bool asks = config_.level == ice::level::full;
  if (asks && !remotes_.may_learn(local, source, ice::max_unanswered_ports) &&
      !forget_remote(
          remotes_.port_victim_for(local, source, now_, ice::unanswered_port_patience))) {
    return std::nullopt;
  }
  auto learned = remotes_.learn(stream, component, source, priority, local, now_);
  const auto needed = [&](ice::remote_id id) { return is_needed(id); };
  if (learned.what == ice::remote_addition::no_room &&
      forget_remote(remotes_.learned_victim_for(stream, needed))) {
    learned = remotes_.learn(stream, component, source, priority, local, now_);
  }
  if (learned.what == ice::remote_addition::no_room) {
    events_.push_dropped(event::dropped::remote_candidates);
    return std::nullopt;
  }
  events_.push(event::learned_candidate{stream, learned.id});
  return learned.id;
}

}  // namespace floe
