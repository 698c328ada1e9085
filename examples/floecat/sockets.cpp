#include "sockets.hpp"

#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace floecat {

raw_address to_raw(const floe::endpoint& e, std::uint32_t interface) {
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
    v6.sin6_scope_id = floe::is_link_local(e.address) ? interface : 0;
    std::memcpy(&v6.sin6_addr, e.address.octets.data(), 16);
    std::memcpy(&raw.storage, &v6, sizeof v6);
    raw.size = sizeof v6;
  }
  return raw;
}

namespace {

/// nullopt for other families than IPv4 and IPv6.
std::optional<floe::endpoint> from_raw(const sockaddr* raw) {
  if (raw != nullptr && raw->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, raw, sizeof v4);
    floe::endpoint made{{{}, floe::family::ipv4}, ntohs(v4.sin_port)};
    std::memcpy(made.address.octets.data(), &v4.sin_addr, 4);
    return made;
  }
  if (raw != nullptr && raw->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, raw, sizeof v6);
    floe::endpoint made{{{}, floe::family::ipv6}, ntohs(v6.sin6_port)};
    std::memcpy(made.address.octets.data(), &v6.sin6_addr, 16);
    return made;
  }
  return std::nullopt;
}

/// Every address of every interface that is up.
std::vector<local_address> all_addresses() {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner{list, &freeifaddrs};
  std::vector<local_address> found;
  for (const auto* i = list; i != nullptr; i = i->ifa_next) {
    const auto local = from_raw(i->ifa_addr);
    if (!local || (i->ifa_flags & IFF_UP) == 0) continue;
    found.push_back({local->address, if_nametoindex(i->ifa_name)});
  }
  return found;
}

bool is_ipv6(const local_address& l) { return l.address.family == floe::family::ipv6; }

/// True for an IPv6 link-local address whose interface has a better one.
bool is_spare(const local_address& l, const std::vector<local_address>& all) {
  return is_ipv6(l) && floe::is_link_local(l.address) &&
         std::any_of(all.begin(), all.end(), [&](const local_address& other) {
           return is_ipv6(other) && other.interface == l.interface &&
                  !floe::is_link_local(other.address);
         });
}

}  // namespace

std::vector<local_address> choose_addresses(const std::vector<floe::address>& wanted,
                                            bool loopback) {
  const auto all = all_addresses();
  const auto append = [](std::vector<local_address>& to, const local_address& l) {
    if (std::none_of(to.begin(), to.end(), [&](const auto& k) { return k.address == l.address; })) {
      to.push_back(l);
    }
  };
  std::vector<local_address> chosen;
  std::vector<local_address> loops;
  for (const auto& address : wanted) {
    const auto known = std::find_if(all.begin(), all.end(),
                                    [&](const local_address& l) { return l.address == address; });
    append(chosen, {address, known == all.end() ? 0 : known->interface});
  }
  if (!wanted.empty()) return chosen;

  for (const auto& l : all) {
    if (!is_spare(l, all)) append(floe::is_loopback(l.address) ? loops : chosen, l);
  }
  std::stable_partition(chosen.begin(), chosen.end(), is_ipv6);  // preferred (RFC 6724)
  if (loopback || chosen.empty()) chosen.insert(chosen.end(), loops.begin(), loops.end());
  return chosen;
}

std::vector<floe::endpoint> resolve(const std::string& name, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(name.c_str(), nullptr, &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner{list, &freeaddrinfo};
  std::vector<floe::endpoint> found;
  for (const auto* i = list; i != nullptr; i = i->ai_next) {
    if (const auto e = from_raw(i->ai_addr)) found.push_back({e->address, port});
  }
  return found;
}

std::optional<udp_socket> udp_socket::open(const local_address& local) {
  const bool v6 = is_ipv6(local);
  const int fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return std::nullopt;
  udp_socket made{fd, local};
  const int on = 1;
  if (v6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return std::nullopt;
  auto raw = to_raw({local.address, 0}, local.interface);
  if (bind(fd, raw.get(), raw.size) != 0) return std::nullopt;
  raw_address bound;
  if (getsockname(fd, bound.get(), &bound.size) != 0) return std::nullopt;
  made.bound_ = from_raw(bound.get()).value_or(floe::endpoint{});
  return made;
}

udp_socket::~udp_socket() {
  if (fd_ >= 0) close(fd_);
}

std::optional<udp_socket::arrival> udp_socket::receive(floe::byte_span buffer) {
  raw_address from;
  const auto size = recvfrom(fd_, buffer.data(), buffer.size(), 0, from.get(), &from.size);
  if (size < 0) return std::nullopt;
  return arrival{from_raw(from.get()).value_or(floe::endpoint{}), static_cast<std::size_t>(size)};
}

int udp_socket::send(const floe::endpoint& to, floe::byte_view bytes) {
  auto raw = to_raw(to, local_.interface);
  const auto sent = sendto(fd_, bytes.data(), bytes.size(), 0, raw.get(), raw.size);
  return sent < 0 ? errno : 0;
}

}  // namespace floecat
