#include "session.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <utility>

#include "floe/core/error_code.hpp"
#include "floe/sdp/address.hpp"

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

/// A peer's loopback address means something only to those who offer one themselves.
floe::config with_loopback(floe::config config, const std::vector<local_address>& addresses) {
  config.loopback = std::any_of(addresses.begin(), addresses.end(), [](const local_address& local) {
    return floe::is_loopback(local.address);
  });
  config.gathering.special_peers = config.loopback;
  return config;
}

}  // namespace

floe::config config_of(const options& options) {
  using floe::ice::role;
  floe::config config;
  config.role =
      options.role.value_or(options.mode == mode::answer ? role::controlled : role::controlling);
  config.report_pairs = options.verbose;
  if (!options.uris.empty()) config.servers = {&options.servers, 1};
  if (options.relay_only) config.offers = floe::ice::relayed_only;
  config.gathering.limits = {.sockets = 32, .attempts = 128};
  config.limits.local_candidates = 32;
  config.limits.remote_candidates = 64;
  config.limits.events = 1024;
  return config;
}

void session::entropy::operator()(floe::byte_span out) const {
  while (!out.empty()) {
    const auto part = out.first(std::min<std::size_t>(out.size(), 256));
    if (getentropy(part.data(), part.size()) != 0) {
      complain("the system has no random numbers");  // and without them nothing is secret
      std::abort();
    }
    out = out.subspan(part.size());
  }
}

session::session(const options& options, const floe::config& config)
    : report_{options.verbose}, addresses_{choose_addresses(options.bind, options.loopback)},
      recording_{options.record}, agent_{now(), with_loopback(config, addresses_), entropy_,
                                         recording_.sink()} {
  catch_signals();
  if (!options.pcap.empty() && !pcap_.open(options.pcap)) {
    complain("can't write " + options.pcap + ": " + std::strerror(errno));
  } else if (!options.record.empty() && !agent_.is_recording()) {
    complain("can't write " + options.record);
  } else if (!open_sockets(!options.bind.empty())) {
    sockets_.clear();
  }
}

bool session::open_sockets(bool all_or_none) {
  for (const auto& local : addresses_) {
    auto opened = udp_socket::open(local);
    if (!opened) {
      const auto trouble = errno;
      complain("can't bind " + std::string{floe::sdp::to_text(local.address).view()} + ": " +
               std::strerror(trouble));
      if (all_or_none) return false;
      continue;
    }
    const auto id = static_cast<floe::socket_id>(sockets_.size());
    const auto added = agent_.add_local(id, opened->bound());
    if (added) {
      sockets_.push_back(std::move(*opened));
    } else {
      complain("can't use " + text_of(opened->bound()) + ": " +
               make_error_code(added.error()).message());
    }
  }
  if (sockets_.empty()) complain("there is no address to use");
  return !sockets_.empty();
}

session::~session() = default;

int session::run() {
  if (sockets_.empty()) return static_cast<int>(exit_code::local_trouble);
  while (true) {
    take_signals();
    auto outcome = advance(now());
    serve_agent();
    if (!outcome) outcome = advance(now());  // events may have changed its mind
    if (outcome) {
      agent_.close();  // its relays are told
      drain();
      flush();
      report_.tell_totals(agent_.stats());
      return *outcome;
    }
    wait();
  }
}

/// Lets the agent do what is due, commands of the program included.
void session::serve_agent() {
  drain();
  while (true) {
    const auto next = agent_.next_timeout();
    const auto at = now();
    if (!next || *next > at) return;
    agent_.handle_timeout(at);
    drain();
  }
}

void session::drain() {
  std::array<std::byte, floe::max_datagram_size + floe::max_relay_overhead> datagram{};
  while (const auto out = agent_.poll_transmit(datagram)) {
    deliver(*out, floe::byte_view{datagram}.subspan(out->offset, out->size));
  }
  while (const auto event = agent_.poll_event()) {
    report_.tell_event(agent_, *event);
    std::visit([this](const auto& e) { provide(e); }, *event);
    on_event(*event);
  }
}

/// A datagram that can't be sent is a lost one, which everything above knows how to repair.
int session::deliver(const floe::transmit& out, floe::byte_view bytes) {
  if (static_cast<std::uint32_t>(out.local) >= first_link) {
    const auto found = links_.find(out.local);
    if (found != links_.end()) found->second.connection->send(bytes);
    return found == links_.end() ? ENOTCONN : 0;
  }
  auto& socket = sockets_[static_cast<std::size_t>(out.local)];
  const auto at = std::chrono::system_clock::now();
  const auto error = socket.send(out.remote, bytes);
  if (error == 0) {
    pcap_.record(at, socket.bound(), out.remote, bytes);
  } else if (error != last_send_error_) {
    report_.tell("trouble sending to " + text_of(out.remote) + ": " + std::strerror(error));
  }
  last_send_error_ = error;
  return error;
}

std::string session::send(floe::byte_view data) {
  const auto place = floe::byte_span{outgoing_}.subspan(headroom);
  if (data.size() > place.size()) return "too much for a datagram";
  std::copy(data.begin(), data.end(), place.begin());
  const auto out = agent_.encapsulate(now(), place.first(data.size()), outgoing_);
  if (!out) return make_error_code(out.error()).message();
  const auto error = deliver(*out, floe::byte_view{outgoing_}.subspan(out->offset, out->size));
  return error == 0 ? "" : std::strerror(error);
}

remote_words::listener session::listener(std::function<void(std::string_view)> refused) {
  return {[this](floe::ice::remote_id id) { report_.tell("remote " + text_of(agent_, id)); },
          std::move(refused)};
}

/// Takes what waits at a socket, but not for ever: others wait as well.
void session::receive(std::size_t index) {
  for (int i = 0; i < 64; ++i) {
    const auto arrival = sockets_[index].receive(incoming_);
    if (!arrival) return;
    const auto bytes = floe::byte_view{incoming_}.first(arrival->size);
    pcap_.record(std::chrono::system_clock::now(), arrival->from, sockets_[index].bound(), bytes);
    take(
        agent_.handle_datagram(now(), {static_cast<floe::socket_id>(index), arrival->from, bytes}));
    drain();
  }
}

void session::take(const floe::inbound& inbound) {
  const auto* const payload = std::get_if<floe::payload>(&inbound);
  if (payload != nullptr && payload->verified) on_payload(payload->bytes);
}

/// Lets a connection do what it waited for.
void session::receive(links::iterator link) {
  const auto id = link->first;
  const auto [attempt, server] = std::pair{link->second.attempt, link->second.server};
  auto& connection = *link->second.connection;
  const bool was_open = connection.is_open();
  connection.advance();
  if (!was_open && connection.is_open() && !agent_.connected(now(), attempt, id)) {
    links_.erase(link);  // it took too long
    return;
  }
  while (const auto size = connection.receive(incoming_)) {
    agent_.handle_stream(now(), id, floe::byte_view{incoming_}.first(*size));
    while (const auto inbound = agent_.next_inbound(now())) take(*inbound);
    drain();
  }
  if (!connection.is_broken()) return;
  report_.tell("connection to " + text_of(server) + " broken");
  if (was_open) {
    agent_.handle_unreachable(now(), {id, server});
  } else {
    agent_.connect_failed(now(), attempt);
  }
  links_.erase(link);
}

void session::provide(const floe::event::name_needed& e) {
  agent_.resolved(now(), e.uri, resolve(std::string{agent_.server_name(e.uri)}, e.port));
}

void session::provide(const floe::event::connection_needed& e) {
  const bool tls = e.transport == floe::turn::transport::tls;
  const auto& from = sockets_[static_cast<std::size_t>(e.socket)].local();
  const auto name = tls ? std::string{agent_.server_name(e.uri)} : std::string{};
  // One of before leads to a relay that is gone. It may be the one that is being read.
  for (auto& [id, link] : links_) link.superseded = link.superseded || link.attempt == e.attempt;
  links_[static_cast<floe::socket_id>(next_link_++)] = {
      e.attempt, e.server, std::make_unique<connection>(from, e.server, name)};
}

void session::provide(const floe::event::socket_needed& e) {
  auto opened = udp_socket::open(sockets_[static_cast<std::size_t>(e.socket)].local());
  if (!opened) return agent_.connect_failed(now(), e.attempt);
  sockets_.push_back(std::move(*opened));
  static_cast<void>(
      agent_.connected(now(), e.attempt, static_cast<floe::socket_id>(sockets_.size() - 1)));
}

void session::read_input() {
  std::array<char, 16'384> piece{};
  const auto size = ::read(STDIN_FILENO, piece.data(), piece.size());
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  input_ended_ = size <= 0;
  on_input({piece.data(), input_ended_ ? 0 : static_cast<std::size_t>(size)});
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

void session::take_signals() {
  char number = 0;
  while (::read(signal_pipe[0], &number, 1) == 1) {
    signalled_ = true;
    on_signal(number);
  }
}

void session::wait() {
  std::erase_if(links_, [](const auto& known) { return known.second.superseded; });
  std::vector<pollfd> watched;
  for (const auto& socket : sockets_) watched.push_back({socket.fd(), POLLIN, 0});
  for (const auto& [id, link] : links_) {
    watched.push_back({link.connection->fd(), link.connection->awaited(), 0});
  }
  watched.push_back({signal_pipe[0], POLLIN, 0});
  watched.push_back({!input_ended_ && wants_input() ? STDIN_FILENO : -1, POLLIN, 0});
  watched.push_back({output_.empty() ? -1 : STDOUT_FILENO, POLLOUT, 0});

  const auto next = floe::earliest(agent_.next_timeout(), next_timeout());
  if (::poll(watched.data(), watched.size(), milliseconds_until(next, now())) < 0) return;
  auto seen = watched.cbegin();
  const auto ready = [&seen] { return (seen++)->revents != 0; };
  const auto udp = sockets_.size();  // more may come while these are read
  const auto streams = links_.size();
  for (std::size_t i = 0; i < udp; ++i) {
    if (ready()) receive(i);
  }
  auto link = links_.begin();
  for (std::size_t i = 0; i < streams; ++i) {
    const auto next_one = std::next(link);
    if (ready()) receive(link);
    link = next_one;
  }
  ++seen;  // signals are looked for anyway
  if (ready()) read_input();
  if (ready()) write_output();
}

/// Writes what is left, to a reader who takes it soon.
void session::flush() {
  const auto limit = floe::after(now(), std::chrono::seconds{signalled_ ? 0 : 1});
  while (!output_.empty()) {
    pollfd ready{STDOUT_FILENO, POLLOUT, 0};
    const int count = ::poll(&ready, 1, milliseconds_until(limit, now()));
    if (count == 0 || (count < 0 && errno != EINTR)) return;
    if (count > 0) write_output();
  }
}

}  // namespace floecat
