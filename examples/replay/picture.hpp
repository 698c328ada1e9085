// A story as a sequence picture: lanes from left to right, time downwards.
#pragma once

#include <string>

#include "story.hpp"

namespace replay {

/// The picture alone. It fetches nothing, and follows the reader's light or dark scheme.
[[nodiscard]] std::string svg_of(const story& s);

/// A page with the picture, and the story as text below it.
[[nodiscard]] std::string html_of(const story& s);

}  // namespace replay
