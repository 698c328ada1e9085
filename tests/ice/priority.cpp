#include "floe/ice/priority.hpp"

#include <array>
#include <cstdint>

#include "catch.hpp"

using namespace floe;
using ice::candidate_type;
using ice::role;

namespace {

struct candidate_row {
  candidate_type type;
  std::uint16_t preference;
  std::uint16_t component;
  std::uint32_t priority;
};

// The rows of vectors.json whose type preference is a recommended one.
constexpr std::array candidate_rows{
    candidate_row{candidate_type::host, 65535, 1, 0x7effffff},
    candidate_row{candidate_type::host, 65535, 2, 0x7efffffe},
    candidate_row{candidate_type::prflx, 65535, 1, 0x6effffff},
    candidate_row{candidate_type::prflx, 65535, 2, 0x6efffffe},
    candidate_row{candidate_type::srflx, 65535, 1, 0x64ffffff},
    candidate_row{candidate_type::srflx, 65535, 2, 0x64fffffe},
    candidate_row{candidate_type::relay, 65535, 1, 0x00ffffff},
    candidate_row{candidate_type::relay, 65535, 2, 0x00fffffe},
    candidate_row{candidate_type::relay, 0, 256, 0x00000000},
    candidate_row{candidate_type::relay, 0, 255, 0x00000001},
    candidate_row{candidate_type::host, 0, 1, 0x7e0000ff},
    candidate_row{candidate_type::host, 30, 1, 0x7e001eff},
    candidate_row{candidate_type::prflx, 30, 1, 0x6e001eff},
    candidate_row{candidate_type::host, 32542, 1, 0x7e7f1eff},
    candidate_row{candidate_type::host, 32286, 1, 0x7e7e1eff},
    candidate_row{candidate_type::srflx, 32542, 1, 0x647f1eff},
    candidate_row{candidate_type::host, 32512, 1, 0x7e7f00ff},
    candidate_row{candidate_type::srflx, 32543, 1, 0x647f1fff},
    candidate_row{candidate_type::prflx, 1, 1, 0x6e0001ff},
    candidate_row{candidate_type::host, 57343, 1, 0x7edfffff},
    candidate_row{candidate_type::host, 40959, 1, 0x7e9fffff},
    candidate_row{candidate_type::host, 24575, 1, 0x7e5fffff},
    candidate_row{candidate_type::srflx, 57343, 1, 0x64dfffff},
    candidate_row{candidate_type::relay, 57343, 1, 0x00dfffff},
};

struct pair_row {
  std::uint32_t controlling, controlled;
  std::uint64_t priority;
};

// All rows of vectors.json.
constexpr std::array pair_rows{
    pair_row{2130706431, 2130706431, 9151314442783293438U},
    pair_row{2130706431, 1694498815, 7277816997797167103U},
    pair_row{1694498815, 2130706431, 7277816997797167102U},
    pair_row{16777215, 16777215, 72057589776515070U},
    pair_row{16777215, 2130706431, 72057594004373502U},
    pair_row{2130706431, 16777215, 72057594004373503U},
    pair_row{1862270975, 2130706431, 7998392938176446462U},
    pair_row{2113937151, 1845501695, 7926369428965441023U},
    pair_row{1845501695, 2113937151, 7926369428965441022U},
    pair_row{2147483647, 2147483647, 9223372036854775806U},
    pair_row{1, 1, 4294967298U},
};

}  // namespace

TEST_CASE("priority: a candidate's is the recommended formula",
          "[ice][8445-5.1.2-b][8445-5.1.2.1-a]") {
  for (const auto& row : candidate_rows) {
    CAPTURE(row.priority);
    CHECK(ice::candidate_priority(row.type, row.preference, component_id{row.component}) ==
          row.priority);
  }
}

TEST_CASE("priority: each type has the recommended preference, peer-reflexive above "
          "server-reflexive",
          "[ice][8445-5.1.2.1-c][8445-5.1.2.2-a]") {
  CHECK(ice::type_preference(candidate_type::host) == 126);
  CHECK(ice::type_preference(candidate_type::prflx) == 110);
  CHECK(ice::type_preference(candidate_type::srflx) == 100);
  CHECK(ice::type_preference(candidate_type::relay) == 0);
}

TEST_CASE("priority: components are 1 to 256, priorities 1 to 2^31-1", "[ice][8445-5.1.2.1-f]") {
  CHECK_FALSE(ice::is_valid_component(component_id{0}));
  CHECK(ice::is_valid_component(component_id{1}));
  CHECK(ice::is_valid_component(component_id{256}));
  CHECK_FALSE(ice::is_valid_component(component_id{257}));
  CHECK_FALSE(ice::is_valid_component(component_id{65535}));
  CHECK((ice::candidate_priority(candidate_type::host, 65535, component_id{256}) & 0xffU) == 0);

  CHECK_FALSE(ice::is_valid_priority(0));
  CHECK(ice::is_valid_priority(1));
  CHECK(ice::is_valid_priority(0x7fffffff));
  CHECK_FALSE(ice::is_valid_priority(0x80000000));
  CHECK_FALSE(ice::is_valid_priority(0xffffffff));
}

TEST_CASE("priority: a check carries what a peer-reflexive candidate would have",
          "[ice][8445-7.1.1-a]") {
  CHECK(ice::check_priority(2130706431) == 0x6effffff);
  for (const auto& row : candidate_rows) {
    CHECK(ice::check_priority(row.priority) ==
          ice::candidate_priority(candidate_type::prflx, row.preference,
                                  component_id{row.component}));
  }
}

TEST_CASE("priority: a pair's is the formula, exact in 64 bits", "[ice][8445-6.1.2.3-a]") {
  for (const auto& row : pair_rows) {
    CAPTURE(row.priority);
    CHECK(ice::pair_priority(row.controlling, row.controlled) == row.priority);
    CHECK(ice::pair_priority(role::controlling, row.controlling, row.controlled) == row.priority);
    CHECK(ice::pair_priority(role::controlled, row.controlled, row.controlling) == row.priority);
  }
}

TEST_CASE("priority: a check's odd PRIORITY gives an exact pair priority", "[ice]") {
  CHECK(ice::pair_priority(2130706431, 0) == 2 * std::uint64_t{2130706431} + 1);
  CHECK(ice::pair_priority(0, 2130706431) == 2 * std::uint64_t{2130706431});
  CHECK(ice::pair_priority(2130706431, 1) == 0x1fdffffff);
  CHECK(ice::pair_priority(0x7fffffff, 0x80000000) == 0x8000000000000000);
  CHECK(ice::pair_priority(0x7fffffff, 0xffffffff) == 0x80000000fffffffe);
}

TEST_CASE("priority: both agents compute the same for a pair, and a change of roles shows",
          "[ice]") {
  constexpr std::uint32_t high = 2130706431;
  constexpr std::uint32_t low = 1694498815;
  CHECK(ice::pair_priority(role::controlling, high, low) ==
        ice::pair_priority(role::controlled, low, high));
  CHECK(ice::pair_priority(role::controlling, high, low) !=
        ice::pair_priority(role::controlled, high, low));
}
