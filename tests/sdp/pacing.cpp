#include "floe/sdp/pacing.hpp"

#include <chrono>
#include <string>
#include <string_view>

#include "catch.hpp"

using floe::errc;
namespace sdp = floe::sdp;
using namespace std::chrono_literals;

TEST_CASE("pacing: 1 to 10 digits are milliseconds", "[sdp][8839-5.5-a]") {
  for (const auto* const line :
       {"50", "ice-pacing:50", "a=ice-pacing:50", " a=ice-pacing:50 \r\n", "0000000050\n"}) {
    CAPTURE(line);
    CHECK(sdp::parse_pacing(line).value() == 50ms);
  }
  CHECK(sdp::parse_pacing("0").value() == 0ms);
  CHECK(sdp::parse_pacing("9999999999").value() == 9'999'999'999ms);
  CHECK(sdp::parse_pacing("4294967296").value() == 4'294'967'296ms);
}

TEST_CASE("pacing: everything else is refused", "[sdp][8839-5.5-a]") {
  for (const auto* const line :
       {"", " ", "ice-pacing:", "ice-pacing: 50", "a= 50", "-1", "+5", "5.0", "0x10", "50 60",
        "50ms", "12345678901", "pacing:50", "ICE-PACING:50", "5\n0", "\n50"}) {
    CAPTURE(line);
    const auto parsed = sdp::parse_pacing(line);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error() == errc::malformed_text);
  }
  CHECK_FALSE(sdp::parse_pacing(std::string(100'000, '1')));
  CHECK_FALSE(sdp::parse_pacing(std::string_view{"50\0", 3}));
}

TEST_CASE("pacing: what is written is read, and never faster than meant", "[sdp]") {
  CHECK(sdp::write_pacing(50ms).view() == "ice-pacing:50");
  CHECK(sdp::write_pacing(0ms).view() == "ice-pacing:0");
  CHECK(sdp::write_pacing(5ms + 1ns).view() == "ice-pacing:6");
  CHECK(sdp::write_pacing(10s).view() == "ice-pacing:10000");
  CHECK(sdp::write_pacing(sdp::max_told_pace).view() == "ice-pacing:9999999999");
  CHECK(sdp::write_pacing(sdp::max_told_pace + 1ms).view() == "ice-pacing:9999999999");
  for (const auto pace : {0ms, 1ms, 9ms, 10ms, 99ms, 100ms, 4'294'967'296ms}) {
    CHECK(sdp::parse_pacing(sdp::write_pacing(pace).view()).value() == pace);
  }
}
