#include "floe/stun/short_term.hpp"

#include <array>
#include <vector>

#include "catch.hpp"
#include "floe/stun/message_view.hpp"

using namespace floe;
using stun::attribute_type;
using stun::message_class;
using stun::message_view;
using stun::method;
using stun::proof;
using stun::short_term_session;
using stun::writer;

namespace {

using bytes = std::vector<std::byte>;

bytes request_with(const short_term_session& session) {
  std::array<std::byte, 300> buffer{};
  writer out{buffer, {method::binding, message_class::request}, {}};
  session.protect(out);
  const auto size = out.finish();
  REQUIRE(size);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)};
}

/// The attributes of the next request, in order.
std::vector<attribute_type> attributes(const short_term_session& session) {
  const auto request = request_with(session);
  const auto message = message_view::parse(request);
  REQUIRE(message);
  std::vector<attribute_type> types;
  for (const auto& a : *message) types.push_back(a.type);
  return types;
}

template <class... Keys>
bytes response(const Keys&... keys) {
  std::array<std::byte, 300> buffer{};
  writer out{buffer, {method::binding, message_class::success}, {}};
  (out.add_integrity(keys), ...);
  const auto size = out.finish();
  REQUIRE(size);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)};
}

proof prove(short_term_session& session, const bytes& message) {
  return session.prove(*message_view::parse(message));
}

const auto sha1_key = stun::short_term_key("pass");
const auto sha256_key = stun::short_term_sha256_key("pass");
const std::vector both{attribute_type::username, attribute_type::message_integrity,
                       attribute_type::message_integrity_sha256};
const std::vector only_sha1{attribute_type::username, attribute_type::message_integrity};
const std::vector only_sha256{attribute_type::username, attribute_type::message_integrity_sha256};

}  // namespace

TEST_CASE("short-term: both algorithms at first, the server's choice from then on",
          "[stun][8489-9.1.2-a][8489-9.1.5-a]") {
  short_term_session old_server{"user", "pass", memory_ref{}};
  CHECK(attributes(old_server) == both);
  CHECK(prove(old_server, response(sha1_key)) == proof::right);
  CHECK(attributes(old_server) == only_sha1);

  short_term_session new_server{"user", "pass", memory_ref{}};
  CHECK(prove(new_server, response(sha256_key)) == proof::right);
  CHECK(attributes(new_server) == only_sha256);
}

TEST_CASE("short-term: requests prove themselves both ways", "[stun][8489-9.1.1-a]") {
  const short_term_session session{"user", "pass", memory_ref{}};
  const auto request = request_with(session);
  const auto message = message_view::parse(request);
  CHECK(stun::authenticate(*message, sha1_key));
  CHECK(stun::authenticate(*message, sha256_key));
}

TEST_CASE("short-term: a response that proves nothing decides nothing",
          "[stun][8489-9.1.4-a][8489-9.1.4-b]") {
  short_term_session session{"user", "pass", memory_ref{}};
  CHECK(prove(session, response()) == proof::missing);
  CHECK(prove(session, response(stun::short_term_key("wrong"))) == proof::wrong);
  CHECK(prove(session, response(stun::short_term_sha256_key("wrong"))) == proof::wrong);
  CHECK(prove(session, response(sha1_key, sha256_key)) == proof::other_algorithm);
  CHECK(attributes(session) == both);
  CHECK(prove(session, response(sha1_key)) == proof::right);
  CHECK(prove(session, response(sha256_key)) == proof::other_algorithm);
  CHECK(prove(session, response(sha1_key, sha256_key)) == proof::other_algorithm);
  CHECK(attributes(session) == only_sha1);
}
