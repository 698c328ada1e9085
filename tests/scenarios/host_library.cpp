// Sessions in which a host has its own hash functions (crypto/library.hpp).
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "catch.hpp"
#include "floe/agent/agent.hpp"
#include "floe/crypto/openssl.hpp"
#include "sim/in_memory.hpp"
#include "support/libraries.hpp"

using namespace floe;
using namespace std::chrono_literals;

namespace {

/// True when an agent with `library` and one without find each other.
bool connects(const crypto::library& library) {
  auto entropy = [n = std::uint32_t{0}](byte_span out) mutable {
    for (auto& b : out) b = static_cast<std::byte>((++n * 2654435761U) >> 24U);
  };
  auto now = time_point{};
  agent left{now, {.role = ice::role::controlling, .hash_library = &library}, entropy};
  agent right{now, {.role = ice::role::controlled}, entropy};
  sim::in_memory session{left, right};
  REQUIRE(session.introduce(now));
  for (int i = 0; i < 200; ++i, now += 50ms) session.run(now);
  return left.state() == connection_state::completed &&
         right.state() == connection_state::completed;
}

}  // namespace

TEST_CASE("a host's library: OpenSSL on one side, floe's own functions on the other",
          "[scenario][crypto]") {
  CHECK(connects(crypto::openssl));
  CHECK(connects(support::own_library));
}

TEST_CASE("a host's library: one that can't compute finds no path, and does no harm",
          "[scenario][crypto]") {
  CHECK_FALSE(connects(support::refusing_library));
}
