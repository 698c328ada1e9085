// lines: signalling and data as lines of text, for programs.
//
// owns:     the words, out and in
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lines.hpp"
#include "options.hpp"
#include "session.hpp"

namespace floecat {

class drive final : public program {
 public:
  drive(session& host, const options& options);

  void on_input(std::string_view bytes) override;
  [[nodiscard]] bool wants_input() const override;
  void on_event(const floe::event::any& event) override;
  void on_payload(const floe::payload& payload) override;
  void on_signal(int number) override;
  [[nodiscard]] std::optional<int> advance(floe::time_point now) override;
  [[nodiscard]] floe::deadline next_timeout() const override;

 private:
  void say(std::string_view word, std::string_view rest = {});
  void say_credentials();
  void say_state(floe::connection_state state);
  void take(std::string_view line);
  [[nodiscard]] bool take_command(std::string_view word);
  void send(std::string_view hex);

  session& host_;
  floe::deadline patience_;
  line_cutter cutter_;
  remote_words remote_;
  bool connected_ = false;
  bool over_ = false;
};

}  // namespace floecat
