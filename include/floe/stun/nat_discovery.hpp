// What kind of NAT stands between a host and a server with two addresses (RFC 5780 sec. 4).
//
// owns:     the order of the tests, and what their outcomes mean
// does not: measure how long a binding lives (sec. 4.6), or promise anything: a NAT may behave
//           otherwise a minute later
// invariant: one request at a time, at most ten new ones in a second (sec. 5).
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/entropy.hpp"
#include "floe/core/result.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/discovery.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/retransmit.hpp"
#include "floe/stun/writer.hpp"

namespace floe::stun {

/// On what the outside address of a socket depends, or through what its datagrams must have come
/// in.
enum class nat_kind : std::uint8_t {
  unknown,                     ///< not tested, or the server could not help
  none,                        ///< the outside address is the local one; for mapping only
  endpoint_independent,        ///< on nothing else
  address_dependent,           ///< on the remote address
  address_and_port_dependent,  ///< on the remote address and port
};

/// Whether the tests could be made.
enum class nat_verdict : std::uint8_t {
  tested,
  blocked,      ///< the server does not answer at all
  unsupported,  ///< it answers, but has no second address
};

/// How things stood when the last test ended.
struct nat_report {
  nat_verdict verdict = nat_verdict::tested;
  nat_kind mapping = nat_kind::unknown;
  nat_kind filtering = nat_kind::unknown;
  std::optional<bool>
      hairpinning{};  ///< whether two hosts behind the NAT meet at outside addresses
  bool alg = false;   ///< something on the way rewrites addresses inside messages
  endpoint mapped{};
  time_point when{};
};

struct nat_discovery_config {
  socket_id socket{};            ///< for the mapping tests
  endpoint local{};              ///< its own address
  socket_id filtering_socket{};  ///< one that has sent nothing yet (RFC 5780 sec. 4.4)
  endpoint server{};
  retransmit_config retransmit{};
  bool fingerprint = false;  ///< for sockets that STUN shares with other protocols
  bool test_hairpinning = true;
};

/// A session of tests. The contract of its five verbs is that of every state machine here.
class nat_discovery {
 public:
  nat_discovery(time_point now, const nat_discovery_config& config, entropy_ref entropy)
      : config_{config}, entropy_{entropy} {
    begin(now, step::mapping_1);
  }

  result<void, reject> handle_datagram(time_point now, const datagram& in) {
    handle_timeout(now);
    const auto message = message_view::parse(in.bytes);
    if (!message) return unexpected{message.error()};
    if (!has_good_fingerprint(*message, config_.fingerprint)) {
      return unexpected{reject::bad_fingerprint};
    }
    if (message->method() != method::binding) return unexpected{reject::unsupported_method};
    if (!current_ || message->transaction() != current_->id) {
      return unexpected{reject::unknown_transaction};
    }
    if (current_->what == step::hairpin) return handle_hairpin(now, in, *message);
    if (message->cls() != message_class::success && message->cls() != message_class::error) {
      return unexpected{reject::unsupported_method};
    }
    // Where the response comes from is what the filtering tests are about; elsewhere it is given.
    const bool any_source =
        current_->what == step::filtering_2 || current_->what == step::filtering_3;
    if (in.local != current_->route.local || (!any_source && in.remote != current_->route.remote)) {
      return unexpected{reject::wrong_path};
    }
    if (message->cls() == message_class::error) {
      conclude(now, outcome::refused);
    } else {
      take_addresses(in, *message);
      conclude(now, outcome::answered);
    }
    return {};
  }

  void handle_timeout(time_point now) {
    if (!current_) return;
    if (!current_->schedule) {
      if (now < not_before_) return;
      start(now);
      return;
    }
    switch (current_->schedule->on_time(now)) {
      case retransmit_schedule::step::none: break;
      case retransmit_schedule::step::resend: current_->to_send = true; break;
      case retransmit_schedule::step::expired: conclude(now, outcome::silent); break;
    }
  }

  /// The next message to send, written into `buffer`. A buffer that is too small loses nothing.
  [[nodiscard]] std::optional<transmit> poll_transmit(byte_span buffer) {
    if (!current_ || !current_->to_send) return std::nullopt;
    writer out{buffer, {method::binding, message_class::request}, current_->id};
    const auto what = current_->what;
    if (what == step::filtering_2) out.add(change_request{true, true});
    if (what == step::filtering_3) out.add(change_request{false, true});
    if (config_.fingerprint) out.add_fingerprint();
    const auto size = out.finish();
    if (!size) return std::nullopt;
    current_->to_send = false;
    return transmit{current_->route.local, current_->route.remote, *size};
  }

  /// The report, once, when all tests have ended.
  [[nodiscard]] std::optional<nat_report> poll_event() {
    if (current_ || reported_) return std::nullopt;
    reported_ = true;
    return report_;
  }

  [[nodiscard]] deadline next_timeout() const noexcept {
    if (!current_) return std::nullopt;
    return current_->schedule ? current_->schedule->next() : deadline{not_before_};
  }

 private:
  /// The tests in the order in which they run; those of a kind stop at the first that decides.
  enum class step : std::uint8_t {
    mapping_1,    ///< to the server: is there an answer, another address, a NAT?
    filtering_1,  ///< opens the filter towards the server
    filtering_2,  ///< an answer from the other address and port
    filtering_3,  ///< an answer from the other port
    mapping_2,    ///< to the other address
    mapping_3,    ///< to the other address and port
    hairpin,      ///< from one socket to the outside address of the other
  };

  enum class outcome : std::uint8_t { answered, refused, silent };

  struct request {
    step what;
    path route;
    transaction_id id;
    std::optional<retransmit_schedule> schedule;  ///< none until it may start
    bool to_send = false;
  };

  /// Ten new requests in a second (RFC 5780 sec. 5).
  static constexpr duration spacing = std::chrono::milliseconds{100};

  void begin(time_point now, step what) {
    current_ = request{what, route_of(what), transaction_id::random(entropy_), {}, false};
    if (now >= not_before_) start(now);
  }

  void start(time_point now) {
    current_->schedule.emplace(now, config_.retransmit);
    current_->to_send = true;
    not_before_ = after(now, spacing);
  }

  [[nodiscard]] path route_of(step what) const noexcept {
    switch (what) {
      case step::mapping_1: return {config_.socket, config_.server};
      case step::filtering_1:
      case step::filtering_2:
      case step::filtering_3: return {config_.filtering_socket, config_.server};
      case step::mapping_2: return {config_.socket, {other_.address, config_.server.port}};
      case step::mapping_3: return {config_.socket, other_};
      case step::hairpin: return {config_.filtering_socket, report_.mapped};
    }
    return {};
  }

  void take_addresses(const datagram& in, const message_view& message) {
    const auto xored = message.get<xor_mapped_address>();
    seen_ = xored ? std::optional{xored->value} : std::nullopt;
    const auto plain = message.get<mapped_address>();
    const auto origin = message.get<response_origin>();
    report_.alg = report_.alg || (plain && xored && plain->value != xored->value) ||
                  (origin && origin->value != in.remote);
    if (current_->what == step::mapping_1) {
      const auto other = message.get<other_address>();
      has_other_ = other && is_sendable(other->value) &&
                   other->value.address.family == config_.server.address.family;
      if (has_other_) other_ = other->value;
    }
  }

  /// What a test's end means, and which comes next.
  void conclude(time_point now, outcome how) {
    switch (current_->what) {
      case step::mapping_1: return conclude_first(now, how);
      case step::filtering_1:
        return how == outcome::answered ? begin(now, step::filtering_2) : begin_mapping(now);
      case step::filtering_2:
        if (how == outcome::silent) return begin(now, step::filtering_3);
        if (how == outcome::answered) report_.filtering = nat_kind::endpoint_independent;
        return begin_mapping(now);
      case step::filtering_3:
        if (how == outcome::answered) report_.filtering = nat_kind::address_dependent;
        if (how == outcome::silent) report_.filtering = nat_kind::address_and_port_dependent;
        return begin_mapping(now);
      case step::mapping_2:
      case step::mapping_3: return conclude_mapping(now, how);
      case step::hairpin:
        report_.hairpinning = how == outcome::answered;
        return finish(now, nat_verdict::tested);
    }
  }

  void conclude_first(time_point now, outcome how) {
    if (how == outcome::silent) return finish(now, nat_verdict::blocked);
    if (how == outcome::refused || !seen_) return finish(now, nat_verdict::unsupported);
    report_.mapped = *seen_;
    if (!has_other_) return finish(now, nat_verdict::unsupported);
    begin(now, step::filtering_1);
  }

  void conclude_mapping(time_point now, outcome how) {
    if (how != outcome::answered || !seen_) return begin_hairpin(now);
    if (current_->what == step::mapping_3) {
      report_.mapping =
          *seen_ == second_ ? nat_kind::address_dependent : nat_kind::address_and_port_dependent;
      return begin_hairpin(now);
    }
    second_ = *seen_;
    if (second_ != report_.mapped) return begin(now, step::mapping_3);
    report_.mapping = nat_kind::endpoint_independent;
    begin_hairpin(now);
  }

  void begin_mapping(time_point now) {
    if (report_.mapped != config_.local) return begin(now, step::mapping_2);
    report_.mapping = nat_kind::none;
    finish(now, nat_verdict::tested);
  }

  void begin_hairpin(time_point now) {
    if (!config_.test_hairpinning) return finish(now, nat_verdict::tested);
    begin(now, step::hairpin);
  }

  /// Our own request coming in at the other socket is what is hoped for.
  result<void, reject> handle_hairpin(time_point now, const datagram& in,
                                      const message_view& message) {
    if (message.cls() != message_class::request) return unexpected{reject::unsupported_method};
    if (in.local != config_.socket) return unexpected{reject::wrong_path};
    conclude(now, outcome::answered);
    return {};
  }

  void finish(time_point now, nat_verdict verdict) {
    report_.verdict = verdict;
    report_.when = now;
    current_.reset();
  }

  nat_discovery_config config_;
  entropy_ref entropy_;
  std::optional<request> current_;
  time_point not_before_ = (time_point::min)();
  nat_report report_;
  std::optional<endpoint> seen_;  ///< the outside address in the last answer
  endpoint second_;               ///< the one towards the other address
  endpoint other_;
  bool has_other_ = false;
  bool reported_ = false;
};

}  // namespace floe::stun
