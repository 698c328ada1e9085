// Attacks with checks: forged, replayed, reflected, in floods, and through middleboxes.
// The ID of a tag is that of the row in the collection.

#include <random>
#include <set>

#include "catch.hpp"
#include "sim/scripted_peer.hpp"
#include "support/memory.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const endpoint victim{address::v4(203, 0, 113, 66), 53};

/// What went to one address.
struct sum {
  std::size_t datagrams = 0;
  std::size_t bytes = 0;
  std::size_t checks = 0;  ///< different requests
};

[[nodiscard]] sum sent_to(const world& w, const address& where) {
  sum total;
  std::set<std::array<std::byte, 12>> seen;
  for (const auto& packet : w.log()) {
    if (packet.destination.address != where) continue;
    ++total.datagrams;
    total.bytes += packet.bytes.size();
    const auto message = stun::message_view::parse(packet.bytes);
    if (message && message->cls() == stun::message_class::request) {
      total.checks += seen.insert(message->transaction().bytes).second ? 1U : 0U;
    }
  }
  return total;
}

/// A peer that is connected to a controlled agent, or to a controlling one.
void connect(scripted_peer& peer) {
  peer.introduce();
  peer.answer_next();
  if (peer.n.agent.role() == ice::role::controlled) {
    (void)peer.check({.claims = {{ice::role::controlling, 1}}, .nominates = true});
  } else {
    peer.answer_next();
  }
  REQUIRE(is_settled(peer.n));
}

/// Several agents behind one socket, as a host with one port would ask them.
class shared_socket {
 public:
  explicit shared_socket(std::vector<agent*> agents) : agents_{std::move(agents)} {}

  /// Whose the datagram is; nullptr when nobody wants it.
  agent* offer(const endpoint& from, byte_view what) {
    for (auto* const a : agents_) {
      if (!refusal(a->handle_datagram(epoch, {socket_id{1}, from, what}))) return a;
    }
    return nullptr;
  }

 private:
  std::vector<agent*> agents_;
};

[[nodiscard]] std::size_t count_transmits(agent& a) {
  std::array<std::byte, max_datagram_size> buffer{};
  std::size_t count = 0;
  while (a.poll_transmit(buffer)) ++count;
  return count;
}

/// Entropy that begins like every other of its kind and then goes its own way.
struct same_start {
  std::size_t common;
  std::uint64_t seed;
  std::size_t drawn = 0;

  void operator()(byte_span out) {
    for (auto& octet : out) {
      octet = static_cast<std::byte>(drawn < common ? drawn * 37 : drawn * 37 + seed * 101);
      ++drawn;
    }
  }
};

}  // namespace

TEST_CASE("attacks: a check that was caught and sent again from elsewhere draws no data there",
          "[scenario][ATK-C05]") {
  scripted_peer peer{1, controlled()};
  connect(peer);
  const auto caught = peer.request({.claims = {{ice::role::controlling, 1}}, .nominates = true});
  (void)peer.send(caught);
  for (int i = 0; i < 20; ++i) {
    (void)peer.send(caught, victim);
    CHECK(peer.net.send_data(peer.n, "secret"));
    CHECK(peer.net.log().back().destination == right_address);
    peer.net.run_for(100ms);
  }
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == right_address);
  for (const auto& packet : peer.net.log()) {
    if (packet.destination == victim) CHECK(stun::message_view::parse(packet.bytes).has_value());
  }
}

TEST_CASE("attacks: a peer that claims the victim's address gets it one transaction, and no data",
          "[scenario][ATK-C06]") {
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  const auto hammer = peer.request({.claims = {{ice::role::controlling, 1}}, .nominates = true});
  (void)peer.send(hammer, victim);
  for (int i = 0; i < 600; ++i) {
    CHECK_FALSE(peer.net.send_data(peer.n, "flood"));
    peer.net.run_for(100ms);
  }
  const auto got = sent_to(peer.net, victim.address);
  CHECK(got.checks == 1);
  CHECK(got.datagrams == 1 + 7);  // the answer, and a transaction (RFC 8489 §6.2.1)
  CHECK(peer.n.agent.selected() == nullptr);
  CHECK(peer.n.agent.state() == connection_state::failed);
}

TEST_CASE("attacks: a peer that goes on claiming it hits the victim with no more than it spends",
          "[scenario][ATK-C06]") {
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  std::size_t spent = 0;
  std::size_t count = 0;
  for (int i = 0; i < 2000; ++i, ++count) {
    const auto hammer = peer.request({.claims = {{ice::role::controlling, 1}}, .nominates = true});
    spent += hammer.size();
    (void)peer.send(hammer, victim);
    peer.net.run_for(1ms);
  }
  peer.net.run_for(2min);
  const auto got = sent_to(peer.net, victim.address);
  CHECK(got.checks <= 2000 / 50 + 1);
  CHECK(got.datagrams <= count + got.checks + 7);
  CHECK(got.bytes <= spent + 7 * 200);
  CHECK_FALSE(peer.net.send_data(peer.n, "flood"));
}

TEST_CASE("attacks: however many candidates a peer makes come and go, none has the name of another",
          "[scenario][ATK-C06]") {
  auto behaviour = controlled();
  behaviour.limits.remote_candidates = 1;
  seeded_entropy entropy{1};
  agent a{epoch, behaviour, entropy};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(epoch);
  a.describe_peer({.pacing = 10s});
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  scripted_peer insider{1, controlled()};
  const auto own = a.local_credentials();
  const auto check =
      insider.request({.username = std::string{own.ufrag} + ":" + scripted_peer::ufrag,
                       .password = std::string{own.password},
                       .claims = {{ice::role::controlling, 1}}});
  std::array<std::byte, max_datagram_size> buffer{};
  std::optional<ice::remote_id> first;
  for (std::uint32_t i = 0; i < 40'000; ++i) {
    const endpoint source{address::v4(100, 64, std::uint8_t(i >> 8U), std::uint8_t(i)), 4000};
    (void)a.handle_datagram(epoch, {socket_id{1}, source, check});
    while (a.poll_transmit(buffer)) {
    }
    while (const auto e = a.poll_event()) {
      const auto* const learned = std::get_if<event::learned_candidate>(&*e);
      if (learned == nullptr) continue;
      if (first == learned->id) FAIL("candidate " << i << " has the name of the first");
      if (!first) first = learned->id;
    }
  }
  REQUIRE(first);
  CHECK(a.remote(*first) == nullptr);
}

TEST_CASE(
    "attacks: the check of a candidate that gave way proves nothing, and is forgotten with it",
    "[scenario][ATK-C06]") {
  auto behaviour = controlled();
  behaviour.limits.remote_candidates = 1;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  (void)peer.check({.claims = {{ice::role::controlling, 1}}});
  const auto asked = peer.next_check();
  (void)peer.check({.claims = {{ice::role::controlling, 1}}}, victim);
  CHECK(refusal(peer.send(peer.success(asked))) == reject::unknown_transaction);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("attacks: a hundred thousand guesses at the password change nothing and gain nothing",
          "[scenario][ATK-C14][ATK-C12]") {
  support::counting_memory memory;
  seeded_entropy entropy{1};
  agent a{epoch, controlled(), entropy, &memory};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(epoch);
  scripted_peer forger{1, controlled()};
  const auto username = std::string{a.local_credentials().ufrag} + ":" + scripted_peer::ufrag;
  auto guess = forger.request({.username = username, .password = "not the password at all"});
  const auto integrity = guess.size() - 8 - 20;
  while (a.poll_event()) {
  }
  const auto before = memory.allocations;
  std::array<std::byte, max_datagram_size> buffer{};
  std::size_t most = 0;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    store_be(guess.data() + integrity, i * 2654435761U);
    store_be(guess.data() + 8, i);
    store_be(guess.data() + guess.size() - 4,
             stun::fingerprint_over(byte_view{guess}.first(guess.size() - 8)));
    const auto result = a.handle_datagram(epoch, {socket_id{1}, victim, guess});
    if (refusal(result) != reject::bad_integrity) FAIL("a guess was not refused as one");
    std::size_t answers = 0;
    while (const auto out = a.poll_transmit(buffer)) {
      most = std::max(most, out->size);
      ++answers;
    }
    if (answers > 1) FAIL("more answers than questions");
  }
  CHECK(most <= guess.size());
  CHECK(memory.allocations == before);
  CHECK_FALSE(a.poll_event());
  CHECK_FALSE(a.next_timeout());
  CHECK(a.stats().count(reject::bad_integrity) == 100'000);

  // The real peer comes in as if nothing had been.
  const auto own = std::string{a.local_credentials().password};
  const auto good = forger.request(
      {.username = username, .password = own, .claims = {{ice::role::controlling, 1}}});
  CHECK_FALSE(refusal(a.handle_datagram(epoch, {socket_id{1}, right_address, good})));
  CHECK(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  a.handle_timeout(epoch);
  CHECK(count_transmits(a) == 2);
}

TEST_CASE("attacks: on a shared socket a ufrag is matched whole, and an equal one by its password",
          "[scenario][ATK-C16]") {
  auto shy = controlled();
  shy.answer_strangers = false;
  // A tie-breaker, and then the ufrag: equal in both; the passwords differ.
  same_start first{8 + 8, 1};
  same_start second{8 + 8, 2};
  agent one{epoch, shy, first};
  agent two{epoch, shy, second};
  for (auto* const a : {&one, &two}) {
    REQUIRE(a->add_local(socket_id{1}, left_address).has_value());
    a->gather(epoch);
  }
  const auto ufrag = std::string{one.local_credentials().ufrag};
  REQUIRE(two.local_credentials().ufrag == ufrag);
  REQUIRE(two.local_credentials().password != one.local_credentials().password);
  shared_socket mux{{&one, &two}};
  scripted_peer peer{1};
  const auto request = [&](const std::string& name, const agent& to) {
    return peer.request({.username = name + ":" + scripted_peer::ufrag,
                         .password = std::string{to.local_credentials().password},
                         .claims = {{ice::role::controlling, 1}}});
  };
  CHECK(mux.offer(right_address, request(ufrag, one)) == &one);
  CHECK(mux.offer(right_address, request(ufrag, two)) == &two);
  CHECK(mux.offer(right_address, request(ufrag + "A", two)) == nullptr);
  CHECK(mux.offer(right_address, request(ufrag.substr(0, ufrag.size() - 1), two)) == nullptr);
  CHECK(count_transmits(one) == 1);
  CHECK(count_transmits(two) == 1);
}

TEST_CASE("attacks: a check without proof moves no address from one agent to another",
          "[scenario][ATK-C17]") {
  auto shy = controlled();
  shy.answer_strangers = false;
  scripted_peer one{1, shy};
  scripted_peer two{2, shy};
  connect(one);
  two.tell_credentials();
  shared_socket mux{{&two.n.agent, &one.n.agent}};
  const auto data = as_byte_view("data");
  CHECK(mux.offer(right_address, data) == &one.n.agent);
  // Somebody names the other agent from the address of the first one's peer.
  CHECK(mux.offer(right_address, two.request({.password = "guess"})) == nullptr);
  CHECK(mux.offer(right_address, two.request({.integrity = false})) == nullptr);
  CHECK(mux.offer(right_address, data) == &one.n.agent);
  CHECK(two.n.agent.checklists().size() == 0);
}

TEST_CASE(
    "attacks: candidates that all lead to one victim cost it a bounded, paced number of checks",
    "[scenario][ATK-D02]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  for (std::uint16_t i = 0; i < 1000; ++i) {
    peer.tell_candidate({victim.address, static_cast<std::uint16_t>(1024 + i)},
                        std::to_string(i % 50), i);
    if (i % 100 == 0) peer.net.run_for(1s);
  }
  peer.net.run_for(2h);
  const auto got = sent_to(peer.net, victim.address);
  CHECK(got.checks <= config{}.limits.pairs + 10U * 20U);
  CHECK(got.datagrams <= got.checks * 7);
  for (std::size_t i = 1; i < peer.n.check_times.size(); ++i) {
    CHECK(peer.n.check_times[i] - peer.n.check_times[i - 1] >= 50ms);
  }
  CHECK(peer.n.agent.state() == connection_state::failed);
  const auto before = peer.net.log().size();
  peer.net.run_for(2h);
  CHECK(peer.net.log().size() == before);
}

TEST_CASE("attacks: answers are made anew each time, so that a flood of questions leaves nothing",
          "[scenario][ATK-D11]") {
  support::counting_memory memory;
  seeded_entropy entropy{1};
  agent a{epoch, controlled(), entropy, &memory};
  REQUIRE(a.add_local(socket_id{1}, left_address).has_value());
  a.gather(epoch);
  REQUIRE(a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password).has_value());
  scripted_peer peer{1};
  const auto own = a.local_credentials();
  const scripted_check what{.username = std::string{own.ufrag} + ":" + scripted_peer::ufrag,
                            .password = std::string{own.password},
                            .claims = {{ice::role::controlling, 1}}};
  const auto before = memory.allocations;
  std::array<std::byte, max_datagram_size> buffer{};
  std::size_t answers = 0;
  std::size_t checks = 0;
  const auto ask = [&](time_point at, const octets& request) {
    octets answer;
    (void)a.handle_datagram(at, {socket_id{1}, right_address, request});
    while (const auto out = a.poll_transmit(buffer)) {
      const byte_view view = byte_view{buffer}.first(out->size);
      if (stun::message_view::parse(view)->cls() == stun::message_class::success) {
        ++answers;
        answer.assign(view.data(), view.data() + view.size());
      } else {
        ++checks;
      }
    }
    while (a.poll_event()) {
    }
    return answer;
  };
  const auto first = peer.request(what);
  const auto first_answer = ask(epoch, first);
  REQUIRE_FALSE(first_answer.empty());
  for (int i = 1; i <= 20'000; ++i) {
    ask(epoch + i * 2ms, peer.request(what));
  }
  CHECK(answers == 20'001);
  CHECK(checks <= 40s / 50ms + 7);
  CHECK(memory.allocations == before);
  // Forty seconds later the same question still gets the same answer.
  CHECK(ask(epoch + 40s, first) == first_answer);
}

TEST_CASE("attacks: a middlebox that rewrites addresses in payloads does not find those of STUN",
          "[scenario][ATK-G13]") {
  duo d{1};
  // It replaces each address it sees by another, as long as somebody looks.
  std::size_t rewritten = 0;
  const auto holds_address = [](const octets& content) {
    for (const auto& at : {left_address.address, right_address.address}) {
      const auto octets = at.octets.data();
      const auto found = std::search(
          content.begin(), content.end(), octets, octets + 4,
          [](std::byte a, std::uint8_t b) { return std::to_integer<std::uint8_t>(a) == b; });
      if (found != content.end()) return true;
    }
    return false;
  };
  d.net.decide = [&](const wired& w) {
    rewritten += holds_address(w.bytes) ? 1U : 0U;
    return fate{10ms};
  };
  CHECK(d.connect());
  CHECK(d.net.log().size() >= 6);
  CHECK(rewritten == 0);
}

TEST_CASE("attacks: what a middlebox strips of its FINGERPRINT or cuts short is dropped",
          "[scenario][ATK-G13]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto whole = peer.success(peer.next_check());
  auto stripped = whole;
  stripped.resize(stripped.size() - 8);
  store_be(stripped.data() + 2, static_cast<std::uint16_t>(stripped.size() - stun::header_size));
  CHECK(refusal(peer.send(stripped)) == reject::bad_fingerprint);
  for (std::size_t size = 1; size < whole.size(); ++size) {
    const auto cut = octets{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)};
    CHECK(refusal(peer.send(cut)).has_value());
  }
  CHECK(peer.n.agent.stats().answers_received == 0);
  CHECK_FALSE(refusal(peer.send(whole)).has_value());
  CHECK(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("attacks: values of renomination that fall, wrap or repeat move nothing",
          "[scenario][ATK-C24]") {
  scripted_peer peer{1, controlled()};
  const endpoint other{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(other, "2", 10);
  connect(peer);
  const auto selected = peer.n.agent.selected()->remote;
  for (const std::uint32_t value : {7U, 6U, 0xffffffffU, 0U, 1U, 1U}) {
    for (const auto& from : {other, right_address}) {
      const auto in =
          peer.check({.claims = {{ice::role::controlling, 1}}, .renomination = value}, from);
      CHECK(std::holds_alternative<consumed>(in));
      peer.net.run_for(1s);
      REQUIRE(peer.n.agent.selected() != nullptr);
      CHECK(peer.n.agent.selected()->remote == selected);
    }
  }
  CHECK(count_events<event::selected>(peer.n) == 1);
}
