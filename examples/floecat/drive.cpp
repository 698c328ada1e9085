#include "drive.hpp"

#include <vector>

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

}  // namespace

drive::drive(session& host, const options& options) : host_{host} {
  if (options.timeout) patience_ = floe::after(session::now(), *options.timeout);
  say_credentials();
  host_.agent().gather(session::now());
}

void drive::say(std::string_view word, std::string_view rest) {
  std::string line{word};
  if (!rest.empty()) line.append(" ").append(rest);
  host_.print(line.append("\n"));
}

void drive::say_credentials() {
  const auto credentials = host_.agent().local_credentials();
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
  cutter_.feed(bytes);
  while (const auto line = cutter_.next()) {
    if (over_) return;
    const auto refusal = line->too_long ? "line too long" : take(line->text);
    if (!refusal.empty()) say("error", refusal);
    tell_agent();
  }
}

bool drive::wants_input() const { return host_.unprinted() < most_unprinted; }

/// Takes one line. out: why not; empty when it was taken.
std::string_view drive::take(std::string_view line) {
  while (line.ends_with(' ')) line.remove_suffix(1);
  if (line.empty()) return "";
  const auto space = line.find(' ');
  const auto word = line.substr(0, space);
  if (space == std::string_view::npos) return take_bare(word);
  const auto rest = line.substr(space + 1);
  if (word == "ufrag") return remote_.take_ufrag(session::now(), rest);
  if (word == "pwd") return remote_.take_password(session::now(), rest);
  if (word == "candidate") return remote_.take_candidate(session::now(), rest);
  if (word == "send") return send(rest);
  return "unknown word";
}

std::string_view drive::take_bare(std::string_view word) {
  if (word == "end-of-candidates") return remote_.take_end(session::now());
  if (word == "quit") {
    over_ = true;
  } else if (word == "restart") {
    host_.agent().restart();
  } else {
    return "unknown or incomplete word";
  }
  return "";
}

std::string_view drive::send(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes) return "send takes pairs of hex digits";
  reason_ = host_.send(*bytes);
  return reason_;
}

void drive::on_event(const floe::event::any& event) {
  const overloaded sayer{
      [this](const floe::event::local_candidate& e) {
        say("candidate", text_of(host_.agent(), e.id));
      },
      [this](const floe::event::gathering_done&) { say("end-of-candidates"); },
      [this](const floe::event::restarted&) { say_credentials(); },
      [this](const floe::event::state_changed& e) { say_state(e.to); },
      [this](const floe::event::selected& e) {
        say("selected", text_of(host_.agent(), e.local) + " | " +
                            text_of(host_.agent(), e.remote, remote_.ufrag()));
      },
      [](const auto&) {},
  };
  std::visit(sayer, event);
}

void drive::on_payload(const floe::payload& payload) {
  if (host_.unprinted() < most_unprinted) say("rx", to_hex(payload.bytes));
}

void drive::on_signal(int) { over_ = true; }

/// Passes on what the lines so far amount to.
void drive::tell_agent() {
  while (const auto news = remote_.poll(session::now())) {
    std::visit([this](const auto& n) { tell_agent(n); }, *news);
  }
}

void drive::tell_agent(const remote_side::credentials& credentials) {
  const auto set = host_.agent().set_remote_credentials(credentials.ufrag, credentials.password);
  if (!set) say("error", make_error_code(set.error()).message());
}

void drive::tell_agent(const remote_side::candidate& candidate) {
  const auto added = host_.agent().add_remote(candidate.value, candidate.ufrag);
  if (added) {
    host_.log().tell("remote " + text_of(host_.agent(), *added));
  } else {
    say("error", make_error_code(added.error()).message());
  }
}

void drive::tell_agent(remote_side::complete) { host_.agent().end_of_remote_candidates(); }

std::optional<int> drive::advance(floe::time_point now) {
  tell_agent();
  if (host_.output_broke()) return static_cast<int>(exit_code::local_trouble);
  if (over_) return static_cast<int>(exit_code::well);
  if (connected_) patience_.reset();
  if (patience_ && *patience_ <= now) {
    complain("no connection in time");
    return static_cast<int>(exit_code::timeout);
  }
  return std::nullopt;
}

floe::deadline drive::next_timeout() const {
  return floe::earliest(patience_, remote_.next_timeout());
}

}  // namespace floecat
