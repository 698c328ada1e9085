// Values as bytes and back, the same on every machine and from every compiler.
//
// owns:     the encoding of numbers, texts, times and addresses; the door through which bytes leave
// does not: know what is recorded (calls.hpp, values.hpp), or allocate
// invariant: no bytes reach a contract: what can't be read makes the reader bad, and it stays so.
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <gsl/span>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>

#include "floe/core/bytes.hpp"
#include "floe/core/endpoint.hpp"
#include "floe/core/function_ref.hpp"
#include "floe/core/ids.hpp"
#include "floe/core/time.hpp"

namespace floe::record {

/// A callable that takes bytes, and says whether it could: a function, a pointer to one, or an
/// object.
template <class T>
concept byte_sink = callable<T, bool, byte_view>;

/// Refers to a byte_sink, or to none. An object must outlive everything that was given the
/// reference.
class sink_ref {
 public:
  sink_ref() noexcept = default;

  template <floe::detail::referable<sink_ref, bool, byte_view> Sink>
  sink_ref(Sink&& sink) noexcept  // NOLINT(google-explicit-constructor): a view, like span
      : take_{function_ref<bool(byte_view)>{sink}} {}

  [[nodiscard]] explicit operator bool() const noexcept { return take_.has_value(); }
  [[nodiscard]] bool take(byte_view bytes) const { return (*take_)(bytes); }

 private:
  std::optional<function_ref<bool(byte_view)>> take_;
};

/// The last enumerator of an enum all of whose values are known, as `value`. Other enums are
/// numbers.
template <class E>
struct last_of {};

template <class E>
concept closed_enum = std::is_enum_v<E> && requires {
  last_of<E>::value;
};

namespace detail {

/// True for enumerators that count from 0.
template <class... E>
[[nodiscard]] consteval bool is_counted(E... values) {
  std::size_t next = 0;
  return ((static_cast<std::size_t>(values) == next++) && ...);
}

}  // namespace detail

/// Writes values, seven bits a byte with the lowest first; small negative numbers are small.
class output {
 public:
  /// Without a sink the bytes stay in written(), as far as there is room.
  explicit output(sink_ref sink = {}) noexcept : sink_{sink} {}

  template <class... T>
  void operator()(const T&... values) {
    (put(values), ...);
  }

  /// Hands over what waits. False once the sink has refused.
  bool flush() {
    if (sink_ && good_ && size_ != 0) good_ = sink_.take(written());
    if (sink_) size_ = 0;
    return good_;
  }

  [[nodiscard]] byte_view written() const noexcept { return byte_view{buffer_}.first(size_); }
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }

  /// The instant that times are told from.
  [[nodiscard]] time_point base() const noexcept { return base_; }
  void set_base(time_point base) noexcept { base_ = base; }

  /// Bytes as they are, without their number.
  void raw(byte_view bytes) {
    total_ += bytes.size();
    if (bytes.size() > buffer_.size() - size_) flush();
    if (sink_ && bytes.size() > buffer_.size()) {
      good_ = good_ && sink_.take(bytes);
      return;
    }
    const auto room = (std::min)(bytes.size(), buffer_.size() - size_);
    std::copy_n(bytes.begin(), room, buffer_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += room;
  }

 private:
  void put(bool value) { number(value ? 1U : 0U); }
  template <std::unsigned_integral T>
  void put(T value) {
    number(value);
  }
  template <class E>
  requires std::is_enum_v<E>
  void put(E value) { number(static_cast<std::uint64_t>(value)); }
  void put(duration value) { ticks(value); }
  void put(time_point value) {
    ticks(between(base_, value));
    base_ = value;
  }
  void put(deadline value) {
    put(value.has_value());
    if (value) ticks(between(base_, *value));
  }
  void put(byte_view value) {
    number(value.size());
    raw(value);
  }
  void put(std::string_view value) { put(as_byte_view(value)); }
  template <std::size_t N>
  void put(const std::array<std::byte, N>& value) {
    raw(value);
  }
  void put(const address& value) {
    put(value.family);
    raw(gsl::as_bytes(gsl::span{value.octets}).first(value.size()));
  }
  void put(const endpoint& value) {
    put(value.address);
    put(value.port);
  }
  void put(gsl::span<const endpoint> value) {
    number(value.size());
    for (const auto& e : value) put(e);
  }
  template <class Tag>
  void put(handle<Tag> value) {
    put(value.index);
    put(value.generation);
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(value.has_value());
    if (value) put(*value);
  }
  template <class T>
  requires std::is_class_v<T>
  void put(const T& value) {
    auto copy = value;
    fields(*this, copy);
  }

  void number(std::uint64_t value) {
    std::array<std::byte, 10> digits{};
    std::size_t count = 0;
    for (; value > 0x7f; value >>= 7U) digits[count++] = static_cast<std::byte>(value | 0x80U);
    digits[count++] = static_cast<std::byte>(value);
    raw(byte_view{digits}.first(count));
  }
  void ticks(duration value) {
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(value).count();
    const auto bits = static_cast<std::uint64_t>(count);
    number(bits << 1U ^ (count < 0 ? ~std::uint64_t{0} : 0U));
  }
  [[nodiscard]] static duration between(time_point from, time_point to) noexcept {
    return to < from ? -elapsed(to, from) : elapsed(from, to);
  }

  sink_ref sink_;
  bool good_ = true;
  std::size_t size_ = 0;
  std::uint64_t total_ = 0;
  time_point base_{};
  std::array<std::byte, 256> buffer_{};
};

/// Reads what output wrote, or what somebody says it wrote. Views are into the bytes.
class input {
 public:
  /// The most endpoints that are told at once.
  static constexpr std::size_t most_endpoints = 64;

  explicit input(byte_view bytes) noexcept : rest_{bytes} {}

  /// Reads values. False, and for ever, when one of them can't be read; what it is then is
  /// unspecified.
  template <class... T>
  bool operator()(T&... values) {
    ((good_ = good_ && get(values)), ...);
    return good_;
  }

  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
  void refuse() noexcept { good_ = false; }
  [[nodiscard]] time_point base() const noexcept { return base_; }

  /// Bytes as they are; none when there are fewer.
  [[nodiscard]] byte_view raw(std::size_t count) {
    const auto bytes = rest_.take(count);
    good_ = good_ && bytes;
    return good_ ? *bytes : byte_view{};
  }

 private:
  bool get(bool& value) {
    const auto n = number();
    value = n == 1U;
    return n && *n <= 1;
  }
  template <std::unsigned_integral T>
  bool get(T& value) {
    const auto n = number();
    if (!n || *n > (std::numeric_limits<T>::max)()) return false;
    value = static_cast<T>(*n);
    return true;
  }
  template <class E>
  requires std::is_enum_v<E>
  bool get(E& value) {
    std::underlying_type_t<E> n{};
    if (!get(n)) return false;
    value = static_cast<E>(n);
    if constexpr (closed_enum<E>) return value <= last_of<E>::value;
    return true;
  }
  bool get(duration& value) {
    const auto n = ticks();
    value = n.value_or(duration{});
    return n.has_value();
  }
  bool get(time_point& value) {
    const auto n = ticks();
    if (n) value = base_ = after(base_, *n);
    return n.has_value();
  }
  bool get(deadline& value) {
    bool exists = false;
    value.reset();
    if (!get(exists)) return false;
    if (!exists) return true;
    const auto n = ticks();
    if (n) value = after(base_, *n);
    return n.has_value();
  }
  bool get(byte_view& value) {
    const auto n = number();
    if (!n || *n > rest_.rest().size()) return false;
    value = raw(static_cast<std::size_t>(*n));
    return true;
  }
  bool get(std::string_view& value) {
    byte_view bytes;
    if (!get(bytes)) return false;
    value = as_text(bytes);
    return true;
  }
  template <std::size_t N>
  bool get(std::array<std::byte, N>& value) {
    const auto bytes = raw(N);
    if (bytes.size() != N) return false;
    std::copy(bytes.begin(), bytes.end(), value.begin());
    return true;
  }
  bool get(address& value) {
    std::uint8_t which = 0;
    if (!get(which) || (which != 1 && which != 2)) return false;
    value = {};
    value.family = static_cast<family>(which);
    const auto bytes = raw(value.size());
    if (bytes.size() != value.size()) return false;
    std::copy(bytes.begin(), bytes.end(), gsl::as_writable_bytes(gsl::span{value.octets}).begin());
    return true;
  }
  bool get(endpoint& value) { return get(value.address) && get(value.port); }
  bool get(gsl::span<const endpoint>& value) {
    const auto n = number();
    if (!n || *n > endpoints_.size()) return false;
    const auto count = static_cast<std::size_t>(*n);
    for (std::size_t i = 0; i < count; ++i) {
      if (!get(endpoints_[i])) return false;
    }
    value = gsl::span<const endpoint>{endpoints_}.first(count);
    return true;
  }
  template <class Tag>
  bool get(handle<Tag>& value) {
    return get(value.index) && get(value.generation);
  }
  template <class T>
  bool get(std::optional<T>& value) {
    bool exists = false;
    value.reset();
    if (!get(exists)) return false;
    return !exists || get(value.emplace());
  }
  template <class T>
  requires std::is_class_v<T>
  bool get(T& value) {
    fields(*this, value);
    return good_;
  }

  [[nodiscard]] std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto digit = rest_.read<std::uint8_t>();
      if (!digit || (shift == 63 && *digit > 1)) return std::nullopt;
      value |= std::uint64_t{*digit & 0x7fU} << shift;
      if (*digit < 0x80) return value;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<duration> ticks() {
    const auto n = number();
    if (!n) return std::nullopt;
    const auto bits = *n >> 1U ^ ((*n & 1U) != 0 ? ~std::uint64_t{0} : 0U);
    return std::chrono::duration_cast<duration>(
        std::chrono::nanoseconds{static_cast<std::int64_t>(bits)});
  }

  cursor rest_;
  bool good_ = true;
  time_point base_{};
  std::array<endpoint, most_endpoints> endpoints_{};
};

}  // namespace floe::record
