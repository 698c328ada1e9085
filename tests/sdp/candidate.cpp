#include "floe/sdp/candidate.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"

using floe::component_id;
using floe::endpoint;
using floe::errc;
using floe::ice::candidate_type;
namespace ice = floe::ice;
namespace sdp = floe::sdp;
using namespace std::string_literals;
using namespace std::string_view_literals;

namespace {

endpoint at(std::string_view host, std::uint16_t port) {
  return {sdp::parse_address(host).value(), port};
}

/// What a line is: usable, or the error that says why not.
std::optional<errc> trouble(std::string_view line) {
  const auto parsed = sdp::parse_candidate(line);
  return parsed ? std::nullopt : std::optional{parsed.error()};
}

std::string written(const sdp::candidate_line& line) {
  std::array<char, sdp::max_candidate_line> buffer{};
  return {buffer.data(), sdp::write_candidate(line, buffer).value()};
}

ice::candidate sample(candidate_type type) {
  return {ice::foundation::from_number(7),
          component_id{1},
          2130706431,
          at("192.0.2.1", 5000),
          type,
          std::nullopt};
}

constexpr auto usable = std::nullopt;

/// A line with one field replaced, for tables of good and bad values.
std::string with(std::size_t field, std::string_view value) {
  std::array<std::string_view, 8> fields{"candidate:1"sv, "1"sv,    "udp"sv, "2130706431"sv,
                                         "192.0.2.1"sv,   "5000"sv, "typ"sv, "host"sv};
  fields[field] = value;
  std::string line;
  for (const auto f : fields) line += (line.empty() ? "" : " ") + std::string{f};
  return line;
}

enum field : std::size_t { foundation, component, transport, priority, host, port, typ, type };

struct vector {
  std::string_view id;
  std::string_view line;
  std::optional<errc> trouble;
  std::string_view foundation;
  std::uint32_t priority;
  std::string_view host;
  std::uint16_t port;
  candidate_type type;
  std::string_view raddr;
  std::uint16_t rport;
  std::string_view ufrag;
  std::string_view rewritten;  ///< when it differs from the line
};

// candidate_lines of the conformance vectors, byte for byte.
// clang-format off
constexpr std::array vectors{
  vector{"book-1", "candidate:1862263974 1 udp 2113937151 192.168.1.73 60834 typ host", usable,
         "1862263974", 2113937151, "192.168.1.73", 60834, candidate_type::host, "", 0, "", ""},
  vector{"book-2", "candidate:2565840242 1 udp 1845501695 50.76.44.100 60834 typ srflx", usable,
         "2565840242", 1845501695, "50.76.44.100", 60834, candidate_type::srflx, "", 0, "",
         "candidate:2565840242 1 udp 1845501695 50.76.44.100 60834 typ srflx raddr 0.0.0.0 rport 9"},
  vector{"rfc-1", "a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host", usable,
         "1", 2130706431, "203.0.113.141", 8998, candidate_type::host, "", 0, "",
         "candidate:1 1 udp 2130706431 203.0.113.141 8998 typ host"},
  vector{"rfc-2", "a=candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998", usable,
         "2", 1694498815, "192.0.2.3", 45664, candidate_type::srflx, "203.0.113.141", 8998, "",
         "candidate:2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998"},
  vector{"chrome-mdns", "candidate:3885250869 1 udp 2122260223 4e9b4b1a-1f7c-4c6a-9b5d-0d1f2a3b4c5d.local 55422 typ host generation 0 ufrag k3Pz network-id 1 network-cost 10", usable,
         "3885250869", 2122260223, "0.0.0.0", 55422, candidate_type::host, "", 0, "k3Pz", ""},
  vector{"chrome-ipv6", "candidate:559267639 1 udp 2122202367 2001:db8::4d2 62011 typ host generation 0 ufrag k3Pz network-id 2 network-cost 10", usable,
         "559267639", 2122202367, "2001:db8::4d2", 62011, candidate_type::host, "", 0, "k3Pz", ""},
  vector{"chrome-ipv6-priv", "candidate:1510613869 1 udp 2122129151 fd00::17 54400 typ host generation 0 ufrag k3Pz network-id 3 network-cost 50", usable,
         "1510613869", 2122129151, "fd00::17", 54400, candidate_type::host, "", 0, "k3Pz", ""},
  vector{"chrome-tcp", "candidate:2999745851 1 tcp 1518280447 192.168.1.73 9 typ host tcptype active generation 0 ufrag k3Pz network-id 1 network-cost 10", errc::unsupported,
         "", 0, "", 0, candidate_type::host, "", 0, "", ""},
  vector{"chrome-srflx", "candidate:842163049 1 udp 1686052607 203.0.113.7 54321 typ srflx raddr 192.168.1.73 rport 60834 generation 0 ufrag k3Pz network-id 1 network-cost 10", usable,
         "842163049", 1686052607, "203.0.113.7", 54321, candidate_type::srflx, "192.168.1.73", 60834, "k3Pz", ""},
  vector{"chrome-srflx-hidden", "candidate:842163049 1 udp 1677729535 203.0.113.7 54321 typ srflx raddr 0.0.0.0 rport 0 generation 0 ufrag k3Pz network-cost 999", usable,
         "842163049", 1677729535, "203.0.113.7", 54321, candidate_type::srflx, "0.0.0.0", 0, "k3Pz", ""},
  vector{"chrome-relay", "candidate:3617181456 1 udp 41885439 198.51.100.9 50000 typ relay raddr 203.0.113.7 rport 54321 generation 0 ufrag k3Pz network-id 1 network-cost 10", usable,
         "3617181456", 41885439, "198.51.100.9", 50000, candidate_type::relay, "203.0.113.7", 54321, "k3Pz", ""},
  vector{"firefox-host", "candidate:0 1 UDP 2122252543 192.168.1.73 50712 typ host", usable,
         "0", 2122252543, "192.168.1.73", 50712, candidate_type::host, "", 0, "",
         "candidate:0 1 udp 2122252543 192.168.1.73 50712 typ host"},
  vector{"firefox-mdns", "candidate:0 1 UDP 2122252543 5b0b1c8d-7a4e-4e21-8c3b-6f1e2d3c4b5a.local 50712 typ host", usable,
         "0", 2122252543, "0.0.0.0", 50712, candidate_type::host, "", 0, "",
         "candidate:0 1 udp 2122252543 5b0b1c8d-7a4e-4e21-8c3b-6f1e2d3c4b5a.local 50712 typ host"},
  vector{"firefox-tcp", "candidate:2 1 TCP 2105524479 192.168.1.73 9 typ host tcptype active", errc::unsupported,
         "", 0, "", 0, candidate_type::host, "", 0, "", ""},
  vector{"firefox-srflx", "candidate:1 1 UDP 1686052863 203.0.113.7 50712 typ srflx raddr 0.0.0.0 rport 0", usable,
         "1", 1686052863, "203.0.113.7", 50712, candidate_type::srflx, "0.0.0.0", 0, "",
         "candidate:1 1 udp 1686052863 203.0.113.7 50712 typ srflx raddr 0.0.0.0 rport 0"},
  vector{"safari-mdns", "candidate:2414043219 1 udp 2113937151 0c6f1f5e-93b1-4b4a-8b58-2f2ce4b8a0ad.local 60834 typ host generation 0 network-cost 999", usable,
         "2414043219", 2113937151, "0.0.0.0", 60834, candidate_type::host, "", 0, "", ""},
  vector{"safari-srflx", "candidate:2565840242 1 udp 1677729535 203.0.113.7 60834 typ srflx raddr 0.0.0.0 rport 9 generation 0 network-cost 999", usable,
         "2565840242", 1677729535, "203.0.113.7", 60834, candidate_type::srflx, "0.0.0.0", 9, "", ""},
  vector{"passive-tcp", "candidate:1 1 TCP 2124414975 192.0.2.10 8443 typ host tcptype passive", errc::unsupported,
         "", 0, "", 0, candidate_type::host, "", 0, "", ""},
  vector{"relay-low-999", "candidate:1382836467 1 udp 33562623 198.51.100.9 61790 typ relay raddr 203.0.113.7 rport 51273 generation 0 network-cost 999", usable,
         "1382836467", 33562623, "198.51.100.9", 61790, candidate_type::relay, "203.0.113.7", 51273, "", ""},
  vector{"ssltcp", "candidate:2113932029 1 ssltcp 2113932029 192.0.2.52 443 typ host generation 0", errc::unsupported,
         "", 0, "", 0, candidate_type::host, "", 0, "", ""},
  vector{"zone-id", "candidate:2306 1 udp 659136 fe80::910e:8bfe:e7e3:7919%52 52259 typ host generation 0", errc::unsupported,
         "", 0, "", 0, candidate_type::host, "", 0, "", ""},
  vector{"cellular", "candidate:3684617590 1 udp 2122260223 192.168.1.73 50028 typ host generation 0 network-id 1 network-cost 900", usable,
         "3684617590", 2122260223, "192.168.1.73", 50028, candidate_type::host, "", 0, "", ""},
  vector{"tcptype-empty", "candidate:1 1 tcp 1518280447 192.168.1.5 9 typ host tcptype ", errc::malformed_text,
         "", 0, "", 0, candidate_type::host, "", 0, "", ""},
  vector{"so-tcp", "candidate:1 1 TCP 2120220671 192.0.2.10 8444 typ host tcptype so", errc::unsupported,
         "", 0, "", 0, candidate_type::host, "", 0, "", ""},
};
// clang-format on

}  // namespace

TEST_CASE("candidate: lines of browsers and of the RFC are read, or ignored with the right reason",
          "[sdp][8839-5.1-a][8839-5.1-l]") {
  const auto index = GENERATE(range(std::size_t{0}, vectors.size()));
  const auto& expected = vectors[index];
  INFO(expected.id);
  REQUIRE(trouble(expected.line) == expected.trouble);
  if (expected.trouble) return;

  const auto line = sdp::parse_candidate(expected.line).value();
  const auto& candidate = line.candidate;
  CHECK(candidate.foundation.text() == expected.foundation);
  CHECK(candidate.component == component_id{1});
  CHECK(candidate.priority == expected.priority);
  CHECK(candidate.address == at(expected.host, expected.port));
  CHECK(line.host_name.empty() == !is_unspecified(candidate.address.address));
  CHECK(candidate.type == expected.type);
  CHECK(candidate.related.has_value() == !expected.raddr.empty());
  if (candidate.related) CHECK(*candidate.related == at(expected.raddr, expected.rport));
  CHECK(line.ufrag == expected.ufrag);

  const auto again = written(line);
  CHECK(again == (expected.rewritten.empty() ? expected.line : expected.rewritten));
  CHECK(written(sdp::parse_candidate(again).value()) == again);
}

TEST_CASE("candidate: every field has its range", "[sdp][8839-5.1-b]") {
  const auto longest = "candidate:" + std::string(32, '+');
  CHECK(trouble(with(foundation, longest)) == usable);
  CHECK(trouble(with(foundation, "candidate:aZ09+/")) == usable);
  CHECK(trouble(with(foundation, longest + "+")) == errc::malformed_text);
  CHECK(trouble(with(foundation, "candidate:a-b")) == errc::malformed_text);

  CHECK(trouble(with(component, "1")) == usable);
  CHECK(trouble(with(component, "256")) == usable);
  CHECK(trouble(with(component, "0")) == errc::malformed_text);
  CHECK(trouble(with(component, "257")) == errc::malformed_text);
  CHECK(trouble(with(component, "0001")) == errc::malformed_text);

  CHECK(trouble(with(priority, "1")) == usable);
  CHECK(trouble(with(priority, "2147483647")) == usable);
  CHECK(trouble(with(priority, "0")) == errc::malformed_text);
  CHECK(trouble(with(priority, "2147483648")) == errc::malformed_text);
  CHECK(trouble(with(priority, "00000000001")) == errc::malformed_text);

  CHECK(trouble(with(port, "0")) == usable);
  CHECK(trouble(with(port, "65535")) == usable);
  CHECK(trouble(with(port, "65536")) == errc::malformed_text);
  CHECK(trouble(with(port, "000001")) == errc::malformed_text);
}

TEST_CASE("candidate: the transport is UDP in any case of letters, and others are ignored",
          "[sdp][8839-5.1-c]") {
  for (const auto* const udp : {"udp", "UDP", "Udp"})
    CHECK(trouble(with(transport, udp)) == usable);
  for (const auto* const other : {"tcp", "TCP", "ssltcp", "SCTP", "udp4"}) {
    CHECK(trouble(with(transport, other)) == errc::unsupported);
  }
  CHECK(trouble(with(transport, "u(dp")) == errc::malformed_text);
}

TEST_CASE("candidate: the four types are known, and others are ignored", "[sdp][8839-5.1-d]") {
  for (const auto* const known : {"host", "srflx", "prflx", "relay", "HOST"}) {
    CHECK(trouble(with(type, known)) == usable);
  }
  CHECK(trouble(with(type, "foo")) == errc::unsupported);
  CHECK(trouble(with(type, "")) == errc::malformed_text);
  CHECK(trouble(with(typ, "type")) == errc::malformed_text);
}

TEST_CASE("candidate: host names and zones are ignored, garbage is refused",
          "[sdp][8839-5.1-e][ATK-B13]") {
  for (const auto* const good : {"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "FE80::1"}) {
    CHECK(trouble(with(host, good)) == usable);
  }
  const auto zone = "fe80::1%" + std::string(300, 'z');
  for (const auto& name : {"peer.example"s, "a.b.local"s, "localhost"s, "fe80::1%eth0"s,
                           "fe80::1%eth0%eth0"s, "2001:db8::1%eth0"s, zone}) {
    INFO(name);
    CHECK(trouble(with(host, name)) == errc::unsupported);
  }
  for (const auto& bad : {""s, "256.0.0.1"s, "1.2.3"s, "1.2.3.4.5"s, "::1::"s, "[::1]"s, "a,b"s,
                          "192.0.2.1/24"s, std::string(256, 'a')}) {
    INFO(bad);
    CHECK(trouble(with(host, bad)) == errc::malformed_text);
  }
}

TEST_CASE("candidate: a malformed line is malformed even if it would have been ignored", "[sdp]") {
  CHECK(trouble("candidate:1 1 tcp 5 peer.local 70000 typ host") == errc::malformed_text);
  CHECK(trouble("candidate:1 1 tcp 5 peer.local 7000 typ host tcptype") == errc::malformed_text);
}

TEST_CASE("candidate: the related address comes whole, directly after the type, and once",
          "[sdp][8839-5.1-g][ATK-B12]") {
  const auto srflx = with(type, "srflx");
  const auto related = [&](std::string_view tail) {
    return sdp::parse_candidate(srflx + std::string{tail}).value().candidate.related;
  };
  CHECK(related("") == std::nullopt);
  CHECK(related(" raddr 10.0.0.1 rport 7") == at("10.0.0.1", 7));
  CHECK(related(" raddr 2001:db8::1 rport 7 a b") == at("2001:db8::1", 7));
  CHECK(related(" raddr hidden.local rport 7") == std::nullopt);
  CHECK(related(" raddr fe80::1%eth0 rport 7") == std::nullopt);
  for (const auto* const bad :
       {" raddr", " raddr 10.0.0.1", " raddr 10.0.0.1 rport", " raddr 10.0.0.1 rport x",
        " raddr 10.0.0.1 rport 65536", " raddr 10.0.0.1 port 5", " raddr 10.0.0 rport 5",
        " rport 5", " rport 5 raddr 10.0.0.1", " raddr 10.0.0.1 rport 5 raddr 10.0.0.1 rport 5",
        " generation 0 raddr 10.0.0.1", " typ relay", " TYP relay"}) {
    INFO(bad);
    CHECK(trouble(srflx + bad) == errc::malformed_text);
  }
  // A host candidate has none, whatever the line says.
  CHECK_FALSE(
      sdp::parse_candidate(with(type, "host raddr 10.0.0.1 rport 7")).value().candidate.related);
}

TEST_CASE("candidate: unknown extensions are ignored and kept", "[sdp][8839-5.1-i]") {
  const auto base = with(type, "host");
  const auto text = base + " generation 0 ufrag abcd network-cost 10 x ,=:";
  const auto line = sdp::parse_candidate(text).value();
  CHECK(line.ufrag == "abcd");
  CHECK(line.extensions == "generation 0 ufrag abcd network-cost 10 x ,=:");
  CHECK(written(line) == text);
  for (const auto& bad :
       {" x"s, " x y z"s, "  x y"s, " x  y"s, " x=1 y"s, " ufrag abc"s, " ufrag a-cd"s,
        " ufrag "s + std::string(257, 'a'), " ufrag abcd ufrag abcd"s}) {
    INFO(bad);
    CHECK(trouble(base + bad) == errc::malformed_text);
  }
  CHECK(trouble(base + " ufrag " + std::string(256, 'a')) == usable);
}

TEST_CASE("candidate: a foundation that is missing is made up, of type and address", "[sdp]") {
  const auto read = [](const std::string& rest) {
    const auto parsed = sdp::parse_candidate("a=candidate: 1 udp 2130706431 " + rest);
    REQUIRE(parsed);
    CHECK(parsed->candidate.component == component_id{1});
    CHECK(parsed->candidate.priority == 2130706431);
    return parsed->candidate.foundation;
  };
  const auto one = read("192.168.1.64 50000 typ host\n");
  CHECK(one == read("192.168.1.64 50001 typ host"));
  CHECK_FALSE(one == read("192.168.1.65 50000 typ host"));
  CHECK_FALSE(one == read("192.168.1.64 50000 typ srflx raddr 192.168.1.64 rport 50000"));
  CHECK_FALSE(read("01234567-89ab-cdef-0123-456789abcdef.local 1 typ host") ==
              read("01234567-89ab-cdef-0123-456789abcde0.local 1 typ host"));
  CHECK(ice::foundation::from_text(one.text()) == one);
  // Only behind the prefix is its place known; and what is written always has one.
  CHECK(trouble("1 udp 2130706431 192.168.1.64 50000 typ host") == errc::malformed_text);
  CHECK(trouble("candidate:  1 udp 2130706431 192.168.1.64 50000 typ host") ==
        errc::malformed_text);
  const auto parsed =
      sdp::parse_candidate("candidate: 1 UDP 2013266431 192.168.1.64 50000 typ host");
  REQUIRE(parsed);
  CHECK(written(*parsed) ==
        "candidate:" + std::string{one.text()} + " 1 udp 2013266431 192.168.1.64 50000 typ host");
}

TEST_CASE("candidate: prefixes, spaces around and a line end do no harm", "[sdp][8839-5.1-k]") {
  const auto value = "1 1 udp 2130706431 192.0.2.1 5000 typ host"s;
  const auto expected = sdp::parse_candidate(value).value();
  for (const auto& line :
       {"candidate:" + value, "a=candidate:" + value, " " + value, value + "\r", value + "\n",
        value + "\r\n", value + " \r\n", "a=candidate:" + value + "\n",
        "  a=candidate:" + value + "  \r", value + " "}) {
    INFO(line);
    CHECK(sdp::parse_candidate(line).value() == expected);
  }
  for (const auto& line :
       {"\n" + value, "\r" + value, value + "\nx", "a= " + value, "candidate: " + value,
        "b=candidate:" + value, "candidate:candidate:" + value, ""s, " "s, "a="s, "candidate:"s,
        "a=candidate:"s}) {
    INFO(line);
    CHECK(trouble(line) == errc::malformed_text);
  }
}

TEST_CASE("candidate: no control character gets in, at any place", "[sdp][8839-5.1-k][ATK-B12]") {
  const auto line = with(type, "srflx") + " raddr 10.0.0.1 rport 7 generation 0 ufrag abcd";
  const auto control = GENERATE(values({'\0', '\r', '\n', '\t', '\x7f', '\x1b', '\x80', '\xff'}));
  for (std::size_t i = 0; i <= line.size(); ++i) {
    auto poisoned = line;
    poisoned.insert(i, 1, control);
    if ((control == '\r' || control == '\n') && i == line.size()) continue;  // the end of a line
    INFO(i);
    REQUIRE(trouble(poisoned) == errc::malformed_text);
  }
}

TEST_CASE("candidate: signs, spaces, hex and overflows are no numbers", "[sdp][ATK-B11]") {
  for (const auto where : {component, priority, port}) {
    for (const auto* const bad :
         {"", "-1", "+5", " 5", "5 ", "0x5", "5a", "4294967297", "4294967296",
          "18446744073709551617", "99999999999999999999999999", "1.0", "٣"}) {
      INFO(where << ": " << bad);
      CHECK(trouble(with(where, bad)) == errc::malformed_text);
    }
  }
}

TEST_CASE("candidate: endless lines, fields and extensions are refused", "[sdp][ATK-B11]") {
  const auto base = with(type, "host");
  std::string extensions = base;
  for (int i = 0; i < 10'000; ++i) extensions += " a b";
  CHECK(trouble(extensions) == errc::malformed_text);
  CHECK(trouble(std::string(1U << 20U, ' ')) == errc::malformed_text);
  CHECK(trouble(std::string(1U << 20U, '1')) == errc::malformed_text);
  CHECK(trouble(base + " x " + std::string(1U << 20U, 'y')) == errc::malformed_text);
  CHECK(trouble(with(foundation, "candidate:" + std::string(10'000, 'f'))) == errc::malformed_text);

  const auto most = base + " x " + std::string(sdp::max_candidate_line - base.size() - 3, 'y');
  CHECK(trouble(most) == usable);
  CHECK(trouble(most + "y") == errc::malformed_text);
}

TEST_CASE("candidate: every cut of a line is answered, none is over-read", "[sdp]") {
  const auto line = with(type, "srflx") + " raddr 10.0.0.1 rport 7 ufrag abcd";
  for (std::size_t size = 0; size <= line.size(); ++size) {
    const std::vector<char> exact(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(size));
    const auto parsed = sdp::parse_candidate({exact.data(), exact.size()});
    if (parsed) CHECK(parsed->candidate.address == at("192.0.2.1", 5000));
  }
}

TEST_CASE("candidate: what is written has one form, with an address and never a name",
          "[sdp][8839-5.1-f][8839-5.1-g]") {
  auto candidate = sample(candidate_type::host);
  candidate.related = at("10.0.0.1", 9999);  // a host candidate has none to tell
  CHECK(sdp::to_text(candidate).view() == "candidate:7 1 udp 2130706431 192.0.2.1 5000 typ host"sv);
  CHECK(sdp::to_text(candidate, "abcd").view() ==
        "candidate:7 1 udp 2130706431 192.0.2.1 5000 typ host ufrag abcd"sv);
  for (const auto type : {candidate_type::srflx, candidate_type::prflx, candidate_type::relay}) {
    candidate.type = type;
    const auto expected = "candidate:7 1 udp 2130706431 192.0.2.1 5000 typ " +
                          std::string{sdp::to_text(type)} + " raddr 10.0.0.1 rport 9999 ufrag abcd";
    CHECK(sdp::to_text(candidate, "abcd").view() == expected);
  }
}

TEST_CASE("candidate: a related address that is not told is written as hidden",
          "[sdp][8839-5.1-h][ATK-I01]") {
  auto candidate = sample(candidate_type::srflx);
  CHECK(sdp::to_text(candidate).view().ends_with("typ srflx raddr 0.0.0.0 rport 9"));
  candidate.address = at("2001:db8::1", 5000);
  CHECK(sdp::to_text(candidate).view().ends_with("typ srflx raddr :: rport 9"));
  for (const auto* const hidden : {" raddr 0.0.0.0 rport 0", " raddr 0.0.0.0 rport 9"}) {
    CHECK(trouble(with(type, "srflx") + hidden) == usable);
  }
}

TEST_CASE("candidate: nothing is written that could not be read back", "[sdp][ATK-B12]") {
  std::array<char, sdp::max_candidate_text> buffer{};
  const auto refusal = [&](const sdp::candidate_line& line) {
    return sdp::write_candidate(line, buffer).error();
  };
  const auto good = sample(candidate_type::host);
  auto bad = good;
  bad.foundation = {};
  CHECK(refusal({bad, "", ""}) == errc::invalid_candidate);
  bad = good;
  bad.component = component_id{0};
  CHECK(refusal({bad, "", ""}) == errc::invalid_candidate);
  bad.component = component_id{257};
  CHECK(refusal({bad, "", ""}) == errc::invalid_candidate);
  bad = good;
  bad.priority = 0;
  CHECK(refusal({bad, "", ""}) == errc::invalid_candidate);
  bad.priority = 0x8000'0000;
  CHECK(refusal({bad, "", ""}) == errc::invalid_candidate);
  CHECK(refusal({good, "abc", ""}) == errc::invalid_ufrag);
  CHECK(refusal({good, "ab\r\ncd", ""}) == errc::invalid_ufrag);
  CHECK(refusal({good, "", "x y\r\na=evil 1"}) == errc::malformed_text);
}

TEST_CASE("candidate: the longest text fits its storage, and a smaller buffer is reported",
          "[sdp]") {
  ice::candidate widest{ice::foundation::from_text(std::string(32, 'f')).value(),
                        component_id{256},
                        0x7fff'ffff,
                        at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535),
                        candidate_type::srflx,
                        at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 65535)};
  const std::string ufrag(256, 'u');
  const auto text = sdp::to_text(widest, ufrag);
  const auto size = text.view().size();
  CHECK(sdp::parse_candidate(text.view()).value().candidate == widest);

  std::array<char, sdp::max_candidate_text> buffer{};
  CHECK(sdp::write_candidate({widest, ufrag, {}}, gsl::span{buffer}.first(size)).value() == size);
  CHECK(sdp::write_candidate({widest, ufrag, {}}, gsl::span{buffer}.first(size - 1)).error() ==
        errc::buffer_too_small);
}

TEST_CASE("candidate: a host candidate may have a name in .local for an address",
          "[sdp][MDNS-3.2-a][8839-5.1-e][8839-5.1-f]") {
  constexpr auto name = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local"sv;
  const auto text = "candidate:1 1 udp 2130706431 "s + std::string{name} + " 5000 typ host";
  const auto line = sdp::parse_candidate(text);
  REQUIRE(line);
  CHECK(line->host_name == name);
  CHECK(is_unspecified(line->candidate.address.address));
  CHECK(line->candidate.address.port == 5000);
  CHECK(written(*line) == text);
  CHECK(sdp::to_text(line->candidate, {}, name).view() == text);

  const auto of_type = [&](std::string_view type) {
    return sdp::parse_candidate("candidate:1 1 udp 1 "s + std::string{name} + " 5000 typ "s +
                                std::string{type} + " raddr 0.0.0.0 rport 9")
        .error();
  };
  CHECK(of_type("srflx") == errc::unsupported);
  CHECK(of_type("relay") == errc::unsupported);
  CHECK(sdp::parse_candidate("candidate:1 1 udp 1 printer.local 5000 typ host").error() ==
        errc::unsupported);

  std::array<char, sdp::max_candidate_line> buffer{};
  auto wrong = *line;
  wrong.host_name = "printer.local";
  CHECK(sdp::write_candidate(wrong, buffer).error() == errc::invalid_candidate);
  wrong.host_name = name;
  wrong.candidate.type = ice::candidate_type::srflx;
  CHECK(sdp::write_candidate(wrong, buffer).error() == errc::invalid_candidate);
}
