// Foundations as numbers, which compare in one step.
//
// owns:     the numbers of the foundations of one table
// does not: make foundations (foundation.hpp)
// sources:  RFC 8445 sec. 5.1.1.3
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>
#include <optional>

#include "floe/ice/foundation.hpp"

namespace floe::ice {

/// Gives the foundations of a table's rows numbers that are equal where the foundations are. They
/// wrap after 65,535; two foundations that then share one only unfreeze together.
class foundation_numbers {
 public:
  /// The number of a foundation: that of a row of `table` that has it, or the next one. except: a
  /// row that is about to change
  template <class Table>
  [[nodiscard]] std::uint16_t of(const Table& table, const foundation& wanted,
                                 std::optional<typename Table::id> except = std::nullopt) {
    const auto same = table.find_if([&](const auto& row) {
      return row.candidate.foundation == wanted && !(except && &row == table.find(*except));
    });
    return same ? table[*same].foundation_number : take();
  }

  /// The number that take() gives next.
  [[nodiscard]] std::uint16_t next() const noexcept { return next_; }

  /// A number for a foundation that no other row can have.
  [[nodiscard]] std::uint16_t take() noexcept { return next_++; }

  /// How many numbers were given since this one.
  [[nodiscard]] std::uint16_t age_of(std::uint16_t number) const noexcept {
    return static_cast<std::uint16_t>(next_ - number);
  }

 private:
  std::uint16_t next_ = 1;
};

}  // namespace floe::ice
