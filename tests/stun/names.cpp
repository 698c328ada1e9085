#include "floe/stun/names.hpp"

#include <algorithm>
#include <set>
#include <string_view>

#include "catch.hpp"

using namespace floe::stun;

static_assert(describe(attribute_type::username).name == "USERNAME");
static_assert(name_of(method::binding) == "Binding");
static_assert(name_of(message_class::error) == "error response");

TEST_CASE("names: every attribute once, in the order of their numbers", "[stun]") {
  CHECK(std::is_sorted(attribute_names.begin(), attribute_names.end(),
                       [](const auto& a, const auto& b) { return a.type < b.type; }));
  std::set<std::string_view> names;
  std::set<attribute_type> types;
  for (const auto& row : attribute_names) {
    CHECK_FALSE(row.name.empty());
    names.insert(row.name);
    types.insert(row.type);
  }
  CHECK(names.size() == attribute_names.size());
  CHECK(types.size() == attribute_names.size());
  CHECK(attribute_names.size() == 66);
}

TEST_CASE("names: what would grant access is never shown", "[stun][8489-16-a]") {
  for (const auto type : {attribute_type::password, attribute_type::access_token,
                          attribute_type::mobility_ticket, attribute_type::reservation_token}) {
    CHECK(describe(type).kind == value_kind::secret);
  }
}

TEST_CASE("names: what has none is known by its number", "[stun]") {
  CHECK(describe(static_cast<attribute_type>(0x7fff)).name.empty());
  CHECK(describe(static_cast<attribute_type>(0x7fff)).kind == value_kind::bytes);
  CHECK(name_of(static_cast<method>(2)).empty());
  for (const auto m : {method::allocate, method::refresh, method::send, method::data,
                       method::create_permission, method::channel_bind, method::connect,
                       method::connection_bind, method::connection_attempt, method::goog_ping}) {
    CHECK_FALSE(name_of(m).empty());
  }
  for (const auto c : {message_class::request, message_class::indication, message_class::success}) {
    CHECK_FALSE(name_of(c).empty());
  }
}
