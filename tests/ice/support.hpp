// Addresses and candidates for the tests of the tables of candidates.
#pragma once

#include <cstdint>

#include "floe/ice/candidate.hpp"

namespace floe {

inline constexpr component_id one{1};
inline constexpr component_id two{2};
inline constexpr stream_id first{0};
inline constexpr stream_id second{1};

inline endpoint at(std::uint16_t port, std::uint8_t host = 1) {
  return {address::v4(192, 0, 2, host), port};
}

inline ice::candidate named(std::uint32_t foundation, const endpoint& address,
                            ice::candidate_type type = ice::candidate_type::host,
                            std::uint32_t priority = 1000) {
  return {.foundation = ice::foundation::from_number(foundation),
          .component = one,
          .priority = priority,
          .address = address,
          .type = type,
          .related = {}};
}

}  // namespace floe
