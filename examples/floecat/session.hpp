// The host's side of an agent: sockets, clock, files, and the loop that moves things between them.
//
// owns:     the agent and everything it does without by design
// does not: know what a mode does with its peer's data; that is a program
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/floe.hpp"
#include "floe/sdp/address.hpp"
#include "floe/sdp/candidate.hpp"
#include "options.hpp"
#include "pcap.hpp"
#include "sockets.hpp"

namespace floecat {

/// One visitor out of several functions.
template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

/// A mode: what it does with its input, the peer's data, and time.
class program {
 public:
  program() = default;
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  virtual ~program() = default;

  /// Something was read from stdin; nothing, when it has ended.
  virtual void on_input(std::string_view bytes) = 0;
  [[nodiscard]] virtual bool wants_input() const = 0;
  virtual void on_event(const floe::event::any& event) = 0;
  virtual void on_payload(const floe::payload& payload) = 0;
  virtual void on_signal(int number) = 0;

  /// Time has come to `now`: does what is due, and says how to exit once it is over.
  [[nodiscard]] virtual std::optional<int> advance(floe::time_point now) = 0;
  [[nodiscard]] virtual floe::deadline next_timeout() const = 0;
};

class session {
 public:
  /// Opens sockets and files. out: the first trouble, which was told on stderr.
  session(const options& options, const floe::config& config);

  [[nodiscard]] bool is_open() const { return !sockets_.empty(); }
  [[nodiscard]] floe::agent& agent() { return agent_; }
  [[nodiscard]] static floe::time_point now() { return std::chrono::steady_clock::now(); }

  /// Runs `p` to its end. out: the exit code.
  int run(program& p);

  /// Sends data to the peer, on the path there is.
  floe::result<void> send(floe::byte_view data);

  /// Writes to stdout as soon as its reader is ready.
  void print(std::string_view text) { output_.append(text); }
  [[nodiscard]] std::size_t unprinted() const { return output_.size(); }
  [[nodiscard]] bool output_broke() const { return output_broke_; }

  /// A line on stderr: what went wrong, or with --verbose what happened.
  static void complain(const std::string& text);
  void tell(const std::string& text) const;

  /// The value of the candidate attribute, as a peer would send it.
  [[nodiscard]] std::string text_of(floe::ice::local_id id) const;
  [[nodiscard]] std::string text_of(floe::ice::remote_id id, std::string_view ufrag = {}) const;

 private:
  struct entropy {
    void operator()(floe::byte_span out) const;
  };

  bool open_sockets(const options& options);
  void serve_agent(program& p);
  void drain(program& p);
  void deliver(const floe::transmit& out, floe::byte_view bytes);
  void receive(program& p, std::size_t socket);
  void read_input(program& p);
  void write_output();
  void take_signals(program& p);
  void wait(program& p);
  void flush();
  void tell_event(const floe::event::any& event);
  [[nodiscard]] std::string ends_of(floe::ice::local_id local, floe::ice::remote_id remote) const;
  void tell_totals() const;

  entropy entropy_;
  floe::time_point start_;
  bool verbose_;
  floe::agent agent_;
  std::vector<udp_socket> sockets_;
  pcap_writer pcap_;
  std::string output_;
  bool output_broke_ = false;
  bool input_ended_ = false;
  bool signalled_ = false;
  int last_send_error_ = 0;
  std::map<std::uint32_t, std::string> pairs_;  ///< as they were told, to name those that go
  std::array<std::byte, 65'536> buffer_{};
};

}  // namespace floecat
