#include "floe/core/state_table.hpp"

#include <array>

#include "catch.hpp"

using namespace floe;

namespace {

enum class lamp { off, on };
enum class press { short_one, long_one };

struct rule {
  lamp from;
  press on;
  lamp to;
};

constexpr std::array sound{rule{lamp::off, press::short_one, lamp::on},
                           rule{lamp::on, press::short_one, lamp::off}};
constexpr std::array torn{rule{lamp::off, press::short_one, lamp::on},
                          rule{lamp::on, press::long_one, lamp::off},
                          rule{lamp::off, press::short_one, lamp::off}};

}  // namespace

TEST_CASE("state_table: two rows for the same state and event contradict each other", "[core]") {
  STATIC_REQUIRE(has_one_rule_each(sound));
  STATIC_REQUIRE_FALSE(has_one_rule_each(torn));
  STATIC_REQUIRE(has_one_rule_each(std::array<rule, 0>{}));
}

TEST_CASE("state_table: an event without a row leaves the state as it is", "[core]") {
  CHECK(follow<sound>(lamp::off, press::short_one) == lamp::on);
  CHECK(follow<sound>(lamp::on, press::short_one) == lamp::off);
  CHECK_FALSE(follow<sound>(lamp::on, press::long_one));
}
