// States of a session, to go back to.
//
// owns:     the copying of all that changes about a session
// does not: know what it means; a state is put back into the session it was taken from
#pragma once

#include <cstddef>
#include <vector>

#include "explore/session.hpp"

namespace floe::explore {

/// Takes and puts back the states of one session.
class keeper {
 public:
  explicit keeper(session& of) : of_{of}, left_{of.sides_[0].size()}, right_{of.sides_[1].size()} {}

  struct state {
    std::vector<std::byte> bytes;
    session::changing rest;

    [[nodiscard]] unsigned faults() const noexcept { return rest.faults; }
  };

  void save(state& to) const {
    to.bytes.resize(left_ + right_);
    of_.sides_[0].save(to.bytes.data());
    of_.sides_[1].save(to.bytes.data() + left_);
    to.rest = of_.state_;
  }
  void load(const state& from) {
    of_.sides_[0].load(from.bytes.data());
    of_.sides_[1].load(from.bytes.data() + left_);
    of_.state_ = from.rest;
  }
  [[nodiscard]] std::size_t size() const noexcept { return left_ + right_; }

 private:
  session& of_;
  std::size_t left_;
  std::size_t right_;
};

}  // namespace floe::explore
