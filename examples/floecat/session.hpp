// The host's side of an agent: sockets, clock, files, and the loop that moves things between them.
//
// owns:     the agent and everything it does without by design
// does not: know what a mode does with its peer's data
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connection.hpp"
#include "floe/agent/agent.hpp"
#include "floe/record/recorder.hpp"
#include "lines.hpp"
#include "options.hpp"
#include "pcap.hpp"
#include "recording.hpp"
#include "report.hpp"
#include "sockets.hpp"

namespace floecat {

/// How the agent of a mode has to be.
[[nodiscard]] floe::config config_of(const options& options);

/// A mode derives from this, and says what it does with its input, the peer's data, and time.
class session {
 public:
  /// Opens sockets and files; the first trouble is told on stderr.
  session(const options& options, const floe::config& config);
  session(const session&) = delete;
  session& operator=(const session&) = delete;
  virtual ~session();

  /// Runs to the end. out: the exit code.
  int run();

 protected:
  /// Something was read from stdin; nothing, when it has ended.
  virtual void on_input(std::string_view bytes) = 0;
  [[nodiscard]] virtual bool wants_input() const = 0;
  virtual void on_event(const floe::event::any& event) = 0;
  /// From a source that has answered a check; others may claim the peer's address.
  virtual void on_payload(floe::byte_view bytes) = 0;
  virtual void on_signal(int number) = 0;

  /// Time has come to `now`: does what is due, and says how to exit once it is over.
  [[nodiscard]] virtual std::optional<int> advance(floe::time_point now) = 0;
  [[nodiscard]] virtual floe::deadline next_timeout() const = 0;

  [[nodiscard]] floe::record::recorder& agent() { return agent_; }
  [[nodiscard]] static floe::time_point now() { return std::chrono::steady_clock::now(); }

  /// Sends data to the peer, on the path there is. out: why not; empty when it left.
  std::string send(floe::byte_view data);

  /// Writes to stdout as soon as its reader is ready.
  void print(std::string_view text) { output_.append(text); }
  [[nodiscard]] std::size_t unprinted() const { return output_.size(); }
  [[nodiscard]] bool output_broke() const { return output_broke_; }

  /// Listens to what comes of remote lines.
  [[nodiscard]] remote_words::listener listener(std::function<void(std::string_view)> refused);

 private:
  /// Numbers of connections, far from those of sockets and relays.
  static constexpr std::uint32_t first_link = 1U << 20U;
  /// For what a relay needs in front of data.
  static constexpr std::size_t headroom = floe::max_relay_overhead;

  struct entropy {
    void operator()(floe::byte_span out) const;
  };

  /// A connection that an attempt asked for.
  struct server_link {
    floe::gather::attempt_id attempt;
    floe::endpoint server;
    std::unique_ptr<floecat::connection> connection;
    bool superseded = false;  ///< another one was asked for in its place
  };
  using links = std::map<floe::socket_id, server_link>;

  bool open_sockets(bool all_or_none);
  void serve_agent();
  void drain();
  int deliver(const floe::transmit& out, floe::byte_view bytes);
  void provide(const floe::event::name_needed& e);
  void provide(const floe::event::connection_needed& e);
  void provide(const floe::event::socket_needed& e);
  template <class Other>
  void provide(const Other&) {}
  void take(const floe::inbound& inbound);
  void receive(std::size_t index);
  void receive(links::iterator link);
  void read_input();
  void write_output();
  void take_signals();
  void wait();
  void flush();

  entropy entropy_;
  report report_;
  std::vector<local_address> addresses_;
  recording_file recording_;
  floe::record::recorder agent_;
  std::vector<udp_socket> sockets_;  ///< by socket_id
  links links_;
  std::uint32_t next_link_ = first_link;
  pcap_writer pcap_;
  std::string output_;
  bool output_broke_ = false;
  bool input_ended_ = false;
  bool signalled_ = false;
  int last_send_error_ = 0;
  std::array<std::byte, 65'536> incoming_{};
  std::array<std::byte, headroom + 65'536> outgoing_{};
};

}  // namespace floecat
