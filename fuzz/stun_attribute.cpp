// Any bytes as the value of each attribute there is.
//
// Promises: reads nothing outside the value; what it takes it writes again as a value that it takes
// as the same, and from then on byte for byte; nothing beyond a value is written, and behind it
// only the padding; a message carries it unchanged.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/discovery.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/extensions.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"

using namespace floe;

namespace {

constexpr std::byte untouched{0xee};

void must(bool holds) {
  if (!holds) std::abort();
}

using bytes = std::vector<std::byte>;

template <class A>
bytes written(const A& value, const stun::transaction_id& id) {
  bytes out(value.size() + 4, untouched);
  value.encode({out.data(), value.size()}, id);
  must(std::all_of(out.end() - 4, out.end(), [](auto b) { return b == untouched; }));
  out.resize(value.size());
  return out;
}

template <class A>
void check(byte_view raw, const stun::transaction_id& id) {
  const std::optional<A> value = A::decode(raw, id);
  if (!value) return;
  if constexpr (requires { value->is_encodable(); }) {
    if (!value->is_encodable()) return;
  }
  const auto once = written(*value, id);
  const std::optional<A> again = A::decode(once, id);
  must(again && *again == *value && written(*again, id) == once);

  bytes buffer(stun::header_size + stun::attribute_header_size + stun::padded(once.size()) + 1,
               untouched);
  const auto size = stun::writer{buffer, {stun::method::binding, stun::message_class::request}, id}
                        .add(*value)
                        .finish();
  must(size.has_value() && *size == buffer.size() - 1 && buffer.back() == untouched);
  const result<stun::message_view, reject> message =
      stun::message_view::parse(byte_view{buffer}.first(*size));
  must(message.has_value());
  const auto carried = message->get<A>();
  must(carried && *carried == *value);
  const auto in_place = message->find(A::type)->value;
  must(std::equal(in_place.begin(), in_place.end(), once.begin(), once.end()));
  for (std::size_t i = in_place.size(); i < stun::padded(in_place.size()); ++i) {
    must(in_place.data()[i] == std::byte{0});
  }
}

template <class... A>
struct attributes {
  static void check_one(std::size_t which, byte_view raw, const stun::transaction_id& id) {
    which %= sizeof...(A);
    std::size_t at = 0;
    ((at++ == which ? check<A>(raw, id) : void()), ...);
  }
};

using all = attributes<
    stun::username, stun::software, stun::realm, stun::nonce, stun::alternate_domain,
    stun::mapped_address, stun::alternate_server, stun::response_origin, stun::other_address,
    stun::xor_mapped_address, stun::xor_peer_address, stun::xor_relayed_address, stun::priority,
    stun::use_candidate, stun::ice_controlling, stun::ice_controlled, stun::error_code_attribute,
    stun::unknown_attributes, stun::channel_number, stun::lifetime, stun::data, stun::dont_fragment,
    stun::requested_transport, stun::reservation_token, stun::connection_id, stun::access_token,
    stun::third_party_authorization, stun::mobility_ticket, stun::requested_address_family,
    stun::additional_address_family, stun::even_port, stun::address_error_code, stun::icmp,
    stun::userhash, stun::password_algorithm, stun::password_algorithms, stun::cache_timeout,
    stun::change_request, stun::response_port, stun::padding, stun::transaction_transmit_counter,
    stun::ecn_check, stun::nomination, stun::goog_network_info, stun::goog_last_ice_check_received,
    stun::goog_message_integrity_32, stun::goog_misc_info, stun::goog_connection_id,
    stun::goog_delta, stun::goog_delta_ack, stun::goog_delta_sync_req, stun::dtls_in_stun,
    stun::dtls_in_stun_acknowledgement, stun::cisco_stun_flowdata, stun::enf_network_status>;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// The first byte says which attribute, twelve more are the transaction id, the rest is the value.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  cursor input{gsl::as_bytes(gsl::span<const std::uint8_t>{data, size})};
  const auto which = input.read<std::uint8_t>();
  const auto raw_id = input.take(12);
  if (!which || !raw_id) return 0;
  stun::transaction_id id;
  std::copy(raw_id->begin(), raw_id->end(), id.bytes.begin());
  // A copy of exactly that size, for the sanitizer to guard.
  const bytes value(input.rest().begin(), input.rest().end());
  all::check_one(*which, value, id);
  return 0;
}
