#include "floe/stun/nat_discovery.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::message_view;
using stun::nat_discovery;
using stun::nat_discovery_config;
using stun::nat_kind;
using stun::nat_report;
using stun::nat_verdict;

namespace {

constexpr time_point zero{};
const address inside = address::v4(10, 0, 0, 2);
const address outside = address::v4(203, 0, 113, 1);
const address primary = address::v4(192, 0, 2, 1);
const address alternate = address::v4(192, 0, 2, 2);
constexpr std::array<std::uint16_t, 2> server_ports{3478, 3479};

using bytes = std::vector<std::byte>;

/// A NAT, and behind it a server with two addresses and two ports.
struct world {
  nat_kind mapping = nat_kind::endpoint_independent;
  nat_kind filtering = nat_kind::endpoint_independent;
  bool hairpins = false;
  bool answers = true;
  bool knows_other = true;
  bool takes_change_request = true;
  bool rewrites = false;
  bool hides_second = false;  ///< its other address does not say where requests come from

  std::vector<stun::change_request> asked{};
  std::vector<std::pair<std::pair<socket_id, endpoint>, endpoint>> bindings{};
  std::vector<std::pair<socket_id, endpoint>> sent_to{};
  unsigned requests = 0;

  static bool same(nat_kind kind, const endpoint& a, const endpoint& b) {
    if (kind == nat_kind::endpoint_independent) return true;
    return a.address == b.address && (kind == nat_kind::address_dependent || a.port == b.port);
  }

  endpoint map(socket_id from, const endpoint& to) {
    if (mapping == nat_kind::none) return {inside, static_cast<std::uint16_t>(from)};
    for (const auto& [key, mapped] : bindings) {
      if (key.first == from && same(mapping, key.second, to)) return mapped;
    }
    const endpoint mapped{outside, static_cast<std::uint16_t>(50000 + bindings.size())};
    bindings.push_back({{from, to}, mapped});
    return mapped;
  }

  [[nodiscard]] bool lets_in(socket_id to, const endpoint& from) const {
    return std::any_of(sent_to.begin(), sent_to.end(), [&](const auto& s) {
      return s.first == to && same(filtering, s.second, from);
    });
  }

  /// What comes back for a datagram, if anything: at which socket, from where, and what.
  struct arrival {
    socket_id at;
    endpoint from;
    bytes message;
  };

  std::optional<arrival> carry(const transmit& out, byte_view message) {
    ++requests;
    const auto source = map(out.local, out.remote);
    sent_to.emplace_back(out.local, out.remote);
    for (const auto& [key, mapped] : bindings) {
      if (mapped == out.remote) {
        if (!hairpins) return std::nullopt;
        return arrival{key.first, source, {message.begin(), message.end()}};
      }
    }
    if (!answers) return std::nullopt;
    const auto request = message_view::parse(message);
    REQUIRE(request);
    const auto change = request->get<stun::change_request>();
    std::array<std::byte, 200> buffer{};
    endpoint from = out.remote;
    if (change) {
      asked.push_back(*change);
      if (change->change_ip) from.address = from.address == primary ? alternate : primary;
      if (change->change_port)
        from.port = from.port == server_ports[0] ? server_ports[1] : server_ports[0];
    }
    const bool refuses = change && !takes_change_request;
    if (refuses) from = out.remote;
    const auto cls = refuses ? stun::message_class::error : stun::message_class::success;
    stun::writer reply{buffer, {stun::method::binding, cls}, request->transaction()};
    if (refuses) {
      stun::unknown_attributes unknown;
      unknown.types.insert(stun::attribute_type::change_request);
      reply.add(stun::error_code_attribute{stun::error_code::unknown_attribute}).add(unknown);
    } else {
      auto plain = source;
      if (rewrites) plain.address = inside;
      if (!hides_second || out.remote.address == primary) {
        reply.add(stun::xor_mapped_address{source}).add(stun::mapped_address{plain});
      }
      reply.add(stun::response_origin{from});
      if (knows_other) reply.add(stun::other_address{{alternate, server_ports[1]}});
    }
    const auto size = reply.finish();
    REQUIRE(size);
    if (!lets_in(out.local, from)) return std::nullopt;
    return arrival{
        out.local, from, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)}};
  }
};

constexpr socket_id first{4001};
constexpr socket_id second{4002};

nat_discovery_config configuration() {
  return {.socket = first,
          .local = {inside, 4001},
          .filtering_socket = second,
          .server = {primary, server_ports[0]},
          .retransmit = {.rto = 500ms, .rc = 3, .rm = 2}};
}

struct run_result {
  nat_report report;
  std::vector<time_point> starts;  ///< of new requests
};

run_result run(world& w, const nat_discovery_config& config = configuration()) {
  std::uint32_t drawn = 0;
  auto entropy = [&drawn](byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>((++drawn * 2654435761U) >> 24U);
  };
  auto now = zero;
  nat_discovery client{now, config, entropy};
  run_result out{};
  std::set<bytes> seen;
  for (int turn = 0; turn < 1000; ++turn) {
    std::array<std::byte, 200> buffer{};
    if (const auto t = client.poll_transmit(buffer)) {
      const auto message = byte_view{buffer}.first(t->size);
      if (seen.insert({message.begin(), message.end()}).second) out.starts.push_back(now);
      if (const auto back = w.carry(*t, message)) {
        now += 20ms;
        CHECK(client.handle_datagram(now, {back->at, back->from, back->message}));
      }
      continue;
    }
    if (const auto event = client.poll_event()) {
      out.report = *event;
      CHECK(event->when == now);
      CHECK_FALSE(client.poll_event());
      CHECK_FALSE(client.next_timeout());
      return out;
    }
    const auto next = client.next_timeout();
    REQUIRE(next);
    REQUIRE(*next > now);
    now = *next;
    client.handle_timeout(now);
  }
  FAIL("no end");
  return out;
}

constexpr std::array kinds{nat_kind::endpoint_independent, nat_kind::address_dependent,
                           nat_kind::address_and_port_dependent};

}  // namespace

TEST_CASE("nat discovery: every mapping with every filtering is told for what it is",
          "[stun][5780-4.3-a][5780-4.3-b][5780-4.4-a][5780-4.4-b][5780-4.4-c][5780-3.4-a]") {
  for (const auto mapping : kinds) {
    for (const auto filtering : kinds) {
      for (const bool hairpins : {false, true}) {
        world w{.mapping = mapping, .filtering = filtering, .hairpins = hairpins};
        const auto report = run(w).report;
        CHECK(report.verdict == nat_verdict::tested);
        CHECK(report.mapping == mapping);
        CHECK(report.filtering == filtering);
        CHECK(report.hairpinning == hairpins);
        CHECK_FALSE(report.alg);
        CHECK(report.mapped.address == outside);
      }
    }
  }
}

TEST_CASE("nat discovery: without a NAT there is still a firewall to test", "[stun][5780-4.2-c]") {
  for (const auto filtering : kinds) {
    world w{.mapping = nat_kind::none, .filtering = filtering};
    const auto report = run(w).report;
    CHECK(report.mapping == nat_kind::none);
    CHECK(report.filtering == filtering);
    CHECK_FALSE(report.hairpinning);
  }
}

TEST_CASE("nat discovery: a server that is silent, and one with a single address",
          "[stun][5780-4.2-a][5780-4.2-b]") {
  world silent{.answers = false};
  CHECK(run(silent).report.verdict == nat_verdict::blocked);
  world single{.knows_other = false};
  const auto report = run(single).report;
  CHECK(report.verdict == nat_verdict::unsupported);
  CHECK(report.mapped.address == outside);
  CHECK(single.requests == 1);
}

TEST_CASE("nat discovery: a server that can't answer from elsewhere leaves the filter unknown",
          "[stun][5780-5-a]") {
  world w{.takes_change_request = false};
  const auto report = run(w).report;
  CHECK(report.verdict == nat_verdict::tested);
  CHECK(report.filtering == nat_kind::unknown);
  CHECK(report.mapping == nat_kind::endpoint_independent);
}

TEST_CASE("nat discovery: addresses that were rewritten on the way are noticed",
          "[stun][5780-3.6-a][5780-7.3-a][5780-7.4-a]") {
  world w{.rewrites = true};
  CHECK(run(w).report.alg);
}

TEST_CASE("nat discovery: at most ten new requests in a second", "[stun][5780-5-e]") {
  world w{.mapping = nat_kind::address_and_port_dependent};
  const auto starts = run(w).starts;
  CHECK(starts.size() >= 6);
  for (std::size_t i = 1; i < starts.size(); ++i) CHECK(starts[i] - starts[i - 1] >= 100ms);
}

TEST_CASE("nat discovery: FINGERPRINT where the socket is shared", "[stun][5780-5-b]") {
  auto config = configuration();
  config.fingerprint = true;
  auto entropy = [](byte_span out) { std::fill(out.begin(), out.end(), std::byte{1}); };
  nat_discovery client{zero, config, entropy};
  std::array<std::byte, 100> buffer{};
  const auto t = client.poll_transmit(buffer);
  REQUIRE(t);
  const auto message = message_view::parse(byte_view{buffer}.first(t->size));
  CHECK(check_fingerprint(*message) == stun::fingerprint_state::right);
}

TEST_CASE("nat discovery: answers from elsewhere count in the filtering tests only",
          "[stun][5780-4.2-d][ATK-C03]") {
  auto entropy = [n = std::uint32_t{0}](byte_span out) mutable {
    for (auto& b : out) b = static_cast<std::byte>(++n);
  };
  nat_discovery client{zero, configuration(), entropy};
  std::array<std::byte, 100> buffer{};
  auto now = zero;
  const auto answer = [&](const endpoint& from, reject expected, bool accepted) {
    const auto t = client.poll_transmit(buffer);
    REQUIRE(t);
    const auto id = message_view::parse(byte_view{buffer}.first(t->size))->transaction();
    std::array<std::byte, 100> reply{};
    const auto size = stun::writer{reply, {stun::method::binding, stun::message_class::success}, id}
                          .add(stun::xor_mapped_address{{outside, 1}})
                          .add(stun::other_address{{alternate, server_ports[1]}})
                          .finish();
    now += 200ms;
    const auto message = byte_view{reply}.first(*size);
    const auto outcome = client.handle_datagram(now, {t->local, from, message});
    CHECK(outcome.has_value() == accepted);
    if (!outcome) {
      CHECK(outcome.error() == expected);
      CHECK(client.handle_datagram(now, {t->local, t->remote, message}));
    }
    CHECK_FALSE(client.handle_datagram(now, {t->local, t->remote, message}));
  };
  const endpoint elsewhere{alternate, server_ports[1]};
  answer(elsewhere, reject::wrong_path, false);          // mapping 1
  answer(elsewhere, reject::wrong_path, false);          // filtering 1
  answer(elsewhere, reject::unknown_transaction, true);  // filtering 2
  answer({primary, 1}, reject::wrong_path, false);       // mapping 2
}

TEST_CASE("nat discovery: what is no answer changes nothing, and is refused for its reason",
          "[stun][ATK-C03][ATK-A26]") {
  auto entropy = [n = std::uint32_t{0}](byte_span out) mutable {
    for (auto& b : out) b = static_cast<std::byte>(++n);
  };
  auto config = configuration();
  config.fingerprint = true;
  nat_discovery client{zero, config, entropy};
  std::array<std::byte, 100> buffer{};
  const auto t = client.poll_transmit(buffer);
  REQUIRE(t);
  const auto id = message_view::parse(byte_view{buffer}.first(t->size))->transaction();
  const auto refused = [&](stun::message_type type, bool has_print, bool print_fits = true) {
    std::array<std::byte, 100> reply{};
    stun::writer out{reply, type, id};
    if (has_print) out.add_fingerprint();
    const auto size = *out.finish();
    if (!print_fits) reply[size - 1] ^= std::byte{1};
    const auto outcome =
        client.handle_datagram(zero, {t->local, t->remote, byte_view{reply}.first(size)});
    return outcome ? std::nullopt : std::optional{outcome.error()};
  };
  using enum stun::message_class;
  CHECK(client.handle_datagram(zero, {t->local, t->remote, byte_view{buffer}.first(10)}).error() ==
        reject::not_stun);
  CHECK(refused({stun::method::binding, success}, false) == reject::bad_fingerprint);
  CHECK(refused({stun::method::binding, success}, true, false) == reject::bad_fingerprint);
  CHECK(refused({stun::method::allocate, success}, true) == reject::unsupported_method);
  CHECK(refused({stun::method::binding, request}, true) == reject::unsupported_method);
  CHECK(refused({stun::method::binding, indication}, true) == reject::unsupported_method);
  CHECK(client.next_timeout() == zero + 500ms);
  CHECK_FALSE(client.poll_event());
  CHECK_FALSE(refused({stun::method::binding, success}, true));
}

TEST_CASE("nat discovery: only our own request at the other socket shows a hairpin",
          "[stun][5780-3.4-a]") {
  auto entropy = [n = std::uint32_t{0}](byte_span out) mutable {
    for (auto& b : out) b = static_cast<std::byte>(++n);
  };
  world w{};
  nat_discovery client{zero, configuration(), entropy};
  auto now = zero;
  std::array<std::byte, 200> buffer{};
  for (int turn = 0; turn < 200; ++turn) {
    now = client.next_timeout().value_or(now);
    client.handle_timeout(now);
    const auto t = client.poll_transmit(buffer);
    if (!t) continue;
    const bytes sent{buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(t->size)};
    if (t->remote.address != outside) {
      const auto back = w.carry(*t, sent);
      REQUIRE(back);
      REQUIRE(client.handle_datagram(now, {back->at, back->from, back->message}));
      continue;
    }
    const auto why = [&](socket_id at, byte_view message) {
      const auto outcome = client.handle_datagram(now, {at, t->remote, message});
      return outcome ? std::nullopt : std::optional{outcome.error()};
    };
    auto answer = sent;
    answer[0] = std::byte{0x01};
    CHECK(why(first, answer) == reject::unsupported_method);
    CHECK(why(second, sent) == reject::wrong_path);
    CHECK_FALSE(client.poll_event());
    CHECK_FALSE(why(first, sent));
    const auto report = client.poll_event();
    REQUIRE(report);
    CHECK(report->hairpinning == true);
    return;
  }
  FAIL("no hairpin test");
}

TEST_CASE("nat discovery: a redirection is not followed", "[stun][5780-5-d]") {
  auto entropy = [n = std::uint32_t{0}](byte_span out) mutable {
    for (auto& b : out) b = static_cast<std::byte>(++n);
  };
  nat_discovery client{zero, configuration(), entropy};
  std::array<std::byte, 100> buffer{};
  const auto t = client.poll_transmit(buffer);
  REQUIRE(t);
  const auto id = message_view::parse(byte_view{buffer}.first(t->size))->transaction();
  std::array<std::byte, 100> reply{};
  const auto size = stun::writer{reply, {stun::method::binding, stun::message_class::error}, id}
                        .add(stun::error_code_attribute{stun::error_code::try_alternate})
                        .add(stun::alternate_server{{alternate, server_ports[0]}})
                        .finish();
  CHECK(client.handle_datagram(zero, {t->local, t->remote, byte_view{reply}.first(*size)}));
  CHECK_FALSE(client.poll_transmit(buffer));
  const auto report = client.poll_event();
  REQUIRE(report);
  CHECK(report->verdict == nat_verdict::unsupported);
}

namespace {

/// The answer to the request that a client wants to send, from where it is sent to.
struct answered {
  transmit to;
  bytes message;

  [[nodiscard]] datagram in() const { return {to.local, to.remote, message}; }
};

answered answer_of(nat_discovery& client, const endpoint& other) {
  std::array<std::byte, 200> buffer{};
  const auto t = client.poll_transmit(buffer);
  REQUIRE(t);
  const auto id = message_view::parse(byte_view{buffer}.first(t->size))->transaction();
  const auto size = stun::writer{buffer, {stun::method::binding, stun::message_class::success}, id}
                        .add(stun::xor_mapped_address{{outside, 50000}})
                        .add(stun::other_address{other})
                        .finish();
  REQUIRE(size);
  return {*t, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)}};
}

struct counted_entropy {
  std::uint32_t drawn = 0;
  void operator()(byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>((++drawn * 2654435761U) >> 24U);
  }
};

}  // namespace

TEST_CASE("nat discovery: what is overdue counts before the answer that comes too late", "[stun]") {
  counted_entropy entropy;
  nat_discovery client{zero, configuration(), entropy};
  const auto answer = answer_of(client, {alternate, server_ports[1]});
  // No answer after 500 + 1000 + 2 * 500 ms.
  const auto late = client.handle_datagram(zero + 2500ms, answer.in());
  REQUIRE_FALSE(late);
  CHECK(late.error() == reject::unknown_transaction);
  CHECK(client.poll_event()->verdict == nat_verdict::blocked);
}

TEST_CASE("nat discovery: ten requests a second, as soon as they may", "[stun][5780-5-e]") {
  counted_entropy entropy;
  nat_discovery client{zero, configuration(), entropy};
  const endpoint other{alternate, server_ports[1]};
  REQUIRE(client.handle_datagram(zero + 1ms, answer_of(client, other).in()));
  std::array<std::byte, 200> buffer{};
  CHECK_FALSE(client.poll_transmit(buffer));
  CHECK(client.next_timeout() == zero + 100ms);
  client.handle_timeout(zero + 100ms);
  const auto second_answer = answer_of(client, other);
  REQUIRE(client.handle_datagram(zero + 200ms, second_answer.in()));
  CHECK(client.poll_transmit(buffer));
}

TEST_CASE("nat discovery: another address that can't be asked is none", "[stun][5780-4.3-a]") {
  for (const auto& other :
       {endpoint{address::v6({0x20, 0x01, 0x0d, 0xb8}), 3479}, endpoint{alternate, 0}}) {
    counted_entropy entropy;
    nat_discovery client{zero, configuration(), entropy};
    REQUIRE(client.handle_datagram(zero, answer_of(client, other).in()));
    const auto report = client.poll_event();
    REQUIRE(report);
    CHECK(report->verdict == nat_verdict::unsupported);
  }
}

TEST_CASE("nat discovery: filtering is asked for from the other address and port, then the port",
          "[stun][5780-4.4-a][5780-4.4-b]") {
  world w{.filtering = nat_kind::address_and_port_dependent};
  run(w);
  REQUIRE(w.asked.size() >= 2);
  CHECK(w.asked.front() == stun::change_request{true, true});
  CHECK(w.asked.back() == stun::change_request{false, true});
}

TEST_CASE("nat discovery: an answer that does not say where from says nothing about mapping",
          "[stun][5780-4.3-a]") {
  world w{.hairpins = true, .hides_second = true};
  const auto report = run(w).report;
  CHECK(report.verdict == nat_verdict::tested);
  CHECK(report.mapping == nat_kind::unknown);
  CHECK(report.hairpinning == true);
}
