#include "../../examples/floecat/token.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using floecat::read_token;
using floecat::write_token;

namespace {

const std::vector<std::string> lines{"ufrag abcd+/12", "pwd 0123456789abcdefghij+/",
                                     "candidate 1 1 udp 2130706431 192.0.2.1 5000 typ host"};

}  // namespace

TEST_CASE("token: what was written is read", "[floecat]") {
  CHECK(write_token(lines) == "floe1;ufrag abcd+/12;pwd 0123456789abcdefghij+/;"
                              "candidate 1 1 udp 2130706431 192.0.2.1 5000 typ host;end");
  CHECK(read_token(write_token(lines)) == lines);
  CHECK(read_token(write_token({})) == std::vector<std::string>{});
}

TEST_CASE("token: white space around it does no harm", "[floecat]") {
  CHECK(read_token("  \t" + write_token(lines) + " \r\n") == lines);
}

TEST_CASE("token: one that was cut is recognised, wherever the cut is", "[floecat]") {
  const auto token = write_token(lines);
  for (std::size_t i = 0; i < token.size(); ++i) {
    CAPTURE(i);
    REQUIRE_FALSE(read_token(token.substr(0, i)));
  }
  CHECK_FALSE(read_token(token.substr(1)));
  CHECK_FALSE(read_token(token + "A"));
}

TEST_CASE("token: anything else is refused", "[floecat]") {
  for (const auto& bad :
       {std::string{}, std::string{" "}, std::string{"floe1;"}, std::string{"floe1"},
        std::string{"floe2;"} + write_token(lines).substr(6), std::string{"hello"},
        std::string(1U << 20U, 'A'), "floe1;" + std::string(1U << 20U, 'A') + ";end"}) {
    CHECK_FALSE(read_token(bad));
  }
}
