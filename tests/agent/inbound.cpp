#include "floe/agent/inbound.hpp"

#include "agent/support.hpp"
#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

/// What an observer can see of an agent besides its counters.
struct visible {
  explicit visible(const node& n)
      : state{n.agent.state()}, role{n.agent.role()}, pairs{n.agent.checklists().size()},
        events{n.events.size()}, next{n.agent.next_timeout()} {}

  connection_state state;
  ice::role role;
  std::size_t pairs;
  std::size_t events;
  deadline next;

  bool operator==(const visible&) const = default;
};

}  // namespace

TEST_CASE("inbound: a good check is answered with where it came from",
          "[agent][8445-7.3-a][8445-7.3-g][8445-7.2.2-b][8489-6.3.1.2-a][8489-6.3.1.1-c]") {
  scripted_peer peer{1};
  peer.introduce();
  CHECK(std::holds_alternative<consumed>(peer.check()));
  const auto answer = peer.sent().front();
  CHECK(peer.cls(answer) == stun::message_class::success);
  CHECK(answer.source == left_address);
  CHECK(answer.destination == right_address);
  CHECK(peer.parse(answer).get<stun::xor_mapped_address>().value().value == right_address);
  CHECK_FALSE(peer.parse(answer).has<stun::username>());
  const auto own = stun::short_term_key(peer.n.agent.local_credentials().password);
  CHECK(stun::authenticate(peer.parse(answer), own).has_value());
  CHECK(stun::check_fingerprint(peer.parse(answer)) == stun::fingerprint_state::right);
}

TEST_CASE("inbound: a repeated request gets the same answer, byte for byte",
          "[agent][8489-6.3.1-c]") {
  scripted_peer peer{1};
  const auto request = peer.request();
  (void)peer.send(request);
  const auto first = peer.only_sent();
  (void)peer.send(request);
  CHECK(peer.only_sent().bytes == first.bytes);
}

TEST_CASE("inbound: requests without valid credentials change nothing and get 400 or 401",
          "[agent][8445-7-a][8445-7.3-b][8445-19.2-a][8489-9.1.3-a][8489-9.1.3-b][8489-9.1.3-c]"
          "[8489-9.1.3-d][ATK-A12][ATK-C01][ATK-C11][ATK-D04]") {
  scripted_peer peer{1};
  peer.introduce();
  (void)peer.next_check();
  const auto own = std::string{peer.n.agent.local_credentials().ufrag};
  struct row {
    const char* what;
    scripted_check check;
    stun::error_code code;
    reject reason;
  };
  const auto unknown_user = stun::error_code::unauthenticated;
  const std::vector<row> rows{
      {"no USERNAME", {.username = ""}, stun::error_code::bad_request, reject::bad_username},
      {"no integrity", {.integrity = false}, stun::error_code::bad_request, reject::no_integrity},
      {"wrong ufrag", {.username = "nobody:x123"}, unknown_user, reject::bad_username},
      {"prefix", {.username = own.substr(0, 7) + ":peer"}, unknown_user, reject::bad_username},
      {"longer", {.username = own + "x:peer"}, unknown_user, reject::bad_username},
      {"no colon", {.username = own}, unknown_user, reject::bad_username},
      {"no sender", {.username = own + ":"}, unknown_user, reject::bad_username},
      {"own check, reflected",
       {.username = "peerufrag:" + own},
       unknown_user,
       reject::bad_username},
      {"wrong password", {.password = "guess"}, unknown_user, reject::bad_integrity},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const visible before{peer.n};
    const auto request = peer.request(row.check);
    CHECK(refusal(peer.send(request, {address::v4(203, 0, 113, 9), 9})) == row.reason);
    const auto answer = peer.only_sent();
    CHECK(peer.error_of(answer) == row.code);
    CHECK_FALSE(peer.parse(answer).find(stun::attribute_type::message_integrity));
    CHECK_FALSE(peer.parse(answer).find(stun::attribute_type::realm));
    CHECK_FALSE(peer.parse(answer).find(stun::attribute_type::nonce));
    CHECK(answer.bytes.size() <= request.size() + 8);
    CHECK(visible{peer.n} == before);
  }
}

TEST_CASE(
    "inbound: a host that shares sockets among agents hears of strangers, and nobody answers them",
    "[agent]") {
  auto behaviour = controlling();
  behaviour.answer_strangers = false;
  scripted_peer peer{1, behaviour};
  CHECK(refusal(peer.check({.username = "nobody:x123"})) == reject::bad_username);
  CHECK(refusal(peer.check({.password = "guess"})) == reject::bad_integrity);
  CHECK(peer.sent().empty());
}

TEST_CASE("inbound: STUN without a right FINGERPRINT is dropped",
          "[agent][8445-7.3-e][8489-6.3-b][8445-7.2.4-b]") {
  scripted_peer peer{1};
  CHECK(refusal(peer.check({.fingerprint = false})) == reject::bad_fingerprint);
  auto flipped = peer.request();
  flipped.back() ^= std::byte{1};
  CHECK(refusal(peer.send(flipped)) == reject::bad_fingerprint);
  CHECK(peer.sent().empty());
}

TEST_CASE("inbound: what must be understood and is not is named in a protected 420",
          "[agent][8489-6.3.1-a][ATK-A24][ATK-A25]") {
  scripted_peer peer{1};
  CHECK(refusal(peer.check({.unknown = {0x7fff, 0x7ffe}})) == reject::unknown_attribute);
  const auto answer = peer.only_sent();
  CHECK(peer.error_of(answer) == stun::error_code::unknown_attribute);
  const auto named = peer.parse(answer).get<stun::unknown_attributes>().value().types;
  CHECK(std::vector<stun::attribute_type>(named.begin(), named.end()) ==
        std::vector{static_cast<stun::attribute_type>(0x7fff),
                    static_cast<stun::attribute_type>(0x7ffe)});
  const auto own = stun::short_term_key(peer.n.agent.local_credentials().password);
  CHECK(stun::authenticate(peer.parse(answer), own).has_value());
}

TEST_CASE("inbound: credentials are checked before attributes are understood",
          "[agent][8489-6.3.1-b]") {
  scripted_peer peer{1};
  CHECK(refusal(peer.check({.password = "guess", .unknown = {0x7fff}})) == reject::bad_integrity);
  CHECK(peer.error_of(peer.only_sent()) == stun::error_code::unauthenticated);
}

TEST_CASE("inbound: optional attributes that are not known are passed over",
          "[agent][8489-6.3-d]") {
  scripted_peer peer{1};
  CHECK(std::holds_alternative<consumed>(peer.check({.unknown = {0x9abc, 0xc057}})));
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::success);
}

TEST_CASE("inbound: a check without PRIORITY, or with two roles, is a bad request",
          "[agent][8445-7.3-i][8445-7.1.3-b]") {
  scripted_peer peer{1};
  peer.introduce();
  (void)peer.next_check();
  const auto pairs = peer.n.agent.checklists().size();
  const scripted_check no_priority{.priority = {}};
  const scripted_check two_roles{
      .claims = {{ice::role::controlled, 1}, {ice::role::controlling, 1}}};
  for (const auto& check : {no_priority, two_roles}) {
    CHECK(refusal(peer.check(check, {address::v4(203, 0, 113, 9), 9})) == reject::bad_attribute);
    CHECK(peer.error_of(peer.only_sent()) == stun::error_code::bad_request);
  }
  CHECK(peer.n.agent.checklists().size() == pairs);
}

TEST_CASE("inbound: the peer that must yield gets a protected 487 and nothing else happens",
          "[agent][8445-7.3.1.1-a][8445-7.3.1.1-f][8445-16.2-a][ATK-F08]") {
  scripted_peer peer{1};
  peer.introduce();
  (void)peer.next_check();
  const auto claim = GENERATE(std::uint64_t{0}, std::uint64_t{1});
  const visible before{peer.n};
  CHECK(refusal(peer.check({.claims = {{ice::role::controlling, claim}}},
                           {address::v4(203, 0, 113, 9), 9})) == reject::role_conflict);
  const auto answer = peer.only_sent();
  CHECK(peer.error_of(answer) == stun::error_code::role_conflict);
  const auto own = stun::short_term_key(peer.n.agent.local_credentials().password);
  CHECK(stun::authenticate(peer.parse(answer), own).has_value());
  CHECK(visible{peer.n} == before);
}

TEST_CASE("inbound: an agent with the smaller tie-breaker takes the other role and goes on",
          "[agent][8445-7.3.1.1-b][8445-6.1.1-e][8445-7.2.5.1-d][ATK-F08]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto& lists = peer.n.agent.checklists();
  const auto id = lists.order().front();
  const auto mine = ice::candidate_priority(ice::candidate_type::host, 65535, component_id{1});
  peer.tell_candidate({address::v4(192, 0, 2, 3), 7000}, "2", 10);
  const auto low = lists.order().back();
  const auto theirs = ice::candidate_priority(ice::candidate_type::host, 10, component_id{1});
  CHECK(lists[low].priority == ice::pair_priority(mine, theirs));
  const auto state = lists[id].state;

  CHECK(std::holds_alternative<consumed>(
      peer.check({.claims = {{ice::role::controlling, ~std::uint64_t{0}}}})));
  CHECK(peer.cls(peer.sent().front()) == stun::message_class::success);
  CHECK(peer.n.agent.role() == ice::role::controlled);
  CHECK(count_events<event::role_changed>(peer.n) == 1);
  CHECK(lists[low].priority == ice::pair_priority(theirs, mine));
  CHECK(state == ice::pair_state::waiting);
}

TEST_CASE(
    "inbound: a controlled agent with the larger or equal tie-breaker takes control, else refuses",
    "[agent][8445-7.3.1.1-c][8445-7.3.1.1-d]") {
  SECTION("larger") {
    scripted_peer peer{1, controlled()};
    CHECK(std::holds_alternative<consumed>(peer.check({.claims = {{ice::role::controlled, 0}}})));
    CHECK(peer.n.agent.role() == ice::role::controlling);
  }
  SECTION("smaller") {
    scripted_peer peer{1, controlled()};
    CHECK(refusal(peer.check({.claims = {{ice::role::controlled, ~std::uint64_t{0}}}})) ==
          reject::role_conflict);
    CHECK(peer.error_of(peer.only_sent()) == stun::error_code::role_conflict);
    CHECK(peer.n.agent.role() == ice::role::controlled);
  }
}

TEST_CASE("inbound: roles that differ, or no role at all, are no conflict",
          "[agent][8445-7.3.1.1-g]") {
  scripted_peer peer{1};
  CHECK(std::holds_alternative<consumed>(peer.check()));
  CHECK(std::holds_alternative<consumed>(peer.check({.claims = {}})));
  CHECK(peer.n.agent.role() == ice::role::controlling);
}

TEST_CASE(
    "inbound: a check that comes before the peer is known is answered at once and acted on later",
    "[agent][8445-5.3-c][8445-7.3-c][8445-7.3-d][8839-4.2.4-a][ATK-G11]") {
  scripted_peer peer{1, controlled()};
  const scripted_check check{.claims = {{ice::role::controlling, 1}}, .nominates = true};
  CHECK(std::holds_alternative<consumed>(peer.check(check)));
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::success);
  CHECK(peer.n.agent.checklists().size() == 0);

  peer.tell_credentials();
  CHECK(count_events<event::learned_candidate>(peer.n) == 1);
  const auto triggered = peer.next_check();
  CHECK(triggered.destination == right_address);
  (void)peer.send(peer.success(triggered));
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("inbound: checks that come early are remembered up to a limit", "[agent][ATK-D05]") {
  auto behaviour = controlled();
  behaviour.limits.early_checks = 2;
  scripted_peer peer{1, behaviour};
  const scripted_check check{.claims = {{ice::role::controlling, 1}}};
  for (std::uint8_t i = 1; i <= 3; ++i) (void)peer.check(check, {address::v4(192, 0, 2, 10), i});
  peer.tell_credentials();
  const auto& lists = peer.n.agent.checklists();
  REQUIRE(lists.size() == 2);
  for (const auto id : lists.order()) {
    CHECK(peer.n.agent.remote(lists[id].remote)->candidate.address.port >= 2);
  }
  CHECK(count_events<event::dropped>(peer.n) == 1);
}

TEST_CASE("inbound: an unknown source becomes a peer-reflexive candidate with the check's priority",
          "[agent][8445-7.3.1.3-a]") {
  scripted_peer peer{1};
  peer.introduce();
  const endpoint source{address::v4(203, 0, 113, 9), 999};
  (void)peer.check({.priority = 0x6e0000ff}, source);
  const auto* const e = first_event<event::learned_candidate>(peer.n);
  REQUIRE(e != nullptr);
  const auto* const learned = peer.n.agent.remote(std::get<event::learned_candidate>(e->what).id);
  REQUIRE(learned != nullptr);
  CHECK(learned->candidate.type == ice::candidate_type::prflx);
  CHECK(learned->candidate.priority == 0x6e0000ff);
  CHECK(learned->candidate.address == source);
  CHECK(learned->candidate.component == component_id{1});
  CHECK(peer.n.agent.checklists().size() == 2);
}

TEST_CASE("inbound: what proves nothing starts nothing, and what is due is announced", "[agent]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  auto& a = peer.n.agent;
  const auto now = peer.net.now();
  (void)a.add_remote(host(right_address)).value();
  auto broken = peer.request();
  broken.back() ^= std::byte{1};
  CHECK(refusal(a.handle_datagram(now, {socket_id{1}, numbered(9), broken})) ==
        reject::bad_fingerprint);
  const auto wrong = peer.request({.password = "notthepasswordatall0123"});
  CHECK(refusal(a.handle_datagram(now, {socket_id{1}, numbered(9), wrong})) ==
        reject::bad_integrity);
  std::array<std::byte, max_datagram_size> buffer{};
  while (const auto out = a.poll_transmit(buffer)) CHECK(out->remote == numbered(9));
  CHECK(a.stats().checks_sent == 0);
  CHECK(a.next_timeout() == now);
  a.handle_timeout(now);
  CHECK(a.stats().checks_sent == 1);
}

TEST_CASE("inbound: what a check teaches is paired with the socket that it came to, and asked next",
          "[agent][8445-7.3.1.3-b][8445-7.3.1.4-d]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.net.bind(peer.n, {address::v4(192, 0, 2, 3), 5000});
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  peer.tell_credentials("newone", "passwordofthenewone0123");
  peer.tell_candidate();
  const auto& lists = peer.n.agent.checklists();
  REQUIRE(lists.size() == 2);
  (void)peer.next_check();
  const endpoint source{address::v4(203, 0, 113, 9), 999};
  const auto own = peer.n.agent.local_credentials();
  (void)peer.check({.username = std::string{own.ufrag} + ":newone", .priority = 1}, source);
  REQUIRE(lists.size() == 3);
  // By its priority it is the last.
  const auto learned = lists.order().back();
  const auto& agent = peer.n.agent;
  CHECK(agent.remote(lists[learned].remote)->candidate.address == source);
  CHECK(agent.local(lists[learned].local)->candidate.address == left_address);
  CHECK(lists[learned].state == ice::pair_state::waiting);
  (void)peer.sent();
  CHECK(peer.next_check().destination == source);
}

TEST_CASE(
    "inbound: an indication is taken in silence, except when it holds what must be understood",
    "[agent][8489-6.3.2-a][8489-6.3.2-b][8445-11-d][ATK-C18][ATK-D13]") {
  scripted_peer peer{1};
  octets keepalive(64);
  keepalive.resize(ice::write_keepalive(keepalive, {}).value());
  CHECK(std::holds_alternative<consumed>(peer.send(keepalive)));
  CHECK(peer.sent().empty());

  octets odd(64);
  stun::writer writer{odd, {stun::method::binding, stun::message_class::indication}, {}};
  odd.resize(writer.add(stun::realm{"x"}).add_fingerprint().finish().value());
  CHECK(refusal(peer.send(odd)) == reject::unknown_attribute);
  CHECK(peer.sent().empty());
}

TEST_CASE("inbound: other methods, sockets nobody has, and answers nobody waits for are refused in "
          "silence",
          "[agent][8489-6.3-a][8489-6.3.3-a][ATK-A26][ATK-C12][ATK-G15]") {
  scripted_peer peer{1};
  peer.introduce();
  (void)peer.next_check();
  octets allocate(64);
  stun::writer writer{allocate, {stun::method::allocate, stun::message_class::request}, {}};
  allocate.resize(writer.add_fingerprint().finish().value());
  CHECK(refusal(peer.send(allocate)) == reject::unsupported_method);

  CHECK(refusal(peer.net.inject(peer.n, socket_id{7}, right_address, peer.request())) ==
        reject::unknown_socket);

  octets answer(max_datagram_size);
  answer.resize(ice::write_check_success(answer, {}, left_address,
                                         stun::short_term_key(scripted_peer::password))
                    .value());
  CHECK(refusal(peer.send(answer)) == reject::unknown_transaction);
  CHECK(peer.n.agent.stats().count(reject::unknown_transaction) == 1);
  CHECK(peer.sent().empty());
}

TEST_CASE("inbound: data is delivered from where the peer has proved itself, and from nowhere else",
          "[agent][8445-12.2-a][ATK-C20]") {
  scripted_peer peer{1};
  const octets data(5, std::byte{0x80});
  CHECK(refusal(peer.send(data)) == reject::unverified_source);

  SECTION("after a check of the peer, before its credentials are known") {
    (void)peer.check();
    const auto got = std::get<payload>(peer.send(data));
    CHECK_FALSE(got.verified);
    CHECK(got.bytes.size() == data.size());
  }
  SECTION("on a signalled pair only once a check of the peer came on it") {
    peer.introduce();
    CHECK(refusal(peer.send(data)) == reject::unverified_source);
    (void)peer.check();
    CHECK_FALSE(std::get<payload>(peer.send(data)).verified);
  }
  SECTION("on a pair that works") {
    peer.introduce();
    peer.answer_next();
    CHECK(std::get<payload>(peer.send(data)).verified);
  }
}

TEST_CASE("inbound: data changes nothing, so what is due waits for the timeout", "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  auto& a = peer.n.agent;
  octets buffer(max_datagram_size);
  while (a.poll_transmit(buffer)) {
  }
  const auto due = a.next_timeout().value();
  const auto data = as_byte_view(std::string_view{"data"});
  for (const auto late : {0s, 3s, 1s}) {
    const auto got = a.handle_datagram(due + late, {socket_id{1}, right_address, data});
    CHECK(std::holds_alternative<payload>(got));
    CHECK_FALSE(a.poll_transmit(buffer));
    CHECK(a.next_timeout() <= due + 3s);
  }
  // Time has passed all the same: the call that is late goes by the latest instant.
  a.handle_timeout(due);
  CHECK(a.poll_transmit(buffer));
  CHECK(a.next_timeout() > due + 3s);
}

TEST_CASE("inbound: data may begin like STUN as long as it lacks the magic cookie",
          "[agent][ATK-A29]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  for (const auto first : {std::byte{0}, std::byte{3}, std::byte{22}, std::byte{0xff}}) {
    const octets data(40, first);
    CHECK(std::holds_alternative<payload>(peer.send(data)));
  }
  CHECK(std::holds_alternative<payload>(peer.send({})));
}

TEST_CASE("inbound: a request with old credentials is answered after a restart, but means nothing",
          "[agent][8445-9-g][ATK-C04]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  peer.answer_next();
  const auto old = peer.request({.claims = {{ice::role::controlling, 1}}, .nominates = true});
  peer.net.act(peer.n, [](agent& a) { a.restart(); });
  (void)peer.sent();
  const auto selections = count_events<event::selected>(peer.n);
  CHECK(std::holds_alternative<consumed>(peer.send(old)));
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::success);
  CHECK(count_events<event::selected>(peer.n) == selections);
  CHECK(peer.n.agent.checklists().size() == 0);
}

TEST_CASE("inbound: a closed agent takes nothing", "[agent][ATK-H02]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.net.act(peer.n, [](agent& a) { a.close(); });
  const auto events = peer.n.events.size();
  CHECK(refusal(peer.check()) == reject::closed);
  CHECK(peer.sent().empty());
  CHECK_FALSE(peer.n.agent.next_timeout());
  CHECK(peer.n.events.size() == events);
  CHECK(peer.n.agent.state() == connection_state::closed);
}

TEST_CASE("inbound: a source that nothing can be sent to is not answered and not learned",
          "[agent][ATK-D08][ATK-F07]") {
  scripted_peer peer{1};
  peer.introduce();
  (void)peer.next_check();
  for (const auto& source :
       {endpoint{address::v4(192, 0, 2, 9), 0}, endpoint{address::v4(255, 255, 255, 255), 9},
        endpoint{address{}, 9}, endpoint{address::v4(224, 0, 0, 1), 9}}) {
    CHECK(refusal(peer.check({}, source)) == reject::unusable_source);
  }
  CHECK(peer.sent().empty());
  CHECK(count_events<event::learned_candidate>(peer.n) == 0);

  (void)peer.check({.priority = 0xffffffff}, {address::v4(192, 0, 2, 9), 9});
  const auto& learned = first_event<event::learned_candidate>(peer.n)->what;
  const auto id = std::get<event::learned_candidate>(learned).id;
  CHECK(peer.n.agent.remote(id)->candidate.priority == ice::max_priority);
}

TEST_CASE("inbound: from one address only so many ports are learned until one of them answers",
          "[agent]") {
  scripted_peer peer{1};
  peer.tell_credentials();
  const auto from = [&](std::uint16_t port) { return endpoint{right_address.address, port}; };
  for (std::uint16_t i = 0; i < 20; ++i) {
    const auto why = refusal(peer.check({}, from(static_cast<std::uint16_t>(7000 + i))));
    CHECK(why.has_value() == (i >= ice::max_unanswered_ports));
  }
  CHECK(count_events<event::learned_candidate>(peer.n) == ice::max_unanswered_ports);
  SECTION("another address is another matter") {
    (void)peer.check({}, {address::v4(203, 0, 113, 1), 7000});
    CHECK(count_events<event::learned_candidate>(peer.n) == ice::max_unanswered_ports + 1);
  }
  SECTION("another base is another matter") {
    peer.net.bind(peer.n, {left_address.address, 5001});
    (void)peer.net.inject(peer.n, socket_id{2}, from(8000), peer.request());
    CHECK(count_events<event::learned_candidate>(peer.n) == ice::max_unanswered_ports + 1);
  }
  SECTION("an answer makes room for the next") {
    const auto asked = peer.next_check();
    (void)peer.send(peer.success(asked), asked.destination);
    (void)peer.check({}, from(8000));
    CHECK(count_events<event::learned_candidate>(peer.n) == ice::max_unanswered_ports + 1);
  }
}

TEST_CASE("inbound: a check of another sender than the known peer is refused, and does nothing",
          "[agent][8445-7.3-c]") {
  scripted_peer peer{1};
  peer.introduce();
  (void)peer.next_check();
  const auto own = std::string{peer.n.agent.local_credentials().ufrag};
  const visible before{peer.n};
  // Not even the role of somebody else counts.
  const scripted_check check{.username = own + ":restarted",
                             .claims = {{ice::role::controlling, ~std::uint64_t{0}}}};
  CHECK(refusal(peer.check(check, {address::v4(203, 0, 113, 9), 9})) == reject::bad_username);
  const auto answer = peer.only_sent();
  CHECK(peer.error_of(answer) == stun::error_code::unauthenticated);
  const auto key = stun::short_term_key(peer.n.agent.local_credentials().password);
  CHECK(stun::authenticate(peer.parse(answer), key).has_value());
  CHECK(visible{peer.n} == before);
}

TEST_CASE("inbound: of the checks that came early only those of the peer count",
          "[agent][8445-7.3-d]") {
  scripted_peer peer{1, controlled()};
  const auto own = std::string{peer.n.agent.local_credentials().ufrag};
  const auto check = [&](const char* sender) {
    return scripted_check{
        .username = own + ":" + sender, .claims = {{ice::role::controlling, 1}}, .nominates = true};
  };
  // An offer that forked: two answer it, and their answers come later than their checks.
  const endpoint other{address::v4(203, 0, 113, 9), 9};
  (void)peer.check(check("otherpeer"), other);
  (void)peer.check(check(scripted_peer::ufrag));
  peer.tell_credentials();
  CHECK(count_events<event::learned_candidate>(peer.n) == 1);
  CHECK(peer.next_check().destination == right_address);
  peer.net.run_for(1s);
  for (const auto& w : peer.sent()) CHECK(w.destination == right_address);
}

TEST_CASE("inbound: a check that there is no room for is not answered with success", "[agent]") {
  scripted_peer peer{1, controlled()};
  peer.tell_credentials();
  const auto from = [&](std::uint16_t port) { return endpoint{right_address.address, port}; };
  for (std::uint16_t i = 0; i < ice::max_unanswered_ports; ++i) {
    CHECK_FALSE(refusal(peer.check({}, from(static_cast<std::uint16_t>(7000 + i)))));
  }
  (void)peer.sent();
  CHECK(refusal(peer.check({}, from(8000))) == reject::refused_check);
  CHECK(peer.error_of(peer.sent().front()) == stun::error_code::server_error);
}

TEST_CASE("inbound: a nomination finds its place in a table full of pairs that work", "[agent]") {
  auto behaviour = controlled();
  behaviour.limits.pairs = 1;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  peer.answer_next();
  const endpoint other{address::v4(203, 0, 113, 9), 9};
  const scripted_check check{.claims = {{ice::role::controlling, 1}}, .nominates = true};
  SECTION("while nothing carries data by it yet") {
    // The pair that works carries data already: there is no room, and the peer hears of it.
    CHECK(refusal(peer.check(check, other)) == reject::refused_check);
  }
  SECTION("or is told that there is none") {
    (void)peer.check(check);
    REQUIRE(is_settled(peer.n));
    CHECK(refusal(peer.check(check, other)) == reject::refused_check);
    CHECK(peer.error_of(peer.sent().back()) == stun::error_code::server_error);
  }
}
