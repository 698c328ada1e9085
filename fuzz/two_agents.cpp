// Two agents, and between them an adversary that has the wire, and the passwords too.
//
// The bytes choose what it does: it drops, doubles and delays datagrams, says again what was said,
// from where it likes, changes what it heard, guesses, moves the peer behind another port; as an
// insider it seals checks and answers with the right keys, signals candidates of victims that never
// answer, and answers for places of its own. The hosts meanwhile send data, restart, lose and find
// sockets.
//
// Promises, besides those that the world checks after every call: bytes that prove nothing change
// nothing that shows; data goes only where an answer to this agent's own check came from, on that
// path, less than 30 seconds ago (a lite agent asks nobody: where a check with its password came
// from, real or said again); who never answers is sent a bounded number of checks for each thing
// that was said of him, and no more answers than questions; when the adversary is gone, a restart
// that both are told of connects them, with mirrored paths and opposite roles; an agent whose peer
// is gone falls silent; one that is closed has no deadline.
//
// Where the environment variable FLOE_RECORDING names a file, the recordings of the last session
// are there, with -left and -right behind the name, for examples/replay.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "floe/stun/attributes/ice.hpp"
#include "observed.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;
using hostile::promise;

namespace {

/// Places that belong to nobody here: of the adversary, which may answer, and of victims, which
/// never do.
endpoint attacker(unsigned n) {
  return {address::v4(198, 51, 100, 66), static_cast<std::uint16_t>(4000 + n % 4)};
}
endpoint victim(unsigned n) {
  return {address::v4(192, 0, 2, static_cast<std::uint8_t>(99 + n % 3)),
          static_cast<std::uint16_t>(53 + n / 3 % 3)};
}
bool is_attacker(const endpoint& at) { return at.address == attacker(0).address; }

using place = std::tuple<std::array<std::uint8_t, 16>, std::uint16_t>;
place key_of(const endpoint& at) { return {at.address.octets, at.port}; }

/// A datagram under way.
struct flying {
  time_point at;
  std::size_t order = 0;
  int to = 0;  ///< which side
  endpoint source;
  endpoint destination;
  octets bytes;
};

/// What a side asked: where, and from which socket's address.
struct question {
  endpoint from;
  endpoint to;
};

/// What is known of a place that a side may send to.
struct account {
  std::size_t checks = 0;     ///< requests that were sent there since it last gave a reason
  std::size_t reasons = 1;    ///< things said of it or by it that may make an agent check it
  std::size_t questions = 0;  ///< requests that came from there
  std::size_t answers = 0;    ///< responses that went there
  bool answered = false;
};

/// One of the two, with all that the oracles remember of it.
struct side {
  node* n = nullptr;
  bool lite = false;
  std::uint16_t next_port = 0;
  std::map<std::array<std::byte, 12>, question> asked{};
  std::map<place, account> places{};
  std::map<std::pair<place, place>, time_point> proofs{};  ///< by socket and remote: last answer
  std::map<place, time_point> heard{};                     ///< proved checks, by source
  std::vector<std::string> peer_passwords{};               ///< all that it was ever told
  std::vector<std::string> own_passwords{};
  std::string peer_ufrag{};
};

config behaviour(FuzzedDataProvider& data, ice::role role) {
  config c{.role = role};
  c.answer_strangers = data.ConsumeBool();
  c.report_pairs = data.ConsumeBool();
  if (data.ConsumeBool()) c.release = 3s;
  c.limits.components = 1;
  c.limits.local_candidates = 4;
  c.limits.remote_candidates = data.ConsumeIntegralInRange<std::uint16_t>(2, 8);
  c.limits.pairs = data.ConsumeIntegralInRange<std::uint16_t>(8, 24);
  c.limits.answers = data.ConsumeIntegralInRange<std::uint16_t>(2, 16);
  c.limits.early_checks = data.ConsumeIntegralInRange<std::uint16_t>(1, 4);
  return c;
}

class session {
 public:
  session(FuzzedDataProvider& data, record::sink_ref left, record::sink_ref right)
      : data_{data}, net_{1} {
    auto mine = behaviour(data_, ice::role::controlling);
    auto theirs = behaviour(data_, ice::role::controlled);
    if (data_.ConsumeIntegralInRange(0, 5) == 0) {
      theirs.level = ice::level::lite;
      sides_[1].lite = true;
    }
    sides_[0].n = &net_.add("left", mine, left);
    sides_[1].n = &net_.add("right", theirs, right);
    net_.decide = [this](const wired& w) {
      take(w);
      return fate{};
    };
    for (int s = 0; s < 2; ++s) {
      bind(s);
      gather_all(net_, *at(s).n);
    }
    if (sides_[1].lite) {
      act(0, [](auto& a) { a.describe_peer({ice::level::lite, std::nullopt}); });
    }
  }

  void step() {
    switch (data_.ConsumeIntegralInRange(0, 23)) {
      case 0:
      case 1: run_for(std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>() / 8}); break;
      case 2: run_for(std::chrono::seconds{data_.ConsumeIntegralInRange(1, 45)}); break;
      case 3: weather(); break;
      case 4:
      case 5: tell_credentials(some_side()); break;
      case 6:
      case 7: tell_candidates(some_side()); break;
      case 8: restart(some_side()); break;
      case 9: replay(); break;
      case 10: forge(); break;
      case 11:
      case 12: insider_check(); break;
      case 13:
      case 14: insider_answer(); break;
      case 15: insider_candidate(); break;
      case 16:
      case 17: send_data(some_side()); break;
      case 18: move(); break;
      case 19: answering_ = data_.ConsumeBool(); break;
      case 20: insider_message(); break;
      case 21: sockets(some_side()); break;
      case 22: unreachable(some_side()); break;
      case 23: introduce(); break;
      default: break;
    }
    settle_now();
  }

  [[nodiscard]] bool more() const { return data_.remaining_bytes() > 0; }

  /// What must come of it when the adversary has gone.
  void end() {
    calm();
    if (ending_ % 2 == 0) {
      agree();
    } else {
      abandon();
    }
    for (auto& s : sides_) {
      net_.act(*s.n, [](auto& a) { a.close(); });
      promise(!s.n->agent.next_timeout());
    }
  }

  void choose_ending() { ending_ = data_.ConsumeIntegralInRange(0, 3); }

 private:
  side& at(int s) { return sides_[static_cast<std::size_t>(s)]; }
  int some_side() { return data_.ConsumeIntegralInRange(0, 1); }
  unsigned number() { return data_.ConsumeIntegral<std::uint8_t>(); }

  template <class Act>
  void act(int s, Act&& call) {
    net_.act(*at(s).n, call);
    remember_passwords(s);
  }

  void remember_passwords(int s) {
    std::string own{at(s).n->agent.local_credentials().password};
    auto& all = at(s).own_passwords;
    if (all.empty() || all.back() != own) all.push_back(std::move(own));
  }

  // ---- the wire
  // ----------------------------------------------------------------------------------

  [[nodiscard]] std::optional<int> owner_of(const endpoint& where) const {
    if (nat_port_ != 0 && where == outside()) return 1;
    for (int s = 0; s < 2; ++s) {
      for (const auto& [socket, bound] : sides_[static_cast<std::size_t>(s)].n->sockets) {
        if (bound == where) return s;
      }
    }
    return std::nullopt;
  }

  /// Where the right side's first socket is seen when it is behind a NAT.
  [[nodiscard]] endpoint outside() const { return {address::v4(203, 0, 113, 9), nat_port_}; }
  [[nodiscard]] endpoint seen(const endpoint& source) const {
    return nat_port_ != 0 && source == right_address ? outside() : source;
  }

  /// A datagram that an agent sends: it is accounted for, and goes on its way.
  void take(const wired& w) {
    const int s = w.from == sides_[0].n ? 0 : 1;
    if (!sending_data_) account_for(s, w);
    if (data_.remaining_bytes() == 0) weather_for_ = 0;
    const bool stormy = weather_for_ > 0;
    if (stormy) --weather_for_;
    if (stormy && drops_) return;
    const auto to = owner_of(w.destination);
    if (to) fly(*to, seen(w.source), w.destination, w.bytes, stormy ? delay_ : 10ms);
    if (to && stormy && doubles_) fly(*to, seen(w.source), w.destination, w.bytes, 15ms);
    if (!to && is_attacker(w.destination) && answering_) answer_for_attacker(s, w);
    seen_.push_back({net_.now(), 0, to.value_or(1 - s), seen(w.source), w.destination, w.bytes});
    if (seen_.size() > 64) seen_.erase(seen_.begin());
  }

  void fly(int to, const endpoint& source, const endpoint& destination, const octets& bytes,
           duration delay) {
    if (air_.size() > 500) return;
    air_.push_back({after(net_.now(), delay), ++order_, to, source, destination, bytes});
  }

  void account_for(int s, const wired& w) {
    const auto message = stun::message_view::parse(w.bytes);
    promise(message.has_value());
    auto& place = at(s).places[key_of(w.destination)];
    if (message->cls() == stun::message_class::request) {
      at(s).asked[message->transaction().bytes] = {w.source, w.destination};
      ++place.checks;
      // Seven times each, by each socket, and once more when something is learned of others.
      promise(place.answered || place.checks <= 24 * at(s).n->sockets.size() * place.reasons);
    } else if (message->cls() != stun::message_class::indication) {
      ++place.answers;
      promise(place.answers <= place.questions);
    }
  }

  /// The adversary's own hosts, which know the password, answer as good peers would.
  void answer_for_attacker(int s, const wired& w) {
    const auto message = stun::message_view::parse(w.bytes);
    if (!message || message->cls() != stun::message_class::request) return;
    if (at(s).peer_passwords.empty()) return;
    fly(s, w.destination, w.source, success(w.bytes, seen(w.source), at(s).peer_passwords.back()),
        20ms);
  }

  static octets success(byte_view asked, const endpoint& mapped, const std::string& password) {
    octets out(max_datagram_size);
    const auto message = stun::message_view::parse(asked);
    out.resize(ice::write_check_success(out, message->transaction(), mapped,
                                        stun::short_term_key(password))
                   .value());
    return out;
  }

  void run_for(duration span) {
    const auto end = after(net_.now(), span);
    for (std::size_t steps = 0;; ++steps) {
      promise(steps < 200'000);
      deadline next = end;
      for (const auto& s : sides_) next = earliest(next, s.n->agent.next_timeout());
      for (const auto& f : air_) next = earliest(next, f.at);
      const auto until = std::max(*next, net_.now());
      if (until > end) break;
      net_.run_for(elapsed(net_.now(), until));
      deliver_due();
      if (until == end && nothing_due()) break;
    }
  }

  [[nodiscard]] bool nothing_due() const {
    const auto is_due = [&](deadline d) { return d && *d <= net_.now(); };
    for (const auto& s : sides_) {
      if (is_due(s.n->agent.next_timeout())) return false;
    }
    return std::none_of(air_.begin(), air_.end(), [&](const auto& f) { return is_due(f.at); });
  }

  void settle_now() { run_for(0ms); }

  void deliver_due() {
    for (;;) {
      const auto first =
          std::min_element(air_.begin(), air_.end(), [](const auto& a, const auto& b) {
            return std::pair{a.at, a.order} < std::pair{b.at, b.order};
          });
      if (first == air_.end() || first->at > net_.now()) return;
      const auto f = std::move(*first);
      air_.erase(first);
      const auto to = nat_port_ != 0 && f.destination == outside() ? right_address : f.destination;
      for (const auto& [socket, bound] : std::vector(at(f.to).n->sockets)) {
        if (bound == to) give(f.to, socket, f.source, f.bytes);
      }
    }
  }

  /// Hands a datagram in, and holds the agent to what it may make of it.
  void give(int s, socket_id socket, const endpoint& from, const octets& bytes) {
    net_.run_for(0ms);
    // So that the agent knows the time already, and only the datagram is left to change something.
    net_.act(*at(s).n, [&](auto& a) { a.handle_timeout(net_.now()); });
    note_arrival(s, socket, from, bytes);
    const hostile::watch_of_refusal watch{net_, *at(s).n};
    const auto outcome = net_.inject(*at(s).n, socket, from, bytes);
    remember_passwords(s);
    if (const auto why = refusal(outcome)) watch.refused(*why, from, bytes, !at(s).lite);
  }

  /// What the datagram proves, as the oracles see it, whatever the agent thinks of it.
  void note_arrival(int s, socket_id socket, const endpoint& from, const octets& bytes) {
    const auto message = stun::message_view::parse(bytes);
    if (!message) return;
    auto& me = at(s);
    auto& place = me.places[key_of(from)];
    const auto is_sealed = [&](const std::vector<std::string>& passwords) {
      return std::any_of(passwords.begin(), passwords.end(), [&](const auto& p) {
        return stun::authenticate(*message, stun::short_term_key(p)).has_value();
      });
    };
    if (message->cls() == stun::message_class::request) {
      ++place.questions;
      if (!is_sealed(me.own_passwords)) return;
      ++place.reasons;
      me.heard[key_of(from)] = net_.now();
    } else if (message->cls() == stun::message_class::success) {
      const auto asked = me.asked.find(message->transaction().bytes);
      const auto bound = bound_of(s, socket);
      if (asked == me.asked.end() || !bound || !is_sealed(me.peer_passwords)) return;
      if (asked->second.to != from || asked->second.from != *bound) return;
      place.answered = true;
      me.proofs[{key_of(*bound), key_of(from)}] = net_.now();
    } else if (is_sealed(me.peer_passwords)) {
      ++place.reasons;  // 487 makes it ask again
    }
  }

  [[nodiscard]] std::optional<endpoint> bound_of(int s, socket_id socket) const {
    for (const auto& [id, bound] : sides_[static_cast<std::size_t>(s)].n->sockets) {
      if (id == socket) return bound;
    }
    return std::nullopt;
  }

  void weather() {
    weather_for_ = data_.ConsumeIntegralInRange(1, 40);
    const auto what = number();
    drops_ = what % 3 == 0;
    doubles_ = what % 2 == 0;
    delay_ = std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()};
  }

  // ---- what hosts do
  // -----------------------------------------------------------------------------

  void bind(int s) {
    const auto base = s == 0 ? left_address : right_address;
    auto& me = at(s);
    const endpoint bound{base.address, static_cast<std::uint16_t>(base.port + me.next_port)};
    const socket_id socket{1U + me.next_port++};
    act(s, [&](auto& a) {
      if (a.add_local(socket, bound)) me.n->sockets.emplace_back(socket, bound);
    });
  }

  /// A socket comes or goes; the last one stays.
  void sockets(int s) {
    auto& all = at(s).n->sockets;
    if (all.size() < 3 && data_.ConsumeBool()) return bind(s);
    if (all.size() < 2) return;
    const auto gone = all[data_.ConsumeIntegralInRange<std::size_t>(0, all.size() - 1)].first;
    act(s, [&](auto& a) {
      if (a.remove_local(gone)) {
        std::erase_if(all, [&](const auto& x) { return x.first == gone; });
      }
    });
  }

  void unreachable(int s) {
    const auto& all = at(s).n->sockets;
    const path where{all[data_.ConsumeIntegralInRange<std::size_t>(0, all.size() - 1)].first,
                     some_place()};
    act(s, [&](auto& a) { a.handle_unreachable(net_.now(), where); });
  }

  /// Every place may be asked again, because of something that concerns them all.
  void give_reason(int s) {
    for (auto& [where, place] : at(s).places) ++place.reasons;
  }

  /// True when each has been told what the other says of itself now.
  [[nodiscard]] bool all_told() const {
    for (const auto& s : sides_) {
      const auto& other = &s == &sides_[0] ? sides_[1] : sides_[0];
      if (s.peer_ufrag != other.n->agent.local_credentials().ufrag) return false;
    }
    return true;
  }

  /// An offer is answered before the other side makes one: that is signalling's to see to.
  void restart(int s) {
    if (all_told()) offerer_.reset();
    if (offerer_.value_or(s) != s) return;
    offerer_ = s;
    give_reason(s);
    act(s, [](auto& a) { a.restart(); });
  }

  /// Tells the other side's credentials, as they are now, to side `s`. An answer does not come
  /// before what it answers.
  void tell_credentials(int s) {
    const bool is_answer = offerer_.value_or(0) == s;
    if (is_answer && at(1 - s).peer_ufrag != at(s).n->agent.local_credentials().ufrag) {
      tell_credentials(1 - s);
    }
    const auto told = at(1 - s).n->agent.local_credentials();
    const std::string ufrag{told.ufrag};
    const std::string password{told.password};
    give_reason(s);
    at(s).peer_passwords.push_back(password);
    at(s).peer_ufrag = ufrag;
    act(s, [&](auto& a) { (void)a.set_remote_credentials(ufrag, password).has_value(); });
  }

  void tell_candidates(int s) {
    const auto ufrag = std::string{at(1 - s).n->agent.local_credentials().ufrag};
    for (const auto& c : candidates_of(*at(1 - s).n)) {
      ++at(s).places[key_of(c.address)].reasons;
      act(s, [&](auto& a) { (void)a.add_remote(c, ufrag).has_value(); });
    }
  }

  void introduce() {
    for (int s = 0; s < 2; ++s) {
      tell_credentials(s);
      tell_candidates(s);
      act(s, [](auto& a) { (void)a.end_of_remote_candidates().has_value(); });
    }
  }

  void send_data(int s) {
    auto& me = at(s);
    const auto before = net_.log().size();
    sending_data_ = true;
    const bool left = net_.send_data(*me.n, "data");
    sending_data_ = false;
    promise(left == (net_.log().size() == before + 1));
    if (!left) return;
    const auto& out = net_.log().back();
    if (me.lite) {
      promise(me.heard.count(key_of(out.destination)) == 1);
      return;
    }
    const auto proof = me.proofs.find({key_of(out.source), key_of(out.destination)});
    promise(proof != me.proofs.end());
    promise(elapsed(proof->second, net_.now()) <= 30s);
  }

  /// The right side is seen at another port, or as it is; a lite agent is on the open Internet.
  void move() {
    const auto port = static_cast<std::uint16_t>(data_.ConsumeIntegralInRange(0, 3) * 1111);
    if (!sides_[1].lite) nat_port_ = port;
  }

  // ---- the adversary
  // -----------------------------------------------------------------------------

  endpoint some_place() {
    const auto n = number();
    switch (n % 5) {
      case 0: return attacker(n / 5);
      case 1: return victim(n / 5);
      case 2: return left_address;
      case 3: return right_address;
      default: return outside();
    }
  }

  socket_id some_socket(int s) {
    const auto& all = at(s).n->sockets;
    return all[data_.ConsumeIntegralInRange<std::size_t>(0, all.size() - 1)].first;
  }

  const flying* some_seen() {
    if (seen_.empty()) return nullptr;
    return &seen_[data_.ConsumeIntegralInRange<std::size_t>(0, seen_.size() - 1)];
  }

  /// Says again what was said, from where it came or from elsewhere.
  void replay() {
    const auto* const found = some_seen();
    if (found == nullptr) return;
    const auto f = *found;
    const int to = data_.ConsumeIntegralInRange(0, 3) == 0 ? 1 - f.to : f.to;
    const auto from = data_.ConsumeBool() ? f.source : some_place();
    give(to, some_socket(to), from, f.bytes);
  }

  /// Changes what it heard, without a key.
  void forge() {
    const auto* const found = some_seen();
    if (found == nullptr || found->bytes.empty()) return;
    auto f = *found;
    const auto where = data_.ConsumeIntegralInRange<std::size_t>(0, f.bytes.size() - 1);
    switch (data_.ConsumeIntegralInRange(0, 2)) {
      case 0: f.bytes[where] ^= static_cast<std::byte>(1U << (number() % 8)); break;
      case 1: f.bytes.resize(where); break;
      default: f.bytes.insert(f.bytes.end(), f.bytes.begin(), f.bytes.begin() + 4); break;
    }
    give(f.to, some_socket(f.to), data_.ConsumeBool() ? f.source : some_place(), f.bytes);
  }

  static void append(octets& message, std::uint16_t type, byte_view value) {
    const auto where = message.size();
    message.resize(where + 4 + (value.size() + 3) / 4 * 4);
    store_be(message.data() + where, type);
    store_be(message.data() + where + 2, static_cast<std::uint16_t>(value.size()));
    std::copy(value.begin(), value.end(), message.begin() + static_cast<std::ptrdiff_t>(where) + 4);
  }

  octets header(std::uint16_t type) {
    octets message(stun::header_size);
    store_be(message.data(), type);
    store_be(message.data() + 4, stun::magic_cookie);
    store_be(message.data() + 8, ++transactions_);
    return message;
  }

  void name_peer(octets& message, int to) {
    const auto own = at(to).n->agent.local_credentials();
    const std::string name =
        std::string{own.ufrag} + ":" + (at(to).peer_ufrag.empty() ? "early" : at(to).peer_ufrag);
    append(message, 0x0006, as_byte_view(name));
  }

  /// A check with the right password, that says what it likes.
  void insider_check() {
    const int to = some_side();
    auto message = header(0x0001);
    name_peer(message, to);
    const auto what = number();
    std::array<std::byte, 8> value{};
    store_be(value.data(), std::uint32_t{0x6e000000} + number() * 0x10000U);
    append(message, 0x0024, byte_view{value}.first(4));
    store_be(value.data(), (what & 1U) != 0 ? ~std::uint64_t{0} : std::uint64_t{what});
    // A full peer says its role; what none makes of it is a matter of describe_peer().
    const bool same = (what & 6U) == 6;
    const bool controls = at(to).n->agent.role() == ice::role::controlled;
    append(message, controls != same ? 0x802a : 0x8029, value);
    if ((what & 8U) != 0) append(message, 0x0025, {});
    const std::string password{at(to).n->agent.local_credentials().password};
    const auto sealed = scripted_peer::seal(std::move(message), password, true, true);
    give(to, some_socket(to), some_place(), sealed);
  }

  /// A message of any class and with any attributes under a key that counts.
  void insider_message() {
    const int to = some_side();
    static constexpr std::array<std::uint16_t, 4> types{0x0001, 0x0011, 0x0101, 0x0111};
    auto message = header(types[number() % types.size()]);
    const auto* const found = some_seen();
    if (found != nullptr && found->bytes.size() >= stun::header_size) {
      std::copy_n(found->bytes.begin() + 8, 12, message.begin() + 8);
    }
    if (data_.ConsumeBool()) name_peer(message, to);
    for (auto count = data_.ConsumeIntegralInRange(0, 5); count > 0; --count) {
      static constexpr std::array<std::uint16_t, 8> known{0x0024, 0x0025, 0x8029, 0x802a,
                                                          0x0020, 0x0009, 0xc001, 0x000a};
      const auto type = known[number() % known.size()];
      const auto value = data_.ConsumeRandomLengthString(16);
      append(message, type, as_byte_view(value));
    }
    std::string key{at(to).n->agent.local_credentials().password};
    if (data_.ConsumeBool() && !at(to).peer_passwords.empty()) key = at(to).peer_passwords.back();
    const auto sealed = scripted_peer::seal(std::move(message), key, true, true);
    give(to, some_socket(to), some_place(), sealed);
  }

  /// An answer with the right password to something an agent asked, in the right place or not.
  void insider_answer() {
    const auto* const found = some_seen();
    if (found == nullptr) return;
    const auto f = *found;
    const auto asked = stun::message_view::parse(f.bytes);
    if (!asked || asked->cls() != stun::message_class::request) return;
    const auto own = at(0).asked.find(asked->transaction().bytes);
    const int to = own != at(0).asked.end() ? 0 : 1;
    if (at(to).peer_passwords.empty()) return;
    const auto question = at(to).asked.find(asked->transaction().bytes);
    if (question == at(to).asked.end()) return;
    const bool in_place = data_.ConsumeIntegralInRange(0, 3) != 0;
    const auto from = in_place ? question->second.to : some_place();
    auto socket = some_socket(to);
    for (const auto& [id, bound] : at(to).n->sockets) {
      if (in_place && bound == question->second.from) socket = id;
    }
    octets out;
    if (data_.ConsumeIntegralInRange(0, 3) != 0) {
      const auto mapped = data_.ConsumeBool() ? question->second.from : some_place();
      out = success(f.bytes, mapped, at(to).peer_passwords.back());
    } else {
      out.resize(max_datagram_size);
      const auto key = stun::short_term_key(at(to).peer_passwords.back());
      const auto code = data_.ConsumeBool()
                            ? stun::error_code::role_conflict
                            : static_cast<stun::error_code>(data_.ConsumeIntegralInRange(300, 699));
      out.resize(ice::write_check_error(out, asked->transaction(), code, {}, &key).value());
    }
    give(to, socket, from, out);
  }

  void insider_candidate() {
    const int to = some_side();
    const auto where = some_place();
    if (where.port == 0) return;
    ++at(to).places[key_of(where)].reasons;
    const ice::candidate c{.foundation = ice::foundation::from_number(number() % 4),
                           .component = component_id{1},
                           .priority = 0x01000000U * (1 + number() % 127),
                           .address = where,
                           .type = static_cast<ice::candidate_type>(number() % 4)};
    act(to, [&](auto& a) { (void)a.add_remote(c).has_value(); });
  }

  // ---- how it ends
  // -------------------------------------------------------------------------------

  void calm() {
    weather_for_ = 0;
    answering_ = false;
    settle_now();
  }

  /// The answer to an offer comes back; where it waited for that, another offer follows.
  void exchange() {
    for (int turns = 0; turns < 4 && !(turns > 0 && all_told()); ++turns) {
      const int first = offerer_.value_or(0);
      tell_credentials(1 - first);
      tell_credentials(first);
    }
    promise(all_told());
  }

  /// After a restart that both hear of they agree, whatever was before.
  void agree() {
    exchange();
    restart(0);
    exchange();
    for (int s = 0; s < 2; ++s) {
      tell_candidates(s);
      act(s, [](auto& a) { (void)a.end_of_remote_candidates().has_value(); });
    }
    run_for(60s);
    auto& left = *sides_[0].n;
    auto& right = *sides_[1].n;
    if (left.agent.state() != right.agent.state() || !is_settled(left)) explain();
    promise(left.agent.state() == connection_state::completed);
    promise(right.agent.state() == connection_state::completed);
    promise(left.agent.role() != right.agent.role());
    const auto received = std::array{left.received.size(), right.received.size()};
    send_data(0);
    send_data(1);
    run_for(1s);
    promise(left.received.size() == received[0] + 1 && right.received.size() == received[1] + 1);
  }

  /// Says what both think of a session that has not come about.
  void explain() const {
    for (const auto& s : sides_) {
      const auto report = s.n->agent.report();
      const std::string verdict{to_text(report.verdict)};
      const std::string pairs{to_text(report.pairs)};
      const std::string state{to_text(report.state)};
      std::fprintf(stderr, "%s%s: %s, %s, %zu pairs (%s), %zu remotes, %s\n", s.n->name.c_str(),
                   s.lite ? " (lite)" : "", state.c_str(), verdict.c_str(), report.pair_count,
                   pairs.c_str(), report.remote_candidates,
                   s.n->agent.role() == ice::role::controlling ? "controls" : "is controlled");
    }
  }

  /// An agent that nobody answers any more gives up, and falls silent.
  void abandon() {
    air_.clear();
    drops_ = true;
    net_.decide = [this](const wired& w) {
      if (!sending_data_) account_for(w.from == sides_[0].n ? 0 : 1, w);
      return fate{};
    };
    run_for(10min);
    const auto before = net_.log().size();
    for (int s = 0; s < 2; ++s) send_data(s);
    promise(net_.log().size() == before);
    run_for(1h);
    promise(net_.log().size() == before);
  }

  FuzzedDataProvider& data_;
  world net_;
  std::array<side, 2> sides_{};
  std::vector<flying> air_;
  std::vector<flying> seen_;
  std::size_t order_ = 0;
  std::uint64_t transactions_ = 0;
  std::uint16_t nat_port_ = 0;
  int weather_for_ = 0;
  bool drops_ = false;
  bool doubles_ = false;
  duration delay_ = 10ms;
  bool answering_ = false;
  bool sending_data_ = false;
  std::optional<int> offerer_{0};  ///< whose offer waits for an answer
  int ending_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider provider{data, size};
  const auto* const path = std::getenv("FLOE_RECORDING");
  const std::string name = path == nullptr ? "" : path;
  recording_file left{name.empty() ? name : name + "-left"};
  recording_file right{name.empty() ? name : name + "-right"};
  session s{provider, left.sink(), right.sink()};
  s.choose_ending();
  for (int steps = 0; steps < 150 && s.more(); ++steps) s.step();
  s.end();
  return 0;
}
