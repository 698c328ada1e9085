#include "floe/stun/attribute_walk.hpp"

#include <array>
#include <cstdint>
#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::attribute_type;
using stun::attribute_walk;

namespace {

// A header, which the walk does not look at, and the attributes.
std::vector<std::byte> message(std::string_view attributes) {
  std::vector<std::byte> bytes(stun::header_size);
  const auto rest = vectors::unhex(attributes);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return bytes;
}

struct outcome {
  std::size_t count = 0;
  bool broken = false;
  bool operator==(const outcome&) const = default;
};

outcome walk_all(byte_view bytes) {
  attribute_walk walk{bytes};
  outcome out;
  while (const auto attribute = walk.next()) {
    ++out.count;
    const auto* const end = bytes.data() + bytes.size();
    REQUIRE(attribute->value.data() + stun::padded(attribute->value.size()) <= end);
  }
  REQUIRE_FALSE(walk.next());
  out.broken = walk.is_broken();
  return out;
}

}  // namespace

static_assert(stun::padded(0) == 0 && stun::padded(1) == 4 && stun::padded(4) == 4 &&
              stun::padded(5) == 8 && stun::padded(0xffff) == 0x10000);

TEST_CASE("attribute_walk: type, value without padding, offset", "[stun][8489-14-a]") {
  const auto bytes = message("8022000361626300"
                             "00240004"
                             "01020304"
                             "00250000");
  attribute_walk walk{bytes};
  const auto software = walk.next();
  REQUIRE(software);
  CHECK(software->type == attribute_type::software);
  CHECK(vectors::to_hex(software->value) == "616263");
  CHECK(software->offset == 20);
  CHECK(software->end() == 28);
  const auto priority = walk.next();
  REQUIRE(priority);
  CHECK(priority->type == attribute_type::priority);
  CHECK(priority->offset == 28);
  const auto use_candidate = walk.next();
  REQUIRE(use_candidate);
  CHECK(use_candidate->value.empty());
  CHECK(use_candidate->offset == 36);
  CHECK_FALSE(walk.next());
  CHECK_FALSE(walk.is_broken());
}

TEST_CASE("attribute_walk: padding may hold anything", "[stun][8489-14-a]") {
  for (std::size_t size = 0; size <= 8; ++size) {
    for (const auto fill : {std::byte{0}, std::byte{0x20}, std::byte{0xff}}) {
      auto bytes = message("");
      bytes.insert(bytes.end(),
                   {std::byte{0x80}, std::byte{0x22}, std::byte{0}, static_cast<std::byte>(size)});
      bytes.insert(bytes.end(), stun::padded(size), fill);
      CHECK(walk_all(bytes) == outcome{1, false});
      attribute_walk walk{bytes};
      CHECK(walk.next()->value.size() == size);
    }
  }
}

TEST_CASE("attribute_walk: a value or its padding past the end breaks it",
          "[stun][8489-14-c][ATK-A05][ATK-A06]") {
  CHECK(walk_all(message("00240005"
                         "01020304")) == outcome{0, true});  // by 1
  CHECK(walk_all(message("00240008"
                         "01020304")) == outcome{0, true});  // by 4
  CHECK(walk_all(message("0024ffff"
                         "01020304")) == outcome{0, true});
  CHECK(walk_all(message("8022000561626364"
                         "65")) == outcome{0, true});  // padding only
  CHECK(walk_all(message("80220000"
                         "80220001")) == outcome{1, true});
  CHECK(walk_all(message("8022")) == outcome{0, true});
  CHECK(walk_all(message("802200")) == outcome{0, true});
}

TEST_CASE("attribute_walk: fewer bytes than a header hold no attribute", "[stun][ATK-A01]") {
  for (std::size_t size = 0; size <= stun::header_size; ++size) {
    CHECK(walk_all(std::vector<std::byte>(size)) == outcome{0, false});
  }
}

TEST_CASE("attribute_walk: every front part of every message ends or breaks inside it",
          "[stun][ATK-A22]") {
  for (const auto& v : vectors::messages) {
    for (std::size_t size = 0; size <= v.bytes.size(); ++size) {
      // A copy of exactly that size, for the address sanitizer to guard.
      const std::vector<std::byte> part(v.bytes.begin(),
                                        v.bytes.begin() + static_cast<std::ptrdiff_t>(size));
      const auto out = walk_all(part);
      if (size == v.bytes.size()) CHECK_FALSE(out.broken);
    }
  }
}

TEST_CASE("attribute walk: an attribute of no message ends behind its header", "[stun]") {
  CHECK(stun::raw_attribute{}.end() == stun::attribute_header_size);
}
