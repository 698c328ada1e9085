// Attempts: one socket asks one server.
//
// owns:     construction, which attempts there are, how each goes on, and what time brings
// does not: hear the host (gatherer_commands.hpp), read answers (gatherer_results.hpp), or pass
//           data (gatherer_relays.hpp)
// sources:  RFC 8445 sec. 5.1.1.2, 5.1.1.4
#pragma once

#include "floe/core/language.hpp"

#include "floe/gather/gatherer.hpp"

namespace floe::gather {

namespace detail {

/// What every session of a gatherer has in common.
[[nodiscard]] inline turn::session_config session_config_of(const config& c) noexcept {
  turn::session_config out;
  out.ask = c.relay;
  out.retransmit = c.retransmit;
  out.software = c.software;
  out.special_peers = c.special_peers;
  out.limits = c.relay_limits;
  out.paced = true;
  out.bind_after = 0;  // bind() is called for the peers that are settled on (RFC 8445 sec. 7.2.1)
  return out;
}

/// A configuration that needs as much memory as any of them.
[[nodiscard]] inline turn::session_config largest_session(const config& c) noexcept {
  auto out = session_config_of(c);
  for (const auto& s : c.servers) {
    if (s.username.size() > stun::username_limits.bytes_sent) continue;  // never asked for a relay
    if (s.username.size() > out.user.size()) out.user = s.username;
    if (s.credential.size() > out.password.size()) out.password = s.credential;
    for (const auto uri : s.uris) {
      const auto plan = plan_for(uri);
      if (plan && turn::is_stream(plan->transport)) out.transport = plan->transport;
    }
  }
  return out;
}

[[nodiscard]] inline std::size_t count_uris(const config& c) noexcept {
  std::size_t count = 0;
  for (const auto& s : c.servers) count += s.uris.size();
  return count;
}

/// How many sessions there can be: none where no server gives relays.
[[nodiscard]] inline std::size_t places_for(const config& c) noexcept {
  for (const auto& s : c.servers) {
    for (const auto uri : s.uris) {
      const auto plan = plan_for(uri);
      if (plan && plan->service == service::relay) return c.limits.relays;
    }
  }
  return 0;
}

/// True for a name that mDNS resolves (RFC 6762 sec. 3).
[[nodiscard]] constexpr bool is_local_name(std::string_view name) noexcept {
  constexpr std::string_view suffix = ".local";
  if (!name.empty() && name.back() == '.') name.remove_suffix(1);
  return name.size() > suffix.size() &&
         sdp::detail::equal_ignoring_case(name.substr(name.size() - suffix.size()), suffix);
}

}  // namespace detail

inline gatherer::gatherer(const config& config, entropy_ref entropy, memory_ref memory)
    : config_{config}, accounts_{config.servers.size(), memory}, sources_{detail::count_uris(
                                                                              config),
                                                                          memory},
      addresses_{sources_.capacity() * config.limits.addresses, memory},
      bases_{config.limits.sockets, memory},
      candidates_{config.limits.candidates, memory}, numbered_{addresses_.capacity(), memory},
      attempts_(config.limits.attempts, memory), client_{{.retransmit = config.retransmit,
                                                          .software = config.software,
                                                          .capacity = config.limits.attempts},
                                                         entropy,
                                                         memory},
      relays_(detail::places_for(config), detail::largest_session(config), entropy, memory),
      events_(config.limits.events, memory), next_relay_{config.first_relay} {
  Expects(sources_.capacity() < 0xffff);
  addresses_.resize(addresses_.capacity());
  for (const auto& s : config.servers) {
    // There is room for others in their place.
    accounts_.push_back(
        {{(std::max)(s.username.size(), stun::username_limits.bytes_sent), memory},
         {(std::max)(s.credential.size(), stun::phrase_limits.bytes_accepted), memory}});
    auto& known = accounts_.back();
    known.username.assign(s.username);
    known.credential.assign(s.credential);
    known.expires = known.ask_at = s.expires;
    for (const auto uri : s.uris) {
      const auto plan = plan_for(uri);
      source row{.plan = plan.value_or(gather::plan{}),
                 .host = {plan ? plan->host : std::string_view{}, memory},
                 .server = static_cast<std::uint16_t>(accounts_.size() - 1),
                 .first_address = sources_.size() * config.limits.addresses};
      const bool nameable = row.host.view().size() <= stun::domain_limits.bytes_accepted;
      const bool has_user = s.username.size() <= stun::username_limits.bytes_sent;
      if (!plan || !nameable || !has_user) row.fault = outcome::unsupported;
      if (row.plan.literal && !row.fault && config.limits.addresses > 0) {
        addresses_[row.first_address] = {*row.plan.literal, row.plan.port};
        row.addresses = 1;
        row.resolved = true;
      }
      row.plan.host = {};
      sources_.push_back(std::move(row));
    }
  }
  config_.servers = {};
}

inline void gatherer::plan_attempts(const base& from) {
  for (std::size_t uri = 0; uri < sources_.size(); ++uri) {
    add_attempt(from, static_cast<uri_number>(uri), sources_[uri].plan.service);
  }
}

inline void gatherer::add_attempt(const base& from, uri_number uri, gather::service service) {
  auto& row = sources_[uri];
  attempt a{.base = from, .uri = uri, .service = service};
  if (row.fault) return fail(a, *row.fault);
  const auto id = attempts_.insert(a);
  if (!id) return fail(a, outcome::no_room);
  told_ = progress::gathering;
  if (row.resolved) return settle_address(attempts_[*id]);
  if (std::exchange(row.asked, true)) return;
  push(event::name_needed{.uri = uri,
                          .port = row.plan.port,
                          .lookup = row.plan.lookup,
                          .is_local_name = detail::is_local_name(row.host.view())});
}

/// An address of its server, among those of the family of the attempt's socket; nullptr when there
/// are fewer.
inline const endpoint* gatherer::address_for(const attempt& a, std::size_t which) const noexcept {
  const auto& row = sources_[a.uri];
  auto skip = which;
  for (std::size_t i = 0; i < row.addresses; ++i) {
    const auto& e = addresses_[row.first_address + i];
    if (e.address.family != a.base.bound.address.family) continue;
    if (skip-- == 0) return &e;
  }
  return nullptr;
}

inline void gatherer::settle_address(attempt& a) {
  const auto* const e = address_for(a, a.address);
  if (e == nullptr) {
    return give_up(a, sources_[a.uri].addresses == 0 ? outcome::unresolved
                                                     : outcome::no_matching_family);
  }
  a.server = *e;
  a.stage = stage::queued;
  // A server that is named twice has nothing more to say, and gives one relay to one socket.
  const auto& plan = sources_[a.uri].plan;
  const auto twin = attempts_.find_if([&](const attempt& other) {
    return &other != &a && other.base.socket == a.base.socket && other.server == a.server &&
           other.service == a.service && sources_[other.uri].plan.transport == plan.transport &&
           other.stage != stage::failed && other.stage != stage::unresolved;
  });
  if (twin) {
    a.stage = stage::failed;
    a.reported = true;
  }
}

/// Asks from the first address on.
inline void gatherer::begin_anew(attempt& a) {
  a.address = 0;
  a.raced = 1;
  settle_address(a);
}

// ---- the race of a server's addresses --------------------------------------------------------

/// Calls `visit(attempt_id, attempt&)` for every other attempt of the same socket at the same URI
/// that is under way; it may erase it.
template <class Visit>
void gatherer::each_rival(const attempt& a, Visit&& visit) {
  attempts_.for_each([&](attempt_id id, attempt& other) {
    const bool runs = other.stage == stage::queued || other.stage == stage::connecting ||
                      other.stage == stage::asking;
    if (&other != &a && runs && other.base.socket == a.base.socket && other.uri == a.uri &&
        other.service == a.service) {
      visit(id, other);
    }
  });
}

/// Tries the next addresses of servers that are slow to answer.
inline void gatherer::race() {
  while (const auto id =
             attempts_.find_if([&](const attempt& a) { return a.race_at && *a.race_at <= now_; })) {
    attempts_[*id].race_at.reset();
    add_rival(*id);
  }
}

/// Tries the next address beside that of an attempt. Without room it waits until that has failed.
inline void gatherer::add_rival(attempt_id id) {
  const auto& a = attempts_[id];
  while (address_for(a, a.raced) != nullptr) {
    const auto rival = attempts_.insert({.base = a.base,
                                         .uri = a.uri,
                                         .service = a.service,
                                         .is_first = a.is_first,
                                         .out_of_step = a.out_of_step,
                                         .tries = a.tries,
                                         .address = a.raced,
                                         .raced = a.raced,
                                         .started = a.started,
                                         .granted = a.granted});
    if (!rival) return;
    auto& made = attempts_[*rival];
    settle_address(made);
    ++made.raced;
    each_rival(made, [&](attempt_id, attempt& other) { other.raced = made.raced; });
    if (made.stage != stage::failed) return;
    attempts_.erase(*rival);  // an address that is being asked already
  }
}

/// The server answered, or the connection stands: what its other addresses say is of no use.
inline void gatherer::win(attempt& a) {
  a.race_at.reset();
  each_rival(a, [&](attempt_id id, attempt& other) {
    let_go(other);
    attempts_.erase(id);
  });
}

inline bool gatherer::wants_start() const noexcept { return !closed_ && next_to_ask().has_value(); }

inline asking gatherer::asking_of(const attempt& a) const noexcept {
  return {a.service, sources_[a.uri].plan.transport, a.uri};
}

/// True for an attempt that is to ask its server, for the first time or after an answer.
inline bool gatherer::waits_for_turn(const attempt& a) const noexcept {
  if (a.stage == stage::queued) return true;
  const auto* const session = a.stage == stage::asking ? relays_.find(a.place) : nullptr;
  return session != nullptr && session->wants_start();
}

/// The attempt whose turn it is.
inline std::optional<attempt_id> gatherer::next_to_ask() const noexcept {
  std::optional<attempt_id> best;
  attempts_.for_each([&](attempt_id id, const attempt& a) {
    if (!waits_for_turn(a)) return;
    if (!best || comes_before(asking_of(a), asking_of(*attempts_.find(*best)))) best = id;
  });
  return best;
}

/// True for a question that the server answered when it gave the same socket a relay.
inline bool gatherer::is_told(const attempt& a) const noexcept {
  return a.service == service::reflexive && attempts_.find_if([&](const attempt& other) {
    return other.service == service::relay && other.stage == stage::holding &&
           other.local == a.base.socket && other.server == a.server;
  });
}

/// Where a relay stands among those of its base.
inline std::uint8_t gatherer::place_of(uri_number uri, floe::family family) const noexcept {
  const asking self{service::relay, sources_[uri].plan.transport, uri};
  std::size_t better = 0;
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const auto& plan = sources_[i].plan;
    const asking other{plan.service, plan.transport, static_cast<std::uint16_t>(i)};
    better += other.service == service::relay && comes_before(other, self) ? 1U : 0U;
  }
  const auto place = 2 * better + (family == family::ipv4 ? 1U : 0U);
  return static_cast<std::uint8_t>((std::min)(place, std::size_t{0xff}));
}

inline bool gatherer::is_proving() const noexcept {
  if (!proving_until_ || *proving_until_ <= now_) return false;
  bool proving = is_replacing();
  relays_.for_each([&](std::uint16_t, const turn::session& s) { proving |= s.is_proving(); });
  return proving;
}

inline bool gatherer::is_replacing() const noexcept {
  const auto sought = attempts_.find_if([](const attempt& a) {
    return !a.is_first && a.stage != stage::holding && a.stage != stage::failed;
  });
  return sought.has_value();
}

inline void gatherer::start_one(time_point now) {
  advance(now);
  if (!closed_) {
    if (const auto next = next_to_ask()) ask(*next, attempts_[*next]);
  }
  pump();
}

inline void gatherer::ask(attempt_id id, attempt& a) {
  if (a.stage == stage::asking) return relays_.find(a.place)->start_next(now_);
  if (!a.started) a.started = now_;
  if (is_told(a)) {
    a.stage = stage::failed;  // the relay's attempt keeps the address alive
    return report(a, outcome::answered);
  }
  a.stage = stage::asking;
  a.ends = after(now_, config_.server_limit);
  if (address_for(a, a.raced) != nullptr) a.race_at = after(now_, attempt_delay);
  if (a.service == service::reflexive) {
    const auto query = client_.ask(now_, a.base.socket, a.server);
    if (!query) return fail(a, outcome::no_room);
    a.query = *query;
    return;
  }
  const auto transport = sources_[a.uri].plan.transport;
  if (transport == turn::transport::udp) return open_session(a, a.base.socket);
  a.stage = stage::connecting;
  push(event::connection_needed{id, a.base.socket, a.server, transport, a.uri});
}

inline void gatherer::open_session(attempt& a, socket_id local) {
  const auto& row = sources_[a.uri];
  auto session = detail::session_config_of(config_);
  session.local = a.local = local;
  session.server = a.server;
  session.transport = row.plan.transport;
  session.user = accounts_[row.server].username.view();
  session.password = accounts_[row.server].credential.view();
  const auto own = a.base.bound.address.family;
  const auto other_asks = attempts_.find_if([&](const attempt& other) {
    return other.uri == a.uri && other.service == service::relay &&
           other.base.bound.address.family != own && other.stage != stage::failed;
  });
  session.ends_out_of_step = !a.out_of_step;
  session.either_family = session.ask.family == turn::relay_family::both;
  session.ask.family = family_to_ask(session.ask.family, own, other_asks.has_value());
  auto place = relays_.open(session);
  if (!place && forget_farewell()) place = relays_.open(session);
  if (!place) return fail(a, outcome::no_room);
  a.place = *place;
  if (!relays_.find(*place)->start(now_)) {
    relays_.close(*place);
    a.place = no_place;
    fail(a, outcome::unsupported);
  }
}

/// Goes on to the next address of the server, where another may help, leaves that to those that are
/// being tried, or gives up.
inline void gatherer::fail(attempt& a, outcome why, const complaint& said) {
  failed_attempt facts{
      .other_may_help = why == outcome::timeout || why == outcome::unreachable,
      .lacks_room = why == outcome::no_room,
      .has_next = address_for(a, a.raced) != nullptr,
  };
  each_rival(a, [&](attempt_id, const attempt&) { facts.has_rivals = true; });
  switch (decide_failure(facts)) {
    case after_failure::give_up: win(a); return give_up(a, why, said);
    case after_failure::next_address:
      a.ends.reset();
      a.race_at.reset();
      let_go(a);
      a.address = a.raced++;
      each_rival(a, [&](attempt_id, attempt& other) { other.raced = a.raced; });
      return settle_address(a);
    case after_failure::leave: {
      // What could not be asked is asked when another has failed.
      if (facts.lacks_room) {
        each_rival(a, [&](attempt_id, attempt& other) { other.raced = a.address; });
      }
      let_go(a);
      const auto id = attempts_.find_if([&](const attempt& other) { return &other == &a; });
      if (id) attempts_.erase(*id);
      return;
    }
  }
}

inline void gatherer::give_up(attempt& a, outcome why, const complaint& said) {
  a.ends.reset();
  a.race_at.reset();
  let_go(a);
  a.falls_back = a.is_first && a.service == service::relay && is_full(said);
  a.refused_credentials = why == outcome::credentials;
  if (!a.is_first && may_pass(why)) return rest(a);
  a.stage = stage::failed;
  report(a, why, said);
}

inline void gatherer::report(attempt& a, outcome why, const complaint& said) {
  if (std::exchange(a.reported, true)) return;
  push(event::server_result{.uri = a.uri,
                            .socket = a.base.socket,
                            .server = a.server,
                            .outcome = why,
                            .said = said,
                            .took = elapsed(a.started.value_or(now_), now_)});
}

/// Asks no more. A session is sent on its way out; its place is free once it has said goodbye.
inline void gatherer::let_go(attempt& a) {
  if (a.query) client_.cancel(now_, *a.query);
  a.query.reset();
  if (auto* const session = relays_.find(a.place)) session->abandon(now_);
  a.place = no_place;
}

/// Makes room of a session that has ended and may only have something to give back. False when
/// there is none.
inline bool gatherer::forget_farewell() {
  std::optional<std::uint16_t> found;
  relays_.for_each([&](std::uint16_t place, const turn::session& s) {
    if (s.state() == turn::allocation_state::ended && !owner_of(place)) found = place;
  });
  if (found) relays_.close(*found);
  return found.has_value();
}

inline void gatherer::on_deadline(attempt_id, attempt& a) {
  a.ends.reset();
  switch (a.stage) {
    case stage::unresolved:
    case stage::queued:
    case stage::failed: break;
    case stage::connecting:
    case stage::asking: {
      const auto* const session = relays_.find(a.place);
      const auto said = session != nullptr ? session->said() : std::nullopt;
      fail(a, said && !said->proved ? outcome::unproved : outcome::timeout, said);
      break;
    }
    case stage::holding:
      a.ends = after(now_, config_.keepalive);
      if (!a.query) {
        const auto query = client_.ask(now_, a.base.socket, a.server);
        if (query) a.query = *query;
      }
      break;
    case stage::resting: begin_anew(a); break;
  }
}

// ---- time
// -----------------------------------------------------------------------------------

inline void gatherer::handle_timeout(time_point now) {
  advance(now);
  client_.handle_timeout(now_);
  relays_.for_each([&](std::uint16_t, turn::session& s) { s.handle_timeout(now_); });
  pump();
}

inline void gatherer::pump() {
  collect();
  attempts_.for_each([&](attempt_id id, attempt& a) {
    if (a.ends && *a.ends <= now_) on_deadline(id, a);
  });
  collect();
  race();
  fall_back();
  ask_for_credentials();
  if (proving_until_ && *proving_until_ <= now_) proving_until_.reset();
  judge_progress();
}

inline deadline gatherer::next_timeout() const noexcept {
  auto soonest = client_.next_timeout();
  relays_.for_each([&](std::uint16_t, const turn::session& s) {
    soonest = earliest(soonest, s.next_timeout());
  });
  attempts_.for_each([&](attempt_id, const attempt& a) {
    soonest = earliest(soonest, earliest(a.ends, a.race_at));
  });
  if (is_proving()) soonest = earliest(soonest, proving_until_);
  if (started_ && !closed_) {
    for (const auto& a : accounts_) soonest = earliest(soonest, a.ask_at);
  }
  if (started_ && !closed_ && told_ == progress::gathering) {
    soonest = earliest(soonest, after(started_at_, config_.enough_after));
  }
  return before_end(soonest);
}

/// Asks the host for credentials in the place of those that are about to end.
inline void gatherer::ask_for_credentials() {
  if (!started_ || closed_) return;
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    auto& a = accounts_[i];
    if (!a.ask_at || *a.ask_at > now_) continue;
    a.ask_at.reset();
    push(event::credentials_needed{static_cast<std::uint16_t>(i), a.expires});
  }
}

inline progress_facts gatherer::facts() const noexcept {
  progress_facts out{.every_base_reflexive = true,
                     .every_base_relayed = true,
                     .since_start = elapsed(started_at_, now_),
                     .enough_after = config_.enough_after};
  attempts_.for_each([&](attempt_id, const attempt& a) {
    const bool under_way = a.is_first && a.stage < stage::holding;
    out.outstanding += under_way ? 1U : 0U;
    const bool relay = a.service == service::relay;
    (relay ? out.wants_relay : out.wants_reflexive) |= under_way;
  });
  for (const auto& b : bases_) {
    const auto has = [&](service kind) {
      return std::any_of(candidates_.begin(), candidates_.end(), [&](const candidate& c) {
        return c.base.socket == b.socket && c.kind == kind;
      });
    };
    out.every_base_relayed = out.every_base_relayed && has(service::relay);
    // A base that no NAT hides has no reflexive address of its own, and needs none.
    const bool answered = has(service::reflexive) || attempts_.find_if([&](const attempt& a) {
      return a.base.socket == b.socket && a.stage == stage::holding;
    });
    out.every_base_reflexive = out.every_base_reflexive && answered;
  }
  return out;
}

inline void gatherer::judge_progress() {
  if (!started_ || closed_ || told_ == progress::complete) return;
  const auto now = judge(facts());
  if (now == progress::gathering || now == told_) return;
  if (told_ == progress::gathering) push(event::enough{});
  if (now == progress::complete) push(event::complete{});
  told_ = now;
}

}  // namespace floe::gather
