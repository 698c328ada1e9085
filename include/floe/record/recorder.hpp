// An agent that keeps a record of everything that goes in and comes out.
//
// owns:     the agent, and the bytes of its recording until the host's sink has them
// does not: do any I/O, keep the recording, or hide anything in it: a recording holds the passwords
//           of the session and of its servers, its keys, its addresses, and the data that was sent
// invariant: what is recorded plays again to the same bytes (player.hpp), from any compiler.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "floe/agent/agent.hpp"
#include "floe/core/memory.hpp"
#include "floe/record/archive.hpp"
#include "floe/record/calls.hpp"
#include "floe/record/outcome.hpp"
#include "floe/record/values.hpp"

namespace floe::record {

/// After so many bytes a recording ends, unless the host says otherwise.
inline constexpr std::uint64_t usual_limit = 0x400'0000;  // 64 MiB

/// Stands where a floe::agent would: it has the same calls, with the same contract, and passes each
/// of them on; of the addresses of a server the first input::most_endpoints. Without a sink, or
/// after stop(), that is all it does.
///
/// The sink gets the recording in pieces of any size, during the calls; it must not throw, nor call
/// the recorder. A recording that breaks off can be played up to there. Nothing allocates after
/// construction, but what the sink does.
///
/// A recording contains secrets. Who has it can read the session, and pass for either side of it
/// while its credentials are in use.
class recorder {
 public:
  /// As for floe::agent, with a sink, which must outlive the recorder, as entropy and memory must.
  /// limit: the recording ends with the first call that goes beyond so many bytes
  recorder(time_point now, const config& config, entropy_ref entropy, sink_ref sink,
           memory_ref memory = {}, std::uint64_t limit = usual_limit)
      : output_{sink}, limit_{limit}, pacer_{config.pacer},
        recording_{sink}, tape_{entropy, this}, agent_{begin(now, config), config, tape_, memory} {
    finish();
  }

  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;
  recorder(recorder&&) = delete;
  recorder& operator=(recorder&&) = delete;
  ~recorder() { stop(); }

  /// Ends the recording, not the agent.
  void stop() {
    if (!std::exchange(recording_, false)) return;
    output_(mark::end);
    output_.flush();
  }

  /// False without a sink, and once the recording has ended.
  [[nodiscard]] bool is_recording() const noexcept { return recording_; }

  /// Puts a word of the host's into the recording, such as whose it is.
  void remark(std::string_view text) {
    if (!recording_) return;
    tell(call::remark{text});
    finish();
  }

  // ---- the calls of an agent -------------------------------------------------------------------

  result<stream_id> add_stream(std::uint16_t components = 1) {
    return run(call::add_stream{components});
  }
  result<ice::local_id> add_local(socket_id socket, const endpoint& bound, stream_id stream = {},
                                  component_id component = component_id{1},
                                  ice::network_cost cost = {}) {
    return run(call::add_local{socket, bound, stream, component, cost});
  }
  result<ice::local_id> add_reflexive(ice::local_id host, const endpoint& mapped,
                                      server_id server = {}) {
    return run(call::add_reflexive{host, mapped, server});
  }
  result<ice::local_id> add_relayed(ice::local_id host, socket_id allocation,
                                    const endpoint& relayed, const endpoint& mapped,
                                    server_id server = {}) {
    return run(call::add_relayed{host, allocation, relayed, mapped, server});
  }
  result<void> remove_local(socket_id socket) { return run(call::remove_local{socket}); }
  result<void> drop_component(component_id component, stream_id stream = {}) {
    return run(call::drop_component{component, stream});
  }
  result<void> remove_stream(stream_id stream) { return run(call::remove_stream{stream}); }
  offering gather(time_point now, gathering what = gathering::complete) {
    return run(call::gather{now, what});
  }
  result<void> set_remote_credentials(std::string_view ufrag, std::string_view password,
                                      stream_id stream = {}) {
    return run(call::set_remote_credentials{ufrag, password, stream});
  }
  void describe_peer(const ice::peer_traits& traits) { run(call::describe_peer{traits}); }
  result<ice::remote_id> add_remote(const ice::candidate& candidate, std::string_view ufrag = {},
                                    stream_id stream = {}) {
    return run(call::add_remote{candidate, ufrag, stream});
  }
  result<ice::hidden_id> add_hidden_remote(const ice::candidate& candidate, std::string_view name,
                                           std::string_view ufrag = {}, stream_id stream = {}) {
    return run(call::add_hidden_remote{candidate, name, ufrag, stream});
  }
  result<ice::remote_id> resolved(ice::hidden_id id, gsl::span<const address> addresses) {
    return run(call::resolved_hidden{id, ice::choose_resolved(addresses)});
  }
  result<void> end_of_remote_candidates(std::string_view ufrag = {}, stream_id stream = {}) {
    return run(call::end_of_remote_candidates{ufrag, stream});
  }
  result<void> nominate(ice::pair_id pair) { return run(call::nominate{pair}); }
  offering restart() { return run(call::restart{}); }
  void close() { run(call::close{}); }
  void resolved(time_point now, gather::uri_number uri, gsl::span<const endpoint> addresses) {
    const auto count = (std::min)(addresses.size(), input::most_endpoints);
    run(call::resolved{now, uri, addresses.first(count)});
  }
  result<void> connected(time_point now, gather::attempt_id which, socket_id socket) {
    return run(call::connected{now, which, socket});
  }
  void connect_failed(time_point now, gather::attempt_id which) {
    run(call::connect_failed{now, which});
  }
  void handle_unreachable(time_point now, const path& where) {
    run(call::handle_unreachable{now, where});
  }
  result<void> bring_token(time_point now, gather::attempt_id which, const turn::token& token) {
    return run(call::bring_token{now, which, token});
  }
  result<void> set_credentials(time_point now, std::uint16_t server, std::string_view username,
                               std::string_view credential, deadline expires = std::nullopt) {
    return run(call::set_credentials{now, server, username, credential, expires});
  }
  bool handle_stream(time_point now, socket_id socket, byte_view bytes) {
    return run(call::handle_stream{now, socket, bytes});
  }
  std::optional<inbound> next_inbound(time_point now) { return run(call::next_inbound{now}); }
  inbound handle_datagram(time_point now, const datagram& datagram) {
    return run(call::handle_datagram{now, datagram});
  }
  void handle_timeout(time_point now) { run(call::handle_timeout{now}); }
  std::optional<transmit> poll_transmit(byte_span buffer) {
    return run(call::poll_transmit{buffer});
  }
  std::optional<event::any> poll_event() {
    auto event = run(call::poll_event{});
    if (recording_ && !event && agent_.next_timeout() != told_timeout_) {
      told_timeout_ = run(call::next_timeout{});
    }
    return event;
  }
  result<transmit> encapsulate(time_point now, byte_view data, byte_span buffer,
                               stream_id stream = {}, component_id component = component_id{1}) {
    return run(call::encapsulate{now, data, buffer, stream, component});
  }

  // ---- what can be asked -----------------------------------------------------------------------

  /// The agent itself, to look at.
  [[nodiscard]] const floe::agent& agent() const noexcept { return agent_; }
  operator const floe::agent&() const noexcept {  // NOLINT(google-explicit-constructor)
    return agent_;
  }
  [[nodiscard]] ice::credentials_view local_credentials(stream_id stream = {}) const {
    return agent_.local_credentials(stream);
  }
  [[nodiscard]] std::string_view server_name(gather::uri_number uri) const {
    return agent_.server_name(uri);
  }
  [[nodiscard]] std::string_view token_server_name(gather::attempt_id which) const {
    return agent_.token_server_name(which);
  }
  [[nodiscard]] std::string_view hidden_name(ice::hidden_id id) const {
    return agent_.hidden_name(id);
  }
  [[nodiscard]] deadline next_timeout() const { return agent_.next_timeout(); }
  [[nodiscard]] connection_state state() const noexcept { return agent_.state(); }
  [[nodiscard]] ice::role role() const noexcept { return agent_.role(); }
  [[nodiscard]] const statistics& stats() const noexcept { return agent_.stats(); }
  [[nodiscard]] session_report report() const { return agent_.report(); }
  [[nodiscard]] const ice::local_candidate* local(ice::local_id id) const {
    return agent_.local(id);
  }
  [[nodiscard]] const ice::remote_candidate* remote(ice::remote_id id) const {
    return agent_.remote(id);
  }
  [[nodiscard]] const ice::checklist_set& checklists() const noexcept {
    return agent_.checklists();
  }
  [[nodiscard]] const ice::valid_pair* selected(stream_id stream = {},
                                                component_id component = component_id{1}) const {
    return agent_.selected(stream, component);
  }

 private:
  /// The host's entropy, and a copy of it in the recording.
  struct tape {
    void operator()(byte_span out) const {
      source.fill(out);
      if (keeper->recording_) keeper->output_(mark::entropy, byte_view{out});
    }

    entropy_ref source;
    recorder* keeper;
  };

  time_point begin(time_point now, const config& config) {
    if (!recording_) return now;
    output_.raw(magic);
    output_(version, describe(now, config), std::uint64_t{config.servers.size()});
    for (const auto& server : config.servers) {
      output_(server.username, server.credential, server.expires,
              std::uint64_t{server.uris.size()});
      for (const auto uri : server.uris) output_(uri);
    }
    pace_ = pace();
    output_(pace_);
    return now;
  }

  template <class Call>
  void tell(const Call& c) {
    constexpr auto place = detail::place_of<Call, call::any>;
    output_(static_cast<std::uint8_t>(static_cast<std::size_t>(mark::first_call) + place), c);
  }

  template <class Call>
  auto run(const Call& c) -> decltype(make(std::declval<floe::agent&>(), c)) {
    if (!recording_) return make(agent_, c);
    if (const auto now = pace(); now != pace_) tell(call::pace{now});
    tell(c);
    if constexpr (std::is_void_v<decltype(make(std::declval<floe::agent&>(), c))>) {
      make(agent_, c);
      finish();
    } else {
      auto got = make(agent_, c);
      const auto what = record::describe(c, got, output_.base());
      output_(mark::outcome, what.fields.written(), what.body);
      finish();
      return got;
    }
  }

  void finish() {
    pace_ = pace();
    if (!recording_) return;
    recording_ = output_.flush();
    if (output_.total() > limit_) stop();
  }

  /// When a shared pacer is free again, if it was ever used.
  [[nodiscard]] deadline pace() const noexcept {
    if (pacer_ == nullptr) return std::nullopt;
    const auto free = pacer_->free_at((time_point::min)());
    return free == (time_point::min)() ? std::nullopt : deadline{free};
  }

  output output_;
  std::uint64_t limit_;
  const ice::pacer* pacer_;
  bool recording_;
  deadline pace_{};
  deadline told_timeout_{};
  tape tape_;
  floe::agent agent_;
};

}  // namespace floe::record
