// A TURN server as bytes in and bytes out, true to the protocol.
//
// owns:     credentials and nonces, what each request is answered, how data is wrapped; and faults
//           on command
// does not: own sockets (turn_party.hpp), or serve TCP to peers (RFC 6062)
// sources:  RFC 8656 §5 to §12; RFC 8489 §9.2.4 (long-term credentials), §10 (redirection)
// invariant: bytes of a peer that no permission names reach no client.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/binding_responder.hpp"
#include "floe/stun/credential_rules.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "sim/turn_allocations.hpp"
#include "sim/turn_credentials.hpp"

namespace floe::sim {

/// What a server answers to a request for relays of both families.
enum class second_family : std::uint8_t {
  served,    ///< as far as it has addresses
  ignored,   ///< as a request for IPv4, as servers of before RFC 8656 do
  refused,   ///< 440
  too_much,  ///< 508
};

/// What servers do that RFC 8656 does not say.
struct turn_habits {
  bool forgets_silently = false;    ///< no answer about an allocation that it does not have
  bool no_error_code = false;       ///< an error says no more than that
  bool unprotected_errors = false;  ///< an error has no integrity, whatever the request had
  bool names_no_relay = false;  ///< a relay of the family that it has not is 0.0.0.0:0, or [::]:0
  second_family second = second_family::served;

  [[nodiscard]] constexpr bool operator==(const turn_habits&) const noexcept = default;
};

struct turn_config {
  std::vector<address> relays{};  ///< where relayed addresses are, at most one of each family
  turn_credentials_config credentials{};
  duration lifetime = 10min;  ///< of an allocation, when the client asks for no more
  duration longest = 1h;
  duration permission = 5min;
  duration channel = 10min;
  std::size_t quota = 100;  ///< allocations of one user
  turn_habits habits{};
};

class turn_server {
 public:
  /// A datagram to send.
  struct output {
    bool to_client = false;
    endpoint from;  ///< the relayed address, for what goes to a peer
    endpoint to;
    std::vector<std::byte> bytes;
  };

  turn_server(const turn_config& config, random_source chance)
      : config_{config}, credentials_{config.credentials, chance.fork()}, chance_{chance.fork()},
        rows_{config.relays, chance.fork()} {}

  // ---- bytes -----------------------------------------------------------------------------------

  /// Takes what a client sent to the server's own port.
  void from_client(time_point now, const endpoint& client, byte_view bytes);

  /// Takes what a peer sent to a relayed address.
  void from_peer(time_point now, const endpoint& relayed, const endpoint& peer, byte_view bytes);

  std::optional<output> poll() {
    if (out_.empty()) return std::nullopt;
    auto front = std::move(out_.front());
    out_.pop_front();
    return front;
  }

  /// Ends what has lived long enough.
  void handle_timeout(time_point now) {
    rows_.erase_if([&](const turn_allocation& a) { return now >= a.until; });
    answered_.erase(std::remove_if(answered_.begin(), answered_.end(),
                                   [&](const answer& a) { return now >= a.until; }),
                    answered_.end());
  }
  [[nodiscard]] deadline next_timeout() const { return rows_.next_end(); }

  // ---- faults on command -----------------------------------------------------------------------

  /// Answers the next `times` requests of a method with an error, after credentials were accepted.
  void refuse(stun::method method, stun::error_code code, std::size_t times = 1) {
    refusals_.push_back({method, code, times});
  }
  /// Sends clients elsewhere: every Allocate is answered with 300.
  void redirect(const endpoint& alternate) { alternate_ = alternate; }
  /// Calls every nonce stale that was handed out before.
  void expire_nonces() { credentials_.expire_nonces(); }
  /// Forgets everything, as when it starts again.
  void restart() {
    rows_.clear();
    answered_.clear();
    credentials_.expire_nonces();
  }
  bool silent = false;                   ///< takes nothing
  std::vector<address> forbidden_peers;  ///< 403 for these

  // ---- without the protocol --------------------------------------------------------------------

  /// Makes an allocation that never ends, as if a client had just asked for it.
  endpoint allocate(const endpoint& client, family f) {
    return rows_.add(client, f, {}, (time_point::max)()).relayed;
  }
  /// Installs a permission that never ends.
  void permit(const endpoint& relayed, const address& peer) {
    if (auto* const a = rows_.at(relayed)) a->permit(peer, (time_point::max)());
  }

  [[nodiscard]] turn_allocations& allocations() noexcept { return rows_; }
  [[nodiscard]] const turn_config& config() const noexcept { return config_; }

 private:
  /// A request on its way through the rules.
  struct request {
    time_point now;
    endpoint client;
    const stun::message_view& message;
    const turn_user* user = nullptr;
    turn_proof proof{};  ///< how the answer must be protected
  };

  /// Remembers an answer, so that a repeated request gets the same bytes.
  struct answer {
    endpoint client;
    stun::transaction_id id;
    std::vector<std::byte> bytes;
    time_point until;
  };

  struct refusal {
    stun::method method;
    stun::error_code code;
    std::size_t times;
  };

  static constexpr std::size_t largest = 1500;

  void on_request(time_point now, const endpoint& client, const stun::message_view& message);
  void on_allocate(const request& r);
  void on_refresh(const request& r);
  void on_create_permission(const request& r);
  void on_channel_bind(const request& r);
  void on_send(time_point now, const endpoint& client, const stun::message_view& message);
  void on_channel_data(time_point now, const endpoint& client, byte_view bytes);

  [[nodiscard]] std::optional<stun::error_code> find_allocate_fault(const request& r) const;
  [[nodiscard]] std::optional<stun::error_code> find_peer_fault(const endpoint& client,
                                                                const address& peer);
  [[nodiscard]] std::optional<stun::error_code> take_refusal(stun::method method);
  [[nodiscard]] duration granted(const stun::message_view& message) const;
  static std::uint32_t in_seconds(duration span) {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::seconds>(span).count());
  }

  template <class Fill>
  void succeed(const request& r, Fill&& fill) {
    std::vector<std::byte> bytes(largest);
    stun::writer out{
        bytes, {r.message.method(), stun::message_class::success}, r.message.transaction()};
    fill(out);
    r.proof.seal(out);
    finish(r, std::move(bytes), out);
  }

  void fail(const request& r, stun::error_code code, const stun::attribute_list& unknown = {}) {
    std::vector<std::byte> bytes(largest);
    stun::writer out{
        bytes, {r.message.method(), stun::message_class::error}, r.message.transaction()};
    if (!config_.habits.no_error_code) out.add(stun::error_code_attribute{code});
    if (!unknown.empty()) out.add(stun::unknown_attributes{unknown});
    if (code == stun::error_code::try_alternate) out.add(stun::alternate_server{*alternate_});
    if (!config_.habits.unprotected_errors) r.proof.seal(out);
    finish(r, std::move(bytes), out);
  }

  void finish(const request& r, std::vector<std::byte> bytes, stun::writer& out) {
    bytes.resize(out.finish().value());
    answered_.push_back({r.client, r.message.transaction(), bytes, after(r.now, 40s)});
    out_.push_back({true, {}, r.client, std::move(bytes)});
  }

  void to_peer(const turn_allocation& a, const endpoint& peer, byte_view bytes) {
    out_.push_back({false, a.relayed, peer, {bytes.begin(), bytes.end()}});
  }

  turn_config config_;
  turn_credentials credentials_;
  random_source chance_;
  turn_allocations rows_;
  std::deque<output> out_;
  std::vector<answer> answered_;
  std::vector<refusal> refusals_;
  std::optional<endpoint> alternate_;
  std::vector<std::pair<stun::reservation_token, endpoint>> tokens_;
};

}  // namespace floe::sim

#include "sim/turn_requests.hpp"
