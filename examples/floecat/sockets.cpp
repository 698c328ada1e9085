#include "sockets.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

namespace floecat {

namespace {

/// A socket address of either family as the system takes it.
struct raw_address {
  sockaddr_storage storage{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

floe::address address_of(const in_addr& raw) {
  floe::address made;
  std::memcpy(made.octets.data(), &raw, 4);
  return made;
}

floe::address address_of(const in6_addr& raw) {
  floe::address made{{}, floe::family::ipv6};
  std::memcpy(made.octets.data(), &raw, 16);
  return made;
}

raw_address to_raw(const floe::endpoint& e, std::uint32_t scope) {
  raw_address raw;
  if (e.address.family == floe::family::ipv4) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(e.port);
    std::memcpy(&v4.sin_addr, e.address.octets.data(), 4);
    std::memcpy(&raw.storage, &v4, sizeof v4);
    raw.size = sizeof v4;
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(e.port);
    v6.sin6_scope_id = floe::is_link_local(e.address) ? scope : 0;
    std::memcpy(&v6.sin6_addr, e.address.octets.data(), 16);
    std::memcpy(&raw.storage, &v6, sizeof v6);
    raw.size = sizeof v6;
  }
  return raw;
}

floe::endpoint from_raw(const raw_address& raw) {
  if (raw.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &raw.storage, sizeof v4);
    return {address_of(v4.sin_addr), ntohs(v4.sin_port)};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &raw.storage, sizeof v6);
  return {address_of(v6.sin6_addr), ntohs(v6.sin6_port)};
}

std::optional<local_address> to_local(const sockaddr* raw) {
  if (raw == nullptr) return std::nullopt;
  if (raw->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, raw, sizeof v4);
    return local_address{address_of(v4.sin_addr), 0};
  }
  if (raw->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, raw, sizeof v6);
    return local_address{address_of(v6.sin6_addr), v6.sin6_scope_id};
  }
  return std::nullopt;
}

/// Every address of every interface that is up, each once.
std::vector<local_address> all_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{list, &freeifaddrs};
  std::vector<local_address> found;
  for (const auto* i = list; i != nullptr; i = i->ifa_next) {
    const auto local = to_local(i->ifa_addr);
    if (!local || (i->ifa_flags & IFF_UP) == 0) continue;
    const auto same = [&](const local_address& l) { return l.address == local->address; };
    if (std::none_of(found.begin(), found.end(), same)) found.push_back(*local);
  }
  return found;
}

bool is_usual(const local_address& l) {
  return !floe::is_loopback(l.address) && !floe::is_link_local(l.address);
}
bool is_loopback(const local_address& l) { return floe::is_loopback(l.address); }
bool is_link_local(const local_address& l) { return floe::is_link_local(l.address); }

/// Appends what `matches`, one family after the other in turn, IPv6 first (RFC 8421 §4).
template <class Matches>
void append_in_turn(std::vector<local_address>& chosen, const std::vector<local_address>& all,
                    Matches&& matches) {
  std::array<std::vector<local_address>, 2> families;
  for (const auto& l : all) {
    if (matches(l)) families[l.address.family == floe::family::ipv6 ? 0 : 1].push_back(l);
  }
  for (std::size_t i = 0; i < std::max(families[0].size(), families[1].size()); ++i) {
    for (const auto& family : families) {
      if (i < family.size()) chosen.push_back(family[i]);
    }
  }
}

}  // namespace

std::vector<local_address> usable_addresses(bool loopback) {
  const auto all = all_addresses();
  std::vector<local_address> chosen;
  append_in_turn(chosen, all, is_usual);
  const auto better = chosen;
  append_in_turn(chosen, all, [&](const local_address& l) {
    return is_link_local(l) && std::none_of(better.begin(), better.end(), [&](const auto& b) {
             return b.address.family == l.address.family;
           });
  });
  if (loopback || chosen.empty()) append_in_turn(chosen, all, is_loopback);
  return chosen;
}

std::vector<local_address> with_scopes(const std::vector<floe::address>& addresses) {
  const auto all = all_addresses();
  std::vector<local_address> made;
  for (const auto& address : addresses) {
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&](const local_address& l) { return l.address == address; });
    made.push_back({address, known == all.end() ? 0 : known->scope});
  }
  return made;
}

std::optional<udp_socket> udp_socket::open(const local_address& local) {
  const bool v6 = local.address.family == floe::family::ipv6;
  const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return std::nullopt;
  udp_socket made{fd, local.scope};
  const int on = 1;
  if (v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0 || fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
    return std::nullopt;
  auto raw = to_raw({local.address, 0}, local.scope);
  if (bind(fd, raw.get(), raw.size) != 0) return std::nullopt;
  raw_address bound;
  if (getsockname(fd, bound.get(), &bound.size) != 0) return std::nullopt;
  made.bound_ = from_raw(bound);
  return made;
}

udp_socket::~udp_socket() {
  if (fd_ >= 0) close(fd_);
}

std::optional<udp_socket::arrival> udp_socket::receive(floe::byte_span buffer) {
  raw_address from;
  const auto size = recvfrom(fd_, buffer.data(), buffer.size(), 0, from.get(), &from.size);
  if (size < 0) return std::nullopt;
  return arrival{from_raw(from), static_cast<std::size_t>(size)};
}

int udp_socket::send(const floe::endpoint& to, floe::byte_view bytes) {
  auto raw = to_raw(to, scope_);
  const auto sent = sendto(fd_, bytes.data(), bytes.size(), 0, raw.get(), raw.size);
  return sent < 0 ? errno : 0;
}

}  // namespace floecat
