// Short texts that live in a row, without the heap.
//
// owns:     fixed_text, a string of at most N characters
// does not: know any grammar
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace floe {

/// A text of at most N characters, stored in place.
template <std::size_t N>
class fixed_text {
  static_assert(N <= 0xffff);

 public:
  constexpr fixed_text() noexcept = default;

  /// A copy of `text`, or nullopt when it is longer than N.
  [[nodiscard]] static constexpr std::optional<fixed_text> from(std::string_view text) noexcept {
    if (text.size() > N) return std::nullopt;
    fixed_text made;
    std::copy(text.begin(), text.end(), made.chars_.begin());
    made.size_ = static_cast<std::uint16_t>(text.size());
    return made;
  }

  /// Appends, or returns false and changes nothing when it does not fit.
  [[nodiscard]] constexpr bool append(std::string_view text) noexcept {
    if (text.size() > N - size_) return false;
    std::copy(text.begin(), text.end(), chars_.begin() + size_);
    size_ = static_cast<std::uint16_t>(size_ + text.size());
    return true;
  }

  [[nodiscard]] constexpr std::string_view view() const noexcept { return {chars_.data(), size_}; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }

  [[nodiscard]] friend constexpr bool operator==(const fixed_text& a,
                                                 const fixed_text& b) noexcept {
    return a.view() == b.view();
  }

  /// Overwrites the characters so that no compiler leaves it out, and forgets them.
  constexpr void wipe() noexcept {
    if (!std::is_constant_evaluated()) {
      for (auto& c : chars_) const_cast<volatile char&>(c) = '\0';
    }
    size_ = 0;
  }

 private:
  std::array<char, N> chars_{};
  std::uint16_t size_ = 0;
};

/// A fixed_text that leaves nothing in memory when it goes, or is moved: for passwords.
template <std::size_t N>
class secret_text : public fixed_text<N> {
 public:
  constexpr secret_text() noexcept = default;
  constexpr secret_text(const secret_text&) noexcept = default;
  constexpr secret_text& operator=(const secret_text&) noexcept = default;
  constexpr secret_text(secret_text&& other) noexcept { *this = std::move(other); }
  constexpr secret_text& operator=(secret_text&& other) noexcept {
    if (&other == this) return *this;
    *this = std::as_const(other);
    other.wipe();
    return *this;
  }
  constexpr ~secret_text() noexcept { this->wipe(); }
};

}  // namespace floe
