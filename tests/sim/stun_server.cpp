#include "sim/stun_server.hpp"

#include "catch.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

class client final : public party {
 public:
  void receive(network&, const arrival& what) override {
    from = what.remote;
    bytes.assign(what.bytes.begin(), what.bytes.end());
  }
  endpoint from;
  std::vector<std::byte> bytes;
};

const address first = address::v4(203, 0, 113, 1);
const address second = address::v4(203, 0, 113, 2);
const endpoint here{address::v4(192, 0, 2, 1), 5000};

}  // namespace

TEST_CASE("stun_server: answers from where it was asked to", "[sim]") {
  network net{1};
  stun_server server;
  client c;
  const auto socket = net.bind(c, net.add_interface(internet, here.address), here.port);
  server.serve(net, net.add_interface(internet, first), net.add_interface(internet, second));
  const auto change_ip = GENERATE(false, true);
  const auto change_port = GENERATE(false, true);
  std::array<std::byte, max_datagram_size> buffer;
  const auto size = stun::writer{buffer, {stun::method::binding, stun::message_class::request}, {}}
                        .add(stun::change_request{change_ip, change_port})
                        .finish()
                        .value();
  net.send(socket, {first, stun_server::port}, byte_view{buffer}.first(size));
  net.run_for(1s);
  REQUIRE_FALSE(c.bytes.empty());
  const endpoint source{change_ip ? second : first,
                        change_port ? stun_server::other_port : stun_server::port};
  CHECK(c.from == source);
  const auto answer = stun::message_view::parse(c.bytes).value();
  CHECK(answer.get<stun::xor_mapped_address>()->value == here);
  CHECK(answer.get<stun::response_origin>()->value == source);
  CHECK(answer.get<stun::other_address>()->value == endpoint{second, stun_server::other_port});
}

TEST_CASE("stun_server: one address, and silence", "[sim]") {
  network net{1};
  stun_server server;
  client c;
  const auto socket = net.bind(c, net.add_interface(internet, here.address), here.port);
  server.serve(net, net.add_interface(internet, first));
  std::array<std::byte, max_datagram_size> buffer;
  const auto size = stun::writer{buffer, {stun::method::binding, stun::message_class::request}, {}}
                        .finish()
                        .value();
  server.silent = GENERATE(false, true);
  net.send(socket, {first, stun_server::port}, byte_view{buffer}.first(size));
  net.run_for(1s);
  CHECK(c.bytes.empty() == server.silent);
  if (server.silent) return;
  const auto answer = stun::message_view::parse(c.bytes).value();
  CHECK(answer.get<stun::xor_mapped_address>()->value == here);
  CHECK_FALSE(answer.has<stun::other_address>());
}
