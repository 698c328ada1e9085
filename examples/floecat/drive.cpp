// lines: signalling and data as lines of text, for programs.
//
// owns:     the words, out and in
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lines.hpp"
#include "options.hpp"
#include "session.hpp"

namespace floecat {

namespace {

/// As much as the program may be behind in reading before data is dropped, and input waits.
constexpr std::size_t most_unprinted = 4U << 20U;

std::string to_hex(floe::byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const auto b : bytes) {
    hex += digits[std::to_integer<std::size_t>(b >> 4U)];
    hex += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return hex;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto byte = floe::sdp::parse_hex(hex.substr(i, 2), 2);
    if (!byte) return std::nullopt;
    bytes.push_back(static_cast<std::byte>(*byte));
  }
  return bytes;
}

class drive final : public session {
 public:
  drive(const options& options, const floe::config& config);

  void on_input(std::string_view bytes) override;
  [[nodiscard]] bool wants_input() const override;
  void on_event(const floe::event::any& event) override;
  void on_payload(floe::byte_view bytes) override;
  void on_signal(int number) override;
  [[nodiscard]] std::optional<int> advance(floe::time_point now) override;
  [[nodiscard]] floe::deadline next_timeout() const override;

 private:
  void say(std::string_view word, std::string_view rest = {});
  void say_credentials();
  void say_state(floe::connection_state state);
  void take(std::string_view line);
  [[nodiscard]] bool take_command(std::string_view word);
  void send_hex(std::string_view hex);

  floe::duration pace_;
  floe::deadline patience_;
  line_cutter cutter_;
  remote_words remote_;
  bool connected_ = false;
  bool over_ = false;
};

drive::drive(const options& options, const floe::config& config)
    : session{options, config}, pace_{config.ta}, remote_{agent(),
                                                          listener([this](std::string_view reason) {
                                                            say("error", reason);
                                                          })} {
  if (options.timeout) patience_ = floe::after(now(), *options.timeout);
  say_credentials();
  agent().gather(now());
}

void drive::say(std::string_view word, std::string_view rest) {
  std::string line{word};
  if (!rest.empty()) line.append(" ").append(rest);
  print(line.append("\n"));
}

void drive::say_credentials() {
  const auto credentials = agent().local_credentials();
  say(pacing_line(pace_));  // comes first: the peer's first checks keep to it
  say("ufrag", credentials.ufrag);
  say("pwd", credentials.password);
}

void drive::say_state(floe::connection_state state) {
  using floe::connection_state;
  connected_ = state == connection_state::connected || state == connection_state::completed;
  if (state != connection_state::idle && state != connection_state::closed) {
    say("state", to_text(state));
  }
}

void drive::on_input(std::string_view bytes) {
  if (bytes.empty()) over_ = true;
  cutter_.feed(bytes, [this](const std::string& line) {
    if (!over_) take(line);
  });
}

bool drive::wants_input() const { return unprinted() < most_unprinted; }

void drive::take(std::string_view line) {
  if (line.size() > line_cutter::longest) return say("error", "line too long");
  while (line.ends_with(' ') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return;
  const auto word = line.substr(0, line.find(' '));
  const auto value = line.substr(std::min(word.size() + 1, line.size()));
  if (remote_.take(word, value)) return;
  if (word == "send") return send_hex(value);
  if (!value.empty() || !take_command(word)) say("error", "unknown word");
}

bool drive::take_command(std::string_view word) {
  if (word == "quit") {
    over_ = true;
  } else if (word == "restart") {
    agent().restart();
  } else {
    // Candidates may still come behind this line, and the agent does without it.
    return word == "end-of-candidates";
  }
  return true;
}

void drive::send_hex(std::string_view hex) {
  const auto bytes = from_hex(hex);
  const auto refusal = bytes ? send(*bytes) : "send takes pairs of hex digits";
  if (!refusal.empty()) say("error", refusal);
}

void drive::on_event(const floe::event::any& event) {
  const overloaded sayer{
      [this](const floe::event::local_candidate& e) { say("candidate", text_of(agent(), e.id)); },
      [this](const floe::event::gathering_done&) { say("end-of-candidates"); },
      [this](const floe::event::restarted&) { say_credentials(); },
      [this](const floe::event::state_changed& e) { say_state(e.to); },
      [this](const floe::event::relay_lost&) { say("relay-lost"); },
      [this](const floe::event::relay_replaced& e) {
        say("relay-replaced", e.is_cut_off ? "cut-off" : "");
      },
      [this](const floe::event::selected& e) {
        say("selected",
            text_of(agent(), e.local) + " | " + text_of(agent(), e.remote, remote_.ufrag()));
      },
      [](const auto&) {},
  };
  std::visit(sayer, event);
}

void drive::on_payload(floe::byte_view bytes) {
  if (unprinted() < most_unprinted) say("rx", to_hex(bytes));
}

void drive::on_signal(int) { over_ = true; }

std::optional<int> drive::advance(floe::time_point now) {
  if (output_broke()) return static_cast<int>(exit_code::local_trouble);
  if (over_) return static_cast<int>(exit_code::well);
  if (connected_) patience_.reset();
  if (patience_ && *patience_ <= now) {
    complain("no connection in time");
    return static_cast<int>(exit_code::timeout);
  }
  return std::nullopt;
}

floe::deadline drive::next_timeout() const { return patience_; }

}  // namespace

int run_lines(const options& options) { return drive{options, config_of(options)}.run(); }

}  // namespace floecat
