#include "floe/ice/check_incoming.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "support/messages.hpp"

using namespace floe;
using ice::incoming_check;
using ice::pair_state;
using ice::read_check;
using ice::role;
using ice::role_claim;
using stun::error_code;

namespace {

using check_result = result<incoming_check, error_code>;

const std::string username = "000600095246"
                             "52473a4c465247000000";
const std::string priority = "002400046e001eff";
const std::string controlling = "802a00080123456789abcdef";
const std::string controlled = "802900080123456789abcdef";
const std::string use_candidate = "00250000";

check_result read(const std::string& attributes, const std::string& behind_integrity = {}) {
  const support::signed_message request{stun::message_class::request, attributes, behind_integrity};
  return read_check(request.proved());
}

void check_refused(const std::string& attributes, error_code why) {
  CAPTURE(attributes);
  const auto check = read(attributes);
  REQUIRE_FALSE(check);
  CHECK(check.error() == why);
}

using buffer = std::array<std::byte, max_datagram_size>;

std::string error_answer(error_code code, const stun::attribute_list& unknown,
                         const stun::integrity_key* key) {
  buffer out{};
  const auto size = ice::write_check_error(out, support::vector_transaction(), code, unknown, key);
  REQUIRE(size);
  return vectors::to_hex(byte_view{out}.first(*size));
}

}  // namespace

TEST_CASE("check_incoming: the known check says what it is known to say", "[ice]") {
  const auto check = read_check(support::prove(vectors::check_nominate));
  REQUIRE(check);
  CHECK(check->priority == 0x6e001eff);
  CHECK(check->claim == role_claim{role::controlling, 0x0123456789abcdef});
  CHECK(check->nominates);
}

TEST_CASE("check_incoming: the role is the one claimed, or none", "[ice]") {
  CHECK(read(username + priority + controlling)->claim ==
        role_claim{role::controlling, 0x0123456789abcdef});
  CHECK(read(username + priority + controlled)->claim ==
        role_claim{role::controlled, 0x0123456789abcdef});
  CHECK_FALSE(read(username + priority)->claim);
}

TEST_CASE("check_incoming: two roles at once are a bad request", "[ice]") {
  check_refused(username + priority + controlling + controlled, error_code::bad_request);
  check_refused(username + priority + controlled + controlling, error_code::bad_request);
  check_refused(username + priority + controlling + "80290004" + "00000000",
                error_code::bad_request);
}

TEST_CASE("check_incoming: only a peer that may control nominates", "[ice][8445-7.3-h]") {
  CHECK(read(username + priority + controlling + use_candidate)->nominates);
  CHECK(read(username + priority + use_candidate)->nominates);
  CHECK_FALSE(read(username + priority + controlled + use_candidate)->nominates);
  CHECK_FALSE(read(username + priority + use_candidate + controlled)->nominates);
  CHECK_FALSE(read(username + priority + controlling)->nominates);
}

TEST_CASE("check_incoming: a check without PRIORITY is a bad request", "[ice][8445-7.3-i]") {
  check_refused(username + controlling, error_code::bad_request);
}

TEST_CASE("check_incoming: any PRIORITY of four bytes is taken as it is", "[ice]") {
  for (const std::uint32_t value : {0U, 1U, 0x7fffffffU, 0x80000000U, 0xffffffffU}) {
    std::array<std::byte, 4> bytes{};
    store_be(bytes.data(), value);
    CHECK(read(username + "00240004" + vectors::to_hex(bytes))->priority == value);
  }
}

TEST_CASE("check_incoming: an attribute of an impossible size is a bad request",
          "[ice][8445-16.1-a]") {
  for (const std::string_view odd : {"00240000", "0024000301020300",
                                     "00240005"
                                     "0102030405000000",
                                     "00240008"
                                     "0102030405060708"}) {
    check_refused(username + std::string{odd} + controlling, error_code::bad_request);
  }
  for (const std::string type : {"8029", "802a"}) {
    check_refused(username + priority + type + "0000", error_code::bad_request);
    check_refused(username + priority + type + "000401020304", error_code::bad_request);
    check_refused(username + priority + type + "00070102030405060700", error_code::bad_request);
    check_refused(username + priority + type + "0009010203040506070809000000",
                  error_code::bad_request);
  }
  check_refused(username + priority + controlling + "0025000401020304", error_code::bad_request);
  check_refused(username + priority + controlling + "0025000101000000", error_code::bad_request);
}

TEST_CASE("check_incoming: the first of two counts", "[ice]") {
  CHECK(read(username + priority + "0024000400000001" + controlling)->priority == 0x6e001eff);
  CHECK(read(username + priority + controlling + "802a00080000000000000001")->claim->tie_breaker ==
        0x0123456789abcdef);
}

TEST_CASE("check_incoming: what stands behind the integrity is not honoured", "[ice]") {
  const auto plain = read(username + priority + controlled, use_candidate + controlling);
  REQUIRE(plain);
  CHECK_FALSE(plain->nominates);
  CHECK(plain->claim->role == role::controlled);
  CHECK_FALSE(read(username + controlling, priority));
  CHECK_FALSE(read(username + priority, controlling)->claim);
  CHECK(read(username + priority, "7fff0000"));
}

TEST_CASE("check_incoming: attributes that must be understood and are not draw 420", "[ice]") {
  for (const std::string_view unknown : {"0000", "7fff", "0013", "0014", "0015", "0020", "0009"}) {
    check_refused(username + priority + controlling + std::string{unknown} + "0000",
                  error_code::unknown_attribute);
  }
  check_refused("7fff0000", error_code::unknown_attribute);
  CHECK(
      read(username + priority + controlling + "ffff0000" + "80220000" + "c0570004" + "00000000"));
}

TEST_CASE("check_incoming: a request with very many unknown attributes is read", "[ice]") {
  std::string many = username + priority;
  for (unsigned type = 0x0100; type < 0x1100; ++type) {
    std::array<std::byte, 4> header{};
    store_be(header.data(), static_cast<std::uint16_t>(type));
    many += vectors::to_hex(header);
  }
  check_refused(many, error_code::unknown_attribute);
}

TEST_CASE("check_incoming: a check triggers one back unless its pair works", "[ice]") {
  CHECK(ice::decide_trigger(pair_state::succeeded) == ice::trigger::nothing);
  CHECK(ice::decide_trigger(pair_state::in_progress) == ice::trigger::cancel_and_enqueue);
  CHECK(ice::decide_trigger(pair_state::frozen) == ice::trigger::enqueue);
  CHECK(ice::decide_trigger(pair_state::waiting) == ice::trigger::enqueue);
  CHECK(ice::decide_trigger(pair_state::failed) == ice::trigger::enqueue);
}

TEST_CASE("check_incoming: the success answer is the known one, byte for byte",
          "[ice][8445-7.2.2-b][8445-7.3-g]") {
  buffer out{};
  const auto size = ice::write_check_success(
      out, support::vector_transaction(), {address::v4(203, 0, 113, 5), 54321}, support::ice_key());
  REQUIRE(size);
  CHECK(vectors::to_hex(byte_view{out}.first(*size)) == vectors::to_hex(vectors::check_success));

  for (std::size_t room = 0; room < *size; ++room) {
    const auto less =
        ice::write_check_success(byte_span{out}.first(room), support::vector_transaction(),
                                 {address::v4(203, 0, 113, 5), 54321}, support::ice_key());
    REQUIRE_FALSE(less);
    REQUIRE(less.error() == errc::buffer_too_small);
  }
}

TEST_CASE("check_incoming: the 487 is the known one, byte for byte", "[ice][8445-16.2-a]") {
  const auto key = support::ice_key();
  CHECK(error_answer(error_code::role_conflict, {}, &key) == vectors::to_hex(vectors::check_487));
}

TEST_CASE("check_incoming: a 420 names what was not understood, and proves itself", "[ice]") {
  const support::signed_message request{stun::message_class::request,
                                        username + "7fff00007ffe00007fff0000"};
  const auto unknown = request.proved()->unknown_required(ice::known_in_check);
  const auto key = support::ice_key();
  const auto bytes = vectors::unhex(error_answer(error_code::unknown_attribute, unknown, &key));
  const auto answer = support::prove(bytes);
  CHECK(answer->cls() == stun::message_class::error);
  CHECK(answer->get<stun::error_code_attribute>()->code == error_code::unknown_attribute);
  const auto named = answer->get<stun::unknown_attributes>()->types;
  CHECK(std::vector(named.begin(), named.end()) ==
        std::vector{stun::attribute_type{0x7fff}, stun::attribute_type{0x7ffe}});
  CHECK(stun::check_fingerprint(*answer) == stun::fingerprint_state::right);
}

TEST_CASE("check_incoming: a stranger gets a bare answer, at most 8 bytes above the least request",
          "[ice]") {
  constexpr std::size_t least_request = 20 + 8;
  for (const auto code : {error_code::bad_request, error_code::unauthenticated}) {
    const auto bytes = vectors::unhex(error_answer(code, {}, nullptr));
    CHECK(bytes.size() <= least_request + 8);
    const auto answer = stun::message_view::parse(bytes);
    REQUIRE(answer);
    CHECK(answer->get<stun::error_code_attribute>()->code == code);
    CHECK(answer->get<stun::error_code_attribute>()->reason.empty());
    CHECK_FALSE(answer->find(stun::attribute_type::message_integrity));
    CHECK(stun::check_fingerprint(*answer) == stun::fingerprint_state::right);
    CHECK(answer->transaction() == support::vector_transaction());
  }
  CHECK(error_answer(error_code::unauthenticated, {}, nullptr).substr(0, 56) ==
        "011100102112a4420102030405060708090a0b0c0009000400000401");
}

TEST_CASE("check_incoming: an error without room is an error", "[ice]") {
  const auto key = support::ice_key();
  buffer out{};
  for (std::size_t room = 0; room < vectors::check_487.size(); ++room) {
    const auto less =
        ice::write_check_error(byte_span{out}.first(room), support::vector_transaction(),
                               error_code::role_conflict, {}, &key);
    REQUIRE_FALSE(less);
    REQUIRE(less.error() == errc::buffer_too_small);
  }
}

TEST_CASE("check_incoming: what a check does not say it does not mean", "[ice]") {
  const incoming_check silent;
  CHECK(silent.priority == 0);
  CHECK_FALSE(silent.claim);
  CHECK_FALSE(silent.nominates);
}

TEST_CASE("check_incoming: four ports in vain are twice what NATs that can meet show", "[ice]") {
  CHECK(ice::max_unanswered_ports == 4);
}

TEST_CASE("check_incoming: once the peer is known a check of another sender is not its own",
          "[ice][8445-7.3-c]") {
  using ice::check_sender;
  using ice::identify_sender;
  CHECK(identify_sender("anybody", nullptr) == check_sender::unknown);
  const auto known = ice::make_remote_credentials("peer", "passwordofthepeer012345").value();
  CHECK(identify_sender("peer", &known) == check_sender::peer);
  for (const auto* const other : {"pee", "peer2", "Peer", "restarted"}) {
    CHECK(identify_sender(other, &known) == check_sender::other);
  }
}

TEST_CASE("check_incoming: the answer to a stranger is as large as is said", "[ice]") {
  std::array<std::byte, 100> out{};
  const auto written = ice::write_check_error(out, support::vector_transaction(),
                                              error_code::unauthenticated, {}, nullptr);
  CHECK(written.value() == ice::stranger_answer_size);
  CHECK(ice::may_answer_stranger(ice::stranger_answer_size));
  CHECK_FALSE(ice::may_answer_stranger(ice::stranger_answer_size - 1));
}

TEST_CASE("check_incoming: twenty strangers are answered at once, and twenty a second", "[ice]") {
  using namespace std::chrono_literals;
  const auto start = GENERATE(time_point{}, time_point{} - 1h, time_point{} + 1h);
  ice::stranger_allowance allowed;
  const auto answered = [&](time_point at) {
    int count = 0;
    while (allowed.take(at)) ++count;
    return count;
  };
  CHECK(answered(start) == 20);
  CHECK(answered(start + 49ms) == 0);
  CHECK(answered(start + 50ms) == 1);
  CHECK(answered(start + 150ms) == 2);
  CHECK(answered(start + 1h) == 20);
}
