// The one source of randomness.
//
// owns:     the door through which the host's random bytes come in
// does not: generate any; a host hands in its operating system's generator, a test a seeded one
// invariant: all random choices of a session are drawn here, so that the same inputs and the same
//            bytes give the same session.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "floe/core/bytes.hpp"
#include "floe/core/function_ref.hpp"

namespace floe {

/// A callable that fills a byte_span with random bytes: a function, a pointer to one, or an object.
template <class T>
concept byte_source = callable<T, void, byte_span>;

/// Refers to a byte_source. Transaction ids, credentials and tie-breakers come from it, so it must
/// be cryptographically strong (RFC 8489 sec. 5, RFC 8445 sec. 5.3).
///
/// An object must outlive everything that was given the reference.
class entropy_ref {
 public:
  template <detail::referable<entropy_ref, void, byte_span> Source>
  entropy_ref(Source&& source) noexcept  // NOLINT(google-explicit-constructor): a view, like span
      : fill_{source} {}

  /// Overwrites all of `out` with random bytes.
  void fill(byte_span out) const { fill_(out); }

  /// A uniform 64-bit number.
  [[nodiscard]] std::uint64_t number() const {
    std::array<std::byte, 8> raw{};
    fill(raw);
    return load_be<std::uint64_t>(raw.data());
  }

 private:
  function_ref<void(byte_span)> fill_;
};

}  // namespace floe
