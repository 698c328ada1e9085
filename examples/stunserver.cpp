// A small STUN server: tells whoever asks, over UDP or TCP, from where the request came.
//
//     stunserver [--bind ADDRESS] [--port N]
//
// It binds 127.0.0.1 unless told otherwise, and port 3478; with 0 the system chooses. Prints
// "ADDRESS PORT" once it serves both transports, and serves until a signal ends it.
//
// The rules are in the library; here are sockets. What strangers can make it hold is bounded: a
// fixed number of connections, of which the quietest gives way, each with one unfinished message.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <iostream>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command_line.hpp"
#include "floe/sdp/address.hpp"
#include "floe/stun/binding_responder.hpp"
#include "floe/stun/classic.hpp"
#include "floe/stun/framing.hpp"

namespace {

using std::chrono::steady_clock;

constexpr std::size_t largest_request = 1500;
constexpr std::size_t most_connections = 64;
constexpr auto idle_limit = std::chrono::seconds{30};
constexpr floe::stun::responder_config answers{.software = "floe"};

/// Owns a file descriptor.
class descriptor {
 public:
  explicit descriptor(int fd = -1) : fd_{fd} {}
  descriptor(descriptor&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// A socket address as the system takes it.
struct raw_address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

floe::endpoint endpoint_of(const raw_address& raw) {
  floe::endpoint made;
  if (raw.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &raw.storage, sizeof v4);
    std::memcpy(made.address.octets.data(), &v4.sin_addr, 4);
    made.port = ntohs(v4.sin_port);
  } else {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &raw.storage, sizeof v6);
    made.address.family = floe::family::ipv6;
    std::memcpy(made.address.octets.data(), &v6.sin6_addr, 16);
    made.port = ntohs(v6.sin6_port);
  }
  return made;
}

/// Takes requests from `from` and answers them.
class responder {
 public:
  /// The answer, which lives until the next call; nothing where silence is the answer.
  std::optional<floe::byte_view> answer(const raw_address& from, floe::byte_view request) {
    const floe::datagram in{{}, endpoint_of(from), request};
    auto out = floe::stun::respond_to_binding(in, buffer_, answers);
    if (!out && out.error() == floe::reject::not_stun) {
      out = floe::stun::respond_to_classic_binding(in, buffer_);
    }
    if (!out) return std::nullopt;
    return floe::byte_view{buffer_}.first(out->size);
  }

 private:
  std::array<std::byte, floe::max_datagram_size> buffer_{};
};

/// A client that came over TCP.
struct connection {
  descriptor socket;
  raw_address peer;
  steady_clock::time_point last;
  floe::stun::stream_reader<floe::stun::stun_framing> reader{largest_request, floe::memory_ref{}};

  /// Reads what is there and answers it. Returns whether the connection is of further use: a client
  /// that does not read its answers loses it, too.
  [[nodiscard]] bool serve(responder& with) {
    std::array<std::byte, largest_request> input{};
    const auto size = recv(socket.get(), input.data(), input.size(), 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    last = steady_clock::now();
    reader.feed(floe::byte_view{input}.first(static_cast<std::size_t>(size)));
    while (const auto request = reader.next()) {
      const auto reply = with.answer(peer, *request);
      if (!reply) continue;
      const auto sent = send(socket.get(), reply->data(), reply->size(), MSG_NOSIGNAL);
      if (sent != static_cast<ssize_t>(reply->size())) return false;
    }
    return !reader.is_broken();
  }
};

class server {
 public:
  /// Binds both transports to one port. Returns false when the system refuses; errno says why.
  [[nodiscard]] bool open(const raw_address& wanted) {
    const auto any_port = endpoint_of(wanted).port == 0;
    // The port that the system chooses for UDP may be taken for TCP.
    for (int attempts = any_port ? 20 : 1; attempts > 0; --attempts) {
      bound_ = wanted;
      udp_ = bind_to(bound_, SOCK_DGRAM);
      if (udp_.get() < 0 || getsockname(udp_.get(), bound_.get(), &bound_.size) != 0) return false;
      tcp_ = bind_to(bound_, SOCK_STREAM);
      if (tcp_.get() >= 0 && listen(tcp_.get(), most_connections) == 0) return true;
    }
    return false;
  }

  [[nodiscard]] floe::endpoint bound() const { return endpoint_of(bound_); }

  /// Waits for the next datagrams, connections and bytes, and serves them.
  void serve() {
    std::vector<pollfd> waiting{{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}};
    for (const auto& c : connections_) waiting.push_back({c.socket.get(), POLLIN, 0});
    const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(idle_limit).count();
    if (poll(waiting.data(), waiting.size(), connections_.empty() ? -1 : static_cast<int>(limit)) <
        0) {
      return;
    }
    auto ready = waiting.begin() + 2;
    for (auto c = connections_.begin(); c != connections_.end(); ++ready) {
      const bool keep =
          ready->revents == 0 ? steady_clock::now() - c->last < idle_limit : c->serve(responder_);
      c = keep ? std::next(c) : connections_.erase(c);
    }
    if (waiting[0].revents != 0) answer_datagram();
    if (waiting[1].revents != 0) accept_connection();
  }

 private:
  [[nodiscard]] static descriptor bind_to(raw_address& to, int type) {
    descriptor made{socket(to.storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    const int on = 1;
    if (to.storage.ss_family == AF_INET6) {
      setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (type == SOCK_STREAM) setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return bind(made.get(), to.get(), to.size) == 0 ? std::move(made) : descriptor{};
  }

  void answer_datagram() {
    std::array<std::byte, largest_request> input{};
    raw_address from;
    const auto size = recvfrom(udp_.get(), input.data(), input.size(), 0, from.get(), &from.size);
    if (size < 0) return;
    const auto request = floe::byte_view{input}.first(static_cast<std::size_t>(size));
    const auto reply = responder_.answer(from, request);
    // What can't be sent is lost, as any datagram may be.
    if (reply) (void)sendto(udp_.get(), reply->data(), reply->size(), 0, from.get(), from.size);
  }

  void accept_connection() {
    raw_address peer;
    descriptor made{accept4(tcp_.get(), peer.get(), &peer.size, SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (made.get() < 0) return;
    if (connections_.size() == most_connections) {
      connections_.erase(std::min_element(connections_.begin(), connections_.end(),
                                          [](auto& a, auto& b) { return a.last < b.last; }));
    }
    connections_.push_back({std::move(made), peer, steady_clock::now()});
  }

  descriptor udp_;
  descriptor tcp_;
  raw_address bound_;
  std::list<connection> connections_;
  responder responder_;
};

raw_address to_raw(const floe::endpoint& e) {
  raw_address made;
  if (e.address.family == floe::family::ipv4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(e.port);
    std::memcpy(&v4.sin_addr, e.address.octets.data(), 4);
    std::memcpy(&made.storage, &v4, sizeof v4);
    made.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(e.port);
    std::memcpy(&v6.sin6_addr, e.address.octets.data(), 16);
    std::memcpy(&made.storage, &v6, sizeof v6);
    made.size = sizeof v6;
  }
  return made;
}

}  // namespace

int main(int argc, char** argv) {
  floe::endpoint wanted{floe::address::v4(127, 0, 0, 1), 3478};
  examples::command_line line{"stunserver",
                              "usage: stunserver [--bind ADDRESS] [--port N]\n"
                              "  (127.0.0.1 and 3478; with --port 0 the system chooses)\n"};
  line.option("--bind", examples::address_into(wanted.address))
      .option("--port", examples::port_into(wanted.port, 0));
  if (const auto code = line.read(argc, argv)) return *code;
  server host;
  if (!host.open(to_raw(wanted))) {
    std::cerr << "stunserver: " << std::strerror(errno) << '\n';
    return 1;
  }
  const auto bound = host.bound();
  std::cout << floe::sdp::to_text(bound.address).view() << ' ' << bound.port << std::endl;
  for (;;) host.serve();
}
