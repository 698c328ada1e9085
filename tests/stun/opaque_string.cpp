#include "floe/stun/opaque_string.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"
#include "floe/stun/credentials.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using stun::check_opaque;
using stun::opaque_verdict;
using stun::prepare_opaque;

static_assert(check_opaque("TheMatrIX") == opaque_verdict::ready);

TEST_CASE("opaque string: printable ASCII is ready as it is", "[stun][8489-9.1.1-a]") {
  for (int c = 0; c < 128; ++c) {
    const std::string text{"a" + std::string(1, static_cast<char>(c)) + "Z"};
    const bool printable = c >= 0x20 && c < 0x7f;
    CHECK(check_opaque(text) == (printable ? opaque_verdict::ready : opaque_verdict::forbidden));
    if (printable) CHECK(*prepare_opaque(text) == text);
  }
  CHECK(*prepare_opaque("  two  spaces  ") == "  two  spaces  ");
}

TEST_CASE("opaque string: nothing, controls and what is no UTF-8 are forbidden",
          "[stun][ATK-A11]") {
  for (const std::string_view text : {std::string_view{""},
                                      std::string_view{"a\0b", 3},
                                      std::string_view{"\x80"},
                                      std::string_view{"\xc3"},
                                      std::string_view{"\xc0\xaf"},
                                      std::string_view{"\xc1\xbf"},
                                      std::string_view{"\xe0\x80\xaf"},
                                      std::string_view{"\xed\xa0\x80"},
                                      std::string_view{"\xf0\x80\x80\x80"},
                                      std::string_view{"\xf4\x90\x80\x80"},
                                      std::string_view{"\xf5\x80\x80\x80"},
                                      std::string_view{"\xe3\x83"},
                                      std::string_view{"\xc3\x41"},
                                      std::string_view{"\xe3\x83\x41"},
                                      std::string_view{"\xff"},
                                      std::string_view{"\xc3\xc0"},
                                      std::string_view{"\xe1\xc0\x80"},
                                      std::string_view{"a\xc3\xa4", 2},
                                      std::string_view{"\xc2\x85"},
                                      std::string_view{"a\xc2\x9f"}}) {
    CHECK(check_opaque(text) == opaque_verdict::forbidden);
    const auto prepared = prepare_opaque(text);
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error() == errc::malformed_text);
  }
}

TEST_CASE("opaque string: beyond ASCII the host decides", "[stun][5769-2-a]") {
  // The password of RFC 5769 §2.4, before and after.
  static constexpr std::string_view before = "The\xc2\xadM\xc2\xaatr\xe2\x85\xa8";
  CHECK(check_opaque(before) == opaque_verdict::needs_unicode);
  const auto without = prepare_opaque(before);
  REQUIRE_FALSE(without);
  CHECK(without.error() == errc::unsupported);
  const auto with = prepare_opaque(before, [](std::string_view text) -> result<std::string_view> {
    CHECK(text == before);
    return std::string_view{"TheMatrIX"};
  });
  REQUIRE(with);
  constexpr std::string_view user =
      "\xe3\x83\x9e\xe3\x83\x88\xe3\x83\xaa\xe3\x83\x83\xe3\x82\xaf\xe3\x82\xb9";
  CHECK(check_opaque(user) == opaque_verdict::needs_unicode);
  CHECK(vectors::to_hex(stun::long_term_md5_key(user, "example.org", *with)) ==
        "e8ca7ad59d5eb0518e312911d2dab2a9");
  for (const std::string_view edge :
       {"\xc2\xa0", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xe1\x80\x80", "\xef\xbf\xbd",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(check_opaque(edge) == opaque_verdict::needs_unicode);
  }
}
