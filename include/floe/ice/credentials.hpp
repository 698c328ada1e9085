// The username fragments and passwords of the two sides.
//
// owns:     how credentials are made, which are acceptable, and how a USERNAME joins two fragments
// does not: check integrity (stun/integrity.hpp) or decide what a change of credentials means
// sources:  RFC 8445 sec. 5.3, 7.2.2 (USERNAME); RFC 8839 sec. 5.4 (lengths, alphabet)
#pragma once

#include "floe/core/language.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <gsl/assert>
#include <optional>
#include <string_view>

#include "floe/core/entropy.hpp"
#include "floe/core/error.hpp"
#include "floe/core/result.hpp"
#include "floe/core/text.hpp"
#include "floe/crypto/library.hpp"
#include "floe/ice/foundation.hpp"
#include "floe/stun/integrity.hpp"

namespace floe::ice {

/// Lengths in ice-chars that a peer may use (RFC 8839 sec. 5.4).
inline constexpr std::size_t min_ufrag_size = 4;
inline constexpr std::size_t max_ufrag_size = 256;
inline constexpr std::size_t min_password_size = 22;
inline constexpr std::size_t max_password_size = 256;

/// Lengths that this agent uses. An ice-char holds 6 bits, so a fragment has 48 bits of randomness
/// (at least 24 are asked for) and a password 144 (at least 128), RFC 8445 sec. 5.3.
inline constexpr std::size_t local_ufrag_size = 8;
inline constexpr std::size_t local_password_size = 24;

/// Credentials as text, to hand to the peer. Valid until the agent's next restart.
struct credentials_view {
  std::string_view ufrag;
  std::string_view password;
};

/// What this agent expects of requests: they name its ufrag and prove its password. Password and
/// key are overwritten when it goes.
struct local_credentials {
  fixed_text<local_ufrag_size> ufrag;
  secret_text<local_password_size> password;
  stun::integrity_key key;

  [[nodiscard]] credentials_view view() const noexcept { return {ufrag.view(), password.view()}; }
};

/// A peer's username fragment.
using remote_ufrag = fixed_text<max_ufrag_size>;

/// What the peer expects of this agent's requests. The password itself is not kept.
struct remote_credentials {
  remote_ufrag ufrag;
  stun::integrity_key key;
};

/// New credentials of this agent. by: the host's library, or null for floe's own functions
[[nodiscard]] inline local_credentials make_local_credentials(entropy_ref entropy,
                                                              const crypto::library* by = nullptr) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static_assert(alphabet.size() == 64);

  std::array<std::byte, local_ufrag_size + local_password_size> raw{};
  entropy.fill(raw);
  const auto append = [&](auto& text, std::byte& octet) {
    const auto digit = alphabet.substr(std::to_integer<std::size_t>(octet & std::byte{63}), 1);
    const bool fits = text.append(digit);
    Ensures(fits);
    const_cast<volatile std::byte&>(octet) = {};
  };
  local_credentials made;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (i < local_ufrag_size) {
      append(made.ufrag, raw[i]);
    } else {
      append(made.password, raw[i]);
    }
  }
  made.key = stun::short_term_key(made.password.view(), by);
  return made;
}

/// The peer's credentials. by: likewise. errors: invalid_ufrag, invalid_password.
[[nodiscard]] inline result<remote_credentials>
make_remote_credentials(std::string_view ufrag, std::string_view password,
                        const crypto::library* by = nullptr) {
  const auto acceptable = [](std::string_view text, std::size_t low, std::size_t high) {
    return text.size() >= low && text.size() <= high &&
           std::all_of(text.begin(), text.end(), is_ice_char);
  };
  if (!acceptable(ufrag, min_ufrag_size, max_ufrag_size)) return unexpected{errc::invalid_ufrag};
  if (!acceptable(password, min_password_size, max_password_size)) {
    return unexpected{errc::invalid_password};
  }
  return remote_credentials{*fixed_text<max_ufrag_size>::from(ufrag),
                            stun::short_term_key(password, by)};
}

/// What newly told credentials of the peer mean.
enum class remote_change : std::uint8_t {
  first,    ///< none were known
  none,     ///< they are the known ones
  restart,  ///< both differ: the peer restarted (RFC 8445 sec. 9)
  half,     ///< only one differs, which nothing allows
  stale,    ///< they are those of before a restart
};

/// known, former: those of the current generation and of the one before; null where there are none
[[nodiscard]] inline remote_change compare(const remote_credentials* known,
                                           const remote_credentials* former,
                                           const remote_credentials& told) {
  const auto same_ufrag = [&](const auto* c) { return c != nullptr && c->ufrag == told.ufrag; };
  const auto same_password = [&](const auto* c) { return c != nullptr && c->key == told.key; };
  if (same_ufrag(known) && same_password(known)) return remote_change::none;
  if (same_ufrag(former) && same_password(former)) return remote_change::stale;
  const auto* const previous = known != nullptr ? known : former;
  if (same_ufrag(previous) || same_password(previous)) return remote_change::half;
  return known != nullptr ? remote_change::restart : remote_change::first;
}

/// True when a candidate that came with `ufrag` can belong to the peer's current credentials: it
/// names them or none, or they are not known yet and it does not name the former ones
/// (RFC 8838 sec. 9). known, former: as above
[[nodiscard]] inline bool belongs(std::string_view ufrag, const remote_credentials* known,
                                  const remote_credentials* former) {
  if (ufrag.empty()) return true;
  if (known != nullptr) return known->ufrag.view() == ufrag;
  return former == nullptr || former->ufrag.view() != ufrag;
}

/// The USERNAME of a check: the receiver's fragment, a colon, the sender's (RFC 8445 sec. 7.2.2).
using username_text = fixed_text<max_ufrag_size + 1 + local_ufrag_size>;

[[nodiscard]] inline username_text join_username(const remote_credentials& receiver,
                                                 const local_credentials& sender) noexcept {
  username_text joined;
  const bool fits = joined.append(receiver.ufrag.view()) && joined.append(":") &&
                    joined.append(sender.ufrag.view());
  Ensures(fits);
  return joined;
}

/// The two halves of a USERNAME as its receiver sees them.
struct username_halves {
  std::string_view receiver;
  std::string_view sender;
};

/// Splits a USERNAME at its colon; nullopt when a half is empty or holds anything but ice-chars.
[[nodiscard]] constexpr std::optional<username_halves>
split_username(std::string_view username) noexcept {
  const auto colon = username.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const username_halves halves{username.substr(0, colon), username.substr(colon + 1)};
  const auto usable = [](std::string_view half) {
    return !half.empty() && std::all_of(half.begin(), half.end(), is_ice_char);
  };
  if (!usable(halves.receiver) || !usable(halves.sender)) return std::nullopt;
  return halves;
}

}  // namespace floe::ice
