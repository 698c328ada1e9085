// Checklists filled by a few words per pair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/ice/checklist.hpp"

namespace support {

/// What a test says about a pair; the rest is made up so that no two pairs have the same
/// candidates.
struct pair_text {
  std::uint16_t stream = 0;
  std::uint16_t component = 1;
  std::uint64_t priority = 1;
  std::uint16_t foundation = 1;
  floe::ice::pair_state state = floe::ice::pair_state::frozen;
};

/// A checklist set of two lists that takes pairs as an agent does.
class checklists : public floe::ice::checklist_set {
 public:
  explicit checklists(std::size_t capacity = 16, std::size_t streams = 2)
      : checklist_set(streams, capacity, floe::memory_ref{}) {
    for (std::size_t i = 0; i < streams; ++i) add_list();
  }

  /// The pair as it would be inserted.
  [[nodiscard]] floe::ice::pair made(const pair_text& text) {
    floe::ice::pair row;
    row.stream = floe::stream_id{text.stream};
    row.component = floe::component_id{text.component};
    row.local = {++made_, 1};
    row.remote = {made_, 1};
    row.foundation = {1, text.foundation};
    row.priority = text.priority;
    row.state = text.state;
    return row;
  }

  /// Adds a pair in the state it is given.
  floe::ice::pair_id add(const pair_text& text) { return insert(made(text)); }

  /// Adds a pair in the state that the others of its foundation give it (RFC 8838 §12).
  floe::ice::pair_id join(const pair_text& text) {
    const auto id = add(text);
    if (initial_state(view_of((*this)[id])) == floe::ice::pair_state::waiting) {
      apply(id, floe::ice::pair_event::unfrozen);
    }
    return id;
  }

  /// Adds a pair, and lets the victim give way when there is no room. nullopt: that is the
  /// newcomer.
  std::optional<floe::ice::pair_id> squeeze_in(const pair_text& text) {
    const auto row = made(text);
    if (full()) {
      const auto victim = victim_for(row, [](const floe::ice::pair&) { return false; });
      if (!victim) return std::nullopt;
      erase(*victim);
    }
    return insert(row);
  }

 private:
  std::uint16_t made_ = 0;
};

}  // namespace support
