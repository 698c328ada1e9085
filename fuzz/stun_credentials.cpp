// Any challenges to a client with a long-term credential, any answers to one with a short-term
// credential, and any requests to their servers.
//
// Promises: who does not know the password proves nothing; a refused challenge changes nothing; a
// nonce that is always stale is not followed for ever; what a client makes of a challenge its
// server admits, and no longer after a bit has changed.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "floe/core/bytes.hpp"
#include "floe/stun/attributes/basic.hpp"
#include "floe/stun/attributes/credentials.hpp"
#include "floe/stun/attributes/error.hpp"
#include "floe/stun/attributes/text.hpp"
#include "floe/stun/credential_rules.hpp"
#include "floe/stun/credentials.hpp"
#include "floe/stun/long_term.hpp"
#include "floe/stun/message_view.hpp"
#include "floe/stun/short_term.hpp"
#include "floe/stun/writer.hpp"

using namespace floe;

namespace {

constexpr std::string_view user = "user";
constexpr std::string_view password = "no message of the corpus was made with this";

void must(bool holds) {
  if (!holds) std::abort();
}

using bytes = std::vector<std::byte>;
using stun::attribute_type;
using stun::message_view;

template <class Fill>
bytes message_of(stun::message_class cls, Fill&& fill) {
  bytes buffer(4000);
  stun::writer out{buffer, {stun::method::allocate, cls}, {}};
  fill(out);
  const auto size = out.finish();
  must(size.has_value());
  buffer.resize(*size);
  return buffer;
}

/// The next bytes of the input; its first one says how many.
byte_view piece(cursor& input) {
  const std::size_t size = input.read<std::uint8_t>().value_or(0);
  return *input.take(std::min(size, input.rest().size()));
}

/// A challenge as the input has it. flags: 1 stale · 2 no error code · 4 the cookie in front of the
/// nonce · 8 no realm · 16 no nonce · 32 algorithms · 64 a MESSAGE-INTEGRITY
bytes challenge(cursor& input, unsigned flags) {
  std::string text{(flags & 4U) != 0 ? "obMatJos2" : ""};
  const auto domain = piece(input);
  text += as_text(piece(input));
  const auto algorithms = piece(input);
  return message_of(stun::message_class::error, [&](stun::writer& out) {
    const auto code =
        (flags & 1U) != 0 ? stun::error_code::stale_nonce : stun::error_code::unauthenticated;
    if ((flags & 2U) == 0) out.add(stun::error_code_attribute{code});
    if ((flags & 8U) == 0) out.add(stun::bytes_attribute<attribute_type::realm>{domain});
    if ((flags & 16U) == 0) {
      out.add(stun::bytes_attribute<attribute_type::nonce>{as_byte_view(text)});
    }
    if ((flags & 32U) != 0) {
      out.add(stun::bytes_attribute<attribute_type::password_algorithms>{algorithms});
    }
    if ((flags & 64U) != 0) out.add_integrity(stun::short_term_key("another"));
  });
}

/// What the server that made `challenge` does with a request.
stun::admission admit(const message_view& request, const message_view& challenge) {
  const auto domain = as_text(challenge.find(attribute_type::realm)->value);
  const auto nonce = challenge.find(attribute_type::nonce)->value;
  const auto same = [&](attribute_type type) {
    const auto there = challenge.find(type);
    const auto here = request.find(type);
    return there && here && std::ranges::equal(there->value, here->value);
  };
  const auto chosen = request.get<stun::password_algorithm>();
  const auto id = chosen ? chosen->id : stun::password_algorithm_id::md5;
  const auto md5 = stun::long_term_md5_key(user, domain, password);
  const auto sha256 = stun::long_term_sha256_key(user, domain, password);
  const auto raw = id == stun::password_algorithm_id::sha256 ? byte_view{sha256} : byte_view{md5};
  const auto name = request.get<stun::username>();
  const auto hash = request.get<stun::userhash>();
  return stun::admit_long_term(
      request.cls(),
      {.has_integrity = request.find(attribute_type::message_integrity) ||
                        request.find(attribute_type::message_integrity_sha256),
       .has_user = name || hash,
       .has_realm = request.find(attribute_type::realm).has_value(),
       .has_nonce = request.find(attribute_type::nonce).has_value(),
       .features = stun::features_of(as_text(nonce)),
       .has_algorithms = request.find(attribute_type::password_algorithms).has_value(),
       .algorithms_as_offered = same(attribute_type::password_algorithms),
       .has_algorithm = chosen.has_value(),
       .algorithm_is_offered = chosen.has_value(),
       .nonce_fresh = same(attribute_type::nonce),
       .user_known = name ? name->value == user : hash && *hash == stun::userhash_of(user, domain),
       .integrity_right =
           stun::prove_request(request, stun::integrity_key{raw},
                               stun::integrity_sha256_key{raw}) == stun::proof::right});
}

void long_term(cursor input) {
  stun::long_term_session session{user, password, memory_ref{}};
  const auto request = [&session] {
    return message_of(stun::message_class::request,
                      [&](stun::writer& out) { session.protect(out); });
  };
  auto before = request();
  must(before.size() == stun::header_size);
  unsigned stale = 0;
  while (const auto flags = input.read<std::uint8_t>()) {
    const auto raw = challenge(input, *flags);
    const auto message = message_view::parse(raw);
    must(message && (!session.is_challenged() || session.prove(*message) != stun::proof::right));
    const auto decision = session.take_challenge(*message, (*flags & 128U) != 0);
    const auto after = request();
    if (decision != stun::challenge_decision::retry) {
      must(after == before);
      continue;
    }
    const auto code = message->get<stun::error_code_attribute>();
    if (code && code->code == stun::error_code::stale_nonce)
      must(++stale <= stun::most_stale_answers);
    const auto made = message_view::parse(after);
    must(made && session.prove(*made) == stun::proof::right);
    must(admit(*made, *message) == stun::admission::admit);
    auto changed = after;
    const std::size_t place = input.rest().size() * 131 % changed.size();
    changed[place] ^= std::byte{4};
    const auto other = message_view::parse(changed);
    must(!other || admit(*other, *message) != stun::admission::admit);
    before = after;
  }
}

void short_term(byte_view raw) {
  stun::short_term_session session{user, password, memory_ref{}};
  const auto key = stun::short_term_key(password);
  const auto sha256_key = stun::short_term_sha256_key(password);
  const auto message = message_view::parse(raw);
  if (message) {
    must(stun::prove_request(*message, key, sha256_key) != stun::proof::right);
    must(session.prove(*message) != stun::proof::right);
  }
  const auto protects = [&] {
    const auto request =
        message_of(stun::message_class::request, [&](stun::writer& out) { session.protect(out); });
    return stun::prove_request(*message_view::parse(request), key, sha256_key) ==
           stun::proof::right;
  };
  must(protects());
  // The server shows which integrity it uses; from then on the other one proves nothing.
  const bool newer = !raw.empty() && (raw.data()[0] & std::byte{1}) != std::byte{0};
  const auto answer = [&](bool with_sha256) {
    return message_of(stun::message_class::success, [&](stun::writer& out) {
      out.add(stun::bytes_attribute<attribute_type::data>{
          raw.first(std::min<std::size_t>(raw.size(), 1000))});
      if (with_sha256) {
        out.add_integrity(sha256_key);
      } else {
        out.add_integrity(key);
      }
    });
  };
  must(session.prove(*message_view::parse(answer(newer))) == stun::proof::right);
  must(session.prove(*message_view::parse(answer(!newer))) != stun::proof::right);
  must(protects());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto raw = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  long_term(cursor{raw});
  short_term(raw);
  return 0;
}
