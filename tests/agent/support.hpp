// Addresses and candidates for the tests of what a host tells an agent.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>

#include "floe/ice/candidate.hpp"
#include "floe/ice/priority.hpp"

namespace floe {

inline ice::candidate host(const endpoint& at, std::uint16_t preference = 65535,
                           component_id component = component_id{1}) {
  return {.foundation = ice::foundation::from_number(preference),
          .component = component,
          .priority = ice::candidate_priority(ice::candidate_type::host, preference, component),
          .address = at};
}

inline endpoint numbered(std::uint8_t last, std::uint16_t port = 5000) {
  return {address::v4(198, 51, 100, last), port};
}

inline address v6(std::initializer_list<std::uint8_t> front, std::uint8_t last = 1) {
  std::array<std::uint8_t, 16> octets{};
  std::copy(front.begin(), front.end(), octets.begin());
  octets[15] = last;
  return address::v6(octets);
}

}  // namespace floe
