#include "floe/record/archive.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <vector>

#include "catch.hpp"
#include "sim/random.hpp"

using namespace floe;
using record::input;
using record::output;
using record::sink_ref;
using namespace std::chrono_literals;

namespace {

template <class T>
T there_and_back(const T& value) {
  output out;
  out(value);
  const auto written = out.written();
  input in{written};
  T read{};
  REQUIRE(in(read));
  REQUIRE(in.empty());
  return read;
}

bool takes_one(byte_view bytes) { return bytes.size() == 1; }

}  // namespace

TEST_CASE("archive: what was written reads back", "[record]") {
  for (const std::uint64_t n : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                                std::uint64_t{16384}, std::numeric_limits<std::uint64_t>::max()}) {
    CHECK(there_and_back(n) == n);
  }
  for (const auto d : {0ns, 1ns, -1ns, 63ns, -64ns}) CHECK(there_and_back<duration>(d) == d);
  for (const auto d : {duration::max(), duration::min()}) CHECK(there_and_back(d) == d);
  for (const auto t : {time_point{}, time_point::max(), time_point{-5s}}) {
    CHECK(there_and_back(t) == t);
    CHECK(there_and_back(deadline{t}) == t);
  }
  CHECK(there_and_back(deadline{}) == std::nullopt);
  const endpoint four{address::v4(192, 0, 2, 1), 65535};
  const endpoint six{address::v6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 1};
  CHECK(there_and_back(four) == four);
  CHECK(there_and_back(std::optional{six}) == six);
  CHECK(there_and_back(true));
  CHECK(there_and_back(socket_id{77}) == socket_id{77});
}

TEST_CASE("archive: small numbers take one byte, whatever their sign", "[record]") {
  output out;
  out(std::uint64_t{127}, duration{63}, duration{-64});
  CHECK(out.written().size() == 3);
}

TEST_CASE("archive: times are told from the one before, deadlines don't count", "[record]") {
  output out;
  const time_point start{100s};
  out(start, deadline{start + 1s}, start + 50ns);
  input in{out.written()};
  time_point first;
  deadline due;
  time_point second;
  REQUIRE(in(first, due, second));
  CHECK(first == start);
  CHECK(due == start + 1s);
  CHECK(second == start + 50ns);
  CHECK(out.written().size() < 6 + 6 + 2 + 2);
}

TEST_CASE("archive: a sink gets everything, in order, and large pieces uncopied", "[record]") {
  std::vector<std::byte> kept;
  auto sink = [&kept](byte_view more) {
    kept.insert(kept.end(), more.begin(), more.end());
    return true;
  };
  output out{sink};
  const std::vector<std::byte> large(5000, std::byte{7});
  for (std::uint64_t i = 0; i < 300; ++i) out(i);
  out(byte_view{large}, std::uint64_t{9});
  CHECK(out.flush());
  CHECK(kept.size() == out.total());
  input in{kept};
  std::uint64_t n = 0;
  for (std::uint64_t i = 0; i < 300; ++i) REQUIRE((in(n) && n == i));
  byte_view read;
  REQUIRE(in(read, n));
  CHECK(std::equal(read.begin(), read.end(), large.begin(), large.end()));
  CHECK(n == 9);
}

TEST_CASE("archive: a sink is a function, a pointer to one, or an object, const or not",
          "[record]") {
  const auto constant = [](byte_view bytes) { return bytes.size() == 1; };
  const std::array<std::byte, 1> one{};
  for (const sink_ref sink : {sink_ref{constant}, sink_ref{takes_one}, sink_ref{&takes_one}}) {
    CHECK(sink.take(one));
    CHECK_FALSE(sink.take({}));
  }
  STATIC_REQUIRE_FALSE(std::is_constructible_v<sink_ref, void (*)(byte_view)>);
  const sink_ref none;
  const sink_ref copy{none};
  CHECK_FALSE(copy);
}

TEST_CASE("archive: a sink that refuses is not asked again", "[record]") {
  std::size_t asked = 0;
  auto sink = [&asked](byte_view) {
    ++asked;
    return false;
  };
  output out{sink};
  out(std::uint64_t{1});
  CHECK_FALSE(out.flush());
  out(std::uint64_t{1});
  CHECK_FALSE(out.flush());
  CHECK(asked == 1);
}

TEST_CASE("archive: what can't be read makes the reader bad for good", "[record]") {
  const auto refuses = [](std::vector<std::byte> bytes, auto value) {
    input in{bytes};
    const bool read = in(value);
    std::uint8_t next = 0;
    return !read && !in.good() && !in(next);
  };
  CHECK(refuses({}, std::uint8_t{}));
  CHECK(refuses({std::byte{0x80}}, std::uint64_t{}));                             // cut off
  CHECK(refuses({std::byte{0x80}, std::byte{2}, std::byte{0}}, std::uint8_t{}));  // 256
  CHECK(refuses({std::byte{2}, std::byte{0}}, false));
  CHECK(refuses({std::byte{3}, std::byte{0}, std::byte{0}}, address{}));  // no family
  CHECK(refuses({std::byte{1}, std::byte{0}, std::byte{0}}, address{}));  // cut off
  CHECK(refuses({std::byte{9}, std::byte{0}}, byte_view{}));
  CHECK(refuses(std::vector<std::byte>(11, std::byte{0xff}), std::uint64_t{}));
  CHECK(refuses({std::byte{65}}, gsl::span<const endpoint>{}));
}

TEST_CASE("archive: no bytes are too strange to read", "[record]") {
  sim::random_source chance{1};
  for (int i = 0; i < 2000; ++i) {
    std::array<std::byte, 40> bytes{};
    chance(bytes);
    input in{bytes};
    endpoint e;
    deadline d;
    std::string_view text;
    std::optional<address> a;
    time_point t;
    while (in(e, d, text, a, t) && !in.empty()) {
    }
    CHECK((in.good() || !in(t)));
  }
}
