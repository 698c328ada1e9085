#include "../../examples/floecat/token.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"

using floecat::read_token;
using floecat::write_token;
namespace sdp = floe::sdp;

namespace {

floecat::description sample() {
  floecat::description d{"abcd+/12", "0123456789abcdefghij+/", {}};
  for (const auto* const line :
       {"1 1 udp 2130706431 192.0.2.1 5000 typ host",
        "2 1 udp 2130706175 2001:db8::1 5001 typ host",
        "3 1 udp 1694498815 198.51.100.7 6000 typ srflx raddr 0.0.0.0 rport 9"}) {
    d.candidates.push_back(sdp::parse_candidate(line).value().candidate);
  }
  return d;
}

std::string checked(const std::string& text) {
  return "floe1:" + floecat::to_base64url(text + floecat::token_checksum(text));
}

}  // namespace

TEST_CASE("token: what was written is read", "[floecat]") {
  const auto token = write_token(sample());
  CHECK(token.starts_with("floe1:"));
  CHECK(token.find_first_of(" \t\r\n\"'\\$;&|") == std::string::npos);
  const auto read = read_token(token);
  REQUIRE(read);
  CHECK(read->ufrag == sample().ufrag);
  CHECK(read->password == sample().password);
  CHECK(read->candidates == sample().candidates);

  auto bare = sample();
  bare.candidates.clear();
  CHECK(read_token(write_token(bare))->candidates.empty());
}

TEST_CASE("token: white space around it does no harm", "[floecat]") {
  CHECK(read_token("  \t" + write_token(sample()) + " \r\n"));
}

TEST_CASE("token: a damaged one is recognised, wherever the damage is", "[floecat]") {
  const auto token = write_token(sample());
  for (std::size_t i = 0; i < token.size(); ++i) {
    CAPTURE(i);
    auto changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    REQUIRE_FALSE(read_token(changed));
    REQUIRE_FALSE(read_token(token.substr(0, i)));
    REQUIRE_FALSE(read_token(token.substr(0, i) + token.substr(i + 1)));
  }
  CHECK_FALSE(read_token(token + "A"));
  CHECK_FALSE(read_token(token + token));
}

TEST_CASE("token: anything else is refused", "[floecat]") {
  for (const auto& bad :
       {std::string{}, std::string{" "}, std::string{"floe1:"}, std::string{"floe1"},
        std::string{"floe2:"} + write_token(sample()).substr(6), std::string{"hello"},
        std::string(1U << 20U, 'A'), "floe1:" + std::string(1U << 20U, 'A'), checked(""),
        checked("ufrag"), checked("ufrag\npwd"), checked("ufrag\npwd\nrubbish\n"),
        checked("ufrag\npwd\n1 1 udp 2130706431 192.0.2.1 5000 typ host")}) {
    CHECK_FALSE(read_token(bad));
  }
}

TEST_CASE("token: kinds of candidates from the future are passed over", "[floecat]") {
  const auto read = read_token(checked("abcd\npwd\n1 1 tcp 2130706431 192.0.2.1 5000 typ host\n1 1 "
                                       "udp 5 192.0.2.1 5000 typ host\n"));
  REQUIRE(read);
  CHECK(read->candidates.size() == 1);
}

TEST_CASE("token: base64url is that of RFC 4648", "[floecat]") {
  for (const auto& [bytes, text] :
       std::initializer_list<std::pair<std::string, std::string>>{{"", ""},
                                                                  {"f", "Zg"},
                                                                  {"fo", "Zm8"},
                                                                  {"foo", "Zm9v"},
                                                                  {"foob", "Zm9vYg"},
                                                                  {"\xfb\xff", "-_8"}}) {
    CHECK(floecat::to_base64url(bytes) == text);
    CHECK(floecat::from_base64url(text) == bytes);
  }
  for (const auto* const bad : {"Z", "Zh", "Zm9", "Zg==", "Z+", "Z/", "Zm 9v", "Zm9vY"}) {
    CAPTURE(bad);
    CHECK_FALSE(floecat::from_base64url(bad));
  }
}
