// Which floe this is.
//
// owns:     the one version number; CMake, Meson and the packages read it here
// does not: change what floe does
#pragma once

#include "floe/core/language.hpp"

#include <array>

namespace floe {

/// This version by semantic versioning: major, minor, patch. A program that needs some version can
/// say so: `static_assert(floe::version >= std::array{0, 2, 0})`. Before 1.0 a new minor version
/// may break its users.
inline constexpr std::array<int, 3> version{0, 2, 0};

}  // namespace floe
