#include "floe/turn/session_inbound.hpp"

#include <chrono>
#include <vector>

#include "catch.hpp"
#include "turn/bench.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::attribute_type;
using stun::error_code;
using stun::message_class;
using stun::method;
using support::bench;
using support::bytes;
using support::parsed;
using support::text;
using turn::allocation_state;
namespace event = turn::event;

namespace {

const endpoint peer{address::v4(198, 51, 100, 20), 7000};
const endpoint stranger{address::v4(198, 51, 100, 99), 7000};

/// A session with a channel to the peer.
struct fixture : bench {
  explicit fixture(const turn::session_config& config = support::turn_config()) : bench{config} {
    allocate();
    REQUIRE(session.bind(peer));
    settle();
    REQUIRE(session.has_channel(peer));
  }

  bytes data(const support::scripted_server::add& more) {
    return server.write({method::data, message_class::indication}, {}, more);
  }
  using add = support::scripted_server::add;
};

}  // namespace

TEST_CASE("inbound: data comes from the peer it names, on a channel and without one",
          "[turn][8656-11.4-c][8656-12.6-c][8656-12-d]") {
  fixture f;
  CHECK_FALSE(f.deliver(vectors::unhex("40000003616263")));
  CHECK_FALSE(f.deliver(f.data([](stun::writer& w) {
    w.add(stun::xor_peer_address{peer}).add(stun::data{as_byte_view("def")});
  })));
  CHECK_FALSE(f.deliver(
      f.data([](stun::writer& w) { w.add(stun::xor_peer_address{peer}).add(stun::data{}); })));
  REQUIRE(f.received.size() == 3);
  CHECK(f.received[0] == std::pair{peer, text("abc")});
  CHECK(f.received[1] == std::pair{peer, text("def")});
  CHECK(f.received[2] == std::pair{peer, bytes{}});
}

TEST_CASE("inbound: frames of channels that are not bound are dropped",
          "[turn][8656-12.6-b][8656-12.6-a][8656-12-a][ATK-B01][ATK-B03]") {
  fixture f;
  for (const auto* const frame : {"40010001ff", "4fff0001ff", "50000001ff", "7fff0001ff",
                                  "40000004ffffff", "4000ffff", "4000", "40"}) {
    CHECK(f.deliver(vectors::unhex(frame)));
  }
  CHECK(f.received.empty());
  CHECK_FALSE(f.deliver(vectors::unhex("40000001ffeeee")));
  CHECK(f.received.back().second.size() == 1);
}

TEST_CASE("inbound: what is not from the server is not TURN",
          "[turn][8656-5-f][ATK-B04][7983-7-c]") {
  fixture f;
  CHECK(f.deliver(vectors::unhex("40000003616263"), support::turn_socket, stranger) ==
        reject::wrong_path);
  CHECK(f.deliver(vectors::unhex("40000003616263"), socket_id{99}) == reject::wrong_path);
  CHECK_FALSE(f.session.accepts({support::turn_socket, stranger}));
  CHECK_FALSE(f.session.accepts({socket_id{99}, f.server.at}));
  CHECK(f.session.accepts({support::turn_socket, f.server.at}));
  CHECK(f.received.empty());
}

TEST_CASE("inbound: a Data indication needs a peer with a permission, and data",
          "[turn][8656-11.4-a][8656-11.4-b][8656-11.4-d][ATK-E12]") {
  fixture f;
  const auto refused = [&](const fixture::add& more) {
    CHECK(f.deliver(f.data(more)));
    CHECK(f.received.empty());
  };
  refused([](stun::writer& w) { w.add(stun::data{as_byte_view("x")}); });
  refused([](stun::writer& w) { w.add(stun::xor_peer_address{peer}); });
  refused([](stun::writer& w) {
    w.add(stun::xor_peer_address{stranger}).add(stun::data{as_byte_view("x")});
  });
  refused([](stun::writer& w) {
    w.add(stun::xor_peer_address{peer}).add(stun::data{as_byte_view("x")}).add(stun::icmp{3, 3, 0});
  });
  refused([](stun::writer& w) {
    w.add(stun::xor_peer_address{stranger})
        .add(stun::xor_peer_address{peer})
        .add(stun::data{as_byte_view("x")});
  });
  refused([](stun::writer& w) {
    w.add(stun::xor_peer_address{peer})
        .add(stun::data{as_byte_view("x")})
        .add(stun::number_attribute<attribute_type{0x7777}, std::uint32_t>{1});
  });
  // Of two peers the first counts.
  CHECK_FALSE(f.deliver(f.data([](stun::writer& w) {
    w.add(stun::xor_peer_address{peer})
        .add(stun::xor_peer_address{stranger})
        .add(stun::data{as_byte_view("x")});
  })));
  REQUIRE(f.received.size() == 1);
  CHECK(f.received[0].first == peer);
}

TEST_CASE("inbound: ICMP errors are told for peers with a permission",
          "[turn][8656-11.6-a][8656-11.6-b]") {
  fixture f;
  CHECK(f.deliver(f.data([](stun::writer& w) {
    w.add(stun::xor_peer_address{stranger}).add(stun::icmp{3, 3, 0});
  })));
  f.drain();
  CHECK_FALSE(f.last<event::icmp>());
  CHECK_FALSE(f.deliver(f.data([](stun::writer& w) {
    w.add(stun::xor_peer_address{peer})
        .add(stun::bytes_attribute<attribute_type::icmp>{vectors::unhex("0000030400000514")});
  })));
  f.drain();
  REQUIRE(f.last<event::icmp>());
  CHECK(f.last<event::icmp>()->peer == peer);
  CHECK(f.last<event::icmp>()->type == 3);
  CHECK(f.last<event::icmp>()->code == 4);
  CHECK(f.last<event::icmp>()->data == 1300);
}

TEST_CASE("inbound: wrapping is taken off once", "[turn][ATK-B05]") {
  fixture f;
  CHECK_FALSE(f.deliver(f.data([](stun::writer& w) {
    w.add(stun::xor_peer_address{peer}).add(stun::data{vectors::unhex("40000001ff")});
  })));
  CHECK(vectors::to_hex(f.received.back().second) == "40000001ff");
}

TEST_CASE("inbound: the first data may overtake the answer to its ChannelBind", "[turn]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.bind(peer));
  b.session.handle_timeout(b.now);
  b.drain();
  CHECK_FALSE(b.deliver(vectors::unhex("40000001ff")));
  CHECK(b.received.size() == 1);
  CHECK_FALSE(b.session.has_channel(peer));
}

TEST_CASE("inbound: a response that proves nothing changes nothing", "[turn][8656-21-c][ATK-E11]") {
  bench b;
  b.allocate();
  REQUIRE(b.session.permit(peer.address));
  b.session.handle_timeout(b.now);
  const auto out = b.drain();
  REQUIRE(out.size() == 1);
  const auto& request = out[0].message;
  CHECK(b.deliver(b.server.answer(request, message_class::success, {}, false)) ==
        reject::no_integrity);
  b.server.password = "forged";
  CHECK(b.deliver(b.server.answer(request, message_class::success, {})) == reject::bad_integrity);
  CHECK(b.deliver(b.server.answer(request, message_class::error, [](stun::writer& w) {
    w.add(stun::error_code_attribute{error_code::allocation_mismatch});
  })) == reject::bad_integrity);
  b.server.password = "pass";
  // The right id with another method.
  const auto m = parsed(request);
  CHECK(b.deliver(b.server.write({method::refresh, message_class::success}, m.transaction(),
                                 [](stun::writer& w) { w.add(stun::lifetime{0}); })) ==
        reject::unknown_transaction);
  CHECK(b.deliver(b.server.answer(request, message_class::success, {}), support::turn_socket,
                  stranger) == reject::wrong_path);
  b.drain();
  CHECK(b.session.state() == allocation_state::active);
  CHECK_FALSE(b.session.is_permitted(peer.address));
  CHECK_FALSE(b.deliver(b.server.answer(request, message_class::success, {})));
  CHECK(b.session.is_permitted(peer.address));
  CHECK(b.deliver(b.server.answer(request, message_class::success, {})) ==
        reject::unknown_transaction);
}

TEST_CASE("inbound: an answer that lost what its nonce announces is as if it never came",
          "[turn][8489-9.2.5-i]") {
  const auto front = stun::nonce_front({true, true});
  const std::string announced = std::string{front.begin(), front.end()} + "rest";
  for (const auto transport : {turn::transport::udp, turn::transport::tcp}) {
    auto config = support::turn_config();
    config.transport = transport;
    bench b{config};
    const bool stream = turn::is_stream(transport);
    const auto deliver = [&](const bytes& answer) {
      if (!stream) return b.deliver(answer);
      b.session.handle_stream(b.now, support::turn_socket, answer);
      std::optional<reject> why;
      while (const auto in = b.session.next_inbound(b.now)) {
        if (!*in) why = in->error();
      }
      return why;
    };
    // Neither a success nor an error that would end the session counts, though it be signed.
    REQUIRE(b.session.start(b.now));
    const auto first = b.drain();
    REQUIRE(first.size() == 1);
    REQUIRE_FALSE(deliver(b.server.take(b.now, support::turn_client, first[0].message).at(0)));
    const auto asked = b.drain();
    REQUIRE(asked.size() == 1);
    const auto granted =
        b.server.answer(asked[0].message, message_class::success, [&](stun::writer& w) {
          w.add(stun::xor_relayed_address{peer})
              .add(stun::xor_mapped_address{peer})
              .add(stun::lifetime{600})
              .add(stun::nonce{announced});
        });
    CHECK(deliver(granted) == reject::bad_attribute);
    CHECK_FALSE(b.session.granted());
    b.drain();
    if (stream) {
      // Nothing is repeated there: no better answer can come.
      CHECK(b.last<event::ended>()->why == turn::end_reason::unproved);
      continue;
    }
    const auto refused =
        b.server.answer(asked[0].message, message_class::error, [&](stun::writer& w) {
          w.add(stun::error_code_attribute{error_code::forbidden}).add(stun::nonce{announced});
        });
    CHECK(deliver(refused) == reject::bad_attribute);
    CHECK(b.drain().empty());
    CHECK(b.events.empty());
    CHECK(b.session.next_timeout() == b.now + 500ms);
    b.now += 500ms;
    b.session.handle_timeout(b.now);
    CHECK(b.drain().at(0).message == asked[0].message);
  }
}

TEST_CASE("inbound: nothing that comes from the server's address harms the allocation",
          "[turn][8656-5-e][ATK-A26]") {
  fixture f;
  std::uint32_t seed = 1;
  INFO("seed " << seed);
  for (int i = 0; i < 20000; ++i) {
    bytes junk(static_cast<std::size_t>(i) % 64);
    for (auto& byte : junk) {
      seed = seed * 1664525 + 1013904223;
      byte = static_cast<std::byte>(seed >> 24U);
    }
    if (junk.size() >= 20 && i % 2 == 0) {
      junk[0] = static_cast<std::byte>(i % 2);
      store_be(junk.data() + 2, static_cast<std::uint16_t>(junk.size() - 20));
      store_be(junk.data() + 4, stun::magic_cookie);
    }
    (void)f.deliver(junk);
  }
  for (const unsigned number : {0x000U, 0xfffU, 0x006U, 0x001U}) {
    for (const auto cls : {message_class::request, message_class::indication}) {
      CHECK(f.deliver(f.server.write({static_cast<method>(number), cls}, {},
                                     [](stun::writer&) {})) == reject::unsupported_method);
    }
  }
  f.settle();
  CHECK(f.session.state() == allocation_state::active);
  CHECK(f.session.has_channel(peer));
}

TEST_CASE("inbound: a stream may be cut anywhere", "[turn][8656-15-a][8656-5-c][ATK-B06]") {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 1000U}) {
    auto config = support::turn_config();
    config.transport = turn::transport::tcp;
    fixture f{config};
    bytes stream;
    const auto append = [&](const bytes& more) {
      stream.insert(stream.end(), more.begin(), more.end());
    };
    append(vectors::unhex("4000000361626300"));
    append(f.data([](stun::writer& w) {
      w.add(stun::xor_peer_address{peer}).add(stun::data{as_byte_view("defgh")});
    }));
    append(vectors::unhex("40000000"));
    append(vectors::unhex("4000000431323334"));
    std::vector<bytes> got;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      const auto size = std::min(piece, stream.size() - at);
      f.session.handle_stream(f.now, support::turn_socket, byte_view{stream}.subspan(at, size));
      while (const auto in = f.session.next_inbound(f.now)) {
        REQUIRE(*in);
        REQUIRE(**in);
        CHECK((**in)->peer == peer);
        got.push_back(support::copy((**in)->bytes));
      }
    }
    CHECK(got == std::vector<bytes>{text("abc"), text("defgh"), text(""), text("1234")});
  }
}

TEST_CASE("inbound: a stream that makes no sense ends the session once",
          "[turn][ATK-B08][ATK-B10][8656-15-b]") {
  for (const auto* const nonsense : {"160301020001", "504f5354202f", "ffffffff", "c0000000"}) {
    auto config = support::turn_config();
    config.transport = turn::transport::tls;
    fixture f{config};
    const auto junk = vectors::unhex(nonsense);
    for (int i = 0; i < 3; ++i) {
      f.session.handle_stream(f.now, support::turn_socket, junk);
      while (f.session.next_inbound(f.now)) {
      }
    }
    f.drain();
    CHECK(f.last<event::ended>()->why == turn::end_reason::broken_stream);
    CHECK(f.count<event::ended>() == 1);
    CHECK_FALSE(f.session.next_timeout());
  }
}

TEST_CASE("inbound: a frame that is announced and never comes holds only its room",
          "[turn][ATK-B02][ATK-B07]") {
  auto config = support::turn_config();
  config.transport = turn::transport::tcp;
  config.limits.stream_frame = 2000;
  fixture f{config};
  const auto header = vectors::unhex("400007cc");
  f.session.handle_stream(f.now, support::turn_socket, header);
  CHECK_FALSE(f.session.next_inbound(f.now));
  CHECK(f.session.state() == allocation_state::active);
  const bytes body(1996);
  f.session.handle_stream(f.now, support::turn_socket, body);
  const auto in = f.session.next_inbound(f.now);
  REQUIRE(in);
  CHECK((**in)->bytes.size() == 1996);
  CHECK_FALSE(f.session.next_inbound(f.now));
  const auto larger = vectors::unhex("0101fff0");
  f.session.handle_stream(f.now, support::turn_socket, larger);
  CHECK_FALSE(f.session.next_inbound(f.now));
  f.drain();
  CHECK(f.last<event::ended>()->why == turn::end_reason::broken_stream);
}

TEST_CASE("inbound: a session that has ended refuses everything", "[turn][ATK-H02]") {
  fixture f;
  f.session.close(f.now);
  f.settle();
  REQUIRE(f.session.state() == allocation_state::ended);
  const auto events = f.events.size();
  CHECK(f.deliver(vectors::unhex("40000003616263")) == reject::closed);
  CHECK(f.deliver(f.server.answer(f.log.back().message, message_class::success, {})) ==
        reject::closed);
  f.run(1h);
  CHECK(f.events.size() == events);
}

TEST_CASE("inbound: what the host wanted goes out with whatever a stream brings, at its time",
          "[turn]") {
  auto config = support::turn_config();
  config.transport = turn::transport::tcp;
  config.reliable_timeout = 1s;
  fixture f{config};
  const auto wants = [&](std::uint8_t last) {
    REQUIRE(f.session.permit(address::v4(198, 51, 100, last)));
  };
  const auto frame = vectors::unhex("4000000431323334");
  wants(1);
  f.session.handle_stream(f.now, support::turn_socket, byte_view{frame}.first(3));
  CHECK_FALSE(f.session.next_inbound(f.now + 100s));
  CHECK(f.drain().size() == 1);
  CHECK(f.session.next_timeout() == f.now + 101s);
  f.now += 100s;
  wants(2);
  f.session.handle_stream(f.now, support::turn_socket, byte_view{frame}.subspan(3));
  CHECK(f.session.next_inbound(f.now));
  CHECK(f.drain().size() == 1);
  CHECK_FALSE(f.session.next_inbound(f.now));
}
