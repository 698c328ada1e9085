// After construction an agent allocates nothing, whatever happens to it.

#include <array>
#include <cstdlib>
#include <memory_resource>
#include <new>

#include "catch.hpp"
#include "sim/in_memory.hpp"
#include "sim/world.hpp"

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

}  // namespace

void* operator new(std::size_t size) {
  ++global_allocations;
  if (void* const p = std::malloc(size == 0 ? 1 : size)) return p;
  throw std::bad_alloc{};
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++global_allocations;
  return std::malloc(size == 0 ? 1 : size);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, const std::nothrow_t&) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }

TEST_CASE("no allocation: not in a session's life, its hostile visitors, restarts and end",
          "[scenario][ATK-D06]") {
  counting_resource memory;
  seeded_entropy one{1};
  seeded_entropy two{2};
  agent left{epoch, {.role = ice::role::controlling, .report_pairs = true}, one, &memory};
  agent right{epoch, {.role = ice::role::controlled}, two, &memory};
  in_memory session{left, right};
  CHECK(memory.taken > 0);

  const auto taken = memory.taken;
  const auto allocated = global_allocations;
  auto now = epoch;
  const auto run = [&](duration span) {
    for (const auto end = now + span; now < end; now += 50ms) session.run(now);
  };
  const bool introduced = session.introduce(now);
  run(1s);
  const bool settled = left.state() == connection_state::completed;

  std::array<std::byte, 60> noise{};
  for (int i = 0; i < 20000; ++i) {
    one(noise);
    noise[0] &= std::byte{3};
    store_be(noise.data() + 2, std::uint16_t{40});
    store_be(noise.data() + 4, stun::magic_cookie);
    (void)left.handle_datagram(now, {socket_id{1}, {address::v4(203, 0, 113, 9), 9}, noise});
    session.run(now);
  }
  for (std::uint8_t i = 1; i < 100; ++i) {
    (void)left
        .add_remote({.foundation = ice::foundation::from_number(i),
                     .priority = 1000U + i,
                     .address = {address::v4(198, 51, 100, i), 7000}})
        .has_value();
  }
  run(10s);
  left.restart();
  const bool signalled = session.signal();
  run(60s);
  const bool settled_again = left.state() == connection_state::completed;
  left.close();
  run(120s);

  const auto taken_after = memory.taken;
  const auto allocated_after = global_allocations;
  CHECK(introduced);
  CHECK(settled);
  CHECK(signalled);
  CHECK(settled_again);
  CHECK(right.state() == connection_state::failed);
  CHECK(taken_after == taken);
  CHECK(allocated_after == allocated);
}
