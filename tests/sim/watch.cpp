#include "sim/watch.hpp"

#include <array>

#include "catch.hpp"
#include "floe/stun/writer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const path along{socket_id{1}, {address::v4(192, 0, 2, 1), 5000}};
const transmit out{along.local, along.remote, 0};

std::vector<std::byte> message(stun::message_class cls, std::uint8_t id = 1) {
  std::vector<std::byte> bytes(max_datagram_size);
  stun::transaction_id transaction;
  transaction.bytes.fill(static_cast<std::byte>(id));
  stun::writer writer{bytes, {stun::method::binding, cls}, transaction};
  bytes.resize(writer.add_fingerprint().finish().value());
  return bytes;
}

}  // namespace

TEST_CASE("watch: finds what must not be sent", "[sim]") {
  using enum stun::message_class;
  network net{7};
  watch w{config{}};
  SECTION("what does not parse") {
    CHECK_THROWS_WITH(w.sent(net, out, as_byte_view("hello")),
                      "7: sent what does not parse at 0 ms, seed 7");
  }
  SECTION("an answer to nobody") {
    w.received(net, along, message(request), consumed{});
    CHECK_NOTHROW(w.sent(net, out, message(success)));
    CHECK_THROWS(w.sent(net, out, message(success)));
  }
  SECTION("a request too often") {
    for (int i = 0; i < 7; ++i) CHECK_NOTHROW(w.sent(net, out, message(request)));
    CHECK(w.had_bad_luck());
    CHECK_THROWS(w.sent(net, out, message(request)));
  }
  SECTION("data to where nobody proved to be, or not lately") {
    CHECK_THROWS(w.sent_data(net, along));
    w.received(net, along, message(success), consumed{});
    CHECK_NOTHROW(w.sent_data(net, along));
    net.run_for(31s);
    CHECK_THROWS(w.sent_data(net, along));
  }
  SECTION("far too much at once") {
    for (int i = 0; i < 200; ++i) {
      w.sent(net, out, message(request, static_cast<std::uint8_t>(i)));
    }
    CHECK_THROWS(w.sent(net, out, message(request, 201)));
  }
}

TEST_CASE("watch: sealed memory counts what is taken too late", "[sim]") {
  sealed_memory memory;
  auto* const early = memory.allocate(100, 8);
  CHECK(memory.broken() == 0);
  memory.seal();
  auto* const late = memory.allocate(100, 8);
  CHECK(memory.broken() == 1);
  memory.deallocate(early, 100, 8);
  memory.deallocate(late, 100, 8);
}
