// STUN and TURN servers: what they give becomes candidates, and a relay one more socket.
//
// owns:     handing the gatherer's findings to the tables, and its questions to the host
// does not: ask servers, or wrap bytes (gather/, turn/); to ice/ a relay is a base like any other
// sources:  RFC 8445 sec. 5.1.1.2 (gathering), 7.2.1 (permissions), 12.1 (channels)
#pragma once

#include "floe/core/language.hpp"

#include <variant>

#include "floe/agent/agent.hpp"
#include "floe/gather/gatherer.hpp"

namespace floe {

inline std::string_view agent::server_name(gather::uri_number uri) const {
  return gatherer_.empty() ? std::string_view{} : gatherer_.front().host_of(uri);
}

inline std::string_view agent::token_server_name(gather::attempt_id which) const {
  return gatherer_.empty() ? std::string_view{} : gatherer_.front().token_server_name(which);
}

inline void agent::resolved(time_point now, gather::uri_number uri,
                            gsl::span<const endpoint> addresses) {
  advance(now);
  if (auto* const g = gatherer()) g->resolved(now_, uri, addresses);
  pump();
}

inline result<void> agent::connected(time_point now, gather::attempt_id which, socket_id socket) {
  advance(now);
  auto* const g = gatherer();
  auto done =
      g != nullptr ? g->connected(now_, which, socket) : result<void>{unexpected{errc::no_path}};
  pump();
  return done;
}

inline void agent::connect_failed(time_point now, gather::attempt_id which) {
  advance(now);
  if (auto* const g = gatherer()) g->connect_failed(now_, which);
  pump();
}

inline void agent::handle_unreachable(time_point now, const path& where) {
  advance(now);
  const path plain{where.local, {unmapped(where.remote.address), where.remote.port}};
  if (auto* const g = gatherer()) g->handle_unreachable(now_, plain);
  if (!closed_) fail_path(plain);
  pump();
}

/// Fails the checks that are under way on a path, and doubts it where it carries data.
inline void agent::fail_path(const path& where) {
  const auto is_there = [&](const check_transactions::row& row) {
    return row.owner.what == sent_check::connectivity && !row.cancelled && row.path == where;
  };
  for (;;) {
    std::optional<check_transactions::id> found;
    transactions_.for_each([&](check_transactions::id id, const check_transactions::row& row) {
      if (!found && is_there(row)) found = id;
    });
    if (!found) break;
    const auto row = *transactions_.find(*found);
    transactions_.erase(*found);
    on_failure(row);
  }
  for (const auto& c : components_) {
    if (c.link && c.link->path == where) ask_all_paths(c);
  }
}

inline result<void> agent::bring_token(time_point now, gather::attempt_id which,
                                       const turn::token& token) {
  advance(now);
  auto* const g = gatherer();
  auto done =
      g != nullptr ? g->bring_token(now_, which, token) : result<void>{unexpected{errc::no_path}};
  pump();
  return done;
}

inline result<void> agent::set_credentials(time_point now, std::uint16_t server,
                                           std::string_view username, std::string_view credential,
                                           deadline expires) {
  advance(now);
  auto* const g = gatherer();
  auto done = g != nullptr ? g->set_credentials(now_, server, username, credential, expires)
                           : result<void>{unexpected{errc::no_path}};
  pump();
  return done;
}

inline bool agent::handle_stream(time_point now, socket_id socket, byte_view bytes) {
  advance(now);
  auto* const g = gatherer();
  const bool known = g != nullptr && g->handle_stream(now_, socket, bytes);
  pump();
  return known;
}

inline std::optional<inbound> agent::next_inbound(time_point now) {
  // What is handed out lives in its session, which what is due may end.
  advance(now);
  auto* const g = gatherer();
  const auto next = g != nullptr ? g->next_inbound(now_) : std::nullopt;
  if (next) return unwrap(*next).value_or(rejected{reject::unknown_socket});
  pump();
  return std::nullopt;
}

/// What a datagram from a server comes to; nullopt when it is from none.
inline std::optional<inbound> agent::unwrap(const gather::inbound& in) {
  if (std::holds_alternative<gather::not_mine>(in)) return std::nullopt;
  if (const auto* const data = std::get_if<gather::unwrapped>(&in)) {
    return receive({data->relay, data->peer, data->bytes});
  }
  advance(now_);
  pump();
  if (const auto* const refused = std::get_if<gather::refused>(&in)) {
    return rejected{refused->reason};
  }
  return consumed{};
}

/// What each event of the gatherer means to its agent. What only the host can answer, or may want
/// to know, is passed on.
struct agent::gatherer_events {
  agent& self;

  void operator()(const gather::event::found& e) const { self.on_found(e.candidate); }
  void operator()(const gather::event::mapping_changed& e) const { self.forget_mapping(e.before); }
  void operator()(const gather::event::relay_lost& e) const {
    if (const auto base = self.locals_.find_socket(e.relay)) self.forget_local(*base);
    self.note_fault(gather::detail::outcome_of(e.why), e.said);
    self.events_.push(e);
  }
  void operator()(const gather::event::permitted& e) const {
    self.each_pair_through(e.relay, e.peer,
                           [&](ice::pair_id id) { self.check_again(id, e.in_vain); });
  }
  void operator()(const gather::event::permission_refused& e) const {
    self.each_pair_through(e.relay, e.peer,
                           [&](ice::pair_id id) { self.fail_pair(id, ice::pair_event::refused); });
  }
  void operator()(const gather::event::name_needed& e) const { self.events_.push(e); }
  void operator()(const gather::event::connection_needed& e) const { self.events_.push(e); }
  void operator()(const gather::event::socket_needed& e) const { self.events_.push(e); }
  void operator()(const gather::event::token_needed& e) const { self.events_.push(e); }
  void operator()(const gather::event::credentials_needed& e) const { self.events_.push(e); }
  void operator()(const gather::event::server_result& e) const {
    if (e.outcome != gather::outcome::answered) self.note_fault(e.outcome, e.said);
    self.events_.push(e);
  }
  void operator()(const gather::event::enough&) const {
    self.events_.push(event::enough_gathered{});
  }
  void operator()(const gather::event::complete&) const {}
  void operator()(const gather::event::icmp&) const {}
  void operator()(const gather::event::dropped&) const {
    self.events_.push_dropped(event::dropped::events);
    self.catch_up();
  }
};

/// Acts on what the gatherer has to say.
inline void agent::serve_gatherer() {
  auto* const g = gatherer();
  if (g == nullptr) return;
  while (const auto e = g->poll_event()) std::visit(gatherer_events{*this}, *e);
  each_stream([&](stream_id id) { finish_gathering(id); });
}

/// Takes what the gatherer has for what its events would have said: its queue may be too small for
/// what one datagram brings.
inline void agent::catch_up() {
  const auto& g = *gatherer();
  const auto is_gone = [&](const ice::local_candidate& row) {
    return row.wrapped && !g.is_relay(row.socket);
  };
  while (const auto gone = locals_.rows().find_if(is_gone)) forget_local(*gone);
  for (std::size_t i = 0; i < g.candidates().size(); ++i) {
    const auto& has = g.candidates()[i];
    if (!has.is_relayed() || !locals_.uses(has.relay)) on_found(has);
  }
}

/// A server gave an address: it becomes a candidate of whatever uses the socket it was asked from.
inline void agent::on_found(const gather::candidate& found) {
  const auto host = locals_.find_socket(found.base.socket);
  if (!found.is_relayed()) {
    if (host) (void)add_reflexive(*host, found.address, found.server_number);
    return;
  }
  if (!host) return release_relay(found.relay);
  const auto entered = enter_relayed(*host, found.relay, found.address, found.mapped,
                                     found.server_number, found.place);
  if (!entered) return release_relay(found.relay);
  locals_.note_wrapped(*entered);
  if (found.is_replacement) take_replacement(*entered);
}

/// Uses a relay in the place of one that was lost. After the end of candidates the peer can't be
/// told of it before a restart (RFC 8838 sec. 13), but learns it from its checks.
inline void agent::take_replacement(ice::local_id id) {
  const auto& row = locals_[id];
  const auto stream = row.stream;
  if (!at(stream).gathered || !config_.offers(row.candidate)) return;
  locals_.convey(id);
  events_.push(event::relay_replaced{stream, id, is_cut_off(stream)});
  reprioritize();
  // A settled list that still has its paths forms its pairs when it looks for others.
  if (checklists_.state(stream) == ice::checklist_state::completed && !is_cut_off(stream)) return;
  if (pair_up(stream)) {
    at(stream).give_up.reset();
    transition(stream, ice::checklist_event::revived);
  }
  unfreeze_first(stream);
}

/// True when a component of a stream that had a path has none.
inline bool agent::is_cut_off(stream_id stream) const {
  return std::any_of(components_.begin(), components_.end(),
                     [&](const component& c) { return c.stream == stream && !c.link; });
}

inline void agent::note_fault(gather::outcome why, const std::optional<turn::complaint>& said) {
  ++failed_servers_;
  server_fault_ = server_fault{why, said};
}

/// Gives a relay back, if it is one of the gatherer's.
inline void agent::release_relay(socket_id socket) {
  auto* const g = gatherer();
  if (g != nullptr && g->is_relay(socket)) g->release(now_, socket);
}

/// A NAT gave a socket another address: the old candidate leads nowhere, unless a path has it.
inline void agent::forget_mapping(const gather::candidate& before) {
  const auto host = locals_.find_socket(before.base.socket);
  if (!host) return;
  const auto& row = locals_[*host];
  const auto old = locals_.find(row.stream, row.candidate.component, before.address);
  if (!old || locals_[*old].candidate.type != ice::candidate_type::srflx) return;
  const bool used = valid_.contains_if([&](const ice::valid_pair& v) { return v.local == *old; });
  if (!used) locals_.erase(*old);
}

/// Takes back what the relays of a stream permit to peers that are about to be forgotten, unless
/// data still flows there.
inline void agent::forbid_peers(stream_id stream) {
  auto* const g = gatherer();
  if (g == nullptr) return;
  locals_.rows().for_each([&](ice::local_id, const ice::local_candidate& local) {
    if (local.stream != stream || local.candidate.type != ice::candidate_type::relay) return;
    remotes_.rows().for_each([&](ice::remote_id, const ice::remote_candidate& remote) {
      const auto& peer = remote.candidate.address.address;
      const bool in_use = std::any_of(components_.begin(), components_.end(), [&](const auto& c) {
        return c.link && c.link->path.local == local.socket && c.link->path.remote.address == peer;
      });
      if (remote.stream == stream && !in_use) g->forbid(local.socket, peer);
    });
  });
}

/// Lets the relay of a path, if it takes one, accept what the peer sends (RFC 8445 sec. 7.2.1).
inline void agent::permit(const path& along) {
  auto* const g = gatherer();
  if (g != nullptr && g->is_relay(along.local)) {
    (void)g->permit(along.local, along.remote.address);
  }
}

/// Lets the relay of a selected pair use a channel (RFC 8445 sec. 12.1).
inline void agent::bind_channel(const ice::valid_pair& v) {
  auto* const g = gatherer();
  const auto along = path_of(v);
  if (g != nullptr && g->is_relay(along.local)) (void)g->bind(along.local, along.remote);
}

/// Lets the relays be asked for what was wanted of them without a time. Returns whether there was
/// anything.
inline bool agent::ask_relays() {
  auto* const g = gatherer();
  const auto next = g != nullptr ? g->next_timeout() : std::nullopt;
  if (!next || *next > now_) return false;
  g->handle_timeout(now_);
  serve_gatherer();
  return true;
}

/// Calls `visit(pair_id)` for every pair that reaches an address through a relay.
template <class Visit>
void agent::each_pair_through(socket_id relay, const address& peer, Visit&& visit) {
  for (const auto id : checklists_.order()) {
    const auto along = path_of(checklists_[id]);
    if (along.local == relay && along.remote.address == peer) visit(id);
  }
}

/// Sends the check of a pair that could not leave before its relay lets it through: now, when the
/// slot it took is still its own, and else when its turn comes again (RFC 8445 sec. 7.2.1, 14.2).
/// in_vain: so does one that left, because the request before it came to nothing
inline void agent::check_again(ice::pair_id id, bool in_vain) {
  const auto& p = checklists_[id];
  bool waits_for_slot = false;
  transactions_.for_each([&](check_transactions::id which, const check_transactions::row& row) {
    const bool is_its_own = row.owner.what == sent_check::connectivity && !row.cancelled &&
                            row.owner.local == p.local && row.owner.remote == p.remote;
    if (!is_its_own || (!row.owner.held && !in_vain)) return;
    if (schedule_.is_current(row.schedule.start(), now_)) {
      outbox_.push(transactions_, which);
    } else {
      waits_for_slot = true;
    }
  });
  if (waits_for_slot && p.state == ice::pair_state::in_progress) trigger(id);
}

/// The address that the socket of a path takes for its remote end.
inline endpoint agent::as_sent(const path& along) const {
  const auto base = locals_.find_socket(along.local);
  if (!base || !locals_[*base].speaks_v6) return along.remote;
  return {v4_mapped(along.remote.address), along.remote.port};
}

/// The datagram that carries what was written to `offset` of `buffer` along a path: as it is, or in
/// what the relay asks for. size: of what was written, or why it was not | ahead: whether it may
/// leave right behind the request that lets it through
inline result<transmit> agent::wrap(const path& along, byte_span buffer, std::size_t offset,
                                    result<std::size_t> size, bool ahead) {
  if (!size) return unexpected{size.error()};
  // What was meant for a socket or a relay that is gone has nowhere to leave from.
  const auto base = locals_.find_socket(along.local);
  if (!base) return unexpected{errc::no_path};
  auto* const g = gatherer();
  if (g == nullptr || !g->is_relay(along.local)) {
    if (locals_[*base].wrapped) return unexpected{errc::no_path};
    return transmit{along.local, as_sent(along), *size, offset};
  }
  const auto wrapped = g->wrap(along.local, along.remote, buffer, offset, *size, ahead);
  if (!wrapped) return unexpected{wrapped.error()};
  auto out = wrapped->to_send;
  out.offset = wrapped->offset;
  out.remote = as_sent({out.local, out.remote});
  return out;
}

}  // namespace floe
