// After construction an agent allocates nothing, whatever happens to it.

#include <array>
#include <cstdlib>
#include <memory_resource>
#include <new>

#include "catch.hpp"
#include "sim/duo.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

// Counts every use of the global heap in this program, so that nothing can hide from the resource.
std::size_t global_allocations = 0;

/// Counts what is taken, and lets nothing be taken once it is closed.
class counting_resource final : public std::pmr::memory_resource {
 public:
  std::size_t taken = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    ++taken;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* p, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(p, size, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }
};

/// A wire that is an array, since the world of the other tests allocates.
struct array_wire {
  struct packet {
    std::array<std::byte, max_datagram_size> bytes;
    std::size_t size;
    bool to_right;
  };
  std::array<packet, 64> packets;
  std::size_t count = 0;
};

void exchange(agent& left, agent& right, time_point now, array_wire& wire) {
  std::array<std::byte, max_datagram_size> buffer{};
  for (;;) {
    wire.count = 0;
    for (auto* const a : {&left, &right}) {
      while (const auto out = a->poll_transmit(buffer)) {
        if (wire.count == wire.packets.size()) continue;
        wire.packets[wire.count++] = {buffer, out->size, a == &left};
      }
      while (a->poll_event()) {
      }
    }
    if (wire.count == 0) return;
    for (std::size_t i = 0; i < wire.count; ++i) {
      const auto& p = wire.packets[i];
      auto& to = p.to_right ? right : left;
      const auto& from = p.to_right ? left_address : right_address;
      (void)to.handle_datagram(now, {socket_id{1}, from, byte_view{p.bytes}.first(p.size)});
    }
  }
}

void introduce(agent& to, const agent& other, const endpoint& at) {
  const auto told = other.local_credentials();
  (void)to.set_remote_credentials(told.ufrag, told.password).has_value();
  (void)to.add_remote({.foundation = ice::foundation::from_number(1),
                       .priority = 2130706431,
                       .address = at})
      .has_value();
}

}  // namespace

void* operator new(std::size_t size) {
  ++global_allocations;
  if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

TEST_CASE("no allocation: not in a session's life, its hostile visitors, restarts and end", "[scenario][ATK-D06]") {
  static array_wire wire;
  counting_resource memory;
  seeded_entropy one{1};
  seeded_entropy two{2};
  auto behaviour = controlling();
  behaviour.report_pairs = true;
  agent left{epoch, behaviour, one, &memory};
  agent right{epoch, controlled(), two, &memory};
  REQUIRE(left.add_local(socket_id{1}, left_address).has_value());
  REQUIRE(right.add_local(socket_id{1}, right_address).has_value());
  CHECK(memory.taken > 0);

  const auto taken = memory.taken;
  const auto allocated = global_allocations;
  auto now = epoch;
  const auto run = [&](duration span) {
    for (const auto end = now + span; now < end; now += 50ms) {
      left.handle_timeout(now);
      right.handle_timeout(now);
      exchange(left, right, now, wire);
    }
  };
  left.gather(now);
  right.gather(now);
  introduce(left, right, right_address);
  introduce(right, left, left_address);
  run(1s);
  const bool settled = left.state() == connection_state::completed;

  std::array<std::byte, 60> noise{};
  for (int i = 0; i < 20000; ++i) {
    one(noise);
    noise[0] &= std::byte{3};
    store_be(noise.data() + 2, std::uint16_t{40});
    store_be(noise.data() + 4, stun::magic_cookie);
    (void)left.handle_datagram(now, {socket_id{1}, {address::v4(203, 0, 113, 9), 9}, noise});
    exchange(left, right, now, wire);
  }
  for (std::uint8_t i = 1; i < 100; ++i) {
    (void)left.add_remote({.foundation = ice::foundation::from_number(i),
                           .priority = 1000U + i,
                           .address = {address::v4(198, 51, 100, i), 7000}})
        .has_value();
  }
  run(10s);
  left.restart();
  introduce(right, left, left_address);
  introduce(left, right, right_address);
  run(60s);
  left.close();
  run(60s);

  const auto taken_after = memory.taken;
  const auto allocated_after = global_allocations;
  CHECK(settled);
  CHECK(right.state() == connection_state::failed);
  CHECK(taken_after == taken);
  CHECK(allocated_after == allocated);
}
