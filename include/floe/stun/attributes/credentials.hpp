// The attributes of long-term credentials beside USERNAME, REALM and NONCE (RFC 8489 sec. 14.4,
// 14.11, 14.12).
//
// owns:     USERHASH, PASSWORD-ALGORITHM, PASSWORD-ALGORITHMS
// does not: choose an algorithm or derive a key
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/stun/attribute_walk.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// How a long-term key is made from user name, realm and password. Other numbers can come in.
enum class password_algorithm_id : std::uint16_t { md5 = 0x0001, sha256 = 0x0002 };

/// USERHASH: SHA-256 of "username:realm", in place of USERNAME.
using userhash = token_attribute<attribute_type::userhash, 32>;

namespace detail {

/// An algorithm's number, the size of its parameters, and those, which no known algorithm has.
struct algorithm_entry {
  password_algorithm_id id;
  byte_view parameters;
};

[[nodiscard]] constexpr std::optional<algorithm_entry> read_algorithm(cursor& from) noexcept {
  const auto id = from.read<std::uint16_t>();
  if (!id) return std::nullopt;
  const auto size = from.read<std::uint16_t>();
  if (!size) return std::nullopt;
  const auto parameters = from.take(*size);
  if (!parameters) return std::nullopt;
  return algorithm_entry{static_cast<password_algorithm_id>(*id), *parameters};
}

}  // namespace detail

/// PASSWORD-ALGORITHM: the one that a request uses.
struct password_algorithm {
  static constexpr attribute_type type = attribute_type::password_algorithm;

  password_algorithm_id id = password_algorithm_id::sha256;

  /// Parameters are taken as long as the size says how many, and not kept.
  [[nodiscard]] static constexpr std::optional<password_algorithm>
  decode(byte_view bytes, const transaction_id&) noexcept {
    cursor from{bytes};
    const auto entry = detail::read_algorithm(from);
    if (!entry || from.rest().size() >= 4) return std::nullopt;
    return password_algorithm{entry->id};
  }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return 4; }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    store_be(out.data(), static_cast<std::uint32_t>(id) << 16U);
  }

  [[nodiscard]] constexpr bool operator==(const password_algorithm&) const noexcept = default;
};

/// PASSWORD-ALGORITHMS: those a server offers, in its order of preference. A client repeats the
/// value as it was, so the bytes are viewed and not rebuilt.
struct password_algorithms {
  static constexpr attribute_type type = attribute_type::password_algorithms;

  byte_view value;

  /// Checks that the entries fill the value; the padding of the last one may be missing.
  [[nodiscard]] static constexpr std::optional<password_algorithms>
  decode(byte_view bytes, const transaction_id&) noexcept {
    const password_algorithms out{bytes};
    if (!out.walk([](password_algorithm_id) {})) return std::nullopt;
    return out;
  }
  [[nodiscard]] constexpr bool is_encodable() const noexcept { return value.size() <= 0xffff; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return value.size(); }
  constexpr void encode(byte_span out, const transaction_id&) const noexcept {
    std::copy_n(value.data(), value.size(), out.data());
  }

  /// Calls `visit(password_algorithm_id)` for each entry in order.
  /// Returns false at the first that is cut off; an empty list is one without entries.
  template <class Visit>
  constexpr bool walk(Visit&& visit) const noexcept {
    cursor from{value};
    while (!from.empty()) {
      const auto entry = detail::read_algorithm(from);
      if (!entry) return false;
      visit(entry->id);
      const auto size = entry->parameters.size();
      (void)from.take((std::min)(padded(size) - size, from.rest().size()));
    }
    return true;
  }

  /// The first entry that floe can use.
  [[nodiscard]] constexpr std::optional<password_algorithm_id> first_supported() const noexcept {
    std::optional<password_algorithm_id> first;
    (void)walk([&first](password_algorithm_id id) {
      const bool supported =
          id == password_algorithm_id::md5 || id == password_algorithm_id::sha256;
      if (supported && !first) first = id;
    });
    return first;
  }

  [[nodiscard]] constexpr bool contains(password_algorithm_id wanted) const noexcept {
    bool found = false;
    (void)walk([&found, wanted](password_algorithm_id id) { found = found || id == wanted; });
    return found;
  }

  [[nodiscard]] constexpr bool operator==(const password_algorithms& other) const noexcept {
    return std::equal(value.begin(), value.end(), other.value.begin(), other.value.end());
  }
};

/// What floe offers when it is the server, and what a client sees most: SHA-256, then MD5.
inline constexpr std::array<std::byte, 8> all_password_algorithms{
    std::byte{0}, std::byte{2}, std::byte{0}, std::byte{0},
    std::byte{0}, std::byte{1}, std::byte{0}, std::byte{0}};

}  // namespace floe::stun
