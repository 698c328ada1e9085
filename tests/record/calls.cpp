#include "floe/record/calls.hpp"

#include <array>
#include <vector>

#include "catch.hpp"
#include "sim/random.hpp"

using namespace floe;
namespace call = floe::record::call;

TEST_CASE("calls: each has its place, which is its number in a recording", "[record]") {
  using record::detail::place_of;
  STATIC_REQUIRE(place_of<call::add_stream, call::any> == 0);
  STATIC_REQUIRE(place_of<call::close, call::any> == 12);
  STATIC_REQUIRE(place_of<call::handle_datagram, call::any> == 20);
  STATIC_REQUIRE(place_of<call::remark, call::any> == 27);
  STATIC_REQUIRE(place_of<call::resolved_hidden, call::any> == 29);
  STATIC_REQUIRE(place_of<call::set_credentials, call::any> == 30);
  STATIC_REQUIRE(place_of<call::remove_stream, call::any> == 32);
  STATIC_REQUIRE(std::variant_size_v<call::any> == 33);
}

TEST_CASE("calls: arguments read back", "[record]") {
  std::vector<std::byte> kept;
  auto sink = [&kept](byte_view more) {
    kept.insert(kept.end(), more.begin(), more.end());
    return true;
  };
  record::output out{sink};
  const endpoint somewhere{address::v4(192, 0, 2, 1), 5000};
  const time_point now{std::chrono::hours{3}};
  const std::array two{somewhere, endpoint{somewhere.address, 6}};
  out(call::add_local{socket_id{3}, somewhere, stream_id{1}, component_id{2},
                      ice::network_cost::high},
      call::resolved{now, 4, two},
      call::handle_datagram{now, {socket_id{9}, somewhere, as_byte_view("bytes")}},
      call::add_hidden_remote{
          {.foundation = {}, .address = {{}, 7}}, "name", "ufrag", stream_id{1}},
      call::resolved_hidden{{1, 2}, somewhere.address}, call::resolved_hidden{{1, 2}, {}},
      call::set_credentials{now, 3, "user", "secret", now + std::chrono::seconds{1}},
      call::drop_component{component_id{2}, stream_id{1}}, call::remove_stream{stream_id{3}});
  out.flush();
  record::input in{kept};
  call::add_local local;
  call::resolved resolved;
  call::handle_datagram datagram;
  REQUIRE(in(local, resolved));
  CHECK(local.socket == socket_id{3});
  CHECK(local.bound == somewhere);
  CHECK(local.component == component_id{2});
  CHECK(local.cost == ice::network_cost::high);
  CHECK(resolved.now == now);
  REQUIRE(resolved.addresses.size() == 2);
  CHECK(resolved.addresses[1].port == 6);
  REQUIRE(in(datagram));
  CHECK(datagram.now == now);
  CHECK(as_text(datagram.datagram.bytes) == "bytes");
  call::add_hidden_remote hidden;
  call::resolved_hidden found;
  call::resolved_hidden none;
  REQUIRE(in(hidden, found, none));
  CHECK(hidden.candidate.address.port == 7);
  CHECK(hidden.name == "name");
  CHECK(hidden.ufrag == "ufrag");
  CHECK(hidden.stream == stream_id{1});
  CHECK(found.id == ice::hidden_id{1, 2});
  CHECK(found.found == somewhere.address);
  CHECK_FALSE(none.found);
  call::set_credentials credentials;
  REQUIRE(in(credentials));
  CHECK(credentials.now == now);
  CHECK(credentials.server == 3);
  CHECK(credentials.username == "user");
  CHECK(credentials.credential == "secret");
  CHECK(credentials.expires == now + std::chrono::seconds{1});
  call::drop_component dropped;
  call::remove_stream removed;
  REQUIRE(in(dropped, removed));
  CHECK(dropped.component == component_id{2});
  CHECK(dropped.stream == stream_id{1});
  CHECK(removed.stream == stream_id{3});
  CHECK(in.empty());
}

TEST_CASE("calls: a call whose contract does not hold is not made", "[record]") {
  sim::random_source entropy{1};
  agent a{{}, {}, entropy};
  CHECK(record::may_make(a, call::restart{}));
  CHECK(record::may_make(a, call::add_stream{1}));
  CHECK_FALSE(record::may_make(a, call::add_stream{0}));
  CHECK_FALSE(record::may_make(a, call::add_stream{257}));
  CHECK_FALSE(record::may_make(a, call::add_reflexive{}));
  const auto host = a.add_local(socket_id{1}, {address::v4(192, 0, 2, 1), 5000}).value();
  CHECK(record::may_make(a, call::add_reflexive{host, {}, {}}));
  CHECK(record::may_make(a, call::add_relayed{host, {}, {}, {}, {}}));
  const auto mapped = a.add_reflexive(host, {address::v4(198, 51, 100, 1), 5000}).value();
  CHECK_FALSE(record::may_make(a, call::add_relayed{mapped, {}, {}, {}, {}}));
}
