// What a call came to, in the few bytes that a recording keeps of it.
//
// owns:     which part of an answer counts, for recorder and player alike
// does not: keep what a direct path sends: it is in the call already
#pragma once

#include "floe/core/language.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/agent/agent.hpp"
#include "floe/record/archive.hpp"
#include "floe/record/calls.hpp"
#include "floe/record/events.hpp"

namespace floe::record {

/// The answer as bytes: its fields, and what it put into the caller's buffer.
struct outcome {
  output fields;
  byte_view body{};
};

/// base: see output::base()
template <class Call, class Answer>
[[nodiscard]] outcome describe(const Call&, const Answer& answer, time_point base) {
  outcome made;
  made.fields.set_base(base);
  made.fields(answer);
  return made;
}

[[nodiscard]] inline outcome describe(const call::poll_transmit& c,
                                      const std::optional<transmit>& answer, time_point base) {
  outcome made;
  made.fields.set_base(base);
  made.fields(answer);
  if (answer) made.body = c.buffer.subspan(answer->offset, answer->size);
  return made;
}

/// Of the bytes a sum is kept, and those that were added to the data.
[[nodiscard]] inline outcome describe(const call::encapsulate& c, const result<transmit>& answer,
                                      time_point base) {
  outcome made;
  made.fields.set_base(base);
  made.fields(answer);
  if (!answer) return made;
  const auto place = offset_in(c.buffer, c.data);
  const auto moved = place ? *place - answer->offset : answer->offset;
  const byte_view whole = c.buffer.subspan(answer->offset, answer->size);
  made.fields(std::uint64_t{moved}, sum_of(whole));
  made.body = whole.first(whole.size() - (std::min)(whole.size(), c.data.size()));
  return made;
}

}  // namespace floe::record
