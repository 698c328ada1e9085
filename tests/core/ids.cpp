#include "floe/core/ids.hpp"

#include <type_traits>

#include "catch.hpp"

using namespace floe;

namespace {

struct one_tag;
struct other_tag;

}  // namespace

static_assert(!std::is_convertible_v<int, socket_id> && !std::is_convertible_v<socket_id, int>);
static_assert(!std::is_convertible_v<stream_id, component_id>);
static_assert(!std::is_convertible_v<handle<one_tag>, handle<other_tag>>);

TEST_CASE("ids: a handle is equal to itself in index and generation", "[core]") {
  using id = handle<one_tag>;
  CHECK(id{3, 4} == id{3, 4});
  CHECK(id{3, 4} != id{3, 5});
  CHECK(id{3, 4} != id{2, 4});
}

TEST_CASE("ids: a handle that was given by no table has generation 0", "[core]") {
  CHECK(handle<one_tag>{}.generation == 0);
}

TEST_CASE("ids: components up to 256 are told apart", "[core]") {
  CHECK(static_cast<unsigned>(component_id{256}) == 256);
  CHECK(component_id{256} != component_id{0});
}
