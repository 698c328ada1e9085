#include "floe/ice/foundation_numbers.hpp"

#include "catch.hpp"
#include "floe/core/slot_table.hpp"
#include "floe/ice/candidate.hpp"

using namespace floe;
using ice::foundation;

namespace {

using table = slot_table<ice::remote_candidate, ice::remote_tag>;

/// Adds a row with the number that its foundation gets.
ice::remote_id add(table& rows, ice::foundation_numbers& numbers, std::uint32_t text) {
  ice::remote_candidate row;
  row.candidate.foundation = foundation::from_number(text);
  row.foundation_number = numbers.of(rows, row.candidate.foundation);
  return rows.insert(row).value();
}

}  // namespace

TEST_CASE("foundation numbers: rows have the same one exactly when their foundations are the same",
          "[ice]") {
  table rows{4, memory_ref{}};
  ice::foundation_numbers numbers;
  const auto a = add(rows, numbers, 7);
  const auto b = add(rows, numbers, 8);
  const auto c = add(rows, numbers, 7);
  CHECK(rows[a].foundation_number == 1);
  CHECK(rows[b].foundation_number == 2);
  CHECK(rows[c].foundation_number == 1);
  CHECK(numbers.next() == 3);
}

TEST_CASE("foundation numbers: a row that changes lends its number to nobody", "[ice]") {
  table rows{4, memory_ref{}};
  ice::foundation_numbers numbers;
  const auto a = add(rows, numbers, 7);
  CHECK(numbers.of(rows, foundation::from_number(7), a) == 2);
  CHECK(numbers.of(rows, foundation::from_number(7)) == 1);
}

TEST_CASE("foundation numbers: an age is how many were given since, across the wrap", "[ice]") {
  ice::foundation_numbers numbers;
  for (int i = 0; i < 65534; ++i) (void)numbers.take();
  const auto last = numbers.take();
  CHECK(last == 65535);
  CHECK(numbers.next() == 0);
  const auto after = numbers.take();
  CHECK(numbers.age_of(after) == 1);
  CHECK(numbers.age_of(last) == 2);
}
