// offer and answer: two people hand each other one line each, then stdin and stdout are connected.
//
// owns:     the exchange of tokens, the pipe over the path, and how the session ends
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "options.hpp"
#include "pipe.hpp"
#include "session.hpp"
#include "token.hpp"

namespace floecat {

class talk final : public program {
 public:
  talk(session& host, const options& options);

  /// How a talk's agent has to be.
  [[nodiscard]] static floe::config agent_config(floe::config config);

  void on_input(std::string_view bytes) override;
  [[nodiscard]] bool wants_input() const override;
  void on_event(const floe::event::any& event) override;
  void on_payload(const floe::payload& payload) override;
  void on_signal(int number) override;
  [[nodiscard]] std::optional<int> advance(floe::time_point now) override;
  [[nodiscard]] floe::deadline next_timeout() const override;

 private:
  void gather();
  void print_token();
  void take_token_input();
  void take_token(std::string_view line);
  void feed_pipe();
  void send_frames(floe::time_point now);
  [[nodiscard]] std::optional<int> outcome(floe::time_point now);

  session& host_;
  mode mode_;
  floe::deadline patience_;  ///< until when a connection must stand
  floecat::pipe pipe_;
  description mine_;
  bool theirs_known_ = false;
  bool has_path_ = false;
  std::string input_;  ///< read, and not yet in the pipe
  bool input_ended_ = false;
  std::optional<std::string> token_trouble_;
  std::optional<int> signal_;
};

}  // namespace floecat
