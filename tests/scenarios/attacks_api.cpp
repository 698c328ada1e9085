// Attacks on the edges of the interface: calls at bad moments, memory and entropy that
// fail, names that outlive what they name.
// The ID of a tag is that of the row in the collection.

#include <memory_resource>
#include <new>
#include <type_traits>

#include "catch.hpp"
#include "floe/floe.hpp"
#include "floe/floe.hpp"  // twice, as a host that has many headers would
#include "sim/in_memory.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

struct out_of_memory {};

/// Gives until it has given `allowed` times, then throws.
class failing_memory final : public std::pmr::memory_resource {
 public:
  explicit failing_memory(std::size_t allowed) : left_{allowed} {}

  std::size_t out = 0;

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (left_ == 0) throw out_of_memory{};
    --left_;
    ++out;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* at, std::size_t size, std::size_t alignment) override {
    --out;
    std::pmr::new_delete_resource()->deallocate(at, size, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override {
    return this == &other;
  }

  std::size_t left_;
};

struct out_of_entropy {};

/// Throws at its `bad`-th draw, once.
struct failing_entropy {
  seeded_entropy good;
  std::size_t bad;
  std::size_t draws = 0;

  void operator()(byte_span out) {
    if (draws++ == bad) throw out_of_entropy{};
    good(out);
  }
};

/// The state of the pair between the agent and an address; nullopt when there is none.
[[nodiscard]] std::optional<ice::pair_state> state_of(const node& n, const endpoint& remote) {
  const auto& lists = n.agent.checklists();
  const auto id = lists.find_if(
      [&](const ice::pair& p) { return n.agent.remote(p.remote)->candidate.address == remote; });
  return id ? std::optional{lists[*id].state} : std::nullopt;
}

const endpoint second_address{right_address.address, 6001};

}  // namespace

TEST_CASE("attacks: counters are unsigned 64-bit numbers, which wrap", "[scenario][ATK-F12]") {
  const auto& [sent, bytes_sent, received, bytes_received, checks, withheld, repeated, checked,
               answered, refused] = statistics{};
  const auto all = [](const auto&... counter) {
    return (std::is_same_v<std::remove_cvref_t<decltype(counter)>, std::uint64_t> && ...);
  };
  CHECK(all(sent, bytes_sent, received, bytes_received, checks, withheld, repeated, checked));
  CHECK(all(answered));
  CHECK(all(refused[0]));
  CHECK(refused.size() == reject_count);
}

TEST_CASE("attacks: what an event names is gone after it is gone, and never something else",
          "[scenario][ATK-H04]") {
  STATIC_REQUIRE(std::is_trivially_copyable_v<event::any>);
  scripted_peer peer{1, controlled()};
  peer.introduce();
  (void)peer.check({.claims = {{ice::role::controlling, 1}}}, second_address);
  const auto learned =
      std::get<event::learned_candidate>(first_event<event::learned_candidate>(peer.n)->what).id;
  REQUIRE(peer.n.agent.remote(learned) != nullptr);
  for (int round = 0; round < 100; ++round) {
    peer.net.act(peer.n, [](agent& a) { a.restart(); });
    CHECK(peer.n.agent.remote(learned) == nullptr);
    const auto said = std::to_string(round);
    peer.tell_credentials("ufrag" + said, "passwordofthepeer012345" + said);
    peer.tell_candidate(second_address);
  }
}

TEST_CASE("attacks: data that is handed out lies in the caller's datagram", "[scenario][ATK-H04]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  const octets arrived(50, std::byte{0xff});
  const auto result = peer.send(arrived);
  const auto* const data = std::get_if<payload>(&result);
  REQUIRE(data != nullptr);
  CHECK(data->bytes.data() == arrived.data());
  CHECK(data->bytes.size() == arrived.size());
}

TEST_CASE("attacks: memory that runs out while an agent is made is an exception, and no leak",
          "[scenario][ATK-H05]") {
  bool made = false;
  for (std::size_t allowed = 0; !made && allowed < 1000; ++allowed) {
    INFO("allocations: " << allowed);
    failing_memory memory{allowed};
    seeded_entropy entropy{1};
    try {
      const agent a{epoch, controlling(), entropy, &memory};
      made = true;
      CHECK(memory.out == allowed);
      CHECK(a.state() == connection_state::idle);
    } catch (const out_of_memory&) {
    }
    CHECK(memory.out == 0);
  }
  CHECK(made);
}

TEST_CASE("attacks: entropy that throws once costs that call, not the session",
          "[scenario][ATK-H11]") {
  std::size_t thrown = 0;
  for (std::size_t bad = 0;; ++bad) {
    INFO("draw " << bad);
    failing_memory memory{1000};
    failing_entropy one{seeded_entropy{1}, bad};
    seeded_entropy two{2};
    std::size_t caught = 0;
    const auto guarded = [&](auto&& call) {
      try {
        call();
      } catch (const out_of_entropy&) {
        ++caught;
      }
    };
    std::optional<agent> left;
    guarded([&] { left.emplace(epoch, controlling(), one, &memory); });
    if (!left) {
      CHECK(memory.out == 0);
      ++thrown;
      continue;
    }
    agent right{epoch, controlled(), two};
    in_memory session{*left, right};
    REQUIRE(session.introduce(epoch));
    auto now = epoch;
    const auto run = [&](duration span) {
      for (const auto end = now + span; now < end; now += 50ms) {
        guarded([&] { session.run(now); });
      }
    };
    run(60s);
    CHECK(left->state() == connection_state::completed);
    CHECK(right.state() == connection_state::completed);
    // One that throws while it restarts is as if the restart had not been asked for.
    const auto before = std::string{left->local_credentials().ufrag};
    guarded([&] { left->restart(); });
    if (left->local_credentials().ufrag == before) {
      CHECK(caught == 1);
      left->restart();
    }
    REQUIRE(session.signal());
    run(60s);
    CHECK(left->state() == connection_state::completed);
    CHECK(caught <= 1);
    thrown += caught;
    if (caught == 0) break;
  }
  CHECK(thrown > 10);
}

TEST_CASE("attacks: a check under way keeps its key when the peer's credentials change",
          "[scenario][ATK-H06]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  peer.answer_next();
  REQUIRE(is_settled(peer.n));
  const auto consent = peer.next_check();
  peer.tell_credentials("newufrag", "newpasswordofthepeer0123");
  REQUIRE(count_events<event::restarted>(peer.n) == 1);
  CHECK(refusal(peer.send(peer.success(consent, left_address, "newpasswordofthepeer0123"))) ==
        reject::bad_integrity);
  CHECK_FALSE(refusal(peer.send(peer.success(consent))).has_value());
  CHECK(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("attacks: a check under way survives what signalling says about its candidate",
          "[scenario][ATK-H06][8838-11-d]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  (void)peer.check();
  const auto asked = peer.next_check();
  REQUIRE(state_of(peer.n, right_address) == ice::pair_state::in_progress);
  peer.tell_candidate();
  CHECK(peer.n.agent.checklists().size() == 1);
  CHECK(state_of(peer.n, right_address) == ice::pair_state::in_progress);
  CHECK_FALSE(refusal(peer.send(peer.success(asked))).has_value());
  CHECK(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("attacks: an answer for a candidate that is gone does nothing", "[scenario][ATK-H07]") {
  auto behaviour = controlling();
  behaviour.limits.remote_candidates = 1;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  // Another of its kind takes the only place.
  const auto pushed_out = [&](bool learned) {
    if (learned) {
      (void)peer.check({.priority = 1}, second_address);
    } else {
      peer.tell_candidate(second_address, "2", 65535);
    }
    CHECK_FALSE(state_of(peer.n, right_address).has_value());
  };
  const auto restarted = [&] { peer.net.act(peer.n, [](agent& a) { a.restart(); }); };
  const bool restart = GENERATE(false, true);

  SECTION("while its check is under way") {
    peer.tell_candidate(right_address, "1", 1);
    const auto asked = peer.next_check();
    restart ? restarted() : pushed_out(false);
    (void)peer.send(peer.success(asked));
    CHECK_FALSE(peer.net.send_data(peer.n, "x"));
    CHECK(count_events<event::path_found>(peer.n) == 0);
  }
  SECTION("while a check waits that the peer triggered") {
    (void)peer.check({.priority = 1});
    const auto before = peer.sent().size();
    CHECK(before >= 1);
    restart ? restarted() : pushed_out(true);
    peer.net.run_for(10min);
    for (const auto& w : peer.sent()) CHECK((restart || w.destination == second_address));
  }
  SECTION("when it is selected") {
    peer.tell_candidate(right_address, "1", 1);
    peer.answer_next();
    const auto nomination = peer.next_check();
    (void)peer.send(peer.success(nomination));
    REQUIRE(peer.n.agent.selected() != nullptr);
    // What is selected gives way to nothing but a restart, and its path lives on even then.
    peer.tell_candidate(second_address, "2", 65535);
    if (restart) restarted();
    CHECK((peer.n.agent.selected() == nullptr) == restart);
    CHECK(peer.net.send_data(peer.n, "x"));
    CHECK(peer.net.log().back().destination == right_address);
    CHECK(refusal(peer.send(peer.success(nomination))) == reject::unknown_transaction);
  }
}

TEST_CASE("attacks: a nomination is taken in whatever state it finds its pair",
          "[scenario][ATK-H08]") {
  const auto state =
      GENERATE(std::optional<ice::pair_state>{}, ice::pair_state::frozen, ice::pair_state::waiting,
               ice::pair_state::in_progress, ice::pair_state::succeeded, ice::pair_state::failed);
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  if (state == ice::pair_state::frozen || state == ice::pair_state::waiting) {
    // Another pair goes first; of the same foundation, it also keeps this one Frozen.
    peer.tell_candidate(second_address, "1", 65535);
    peer.tell_candidate(right_address, state == ice::pair_state::frozen ? "1" : "2", 1);
  } else if (state) {
    peer.tell_candidate();
    const auto asked = peer.next_check();
    if (state == ice::pair_state::succeeded) (void)peer.send(peer.success(asked));
    if (state == ice::pair_state::failed) {
      (void)peer.send(peer.error(asked, stun::error_code::server_error));
    }
  }
  REQUIRE(state_of(peer.n, right_address) == state);
  for (int times = 0; times < 3; ++times) {
    CHECK_FALSE(refusal(peer.check({.claims = {{ice::role::controlling, 1}}, .nominates = true}))
                    .has_value());
  }
  for (int i = 0; i < 20 && peer.n.agent.selected() == nullptr; ++i) {
    const auto asked = peer.next_check();
    if (asked.destination == right_address) (void)peer.send(peer.success(asked));
  }
  REQUIRE(peer.n.agent.selected() != nullptr);
  CHECK(count_events<event::selected>(peer.n) == 1);
  CHECK(is_settled(peer.n));
}

TEST_CASE("attacks: all headers stand together, twice in one unit and in many units of a program",
          "[scenario][ATK-H13]") {
  // Every file of this program includes them; were something defined twice, it would not link. What
  // is shared is one object: here it is a table with external linkage.
  STATIC_REQUIRE(connection_rules.size() > 0);
  const auto& category = error_category();
  CHECK(&category == &make_error_code(errc::no_path).category());
}
