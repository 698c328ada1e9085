#include "floe/gather/server.hpp"

#include "catch.hpp"

using namespace floe;
using gather::plan_for;
using gather::service;

TEST_CASE("server: a URI says what to ask for, how, and where", "[gather][7065-3.1-a]") {
  const auto stun = plan_for("stun:stun.example.org");
  REQUIRE(stun);
  CHECK(stun->service == service::reflexive);
  CHECK(stun->transport == turn::transport::udp);
  CHECK(stun->host == "stun.example.org");
  CHECK(stun->port == 3478);
  CHECK(stun->lookup == sdp::uri_lookup::service);

  const auto turn = plan_for("turn:192.0.2.15:3479");
  REQUIRE(turn);
  CHECK(turn->service == service::relay);
  CHECK(turn->literal == address::v4(192, 0, 2, 15));
  CHECK(turn->port == 3479);
  CHECK(turn->lookup == sdp::uri_lookup::none);

  CHECK(plan_for("turn:a?transport=tcp")->transport == turn::transport::tcp);
  CHECK(plan_for("turns:a")->transport == turn::transport::tls);
  CHECK(plan_for("turns:a")->port == 5349);
  CHECK(plan_for("turns:a?transport=udp")->transport == turn::transport::dtls);
}

TEST_CASE("server: what is of no use says why", "[gather]") {
  CHECK(plan_for("http://a").error() == errc::malformed_text);
  CHECK(plan_for("").error() == errc::malformed_text);
  CHECK(plan_for("stuns:a").error() == errc::unsupported);
  CHECK(plan_for("turn:a?transport=sctp").error() == errc::unsupported);
}
