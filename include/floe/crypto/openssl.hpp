// The table of hash functions (crypto/library.hpp) filled by OpenSSL's libcrypto, 1.1.1 or newer.
//
// owns:     the calls
// does not: come with floe.hpp: who includes it links with libcrypto. It allocates, as libcrypto
//           does.
// invariant: whatever libcrypto refuses comes out as false, and leaves nothing in its queue of
//            errors, which the host's TLS connections on the same thread would take for theirs.
#pragma once

#include "floe/core/language.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <cstddef>
#include <memory>

#include "floe/core/bytes.hpp"
#include "floe/crypto/library.hpp"

namespace floe::crypto {

namespace detail {

struct openssl_free {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};

/// Takes back what errors have come during its life, and leaves those of before.
class openssl_errors {
 public:
  openssl_errors() noexcept { ERR_set_mark(); }
  openssl_errors(const openssl_errors&) = delete;
  openssl_errors& operator=(const openssl_errors&) = delete;
  openssl_errors(openssl_errors&&) = delete;
  openssl_errors& operator=(openssl_errors&&) = delete;
  ~openssl_errors() { ERR_pop_to_mark(); }
};

[[nodiscard]] inline unsigned char* openssl_bytes(std::byte* bytes) noexcept {
  return reinterpret_cast<unsigned char*>(bytes);
}

[[nodiscard]] inline bool openssl_digest(const EVP_MD* algorithm, pieces message,
                                         std::byte* digest) noexcept {
  const openssl_errors own;
  const std::unique_ptr<EVP_MD_CTX, openssl_free> context{EVP_MD_CTX_new()};
  if (!context || EVP_DigestInit_ex(context.get(), algorithm, nullptr) != 1) return false;
  for (const auto& piece : message) {
    if (EVP_DigestUpdate(context.get(), piece.data(), piece.size()) != 1) return false;
  }
  return EVP_DigestFinal_ex(context.get(), openssl_bytes(digest), nullptr) == 1;
}

[[nodiscard]] inline bool openssl_hmac(const EVP_MD* algorithm, byte_view key, pieces message,
                                       std::byte* code) noexcept {
  const openssl_errors own;
  const std::unique_ptr<EVP_PKEY, openssl_free> held{EVP_PKEY_new_raw_private_key(
      EVP_PKEY_HMAC, nullptr, reinterpret_cast<const unsigned char*>(key.data()), key.size())};
  const std::unique_ptr<EVP_MD_CTX, openssl_free> context{EVP_MD_CTX_new()};
  if (!held || !context ||
      EVP_DigestSignInit(context.get(), nullptr, algorithm, nullptr, held.get()) != 1) {
    return false;
  }
  for (const auto& piece : message) {
    if (EVP_DigestSignUpdate(context.get(), piece.data(), piece.size()) != 1) return false;
  }
  auto size = static_cast<std::size_t>(EVP_MD_size(algorithm));
  return EVP_DigestSignFinal(context.get(), openssl_bytes(code), &size) == 1;
}

}  // namespace detail

/// OpenSSL's functions, as the default provider has them. Under a FIPS provider MD5 is refused, and
/// with it servers that know no other password algorithm.
inline constexpr library openssl{
    .md5 =
        [](pieces message, std::byte* digest) noexcept {
          return detail::openssl_digest(EVP_md5(), message, digest);
        },
    .sha1 =
        [](pieces message, std::byte* digest) noexcept {
          return detail::openssl_digest(EVP_sha1(), message, digest);
        },
    .sha256 =
        [](pieces message, std::byte* digest) noexcept {
          return detail::openssl_digest(EVP_sha256(), message, digest);
        },
    .hmac_sha1 =
        [](byte_view key, pieces message, std::byte* code) noexcept {
          return detail::openssl_hmac(EVP_sha1(), key, message, code);
        },
    .hmac_sha256 =
        [](byte_view key, pieces message, std::byte* code) noexcept {
          return detail::openssl_hmac(EVP_sha256(), key, message, code);
        },
};

}  // namespace floe::crypto
