#include "floe/ice/hidden.hpp"

#include <array>
#include <cstdint>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "catch.hpp"

using namespace floe;

namespace {

constexpr std::string_view good = "1f4712db-ea17-4bcf-a596-105139dfd8bf.local";

}  // namespace

TEST_CASE("hidden: a UUID and .local is a name worth asking for, nothing else is",
          "[ice][MDNS-3.2-a]") {
  CHECK(ice::is_hidden_name(good));
  CHECK(ice::is_hidden_name("1F4712DB-EA17-4BCF-A596-105139DFD8BF.Local"));
  CHECK(ice::read_hidden_name("1F4712DB-EA17-4BCF-A596-105139DFD8BF.Local")->view() == good);
  CHECK_FALSE(ice::read_hidden_name("printer.local"));
  for (const auto* const bad :
       {"", ".local", "printer.local", "example.org", "1f4712db-ea17-4bcf-a596-105139dfd8bf",
        "1f4712db-ea17-4bcf-a596-105139dfd8bf.local.", "1f4712db-ea17-4bcf-a596-105139dfd8bf.lokal",
        "1f4712dbeea17-4bcf-a596-105139dfd8bf.local", "1f4712db-ea17-4bcf-a596-105139dfd8bg.local",
        "a.1f4712db-ea17-4bcf-a596-105139dfd8bf.local",
        "1f4712db-ea17-4bcf-a596-105139df.8bf.local", "1f4712db-ea17-4bcf-a596-105139dfd8b:.local",
        "1f4712db-ea17-4bcf-a596-105139dfd8b@.local"}) {
    CAPTURE(bad);
    CHECK_FALSE(ice::is_hidden_name(bad));
  }
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed{good};
    changed[i] = ' ';
    CAPTURE(changed);
    CHECK_FALSE(ice::is_hidden_name(changed));
  }
}

TEST_CASE("hidden: a new name is a random UUID of version 4 in lower case", "[ice][MDNS-3.1-a]") {
  std::mt19937 engine{1};
  auto entropy = [&](byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>(engine());
  };
  std::set<std::string> all;
  for (int i = 0; i < 100; ++i) {
    const auto name = ice::make_hidden_name(entropy);
    CHECK(ice::is_hidden_name(name.view()));
    CHECK(name.view()[14] == '4');
    CHECK(std::string_view{"89ab"}.find(name.view()[19]) != std::string_view::npos);
    CHECK(name.view().find_first_of("ABCDEF") == std::string_view::npos);
    all.emplace(name.view());
  }
  CHECK(all.size() == 100);
}

TEST_CASE("hidden: a name means the only address it has", "[ice][MDNS-3.2-b]") {
  const std::array two{address::v4(192, 0, 2, 1), address::v4(192, 0, 2, 2)};
  CHECK_FALSE(ice::choose_resolved({}));
  CHECK(ice::choose_resolved(gsl::span{two}.first(1)) == two[0]);
  CHECK_FALSE(ice::choose_resolved(two));
}

TEST_CASE("hidden: of a new name all but version and variant is random, from sixteen bytes",
          "[ice][MDNS-3.1-a]") {
  const auto name_of = [](auto octet) {
    std::size_t drawn = 0;
    auto entropy = [&](byte_span out) {
      for (auto& b : out) b = static_cast<std::byte>(octet(drawn++));
    };
    const std::string name{ice::make_hidden_name(entropy).view()};
    CHECK(drawn == 16);
    return name;
  };
  CHECK(name_of([](auto) { return 0; }) == "00000000-0000-4000-8000-000000000000.local");
  CHECK(name_of([](auto) { return 0xff; }) == "ffffffff-ffff-4fff-bfff-ffffffffffff.local");
  CHECK(name_of([](auto i) { return 0x11 * i; }) == "00112233-4455-4677-8899-aabbccddeeff.local");
  CHECK(name_of([](auto i) { return i; }) == "00010203-0405-4607-8809-0a0b0c0d0e0f.local");
}

TEST_CASE("hidden: a candidate that is parked waits for its name", "[ice]") {
  CHECK_FALSE(ice::hidden_candidate{}.resolved);
}
