#include "floe/stun/writer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "floe/core/datagram.hpp"
#include "floe/stun/attributes/address.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/message_view.hpp"
#include "support/libraries.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::message_class;
using stun::method;
using stun::writer;

namespace {

constexpr stun::integrity_key ice_key{vectors::ice_password};

constexpr stun::transaction_id counted_id() {
  stun::transaction_id id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<std::byte>(i + 1);
  return id;
}

constexpr result<std::size_t> write_check(byte_span buffer) {
  return writer{buffer, {method::binding, message_class::request}, counted_id()}
      .add(stun::username{"RFRG:LFRG"})
      .add(stun::priority{1845501695})
      .add(stun::ice_controlling{0x0123456789abcdef})
      .add(stun::use_candidate{})
      .add_integrity(ice_key)
      .add_fingerprint()
      .finish();
}

constexpr result<std::size_t> write_success(byte_span buffer) {
  return writer{buffer, {method::binding, message_class::success}, counted_id()}
      .add(stun::xor_mapped_address{{address::v4(203, 0, 113, 5), 54321}})
      .add_integrity(ice_key)
      .add_fingerprint()
      .finish();
}

constexpr result<std::size_t> write_role_conflict(byte_span buffer) {
  return writer{buffer, {method::binding, message_class::error}, counted_id()}
      .add(stun::error_code_attribute{stun::error_code::role_conflict})
      .add_integrity(ice_key)
      .add_fingerprint()
      .finish();
}

constexpr result<std::size_t> write_unknown(byte_span buffer) {
  stun::unknown_attributes unknown;
  for (const unsigned code : {0x7fffU, 0x7ffeU, 0x7ffdU}) {
    unknown.types.insert(static_cast<stun::attribute_type>(code));
  }
  return writer{buffer, {method::binding, message_class::error}, counted_id()}
      .add(stun::error_code_attribute{stun::error_code::unknown_attribute})
      .add(unknown)
      .add_fingerprint()
      .finish();
}

constexpr result<std::size_t> write_keepalive(byte_span buffer) {
  return writer{buffer, {method::binding, message_class::indication}, counted_id()}
      .add_fingerprint()
      .finish();
}

template <std::size_t Size>
constexpr bool writes(result<std::size_t> (*write)(byte_span),
                      const std::array<std::byte, Size>& expected) {
  std::array<std::byte, Size> buffer{};
  const auto size = write(buffer);
  return size && *size == Size && buffer == expected;
}

struct sample {
  result<std::size_t> (*write)(byte_span);
  byte_view expected;
};

const std::array<sample, 5> samples{{{write_check, vectors::check_nominate},
                                     {write_success, vectors::check_success},
                                     {write_role_conflict, vectors::check_487},
                                     {write_unknown, vectors::unknown_420},
                                     {write_keepalive, vectors::keepalive}}};

}  // namespace

static_assert(writes(write_check, vectors::check_nominate));
static_assert(writes(write_success, vectors::check_success));
static_assert(writes(write_role_conflict, vectors::check_487));
static_assert(writes(write_unknown, vectors::unknown_420));
static_assert(writes(write_keepalive, vectors::keepalive));

TEST_CASE("writer: known messages come out byte for byte",
          "[stun][8489-5-a][8489-6-a][8489-7-a][8489-14.13-a][8445-16.2-a][8489-9.1.2-a]") {
  for (const auto& s : samples) {
    std::array<std::byte, 200> buffer{};
    const auto size = s.write(buffer);
    REQUIRE(size);
    CHECK(vectors::to_hex(byte_view{buffer}.first(*size)) == vectors::to_hex(s.expected));
  }
}

TEST_CASE("writer: a buffer too small by any amount is an error, one that just fits is not",
          "[stun][8489-6.1-b]") {
  for (const auto& s : samples) {
    for (std::size_t room = 0; room <= s.expected.size(); ++room) {
      std::vector<std::byte> buffer(room);  // for the sanitizer to guard
      const auto size = s.write(buffer);
      REQUIRE(size.has_value() == (room == s.expected.size()));
      if (!size) REQUIRE(size.error() == errc::buffer_too_small);
    }
  }
}

TEST_CASE("writer: nothing behind the message is touched", "[stun][ATK-A30]") {
  for (const auto& s : samples) {
    std::array<std::byte, 300> buffer{};
    buffer.fill(std::byte{0xee});
    const auto size = s.write(buffer);
    REQUIRE(size);
    CHECK(std::all_of(buffer.begin() + static_cast<std::ptrdiff_t>(*size), buffer.end(),
                      [](auto b) { return b == std::byte{0xee}; }));
  }
}

TEST_CASE("writer: padding is zero whatever the buffer held", "[stun][8489-14-a][ATK-A30]") {
  constexpr std::array<std::size_t, 9> padding{0, 3, 2, 1, 0, 3, 2, 1, 0};
  for (std::size_t size = 0; size <= 8; ++size) {
    std::array<std::byte, 64> buffer{};
    buffer.fill(std::byte{0xee});
    const std::string text(size, 'x');
    const auto written = writer{buffer, {}, counted_id()}.add(stun::software{text}).finish();
    REQUIRE(written);
    REQUIRE(*written == 24 + size + padding[size]);
    for (std::size_t i = 24 + size; i < *written; ++i) CHECK(buffer[i] == std::byte{0});
    CHECK(load_be<std::uint16_t>(buffer.data() + 22) == size);
  }
}

TEST_CASE("writer: once out of room, later attributes that would fit are not written", "[stun]") {
  std::array<std::byte, 40> buffer{};
  buffer.fill(std::byte{0xee});
  const auto size = writer{buffer, {}, counted_id()}
                        .add(stun::software{"more than there is room for"})
                        .add(stun::use_candidate{})
                        .finish();
  REQUIRE_FALSE(size);
  CHECK(size.error() == errc::buffer_too_small);
  CHECK(
      std::all_of(buffer.begin() + 20, buffer.end(), [](auto b) { return b == std::byte{0xee}; }));
}

TEST_CASE("writer: a text beyond its limit is an error, not a cut", "[stun][8489-14.3-a]") {
  std::array<std::byte, 2000> buffer{};
  const std::string longest(508, 'u');
  CHECK(writer{buffer, {}, counted_id()}.add(stun::username{longest}).finish());
  const std::string longer(509, 'u');
  const auto size = writer{buffer, {}, counted_id()}
                        .add(stun::username{longer})
                        .add(stun::use_candidate{})
                        .finish();
  REQUIRE_FALSE(size);
  CHECK(size.error() == errc::malformed_text);
}

TEST_CASE("writer: a message holds no more than its length field can say", "[stun]") {
  const std::string text(508, 'u');
  std::vector<std::byte> buffer(80000);
  writer out{buffer, {}, counted_id()};
  for (int i = 0; i < 127; ++i) out.add(stun::username{text});  // 512 bytes each
  const auto fitting = out.finish();
  REQUIRE(fitting);
  CHECK(*fitting == 20 + 127 * 512);
  CHECK(stun::message_view::parse(byte_view{buffer}.first(*fitting)));
  const auto beyond = out.add(stun::username{text}).finish();
  REQUIRE_FALSE(beyond);
  CHECK(beyond.error() == errc::buffer_too_small);
}

TEST_CASE("writer: a request and its response share the transaction id", "[stun][8489-5-h]") {
  const auto request = stun::message_view::parse(vectors::check_nominate);
  REQUIRE(request);
  std::array<std::byte, 100> buffer{};
  const auto size =
      writer{buffer, {method::binding, message_class::success}, request->transaction()}.finish();
  REQUIRE(size);
  CHECK(std::equal(buffer.begin() + 8, buffer.begin() + 20, vectors::check_nominate.begin() + 8));
}

namespace {

constexpr stun::integrity_sha256_key ice_sha256_key{vectors::ice_password};

constexpr result<std::size_t> write_both(byte_span buffer) {
  return writer{buffer, {}, counted_id()}
      .add(stun::username{"RFRG:LFRG"})
      .add_integrity(ice_key)
      .add_integrity(ice_sha256_key)
      .add_fingerprint()
      .finish();
}

constexpr result<std::size_t> write_cut(byte_span buffer) {
  return writer{buffer, {}, counted_id()}
      .add(stun::username{"RFRG:LFRG"})
      .add_integrity(ice_sha256_key, 16)
      .add_fingerprint()
      .finish();
}

}  // namespace

static_assert(writes(write_both, vectors::both_mi));
static_assert(writes(write_cut, vectors::mi256_16));

TEST_CASE("writer: both integrity attributes, in their order, then FINGERPRINT",
          "[stun][8489-6-a][8489-14.5-a][8489-14.6-b][8489-9.1.2-a]") {
  CHECK(writes(write_both, vectors::both_mi));
  CHECK(writes(write_cut, vectors::mi256_16));
  for (std::size_t room = 0; room < vectors::both_mi.size(); ++room) {
    std::vector<std::byte> buffer(room);
    REQUIRE_FALSE(write_both(buffer));
  }
}

namespace {

/// An attribute that leaves its padding to the writer, and claims to be of any size.
struct opaque {
  static constexpr auto type = stun::attribute_type::data;
  std::size_t bytes = 0;

  [[nodiscard]] constexpr std::size_t size() const noexcept { return bytes; }
  constexpr void encode(byte_span out, const stun::transaction_id& /*id*/) const noexcept {
    std::fill(out.begin(), out.end(), std::byte{'x'});
  }
};

}  // namespace

TEST_CASE("writer: the padding of an attribute that writes none is zero, too",
          "[stun][8489-14-a][ATK-A30]") {
  for (std::size_t size = 0; size <= 8; ++size) {
    std::array<std::byte, 64> buffer{};
    buffer.fill(std::byte{0xee});
    const auto written = writer{buffer, {}, counted_id()}.add(opaque{size}).finish();
    REQUIRE(written);
    REQUIRE(*written == 24 + stun::padded(size));
    for (std::size_t i = 24 + size; i < *written; ++i) CHECK(buffer[i] == std::byte{0});
  }
}

TEST_CASE("writer: an attribute of more than the whole buffer is an error, however large",
          "[stun]") {
  std::array<std::byte, 60> buffer{};
  for (const std::size_t size : {std::size_t{37}, std::size_t{60}, std::size_t{61}, std::size_t{64},
                                 ~std::size_t{0}, ~std::size_t{0} - 3, ~std::size_t{0} - 7}) {
    CAPTURE(size);
    const auto written = writer{buffer, {}, counted_id()}.add(opaque{size}).finish();
    REQUIRE_FALSE(written);
    CHECK(written.error() == errc::buffer_too_small);
  }
}

TEST_CASE("writer: a code that the host's library can't compute is an error", "[stun]") {
  std::array<std::byte, 200> buffer{};
  const auto* const none = &support::refusing_library;
  const auto sha1 = writer{buffer, {}, counted_id()}
                        .add_integrity(stun::short_term_key("password", none))
                        .finish();
  REQUIRE_FALSE(sha1);
  CHECK(sha1.error() == errc::unsupported);
  const auto sha256 = writer{buffer, {}, counted_id()}
                          .add_integrity(stun::short_term_sha256_key("password", none))
                          .finish();
  REQUIRE_FALSE(sha256);
  CHECK(sha256.error() == errc::unsupported);
}

namespace {

/// Calls that keep the contract can be evaluated as constants; one that breaks it can't.
template <class Calls>
concept keeps_contract = requires {
  typename std::bool_constant<(Calls{}(), true)>;
};

template <class Calls>
constexpr bool is_in_order(Calls /*calls*/) {
  return keeps_contract<Calls>;
}

constexpr writer start(byte_span buffer) { return {buffer, {}, counted_id()}; }

using small = std::array<std::byte, 120>;

}  // namespace

// Integrity covers what stands before it, and FINGERPRINT all (RFC 8489 §14.5 to §14.7).
static_assert(is_in_order([] {
  small room{};
  start(room).add_integrity(ice_key).add_integrity(ice_sha256_key).add_fingerprint();
}));
static_assert(!is_in_order([] {
  small room{};
  start(room).add_integrity(ice_key).add(stun::use_candidate{});
}));
static_assert(!is_in_order([] {
  small room{};
  start(room).add_integrity(ice_key).add_integrity(ice_key);
}));
static_assert(!is_in_order([] {
  small room{};
  start(room).add_integrity(ice_sha256_key).add(stun::use_candidate{});
}));
static_assert(!is_in_order([] {
  small room{};
  start(room).add_integrity(ice_sha256_key).add_integrity(ice_sha256_key);
}));
static_assert(!is_in_order([] {
  small room{};
  start(room).add_integrity(ice_sha256_key).add_integrity(ice_key);
}));
static_assert(!is_in_order([] {
  small room{};
  start(room).add_fingerprint().add_fingerprint();
}));
static_assert(!is_in_order([] {
  small room{};
  start(room).add_fingerprint().add(stun::use_candidate{});
}));

TEST_CASE("writer: a method that the header has no bits for is refused", "[stun]") {
  std::array<std::byte, 64> buffer{};
  for (const unsigned number : {0x1000U, 0x1001U, 0x8000U, 0xffffU}) {
    CAPTURE(number);
    const auto type = stun::message_type{static_cast<method>(number), message_class::request};
    const auto size = writer{buffer, type, counted_id()}.add(stun::use_candidate{}).finish();
    REQUIRE_FALSE(size);
    CHECK(size.error() == errc::unsupported);
  }
  const auto wild = stun::message_type{method::binding, static_cast<message_class>(4)};
  CHECK_FALSE(writer{buffer, wild, counted_id()}.finish());
  CHECK(writer{buffer, {static_cast<method>(0xfff), message_class::error}, counted_id()}.finish());
}
