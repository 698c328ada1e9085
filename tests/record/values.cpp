#include "floe/record/values.hpp"

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;
using record::input;
using record::output;
using record::policy;

namespace {

/// The bytes of a configuration.
std::vector<std::byte> bytes_of(const config& c) {
  std::vector<std::byte> kept;
  auto sink = [&kept](byte_view more) {
    kept.insert(kept.end(), more.begin(), more.end());
    return true;
  };
  output out{sink};
  out(record::describe(time_point{5s}, c));
  out.flush();
  return kept;
}

config strange() {
  config c{.role = ice::role::controlled, .level = ice::level::lite};
  c.gathering.server_limit = 3s;
  c.gathering.first_relay = 77;
  c.gathering.software = "software";
  c.gathering.relay.family = turn::relay_family::both;
  c.gathering.relay.reservation = std::array<std::byte, 8>{std::byte{1}, std::byte{2}};
  c.gathering.relay.lifetime = 600;
  c.gathering.relay_limits.channels = 5;
  c.gathering.limits.sockets = 3;
  c.components = 2;
  c.ta = 70ms;
  c.presumed_ta = 30ms;
  c.check = {600ms, 5, 12};
  c.give_up = 6s;
  c.nomination.chosen_by = ice::nomination_config::host;
  c.nomination.patience = 123ms;
  c.consent.interval = 6s;
  c.keepalive = 20s;
  c.release = 4s;
  c.presume_end_of_candidates = false;
  c.loopback = true;
  c.answer_strangers = false;
  c.report_pairs = true;
  c.limits.pairs = 99;
  c.limits.events = 7;
  return c;
}

bool odd(const ice::candidate& c) noexcept { return c.priority % 2 != 0; }

}  // namespace

TEST_CASE("values: a configuration reads back as it was", "[record]") {
  for (const auto& c : {config{}, strange()}) {
    const auto written = bytes_of(c);
    input in{written};
    record::setup read;
    REQUIRE(in(read));
    CHECK(in.empty());
    CHECK(read.now == time_point{5s});
    CHECK(bytes_of(read.config) == written);
    CHECK(read.config.release == c.release);
    CHECK(read.config.limits.events == c.limits.events);
    CHECK(read.config.gathering.relay == c.gathering.relay);
    CHECK(read.config.check.rc == c.check.rc);
    CHECK(read.config.gathering.software == c.gathering.software);
  }
}

TEST_CASE("values: every part of a configuration shows in the recording", "[record]") {
  const auto usual = bytes_of({});
  const auto shows = [&](auto&& change) {
    config c;
    change(c);
    return bytes_of(c) != usual;
  };
  ice::pacer pacer;
  CHECK(shows([](config& c) { c.role = ice::role::controlled; }));
  CHECK(shows([](config& c) { c.nomination.follow = 1s; }));
  CHECK(shows([](config& c) { c.consent.late = 1s; }));
  CHECK(shows([](config& c) { c.offers = ice::relayed_only; }));
  CHECK(shows([](config& c) { c.accepts = ice::no_host; }));
  CHECK(shows([](config& c) { c.accepts = odd; }));
  CHECK(shows([&](config& c) { c.pacer = &pacer; }));
  CHECK(shows([](config& c) { c.gathering.special_peers = true; }));
  CHECK(shows([](config& c) { c.limits.early_checks = 1; }));
}

TEST_CASE("values: a policy has a name, or is the host's own", "[record]") {
  CHECK(record::name_of(ice::any_candidate) == policy::any);
  CHECK(record::name_of(ice::relayed_only) == policy::relayed_only);
  CHECK(record::name_of(ice::no_host) == policy::no_host);
  CHECK(record::name_of(odd) == policy::custom);
}

TEST_CASE("values: the spacing of a shared pacer is found out", "[record]") {
  ice::pacer pacer{35ms};
  pacer.take(time_point{100s});
  const config c{.pacer = &pacer};
  CHECK(record::describe(time_point{5s}, c).pacer == 35ms);
  CHECK(pacer.free_at(time_point{5s}) == time_point{100s} + 35ms);
}

TEST_CASE("values: candidates read back, with any foundation", "[record]") {
  const ice::candidate whole{.foundation = ice::foundation::from_text("a+/9").value(),
                             .component = component_id{2},
                             .priority = 5,
                             .address = {address::v4(192, 0, 2, 1), 9},
                             .type = ice::candidate_type::relay,
                             .related = endpoint{address::v4(192, 0, 2, 2), 10}};
  for (const auto& c : {whole, ice::candidate{}}) {
    output out;
    out(c);
    input in{out.written()};
    ice::candidate read;
    REQUIRE(in(read));
    CHECK(read == c);
  }
  output out;
  out(std::string_view{"no foundation"});
  input in{out.written()};
  ice::foundation f;
  CHECK_FALSE(in(f));
}

TEST_CASE("values: what takes too much is not playable", "[record]") {
  const auto playable = [](auto&& change) {
    config c;
    change(c);
    return is_playable(record::describe({}, c));
  };
  CHECK(playable([](config&) {}));
  CHECK(playable([](config& c) { c.keepalive = duration::max(); }));
  CHECK_FALSE(playable([](config& c) { c.ta = 25h; }));
  CHECK_FALSE(playable([](config& c) { c.limits.pairs = 5000; }));
  CHECK_FALSE(playable([](config& c) { c.gathering.limits.attempts = 5000; }));
  CHECK_FALSE(playable([](config& c) { c.gathering.limits.relays = 60'000; }));
  CHECK_FALSE(playable([](config& c) { c.gathering.relay_limits.permissions = 60'000; }));
  CHECK_FALSE(playable([](config& c) { c.gathering.retransmit.rto = {}; }));
  CHECK_FALSE(playable([](config& c) { c.gathering.limits.addresses = 65; }));
  CHECK_FALSE(playable([](config& c) { c.gathering.relay_limits.stream_frame = 1U << 30U; }));
  CHECK_FALSE(playable([](config& c) { c.gathering.keepalive = -1s; }));
}
