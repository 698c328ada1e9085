// Bytes, and what OpenSSL makes of them, for the tests of hashes.
#pragma once

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "floe/core/bytes.hpp"

namespace support {

/// Bytes without a pattern, the same at each call.
inline std::vector<std::byte> noise(std::size_t size) {
  std::vector<std::byte> bytes(size);
  std::uint32_t state = 7;
  for (auto& b : bytes) {
    state = state * 1664525U + 1013904223U;
    b = static_cast<std::byte>(state >> 24U);
  }
  return bytes;
}

/// The length of the first bytes that `digest` and OpenSSL make different things of, among all
/// lengths to 4096 at all alignments; nullopt when they agree.
template <class Digest>
std::optional<std::size_t> differs_from_openssl(const EVP_MD* hash, Digest&& digest) {
  const auto bytes = noise(4096 + 16);
  for (std::size_t size = 0; size <= 4096; ++size) {
    const auto part = floe::byte_view{bytes}.subspan(size % 16, size);
    const auto made = digest(part);
    auto expected = made;
    expected.fill({});
    const auto ok = EVP_Digest(part.data(), size, reinterpret_cast<unsigned char*>(expected.data()),
                               nullptr, hash, nullptr);
    if (ok != 1 || made != expected) return size;
  }
  return std::nullopt;
}

}  // namespace support
