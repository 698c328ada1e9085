#include "floe/stun/header.hpp"

#include <array>
#include <cstdint>
#include <set>

#include "catch.hpp"
#include "floe/core/entropy.hpp"

using namespace floe;
using stun::message_class;
using stun::message_type;
using stun::method;

static_assert(message_type{method::binding, message_class::request}.encode() == 0x0001);
static_assert(message_type{method::binding, message_class::indication}.encode() == 0x0011);
static_assert(message_type{method::binding, message_class::success}.encode() == 0x0101);
static_assert(message_type{method::binding, message_class::error}.encode() == 0x0111);
static_assert(message_type::decode(0x0111) == message_type{method::binding, message_class::error});

namespace {

constexpr std::array classes{message_class::request, message_class::indication,
                             message_class::success, message_class::error};

}  // namespace

TEST_CASE("header: every method and class survives the wire, and fits in 14 bits",
          "[stun][8489-5-c][8489-5-d]") {
  std::set<std::uint16_t> seen;
  for (std::uint16_t m = 0; m < 0x1000; ++m) {
    for (const auto c : classes) {
      const message_type type{static_cast<method>(m), c};
      const auto wire = type.encode();
      REQUIRE(wire < 0x4000);
      REQUIRE(message_type::decode(wire) == type);
      seen.insert(wire);
    }
  }
  CHECK(seen.size() == 0x4000);
}

TEST_CASE("header: message types as they are known from the wire", "[stun][8489-5-c][8489-5-d]") {
  struct row {
    std::uint16_t method, request, indication, success, error;
  };
  constexpr std::array<row, 12> known{{{0x001, 0x0001, 0x0011, 0x0101, 0x0111},
                                       {0x003, 0x0003, 0x0013, 0x0103, 0x0113},
                                       {0x004, 0x0004, 0x0014, 0x0104, 0x0114},
                                       {0x006, 0x0006, 0x0016, 0x0106, 0x0116},
                                       {0x007, 0x0007, 0x0017, 0x0107, 0x0117},
                                       {0x008, 0x0008, 0x0018, 0x0108, 0x0118},
                                       {0x009, 0x0009, 0x0019, 0x0109, 0x0119},
                                       {0x00a, 0x000a, 0x001a, 0x010a, 0x011a},
                                       {0x00b, 0x000b, 0x001b, 0x010b, 0x011b},
                                       {0x00c, 0x000c, 0x001c, 0x010c, 0x011c},
                                       {0x080, 0x0200, 0x0210, 0x0300, 0x0310},
                                       {0xfff, 0x3eef, 0x3eff, 0x3fef, 0x3fff}}};
  for (const auto& r : known) {
    INFO(r.method);
    const auto m = static_cast<method>(r.method);
    CHECK(message_type{m, message_class::request}.encode() == r.request);
    CHECK(message_type{m, message_class::indication}.encode() == r.indication);
    CHECK(message_type{m, message_class::success}.encode() == r.success);
    CHECK(message_type{m, message_class::error}.encode() == r.error);
  }
}

TEST_CASE("header: the methods have their registered numbers", "[stun]") {
  CHECK(static_cast<unsigned>(method::binding) == 0x001);
  CHECK(static_cast<unsigned>(method::allocate) == 0x003);
  CHECK(static_cast<unsigned>(method::refresh) == 0x004);
  CHECK(static_cast<unsigned>(method::send) == 0x006);
  CHECK(static_cast<unsigned>(method::data) == 0x007);
  CHECK(static_cast<unsigned>(method::create_permission) == 0x008);
  CHECK(static_cast<unsigned>(method::channel_bind) == 0x009);
  CHECK(static_cast<unsigned>(method::connect) == 0x00a);
  CHECK(static_cast<unsigned>(method::connection_bind) == 0x00b);
  CHECK(static_cast<unsigned>(method::connection_attempt) == 0x00c);
  CHECK(static_cast<unsigned>(method::goog_ping) == 0x080);
}

TEST_CASE("header: a transaction id is 12 bytes straight from the entropy source",
          "[stun][8489-5-f][ATK-C13]") {
  unsigned drawn = 0;
  auto count = [&drawn](byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>(drawn++);
  };
  const auto first = stun::transaction_id::random(count);
  CHECK(drawn == 12);
  const auto second = stun::transaction_id::random(count);
  CHECK(drawn == 24);
  CHECK(first != second);
  for (unsigned i = 0; i < 12; ++i) {
    CHECK(std::to_integer<unsigned>(first.bytes[i]) == i);
    CHECK(std::to_integer<unsigned>(second.bytes[i]) == 12 + i);
  }
}

TEST_CASE("header: twenty bytes, with the cookie of the RFC", "[stun][8489-5-a]") {
  CHECK(stun::header_size == 20);
  CHECK(stun::magic_cookie == 0x2112a442);
}
