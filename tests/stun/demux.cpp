#include "floe/stun/demux.hpp"

#include <array>
#include <cstddef>

#include "catch.hpp"

using namespace floe;
using stun::protocol;

static_assert(stun::classify(std::byte{0}) == protocol::stun);
static_assert(stun::classify(std::byte{0xff}) == protocol::unknown);

namespace {

// RFC 7983 §7, read off the figure.
protocol expected(unsigned first, bool with_quic) {
  if (first <= 3) return protocol::stun;
  if (first <= 15) return protocol::unknown;
  if (first <= 19) return protocol::zrtp;
  if (first <= 63) return protocol::dtls;
  if (first <= 79) return protocol::turn_channel;
  if (first >= 128 && first <= 191) return protocol::rtp;
  return with_quic ? protocol::quic : protocol::unknown;
}

}  // namespace

TEST_CASE("demux: all 256 first bytes go where RFC 7983 sends them",
          "[stun][7983-7-a][7983-7-b][ATK-A33]") {
  for (unsigned first = 0; first < 256; ++first) {
    INFO(first);
    CHECK(stun::classify(static_cast<std::byte>(first)) == expected(first, false));
  }
}

TEST_CASE("demux: with QUIC the gaps are its own", "[stun][9443-2-a]") {
  for (unsigned first = 0; first < 256; ++first) {
    INFO(first);
    CHECK(stun::classify_with_quic(static_cast<std::byte>(first)) == expected(first, true));
  }
}

TEST_CASE("demux: the first byte wins over a cookie further back", "[stun][ATK-A28]") {
  std::array<std::byte, 20> datagram{};
  datagram[4] = std::byte{0x21};
  datagram[5] = std::byte{0x12};
  datagram[6] = std::byte{0xa4};
  datagram[7] = std::byte{0x42};
  CHECK(stun::classify(datagram) == protocol::stun);
  datagram[0] = std::byte{0x80};
  CHECK(stun::classify(datagram) == protocol::rtp);
  datagram[0] = std::byte{0x16};
  CHECK(stun::classify(datagram) == protocol::dtls);
  datagram[0] = std::byte{0x40};
  CHECK(stun::classify(datagram) == protocol::turn_channel);
  CHECK(stun::classify_with_quic(datagram) == protocol::turn_channel);
}

TEST_CASE("demux: an empty datagram is nobody's", "[stun]") {
  CHECK(stun::classify(byte_view{}) == protocol::unknown);
  CHECK(stun::classify_with_quic(byte_view{}) == protocol::unknown);
}

TEST_CASE("demux: channels come from TURN servers only", "[stun][7983-7-c][ATK-B04]") {
  for (unsigned first = 0; first < 256; ++first) {
    const std::array datagram{static_cast<std::byte>(first)};
    const auto what = stun::classify(datagram);
    CHECK(stun::classify(datagram, true) == what);
    CHECK(stun::classify(datagram, false) ==
          (what == protocol::turn_channel ? protocol::unknown : what));
  }
}
