#include "floe/crypto/hardware.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

#include "catch.hpp"
#include "floe/crypto/crc32.hpp"
#include "floe/crypto/sha1.hpp"
#include "floe/crypto/sha256.hpp"

namespace crypto = floe::crypto;

namespace {

std::array<std::byte, 128> counted() {
  std::array<std::byte, 128> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i * 5 + 1);
  return bytes;
}

}  // namespace

TEST_CASE("hardware: does all of the work or none", "[crypto]") {
  const auto bytes = counted();

  auto sha1 = crypto::detail::sha1_algorithm::initial;
  auto expected1 = sha1;
  if (crypto::hardware::sha1(sha1, bytes.data(), 2)) {
    crypto::detail::sha1_algorithm::compress_portable(expected1, bytes.data());
    crypto::detail::sha1_algorithm::compress_portable(expected1, bytes.data() + 64);
  }
  CHECK(sha1 == expected1);

  auto sha256 = crypto::detail::sha256_algorithm::initial;
  auto expected256 = sha256;
  if (crypto::hardware::sha256(sha256, crypto::detail::sha256_constants, bytes.data(), 2)) {
    crypto::detail::sha256_algorithm::compress_portable(expected256, bytes.data());
    crypto::detail::sha256_algorithm::compress_portable(expected256, bytes.data() + 64);
  }
  CHECK(sha256 == expected256);

  for (const auto when : {crypto::written::earlier, crypto::written::just_now}) {
    if (const auto crc = crypto::hardware::crc32(1, bytes.data(), bytes.size(), when)) {
      CHECK(*crc == crypto::detail::crc32_portable(1, bytes.data(), bytes.size()));
    }
  }
}

TEST_CASE("the portable paths agree with whatever path is chosen", "[crypto]") {
  const auto bytes = counted();
  auto chosen = crypto::detail::sha1_algorithm::initial;
  auto portable = chosen;
  crypto::detail::sha1_algorithm::compress(chosen, bytes.data(), 1);
  crypto::detail::sha1_algorithm::compress_portable(portable, bytes.data());
  CHECK(chosen == portable);
  CHECK(crypto::detail::crc32_fold(3, bytes.data(), 127, crypto::written::earlier) ==
        crypto::detail::crc32_portable(3, bytes.data(), 127));
}
