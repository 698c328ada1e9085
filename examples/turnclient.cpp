// Allocates a relay on a TURN server and moves datagrams through it, as told on standard input.
//
//     turnclient [--tcp | --tls] [--user U --password P] [--lifetime SECONDS] [--ipv6-relay]
//                [--patience MILLISECONDS] [--again] ADDRESS PORT
//
// Commands, one per line: permit ADDRESS · bind ADDRESS PORT · send ADDRESS PORT TEXT · close.
// What happens comes on standard output, one line each: relayed ADDRESS PORT · permitted ADDRESS ·
// refused ADDRESS CODE · bound ADDRESS PORT · data ADDRESS PORT TEXT · not-sent REASON · ended
// REASON CODE. With --again a relay that the server has lost is asked for anew, from another port.
//
// The certificate of a TLS server is not checked: this program is for trying things out.
//
// Exit code: 0 after close, 1 when the server gives no relay, 2 for words it does not understand.
#include <fcntl.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <variant>
#include <vector>

#include "command_line.hpp"
#include "floe/core/error_code.hpp"
#include "floe/sdp/address.hpp"
#include "floe/sdp/text.hpp"
#include "floe/turn/session.hpp"
#include "tls.hpp"

namespace {

using examples::with_no_old_errors;
using std::chrono::steady_clock;
namespace event = floe::turn::event;

enum outcome : int { closed = 0, no_relay = 1 };

/// The operating system's randomness.
struct system_entropy {
  void operator()(floe::byte_span out) const {
    if (getentropy(out.data(), out.size()) != 0) std::abort();
  }
};

struct options {
  floe::turn::transport transport = floe::turn::transport::udp;
  std::string user;
  std::string password;
  std::optional<std::uint32_t> lifetime;
  bool ipv6_relay = false;
  bool again = false;
  std::chrono::milliseconds patience{10000};
  floe::address address;
  std::uint16_t port = 0;
};

std::string text_of(const floe::address& a) { return std::string{floe::sdp::to_text(a).view()}; }

/// A socket that is connected to the server, with TLS over it where that is wanted.
class connection {
 public:
  explicit connection(const options& o) {
    addrinfo hints{};
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = floe::turn::is_stream(o.transport) ? SOCK_STREAM : SOCK_DGRAM;
    addrinfo* found = nullptr;
    const auto host = text_of(o.address);
    const auto port = std::to_string(o.port);
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, &freeaddrinfo};
    fd_ = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
    const timeval limit{10, 0};  // for connecting and shaking hands
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    open_ = connect(fd_, found->ai_addr, found->ai_addrlen) == 0;
    if (open_ && o.transport == floe::turn::transport::tls) open_ = shake_hands();
    if (open_) fcntl(fd_, F_SETFL, fcntl(fd_, F_GETFL) | O_NONBLOCK);
  }
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  connection(connection&&) = delete;
  connection& operator=(connection&&) = delete;
  ~connection() {
    if (fd_ >= 0) ::close(fd_);
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return open_; }

  /// Sends all or gives up: what a slow connection does not take at once breaks it.
  bool send(floe::byte_view bytes) {
    const auto size = static_cast<int>(bytes.size());
    const auto encrypt = [&] { return SSL_write(tls_.get(), bytes.data(), size); };
    const auto sent =
        tls_ ? with_no_old_errors(encrypt) : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent == size;
  }

  /// The next bytes; nothing when there are none, and is_open() no more when there will be none.
  std::optional<floe::byte_view> receive(floe::byte_span into, bool stream) {
    const auto decrypt = [&] {
      return SSL_read(tls_.get(), into.data(), static_cast<int>(into.size()));
    };
    const auto got = tls_ ? with_no_old_errors(decrypt) : ::recv(fd_, into.data(), into.size(), 0);
    if (got > 0 || (got == 0 && !stream)) return into.first(static_cast<std::size_t>(got));
    const bool later = tls_
                           ? SSL_get_error(tls_.get(), static_cast<int>(got)) == SSL_ERROR_WANT_READ
                           : got < 0 && errno == EAGAIN;
    // An ICMP error about a datagram is no reason to give a server up that is being restarted.
    if (!later && stream) open_ = false;
    return std::nullopt;
  }

 private:
  bool shake_hands() {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    if (!context_) return false;
    tls_.reset(SSL_new(context_.get()));
    return tls_ && SSL_set_fd(tls_.get(), fd_) == 1 &&
           with_no_old_errors([&] { return SSL_connect(tls_.get()); }) == 1;
  }

  struct free_context {
    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
  };
  struct free_tls {
    void operator()(SSL* s) const { SSL_free(s); }
  };

  int fd_ = -1;
  bool open_ = false;
  std::unique_ptr<SSL_CTX, free_context> context_;
  std::unique_ptr<SSL, free_tls> tls_;
};

const char* text_of(floe::turn::end_reason why) {
  using floe::turn::end_reason;
  switch (why) {
    case end_reason::closed: return "closed";
    case end_reason::refused: return "refused";
    case end_reason::credentials: return "credentials";
    case end_reason::timeout: return "timeout";
    case end_reason::unusable_answer: return "unusable-answer";
    case end_reason::unreachable: return "unreachable";
    case end_reason::broken_stream: return "broken-stream";
    case end_reason::forgotten: return "forgotten";
    case end_reason::expired: return "expired";
    case end_reason::out_of_step: return "out-of-step";
    case end_reason::unproved: return "unproved";
  }
  return "";
}

std::string text_of(const floe::endpoint& e) {
  return text_of(e.address) + ' ' + std::to_string(e.port);
}
unsigned number_of(std::optional<floe::stun::error_code> code) {
  return code ? static_cast<unsigned>(*code) : 0;
}
unsigned number_of(const std::optional<floe::turn::complaint>& said) {
  return said ? static_cast<unsigned>(said->code) : 0;
}

/// One allocation, from the first request to the end.
class call {
 public:
  explicit call(const options& o)
      : options_{o}, connection_{o}, session_{config_of(o), entropy_, floe::memory_ref{}} {}

  /// Until the end of the allocation. `input` holds what was read of the commands so far.
  event::ended run(std::string& input, const std::vector<std::string>& before) {
    if (!connection_.is_open()) return {floe::turn::end_reason::unreachable, {}};
    (void)session_.start(steady_clock::now()).has_value();
    for (const auto& line : before) obey(line);
    for (;;) {
      drain();
      if (ended_) return *ended_;
      pollfd ready[2]{{connection_.fd(), POLLIN, 0}, {input_open_ ? STDIN_FILENO : -1, POLLIN, 0}};
      const int count = poll(ready, 2, wait());
      session_.handle_timeout(steady_clock::now());
      if (count > 0 && ready[0].revents != 0) receive();
      if (count > 0 && ready[1].revents != 0) read_commands(input);
    }
  }

  /// The peers that were named, to be named to the next allocation.
  [[nodiscard]] const std::vector<std::string>& peers() const { return peers_; }

 private:
  static constexpr floe::socket_id local{1};
  static constexpr std::size_t headroom = floe::turn::most_overhead;

  static floe::turn::session_config config_of(const options& o) {
    floe::turn::session_config out;
    out.local = local;
    out.server = {o.address, o.port};
    out.transport = o.transport;
    out.user = o.user;
    out.password = o.password;
    out.ask.lifetime = o.lifetime;
    if (o.ipv6_relay) out.ask.family = floe::turn::relay_family::ipv6;
    out.special_peers = true;  // this program's peers are mostly on its own machine
    out.patience = o.patience;
    return out;
  }

  [[nodiscard]] int wait() const {
    const auto next = session_.next_timeout();
    if (!next) return -1;
    const auto left = std::max(*next - steady_clock::now(), steady_clock::duration::zero());
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
  }

  void drain() {
    std::array<std::byte, 2048> buffer{};
    while (const auto out = session_.poll_transmit(buffer)) {
      if (!connection_.send(floe::byte_view{buffer}.first(out->size))) lose();
    }
    while (const auto e = session_.poll_event())
      std::visit([&](const auto& told) { tell(told); }, *e);
    std::cout.flush();
  }

  void lose() {
    if (floe::turn::is_stream(options_.transport)) {
      session_.handle_unreachable(steady_clock::now(), local);
    }
  }

  void receive() {
    const bool stream = floe::turn::is_stream(options_.transport);
    const auto now = steady_clock::now();
    while (const auto bytes = connection_.receive(buffer_, stream)) {
      if (!stream) {
        show(session_.handle_datagram(now, {local, session_.route().remote, *bytes}));
        continue;
      }
      session_.handle_stream(now, local, *bytes);
      while (const auto in = session_.next_inbound(now)) show(*in);
    }
    if (!connection_.is_open()) lose();
  }

  static void show(const floe::turn::inbound& in) {
    if (!in || !*in) return;
    std::cout << "data " << text_of((*in)->peer) << ' ' << floe::as_text((*in)->bytes) << '\n';
  }

  void read_commands(std::string& input) {
    std::array<char, 4096> piece{};
    const auto got = read(STDIN_FILENO, piece.data(), piece.size());
    if (got <= 0) {
      input_open_ = false;
      session_.close(steady_clock::now());
      return;
    }
    input.append(piece.data(), static_cast<std::size_t>(got));
    for (auto end = input.find('\n'); end != std::string::npos; end = input.find('\n')) {
      obey(input.substr(0, end));
      input.erase(0, end + 1);
    }
  }

  void obey(const std::string& line) {
    std::istringstream words{line};
    std::string command;
    std::string address;
    std::string port;
    words >> command >> address;
    if (command == "close") return session_.close(steady_clock::now());
    const auto parsed = floe::sdp::parse_address(address);
    if (command != "permit") words >> port;
    const auto number = floe::sdp::parse_decimal(command == "permit" ? "1" : port, 5, 1, 65535);
    if (!parsed || !number) {
      std::cout << "not-understood " << line << '\n';
      return;
    }
    const floe::endpoint peer{*parsed, static_cast<std::uint16_t>(*number)};
    if (command != "send") peers_.push_back(line);
    std::string text;
    std::getline(words >> std::ws, text);
    if (command == "permit") return report(session_.permit(peer.address));
    if (command == "bind") return report(session_.bind(peer));
    if (command == "send") return send(peer, text);
    std::cout << "not-understood " << line << '\n';
  }

  void send(const floe::endpoint& peer, const std::string& text) {
    std::vector<std::byte> buffer(headroom + text.size() + 3);
    const auto payload = floe::as_byte_view(text);
    std::copy(payload.begin(), payload.end(), buffer.begin() + headroom);
    const auto out = session_.wrap(peer, buffer, headroom, text.size());
    if (!out) {
      std::cout << "not-sent " << make_error_code(out.error()).message() << '\n';
    } else if (!connection_.send(floe::byte_view{buffer}.subspan(out->offset, out->to_send.size))) {
      lose();
    }
  }

  static void report(const floe::result<void>& done) {
    if (!done) std::cout << "not-done " << make_error_code(done.error()).message() << '\n';
  }

  static void tell(const event::allocated& e) {
    const auto& relayed = e.grant.relayed_v4 ? e.grant.relayed_v4 : e.grant.relayed_v6;
    std::cout << "relayed " << text_of(*relayed) << '\n';
  }
  static void tell(const event::permitted& e) {
    std::cout << "permitted " << text_of(e.address) << '\n';
  }
  static void tell(const event::permission_refused& e) {
    std::cout << "refused " << text_of(e.address) << ' ' << number_of(e.code) << '\n';
  }
  static void tell(const event::channel_bound& e) {
    std::cout << "bound " << text_of(e.peer) << '\n';
  }
  static void tell(const event::put_off& e) {
    std::cout << "put-off " << number_of(e.said.code) << '\n';
  }
  void tell(const event::ended& e) {
    std::cout << "ended " << text_of(e.why) << ' ' << number_of(e.said) << '\n';
    ended_ = e;
  }
  template <class Other>
  static void tell(const Other&) {}

  options options_;
  system_entropy entropy_;
  connection connection_;
  floe::turn::session session_;
  std::array<std::byte, 65600> buffer_{};
  std::vector<std::string> peers_;
  std::optional<event::ended> ended_;
  bool input_open_ = true;
};

}  // namespace

int main(int argc, char** argv) {
  options options;
  bool tcp = false;
  bool tls = false;
  examples::command_line line{
      "turnclient",
      "usage: turnclient [--tcp | --tls] [--user U --password P] [--lifetime SECONDS]\n"
      "                  [--ipv6-relay] [--patience MILLISECONDS] [--again] ADDRESS PORT\n"
      "Commands on standard input, one per line:\n"
      "  permit ADDRESS | bind ADDRESS PORT | send ADDRESS PORT TEXT | close\n"};
  line.flag("--tcp", tcp)
      .flag("--tls", tls)
      .flag("--ipv6-relay", options.ipv6_relay)
      .flag("--again", options.again)
      .option("--user", examples::text_into(options.user))
      .option("--password", examples::text_into(options.password))
      .option("--lifetime", examples::number_into(options.lifetime, 1, 999'999'999))
      .option("--patience", examples::number_into(options.patience, 1, 999'999'999))
      .words("ADDRESS", 1, 1, examples::address_into(options.address))
      .words("PORT", 1, 1, examples::port_into(options.port));
  if (const auto code = line.read(argc, argv)) return *code;
  if (tcp && tls) return line.refuse("--tcp and --tls are one too many");
  if (tcp) options.transport = floe::turn::transport::tcp;
  if (tls) options.transport = floe::turn::transport::tls;
  std::signal(SIGPIPE, SIG_IGN);
  std::string input;
  std::vector<std::string> peers;
  for (;;) {
    const auto one = std::make_unique<call>(options);
    const auto ended = one->run(input, peers);
    if (ended.why == floe::turn::end_reason::closed) return closed;
    const bool was_there = ended.why == floe::turn::end_reason::forgotten ||
                           ended.why == floe::turn::end_reason::expired ||
                           ended.why == floe::turn::end_reason::out_of_step ||
                           ended.why == floe::turn::end_reason::timeout;
    if (!options.again || !was_there) return no_relay;
    peers = one->peers();
  }
}
