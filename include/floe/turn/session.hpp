// A TURN client without I/O: one allocation on one server, from one local socket.
//
// owns:     the allocation, its permissions, channels and connections, and the order in which
//           things happen to them
// does not: decide: each rule is a function of its own header; nor open sockets, make connections,
//           read clocks, or resolve names
// sources:  RFC 8656, RFC 6062, RFC 7635, RFC 8016
// invariant: the contract above class session.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/entropy.hpp"
#include "floe/core/error.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/result.hpp"
#include "floe/core/ring.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/framing.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/retransmit.hpp"
#include "floe/stun/rto.hpp"
#include "floe/stun/transactions.hpp"
#include "floe/turn/allocation.hpp"
#include "floe/turn/channel.hpp"
#include "floe/turn/channel_data.hpp"
#include "floe/turn/config.hpp"
#include "floe/turn/connection.hpp"
#include "floe/turn/credential.hpp"
#include "floe/turn/event_queue.hpp"
#include "floe/turn/events.hpp"
#include "floe/turn/permission.hpp"
#include "floe/turn/refresh_rules.hpp"

namespace floe::turn {

/// Data that a peer sent through the relay. It views the caller's bytes, or for streams those that
/// the session holds until the next call.
struct relayed_data {
  endpoint peer;
  byte_view bytes;
  std::optional<connection_handle> connection{};  ///< of a relay that speaks TCP
};

/// What became of bytes from the server: data, nothing to see, or why they were refused.
using inbound = result<std::optional<relayed_data>, reject>;

/// A message that stands in the caller's buffer.
struct wrapped {
  transmit to_send;        ///< its size is that of the message
  std::size_t offset = 0;  ///< where in the buffer it begins
};

/// Allocates a relay address, keeps it, and moves data through it.
///
/// The contract is that of every state machine here: after every call that is not const drain
/// poll_transmit(), then poll_event(), then read next_timeout(), and call handle_timeout() when
/// that instant comes. Calls without a time leave work for the next one with a time; next_timeout()
/// then says "now". Nothing throws, and nothing allocates after construction.
class session {
 public:
  /// in: a user name of at most 508 bytes. The entropy and the memory must outlive the session.
  session(const session_config& config, entropy_ref entropy, memory_ref memory);

  session(const session&) = delete;
  session& operator=(const session&) = delete;
  session(session&&) = delete;
  session& operator=(session&&) = delete;
  ~session() = default;

  // ---- the allocation ------------------------------------------------------------------------

  /// Asks for the relay.
  /// errors: unsupported for options that exclude each other, or a relay for TCP over datagrams;
  ///         session_closed when it was started before
  /// source: RFC 8656 sec. 7.1, RFC 6062 sec. 4.1
  result<void> start(time_point now);

  /// True while an Allocate after the first waits for its turn, where session_config::paced says
  /// so.
  [[nodiscard]] bool wants_start() const noexcept { return next_allocate_.has_value(); }
  /// Sends it. Nothing happens when there is none.
  void start_next(time_point now);

  /// Gives the relay back, with one last request that is repeated as long as the session is served.
  /// Whoever does not wait for event::ended drains poll_transmit() once. source: RFC 8656 sec. 8.1
  void close(time_point now);

  /// Wants no more of it, as close(), and is not heard of again; but an Allocate that asked without
  /// credentials may still be granted, and is then given back.
  void abandon(time_point now);

  /// Gives one of two addresses back. errors: no_path when it is not there, or the only one
  result<void> release(time_point now, floe::family family);

  /// The answer to event::socket_needed. errors: unsupported when none is needed
  result<void> use_socket(time_point now, socket_id local);

  /// The name by which a server that wants a token knows itself to authorization servers; empty
  /// when it has not asked for one. The view holds until the next call. source: RFC 7635 sec. 6.1
  [[nodiscard]] std::string_view token_server_name() const noexcept {
    return credential_.wanted_from();
  }

  /// The answer to event::token_needed; also ahead of time, to replace a token.
  /// errors: see credential::bring()
  result<void> bring_token(time_point now, const token& t);

  /// Uses another user name and password from the next request on. Where the server won't have them
  /// for an allocation that was made with the ones before, those are used for it as long as it
  /// takes them. Nothing is asked because of this.
  /// errors: unsupported for an empty user name, or texts longer than stun::username_limits and
  ///         stun::phrase_limits accept
  result<void> use_credentials(std::string_view user, std::string_view password);

  /// Asks the server whether it still has the allocation; is_proving() until it has answered, or
  /// is_forgotten() holds. Without an allocation this does nothing.
  void prove() noexcept;
  [[nodiscard]] bool is_proving() const noexcept { return proving_; }

  /// Goes on from another socket after the host's address changed (RFC 8016 sec. 3.2). Until
  /// event::moved data goes the old way and comes both ways.
  /// errors: unsupported when the server gave no ticket; no_path without an allocation
  result<void> move(time_point now, socket_id local);

  // ---- peers ---------------------------------------------------------------------------------

  /// Lets datagrams from and to an address pass, from event::permitted until forbid().
  /// errors: unusable_address for one that no relay of this session can reach, or may be asked to;
  ///         capacity_reached; session_closed
  /// source: RFC 8656 sec. 9
  result<void> permit(const address& peer);

  /// Lets the permission for an address, and the channels to it, run out.
  void forbid(const address& peer);

  /// Binds a channel, which costs 4 bytes per datagram instead of 36. errors: as permit();
  /// capacity_reached also where only channels lack, and then the permission is asked for
  result<void> bind(const endpoint& peer);

  /// Makes a message for the server of the `size` bytes at `offset`, which are for `peer`. They
  /// stay where they are when there is room in front: 4 bytes with a channel, before that up to
  /// most_overhead. Padding takes up to 3 bytes behind. ahead: whether to send it right behind a
  /// request for the permission, too: no round trip is lost, and what comes before the request, or
  /// is refused with it, was sent in vain.
  /// errors: no_path before there is an allocation; permission_pending until the server agrees to
  ///         the address, which this asks it to, or with `ahead` until it is asked;
  ///         buffer_too_small; unsupported for more than the lengths can say, or a relay that
  ///         speaks TCP; and as permit()
  /// cost: one pass over permissions and channels; no allocation
  /// source: RFC 8656 sec. 11.1, 12.5
  result<wrapped> wrap(const endpoint& peer, byte_span buffer, std::size_t offset, std::size_t size,
                       bool ahead = false);

  // ---- relays that speak TCP (RFC 6062) ------------------------------------------------------

  /// Asks for a connection to a peer. errors: unsupported for a relay that speaks UDP; as permit()
  result<connection_handle> connect(time_point now, const endpoint& peer);

  /// Names the connection that the host opened to the server for an offer.
  /// errors: no_path when there is no such offer any more
  result<void> bind_connection(time_point now, connection_handle which, socket_id socket);

  /// The host closed a data connection, or saw it closed.
  void forget_connection(connection_handle which) { connections_.erase(which); }

  // ---- the five verbs ------------------------------------------------------------------------

  /// True for a datagram, or bytes of a connection, that are this session's to judge.
  [[nodiscard]] bool accepts(const path& from) const noexcept;

  /// Takes a datagram.
  inbound handle_datagram(time_point now, const datagram& in);

  /// Takes the next bytes of a connection, however they are cut; they must live until
  /// next_inbound() has answered nullopt.
  void handle_stream(time_point now, socket_id local, byte_view bytes);
  /// What the next message of those bytes holds; to be called until there is none.
  std::optional<inbound> next_inbound(time_point now);

  /// The server can't be reached, or its connection is closed.
  void handle_unreachable(time_point now, socket_id local);

  void handle_timeout(time_point now);

  /// The next message to send, written into `buffer`; max_datagram_size bytes suffice unless names
  /// or tokens are long. A buffer that is too small loses nothing.
  [[nodiscard]] std::optional<transmit> poll_transmit(byte_span buffer);
  [[nodiscard]] std::optional<event::any> poll_event() { return events_.pop(); }
  [[nodiscard]] deadline next_timeout() const noexcept;

  // ---- as it stands --------------------------------------------------------------------------

  [[nodiscard]] allocation_state state() const noexcept { return state_; }
  [[nodiscard]] const std::optional<turn::grant>& granted() const noexcept { return grant_; }
  /// True once the server has answered an Allocate with anything.
  [[nodiscard]] bool has_heard() const noexcept { return has_heard_; }
  [[nodiscard]] path route() const noexcept { return {local_, server_}; }
  /// True when it sends from this socket, or is about to move there.
  [[nodiscard]] bool leaves_from(socket_id socket) const noexcept {
    return local_ == socket || moving_to_ == socket;
  }
  [[nodiscard]] turn::transport transport() const noexcept { return config_.transport; }
  /// The server's last word, when that was a no.
  [[nodiscard]] const std::optional<complaint>& said() const noexcept { return said_; }
  [[nodiscard]] bool is_permitted(const address& peer) const noexcept {
    return permissions_.stands(peer);
  }
  [[nodiscard]] bool has_channel(const endpoint& peer) const noexcept {
    const auto* const row = const_cast<turn::channels&>(channels_).find(peer);
    return row != nullptr && row->stands();
  }

 private:
  enum class purpose : std::uint8_t {
    allocate,
    refresh,
    release,
    release_family,
    move,
    create_permission,
    channel_bind,
    connect,
    connection_bind,
    binding,
  };

  /// A request as its transaction remembers it.
  struct request {
    purpose what = purpose::allocate;
    bool is_protected = false;
    std::uint8_t server_errors = 0;
    std::uint8_t challenges = 0;
    std::uint8_t stale = 0;
    std::uint8_t peers = 0;        ///< of a CreatePermission
    std::uint16_t target = 0;      ///< batch, channel number, or family
    std::uint32_t credential = 0;  ///< its generation
    connection_handle connection{};
  };

  using request_table = stun::transactions<request>;

  struct held_bytes {
    connection_handle connection{};
    byte_view bytes;
  };

  /// Places for the requests about the allocation itself: refresh, move, release, and a Binding
  /// beside them.
  static constexpr std::size_t own_requests = 4;
  static constexpr std::size_t most_redirections = 3;
  static constexpr std::size_t most_ticket_bytes = 1024;
  static constexpr duration refusal_rest = std::chrono::minutes{1};

  [[nodiscard]] static stun::method method_of(purpose what) noexcept;

  // session_requests.hpp
  bool send(request r, socket_id from);
  bool send(const request& r) { return send(r, local_); }
  void again(const request_table::row& row);
  void ask(const request& r);
  void queue(request_table::id id);
  result<std::size_t> write(const request_table::row& row, byte_span buffer);
  void start_due();
  void start_permissions();
  void start_channels();
  [[nodiscard]] bool has_room() const noexcept {
    return transactions_.size() < config_.limits.outstanding;
  }

  // session_upkeep.hpp
  void advance(time_point now) noexcept { now_ = now > now_ ? now : now_; }
  void pump();
  void expire();
  void on_silence(const request_table::row& row);
  void ask_for_life();
  void on_life();
  [[nodiscard]] bool is_distrusted() const;
  [[nodiscard]] static bool is_about_allocation(purpose what) noexcept;
  void give_up(const request& r, std::optional<stun::error_code> code);
  void put_back_permissions(std::uint16_t batch);
  void put_back_channel(std::uint16_t number);
  void end(end_reason why);
  void apply(allocation_event event);
  [[nodiscard]] floe::deadline refresh_at() const noexcept;

  // session_inbound.hpp
  inbound dispatch(const path& from, byte_view bytes);
  inbound on_message(const path& from, const stun::message_view& message);
  inbound on_channel(byte_view bytes);
  inbound on_data(const stun::message_view& message);
  inbound on_attempt(const stun::message_view& message);
  inbound on_response(const path& from, const stun::message_view& message);
  std::optional<reject> find_fault(const request_table::row& row,
                                   const stun::message_view& message);
  inbound distrust(request_table::id id, reject why);
  std::optional<inbound> on_connection_bytes();
  void heard() noexcept {
    unanswered_.reset();
    silence_ = {};
    proving_ = false;
  }

  // session_responses.hpp
  void on_success(const request_table::row& row, const stun::message_view& message);
  void on_granted(const stun::message_view& message);
  void on_refreshed(const request_table::row& row, const stun::message_view& message);
  void on_permitted(std::uint16_t batch);
  void on_channel_bound(std::uint16_t number);
  void on_connected(const request_table::row& row, const stun::message_view& message);
  void keep_ticket(const stun::message_view& message);
  void drop_unreachable();

  // session_errors.hpp
  void on_error(request_table::row row, const stun::message_view& message);
  void on_allocate_error(const request_table::row& row, stun::error_code code,
                         const stun::message_view& message);
  void on_refresh_error(const request_table::row& row, stun::error_code code,
                        const stun::message_view& message);
  void on_peer_error(const request_table::row& row, std::optional<stun::error_code> code,
                     const stun::message_view& message);
  void refuse_peers(const request& r, std::optional<stun::error_code> code);
  void fail_senseless(const request_table::row& row, const stun::message_view& message);
  void authenticate(request_table::row row, stun::error_code code,
                    const stun::message_view& message);
  void follow(stun::error_code code, const stun::message_view& message);
  [[nodiscard]] std::optional<allocate_options> less(stun::error_code code,
                                                     const stun::message_view& message) const;

  // session_data.hpp
  [[nodiscard]] result<void> check_peer(const address& peer) const noexcept;
  [[nodiscard]] bool has_relay(floe::family family) const noexcept;

  session_config config_;
  entropy_ref entropy_;
  credential credential_;
  allocate_options options_;
  socket_id local_;
  endpoint server_;
  time_point now_ = (time_point::min)();  ///< a host may start its clock anywhere
  allocation_state state_ = allocation_state::idle;
  bool refreshing_ = false;
  bool proving_ = false;
  bool complained_ = false;  ///< that the server does not take the credentials
  bool awaits_token_ = false;
  bool awaits_socket_ = false;
  bool has_heard_ = false;
  bool abandoned_ = false;  ///< an Allocate may still be answered
  std::uint8_t waits_ = 0;
  std::uint8_t sockets_ = 1;
  std::uint8_t redirections_ = 0;
  std::array<endpoint, most_redirections> visited_{};
  std::uint16_t batch_ = 0;
  std::optional<turn::grant> grant_;
  std::optional<complaint> said_;  ///< the last, unless a success or another try came after it
  floe::deadline expires_;
  floe::deadline refresh_;
  floe::deadline ask_at_;      ///< while put off
  floe::deadline unanswered_;  ///< the first datagram since the last sign of the allocation
  silence silence_;            ///< since the same
  std::optional<request> next_allocate_;  ///< waits for its turn
  std::optional<socket_id> moving_to_;
  fixed_vector<std::byte> ticket_;
  stun::rto_estimate rto_;
  turn::permissions permissions_;
  turn::channels channels_;
  slot_table<connection, detail::connection_tag> connections_;
  request_table transactions_;
  ring<request_table::id> to_send_;
  event_queue events_;
  stun::stream_reader<stun::stun_framing> reader_;
  std::optional<socket_id> fed_;
  std::optional<held_bytes> held_;
};

}  // namespace floe::turn

#include "floe/turn/session_data.hpp"       // IWYU pragma: export
#include "floe/turn/session_errors.hpp"     // IWYU pragma: export
#include "floe/turn/session_inbound.hpp"    // IWYU pragma: export
#include "floe/turn/session_requests.hpp"   // IWYU pragma: export
#include "floe/turn/session_responses.hpp"  // IWYU pragma: export
#include "floe/turn/session_upkeep.hpp"     // IWYU pragma: export
