#include "floe/crypto/block_hash.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;

namespace {

// A compression function that lets the test see what it was given: it adds up the blocks' words
// in the chaining state, and counts the blocks in the last word.
struct transparent {
  using state = std::array<std::uint32_t, 4>;
  static constexpr state initial{1, 2, 3, 0};
  static constexpr bool big_endian = true;
  static constexpr void compress(state& chain, const std::byte* blocks,
                                 std::size_t count) noexcept {
    for (; count > 0; --count, blocks += 64, ++chain[3]) {
      for (std::size_t i = 0; i < 64; ++i) {
        chain[0] = chain[0] * 31 + std::to_integer<std::uint32_t>(blocks[i]);
      }
      chain[1] = load_be<std::uint32_t>(blocks + 56);
      chain[2] = load_be<std::uint32_t>(blocks + 60);
    }
  }
};

struct mirrored : transparent {
  static constexpr bool big_endian = false;
};

template <class Algorithm>
auto hash_of(std::size_t size) {
  crypto::block_hash<Algorithm> hash;
  hash.update(std::vector<std::byte>(size, std::byte{0x11}));
  return hash.finish();
}

}  // namespace

TEST_CASE("block_hash pads to one more block only when mark and length don't fit", "[crypto]") {
  for (std::size_t size = 0; size <= 200; ++size) {
    const auto digest = hash_of<transparent>(size);
    INFO(size);
    CHECK(load_be<std::uint32_t>(digest.data() + 12) == (size + 1 + 8 + 63) / 64);
    CHECK(load_be<std::uint32_t>(digest.data() + 8) == size * 8);
  }
}

TEST_CASE("block_hash writes length and digest in the byte order of the algorithm", "[crypto]") {
  const auto digest = hash_of<mirrored>(32);
  // 256 bits, low byte first, in the first length word that compress() reads as big-endian
  CHECK(vectors::to_hex(byte_view{digest}.subspan(4, 4)) == "00000100");
  CHECK(vectors::to_hex(byte_view{digest}.subspan(12, 4)) == "01000000");
}

TEST_CASE("block_hash does not depend on how the bytes are split", "[crypto]") {
  std::vector<std::byte> bytes(200);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(i);
  crypto::block_hash<transparent> whole;
  whole.update(bytes);
  const auto expected = whole.finish();
  for (std::size_t first = 0; first <= bytes.size(); ++first) {
    for (std::size_t second = first; second <= bytes.size(); ++second) {
      crypto::block_hash<transparent> hash;
      hash.update(byte_view{bytes}.first(first));
      hash.update(byte_view{bytes}.subspan(first, second - first));
      hash.update(byte_view{bytes}.subspan(second));
      REQUIRE(hash.finish() == expected);
    }
  }
}

TEST_CASE("block_hash goes on from the state after whole blocks", "[crypto]") {
  const std::vector<std::byte> front(128, std::byte{0x5a});
  const std::vector<std::byte> back(77, std::byte{0xa5});
  crypto::block_hash<transparent> whole;
  whole.update(front);
  auto chain = transparent::initial;
  transparent::compress(chain, front.data(), 2);
  crypto::block_hash<transparent> resumed{chain, front.size()};
  whole.update(back);
  resumed.update(back);
  CHECK(whole.finish() == resumed.finish());
}
