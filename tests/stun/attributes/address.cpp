#include "floe/stun/attributes/address.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using stun::mapped_address;
using stun::transaction_id;
using stun::xor_mapped_address;

namespace {

struct row {
  endpoint value;
  std::string_view transaction, xored, plain;
};

const std::array<row, 6> known{{
    {{address::v4(192, 0, 2, 1), 32853},
     "b7e7a701bc34d686fa87dfae",
     "0001a147e112a643",
     "00018055c0000201"},
    {{address::v6({0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0x00, 0x11, 0x22, 0x33, 0x44,
                   0x55, 0x66, 0x77}),
      32853},
     "b7e7a701bc34d686fa87dfae",
     "0002a1470113a9faa5d3f179bc25f4b5bed2b9d9",
     "0002805520010db8123456780011223344556677"},
    {{address::v4(255, 255, 255, 255), 65535},
     "0102030405060708090a0b0c",
     "0001deeddeed5bbd",
     "0001ffffffffffff"},
    {{address::v4(0, 0, 0, 0), 0},
     "0102030405060708090a0b0c",
     "000121122112a442",
     "0001000000000000"},
    {{address::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 9},
     "0102030405060708090a0b0c",
     "0002211b2112a4420102030405060708090a0b0d",
     "0002000900000000000000000000000000000001"},
    {{address::v4(10, 0, 0, 1), 1},
     "0102030405060708090a0b0c",
     "000121132b12a443",
     "000100010a000001"},
}};

transaction_id id_of(std::string_view hex) {
  transaction_id id;
  const auto bytes = vectors::unhex(hex);
  std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
  return id;
}

template <class A>
std::string encoded(const A& a, const transaction_id& id) {
  std::vector<std::byte> out(a.size(), std::byte{0xee});
  a.encode(out, id);
  return vectors::to_hex(out);
}

template <class A>
bool decodes(std::string_view hex) {
  return A::decode(vectors::unhex(hex), {}).has_value();
}

}  // namespace

static_assert(xor_mapped_address::decode(vectors::from_hex("000121132b12a443"), {})->value ==
              endpoint{address::v4(10, 0, 0, 1), 1});

TEST_CASE("address attributes: known values both ways",
          "[stun][8489-14.1-a][8489-14.2-a][8489-14.15-a][8489-6.3.1.1-c]") {
  for (const auto& r : known) {
    const auto id = id_of(r.transaction);
    CHECK(encoded(xor_mapped_address{r.value}, id) == r.xored);
    CHECK(encoded(mapped_address{r.value}, id) == r.plain);
    CHECK(encoded(stun::alternate_server{r.value}, id) == r.plain);
    CHECK(xor_mapped_address::decode(vectors::unhex(r.xored), id)->value == r.value);
    CHECK(mapped_address::decode(vectors::unhex(r.plain), id)->value == r.value);
    CHECK(stun::alternate_server::decode(vectors::unhex(r.plain), id)->value == r.value);
  }
}

TEST_CASE("address attributes: an IPv6 address is hidden by its own transaction's id only",
          "[stun][ATK-A31]") {
  const auto& r = known[1];
  const auto other =
      xor_mapped_address::decode(vectors::unhex(r.xored), id_of("000000000000000000000000"));
  REQUIRE(other);
  CHECK(other->value != r.value);
}

TEST_CASE("address attributes: other families and sizes than they go together are no address",
          "[stun][8489-14.1-a][ATK-A10]") {
  for (std::size_t size = 0; size <= 24; ++size) {
    for (unsigned family = 0; family < 256; ++family) {
      std::vector<std::byte> value(size);
      if (size > 1) value[1] = static_cast<std::byte>(family);
      const bool right = (size == 8 && family == 1) || (size == 20 && family == 2);
      INFO(size << " bytes of family " << family);
      REQUIRE(xor_mapped_address::decode(value, {}).has_value() == right);
      REQUIRE(mapped_address::decode(value, {}).has_value() == right);
    }
  }
}

TEST_CASE("address attributes: the first byte is not looked at, and sent as zero",
          "[stun][8489-14.1-a]") {
  CHECK(decodes<mapped_address>("ff018055c0000201"));
  CHECK(encoded(mapped_address{known[0].value}, {}).substr(0, 2) == "00");
}

TEST_CASE("address attributes: types", "[stun]") {
  using a = stun::attribute_type;
  CHECK(mapped_address::type == a::mapped_address);
  CHECK(stun::alternate_server::type == a::alternate_server);
  CHECK(stun::response_origin::type == a::response_origin);
  CHECK(stun::other_address::type == a::other_address);
  CHECK(xor_mapped_address::type == a::xor_mapped_address);
  CHECK(stun::xor_peer_address::type == a::xor_peer_address);
  CHECK(stun::xor_relayed_address::type == a::xor_relayed_address);
}

TEST_CASE("address attributes: nothing is written behind the address", "[stun]") {
  for (const auto& r : known) {
    std::vector<std::byte> out(32, std::byte{0xee});
    const xor_mapped_address a{r.value};
    a.encode(out, id_of(r.transaction));
    for (auto i = a.size(); i < out.size(); ++i) REQUIRE(out[i] == std::byte{0xee});
  }
}
