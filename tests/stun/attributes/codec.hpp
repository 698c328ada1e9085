// What the tests of attributes do with each of them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "floe/stun/header.hpp"
#include "vectors/hex.hpp"

namespace codec {

/// The value as it is sent, into a place that was full of other bytes.
template <class A>
std::string encoded(const A& a) {
  std::vector<std::byte> out(a.size(), std::byte{0xee});
  a.encode(out, {});
  return vectors::to_hex(out);
}

/// Of a value that holds no view.
template <class A>
std::optional<A> decoded(std::string_view hex) {
  return A::decode(vectors::unhex(hex), {});
}

/// True when the attribute is sent as `hex` and equals itself when read from there.
template <class A>
bool both_ways(const A& a, std::string_view hex) {
  const auto bytes = vectors::unhex(hex);
  const std::optional<A> again = A::decode(bytes, {});
  return encoded(a) == hex && again && *again == a;
}

/// True when zeros of these sizes are a value, and of no other size to 600.
template <class A>
bool takes_only(std::initializer_list<std::size_t> sizes) {
  for (std::size_t size = 0; size <= 600; ++size) {
    const bool right = std::find(sizes.begin(), sizes.end(), size) != sizes.end();
    if (A::decode(std::vector<std::byte>(size), {}).has_value() != right) return false;
  }
  return true;
}

}  // namespace codec
