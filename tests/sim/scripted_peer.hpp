// A peer that says exactly what a test tells it to.
//
// owns:     its credentials and the making of its messages
// does not: react by itself
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "floe/ice/check_incoming.hpp"
#include "floe/ice/check_request.hpp"
#include "floe/ice/keepalive.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/fingerprint.hpp"
#include "sim/duo.hpp"

namespace floe::sim {

using octets = std::vector<std::byte>;

/// What a scripted check says; the defaults make a good one.
struct scripted_check {
  std::optional<std::string> username{};
  std::optional<std::string> password{};
  std::optional<std::uint32_t> priority = 0x6effffff;
  std::vector<ice::role_claim> claims{{ice::role::controlled, 1}};
  bool nominates = false;
  bool integrity = true;
  bool fingerprint = true;
  std::vector<std::uint16_t> unknown{};         ///< types of empty attributes
  std::optional<std::uint32_t> renomination{};  ///< the value of a NOMINATION (0xc001)
  std::uint8_t transaction = 0;                 ///< 0: a new one
};

/// An attribute of any type, without a value or with a number.
class bare_writer {
 public:
  explicit bare_writer(octets& out) : out_{out} {}

  /// Appends an attribute and corrects the length field.
  void add(std::uint16_t type, std::optional<std::uint32_t> value = std::nullopt) {
    const auto at = out_.size();
    out_.resize(at + stun::attribute_header_size + (value ? sizeof(*value) : 0));
    store_be(out_.data() + at, type);
    store_be(out_.data() + at + 2, static_cast<std::uint16_t>(value ? sizeof(*value) : 0));
    if (value) store_be(out_.data() + at + stun::attribute_header_size, *value);
    store_be(out_.data() + 2, static_cast<std::uint16_t>(out_.size() - stun::header_size));
  }

 private:
  octets& out_;
};

/// A world with one real agent, `n`, and a peer in the hands of the test.
class scripted_peer {
 public:
  static constexpr auto ufrag = "peerufrag";
  static constexpr auto password = "passwordofthepeer012345";

  /// sink: where the agent's recording goes, if anywhere
  explicit scripted_peer(std::uint64_t seed, const config& behaviour = controlling(),
                         record::sink_ref sink = {})
      : net{seed}, n{net.add("agent", behaviour, sink)} {
    net.bind(n, left_address);
    gather_all(net, n);
  }

  /// Tells the agent the peer's credentials.
  void tell_credentials(std::string_view u = ufrag, std::string_view p = password) {
    net.act(n, [&](auto& a) { (void)a.set_remote_credentials(u, p).has_value(); });
  }

  /// Tells the agent a host candidate of the peer.
  void tell_candidate(const endpoint& at = right_address, std::string_view foundation = "1",
                      std::uint16_t preference = 65535) {
    const ice::candidate c{
        .foundation = ice::foundation::from_text(foundation).value(),
        .priority = ice::candidate_priority(ice::candidate_type::host, preference, component_id{1}),
        .address = at};
    net.act(n, [&](auto& a) { (void)a.add_remote(c).has_value(); });
  }

  void introduce() {
    tell_credentials();
    tell_candidate();
  }

  /// The bytes of a check to the agent.
  [[nodiscard]] octets request(const scripted_check& check = {}) {
    const auto own = n.agent.local_credentials();
    octets out(max_datagram_size);
    stun::writer writer{
        out, {stun::method::binding, stun::message_class::request}, id(check.transaction)};
    const auto username = check.username.value_or(std::string{own.ufrag} + ":" + ufrag);
    if (!username.empty()) writer.add(stun::username{username});
    if (check.priority) writer.add(stun::priority{*check.priority});
    for (const auto& claim : check.claims) {
      if (claim.role == ice::role::controlling) {
        writer.add(stun::ice_controlling{claim.tie_breaker});
      } else {
        writer.add(stun::ice_controlled{claim.tie_breaker});
      }
    }
    if (check.nominates) writer.add(stun::use_candidate{});
    out.resize(writer.finish().value());
    for (const auto type : check.unknown) bare_writer{out}.add(type);
    if (check.renomination) bare_writer{out}.add(0xc001, check.renomination);
    return seal(out, check.password.value_or(std::string{own.password}), check.integrity,
                check.fingerprint);
  }

  inbound send(const octets& what, const endpoint& from = right_address) {
    return net.inject(n, socket_id{1}, from, what);
  }
  inbound check(const scripted_check& what = {}, const endpoint& from = right_address) {
    return send(request(what), from);
  }

  /// The success answer to a check of the agent.
  [[nodiscard]] octets success(const wired& to, const endpoint& mapped = left_address,
                               std::string_view key = password) const {
    octets out(max_datagram_size);
    out.resize(ice::write_check_success(out, transaction_of(to), mapped, stun::short_term_key(key))
                   .value());
    return out;
  }

  /// An error answer to a check of the agent; without a key, unproved.
  [[nodiscard]] octets error(const wired& to, stun::error_code code,
                             std::optional<std::string_view> key = password) const {
    octets out(max_datagram_size);
    const auto made = key ? stun::short_term_key(*key) : stun::integrity_key{};
    out.resize(
        ice::write_check_error(out, transaction_of(to), code, {}, key ? &made : nullptr).value());
    return out;
  }

  /// The datagrams of the agent since the last call.
  [[nodiscard]] std::vector<wired> sent() {
    const std::vector<wired> fresh(net.log().begin() + static_cast<std::ptrdiff_t>(seen_),
                                   net.log().end());
    seen_ = net.log().size();
    return fresh;
  }

  /// The only datagram since the last call.
  [[nodiscard]] wired only_sent() {
    const auto fresh = sent();
    if (fresh.size() != 1) {
      throw std::runtime_error{"expected one datagram, got " + std::to_string(fresh.size())};
    }
    return fresh.front();
  }

  /// Runs to the next check of the agent and returns it.
  [[nodiscard]] wired next_check() {
    const auto is_check = [&] {
      return seen_ < net.log().size() && cls(net.log()[seen_]) == stun::message_class::request;
    };
    const auto found = net.run_until(
        [&] {
          while (seen_ < net.log().size() && !is_check()) ++seen_;
          return is_check();
        },
        60s);
    if (!found) throw std::runtime_error{"no check came"};
    return net.log()[seen_++];
  }

  /// Lets the agent's check succeed as soon as it comes.
  void answer_next(const endpoint& mapped = left_address) {
    (void)send(success(next_check(), mapped));
  }

  [[nodiscard]] static stun::message_view parse(const wired& w) {
    return stun::message_view::parse(w.bytes).value();
  }
  [[nodiscard]] static stun::message_class cls(const wired& w) { return parse(w).cls(); }
  [[nodiscard]] static stun::transaction_id transaction_of(const wired& w) {
    return parse(w).transaction();
  }
  [[nodiscard]] static stun::error_code error_of(const wired& w) {
    return parse(w).get<stun::error_code_attribute>().value().code;
  }

  /// Appends MESSAGE-INTEGRITY and FINGERPRINT to a message, whatever it says.
  [[nodiscard]] static octets seal(octets message, const std::string& key_text, bool integrity,
                                   bool fingerprint) {
    const auto append = [&](stun::attribute_type type, byte_view value, std::size_t counted) {
      store_be(message.data() + 2,
               static_cast<std::uint16_t>(message.size() - stun::header_size + counted));
      const std::array<std::uint16_t, 2> head{static_cast<std::uint16_t>(type),
                                              static_cast<std::uint16_t>(value.size())};
      for (const auto half : head) {
        message.push_back(static_cast<std::byte>(half >> 8U));
        message.push_back(static_cast<std::byte>(half & 0xffU));
      }
      message.insert(message.end(), value.data(), value.data() + value.size());
    };
    if (integrity) {
      store_be(message.data() + 2, static_cast<std::uint16_t>(message.size() - 20 + 24));
      const auto key = stun::short_term_key(key_text);
      crypto::hmac<crypto::sha1> code{key};
      code.update(message);
      append(stun::attribute_type::message_integrity, code.finish(), 24);
    }
    if (fingerprint) {
      store_be(message.data() + 2, static_cast<std::uint16_t>(message.size() - 20 + 8));
      std::array<std::byte, 4> value{};
      store_be(value.data(), stun::fingerprint_over(message));
      append(stun::attribute_type::fingerprint, value, 8);
    }
    return message;
  }

  world net;
  node& n;

 private:
  [[nodiscard]] stun::transaction_id id(std::uint8_t fixed) {
    stun::transaction_id made;
    made.bytes.fill(static_cast<std::byte>(fixed));
    if (fixed == 0) store_be(made.bytes.data(), ++counter_);
    return made;
  }

  std::size_t seen_ = 0;
  std::uint64_t counter_ = 0;
};

/// The reason of a refusal; nullopt for anything that was not refused.
[[nodiscard]] inline std::optional<reject> refusal(const inbound& i) {
  const auto* const r = std::get_if<rejected>(&i);
  return r != nullptr ? std::optional{r->reason} : std::nullopt;
}

}  // namespace floe::sim
