#include "floe/ice/keepalive_indication.hpp"

#include <array>
#include <cstddef>

#include "catch.hpp"
#include "support/messages.hpp"

using namespace floe;

TEST_CASE("keepalive: it is a Binding indication with FINGERPRINT and nothing else",
          "[ice][8445-11-b]") {
  std::array<std::byte, max_datagram_size> buffer{};
  const auto size = ice::write_keepalive(buffer, support::vector_transaction());
  REQUIRE(size);
  CHECK(vectors::to_hex(byte_view{buffer}.first(*size)) == vectors::to_hex(vectors::keepalive));
}

TEST_CASE("keepalive: a buffer that is too small gets an error", "[ice]") {
  std::array<std::byte, 28> buffer{};
  for (std::size_t size = 0; size < 28; ++size) {
    const auto written =
        ice::write_keepalive(byte_span{buffer}.first(size), support::vector_transaction());
    REQUIRE_FALSE(written);
    CHECK(written.error() == errc::buffer_too_small);
  }
  CHECK(ice::write_keepalive(buffer, support::vector_transaction()));
}
