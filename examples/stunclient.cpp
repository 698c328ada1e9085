// Asks a STUN server from where it sees this program, and prints "ADDRESS PORT".
//
//     stunclient [--tcp] ADDRESS PORT
//
// Exit code: 0 when the server said, 1 when it did not (standard error says why; over UDP silence
// takes 39.5 seconds, RFC 8489 §6.2.1), 2 for words it does not understand.
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "command_line.hpp"
#include "floe/sdp/address.hpp"
#include "floe/stun/binding_client.hpp"
#include "floe/stun/framing.hpp"

namespace {

using std::chrono::steady_clock;

enum outcome : int { answered = 0, not_answered = 1 };

constexpr std::size_t largest_answer = 1500;

/// The operating system's randomness.
struct system_entropy {
  void operator()(floe::byte_span out) const {
    if (getentropy(out.data(), out.size()) != 0) std::abort();
  }
};

/// A socket connected to the server, or -1; errno says why.
int connect_to(const floe::endpoint& server, bool tcp) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = tcp ? SOCK_STREAM : SOCK_DGRAM;
  addrinfo* found = nullptr;
  const std::string address{floe::sdp::to_text(server.address).view()};
  const auto port = std::to_string(server.port);
  errno = EINVAL;
  if (getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0) return -1;
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{found, &freeaddrinfo};
  const int fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
  const timeval limit{10, 0};  // for connecting; nothing else here blocks
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  return connect(fd, found->ai_addr, found->ai_addrlen) == 0 ? fd : -1;
}

/// Milliseconds until `then`, rounded up, as poll() takes them.
int wait_for(floe::deadline then) {
  if (!then) return -1;
  const auto left = std::max(*then - steady_clock::now(), steady_clock::duration::zero());
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
}

const char* text_of(floe::stun::query_failure why) {
  switch (why) {
    case floe::stun::query_failure::timeout: return "no answer";
    case floe::stun::query_failure::refused: return "the server refused";
    case floe::stun::query_failure::unusable_response: return "an answer without an address";
    case floe::stun::query_failure::unreachable: return "the server can't be reached";
  }
  return "";
}

outcome report(const floe::stun::query_event& event) {
  if (const auto* const failed = std::get_if<floe::stun::query_failed>(&event)) {
    std::cerr << "stunclient: " << text_of(failed->why);
    if (failed->code) std::cerr << " (" << static_cast<unsigned>(*failed->code) << ')';
    std::cerr << '\n';
    return not_answered;
  }
  const auto& mapped = std::get<floe::stun::query_answered>(event).mapped;
  std::cout << floe::sdp::to_text(mapped.address).view() << ' ' << mapped.port << '\n';
  return answered;
}

outcome ask(int fd, const floe::endpoint& server, bool tcp) {
  constexpr floe::socket_id local{};
  constexpr floe::memory_ref memory;
  system_entropy entropy;
  floe::stun::binding_client client{{.capacity = 1}, entropy, memory};
  floe::stun::stream_reader<floe::stun::stun_framing> reader{largest_answer, memory};
  std::array<std::byte, largest_answer> buffer{};
  using floe::stun::transport;
  (void)client
      .ask(steady_clock::now(), local, server, tcp ? transport::stream : transport::datagram)
      .has_value();
  for (;;) {
    while (const auto out = client.poll_transmit(buffer)) {
      if (send(fd, buffer.data(), out->size, MSG_NOSIGNAL) < 0) {
        client.handle_unreachable(steady_clock::now(), {local, server});
      }
    }
    if (const auto event = client.poll_event()) return report(*event);
    pollfd ready{fd, POLLIN, 0};
    if (poll(&ready, 1, wait_for(client.next_timeout())) <= 0) {
      client.handle_timeout(steady_clock::now());
      continue;
    }
    const auto size = recv(fd, buffer.data(), buffer.size(), 0);
    const auto now = steady_clock::now();
    if (size < 0 || (tcp && size == 0)) {
      client.handle_unreachable(now, {local, server});
      continue;
    }
    const auto input = floe::byte_view{buffer}.first(static_cast<std::size_t>(size));
    // What is refused is as good as not sent: the timers decide.
    if (!tcp) {
      (void)client.handle_datagram(now, {local, server, input}).has_value();
      continue;
    }
    reader.feed(input);
    while (const auto message = reader.next()) {
      (void)client.handle_datagram(now, {local, server, *message}).has_value();
    }
    if (reader.is_broken()) client.handle_unreachable(now, {local, server});
  }
}

}  // namespace

int main(int argc, char** argv) {
  bool tcp = false;
  floe::endpoint server;
  examples::command_line line{"stunclient", "usage: stunclient [--tcp] ADDRESS PORT\n"};
  line.flag("--tcp", tcp)
      .words("ADDRESS", 1, 1, examples::address_into(server.address))
      .words("PORT", 1, 1, examples::port_into(server.port));
  if (const auto code = line.read(argc, argv)) return *code;
  const int fd = connect_to(server, tcp);
  if (fd < 0) {
    std::cerr << "stunclient: " << std::strerror(errno) << '\n';
    return not_answered;
  }
  return ask(fd, server, tcp);
}
