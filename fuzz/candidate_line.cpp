// Any text as a candidate line, as an address and as a pace: what is accepted can be written, holds
// no line break, and reads back as the same.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "floe/sdp/address.hpp"
#include "floe/sdp/candidate.hpp"
#include "floe/sdp/pacing.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_address(std::string_view text) {
  const auto parsed = floe::sdp::parse_address(text);
  if (!parsed) return;
  const auto again = floe::sdp::parse_address(floe::sdp::to_text(*parsed).view());
  require(again && *again == *parsed);
}

void check_line(std::string_view text) {
  const auto parsed = floe::sdp::parse_candidate(text);
  if (!parsed) return;
  std::array<char, 2 * floe::sdp::max_candidate_line> buffer{};
  const auto size = floe::sdp::write_candidate(*parsed, buffer);
  require(size.has_value());
  const std::string_view written{buffer.data(), *size};
  require(written.find_first_of("\r\n") == std::string_view::npos);
  if (written.size() > floe::sdp::max_candidate_line) return;
  auto again = floe::sdp::parse_candidate(written);
  require(again.has_value());
  // A reflexive or relayed candidate without a related address is written with a hidden one.
  if (!parsed->candidate.related) again->candidate.related.reset();
  require(*again == *parsed);
}

void check_pacing(std::string_view text) {
  const auto parsed = floe::sdp::parse_pacing(text);
  if (!parsed) return;
  const auto written = floe::sdp::write_pacing(*parsed);
  const auto again = floe::sdp::parse_pacing(written.view());
  require(again && *again == *parsed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_address(text);
  check_line(text);
  check_pacing(text);
  return 0;
}
