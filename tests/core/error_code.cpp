#include "floe/core/error_code.hpp"

#include <set>
#include <string>
#include <system_error>

#include "catch.hpp"

using namespace floe;

TEST_CASE("error_code: an errc becomes an error_code of floe's category", "[core]") {
  const std::error_code code = errc::no_path;
  CHECK(code);
  CHECK(code.value() == static_cast<int>(errc::no_path));
  CHECK(code.category() == error_category());
  CHECK(std::string{code.category().name()} == "floe");
  CHECK(code.message() == "no path");
  CHECK(code == errc::no_path);
  CHECK(code != errc::session_closed);
}

TEST_CASE("error_code: no errc is zero, and each has its own message", "[core]") {
  constexpr int first = static_cast<int>(errc::buffer_too_small);
  constexpr int last = static_cast<int>(errc::session_closed);
  CHECK(first == 1);
  std::set<std::string> messages;
  for (int value = first; value <= last; ++value) messages.insert(error_category().message(value));
  CHECK(messages.size() == last);
  CHECK(messages.count("unknown floe error") == 0);
  CHECK(error_category().message(0) == "unknown floe error");
  CHECK(error_category().message(last + 1) == "unknown floe error");
}
