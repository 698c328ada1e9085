#include "floe/stun/binding_client.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "floe/stun/binding_responder.hpp"
#include "vectors/hex.hpp"

using namespace floe;
using namespace std::chrono_literals;
using stun::binding_client;
using stun::binding_client_config;
using stun::error_code;
using stun::query_failure;

namespace {

constexpr time_point zero{};
constexpr socket_id socket{1};
const endpoint server{address::v4(192, 0, 2, 1), 3478};
const endpoint second_server{address::v4(192, 0, 2, 2), 3478};
const endpoint mapped{address::v4(203, 0, 113, 9), 40000};

using bytes = std::vector<std::byte>;

struct sent {
  transmit to;
  bytes message;
};

/// A client, its entropy, and a clock of its own.
struct fixture {
  std::uint32_t drawn = 0;
  std::function<void(byte_span)> entropy = [this](byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>((++drawn * 2654435761U) >> 24U);
  };
  binding_client client;
  time_point now = zero;

  explicit fixture(const binding_client_config& config = {})
      : client{config, entropy, memory_ref{}} {}

  std::optional<sent> take() {
    std::array<std::byte, max_datagram_size> buffer{};
    const auto out = client.poll_transmit(buffer);
    if (!out) return std::nullopt;
    return sent{*out, {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(out->size)}};
  }

  std::vector<sent> take_all() {
    std::vector<sent> all;
    while (auto one = take()) all.push_back(*one);
    return all;
  }

  /// Lets time pass to the next thing that is due.
  bool step() {
    const auto next = client.next_timeout();
    if (!next) return false;
    REQUIRE(*next > now);
    now = *next;
    client.handle_timeout(now);
    return true;
  }

  result<void, reject> deliver(byte_view message, const endpoint& from = server) {
    return client.handle_datagram(now, {socket, from, message});
  }

  template <class Event>
  Event expect() {
    const auto event = client.poll_event();
    REQUIRE(event);
    REQUIRE(std::holds_alternative<Event>(*event));
    return std::get<Event>(*event);
  }
};

/// The answer of a server that sees requests come from `mapped`.
bytes success(byte_view request) {
  std::array<std::byte, max_datagram_size> buffer{};
  const auto out = stun::respond_to_binding({socket, mapped, request}, buffer);
  REQUIRE(out);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(out->size)};
}

/// A response to `request` of this type, with attributes in hex.
bytes response(byte_view request, std::string_view type, std::string_view attributes) {
  bytes out{request.begin(), request.begin() + 20};
  const auto front = vectors::unhex(type);
  std::copy(front.begin(), front.end(), out.begin());
  const auto rest = vectors::unhex(attributes);
  out.insert(out.end(), rest.begin(), rest.end());
  store_be(out.data() + 2, static_cast<std::uint16_t>(rest.size()));
  return out;
}

/// ALTERNATE-SERVER 192.0.2.<last>:3478 in a 300.
std::string redirect(std::string_view last) {
  return "0009000400000300"
         "8023000800010d96c00002" +
         std::string(last);
}

}  // namespace

TEST_CASE("binding client: one question, one answer", "[stun][8489-6.1-c]") {
  fixture f;
  const auto id = f.client.ask(f.now, socket, server);
  REQUIRE(id);
  const auto request = f.take();
  REQUIRE(request);
  CHECK(request->to.local == socket);
  CHECK(request->to.remote == server);
  CHECK(request->message.size() == 20);
  CHECK_FALSE(f.take());
  f.now += 40ms;
  CHECK(f.deliver(success(request->message)));
  const auto answer = f.expect<stun::query_answered>();
  CHECK(answer.query == *id);
  CHECK(answer.mapped == mapped);
  CHECK_FALSE(f.client.poll_event());
  CHECK_FALSE(f.client.next_timeout());
}

TEST_CASE("binding client: repeats the same bytes on schedule and gives up at 39.5 s",
          "[stun][8489-6.2.1-a][8489-6.2.1-b][8489-6.2.1-d][8489-6.2.1-e]") {
  fixture f;
  const auto id = f.client.ask(f.now, socket, server);
  std::vector<duration> at;
  std::vector<bytes> sends;
  do {
    for (const auto& s : f.take_all()) {
      at.push_back(f.now - zero);
      sends.push_back(s.message);
    }
  } while (f.step());
  CHECK(at == std::vector<duration>{0ms, 500ms, 1500ms, 3500ms, 7500ms, 15500ms, 31500ms});
  CHECK(std::all_of(sends.begin(), sends.end(), [&](const auto& s) { return s == sends[0]; }));
  CHECK(f.now == zero + 39500ms);
  const auto failed = f.expect<stun::query_failed>();
  CHECK(failed.query == *id);
  CHECK(failed.why == query_failure::timeout);
}

TEST_CASE("binding client: a stream gets one message and 39.5 s",
          "[stun][8489-6.2.2-a][8489-6.2.2-c]") {
  fixture f;
  const auto a = f.client.ask(f.now, socket, server, stun::transport::stream);
  const auto b = f.client.ask(f.now, socket, server, stun::transport::stream);
  const auto requests = f.take_all();
  REQUIRE(requests.size() == 2);
  CHECK(f.client.next_timeout() == zero + 39500ms);
  CHECK(f.deliver(success(requests[1].message)));
  CHECK(f.expect<stun::query_answered>().query == *b);
  CHECK(f.deliver(success(requests[0].message)));
  CHECK(f.expect<stun::query_answered>().query == *a);
  REQUIRE(f.client.ask(f.now, socket, server, stun::transport::stream));
  CHECK(f.take_all().size() == 1);
  REQUIRE(f.step());
  CHECK(f.take_all().empty());
  CHECK(f.expect<stun::query_failed>().why == query_failure::timeout);
}

TEST_CASE("binding client: what is not the answer changes nothing",
          "[stun][8489-6.3.3-a][8489-6.3-a][8489-6.3-b][ATK-C03][ATK-C12][ATK-D13]") {
  fixture f;
  REQUIRE(f.client.ask(f.now, socket, server));
  const auto request = f.take()->message;
  const auto good = success(request);
  const auto refused = [&](byte_view message, const endpoint& from, reject why) {
    const auto outcome = f.deliver(message, from);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error() == why);
    CHECK_FALSE(f.client.poll_event());
  };
  refused(good, second_server, reject::wrong_path);
  refused(good, {server.address, 3479}, reject::wrong_path);
  CHECK(f.client.handle_datagram(f.now, {socket_id{2}, server, good}).error() ==
        reject::wrong_path);
  auto other = good;
  other[19] ^= std::byte{1};
  refused(other, server, reject::unknown_transaction);
  refused(request, server, reject::unsupported_method);
  refused(response(request, "0011", ""), server, reject::unsupported_method);
  refused(response(request, "0103", ""), server, reject::unsupported_method);
  refused(byte_view{good}.first(19), server, reject::not_stun);
  refused(response(request, "0101",
                   "002000080001a147e112a643"
                   "8028000400000000"),
          server, reject::bad_fingerprint);
  CHECK(f.client.next_timeout() == zero + 500ms);
  CHECK(f.deliver(good));
  CHECK(f.expect<stun::query_answered>().mapped == mapped);
  refused(good, server, reject::unknown_transaction);
}

TEST_CASE("binding client: an answer stops the repetitions", "[stun][8489-6.2.1-j]") {
  fixture f;
  REQUIRE(f.client.ask(f.now, socket, server));
  const auto request = f.take()->message;
  REQUIRE(f.step());  // a repetition is due, but not taken yet
  CHECK(f.deliver(success(request)));
  CHECK(f.take_all().empty());
  CHECK_FALSE(f.client.next_timeout());
}

TEST_CASE("binding client: at most ten requests to one server at a time", "[stun][8489-6.2-a]") {
  fixture f;
  for (int i = 0; i < 11; ++i) REQUIRE(f.client.ask(f.now, socket, server));
  REQUIRE(f.client.ask(f.now, socket, second_server));
  const auto first = f.take_all();
  REQUIRE(first.size() == 11);
  CHECK(std::count_if(first.begin(), first.end(),
                      [](const sent& s) { return s.to.remote == server; }) == 10);
  CHECK(f.deliver(success(first[3].message)));
  const auto next = f.take_all();
  REQUIRE(next.size() == 1);
  CHECK(next[0].to.remote == server);
}

TEST_CASE("binding client: a success without an address, or with unknown parts, is a failure",
          "[stun][8489-6.3.3-b][8489-6.3.3-c][ATK-A24]") {
  for (const std::string_view attributes : {"", "000100080003a147c0000201", "0020000800011111",
                                            "002000080001a147e112a643"
                                            "7fff0000",
                                            "002000080003a147e112a643",
                                            "002000080003a147e112a643"
                                            "000100080001a147c0000201"}) {
    fixture f;
    REQUIRE(f.client.ask(f.now, socket, server));
    const auto message = response(f.take()->message, "0101", attributes);
    if (attributes == "0020000800011111") {
      CHECK(f.deliver(message).error() == reject::bad_attribute);
      continue;
    }
    CHECK(f.deliver(message));
    CHECK(f.expect<stun::query_failed>().why == query_failure::unusable_response);
    CHECK_FALSE(f.client.next_timeout());
  }
}

TEST_CASE("binding client: a server of before RFC 5389 says the address as it is",
          "[stun][8445-5.1.1.2-k]") {
  const auto seen = [](std::string_view attributes) {
    fixture f;
    REQUIRE(f.client.ask(f.now, socket, server));
    CHECK(f.deliver(response(f.take()->message, "0101", attributes)));
    return f.expect<stun::query_answered>().mapped;
  };
  CHECK(seen("000100080001a147c0000201") == endpoint{address::v4(192, 0, 2, 1), 0xa147});
  // With both the one that no middlebox rewrites counts.
  CHECK(seen("000100080001a147c0000201"
             "002000080001a147e112a643") == endpoint{address::v4(192, 0, 2, 1), 0x8055});
}

TEST_CASE("binding client: errors end the query with their code",
          "[stun][8489-6.3.4-a][8489-6.3.4-b][8489-6.3.4-c][8489-6.3.4-e][ATK-A09]") {
  const auto outcome = [](std::string_view attributes) {
    fixture f;
    REQUIRE(f.client.ask(f.now, socket, server));
    CHECK(f.deliver(response(f.take()->message, "0111", attributes)));
    CHECK(f.take_all().empty());
    return f.expect<stun::query_failed>();
  };
  CHECK(outcome("").why == query_failure::unusable_response);
  CHECK(outcome("0009000400000704").why == query_failure::unusable_response);
  CHECK(outcome("0009000400000400"
                "7fff0000")
            .why == query_failure::unusable_response);
  CHECK(outcome("0009000400000400").code == error_code::bad_request);
  CHECK(outcome("0009000400000463").code == static_cast<error_code>(499));
  CHECK(outcome("0009000400000401").why == query_failure::refused);
  CHECK(outcome(redirect("02")).code == error_code::try_alternate);
  const auto unknown = outcome("0009000400000414"
                               "000a000400030027");
  CHECK(unknown.code == error_code::unknown_attribute);
  CHECK(unknown.unknown.size() == 2);
  CHECK(unknown.unknown.contains(stun::attribute_type::change_request));
}

TEST_CASE("binding client: a server's own errors are met with four requests in all",
          "[stun][8489-6.3.4-d][8489-6.3.4-e]") {
  fixture f;
  REQUIRE(f.client.ask(f.now, socket, server));
  std::vector<bytes> requests;
  while (const auto request = f.take()) {
    requests.push_back(request->message);
    CHECK(f.deliver(response(request->message, "0111", "0009000400000563")));
  }
  CHECK(requests.size() == 4);
  for (std::size_t i = 1; i < requests.size(); ++i) CHECK(requests[i] != requests[i - 1]);
  CHECK(f.expect<stun::query_failed>().code == static_cast<error_code>(599));
}

TEST_CASE("binding client: a redirection is followed once per server, when that is wanted",
          "[stun][8489-10-a][8489-10-b][8489-10-c]") {
  fixture f{{.follow_alternate = true}};
  const auto id = f.client.ask(f.now, socket, server);
  const auto first = f.take();
  CHECK(f.deliver(response(first->message, "0111", redirect("02"))));
  const auto second = f.take();
  REQUIRE(second);
  CHECK(second->to.remote == second_server);
  CHECK(second->message != first->message);
  SECTION("and answered there") {
    CHECK(f.deliver(success(second->message), second_server));
    CHECK(f.expect<stun::query_answered>().query == *id);
  }
  SECTION("and back is a failure") {
    CHECK(f.deliver(response(second->message, "0111", redirect("01")), second_server));
    CHECK_FALSE(f.take());
    CHECK(f.expect<stun::query_failed>().code == error_code::try_alternate);
  }
  SECTION("and to another family is a failure") {
    const auto away = "0009000400000300"
                      "8023001400020d9620010db8000000000000000000000001";
    CHECK(f.deliver(response(second->message, "0111", away), second_server));
    CHECK_FALSE(f.take());
    CHECK(f.expect<stun::query_failed>().code == error_code::try_alternate);
  }
  SECTION("and on and on ends") {
    auto last = *second;
    unsigned hops = 1;
    for (const std::string_view next : {"03", "04", "05", "06", "07"}) {
      CHECK(f.deliver(response(last.message, "0111", redirect(next)), last.to.remote));
      const auto more = f.take();
      if (!more) break;
      last = *more;
      ++hops;
    }
    CHECK(hops == 3);
    CHECK(f.expect<stun::query_failed>().code == error_code::try_alternate);
  }
}

TEST_CASE("binding client: the host's word that nothing gets through ends queries at once",
          "[stun][8489-6.2.1-i]") {
  fixture f;
  const auto a = f.client.ask(f.now, socket, server);
  const auto b = f.client.ask(f.now, socket, second_server);
  (void)f.take_all();
  f.client.handle_unreachable(f.now, {socket, server});
  const auto failed = f.expect<stun::query_failed>();
  CHECK(failed.query == *a);
  CHECK(failed.why == query_failure::unreachable);
  CHECK_FALSE(f.client.poll_event());
  f.client.handle_unreachable(f.now, {socket_id{9}, second_server});
  CHECK_FALSE(f.client.poll_event());
  f.client.handle_unreachable(f.now, {socket, second_server});
  CHECK(f.expect<stun::query_failed>().query == *b);
}

TEST_CASE(
    "binding client: the next address of a server is asked when the one before came to nothing",
    "[stun][8489-6.2-b]") {
  const std::array addresses{server, second_server, endpoint{address::v4(192, 0, 2, 3), 3478}};
  fixture f;
  const auto id = f.client.ask(f.now, socket, addresses);
  std::vector<endpoint> asked;
  std::optional<bytes> last;
  while (asked.size() < 14 || f.now < zero + 2 * 39500ms) {
    for (const auto& s : f.take_all()) {
      asked.push_back(s.to.remote);
      last = s.message;
    }
    REQUIRE(f.step());
    CHECK_FALSE(f.client.poll_event());
  }
  CHECK(std::count(asked.begin(), asked.begin() + 7, server) == 7);
  CHECK(std::count(asked.begin() + 7, asked.begin() + 14, second_server) == 7);
  const auto third = f.take();
  REQUIRE(third);
  CHECK(third->to.remote == addresses[2]);
  SECTION("and an answer of the last is the answer") {
    CHECK(f.deliver(success(third->message), addresses[2]));
    CHECK(f.expect<stun::query_answered>().query == *id);
  }
  SECTION("and when none is left the query has failed") {
    f.client.handle_unreachable(f.now, {socket, addresses[2]});
    CHECK(f.expect<stun::query_failed>().why == query_failure::unreachable);
    CHECK_FALSE(f.client.next_timeout());
  }
}

TEST_CASE("binding client: round trips shape the next query to the same server",
          "[stun][8489-6.2.1-f][8489-6.2.1-g][8489-6.2.1-h]") {
  fixture f;
  REQUIRE(f.client.ask(f.now, socket, server));
  auto request = f.take()->message;
  f.now += 400ms;
  CHECK(f.deliver(success(request)));
  REQUIRE(f.client.ask(f.now, socket, server));
  CHECK(*f.client.next_timeout() - f.now == 1200ms);
  request = f.take()->message;
  REQUIRE(f.step());
  (void)f.take_all();
  f.now += 5s;
  f.client.handle_timeout(f.now);
  CHECK(f.deliver(success(request)));  // of which of the sends? not measured
  REQUIRE(f.client.ask(f.now, socket, server));
  CHECK(*f.client.next_timeout() - f.now == 1200ms);
  REQUIRE(f.client.ask(f.now, socket, second_server));
  CHECK(*f.client.next_timeout() - f.now == 500ms);
}

TEST_CASE("binding client: SOFTWARE and FINGERPRINT as configured", "[stun][8489-6.1-a]") {
  fixture f{{.software = "floe", .fingerprint = true}};
  REQUIRE(f.client.ask(f.now, socket, server));
  const auto request = f.take()->message;
  const auto message = stun::message_view::parse(request);
  REQUIRE(message);
  CHECK(message->get<stun::software>()->value == "floe");
  CHECK(check_fingerprint(*message) == stun::fingerprint_state::right);
  // Then an answer without is none.
  CHECK(f.deliver(response(request, "0101", "002000080001a147e112a643")).error() ==
        reject::bad_fingerprint);
  CHECK(f.deliver(success(request)));
}

TEST_CASE("binding client: a buffer that is too small loses nothing", "[stun]") {
  fixture f;
  REQUIRE(f.client.ask(f.now, socket, server));
  std::array<std::byte, 19> small{};
  CHECK_FALSE(f.client.poll_transmit(small));
  CHECK(f.take());
}

TEST_CASE("binding client: full is an error of the caller's that it can meet", "[stun]") {
  fixture f{{.capacity = 2}};
  REQUIRE(f.client.ask(f.now, socket, server));
  REQUIRE(f.client.ask(f.now, socket, server));
  const auto third = f.client.ask(f.now, socket, server);
  REQUIRE_FALSE(third);
  CHECK(third.error() == errc::capacity_reached);
  f.client.handle_unreachable(f.now, {socket, server});
  CHECK_FALSE(f.client.ask(f.now, socket, server));  // until the events are read
  while (f.client.poll_event()) {
  }
  CHECK(f.client.ask(f.now, socket, server));
}

TEST_CASE("binding client: a leap in time ends each query once, with no spin",
          "[stun][ATK-F02][ATK-F05]") {
  fixture f;
  for (int i = 0; i < 16; ++i) REQUIRE(f.client.ask(f.now, socket, server));
  const auto requests = f.take_all();
  f.now += 24h;
  CHECK_FALSE(f.deliver(success(requests[0].message)));
  std::size_t failed = 0;
  for (int turns = 0; f.client.poll_event() || f.step(); ++turns) {
    REQUIRE(turns < 200);
    ++failed;
    (void)f.take_all();
  }
  CHECK(failed >= 16);
  CHECK_FALSE(f.client.next_timeout());
}

TEST_CASE("binding client: a query that nobody waits for is sent no more and not told about",
          "[stun]") {
  fixture f{{.outstanding = 1}};
  const auto first = f.client.ask(f.now, socket, server);
  REQUIRE(f.client.ask(f.now, socket, server));
  const auto request = f.take_all();
  REQUIRE(request.size() == 1);
  f.client.cancel(f.now, *first);
  f.client.cancel(f.now, *first);
  const auto second = f.take_all();
  REQUIRE(second.size() == 1);  // the place that it left goes to the next
  CHECK(second[0].message != request[0].message);
  CHECK(f.deliver(success(request[0].message)).error() == reject::unknown_transaction);
  CHECK(f.deliver(success(second[0].message)));
  CHECK(f.expect<stun::query_answered>().query != *first);
  CHECK_FALSE(f.client.poll_event());
  CHECK_FALSE(f.client.next_timeout());
}

TEST_CASE("binding client: holds sixteen queries, each for up to eight addresses", "[stun]") {
  CHECK(binding_client_config{}.capacity == 16);
  CHECK(binding_client::most_addresses == 8);
}
