#include "side.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <tuple>
#include <utility>
#include <variant>

#include "floe/sdp/address.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/names.hpp"
#include "floe/turn/channel_data.hpp"

namespace replay {

namespace {

using namespace floe;

std::string_view text_of(ice::candidate_type type) {
  switch (type) {
    case ice::candidate_type::host: return "host";
    case ice::candidate_type::srflx: return "srflx";
    case ice::candidate_type::prflx: return "prflx";
    case ice::candidate_type::relay: return "relay";
  }
  return "?";
}

std::string_view text_of(gather::outcome outcome) {
  switch (outcome) {
    case gather::outcome::answered: return "answered";
    case gather::outcome::refused: return "refused";
    case gather::outcome::credentials: return "refused our credentials";
    case gather::outcome::timeout: return "did not answer";
    case gather::outcome::unusable_answer: return "gave nothing of use";
    case gather::outcome::unreachable: return "is unreachable";
    case gather::outcome::unresolved: return "has no address";
    case gather::outcome::unsupported: return "is of a kind not supported";
    case gather::outcome::no_room: return "was one too many";
    case gather::outcome::no_matching_family: return "has no address of this family";
    case gather::outcome::unproved: return "proved nothing of what it said";
  }
  return "?";
}

std::string hex_of(byte_view data, std::size_t most = 48) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const auto b : data.first(std::min(data.size(), most))) {
    text += digits[std::to_integer<std::size_t>(b >> 4U)];
    text += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return text + (data.size() > most ? "..." : "") + " (" + std::to_string(data.size()) + " bytes)";
}

std::string plural(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

/// Makes a side out of the steps of a player.
class reader {
 public:
  reader(byte_view recording, std::string_view name) : player_{recording} { made_.name = name; }

  side read() {
    made_.start = made_.end = player_.start();
    if (player_.agent() != nullptr) made_.role = role_text();
    while (const auto step = player_.next()) {
      now_ = std::max(step->now, made_.start);
      ++call_;
      made_.end = now_;
      std::visit([&](const auto& call) { take(call, *step); }, step->call);
    }
    made_.calls = player_.played();
    made_.verdict = player_.verdict();
    made_.trouble = trouble();
    return std::move(made_);
  }

 private:
  [[nodiscard]] const agent& who() const { return *player_.agent(); }
  [[nodiscard]] std::string role_text() const {
    return who().role() == ice::role::controlling ? "controlling" : "controlled";
  }

  void tell(std::string line, bool strong = false) {
    made_.moments.push_back({now_, call_, {std::move(line)}, strong});
  }
  void tell(std::vector<std::string> lines, bool strong) {
    made_.moments.push_back({now_, call_, std::move(lines), strong});
  }

  // ---- calls -----------------------------------------------------------------------------------

  template <class Call>
  void take(const Call&, const record::step&) {}

  void take(const record::call::remark& c, const record::step&) {
    constexpr std::string_view naming = "name ";
    if (c.text.starts_with(naming)) {
      made_.name = c.text.substr(naming.size(), 24);
    } else {
      tell("host: " + std::string{c.text.substr(0, 60)});
    }
  }
  void take(const record::call::add_local& c, const record::step&) { bound_[c.socket] = c.bound; }
  void take(const record::call::set_remote_credentials&, const record::step& s) {
    const auto* const error = std::get_if<std::optional<errc>>(&s.answer);
    if (error != nullptr && !*error && !std::exchange(is_introduced_, true)) {
      tell("learns the peer's credentials");
    }
  }
  void take(const record::call::add_remote& c, const record::step& s) {
    const auto* const error = std::get_if<std::optional<errc>>(&s.answer);
    const bool taken = error == nullptr || !*error;
    tell((taken ? "hears of " : "refuses ") + std::string{text_of(c.candidate.type)} + " " +
         replay::text_of(c.candidate.address));
  }
  void take(const record::call::add_hidden_remote& c, const record::step&) {
    tell("hears of " + std::string{text_of(c.candidate.type)} + " " + std::string{c.name});
  }
  /// The address is what the name hides.
  void take(const record::call::resolved_hidden& c, const record::step&) {
    tell(c.found ? "has the address of a name" : "has no address for a name");
  }
  void take(const record::call::restart&, const record::step&) { tell("restarts", true); }
  void take(const record::call::close&, const record::step&) { tell("closes", true); }
  void take(const record::call::remove_local& c, const record::step&) {
    tell("loses the socket at " + replay::text_of(bound_[c.socket]));
  }
  void take(const record::call::connected& c, const record::step&) {
    if (const auto found = wanted_.find(key_of(c.which)); found != wanted_.end()) {
      links_[c.socket] = found->second;
      tell("is connected to " + replay::text_of(found->second));
    }
  }
  void take(const record::call::handle_unreachable& c, const record::step&) {
    tell("can't reach " + replay::text_of(c.where.remote));
  }
  void take(const record::call::handle_datagram& c, const record::step& s) {
    const auto* const result = std::get_if<inbound>(&s.answer);
    const bool refused = result != nullptr && std::holds_alternative<rejected>(*result);
    note(false, c.datagram.local, c.datagram.remote, c.datagram.bytes, refused);
  }
  void take(const record::call::handle_stream& c, const record::step&) {
    auto& waiting = streams_[c.socket];
    waiting.insert(waiting.end(), c.bytes.begin(), c.bytes.end());
    for (;;) {
      if (waiting.size() < 4) return;
      const auto first = load_be<std::uint16_t>(waiting.data());
      const auto length = load_be<std::uint16_t>(waiting.data() + 2);
      const std::size_t whole = first < 0x4000 ? length + 20U : (length + 4U + 3U) / 4U * 4U;
      if (waiting.size() < whole) return;
      note(false, c.socket, links_[c.socket], byte_view{waiting}.first(whole), false);
      waiting.erase(waiting.begin(), waiting.begin() + static_cast<std::ptrdiff_t>(whole));
    }
  }
  void take(const record::call::poll_transmit&, const record::step& s) {
    const auto* const out = std::get_if<std::optional<transmit>>(&s.answer);
    if (out != nullptr && *out) note(true, (*out)->local, (*out)->remote, s.bytes, false);
  }
  void take(const record::call::encapsulate&, const record::step& s) {
    const auto* const out = std::get_if<result<transmit>>(&s.answer);
    if (out != nullptr && *out) note(true, (*out)->local, (*out)->remote, s.bytes, false);
  }
  void take(const record::call::poll_event&, const record::step& s) {
    const auto* const e = std::get_if<std::optional<event::any>>(&s.answer);
    if (e != nullptr && *e) std::visit([this](const auto& one) { hear(one); }, **e);
  }

  // ---- events ----------------------------------------------------------------------------------

  template <class Event>
  void hear(const Event&) {}

  void hear(const event::local_candidate& e) {
    const auto* const row = who().local(e.id);
    if (row == nullptr) return;
    const auto& c = row->candidate;
    tell("offers " + std::string{text_of(c.type)} + " " + replay::text_of(c.address));
  }
  void hear(const event::gathering_done&) { tell("has all its candidates"); }
  void hear(const event::state_changed& e) {
    tell("is " + std::string{to_text(e.to)}, e.to == connection_state::failed);
  }
  void hear(const event::path_found& e) {
    tell({"has a valid pair: " + types_text(e.local, e.remote), ends_text(e.local, e.remote)},
         false);
  }
  void hear(const event::selected& e) {
    selected_ = {};
    if (const auto* const remote = who().remote(e.remote)) selected_ = remote->candidate.address;
    tell({"selects " + types_text(e.local, e.remote), ends_text(e.local, e.remote),
          "because " + reason(e)},
         true);
  }
  void hear(const event::consent_lost&) { tell("lost the peer's consent", true); }
  void hear(const event::role_changed&) {
    made_.role = role_text();
    tell("is " + made_.role + " now", true);
  }
  void hear(const event::learned_candidate& e) {
    const auto* const row = who().remote(e.id);
    if (row != nullptr) tell("learns prflx " + replay::text_of(row->candidate.address));
  }
  void hear(const event::restarted&) { tell("has new credentials"); }
  void hear(const event::connection_needed& e) { wanted_[key_of(e.attempt)] = e.server; }
  void hear(const event::server_result& e) {
    if (e.outcome == gather::outcome::no_matching_family) return;
    std::string text =
        "server " + replay::text_of(e.server) + " " + std::string{text_of(e.outcome)};
    if (e.said) text += ", " + std::to_string(static_cast<unsigned>(e.said->code));
    tell(text + " in " + replay::text_of(e.took));
  }
  void hear(const event::relay_lost&) { tell("lost its relay", true); }
  void hear(const event::relay_replaced&) { tell("has another relay"); }
  void hear(const event::pair_changed& e) {
    if (e.to == ice::pair_state::failed) tell("pair fails: " + ends_text(e.local, e.remote));
  }

  [[nodiscard]] std::string types_text(ice::local_id local, ice::remote_id remote) const {
    const auto* const l = who().local(local);
    const auto* const r = who().remote(remote);
    if (l == nullptr || r == nullptr) return "a pair that is gone";
    return std::string{text_of(l->candidate.type)} + " - " +
           std::string{text_of(r->candidate.type)};
  }
  [[nodiscard]] std::string ends_text(ice::local_id local, ice::remote_id remote) const {
    const auto* const l = who().local(local);
    const auto* const r = who().remote(remote);
    if (l == nullptr || r == nullptr) return "";
    return replay::text_of(l->candidate.address) + " - " + replay::text_of(r->candidate.address);
  }

  /// Why the agent settled on a pair, seen from the states of those above it.
  [[nodiscard]] std::string reason(const event::selected& e) const {
    const auto* const valid = who().selected(e.stream, e.component);
    if (valid != nullptr && !valid->nominated) return "the nominated pair is silent";
    if (who().role() == ice::role::controlled) return "the peer nominated it";
    const auto& lists = who().checklists();
    std::size_t failed = 0;
    std::size_t open = 0;
    for (const auto id : lists.order()) {
      const auto& p = lists[id];
      if (p.stream != e.stream || p.component != e.component || valid == nullptr) continue;
      if (p.local == valid->checked && p.remote == valid->remote) break;
      if (p.state == ice::pair_state::failed) ++failed;
      const bool pending = p.state != ice::pair_state::failed;
      if (pending && p.state != ice::pair_state::succeeded) ++open;
    }
    if (open != 0) return "it works, and " + plural(open, "better pair") + " took too long";
    if (failed != 0) return plural(failed, "better pair") + " failed";
    return "no better pair is left";
  }

  // ---- datagrams -------------------------------------------------------------------------------

  void note(bool sent, socket_id socket, const endpoint& remote, byte_view content, bool refused) {
    packet p;
    p.at = now_;
    p.call = call_;
    p.sent = sent;
    p.own = bound_[socket];
    p.other = remote;
    p.inner.assign(content.begin(), content.end());
    endpoint peer = remote;
    unwrap(p, socket, peer);
    describe(p, peer);
    if (refused) p.label += ", refused";
    made_.packets.push_back(std::move(p));
  }

  /// Takes off what a relay needs.
  void unwrap(packet& p, socket_id socket, endpoint& peer) {
    const auto is_channel =
        p.inner.size() >= 4 && turn::is_channel(load_be<std::uint16_t>(p.inner.data()));
    const bool known = is_server(p.other) || links_.count(socket) != 0;
    if (is_channel && known) {
      const auto number = load_be<std::uint16_t>(p.inner.data());
      const std::size_t size = load_be<std::uint16_t>(p.inner.data() + 2);
      if (size + 4 > p.inner.size()) return;
      if (const auto found = channels_.find({p.other, number}); found != channels_.end()) {
        peer = found->second;
      }
      p.inner = bytes(p.inner.begin() + 4, p.inner.begin() + 4 + static_cast<std::ptrdiff_t>(size));
      p.by_server = p.is_relayed = true;
      return;
    }
    const auto message = stun::message_view::parse(p.inner);
    if (!message) return;
    const auto method = message->method();
    if (method != stun::method::send && method != stun::method::data) return;
    const auto to = message->get<stun::xor_peer_address>();
    const auto data = message->get<stun::data>();
    if (!to || !data) return;
    peer = to->value;
    p.inner = bytes(data->value.begin(), data->value.end());
    p.by_server = p.is_relayed = true;
    serve(p.other, "TURN");
  }

  void describe(packet& p, const endpoint& peer) {
    const auto message = stun::message_view::parse(p.inner);
    if (!message) {
      p.label = "data, " + plural(p.inner.size(), "byte");
      return;
    }
    const auto id = message->transaction();
    p.transaction = std::string{as_text(id.bytes)};
    p.is_request = message->cls() == stun::message_class::request;
    const bool again = p.is_request && !asked_.insert(p.transaction).second;
    if (message->method() != stun::method::binding) {
      describe_turn(p, *message);
    } else if (p.is_request) {
      describe_request(p, *message, peer);
    } else if (message->cls() == stun::message_class::indication) {
      p.purpose = purpose::upkeep;
      p.label = "keepalive";
    } else {
      describe_answer(p, *message);
    }
    if (again && p.sent) p.label += " again";
  }

  void describe_request(packet& p, const stun::message_view& m, const endpoint& peer) {
    if (!m.get<stun::username>()) {
      serve(p.other, "STUN");
      p.by_server = true;
      const bool served = served_.count(replay::text_of(p.own) + replay::text_of(p.other)) != 0;
      p.purpose = served ? purpose::upkeep : purpose::server;
      p.label = "Binding: how am I seen?";
    } else {
      const bool nominates = m.get<stun::use_candidate>().has_value();
      const bool settled = selected_ && *selected_ == peer;
      p.purpose = settled ? purpose::upkeep : nominates ? purpose::nomination : purpose::check;
      p.label = settled ? "consent?" : nominates ? "nominate" : "check";
      if (!settled) p.label += (p.sent ? " \u2192 " : " \u2190 ") + replay::text_of(peer);
    }
    purposes_[p.transaction] = p.purpose;
  }

  void describe_answer(packet& p, const stun::message_view& m) {
    const auto found = purposes_.find(p.transaction);
    if (found != purposes_.end()) p.purpose = found->second;
    p.by_server = p.by_server || (!p.is_relayed && is_server(p.other));
    if (const auto error = m.get<stun::error_code_attribute>()) {
      p.label = "error " + std::to_string(static_cast<unsigned>(error->code));
      return;
    }
    if (p.by_server && !p.is_relayed)
      served_.insert(replay::text_of(p.own) + replay::text_of(p.other));
    p.label = p.purpose == purpose::upkeep ? "yes" : "answer";
    const auto mapped = m.get<stun::xor_mapped_address>();
    if (mapped && p.purpose != purpose::upkeep)
      p.label += ": you are " + replay::text_of(mapped->value);
  }

  void describe_turn(packet& p, const stun::message_view& m) {
    serve(p.other, "TURN");
    p.by_server = true;
    p.label = stun::name_of(m.method());
    if (const auto number = m.get<stun::channel_number>()) {
      if (const auto to = m.get<stun::xor_peer_address>()) {
        channels_[{p.other, number->value}] = to->value;
      }
    }
    p.purpose = m.method() == stun::method::refresh ? purpose::upkeep : purpose::server;
    if (const auto error = m.get<stun::error_code_attribute>()) {
      p.label += ": error " + std::to_string(static_cast<unsigned>(error->code));
    } else if (const auto relayed = m.get<stun::xor_relayed_address>()) {
      p.label += ": relay " + replay::text_of(relayed->value);
    } else if (m.cls() == stun::message_class::success) {
      p.label += ": granted";
    } else if (const auto to = m.get<stun::xor_peer_address>()) {
      p.label += " for " + replay::text_of(to->value);
    }
  }
  void serve(const endpoint& at, std::string_view what) {
    for (auto& [known, text] : made_.servers) {
      if (known != at) continue;
      if (what == "TURN") text = what;
      return;
    }
    made_.servers.emplace_back(at, what);
  }
  [[nodiscard]] bool is_server(const endpoint& e) const {
    return std::any_of(made_.servers.begin(), made_.servers.end(),
                       [&](const auto& s) { return s.first == e; });
  }

  [[nodiscard]] std::string trouble() const {
    switch (player_.verdict()) {
      case record::verdict::playing:
      case record::verdict::identical: return "";
      case record::verdict::broken_off: return "the recording has no end";
      case record::verdict::damaged:
        return player_.played() == 0
                   ? "this is no recording"
                   : "the recording is damaged after " + plural(player_.played(), "call");
      case record::verdict::unplayable:
        return "it was written by another version, or needs policies or room that are not here";
      case record::verdict::different: break;
    }
    const auto& d = *player_.difference();
    const auto what = d.what == record::difference::entropy  ? "draws other entropy"
                      : d.what == record::difference::answer ? "says something else"
                                                             : "sends other bytes";
    return "call " + std::to_string(d.index) + " at " + replay::text_of(d.now - made_.start) + " " +
           what + "\n  expected " + hex_of(d.expected) + "\n  actual   " + hex_of(d.actual);
  }

  static std::uint32_t key_of(gather::attempt_id id) {
    return id.index | std::uint32_t{id.generation} << 16U;
  }

  struct before {
    bool operator()(const std::pair<endpoint, std::uint16_t>& a,
                    const std::pair<endpoint, std::uint16_t>& b) const {
      const auto key = [](const auto& p) {
        return std::tuple{p.first.address.family, p.first.address.octets, p.first.port, p.second};
      };
      return key(a) < key(b);
    }
  };

  record::player player_;
  side made_;
  time_point now_;
  std::size_t call_ = 0;
  bool is_introduced_ = false;
  std::optional<endpoint> selected_;  ///< where the peer is on the selected pair
  std::map<socket_id, endpoint> bound_;
  std::map<socket_id, endpoint> links_;  ///< the servers of connections
  std::map<socket_id, bytes> streams_;
  std::map<std::uint32_t, endpoint> wanted_;
  std::map<std::pair<endpoint, std::uint16_t>, endpoint, before> channels_;
  std::set<std::string> asked_;
  std::map<std::string, purpose> purposes_;
  std::set<std::string> served_;  ///< from where which server has answered
};

}  // namespace

side play(floe::byte_view recording, std::string_view name) {
  return reader{recording, name}.read();
}

std::string text_of(const floe::endpoint& e) {
  const std::string host{floe::sdp::to_text(e.address).view()};
  const bool v6 = e.address.family == floe::family::ipv6;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(e.port);
}

std::string text_of(floe::duration d) {
  const double ms = std::chrono::duration<double, std::milli>(d).count();
  std::array<char, 40> text{};
  if (ms < 1000) {
    std::snprintf(text.data(), text.size(), "%.1f ms", ms);
  } else {
    std::snprintf(text.data(), text.size(), "%.3f s", ms / 1000);
  }
  return text.data();
}

}  // namespace replay
