#include "floe/stun/integrity.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "floe/core/datagram.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/writer.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::authenticate;
using stun::authenticated;
using stun::integrity_key;
using stun::message_view;

namespace {

constexpr integrity_key sample_key{vectors::rfc5769_password};
constexpr integrity_key ice_key{vectors::ice_password};

constexpr bool proves(byte_view bytes, const integrity_key& key) {
  const auto message = message_view::parse(bytes);
  return message && authenticate(*message, key);
}

struct keyed {
  byte_view bytes;
  const integrity_key* key;
};

const std::array<keyed, 7> proven{{{vectors::rfc5769_2_1, &sample_key},
                                   {vectors::rfc5769_2_2, &sample_key},
                                   {vectors::rfc5769_2_3, &sample_key},
                                   {vectors::check_nominate, &ice_key},
                                   {vectors::check_success, &ice_key},
                                   {vectors::check_487, &ice_key},
                                   {vectors::both_mi, &ice_key}}};

std::vector<std::byte> copy(byte_view bytes) { return {bytes.begin(), bytes.end()}; }

// A message with an integrity attribute of any size, and what stands before it.
std::vector<std::byte> with_integrity_of(std::size_t size) {
  std::vector<std::byte> bytes(20 + 4 + stun::padded(size));
  store_be<std::uint16_t>(bytes.data(), 0x0001);
  store_be(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - 20));
  store_be(bytes.data() + 4, stun::magic_cookie);
  store_be<std::uint16_t>(bytes.data() + 20, 0x0008);
  store_be(bytes.data() + 22, static_cast<std::uint16_t>(size));
  return bytes;
}

}  // namespace

static_assert(proves(vectors::rfc5769_2_1, sample_key));
static_assert(proves(vectors::rfc5769_2_2, sample_key));
static_assert(proves(vectors::rfc5769_2_3, sample_key));
static_assert(proves(vectors::rfc5769_2_4,
                     integrity_key{vectors::from_hex("e8ca7ad59d5eb0518e312911d2dab2a9")}));
static_assert(proves(vectors::check_nominate, ice_key));
static_assert(!proves(vectors::check_nominate, sample_key));
static_assert(!std::is_constructible_v<authenticated, message_view>,
              "only authenticate() makes one");

TEST_CASE("integrity: the sample messages verify with their passwords",
          "[stun][5769-2-a][8489-9.1.1-a][8489-14.5-a]") {
  for (const auto& v : proven) CHECK(proves(v.bytes, *v.key));
  CHECK(proves(vectors::rfc5769_2_1, stun::short_term_key("VOkJxbRl1RmTxUk/WvJxBt")));
  CHECK(proves(vectors::rfc5769_2_4,
               integrity_key{vectors::unhex("e8ca7ad59d5eb0518e312911d2dab2a9")}));
}

TEST_CASE("integrity: an attribute behind it does not change it", "[stun][8489-14.5-a]") {
  // The same message with and without FINGERPRINT: only the length field differs in front.
  auto bytes = copy(vectors::check_nominate);
  bytes.resize(bytes.size() - 8);
  store_be(bytes.data() + 2, static_cast<std::uint16_t>(bytes.size() - 20));
  CHECK(proves(bytes, ice_key));
  CHECK(proves(vectors::both_mi, ice_key));
}

TEST_CASE("integrity: a flipped bit up to the attribute's end is no message or proves nothing",
          "[stun][5769-2-b][8489-9.1.3-c]") {
  for (const auto& v : proven) {
    const auto attribute =
        message_view::parse(v.bytes)->find(stun::attribute_type::message_integrity);
    REQUIRE(attribute);
    for (std::size_t bit = 0; bit < attribute->end() * 8; ++bit) {
      auto bytes = copy(v.bytes);
      bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      INFO("bit " << bit);
      REQUIRE_FALSE(proves(bytes, *v.key));
    }
  }
}

TEST_CASE("integrity: wrong keys, near ones and no key prove nothing", "[stun][ATK-C01]") {
  const auto message = message_view::parse(vectors::check_nominate);
  REQUIRE(message);
  for (const std::string_view wrong :
       {"", "asd88fgpdd777uzjYhagZ", "asd88fgpdd777uzjYhagZgg", "Asd88fgpdd777uzjYhagZg"}) {
    const auto outcome = authenticate(*message, stun::short_term_key(wrong));
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == reject::bad_integrity);
  }
  const auto outcome = authenticate(*message, integrity_key{});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error() == reject::bad_integrity);
}

TEST_CASE("integrity: a message without it says so", "[stun][8489-9.1.4-a]") {
  for (const auto bytes : {byte_view{vectors::keepalive}, byte_view{vectors::mi256_16}}) {
    const auto outcome = authenticate(*message_view::parse(bytes), ice_key);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == reject::no_integrity);
  }
}

TEST_CASE("integrity: a code of another size than 20 bytes makes the message malformed",
          "[stun][ATK-A17]") {
  for (const std::size_t size : {0U, 4U, 16U, 19U, 21U, 24U}) {
    const auto message = message_view::parse(with_integrity_of(size));
    REQUIRE_FALSE(message);
    CHECK(message.error() == reject::bad_attribute);
  }
  const auto zeros = with_integrity_of(20);
  REQUIRE(message_view::parse(zeros));
  CHECK_FALSE(proves(zeros, ice_key));
}

TEST_CASE("integrity: right whether the attribute is first, last, or both", "[stun][ATK-A18]") {
  std::array<std::byte, 400> buffer{};
  const stun::transaction_id id{};
  for (std::size_t attributes = 0; attributes < 40; ++attributes) {
    stun::writer alone{buffer, {}, id};
    for (std::size_t i = 0; i < attributes; ++i) alone.add(stun::priority{7});
    const auto size = alone.add_integrity(ice_key).finish();
    REQUIRE(size);
    const auto bytes = copy(byte_view{buffer}.first(*size));  // for the sanitizer to guard
    CHECK(proves(bytes, ice_key));
  }
}

TEST_CASE("integrity: of two, the first decides", "[stun][ATK-A14]") {
  auto good_then_bad = copy(byte_view{vectors::check_nominate}.first(84));
  auto code = copy(byte_view{good_then_bad}.subspan(60));
  code[10] ^= std::byte{1};
  good_then_bad.insert(good_then_bad.end(), code.begin(), code.end());
  store_be(good_then_bad.data() + 2, static_cast<std::uint16_t>(good_then_bad.size() - 20));
  CHECK(proves(good_then_bad, ice_key));

  auto bad_then_good = copy(byte_view{vectors::check_nominate}.first(84));
  bad_then_good[70] ^= std::byte{1};
  const auto good = byte_view{vectors::check_nominate}.subspan(60, 24);
  bad_then_good.insert(bad_then_good.end(), good.begin(), good.end());
  store_be(bad_then_good.data() + 2, static_cast<std::uint16_t>(bad_then_good.size() - 20));
  CHECK_FALSE(proves(bad_then_good, ice_key));
}

TEST_CASE("integrity: checking it writes nothing and reads nothing outside", "[stun][ATK-A22]") {
  const auto bytes = copy(vectors::check_nominate);
  const auto before = bytes;
  CHECK(proves(bytes, ice_key));
  CHECK(bytes == before);
}

TEST_CASE("integrity: the same at every alignment", "[stun][ATK-A21]") {
  for (std::size_t shift = 0; shift < 16; ++shift) {
    std::vector<std::byte> space(shift + vectors::check_nominate.size());
    std::copy(vectors::check_nominate.begin(), vectors::check_nominate.end(),
              space.begin() + static_cast<std::ptrdiff_t>(shift));
    const auto message = message_view::parse(byte_view{space}.subspan(shift));
    REQUIRE(message);
    CHECK(authenticate(*message, ice_key));
    CHECK(stun::check_fingerprint(*message) == stun::fingerprint_state::right);
    CHECK(message->get<stun::priority>()->value == 1845501695);
  }
}

TEST_CASE("integrity: what is proved can be read through the proof", "[stun]") {
  const auto proof = authenticate(*message_view::parse(vectors::check_nominate), ice_key);
  REQUIRE(proof);
  CHECK((*proof)->get<stun::priority>()->value == 1845501695);
  CHECK(proof->message().has<stun::use_candidate>());
}

namespace {

constexpr stun::integrity_sha256_key ice_sha256_key{vectors::ice_password};

}  // namespace

static_assert(authenticate(*message_view::parse(vectors::both_mi), ice_sha256_key).has_value());

TEST_CASE("integrity with SHA-256: the sample messages verify", "[stun][8489-14.6-a][8489-B.1-a]") {
  CHECK(authenticate(*message_view::parse(vectors::both_mi), ice_sha256_key));
  CHECK(authenticate(*message_view::parse(vectors::both_mi),
                     stun::short_term_sha256_key("asd88fgpdd777uzjYhagZg")));
  const stun::integrity_sha256_key long_term{
      vectors::unhex("dd295a613b9058c3c23d6dc7165bda072304d989c9d0af3a8c7e184b4f9bb4a1")};
  CHECK(authenticate(*message_view::parse(vectors::rfc8489_b_1), long_term));
}

TEST_CASE("integrity with SHA-256: cut values only where the usage takes them",
          "[stun][8489-14.6-b]") {
  const auto cut = message_view::parse(vectors::mi256_16);
  REQUIRE(cut);
  const auto by_default = authenticate(*cut, ice_sha256_key);
  REQUIRE_FALSE(by_default);
  CHECK(by_default.error() == reject::bad_integrity);
  CHECK_FALSE(authenticate(*cut, ice_sha256_key, 20));
  CHECK(authenticate(*cut, ice_sha256_key, 16));
}

TEST_CASE("integrity with SHA-256: a flipped bit proves nothing, nor does no key", "[stun]") {
  for (const auto& v : {byte_view{vectors::both_mi}, byte_view{vectors::mi256_16}}) {
    const auto end =
        message_view::parse(v)->find(stun::attribute_type::message_integrity_sha256)->end();
    for (std::size_t bit = 0; bit < end * 8; ++bit) {
      auto bytes = copy(v);
      bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
      const auto message = message_view::parse(bytes);
      REQUIRE((!message || !authenticate(*message, ice_sha256_key, 16)));
    }
    CHECK_FALSE(authenticate(*message_view::parse(v), stun::integrity_sha256_key{}, 16));
  }
  const auto without = authenticate(*message_view::parse(vectors::check_nominate), ice_sha256_key);
  REQUIRE_FALSE(without);
  CHECK(without.error() == reject::no_integrity);
}

TEST_CASE("integrity with SHA-256: whole, or cut to 16 bytes and more in steps of 4",
          "[stun][8489-14.6-b]") {
  CHECK(stun::least_sha256_size == 16);
  CHECK(stun::whole_sha256_size == 32);
  for (auto size = stun::least_sha256_size; size <= stun::whole_sha256_size; size += 4) {
    std::array<std::byte, 100> buffer{};
    const auto written = stun::writer{buffer, {}, {}}.add_integrity(ice_sha256_key, size).finish();
    REQUIRE(written);
    const auto message = message_view::parse(byte_view{buffer}.first(*written));
    REQUIRE(message);
    CHECK(authenticate(*message, ice_sha256_key, size));
    CHECK(authenticate(*message, ice_sha256_key).has_value() == (size == 32));
  }
}
