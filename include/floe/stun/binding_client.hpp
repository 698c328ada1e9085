// Asks STUN servers from where they see us (RFC 8489 sec. 6, 12), over datagrams or streams.
//
// owns:     the queries under way, and what each response makes of them
// does not: take streams apart (stun/framing.hpp), authenticate (a public server asks for nothing),
//           or resolve names
// invariant: at most `capacity` queries; a response that is not from where its request went changes
//            nothing.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/entropy.hpp"
#include "floe/core/error.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/result.hpp"
#include "floe/core/ring.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/response_rules.hpp"
#include "floe/stun/retransmit.hpp"
#include "floe/stun/rto.hpp"
#include "floe/stun/transactions.hpp"
#include "floe/stun/writer.hpp"

namespace floe::stun {

/// How a query travels.
enum class transport : std::uint8_t {
  datagram,  ///< UDP or DTLS: repeated until answered
  stream,    ///< TCP or TLS: sent once; the host frames it
};

struct binding_client_config {
  retransmit_config retransmit{};
  duration reliable_timeout = stun::reliable_timeout;  ///< Ti, above zero (RFC 8489 sec. 6.2.2)
  std::string_view software{};    ///< goes into SOFTWARE unless empty; must outlive the client
  bool fingerprint = false;       ///< for sockets that STUN shares with other protocols
  bool follow_alternate = false;  ///< whether 300 leads to another server (RFC 8489 sec. 10)
  std::size_t capacity = 16;      ///< queries
  std::size_t outstanding = 10;   ///< requests under way to one server (RFC 8489 sec. 6.2)
};

/// Why a query came to nothing.
enum class query_failure : std::uint8_t {
  timeout,
  refused,            ///< an error response; its code is given
  unusable_response,  ///< without an address or ERROR-CODE, or with unknown required attributes
  unreachable,        ///< the host said so
};

namespace detail {
struct query_tag;
}

using query_id = handle<detail::query_tag>;

/// The server saw the query come from here.
struct query_answered {
  query_id query;
  endpoint mapped;
};

/// There will be no answer.
struct query_failed {
  query_id query;
  query_failure why{};
  std::optional<error_code> code{};
  attribute_list unknown{};  ///< what a 420 named
};

using query_event = std::variant<query_answered, query_failed>;

/// A client for Binding requests. The contract of its five verbs is that of every state machine
/// here: after each handle call, drain poll_transmit(), then poll_event(), then read
/// next_timeout().
class binding_client {
 public:
  static constexpr std::size_t most_addresses = 8;

  binding_client(const binding_client_config& config, entropy_ref entropy, memory_ref memory)
      : config_{config}, entropy_{entropy}, queries_{config.capacity, memory},
        transactions_{config.capacity, memory}, rtos_{config.capacity, memory},
        to_send_{config.capacity, memory}, events_{config.capacity, memory} {}

  /// Asks a server from `local`. The query waits while too many others to that server are under
  /// way. Of several addresses of the server the next is tried only when nothing came of the one
  /// before. in: 1 to most_addresses addresses errors: capacity_reached, also while events of
  /// earlier queries wait to be read source: RFC 8489 sec. 6.2
  result<query_id> ask(time_point now, socket_id local, gsl::span<const endpoint> addresses,
                       transport by = transport::datagram) {
    Expects(!addresses.empty() && addresses.size() <= most_addresses);
    if (queries_.size() + events_.size() >= config_.capacity) {
      return unexpected{errc::capacity_reached};
    }
    query q{{local, addresses[0]}, by, {}, 0, 0, std::nullopt, {}, 0};
    for (auto i = addresses.size(); i > 1; --i) q.others[q.others_left++] = addresses[i - 1];
    const auto id = queries_.insert(q);
    if (!id) return unexpected{errc::capacity_reached};
    start_waiting(now);
    return *id;
  }

  result<query_id> ask(time_point now, socket_id local, const endpoint& server,
                       transport by = transport::datagram) {
    return ask(now, local, gsl::span<const endpoint>{&server, 1}, by);
  }

  /// Nobody waits for the answer any more: nothing is told about the query.
  void cancel(time_point now, query_id which) {
    const auto* const q = queries_.find(which);
    if (q == nullptr) return;
    if (q->transaction) transactions_.erase(*q->transaction);
    queries_.erase(which);
    start_waiting(now);
  }

  /// Takes a datagram, or one message of a stream.
  result<void, reject> handle_datagram(time_point now, const datagram& in) {
    handle_timeout(now);
    const auto message = message_view::parse(in.bytes);
    if (!message) return unexpected{message.error()};
    if (!has_good_fingerprint(*message, config_.fingerprint)) {
      return unexpected{reject::bad_fingerprint};
    }
    const bool response =
        message->cls() == message_class::success || message->cls() == message_class::error;
    if (!response || message->method() != method::binding) {
      return unexpected{reject::unsupported_method};
    }
    const auto id = transactions_.find(message->transaction());
    if (!id) return unexpected{reject::unknown_transaction};
    const auto row = *transactions_.find(*id);
    if (row.path != path{in.local, in.remote}) return unexpected{reject::wrong_path};
    transactions_.erase(*id);
    queries_[row.owner].transaction.reset();
    rtos_.measure(now, row.path.remote, elapsed(row.schedule.start(), now), row.schedule.sends());
    conclude(now, row.owner, *message);
    start_waiting(now);
    return {};
  }

  void handle_timeout(time_point now) {
    while (const auto due = transactions_.on_time(now)) {
      if (due->kind == due_kind::resend) {
        queue(due->row.owner);
      } else {
        give_up_address(due->row.owner, query_failure::timeout);
      }
    }
    start_waiting(now);
  }

  /// The host learned that nothing can reach this endpoint (a hard ICMP error, a connection that
  /// broke). source: RFC 8489 sec. 6.2.1
  void handle_unreachable(time_point now, const path& where) {
    for (;;) {
      const auto hit =
          queries_.find_if([&where](const query& q) { return q.transaction && q.route == where; });
      if (!hit) break;
      transactions_.erase(*queries_[*hit].transaction);
      give_up_address(*hit, query_failure::unreachable);
    }
    start_waiting(now);
  }

  /// The next message to send, written into `buffer`. A buffer that is too small loses nothing.
  [[nodiscard]] std::optional<transmit> poll_transmit(byte_span buffer) {
    while (!to_send_.empty()) {
      const auto* const q = queries_.find(to_send_.front());
      const auto* const row =
          q != nullptr && q->transaction ? transactions_.find(*q->transaction) : nullptr;
      if (row == nullptr) {
        to_send_.pop();
        continue;
      }
      writer out{buffer, {method::binding, message_class::request}, row->transaction};
      if (!config_.software.empty()) out.add(software{config_.software});
      if (config_.fingerprint) out.add_fingerprint();
      const auto size = out.finish();
      if (!size) return std::nullopt;
      to_send_.pop();
      return transmit{row->path.local, row->path.remote, *size};
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<query_event> poll_event() { return events_.pop(); }

  [[nodiscard]] deadline next_timeout() const noexcept {
    return before_end(transactions_.deadline());
  }

 private:
  static constexpr std::size_t most_redirections = 3;

  using table = transactions<query_id>;
  using due_kind = table::due::what;

  struct query {
    path route;
    transport by;
    std::array<endpoint, most_redirections> visited;
    std::size_t redirections;
    unsigned server_errors;
    std::optional<table::id> transaction;  ///< none while it waits for its turn
    std::array<endpoint, most_addresses - 1>
        others;  ///< addresses of the server, the next one last
    std::size_t others_left;
  };

  void queue(query_id id) {
    for (std::size_t i = 0; i < to_send_.size(); ++i) {
      if (to_send_[i] == id) return;
    }
    (void)to_send_.push(id);
  }

  /// Starts every query whose server has room for it, in the order of their places.
  void start_waiting(time_point now) {
    queries_.for_each([&](query_id id, query& q) {
      if (q.transaction) return;
      std::size_t busy = 0;
      queries_.for_each([&](query_id, const query& other) {
        busy += other.transaction && other.route.remote == q.route.remote ? 1U : 0U;
      });
      if (busy < config_.outstanding) start(now, id, q);
    });
  }

  void start(time_point now, query_id id, query& q) {
    auto retransmit = config_.retransmit;
    retransmit.rto = rtos_.start(now, q.route.remote, config_.retransmit.rto);
    const auto schedule = q.by == transport::datagram
                              ? retransmit_schedule{now, retransmit}
                              : retransmit_schedule::once(now, config_.reliable_timeout);
    q.transaction = transactions_.start(transaction_id::random(entropy_), q.route, schedule, id);
    queue(id);
  }

  /// Nothing came of the address that was asked: goes on to the next, or ends the query.
  void give_up_address(query_id id, query_failure why) {
    auto& q = queries_[id];
    q.transaction.reset();
    if (q.others_left == 0) return fail(id, {id, why});
    q.route.remote = q.others[--q.others_left];
  }

  void fail(query_id id, const query_failed& why) {
    queries_.erase(id);
    (void)events_.push(why);
  }

  /// Known attributes in a response are those that can be in one.
  [[nodiscard]] static bool is_understood(const message_view& message) {
    constexpr std::array known{attribute_type::mapped_address,
                               attribute_type::xor_mapped_address,
                               attribute_type::error_code,
                               attribute_type::unknown_attributes,
                               attribute_type::message_integrity,
                               attribute_type::message_integrity_sha256,
                               attribute_type::realm,
                               attribute_type::nonce};
    return message.unknown_required(known).empty();
  }

  void conclude(time_point now, query_id id, const message_view& message) {
    if (!is_understood(message)) return fail(id, {id, query_failure::unusable_response});
    if (message.cls() == message_class::success) {
      const auto mapped = mapped_address_of(message);
      if (!mapped) return fail(id, {id, query_failure::unusable_response});
      queries_.erase(id);
      (void)events_.push(query_answered{id, *mapped});
      return;
    }
    const auto error = message.get<error_code_attribute>();
    if (!error) return fail(id, {id, query_failure::unusable_response});
    if (!goes_on(now, id, error->code, message)) {
      const auto unknown = message.get<unknown_attributes>();
      fail(id,
           {id, query_failure::refused, error->code, unknown ? unknown->types : attribute_list{}});
    }
  }

  /// Whether the query gets another transaction after this error.
  [[nodiscard]] bool goes_on(time_point now, query_id id, error_code code,
                             const message_view& message) {
    auto& q = queries_[id];
    const auto is_server_error = static_cast<unsigned>(code) / 100 == 5;
    q.server_errors += is_server_error ? 1U : 0U;
    switch (decide_error(code, q.server_errors)) {
      case error_decision::fail:
      case error_decision::authenticate: return false;
      case error_decision::resend: start(now, id, q); return true;
      case error_decision::try_alternate: break;
    }
    const auto alternate = message.get<alternate_server>();
    const auto decision =
        decide_alternate({.code = code,
                          .enabled = config_.follow_alternate && q.redirections < most_redirections,
                          .proved = true,
                          .asked = q.route.remote,
                          .alternate = alternate ? std::optional{alternate->value} : std::nullopt,
                          .visited = gsl::span<const endpoint>{q.visited}.first(q.redirections)});
    if (decision != alternate_decision::follow || !is_sendable(alternate->value)) return false;
    q.visited[q.redirections] = q.route.remote;
    ++q.redirections;
    q.route.remote = alternate->value;
    start(now, id, q);
    return true;
  }

  binding_client_config config_;
  entropy_ref entropy_;
  slot_table<query, detail::query_tag> queries_;
  table transactions_;
  rto_cache rtos_;
  ring<query_id> to_send_;
  ring<query_event> events_;
};

}  // namespace floe::stun
