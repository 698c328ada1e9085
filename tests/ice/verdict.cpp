#include "floe/ice/verdict.hpp"

#include <array>
#include <set>

#include "catch.hpp"

using namespace floe;
using ice::judge;
using ice::pair_state;
using ice::pair_verdict;

namespace {

ice::pair failed(std::uint16_t requests, std::uint16_t error = 0) {
  ice::pair p;
  p.state = pair_state::failed;
  p.history.requests_sent = requests;
  p.history.last_error = error;
  return p;
}

}  // namespace

TEST_CASE("verdict: a pair that has not failed is untried, pending, or works", "[ice]") {
  ice::pair p;
  CHECK(judge(p) == pair_verdict::untried);
  p.history.requests_sent = 1;
  CHECK(judge(p) == pair_verdict::pending);
  p.state = pair_state::waiting;
  CHECK(judge(p) == pair_verdict::pending);
  p.state = pair_state::in_progress;
  CHECK(judge(p) == pair_verdict::pending);
  p.state = pair_state::succeeded;
  CHECK(judge(p) == pair_verdict::works);
  p.expired = true;
  CHECK(judge(p) == pair_verdict::consent_lost);
}

TEST_CASE("verdict: of a failed pair the most telling fact counts", "[ice]") {
  CHECK(judge(failed(7)) == pair_verdict::no_answer);
  CHECK(judge(failed(1, 400)) == pair_verdict::refused);
  CHECK(judge(failed(0)) == pair_verdict::refused);
  auto unpermitted = failed(7);
  unpermitted.history.relay_refused = true;
  CHECK(judge(unpermitted) == pair_verdict::refused);
  CHECK(judge(failed(8, 487)) == pair_verdict::role_loop);
  CHECK(judge(failed(1, 401)) == pair_verdict::wrong_credentials);
  auto p = failed(3);
  p.history.answered_elsewhere = true;
  CHECK(judge(p) == pair_verdict::answered_from_elsewhere);
  p.history.unproved_answer = true;
  CHECK(judge(p) == pair_verdict::wrong_credentials);
}

TEST_CASE("verdict: each has a weight and words of its own", "[ice]") {
  std::set<int> weights;
  std::set<std::string_view> words;
  for (int i = 0; i <= static_cast<int>(pair_verdict::consent_lost); ++i) {
    weights.insert(ice::weight_of(static_cast<pair_verdict>(i)));
    words.insert(ice::to_text(static_cast<pair_verdict>(i)));
  }
  CHECK(weights.size() == 9);
  CHECK(words.size() == 9);
}

TEST_CASE("verdict: the names of states are the W3C's", "[ice]") {
  CHECK(ice::to_text(pair_state::frozen) == "frozen");
  CHECK(ice::to_text(pair_state::waiting) == "waiting");
  CHECK(ice::to_text(pair_state::in_progress) == "in-progress");
  CHECK(ice::to_text(pair_state::succeeded) == "succeeded");
  CHECK(ice::to_text(pair_state::failed) == "failed");
}
