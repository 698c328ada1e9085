// The allocation: where it stands, what may be asked for, and what an answer granted.
//
// owns:     the states, the table of changes, writing the options of an Allocate request,
//           reading a success response
// does not: send requests or keep time (turn/session.hpp)
// sources:  RFC 8656 sec. 7.1 (asking), 7.3 (success), 8 (refreshing); RFC 6062 sec. 4.1; RFC 8016
//           sec. 3
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/result.hpp"
#include "floe/core/state_table.hpp"
#include "floe/stun/attribute_list.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"
#include "floe/stun/writer.hpp"
#include "floe/turn/config.hpp"
#include "floe/turn/events.hpp"

namespace floe::turn {

enum class allocation_state : std::uint8_t {
  idle,       ///< nothing was asked for
  requested,  ///< an Allocate is under way
  waiting,    ///< the server asked to come back later, a token is awaited, or another socket
  active,     ///< stands
  releasing,  ///< a Refresh with lifetime 0 is under way
  ended,      ///< gone, whatever the reason
};

enum class allocation_event : std::uint8_t {
  asked,     ///< an Allocate left
  granted,   ///< it was answered with success
  put_off,   ///< it was answered with an error that time, a token or a socket can mend
  lost,      ///< refused for good, expired, forgotten by the server, or the server can't be reached
  closed,    ///< the host wants no more of it, and there may be something to give back
  released,  ///< the server has taken it back, or does not answer
};

inline constexpr std::array allocation_states{
    allocation_state::idle,   allocation_state::requested, allocation_state::waiting,
    allocation_state::active, allocation_state::releasing, allocation_state::ended};
inline constexpr std::array allocation_events{
    allocation_event::asked, allocation_event::granted, allocation_event::put_off,
    allocation_event::lost,  allocation_event::closed,  allocation_event::released};

struct allocation_rule {
  allocation_state from;
  allocation_event on;
  allocation_state to;
  std::string_view section;  ///< of RFC 8656
};

// An Allocate that is under way when the host closes may still be granted, so it is given back too.
// clang-format off
inline constexpr std::array allocation_rules{
    allocation_rule{allocation_state::idle,      allocation_event::asked,    allocation_state::requested, "7.1"},
    allocation_rule{allocation_state::idle,      allocation_event::lost,     allocation_state::ended,     "7.4"},
    allocation_rule{allocation_state::requested, allocation_event::granted,  allocation_state::active,    "7.3"},
    allocation_rule{allocation_state::requested, allocation_event::put_off,  allocation_state::waiting,   "7.4"},
    allocation_rule{allocation_state::requested, allocation_event::lost,     allocation_state::ended,     "7.4"},
    allocation_rule{allocation_state::requested, allocation_event::closed,   allocation_state::releasing, "8.1"},
    allocation_rule{allocation_state::waiting,   allocation_event::asked,    allocation_state::requested, "7.4"},
    allocation_rule{allocation_state::waiting,   allocation_event::lost,     allocation_state::ended,     "7.4"},
    allocation_rule{allocation_state::active,    allocation_event::lost,     allocation_state::ended,     "8.3"},
    allocation_rule{allocation_state::active,    allocation_event::closed,   allocation_state::releasing, "8.1"},
    allocation_rule{allocation_state::releasing, allocation_event::released, allocation_state::ended,     "8.3"},
    allocation_rule{allocation_state::releasing, allocation_event::lost,     allocation_state::ended,     "8.3"},
};
// clang-format on

static_assert(has_one_rule_each(allocation_rules));

/// The state after an event; nullopt when the event leaves the state as it is.
[[nodiscard]] constexpr std::optional<allocation_state> next(allocation_state from,
                                                             allocation_event on) noexcept {
  return follow<allocation_rules>(from, on);
}

/// Writes the options. in: consistent ones
constexpr void write(stun::writer& out, const allocate_options& o) noexcept {
  const bool tcp = o.transport == relay_transport::tcp;
  out.add(stun::requested_transport{tcp ? stun::transport_tcp : stun::transport_udp});
  if (o.lifetime) out.add(stun::lifetime{*o.lifetime});
  // A token stands for an address that exists, and with it for its family; IPv4 needs no mention,
  // which pleases servers of before RFC 8656.
  if (o.family == relay_family::ipv6) out.add(stun::requested_address_family{family::ipv6});
  if (o.family == relay_family::both) out.add(stun::additional_address_family{family::ipv6});
  if (o.even_port) out.add(stun::even_port{o.reserve_next_port});
  if (o.dont_fragment) out.add(stun::dont_fragment{});
  if (o.reservation) out.add(stun::reservation_token{*o.reservation});
  if (o.mobility) out.add(stun::mobility_ticket{});
}

/// The options without what the server named in a 420 and can be done without; nullopt when that
/// leaves them as they are, or the server named something else. source: RFC 8656 sec. 7.4
[[nodiscard]] constexpr std::optional<allocate_options>
without(const allocate_options& o, const stun::attribute_list& unknown) noexcept {
  using stun::attribute_type;
  auto less = o;
  for (const auto type : unknown) {
    if (type == attribute_type::dont_fragment) {
      less.dont_fragment = false;
    } else if (type == attribute_type::even_port) {
      less.even_port = less.reserve_next_port = false;
    } else if (type == attribute_type::reservation_token) {
      less.reservation.reset();
    } else if (type == attribute_type::mobility_ticket) {
      less.mobility = false;
    } else if (type == attribute_type::additional_address_family &&
               less.family == relay_family::both) {
      less.family = relay_family::ipv4;
    } else {
      return std::nullopt;
    }
  }
  return less == o ? std::nullopt : std::optional{less};
}

/// The options without those that bind the choice of a port, which a full server may not have left;
/// nullopt when there are none. source: RFC 8656 sec. 7.4
[[nodiscard]] constexpr std::optional<allocate_options>
without_port_wishes(const allocate_options& o) noexcept {
  auto less = o;
  less.even_port = less.reserve_next_port = false;
  less.reservation.reset();
  return less == o ? std::nullopt : std::optional{less};
}

/// The families to ask for next, when the server won't give `refused`: of two one, IPv4 first,
/// which every server has; and then the other, where it was asked for at first, or where `either`
/// will do. nullopt: there is none left. source: RFC 8656 sec. 7.1, 7.4
[[nodiscard]] constexpr std::optional<relay_family>
next_family(relay_family at_first, relay_family refused, bool either) noexcept {
  if (refused == relay_family::both) return relay_family::ipv4;
  const auto other = refused == relay_family::ipv4 ? relay_family::ipv6 : relay_family::ipv4;
  if (at_first == relay_family::both) {
    return refused == relay_family::ipv4 ? std::optional{other} : std::nullopt;
  }
  return either && refused == at_first ? std::optional{other} : std::nullopt;
}

/// True for an error that another choice of families can mend. Servers of before RFC 8656 know
/// nothing of a second address, and say so in many ways; two addresses take twice the room.
[[nodiscard]] constexpr bool is_about_family(stun::error_code code, relay_family asked) noexcept {
  using stun::error_code;
  if (code == error_code::address_family_not_supported) return true;
  return asked == relay_family::both &&
         (code == error_code::bad_request || code == error_code::unknown_attribute ||
          code == error_code::allocation_quota_reached ||
          code == error_code::insufficient_capacity);
}

/// Why a success response grants nothing.
enum class grant_fault : std::uint8_t {
  incomplete,     ///< lacks an attribute that must be there, or has one that can't be read
  wrong_family,   ///< the relay has an address of a family that was not asked for
  bad_address,    ///< nothing can be sent to the relay, or it is the server itself
  zero_lifetime,  ///< it is over already
};

namespace detail {

/// The first XOR-RELAYED-ADDRESS of each family.
struct relayed_addresses {
  std::optional<endpoint> v4, v6;
  bool malformed = false;
};

[[nodiscard]] constexpr relayed_addresses read_relayed(const stun::message_view& message) noexcept {
  relayed_addresses out;
  for (auto it = message.begin(); it != message.end(); ++it) {
    if (it->type != stun::attribute_type::xor_relayed_address) continue;
    const auto read = stun::xor_relayed_address::decode(it->value, message.transaction());
    if (!read) {
      out.malformed = true;
      continue;
    }
    // So coturn says that it has none of a family that it was asked for before.
    if (is_unspecified(read->value.address) && read->value.port == 0) continue;
    auto& place = read->value.address.family == family::ipv4 ? out.v4 : out.v6;
    if (!place) place = read->value;
  }
  return out;
}

[[nodiscard]] constexpr bool wants(relay_family asked, floe::family which) noexcept {
  if (asked == relay_family::both) return true;
  return (asked == relay_family::ipv6) == (which == family::ipv6);
}

}  // namespace detail

/// Reads the success response to an Allocate request with these options. A `server` is what it was
/// sent to: no relay has that very endpoint.
/// source: RFC 8656 sec. 7.3
[[nodiscard]] inline result<grant, grant_fault> read_grant(const stun::message_view& message,
                                                           const allocate_options& asked,
                                                           const endpoint& server) noexcept {
  const auto relayed = detail::read_relayed(message);
  const auto mapped = message.get<stun::xor_mapped_address>();
  const auto lifetime = message.get<stun::lifetime>();
  if (relayed.malformed || (!relayed.v4 && !relayed.v6) || !mapped || !lifetime) {
    return unexpected{grant_fault::incomplete};
  }
  for (const auto& address : {relayed.v4, relayed.v6}) {
    if (!address) continue;
    if (!detail::wants(asked.family, address->address.family)) {
      return unexpected{grant_fault::wrong_family};
    }
    if (!is_sendable(*address) || *address == server) return unexpected{grant_fault::bad_address};
  }
  if (lifetime->value == 0) return unexpected{grant_fault::zero_lifetime};
  grant out{.relayed_v4 = relayed.v4,
            .relayed_v6 = relayed.v6,
            .mapped = mapped->value,
            .lifetime = lifetime->value};
  if (const auto token = message.get<stun::reservation_token>()) out.reservation = token->value;
  if (const auto error = message.get<stun::address_error_code>()) {
    out.refused_family = turn::refused_family{error->family, error->error.code};
  }
  return out;
}

}  // namespace floe::turn
