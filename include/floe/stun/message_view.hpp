// A STUN message that is known to be well-formed, seen in place.
//
// owns:     parsing, and the rules which attributes count
// does not: copy, allocate, or prove anything about the sender (stun/integrity.hpp)
// invariant: header and attributes fill the bytes exactly; integrity attributes and FINGERPRINT
//            have sizes their types allow; FINGERPRINT is last.
#pragma once

#include "floe/core/language.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/core/result.hpp"
#include "floe/stun/attribute_list.hpp"
#include "floe/stun/attribute_walk.hpp"
#include "floe/stun/header.hpp"
#include "floe/stun/registry.hpp"

namespace floe::stun {

/// Why a message has no attribute of a kind to give.
enum class attribute_fault : std::uint8_t {
  absent,     ///< there is none that counts
  malformed,  ///< the first one has a value its type can't have
};

/// A well-formed message. It views the bytes it was parsed from, which must outlive it.
///
/// Attributes count, or they are as if they were not there: behind MESSAGE-INTEGRITY only
/// MESSAGE-INTEGRITY-SHA256 and FINGERPRINT count, behind MESSAGE-INTEGRITY-SHA256 only FINGERPRINT
/// (RFC 8489 sec. 14.5, 14.6), since nothing proves the others. Of several of one type the first
/// counts (sec. 14).
class message_view {
 public:
  class iterator;

  /// Checks all of `datagram`, in one walk.
  /// errors: not_stun     fewer than 20 bytes, or other leading bits, or no magic cookie
  ///         truncated    the length field says more than there is
  ///         bad_length   it is no multiple of 4, or says less than there is
  ///         bad_attribute  an attribute runs past the end, an integrity attribute or FINGERPRINT
  ///                        has an impossible size, or something stands behind FINGERPRINT
  /// cost: linear in the number of attributes, whatever their sizes; no allocation
  /// source: RFC 8489 sec. 6.3, 14
  [[nodiscard]] static constexpr result<message_view, reject> parse(byte_view datagram) noexcept;

  [[nodiscard]] constexpr message_type type() const noexcept {
    return message_type::decode(load_be<std::uint16_t>(bytes_.data()));
  }
  [[nodiscard]] constexpr stun::method method() const noexcept { return type().method; }
  [[nodiscard]] constexpr message_class cls() const noexcept { return type().cls; }

  [[nodiscard]] constexpr transaction_id transaction() const noexcept {
    transaction_id id;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = bytes_.data()[8 + i];
    return id;
  }

  /// The whole message.
  [[nodiscard]] constexpr byte_view bytes() const noexcept { return bytes_; }

  /// The first attribute of a type, if one counts.
  [[nodiscard]] constexpr std::optional<raw_attribute> find(attribute_type type) const noexcept;

  /// The value of the first A.
  template <class A>
  [[nodiscard]] constexpr result<A, attribute_fault> get() const noexcept {
    const auto raw = find(A::type);
    if (!raw) return unexpected{attribute_fault::absent};
    const auto value = A::decode(raw->value, transaction());
    if (!value) return unexpected{attribute_fault::malformed};
    return *value;
  }

  /// True when there is an A that counts, even one with an impossible value.
  template <class A>
  [[nodiscard]] constexpr bool has() const noexcept {
    return find(A::type).has_value();
  }

  /// The attributes that count, in their order, duplicates included.
  [[nodiscard]] constexpr iterator begin() const noexcept;
  [[nodiscard]] constexpr std::nullopt_t end() const noexcept { return std::nullopt; }

  /// The comprehension-required attributes that count and for which `is_known(attribute_type)` does
  /// not hold, each once. The integrity attributes are always known.
  template <std::predicate<attribute_type> Known>
  [[nodiscard]] constexpr attribute_list unknown_required(Known&& is_known) const noexcept;

  /// The same for a list of known types.
  [[nodiscard]] constexpr attribute_list
  unknown_required(gsl::span<const attribute_type> known) const noexcept;

 private:
  static constexpr std::uint32_t none = 0;  ///< no attribute starts inside the header

  constexpr explicit message_view(byte_view bytes) noexcept : bytes_{bytes} {}

  [[nodiscard]] constexpr bool note(const raw_attribute& attribute) noexcept;
  [[nodiscard]] constexpr bool counts(std::size_t offset) const noexcept {
    return offset < unproven_ || offset == integrity_ || offset == integrity_sha256_ ||
           offset == fingerprint_;
  }
  [[nodiscard]] constexpr std::optional<raw_attribute> at(std::uint32_t offset) const noexcept {
    if (offset == none) return std::nullopt;
    const std::size_t size = load_be<std::uint16_t>(bytes_.data() + offset + 2);
    return raw_attribute{
        static_cast<attribute_type>(load_be<std::uint16_t>(bytes_.data() + offset)),
        byte_view{bytes_.data() + offset + attribute_header_size, size}, offset};
  }

  byte_view bytes_;
  std::uint32_t unproven_ = none;  ///< from here on only the following three count
  std::uint32_t integrity_ = none;
  std::uint32_t integrity_sha256_ = none;
  std::uint32_t fingerprint_ = none;
};

/// Walks the attributes that count.
class message_view::iterator {
 public:
  constexpr explicit iterator(const message_view& message) noexcept
      : message_{&message}, walk_{message.bytes()} {
    ++*this;
  }

  [[nodiscard]] constexpr const raw_attribute& operator*() const noexcept { return *current_; }
  [[nodiscard]] constexpr const raw_attribute* operator->() const noexcept { return &*current_; }
  constexpr iterator& operator++() noexcept {
    do {
      current_ = walk_.next();
    } while (current_ && !message_->counts(current_->offset));
    return *this;
  }
  [[nodiscard]] constexpr bool operator==(std::nullopt_t) const noexcept { return !current_; }

 private:
  const message_view* message_;
  attribute_walk walk_;
  std::optional<raw_attribute> current_;
};

constexpr message_view::iterator message_view::begin() const noexcept { return iterator{*this}; }

/// Remembers where integrity and fingerprint are. Returns false for an attribute that makes the
/// message malformed.
constexpr bool message_view::note(const raw_attribute& attribute) noexcept {
  constexpr std::size_t sha1_size = 20;
  constexpr std::size_t sha256_least = 16;
  constexpr std::size_t sha256_most = 32;
  constexpr std::size_t crc_size = 4;
  const auto size = attribute.value.size();
  const auto offset = static_cast<std::uint32_t>(attribute.offset);
  if (fingerprint_ != none) return false;
  if (attribute.type == attribute_type::fingerprint) {
    fingerprint_ = offset;
    if (unproven_ == none) unproven_ = offset;
    return size == crc_size;
  }
  if (attribute.type == attribute_type::message_integrity && unproven_ == none) {
    integrity_ = unproven_ = offset;
    return size == sha1_size;
  }
  if (attribute.type == attribute_type::message_integrity_sha256 && integrity_sha256_ == none) {
    integrity_sha256_ = offset;
    if (unproven_ == none) unproven_ = offset;
    return size >= sha256_least && size <= sha256_most && size % 4 == 0;
  }
  return true;
}

constexpr result<message_view, reject> message_view::parse(byte_view datagram) noexcept {
  if (datagram.size() < header_size) return unexpected{reject::not_stun};
  const auto* const header = datagram.data();
  if ((header[0] & std::byte{0xc0}) != std::byte{0}) return unexpected{reject::not_stun};
  if (load_be<std::uint32_t>(header + 4) != magic_cookie) return unexpected{reject::not_stun};
  const std::size_t length = load_be<std::uint16_t>(header + 2);
  if (length % 4 != 0) return unexpected{reject::bad_length};
  if (length > datagram.size() - header_size) return unexpected{reject::truncated};
  if (length < datagram.size() - header_size) return unexpected{reject::bad_length};

  message_view message{datagram};
  attribute_walk walk{datagram};
  while (const auto attribute = walk.next()) {
    if (!message.note(*attribute)) return unexpected{reject::bad_attribute};
  }
  if (walk.is_broken()) return unexpected{reject::bad_attribute};
  if (message.unproven_ == none) message.unproven_ = static_cast<std::uint32_t>(datagram.size());
  return message;
}

constexpr std::optional<raw_attribute> message_view::find(attribute_type type) const noexcept {
  if (type == attribute_type::message_integrity) return at(integrity_);
  if (type == attribute_type::message_integrity_sha256) return at(integrity_sha256_);
  if (type == attribute_type::fingerprint) return at(fingerprint_);
  attribute_walk walk{byte_view{bytes_.data(), unproven_}};
  while (const auto attribute = walk.next()) {
    if (attribute->type == type) return attribute;
  }
  return std::nullopt;
}

template <std::predicate<attribute_type> Known>
constexpr attribute_list message_view::unknown_required(Known&& is_known) const noexcept {
  attribute_list unknown;
  attribute_walk walk{byte_view{bytes_.data(), unproven_}};
  while (!unknown.full()) {
    const auto attribute = walk.next();
    if (!attribute) break;
    if (is_comprehension_required(attribute->type) && !is_known(attribute->type)) {
      unknown.insert(attribute->type);
    }
  }
  return unknown;
}

constexpr attribute_list
message_view::unknown_required(gsl::span<const attribute_type> known) const noexcept {
  return unknown_required([known](attribute_type type) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (known.data()[i] == type) return true;
    }
    return false;
  });
}

}  // namespace floe::stun
