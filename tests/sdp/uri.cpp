#include "floe/sdp/uri.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "catch.hpp"

using namespace floe;
using sdp::parse_uri;
using sdp::uri_lookup;
using sdp::uri_scheme;
using sdp::uri_transport;

namespace {

struct row {
  std::string_view text;
  uri_scheme scheme;
  std::string_view host;
  std::uint16_t port;
  uri_transport transport;
  bool secure;
  uri_lookup lookup;
};

constexpr auto udp = uri_transport::udp;
constexpr auto tcp = uri_transport::tcp;

constexpr std::array<row, 19> good{{
    {"stun:example.org", uri_scheme::stun, "example.org", 3478, udp, false, uri_lookup::service},
    {"stuns:example.org", uri_scheme::stuns, "example.org", 5349, tcp, true, uri_lookup::service},
    {"stun:example.org:3479", uri_scheme::stun, "example.org", 3479, udp, false,
     uri_lookup::address},
    {"stun:192.0.2.1", uri_scheme::stun, "192.0.2.1", 3478, udp, false, uri_lookup::none},
    {"stun:192.0.2.1:3479", uri_scheme::stun, "192.0.2.1", 3479, udp, false, uri_lookup::none},
    {"stun:[2001:db8::1]:3478", uri_scheme::stun, "2001:db8::1", 3478, udp, false,
     uri_lookup::none},
    {"stuns:[2001:db8::1]", uri_scheme::stuns, "2001:db8::1", 5349, tcp, true, uri_lookup::none},
    {"STUN:host", uri_scheme::stun, "host", 3478, udp, false, uri_lookup::service},
    {"sTuNs:HOST:1", uri_scheme::stuns, "HOST", 1, tcp, true, uri_lookup::address},
    {"stun:a%41b", uri_scheme::stun, "a%41b", 3478, udp, false, uri_lookup::service},
    {"turn:host", uri_scheme::turn, "host", 3478, udp, false, uri_lookup::service},
    {"turns:host", uri_scheme::turns, "host", 5349, tcp, true, uri_lookup::service},
    {"turn:host?transport=tcp", uri_scheme::turn, "host", 3478, tcp, false, uri_lookup::service},
    {"turn:host?transport=TCP", uri_scheme::turn, "host", 3478, tcp, false, uri_lookup::service},
    {"turn:host:80?transport=udp", uri_scheme::turn, "host", 80, udp, false, uri_lookup::address},
    {"turns:host?transport=udp", uri_scheme::turns, "host", 5349, udp, true, uri_lookup::service},
    {"turns:host?transport=tcp", uri_scheme::turns, "host", 5349, tcp, true, uri_lookup::service},
    {"turn:[::1]:65535?transport=Udp", uri_scheme::turn, "::1", 65535, udp, false,
     uri_lookup::none},
    {"turn:host?transport=sctp", uri_scheme::turn, "host", 3478, uri_transport::other, false,
     uri_lookup::service},
}};

constexpr std::array<std::string_view, 38> bad{
    "",
    "stun",
    "stun:",
    ":host",
    "http:host",
    "stunx:host",
    " stun:host",
    "stun: host",
    "stun:host ",
    "stun://host",
    "stun:user@host",
    "stun:host/path",
    "stun:host#part",
    "stun:host?x=1",
    "stun:host?transport=udp",
    "stuns:host?transport=tcp",
    "stun:host:",
    "stun:host:0",
    "stun:host:65536",
    "stun:host:123456",
    "stun:host:-1",
    "stun:host:+1",
    "stun:host:0x10",
    "stun:host:1:2",
    "stun:2001:db8::1",
    "stun:[2001:db8::1",
    "stun:[192.0.2.1]",
    "stun:[host]",
    "stun:[2001:db8::1%eth0]",
    "stun:[::1]x",
    "stun:a%4",
    "stun:a%zz",
    "turn:host?",
    "turn:host?transport=",
    "turn:host?transport=tcp&transport=udp",
    "turn:host?x=1&transport=tcp",
    "turn:host?Transport=tcp",
    "turn:host?transport=t p",
};

}  // namespace

static_assert(parse_uri("stun:192.0.2.1:3479")->literal == address::v4(192, 0, 2, 1));

TEST_CASE("uri: schemes, hosts, ports and transports",
          "[sdp][7064-3-a][7064-3-b][7064-3-c][7064-3-d][7065-3-a][7065-3-b][7065-3-c][7065-3-d]"
          "[8489-6.2.3-b]") {
  for (const auto& r : good) {
    INFO(r.text);
    const auto uri = parse_uri(r.text);
    REQUIRE(uri);
    CHECK(uri->scheme == r.scheme);
    CHECK(uri->host == r.host);
    CHECK(uri->port() == r.port);
    CHECK(uri->transport == r.transport);
    CHECK(uri->is_secure() == r.secure);
    CHECK(uri->lookup() == r.lookup);
    CHECK(uri->literal.has_value() == (r.lookup == uri_lookup::none));
  }
}

TEST_CASE("uri: everything else is refused",
          "[sdp][7064-3-a][7064-3-b][7064-3-d][7065-3-a][7065-3-d]") {
  for (const auto text : bad) {
    INFO(text);
    const auto uri = parse_uri(text);
    REQUIRE_FALSE(uri);
    CHECK(uri.error() == errc::malformed_text);
  }
  CHECK_FALSE(parse_uri("stun:" + std::string(1000, 'a')));
  CHECK_FALSE(parse_uri(std::string_view{"stun:a\0b", 8}));
}

TEST_CASE("uri: what to look for, and which name a certificate must have",
          "[sdp][8489-8-a][8489-8-b][8489-6.2.3-a][8656-4-a][7065-3.1-a]") {
  const auto service = [](std::string_view text) {
    const auto uri = parse_uri(text);
    REQUIRE(uri);
    REQUIRE(uri->lookup() == uri_lookup::service);
    return "_" + std::string{uri->service_name()} + "._" + std::string{uri->transport_name()} +
           "." + std::string{uri->host};
  };
  CHECK(service("stun:example.org") == "_stun._udp.example.org");
  CHECK(service("stuns:example.org") == "_stuns._tcp.example.org");
  CHECK(service("turn:example.org") == "_turn._udp.example.org");
  CHECK(service("turn:example.org?transport=tcp") == "_turn._tcp.example.org");
  CHECK(service("turns:example.org") == "_turns._tcp.example.org");
  CHECK(service("turns:example.org?transport=udp") == "_turns._udp.example.org");
  // An address or a port leaves nothing for SRV to say.
  CHECK(parse_uri("stun:192.0.2.1:3479")->lookup() == uri_lookup::none);
  CHECK(parse_uri("stun:host:3479")->lookup() == uri_lookup::address);
  CHECK(parse_uri("turns:example.org")->is_secure());
  CHECK(parse_uri("turns:example.org")->host == "example.org");
}
