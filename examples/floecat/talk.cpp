// offer and answer: two people hand each other one line each, then stdin and stdout are connected.
//
// owns:     the exchange of tokens, the pipe over the path, and how the session ends
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lines.hpp"
#include "options.hpp"
#include "pipe.hpp"
#include "session.hpp"
#include "token.hpp"

namespace floecat {

namespace {

/// As much as stdout may be behind before the peer is held up.
constexpr std::size_t most_unwritten = 65'536;

constexpr std::chrono::seconds default_patience{600};

/// Hints are for people who watch.
void hint(const std::string& text) {
  if (isatty(STDERR_FILENO) == 1) complain(text);
}

class talk final : public session {
 public:
  talk(const options& options, const floe::config& config);

  void on_input(std::string_view bytes) override;
  [[nodiscard]] bool wants_input() const override;
  void on_event(const floe::event::any& event) override;
  void on_payload(floe::byte_view bytes) override;
  void on_signal(int number) override;
  [[nodiscard]] std::optional<int> advance(floe::time_point now) override;
  [[nodiscard]] floe::deadline next_timeout() const override;

 private:
  void print_token();
  void take_token_input();
  void take_token(std::string_view line);
  void feed_pipe();
  void send_frames(floe::time_point now);
  [[nodiscard]] std::optional<int> outcome(floe::time_point now);

  mode mode_;
  floe::duration pace_;
  floe::deadline patience_;  ///< until when a connection must stand
  floecat::pipe pipe_;
  remote_words remote_;
  std::vector<std::string> mine_;  ///< lines of the token
  bool token_told_ = false;
  bool theirs_known_ = false;
  bool has_path_ = false;
  std::string input_;  ///< read, and not yet in the pipe
  bool input_ended_ = false;
  std::optional<std::string> token_trouble_;
  std::optional<int> signal_;
};

talk::talk(const options& options, const floe::config& config)
    : session{options, config}, mode_{options.mode}, pace_{config.ta},
      remote_{agent(), listener([this](std::string_view reason) { token_trouble_ = reason; })} {
  patience_ = floe::after(now(), options.timeout.value_or(default_patience));
  if (mode_ == mode::offer) agent().gather(now());
}

/// Once: what servers say too late is not in it.
void talk::print_token() {
  if (std::exchange(token_told_, true)) return;
  if (mine_.empty()) complain("no server gave an address; --verbose tells why");
  const auto credentials = agent().local_credentials();
  const std::vector<std::string> own{pacing_line(pace_), "ufrag " + std::string{credentials.ufrag},
                                     "pwd " + std::string{credentials.password}};
  mine_.insert(mine_.begin(), own.begin(), own.end());
  print(write_token(mine_) + "\n");
  hint(mode_ == mode::offer ? "give this line to the other person, and enter theirs here"
                            : "give this line to the other person");
}

void talk::on_input(std::string_view bytes) {
  input_ended_ = bytes.empty();
  input_.append(bytes);
  if (!theirs_known_) take_token_input();
}

bool talk::wants_input() const { return !theirs_known_ || input_.empty(); }

/// The first line that is not blank is the token; what follows is data already.
void talk::take_token_input() {
  while (!theirs_known_ && !token_trouble_) {
    const auto end = input_.find('\n');
    const bool whole = end != std::string::npos;
    if (!whole && !input_ended_ && input_.size() <= max_token) return;
    const auto line = input_.substr(0, end);
    input_.erase(0, whole ? end + 1 : end);
    const bool blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (!blank) return take_token(line);
    if (!whole) token_trouble_ = "no line came in";
  }
}

void talk::take_token(std::string_view line) {
  for (const auto& part : read_token(line).value_or(std::vector<std::string>{})) {
    const auto word = part.substr(0, part.find(' '));
    const auto value = part.substr(std::min(word.size() + 1, part.size()));
    if (!remote_.take(word, value)) token_trouble_ = "that is no token";
  }
  if (remote_.ufrag().empty()) token_trouble_ = "that is no token, or a damaged one";
  if (remote_.ufrag() == agent().local_credentials().ufrag) {
    token_trouble_ = "that is your own line; the other person's is needed";
  }
  if (token_trouble_) return;
  theirs_known_ = true;
  if (mode_ == mode::offer) {
    static_cast<void>(agent().end_of_remote_candidates());  // the peer has known ours for a while
  } else {
    agent().gather(now());
  }
}

void talk::on_event(const floe::event::any& event) {
  const overloaded taker{
      [this](const floe::event::local_candidate& e) {
        mine_.push_back("candidate " + text_of(agent(), e.id));
      },
      [this](const floe::event::enough_gathered&) { print_token(); },
      [this](const floe::event::gathering_done&) { print_token(); },
      [this](const floe::event::path_found&) { has_path_ = true; },
      [](const auto&) {},
  };
  std::visit(taker, event);
}

void talk::on_payload(floe::byte_view bytes) {
  const bool first = !pipe_.established();
  pipe_.handle_frame(now(), bytes);
  if (first && pipe_.established()) hint("connected");
}

void talk::on_signal(int number) { signal_ = number; }

std::optional<int> talk::advance(floe::time_point now) {
  pipe_.handle_timeout(now);
  feed_pipe();
  const auto ready = pipe_.readable();
  if (!ready.empty() && unprinted() < most_unwritten) {
    print(floe::as_text(ready));
    pipe_.consume(ready.size());
  }
  send_frames(now);
  const auto over = outcome(now);
  if (over) {
    pipe_.abort();
    send_frames(now);
  }
  return over;
}

void talk::feed_pipe() {
  if (!theirs_known_) return;
  const auto part = std::min(pipe_.room(), input_.size());
  pipe_.write(floe::as_byte_view(input_).first(part));
  input_.erase(0, part);
  if (input_ended_ && input_.empty()) pipe_.end();
}

void talk::send_frames(floe::time_point now) {
  if (!has_path_) return;
  std::array<std::byte, max_frame> frame{};
  while (const auto size = pipe_.poll_frame(now, frame)) {
    // Without a path at this moment the frame is lost, and repeated.
    static_cast<void>(send(floe::byte_view{frame}.first(size)));
  }
}

std::optional<int> talk::outcome(floe::time_point now) {
  const auto end = [](exit_code code, const std::string& why) {
    complain(why);
    return static_cast<int>(code);
  };
  if (signal_) return static_cast<int>(exit_code::signal) + *signal_;
  if (token_trouble_) return end(exit_code::bad_token, *token_trouble_);
  if (output_broke()) return end(exit_code::local_trouble, "stdout is closed");
  switch (pipe_.status()) {
    case pipe::state::open:
    case pipe::state::finished: break;
    case pipe::state::closed:
      if (pipe_.readable().empty()) return static_cast<int>(exit_code::well);
      break;
    case pipe::state::lost: return end(exit_code::peer_lost, "the peer fell silent");
    case pipe::state::aborted: return end(exit_code::peer_lost, "the peer left before the end");
  }
  if (pipe_.status() == pipe::state::open && agent().state() == floe::connection_state::failed) {
    return pipe_.established() ? end(exit_code::peer_lost, "the path to the peer is gone")
                               : end(exit_code::no_path, "no path to the peer");
  }
  if (!pipe_.established() && *patience_ <= now) {
    return end(exit_code::timeout, theirs_known_ ? "no connection in time" : "no token in time");
  }
  return std::nullopt;
}

floe::deadline talk::next_timeout() const {
  const auto next = has_path_ ? pipe_.next_timeout() : std::nullopt;
  return pipe_.established() ? next : floe::earliest(next, patience_);
}

}  // namespace

int run_talk(const options& options) {
  auto config = config_of(options);
  // People carry lines slowly: until --timeout the other side may only not have ours yet.
  config.presume_end_of_candidates = false;
  return talk{options, config}.run();
}

}  // namespace floecat
