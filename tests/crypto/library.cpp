#include "floe/crypto/library.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <new>
#include <string>
#include <vector>

#include "catch.hpp"
#include "floe/crypto/hmac.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "support/libraries.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using crypto::written;
using support::own_library;
using support::refusing_library;

namespace {

std::vector<std::byte> counted(std::size_t size) {
  std::vector<std::byte> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 37 + 11);
  return bytes;
}

template <class Hash>
void check_codes() {
  const auto bytes = counted(400);
  for (std::size_t key_size = 0; key_size <= 130; ++key_size) {
    const auto raw = byte_view{bytes}.first(key_size);
    const crypto::hmac_key<Hash> own{raw};
    const crypto::hmac_key<Hash> by{raw, &own_library};
    REQUIRE(by.made_for() == &own_library);
    REQUIRE_FALSE(by.empty());
    for (std::size_t size = 0; size <= 150; size += 1 + key_size % 7) {
      const auto message = byte_view{bytes}.first(size);
      REQUIRE(crypto::hmac_code(by, message) == crypto::hmac_code(own, message));
      if (size < 4) continue;
      REQUIRE(crypto::hmac_code(by, message, 0x1234) == crypto::hmac_code(own, message, 0x1234));
    }
  }
}

std::size_t write(byte_span buffer, const stun::integrity_key& key) {
  return stun::writer{buffer, {stun::method::binding, stun::message_class::request}, {}}
      .add(stun::username{"RFRG:LFRG"})
      .add_integrity(key)
      .add_fingerprint()
      .finish()
      .value();
}

}  // namespace

TEST_CASE("library: codes are the same as floe's own, for keys and messages of many sizes",
          "[crypto]") {
  check_codes<crypto::sha1>();
  check_codes<crypto::sha256>();
}

TEST_CASE("library: messages are the same bytes, and prove themselves", "[crypto][stun]") {
  const auto own = stun::short_term_key("passwordpasswordpassword");
  const auto by = stun::short_term_key("passwordpasswordpassword", &own_library);
  std::array<std::byte, 200> one{};
  std::array<std::byte, 200> other{};
  const auto size = write(one, own);
  CHECK(write(other, by) == size);
  CHECK(one == other);
  const auto message = stun::message_view::parse(byte_view{one}.first(size));
  CHECK(stun::authenticate(*message, by));
  one[25] ^= std::byte{1};
  CHECK(stun::authenticate(*message, by).error() == reject::bad_integrity);
}

TEST_CASE("library: keys are equal when every byte and the library are", "[crypto]") {
  auto raw = counted(64);
  const crypto::hmac_key<crypto::sha1> key{raw, &own_library};
  CHECK(key == crypto::hmac_key<crypto::sha1>{raw, &own_library});
  CHECK_FALSE(key == crypto::hmac_key<crypto::sha1>{raw});
  for (std::size_t i = 0; i < raw.size(); ++i) {
    raw[i] ^= std::byte{1};
    CHECK_FALSE(key == crypto::hmac_key<crypto::sha1>{raw, &own_library});
    raw[i] ^= std::byte{1};
  }
  // A key of zeros is one all the same, and so is none at all.
  CHECK_FALSE(crypto::hmac_key<crypto::sha1>{byte_view{}, &own_library}.empty());
}

TEST_CASE("library: one that refuses proves nothing, whatever the message claims",
          "[crypto][stun][ATK-A17]") {
  std::array<std::byte, 200> buffer{};
  const auto size = write(buffer, stun::short_term_key("password"));
  for (const auto& password : {std::string(8, 'p'), std::string(100, 'p')}) {
    const auto key = stun::short_term_key(password, &refusing_library);
    const auto key256 = stun::short_term_sha256_key(password, &refusing_library);
    CHECK_FALSE(key.empty());
    auto message = byte_view{buffer}.first(size);
    for (const int claim : {0, 0xff, -1}) {
      if (claim >= 0) std::fill_n(buffer.begin() + 40, 20, static_cast<std::byte>(claim));
      CHECK(stun::authenticate(*stun::message_view::parse(message), key).error() ==
            reject::bad_integrity);
    }
    std::array<std::byte, 200> out{};
    const stun::message_type type{stun::method::binding, stun::message_class::request};
    CHECK(stun::writer(out, type, {}).add_integrity(key).add_fingerprint().finish().error() ==
          errc::unsupported);
    CHECK(stun::writer(out, type, {}).add_integrity(key256).finish().error() == errc::unsupported);
  }
}

TEST_CASE("library: a long key that it could not shorten proves nothing", "[crypto][ATK-A17]") {
  constexpr crypto::library without_digests{support::refuse_digest, support::refuse_digest,
                                            support::refuse_digest, own_library.hmac_sha1,
                                            own_library.hmac_sha256};
  const auto raw = counted(65);
  std::array<std::byte, 32> code{};
  const auto writes = [&](const auto& key) {
    return crypto::write_hmac_code(key, raw, 0, written::earlier, code.data());
  };
  const auto shorter = byte_view{raw}.first(64);
  CHECK(writes(crypto::hmac_key<crypto::sha1>{shorter, &without_digests}));
  CHECK_FALSE(writes(crypto::hmac_key<crypto::sha1>{raw, &without_digests}));
  CHECK_FALSE(writes(crypto::hmac_key<crypto::sha256>{raw, &without_digests}));
}

TEST_CASE("library: a key leaves nothing of itself behind", "[crypto][8489-16-a]") {
  using key = crypto::hmac_key<crypto::sha1>;
  alignas(key) std::array<std::byte, sizeof(key)> place{};
  const auto raw = counted(64);
  auto* const made = new (place.data()) key{raw, &own_library};
  made->~key();
  const volatile std::byte* const left = place.data();
  // All but the pointer to the library, which is no secret.
  for (std::size_t i = 0; i < 64; ++i) REQUIRE(left[i] == std::byte{});
}
