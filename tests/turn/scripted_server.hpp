// A TURN server that keeps its books as RFC 8656 says, and answers wrongly when a test tells it to.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/time.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "floe/turn/channel_data.hpp"

namespace support {

using bytes = std::vector<std::byte>;

inline bytes copy(floe::byte_view view) { return {view.begin(), view.end()}; }

inline bytes text(std::string_view words) { return copy(floe::as_byte_view(words)); }

/// Lets endpoints be keys.
struct endpoint_order {
  bool operator()(const floe::endpoint& a, const floe::endpoint& b) const {
    return std::pair{a.address.octets, a.port} < std::pair{b.address.octets, b.port};
  }
};

class scripted_server {
 public:
  using add = std::function<void(floe::stun::writer&)>;

  /// An answer that is not what the books say.
  struct forced {
    floe::stun::error_code code{};
    add more{};
    bool is_signed = true;
  };

  floe::endpoint at{floe::address::v4(192, 0, 2, 15), 3478};
  std::string user = "user";
  std::string password = "pass";
  std::string realm = "example.org";
  std::string nonce = "nonce-1";
  bool modern = false;               ///< offers SHA-256 and USERHASH
  bool open = false;                 ///< asks for no credentials
  bool mobile = false;               ///< hands out tickets
  bool dual_ipv6 = true;             ///< has an IPv6 address for those who ask for a second one
  bool reserves = true;              ///< answers EVEN-PORT with a token
  std::uint16_t first_port = 50000;  ///< relays have those above
  std::optional<floe::address> dreaded{};  ///< a peer at whose name it makes no sense any more
  bool dreads_with_code = false;           ///< what then comes has an ERROR-CODE beside nonsense
  std::uint32_t lifetime = 600;
  floe::endpoint mapped{floe::address::v4(198, 51, 100, 7), 40000};
  std::optional<bytes> token{};  ///< the one that it knows (RFC 7635), with its key
  bytes token_key{};
  std::string token_server{};  ///< its name for authorization servers

  /// What the books say of one client.
  struct allocation {
    floe::endpoint relayed_v4, relayed_v6;
    bool has_v4 = true, has_v6 = false;
    bool tcp = false;
    floe::time_point expires;
    std::map<floe::endpoint, floe::time_point, endpoint_order> permissions;  // port 0
    std::map<std::uint16_t, std::pair<floe::endpoint, floe::time_point>> channels;
    bytes ticket;
  };
  std::map<floe::endpoint, allocation, endpoint_order> allocations;

  /// What came, by method, refused requests included.
  std::map<floe::stun::method, unsigned> count;
  std::vector<std::string> complaints;  ///< what a client must not do
  std::map<floe::stun::method, std::deque<forced>> script;
  std::vector<std::pair<floe::endpoint, bytes>> to_peers;

  void force(floe::stun::method m, floe::stun::error_code code, add more = {},
             bool is_signed = true) {
    script[m].push_back({code, std::move(more), is_signed});
  }
  void new_nonce() { nonce = "nonce-" + std::to_string(++nonces_); }
  void restart() {
    allocations.clear();
    new_nonce();
  }

  /// Takes what a client sent; the answers go back to it.
  std::vector<bytes> take(floe::time_point now, const floe::endpoint& client, floe::byte_view in) {
    using namespace floe;
    expire(now);
    answers_.clear();
    if (in.size() >= 4 && (std::to_integer<unsigned>(in[0]) & 0xc0U) == 0x40U) {
      from_channel(client, in);
      return answers_;
    }
    const auto parsed = stun::message_view::parse(in);
    if (!parsed) {
      complaints.emplace_back("malformed");
      return answers_;
    }
    const auto& m = *parsed;
    if (m.cls() == stun::message_class::indication) {
      from_send(client, m);
      return answers_;
    }
    ++count[m.method()];
    last_request = copy(in);
    if (authenticated_or_challenged(m)) serve(now, client, m);
    return answers_;
  }

  /// What the relay of `client` does with a datagram from a peer.
  std::optional<bytes> from_peer(floe::time_point now, const floe::endpoint& client,
                                 const floe::endpoint& peer, floe::byte_view payload) {
    using namespace floe;
    expire(now);
    const auto found = allocations.find(client);
    if (found == allocations.end() || !found->second.permissions.count({peer.address, 0})) {
      return std::nullopt;
    }
    for (const auto& [number, binding] : found->second.channels) {
      if (binding.first != peer) continue;
      bytes out(turn::channel_header_size + payload.size());
      std::copy(payload.begin(), payload.end(), out.begin() + turn::channel_header_size);
      turn::wrap_in_channel_data(out.data(), payload.size(), number, false);
      return out;
    }
    bytes out(turn::send_overhead(peer.address.family) + payload.size() + 3);
    stun::transaction_id id;
    id.bytes[0] = std::byte{++indications_};
    return write({stun::method::data, stun::message_class::indication}, id, [&](stun::writer& w) {
      w.add(stun::xor_peer_address{peer}).add(stun::data{payload});
    });
  }

  /// An answer to `request` with whatever a test wants in it.
  bytes answer(floe::byte_view request, floe::stun::message_class cls, const add& more,
               bool is_signed = true) {
    const auto m = floe::stun::message_view::parse(request).value();
    return write({m.method(), cls}, m.transaction(), [&](floe::stun::writer& w) {
      if (more) more(w);
      if (is_signed) sign(w, m);
    });
  }

  bytes write(floe::stun::message_type type, const floe::stun::transaction_id& id,
              const add& more) {
    bytes out(4096);
    floe::stun::writer w{out, type, id};
    more(w);
    const auto size = w.finish();
    REQUIRE(size);
    out.resize(*size);
    return out;
  }

  bytes last_request;

 private:
  void expire(floe::time_point now) {
    for (auto it = allocations.begin(); it != allocations.end();) {
      auto& a = it->second;
      std::erase_if(a.permissions, [&](const auto& p) { return p.second <= now; });
      std::erase_if(a.channels, [&](const auto& c) { return c.second.second <= now; });
      it = a.expires <= now ? allocations.erase(it) : std::next(it);
    }
  }

  void sign(floe::stun::writer& w, const floe::stun::message_view& request) {
    using namespace floe;
    if (request.has<stun::access_token>()) {
      if (token_key.size() == 32) {
        w.add_integrity(stun::integrity_sha256_key{byte_view{token_key}});
      } else {
        w.add_integrity(stun::integrity_key{byte_view{token_key}});
      }
    } else if (request.find(stun::attribute_type::message_integrity_sha256)) {
      w.add_integrity(
          stun::integrity_sha256_key{stun::long_term_sha256_key(user, realm, password)});
    } else if (request.find(stun::attribute_type::message_integrity)) {
      w.add_integrity(stun::integrity_key{stun::long_term_md5_key(user, realm, password)});
    }
  }

  void reply(const floe::stun::message_view& m, const add& more) {
    answers_.push_back(answer(m.bytes(), floe::stun::message_class::success, more));
  }
  void refuse(const floe::stun::message_view& m, floe::stun::error_code code, const add& more = {},
              bool is_signed = true) {
    answers_.push_back(answer(
        m.bytes(), floe::stun::message_class::error,
        [&](floe::stun::writer& w) {
          w.add(floe::stun::error_code_attribute{code});
          if (more) more(w);
        },
        is_signed));
  }

  /// An error response that nobody can make sense of.
  void mumble(const floe::stun::message_view& m) {
    answers_.push_back(
        answer(m.bytes(), floe::stun::message_class::error, [&](floe::stun::writer& w) {
          if (!dreads_with_code) return;
          w.add(floe::stun::error_code_attribute{floe::stun::error_code::forbidden});
          w.add(floe::stun::bytes_attribute<static_cast<floe::stun::attribute_type>(0x7ffe)>{});
        }));
  }

  std::string whole_nonce() const {
    if (!modern) return nonce;
    const auto front = floe::stun::nonce_front({true, true});
    return std::string{front.begin(), front.end()} + nonce;
  }

  void challenge(const floe::stun::message_view& m, floe::stun::error_code code) {
    using namespace floe;
    refuse(
        m, code,
        [&](stun::writer& w) {
          w.add(stun::realm{realm}).add(stun::nonce{whole_nonce()});
          if (modern) w.add(stun::password_algorithms{stun::all_password_algorithms});
          if (!token_server.empty()) w.add(stun::third_party_authorization{token_server});
        },
        false);
  }

  bool authenticated_or_challenged(const floe::stun::message_view& m) {
    using namespace floe;
    if (open) return true;
    const bool sha256 = m.find(stun::attribute_type::message_integrity_sha256).has_value();
    if (!sha256 && !m.find(stun::attribute_type::message_integrity)) {
      challenge(m, stun::error_code::unauthenticated);
      return false;
    }
    const auto says = m.get<stun::nonce>();
    if (!says || says->value != whole_nonce()) {
      challenge(m, stun::error_code::stale_nonce);
      return false;
    }
    bool right = false;
    if (const auto shown = m.get<stun::access_token>()) {
      right =
          token && copy(shown->value) == *token &&
          (sha256
               ? stun::authenticate(m, stun::integrity_sha256_key{byte_view{token_key}}).has_value()
               : stun::authenticate(m, stun::integrity_key{byte_view{token_key}}).has_value());
    } else if (sha256) {
      const auto hash = m.get<stun::userhash>();
      right = hash && *hash == stun::userhash_of(user, realm) &&
              stun::authenticate(
                  m, stun::integrity_sha256_key{stun::long_term_sha256_key(user, realm, password)})
                  .has_value();
    } else {
      const auto name = m.get<stun::username>();
      right =
          name && name->value == user &&
          stun::authenticate(m, stun::integrity_key{stun::long_term_md5_key(user, realm, password)})
              .has_value();
    }
    if (!right) challenge(m, stun::error_code::unauthenticated);
    return right;
  }

  void serve(floe::time_point now, const floe::endpoint& client,
             const floe::stun::message_view& m) {
    using namespace floe;
    auto& planned = script[m.method()];
    if (!planned.empty()) {
      const auto next = planned.front();
      planned.pop_front();
      if (next.code == stun::error_code::stale_nonce ||
          next.code == stun::error_code::unauthenticated) {
        return challenge(m, next.code);
      }
      return refuse(m, next.code, next.more, next.is_signed);
    }
    if (m.method() == stun::method::allocate) return allocate(now, client, m);
    if (m.method() == stun::method::refresh) return refresh(now, client, m);
    const auto found = allocations.find(client);
    if (found == allocations.end() && m.method() != stun::method::connection_bind) {
      return refuse(m, stun::error_code::allocation_mismatch);
    }
    if (m.method() == stun::method::create_permission) {
      auto any = false;
      for (auto it = m.begin(); it != m.end(); ++it) {
        if (it->type != stun::attribute_type::xor_peer_address) continue;
        const auto peer = stun::xor_peer_address::decode(it->value, m.transaction());
        if (!peer) return refuse(m, stun::error_code::bad_request);
        if (dreaded == peer->value.address) return mumble(m);
        found->second.permissions[{peer->value.address, 0}] = now + std::chrono::seconds{300};
        any = true;
      }
      return any ? reply(m, {}) : refuse(m, stun::error_code::bad_request);
    }
    if (m.method() == stun::method::channel_bind) return bind(now, found->second, m);
    if (m.method() == stun::method::connect) {
      return reply(m, [&](stun::writer& w) { w.add(stun::connection_id{++connections_}); });
    }
    if (m.method() == stun::method::connection_bind) return reply(m, {});
    refuse(m, stun::error_code::bad_request);
  }

  void allocate(floe::time_point now, const floe::endpoint& client,
                const floe::stun::message_view& m) {
    using namespace floe;
    if (!m.has<stun::requested_transport>()) return refuse(m, stun::error_code::bad_request);
    if (allocations.count(client)) return refuse(m, stun::error_code::allocation_mismatch);
    allocation a;
    const auto port = static_cast<std::uint16_t>(first_port + ++allocated_);
    a.relayed_v4 = {address::v4(203, 0, 113, 9), port};
    std::array<std::uint8_t, 16> octets{0x20, 0x01, 0x0d, 0xb8};
    octets[15] = 9;
    a.relayed_v6 = {address::v6(octets), port};
    const auto family = m.get<stun::requested_address_family>();
    const bool dual = m.has<stun::additional_address_family>();
    a.has_v6 = (family && family->value == family::ipv6) || (dual && dual_ipv6);
    a.has_v4 = !(family && family->value == family::ipv6);
    a.tcp = m.get<stun::requested_transport>()->value == stun::transport_tcp;
    a.expires = now + std::chrono::seconds{lifetime};
    if (mobile && m.has<stun::mobility_ticket>()) a.ticket = new_ticket();
    allocations[client] = a;
    reply(m, [&](stun::writer& w) {
      if (a.has_v4) w.add(stun::xor_relayed_address{a.relayed_v4});
      if (a.has_v6) w.add(stun::xor_relayed_address{a.relayed_v6});
      if (dual && !dual_ipv6) {
        w.add(stun::address_error_code{family::ipv6,
                                       {stun::error_code::address_family_not_supported, "No"}});
      }
      w.add(stun::xor_mapped_address{mapped}).add(stun::lifetime{lifetime});
      const auto even = m.get<stun::even_port>();
      if (even && even->reserve_next && reserves) {
        w.add(stun::reservation_token{{std::byte{1}, std::byte{2}, std::byte{3}}});
      }
      if (!a.ticket.empty()) w.add(stun::mobility_ticket{a.ticket});
    });
  }

  void refresh(floe::time_point now, const floe::endpoint& client,
               const floe::stun::message_view& m) {
    using namespace floe;
    if (const auto ticket = m.get<stun::mobility_ticket>()) {
      for (auto& [old, a] : allocations) {
        if (a.ticket.empty() || copy(ticket->value) != a.ticket) continue;
        auto moved = a;
        allocations.erase(old);
        moved.ticket = new_ticket();
        moved.expires = now + std::chrono::seconds{lifetime};
        allocations[client] = moved;
        return reply(m, [&](stun::writer& w) {
          w.add(stun::lifetime{lifetime}).add(stun::mobility_ticket{moved.ticket});
        });
      }
      return refuse(m, stun::error_code::bad_request);
    }
    const auto found = allocations.find(client);
    if (found == allocations.end()) return refuse(m, stun::error_code::allocation_mismatch);
    const auto asked = m.get<stun::lifetime>();
    const auto family = m.get<stun::requested_address_family>();
    auto granted = lifetime;
    if (asked && asked->value == 0) {
      granted = 0;
      if (family) {
        (family->value == family::ipv4 ? found->second.has_v4 : found->second.has_v6) = false;
      } else {
        allocations.erase(found);
      }
    } else {
      found->second.expires = now + std::chrono::seconds{lifetime};
    }
    reply(m, [&](stun::writer& w) { w.add(stun::lifetime{granted}); });
  }

  void bind(floe::time_point now, allocation& a, const floe::stun::message_view& m) {
    using namespace floe;
    const auto number = m.get<stun::channel_number>();
    const auto peer = m.get<stun::xor_peer_address>();
    if (!number || !peer || !turn::is_channel(number->value)) {
      return refuse(m, stun::error_code::bad_request);
    }
    if (dreaded == peer->value.address) return mumble(m);
    for (const auto& [n, binding] : a.channels) {
      if ((n == number->value) != (binding.first == peer->value)) {
        complaints.emplace_back("a channel bound to two");
        return refuse(m, stun::error_code::bad_request);
      }
    }
    a.channels[number->value] = {peer->value, now + std::chrono::seconds{600}};
    a.permissions[{peer->value.address, 0}] = now + std::chrono::seconds{300};
    reply(m, {});
  }

  void from_channel(const floe::endpoint& client, floe::byte_view in) {
    const auto found = allocations.find(client);
    const auto data = floe::turn::read_channel_data(in);
    if (!data || found == allocations.end()) return;
    const auto binding = found->second.channels.find(data->number);
    if (binding == found->second.channels.end()) {
      complaints.emplace_back("data on a channel that is not bound");
      return;
    }
    deliver(found->second, binding->second.first, data->payload);
  }

  void from_send(const floe::endpoint& client, const floe::stun::message_view& m) {
    using namespace floe;
    const auto peer = m.get<stun::xor_peer_address>();
    const auto data = m.get<stun::data>();
    if (m.method() != stun::method::send || !peer || !data || m.has<stun::username>()) {
      complaints.emplace_back("an indication that is none");
      return;
    }
    const auto found = allocations.find(client);
    if (found != allocations.end()) deliver(found->second, peer->value, data->value);
  }

  void deliver(const allocation& a, const floe::endpoint& peer, floe::byte_view payload) {
    if (!a.permissions.count({peer.address, 0})) {
      complaints.emplace_back("data without a permission");
      return;
    }
    to_peers.emplace_back(peer, copy(payload));
  }

  bytes new_ticket() {
    ++tickets_;
    return bytes(11, std::byte{tickets_});
  }

  std::vector<bytes> answers_;
  unsigned nonces_ = 1;
  unsigned allocated_ = 0;
  std::uint8_t indications_ = 0;
  std::uint8_t tickets_ = 0;
  std::uint32_t connections_ = 1000;
};

}  // namespace support
