#include "floe/record/recorder.hpp"

#include <array>
#include <memory_resource>

#include "catch.hpp"
#include "record/bench.hpp"

using namespace record_test;

namespace {

/// Where nothing is to be had.
struct nothing_left final : std::pmr::memory_resource {
  bool sealed = false;
  std::size_t broken = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    broken += sealed ? 1U : 0U;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* where, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(where, size, alignment);
  }
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace

TEST_CASE("recorder: is an agent to its host, and says the same as one", "[record]") {
  const auto behaviour = with_role(ice::role::controlling);
  sim::random_source plain_entropy{7};
  sim::random_source entropy{7};
  memory_sink sink;
  agent plain{sim::epoch, behaviour, plain_entropy};
  record::recorder recorder{sim::epoch, behaviour, entropy, sink};
  const auto play = [](auto& a) {
    std::vector<std::byte> said;
    (void)a.add_local(socket_id{1}, {address::v4(192, 0, 2, 1), 5000}).value();
    a.gather(sim::epoch);
    a.set_remote_credentials("ufrag", "passwordpasswordpassword").value();
    (void)a
        .add_remote({.foundation = ice::foundation::from_number(1),
                     .priority = 2130706431,
                     .address = {address::v4(192, 0, 2, 2), 6000}})
        .value();
    std::array<std::byte, max_datagram_size> buffer{};
    for (auto now = sim::epoch; now < sim::epoch + 20s; now += 25ms) {
      a.handle_timeout(now);
      while (const auto out = a.poll_transmit(buffer)) {
        said.insert(said.end(), buffer.begin(),
                    buffer.begin() + static_cast<std::ptrdiff_t>(out->size));
      }
      while (a.poll_event()) {
      }
    }
    return said;
  };
  const auto expected = play(plain);
  CHECK(expected.size() > 500);
  CHECK(play(recorder) == expected);
  CHECK(recorder.next_timeout() == plain.next_timeout());
  CHECK(recorder.stats().checks_sent == plain.stats().checks_sent);
  CHECK(recorder.local_credentials().ufrag == plain.local_credentials().ufrag);
  CHECK(recorder.is_recording());
}

TEST_CASE("recorder: without a sink it only passes on", "[record]") {
  sim::random_source entropy{7};
  record::recorder one{sim::epoch, {}, entropy, {}};
  CHECK_FALSE(one.is_recording());
  one.remark("unheard");
  one.stop();
  CHECK(one.add_local(socket_id{1}, {address::v4(192, 0, 2, 1), 5000}).has_value());
}

TEST_CASE("recorder: ends at its limit, and what there is plays", "[record]") {
  sim::random_source entropy{7};
  memory_sink sink;
  record::recorder one{sim::epoch, {}, entropy, sink, memory_ref{}, 1000};
  (void)one.add_local(socket_id{1}, {address::v4(192, 0, 2, 1), 5000}).value();
  for (int i = 0; i < 1000; ++i) one.handle_timeout(sim::epoch);
  CHECK_FALSE(one.is_recording());
  CHECK(sink.kept.size() < 1100);
  record::player p{sink.kept};
  CHECK(p.play_all() == record::verdict::identical);
}

TEST_CASE("recorder: ends when its sink is full, and what there is plays", "[record]") {
  sim::random_source entropy{7};
  memory_sink sink{.room = 800};
  record::recorder one{sim::epoch, {}, entropy, sink};
  (void)one.add_local(socket_id{1}, {address::v4(192, 0, 2, 1), 5000}).value();
  for (int i = 0; i < 1000; ++i) one.handle_timeout(sim::epoch);
  CHECK_FALSE(one.is_recording());
  record::player p{sink.kept};
  CHECK(p.play_all() == record::verdict::broken_off);
}

TEST_CASE("recorder: data keeps its place in the caller's buffer", "[record]") {
  duo d;
  d.run_for(2s);
  std::array<std::byte, 2000> buffer{};
  const auto place = byte_span{buffer}.subspan(max_relay_overhead, 1000);
  const auto out = d.left.agent.encapsulate(d.now, place, buffer);
  REQUIRE(out.has_value());
  CHECK(out->offset == max_relay_overhead);
  CHECK(d.left.agent.encapsulate(d.now, place, byte_span{buffer}.first(10)).error() ==
        errc::buffer_too_small);
  d.left.agent.stop();
  record::player p{d.left.sink.kept};
  CHECK(p.play_all() == record::verdict::identical);
}

TEST_CASE("recorder: nothing allocates after construction", "[record]") {
  nothing_left memory;
  sim::random_source entropy{7};
  std::array<std::byte, 20000> room{};
  std::size_t used = 0;
  auto sink = [&](byte_view more) {
    if (more.size() > room.size() - used) return false;
    std::copy(more.begin(), more.end(), room.begin() + static_cast<std::ptrdiff_t>(used));
    used += more.size();
    return true;
  };
  record::recorder one{sim::epoch, {}, entropy, sink, &memory};
  memory.sealed = true;
  (void)one.add_local(socket_id{1}, {address::v4(192, 0, 2, 1), 5000}).value();
  one.gather(sim::epoch);
  one.handle_timeout(sim::epoch);
  while (one.poll_event()) {
  }
  CHECK(used > 200);
  CHECK(memory.broken == 0);
}
