// A STUN server in one function: tells whoever asks from where the request came (RFC 8489 sec. 12).
//
// owns:     what a Binding request without credentials is answered
// does not: keep anything: the same request is answered with the same bytes, so repetitions need no
//           memory; nor follow CHANGE-REQUEST, which takes a second address (RFC 5780)
// invariant: an answer is at most a few bytes longer than its request, and goes where it came from.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/result.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/registry.hpp"
#include "floe/stun/writer.hpp"

namespace floe::stun {

/// What may vary about a responder.
struct responder_config {
  std::string_view software{};       ///< goes into SOFTWARE unless empty (RFC 8489 sec. 6.1)
  bool require_fingerprint = false;  ///< for sockets that STUN shares with other protocols (sec. 7)
};

namespace detail {

/// Comprehension-required attributes that may be in a Binding request without changing its answer.
inline constexpr std::array harmless_in_binding{
    attribute_type::mapped_address,
    attribute_type::username,
    attribute_type::message_integrity,
    attribute_type::message_integrity_sha256,
    attribute_type::error_code,
    attribute_type::unknown_attributes,
    attribute_type::realm,
    attribute_type::nonce,
    attribute_type::password_algorithm,
    attribute_type::userhash,
    attribute_type::xor_mapped_address,
    attribute_type::xor_peer_address,
    attribute_type::xor_relayed_address,
    attribute_type::priority,
    attribute_type::use_candidate,
};

}  // namespace detail

/// The answer to `request`, written into `buffer`.
/// out: where to send it, from which socket, and its size
/// errors: what parse() refuses; bad_fingerprint; unsupported_method for all but Binding requests,
/// to
///         which silence is the answer. in: a buffer of max_datagram_size bytes
/// source: RFC 8489 sec. 6.3.1, 12
[[nodiscard]] inline result<transmit, reject>
respond_to_binding(const datagram& request, byte_span buffer, const responder_config& config = {}) {
  Expects(buffer.size() >= max_datagram_size);
  const auto message = message_view::parse(request.bytes);
  if (!message) return unexpected{message.error()};
  if (!has_good_fingerprint(*message, config.require_fingerprint)) {
    return unexpected{reject::bad_fingerprint};
  }
  if (message->type() != message_type{method::binding, message_class::request}) {
    return unexpected{reject::unsupported_method};
  }

  const auto unknown = message->unknown_required(detail::harmless_in_binding);
  const auto cls = unknown.empty() ? message_class::success : message_class::error;
  writer out{buffer, {method::binding, cls}, message->transaction()};
  if (unknown.empty()) {
    out.add(xor_mapped_address{request.remote});
  } else {
    out.add(error_code_attribute{error_code::unknown_attribute}).add(unknown_attributes{unknown});
  }
  if (!config.software.empty()) out.add(software{config.software});
  if (message->find(attribute_type::fingerprint)) out.add_fingerprint();
  const auto size = out.finish();
  Expects(size.has_value());  // all but SOFTWARE is bounded, and that is the caller's
  return transmit{request.local, request.remote, *size};
}

}  // namespace floe::stun
