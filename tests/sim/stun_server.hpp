// A STUN server in the network, with up to two addresses of a family (RFC 5780).
//
// owns:     its sockets, and from which of them an answer leaves
// does not: write plain Binding answers itself; stun::respond_to_binding() does
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/discovery.hpp"
#include "floe/stun/binding_responder.hpp"
#include "sim/network.hpp"

namespace floe::sim {

class stun_server final : public party {
 public:
  static constexpr std::uint16_t port = 3478;
  static constexpr std::uint16_t other_port = 3479;

  /// Serves one address.
  void serve(network& net, interface_id where) { net.bind(*this, where, port); }

  /// Serves two addresses with two ports each, and CHANGE-REQUEST between them.
  void serve(network& net, interface_id first, interface_id second) {
    four_ = {{{net.bind(*this, first, port), net.bind(*this, first, other_port)},
              {net.bind(*this, second, port), net.bind(*this, second, other_port)}}};
  }

  bool silent = false;  ///< takes no requests
  bool plain = false;   ///< says MAPPED-ADDRESS only, as servers of before RFC 5389

  void receive(network& net, const arrival& what) override {
    if (silent) return;
    std::array<std::byte, max_datagram_size> buffer;
    if (const auto from = socket_for(what)) {
      const auto size = describe(net, what, *from, buffer);
      if (size) net.send(*from, what.remote, byte_view{buffer}.first(*size));
      return;
    }
    if (plain) {
      const auto message = stun::message_view::parse(what.bytes);
      if (!message) return;
      stun::writer out{
          buffer, {stun::method::binding, stun::message_class::success}, message->transaction()};
      const auto size = out.add(stun::mapped_address{what.remote}).finish();
      net.send(what.socket, what.remote, byte_view{buffer}.first(size.value()));
      return;
    }
    const auto answer = stun::respond_to_binding({what.socket, what.remote, what.bytes}, buffer);
    if (answer) net.send(answer->local, answer->remote, byte_view{buffer}.first(answer->size));
  }

 private:
  using sockets = std::array<std::array<socket_id, 2>, 2>;  ///< by address and port

  /// Where the answer leaves when this server has two addresses.
  [[nodiscard]] std::optional<socket_id> socket_for(const arrival& what) const {
    if (!four_) return std::nullopt;
    const auto message = stun::message_view::parse(what.bytes);
    if (!message) return std::nullopt;
    const auto change = message->get<stun::change_request>().value_or(stun::change_request{});
    for (std::size_t a = 0; a < 2; ++a) {
      for (std::size_t p = 0; p < 2; ++p) {
        if ((*four_)[a][p] != what.socket) continue;
        return (*four_)[change.change_ip ? 1 - a : a][change.change_port ? 1 - p : p];
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::size_t> describe(const network& net, const arrival& what,
                                                    socket_id from, byte_span buffer) const {
    const auto message = stun::message_view::parse(what.bytes);
    if (!message || message->type() !=
                        stun::message_type{stun::method::binding, stun::message_class::request}) {
      return std::nullopt;
    }
    const bool at_first = what.socket == (*four_)[0][0] || what.socket == (*four_)[0][1];
    const bool at_port = net.bound(what.socket).port == port;
    const auto other = (*four_)[at_first ? 1 : 0][at_port ? 1 : 0];
    stun::writer out{
        buffer, {stun::method::binding, stun::message_class::success}, message->transaction()};
    const auto size = out.add(stun::mapped_address{what.remote})
                          .add(stun::xor_mapped_address{what.remote})
                          .add(stun::response_origin{net.bound(from)})
                          .add(stun::other_address{net.bound(other)})
                          .finish();
    return size ? std::optional{*size} : std::nullopt;
  }

  std::optional<sockets> four_;
};

}  // namespace floe::sim
