// What the host says to a gatherer.
//
// owns:     sockets that come and go, names that were resolved, connections that were made, the end
// does not: ask servers (gatherer_attempts.hpp), or pass data (gatherer_relays.hpp)
// sources:  RFC 8445 sec. 5.1.1.2, 5.1.1.4
#pragma once

#include "floe/core/language.hpp"

#include "floe/gather/gatherer.hpp"

namespace floe::gather {

inline result<void> gatherer::add_socket(time_point now, socket_id socket, const endpoint& bound) {
  advance(now);
  if (closed_) return unexpected{errc::session_closed};
  if (bases_.size() == config_.limits.sockets) return unexpected{errc::capacity_reached};
  bases_.push_back({socket, bound});
  if (started_) {
    plan_attempts(bases_.back());
    pump();
  }
  return {};
}

inline void gatherer::remove_socket(time_point now, socket_id socket) {
  advance(now);
  attempts_.for_each([&](attempt_id id, attempt& a) {
    if (a.base.socket != socket) return;
    if (a.query) client_.cancel(now_, *a.query);
    if (a.place != no_place) relays_.close(a.place);
    attempts_.erase(id);
  });
  // Nothing can leave from it any more, not even the farewell of a relay that was given back.
  relays_.for_each([&](std::uint16_t place, const turn::session& s) {
    if (s.leaves_from(socket)) relays_.close(place);
  });
  candidates_.erase(std::remove_if(candidates_.begin(), candidates_.end(),
                                   [&](const candidate& c) { return c.base.socket == socket; }),
                    candidates_.end());
  bases_.erase(std::remove_if(bases_.begin(), bases_.end(),
                              [&](const base& b) { return b.socket == socket; }),
               bases_.end());
  pump();
}

inline void gatherer::start(time_point now) {
  advance(now);
  if (started_ || closed_) return;
  started_ = true;
  started_at_ = now_;
  for (auto& a : accounts_) {
    if (a.expires) a.ask_at = ask_for_credentials_at(now_, *a.expires);
  }
  for (const auto& b : bases_) plan_attempts(b);
  pump();
}

inline void gatherer::resolved(time_point now, uri_number uri,
                               gsl::span<const endpoint> addresses) {
  advance(now);
  if (uri >= sources_.size()) return;
  auto& row = sources_[uri];
  if (row.resolved || row.fault) return;
  row.resolved = true;
  for (const auto& e : addresses) {
    if (row.addresses == config_.limits.addresses) break;
    if (is_sendable(e)) addresses_[row.first_address + row.addresses++] = e;
  }
  attempts_.for_each([&](attempt_id, attempt& a) {
    if (a.uri == uri && a.stage == stage::unresolved) settle_address(a);
  });
  pump();
}

inline result<void> gatherer::connected(time_point now, attempt_id which, socket_id socket) {
  advance(now);
  auto* const a = attempts_.find(which);
  if (a == nullptr || a->stage != stage::connecting) return unexpected{errc::no_path};
  a->stage = stage::asking;
  win(*a);
  if (auto* const session = relays_.find(a->place)) {
    a->local = socket;
    if (!session->use_socket(now_, socket)) fail(*a, outcome::unreachable);
  } else {
    open_session(*a, socket);
  }
  pump();
  return {};
}

inline void gatherer::connect_failed(time_point now, attempt_id which) {
  advance(now);
  auto* const a = attempts_.find(which);
  if (a == nullptr || a->stage != stage::connecting) return;
  fail(*a, outcome::unreachable);
  pump();
}

inline std::string_view gatherer::token_server_name(attempt_id which) const noexcept {
  const auto* const a = attempts_.find(which);
  const auto* const session = a != nullptr ? relays_.find(a->place) : nullptr;
  return session != nullptr ? session->token_server_name() : std::string_view{};
}

inline result<void> gatherer::bring_token(time_point now, attempt_id which,
                                          const turn::token& token) {
  advance(now);
  const auto* const a = attempts_.find(which);
  auto* const session = a != nullptr ? relays_.find(a->place) : nullptr;
  if (session == nullptr) return unexpected{errc::no_path};
  auto brought = session->bring_token(now_, token);
  pump();
  return brought;
}

inline result<void> gatherer::set_credentials(time_point now, std::uint16_t server,
                                              std::string_view username,
                                              std::string_view credential, deadline expires) {
  advance(now);
  if (closed_) return unexpected{errc::session_closed};
  if (server >= accounts_.size()) return unexpected{errc::no_path};
  if (username.empty() || username.size() > stun::username_limits.bytes_sent ||
      credential.size() > stun::phrase_limits.bytes_accepted) {
    return unexpected{errc::unsupported};
  }
  auto& known = accounts_[server];
  known.username.assign(username);
  known.credential.assign(credential);
  known.expires = known.ask_at = expires;
  if (started_ && expires) known.ask_at = ask_for_credentials_at(now_, *expires);
  attempts_.for_each([&](attempt_id, attempt& a) {
    auto& row = sources_[a.uri];
    if (row.server != server || a.service != service::relay) return;
    if (auto* const session = relays_.find(a.place)) {
      (void)session->use_credentials(username, credential);
    } else if (std::exchange(a.refused_credentials, false) && a.stage == stage::failed) {
      told_ = progress::gathering;
      a.reported = false;
      a.started.reset();
      begin_anew(a);
    }
  });
  pump();
  return {};
}

inline void gatherer::prove_relays() {
  if (!started_ || closed_) return;
  proving_until_ = after(now_, config_.server_limit);
  relays_.for_each([&](std::uint16_t place, turn::session& s) {
    if (owner_of(place)) s.prove();
  });
}

inline void gatherer::close(time_point now) {
  advance(now);
  closed_ = true;
  attempts_.for_each([&](attempt_id, attempt& a) {
    a.stage = stage::failed;
    a.reported = true;
    a.ends.reset();
    a.race_at.reset();
    let_go(a);
  });
  candidates_.clear();
  while (events_.pop()) {
  }
  pump();
}

}  // namespace floe::gather
