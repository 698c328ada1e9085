#include "floe/agent/checks.hpp"

#include <string>

#include "agent/support.hpp"
#include "catch.hpp"
#include "sim/scripted_peer.hpp"

using namespace floe;
using namespace floe::sim;

namespace {

const ice::pair& only_pair(const scripted_peer& peer) {
  const auto& lists = peer.n.agent.checklists();
  REQUIRE(lists.size() == 1);
  return lists[lists.order().front()];
}

const scripted_check from_controlling{.claims = {{ice::role::controlling, 1}}};
const scripted_check nominating{.claims = {{ice::role::controlling, 1}}, .nominates = true};

}  // namespace

TEST_CASE("checks: a check says what the RFC asks for, and no more",
          "[agent][8445-7.1.1-a][8445-7.1.3-a][8445-7.1.3-b][8445-7.2.2-a][8445-7.2.2-c]"
          "[8445-7.2.4-a][8445-7.2.4-b][8445-8.1.1-d]") {
  const auto behaviour = GENERATE(controlling(), controlled());
  scripted_peer peer{1, behaviour};
  peer.introduce();
  const auto sent = peer.next_check();
  CHECK(sent.source == left_address);
  CHECK(sent.destination == right_address);
  const auto message = peer.parse(sent);
  const std::string own{peer.n.agent.local_credentials().ufrag};
  CHECK(message.get<stun::username>().value().value ==
        std::string{scripted_peer::ufrag} + ":" + own);
  CHECK(message.get<stun::priority>().value().value == 0x6effffff);
  CHECK(stun::authenticate(message, stun::short_term_key(scripted_peer::password)).has_value());
  CHECK(stun::check_fingerprint(message) == stun::fingerprint_state::right);

  std::vector<stun::attribute_type> types;
  for (const auto& attribute : message) types.push_back(attribute.type);
  const auto role = behaviour.role == ice::role::controlling ? stun::attribute_type::ice_controlling
                                                             : stun::attribute_type::ice_controlled;
  CHECK(types == std::vector{stun::attribute_type::username, stun::attribute_type::priority, role,
                             stun::attribute_type::message_integrity,
                             stun::attribute_type::fingerprint});
}

TEST_CASE("checks: an answered check makes the pair valid, and data may flow",
          "[agent][8445-7.2.5.3.2-a][8445-7.2.5.3.3-a][8445-12.1-a][7675-5.1-a][8445-7.2.5.4-b]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  CHECK_FALSE(peer.net.send_data(peer.n, "too early"));
  peer.answer_next();
  CHECK(only_pair(peer).state == ice::pair_state::succeeded);
  CHECK(count_events<event::path_found>(peer.n) == 1);
  CHECK(peer.n.agent.state() == connection_state::connected);
  CHECK(peer.n.agent.selected() == nullptr);
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "hello"));
  const auto data = peer.only_sent();
  CHECK(data.source == left_address);
  CHECK(data.destination == right_address);
}

TEST_CASE("checks: a repeated answer changes nothing", "[agent][8445-7.2.5.3.2-d]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  const auto answer = peer.success(peer.next_check());
  (void)peer.send(answer);
  const auto events = peer.n.events.size();
  CHECK(refusal(peer.send(answer)) == reject::unknown_transaction);
  CHECK(peer.n.events.size() == events);
}

TEST_CASE("checks: an unknown mapped address becomes a local peer-reflexive candidate",
          "[agent][8445-7.2.5.3.1-a][8445-7.2.5.3.1-b][8838-10-e]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  const endpoint mapped{address::v4(203, 0, 113, 5), 54321};
  peer.answer_next(mapped);
  const auto* const found = first_event<event::path_found>(peer.n);
  REQUIRE(found != nullptr);
  const auto* const local = peer.n.agent.local(std::get<event::path_found>(found->what).local);
  REQUIRE(local != nullptr);
  CHECK(local->candidate.type == ice::candidate_type::prflx);
  CHECK(local->candidate.address == mapped);
  CHECK(local->candidate.priority == 0x6effffff);
  CHECK(local->candidate.component == component_id{1});
  CHECK(local->base == left_address);
  CHECK(local->candidate.related == left_address);

  peer.tell_candidate({address::v4(192, 0, 2, 77), 7});
  CHECK(peer.n.agent.checklists().size() == 2);
  CHECK(count_events<event::local_candidate>(peer.n) == 1);
  (void)peer.sent();
  CHECK(peer.net.send_data(peer.n, "x"));
  CHECK(peer.only_sent().source == left_address);
}

TEST_CASE("checks: an answer without proof is not an answer",
          "[agent][8489-9.1.4-a][8445-7.2.5.2.4-b][ATK-C02][ATK-C07][ATK-C21][ATK-G14]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto asked = peer.next_check();
  CHECK(refusal(peer.send(peer.success(asked, left_address, "wrongpasswordwrongpassw"))) ==
        reject::bad_integrity);
  for (const auto code : {stun::error_code::bad_request, stun::error_code::unauthenticated,
                          stun::error_code::role_conflict, stun::error_code::forbidden}) {
    CHECK(refusal(peer.send(peer.error(asked, code, std::nullopt))) == reject::no_integrity);
    CHECK(refusal(peer.send(peer.error(asked, code, "wrongpasswordwrongpassw"))) ==
          reject::bad_integrity);
  }
  CHECK(only_pair(peer).state == ice::pair_state::in_progress);
  CHECK(peer.n.agent.role() == ice::role::controlling);
  peer.net.run_for(500ms);
  CHECK(peer.only_sent().bytes == asked.bytes);
}

TEST_CASE("checks: an answer from elsewhere fails the pair", "[agent][8445-7.2.5.2.1-a][ATK-C03]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto asked = peer.next_check();
  const auto from = GENERATE(endpoint{address::v4(192, 0, 2, 2), 6001},
                             endpoint{address::v4(192, 0, 2, 3), 6000});
  CHECK(refusal(peer.send(peer.success(asked), from)) == reject::wrong_path);
  CHECK(only_pair(peer).state == ice::pair_state::failed);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("checks: a proved error fails the pair and is not asked again",
          "[agent][8445-7.2.5.2.4-a][8489-6.3.4-c][8489-6.3.4-a][8489-6.2.1-j][ATK-C21]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto code = GENERATE(stun::error_code::bad_request, stun::error_code::unauthenticated,
                             stun::error_code::unknown_attribute, stun::error_code::server_error);
  (void)peer.send(peer.error(peer.next_check(), code));
  CHECK(only_pair(peer).state == ice::pair_state::failed);
  peer.net.run_for(30s);
  CHECK(peer.sent().empty());
}

TEST_CASE("checks: 487 makes the agent take the other role, with a new tie-breaker, and ask again",
          "[agent][8445-7.2.5.1-a][8445-7.2.5.1-b][8445-7.2.5.1-c]") {
  const auto behaviour = GENERATE(controlling(), controlled());
  scripted_peer peer{1, behaviour};
  peer.introduce();
  const auto first = peer.next_check();
  const auto tie_breaker = [&](const wired& w) {
    const auto message = peer.parse(w);
    const auto a = message.get<stun::ice_controlling>();
    return a ? a->tie_breaker : message.get<stun::ice_controlled>().value().tie_breaker;
  };
  (void)peer.send(peer.error(first, stun::error_code::role_conflict));
  CHECK(peer.n.agent.role() == ice::opposite(behaviour.role));
  CHECK(only_pair(peer).state == ice::pair_state::waiting);
  const auto second = peer.next_check();
  CHECK(peer.transaction_of(second) != peer.transaction_of(first));
  CHECK(peer.parse(second).has<stun::ice_controlling>() ==
        (behaviour.role == ice::role::controlled));
  CHECK(tie_breaker(first) != tie_breaker(second));
}

TEST_CASE("checks: two checks refused in the same role switch it once",
          "[agent][8445-7.2.5.1-e][ATK-C09]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.tell_candidate({address::v4(192, 0, 2, 3), 7000}, "2", 10);
  const auto one = peer.next_check();
  const auto two = peer.next_check();
  (void)peer.send(peer.error(one, stun::error_code::role_conflict), one.destination);
  (void)peer.send(peer.error(two, stun::error_code::role_conflict), two.destination);
  CHECK(peer.n.agent.role() == ice::role::controlled);
  CHECK(count_events<event::role_changed>(peer.n) == 1);
}

TEST_CASE("checks: a 487 that a later success has overtaken switches no role", "[agent]") {
  scripted_peer peer{1};
  const endpoint other{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(other, "2", 10);
  const auto refused = peer.next_check();
  const auto accepted = peer.next_check();
  REQUIRE(refused.destination != accepted.destination);
  (void)peer.send(peer.success(accepted), accepted.destination);
  (void)peer.send(peer.error(refused, stun::error_code::role_conflict), refused.destination);
  CHECK(peer.n.agent.role() == ice::role::controlling);
  // The pair is asked again, and a refusal of that means what it says.
  wired again = peer.next_check();
  while (again.destination != refused.destination) again = peer.next_check();
  (void)peer.send(peer.error(again, stun::error_code::role_conflict), again.destination);
  CHECK(peer.n.agent.role() == ice::role::controlled);
}

TEST_CASE("checks: a nomination that a late 487 refuses is made again", "[agent]") {
  scripted_peer peer{1};
  const endpoint other{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(other, "2", 10);
  peer.answer_next();
  // The nomination of the better pair, and after it a check that the peer accepts.
  wired nomination = peer.next_check();
  while (nomination.destination != right_address) nomination = peer.next_check();
  REQUIRE(scripted_peer::parse(nomination).has<stun::use_candidate>());
  (void)peer.check({}, other);
  wired accepted = peer.next_check();
  while (accepted.destination != other) accepted = peer.next_check();
  (void)peer.send(peer.success(accepted), other);
  (void)peer.send(peer.error(nomination, stun::error_code::role_conflict));
  CHECK(peer.n.agent.role() == ice::role::controlling);
  wired again = peer.next_check();
  while (again.destination != right_address) again = peer.next_check();
  CHECK(scripted_peer::parse(again).has<stun::use_candidate>());
  (void)peer.send(peer.success(again));
  REQUIRE(peer.n.agent.selected() != nullptr);
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == right_address);
}

TEST_CASE("checks: a peer that answers everything with 487 is given up on", "[agent][ATK-C08]") {
  scripted_peer peer{1};
  peer.introduce();
  std::size_t checks = 0;
  while (only_pair(peer).state != ice::pair_state::failed) {
    (void)peer.send(peer.error(peer.next_check(), stun::error_code::role_conflict));
    REQUIRE(++checks < 20);
  }
  CHECK(checks == ice::max_role_conflicts);
  CHECK(count_events<event::role_changed>(peer.n) == checks);
}

TEST_CASE("checks: a check of the peer makes the agent check back at once, and once",
          "[agent][8445-7.3.1.4-c][8445-6.1.4.1-a][8445-6.1.4.2-e][ATK-D12]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  peer.answer_next();
  (void)peer.sent();
  const endpoint elsewhere{address::v4(203, 0, 113, 9), 99};
  for (int i = 0; i < 3; ++i) (void)peer.check(from_controlling, elsewhere);
  const auto triggered = peer.next_check();
  CHECK(triggered.destination == elsewhere);
  (void)peer.sent();
  (void)peer.send(peer.success(triggered), elsewhere);
  for (int i = 0; i < 1000; ++i) (void)peer.check(from_controlling, elsewhere);
  peer.net.run_for(1s);
  for (const auto& w : peer.sent()) CHECK(peer.cls(w) == stun::message_class::success);
}

TEST_CASE("checks: a check under way gives way to a triggered one, but its answer still counts",
          "[agent][8445-7.3.1.4-b]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  const auto first = peer.next_check();
  (void)peer.check(from_controlling);
  CHECK(only_pair(peer).state == ice::pair_state::waiting);
  const auto second = peer.next_check();
  CHECK(peer.transaction_of(first) != peer.transaction_of(second));
  SECTION("the old check is not repeated") {
    peer.net.run_for(500ms);
    CHECK(peer.only_sent().bytes == second.bytes);
  }
  SECTION("the answer to the old one makes the pair work, and ends the new one") {
    (void)peer.send(peer.success(first));
    CHECK(only_pair(peer).state == ice::pair_state::succeeded);
    (void)peer.sent();
    peer.net.run_for(3s);
    CHECK(peer.sent().empty());
  }
}

TEST_CASE("checks: a pair that failed is tried again when the peer checks it",
          "[agent][8445-7.3.1.4-c][8445-7.3.1.4-e]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  (void)peer.send(peer.error(peer.next_check(), stun::error_code::bad_request));
  peer.net.run_for(60s);
  CHECK(peer.n.agent.state() == connection_state::failed);
  (void)peer.check(nominating);
  CHECK(peer.n.agent.checklists().state(stream_id{0}) == ice::checklist_state::running);
  peer.answer_next();
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("checks: success unfreezes every pair of the same foundation in all lists",
          "[agent][8445-7.2.5.3.3-b][8445-6.1.2.6-c][8445-6.1.2.6-d]") {
  auto behaviour = controlled();
  behaviour.components = 2;
  behaviour.limits.streams = 2;
  behaviour.limits.components = 4;
  world w{1};
  auto& n = w.add("n", behaviour);
  const auto second = n.agent.add_stream(2).value();
  std::uint16_t port = 5000;
  for (const auto stream : {stream_id{0}, second}) {
    for (const auto c : {std::uint16_t{1}, std::uint16_t{2}}) {
      w.bind(n, {left_address.address, port++}, stream, component_id{c});
    }
  }
  gather_all(w, n);
  for (const auto stream : {stream_id{0}, second}) {
    for (const auto c : {std::uint16_t{1}, std::uint16_t{2}}) {
      const ice::candidate remote{
          .foundation = ice::foundation::from_number(1),
          .component = component_id{c},
          .priority = ice::candidate_priority(ice::candidate_type::host, 65535, component_id{c}),
          .address = {right_address.address,
                      static_cast<std::uint16_t>(6000 + 10 * static_cast<unsigned>(stream) + c)}};
      (void)n.agent.add_remote(remote, {}, stream).has_value();
    }
  }
  for (const auto stream : {stream_id{0}, second}) {
    (void)n.agent.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password, stream)
        .has_value();
  }
  const auto& lists = n.agent.checklists();
  const auto states = [&] {
    std::vector<ice::pair_state> all;
    for (const auto stream : {stream_id{0}, second}) {
      for (const auto id : lists.order()) {
        if (lists[id].stream == stream) all.push_back(lists[id].state);
      }
    }
    return all;
  };
  using enum ice::pair_state;
  CHECK(states() == std::vector{waiting, frozen, frozen, frozen});
  w.run_for(0ms);
  CHECK(states() == std::vector{in_progress, frozen, frozen, frozen});
  const auto& asked = w.log().front();
  octets answer(max_datagram_size);
  answer.resize(ice::write_check_success(answer, scripted_peer::transaction_of(asked), asked.source,
                                         stun::short_term_key(scripted_peer::password))
                    .value());
  (void)w.inject(n, socket_id{1}, asked.destination, answer);
  CHECK(states() == std::vector{succeeded, waiting, waiting, waiting});
}

TEST_CASE("checks: the controlling agent nominates with a second check on the same pair",
          "[agent][8445-8.1.1-a][8445-8.1.1-b][8445-7.1.2-a][8445-7.2.5.3.4-a][8445-8.1.2-b]") {
  scripted_peer peer{1};
  peer.introduce();
  const auto first = peer.next_check();
  CHECK_FALSE(peer.parse(first).has<stun::use_candidate>());
  (void)peer.send(peer.success(first));
  const auto second = peer.next_check();
  CHECK(peer.parse(second).has<stun::use_candidate>());
  CHECK(peer.parse(second).find(stun::attribute_type::use_candidate)->value.empty());
  CHECK(second.destination == first.destination);
  CHECK(second.sent_at - first.sent_at == 50ms);
  CHECK(peer.n.agent.selected() == nullptr);
  (void)peer.send(peer.success(second));
  REQUIRE(peer.n.agent.selected() != nullptr);
  CHECK(count_events<event::selected>(peer.n) == 1);
  CHECK(peer.n.agent.checklists().state(stream_id{0}) == ice::checklist_state::completed);
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("checks: only one pair is nominated, and the others are left alone",
          "[agent][8445-8.1.1-c][8445-8.1.2-a][8445-8.1.2-c]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.tell_candidate({address::v4(192, 0, 2, 3), 7000}, "2", 10);
  peer.tell_candidate({address::v4(192, 0, 2, 4), 7000}, "3", 5);
  const auto best = peer.next_check();
  const auto other = peer.next_check();
  (void)peer.send(peer.success(best));
  const auto nomination = peer.next_check();
  CHECK(peer.parse(nomination).has<stun::use_candidate>());
  CHECK(nomination.destination == best.destination);
  (void)peer.send(peer.success(nomination));
  CHECK(peer.n.agent.checklists().size() == 1);
  (void)peer.sent();
  peer.net.run_for(3s);
  CHECK(peer.sent().empty());
  (void)other;

  (void)peer.check({}, right_address);
  CHECK(peer.cls(peer.only_sent()) == stun::message_class::success);
}

TEST_CASE("checks: a late answer to a cancelled check adds a valid pair but selects nothing else",
          "[agent][8445-8.1.2-f]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.tell_candidate({address::v4(192, 0, 2, 3), 7000}, "2", 10);
  const auto best = peer.next_check();
  const auto other = peer.next_check();
  (void)peer.send(peer.success(best));
  (void)peer.send(peer.success(peer.next_check()));
  const auto selected = peer.n.agent.selected()->remote;
  CHECK(std::holds_alternative<consumed>(peer.send(peer.success(other), other.destination)));
  CHECK(peer.n.agent.selected()->remote == selected);
  CHECK(count_events<event::selected>(peer.n) == 1);
}

TEST_CASE("checks: a controlled agent takes the nomination when the pair works",
          "[agent][8445-7.3.1.5-a][8445-7.3.1.5-b][8445-7.2.5.3.4-c][8445-7.1.2-b]") {
  scripted_peer peer{1, controlled()};
  peer.introduce();
  SECTION("nominated when it works already: at once") {
    peer.answer_next();
    (void)peer.check(nominating);
    CHECK(peer.n.agent.selected() != nullptr);
  }
  SECTION("nominated before: when its check succeeds") {
    (void)peer.check(nominating);
    CHECK(peer.n.agent.selected() == nullptr);
    peer.answer_next();
    CHECK(peer.n.agent.selected() != nullptr);
  }
  CHECK(peer.n.agent.state() == connection_state::completed);
  for (const auto& w : peer.net.log()) {
    if (peer.cls(w) == stun::message_class::request) {
      CHECK_FALSE(peer.parse(w).has<stun::use_candidate>());
    }
  }
}

TEST_CASE("checks: USE-CANDIDATE means nothing to a controlling agent, or from a controlled one",
          "[agent][8445-7.3.1.5-d][8445-7.3-h]") {
  SECTION("to a controlling agent") {
    scripted_peer peer{1};
    peer.introduce();
    peer.answer_next();
    (void)peer.check({.claims = {}, .nominates = true});
    CHECK(peer.n.agent.selected() == nullptr);
  }
  SECTION("with ICE-CONTROLLED") {
    scripted_peer peer{1, controlled()};
    peer.introduce();
    peer.answer_next();
    // The larger tie-breaker of the agent makes it controlling.
    (void)peer.check({.claims = {{ice::role::controlled, 0}}, .nominates = true});
    CHECK(peer.n.agent.selected() == nullptr);
  }
}

TEST_CASE("checks: a peer that nominates several pairs gets the best of them",
          "[agent][8445-8.1.1-e][5245-8.1.1.2-a]") {
  scripted_peer peer{1, controlled()};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.tell_credentials();
  peer.tell_candidate(low, "2", 10);
  peer.tell_candidate();
  (void)peer.check(nominating, low);
  while (peer.n.agent.selected() == nullptr) {
    const auto asked = peer.next_check();
    if (asked.destination == low) (void)peer.send(peer.success(asked), low);
  }
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == low);
  (void)peer.check(nominating, right_address);
  const auto asked = peer.next_check();
  CHECK(asked.destination == right_address);
  (void)peer.send(peer.success(asked));
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == right_address);
  CHECK(count_events<event::selected>(peer.n) == 2);
  (void)peer.check(nominating, low);
  CHECK(peer.n.agent.remote(peer.n.agent.selected()->remote)->candidate.address == right_address);
}

TEST_CASE("checks: a nomination that is refused fails the list, when the PAC timer lets it",
          "[agent][8445-7.2.5.3.4-b][8863-4-c]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  (void)peer.send(peer.error(peer.next_check(), stun::error_code::bad_request));
  CHECK(only_pair(peer).state == ice::pair_state::failed);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
  CHECK(peer.n.agent.checklists().state(stream_id{0}) == ice::checklist_state::running);
  peer.net.run_for(40s);
  CHECK(peer.n.agent.checklists().state(stream_id{0}) == ice::checklist_state::failed);
  CHECK(peer.n.agent.state() == connection_state::failed);
  CHECK_FALSE(peer.net.send_data(peer.n, "x"));
}

TEST_CASE("checks: candidates learned without end push out each other, never the selected pair",
          "[agent][ATK-D03]") {
  auto behaviour = controlled();
  behaviour.limits.remote_candidates = 4;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  (void)peer.check(nominating);
  peer.answer_next();
  const auto selected = peer.n.agent.selected()->remote;
  for (std::uint16_t port = 1; port <= 2000; ++port) {
    (void)peer.check({.priority = 0x7effffff, .claims = {{ice::role::controlling, 1}}},
                     {address::v4(203, 0, 113, 9), port});
  }
  CHECK(peer.n.agent.checklists().size() == 1 + 4);
  CHECK(peer.n.agent.selected()->remote == selected);
  CHECK(peer.n.agent.remote(selected)->candidate.address == right_address);
}

TEST_CASE("checks: addresses that the peer claims to see leave room for the host's own",
          "[agent][ATK-D03]") {
  auto behaviour = controlled();
  behaviour.limits.local_candidates = 2;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  for (std::uint8_t n = 1; n <= 8; ++n) {
    peer.tell_candidate({address::v4(192, 0, 2, n), 7000}, std::to_string(n), n);
  }
  for (std::uint16_t n = 1; n <= 8; ++n) {
    const auto asked = peer.next_check();
    (void)peer.send(peer.success(asked, {address::v4(203, 0, 113, 5), n}), asked.destination);
  }
  CHECK(peer.n.agent.add_local(socket_id{9}, {address::v4(192, 0, 2, 99), 9000}));
}

TEST_CASE("checks: every change of a pair is an event for those who ask", "[agent]") {
  auto behaviour = controlling();
  behaviour.report_pairs = true;
  scripted_peer peer{1, behaviour};
  peer.introduce();
  peer.answer_next();
  std::vector<std::pair<std::optional<ice::pair_state>, ice::pair_state>> seen;
  for (const auto& e : peer.n.events) {
    if (const auto* const p = std::get_if<event::pair_changed>(&e.what)) {
      seen.emplace_back(p->from, p->to);
    }
  }
  using enum ice::pair_state;
  const decltype(seen) expected{
      {std::nullopt, frozen}, {frozen, waiting}, {waiting, in_progress}, {in_progress, succeeded}};
  CHECK(seen == expected);
}

TEST_CASE("checks: an agent that became controlled nominates nothing any more",
          "[agent][8445-7.1.2-b]") {
  scripted_peer peer{1};
  peer.introduce();
  peer.answer_next();
  const auto nomination = peer.next_check();
  (void)peer.check({.claims = {{ice::role::controlling, ~std::uint64_t{0}}}});
  REQUIRE(peer.n.agent.role() == ice::role::controlled);
  (void)peer.sent();
  SECTION("its check is not repeated") {
    peer.net.run_for(4s);
    CHECK(peer.sent().empty());
  }
  SECTION("a late refusal of it changes nothing") {
    (void)peer.check(nominating);
    REQUIRE(peer.n.agent.state() == connection_state::completed);
    (void)peer.send(peer.error(nomination, stun::error_code::bad_request));
    CHECK(peer.n.agent.state() == connection_state::completed);
  }
}

TEST_CASE(
    "checks: a pair that gave way is not valid by a late answer, for nothing could nominate it",
    "[agent]") {
  auto behaviour = controlling();
  behaviour.limits.pairs = 1;
  scripted_peer peer{1, behaviour};
  peer.tell_credentials();
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.tell_candidate(low, "2", 10);
  const auto asked = peer.next_check();
  SECTION("one that the peer came on takes its place") {
    (void)peer.check();
    (void)peer.send(peer.success(asked), low);
    CHECK(count_events<event::path_found>(peer.n) == 0);
  }
  SECTION("one that nobody has tried does not while its check is under way") {
    peer.tell_candidate();
    (void)peer.send(peer.success(asked), low);
    CHECK(count_events<event::path_found>(peer.n) == 1);
    (void)peer.send(peer.success(peer.next_check()), low);
    CHECK(peer.n.agent.state() == connection_state::completed);
    return;
  }
  peer.answer_next();
  peer.answer_next();
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("checks: a nomination that fails does not keep another one from working",
          "[agent][8445-8.1.1-e]") {
  scripted_peer peer{1, controlled()};
  const endpoint low{address::v4(192, 0, 2, 3), 7000};
  peer.introduce();
  peer.tell_candidate(low, "2", 10);
  (void)peer.check(nominating);
  (void)peer.check(nominating, low);
  const auto first = peer.next_check();
  const auto second = peer.next_check();
  (void)peer.send(peer.error(first, stun::error_code::bad_request), first.destination);
  CHECK(peer.n.agent.state() == connection_state::checking);
  (void)peer.send(peer.success(second), second.destination);
  CHECK(peer.n.agent.state() == connection_state::completed);
}

TEST_CASE("checks: a relay that proves the peer is there has the direct paths asked again, once",
          "[agent]") {
  scripted_peer peer{1};
  peer.introduce();
  const endpoint relayed{address::v4(203, 0, 113, 7), 5000};
  peer.net.act(peer.n, [&](auto& a) {
    (void)a
        .add_remote({.foundation = ice::foundation::from_number(2),
                     .priority = 5,
                     .address = relayed,
                     .type = ice::candidate_type::relay})
        .value();
  });
  const auto direct = peer.next_check();
  const auto by_relay = peer.next_check();
  REQUIRE(by_relay.destination == relayed);
  const auto asked_again = [&] {
    const auto again = peer.next_check();
    return again.destination == right_address &&
           peer.transaction_of(again) != peer.transaction_of(direct) &&
           again.sent_at < direct.sent_at + 500ms;
  };
  SECTION("when the first valid pair takes it") {
    (void)peer.send(peer.success(by_relay), relayed);
    CHECK(asked_again());
    // The first transaction's answer still counts.
    (void)peer.send(peer.success(direct));
    CHECK(peer.n.agent.checklists()[peer.n.agent.checklists().order().front()].state ==
          ice::pair_state::succeeded);
  }
  SECTION("when the peer's first check comes through it") {
    (void)peer.check({}, relayed);
    const auto first = peer.next_check();
    CHECK(first.destination == relayed);
    CHECK(asked_again());
    // Another one tells nothing new.
    (void)peer.check({}, relayed);
    CHECK(peer.next_check().destination == relayed);
    CHECK(peer.next_check().sent_at >= direct.sent_at + 500ms);
  }
}

TEST_CASE("checks: a session of two streams is completed or failed when both are",
          "[agent][8445-8.1.2-d]") {
  const bool answers = GENERATE(true, false);
  auto behaviour = controlling();
  behaviour.limits.streams = 2;
  scripted_peer peer{1, behaviour};
  constexpr stream_id second{1};
  const endpoint other{right_address.address, 6002};
  REQUIRE(peer.n.agent.add_stream(1).value() == second);
  peer.net.bind(peer.n, {left_address.address, 5002}, second);
  peer.net.act(peer.n, [&](agent& a) { a.gather(peer.net.now()); });
  peer.introduce();
  const auto& lists = peer.n.agent.checklists();
  const auto end = answers ? ice::checklist_state::completed : ice::checklist_state::failed;
  const auto run_to_end_of = [&](stream_id stream) {
    for (int i = 0; i < 100 && lists.state(stream) != end; ++i) {
      if (answers) {
        const auto check = peer.next_check();
        const auto socket = socket_id{check.source == left_address ? 1U : 2U};
        (void)peer.net.inject(peer.n, socket, check.destination, peer.success(check, check.source));
      } else {
        peer.net.run_for(1s);
      }
    }
    return lists.state(stream) == end;
  };
  // The second stream begins later, so that it ends later.
  if (!answers) peer.net.run_for(20s);
  peer.net.act(peer.n, [&](agent& a) {
    (void)a.set_remote_credentials(scripted_peer::ufrag, scripted_peer::password, second).value();
    if (answers) return;
    (void)a.add_remote(host(other), {}, second).value();
  });
  REQUIRE(run_to_end_of(stream_id{0}));
  CHECK(lists.state(second) == ice::checklist_state::running);
  CHECK(peer.n.agent.state() == connection_state::checking);
  if (answers) {
    peer.net.act(peer.n, [&](agent& a) { (void)a.add_remote(host(other), {}, second).value(); });
  }
  REQUIRE(run_to_end_of(second));
  CHECK(peer.n.agent.state() == (answers ? connection_state::completed : connection_state::failed));
}
