// A value or the reason there is none.
//
// owns:     result<T, E> with the member names of std::expected, so that it can become an alias
// does not: throw; asking an error for its value is the caller's fault, and a contract
#pragma once

#include "floe/core/language.hpp"

#include <concepts>
#include <gsl/assert>
#include <optional>
#include <utility>

#include "floe/core/error.hpp"

namespace floe {

/// Wraps an error on its way into a result.
template <class E>
class unexpected {
 public:
  constexpr explicit unexpected(E error) noexcept : error_{error} {}
  [[nodiscard]] constexpr E error() const noexcept { return error_; }

 private:
  E error_;
};

template <class E>
unexpected(E) -> unexpected<E>;

/// Either a T or an E, where E is an enum or another small value.
template <class T, class E = errc>
class [[nodiscard]] result {
 public:
  using value_type = T;
  using error_type = E;

  constexpr result(T value) : value_{std::move(value)} {}  // NOLINT(google-explicit-constructor)
  constexpr result(unexpected<E> e) noexcept : error_{e.error()} {}  // NOLINT

  [[nodiscard]] constexpr bool has_value() const noexcept { return value_.has_value(); }
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] constexpr T& value() & {
    Expects(has_value());
    return *value_;
  }
  [[nodiscard]] constexpr const T& value() const& {
    Expects(has_value());
    return *value_;
  }
  [[nodiscard]] constexpr T&& value() && {
    Expects(has_value());
    return *std::move(value_);
  }
  [[nodiscard]] constexpr T& operator*() & { return value(); }
  [[nodiscard]] constexpr const T& operator*() const& { return value(); }
  [[nodiscard]] constexpr T&& operator*() && { return std::move(*this).value(); }
  [[nodiscard]] constexpr T* operator->() { return &value(); }
  [[nodiscard]] constexpr const T* operator->() const { return &value(); }

  template <class U>
  [[nodiscard]] constexpr T value_or(U&& otherwise) const& {
    return has_value() ? *value_ : static_cast<T>(std::forward<U>(otherwise));
  }

  [[nodiscard]] constexpr E error() const {
    Expects(!has_value());
    return error_;
  }

 private:
  std::optional<T> value_;
  E error_{};
};

/// Success, or an E.
template <class E>
class [[nodiscard]] result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  constexpr result() noexcept = default;
  constexpr result(unexpected<E> e) noexcept : error_{e.error()} {}  // NOLINT

  [[nodiscard]] constexpr bool has_value() const noexcept { return !error_.has_value(); }
  [[nodiscard]] constexpr explicit operator bool() const noexcept { return has_value(); }
  constexpr void value() const { Expects(has_value()); }
  [[nodiscard]] constexpr E error() const {
    Expects(!has_value());
    return *error_;
  }

 private:
  std::optional<E> error_;
};

}  // namespace floe
