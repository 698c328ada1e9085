// Any calls, datagrams and times, in any order, to one agent with two streams.
//
// The bytes choose what happens: sockets that come and go, candidates, credentials, time, noise, a
// peer that knows the passwords and says whatever it likes, servers and relays that do so too, a
// host that forgets to poll. Promises,
// besides those that the world checks after every call (next_timeout() moves on, one new check per
// call, everything sent parses and leaves a socket that the agent was given): a datagram that is
// refused for want of proof changes nothing that shows, and is answered at most once and with no
// more than it brought; tables and queues keep their limits; counters agree with what was seen;
// data leaves only towards where a proved answer came from less than 30 seconds ago; before its
// next deadline an agent does nothing; the same inputs give the same bytes and events.
//
// Where the environment variable FLOE_RECORDING names a file, it holds a recording of the last
// session: of the one that broke a promise, for examples/replay.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "floe/stun/attributes/ice.hpp"
#include "hostile_turn.hpp"
#include "observed.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;
using hostile::promise;
using hostile::visible;

namespace {

config behaviour(FuzzedDataProvider& data) {
  config c{.role = data.ConsumeBool() ? ice::role::controlling : ice::role::controlled};
  c.consent.enabled = data.ConsumeBool();
  c.presume_end_of_candidates = data.ConsumeBool();
  c.report_pairs = data.ConsumeBool();
  c.answer_strangers = data.ConsumeBool();
  if (data.ConsumeIntegralInRange(0, 7) == 0) c.level = ice::level::lite;
  if (data.ConsumeIntegralInRange(0, 7) == 0) c.nomination.chosen_by = ice::nomination_config::host;
  if (data.ConsumeBool()) c.release = 3s;
  c.limits.streams = 2;
  c.limits.components = 3;
  c.limits.local_candidates = data.ConsumeIntegralInRange<std::uint16_t>(2, 8);
  c.limits.remote_candidates = data.ConsumeIntegralInRange<std::uint16_t>(1, 8);
  c.limits.pairs = data.ConsumeIntegralInRange<std::uint16_t>(1, 12);
  c.limits.answers = data.ConsumeIntegralInRange<std::uint16_t>(1, 4);
  c.limits.early_checks = data.ConsumeIntegralInRange<std::uint16_t>(1, 3);
  c.limits.events = data.ConsumeIntegralInRange<std::uint16_t>(1, 32);
  return c;
}

constexpr std::array<std::string_view, 5> uris{"stun:198.51.100.1", "turn:198.51.100.2",
                                               "turn:198.51.100.3?transport=tcp", "turn:turn.local",
                                               "turns:turn.example.org"};

/// Where servers are; some places that they name can't be sent to.
endpoint server_at(unsigned n) {
  if (n % 8 == 7) return {};
  return {address::v4(198, 51, 100, static_cast<std::uint8_t>(1 + n % 4)), 3478};
}
bool is_server(const endpoint& at) {
  return at.address.family == family::ipv4 && at.address.octets[0] == 198;
}

/// Addresses that servers saw or gave.
endpoint given_at(unsigned n) {
  return {address::v4(203, 0, 113, static_cast<std::uint8_t>(1 + n % 6)),
          static_cast<std::uint16_t>(6000 + n / 6 % 4)};
}

/// Some servers, and what they know of the agent; made before the agent is.
struct server_list {
  explicit server_list(FuzzedDataProvider& data) {
    for (auto n = data.ConsumeIntegralInRange(0, 3); n > 0; --n) {
      chosen.push_back(uris[data.ConsumeIntegralInRange<std::size_t>(0, uris.size() - 1)]);
    }
    one = {.uris = chosen, .username = "user", .credential = "pass"};
  }

  [[nodiscard]] config with(config c) const {
    if (!chosen.empty()) c.servers = {&one, 1};
    return c;
  }

  std::vector<std::string_view> chosen;
  gather::server one;
};

/// One session in the hands of the bytes.
class session {
 public:
  session(FuzzedDataProvider& data, record::sink_ref sink)
      : data_{data}, servers_{data}, behaviour_{servers_.with(behaviour(data))}, peer_{1,
                                                                                       behaviour_,
                                                                                       sink} {
    // A second socket, so that a datagram can arrive at the wrong one.
    peer_.net.bind(peer_.n, {left_address.address, 5001});
    act([](auto&) {});
  }

  void step() {
    switch (data_.ConsumeIntegralInRange(0, 33)) {
      case 0: pass(std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()}); break;
      case 1: jump(); break;
      case 2: noise(); break;
      case 3: forged_check(); break;
      case 4:
      case 5: proved_check(); break;
      case 6: hostile_message(); break;
      case 7:
      case 8:
      case 9: answer(); break;
      case 10:
      case 11: remote_candidate(); break;
      case 12: credentials(); break;
      case 13: act([](auto& a) { a.restart(); }); break;
      case 14: {
        const auto stream = some_stream();
        act([&](auto& a) { (void)a.end_of_remote_candidates({}, stream).has_value(); });
        break;
      }
      case 15:
      case 16: send_data(); break;
      case 17: reflect(); break;
      case 18: small_buffer(); break;
      case 19: add_stream(); break;
      case 20: add_local(); break;
      case 21: add_mapped(); break;
      case 22: remove_local(); break;
      case 23: {
        const auto what = data_.ConsumeBool() ? gathering::complete : gathering::open;
        act([&](auto& a) { a.gather(peer_.net.now(), what); });
        break;
      }
      case 24: neglect(); break;
      case 25: nominate(); break;
      case 26: describe_peer(); break;
      case 27:
        if (data_.ConsumeIntegralInRange(0, 15) == 0) act([](auto& a) { a.close(); });
        break;
      case 28:
      case 29: serve_host(); break;
      case 30:
      case 31:
      case 32: answer_as_server(); break;
      case 33: through_relay(); break;
      default: break;
    }
    check_bounds();
    check_report();
    check_calm();
  }

  [[nodiscard]] bool more() const { return data_.remaining_bytes() > 0; }

  /// Reports are for people: whatever happened, there is one, and it says "works" of paths alone.
  void check_report() const {
    const auto report = peer_.n.agent.report();
    promise(!to_text(report.verdict).empty() && !to_text(report.pairs).empty());
    promise(report.verdict != session_verdict::works || report.has_path);
    const auto& lists = peer_.n.agent.checklists();
    promise(report.pair_count == lists.size());
    for (const auto id : lists.order()) promise(!to_text(ice::judge(lists[id])).empty());
  }

  /// A number that tells sessions apart by everything that came out.
  [[nodiscard]] std::uint64_t digest() const {
    std::uint64_t sum = 1469598103934665603U;
    const auto mix = [&](std::uint64_t x) { sum = (sum ^ x) * 1099511628211U; };
    for (const auto& w : peer_.net.log()) {
      mix(static_cast<std::uint64_t>(w.sent_at.time_since_epoch().count()));
      mix(w.destination.port);
      for (const auto b : w.bytes) mix(std::to_integer<std::uint64_t>(b));
    }
    for (const auto& e : peer_.n.events) mix(e.what.index());
    return sum;
  }

 private:
  template <class Act>
  void act(Act&& call) {
    peer_.net.act(peer_.n, call);
  }

  stream_id some_stream() { return stream_id{data_.ConsumeIntegralInRange<std::uint16_t>(0, 1)}; }
  component_id some_component() {
    return component_id{data_.ConsumeIntegralInRange<std::uint16_t>(1, 2)};
  }
  endpoint place() {
    return {address::v4(192, 0, 2, data_.ConsumeIntegralInRange<std::uint8_t>(1, 6)),
            data_.ConsumeIntegralInRange<std::uint16_t>(5999, 6002)};
  }
  socket_id some_socket() {
    const auto& sockets = peer_.n.sockets;
    if (sockets.empty() || data_.ConsumeIntegralInRange(0, 7) == 0) return socket_id{99};
    return sockets[data_.ConsumeIntegralInRange<std::size_t>(0, sockets.size() - 1)].first;
  }
  [[nodiscard]] socket_id socket_at(const endpoint& bound) const {
    for (const auto& [socket, at] : peer_.n.sockets) {
      if (at == bound) return socket;
    }
    return socket_id{99};
  }

  [[nodiscard]] octets some_bytes() {
    const auto text = data_.ConsumeRandomLengthString(200);
    const auto view = as_byte_view(text);
    return {view.data(), view.data() + view.size()};
  }

  /// Time passes; in some cases its first sign is data, because the host's timer is late.
  void pass(std::chrono::milliseconds time) {
    if (time.count() % 8 == 7) {
      latest_ = std::max(latest_, after(peer_.net.now(), time));
      const octets data(4, std::byte{0x80});
      act([&](auto& a) { (void)a.handle_datagram(latest_, {socket_id{1}, right_address, data}); });
      ++received_;
      check_calm();
    }
    peer_.net.run_for(time);
  }

  void jump() {
    const auto hours = data_.ConsumeIntegral<std::int8_t>();
    const auto to = after(peer_.net.now(), std::chrono::hours{hours});
    latest_ = std::max(latest_, to);
    act([&](auto& a) { a.handle_timeout(to); });
    if (hours > 0) peer_.net.run_for(std::chrono::hours{hours});
  }

  /// Hands in a datagram, and sees that nothing came of it if it proved nothing.
  inbound inject(const octets& what, socket_id socket, const endpoint& from) {
    // Let everything that is due happen first, so that only the datagram is left to change
    // something.
    peer_.net.run_for(0ms);
    const hostile::watch_of_refusal watch{peer_.net, peer_.n};
    const auto outcome = peer_.net.inject(peer_.n, socket, from, what);
    ++received_;
    if (const auto* const got = std::get_if<payload>(&outcome)) {
      promise(got->bytes.data() == what.data() && got->bytes.size() == what.size());
    }
    if (const auto reason = refusal(outcome)) {
      const bool checks = behaviour_.consent.enabled && behaviour_.level == ice::level::full;
      watch.refused(*reason, from, what, checks);
      return outcome;
    }
    const auto message = stun::message_view::parse(what);
    if (message && message->cls() == stun::message_class::success) {
      proofs_.emplace_back(from, peer_.net.now());
    }
    return outcome;
  }

  void noise() {
    auto what = some_bytes();
    if (what.size() >= 8 && data_.ConsumeBool()) {
      what.resize(std::max<std::size_t>(what.size() / 4 * 4, stun::header_size));
      what[0] &= std::byte{1};
      store_be(what.data() + 2, static_cast<std::uint16_t>(what.size() - stun::header_size));
      store_be(what.data() + 4, stun::magic_cookie);
    }
    const auto socket = some_socket();
    (void)inject(what, socket, place());
  }

  scripted_check said() {
    const auto stream = has_second_ ? some_stream() : stream_id{0};
    const auto own = peer_.n.agent.local_credentials(stream);
    scripted_check check;
    check.username = std::string{own.ufrag} + ":" + scripted_peer::ufrag;
    check.password = std::string{own.password};
    check.priority = data_.ConsumeIntegral<std::uint32_t>();
    check.claims.clear();
    const auto tie_breaker =
        data_.ConsumeBool() ? ~std::uint64_t{0} : data_.ConsumeIntegral<std::uint8_t>();
    if (data_.ConsumeBool()) check.claims.push_back({ice::role::controlling, tie_breaker});
    if (data_.ConsumeBool()) check.claims.push_back({ice::role::controlled, tie_breaker});
    check.nominates = data_.ConsumeBool();
    if (data_.ConsumeIntegralInRange(0, 7) == 0) {
      check.unknown = {data_.ConsumeIntegral<std::uint16_t>()};
    }
    return check;
  }

  void forged_check() {
    auto check = said();
    check.password = "guess";
    const auto socket = some_socket();
    promise(refusal(inject(peer_.request(check), socket, place())).has_value());
  }

  void proved_check() {
    const auto check = said();
    const auto socket = some_socket();
    (void)inject(peer_.request(check), socket, place());
  }

  /// A message of any class with any attributes, sealed with a key that counts.
  void hostile_message() {
    const auto stream = has_second_ ? some_stream() : stream_id{0};
    const auto own = peer_.n.agent.local_credentials(stream);
    octets message(stun::header_size);
    static constexpr std::array<std::uint16_t, 4> types{0x0001, 0x0011, 0x0101, 0x0111};
    const auto which = data_.ConsumeIntegralInRange<std::size_t>(0, types.size() - 1);
    store_be(message.data(), types[which]);
    store_be(message.data() + 4, stun::magic_cookie);
    const auto& log = peer_.net.log();
    if (!log.empty() && log.back().bytes.size() >= stun::header_size) {
      std::copy_n(log.back().bytes.begin() + 8, 12, message.begin() + 8);
    }
    const auto add = [&](std::uint16_t type, byte_view value) {
      const auto at = message.size();
      message.resize(at + 4 + (value.size() + 3) / 4 * 4);
      store_be(message.data() + at, type);
      store_be(message.data() + at + 2, static_cast<std::uint16_t>(value.size()));
      std::copy(value.begin(), value.end(), message.begin() + static_cast<std::ptrdiff_t>(at) + 4);
    };
    if (data_.ConsumeBool()) {
      add(0x0006, as_byte_view(std::string{own.ufrag} + ":" + scripted_peer::ufrag));
    }
    for (auto count = data_.ConsumeIntegralInRange(0, 6); count > 0; --count) {
      static constexpr std::array<std::uint16_t, 8> known{0x0024, 0x0025, 0x8029, 0x802a,
                                                          0x0020, 0x0009, 0x0001, 0x000a};
      const auto type = data_.ConsumeBool() ? known[data_.ConsumeIntegralInRange<std::size_t>(0, 7)]
                                            : data_.ConsumeIntegral<std::uint16_t>();
      const auto value = data_.ConsumeRandomLengthString(16);
      add(type, as_byte_view(value));
    }
    const auto key = data_.ConsumeBool() ? std::string{own.password} : scripted_peer::password;
    const bool integrity = data_.ConsumeIntegralInRange(0, 7) != 0;
    const bool fingerprint = data_.ConsumeIntegralInRange(0, 7) != 0;
    const auto sealed = scripted_peer::seal(std::move(message), key, integrity, fingerprint);
    const auto socket = some_socket();
    (void)inject(sealed, socket, place());
  }

  /// Answers one of the latest datagrams of the agent, well or badly.
  void answer() {
    const auto& log = peer_.net.log();
    if (log.empty()) return;
    const auto back =
        data_.ConsumeIntegralInRange<std::size_t>(1, std::min<std::size_t>(log.size(), 16));
    const auto asked = log[log.size() - back];
    if (asked.bytes.size() < stun::header_size || !stun::message_view::parse(asked.bytes)) return;
    const bool in_place = data_.ConsumeIntegralInRange(0, 3) != 0;
    const auto from = in_place ? asked.destination : place();
    const auto socket = in_place ? socket_at(asked.source) : some_socket();
    if (data_.ConsumeIntegralInRange(0, 3) != 0) {
      const auto mapped = data_.ConsumeBool() ? asked.source : place();
      (void)inject(peer_.success(asked, mapped), socket, from);
    } else {
      const auto code = data_.ConsumeBool()
                            ? stun::error_code::role_conflict
                            : static_cast<stun::error_code>(data_.ConsumeIntegralInRange(300, 699));
      const auto key = data_.ConsumeBool()
                           ? std::optional<std::string_view>{scripted_peer::password}
                           : std::nullopt;
      (void)inject(peer_.error(asked, code, key), socket, from);
    }
  }

  void remote_candidate() {
    const auto stream = some_stream();
    const auto foundation = data_.ConsumeIntegralInRange(1, 4);
    const ice::candidate c{
        .foundation = ice::foundation::from_number(static_cast<std::uint32_t>(foundation)),
        .component = some_component(),
        .priority = data_.ConsumeIntegral<std::uint32_t>(),
        .address = place(),
        .type = static_cast<ice::candidate_type>(data_.ConsumeIntegralInRange(0, 3))};
    const auto by_name = data_.ConsumeIntegralInRange(0, 7);
    if (by_name == 0) return hidden_candidate(c, stream);
    act([&](auto& a) { (void)a.add_remote(c, {}, stream).has_value(); });
  }

  /// The same candidate by one of ten names, which may be resolved.
  void hidden_candidate(const ice::candidate& c, stream_id stream) {
    std::string name = "00000000-0000-4000-8000-000000000000.local";
    name[0] = data_.ConsumeIntegralInRange('0', '9');
    const bool known = data_.ConsumeBool();
    act([&](auto& a) {
      const auto id = a.add_hidden_remote(c, name, {}, stream);
      if (id && known) (void)a.resolved(*id, std::array{c.address.address}).has_value();
    });
  }

  void credentials() {
    const auto stream = some_stream();
    std::string ufrag = scripted_peer::ufrag;
    std::string password = scripted_peer::password;
    if (data_.ConsumeBool()) {
      ufrag = "other" + std::to_string(data_.ConsumeIntegralInRange(0, 3));
      password = "otherpassword012345678" + std::to_string(data_.ConsumeIntegralInRange(0, 3));
    }
    act([&](auto& a) { (void)a.set_remote_credentials(ufrag, password, stream).has_value(); });
  }

  void add_stream() {
    act([&](auto& a) {
      const bool added = a.add_stream(2).has_value();
      promise(!added || !has_second_);
      has_second_ = has_second_ || added;
    });
  }

  /// A socket, named before or after gathering.
  void add_local() {
    if (locals_.size() > 40) return;
    const auto stream = some_stream();
    const auto component = some_component();
    const endpoint bound{left_address.address, static_cast<std::uint16_t>(5100 + next_socket_)};
    const socket_id socket{static_cast<std::uint16_t>(100 + next_socket_++)};
    act([&](auto& a) {
      if (const auto id = a.add_local(socket, bound, stream, component)) {
        peer_.n.sockets.emplace_back(socket, bound);
        locals_.push_back(*id);
      }
    });
  }

  /// A reflexive or relayed candidate behind one of the sockets.
  void add_mapped() {
    if (locals_.empty()) return;
    const auto host = locals_[data_.ConsumeIntegralInRange<std::size_t>(0, locals_.size() - 1)];
    const auto* const row = peer_.n.agent.local(host);
    if (row == nullptr) return;
    const auto port = static_cast<std::uint16_t>(7000 + next_socket_);
    const endpoint outside{address::v4(203, 0, 113, 1), port};
    if (data_.ConsumeBool()) {
      const auto mapped = data_.ConsumeBool() ? place() : outside;
      act([&](auto& a) { (void)a.add_reflexive(host, mapped).has_value(); });
      return;
    }
    const socket_id allocation{static_cast<std::uint16_t>(100 + next_socket_++)};
    act([&](auto& a) {
      if (a.add_relayed(host, allocation, outside, outside)) {
        peer_.n.sockets.emplace_back(allocation, outside);
      }
    });
  }

  void remove_local() {
    const auto socket = some_socket();
    act([&](auto& a) {
      const bool removed = a.remove_local(socket).has_value();
      auto& sockets = peer_.n.sockets;
      if (!removed) return;
      // From here on it is an error to send from it.
      std::erase_if(sockets, [&](const auto& s) { return s.first == socket; });
    });
  }

  void nominate() {
    const auto& lists = peer_.n.agent.checklists();
    if (lists.order().empty()) return;
    const auto which = data_.ConsumeIntegralInRange<std::size_t>(0, lists.order().size() - 1);
    const auto id = lists.order()[which];
    act([&](auto& a) { (void)a.nominate(id).has_value(); });
  }

  void describe_peer() {
    const ice::peer_traits traits{
        data_.ConsumeBool() ? ice::level::full : ice::level::lite,
        std::chrono::milliseconds{data_.ConsumeIntegralInRange<std::uint16_t>(0, 1000)}};
    act([&](auto& a) { a.describe_peer(traits); });
  }

  void send_data() {
    const auto stream = some_stream();
    const auto component = some_component();
    const auto before = peer_.net.log().size();
    const bool left = peer_.net.send_data(peer_.n, "data", stream, component);
    promise(left == (peer_.net.log().size() == before + 1));
    // A lite agent asks for no proof: it trusts the peer's nomination.
    if (left && behaviour_.consent.enabled && behaviour_.level == ice::level::full) {
      const auto to = peer_.net.log().back().destination;
      if (is_server(to)) return;  // whom a relay sends it on to is not seen here
      promise(std::any_of(proofs_.begin(), proofs_.end(), [&](const auto& proof) {
        return proof.first == to && elapsed(proof.second, peer_.net.now()) < 30s;
      }));
    }
  }

  /// Sends the agent its own words, or some that it has understood, changed.
  void reflect() {
    const auto& log = peer_.net.log();
    if (log.empty()) return;
    auto what = log[data_.ConsumeIntegralInRange<std::size_t>(0, log.size() - 1)].bytes;
    if (what.empty()) return;
    const auto at = data_.ConsumeIntegralInRange<std::size_t>(0, what.size() - 1);
    switch (data_.ConsumeIntegralInRange(0, 3)) {
      case 0: what[at] ^= std::byte{1}; break;
      case 1: what.resize(at); break;
      case 2:
        what.insert(what.end(), what.begin(), what.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      default: break;
    }
    const auto socket = some_socket();
    (void)inject(what, socket, place());
  }

  void small_buffer() {
    std::array<std::byte, max_datagram_size> buffer{};
    const auto room = data_.ConsumeIntegralInRange<std::size_t>(0, buffer.size());
    (void)peer_.n.recorder.handle_datagram(peer_.net.now(),
                                           {socket_id{1}, right_address, peer_.request()});
    ++received_;
    act([&](auto& a) {
      if (a.poll_transmit(byte_span{buffer}.first(room))) ++discarded_;
    });
  }

  /// A host that polls nothing for a while finds no more than there is room for.
  void neglect() {
    auto& a = peer_.n.recorder;
    for (auto calls = data_.ConsumeIntegralInRange(1, 60); calls > 0; --calls) {
      const auto check = said();
      (void)a.handle_datagram(peer_.net.now(), {some_socket(), place(), peer_.request(check)});
      ++received_;
      if (data_.ConsumeBool()) a.restart();
    }
    std::size_t events = 0;
    for (; const auto e = a.poll_event(); ++events) {
      if (const auto* const lost = std::get_if<event::dropped>(&*e)) promise(lost->count > 0);
      peer_.n.events.push_back({peer_.net.now(), *e});
    }
    const auto& limits = behaviour_.limits;
    promise(events <= std::size_t{limits.events} + limits.local_candidates + limits.streams + 1U);
    act([](auto&) {});
  }

  /// Before its next deadline an agent has nothing to do.
  void check_calm() {
    latest_ = std::max(latest_, peer_.net.now());
    const visible before{peer_.n};
    if (before.next && *before.next <= latest_) return;
    const auto sent = peer_.net.log().size();
    act([&](auto& a) { a.handle_timeout(latest_); });
    promise(visible{peer_.n} == before && peer_.net.log().size() == sent);
  }

  void check_bounds() const {
    const auto& a = peer_.n.agent;
    const auto& lists = a.checklists();
    promise(lists.size() <= behaviour_.limits.pairs);
    const bool failed = lists.state(stream_id{0}) == ice::checklist_state::failed;
    promise(!failed || a.selected() == nullptr);
    for (std::size_t i = 1; i < lists.order().size(); ++i) {
      promise(lists[lists.order()[i - 1]].priority >= lists[lists.order()[i]].priority);
    }
    for (const auto id : lists.order()) {
      promise(a.local(lists[id].local) != nullptr && a.remote(lists[id].remote) != nullptr);
    }

    const auto& stats = a.stats();
    promise(stats.datagrams_sent == peer_.net.log().size() + discarded_);
    promise(stats.datagrams_received == received_);
    std::uint64_t refused = 0;
    for (const auto count : stats.rejected) refused += count;
    promise(refused <= received_);
    promise(stats.checks_received + stats.answers_received <= received_);
  }

  // ---- servers
  // -----------------------------------------------------------------------------------

  /// What only the host can do for the agent, well or badly, once for each event that asks.
  void serve_host() {
    auto& n = peer_.n;
    const auto now = peer_.net.now();
    for (; next_event_ < n.events.size(); ++next_event_) {
      const auto asked = n.events[next_event_].what;
      if (const auto* const name = std::get_if<event::name_needed>(&asked)) {
        promise(!n.agent.server_name(name->uri).empty());
        std::vector<endpoint> addresses;
        for (auto k = data_.ConsumeIntegralInRange(0, 2); k > 0; --k) {
          addresses.push_back(server_at(data_.ConsumeIntegral<std::uint8_t>()));
        }
        act([&](auto& a) { a.resolved(now, name->uri, addresses); });
      } else if (const auto* const wanted = std::get_if<event::connection_needed>(&asked)) {
        connect(wanted->attempt, wanted->socket);
      } else if (const auto* const again = std::get_if<event::socket_needed>(&asked)) {
        connect(again->attempt, again->socket);
      } else if (const auto* const token = std::get_if<event::token_needed>(&asked)) {
        (void)n.agent.token_server_name(token->attempt);
        const octets key(16, std::byte{7});
        const auto which = token->attempt;
        act([&](auto& a) {
          (void)a.bring_token(now, which, {"kid", key, as_byte_view("token")}).has_value();
        });
      } else if (const auto* const other = std::get_if<event::credentials_needed>(&asked)) {
        const auto server = other->server;
        act([&](auto& a) { (void)a.set_credentials(now, server, "user", "pass").has_value(); });
      }
    }
  }

  void connect(gather::attempt_id which, socket_id from) {
    const auto now = peer_.net.now();
    if (data_.ConsumeIntegralInRange(0, 3) == 0) {
      return act([&](auto& a) { a.connect_failed(now, which); });
    }
    const auto& sockets = peer_.n.sockets;
    const auto base = std::find_if(sockets.begin(), sockets.end(),
                                   [&](const auto& s) { return s.first == from; });
    if (base == sockets.end()) return;
    const socket_id socket{static_cast<std::uint16_t>(100 + next_socket_++)};
    peer_.n.sockets.emplace_back(socket, endpoint{base->second.address, 7});
    act([&](auto& a) { (void)a.connected(now, which, socket).has_value(); });
  }

  /// One of the latest datagrams that went to a server.
  [[nodiscard]] const wired* some_to_server() {
    std::vector<const wired*> found;
    const auto& log = peer_.net.log();
    for (auto at = log.rbegin(); at != log.rend() && found.size() < 8; ++at) {
      if (is_server(at->destination)) found.push_back(&*at);
    }
    if (found.empty()) return nullptr;
    return found[data_.ConsumeIntegralInRange<std::size_t>(0, found.size() - 1)];
  }

  /// Hands in what a server says, by the socket or the connection that it was asked from.
  void give_from_server(const wired& asked, const octets& bytes) {
    const auto socket = socket_at(asked.source);
    bool is_stream = false;
    act([&](auto& a) {
      is_stream = asked.source.port == 7 && a.handle_stream(peer_.net.now(), socket, bytes);
      for (std::size_t n = 0; is_stream && a.next_inbound(peer_.net.now()); ++n) {
        promise(n <= bytes.size());
      }
    });
    if (!is_stream) (void)inject(bytes, socket, asked.destination);
  }

  void answer_as_server() {
    const auto* const found = some_to_server();
    if (found == nullptr) return;
    const auto asked = *found;
    const auto request = stun::message_view::parse(asked.bytes);
    if (!request || request->cls() != stun::message_class::request) return;
    const hostile::turn_server server{"user", "pass", server_at, given_at, false};
    give_from_server(asked, server.answer(data_, *request));
  }

  /// Checks, answers and data of a peer that come by a relay, from where the relay likes.
  void through_relay() {
    const auto* const found = some_to_server();
    if (found == nullptr) return;
    const auto asked = *found;
    auto from = place();
    octets inside = peer_.request(said());
    const auto message = stun::message_view::parse(asked.bytes);
    if (message && message->cls() == stun::message_class::indication) {
      const auto sent = message->get<stun::data>();
      const auto to = message->get<stun::xor_peer_address>();
      const auto check = sent ? stun::message_view::parse(sent->value)
                              : result<stun::message_view, reject>{unexpected{reject::not_stun}};
      if (to && check && check->cls() == stun::message_class::request) {
        auto question = asked;
        question.bytes.assign(sent->value.begin(), sent->value.end());
        inside = peer_.success(question, given_at(data_.ConsumeIntegral<std::uint8_t>()));
        from = to->value;
      }
    }
    give_from_server(
        asked,
        hostile::message({stun::method::data, stun::message_class::indication}, {}, [&](auto& out) {
          out.add(stun::xor_peer_address{from}).add(stun::data{inside});
        }));
  }

  FuzzedDataProvider& data_;
  server_list servers_;
  config behaviour_;
  scripted_peer peer_;
  bool has_second_ = false;
  std::uint16_t next_socket_ = 0;
  std::size_t next_event_ = 0;  ///< the first that serve_host() has not seen
  std::vector<ice::local_id> locals_;
  std::vector<std::pair<endpoint, time_point>>
      proofs_;           ///< when a place last answered with a proof
  time_point latest_{};  ///< that the agent was told
  std::size_t received_ = 0;
  std::size_t discarded_ = 0;
};

std::uint64_t run(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider provider{data, size};
  const auto* const path = std::getenv("FLOE_RECORDING");
  recording_file file{path == nullptr ? "" : path};
  session s{provider, file.sink()};
  for (int steps = 0; steps < 200 && s.more(); ++steps) s.step();
  return s.digest();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = run(data, size);
  if (size % 4 == 0) promise(run(data, size) == first);
  return 0;
}
