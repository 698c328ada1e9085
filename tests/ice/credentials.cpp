#include "floe/ice/credentials.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "catch.hpp"
#include "support/entropy.hpp"

using namespace floe;
using ice::make_remote_credentials;
using ice::remote_change;
using ice::split_username;

namespace {

const std::string password(22, 'p');

ice::remote_credentials peer(std::string_view ufrag, std::string_view secret) {
  return *make_remote_credentials(ufrag, secret);
}

}  // namespace

TEST_CASE("credentials: this agent's are long enough, of ice-chars, and differ between agents",
          "[ice][8445-5.3-b][8839-5.4-b]") {
  support::counting_entropy source;
  const auto a = ice::make_local_credentials(source);
  const auto b = ice::make_local_credentials(source);
  for (const auto& made : {a.view(), b.view()}) {
    CHECK(made.ufrag.size() >= 4);
    CHECK(made.ufrag.size() <= 32);
    CHECK(made.ufrag.size() * 6 >= 24);
    CHECK(made.password.size() >= 22);
    CHECK(made.password.size() <= 256);
    CHECK(made.password.size() * 6 >= 128);
    CHECK(std::all_of(made.ufrag.begin(), made.ufrag.end(), ice::is_ice_char));
    CHECK(std::all_of(made.password.begin(), made.password.end(), ice::is_ice_char));
  }
  CHECK(a.view().ufrag != b.view().ufrag);
  CHECK(a.view().password != b.view().password);
}

TEST_CASE("credentials: every character takes six bits of one random byte", "[ice]") {
  for (unsigned value = 0; value < 256; ++value) {
    auto source = [value](byte_span out) {
      std::fill(out.begin(), out.end(), static_cast<std::byte>(value));
    };
    const auto made = ice::make_local_credentials(source);
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    CHECK(made.view().ufrag == std::string(8, alphabet[value % 64]));
    CHECK(made.view().password == std::string(24, alphabet[value % 64]));
  }
  support::counting_entropy source;
  const auto made = ice::make_local_credentials(source);
  CHECK(made.view().ufrag == "ABCDEFGH");
  CHECK(made.view().password == "IJKLMNOPQRSTUVWXYZabcdef");
  CHECK(source.next == 32);
}

TEST_CASE("credentials: the key is that of the password", "[ice]") {
  support::counting_entropy source;
  const auto made = ice::make_local_credentials(source);
  CHECK(made.key.inner() == stun::short_term_key("IJKLMNOPQRSTUVWXYZabcdef").inner());
  CHECK(peer("abcd", password).key.inner() == stun::short_term_key(password).inner());
}

TEST_CASE("credentials: the peer's may have 4 to 256 and 22 to 256 ice-chars",
          "[ice][8839-5.4-a][8839-5.4-b]") {
  struct row {
    std::size_t ufrag, password;
    errc fault;
  };
  constexpr std::array rows{
      row{4, 22, errc{}},
      row{256, 256, errc{}},
      row{3, 22, errc::invalid_ufrag},
      row{257, 22, errc::invalid_ufrag},
      row{0, 22, errc::invalid_ufrag},
      row{4, 21, errc::invalid_password},
      row{4, 257, errc::invalid_password},
      row{4, 0, errc::invalid_password},
      row{3, 21, errc::invalid_ufrag},
  };
  for (const auto& r : rows) {
    CAPTURE(r.ufrag, r.password);
    const std::string ufrag(r.ufrag, 'u');
    const auto made = make_remote_credentials(ufrag, std::string(r.password, 'p'));
    CHECK(made.has_value() == (r.fault == errc{}));
    if (made) {
      CHECK(made->ufrag.view() == ufrag);
    } else {
      CHECK(made.error() == r.fault);
    }
  }
}

TEST_CASE("credentials: the peer's hold nothing but ice-chars", "[ice]") {
  CHECK(make_remote_credentials("aZ0+/", password + "aZ0+/"));
  for (const char c : {':', '-', '=', ' ', '\0', '\n', '\xff'}) {
    const std::string odd(1, c);
    CHECK(make_remote_credentials("abc" + odd, password).error() == errc::invalid_ufrag);
    CHECK(make_remote_credentials("abcd", password + odd).error() == errc::invalid_password);
  }
}

TEST_CASE("credentials: what a peer's new ones mean", "[ice]") {
  const auto known = peer("aaaa", "aaaaaaaaaaaaaaaaaaaaaaaa");
  const auto former = peer("ffff", "ffffffffffffffffffffffff");
  const auto both = peer("bbbb", "bbbbbbbbbbbbbbbbbbbbbbbb");
  CHECK(ice::compare(nullptr, nullptr, both) == remote_change::first);
  CHECK(ice::compare(nullptr, &former, both) == remote_change::first);
  CHECK(ice::compare(&known, nullptr, known) == remote_change::none);
  CHECK(ice::compare(&known, &former, known) == remote_change::none);
  CHECK(ice::compare(&known, nullptr, both) == remote_change::restart);
  CHECK(ice::compare(&known, &former, both) == remote_change::restart);
  CHECK(ice::compare(&known, &former, former) == remote_change::stale);
  CHECK(ice::compare(nullptr, &former, former) == remote_change::stale);
  CHECK(ice::compare(&known, nullptr, former) == remote_change::restart);
  CHECK(ice::compare(&known, nullptr, peer("aaaa", "bbbbbbbbbbbbbbbbbbbbbbbb")) ==
        remote_change::half);
  CHECK(ice::compare(&known, nullptr, peer("bbbb", "aaaaaaaaaaaaaaaaaaaaaaaa")) ==
        remote_change::half);
  CHECK(ice::compare(nullptr, &known, peer("aaaa", "bbbbbbbbbbbbbbbbbbbbbbbb")) ==
        remote_change::half);
  CHECK(ice::compare(nullptr, &known, peer("bbbb", "aaaaaaaaaaaaaaaaaaaaaaaa")) ==
        remote_change::half);
}

TEST_CASE("credentials: a candidate belongs to the generation whose ufrag it came with",
          "[ice][8838-9-b]") {
  const auto known = peer("kkkk", password);
  const auto former = peer("ffff", password);
  CHECK(ice::belongs("kkkk", &known, nullptr));
  CHECK(ice::belongs("kkkk", &known, &former));
  CHECK_FALSE(ice::belongs("ffff", &known, &former));
  CHECK_FALSE(ice::belongs("ffff", nullptr, &former));
  CHECK_FALSE(ice::belongs("nnnn", &known, &former));
  CHECK_FALSE(ice::belongs("kkk", &known, nullptr));
  CHECK_FALSE(ice::belongs("kkkkk", &known, nullptr));
  CHECK(ice::belongs("nnnn", nullptr, &former));
  CHECK(ice::belongs("nnnn", nullptr, nullptr));
  CHECK(ice::belongs("", &known, &former));
  CHECK(ice::belongs("", nullptr, &former));
}

TEST_CASE("credentials: a USERNAME is the receiver's fragment, a colon, the sender's", "[ice]") {
  support::counting_entropy source;
  const auto mine = ice::make_local_credentials(source);
  CHECK(ice::join_username(peer("RFRG", password), mine).view() == "RFRG:ABCDEFGH");
  const std::string longest(256, 'R');
  CHECK(ice::join_username(peer(longest, password), mine).view() == longest + ":ABCDEFGH");

  const auto halves = split_username("RFRG:LFRG");
  REQUIRE(halves);
  CHECK(halves->receiver == "RFRG");
  CHECK(halves->sender == "LFRG");
}

TEST_CASE("credentials: a USERNAME that is not two fragments is nobody's", "[ice][ATK-A11]") {
  using namespace std::string_view_literals;
  for (const auto odd :
       {""sv, ":"sv, ":x"sv, "x:"sv, "x"sv, "a:b:c"sv, "a::b"sv, "a:b:"sv, "a\0:b"sv, "a:b\0"sv,
        "\0:\0"sv, "\xff\xff:\xff"sv, "a:\xc3\x28"sv, "a :b"sv, "a: b"sv}) {
    CAPTURE(odd);
    CHECK_FALSE(split_username(odd));
  }
}

TEST_CASE("credentials: a prefix or an extension of the right ufrag is another one", "[ice]") {
  constexpr std::string_view mine = "rfrag";
  for (const std::string_view other : {"rfra", "rfrag1", "Rfrag", "frag", "rfrbg"}) {
    const auto username = std::string{other} + ":sender";
    const auto halves = split_username(username);
    REQUIRE(halves);
    CHECK(halves->receiver == other);
    CHECK(halves->receiver != mine);
  }
  CHECK(split_username("rfrag:sender")->receiver == mine);
}
