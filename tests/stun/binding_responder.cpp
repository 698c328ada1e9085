#include "floe/stun/binding_responder.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/stun/attributes/ice.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::message_class;
using stun::message_view;
using stun::method;
using stun::respond_to_binding;
using stun::responder_config;

namespace {

const endpoint source{address::v4(192, 0, 2, 1), 32853};
constexpr socket_id socket{7};

/// A message of any type with these attributes, written in hex.
std::vector<std::byte> message(std::string_view type, std::string_view attributes = "") {
  auto bytes = vectors::unhex(std::string(type) + "00002112a442b7e7a701bc34d686fa87dfae");
  const auto rest = vectors::unhex(attributes);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  store_be(bytes.data() + 2, static_cast<std::uint16_t>(rest.size()));
  return bytes;
}

struct answer {
  result<transmit, reject> outcome;
  std::vector<std::byte> bytes;

  [[nodiscard]] message_view parsed() const {
    REQUIRE(outcome);
    const auto view = message_view::parse(bytes);
    REQUIRE(view);
    return *view;
  }
};

answer ask(byte_view request, const responder_config& config = {}, const endpoint& from = source) {
  std::array<std::byte, max_datagram_size> buffer{};
  const auto outcome = respond_to_binding({socket, from, request}, buffer, config);
  const auto size = outcome ? outcome->size : 0;
  return {outcome, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)}};
}

}  // namespace

TEST_CASE(
    "responder: a bare request is told where it came from",
    "[stun][8489-6.1-c][8489-6.3.1.1-a][8489-6.3.1.1-c][8489-6.3.1.2-a][8489-12-a][8489-5-h]") {
  const auto request = message("0001");
  const auto reply = ask(request);
  REQUIRE(reply.outcome);
  CHECK(reply.outcome->local == socket);
  CHECK(reply.outcome->remote == source);
  CHECK(vectors::to_hex(reply.bytes) == "0101000c2112a442b7e7a701bc34d686fa87dfae"
                                        "002000080001a147e112a643");
  CHECK(std::equal(request.begin() + 8, request.end(), reply.bytes.begin() + 8));
}

TEST_CASE("responder: the same request gets the same bytes", "[stun][8489-6.3.1-c]") {
  const auto request = message("0001", "7fff0000");
  CHECK(ask(request).bytes == ask(request).bytes);
}

TEST_CASE("responder: FINGERPRINT is answered with FINGERPRINT",
          "[stun][8489-6.3.1.1-b][8489-12-a][8489-6.3-b]") {
  std::array<std::byte, 28> request{};
  REQUIRE(stun::writer{request, {}, {}}.add_fingerprint().finish());
  CHECK(check_fingerprint(ask(request).parsed()) == stun::fingerprint_state::right);
  CHECK(check_fingerprint(ask(message("0001")).parsed()) == stun::fingerprint_state::absent);
  request[27] ^= std::byte{1};
  const auto wrong = ask(request);
  REQUIRE_FALSE(wrong.outcome);
  CHECK(wrong.outcome.error() == reject::bad_fingerprint);
  const auto missing = ask(message("0001"), {.require_fingerprint = true});
  REQUIRE_FALSE(missing.outcome);
  CHECK(missing.outcome.error() == reject::bad_fingerprint);
}

TEST_CASE("responder: SOFTWARE when it is configured", "[stun][8489-6.1-a][ATK-I03]") {
  CHECK_FALSE(ask(message("0001")).parsed().has<stun::software>());
  CHECK(ask(message("0001"), {.software = "floe"}).parsed().get<stun::software>()->value == "floe");
}

TEST_CASE("responder: unknown required attributes are named in a 420",
          "[stun][8489-6.3.1-a][ATK-A24][ATK-A25][5780-5-a]") {
  const auto answered = ask(message("0001", "7fff0000"
                                            "0003000400000006"
                                            "7ffe0000"
                                            "00000000"));
  const auto reply = answered.parsed();
  CHECK(reply.cls() == message_class::error);
  CHECK(reply.get<stun::error_code_attribute>()->code == stun::error_code::unknown_attribute);
  const auto unknown = reply.get<stun::unknown_attributes>();
  REQUIRE(unknown);
  std::vector<unsigned> types;
  for (const auto type : unknown->types) types.push_back(static_cast<unsigned>(type));
  CHECK(types == std::vector<unsigned>{0x7fff, 0x0003, 0x7ffe, 0x0000});
}

TEST_CASE("responder: known and optional attributes that mean nothing here are passed over",
          "[stun][8489-6.3-d][8489-6.3-e]") {
  for (const std::string_view attributes : {"0012000800012112c0000201", "9abc0004deadbeef",
                                            "0006000461626364", "0024000400000001", "00250000",
                                            "00080014"
                                            "0000000000000000000000000000000000000000"
                                            "7fff0000"}) {
    INFO(attributes);
    CHECK(ask(message("0001", attributes)).parsed().cls() == message_class::success);
  }
}

TEST_CASE("responder: only Binding requests are answered",
          "[stun][8489-6.3-a][8489-6.3.2-a][ATK-A26][ATK-D13]") {
  for (unsigned type = 0; type < 0x4000; ++type) {
    auto bytes = message("0001", "7fff0000");
    store_be(bytes.data(), static_cast<std::uint16_t>(type));
    const auto reply = ask(bytes);
    REQUIRE(reply.outcome.has_value() == (type == 1));
    if (!reply.outcome) REQUIRE(reply.outcome.error() == reject::unsupported_method);
  }
}

TEST_CASE("responder: what is no message draws nothing", "[stun][8489-6.3-c][ATK-A01]") {
  for (std::size_t size = 0; size < 20; ++size) {
    CHECK(ask(std::vector<std::byte>(size)).outcome.error() == reject::not_stun);
  }
  CHECK(ask(message("8001")).outcome.error() == reject::not_stun);
}

TEST_CASE("responder: an answer is hardly longer than its request", "[stun][ATK-D07][ATK-A23]") {
  const endpoint v6{address::v6({0x20, 0x01, 0x0d, 0xb8}), 1};
  CHECK(ask(message("0001"), {}, v6).bytes.size() <= 20 + 24);
  std::string many;
  for (unsigned i = 0; i < 8000; ++i) {
    std::array<std::byte, 4> head{};
    store_be(head.data(), static_cast<std::uint16_t>(0x4000 + i));
    many += vectors::to_hex(head);
  }
  const auto request = message("0001", many);
  CHECK(ask(request).bytes.size() < 200);
}
