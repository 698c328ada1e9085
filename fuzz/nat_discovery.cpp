// A server that answers anything, at any time, to the discovery of a NAT's behaviour, and to the
// search for its bindings' lifetime.
//
// Promises: those of hostile_server.hpp.
#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/stun/binding_lifetime.hpp"
#include "floe/stun/nat_discovery.hpp"
#include "hostile_server.hpp"

using namespace floe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  hostile::counter entropy;
  constexpr socket_id first{1};
  constexpr socket_id second{2};
  const endpoint server{address::v4(192, 0, 2, 1), 3478};
  const auto bytes = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  const cursor input{bytes.subspan(1)};
  if ((data[0] & 1U) == 0) {
    stun::nat_discovery discovery{{},
                                  {.socket = first,
                                   .local = {address::v4(10, 0, 0, 1), 1},
                                   .filtering_socket = second,
                                   .server = server},
                                  entropy};
    hostile::play(input, discovery, 1);
  } else {
    stun::binding_lifetime search{
        {}, {.socket = first, .probe_socket = second, .server = server}, entropy};
    hostile::play(input, search, 1);
  }
  return 0;
}
