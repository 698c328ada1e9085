// Any bytes as a STUN message.
//
// Promises: reads nothing outside the bytes and writes none of them; refuses for one of four
// reasons; what it takes apart it puts together again to the same values; a key that made no
// message proves none; one that did proves nothing more when a bit has changed that it covers; a
// message that floe writes passes its own checks, and no longer after a bit has changed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/sdp/stun_text.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/discovery.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/extensions.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/attributes/turn.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "stun_mutator.hpp"

using namespace floe;

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

const stun::integrity_key& unused_key() {
  static const auto key = stun::short_term_key("no message of the corpus was made with this");
  return key;
}

const stun::integrity_sha256_key& unused_sha256_key() {
  static const auto key =
      stun::short_term_sha256_key("no message of the corpus was made with this");
  return key;
}

/// What the mutator has sealed is proved, and not after a change of what the seal covers.
void check_seal(const stun::message_view& message, std::size_t salt) {
  static const auto key = stun::short_term_key(hostile::sealing_password);
  if (!stun::authenticate(message, key)) return;
  const auto covered = message.find(stun::attribute_type::message_integrity)->offset;
  std::vector<std::byte> changed(message.bytes().begin(), message.bytes().end());
  changed[salt % covered] ^= static_cast<std::byte>(1U << (salt / covered % 8));
  const auto other = stun::message_view::parse(changed);
  must(!other || !stun::authenticate(*other, key));
}

bool is_parse_reason(reject why) {
  return why == reject::not_stun || why == reject::truncated || why == reject::bad_length ||
         why == reject::bad_attribute;
}

/// Writes an A that was read and reads it again.
template <class A>
void round_trip(const stun::message_view& message) {
  const auto value = message.get<A>();
  must(message.has<A>() == (value.has_value() || value.error() != stun::attribute_fault::absent));
  if (!value) return;
  if constexpr (requires { value->is_encodable(); }) {
    if (!value->is_encodable()) return;
  }
  std::vector<std::byte> buffer(message.bytes().size() + 64);
  const auto size =
      stun::writer{buffer, message.type(), message.transaction()}.add(*value).finish();
  must(size.has_value());
  const result<stun::message_view, reject> again =
      stun::message_view::parse(byte_view{buffer}.first(*size));
  must(again.has_value());
  const auto same = again->get<A>();
  must(same.has_value() && *same == *value);
}

template <class... A>
void round_trips(const stun::message_view& message) {
  (round_trip<A>(message), ...);
}

bool is_printable(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); });
}

void check_walk(const stun::message_view& message) {
  const auto bytes = message.bytes();
  std::size_t at = stun::header_size;
  for (const auto& attribute : message) {
    must(attribute.offset >= at && attribute.end() <= bytes.size());
    must(attribute.value.data() == bytes.data() + attribute.offset + stun::attribute_header_size);
    at = attribute.end();
    must(message.find(attribute.type)->offset <= attribute.offset);
  }
  const auto unknown = message.unknown_required([](auto) { return false; });
  for (const auto type : unknown) {
    must(stun::is_comprehension_required(type) && message.find(type).has_value());
  }
}

/// The front of the message under a key of ours, whole and with one bit changed.
void check_proof(const stun::message_view& message, std::size_t salt) {
  std::vector<std::byte> buffer(message.bytes().size() + 96);
  stun::writer out{buffer, message.type(), message.transaction()};
  if (const auto name = message.get<stun::username>()) out.add(*name);
  if (const auto priority = message.get<stun::priority>()) out.add(*priority);
  const auto size =
      out.add_integrity(unused_key()).add_integrity(unused_sha256_key()).add_fingerprint().finish();
  must(size.has_value());
  buffer.resize(*size);
  const auto proved = [&buffer] {
    const auto again = stun::message_view::parse(buffer);
    return again && stun::check_fingerprint(*again) == stun::fingerprint_state::right &&
           stun::authenticate(*again, unused_key()) &&
           stun::authenticate(*again, unused_sha256_key());
  };
  must(proved());
  buffer[salt % buffer.size()] ^= static_cast<std::byte>(1U << (salt / buffer.size() % 8));
  must(!proved());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  const auto message = stun::message_view::parse(bytes);
  if (!message) {
    must(is_parse_reason(message.error()));
    return 0;
  }
  must(stun::message_type::decode(message->type().encode()) == message->type());
  check_walk(*message);
  must(!stun::authenticate(*message, unused_key()));
  must(!stun::authenticate(*message, unused_sha256_key(), stun::least_sha256_size));
  (void)stun::check_fingerprint(*message);
  round_trips<stun::username, stun::software, stun::realm, stun::nonce, stun::alternate_domain,
              stun::mapped_address, stun::alternate_server, stun::response_origin,
              stun::other_address, stun::xor_mapped_address, stun::xor_peer_address,
              stun::xor_relayed_address, stun::priority, stun::use_candidate, stun::ice_controlling,
              stun::ice_controlled, stun::error_code_attribute, stun::unknown_attributes>(*message);
  round_trips<stun::channel_number, stun::lifetime, stun::data, stun::dont_fragment,
              stun::requested_transport, stun::reservation_token, stun::connection_id,
              stun::access_token, stun::third_party_authorization, stun::mobility_ticket,
              stun::requested_address_family, stun::additional_address_family, stun::even_port,
              stun::address_error_code, stun::icmp>(*message);
  round_trips<stun::userhash, stun::password_algorithm, stun::password_algorithms,
              stun::cache_timeout, stun::change_request, stun::response_port, stun::padding,
              stun::transaction_transmit_counter, stun::ecn_check, stun::nomination,
              stun::goog_network_info, stun::goog_last_ice_check_received,
              stun::goog_message_integrity_32, stun::goog_misc_info>(*message);
  must(is_printable(sdp::to_line(*message)) && is_printable(sdp::to_table(*message)));
  std::size_t salt = 0;
  for (std::size_t i = 0; i < size; ++i) salt = salt * 131 + data[i];
  check_proof(*message, salt);
  check_seal(*message, salt);
  return 0;
}
