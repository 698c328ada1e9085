#include "report.hpp"

#include <array>
#include <cstdio>
#include <string_view>
#include <variant>

#include "floe/sdp/address.hpp"
#include "floe/sdp/candidate.hpp"

namespace floecat {

namespace {

std::string_view name_of(floe::ice::pair_state state) {
  using floe::ice::pair_state;
  switch (state) {
    case pair_state::frozen: return "frozen";
    case pair_state::waiting: return "waiting";
    case pair_state::in_progress: return "in-progress";
    case pair_state::succeeded: return "succeeded";
    case pair_state::failed: return "failed";
  }
  return "?";
}

std::string_view name_of(floe::gather::outcome what) {
  using floe::gather::outcome;
  switch (what) {
    case outcome::answered: return "answered";
    case outcome::refused: return "refused";
    case outcome::credentials: return "credentials";
    case outcome::timeout: return "timeout";
    case outcome::unusable_answer: return "unusable-answer";
    case outcome::unreachable: return "unreachable";
    case outcome::unresolved: return "unresolved";
    case outcome::unsupported: return "unsupported";
    case outcome::no_room: return "no-room";
    case outcome::no_matching_family: return "no-matching-family";
    case outcome::unproved: return "unproved";
  }
  return "?";
}

/// A code that nothing proves has a question mark.
std::string number_of(const std::optional<floe::turn::complaint>& said) {
  if (!said) return "-";
  return std::to_string(static_cast<unsigned>(said->code)) + (said->proved ? "" : "?");
}

/// With tenths of milliseconds.
std::string milliseconds_of(floe::duration d) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f",
                std::chrono::duration<double, std::milli>(d).count());
  return text.data();
}

std::string value_of(const floe::ice::candidate& candidate, std::string_view ufrag) {
  const auto text = floe::sdp::to_text(candidate, ufrag);
  return std::string{text.view().substr(floe::sdp::candidate_prefix.size())};
}

/// Both addresses of a pair.
template <class Event>
std::string ends_of(const floe::agent& agent, const Event& e) {
  const auto* const local = agent.local(e.local);
  const auto* const remote = agent.remote(e.remote);
  if (local == nullptr || remote == nullptr) return "gone gone";
  return text_of(local->candidate.address) + " " + text_of(remote->candidate.address);
}

std::uint32_t key_of(floe::ice::pair_id id) {
  return id.index | std::uint32_t{id.generation} << 16U;
}

}  // namespace

void complain(const std::string& text) { std::fprintf(stderr, "floecat: %s\n", text.c_str()); }

std::string text_of(const floe::agent& agent, floe::ice::local_id id) {
  const auto* const row = agent.local(id);
  if (row == nullptr) return "gone";
  auto told = row->candidate;
  // Who wants to be reached by a relay only may want to hide where it is (RFC 8839 §5.1).
  if (told.type == floe::ice::candidate_type::relay) told.related.reset();
  return value_of(told, agent.local_credentials().ufrag);
}

std::string text_of(const floe::agent& agent, floe::ice::remote_id id, std::string_view ufrag) {
  const auto* const row = agent.remote(id);
  return row == nullptr ? "gone" : value_of(row->candidate, ufrag);
}

std::string text_of(const floe::endpoint& e) {
  const std::string host{floe::sdp::to_text(e.address).view()};
  const bool v6 = e.address.family == floe::family::ipv6;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(e.port);
}

report::report(bool wanted) : wanted_{wanted}, start_{std::chrono::steady_clock::now()} {
  const double clock = std::chrono::duration<double>(start_.time_since_epoch()).count();
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "clock %.6f", clock);
  tell(text.data());
}

void report::tell(const std::string& text) const {
  if (!wanted_) return;
  const std::chrono::duration<double, std::milli> since = std::chrono::steady_clock::now() - start_;
  std::fprintf(stderr, "floecat %+.3f %s\n", since.count(), text.c_str());
}

void report::tell_event(const floe::agent& agent, const floe::event::any& event) {
  if (!wanted_) return;
  const overloaded teller{
      [&](const floe::event::local_candidate& e) { tell("local " + text_of(agent, e.id)); },
      [&](const floe::event::learned_candidate& e) { tell("learned " + text_of(agent, e.id)); },
      [&](const floe::event::state_changed& e) { tell("state " + std::string{to_text(e.to)}); },
      [&](const floe::event::path_found& e) { tell("path " + ends_of(agent, e)); },
      [&](const floe::event::selected& e) { tell("selected " + ends_of(agent, e)); },
      [&](const floe::event::role_changed& e) {
        tell(e.role == floe::ice::role::controlling ? "role controlling" : "role controlled");
      },
      [&](const floe::event::restarted&) { tell("restarted"); },
      [&](const floe::event::pair_changed& e) {
        auto& pair = pairs_[key_of(e.id)];
        pair = std::to_string(e.priority) + " " + ends_of(agent, e);
        tell("pair " + std::string{name_of(e.to)} + " " + pair);
      },
      [&](const floe::event::pair_removed& e) {
        tell("pair removed " + pairs_[key_of(e.id)]);
        pairs_.erase(key_of(e.id));
      },
      [&](const floe::event::server_result& e) {
        tell("server " + std::string{agent.server_name(e.uri)} + " " + text_of(e.server) + " " +
             std::string{name_of(e.outcome)} + " " + number_of(e.said) + " " +
             milliseconds_of(e.took));
      },
      [&](const floe::event::relay_lost& e) { tell("relay lost " + number_of(e.said)); },
      [&](const floe::event::relay_replaced& e) {
        tell(e.is_cut_off ? "relay replaced cut-off" : "relay replaced");
      },
      [&](const floe::event::credentials_needed& e) {
        tell("credentials needed " + std::to_string(e.server));
      },
      [&](const floe::event::dropped& e) { tell("dropped " + std::to_string(e.count)); },
      [](const auto&) {},
  };
  std::visit(teller, event);
}

void report::tell_totals(const floe::statistics& totals) const {
  tell("totals sent " + std::to_string(totals.datagrams_sent) + " " +
       std::to_string(totals.bytes_sent) + " received " +
       std::to_string(totals.datagrams_received) + " " + std::to_string(totals.bytes_received));
}

}  // namespace floecat
