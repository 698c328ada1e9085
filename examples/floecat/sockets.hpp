// UDP sockets, the addresses of this machine, and those of names.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"

namespace floecat {

/// An address of this machine, and the index of the interface that has it.
struct local_address {
  floe::address address;
  std::uint32_t interface = 0;
};

/// The `wanted` addresses; without any, those of all interfaces that are up, loopback ones only
/// where there is nothing else or `loopback` says so.
[[nodiscard]] std::vector<local_address> choose_addresses(const std::vector<floe::address>& wanted,
                                                          bool loopback);

/// The addresses of a name, in the system's order. It may take seconds.
[[nodiscard]] std::vector<floe::endpoint> resolve(const std::string& name, std::uint16_t port);

/// A socket address of either family as the system takes it.
struct raw_address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

/// interface: for link-local addresses
[[nodiscard]] raw_address to_raw(const floe::endpoint& e, std::uint32_t interface);

/// A non-blocking UDP socket, bound to one address and a port of the system's choice.
class udp_socket {
 public:
  /// nullopt when the system refuses; errno says why.
  [[nodiscard]] static std::optional<udp_socket> open(const local_address& local);

  udp_socket(udp_socket&& other) noexcept
      : fd_{std::exchange(other.fd_, -1)}, local_{other.local_}, bound_{other.bound_} {}
  udp_socket(const udp_socket&) = delete;
  udp_socket& operator=(const udp_socket&) = delete;
  udp_socket& operator=(udp_socket&&) = delete;
  ~udp_socket();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const local_address& local() const { return local_; }
  [[nodiscard]] const floe::endpoint& bound() const { return bound_; }

  struct arrival {
    floe::endpoint from;
    std::size_t size = 0;
  };

  /// The next datagram, written to the front of `buffer`; nullopt when none waits.
  [[nodiscard]] std::optional<arrival> receive(floe::byte_span buffer);

  /// Sends, or returns the errno. What can't be sent is lost, as any datagram may be.
  int send(const floe::endpoint& to, floe::byte_view bytes);

 private:
  udp_socket(int fd, const local_address& local) : fd_{fd}, local_{local} {}

  int fd_;
  local_address local_;
  floe::endpoint bound_;
};

}  // namespace floecat
