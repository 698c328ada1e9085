#include "floe/stun/binding_lifetime.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "catch.hpp"
#include "floe/stun/attributes/error.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::binding_lifetime;
using stun::binding_lifetime_config;
using stun::lifetime_report;
using stun::lifetime_verdict;
using stun::message_view;

namespace {

constexpr time_point zero{};
constexpr socket_id tested{1};
constexpr socket_id probing{2};
const endpoint server{address::v4(192, 0, 2, 1), 3478};
using bytes = std::vector<std::byte>;

binding_lifetime_config configuration() {
  return {.socket = tested,
          .probe_socket = probing,
          .server = server,
          .retransmit = {.rto = 500ms, .rc = 3, .rm = 2}};
}

auto counting() {
  return [n = std::uint32_t{0}](byte_span out) mutable {
    for (auto& b : out) b = static_cast<std::byte>((++n * 2654435761U) >> 24U);
  };
}

/// A NAT that drops a binding after a silence, and a server behind it.
struct world {
  duration lifetime = 60s;
  bool answers = true;
  bool knows_response_port = true;     ///< else it answers to where the request came from
  bool refuses_response_port = false;  ///< with 420
  unsigned lose_first_probes = 0;

  std::uint16_t port = 50000;  ///< of the tested socket's binding
  time_point last_sent = time_point::min();
  unsigned probes = 0;
  std::vector<duration> silences{};    ///< before the first probe of each trial
  std::optional<time_point> probed{};  ///< when the silence began that was probed last

  struct arrival {
    socket_id at;
    bytes message;
  };

  std::optional<arrival> carry(time_point now, const transmit& out, byte_view message) {
    CHECK(out.remote == server);
    const auto request = message_view::parse(message);
    REQUIRE(request);
    const bool is_alive = elapsed(last_sent, now) < lifetime;
    const auto wanted = request->get<stun::response_port>();
    CHECK(wanted.has_value() == (out.local == probing));
    CHECK_FALSE(request->has<stun::padding>());
    if (out.local == tested) {
      if (!is_alive) ++port;
      last_sent = now;
      return reply(*request, tested, port);
    }
    ++probes;
    if (probed != last_sent) silences.push_back(elapsed(last_sent, now));
    probed = last_sent;
    if (lose_first_probes > 0) {
      --lose_first_probes;
      return std::nullopt;
    }
    if (refuses_response_port) return refusal(*request);
    if (!knows_response_port) return reply(*request, probing, 60000);
    if (wanted->value != port || !is_alive) return std::nullopt;
    return reply(*request, tested, 60000);
  }

 private:
  [[nodiscard]] std::optional<arrival> reply(const message_view& request, socket_id at,
                                             std::uint16_t mapped) const {
    if (!answers) return std::nullopt;
    std::array<std::byte, 100> buffer{};
    const auto size = stun::writer{buffer,
                                   {stun::method::binding, stun::message_class::success},
                                   request.transaction()}
                          .add(stun::xor_mapped_address{{address::v4(203, 0, 113, 1), mapped}})
                          .finish();
    return arrival{at, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)}};
  }

  static std::optional<arrival> refusal(const message_view& request) {
    std::array<std::byte, 100> buffer{};
    stun::unknown_attributes unknown;
    unknown.types.insert(stun::attribute_type::response_port);
    const auto size = stun::writer{buffer,
                                   {stun::method::binding, stun::message_class::error},
                                   request.transaction()}
                          .add(stun::error_code_attribute{stun::error_code::unknown_attribute})
                          .add(unknown)
                          .finish();
    return arrival{probing, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*size)}};
  }
};

struct run_result {
  lifetime_report report;
  unsigned requests = 0;
};

run_result run(world& w, const binding_lifetime_config& config = configuration()) {
  auto entropy = counting();
  auto now = zero;
  binding_lifetime search{now, config, entropy};
  run_result out{};
  for (int turn = 0; turn < 1000; ++turn) {
    std::array<std::byte, 100> buffer{};
    if (const auto t = search.poll_transmit(buffer)) {
      ++out.requests;
      if (const auto back = w.carry(now, *t, byte_view{buffer}.first(t->size))) {
        now += 20ms;
        CHECK(search.handle_datagram(now, {back->at, server, back->message}));
      }
      continue;
    }
    if (const auto event = search.poll_event()) {
      out.report = *event;
      CHECK(event->when == now);
      CHECK_FALSE(search.poll_event());
      CHECK_FALSE(search.next_timeout());
      return out;
    }
    const auto next = search.next_timeout();
    REQUIRE(next);
    REQUIRE(*next > now);
    now = *next;
    search.handle_timeout(now);
  }
  FAIL("no end");
  return out;
}

}  // namespace

TEST_CASE("binding lifetime: the next silence is twice as long, then halfway",
          "[stun][5780-4.6-a]") {
  constexpr stun::lifetime_search asked{.estimate = 3min, .longest = 10min, .resolution = 5s};
  CHECK(stun::next_silence({}, asked) == 3min);
  CHECK(stun::next_silence({3min, {}}, asked) == 6min);
  CHECK(stun::next_silence({6min, {}}, asked) == 10min);
  CHECK_FALSE(stun::next_silence({10min, {}}, asked));
  CHECK(stun::next_silence({0s, 3min}, asked) == 90s);
  CHECK(stun::next_silence({30s, 50s}, asked) == 40s);
  CHECK(stun::next_silence({30s, 36s}, asked) == 33s);
  CHECK_FALSE(stun::next_silence({30s, 35s}, asked));
}

TEST_CASE("binding lifetime: is found as exactly as asked", "[stun][5780-4.6-a][5780-7.5-a]") {
  for (const duration lifetime : {duration{12s}, duration{30s}, duration{119s}, duration{120s},
                                  duration{180s}, duration{300s}, duration{700s}}) {
    INFO(std::chrono::duration_cast<std::chrono::seconds>(lifetime).count());
    world w{.lifetime = lifetime};
    const auto report = run(w).report;
    CHECK(report.verdict == lifetime_verdict::measured);
    REQUIRE(report.bounds.gone_after);
    // A silence is measured from the answer to the request that began it.
    CHECK(report.bounds.alive_after < lifetime);
    CHECK(*report.bounds.gone_after + 20ms >= lifetime);
    CHECK(*report.bounds.gone_after - report.bounds.alive_after <= 5s);
  }
}

TEST_CASE("binding lifetime: begins with some minutes and takes few requests",
          "[stun][5780-4.6-b][5780-5-e]") {
  world eternal{.lifetime = 24h};
  const auto all = run(eternal);
  CHECK(all.report.bounds.alive_after == 30min);
  CHECK_FALSE(all.report.bounds.gone_after);
  CHECK(eternal.silences ==
        std::vector<duration>{3min + 20ms, 6min + 20ms, 12min + 20ms, 24min + 20ms, 30min + 20ms});
  CHECK(all.requests == 10);
  world brief{.lifetime = 12s};
  CHECK(run(brief).requests < 30);
}

TEST_CASE("binding lifetime: a server that refuses RESPONSE-PORT, and one that does not know it",
          "[stun][5780-5-a]") {
  world refusing{.refuses_response_port = true};
  CHECK(run(refusing).report.verdict == lifetime_verdict::unsupported);
  CHECK(refusing.probes == 1);
  world unknowing{.knows_response_port = false};
  CHECK(run(unknowing).report.verdict == lifetime_verdict::unsupported);
  CHECK(unknowing.probes == 1);
}

TEST_CASE("binding lifetime: a server that is silent", "[stun][5780-4.2-b]") {
  world w{.answers = false};
  const auto out = run(w);
  CHECK(out.report.verdict == lifetime_verdict::blocked);
  CHECK(out.requests == 3);
}

TEST_CASE("binding lifetime: a lost probe is repeated before the binding counts as gone",
          "[stun][5780-4.6-a]") {
  world w{.lifetime = 24h, .lose_first_probes = 2};
  CHECK(run(w).report.bounds.alive_after == 30min);
}

TEST_CASE(
    "binding lifetime: a probe carries RESPONSE-PORT alone, and FINGERPRINT where sockets are "
    "shared",
    "[stun][5780-5-b][5780-7.6-a]") {
  auto config = configuration();
  config.fingerprint = true;
  auto entropy = counting();
  binding_lifetime search{zero, config, entropy};
  world w;
  std::array<std::byte, 100> buffer{};
  auto t = search.poll_transmit(buffer);
  REQUIRE(t);
  CHECK_FALSE(search.poll_transmit(buffer));
  const auto plain = w.carry(zero, *t, byte_view{buffer}.first(t->size));
  CHECK(search.handle_datagram(zero, {tested, server, plain->message}).error() ==
        reject::bad_fingerprint);
  std::array<std::byte, 100> reply{};
  const auto size =
      stun::writer{reply,
                   {stun::method::binding, stun::message_class::success},
                   message_view::parse(byte_view{buffer}.first(t->size))->transaction()}
          .add(stun::xor_mapped_address{{address::v4(203, 0, 113, 1), 50000}})
          .add_fingerprint()
          .finish();
  REQUIRE(search.handle_datagram(zero, {tested, server, byte_view{reply}.first(*size)}));
  search.handle_timeout(zero + 3min - 1ns);
  CHECK_FALSE(search.poll_transmit(buffer));
  search.handle_timeout(zero + 3min);
  std::array<std::byte, 20> small{};
  CHECK_FALSE(search.poll_transmit(small));  // and loses nothing
  t = search.poll_transmit(buffer);
  REQUIRE(t);
  CHECK(t->local == probing);
  const auto probe = message_view::parse(byte_view{buffer}.first(t->size));
  CHECK(probe->get<stun::response_port>()->value == 50000);
  CHECK(check_fingerprint(*probe) == stun::fingerprint_state::right);
  CHECK(t->size == 20 + 8 + 8);
}

TEST_CASE("binding lifetime: what is not an answer from the server changes nothing",
          "[stun][ATK-C03]") {
  auto entropy = counting();
  binding_lifetime search{zero, configuration(), entropy};
  std::array<std::byte, 100> buffer{};
  const auto t = search.poll_transmit(buffer);
  const auto request = byte_view{buffer}.first(t->size);
  const auto why = [&](socket_id at, const endpoint& from, byte_view message) {
    const auto outcome = search.handle_datagram(zero, {at, from, message});
    return outcome ? std::nullopt : std::optional{outcome.error()};
  };
  const auto answer = [&](stun::message_class cls, stun::transaction_id id) {
    bytes reply(100);
    stun::writer out{reply, {stun::method::binding, cls}, id};
    out.add(stun::xor_mapped_address{{address::v4(203, 0, 113, 1), 50000}});
    reply.resize(*out.finish());
    return reply;
  };
  const auto id = message_view::parse(request)->transaction();
  const auto good = answer(stun::message_class::success, id);
  CHECK(why(tested, server, byte_view{good}.first(10)) == reject::not_stun);
  CHECK(why(tested, server, request) == reject::unsupported_method);
  CHECK(why(tested, server, answer(stun::message_class::indication, id)) ==
        reject::unsupported_method);
  CHECK(why(tested, server, answer(stun::message_class::success, {})) ==
        reject::unknown_transaction);
  CHECK(why(probing, server, good) == reject::wrong_path);
  CHECK(why(socket_id{3}, server, good) == reject::wrong_path);
  CHECK(why(tested, {server.address, 1}, good) == reject::wrong_path);
  CHECK(search.next_timeout() == zero + 500ms);
  CHECK_FALSE(why(tested, server, good));
  CHECK(why(tested, server, good) == reject::unknown_transaction);  // it has been answered
  CHECK(search.next_timeout() == zero + 3min);
}

TEST_CASE("binding lifetime: a first answer without an address leaves nothing to probe", "[stun]") {
  auto entropy = counting();
  binding_lifetime search{zero, configuration(), entropy};
  std::array<std::byte, 100> buffer{};
  const auto t = search.poll_transmit(buffer);
  std::array<std::byte, 100> reply{};
  const auto size =
      stun::writer{reply,
                   {stun::method::binding, stun::message_class::success},
                   message_view::parse(byte_view{buffer}.first(t->size))->transaction()}
          .finish();
  CHECK(search.handle_datagram(zero, {tested, server, byte_view{reply}.first(*size)}));
  const auto report = search.poll_event();
  REQUIRE(report);
  CHECK(report->verdict == lifetime_verdict::unsupported);
}

TEST_CASE("binding lifetime: what is overdue counts before the answer that comes too late",
          "[stun]") {
  auto entropy = counting();
  world w;
  binding_lifetime search{zero, configuration(), entropy};
  std::array<std::byte, 100> buffer{};
  const auto out = search.poll_transmit(buffer);
  REQUIRE(out);
  const auto back = w.carry(zero, *out, byte_view{buffer}.first(out->size));
  REQUIRE(back);
  // No answer after 500 + 1000 + 2 * 500 ms.
  const auto late = search.handle_datagram(zero + 2500ms, {back->at, server, back->message});
  REQUIRE_FALSE(late);
  CHECK(late.error() == reject::unknown_transaction);
  const auto report = search.poll_event();
  REQUIRE(report);
  CHECK(report->verdict == lifetime_verdict::blocked);
}
