#include "floe/crypto/x86.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

#include "catch.hpp"

#if defined(__x86_64__) || (defined(_M_X64) && !defined(_M_ARM64EC))

namespace x86 = floe::crypto::x86;

TEST_CASE("x86: the CPU is asked once", "[crypto]") {
  CHECK(&x86::features() == &x86::features());
  CHECK(x86::features().sha == x86::detect().sha);
  CHECK(x86::features().carryless_multiply == x86::detect().carryless_multiply);
}

namespace {

template <floe::crypto::written When>
[[gnu::target("sse4.1")]] std::array<std::byte, 16>
padded_bytes(const std::vector<std::byte>& message, std::size_t at) {
  std::array<std::byte, 16> out{};
  x86::detail::store(out.data(),
                     x86::detail::padded_bytes<When>(message.data(), message.size(), at));
  return out;
}

}  // namespace

TEST_CASE("x86: padding in registers is the message, the mark and zeros", "[crypto]") {
  if (!x86::features().sha) return;
  for (std::size_t size = 0; size <= 130; ++size) {
    std::vector<std::byte> message(size);
    for (std::size_t i = 0; i < size; ++i) message[i] = static_cast<std::byte>(i + 1);
    std::vector<std::byte> padded(208);
    std::copy(message.begin(), message.end(), padded.begin());
    padded[size] = std::byte{0x80};
    for (std::size_t at = 0; at < 192; at += 16) {
      const auto* const expected = padded.data() + at;
      const auto found = padded_bytes<floe::crypto::written::earlier>(message, at);
      REQUIRE(std::equal(found.begin(), found.end(), expected));
      REQUIRE(padded_bytes<floe::crypto::written::just_now>(message, at) == found);
    }
  }
}

#endif
