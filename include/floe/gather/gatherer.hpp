// Asks STUN and TURN servers for addresses, and keeps what they gave.
//
// owns:     the attempts (one socket, one server), the queries and TURN sessions under way, which
//           candidate came from where, and the numbers that stand for relays
// does not: pace itself: whoever owns the pace asks wants_start() and calls start_one(); resolve
//           names, make connections, or know candidates' priorities
// sources:  RFC 8445 sec. 5.1.1.2, 5.1.1.4, 5.1.3; RFC 8656
// invariant: the contract above class gatherer.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>
#include <variant>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/entropy.hpp"
#include "floe/core/error.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/result.hpp"
#include "floe/core/ring.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/core/stored_text.hpp"
#include "floe/core/time.hpp"
#include "floe/gather/candidate.hpp"
#include "floe/gather/config.hpp"
#include "floe/gather/events.hpp"
#include "floe/gather/order.hpp"
#include "floe/gather/progress.hpp"
#include "floe/gather/race.hpp"
#include "floe/gather/relays.hpp"
#include "floe/gather/retry.hpp"
#include "floe/gather/server.hpp"
#include "floe/stun/binding_client.hpp"
#include "floe/turn/session.hpp"

namespace floe::gather {

/// Not from a server, or none of the gatherer's business: for somebody else to judge.
struct not_mine {};
struct consumed {};
/// A peer's data, without what the relay wrapped it in. It views the caller's bytes, or for streams
/// those that the session holds.
struct unwrapped {
  socket_id relay{};
  endpoint peer;
  byte_view bytes;
};
struct refused {
  reject reason{};
};
using inbound = std::variant<not_mine, consumed, unwrapped, refused>;

/// Gathers server-reflexive and relayed candidates, and presents each relayed address as one more
/// socket: what is to be sent from it goes through wrap(), and what came to it handle_datagram()
/// unwraps.
///
/// The contract is that of every state machine here: after every call that is not const drain
/// poll_transmit(), then poll_event(), then read next_timeout(), and call handle_timeout() when
/// that instant comes. Besides, while wants_start() holds, call start_one() whenever the pace
/// allows a new transaction (RFC 8445 sec. 14.2). Nothing throws, and nothing allocates after
/// construction.
class gatherer {
 public:
  /// The entropy and the memory must outlive the gatherer.
  gatherer(const config& config, entropy_ref entropy, memory_ref memory);

  gatherer(const gatherer&) = delete;
  gatherer& operator=(const gatherer&) = delete;
  gatherer(gatherer&&) = delete;
  gatherer& operator=(gatherer&&) = delete;
  ~gatherer() = default;

  // ---- what the host says --------------------------------------------------------------------

  /// Servers are to be asked from this socket, from start() on.
  /// errors: capacity_reached
  result<void> add_socket(time_point now, socket_id socket, const endpoint& bound);

  /// A socket is gone, and all that was had through it.
  void remove_socket(time_point now, socket_id socket);

  /// All sockets that are known are named; event::complete may come at once.
  void start(time_point now);

  /// The addresses of a name, best first; none when it has none. Their ports are used.
  void resolved(time_point now, uri_number uri, gsl::span<const endpoint> addresses);

  /// The connection that event::connection_needed asked for, or the socket of event::socket_needed.
  /// errors: no_path when it is not wanted any more
  result<void> connected(time_point now, attempt_id which, socket_id socket);
  void connect_failed(time_point now, attempt_id which);

  /// errors: no_path when it is not wanted any more; and see turn::credential::bring()
  result<void> bring_token(time_point now, attempt_id which, const turn::token& token);

  /// Gives all relays back; poll_transmit() has one last message for each.
  void close(time_point now);

  /// Other credentials for a server, counted in the order of config.servers: used from the next
  /// request on, for relays that stand as well (turn::session::use_credentials()). A server that
  /// gave no relay because of those before is asked again. expires: see gather::server
  /// errors: no_path for a server that there is not; unsupported for an empty user name, or texts
  ///         that are too long
  result<void> set_credentials(time_point now, std::uint16_t server, std::string_view username,
                               std::string_view credential, deadline expires = std::nullopt);

  /// The relays are about to be offered anew: each is asked for once more, and while the answers
  /// are awaited, for server_limit at most, is_complete() does not hold; nor while a lost one is
  /// sought again.
  void prove_relays();

  /// The host of a URI; empty for one that is not known.
  [[nodiscard]] std::string_view host_of(uri_number uri) const noexcept {
    return uri < sources_.size() ? sources_[uri].host.view() : std::string_view{};
  }

  /// The name by which a server that wants a token knows itself to authorization servers; empty
  /// when it has not asked for one. The view holds until the next call. source: RFC 7635 sec. 6.1
  [[nodiscard]] std::string_view token_server_name(attempt_id which) const noexcept;

  // ---- the pace ------------------------------------------------------------------------------

  /// True when nothing is awaited from the servers, of the sockets there are now.
  [[nodiscard]] bool is_complete() const noexcept {
    return started_ && judge(facts()) == progress::complete && !is_proving();
  }

  /// True while a relay that was lost is sought again.
  [[nodiscard]] bool is_replacing() const noexcept;

  /// True when a server is to be asked that was not asked before, or with what it answered to.
  [[nodiscard]] bool wants_start() const noexcept;
  /// Asks it. Nothing happens when there is none.
  void start_one(time_point now);

  // ---- relays --------------------------------------------------------------------------------

  /// True for a number that stands for a relay that exists.
  [[nodiscard]] bool is_relay(socket_id relay) const noexcept {
    return find_relay(relay) != nullptr;
  }

  /// Gives a relay back that is not needed any more, and others of the same allocation with it.
  void release(time_point now, socket_id relay);

  /// See turn::session, of which these are the relay's. errors: also no_path for a relay that is
  /// gone
  result<void> permit(socket_id relay, const address& peer);
  void forbid(socket_id relay, const address& peer);
  result<void> bind(socket_id relay, const endpoint& peer);
  result<turn::wrapped> wrap(socket_id relay, const endpoint& peer, byte_span buffer,
                             std::size_t offset, std::size_t size, bool ahead = false);

  // ---- the five verbs ------------------------------------------------------------------------

  inbound handle_datagram(time_point now, const datagram& in);

  /// Takes the next bytes of a connection that connected() named; see turn::session. False when it
  /// is not known.
  bool handle_stream(time_point now, socket_id socket, byte_view bytes);
  std::optional<inbound> next_inbound(time_point now);

  /// The host learned that a server can't be reached from a socket, or that a connection is closed.
  void handle_unreachable(time_point now, const path& where);

  void handle_timeout(time_point now);

  /// The next message to a server; see turn::session::poll_transmit().
  [[nodiscard]] std::optional<transmit> poll_transmit(byte_span buffer);
  [[nodiscard]] std::optional<event::any> poll_event();
  [[nodiscard]] deadline next_timeout() const noexcept;

  [[nodiscard]] gsl::span<const candidate> candidates() const noexcept { return candidates_; }

 private:
  /// A URI and what is known of it.
  struct source {
    gather::plan plan;  ///< its host is a part of `host`
    stored_text host;
    std::uint16_t server = 0;  ///< of config.servers
    std::size_t first_address = 0;
    std::size_t addresses = 0;
    bool resolved = false;
    bool asked = false;  ///< the host was asked to resolve it
    std::optional<outcome> fault{};
  };
  struct account {
    stored_text username;
    stored_text credential;
    deadline expires{};
    deadline ask_at{};  ///< when the host is asked for others
  };

  enum class stage : std::uint8_t {
    unresolved,  ///< waits for the host to resolve the name
    queued,      ///< waits for the pace
    connecting,  ///< waits for the host to connect
    asking,      ///< waits for the server
    holding,     ///< has what it asked for
    resting,     ///< lost its relay, and waits to be queued again
    failed,
  };

  struct attempt {
    gather::base base;
    uri_number uri = 0;
    gather::service service{};
    gatherer::stage stage = stage::unresolved;
    bool reported = false;    ///< its server_result was told
    bool is_first = true;     ///< counts for the progress; later ones replace what was lost
    bool falls_back = false;  ///< its server is full: it is to be asked for a reflexive address
    bool refused_credentials = false;  ///< asked again when there are others
    bool out_of_step = false;          ///< its last relay ended that way: so does none of the next
    std::uint8_t tries = 0;
    std::uint8_t address = 0;  ///< the how-manieth of the URI
    std::uint8_t raced = 1;    ///< how many of them were tried, by this attempt and its rivals
    floe::deadline race_at{};  ///< when the next is tried beside this one
    endpoint server{};
    std::optional<time_point> started{};
    time_point granted{};   ///< when its relay was
    floe::deadline ends{};  ///< when it fails, is asked again, or is kept alive
    std::optional<stun::query_id> query{};
    std::uint16_t place = no_place;  ///< of its session; one that only says goodbye has no attempt
    socket_id local{};               ///< where its session sends from
    socket_id relay_v4{};
    socket_id relay_v6{};
  };

  using attempt_table = slot_table<attempt, detail::attempt_tag>;

  static constexpr std::uint16_t no_place = 0xffff;

  // gatherer_attempts.hpp
  void advance(time_point now) noexcept { now_ = now > now_ ? now : now_; }
  void pump();
  void plan_attempts(const base& from);
  void add_attempt(const base& from, uri_number uri, gather::service service);
  void settle_address(attempt& a);
  [[nodiscard]] const endpoint* address_for(const attempt& a, std::size_t which) const noexcept;
  void begin_anew(attempt& a);
  template <class Visit>
  void each_rival(const attempt& a, Visit&& visit);
  void race();
  void add_rival(attempt_id id);
  void win(attempt& a);
  void ask(attempt_id id, attempt& a);
  void open_session(attempt& a, socket_id local);
  using complaint = std::optional<turn::complaint>;
  void fail(attempt& a, outcome why, const complaint& said = std::nullopt);
  void give_up(attempt& a, outcome why, const complaint& said = std::nullopt);
  void report(attempt& a, outcome why, const complaint& said = std::nullopt);
  [[nodiscard]] std::optional<attempt_id> next_to_ask() const noexcept;
  [[nodiscard]] bool waits_for_turn(const attempt& a) const noexcept;
  [[nodiscard]] bool is_told(const attempt& a) const noexcept;
  [[nodiscard]] asking asking_of(const attempt& a) const noexcept;
  [[nodiscard]] std::uint8_t place_of(uri_number uri, floe::family family) const noexcept;
  [[nodiscard]] bool is_proving() const noexcept;
  void ask_for_credentials();
  void on_deadline(attempt_id id, attempt& a);
  void let_go(attempt& a);
  bool forget_farewell();
  void rest(attempt& a);
  void judge_progress();
  [[nodiscard]] progress_facts facts() const noexcept;

  // gatherer_results.hpp
  void collect();
  void collect_answers();
  void collect_sessions();
  void fall_back();
  void on_query(const stun::query_event& e);
  void on_mapped(attempt& a, const endpoint& mapped);
  void on_session_event(attempt_id id, attempt& a, const turn::event::any& e);
  void on_allocated(attempt& a, const turn::grant& granted);
  void on_ended(attempt_id id, attempt& a, const turn::event::ended& e);
  void find(const candidate& c);
  void forget(const attempt& a);
  void push(const event::any& e);
  [[nodiscard]] server_id number_of(const address& server);

  // gatherer_relays.hpp
  [[nodiscard]] const attempt* find_relay(socket_id relay) const noexcept;
  [[nodiscard]] turn::session* session_of(socket_id relay, floe::family family) noexcept;
  [[nodiscard]] std::optional<attempt_id> owner_of(std::uint16_t place) const noexcept;
  [[nodiscard]] std::optional<std::uint16_t> place_of(const path& from) const noexcept;
  [[nodiscard]] inbound hand_out(std::uint16_t place, const turn::inbound& in) const;

  config config_;
  time_point now_ = (time_point::min)();  ///< a host may start its clock anywhere
  bool started_ = false;
  bool closed_ = false;
  progress told_ = progress::gathering;
  time_point started_at_{};
  fixed_vector<account> accounts_;
  fixed_vector<source> sources_;
  fixed_vector<endpoint> addresses_;  ///< of all sources, limits.addresses each
  fixed_vector<base> bases_;
  fixed_vector<candidate> candidates_;
  fixed_vector<address> numbered_;  ///< servers by their number
  attempt_table attempts_;
  stun::binding_client client_;
  relays relays_;
  ring<event::any> events_;
  std::uint32_t dropped_ = 0;
  std::uint32_t next_relay_;
  std::optional<std::uint16_t> streaming_;  ///< the place whose bytes are being read
  deadline proving_until_{};                ///< while relays are about to be offered anew
};

}  // namespace floe::gather

#include "floe/gather/gatherer_attempts.hpp"  // IWYU pragma: export
#include "floe/gather/gatherer_commands.hpp"  // IWYU pragma: export
#include "floe/gather/gatherer_relays.hpp"    // IWYU pragma: export
#include "floe/gather/gatherer_results.hpp"   // IWYU pragma: export
