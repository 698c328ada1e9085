// Every public class and enum, declared.
//
// owns:     nothing; `tests/tools/fwd.py --write` makes this file from the other headers
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>

namespace floe {

class agent;
class arena;
class cursor;
class entropy_ref;
class event_queue;
class memory_ref;
class outbox;
class soonest;
class stored_text;
enum class component_id : std::uint16_t;
enum class connection_condition : std::uint8_t;
enum class connection_state : std::uint8_t;
enum class errc;
enum class family : std::uint8_t;
enum class gathering : std::uint8_t;
enum class generation_number : std::uint32_t;
enum class link_choice : std::uint8_t;
enum class offering : std::uint8_t;
enum class reject : std::uint8_t;
enum class server_id : std::uint8_t;
enum class session_verdict : std::uint8_t;
enum class socket_id : std::uint32_t;
enum class stream_id : std::uint16_t;
struct address;
struct component;
struct config;
struct config_fault;
struct connection_facts;
struct connection_rule;
struct consumed;
struct datagram;
struct early_check;
struct endpoint;
struct generation;
struct limits;
struct link;
struct link_view;
struct path;
struct payload;
struct rejected;
struct reply;
struct sent_check;
struct server_fault;
struct session_report;
struct statistics;
struct stream;
struct transmit;
template <class E>
class unexpected;
template <class T, class E>
class result;
template <class T, class Tag>
class slot_table;
template <class T>
class fixed_vector;
template <class T>
class ring;
template <class Tag>
struct handle;
template <std::size_t N>
class fixed_text;
template <std::size_t N>
class secret_text;

}  // namespace floe

namespace floe::crypto {

class crc32_state;
enum class written : std::uint8_t;
struct library;
template <class Hash>
class hmac;
template <class Hash>
class hmac_key;

}  // namespace floe::crypto

namespace floe::event {

struct address_needed;
struct checklist_changed;
struct consent_lost;
struct dropped;
struct enough_gathered;
struct gathering_done;
struct learned_candidate;
struct local_candidate;
struct pair_changed;
struct pair_removed;
struct path_found;
struct relay_replaced;
struct released;
struct restarted;
struct role_changed;
struct selected;
struct state_changed;

}  // namespace floe::event

namespace floe::gather {

class gatherer;
class relays;
enum class after_failure : std::uint8_t;
enum class outcome : std::uint8_t;
enum class progress : std::uint8_t;
enum class service : std::uint8_t;
struct asking;
struct base;
struct candidate;
struct config;
struct consumed;
struct failed_attempt;
struct limits;
struct not_mine;
struct plan;
struct progress_facts;
struct refused;
struct server;
struct unwrapped;

}  // namespace floe::gather

namespace floe::gather::event {

struct complete;
struct connection_needed;
struct credentials_needed;
struct dropped;
struct enough;
struct found;
struct icmp;
struct mapping_changed;
struct name_needed;
struct permission_refused;
struct permitted;
struct relay_lost;
struct server_result;
struct socket_needed;
struct token_needed;

}  // namespace floe::gather::event

namespace floe::ice {

class check_budget;
class checklist_set;
class consent;
class foundation;
class foundation_numbers;
class local_candidates;
class pacer;
class remote_candidates;
class schedule;
class stranger_allowance;
class valid_list;
enum class candidate_type : std::uint8_t;
enum class check_sender : std::uint8_t;
enum class checklist_event : std::uint8_t;
enum class checklist_state : std::uint8_t;
enum class consent_step : std::uint8_t;
enum class level : std::uint8_t;
enum class network_cost : std::uint8_t;
enum class pair_claim : std::uint8_t;
enum class pair_event : std::uint8_t;
enum class pair_state : std::uint8_t;
enum class pair_verdict : std::uint8_t;
enum class peer_nomination : std::uint8_t;
enum class remote_change : std::uint8_t;
enum class role : std::uint8_t;
enum class role_decision : std::uint8_t;
enum class trigger : std::uint8_t;
struct candidate;
struct check_history;
struct check_outcome;
struct check_request;
struct checklist_rule;
struct component_outlook;
struct component_view;
struct consent_config;
struct credentials_view;
struct foundation_view;
struct hidden_candidate;
struct incoming_check;
struct interface_address;
struct list_outlook;
struct local_candidate;
struct local_credentials;
struct nomination_config;
struct nomination_decision;
struct pair;
struct pair_foundation;
struct pair_rule;
struct pair_transition;
struct peer_traits;
struct preference_rank;
struct remote_addition;
struct remote_candidate;
struct remote_credentials;
struct rival_outlook;
struct role_claim;
struct settled_pair;
struct silence_rule;
struct username_halves;
struct valid_outlook;
struct valid_pair;

}  // namespace floe::ice

namespace floe::record {

class input;
class output;
class player;
class recorder;
class sink_ref;
enum class mark : std::uint8_t;
enum class policy : std::uint8_t;
enum class verdict : std::uint8_t;
struct difference;
struct outcome;
struct policies;
struct setup;
struct step;
template <class E>
struct last_of;

}  // namespace floe::record

namespace floe::record::call {

struct add_hidden_remote;
struct add_local;
struct add_reflexive;
struct add_relayed;
struct add_remote;
struct add_stream;
struct bring_token;
struct close;
struct connect_failed;
struct connected;
struct describe_peer;
struct drop_component;
struct encapsulate;
struct end_of_remote_candidates;
struct gather;
struct handle_datagram;
struct handle_stream;
struct handle_timeout;
struct handle_unreachable;
struct next_inbound;
struct next_timeout;
struct nominate;
struct pace;
struct poll_event;
struct poll_transmit;
struct remark;
struct remove_local;
struct remove_stream;
struct resolved;
struct resolved_hidden;
struct restart;
struct set_credentials;
struct set_remote_credentials;

}  // namespace floe::record::call

namespace floe::sdp {

class field_reader;
class text_writer;
enum class uri_lookup : std::uint8_t;
enum class uri_scheme : std::uint8_t;
enum class uri_transport : std::uint8_t;
struct candidate_line;
struct server_uri;

}  // namespace floe::sdp

namespace floe::stun {

class attribute_list;
class attribute_walk;
class authenticated;
class binding_client;
class binding_lifetime;
class long_term_session;
class message_view;
class nat_discovery;
class retransmit_schedule;
class rto_cache;
class rto_estimate;
class short_term_session;
class writer;
enum class admission : std::uint8_t;
enum class alternate_decision : std::uint8_t;
enum class attribute_fault : std::uint8_t;
enum class attribute_type : std::uint16_t;
enum class challenge_decision : std::uint8_t;
enum class error_code : std::uint16_t;
enum class error_decision : std::uint8_t;
enum class fingerprint_state : std::uint8_t;
enum class lifetime_verdict : std::uint8_t;
enum class message_class : std::uint8_t;
enum class method : std::uint16_t;
enum class nat_kind : std::uint8_t;
enum class nat_verdict : std::uint8_t;
enum class opaque_verdict : std::uint8_t;
enum class password_algorithm_id : std::uint16_t;
enum class proof : std::uint8_t;
enum class protocol : std::uint8_t;
enum class query_failure : std::uint8_t;
enum class reach : std::uint8_t;
enum class transport : std::uint8_t;
enum class value_kind : std::uint8_t;
struct address_error_code;
struct alternate_facts;
struct attribute_name;
struct binding_client_config;
struct binding_lifetime_config;
struct challenge_facts;
struct change_request;
struct error_code_attribute;
struct even_port;
struct frame_extent;
struct goog_network_info;
struct icmp;
struct lifetime_bounds;
struct lifetime_report;
struct lifetime_search;
struct long_term_facts;
struct message_type;
struct nat_discovery_config;
struct nat_report;
struct padding;
struct password_algorithm;
struct password_algorithms;
struct protection;
struct query_answered;
struct query_failed;
struct raw_attribute;
struct responder_config;
struct response_port;
struct retransmit_config;
struct rfc4571_framing;
struct security_features;
struct short_term_facts;
struct stun_framing;
struct text_limits;
struct transaction_id;
struct transaction_transmit_counter;
struct unknown_attributes;
template <class Framing>
class stream_reader;
template <class Owner>
class transactions;

}  // namespace floe::stun

namespace floe::turn {

class channels;
class credential;
class event_queue;
class permissions;
class response_reader;
class session;
enum class allocate_decision : std::uint8_t;
enum class allocation_event : std::uint8_t;
enum class allocation_state : std::uint8_t;
enum class challenge_step : std::uint8_t;
enum class channel_event : std::uint8_t;
enum class channel_state : std::uint8_t;
enum class connection_state : std::uint8_t;
enum class end_reason : std::uint8_t;
enum class grant_fault : std::uint8_t;
enum class peer_decision : std::uint8_t;
enum class permission_event : std::uint8_t;
enum class permission_state : std::uint8_t;
enum class refresh_decision : std::uint8_t;
enum class relay_family : std::uint8_t;
enum class relay_transport : std::uint8_t;
enum class transport : std::uint8_t;
struct allocate_facts;
struct allocate_options;
struct allocation_rule;
struct channel;
struct channel_data;
struct channel_rule;
struct complaint;
struct connection;
struct grant;
struct peer_facts;
struct permission;
struct permission_rule;
struct refused_family;
struct relayed_data;
struct session_config;
struct session_limits;
struct silence;
struct token;
struct wrapped;

}  // namespace floe::turn

namespace floe::turn::event {

struct allocated;
struct channel_bound;
struct channel_refused;
struct connection_bound;
struct connection_failed;
struct connection_offered;
struct credentials_refused;
struct dropped;
struct ended;
struct icmp;
struct move_failed;
struct moved;
struct permission_refused;
struct permitted;
struct put_off;
struct socket_needed;
struct token_needed;

}  // namespace floe::turn::event
