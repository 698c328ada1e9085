// Libraries as a host may inject them (crypto/library.hpp): one that computes with floe's own
// functions, by another way than floe itself, and one that refuses everything.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "floe/core/bytes.hpp"
#include "floe/crypto/library.hpp"
#include "floe/crypto/md5.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"

namespace support {

template <class Hash>
bool digest_into(floe::crypto::pieces message, std::byte* digest) noexcept {
  Hash hash;
  for (const auto& piece : message) hash.update(piece);
  const auto made = hash.finish();
  std::copy(made.begin(), made.end(), digest);
  return true;
}

/// HMAC by its definition, from a key block.
template <class Hash>
bool hmac_into(floe::byte_view key, floe::crypto::pieces message, std::byte* code) noexcept {
  std::array<std::byte, 64> block{};
  const auto with = [&](std::byte pad) {
    std::transform(key.begin(), key.end(), block.begin(), [pad](auto b) { return b ^ pad; });
    Hash hash;
    hash.update(block);
    return hash;
  };
  auto inner = with(std::byte{0x36});
  for (const auto& piece : message) inner.update(piece);
  const auto digest = inner.finish();
  auto outer = with(std::byte{0x5c});
  outer.update(digest);
  const auto made = outer.finish();
  std::copy(made.begin(), made.end(), code);
  return key.size() == block.size();
}

inline constexpr floe::crypto::library own_library{
    digest_into<floe::crypto::md5>, digest_into<floe::crypto::sha1>,
    digest_into<floe::crypto::sha256>, hmac_into<floe::crypto::sha1>,
    hmac_into<floe::crypto::sha256>};

inline bool refuse_digest(floe::crypto::pieces, std::byte*) noexcept { return false; }
inline bool refuse_hmac(floe::byte_view, floe::crypto::pieces, std::byte*) noexcept {
  return false;
}

inline constexpr floe::crypto::library refusing_library{refuse_digest, refuse_digest, refuse_digest,
                                                        refuse_hmac, refuse_hmac};

/// Without MD5, as certified libraries often are.
inline constexpr floe::crypto::library library_without_md5{
    refuse_digest, digest_into<floe::crypto::sha1>, digest_into<floe::crypto::sha256>,
    hmac_into<floe::crypto::sha1>, hmac_into<floe::crypto::sha256>};

}  // namespace support
