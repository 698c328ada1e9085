#include "connection.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "../tls.hpp"
#include "floe/sdp/address.hpp"

namespace floecat {

using examples::with_no_old_errors;

namespace {

/// As much as a server may be behind in reading. What comes on top is lost, as datagrams are.
constexpr std::size_t most_unsent = 1U << 20U;

}  // namespace

connection::connection(const local_address& from, const floe::endpoint& server,
                       const std::string& tls)
    : fd_{::socket(server.address.family == floe::family::ipv6 ? AF_INET6 : AF_INET,
                   SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)} {
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto here = to_raw({from.address, 0}, from.interface);
  auto there = to_raw(server, from.interface);
  const bool begun = (tls.empty() || prepare_tls(tls)) && bind(fd_, here.get(), here.size) == 0 &&
                     (connect(fd_, there.get(), there.size) == 0 || errno == EINPROGRESS);
  if (!begun) stage_ = stage::broken;
}

connection::~connection() {
  if (tls_ && is_open()) (void)with_no_old_errors([&] { return SSL_shutdown(tls_.get()); });
  tls_.reset();
  if (fd_ >= 0) close(fd_);
}

bool connection::prepare_tls(const std::string& name) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (!context_ || SSL_CTX_set_default_verify_paths(context_.get()) != 1) return false;
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  tls_.reset(SSL_new(context_.get()));
  if (!tls_ || SSL_set_fd(tls_.get(), fd_) != 1) return false;
  if (floe::sdp::parse_address(name)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), name.c_str()) == 1;
  }
  // SSL_set_tlsext_host_name() without the casts of its macro.
  auto server = name;
  return SSL_ctrl(tls_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  server.data()) == 1 &&
         SSL_set1_host(tls_.get(), name.c_str()) == 1;
}

short connection::awaited() const {
  const bool write = stage_ == stage::connecting || wants_write_ || (is_open() && !unsent_.empty());
  return static_cast<short>(write ? POLLIN | POLLOUT : POLLIN);
}

bool connection::later(long returned) {
  if (!tls_) return returned < 0 && (errno == EAGAIN || errno == EINTR);
  const int why = SSL_get_error(tls_.get(), static_cast<int>(returned));
  wants_write_ = why == SSL_ERROR_WANT_WRITE;
  return wants_write_ || why == SSL_ERROR_WANT_READ;
}

void connection::advance() {
  if (stage_ == stage::connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    const bool connected = getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    stage_ = !connected ? stage::broken : tls_ ? stage::shaking_hands : stage::open;
  }
  wants_write_ = false;
  if (stage_ == stage::shaking_hands) {
    const int done = with_no_old_errors([&] { return SSL_connect(tls_.get()); });
    if (done == 1) {
      stage_ = stage::open;
    } else if (!later(done)) {
      stage_ = stage::broken;
    }
  }
  if (is_open()) send({});
}

std::optional<std::size_t> connection::receive(floe::byte_span buffer) {
  if (!is_open()) return std::nullopt;
  const auto decrypt = [&] {
    return SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()));
  };
  const long got =
      tls_ ? with_no_old_errors(decrypt) : ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got > 0) return static_cast<std::size_t>(got);
  if (!later(got)) stage_ = stage::broken;
  return std::nullopt;
}

void connection::send(floe::byte_view message) {
  if (unsent_.size() + message.size() <= most_unsent) unsent_.append(floe::as_text(message));
  const auto encrypt = [&] {
    return SSL_write(tls_.get(), unsent_.data(), static_cast<int>(unsent_.size()));
  };
  while (is_open() && !unsent_.empty()) {
    const long sent = tls_ ? with_no_old_errors(encrypt)
                           : ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      unsent_.erase(0, static_cast<std::size_t>(sent));
    } else {
      if (!later(sent)) stage_ = stage::broken;
      return;
    }
  }
}

}  // namespace floecat
