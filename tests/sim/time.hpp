// Virtual time.
#pragma once

#include <chrono>

#include "floe/core/time.hpp"

namespace floe::sim {

using namespace std::chrono_literals;

/// Where virtual time starts: far from the ends of the clock.
inline constexpr time_point epoch{std::chrono::hours{24}};

}  // namespace floe::sim
