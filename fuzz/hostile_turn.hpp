// A STUN and TURN server that knows the password, so that what it says is believed, and says
// anything.
//
// owns:     the contents of its answers, and their seal
// does not: know sockets or time
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"

namespace hostile {

/// A message with what `add(writer)` adds; empty where that does not fit.
template <class Add>
std::vector<std::byte> message(floe::stun::message_type type, const floe::stun::transaction_id& id,
                               Add&& add) {
  std::vector<std::byte> buffer(1000);
  floe::stun::writer out{buffer, type, id};
  add(out);
  const auto size = out.finish();
  buffer.resize(size ? *size : 0);
  return buffer;
}

struct turn_server {
  using place = floe::endpoint (*)(unsigned);

  std::string_view username;
  std::string_view password;
  place server_at;  ///< addresses that it sends others to
  place peer;       ///< addresses that it says it saw, or gave
  bool gives_both_families = false;

  /// An answer to a request, mostly a usual one.
  [[nodiscard]] std::vector<std::byte> answer(FuzzedDataProvider& data,
                                              const floe::stun::message_view& request) const {
    using floe::stun::message_class;
    const bool refused = data.ConsumeIntegralInRange(0, 3) == 0;
    const bool is_signed = data.ConsumeIntegralInRange(0, 7) != 0;
    return message({request.method(), refused ? message_class::error : message_class::success},
                   request.transaction(), [&](auto& out) {
                     refused ? add_error(data, out) : add_success(data, out, request.method());
                     if (is_signed) sign(out, request);
                   });
  }

 private:
  void add_error(FuzzedDataProvider& data, floe::stun::writer& out) const {
    namespace stun = floe::stun;
    constexpr std::array codes{300, 400, 401, 403, 420, 437, 438, 440, 441, 442, 486, 500, 508};
    const auto code = codes[data.ConsumeIntegralInRange<std::size_t>(0, codes.size() - 1)];
    out.add(stun::error_code_attribute{static_cast<stun::error_code>(code)});
    if (code == 300) out.add(stun::alternate_server{server_at(number(data))});
    if (code == 401 || code == 438) {
      out.add(stun::realm{"r"}).add(stun::nonce{data.ConsumeBool() ? "n" : "m"});
      if (data.ConsumeIntegralInRange(0, 7) == 0) {
        out.add(stun::third_party_authorization{"auth.example"});
      }
    }
  }

  void add_success(FuzzedDataProvider& data, floe::stun::writer& out,
                   floe::stun::method method) const {
    namespace stun = floe::stun;
    // Both what a NAT shows, and what stands in nobody's way: the socket's own address.
    const auto mapped = data.ConsumeBool() ? peer(number(data))
                                           : floe::endpoint{floe::address::v4(10, 0, 0, 1), 5000};
    if (method == stun::method::binding || method == stun::method::allocate) {
      out.add(stun::xor_mapped_address{mapped});
    }
    if (method == stun::method::allocate) {
      if (data.ConsumeIntegralInRange(0, 7) != 0) {
        out.add(stun::xor_relayed_address{peer(number(data))});
      }
      if (gives_both_families) out.add(stun::xor_relayed_address{peer(number(data))});
    }
    if (method == stun::method::allocate || method == stun::method::refresh) {
      out.add(stun::lifetime{data.ConsumeBool() ? 600U : data.ConsumeIntegral<std::uint8_t>()});
    }
  }

  void sign(floe::stun::writer& out, const floe::stun::message_view& request) const {
    namespace stun = floe::stun;
    const auto realm = request.get<stun::realm>();
    if (!realm) return;
    if (request.find(stun::attribute_type::message_integrity_sha256)) {
      out.add_integrity(
          stun::integrity_sha256_key{stun::long_term_sha256_key(username, realm->value, password)});
    } else {
      out.add_integrity(
          stun::integrity_key{stun::long_term_md5_key(username, realm->value, password)});
    }
  }

  static unsigned number(FuzzedDataProvider& data) { return data.ConsumeIntegral<std::uint8_t>(); }
};

}  // namespace hostile
