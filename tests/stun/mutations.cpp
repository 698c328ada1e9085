// Valid messages, changed in every way of a kind, each with the reason for which it must be
// refused. The reasons come from another reading of RFC 8489 §5, §6.3, §7 and §14: the shortest
// one, over plain numbers.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "floe/core/bytes.hpp"
#include "floe/core/datagram.hpp"
#include "floe/stun/fingerprint.hpp"
#include "floe/stun/integrity.hpp"
#include "floe/stun/message_view.hpp"
#include "vectors/messages.hpp"

using namespace floe;
using stun::message_view;

namespace {

using bytes = std::vector<std::byte>;
using refusal = std::optional<reject>;

bytes copy(byte_view from) { return {from.begin(), from.end()}; }

std::size_t number(byte_view in, std::size_t at) {
  return std::to_integer<std::size_t>(in[at]) * 256 + std::to_integer<std::size_t>(in[at + 1]);
}

/// Where the attributes of a message begin that holds nothing but whole ones.
std::vector<std::size_t> places(byte_view in) {
  std::vector<std::size_t> out;
  for (std::size_t at = 20; at < in.size(); at += 4 + (number(in, at + 2) + 3) / 4 * 4) {
    out.push_back(at);
  }
  return out;
}

/// Why the bytes are no message.
refusal no_message(byte_view in) {
  if (in.size() < 20 || std::to_integer<unsigned>(in[0]) > 0x3f) return reject::not_stun;
  if (number(in, 4) != 0x2112 || number(in, 6) != 0xa442) return reject::not_stun;
  const auto length = number(in, 2);
  if (length % 4 != 0) return reject::bad_length;
  if (length + 20 != in.size()) {
    return length + 20 > in.size() ? reject::truncated : reject::bad_length;
  }
  bool integrity = false;
  bool sha256 = false;
  bool end = false;
  for (std::size_t at = 20; at < in.size();) {
    if (end) return reject::bad_attribute;
    const auto type = number(in, at);
    const auto size = number(in, at + 2);
    if (at + 4 + (size + 3) / 4 * 4 > in.size()) return reject::bad_attribute;
    // Of several integrity attributes only the first one is looked at, and none behind SHA-256.
    if (type == 0x0008 && !integrity && !sha256) {
      integrity = true;
      if (size != 20) return reject::bad_attribute;
    }
    if (type == 0x001c && !sha256) {
      sha256 = true;
      if (size < 16 || size > 32 || size % 4 != 0) return reject::bad_attribute;
    }
    if (type == 0x8028) {
      end = true;
      if (size != 4) return reject::bad_attribute;
    }
    at += 4 + (size + 3) / 4 * 4;
  }
  return std::nullopt;
}

/// Of a message. A changed length may have hidden an attribute in another.
bool holds(byte_view in, std::size_t type) {
  const auto begins = places(in);
  return std::any_of(begins.begin(), begins.end(),
                     [&](std::size_t at) { return number(in, at) == type; });
}

/// Why a message whose FINGERPRINT fits, if it has one, and whose integrity doesn't is refused.
reject unproved(byte_view in) {
  if (const auto why = no_message(in)) return *why;
  if (!holds(in, 0x8028)) return reject::bad_fingerprint;
  return holds(in, 0x0008) ? reject::bad_integrity : reject::no_integrity;
}

/// Why a check or its answer is refused under the key of the vectors.
refusal outcome(byte_view in) {
  const auto message = message_view::parse(in);
  if (!message) return message.error();
  if (stun::check_fingerprint(*message) != stun::fingerprint_state::right) {
    return reject::bad_fingerprint;
  }
  const auto proved =
      stun::authenticate(*message, stun::integrity_key{byte_view{vectors::ice_password}});
  return proved ? std::nullopt : refusal{proved.error()};
}

/// Makes the length field fit, and the last eight bytes a FINGERPRINT that does.
void print_again(bytes& message) {
  store_be(message.data() + 2, static_cast<std::uint16_t>(message.size() - 20));
  const auto front = message.size() - 8;
  store_be<std::uint32_t>(message.data() + front, 0x80280004);
  store_be(message.data() + front + 4, stun::fingerprint_over(byte_view{message}.first(front)));
}

const std::array<byte_view, 3> messages{byte_view{vectors::check_nominate},
                                        byte_view{vectors::check_success},
                                        byte_view{vectors::check_487}};

/// Each attribute of a message, header and padding included.
std::vector<bytes> parts(byte_view in) {
  std::vector<bytes> out;
  const auto begins = places(in);
  for (std::size_t i = 0; i < begins.size(); ++i) {
    const auto end = i + 1 < begins.size() ? begins[i + 1] : in.size();
    out.push_back(copy(in.subspan(begins[i], end - begins[i])));
  }
  return out;
}

bytes joined(byte_view header, const std::vector<bytes>& attributes) {
  auto out = copy(header.first(20));
  for (const auto& a : attributes) out.insert(out.end(), a.begin(), a.end());
  return out;
}

}  // namespace

TEST_CASE("mutations: the messages themselves are accepted", "[stun]") {
  for (const auto in : messages) CHECK_FALSE(outcome(in));
}

TEST_CASE("mutations: every byte with any other value is refused, for its reason",
          "[stun][8489-7-d][8489-14-c][ATK-A16][ATK-A22]") {
  for (const auto in : messages) {
    for (std::size_t at = 0; at < in.size(); ++at) {
      for (unsigned change = 1; change < 256; ++change) {
        auto changed = copy(in);
        changed[at] ^= static_cast<std::byte>(change);
        const auto expected = no_message(changed).value_or(reject::bad_fingerprint);
        if (outcome(changed) != expected) {
          FAIL("byte " + std::to_string(at) + " changed by " + std::to_string(change));
        }
      }
    }
  }
}

TEST_CASE("mutations: and where FINGERPRINT is made to fit, integrity finds it",
          "[stun][8489-14.5-a][ATK-C14]") {
  for (const auto in : messages) {
    const auto covered = in.size() - 8;  // all but FINGERPRINT
    for (std::size_t at = 0; at < covered; ++at) {
      for (unsigned change = 1; change < 256; ++change) {
        auto changed = copy(in);
        changed[at] ^= static_cast<std::byte>(change);
        const bool is_length = at == 2 || at == 3;
        if (!is_length) print_again(changed);
        if (outcome(changed) != unproved(changed)) {
          FAIL("byte " + std::to_string(at) + " changed by " + std::to_string(change));
        }
      }
    }
  }
}

TEST_CASE("mutations: every length is refused, whether or not the header admits to it",
          "[stun][ATK-A02][ATK-A05]") {
  for (const auto in : messages) {
    const auto begins = places(in);
    for (std::size_t size = 0; size < in.size(); ++size) {
      auto cut = copy(in.first(size));
      CHECK(outcome(cut) == (size < 20 ? reject::not_stun : reject::truncated));
      if (size < 20) continue;
      store_be(cut.data() + 2, static_cast<std::uint16_t>(size - 20));
      const bool is_between = std::find(begins.begin(), begins.end(), size) != begins.end();
      const auto inside = size % 4 != 0 ? reject::bad_length : reject::bad_attribute;
      CHECK(outcome(cut) == (is_between ? reject::bad_fingerprint : inside));
      // Behind a whole number of attributes, with a fitting FINGERPRINT.
      if (!is_between) continue;
      cut.resize(size + 8);
      print_again(cut);
      CHECK(outcome(cut) == (holds(cut, 0x0008) ? std::nullopt : refusal{reject::no_integrity}));
    }
  }
}

TEST_CASE("mutations: every pair of attributes swapped is refused, for its reason",
          "[stun][8489-14.5-a][8489-7-d]") {
  for (const auto in : messages) {
    const auto whole = parts(in);
    for (std::size_t a = 0; a < whole.size(); ++a) {
      for (std::size_t b = a + 1; b < whole.size(); ++b) {
        auto order = whole;
        std::swap(order[a], order[b]);
        auto swapped = joined(in, order);
        const bool moves_fingerprint = b + 1 == whole.size();
        CHECK(outcome(swapped) ==
              (moves_fingerprint ? reject::bad_attribute : reject::bad_fingerprint));
        if (moves_fingerprint) continue;
        print_again(swapped);
        CHECK(outcome(swapped) == reject::bad_integrity);
      }
    }
  }
}

TEST_CASE("mutations: every attribute taken out or doubled is refused, for its reason",
          "[stun][8489-14-a]") {
  for (const auto in : messages) {
    const auto whole = parts(in);
    for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
      const bool is_integrity = i + 2 == whole.size();
      auto fewer = whole;
      fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(i));
      auto without = joined(in, fewer);
      print_again(without);
      CHECK(outcome(without) == (is_integrity ? reject::no_integrity : reject::bad_integrity));
      auto more = whole;
      more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), whole[i]);
      auto twice = joined(in, more);
      print_again(twice);
      // A second MESSAGE-INTEGRITY stands behind the first, where it does not count.
      CHECK(outcome(twice) == (is_integrity ? std::nullopt : refusal{reject::bad_integrity}));
    }
  }
}
