#include "../../examples/floecat/lines.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "catch.hpp"

using floecat::line_cutter;
using floecat::remote_side;
using namespace std::chrono_literals;

namespace {

constexpr floe::time_point start{1h};
const std::string password_a(22, 'a');
const std::string password_b(22, 'b');

/// What an agent is told, as text.
std::string text_of(const remote_side::news& news) {
  struct writer {
    std::string operator()(const remote_side::credentials& c) const {
      return "credentials " + c.ufrag + " " + c.password.substr(0, 1);
    }
    std::string operator()(const remote_side::candidate& c) const {
      return "candidate " + std::to_string(c.value.address.port) + " " + c.ufrag;
    }
    std::string operator()(remote_side::complete) const { return "complete"; }
  };
  return std::visit(writer{}, news);
}

struct world {
  remote_side remote;
  floe::time_point now = start;
  std::vector<std::string> told;

  std::string_view take(std::string_view line) {
    const auto space = line.find(' ');
    const auto word = line.substr(0, space);
    const auto rest = space == std::string_view::npos ? "" : line.substr(space + 1);
    const auto refusal = word == "ufrag"       ? remote.take_ufrag(now, rest)
                         : word == "pwd"       ? remote.take_password(now, rest)
                         : word == "candidate" ? remote.take_candidate(now, rest)
                                               : remote.take_end(now);
    drain();
    return refusal;
  }
  void drain() {
    while (const auto news = remote.poll(now)) told.push_back(text_of(*news));
  }
  void settle() {
    while (const auto next = remote.next_timeout()) {
      REQUIRE(*next > now);
      now = *next;
      drain();
    }
  }
};

std::string candidate(int port, const std::string& ufrag = "") {
  return "candidate 1 1 udp 5 192.0.2.1 " + std::to_string(port) + " typ host" +
         (ufrag.empty() ? "" : " ufrag " + ufrag);
}

bool has(const world& w, const std::string& text) {
  return std::find(w.told.begin(), w.told.end(), text) != w.told.end();
}

}  // namespace

TEST_CASE("lines: any order of the words tells the agent the same", "[floecat]") {
  std::vector<std::string> words{"ufrag AAAA", "pwd " + password_a, candidate(1, "AAAA"),
                                 candidate(2), "end-of-candidates"};
  std::sort(words.begin(), words.end());
  do {
    world w;
    for (const auto& word : words) {
      REQUIRE(w.take(word).empty());
      w.now += 300ms;
      w.drain();
    }
    w.settle();
    REQUIRE(w.told.size() == 4);
    REQUIRE(w.told.front() == "credentials AAAA a");
    REQUIRE(has(w, "candidate 1 AAAA"));
    REQUIRE(has(w, "candidate 2 "));
    REQUIRE(w.told.back() == "complete");
  } while (std::next_permutation(words.begin(), words.end()));
}

TEST_CASE("lines: new credentials come into force when both halves are there", "[floecat]") {
  world w;
  for (const auto& line : {std::string{"ufrag AAAA"}, "pwd " + password_a}) {
    REQUIRE(w.take(line).empty());
  }
  w.told.clear();
  const bool ufrag_first = GENERATE(true, false);
  CHECK(w.take(candidate(7, "BBBB")).empty());
  CHECK(w.take(ufrag_first ? "ufrag BBBB" : "pwd " + password_b).empty());
  CHECK(w.take(candidate(8)).empty());  // of whom, is known in a moment
  CHECK(w.told.empty());
  CHECK(w.take(ufrag_first ? "pwd " + password_b : "ufrag BBBB").empty());
  CHECK(w.told ==
        std::vector<std::string>{"credentials BBBB b", "candidate 7 BBBB", "candidate 8 "});
  CHECK_FALSE(w.take(candidate(9, "AAAA")).empty());
  CHECK_FALSE(w.take("ufrag AAAA").empty());
  CHECK(w.take("end-of-candidates").empty());
  w.settle();
  CHECK(w.told.back() == "complete");
}

TEST_CASE("lines: what is said twice counts once", "[floecat]") {
  world w;
  for (int i = 0; i < 2; ++i) {
    CHECK(w.take("ufrag AAAA").empty());
    CHECK(w.take("pwd " + password_a).empty());
    CHECK(w.take("end-of-candidates").empty());
    w.settle();
  }
  CHECK(w.told == std::vector<std::string>{"credentials AAAA a", "complete"});
}

TEST_CASE("lines: the end counts for each generation", "[floecat]") {
  world w;
  for (const auto* const ufrag : {"AAAA", "BBBB", "CCCC"}) {
    w.told.clear();
    CHECK(w.take("end-of-candidates").empty());
    CHECK(w.take(std::string{"ufrag "} + ufrag).empty());
    CHECK(w.take("pwd " + std::string(22, ufrag[0])).empty());
    w.settle();
    CHECK(w.told.back() == "complete");
  }
}

TEST_CASE("lines: a bad line is refused with a reason and changes nothing", "[floecat]") {
  world w;
  for (const auto& bad :
       {std::string{"ufrag abc"}, "ufrag " + std::string(257, 'a'), std::string{"ufrag a b c"},
        std::string{"ufrag "}, std::string{"pwd short"}, "pwd " + std::string(257, 'a'),
        "pwd " + std::string(21, 'a') + "-", std::string{"candidate "}, std::string{"candidate x"},
        std::string{"candidate 1 1 udp 5 192.0.2.1 99999 typ host"}, candidate(1, "a-b-c")}) {
    CAPTURE(bad);
    CHECK_FALSE(w.take(bad).empty());
  }
  w.settle();
  CHECK(w.told.empty());
  CHECK(w.take("ufrag AAAA").empty());
  CHECK(w.take("pwd " + password_a).empty());
  CHECK(w.told == std::vector<std::string>{"credentials AAAA a"});
}

TEST_CASE("lines: kinds of candidates that floe does not use are ignored in silence", "[floecat]") {
  world w;
  CHECK(w.take("candidate 1 1 tcp 5 192.0.2.1 9 typ host tcptype active").empty());
  CHECK(w.take("candidate 1 1 udp 5 peer.local 9 typ host").empty());
  CHECK(w.take("candidate candidate:1 1 udp 5 192.0.2.1 9 typ host").empty());
  CHECK(w.take("ufrag AAAA").empty());
  CHECK(w.take("pwd " + password_a).empty());
  CHECK(w.told == std::vector<std::string>{"credentials AAAA a", "candidate 9 "});
}

TEST_CASE("lines: candidates of unknown credentials are kept, within bounds", "[floecat]") {
  world w;
  for (std::size_t i = 0; i < remote_side::most_waiting; ++i) {
    REQUIRE(w.take(candidate(static_cast<int>(i) + 1, "AAAA")).empty());
  }
  CHECK_FALSE(w.take(candidate(1000, "AAAA")).empty());
  CHECK(w.take("ufrag AAAA").empty());
  CHECK(w.take("pwd " + password_a).empty());
  CHECK(w.told.size() == 1 + remote_side::most_waiting);
  CHECK(w.take(candidate(1000, "AAAA")).empty());
}

TEST_CASE("lines: pieces of any size make the same lines", "[floecat]") {
  const std::string all = "one\r\n\ntwo words\n\nlast\nrest";
  const std::vector<std::string> expected{"one", "", "two words", "", "last"};
  for (std::size_t size = 1; size <= all.size(); ++size) {
    line_cutter cutter;
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < all.size(); i += size) {
      cutter.feed(std::string_view{all}.substr(i, size));
      while (const auto line = cutter.next()) lines.push_back(line->text);
    }
    REQUIRE(lines == expected);
  }
}

TEST_CASE("lines: a line that is too long is skipped, at little cost", "[floecat]") {
  line_cutter cutter;
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 1'000; ++i) {
    cutter.feed(piece);
    REQUIRE_FALSE(cutter.next());
  }
  cutter.feed("\nnext\n");
  const auto skipped = cutter.next();
  REQUIRE(skipped);
  CHECK(skipped->too_long);
  CHECK(skipped->text.empty());
  const auto next = cutter.next();
  REQUIRE(next);
  CHECK(next->text == "next");
  CHECK_FALSE(next->too_long);
}
