// What the compiler works out in advance, worked out by the program: both must agree. And small
// parts of values that nothing else asks for.
#include "catch.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/demux.hpp"
#include "floe/stun/integrity.hpp"
#include "vectors/hex.hpp"
#include "vectors/messages.hpp"

using namespace floe;

TEST_CASE("demux: the tables are the same made by compiler and program", "[stun]") {
  for (const auto others : {stun::protocol::unknown, stun::protocol::quic}) {
    const auto made = stun::detail::make_protocol_table(others);
    CHECK(made == (others == stun::protocol::quic ? stun::detail::protocols_with_quic
                                                  : stun::detail::protocols));
  }
}

TEST_CASE("PASSWORD-ALGORITHMS: equal when their bytes are", "[stun]") {
  const auto both = vectors::unhex("0002000000010000");
  const auto copy = both;
  CHECK(stun::password_algorithms{both} == stun::password_algorithms{copy});
  CHECK_FALSE(stun::password_algorithms{both} ==
              stun::password_algorithms{byte_view{copy}.first(4)});
}

TEST_CASE("integrity: the proof gives the message that it proves", "[stun]") {
  const auto message = stun::message_view::parse(vectors::check_success);
  REQUIRE(message);
  const auto proof =
      stun::authenticate(*message, stun::integrity_key{byte_view{vectors::ice_password}});
  REQUIRE(proof);
  CHECK((**proof).bytes().data() == vectors::check_success.data());
  CHECK(proof->message().bytes().size() == vectors::check_success.size());
}
