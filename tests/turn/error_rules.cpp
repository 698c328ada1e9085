#include "floe/turn/error_rules.hpp"

#include <chrono>
#include <string_view>

#include "catch.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::error_code;
using turn::allocate_decision;
using turn::peer_decision;
using turn::refresh_decision;

TEST_CASE("error rules: every code of an Allocate has its answer",
          "[turn][8656-7.4-b][8656-7.4-c][8656-7.4-d][8656-7.4-e][8656-7.4-i][8656-7.4-j]") {
  const auto decide = [](error_code code) { return turn::decide_allocate({.code = code}); };
  CHECK(decide(error_code::try_alternate) == allocate_decision::try_alternate);
  CHECK(decide(error_code::bad_request) == allocate_decision::fail);
  CHECK(decide(error_code::unauthenticated) == allocate_decision::authenticate);
  CHECK(decide(error_code::forbidden) == allocate_decision::fail);
  CHECK(decide(error_code::mobility_forbidden) == allocate_decision::fail);
  CHECK(decide(error_code::unknown_attribute) == allocate_decision::fail);
  CHECK(decide(error_code::allocation_mismatch) == allocate_decision::another_socket);
  CHECK(decide(error_code::stale_nonce) == allocate_decision::authenticate);
  CHECK(decide(error_code::address_family_not_supported) == allocate_decision::fail);
  CHECK(decide(error_code::wrong_credentials) == allocate_decision::fail);
  CHECK(decide(error_code::unsupported_transport_protocol) == allocate_decision::fail);
  CHECK(decide(error_code::peer_address_family_mismatch) == allocate_decision::fail);
  CHECK(decide(error_code::allocation_quota_reached) == allocate_decision::wait);
  CHECK(decide(error_code::insufficient_capacity) == allocate_decision::wait);
  CHECK(decide(error_code::server_error) == allocate_decision::resend);
  CHECK(decide(error_code{699}) == allocate_decision::fail);
}

TEST_CASE("error rules: what can be done without is left out", "[turn][8656-7.4-f][8016-3.1-c]") {
  for (const auto code : {error_code::unknown_attribute, error_code::insufficient_capacity}) {
    CHECK(turn::decide_allocate({.code = code, .can_ask_for_less = true}) ==
          allocate_decision::ask_for_less);
  }
  CHECK(turn::decide_allocate({.code = error_code::mobility_forbidden, .can_ask_for_less = true}) ==
        allocate_decision::ask_for_less);
}

TEST_CASE("error rules: nothing is tried for ever", "[turn][8656-7.4-g][ATK-E05][ATK-E09]") {
  const auto sockets = [](unsigned n) {
    return turn::decide_allocate({.code = error_code::allocation_mismatch, .sockets = n});
  };
  CHECK(sockets(2) == allocate_decision::another_socket);
  CHECK(sockets(3) == allocate_decision::fail);
  const auto waits = [](unsigned n) {
    return turn::decide_allocate({.code = error_code::allocation_quota_reached, .waits = n});
  };
  CHECK(waits(2) == allocate_decision::wait);
  CHECK(waits(3) == allocate_decision::fail);
  const auto errors = [](unsigned n) {
    return turn::decide_allocate({.code = error_code::server_error, .server_errors = n});
  };
  CHECK(errors(3) == allocate_decision::resend);
  CHECK(errors(4) == allocate_decision::fail);
}

TEST_CASE("error rules: a full server is left alone for a minute, then for two",
          "[turn][8656-7.4-k][8656-7.4-l]") {
  CHECK(turn::wait_for(0) == 1min);
  CHECK(turn::wait_for(1) == 2min);
  CHECK(turn::wait_for(2) == 4min);
  CHECK(turn::wait_for(1000) == 8min);
}

TEST_CASE("error rules: a Refresh that fails leaves the allocation, unless it is not there",
          "[turn][8656-8.3-b][8656-8.3-c][8656-8.3-d][8016-3.2-e][ATK-E04]") {
  const auto decide = [](error_code code) { return turn::decide_refresh(code, 1, false); };
  CHECK(decide(error_code::allocation_mismatch) == refresh_decision::gone);
  CHECK(decide(error_code::stale_nonce) == refresh_decision::authenticate);
  CHECK(decide(error_code::unauthenticated) == refresh_decision::authenticate);
  CHECK(decide(error_code::server_error) == refresh_decision::resend);
  CHECK(turn::decide_refresh(error_code::server_error, 4, false) == refresh_decision::keep);
  for (const auto code :
       {error_code::bad_request, error_code::forbidden, error_code::wrong_credentials,
        error_code::peer_address_family_mismatch, error_code::try_alternate,
        error_code::insufficient_capacity, error_code::allocation_quota_reached}) {
    CHECK(decide(code) == refresh_decision::keep);
  }
  CHECK(turn::decide_refresh(error_code::bad_request, 0, true) == refresh_decision::gone);
  CHECK(turn::decide_refresh(error_code::wrong_credentials, 0, true) == refresh_decision::gone);
  CHECK(turn::decide_refresh(error_code::mobility_forbidden, 0, true) == refresh_decision::keep);
}

TEST_CASE("error rules: a request about several peers is told apart before it is given up",
          "[turn][8656-10.1-b][8656-10.3-b][8656-12.3-b][6062-6.3-a][6062-6.3-b]") {
  for (const auto code :
       {error_code::bad_request, error_code::forbidden, error_code::peer_address_family_mismatch,
        error_code::connection_already_exists, error_code::connection_timeout_or_failure,
        error_code::insufficient_capacity, error_code::allocation_quota_reached}) {
    CHECK(turn::decide_peer({.code = code, .server_errors = 1}) == peer_decision::refuse);
    CHECK(turn::decide_peer({.code = code, .server_errors = 1, .peers = 2}) ==
          peer_decision::separate);
  }
  CHECK(turn::decide_peer({.code = error_code::stale_nonce}) == peer_decision::authenticate);
  CHECK(turn::decide_peer({.code = error_code::server_error, .server_errors = 1}) ==
        peer_decision::resend);
  CHECK(turn::decide_peer({.code = error_code::allocation_mismatch}) == peer_decision::gone);
}

TEST_CASE("error rules: who disagrees with the server about channels starts over, where it may",
          "[turn][8656-12.3-a]") {
  const auto decide = [](error_code code, bool bind, bool may) {
    return turn::decide_peer({.code = code, .is_channel_bind = bind, .ends_out_of_step = may});
  };
  CHECK(decide(error_code::bad_request, true, true) == peer_decision::start_over);
  CHECK(decide(error_code::bad_request, true, false) == peer_decision::refuse);
  CHECK(decide(error_code::bad_request, false, true) == peer_decision::refuse);
  CHECK(decide(error_code::forbidden, true, true) == peer_decision::refuse);
}

TEST_CASE("error rules: the codes of TURN have the numbers and phrases of its RFCs",
          "[turn][8656-19-a]") {
  const auto is = [](error_code code, int number, std::string_view phrase) {
    return static_cast<int>(code) == number && stun::reason_phrase(code) == phrase;
  };
  CHECK(is(error_code::forbidden, 403, "Forbidden"));
  CHECK(is(error_code::mobility_forbidden, 405, "Mobility Forbidden"));
  CHECK(is(error_code::allocation_mismatch, 437, "Allocation Mismatch"));
  CHECK(is(error_code::address_family_not_supported, 440, "Address Family not Supported"));
  CHECK(is(error_code::wrong_credentials, 441, "Wrong Credentials"));
  CHECK(is(error_code::unsupported_transport_protocol, 442, "Unsupported Transport Protocol"));
  CHECK(is(error_code::peer_address_family_mismatch, 443, "Peer Address Family Mismatch"));
  CHECK(is(error_code::connection_already_exists, 446, "Connection Already Exists"));
  CHECK(is(error_code::connection_timeout_or_failure, 447, "Connection Timeout or Failure"));
  CHECK(is(error_code::allocation_quota_reached, 486, "Allocation Quota Reached"));
  CHECK(is(error_code::insufficient_capacity, 508, "Insufficient Capacity"));
}

TEST_CASE("error rules: what a response holds must be understood, or be optional", "[turn]") {
  const auto with = [](std::string_view attribute) {
    auto bytes = vectors::unhex("010300082112a4420102030405060708090a0b0c");
    const auto more = vectors::unhex(attribute);
    bytes.insert(bytes.end(), more.begin(), more.end());
    return turn::is_understood(stun::message_view::parse(bytes).value());
  };
  CHECK(with("000d000400000258"));
  CHECK(with("7777000400000000") == false);
  CHECK(with("8777000400000000"));
  CHECK(with("0024000400000000") == false);  // PRIORITY has no place here
}

TEST_CASE("error rules: a first error is the first of everything", "[turn]") {
  const turn::allocate_facts allocate;
  CHECK(allocate.server_errors == 0);
  CHECK(allocate.waits == 0);
  CHECK(allocate.sockets == 1);
  CHECK_FALSE(allocate.can_ask_for_less);
  const turn::peer_facts peer;
  CHECK(peer.server_errors == 0);
  CHECK(peer.peers == 1);
  CHECK_FALSE(peer.is_channel_bind);
  CHECK_FALSE(peer.ends_out_of_step);
  CHECK(turn::most_challenges == 4);
}

TEST_CASE("error rules: nothing has gone wrong before the first error", "[turn]") {
  const turn::allocate_facts allocate;
  CHECK(allocate.server_errors == 0);
  CHECK(allocate.waits == 0);
  CHECK(allocate.sockets == 1);
  const turn::peer_facts peers;
  CHECK(peers.server_errors == 0);
  CHECK_FALSE(peers.ends_out_of_step);
  CHECK(turn::most_challenges == 4);
}
