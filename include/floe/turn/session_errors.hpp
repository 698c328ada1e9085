// What a session does about error responses.
//
// owns:     stating the facts for the rules, and applying what they decide
// does not: decide: see error_rules.hpp, stun/response_rules.hpp, stun/credential_rules.hpp
// sources:  RFC 8656 sec. 7.4, 8.3, 10.3, 12.3; RFC 6062 sec. 4.3; RFC 8489 sec. 6.3.4, 9.2.5, 10
#pragma once

#include "floe/core/language.hpp"

#include "floe/stun/attributes/error.hpp"
#include "floe/stun/response_rules.hpp"
#include "floe/turn/error_rules.hpp"
#include "floe/turn/session.hpp"

namespace floe::turn {

inline void session::on_error(request_table::row row, const stun::message_view& message) {
  auto& r = row.owner;
  const auto error = message.get<stun::error_code_attribute>();
  if (!error || !is_understood(message)) return fail_senseless(row, message);
  if (static_cast<unsigned>(error->code) / 100 == 5) ++r.server_errors;
  switch (r.what) {
    case purpose::allocate: return on_allocate_error(row, error->code, message);
    case purpose::refresh:
    case purpose::move:
    case purpose::release:
    case purpose::release_family: return on_refresh_error(row, error->code, message);
    case purpose::create_permission:
    case purpose::channel_bind:
    case purpose::connect:
    case purpose::connection_bind: return on_peer_error(row, error->code, message);
    case purpose::binding: return;
  }
}

inline void session::on_allocate_error(const request_table::row& row, stun::error_code code,
                                       const stun::message_view& message) {
  const allocate_facts facts{.code = code,
                             .server_errors = row.owner.server_errors,
                             .waits = waits_,
                             .sockets = sockets_,
                             .can_ask_for_less = less(code, message).has_value()};
  switch (decide_allocate(facts)) {
    case allocate_decision::authenticate: return authenticate(row, code, message);
    case allocate_decision::try_alternate: return follow(code, message);
    case allocate_decision::resend: return again(row);
    case allocate_decision::ask_for_less: options_ = *less(code, message); return again(row);
    case allocate_decision::another_socket:
      ++sockets_;
      awaits_socket_ = true;
      apply(allocation_event::put_off);
      return events_.push(event::socket_needed{server_});
    case allocate_decision::wait:
      ask_at_ = after(now_, wait_for(waits_));
      ++waits_;
      apply(allocation_event::put_off);
      return events_.push(event::put_off{said_.value_or(complaint{code, false}), *ask_at_});
    case allocate_decision::fail: return end(end_reason::refused);
  }
}

/// The options that are left when the server can't do with what it named, or with the families that
/// were asked for.
inline std::optional<allocate_options> session::less(stun::error_code code,
                                                     const stun::message_view& message) const {
  auto fewer = options_;
  if (code == stun::error_code::unknown_attribute) {
    const auto unknown = message.get<stun::unknown_attributes>();
    if (unknown && !unknown->types.empty()) {
      // To servers of before RFC 6156 every relay is one of IPv4.
      const bool named_family =
          unknown->types.contains(stun::attribute_type::requested_address_family);
      if (!named_family) return without(options_, unknown->types);
      code = stun::error_code::address_family_not_supported;
    }
  }
  if (code == stun::error_code::insufficient_capacity) {
    if (const auto any_port = without_port_wishes(options_)) return any_port;
  }
  if (code == stun::error_code::mobility_forbidden && options_.mobility) {
    fewer.mobility = false;
    return fewer;
  }
  if (!is_about_family(code, options_.family)) return std::nullopt;
  const auto next = next_family(config_.ask.family, options_.family, config_.either_family);
  if (!next) return std::nullopt;
  fewer.family = *next;
  return fewer;
}

inline void session::on_refresh_error(const request_table::row& row, stun::error_code code,
                                      const stun::message_view& message) {
  const auto& r = row.owner;
  if (code == stun::error_code::wrong_credentials && credential_.fall_back()) return again(row);
  switch (decide_refresh(code, r.server_errors, r.what == purpose::move)) {
    case refresh_decision::authenticate: return authenticate(row, code, message);
    case refresh_decision::resend: return again(row);
    case refresh_decision::gone:
      return end(r.what == purpose::release ? end_reason::closed : end_reason::forgotten);
    case refresh_decision::keep: return give_up(r, code);
  }
}

inline void session::on_peer_error(const request_table::row& row,
                                   std::optional<stun::error_code> code,
                                   const stun::message_view& message) {
  const auto& r = row.owner;
  if (r.what == purpose::create_permission) permissions_.lose_ahead(r.target);
  if (code == stun::error_code::wrong_credentials && credential_.fall_back()) return again(row);
  const peer_facts facts{.code = code,
                         .server_errors = r.server_errors,
                         .peers = r.peers,
                         .is_channel_bind = r.what == purpose::channel_bind,
                         .ends_out_of_step = config_.ends_out_of_step};
  switch (decide_peer(facts)) {
    case peer_decision::authenticate: return authenticate(row, *code, message);
    case peer_decision::resend: return again(row);
    case peer_decision::gone: return end(end_reason::forgotten);
    case peer_decision::start_over:
      end(end_reason::out_of_step);
      (void)send({.what = purpose::release});
      return;
    case peer_decision::separate:
      permissions_.in_batch(r.target, [](permission& p) { p.alone = true; });
      put_back_permissions(r.target);
      permissions_.for_each([&](permission& p) {
        if (p.batch == r.target && p.alone) p.due = now_;
      });
      return;
    case peer_decision::refuse: return refuse_peers(r, code);
  }
}

/// An answer that says neither yes nor why not: without ERROR-CODE, or with what must be understood
/// and is not. It would be the same the next time. source: RFC 8489 sec. 6.3.3, 6.3.4
inline void session::fail_senseless(const request_table::row& row, const stun::message_view& m) {
  if (row.owner.what != purpose::allocate && credential_.fall_back()) return again(row);
  switch (row.owner.what) {
    case purpose::allocate: return end(end_reason::unusable_answer);
    case purpose::refresh:
    case purpose::move:
    case purpose::release:
    case purpose::release_family: return give_up(row.owner, std::nullopt);
    case purpose::create_permission:
    case purpose::channel_bind:
    case purpose::connect:
    case purpose::connection_bind: return on_peer_error(row, std::nullopt, m);
    case purpose::binding: return;
  }
}

/// What a request asked for about peers won't be had.
inline void session::refuse_peers(const request& r, std::optional<stun::error_code> code) {
  if (r.what == purpose::create_permission) {
    permissions_.in_batch(r.target, [&](permission& p) {
      turn::permissions::apply(p, permission_event::refused);
      p.expires.reset();
      p.due = after(now_, refusal_rest);
      events_.push(event::permission_refused{p.address, code});
    });
    return;
  }
  if (r.what == purpose::channel_bind) {
    if (auto* const c = channels_.find(r.target)) {
      turn::channels::apply(*c, channel_event::refused);
      events_.push(event::channel_refused{c->peer, code});
    }
    return;
  }
  give_up(r, code);
}

/// Takes a challenge, and sends the request again with what it calls for.
inline void session::authenticate(request_table::row row, stun::error_code code,
                                  const stun::message_view& message) {
  auto& r = row.owner;
  const bool had = r.is_protected && r.credential == credential_.generation();
  auto step = challenge_step::refused;
  if (r.challenges < most_challenges) {
    ++r.challenges;
    // What was protected before another request brought a newer challenge was not tried with it.
    step = credential_.take_challenge(message, had, r.stale);
    if (code == stun::error_code::stale_nonce) ++r.stale;
  }
  switch (step) {
    case challenge_step::retry: said_.reset(); return again(row);
    case challenge_step::fetch_token:
      said_.reset();
      if (r.what == purpose::allocate) {
        apply(allocation_event::put_off);
      } else {
        give_up(r, code);
        if (state_ == allocation_state::ended) return;
      }
      if (!std::exchange(awaits_token_, true)) events_.push(event::token_needed{});
      return;
    case challenge_step::refused:
    case challenge_step::unusable: break;
  }
  if (r.what == purpose::allocate) return end(end_reason::credentials);
  if (!std::exchange(complained_, true)) events_.push(event::credentials_refused{code});
  if (credential_.fall_back()) return again(row);
  give_up(r, code);
}

/// Goes to the server that a 300 names.
inline void session::follow(stun::error_code code, const stun::message_view& message) {
  const auto alternate = message.get<stun::alternate_server>();
  const auto decision = stun::decide_alternate(
      {.code = code,
       .enabled = config_.follow_alternate && redirections_ < most_redirections,
       .proved = true,  // an answer without proof to a request that wants one does not come so far
       .asked = server_,
       .alternate = alternate ? std::optional{alternate->value} : std::nullopt,
       .visited = gsl::span<const endpoint>{visited_}.first(redirections_)});
  if (decision != stun::alternate_decision::follow || !is_sendable(alternate->value)) {
    return end(end_reason::refused);
  }
  visited_[redirections_] = server_;
  ++redirections_;
  server_ = alternate->value;
  credential_.forget_server();
  rto_ = {};
  if (config_.transport == turn::transport::udp) {
    ask({.what = purpose::allocate});
    return;
  }
  awaits_socket_ = true;
  apply(allocation_event::put_off);
  events_.push(event::socket_needed{server_});
}

}  // namespace floe::turn
