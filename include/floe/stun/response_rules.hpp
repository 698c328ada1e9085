// What a client does about a response (RFC 8489 sec. 6.3.3, 6.3.4, 10).
//
// owns:     the decisions, as functions of the facts
// does not: know credentials (credential_rules.hpp), roles (ice/), keep state, or send anything
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <cstdint>
#include <gsl/span>
#include <optional>

#include "floe/core/endpoint.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// Where a server saw a Binding request come from: XOR-MAPPED-ADDRESS, or MAPPED-ADDRESS alone, as
/// servers of before RFC 5389 say it. source: RFC 8445 sec. 5.1.1.2, RFC 8489 sec. 11
[[nodiscard]] constexpr std::optional<endpoint>
mapped_address_of(const message_view& success) noexcept {
  if (success.find(attribute_type::xor_mapped_address)) {
    const auto hidden = success.get<xor_mapped_address>();
    return hidden ? std::optional{hidden->value} : std::nullopt;
  }
  const auto plain = success.get<mapped_address>();
  return plain ? std::optional{plain->value} : std::nullopt;
}

/// What to do about an error response.
enum class error_decision : std::uint8_t {
  fail,           ///< the request would only fail again
  authenticate,   ///< 401 or 438: to the credentials
  try_alternate,  ///< 300: to decide_alternate()
  resend,         ///< a new transaction with the same request
};

/// Requests in all that a server may answer with 5xx before it is left.
inline constexpr unsigned most_server_errors = 4;

/// `sent` counts the requests of this operation that a 5xx answered, this one included. A code
/// without a name counts as the x00 of its hundred. source: RFC 8489 sec. 6.3.4
[[nodiscard]] constexpr error_decision decide_error(error_code code, unsigned sent) noexcept {
  if (code == error_code::unauthenticated || code == error_code::stale_nonce) {
    return error_decision::authenticate;
  }
  const auto number = static_cast<unsigned>(code);
  if (number / 100 == 3) return error_decision::try_alternate;
  if (number / 100 == 5 && sent < most_server_errors) return error_decision::resend;
  return error_decision::fail;
}

/// From where an address can be reached, the narrowest first.
enum class reach : std::uint8_t {
  host,   ///< loopback, and what is no address of a host at all
  link,   ///< link-local
  site,   ///< private (RFC 1918, RFC 4193), or of a carrier's NAT (RFC 6598)
  world,  ///< everything else
};

[[nodiscard]] constexpr reach reach_of(const address& a) noexcept {
  const auto& o = a.octets;
  if (is_loopback(a) || is_unspecified(a) || is_multicast(a) || is_broadcast(a) ||
      is_v4_mapped(a) || is_v4_compatible(a) || (a.family == family::ipv4 && o[0] == 0)) {
    return reach::host;
  }
  if (is_link_local(a)) return reach::link;
  if (a.family == family::ipv6) {
    return is_site_local(a) || (o[0] & 0xfeU) == 0xfc ? reach::site : reach::world;
  }
  const bool is_private = o[0] == 10 || (o[0] == 172 && (o[1] & 0xf0U) == 16) ||
                          (o[0] == 192 && o[1] == 168) || (o[0] == 100 && (o[1] & 0xc0U) == 64);
  return is_private ? reach::site : reach::world;
}

/// What to do about ALTERNATE-SERVER.
enum class alternate_decision : std::uint8_t {
  follow,
  unsupported,   ///< the usage does not follow redirections, or the code is not 300
  missing,       ///< no such attribute
  unproved,      ///< integrity is required and was not proved
  other_family,  ///< not of the address family of the server that was asked
  visited,       ///< already asked in this operation
  inward,        ///< nearer to us than the server itself: it could only name a host it can't see
};

/// What is known when a 3xx comes.
struct alternate_facts {
  error_code code = error_code::try_alternate;
  bool enabled = false;
  bool proved = false;  ///< or integrity is not required
  endpoint asked{};
  std::optional<endpoint> alternate{};
  gsl::span<const endpoint> visited{};  ///< the servers asked before, `asked` aside
};

/// source: RFC 8489 sec. 10
[[nodiscard]] constexpr alternate_decision decide_alternate(const alternate_facts& f) noexcept {
  if (!f.enabled || f.code != error_code::try_alternate) return alternate_decision::unsupported;
  if (!f.proved) return alternate_decision::unproved;
  if (!f.alternate) return alternate_decision::missing;
  if (f.alternate->address.family != f.asked.address.family) {
    return alternate_decision::other_family;
  }
  if (reach_of(f.alternate->address) < reach_of(f.asked.address)) return alternate_decision::inward;
  const bool again = *f.alternate == f.asked ||
                     std::find(f.visited.begin(), f.visited.end(), *f.alternate) != f.visited.end();
  return again ? alternate_decision::visited : alternate_decision::follow;
}

}  // namespace floe::stun
