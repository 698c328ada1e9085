#include "session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace floecat {

namespace {

/// Signals arrive through a pipe, so that poll() wakes for them.
std::array<int, 2> signal_pipe{-1, -1};

void note_signal(int number) {
  const auto byte = static_cast<char>(number);
  const auto written = ::write(signal_pipe[1], &byte, 1);
  static_cast<void>(written);
  std::signal(number, SIG_DFL);  // who asks twice is not kept waiting
}

void catch_signals() {
  if (::pipe(signal_pipe.data()) != 0) return;
  for (const int fd : signal_pipe) fcntl(fd, F_SETFL, O_NONBLOCK);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) std::signal(number, note_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

/// poll()'s timeout until `deadline`, rounded up so that it is never early.
int milliseconds_until(floe::deadline deadline, floe::time_point now) {
  if (!deadline) return -1;
  const auto span = std::chrono::ceil<std::chrono::milliseconds>(floe::elapsed(now, *deadline));
  return static_cast<int>(std::min<long long>(span.count(), INT_MAX));
}

std::string text_of(const floe::endpoint& e) {
  const auto host = std::string{floe::sdp::to_text(e.address).view()};
  const bool v6 = e.address.family == floe::family::ipv6;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(e.port);
}

std::string_view text_of(floe::ice::pair_state state) {
  using floe::ice::pair_state;
  switch (state) {
    case pair_state::frozen: return "frozen";
    case pair_state::waiting: return "waiting";
    case pair_state::in_progress: return "in-progress";
    case pair_state::succeeded: return "succeeded";
    case pair_state::failed: return "failed";
  }
  return "?";
}

std::string value_of(const floe::ice::candidate& candidate, std::string_view ufrag) {
  const auto text = floe::sdp::to_text(candidate, ufrag);
  return std::string{text.view().substr(floe::sdp::candidate_prefix.size())};
}

}  // namespace

void session::entropy::operator()(floe::byte_span out) const {
  for (std::size_t done = 0; done < out.size();
       done += std::min<std::size_t>(256, out.size() - done)) {
    if (getentropy(out.data() + done, std::min<std::size_t>(256, out.size() - done)) == 0) continue;
    complain("the system has no random numbers");  // and without them nothing is secret
    std::abort();
  }
}

session::session(const options& options, const floe::config& config)
    : start_{now()}, verbose_{options.verbose}, agent_{start_, config, entropy_} {
  catch_signals();
  const double clock = std::chrono::duration<double>(start_.time_since_epoch()).count();
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "clock %.6f", clock);
  tell(text.data());
  if (!options.pcap.empty() && !pcap_.open(options.pcap)) {
    complain("can't write " + options.pcap + ": " + std::strerror(errno));
  } else if (!open_sockets(options)) {
    sockets_.clear();
  }
}

bool session::open_sockets(const options& options) {
  const bool chosen = !options.bind.empty();
  for (const auto& local :
       chosen ? with_scopes(options.bind) : usable_addresses(options.loopback)) {
    auto opened = udp_socket::open(local);
    const auto trouble = errno;
    const std::string name{floe::sdp::to_text(local.address).view()};
    if (!opened) {
      complain("can't bind " + name + ": " + std::strerror(trouble));
      if (chosen) return false;
      continue;
    }
    const auto id = static_cast<floe::socket_id>(sockets_.size());
    const auto added = agent_.add_local(id, opened->bound());
    if (added) {
      sockets_.push_back(std::move(*opened));
    } else {
      complain("can't use " + name + ": " + make_error_code(added.error()).message());
    }
  }
  if (sockets_.empty()) complain("there is no address to use");
  return !sockets_.empty();
}

int session::run(program& p) {
  while (true) {
    take_signals(p);
    auto outcome = p.advance(now());
    serve_agent(p);
    if (!outcome) outcome = p.advance(now());  // events may have changed its mind
    if (outcome) {
      flush();
      tell_totals();
      return *outcome;
    }
    wait(p);
  }
}

/// Lets the agent do what is due, commands of the program included.
void session::serve_agent(program& p) {
  drain(p);
  while (true) {
    const auto next = agent_.next_timeout();
    const auto at = now();
    if (!next || *next > at) return;
    agent_.handle_timeout(at);
    drain(p);
  }
}

void session::drain(program& p) {
  std::array<std::byte, floe::max_datagram_size> datagram{};
  while (const auto out = agent_.poll_transmit(datagram)) {
    deliver(*out, floe::byte_view{datagram}.first(out->size));
  }
  while (const auto event = agent_.poll_event()) {
    tell_event(*event);
    p.on_event(*event);
  }
}

/// A datagram that can't be sent is a lost one, which everything above knows how to repair.
void session::deliver(const floe::transmit& out, floe::byte_view bytes) {
  auto& socket = sockets_[static_cast<std::size_t>(out.local)];
  pcap_.record(socket.bound(), out.remote, bytes);
  const auto error = socket.send(out.remote, bytes);
  if (error != 0 && error != last_send_error_) {
    tell("trouble sending to " + floecat::text_of(out.remote) + ": " + std::strerror(error));
  }
  last_send_error_ = error;
}

floe::result<void> session::send(floe::byte_view data) {
  const auto out = agent_.encapsulate(data, buffer_);
  if (!out) return floe::unexpected{out.error()};
  deliver(*out, floe::byte_view{buffer_}.first(out->size));
  return {};
}

/// Takes what waits at a socket, but not for ever: others wait as well.
void session::receive(program& p, std::size_t socket) {
  for (int i = 0; i < 64; ++i) {
    const auto arrival = sockets_[socket].receive(buffer_);
    if (!arrival) return;
    const auto bytes = floe::byte_view{buffer_}.first(arrival->size);
    pcap_.record(arrival->from, sockets_[socket].bound(), bytes);
    const auto inbound =
        agent_.handle_datagram(now(), {static_cast<floe::socket_id>(socket), arrival->from, bytes});
    if (const auto* const payload = std::get_if<floe::payload>(&inbound)) p.on_payload(*payload);
    drain(p);
  }
}

void session::read_input(program& p) {
  std::array<char, 16'384> piece{};
  const auto size = ::read(STDIN_FILENO, piece.data(), piece.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  input_ended_ = size <= 0;
  p.on_input({piece.data(), input_ended_ ? 0 : static_cast<std::size_t>(size)});
}

/// Writes no more than a pipe that is ready takes at once, so that a slow reader stops nothing
/// else.
void session::write_output() {
  const auto size =
      ::write(STDOUT_FILENO, output_.data(), std::min<std::size_t>(output_.size(), PIPE_BUF));
  if (size >= 0) {
    output_.erase(0, static_cast<std::size_t>(size));
  } else if (errno != EAGAIN && errno != EINTR) {
    output_broke_ = true;
    output_.clear();
  }
}

void session::take_signals(program& p) {
  char number = 0;
  while (::read(signal_pipe[0], &number, 1) == 1) {
    signalled_ = true;
    p.on_signal(number);
  }
}

void session::wait(program& p) {
  std::vector<pollfd> watched;
  for (const auto& socket : sockets_) watched.push_back({socket.fd(), POLLIN, 0});
  watched.push_back({signal_pipe[0], POLLIN, 0});
  watched.push_back({!input_ended_ && p.wants_input() ? STDIN_FILENO : -1, POLLIN, 0});
  watched.push_back({output_.empty() ? -1 : STDOUT_FILENO, POLLOUT, 0});

  const auto next = floe::earliest(agent_.next_timeout(), p.next_timeout());
  if (::poll(watched.data(), watched.size(), milliseconds_until(next, now())) < 0) return;
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    if (watched[i].revents != 0) receive(p, i);
  }
  if (watched[sockets_.size() + 1].revents != 0) read_input(p);
  if (watched[sockets_.size() + 2].revents != 0) write_output();
}

/// Writes what is left. After a signal no reader is waited for.
void session::flush() {
  while (!output_.empty()) {
    pollfd ready{STDOUT_FILENO, POLLOUT, 0};
    const int count = ::poll(&ready, 1, signalled_ ? 0 : -1);
    if (count == 0 || (count < 0 && errno != EINTR)) return;
    if (count > 0) write_output();
  }
}

void session::complain(const std::string& text) {
  std::fprintf(stderr, "floecat: %s\n", text.c_str());
}

void session::tell(const std::string& text) const {
  if (!verbose_) return;
  const auto since = std::chrono::duration<double, std::milli>(now() - start_).count();
  std::fprintf(stderr, "floecat %+.3f %s\n", since, text.c_str());
}

std::string session::text_of(floe::ice::local_id id) const {
  const auto* const row = agent_.local(id);
  return row == nullptr ? "gone" : value_of(row->candidate, agent_.local_credentials().ufrag);
}

std::string session::text_of(floe::ice::remote_id id, std::string_view ufrag) const {
  const auto* const row = agent_.remote(id);
  return row == nullptr ? "gone" : value_of(row->candidate, ufrag);
}

std::string session::ends_of(floe::ice::local_id local, floe::ice::remote_id remote) const {
  const auto* const mine = agent_.local(local);
  const auto* const theirs = agent_.remote(remote);
  if (mine == nullptr || theirs == nullptr) return "gone gone";
  return floecat::text_of(mine->candidate.address) + " " +
         floecat::text_of(theirs->candidate.address);
}

void session::tell_event(const floe::event::any& event) {
  if (!verbose_) return;
  const auto key = [](floe::ice::pair_id id) {
    return id.index | std::uint32_t{id.generation} << 16U;
  };
  const overloaded teller{
      [&](const floe::event::local_candidate& e) { tell("local " + text_of(e.id)); },
      [&](const floe::event::learned_candidate& e) { tell("learned " + text_of(e.id)); },
      [&](const floe::event::state_changed& e) { tell("state " + std::string{to_text(e.to)}); },
      [&](const floe::event::path_found& e) { tell("path " + ends_of(e.local, e.remote)); },
      [&](const floe::event::selected& e) { tell("selected " + ends_of(e.local, e.remote)); },
      [&](const floe::event::role_changed& e) {
        tell(e.role == floe::ice::role::controlling ? "role controlling" : "role controlled");
      },
      [&](const floe::event::restarted&) { tell("restarted"); },
      [&](const floe::event::pair_changed& e) {
        auto& pair = pairs_[key(e.id)];
        pair = std::to_string(e.priority) + " " + ends_of(e.local, e.remote);
        tell("pair " + std::string{floecat::text_of(e.to)} + " " + pair);
      },
      [&](const floe::event::pair_removed& e) {
        tell("pair removed " + pairs_[key(e.id)]);
        pairs_.erase(key(e.id));
      },
      [&](const floe::event::dropped& e) { tell("dropped " + std::to_string(e.count)); },
      [](const auto&) {},
  };
  std::visit(teller, event);
}

void session::tell_totals() const {
  const auto& s = agent_.stats();
  tell("totals sent " + std::to_string(s.datagrams_sent) + " " + std::to_string(s.bytes_sent) +
       " received " + std::to_string(s.datagrams_received) + " " +
       std::to_string(s.bytes_received));
}

}  // namespace floecat
