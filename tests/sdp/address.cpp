#include "floe/sdp/address.hpp"

#include <array>
#include <string>
#include <string_view>

#include "catch.hpp"

using floe::address;
using floe::errc;
namespace sdp = floe::sdp;

namespace {

struct text_pair {
  std::string_view in;
  std::string_view out;
};

std::string rewritten(std::string_view text) {
  const auto parsed = sdp::parse_address(text);
  return parsed ? std::string{sdp::to_text(*parsed).view()} : "refused";
}

static_assert(sdp::parse_address("192.0.2.1").value() == address::v4(192, 0, 2, 1));
static_assert(sdp::to_text(sdp::parse_address("::1").value()).view() == "::1");

}  // namespace

TEST_CASE("address: dotted IPv4 is four numbers from 0 to 255", "[sdp]") {
  CHECK(rewritten("0.0.0.0") == "0.0.0.0");
  CHECK(rewritten("255.255.255.255") == "255.255.255.255");
  CHECK(rewritten("10.0.200.9") == "10.0.200.9");
  for (const auto* const bad : {"",
                                ".",
                                "1",
                                "1.2.3",
                                "1.2.3.4.5",
                                "1.2.3.",
                                ".1.2.3",
                                "1..2.3",
                                "256.1.1.1",
                                "1.2.3.999",
                                "1.2.3.4294967297",
                                "01.2.3.4",
                                "1.2.3.00",
                                "0x7f.0.0.1",
                                "1.2.3.-4",
                                "1.2.3.+4",
                                " 1.2.3.4",
                                "1.2.3.4 ",
                                "1.2.3.4\r",
                                "1.2.3.a",
                                "1.2.3.4%eth0",
                                "1.2.3.4:80"}) {
    INFO(bad);
    CHECK(sdp::parse_address(bad).error() == errc::malformed_text);
  }
}

TEST_CASE("address: every IPv6 form is read and its canonical form written [RFC 5952]", "[sdp]") {
  const auto pair = GENERATE(values<text_pair>({
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"0:0:0:0:0:0:0:0", "::"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"2001:DB8::ABCD", "2001:db8::abcd"},
      {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},  // §4.2.2: not for one group
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},        // §4.2.3: the longest run
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},  // §4.2.3: the first of equals
      {"0:0:1::", "0:0:1::"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1"},  // §5
      {"::ffff:c000:0201", "::ffff:192.0.2.1"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"},
      {"0000:0000:0000:0000:0000:ffff:255.255.255.255", "::ffff:255.255.255.255"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  }));
  INFO(pair.in);
  CHECK(rewritten(pair.in) == pair.out);
  CHECK(rewritten(pair.out) == pair.out);
}

TEST_CASE("address: what is no IPv6 address is refused", "[sdp]") {
  const auto* const bad = GENERATE(values<const char*>({":",
                                                        ":::",
                                                        "1:",
                                                        ":1",
                                                        "1:2",
                                                        "1:2:3:4:5:6:7",
                                                        "1:2:3:4:5:6:7:8:9",
                                                        "1::2::3",
                                                        "1:::2",
                                                        "12345::",
                                                        "g::",
                                                        "::1 ",
                                                        " ::1",
                                                        "::-1",
                                                        "1:2:3:4:5:6:7:8::",
                                                        "::1:2:3:4:5:6:7:8",
                                                        "1:2:3:4:5:6:7:1.2.3.4",
                                                        "::1.2.3",
                                                        "::1.2.3.4.5",
                                                        "::1.2.3.4:5",
                                                        "1.2.3.4::",
                                                        "::01.2.3.4",
                                                        "[::1]",
                                                        "::1/128",
                                                        "::0x1",
                                                        "fe80::1%",
                                                        "%eth0",
                                                        "zz::%eth0"}));
  INFO(bad);
  CHECK(sdp::parse_address(bad).error() == errc::malformed_text);
}

TEST_CASE("address: a zone means nothing to a peer", "[sdp][ATK-B13]") {
  CHECK(sdp::parse_address("fe80::1%eth0").error() == errc::unsupported);
  CHECK(sdp::parse_address("fe80::1%eth0%eth0").error() == errc::unsupported);
  CHECK(sdp::parse_address("2001:db8::1%1").error() == errc::unsupported);
  CHECK(sdp::parse_address("fe80::1%" + std::string(300, 'z')).error() == errc::unsupported);
  CHECK(sdp::parse_address("fe80::1%" + std::string(1U << 20U, '%')).error() == errc::unsupported);
}

TEST_CASE("address: a long text costs no more than a short one", "[sdp][ATK-B11]") {
  for (const char c : {'1', ':', '.', '0', 'f', '%'}) {
    CHECK_FALSE(sdp::parse_address(std::string(1U << 20U, c)));
  }
}

TEST_CASE("address: a buffer that is too small is reported and not overrun", "[sdp]") {
  const auto address = sdp::parse_address("2001:db8:1:2:3:4:5:6").value();
  const std::string_view whole = "2001:db8:1:2:3:4:5:6";
  std::array<char, sdp::max_address_text> buffer{};
  for (std::size_t size = 0; size < whole.size(); ++size) {
    buffer.fill('#');
    const auto written = sdp::write_address(address, gsl::span{buffer}.first(size));
    REQUIRE(written.error() == errc::buffer_too_small);
    REQUIRE(buffer[size] == '#');
  }
  const auto written = sdp::write_address(address, gsl::span{buffer}.first(whole.size()));
  CHECK(std::string_view{buffer.data(), written.value()} == whole);
}
