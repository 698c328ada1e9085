// Servers that answer a gatherer anything, at any time, over datagrams and connections, and a host
// that calls it in any order.
//
// The bytes choose the servers, the limits, the calls and what the servers say; they know the
// password, so that what they say is believed. Promises: no spin, no output without an end, no
// deadline in the past; what is sent is well-formed, and goes to a server from a socket of the
// host; tables keep their limits; each relay has a number of its own, which stands for it until it
// is told to be lost; data comes from relays that are there and from peers that were permitted;
// attempts report once; the end of gathering is told once, unless sockets are added; after close()
// there is nothing to tell, and a rest.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "floe/gather/gatherer.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/writer.hpp"
#include "hostile_server.hpp"
#include "hostile_turn.hpp"

using namespace floe;
using namespace std::chrono_literals;
using hostile::must;

namespace {

namespace event = gather::event;

constexpr std::array<std::string_view, 8> uris{
    "stun:192.0.2.1",   "turn:192.0.2.15",    "turn:192.0.2.15?transport=tcp",
    "turns:192.0.2.16", "turn:[2001:db8::1]", "stun:stun.example.org",
    "turn:turn.local",  "stuns:192.0.2.1"};
constexpr std::string_view password = "pass";

/// Addresses that servers have or name, of both families; some can't be sent to.
endpoint server_at(unsigned n) {
  switch (n % 6) {
    case 0: return {address::v4(192, 0, 2, 1), 3478};
    case 1: return {address::v4(192, 0, 2, 15), 3478};
    case 2: return {address::v4(192, 0, 2, 16), 5349};
    case 3: return {address::v6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 3478};
    case 4: return {address::v4(192, 0, 2, static_cast<std::uint8_t>(n)), 3478};
    default: return {address::v4(0, 0, 0, 0), 0};
  }
}

/// Few, so that what is permitted and what arrives is often the same.
endpoint peer(unsigned n) {
  if (n % 4 == 3) return {address::v6({0x20, 1, static_cast<std::uint8_t>(n % 8)}), 7};
  return {address::v4(198, 51, 100, static_cast<std::uint8_t>(n % 8)), 9};
}

class world {
 public:
  explicit world(FuzzedDataProvider& data) : data_{data} {
    for (auto n = data_.ConsumeIntegralInRange(1, 4); n > 0; --n) {
      chosen_.push_back(uris[data_.ConsumeIntegralInRange<std::size_t>(0, uris.size() - 1)]);
    }
    const bool has_user = data_.ConsumeBool();
    server_ = {.uris = chosen_,
               .username = has_user ? "user" : "",
               .credential = has_user ? password : ""};
    config_.servers = {&server_, 1};
    config_.server_limit = std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()};
    config_.enough_after = std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()};
    config_.keepalive = std::chrono::seconds{data_.ConsumeIntegralInRange(0, 30)};
    config_.retry_lost = std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()};
    config_.relay.family = static_cast<turn::relay_family>(data_.ConsumeIntegralInRange(0, 2));
    config_.limits = {.sockets = data_.ConsumeIntegralInRange<std::uint16_t>(0, 3),
                      .attempts = data_.ConsumeIntegralInRange<std::uint16_t>(0, 8),
                      .addresses = data_.ConsumeIntegralInRange<std::uint16_t>(0, 3),
                      .relays = data_.ConsumeIntegralInRange<std::uint16_t>(0, 4),
                      .candidates = data_.ConsumeIntegralInRange<std::uint16_t>(0, 6),
                      .events = data_.ConsumeIntegralInRange<std::uint16_t>(1, 40)};
    config_.relay_limits = {.permissions = 4,
                            .channels = 2,
                            .connections = 0,
                            .outstanding = data_.ConsumeIntegralInRange<std::uint16_t>(1, 4),
                            .events = data_.ConsumeIntegralInRange<std::uint16_t>(1, 8),
                            .stream_frame = 600};
    gatherer_.emplace(config_, entropy_, memory_ref{});
  }

  void run() {
    for (int calls = 0; data_.remaining_bytes() > 0 && calls < 1000; ++calls) {
      call();
      after_call();
    }
    gatherer_->close(now_);
    closed_ = true;
    after_call();
    for (int turns = 0; const auto next = gatherer_->next_timeout(); ++turns) {
      must(turns < 1000);
      now_ = *next;
      gatherer_->handle_timeout(now_);
      after_call();
    }
    must(!gatherer_->wants_start());
    must(gatherer_->candidates().empty());
  }

 private:
  void call() {
    switch (data_.ConsumeIntegralInRange(0, 19)) {
      case 0:
      case 1: return pass_time();
      case 2: return add_socket();
      case 3:
        if (data_.ConsumeIntegralInRange(0, 4) == 0) remove_socket();
        return;
      case 4: return gatherer_->start(now_);
      case 5:
      case 6: return gatherer_->start_one(now_);
      case 7: return resolve();
      case 8: return connect();
      case 9: return bring_token();
      case 10: return ask_relay();
      case 11: return wrap();
      case 12:
        if (data_.ConsumeIntegralInRange(0, 4) == 0) gatherer_->release(now_, some_relay());
        return;
      case 13:
        if (data_.ConsumeIntegralInRange(0, 2) == 0) {
          gatherer_->handle_unreachable(now_, some_path());
        }
        return;
      case 14: return give(some_path(), noise());
      case 15: return give(some_path(), indication());
      case 16: return give(some_path(), channel_data());
      default: return answer();
    }
  }

  unsigned number() { return data_.ConsumeIntegral<std::uint8_t>(); }

  void pass_time() {
    if (const auto next = gatherer_->next_timeout(); next && data_.ConsumeBool()) {
      now_ = *next;
    } else {
      now_ = after(now_, std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()});
    }
    gatherer_->handle_timeout(now_);
  }

  void add_socket() {
    const auto socket = static_cast<socket_id>(++last_socket_);
    const endpoint bound{data_.ConsumeIntegralInRange(0, 3) == 0
                             ? address::v6({0x20, 1, 0x0d, 0xb8, 9})
                             : address::v4(10, 0, 0, static_cast<std::uint8_t>(last_socket_)),
                         5000};
    if (!gatherer_->add_socket(now_, socket, bound)) return;
    sockets_.push_back(socket);
    may_complete_ = true;
  }

  void remove_socket() {
    const auto gone = some_socket();
    gatherer_->remove_socket(now_, gone);
    for (const auto& c : gatherer_->candidates()) must(c.base.socket != gone);
    // No relay that was had through it is there any more.
    std::erase_if(relays_, [&](socket_id r) { return !gatherer_->is_relay(r); });
  }

  void resolve() {
    std::vector<endpoint> addresses;
    for (auto n = data_.ConsumeIntegralInRange(0, 4); n > 0; --n) {
      addresses.push_back(server_at(number()));
    }
    const auto uri = data_.ConsumeIntegralInRange<gather::uri_number>(0, 5);
    must(gatherer_->host_of(uri).size() < 100);
    gatherer_->resolved(now_, uri, addresses);
  }

  void connect() {
    if (wanted_.empty()) return;
    const auto which = wanted_[data_.ConsumeIntegralInRange<std::size_t>(0, wanted_.size() - 1)];
    if (data_.ConsumeBool()) return gatherer_->connect_failed(now_, which);
    const auto socket = static_cast<socket_id>(++last_socket_);
    sockets_.push_back(socket);
    (void)gatherer_->connected(now_, which, socket).has_value();
  }

  void bring_token() {
    if (wanted_.empty()) return;
    const auto which = wanted_[data_.ConsumeIntegralInRange<std::size_t>(0, wanted_.size() - 1)];
    const auto key =
        data_.ConsumeBytes<std::byte>(data_.ConsumeIntegralInRange<std::size_t>(0, 32));
    (void)gatherer_->bring_token(now_, which, {"kid", key, as_byte_view("token")}).has_value();
  }

  void ask_relay() {
    const auto relay = some_relay();
    const auto p = peer(number());
    switch (data_.ConsumeIntegralInRange(0, 2)) {
      case 0:
        if (gatherer_->permit(relay, p.address)) permitted_.insert(p.address.octets);
        return;
      case 1:
        // Without room for a channel the permission is asked for all the same.
        if (const auto bound = gatherer_->bind(relay, p);
            bound || bound.error() == errc::capacity_reached) {
          permitted_.insert(p.address.octets);
        }
        return;
      default: return gatherer_->forbid(relay, p.address);
    }
  }

  void wrap() {
    const auto p = peer(number());
    std::vector<std::byte> buffer(data_.ConsumeIntegralInRange<std::size_t>(0, 120));
    const auto offset = data_.ConsumeIntegralInRange<std::size_t>(0, buffer.size());
    const auto size = data_.ConsumeIntegralInRange<std::size_t>(0, buffer.size() - offset);
    const auto out = gatherer_->wrap(some_relay(), p, buffer, offset, size);
    if (!out) {
      if (out.error() == errc::permission_pending) permitted_.insert(p.address.octets);
      return;
    }
    must(out->offset + out->to_send.size <= buffer.size());
    must(is_known(out->to_send.local));
  }

  socket_id some_socket() {
    if (sockets_.empty()) return socket_id{1};
    return sockets_[data_.ConsumeIntegralInRange<std::size_t>(0, sockets_.size() - 1)];
  }
  /// Mostly one that a request took.
  path some_path() {
    if (requests_.empty() || data_.ConsumeIntegralInRange(0, 7) == 0) {
      return {some_socket(), server_at(number())};
    }
    return requests_[data_.ConsumeIntegralInRange<std::size_t>(0, requests_.size() - 1)].first;
  }
  socket_id some_relay() {
    if (numbers_.empty()) return socket_id{};
    auto at = numbers_.begin();
    std::advance(at, data_.ConsumeIntegralInRange<std::ptrdiff_t>(
                         0, static_cast<std::ptrdiff_t>(numbers_.size()) - 1));
    return *at;
  }
  [[nodiscard]] bool is_known(socket_id s) const {
    return std::find(sockets_.begin(), sockets_.end(), s) != sockets_.end();
  }

  // ---- what servers say ------------------------------------------------------------------------

  std::vector<std::byte> noise() {
    return data_.ConsumeBytes<std::byte>(data_.ConsumeIntegralInRange<std::size_t>(0, 100));
  }

  std::vector<std::byte> channel_data() {
    std::vector<std::byte> frame{std::byte{0x40}, std::byte{}, std::byte{}, std::byte{4}};
    frame[1] = static_cast<std::byte>(data_.ConsumeIntegralInRange(0, 2));
    frame.resize(8);
    return frame;
  }

  std::vector<std::byte> indication() {
    return hostile::message({stun::method::data, stun::message_class::indication}, {},
                            [&](auto& out) {
                              out.add(stun::xor_peer_address{peer(number())});
                              if (data_.ConsumeIntegralInRange(0, 4) != 0) {
                                out.add(stun::data{as_byte_view("data")});
                              } else {
                                out.add(stun::icmp{3, 3, 0});
                              }
                            });
  }

  /// An answer to one of the last requests, mostly a usual one.
  void answer() {
    if (requests_.empty()) return;
    const auto which = data_.ConsumeIntegralInRange<std::size_t>(0, requests_.size() - 1);
    const auto [path, bytes] = requests_[which];
    const auto request = *stun::message_view::parse(bytes);
    const hostile::turn_server server{"user", password, server_at, peer,
                                      config_.relay.family == turn::relay_family::both};
    const auto reply = server.answer(data_, request);
    give(path, reply);
  }

  /// As a datagram, and to a connection in two pieces.
  void give(const path& along, byte_view bytes) {
    const auto cut = data_.ConsumeIntegralInRange<std::size_t>(0, bytes.size());
    if (gatherer_->handle_stream(now_, along.local, bytes.first(cut))) {
      for (const auto& rest : {byte_view{}, bytes.subspan(cut)}) {
        if (!rest.empty() && !gatherer_->handle_stream(now_, along.local, rest)) return;
        for (std::size_t n = 0; const auto in = gatherer_->next_inbound(now_); ++n) {
          must(n <= bytes.size());
          judge(*in);
        }
      }
    } else {
      judge(gatherer_->handle_datagram(now_, {along.local, along.remote, bytes}));
    }
  }

  void judge(const gather::inbound& in) const {
    const auto* const data = std::get_if<gather::unwrapped>(&in);
    if (data == nullptr) return;
    must(!closed_);
    must(permitted_.count(data->peer.address.octets) == 1);
    must(static_cast<std::uint32_t>(data->relay) > config_.first_relay - 10'000);
  }

  // ---- what must hold --------------------------------------------------------------------------

  void after_call() {
    drain();
    if (const auto next = gatherer_->next_timeout(); next && *next <= now_) {
      gatherer_->handle_timeout(now_);
      drain();
      const auto then = gatherer_->next_timeout();
      must(!then || *then > now_);
    }
    must(gatherer_->candidates().size() <= config_.limits.candidates);
    std::size_t relayed = 0;
    for (const auto& c : gatherer_->candidates()) {
      must(is_sendable(c.address));
      must(is_known(c.base.socket));
      if (!c.is_relayed()) continue;
      ++relayed;
      must(gatherer_->is_relay(c.relay));
    }
    must(relayed <= std::size_t{2} * config_.limits.relays);
  }

  void drain() {
    std::array<std::byte, 1000> buffer{};
    for (unsigned n = 0; const auto out = gatherer_->poll_transmit(buffer); ++n) {
      must(n < 200);
      must(is_known(out->local));
      const auto bytes = byte_view{buffer}.subspan(out->offset, out->size);
      const auto m = stun::message_view::parse(bytes);
      must(m && m->cls() == stun::message_class::request);
      if (requests_.size() == 8) requests_.erase(requests_.begin());
      requests_.emplace_back(path{out->local, out->remote},
                             std::vector<std::byte>{bytes.begin(), bytes.end()});
    }
    for (unsigned n = 0; const auto e = gatherer_->poll_event(); ++n) {
      must(n <= config_.limits.events);
      must(!closed_);
      std::visit([this](const auto& told) { take(told); }, *e);
    }
  }

  void take(const event::dropped&) { dropped_ = true; }
  void take(const event::connection_needed& e) { want(e.attempt); }
  void take(const event::socket_needed& e) { want(e.attempt); }
  void take(const event::token_needed& e) { want(e.attempt); }
  void take(const event::complete&) {
    must(may_complete_ || dropped_);
    may_complete_ = false;
  }
  void take(const event::found& e) {
    const auto& c = e.candidate;
    if (!c.is_relayed()) return;
    must(numbers_.insert(c.relay).second);
    relays_.insert(c.relay);
  }
  void take(const event::relay_lost& e) {
    must(relays_.erase(e.relay) == 1 || dropped_ || numbers_.count(e.relay) == 0);
    must(!gatherer_->is_relay(e.relay));
  }
  template <class Other>
  void take(const Other&) {}

  void want(gather::attempt_id which) {
    if (wanted_.size() == 4) wanted_.erase(wanted_.begin());
    wanted_.push_back(which);
  }

  FuzzedDataProvider& data_;
  std::vector<std::string_view> chosen_;
  gather::server server_;
  gather::config config_;
  hostile::counter entropy_;
  std::optional<gather::gatherer> gatherer_;
  time_point now_{1h};
  std::uint32_t last_socket_ = 0;
  std::vector<socket_id> sockets_;
  std::vector<gather::attempt_id> wanted_;
  std::vector<std::pair<path, std::vector<std::byte>>> requests_;
  std::set<std::array<std::uint8_t, 16>> permitted_;
  std::set<socket_id> numbers_;  ///< of all relays there ever were
  std::set<socket_id> relays_;   ///< of those that were not lost
  bool may_complete_ = true;
  bool dropped_ = false;
  bool closed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider bytes{data, size};
  world{bytes}.run();
  return 0;
}
