// What waits to be sent: intents, not bytes.
//
// owns:     the checks and answers that poll_transmit() will write, in their order
// does not: hold keys or write bytes; the agent has the keys, ice/ the writers
// invariant: a check stands here at most once, and there is a place for every check that can be
//            outstanding; answers beyond their places are dropped, as a peer repeats its question.
//            Strangers have places of their own, so that none of theirs is in the way of a peer.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <variant>

#include "floe/core/datagram.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/ring.hpp"
#include "floe/ice/candidate.hpp"
#include "floe/ice/check_request.hpp"
#include "floe/stun/attribute_list.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"
#include "floe/stun/transactions.hpp"

namespace floe {

/// A check that was sent, as its transaction remembers it.
struct sent_check {
  enum purpose : std::uint8_t {
    connectivity,  ///< of a pair (RFC 8445 sec. 7.2)
    consent,       ///< of a component's link (RFC 7675 sec. 5.1)
  };
  ice::check_request request{};
  ice::local_id local{};
  ice::remote_id remote{};
  generation_number generation{};
  stream_id stream{};
  component_id component{1};
  purpose what = connectivity;
  bool queued = false;  ///< stands in the outbox
  bool held = false;    ///< its last send could not leave: the relay had yet to ask for it
};

/// The checks that wait for an answer.
using check_transactions = stun::transactions<sent_check>;

/// A message without a transaction of its own: the answer to a check, or a keepalive.
struct reply {
  enum kind : std::uint8_t { success, error, keepalive };
  kind what = success;
  bool proved = false;  ///< the request had valid credentials, so the answer shows ours
  stream_id stream{};
  generation_number generation{};
  path to{};
  stun::transaction_id transaction{};
  stun::error_code code{};         ///< with error
  stun::attribute_list unknown{};  ///< with error 420
};

/// How many answers to strangers may wait.
inline constexpr std::size_t most_stranger_replies = 4;

/// The messages to send. Replies leave first: somebody is waiting for them; and those to strangers
/// after all others.
class outbox {
 public:
  outbox(std::size_t checks, std::size_t replies, memory_ref memory)
      : checks_(checks, memory), replies_(replies, memory),
        to_strangers_(most_stranger_replies, memory) {}

  /// Queues a check of `table`, unless it is queued. Checks whose transaction has ended by the time
  /// they are reached are passed over.
  void push(check_transactions& table, check_transactions::id id) {
    auto* const row = table.find(id);
    if (row == nullptr || row->owner.queued) return;
    if (checks_.full()) forget_ended(table);
    row->owner.queued = checks_.push(id);
  }

  /// Queues a reply, or returns false when there is no room.
  [[nodiscard]] bool push(const reply& r) {
    return is_to_stranger(r) ? to_strangers_.push(r) : replies_.push(r);
  }

  /// Drops the replies that would leave from a socket.
  void forget_replies(socket_id socket) {
    for (auto* const queue : {&replies_, &to_strangers_}) {
      queue->erase_if([&](const reply& r) { return r.to.local == socket; });
    }
  }

  [[nodiscard]] const reply* next_reply() const {
    const auto& queue = replies_.empty() ? to_strangers_ : replies_;
    return queue.empty() ? nullptr : &queue.front();
  }
  void pop_reply() { (replies_.empty() ? to_strangers_ : replies_).pop(); }

  /// The row of the next check; nullptr when none is left.
  [[nodiscard]] const check_transactions::row* next_check(const check_transactions& table) {
    while (!checks_.empty()) {
      if (const auto* const row = table.find(checks_.front())) return row;
      checks_.pop();
    }
    return nullptr;
  }
  /// held: it could not leave yet
  void pop_check(check_transactions& table, bool held = false) {
    if (const auto id = checks_.pop()) {
      if (auto* const row = table.find(*id)) {
        row->owner.queued = false;
        row->owner.held = held;
      }
    }
  }

  void clear() {
    checks_.clear();
    replies_.clear();
    to_strangers_.clear();
  }

 private:
  [[nodiscard]] static bool is_to_stranger(const reply& r) {
    return r.what == reply::error && !r.proved;
  }

  void forget_ended(const check_transactions& table) {
    checks_.erase_if([&](check_transactions::id id) { return table.find(id) == nullptr; });
  }

  ring<check_transactions::id> checks_;
  ring<reply> replies_;
  ring<reply> to_strangers_;
};

}  // namespace floe
