#include "floe/ice/check_request.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
#include "support/messages.hpp"

using namespace floe;
using ice::check_request;
using ice::role;
using stun::attribute_type;

namespace {

constexpr check_request nominating{.role = role::controlling,
                                   .nominates = true,
                                   .priority = 0x6e001eff,
                                   .tie_breaker = 0x0123456789abcdef};

using buffer = std::array<std::byte, max_datagram_size>;

/// The bytes of a check with the credentials and transaction of the vectors.
std::vector<std::byte> written(const check_request& check) {
  buffer out{};
  const auto size =
      ice::write_check(out, support::vector_transaction(), check, "RFRG:LFRG", support::ice_key());
  REQUIRE(size);
  return {out.data(), out.data() + *size};
}

std::vector<attribute_type> types_of(const std::vector<std::byte>& bytes) {
  std::vector<attribute_type> types;
  const auto message = stun::message_view::parse(bytes).value();
  for (const auto& attribute : message) types.push_back(attribute.type);
  return types;
}

}  // namespace

TEST_CASE("check_request: a nominating check is the known one, byte for byte",
          "[ice][8445-7.2.2-a][8445-7.1.2-a]") {
  CHECK(vectors::to_hex(written(nominating)) == vectors::to_hex(vectors::check_nominate));
}

TEST_CASE("check_request: a check has these attributes and no others, FINGERPRINT last",
          "[ice][8445-7.2.2-c][8445-7.2.4-b][8445-7.1.3-b]") {
  auto check = nominating;
  CHECK(types_of(written(check)) ==
        std::vector{attribute_type::username, attribute_type::priority,
                    attribute_type::ice_controlling, attribute_type::use_candidate,
                    attribute_type::message_integrity, attribute_type::fingerprint});
  check.nominates = false;
  CHECK(types_of(written(check)) == std::vector{attribute_type::username, attribute_type::priority,
                                                attribute_type::ice_controlling,
                                                attribute_type::message_integrity,
                                                attribute_type::fingerprint});
  check.role = role::controlled;
  CHECK(types_of(written(check)) == std::vector{attribute_type::username, attribute_type::priority,
                                                attribute_type::ice_controlled,
                                                attribute_type::message_integrity,
                                                attribute_type::fingerprint});
}

TEST_CASE("check_request: it says the priority, the role and the tie-breaker",
          "[ice][8445-7.1.1-a][8445-7.1.3-a]") {
  const check_request controlled{
      .role = role::controlled, .priority = 0x6effffff, .tie_breaker = 0xfedcba9876543210};
  const auto bytes = written(controlled);
  const auto message = support::prove(bytes);
  CHECK(message->get<stun::priority>()->value == 0x6effffff);
  CHECK(message->get<stun::ice_controlled>()->tie_breaker == 0xfedcba9876543210);
  CHECK_FALSE(message->has<stun::ice_controlling>());

  const auto other = written(nominating);
  CHECK(support::prove(other)->get<stun::ice_controlling>()->tie_breaker == 0x0123456789abcdef);
}

TEST_CASE("check_request: the same check gives the same bytes", "[ice]") {
  CHECK(written(nominating) == written(nominating));
}

TEST_CASE("check_request: a buffer that is too small gets an error", "[ice]") {
  buffer out{};
  const auto size_in = [&](std::size_t room) {
    return ice::write_check(byte_span{out}.first(room), support::vector_transaction(), nominating,
                            "RFRG:LFRG", support::ice_key());
  };
  for (std::size_t room = 0; room < vectors::check_nominate.size(); ++room) {
    REQUIRE_FALSE(size_in(room));
    REQUIRE(size_in(room).error() == errc::buffer_too_small);
  }
  CHECK(size_in(vectors::check_nominate.size()).value() == 92);
}

TEST_CASE("check_request: with the longest USERNAME it fits the datagram everybody can take",
          "[ice]") {
  buffer out{};
  const std::string longest(256 + 1 + 8, 'u');
  CHECK(ice::write_check(out, support::vector_transaction(), nominating, longest,
                         support::ice_key()));
}

TEST_CASE("check_request: it claims what the agent claims", "[ice]") {
  const ice::role_claim claim{role::controlled, 7};
  const auto check = ice::make_check(claim, 9, true);
  CHECK(check.claim() == claim);
  CHECK(check.priority == 9);
  CHECK(check.nominates);
}

TEST_CASE("check_request: one that nobody filled in nominates nothing", "[ice]") {
  const check_request empty;
  CHECK(empty.priority == 0);
  CHECK_FALSE(empty.nominates);
}
