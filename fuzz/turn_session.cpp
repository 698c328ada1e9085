// A TURN server that answers anything, at any time, over datagrams or a connection.
//
// The bytes choose the options, the calls and what the server says; the server knows the password,
// so that what it says is believed. Promises: no spin, no output without an end, no deadline in the
// past; what is sent is well-formed, and goes to the server from the session's sockets; data comes
// from peers that a permission was asked for; the end is told once, and nothing after it; a message
// that wraps a payload ends with that payload.
#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "floe/stun/attributes/extensions.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/turn/session.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

void must(bool holds, int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "fuzz/turn_session.cpp:%d does not hold\n", line);
  std::abort();
}

constexpr socket_id first{1};
const endpoint server{address::v4(192, 0, 2, 1), 3478};
constexpr std::string_view password = "pass";

struct counter {
  std::uint32_t drawn = 0;
  void operator()(byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>((++drawn * 2654435761U) >> 24U);
  }
};

/// Peers of both families, some of which no relay may be asked for.
endpoint peer(unsigned n) {
  if (n % 8 == 7) return {address::v4(127, 0, 0, 1), 1};
  if (n % 4 == 3) return {address::v6({0x20, 1, static_cast<std::uint8_t>(n)}), 7};
  return {address::v4(198, 51, 100, static_cast<std::uint8_t>(n)),
          static_cast<std::uint16_t>(n & 1U)};
}

class world {
 public:
  explicit world(FuzzedDataProvider& data) : data_{data}, config_{choose(data)} {
    session_.emplace(config_, entropy_, memory_ref{});
  }

  void run() {
    (void)session_->start(now_).has_value();
    after_call();
    for (int calls = 0; data_.remaining_bytes() > 0 && calls < 2000; ++calls) {
      call();
      after_call();
    }
    // Left alone, a session comes to rest, or goes on refreshing at a bounded rate.
    session_->close(now_);
    after_call();
    for (int turns = 0; const auto next = session_->next_timeout(); ++turns) {
      must(turns < 500);
      now_ = *next;
      session_->handle_timeout(now_);
      after_call();
    }
    must(ended_);
  }

 private:
  static turn::session_config choose(FuzzedDataProvider& data) {
    turn::session_config c;
    c.local = first;
    c.server = server;
    c.transport = static_cast<turn::transport>(data.ConsumeIntegralInRange(0, 3));
    const bool has_user = data.ConsumeBool();
    c.user = has_user ? "user" : "";
    c.password = has_user ? password : "";
    c.ask.transport = static_cast<turn::relay_transport>(data.ConsumeBool());
    c.ask.family = static_cast<turn::relay_family>(data.ConsumeIntegralInRange(0, 2));
    c.ask.even_port = data.ConsumeBool();
    c.ask.reserve_next_port = data.ConsumeBool();
    c.ask.dont_fragment = data.ConsumeBool();
    c.ask.mobility = data.ConsumeBool();
    if (data.ConsumeBool()) c.ask.lifetime = data.ConsumeIntegral<std::uint32_t>();
    c.fingerprint = data.ConsumeBool();
    c.bind_after = data.ConsumeIntegralInRange<std::uint16_t>(0, 3);
    c.peers_per_request = data.ConsumeIntegralInRange<std::uint16_t>(1, 4);
    c.limits = {.permissions = data.ConsumeIntegralInRange<std::uint16_t>(0, 6),
                .channels = data.ConsumeIntegralInRange<std::uint16_t>(0, 4),
                .connections = data.ConsumeIntegralInRange<std::uint16_t>(0, 2),
                .outstanding = data.ConsumeIntegralInRange<std::uint16_t>(1, 4),
                .events = data.ConsumeIntegralInRange<std::uint16_t>(1, 16),
                .stream_frame = data.ConsumeIntegralInRange<std::uint32_t>(100, 3000)};
    return c;
  }

  void call() {
    switch (data_.ConsumeIntegralInRange(0, 15)) {
      case 0: return pass_time();
      case 1: {
        const auto p = peer(data_.ConsumeIntegral<std::uint8_t>());
        if (session_->permit(p.address)) asked_.insert(p.address.octets);
        return;
      }
      case 2: {
        const auto p = peer(data_.ConsumeIntegral<std::uint8_t>());
        if (session_->bind(p)) asked_.insert(p.address.octets);
        return;
      }
      case 3: return wrap();
      case 4: return session_->forbid(peer(data_.ConsumeIntegral<std::uint8_t>()).address);
      case 5: {
        const auto made = session_->connect(now_, peer(data_.ConsumeIntegral<std::uint8_t>()));
        if (made) connection_ = *made;
        return;
      }
      case 6: return (void)session_->bind_connection(now_, connection_, new_socket()).has_value();
      case 7: return (void)session_->use_socket(now_, new_socket()).has_value();
      case 8: return (void)session_->move(now_, new_socket()).has_value();
      case 9: return bring_token();
      case 10:
        if (data_.ConsumeIntegralInRange(0, 9) == 0) session_->close(now_);
        return;
      case 11:
        if (data_.ConsumeIntegralInRange(0, 9) == 0) {
          session_->handle_unreachable(now_, any_socket());
        }
        return;
      case 12: {
        const auto noise =
            data_.ConsumeBytes<std::byte>(data_.ConsumeIntegralInRange<std::size_t>(0, 200));
        return give(noise);
      }
      case 13:
        return (void)session_->release(now_, data_.ConsumeBool() ? family::ipv4 : family::ipv6)
            .has_value();
      case 14: return give(indication());
      case 15: return give(answer());
      default: return;
    }
  }

  void pass_time() {
    if (const auto next = session_->next_timeout(); next && data_.ConsumeBool()) {
      now_ = *next;
    } else {
      now_ = after(now_, std::chrono::milliseconds{data_.ConsumeIntegral<std::uint16_t>()});
    }
    session_->handle_timeout(now_);
  }

  void wrap() {
    const auto p = peer(data_.ConsumeIntegral<std::uint8_t>());
    std::vector<std::byte> buffer(data_.ConsumeIntegralInRange<std::size_t>(0, 300));
    const auto offset = data_.ConsumeIntegralInRange<std::size_t>(0, buffer.size());
    const auto size = data_.ConsumeIntegralInRange<std::size_t>(0, buffer.size() - offset);
    for (std::size_t i = 0; i < size; ++i) buffer[offset + i] = static_cast<std::byte>(i * 7 + 1);
    const auto out = session_->wrap(p, buffer, offset, size);
    if (!out) {
      if (out.error() == errc::permission_pending) asked_.insert(p.address.octets);
      return;
    }
    must(out->offset + out->to_send.size <= buffer.size());
    const auto message = byte_view{buffer}.subspan(out->offset, out->to_send.size);
    byte_view payload;
    if (const auto by_channel = turn::read_channel_data(message)) {
      payload = by_channel->payload;
    } else {
      const auto parsed = stun::message_view::parse(message);
      must(parsed && parsed->method() == stun::method::send);
      must(parsed->get<stun::xor_peer_address>()->value == p);
      payload = parsed->get<stun::data>()->value;
    }
    must(payload.size() == size);
    for (std::size_t i = 0; i < size; ++i) must(payload[i] == static_cast<std::byte>(i * 7 + 1));
  }

  void bring_token() {
    const std::vector<std::byte> key(data_.ConsumeBool() ? 20 : 32, std::byte{1});
    const auto sealed =
        data_.ConsumeBytes<std::byte>(data_.ConsumeIntegralInRange<std::size_t>(0, 40));
    (void)session_->bring_token(now_, {"kid", key, sealed}).has_value();
  }

  socket_id new_socket() {
    sockets_.push_back(static_cast<socket_id>(sockets_.size() + 1));
    return sockets_.back();
  }
  socket_id any_socket() {
    return sockets_[data_.ConsumeIntegralInRange<std::size_t>(0, sockets_.size() - 1)];
  }

  /// Whatever stands in the bytes, as attributes.
  void add_attributes(stun::writer& out) {
    for (int n = data_.ConsumeIntegralInRange(0, 8); n > 0; --n) {
      const auto p = peer(data_.ConsumeIntegral<std::uint8_t>());
      switch (data_.ConsumeIntegralInRange(0, 19)) {
        case 0: out.add(stun::xor_relayed_address{p}); break;
        case 1: out.add(stun::xor_mapped_address{p}); break;
        case 2: out.add(stun::lifetime{data_.ConsumeIntegral<std::uint32_t>()}); break;
        case 3: out.add(stun::lifetime{600}); break;
        case 4:
          out.add(stun::error_code_attribute{
              static_cast<stun::error_code>(data_.ConsumeIntegralInRange(300, 699)), ""});
          break;
        case 5: out.add(stun::error_code_attribute{one_of_its_codes()}); break;
        case 6: out.add(stun::realm{data_.ConsumeBool() ? "r" : "other"}); break;
        case 7: out.add(stun::nonce{data_.ConsumeRandomLengthString(20)}); break;
        case 8: out.add(stun::alternate_server{data_.ConsumeBool() ? server : p}); break;
        case 9: out.add(stun::xor_peer_address{p}); break;
        case 10: out.add(stun::data{as_byte_view("payload")}); break;
        case 11: out.add(stun::icmp{3, data_.ConsumeIntegral<std::uint8_t>(), 0}); break;
        case 12: out.add(stun::connection_id{data_.ConsumeIntegral<std::uint8_t>()}); break;
        case 13: out.add(stun::mobility_ticket{as_byte_view("ticket")}); break;
        case 14: out.add(stun::third_party_authorization{"name"}); break;
        case 15: {
          stun::attribute_list list;
          list.insert(stun::attribute_type::dont_fragment);
          list.insert(stun::attribute_type::even_port);
          out.add(stun::unknown_attributes{list});
          break;
        }
        case 16: out.add(stun::password_algorithms{stun::all_password_algorithms}); break;
        case 17: out.add(stun::nonce{"obMatJos2wAAAx"}); break;
        case 18: out.add(stun::address_error_code{family::ipv6, {}}); break;
        case 19: {
          const auto raw =
              data_.ConsumeBytes<std::byte>(data_.ConsumeIntegralInRange<std::size_t>(0, 12));
          out.add(stun::bytes_attribute<stun::attribute_type::xor_peer_address>{raw});
          break;
        }
        default: break;
      }
    }
  }

  stun::error_code one_of_its_codes() {
    constexpr std::array codes{300, 400, 401, 403, 405, 420, 437, 438, 440,
                               441, 442, 443, 446, 447, 486, 500, 508};
    return static_cast<stun::error_code>(
        codes[data_.ConsumeIntegralInRange<std::size_t>(0, codes.size() - 1)]);
  }

  std::vector<std::byte> finished(stun::writer& out, std::vector<std::byte>& buffer) {
    const auto size = out.finish();
    if (!size) return {};
    buffer.resize(*size);
    return buffer;
  }

  std::vector<std::byte> indication() {
    constexpr std::array methods{stun::method::data, stun::method::data,
                                 stun::method::connection_attempt, stun::method::send};
    std::vector<std::byte> buffer(2000);
    stun::writer out{
        buffer,
        {methods[data_.ConsumeIntegralInRange<std::size_t>(0, 3)], stun::message_class::indication},
        {}};
    add_attributes(out);
    return finished(out, buffer);
  }

  /// An answer to a request that went out, signed as the request was, or not.
  std::vector<std::byte> answer() {
    if (requests_.empty()) return {};
    const auto which = data_.ConsumeIntegralInRange<std::size_t>(0, requests_.size() - 1);
    const auto request = requests_[which];
    const auto m = stun::message_view::parse(request);
    std::vector<std::byte> buffer(2000);
    stun::writer out{buffer,
                     {m->method(), data_.ConsumeBool() ? stun::message_class::success
                                                       : stun::message_class::error},
                     m->transaction()};
    if (data_.ConsumeBool()) {
      add_typical(out, m->method());
    } else {
      add_attributes(out);
    }
    if (data_.ConsumeBool()) sign(out, *m);
    answered_from_ = sent_from_[which];
    return finished(out, buffer);
  }

  /// What such a request is mostly answered with.
  void add_typical(stun::writer& out, stun::method method) {
    if (method == stun::method::allocate) {
      if (config_.ask.family != turn::relay_family::ipv6)
        out.add(stun::xor_relayed_address{peer(2)});
      if (config_.ask.family != turn::relay_family::ipv4)
        out.add(stun::xor_relayed_address{peer(3)});
      out.add(stun::xor_mapped_address{peer(4)});
    }
    if (method == stun::method::allocate || method == stun::method::refresh) {
      out.add(stun::lifetime{600}).add(stun::mobility_ticket{as_byte_view("ticket")});
    }
    if (method == stun::method::connect) out.add(stun::connection_id{7});
    out.add(stun::error_code_attribute{one_of_its_codes()})
        .add(stun::realm{"r"})
        .add(stun::nonce{data_.ConsumeBool() ? "n" : "m"});
  }

  static void sign(stun::writer& out, const stun::message_view& request) {
    const auto realm = request.get<stun::realm>();
    const auto name = realm ? realm->value : std::string_view{};
    if (request.has<stun::access_token>()) {
      const std::array<std::byte, 20> key{std::byte{1}};
      out.add_integrity(stun::integrity_key{byte_view{key}});
    } else if (request.find(stun::attribute_type::message_integrity_sha256)) {
      out.add_integrity(
          stun::integrity_sha256_key{stun::long_term_sha256_key("user", name, password)});
    } else {
      out.add_integrity(stun::integrity_key{stun::long_term_md5_key("user", name, password)});
    }
  }

  void give(const std::vector<std::byte>& bytes) {
    const auto at = answered_from_.value_or(any_socket());
    answered_from_.reset();
    const auto to = session_->route().remote;
    if (!turn::is_stream(config_.transport)) {
      return judge(session_->handle_datagram(now_, {at, data_.ConsumeBool() ? to : server, bytes}));
    }
    const auto cut = data_.ConsumeIntegralInRange<std::size_t>(0, bytes.size());
    for (const auto& piece : {byte_view{bytes}.first(cut), byte_view{bytes}.subspan(cut)}) {
      session_->handle_stream(now_, at, piece);
      for (std::size_t n = 0; const auto in = session_->next_inbound(now_); ++n) {
        must(n <= bytes.size());
        judge(*in);
      }
    }
  }

  void judge(const turn::inbound& in) const {
    if (!in || !*in) return;
    must(!ended_ || session_->state() != turn::allocation_state::ended);
    if ((*in)->connection) return;
    must(asked_.count((*in)->peer.address.octets) == 1);
  }

  void after_call() {
    std::array<std::byte, 4096> buffer{};
    for (unsigned n = 0; const auto out = session_->poll_transmit(buffer); ++n) {
      must(n < 100);
      must(std::find(sockets_.begin(), sockets_.end(), out->local) != sockets_.end());
      const auto bytes = byte_view{buffer}.first(out->size);
      const auto m = stun::message_view::parse(bytes);
      must(m && m->cls() == stun::message_class::request);
      must(!config_.fingerprint || stun::check_fingerprint(*m) == stun::fingerprint_state::right);
      if (requests_.size() == 8) {
        requests_.erase(requests_.begin());
        sent_from_.erase(sent_from_.begin());
      }
      requests_.emplace_back(bytes.begin(), bytes.end());
      sent_from_.push_back(out->local);
    }
    while (const auto e = session_->poll_event()) {
      must(!ended_);
      ended_ = std::holds_alternative<turn::event::ended>(*e);
      if (const auto* const offer = std::get_if<turn::event::connection_offered>(&*e)) {
        connection_ = offer->connection;
      }
    }
    must(ended_ == (session_->state() == turn::allocation_state::ended));
    if (const auto next = session_->next_timeout(); next && *next <= now_) {
      session_->handle_timeout(now_);
      while (session_->poll_transmit(buffer)) {
      }
      while (const auto e = session_->poll_event()) {
        must(!ended_);
        ended_ = std::holds_alternative<turn::event::ended>(*e);
      }
      const auto then = session_->next_timeout();
      must(!then || *then > now_);
    }
  }

  FuzzedDataProvider& data_;
  turn::session_config config_;
  counter entropy_;
  std::optional<turn::session> session_;
  time_point now_{1h};
  std::vector<socket_id> sockets_{first};
  std::vector<std::vector<std::byte>> requests_;
  std::vector<socket_id> sent_from_;
  std::optional<socket_id> answered_from_;
  turn::connection_handle connection_{};
  std::set<std::array<std::uint8_t, 16>> asked_;
  bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzedDataProvider bytes{data, size};
  world{bytes}.run();
  return 0;
}
