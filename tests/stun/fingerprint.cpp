#include "floe/stun/fingerprint.hpp"

#include <array>
#include <vector>

#include "catch.hpp"
#include "floe/stun/message_view.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::check_fingerprint;
using stun::fingerprint_state;
using stun::message_view;

static_assert(check_fingerprint(*message_view::parse(vectors::rfc5769_2_1)) ==
              fingerprint_state::right);
static_assert(check_fingerprint(*message_view::parse(vectors::rfc5769_2_2)) ==
              fingerprint_state::right);
static_assert(check_fingerprint(*message_view::parse(vectors::rfc5769_2_3)) ==
              fingerprint_state::right);
static_assert(check_fingerprint(*message_view::parse(vectors::rfc5769_2_4)) ==
              fingerprint_state::absent);

TEST_CASE("fingerprint: right in all messages that have one", "[stun][8489-7-a][5769-2-a]") {
  std::size_t with = 0;
  for (const auto& v : vectors::messages) {
    INFO(v.id);
    const auto message = message_view::parse(v.bytes);
    REQUIRE(message);
    const auto has = message->find(stun::attribute_type::fingerprint).has_value();
    CHECK(check_fingerprint(*message) ==
          (has ? fingerprint_state::right : fingerprint_state::absent));
    with += has;
  }
  CHECK(with == 12);
}

TEST_CASE("fingerprint: the length field it covers counts the attribute itself",
          "[stun][8489-7-b]") {
  auto bytes = std::vector<std::byte>(vectors::keepalive.begin(), vectors::keepalive.end());
  const auto front = byte_view{bytes}.first(20);
  CHECK(stun::fingerprint_over(front) == 0x4862c2c6);
  bytes[3] = std::byte{0};  // as if the attribute were not counted
  CHECK(stun::fingerprint_over(front) != 0x4862c2c6);
}

TEST_CASE("fingerprint: any flipped bit of a message makes it wrong, or no message",
          "[stun][8489-6.3-b][5769-2-b]") {
  for (const auto& v : vectors::messages) {
    if (check_fingerprint(*message_view::parse(v.bytes)) == fingerprint_state::absent) continue;
    for (std::size_t i = 0; i < v.bytes.size() * 8; ++i) {
      auto bytes = std::vector<std::byte>(v.bytes.begin(), v.bytes.end());
      bytes[i / 8] ^= static_cast<std::byte>(1U << (i % 8));
      const auto message = message_view::parse(bytes);
      INFO(v.id << ", bit " << i);
      REQUIRE((!message || check_fingerprint(*message) != fingerprint_state::right));
    }
  }
}

TEST_CASE("fingerprint: a missing one is good where none is required, a wrong one never",
          "[stun][8489-7-a]") {
  const auto with = *message_view::parse(vectors::rfc5769_2_1);
  const auto without = *message_view::parse(vectors::rfc5769_2_4);
  auto bytes = std::vector<std::byte>(vectors::rfc5769_2_1.begin(), vectors::rfc5769_2_1.end());
  bytes.back() ^= std::byte{1};
  const auto wrong = *message_view::parse(bytes);
  for (const bool required : {false, true}) {
    CHECK(stun::has_good_fingerprint(with, required));
    CHECK(stun::has_good_fingerprint(without, required) == !required);
    CHECK_FALSE(stun::has_good_fingerprint(wrong, required));
  }
}
