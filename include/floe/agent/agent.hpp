// An ICE agent without I/O.
//
// owns:     the tables of one session, and the order in which things happen to them
// does not: decide: each rule is a function in ice/, and what it says is done here; nor open
//           sockets, read clocks, or call back
// sources:  RFC 8445, RFC 7675, RFC 8838, RFC 8863
// invariant: the contract above class agent.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <gsl/span>
#include <optional>
#include <string_view>

#include "floe/agent/config.hpp"
#include "floe/agent/connection.hpp"
#include "floe/agent/event_queue.hpp"
#include "floe/agent/events.hpp"
#include "floe/agent/outbox.hpp"
#include "floe/agent/report.hpp"
#include "floe/agent/stream.hpp"
#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/entropy.hpp"
#include "floe/core/fixed_vector.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/memory.hpp"
#include "floe/core/result.hpp"
#include "floe/core/ring.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/core/time.hpp"
#include "floe/gather/gatherer.hpp"
#include "floe/ice/check_budget.hpp"
#include "floe/ice/check_incoming.hpp"
#include "floe/ice/check_response.hpp"
#include "floe/ice/checklist.hpp"
#include "floe/ice/conclusion.hpp"
#include "floe/ice/credentials.hpp"
#include "floe/ice/hidden.hpp"
#include "floe/ice/local_candidates.hpp"
#include "floe/ice/nomination.hpp"
#include "floe/ice/remote_candidates.hpp"
#include "floe/ice/role.hpp"
#include "floe/ice/schedule.hpp"
#include "floe/ice/valid_list.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"

namespace floe {

/// Finds a path to a peer and keeps it.
///
/// The contract. After every call that is not const, drain poll_transmit(), then poll_event(), then
/// read next_timeout(); when that instant comes, call handle_timeout().
///
/// - Time comes in through construction and the calls that name it. Work that other calls make
///   possible starts at the next handle_timeout(), or message that proves itself: next_timeout()
///   then says "now".
/// - Early and repeated calls of handle_timeout() do nothing. After handle_timeout(t) and a drain,
///   next_timeout() is none or later than t.
/// - Time that goes backwards counts as time that stands still. After a jump forward each timer
///   fires once.
/// - A buffer that is too small loses nothing.
/// - The same calls with the same arguments and the same entropy give the same bytes and events.
/// - Nothing throws, and nothing allocates after construction.
///
/// One thread at a time may use an agent; agents share nothing.
class agent {
 public:
  /// An agent with one data stream of config.components components, and credentials of its own.
  ///
  /// in: a config that find_fault() finds no fault with; any other ends the program here | memory:
  /// where all tables are taken from, now; it must outlive the agent | entropy: see entropy_ref; it
  /// must outlive the agent
  agent(time_point now, const config& config, entropy_ref entropy, memory_ref memory = {});

  /// Agents are tables with ids, which a copy would share with the original.
  agent(const agent&) = delete;
  agent& operator=(const agent&) = delete;
  agent(agent&&) noexcept = default;
  agent& operator=(agent&&) = delete;
  ~agent() = default;

  // ---- what the host says --------------------------------------------------------------------

  /// Opens another data stream, before its candidates are added (RFC 8445 sec. 4).
  /// errors: capacity_reached; unknown_component for fewer components than 1, or more than 256;
  ///         session_closed
  result<stream_id> add_stream(std::uint16_t components = 1);

  /// Ends a component for good, as RTCP ends where it shares the port of RTP: its sockets are the
  /// host's to close, and the rest of the stream is complete without it. A component that the peer
  /// turns out not to have needs no such call.
  /// errors: unknown_stream, unknown_component; unsupported for the first of a stream
  result<void> drop_component(component_id component, stream_id stream = {});

  /// Ends a data stream for good: its transactions, pairs and paths (RFC 8839 sec. 4.4.3.1). Its
  /// sockets are the host's to close; limits.streams goes on counting it.
  /// errors: unknown_stream
  result<void> remove_stream(stream_id stream);

  /// Names a socket that the host has bound to `bound`: it becomes a host candidate. Earlier ones
  /// are preferred among those of the same cost and family. A socket that is named after the last
  /// gather() becomes a candidate at the next restart, as another gather() says: the peer was told
  /// that there are no more (RFC 8838 sec. 13).
  /// errors: unknown_stream, unknown_component; unusable_address for an address that RFC 8445
  ///         sec. 5.1.1.1 excludes; invalid_candidate for a socket or an address that is named
  ///         already: data of two components could not be told apart; capacity_reached
  result<ice::local_id> add_local(socket_id socket, const endpoint& bound, stream_id stream = {},
                                  component_id component = component_id{1},
                                  ice::network_cost cost = {});

  /// Adds the address that the Internet sees when the host candidate `host` sends, as a STUN server
  /// or a port mapping tells: a server-reflexive candidate. One that is known changes nothing.
  /// server: distinguishes the sources of such addresses
  /// errors: unusable_address, capacity_reached, session_closed; unsupported by a lite agent;
  ///         invalid_candidate for a `host` that is gone, or is none
  result<ice::local_id> add_reflexive(ice::local_id host, const endpoint& mapped,
                                      server_id server = {});

  /// Adds the relayed address of an allocation that was made from the host candidate `host`. What
  /// the agent sends from `allocation` the host sends through the relay, and hands in what arrives
  /// there as received at `allocation`.
  /// allocation: a number that no socket has | mapped: the address that the relay saw
  /// errors: unusable_address, capacity_reached, session_closed; unsupported by a lite agent;
  ///         invalid_candidate for a `host` that is gone, or is none, and for a number or an
  ///         address that is named already
  result<ice::local_id> add_relayed(ice::local_id host, socket_id allocation,
                                    const endpoint& relayed, const endpoint& mapped,
                                    server_id server = {});

  /// A socket is gone, as when its interface went away: its candidates, their pairs and the paths
  /// over it end at once. Another path takes over where there is one.
  /// errors: invalid_candidate for a socket that no candidate has
  result<void> remove_local(socket_id socket);

  /// All sockets are named: every candidate becomes an event. gathering::complete says that no
  /// candidate follows, and event::gathering_done comes; after gathering::open candidates may be
  /// added, each becomes an event at once until the stream is settled, and another gather() says
  /// when all are known; after gathering::continual they go on becoming events.
  /// returns: offering::needs_restart when a candidate was named too late to be one of this round;
  /// where a restart that will name it waits for the peer, offering::after_answer
  offering gather(time_point now, gathering what = gathering::complete);

  /// What the peer must know besides the candidates; empty for a stream that there is not. The
  /// views hold until the next restart.
  [[nodiscard]] ice::credentials_view local_credentials(stream_id stream = {}) const;

  /// What the peer said about itself. Credentials that differ from those it said before mean that
  /// it restarted (RFC 8445 sec. 9): this agent then does too, unless it was the first to, and
  /// event::restarted says so.
  /// errors: unknown_stream, invalid_ufrag, invalid_password; half_changed_credentials;
  ///         stale_generation for those of before a restart
  result<void> set_remote_credentials(std::string_view ufrag, std::string_view password,
                                      stream_id stream = {});

  /// What the peer said about itself as a whole; nothing said means the defaults. To be called
  /// before set_remote_credentials(): without a restart a peer's level can't change (RFC 8445
  /// sec. 9).
  void describe_peer(const ice::peer_traits& traits);

  /// A candidate that the peer said it has, before or after its credentials. ufrag: the one it came
  /// with, or empty when the signalling doesn't say. A known one changes nothing.
  /// errors: unknown_stream, unknown_component, invalid_candidate, unusable_address;
  ///         stale_generation for another ufrag than the peer's current one;
  ///         after_end_of_candidates; capacity_reached when it is the least of those that
  ///         the peer signalled
  result<ice::remote_id> add_remote(const ice::candidate& candidate, std::string_view ufrag = {},
                                    stream_id stream = {});

  /// A host candidate of the peer that has a name in .local for an address; its own address is not
  /// looked at, its port is. It is parked until resolved() brings the address that
  /// event::address_needed asks for, and asked for once.
  /// errors: as add_remote(); unusable_address for a name that is_hidden_name() does not know;
  ///         or that nothing may reach, because only relays are offered;
  ///         capacity_reached also when limits.hidden_candidates were named since the last restart
  /// source: draft-ietf-mmusic-mdns-ice-candidates sec. 3.2
  result<ice::hidden_id> add_hidden_remote(const ice::candidate& candidate, std::string_view name,
                                           std::string_view ufrag = {}, stream_id stream = {});

  /// The name of a hidden candidate; empty when it is forgotten.
  [[nodiscard]] std::string_view hidden_name(ice::hidden_id id) const;

  /// What the name of a hidden candidate resolved to. It becomes a remote candidate when that is a
  /// single address, and else counts for nothing.
  /// errors: unusable_address for none, several, or one that can't be a candidate; stale_generation
  ///         when it is forgotten or was resolved before; capacity_reached
  result<ice::remote_id> resolved(ice::hidden_id id, gsl::span<const address> addresses);

  /// The peer has no further candidates (RFC 8838 sec. 13). ufrag: the one it said so with, or
  /// empty.
  /// errors: unknown_stream, stale_generation
  result<void> end_of_remote_candidates(std::string_view ufrag = {}, stream_id stream = {});

  /// Settles on a pair, where config.nomination leaves the choice to the host.
  /// errors: unsupported when it does not, or this agent is controlled; no_path for a pair that is
  ///         not valid, or when its component is settled or about to be
  result<void> nominate(ice::pair_id pair);

  /// Starts all streams over with new credentials (RFC 8445 sec. 9). Data stays on the path it has
  /// until a new one is selected. Hand the new credentials and candidates to the peer, and its
  /// answer to set_remote_credentials(). While the peer has yet to answer what it was offered
  /// before, nobody could tell which of the two it answers: the stream then restarts when the
  /// answer comes, with whatever sockets there are by then, and event::restarted says so. returns:
  /// offering::after_answer when that is so of a stream
  offering restart();

  /// Ends the session: nothing is sent or accepted any more.
  void close();

  // ---- servers -------------------------------------------------------------------------------

  /// The host that the URI number `uri` of config.servers names, counted over all servers.
  [[nodiscard]] std::string_view server_name(gather::uri_number uri) const;

  /// The addresses of a server, best first, with their ports; none when its name has none.
  void resolved(time_point now, gather::uri_number uri, gsl::span<const endpoint> addresses);

  /// The connection or the socket that an event asked for. `socket` stands for it from now on, in
  /// poll_transmit() and handle_stream() or handle_datagram().
  /// errors: no_path when it is not wanted any more
  result<void> connected(time_point now, gather::attempt_id which, socket_id socket);
  void connect_failed(time_point now, gather::attempt_id which);

  /// The host learned, from ICMP or a failed call, that a server or the peer can't be reached from
  /// a socket, or that a connection is closed. A check that is under way there has failed; a path
  /// in use is asked again at once, and all others, and left for one that answers.
  void handle_unreachable(time_point now, const path& where);

  /// The name by which a server that wants a token knows itself to authorization servers; empty
  /// when it has not asked for one. The view holds until the next call. source: RFC 7635 sec. 6.1
  [[nodiscard]] std::string_view token_server_name(gather::attempt_id which) const;

  /// Other credentials for a server of config.servers, counted in their order, as
  /// event::credentials_needed asks for them or ahead of time. They are used from the next request
  /// on. A relay that stands is kept where the server takes them for it, and otherwise as long as
  /// it takes those before; a server that refused those is asked again, and what it gives is told
  /// as a candidate, or as event::relay_replaced. expires: when they end, where the host knows:
  /// others are asked for a minute before errors: no_path for a server that there is not;
  /// unsupported for an empty user name, or texts
  ///         that are too long (RFC 8489 sec. 14.3: 508 bytes of user name)
  result<void> set_credentials(time_point now, std::uint16_t server, std::string_view username,
                               std::string_view credential, deadline expires = std::nullopt);

  /// errors: no_path when it is not wanted any more; see turn::credential::bring()
  result<void> bring_token(time_point now, gather::attempt_id which, const turn::token& token);

  /// Takes the next bytes of a connection, in any pieces; next_inbound() then says what they came
  /// to, until it says nothing; the bytes must live until then, and a payload until the next call.
  /// False when no connection has this number.
  bool handle_stream(time_point now, socket_id socket, byte_view bytes);
  std::optional<inbound> next_inbound(time_point now);

  // ---- the five verbs ------------------------------------------------------------------------

  /// Takes a datagram that arrived. The answer may view the caller's bytes. Data changes nothing:
  /// what is due then waits for handle_timeout().
  /// cost: for one that proves nothing a look at each table, which `limits` bounds; no allocation
  inbound handle_datagram(time_point now, const datagram& datagram);

  /// Lets time pass.
  void handle_timeout(time_point now);

  /// Writes the next datagram into `buffer`, which should have max_datagram_size bytes, and
  /// max_relay_overhead more where there are TURN servers; nullopt when there is none, or when it
  /// does not fit, and then it waits for a larger buffer.
  /// after: every call that is not const | cost: one message integrity
  std::optional<transmit> poll_transmit(byte_span buffer);

  /// The next event; nullopt when there is none.
  std::optional<event::any> poll_event();

  /// When handle_timeout() has something to do; nullopt for never.
  [[nodiscard]] deadline next_timeout() const;

  // ---- data ----------------------------------------------------------------------------------

  /// Makes a datagram for the peer out of `data`, which may be a part of `buffer` already: then it
  /// stays where it is, if that leaves room in front for what a relay needs (4 bytes in the long
  /// run). Data flows from the first valid pair on, and on the selected one when it is settled.
  /// What leaves often enough keeps its path open; the time serves nothing else, and what is due
  /// waits for handle_timeout().
  /// errors: unknown_stream, unknown_component; no_path before a pair is valid, and after consent
  ///         was lost; buffer_too_small; permission_pending while a relay is being asked
  result<transmit> encapsulate(time_point now, byte_view data, byte_span buffer,
                               stream_id stream = {}, component_id component = component_id{1});

  // ---- what can be asked ---------------------------------------------------------------------

  [[nodiscard]] connection_state state() const noexcept { return state_; }
  [[nodiscard]] ice::role role() const noexcept { return claim_.role; }
  [[nodiscard]] const statistics& stats() const noexcept { return stats_; }

  /// Why the session works, or doesn't. ice::judge() says the same of each pair of checklists().
  [[nodiscard]] session_report report() const;

  /// A candidate that an event named; nullptr when it is gone.
  [[nodiscard]] const ice::local_candidate* local(ice::local_id id) const {
    return locals_.rows().find(id);
  }
  [[nodiscard]] const ice::remote_candidate* remote(ice::remote_id id) const {
    return remotes_.rows().find(id);
  }

  /// All pairs and their states.
  [[nodiscard]] const ice::checklist_set& checklists() const noexcept { return checklists_; }

  /// The selected pair of a component; nullptr when it has none.
  [[nodiscard]] const ice::valid_pair* selected(stream_id stream = {},
                                                component_id component = component_id{1}) const;

 private:
  /// Where a request leads: a stream, and the generation whose ufrag it names.
  struct route {
    stream_id stream;
    const floe::generation* generation;
  };

  // commands.hpp: what the host says
  [[nodiscard]] result<void> may_obtain(ice::local_id host, const endpoint& obtained) const;
  [[nodiscard]] result<void> locate(stream_id stream, component_id component) const;
  void announce(stream_id stream);
  void announce(ice::local_id id);
  void finish_gathering(stream_id stream);
  result<ice::local_id> enter(std::optional<ice::local_candidate> made,
                              std::optional<ice::local_id> learned = std::nullopt);
  offering restart(stream_id stream);
  void forget_component(stream_id stream, component_id component);
  [[nodiscard]] bool is_absent(const component& c) const;
  [[nodiscard]] bool is_complete(stream_id stream) const;
  void complete(stream_id stream);
  void start_over(stream_id stream);
  [[nodiscard]] bool has_unoffered(stream_id stream) const;
  void drop_socket(ice::local_id base);
  void close_local(ice::local_id base);
  void forget_local(ice::local_id id);

  // remotes.hpp: what it says about the peer
  [[nodiscard]] result<void> may_take_remote(component_id component, std::string_view ufrag,
                                             stream_id stream) const;
  [[nodiscard]] bool may_reach_hidden(stream_id stream, component_id component) const;
  result<ice::remote_id> take_remote(const ice::candidate& candidate, stream_id stream,
                                     bool hidden);
  [[nodiscard]] bool may_check(stream_id stream) const;
  bool pair_up(stream_id stream, std::optional<component_id> only = std::nullopt);
  bool pair_up(stream_id stream, ice::remote_id theirs);
  void replay_early_checks(stream_id stream);
  [[nodiscard]] bool is_needed(ice::remote_id id) const;
  bool forget_remote(std::optional<ice::remote_id> victim);

  // servers.hpp: what servers give
  [[nodiscard]] gather::gatherer* gatherer() {
    return gatherer_.empty() ? nullptr : &gatherer_.front();
  }
  [[nodiscard]] const gather::gatherer* gatherer() const {
    return gatherer_.empty() ? nullptr : &gatherer_.front();
  }
  void release_relay(socket_id socket);
  void forget_mapping(const gather::candidate& before);
  void forbid_peers(stream_id stream);
  std::optional<inbound> unwrap(const gather::inbound& in);
  void serve_gatherer();
  void catch_up();
  struct gatherer_events;
  void on_found(const gather::candidate& found);
  void take_replacement(ice::local_id id);
  [[nodiscard]] bool is_cut_off(stream_id stream) const;
  void note_fault(gather::outcome why, const std::optional<turn::complaint>& said);
  result<ice::local_id> enter_relayed(ice::local_id host, socket_id allocation,
                                      const endpoint& relayed, const endpoint& mapped,
                                      server_id server, std::size_t place);
  void permit(const path& along);
  void bind_channel(const ice::valid_pair& v);
  bool ask_relays();
  template <class Visit>
  void each_pair_through(socket_id relay, const address& peer, Visit&& visit);
  void check_again(ice::pair_id id, bool in_vain);
  void fail_path(const path& where);
  [[nodiscard]] endpoint as_sent(const path& along) const;
  [[nodiscard]] result<transmit> wrap(const path& along, byte_span buffer, std::size_t offset,
                                      result<std::size_t> size, bool ahead = false);

  // inbound.hpp: from a datagram to a rule
  inbound dispatch(const datagram& datagram);
  inbound receive(const datagram& datagram);
  inbound on_message(const datagram& datagram, const stun::message_view& message);
  inbound on_request(const datagram& datagram, const stun::message_view& message);
  inbound on_proved_request(const datagram& datagram, const stun::authenticated& request,
                            const route& to, std::string_view sender, ice::local_id local);
  inbound on_response(const datagram& datagram, const stun::message_view& message);
  inbound on_proved_response(const datagram& datagram, const stun::authenticated& response,
                             check_transactions::id id);
  void note_answer(ice::check_history& history, const check_transactions::row& row,
                   const stun::authenticated& response, const ice::check_outcome& outcome) const;
  inbound on_data(const datagram& datagram);
  inbound refuse_stranger(const datagram& datagram, const stun::message_view& message,
                          stun::error_code code, reject reason);
  void answer(const reply& reply);
  void keep_early(const early_check& check);
  [[nodiscard]] bool accepts(const ice::incoming_check& check, ice::local_id local,
                             const endpoint& source) const;
  result<void, stun::error_code> accept_check(stream_id stream, ice::local_id local,
                                              const endpoint& source,
                                              const ice::incoming_check& check);
  void hear_check(ice::pair_id id, bool nominates);
  void hear_from(const path& came);
  [[nodiscard]] bool is_first_by_relay(stream_id stream, ice::local_id local,
                                       ice::remote_id remote) const;
  void note_heard(stream_id stream);
  [[nodiscard]] std::optional<ice::remote_id> learn_source(stream_id stream, ice::local_id local,
                                                           const endpoint& source,
                                                           std::uint32_t priority);
  [[nodiscard]] std::optional<route> find_route(std::string_view ufrag) const;

  // checks.hpp: what happens to pairs
  [[nodiscard]] ice::check_history* history_of(const sent_check& check);
  std::optional<ice::pair_id> add_pair(ice::local_id local, ice::remote_id remote,
                                       const ice::incoming_check* check = nullptr);
  [[nodiscard]] bool carries_data(const ice::pair& p) const;
  void transition(ice::pair_id id, ice::pair_event event);
  void report(ice::pair_id id, std::optional<ice::pair_state> from);
  void transition(stream_id stream, ice::checklist_event event);
  void unfreeze_first(stream_id stream);
  void trigger(ice::pair_id id);
  [[nodiscard]] bool may_ask(ice::pair_id id);
  void withhold_check(ice::pair_id id);
  void start_check(ice::pair_id id);
  void send(const sent_check& check, const stun::transaction_id& transaction, const path& along,
            const stun::retransmit_schedule& schedule);
  void on_check_answer(const check_transactions::row& row, const ice::check_outcome& outcome);
  void on_success(const check_transactions::row& row, const endpoint& mapped);
  void ask_again(stream_id stream, component_id component, duration round_trip);
  std::optional<ice::valid_id> note_valid(const ice::pair& pair, ice::local_id seen,
                                          ice::round_trip rtt = {});
  [[nodiscard]] ice::round_trip rtt_of(const check_transactions::row& answered) const;
  bool mark_succeeded(ice::pair_id id, bool by_nomination);
  [[nodiscard]] ice::local_id mapped_candidate(const check_transactions::row& row,
                                               const endpoint& mapped);
  void on_failure(const check_transactions::row& row);
  void fail_pair(ice::pair_id id, ice::pair_event why = ice::pair_event::check_failed);
  void on_role_conflict(const check_transactions::row& row);
  void yield_role(const check_transactions::row& refused);
  void switch_role(ice::role role);
  void reprioritize();
  void nominate_by_check(ice::pair_id id);
  void settle(ice::valid_id id);
  void tell_selection(component& c);
  void cancel_checks(ice::pair_id id);
  void forget_checks(stream_id stream);
  void drop_pair(ice::pair_id id);
  template <class Matches>
  void drop_pairs(Matches&& matches);

  // upkeep.hpp: what time brings
  void advance(time_point now);
  void pump();
  void serve_transactions();
  void start_timers();
  void end_checks(stream_id stream);
  void nominate();
  void give_up();
  void begin_search(stream_id stream);
  void look_again(stream_id stream);
  [[nodiscard]] bool is_needed(ice::local_id base) const;
  void release_unselected();
  void settle_without_checks();
  [[nodiscard]] std::optional<ice::pair_id> settled_by_candidates(const component& c) const;
  bool ask_server();
  bool start_next_check();
  void refresh_state();
  [[nodiscard]] deadline conclusion_deadline(stream_id stream) const;
  [[nodiscard]] deadline nomination_deadline(const component& c) const;
  [[nodiscard]] ice::component_outlook outlook(const component& c) const;
  [[nodiscard]] std::optional<ice::valid_id>
  favourite(const component& c, const std::optional<ice::settled_pair>& first) const;
  [[nodiscard]] std::optional<ice::pair_id>
  nominee(const component& c, const std::optional<ice::settled_pair>& first) const;
  [[nodiscard]] ice::rival_outlook rival(const ice::pair& p) const;
  [[nodiscard]] std::optional<ice::settled_pair> settled_on(const component& c) const;
  [[nodiscard]] std::optional<ice::settled_pair> first_settled_on(const component& c) const;
  [[nodiscard]] bool waits_for_first(const component& c) const;
  [[nodiscard]] ice::list_outlook outlook(stream_id stream) const;
  [[nodiscard]] connection_facts facts() const;

  // links.hpp: the paths of data, and the peer's consent to them
  void serve_links();
  void expire_proofs();
  void send_keepalive(component& c);
  void send_consent_check(component& c);
  void on_consent_answer(const check_transactions::row& row, const ice::check_outcome& outcome);
  void lose_consent(component& c);
  void abandon(stream_id stream);
  void choose_links();
  [[nodiscard]] std::optional<ice::valid_id> in_use(const component& c) const;
  [[nodiscard]] ice::silence_rule silence() const;
  [[nodiscard]] deadline gone_at(const component& c) const;
  void forget_silent_pairs();
  [[nodiscard]] bool owes_answer(const component& c) const;
  void ask_again(component& c);
  void ask_all_paths(const component& c);
  void ask(std::optional<ice::pair_id> id);
  void refresh_pairs();
  [[nodiscard]] bool needs_refresh(const ice::valid_pair& v) const;
  void move_nomination(const component& c);
  [[nodiscard]] deadline move_due(const component& c) const;
  [[nodiscard]] std::optional<ice::pair_id> pair_of_link(const component& c) const;
  [[nodiscard]] bool is_on(const component& c, const ice::valid_pair& valid) const;
  [[nodiscard]] std::optional<ice::valid_id> chosen(const component& c, link_choice choice) const;
  [[nodiscard]] bool wants_another_link(const component& c) const;
  void take_link(component& c, const ice::valid_pair& valid);
  void leave_link(component& c);
  void forget_former(stream_id stream);
  [[nodiscard]] bool renominates(const component& c) const;
  [[nodiscard]] link_view view_of(const component& c) const;
  [[nodiscard]] deadline link_deadline(const component& c) const;
  [[nodiscard]] deadline carrier_deadline(const component& c) const;

  // outbound.hpp: from an intent to bytes
  [[nodiscard]] result<std::size_t> write(const reply& reply, byte_span buffer) const;
  [[nodiscard]] result<std::size_t> write(const check_transactions::row& row,
                                          byte_span buffer) const;
  std::optional<transmit> poll_gatherer(byte_span buffer);
  result<transmit> poll_outbox(byte_span buffer);
  transmit sent(const path& path, const transmit& datagram);

  [[nodiscard]] stream& at(stream_id id) { return streams_[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const stream& at(stream_id id) const {
    return streams_[static_cast<std::size_t>(id)];
  }
  [[nodiscard]] component* find_component(stream_id stream, component_id id) {
    const auto found = std::find_if(components_.begin(), components_.end(), [&](const auto& c) {
      return c.stream == stream && c.id == id;
    });
    return found == components_.end() ? nullptr : &*found;
  }
  [[nodiscard]] const component* find_component(stream_id stream, component_id id) const {
    return const_cast<agent*>(this)->find_component(stream, id);
  }
  [[nodiscard]] const generation* find_generation(stream_id stream,
                                                  generation_number number) const {
    const auto& row = at(stream);
    if (row.current.number == number) return &row.current;
    return row.former && row.former->number == number ? &*row.former : nullptr;
  }

  /// The route of a pair's checks, and of a valid pair's data.
  [[nodiscard]] path path_of(const ice::pair& p) const {
    return {locals_[p.local].socket, remotes_[p.remote].candidate.address};
  }
  [[nodiscard]] bool is_relayed(ice::local_id local, ice::remote_id remote) const {
    constexpr auto relay = ice::candidate_type::relay;
    return locals_[local].candidate.type == relay || remotes_[remote].candidate.type == relay;
  }
  [[nodiscard]] path path_of(const ice::valid_pair& v) const {
    return {locals_[v.local].socket, remotes_[v.remote].candidate.address};
  }

  /// The foundation of the pair whose checks prove a valid pair.
  [[nodiscard]] ice::pair_foundation foundation_of(const ice::valid_pair& v) const {
    return {locals_[v.checked].foundation_number, remotes_[v.remote].foundation_number};
  }

  /// Calls `visit(stream_id)` for every stream.
  template <class Visit>
  void each_stream(Visit&& visit) const {
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      if (!streams_[i].removed) visit(static_cast<stream_id>(i));
    }
  }

  config config_;
  entropy_ref entropy_;
  time_point now_;
  ice::role_claim claim_;
  deadline claim_accepted_{};  ///< when the last check with it left that succeeded
  ice::peer_traits peer_;
  connection_state state_ = connection_state::idle;
  bool closed_ = false;

  fixed_vector<stream> streams_;
  fixed_vector<component> components_;
  ice::local_candidates locals_;
  ice::remote_candidates remotes_;
  slot_table<ice::hidden_candidate, ice::hidden_tag> hidden_;
  ice::checklist_set checklists_;
  ice::valid_list valid_;
  ice::schedule schedule_;
  ice::check_budget budget_;
  check_transactions transactions_;
  ring<early_check> early_;
  outbox outbox_;
  ice::stranger_allowance strangers_;
  event_queue events_;
  fixed_vector<gather::gatherer> gatherer_;  ///< one where there are servers
  std::size_t failed_servers_ = 0;
  bool lossy_ = false;                        ///< a check was answered that had to be repeated
  std::optional<server_fault> server_fault_;  ///< the last
  statistics stats_;
};

}  // namespace floe

#include "floe/agent/checks.hpp"    // IWYU pragma: export
#include "floe/agent/commands.hpp"  // IWYU pragma: export
#include "floe/agent/inbound.hpp"   // IWYU pragma: export
#include "floe/agent/links.hpp"     // IWYU pragma: export
#include "floe/agent/outbound.hpp"  // IWYU pragma: export
#include "floe/agent/remotes.hpp"   // IWYU pragma: export
#include "floe/agent/servers.hpp"   // IWYU pragma: export
#include "floe/agent/upkeep.hpp"    // IWYU pragma: export
