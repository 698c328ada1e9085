// A connection to a server, over TCP or TLS, that never blocks.
//
// owns:     the socket, the handshake, and what waits to be sent
// does not: know what the bytes mean: the agent cuts them into messages
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "sockets.hpp"

namespace floecat {

class connection {
 public:
  /// Begins to connect, from an address of this machine. tls: the name that the server's
  /// certificate must be for; empty: no TLS.
  connection(const local_address& from, const floe::endpoint& server, const std::string& tls);
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  connection(connection&&) = delete;
  connection& operator=(connection&&) = delete;
  ~connection();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return stage_ == stage::open; }
  [[nodiscard]] bool is_broken() const { return stage_ == stage::broken; }

  /// What poll() should wait for, before advance() has something to do.
  [[nodiscard]] short awaited() const;
  void advance();

  /// The next bytes, written to the front of `buffer`; nullopt when none wait.
  [[nodiscard]] std::optional<std::size_t> receive(floe::byte_span buffer);

  /// Sends a message, now or later. A message for which there is no room is lost as a whole.
  void send(floe::byte_view message);

 private:
  enum class stage : unsigned char { connecting, shaking_hands, open, broken };

  struct closer {
    void operator()(SSL_CTX* c) const { SSL_CTX_free(c); }
    void operator()(SSL* s) const { SSL_free(s); }
  };

  [[nodiscard]] bool prepare_tls(const std::string& name);
  /// Judges what OpenSSL or the system returned: true when it may work later.
  [[nodiscard]] bool later(long returned);

  int fd_;
  stage stage_ = stage::connecting;
  bool wants_write_ = false;
  std::string unsent_;
  std::unique_ptr<SSL_CTX, closer> context_;
  std::unique_ptr<SSL, closer> tls_;
};

}  // namespace floecat
