#include "floe/core/error.hpp"

#include "catch.hpp"

using namespace floe;

TEST_CASE("error: none is zero, which an error_code takes for success", "[core]") {
  CHECK(errc{} < errc::buffer_too_small);
}
