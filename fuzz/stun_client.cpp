// A server that answers anything, at any time, to the Binding client over datagrams and streams.
//
// Promises: those of hostile_server.hpp.
#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/stun/binding_client.hpp"
#include "hostile_server.hpp"

using namespace floe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const endpoint server{address::v4(192, 0, 2, 1), 3478};
  hostile::counter entropy;
  stun::binding_client client{
      {.follow_alternate = (data[0] & 1U) != 0, .capacity = 3, .outstanding = 2},
      entropy,
      memory_ref{}};
  const auto how = (data[0] & 2U) != 0 ? stun::transport::stream : stun::transport::datagram;
  for (int i = 0; i < 3; ++i) hostile::must(client.ask({}, socket_id{1}, server, how).has_value());
  const auto bytes = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  hostile::play(cursor{bytes.subspan(1)}, client, 3);
  return 0;
}
