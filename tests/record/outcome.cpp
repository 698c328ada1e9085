#include "floe/record/outcome.hpp"

#include <array>

#include "catch.hpp"

using namespace floe;
namespace call = floe::record::call;

namespace {

bool same(byte_view a, byte_view b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace

TEST_CASE("outcome: a datagram is kept whole", "[record]") {
  std::array<std::byte, 8> buffer{std::byte{1}, std::byte{2}, std::byte{3}};
  const call::poll_transmit c{buffer};
  const auto made = record::describe(c, std::optional{transmit{.remote = {}, .size = 3}}, {});
  CHECK(same(made.body, byte_view{buffer}.first(3)));
  CHECK(record::describe(c, std::optional<transmit>{}, {}).body.empty());
}

TEST_CASE("outcome: of data what was put around it is kept, and a sum of all", "[record]") {
  std::array<std::byte, 12> buffer{};
  const auto data = byte_view{buffer}.subspan(4, 4);
  const call::encapsulate c{{}, data, buffer, {}, {}};
  const auto direct =
      record::describe(c, result<transmit>{transmit{.remote = {}, .size = 4, .offset = 4}}, {});
  CHECK(direct.body.empty());
  const auto relayed =
      record::describe(c, result<transmit>{transmit{.remote = {}, .size = 8, .offset = 0}}, {});
  CHECK(relayed.body.size() == 4);
  buffer[7] = std::byte{1};
  const auto other =
      record::describe(c, result<transmit>{transmit{.remote = {}, .size = 8, .offset = 0}}, {});
  CHECK_FALSE(same(relayed.fields.written(), other.fields.written()));
}

TEST_CASE("outcome: where data lands is told from where it was", "[record]") {
  std::array<std::byte, 40> large{};
  std::array<std::byte, 12> small{};
  const call::encapsulate a{{}, byte_view{large}.subspan(30, 4), large, {}, {}};
  const call::encapsulate b{{}, byte_view{small}.subspan(5, 4), small, {}, {}};
  const auto one =
      record::describe(a, result<transmit>{transmit{.remote = {}, .size = 8, .offset = 26}}, {});
  const auto two =
      record::describe(b, result<transmit>{transmit{.remote = {}, .size = 8, .offset = 1}}, {});
  CHECK(same(one.fields.written(), two.fields.written()));
}
