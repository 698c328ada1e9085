#include "floe/agent/config.hpp"

#include "catch.hpp"

using namespace floe;
using namespace std::chrono_literals;

TEST_CASE("config: the defaults are those of the RFCs",
          "[agent][8445-14.2-a][8445-11-a][8445-6.1.2.5-a][7675-5.1-c][8863-4-b]") {
  const config c;
  CHECK_FALSE(find_fault(c));
  CHECK(c.ta == 10ms);
  CHECK(c.presumed_ta == 50ms);
  CHECK(c.check.rto == 500ms);
  CHECK(c.check.rc == 7);
  CHECK(c.check.rm == 16);
  CHECK(c.keepalive == 15s);
  CHECK(c.consent.interval == 5s);
  CHECK(c.consent.expiry == 30s);
  CHECK(c.limits.pairs == 100);
  CHECK(stun::retransmit_schedule{time_point{}, c.check}.expiry() == time_point{39500ms});
}

TEST_CASE("config: a field out of its range is named",
          "[agent][8445-14.3-c][7675-5.1-d][8445-11-a]") {
  const auto fault = [](auto change) {
    config c;
    change(c);
    const auto found = find_fault(c);
    return found ? found->field : std::string_view{};
  };
  CHECK(fault([](config& c) { c.components = 0; }) == "components");
  CHECK(fault([](config& c) { c.components = 257; }) == "components");
  CHECK(fault([](config& c) { c.ta = 4ms; }) == "ta");
  CHECK(fault([](config& c) { c.presumed_ta = -1ms; }) == "presumed_ta");
  CHECK(fault([](config& c) { c.presumed_ta = 0ms; }).empty());
  CHECK(fault([](config& c) { c.give_up = 4999ms; }) == "give_up");
  CHECK(fault([](config& c) { c.give_up = 5s; }).empty());
  CHECK(fault([](config& c) { c.check.rto = 100ms; }) == "check.rto");
  CHECK(fault([](config& c) { c.check.rto = 61s; }) == "check.rto");
  CHECK(fault([](config& c) { c.check.rc = 0; }) == "check.rc");
  CHECK(fault([](config& c) { c.check.rc = 17; }) == "check.rc");
  CHECK(fault([](config& c) { c.check.rm = 0; }) == "check.rm");
  CHECK(fault([](config& c) { c.nomination.patience = -1ms; }) == "nomination.patience");
  CHECK(fault([](config& c) { c.consent.interval = 1s; }) == "consent.interval");
  CHECK(fault([](config& c) { c.consent.expiry = 31s; }) == "consent.expiry");
  CHECK(fault([](config& c) { c.consent.expiry = 5s; }) == "consent.expiry");
  CHECK(fault([](config& c) { c.consent.late = 0s; }) == "consent.late");
  CHECK(fault([](config& c) { c.consent.suspect = 5s; }) == "consent.suspect");
  CHECK(fault([](config& c) { c.consent.suspect = 31s; }) == "consent.suspect");
  CHECK(fault([](config& c) { c.nomination.follow = -1ms; }) == "nomination.follow");
  CHECK(fault([](config& c) { c.nomination.accepts = nullptr; }) == "nomination.accepts");
  CHECK(fault([](config& c) { c.offers = nullptr; }) == "offers");
  CHECK(fault([](config& c) { c.accepts = nullptr; }) == "accepts");
  CHECK(fault([](config& c) { c.release = 2s; }) == "release");
  CHECK(fault([](config& c) { c.keepalive = 14s; }) == "keepalive");
  CHECK(fault([](config& c) { c.gathering.server_limit = 0s; }) == "gathering.server_limit");
  CHECK(fault([](config& c) { c.gathering.enough_after = -1s; }) == "gathering.enough_after");
  CHECK(fault([](config& c) { c.gathering.keepalive = -1s; }) == "gathering.keepalive");
  CHECK(fault([](config& c) { c.gathering.keepalive = 0s; }).empty());
  CHECK(fault([](config& c) { c.gathering.retry_lost = 0s; }) == "gathering.retry_lost");
  CHECK(fault([](config& c) { c.gathering.retransmit.rto = 0s; }) == "gathering.retransmit.rto");
  CHECK(fault([](config& c) { c.gathering.retransmit.rto = 61s; }) == "gathering.retransmit.rto");
  CHECK(fault([](config& c) { c.gathering.retransmit.rc = 17; }) == "gathering.retransmit.rc");
  CHECK(fault([](config& c) { c.gathering.relay.reserve_next_port = true; }) == "gathering.relay");
  CHECK(fault([](config& c) { c.gathering.limits.sockets = 4097; }) == "gathering.limits.sockets");
  CHECK(fault([](config& c) { c.gathering.limits.attempts = 65535; }) ==
        "gathering.limits.attempts");
  CHECK(fault([](config& c) { c.gathering.relay_limits.outstanding = 65535; }) ==
        "gathering.relay_limits.outstanding");
  CHECK(fault([](config& c) { c.gathering.relay_limits.stream_frame = 70'000; }) ==
        "gathering.relay_limits.stream_frame");
  CHECK(fault([](config& c) { c.limits.streams = 0; }) == "limits.streams");
  CHECK(fault([](config& c) { c.limits.components = 0; }) == "limits.components");
  CHECK(fault([](config& c) { c.limits.local_candidates = 0; }) == "limits.local_candidates");
  CHECK(fault([](config& c) { c.limits.remote_candidates = 0; }) == "limits.remote_candidates");
  CHECK(fault([](config& c) { c.limits.pairs = 0; }) == "limits.pairs");
  CHECK(fault([](config& c) { c.limits.answers = 0; }) == "limits.answers");
  CHECK(fault([](config& c) { c.limits.early_checks = 0; }) == "limits.early_checks");
  CHECK(fault([](config& c) { c.limits.events = 0; }) == "limits.events");
  CHECK(fault([](config& c) { c.limits.local_candidates = 4097; }) == "limits.local_candidates");
  CHECK(fault([](config& c) { c.limits.remote_candidates = 65535; }) == "limits.remote_candidates");
  CHECK(fault([](config& c) { c.limits.components = 10000; }) == "limits.components");
}
