// Hash functions from elsewhere, for a host that must use a certified library.
//
// owns:     the table of what is asked of such a library
// does not: replace CRC-32, which protects nothing; crypto/openssl.hpp fills the table for OpenSSL
// invariant: what a library can't compute proves nothing and is not sent.
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <gsl/span>

#include "floe/core/bytes.hpp"

namespace floe::crypto {

/// A message in pieces, one after the other.
using pieces = gsl::span<const byte_view>;

/// The functions. Each writes its result and returns true, or returns false when the library can't,
/// such as for an algorithm that it was built without. They are called from wherever floe is, must
/// not throw, and give the same for the same bytes. A table must outlive all that was made with it.
struct library {
  bool (*md5)(pieces message, std::byte* digest) noexcept;     ///< 16 bytes
  bool (*sha1)(pieces message, std::byte* digest) noexcept;    ///< 20 bytes
  bool (*sha256)(pieces message, std::byte* digest) noexcept;  ///< 32 bytes
  /// A code of 20 bytes. in: a key of 64 bytes, zeros behind a shorter one
  bool (*hmac_sha1)(byte_view key, pieces message, std::byte* code) noexcept;
  /// A code of 32 bytes. in: likewise
  bool (*hmac_sha256)(byte_view key, pieces message, std::byte* code) noexcept;
};

}  // namespace floe::crypto
