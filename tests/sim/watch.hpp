// What must always hold, checked after every call of an agent.
//
// owns:     the memory that these checks need: who was sent what, who has proved to be there
// does not: act; it throws with the seed when something does not hold
// sources:  "what must always hold" of the design: each check names its number there
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "floe/agent/agent.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "sim/network.hpp"

namespace floe::sim {

/// The memory of an agent: after construction it must not be asked for more (8).
class sealed_memory {
 public:
  void seal() noexcept { sealed_ = true; }
  [[nodiscard]] std::size_t broken() const noexcept { return broken_; }

  void* allocate(std::size_t size, std::size_t alignment) {
    broken_ += sealed_ ? 1U : 0U;
    return memory_ref{}.allocate(size, alignment);
  }
  void deallocate(void* where, std::size_t size, std::size_t alignment) {
    memory_ref{}.deallocate(where, size, alignment);
  }

 private:
  bool sealed_ = false;
  std::size_t broken_ = 0;
};

class watch {
 public:
  /// What a call of an agent was.
  enum class call : std::uint8_t { command, datagram, timeout };

  explicit watch(const config& c) : config_{c} {}

  /// Before a call.
  void begin(const agent& a) {
    checks_ = a.stats().checks_sent;
    waits_ = false;
  }

  /// A datagram that the agent sends.
  void sent(const network& net, const transmit& out, byte_view bytes) {
    if (++drained_ > most_of_one_drain) net.fail("4: an unbounded drain");
    const auto message = stun::message_view::parse(bytes);
    if (!message || stun::check_fingerprint(*message) != stun::fingerprint_state::right) {
      net.fail("7: sent what does not parse");
    }
    auto& peer = row_of({out.local, out.remote});
    switch (message->cls()) {
      case stun::message_class::request: return sent_request(net, *message);
      case stun::message_class::success:
      case stun::message_class::error:
        if (++peer.answered > peer.asked) net.fail("3: answered what was not asked");
        return;
      case stun::message_class::indication:
        if (!proved(net, peer)) net.fail("3: a keepalive to where nobody proved to be");
        return;
    }
  }

  /// Data that the agent would send along a path.
  void sent_data(const network& net, const path& along) {
    if (!proved(net, row_of(along))) net.fail("3: data to where nobody proved to be");
  }

  /// A datagram that the agent took.
  void received(const network& net, const path& along, byte_view bytes, const inbound& result) {
    // Data and noise change nothing, and what is due at this very instant waits for its timeout.
    waits_ = !std::holds_alternative<consumed>(result);
    const auto message = stun::message_view::parse(bytes);
    if (!message) return;
    auto& peer = row_of(along);
    if (message->cls() == stun::message_class::request) ++peer.asked;
    if (message->cls() == stun::message_class::success &&
        std::holds_alternative<consumed>(result)) {
      peer.proved = net.now();
    }
  }

  /// After a call and its drain.
  void end(const network& net, const agent& a, call what, bool failed_now) {
    drained_ = 0;
    const auto started = a.stats().checks_sent - checks_;
    if (started > 1) net.fail("2: more than one new check in one call");
    if (started == 1) {
      if (last_check_ && elapsed(*last_check_, net.now()) < config_.ta) {
        net.fail("2: two new checks within Ta");
      }
      last_check_ = net.now();
      first_check_ = first_check_.value_or(net.now());
    }
    // What a command makes possible is due at the instant the agent last heard of: at once.
    const auto next = a.next_timeout();
    const bool may_be_now = what == call::command || waits_;
    if (next && !may_be_now && *next <= net.now()) net.fail("4: a deadline that is past");
    const bool early = !first_check_ || elapsed(*first_check_, net.now()) < 30s;
    if (failed_now && what != call::timeout && early) {
      net.fail("5: failed by an event, not by a timer");
    }
  }

  [[nodiscard]] deadline first_check() const noexcept { return first_check_; }

  /// True when every send of some request went unanswered. Where a path exists and the network
  /// loses datagrams, the agent may not have had the chances that the RFCs count on.
  [[nodiscard]] bool had_bad_luck() const {
    return std::any_of(requests_.begin(), requests_.end(), [&](const request_row& r) {
      return !r.answered && r.sends >= config_.check.rc;
    });
  }

 private:
  /// Somebody at the other end of a path.
  struct peer_row {
    path along;
    std::size_t asked = 0;
    std::size_t answered = 0;
    deadline proved{};  ///< when it last answered
  };

  /// A request that was sent.
  struct request_row {
    stun::transaction_id id;
    unsigned sends = 0;
    bool answered = false;
  };

  static constexpr std::size_t most_of_one_drain = 200;

  peer_row& row_of(const path& along) {
    const auto found = std::find_if(peers_.begin(), peers_.end(),
                                    [&](const peer_row& p) { return p.along == along; });
    if (found != peers_.end()) return *found;
    peers_.push_back({along, 0, 0, {}});
    return peers_.back();
  }

  void sent_request(const network& net, const stun::message_view& message) {
    const auto id = message.transaction();
    const auto found = std::find_if(requests_.rbegin(), requests_.rend(),
                                    [&](const request_row& r) { return r.id == id; });
    if (found == requests_.rend()) {
      requests_.push_back({id, 1, false});
    } else if (++found->sends > config_.check.rc) {
      net.fail("3: a request was repeated too often");
    }
  }

  [[nodiscard]] bool proved(const network& net, const peer_row& p) const {
    return p.proved &&
           (!config_.consent.enabled || elapsed(*p.proved, net.now()) <= config_.consent.expiry);
  }

  config config_;
  std::uint64_t checks_ = 0;
  std::size_t drained_ = 0;
  bool waits_ = false;  ///< the call took nothing that could change anything
  deadline last_check_{};
  deadline first_check_{};
  std::vector<peer_row> peers_;
  std::vector<request_row> requests_;
};

}  // namespace floe::sim
