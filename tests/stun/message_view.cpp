#include "floe/stun/message_view.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/core/datagram.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/writer.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::attribute_fault;
using stun::attribute_type;
using stun::message_class;
using stun::message_view;
using stun::method;

namespace {

using buffer = std::vector<std::byte>;

buffer copy(byte_view bytes) { return {bytes.begin(), bytes.end()}; }

/// A Binding request with these attributes, written in hex.
buffer request(std::string_view attributes) {
  buffer bytes = vectors::unhex("000100002112a4420102030405060708090a0b0c");
  const auto rest = vectors::unhex(attributes);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  store_be(bytes.data() + 2, static_cast<std::uint16_t>(rest.size()));
  return bytes;
}

/// Appends attributes to a message, behind whatever it ends with.
buffer extended(byte_view message, std::string_view attributes) {
  auto bytes = copy(message);
  const auto rest = vectors::unhex(attributes);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  store_be(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - 20));
  return bytes;
}

void check_rejected(const buffer& bytes, reject why) {
  const auto message = message_view::parse(bytes);
  INFO(vectors::to_hex(bytes));
  REQUIRE_FALSE(message);
  REQUIRE(message.error() == why);
}

std::vector<attribute_type> counting(const message_view& message) {
  std::vector<attribute_type> types;
  for (const auto& attribute : message) types.push_back(attribute.type);
  return types;
}

constexpr std::string_view integrity_hex = "00080014"
                                           "0000000000000000000000000000000000000000";
constexpr std::string_view integrity_sha256_hex =
    "001c0020"
    "0000000000000000000000000000000000000000000000000000000000000000";
constexpr std::string_view fingerprint_hex = "80280004"
                                             "00000000";
constexpr std::string_view priority_hex = "00240004"
                                          "6e001eff";

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string all;
  for (const auto part : parts) all += part;
  return all;
}

constexpr bool reads_check() {
  const auto message = message_view::parse(vectors::check_nominate);
  return message && message->type() == stun::message_type{} &&
         message->get<stun::priority>()->value == 1845501695 &&
         message->get<stun::ice_controlling>()->tie_breaker == 0x0123456789abcdef &&
         message->has<stun::use_candidate>() && !message->has<stun::ice_controlled>() &&
         message->transaction().bytes == vectors::from_hex("0102030405060708090a0b0c");
}

}  // namespace

static_assert(reads_check());

TEST_CASE("message_view: the sample messages say what they are known to say",
          "[stun][5769-2-a][8489-5-a]") {
  const auto message = message_view::parse(vectors::rfc5769_2_1);
  REQUIRE(message);
  CHECK(message->method() == method::binding);
  CHECK(message->cls() == message_class::request);
  CHECK(message->bytes().data() == vectors::rfc5769_2_1.data());
  CHECK(message->bytes().size() == 108);
  CHECK(vectors::to_hex(message->transaction().bytes) == "b7e7a701bc34d686fa87dfae");
  CHECK(message->get<stun::software>()->value == "STUN test client");
  CHECK(message->get<stun::username>()->value == "evtj:h6vY");
  CHECK(message->get<stun::priority>()->value == 0x6e0001ff);
  CHECK(message->get<stun::ice_controlled>()->tie_breaker == 0x932ff9b151263b36);

  const auto v4 = message_view::parse(vectors::rfc5769_2_2);
  CHECK(v4->cls() == message_class::success);
  CHECK(v4->get<stun::software>()->value == "test vector");
  CHECK(v4->get<stun::xor_mapped_address>()->value == endpoint{address::v4(192, 0, 2, 1), 32853});
  const auto v6 = message_view::parse(vectors::rfc5769_2_3);
  CHECK(v6->get<stun::xor_mapped_address>()->value ==
        endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34, 0x56, 0x78, 0x00, 0x11, 0x22,
                              0x33, 0x44, 0x55, 0x66, 0x77}),
                 32853});
  const auto long_term = message_view::parse(vectors::rfc5769_2_4);
  CHECK(long_term->get<stun::username>()->value ==
        "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9");
  CHECK(long_term->get<stun::realm>()->value == "example.org");
  CHECK(long_term->get<stun::nonce>()->value == "f//499k954d6OL34oL9FSTvy64sA");
}

TEST_CASE("message_view: fewer bytes than a header are no STUN", "[stun][8489-5-i][ATK-A01]") {
  for (std::size_t size = 0; size < stun::header_size; ++size) {
    check_rejected(copy(byte_view{vectors::keepalive}.first(size)), reject::not_stun);
    check_rejected(buffer(size), reject::not_stun);
  }
}

TEST_CASE("message_view: other leading bits or another cookie are no STUN",
          "[stun][8489-5-b][8489-5-e][8489-6.3-a][8489-11-a][ATK-A27]") {
  for (const unsigned bits : {0x40U, 0x80U, 0xc0U}) {
    auto bytes = copy(vectors::check_nominate);
    bytes[0] |= static_cast<std::byte>(bits);
    check_rejected(bytes, reject::not_stun);
  }
  for (std::size_t bit = 0; bit < 32; ++bit) {
    auto bytes = copy(vectors::check_nominate);
    bytes[4 + bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    check_rejected(bytes, reject::not_stun);
  }
  // RFC 3489 has 128 bits of transaction id here, with our cookie somewhere in it.
  auto old = vectors::unhex("00010000000000002112a4422112a4422112a442");
  check_rejected(old, reject::not_stun);
}

TEST_CASE("message_view: the length field is the number of bytes behind the header",
          "[stun][8489-5-g][ATK-A02][ATK-A03][ATK-A04]") {
  const auto good = copy(vectors::check_nominate);
  for (unsigned length = 0; length <= 0xffff; ++length) {
    auto bytes = good;
    store_be(bytes.data() + 2, static_cast<std::uint16_t>(length));
    const auto message = message_view::parse(bytes);
    REQUIRE(message.has_value() == (length == 72));
    if (message) continue;
    REQUIRE(message.error() ==
            (length % 4 != 0 || length < 72 ? reject::bad_length : reject::truncated));
  }
}

TEST_CASE("message_view: every cut of every message is refused for the right reason",
          "[stun][8489-5-i][ATK-A02][ATK-A22]") {
  for (const auto& v : vectors::messages) {
    for (std::size_t size = 0; size < v.bytes.size(); ++size) {
      check_rejected(copy(v.bytes.first(size)),
                     size < stun::header_size ? reject::not_stun : reject::truncated);
    }
    for (std::size_t more = 1; more <= 4; ++more) {
      auto bytes = copy(v.bytes);
      bytes.resize(bytes.size() + more);
      check_rejected(bytes, reject::bad_length);
    }
  }
}

TEST_CASE("message_view: an attribute that runs past the end refuses the whole message",
          "[stun][8489-14-c][8489-6.3-c][ATK-A05][ATK-A06]") {
  for (const std::string_view attributes :
       {"0024000501020304", "0024000801020304", "0024ffff01020304", "80220001", "8022fffd00000000",
        "00240004010203048022000500000000"}) {
    check_rejected(request(attributes), reject::bad_attribute);
  }
}

TEST_CASE("message_view: impossible sizes of integrity and fingerprint refuse the message",
          "[stun][8489-14.6-a][ATK-A17][ATK-A19]") {
  const auto sized = [](unsigned type, std::size_t size) {
    std::array<std::byte, 4> head{};
    store_be(head.data(), static_cast<std::uint16_t>(type));
    store_be(head.data() + 2, static_cast<std::uint16_t>(size));
    return request(vectors::to_hex(head) + std::string(2 * stun::padded(size), '0'));
  };
  for (std::size_t size = 0; size <= 64; ++size) {
    INFO(size);
    CHECK(message_view::parse(sized(0x0008, size)).has_value() == (size == 20));
    CHECK(message_view::parse(sized(0x001c, size)).has_value() ==
          (size >= 16 && size <= 32 && size % 4 == 0));
    CHECK(message_view::parse(sized(0x8028, size)).has_value() == (size == 4));
    if (size != 20) check_rejected(sized(0x0008, size), reject::bad_attribute);
  }
}

TEST_CASE("message_view: nothing may stand behind FINGERPRINT", "[stun][8489-7-d][ATK-A16]") {
  check_rejected(extended(vectors::check_nominate, "802200047465737400"), reject::bad_length);
  check_rejected(extended(vectors::check_nominate, "8022000474657374"), reject::bad_attribute);
  check_rejected(extended(vectors::keepalive, fingerprint_hex), reject::bad_attribute);
  check_rejected(request(joined({fingerprint_hex, integrity_hex})), reject::bad_attribute);
}

TEST_CASE("message_view: behind MESSAGE-INTEGRITY only its SHA-256 form and FINGERPRINT count",
          "[stun][8489-9.1.3-e][ATK-A15]") {
  constexpr std::string_view late = "00250000"                  // USE-CANDIDATE
                                    "002400040000ffff"          // PRIORITY
                                    "802a00080123456789abcdef"  // ICE-CONTROLLING
                                    "00200008000121122112a442"  // XOR-MAPPED-ADDRESS
                                    "000600036162630000140003616263"
                                    "00"         // USERNAME, REALM
                                    "7fff0000";  // unknown, required
  const auto bytes = request(joined({integrity_hex, late, fingerprint_hex}));
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  CHECK_FALSE(message->has<stun::use_candidate>());
  CHECK_FALSE(message->has<stun::priority>());
  CHECK_FALSE(message->has<stun::ice_controlling>());
  CHECK_FALSE(message->has<stun::xor_mapped_address>());
  CHECK_FALSE(message->has<stun::username>());
  CHECK_FALSE(message->has<stun::realm>());
  CHECK(message->get<stun::priority>().error() == attribute_fault::absent);
  CHECK(message->unknown_required(gsl::span<const attribute_type>{}).empty());
  CHECK(counting(*message) ==
        std::vector{attribute_type::message_integrity, attribute_type::fingerprint});
}

TEST_CASE("message_view: the order of the three last attributes", "[stun][8489-6-a]") {
  const auto types = [](std::initializer_list<std::string_view> parts) {
    const auto bytes = request(joined(parts));
    const auto message = message_view::parse(bytes);
    REQUIRE(message);
    return counting(*message);
  };
  using a = attribute_type;
  CHECK(
      types({priority_hex, integrity_hex, integrity_sha256_hex, fingerprint_hex}) ==
      std::vector{a::priority, a::message_integrity, a::message_integrity_sha256, a::fingerprint});
  // MESSAGE-INTEGRITY-SHA256 lets only FINGERPRINT stand behind it.
  CHECK(types({integrity_sha256_hex, integrity_hex, priority_hex}) ==
        std::vector{a::message_integrity_sha256});
  // What stands between the two is proved by neither rule.
  CHECK(types({integrity_hex, priority_hex, integrity_sha256_hex}) ==
        std::vector{a::message_integrity, a::message_integrity_sha256});
  CHECK(types({integrity_hex, integrity_hex, integrity_sha256_hex, integrity_sha256_hex}) ==
        std::vector{a::message_integrity, a::message_integrity_sha256});
}

TEST_CASE("message_view: of several attributes of one type the first counts",
          "[stun][8489-6.3-f][ATK-A13]") {
  const auto bytes = request("0006000361616100"
                             "0006000362626200"
                             "00240004000000010024000400000002"
                             "00200008000121122112a44300200008000121122112a442");
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  CHECK(message->get<stun::username>()->value == "aaa");
  CHECK(message->get<stun::priority>()->value == 1);
  CHECK(message->get<stun::xor_mapped_address>()->value.address == address::v4(0, 0, 0, 1));
  CHECK(counting(*message).size() == 6);
}

TEST_CASE("message_view: a first attribute that is malformed is not replaced by a second",
          "[stun][8489-6.3-f][ATK-A20]") {
  const auto bytes = request("0024000200010000"
                             "0024000400000002");
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  CHECK(message->has<stun::priority>());
  const auto priority = message->get<stun::priority>();
  REQUIRE_FALSE(priority);
  CHECK(priority.error() == attribute_fault::malformed);
}

TEST_CASE("message_view: unknown optional attributes change nothing and stay visible",
          "[stun][8489-6.3-d]") {
  const auto bytes = request("9abc000301020300"
                             "0024000400000001");
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  CHECK(message->get<stun::priority>()->value == 1);
  CHECK(message->unknown_required([](attribute_type t) { return t == attribute_type::priority; })
            .empty());
  const auto raw = message->find(static_cast<attribute_type>(0x9abc));
  REQUIRE(raw);
  CHECK(vectors::to_hex(raw->value) == "010203");
}

TEST_CASE("message_view: unknown required attributes are collected, each once", "[stun][ATK-A25]") {
  const auto bytes = request("7fff0000"
                             "0024000400000001"
                             "7ffe000401020304"
                             "7fff0000"
                             "00000000"
                             "80000000"
                             "0006000161000000");
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  const std::array known{attribute_type::priority, attribute_type::username};
  const auto unknown = message->unknown_required(gsl::span<const attribute_type>{known});
  const std::array expected{static_cast<attribute_type>(0x7fff),
                            static_cast<attribute_type>(0x7ffe),
                            static_cast<attribute_type>(0x0000)};
  CHECK(std::equal(unknown.begin(), unknown.end(), expected.begin(), expected.end()));
  CHECK(message
            ->unknown_required(
                [](attribute_type type) { return type != static_cast<attribute_type>(0x7ffe); })
            .size() == 1);
}

TEST_CASE("message_view: known attributes that a method does not expect are no fault",
          "[stun][8489-6.3-e]") {
  const auto bytes = request("001200080001"
                             "21122112a443"
                             "0024000400000001");
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  CHECK(message->get<stun::priority>()->value == 1);
}

TEST_CASE("message_view: sixteen thousand empty attributes are walked once each, and capped",
          "[stun][ATK-A23]") {
  buffer bytes = request("");
  for (unsigned i = 0; i < 16383; ++i) {
    bytes.insert(bytes.end(), 4, std::byte{0});
    store_be(bytes.data() + bytes.size() - 4, static_cast<std::uint16_t>(0x4000 + i));
  }
  store_be(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - 20));
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  CHECK(counting(*message).size() == 16383);
  const auto unknown = message->unknown_required(gsl::span<const attribute_type>{});
  CHECK(unknown.full());

  std::array<std::byte, 548> answer{};
  const auto size =
      stun::writer{answer, {method::binding, message_class::error}, message->transaction()}
          .add(stun::error_code_attribute{stun::error_code::unknown_attribute})
          .add(stun::unknown_attributes{unknown})
          .finish();
  REQUIRE(size);
  CHECK(*size < bytes.size());
}

TEST_CASE("message_view: every method and class is a message", "[stun][ATK-A26]") {
  for (unsigned type = 0; type < 0x4000; ++type) {
    auto bytes = copy(vectors::keepalive);
    store_be(bytes.data(), static_cast<std::uint16_t>(type));
    const auto message = message_view::parse(bytes);
    REQUIRE(message);
    REQUIRE(message->type().encode() == type);
  }
}

TEST_CASE("message_view: get on any attribute of any message with a byte flipped stays inside",
          "[stun][ATK-A22][ATK-A20]") {
  for (const auto& v : vectors::messages) {
    for (std::size_t bit = 0; bit < v.bytes.size() * 8; ++bit) {
      auto bytes = copy(v.bytes);
      bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      const auto message = message_view::parse(bytes);
      if (!message) continue;
      (void)message->get<stun::username>();
      (void)message->get<stun::software>();
      (void)message->get<stun::priority>();
      (void)message->get<stun::ice_controlled>();
      (void)message->get<stun::xor_mapped_address>();
      (void)message->get<stun::error_code_attribute>();
      (void)message->get<stun::unknown_attributes>();
      const auto types = counting(*message);
      for (const auto type : types) REQUIRE(message->find(type));
    }
  }
}

TEST_CASE("message_view: every pair of attributes swapped is a message with the same parts",
          "[stun]") {
  // Those of a check without the ones whose order is fixed.
  const std::array<std::string_view, 4> parts{"0006000952465247"
                                              "3a4c465247000000",
                                              priority_hex, "802a00080123456789abcdef", "00250000"};
  for (std::size_t a = 0; a < parts.size(); ++a) {
    for (std::size_t b = 0; b < parts.size(); ++b) {
      auto order = parts;
      std::swap(order[a], order[b]);
      const auto bytes = request(joined({order[0], order[1], order[2], order[3], fingerprint_hex}));
      const auto message = message_view::parse(bytes);
      REQUIRE(message);
      CHECK(message->get<stun::username>()->value == "RFRG:LFRG");
      CHECK(message->get<stun::priority>()->value == 0x6e001eff);
      CHECK(message->get<stun::ice_controlling>()->tie_breaker == 0x0123456789abcdef);
      CHECK(message->get<stun::use_candidate>());
    }
  }
}

TEST_CASE("message_view: parsing, iterating and finding agree about every attribute",
          "[stun][ATK-A32]") {
  for (const auto& v : vectors::messages) {
    const auto message = message_view::parse(v.bytes);
    REQUIRE(message);
    std::size_t at = stun::header_size;
    for (const auto& attribute : *message) {
      CHECK(attribute.offset == at);
      at = attribute.end();
      const auto found = message->find(attribute.type);
      REQUIRE(found);
      CHECK(found->offset == attribute.offset);
      CHECK(found->value.data() == attribute.value.data());
      CHECK(found->value.size() == attribute.value.size());
    }
    CHECK(at == v.bytes.size());
  }
}

TEST_CASE("message_view: what proves a message is found as what it is, where it is", "[stun]") {
  const auto bytes = request(std::string{priority_hex} + std::string{integrity_hex} +
                             std::string{fingerprint_hex});
  const auto message = message_view::parse(bytes);
  REQUIRE(message);
  const auto integrity = message->find(attribute_type::message_integrity);
  REQUIRE(integrity);
  CHECK(integrity->type == attribute_type::message_integrity);
  CHECK(integrity->offset == 28);
  CHECK(integrity->value.size() == 20);
  const auto fingerprint = message->find(attribute_type::fingerprint);
  REQUIRE(fingerprint);
  CHECK(fingerprint->type == attribute_type::fingerprint);
  CHECK(fingerprint->offset == 52);
}
