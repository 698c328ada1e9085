// Messages of ICE with whatever attributes a test wants, signed with the password of the vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <string_view>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/written.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

namespace support {

inline floe::stun::integrity_key ice_key() {
  return floe::stun::short_term_key(floe::as_text(vectors::ice_password));
}

/// The transaction id of the vectors: 01 02 .. 0c.
inline floe::stun::transaction_id vector_transaction() {
  return {vectors::from_hex("0102030405060708090a0b0c")};
}

/// What a test proves of bytes that it knows to be well signed.
inline floe::stun::authenticated prove(floe::byte_view bytes) {
  return floe::stun::authenticate(floe::stun::message_view::parse(bytes).value(), ice_key())
      .value();
}

/// A Binding message: attributes in hex, integrity, more attributes in hex, FINGERPRINT.
class signed_message {
 public:
  signed_message(floe::stun::message_class cls, std::string_view attributes,
                 std::string_view behind_integrity = {}) {
    using namespace floe;
    bytes_ = vectors::unhex("000000002112a4420102030405060708090a0b0c");
    store_be(bytes_.data(), stun::message_type{stun::method::binding, cls}.encode());
    append(attributes);
    crypto::sha1::digest code{};
    const bool is_made = stun::detail::write_integrity_over(bytes_, code.size(), ice_key(),
                                                            crypto::written::earlier, code.data());
    Ensures(is_made);
    append("00080014" + vectors::to_hex(code));
    append(behind_integrity);
    store_be(bytes_.data() + 2, static_cast<std::uint16_t>(bytes_.size() + 8 - 20));
    const auto crc = stun::fingerprint_over(bytes_);
    append("80280004");
    bytes_.resize(bytes_.size() + 4);
    store_be(bytes_.data() + bytes_.size() - 4, crc);
  }

  [[nodiscard]] const std::vector<std::byte>& bytes() const noexcept { return bytes_; }
  [[nodiscard]] floe::stun::authenticated proved() const { return prove(bytes_); }

 private:
  void append(std::string_view hex) {
    const auto more = vectors::unhex(hex);
    bytes_.insert(bytes_.end(), more.begin(), more.end());
  }

  std::vector<std::byte> bytes_;
};

}  // namespace support
