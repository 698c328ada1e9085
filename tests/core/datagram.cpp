#include "floe/core/datagram.hpp"

#include "catch.hpp"

using namespace floe;

namespace {

constexpr endpoint peer{address::v4(192, 0, 2, 1), 3478};

}  // namespace

TEST_CASE("datagram: two paths are the same when socket, address and port are", "[core]") {
  const path one{socket_id{1}, peer};
  CHECK(one == path{socket_id{1}, peer});
  CHECK(one != path{socket_id{2}, peer});
  CHECK(one != path{socket_id{1}, {peer.address, 3479}});
  CHECK(one != path{socket_id{1}, {address::v4(192, 0, 2, 2), 3478}});
}

TEST_CASE("datagram: a counter for every reason has room for the last one", "[core]") {
  CHECK(static_cast<std::size_t>(reject::not_stun) == 0);
  CHECK(static_cast<std::size_t>(reject::closed) + 1 == reject_count);
}

TEST_CASE("datagram: what is sent fits an IPv4 path of unknown MTU", "[core]") {
  CHECK(max_datagram_size == 576 - 20 - 8);
}
