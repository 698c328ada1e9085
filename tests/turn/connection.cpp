#include "floe/turn/connection.hpp"

#include <vector>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using turn::response_reader;

namespace {

const auto response = vectors::unhex("010b00002112a4420102030405060708090a0b0c");

}  // namespace

TEST_CASE("connection: the response is taken off, the rest is the peer's, however it is cut",
          "[turn][6062-4.5-b]") {
  auto stream = response;
  const auto rest = vectors::unhex("4000ff0102");
  stream.insert(stream.end(), rest.begin(), rest.end());
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    response_reader reader;
    const auto first = reader.feed(byte_view{stream}.first(cut));
    CHECK_FALSE(first.broken);
    CHECK(first.message.has_value() == (cut >= response.size()));
    const auto last = first.message ? first : reader.feed(byte_view{stream}.subspan(cut));
    REQUIRE(last.message);
    CHECK(vectors::to_hex(*last.message) == vectors::to_hex(response));
    const auto behind = first.message ? cut - response.size() : rest.size();
    CHECK(last.rest.size() == behind);
    if (behind == rest.size()) CHECK(vectors::to_hex(last.rest) == vectors::to_hex(rest));
  }
}

TEST_CASE("connection: what is no STUN, or too long, breaks it", "[turn][ATK-B02][ATK-B08]") {
  for (const auto* const bad : {"16030100", "40000000", "ffffffff", "010b0001", "010bfff0"}) {
    response_reader reader;
    CHECK(reader.feed(vectors::unhex(bad)).broken);
  }
  response_reader reader;
  CHECK_FALSE(reader.feed(vectors::unhex("010b03ec")).broken);
  response_reader larger;
  CHECK(larger.feed(vectors::unhex("010b03f0")).broken);
}

TEST_CASE("connection: a new one has no number yet", "[turn]") {
  const turn::connection fresh;
  CHECK(fresh.state == turn::connection_state::requested);
  CHECK(fresh.id == 0);
  CHECK_FALSE(fresh.expires);
  CHECK(fresh.reader.held().empty());
}
