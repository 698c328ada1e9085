// The answer to a client of RFC 3489, STUN's predecessor, for a host that wants to give one.
//
// owns:     what a Binding request without magic cookie is answered (RFC 5389 sec. 12.2)
// does not: authenticate, follow CHANGE-REQUEST to a second address, or send where RESPONSE-ADDRESS
//           says, which would let anyone aim answers at anyone
// invariant: no message of today's STUN is answered here, and ICE never comes this way.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/result.hpp"
#include "floe/stun/attribute_walk.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/discovery.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"
#include "floe/stun/writer.hpp"

namespace floe::stun {

/// Where a message of RFC 3489 has its 128-bit transaction id. The later cookie took its first
/// word.
inline constexpr std::size_t classic_id_offset = 4;

/// The answer to `request`, written into `buffer`.
/// in: a buffer of max_datagram_size bytes
/// errors: not_stun            anything but RFC 3489, also a message with the magic cookie
///         truncated, bad_length, bad_attribute
///         unsupported_method  all but Binding requests
///         unknown_attribute   it asks for what takes a second address, or has another required
///                             attribute; the client takes silence for a no
/// source: RFC 5389 sec. 12.2, RFC 3489 sec. 8.1
[[nodiscard]] inline result<transmit, reject> respond_to_classic_binding(const datagram& request,
                                                                         byte_span buffer) {
  Expects(buffer.size() >= max_datagram_size);
  const auto bytes = request.bytes;
  if (bytes.size() < header_size || (bytes.data()[0] & std::byte{0xc0}) != std::byte{0} ||
      load_be<std::uint32_t>(bytes.data() + classic_id_offset) == magic_cookie) {
    return unexpected{reject::not_stun};
  }
  const std::size_t length = load_be<std::uint16_t>(bytes.data() + 2);
  if (length > bytes.size() - header_size) return unexpected{reject::truncated};
  if (length % 4 != 0 || length < bytes.size() - header_size) return unexpected{reject::bad_length};
  const auto type = message_type::decode(load_be<std::uint16_t>(bytes.data()));
  if (type != message_type{method::binding, message_class::request}) {
    return unexpected{reject::unsupported_method};
  }

  attribute_walk walk{bytes};
  bool is_served = true;
  while (const auto attribute = walk.next()) {
    if (attribute->type == attribute_type::change_request) {
      const auto change = change_request::decode(attribute->value, {});
      if (!change) return unexpected{reject::bad_attribute};
      is_served = is_served && *change == change_request{};
    } else {
      is_served = is_served && !is_comprehension_required(attribute->type);
    }
  }
  if (walk.is_broken()) return unexpected{reject::bad_attribute};
  if (!is_served) return unexpected{reject::unknown_attribute};

  writer out{buffer, {method::binding, message_class::success}, {}};
  const auto size = out.add(mapped_address{request.remote}).finish();
  Expects(size.has_value());  // a header and one address
  for (auto i = classic_id_offset; i < header_size; ++i) buffer.data()[i] = bytes.data()[i];
  return transmit{request.local, request.remote, *size};
}

}  // namespace floe::stun
