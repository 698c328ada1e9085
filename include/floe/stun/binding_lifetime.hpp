// How long a NAT keeps the binding of a socket that is silent (RFC 5780 sec. 4.6).
//
// owns:     the search: which silence is tried next, and when the answer is near enough
// does not: find out other behaviour (stun/nat_discovery.hpp), or promise anything: a NAT may drop
//           a binding sooner when it is busy
// invariant: the socket under test sends nothing while its silence is measured.
#pragma once

#include "floe/core/language.hpp"

#include <chrono>
#include <cstdint>
#include <gsl/assert>
#include <optional>
#include <utility>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/entropy.hpp"
#include "floe/core/result.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/discovery.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/response_rules.hpp"
#include "floe/stun/retransmit.hpp"
#include "floe/stun/writer.hpp"

namespace floe::stun {

/// What trials have shown so far, and how exact it shall become.
struct lifetime_bounds {
  duration alive_after{};                ///< the longest silence that a binding survived
  std::optional<duration> gone_after{};  ///< the shortest that it did not
};

/// What the search is asked for.
struct lifetime_search {
  duration estimate = std::chrono::minutes{3};    ///< the first silence that is tried
  duration longest = std::chrono::minutes{30};    ///< what survives this is not looked at further
  duration resolution = std::chrono::seconds{5};  ///< how near the two bounds must come
};

/// The next silence to try; nullopt when the bounds say enough. Twice as long until a binding is
/// gone, then halfway, so that a search takes few trials. in: longest >= estimate > 0, resolution >
/// 0
[[nodiscard]] constexpr std::optional<duration>
next_silence(const lifetime_bounds& known, const lifetime_search& asked) noexcept {
  if (known.gone_after) {
    const auto apart = *known.gone_after - known.alive_after;
    if (apart <= asked.resolution) return std::nullopt;
    return known.alive_after + apart / 2;
  }
  if (known.alive_after >= asked.longest) return std::nullopt;
  if (known.alive_after == duration::zero()) return asked.estimate;
  const bool can_double = known.alive_after <= asked.longest / 2;
  return can_double ? 2 * known.alive_after : asked.longest;
}

/// Whether the trials could be made.
enum class lifetime_verdict : std::uint8_t {
  measured,
  blocked,      ///< the server does not answer, or no longer; the bounds are those so far
  unsupported,  ///< it answers, but not to where RESPONSE-PORT says
};

/// How things stood when the last trial ended.
struct lifetime_report {
  lifetime_verdict verdict = lifetime_verdict::measured;
  lifetime_bounds bounds;
  time_point when{};
};

struct binding_lifetime_config {
  socket_id socket{};        ///< whose binding is measured; nothing else may use it meanwhile
  socket_id probe_socket{};  ///< asks the server to answer to that binding
  endpoint server{};
  retransmit_config retransmit{};
  lifetime_search search{};
  bool fingerprint = false;  ///< for sockets that STUN shares with other protocols
};

/// A search. It takes as long as the silences together: with the defaults an hour or two for a NAT
/// that keeps bindings for some minutes. The contract of its five verbs is that of every state
/// machine here.
class binding_lifetime {
 public:
  /// in: search.longest >= search.estimate > 0, search.resolution of a second or more
  binding_lifetime(time_point now, const binding_lifetime_config& config, entropy_ref entropy)
      : config_{config}, entropy_{entropy}, silence_{config.search.estimate} {
    Expects(config.search.estimate > duration::zero());
    Expects(config.search.longest >= config.search.estimate);
    Expects(config.search.resolution >= std::chrono::seconds{1});
    begin(now, step::renew);
  }

  result<void, reject> handle_datagram(time_point now, const datagram& in) {
    handle_timeout(now);
    const auto message = message_view::parse(in.bytes);
    if (!message) return unexpected{message.error()};
    if (!has_good_fingerprint(*message, config_.fingerprint)) {
      return unexpected{reject::bad_fingerprint};
    }
    const bool is_error = message->cls() == message_class::error;
    if (message->method() != method::binding ||
        (!is_error && message->cls() != message_class::success)) {
      return unexpected{reject::unsupported_method};
    }
    if (!request_ || message->transaction() != request_->id) {
      return unexpected{reject::unknown_transaction};
    }
    // An answer to a probe comes to the binding under test, or not as it was asked for.
    const bool is_probe = request_->what == step::probe;
    const bool to_probe_socket = is_probe && in.local == config_.probe_socket;
    if ((in.local != config_.socket && !to_probe_socket) || in.remote != config_.server) {
      return unexpected{reject::wrong_path};
    }
    if (is_error || to_probe_socket) {
      finish(now, lifetime_verdict::unsupported);
    } else if (is_probe) {
      known_.alive_after = silence_;
      next_trial(now);
    } else {
      take_mapping(now, *message);
    }
    return {};
  }

  void handle_timeout(time_point now) {
    if (!request_) {
      if (quiet_until_ && now >= *quiet_until_) begin(now, step::probe);
      return;
    }
    switch (request_->schedule.on_time(now)) {
      case retransmit_schedule::step::none: break;
      case retransmit_schedule::step::resend: request_->to_send = true; break;
      case retransmit_schedule::step::expired: conclude_silence(now); break;
    }
  }

  /// The next message to send, written into `buffer`. A buffer that is too small loses nothing.
  [[nodiscard]] std::optional<transmit> poll_transmit(byte_span buffer) {
    if (!request_ || !request_->to_send) return std::nullopt;
    const bool is_probe = request_->what == step::probe;
    writer out{buffer, {method::binding, message_class::request}, request_->id};
    if (is_probe) out.add(response_port{mapped_port_});
    if (config_.fingerprint) out.add_fingerprint();
    const auto size = out.finish();
    if (!size) return std::nullopt;
    request_->to_send = false;
    return transmit{is_probe ? config_.probe_socket : config_.socket, config_.server, *size};
  }

  /// The report, once, when the search has ended.
  [[nodiscard]] std::optional<lifetime_report> poll_event() noexcept {
    return std::exchange(report_, std::nullopt);
  }

  [[nodiscard]] deadline next_timeout() const noexcept {
    return request_ ? request_->schedule.next() : quiet_until_;
  }

 private:
  enum class step : std::uint8_t {
    renew,  ///< makes or refreshes the binding, and tells its port
    probe,  ///< asks for an answer to that port, after the silence
  };

  struct request {
    step what;
    transaction_id id;
    retransmit_schedule schedule;
    bool to_send = true;
  };

  void begin(time_point now, step what) {
    quiet_until_.reset();
    request_.emplace(request{what, transaction_id::random(entropy_),
                             retransmit_schedule{now, config_.retransmit}});
  }

  void take_mapping(time_point now, const message_view& message) {
    const auto mapped = mapped_address_of(message);
    if (!mapped) return finish(now, lifetime_verdict::unsupported);
    mapped_port_ = mapped->port;
    request_.reset();
    quiet_until_ = after(now, silence_);
  }

  void conclude_silence(time_point now) {
    if (request_->what == step::renew) return finish(now, lifetime_verdict::blocked);
    known_.gone_after = silence_;
    next_trial(now);
  }

  void next_trial(time_point now) {
    const auto next = next_silence(known_, config_.search);
    if (!next) return finish(now, lifetime_verdict::measured);
    silence_ = *next;
    begin(now, step::renew);
  }

  void finish(time_point now, lifetime_verdict verdict) {
    request_.reset();
    report_ = lifetime_report{verdict, known_, now};
  }

  binding_lifetime_config config_;
  entropy_ref entropy_;
  lifetime_bounds known_;
  duration silence_;  ///< of the trial under way
  std::optional<request> request_;
  deadline quiet_until_;
  std::uint16_t mapped_port_ = 0;
  std::optional<lifetime_report> report_;
};

}  // namespace floe::stun
