// A text in the host's memory.
//
// owns:     places for a fixed number of characters, taken from a memory_ref at construction
// does not: know any grammar; short texts that live in a row are fixed_text (core/text.hpp)
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <string_view>

#include "floe/core/fixed_vector.hpp"
#include "floe/core/memory.hpp"

namespace floe {

/// A text of at most the length it was made for.
class stored_text {
 public:
  /// An empty text with room for `capacity` characters.
  stored_text(std::size_t capacity, memory_ref memory) : chars_{capacity, memory} {}
  /// A copy that can hold no longer text.
  stored_text(std::string_view text, memory_ref memory) : chars_{text.size(), memory} {
    assign(text);
  }

  stored_text(stored_text&&) noexcept = default;
  stored_text(const stored_text&) = delete;
  stored_text& operator=(const stored_text&) = delete;
  stored_text& operator=(stored_text&&) = delete;
  ~stored_text() { wipe(); }

  [[nodiscard]] std::string_view view() const noexcept { return {chars_.data(), chars_.size()}; }
  [[nodiscard]] bool empty() const noexcept { return chars_.empty(); }

  /// in: no longer than the capacity, and no part of it
  void assign(std::string_view text) {
    wipe();
    chars_.assign(text.begin(), text.end());
  }

  /// Overwrites the characters so that no compiler leaves it out, and forgets them.
  void wipe() noexcept {
    for (auto& c : chars_) const_cast<volatile char&>(c) = '\0';
    chars_.clear();
  }

 private:
  fixed_vector<char> chars_;
};

}  // namespace floe
