// Whether bytes that are to be hashed were written a moment ago.
#pragma once

#include "floe/core/language.hpp"

#include <cstdint>

namespace floe::crypto {

/// A CPU that writes and soon reads the same bytes hands over a word that is still on its way to
/// memory, but waits for all of them when more are asked for at once. So bytes that were written
/// just now, in aligned words of four or more, are read in such words, and others as wide as it
/// goes. Both give the same; only the time differs.
enum class written : std::uint8_t { earlier, just_now };

}  // namespace floe::crypto
