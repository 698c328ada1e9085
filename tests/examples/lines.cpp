#include "../../examples/floecat/lines.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "floe/record/player.hpp"

using floecat::line_cutter;
using floecat::remote_words;

namespace {

const std::string password_a(22, 'a');
const std::string password_b(22, 'b');

struct numbers {
  unsigned next = 0;
  void operator()(floe::byte_span out) {
    for (auto& b : out) b = static_cast<std::byte>(next++);
  }
};

struct world {
  numbers entropy;
  std::string recording;
  std::function<bool(floe::byte_view)> keep = [this](floe::byte_view piece) {
    recording += floe::as_text(piece);
    return true;
  };
  floe::record::recorder agent{floe::time_point{}, {}, entropy, keep};
  std::vector<unsigned> added;  ///< ports
  std::vector<std::string> refused;
  remote_words remote{agent,
                      {[this](floe::ice::remote_id id) {
                         added.push_back(agent.remote(id)->candidate.address.port);
                       },
                       [this](std::string_view reason) { refused.emplace_back(reason); }}};

  void take(std::string_view line) {
    const auto word = line.substr(0, line.find(' '));
    REQUIRE(remote.take(word, line.substr(std::min(word.size() + 1, line.size()))));
  }

  void take_all(std::initializer_list<std::string> lines) {
    for (const auto& line : lines) take(line);
  }
};

std::string candidate(int port, const std::string& ufrag = "") {
  return "candidate 1 1 udp 5 192.0.2.1 " + std::to_string(port) + " typ host" +
         (ufrag.empty() ? "" : " ufrag " + ufrag);
}

}  // namespace

TEST_CASE("lines: any order of the words tells the agent the same", "[floecat]") {
  std::vector<std::string> words{"ufrag AAAA", "pwd " + password_a, candidate(1, "AAAA"),
                                 candidate(2)};
  std::sort(words.begin(), words.end());
  do {
    world w;
    for (const auto& word : words) w.take(word);
    std::sort(w.added.begin(), w.added.end());
    REQUIRE(w.added == std::vector<unsigned>{1, 2});
    REQUIRE(w.remote.ufrag() == "AAAA");
    REQUIRE(w.refused.empty());
  } while (std::next_permutation(words.begin(), words.end()));
}

TEST_CASE("lines: new credentials come into force when both halves are there", "[floecat]") {
  world w;
  w.take_all({"ufrag AAAA", "pwd " + password_a});
  const bool ufrag_first = GENERATE(true, false);
  w.take(candidate(7, "BBBB"));
  w.take(ufrag_first ? "ufrag BBBB" : "pwd " + password_b);
  w.take(candidate(8));  // of whom, is known in a moment
  w.take(candidate(6, "AAAA"));
  CHECK(w.added == std::vector<unsigned>{6});
  CHECK(w.remote.ufrag() == "AAAA");
  w.take(ufrag_first ? "pwd " + password_b : "ufrag BBBB");
  CHECK(w.remote.ufrag() == "BBBB");
  CHECK(w.added == std::vector<unsigned>{6, 7, 8});
  CHECK(w.refused.empty());
  w.take(candidate(9, "AAAA"));
  CHECK(w.refused.size() == 1);
  w.take_all({"ufrag AAAA", "pwd " + password_a});
  CHECK(w.refused.size() == 2);
  CHECK(w.remote.ufrag() == "BBBB");
}

TEST_CASE("lines: a pair that the agent refuses changes nothing", "[floecat]") {
  const bool new_ufrag = GENERATE(true, false);
  const bool ufrag_first = GENERATE(true, false);
  const std::string ufrag = new_ufrag ? "ufrag BBBB" : "ufrag AAAA";
  const auto password = "pwd " + (new_ufrag ? password_a : password_b);
  world w;
  w.take_all({"ufrag AAAA", "pwd " + password_a});
  w.take(ufrag_first ? ufrag : password);
  w.take(candidate(1));
  CHECK(w.added.empty());
  w.take(ufrag_first ? password : ufrag);
  CHECK(w.refused.size() == 1);
  CHECK(w.remote.ufrag() == "AAAA");
  CHECK(w.added == std::vector<unsigned>{1});
  w.take(candidate(2, "AAAA"));
  w.take(candidate(3));
  CHECK(w.added == std::vector<unsigned>{1, 2, 3});
  w.take_all({"ufrag BBBB", "pwd " + password_b});  // now it is right
  CHECK(w.refused.size() == 1);
  CHECK(w.remote.ufrag() == "BBBB");
}

TEST_CASE("lines: what is said twice counts once", "[floecat]") {
  world w;
  for (int i = 0; i < 2; ++i) w.take_all({"ufrag AAAA", "pwd " + password_a, candidate(1)});
  CHECK(w.refused.empty());
  CHECK(w.remote.ufrag() == "AAAA");
}

TEST_CASE("lines: a bad line is refused with a reason and changes nothing", "[floecat]") {
  world w;
  const std::vector<std::string> bad_lines{"ufrag abc",
                                           "ufrag " + std::string(257, 'a'),
                                           "ufrag a b c",
                                           "ufrag",
                                           "pwd",
                                           "pwd short",
                                           "pwd " + std::string(257, 'a'),
                                           "pwd " + std::string(21, 'a') + "-",
                                           "candidate",
                                           "candidate x",
                                           "candidate 1 1 udp 5 192.0.2.1 99999 typ host",
                                           candidate(1, "a-b-c")};
  for (const auto& bad : bad_lines) w.take(bad);
  CHECK(w.refused.size() == bad_lines.size());
  CHECK_FALSE(w.remote.take("nonsense", ""));
  CHECK(w.added.empty());
  w.take_all({"ufrag AAAA", "pwd " + password_a});
  CHECK(w.remote.ufrag() == "AAAA");
  CHECK(w.refused.size() == bad_lines.size());
}

TEST_CASE("lines: kinds of candidates that floe does not use are ignored in silence", "[floecat]") {
  world w;
  w.take_all({"candidate 1 1 tcp 5 192.0.2.1 9 typ host tcptype active",
              "candidate 1 1 udp 5 peer.local 9 typ host",
              "candidate candidate:1 1 udp 5 192.0.2.1 9 typ host"});
  CHECK(w.refused.empty());
  CHECK(w.added == std::vector<unsigned>{9});
}

TEST_CASE("lines: candidates of unknown credentials are kept, within bounds", "[floecat]") {
  world w;
  for (std::size_t i = 0; i < remote_words::most_waiting; ++i) {
    w.take(candidate(static_cast<int>(i) + 1, "AAAA"));
  }
  CHECK(w.refused.empty());
  w.take(candidate(1000, "AAAA"));
  CHECK(w.refused.size() == 1);
  CHECK(w.added.empty());
  w.take_all({"ufrag BBBB", "pwd " + password_b});
  CHECK(w.refused.size() == 1 + remote_words::most_waiting);  // they belong to nobody
  w.take(candidate(1, "CCCC"));
  CHECK(w.refused.size() == 1 + remote_words::most_waiting);
}

TEST_CASE("lines: pieces of any size make the same lines", "[floecat]") {
  const std::string all = "one\n\ntwo words\n\nlast\nrest";
  const std::vector<std::string> expected{"one", "", "two words", "", "last"};
  for (std::size_t size = 1; size <= all.size(); ++size) {
    line_cutter cutter;
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < all.size(); i += size) {
      cutter.feed(std::string_view{all}.substr(i, size),
                  [&](const std::string& line) { lines.push_back(line); });
    }
    REQUIRE(lines == expected);
  }
}

TEST_CASE("lines: of a line that is too long no more is kept than shows it", "[floecat]") {
  line_cutter cutter;
  std::vector<std::size_t> sizes;
  const auto take = [&](const std::string& line) { sizes.push_back(line.size()); };
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 1'000; ++i) cutter.feed(piece, take);
  CHECK(sizes.empty());
  cutter.feed("\nnext\n", take);
  CHECK(sizes == std::vector<std::size_t>{line_cutter::longest + 1, 4});
}

TEST_CASE("lines: the peer's pace is described to the agent, before its credentials or after",
          "[floecat][8839-5.5-a]") {
  using namespace std::chrono_literals;
  const std::vector<std::string> words{"ice-pacing 120", "ufrag AAAA", "pwd " + password_a};
  for (const auto& order : {std::vector{0, 1, 2}, std::vector{1, 2, 0}}) {
    world w;
    for (const auto i : order) w.take(words[static_cast<std::size_t>(i)]);
    CHECK(w.refused.empty());
    w.agent.stop();
    floe::record::player player{floe::as_byte_view(w.recording)};
    std::vector<floe::duration> described;
    while (const auto step = player.next()) {
      if (const auto* d = std::get_if<floe::record::call::describe_peer>(&step->call)) {
        const std::optional<floe::duration> pace = d->traits.pacing;
        described.push_back(pace.value_or(0ms));
      }
    }
    CHECK(described == std::vector<floe::duration>{120ms});
  }
}

TEST_CASE("lines: a pace that is none is refused", "[floecat]") {
  for (const auto* const bad : {"ice-pacing", "ice-pacing x", "ice-pacing -1", "ice-pacing 5 6"}) {
    world w;
    w.take(bad);
    CHECK(w.refused == std::vector<std::string>{"malformed text"});
  }
  CHECK(floecat::pacing_line(std::chrono::milliseconds{50}) == "ice-pacing 50");
}
