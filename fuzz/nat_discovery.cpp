// A server that answers anything, at any time, to the discovery of a NAT's behaviour.
//
// Promises: those of hostile_server.hpp.
#include <cstddef>
#include <cstdint>

#include "floe/core/bytes.hpp"
#include "floe/stun/nat_discovery.hpp"
#include "hostile_server.hpp"

using namespace floe;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  hostile::counter entropy;
  stun::nat_discovery discovery{{},
                                {.socket = socket_id{1},
                                 .local = {address::v4(10, 0, 0, 1), 1},
                                 .filtering_socket = socket_id{2},
                                 .server = {address::v4(192, 0, 2, 1), 3478}},
                                entropy};
  const auto bytes = gsl::as_bytes(gsl::span<const std::uint8_t>{data, size});
  hostile::play(cursor{bytes.subspan(1)}, discovery, 1);
  return 0;
}
