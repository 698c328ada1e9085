#include "floe/ice/check_response.hpp"

#include <string>
#include <string_view>

#include "catch.hpp"
#include "support/messages.hpp"

using namespace floe;
using ice::check_outcome;
using ice::pair_state;
using stun::message_class;

namespace {

constexpr path asked{socket_id{1}, {address::v4(192, 0, 2, 9), 6000}};
constexpr endpoint seen{address::v4(203, 0, 113, 5), 54321};

const std::string mapped = "002000080001f523ea12d547";

check_outcome read(message_class cls, const std::string& attributes,
                   const std::string& behind_integrity = {}) {
  const support::signed_message response{cls, attributes, behind_integrity};
  return ice::read_check_response(response.proved(), asked, asked);
}

/// ERROR-CODE without a phrase.
std::string error(std::string_view hundreds_and_rest) {
  return "000900040000" + std::string{hundreds_and_rest};
}

}  // namespace

TEST_CASE("check_response: the known success says where this agent was seen", "[ice]") {
  const auto outcome =
      ice::read_check_response(support::prove(vectors::check_success), asked, asked);
  CHECK(outcome.what == check_outcome::succeeded);
  CHECK(outcome.mapped == seen);
}

TEST_CASE("check_response: an answer that came another way proves nothing", "[ice]") {
  auto success = support::prove(vectors::check_success);
  const auto read_from = [&](const path& came) {
    return ice::read_check_response(success, asked, came).what;
  };
  CHECK(read_from({socket_id{2}, asked.remote}) == check_outcome::wrong_path);
  CHECK(read_from({asked.local, {asked.remote.address, 6001}}) == check_outcome::wrong_path);
  CHECK(read_from({asked.local, {address::v4(192, 0, 2, 8), 6000}}) == check_outcome::wrong_path);
}

TEST_CASE("check_response: a conflict of roles is one whichever way it comes",
          "[ice][8445-7.2.5.1-a]") {
  CHECK(ice::read_check_response(support::prove(vectors::check_487), asked,
                                 {socket_id{2}, asked.remote})
            .what == check_outcome::role_conflict);
}

TEST_CASE("check_response: a success without a mapped address that can be read is a failure",
          "[ice]") {
  CHECK(read(message_class::success, mapped).what == check_outcome::succeeded);
  CHECK(read(message_class::success, "").what == check_outcome::failed);
  CHECK(read(message_class::success, "00010008000110010a000001").what == check_outcome::failed);
  CHECK(read(message_class::success, "002000040001f523").what == check_outcome::failed);
  CHECK(read(message_class::success, "002000080003f523ea12d547").what == check_outcome::failed);
  CHECK(read(message_class::success, "", mapped).what == check_outcome::failed);
}

TEST_CASE("check_response: a mapped address that nobody can have is a failure", "[ice][ATK-A31]") {
  // 0.0.0.0:0, 224.0.0.0:1 and 255.255.255.255:1
  CHECK(read(message_class::success, "0020000800012112"
                                     "2112a442")
            .what == check_outcome::failed);
  CHECK(read(message_class::success, "0020000800012113"
                                     "c112a442")
            .what == check_outcome::failed);
  CHECK(read(message_class::success, "0020000800012113"
                                     "deed5bbd")
            .what == check_outcome::failed);
  CHECK(read(message_class::success, mapped).mapped.port != 0);
}

TEST_CASE("check_response: 487 and 403 are told apart from other errors", "[ice]") {
  const auto conflict = ice::read_check_response(support::prove(vectors::check_487), asked, asked);
  CHECK(conflict.what == check_outcome::role_conflict);
  CHECK(read(message_class::error, error("0457")).what == check_outcome::role_conflict);
  CHECK(read(message_class::error, error("0403")).what == check_outcome::forbidden);
  for (const std::string_view code : {"0300", "0400", "0401", "0414", "0426", "0500", "0663"}) {
    CHECK(read(message_class::error, error(code)).what == check_outcome::failed);
  }
}

TEST_CASE("check_response: an error that can't be read is a failure", "[ice]") {
  CHECK(read(message_class::error, "").what == check_outcome::failed);
  CHECK(read(message_class::error, "00090003"
                                   "00000400")
            .what == check_outcome::failed);
  CHECK(read(message_class::error, error("0757")).what == check_outcome::failed);
  CHECK(read(message_class::error, error("0464")).what == check_outcome::failed);
  CHECK(read(message_class::error, "", error("0457")).what == check_outcome::failed);
}

TEST_CASE("check_response: what must be understood and isn't fails the check", "[ice]") {
  for (const std::string_view unknown : {"7fff0000", "00000000", "00250000", "00130000"}) {
    CHECK(read(message_class::success, mapped + std::string{unknown}).what ==
          check_outcome::failed);
    CHECK(read(message_class::error, error("0457") + std::string{unknown}).what ==
          check_outcome::failed);
  }
  CHECK(read(message_class::success, mapped + "ffff0000").what == check_outcome::succeeded);
  CHECK(read(message_class::success, mapped + "00010008000110010a000001").what ==
        check_outcome::succeeded);
  CHECK(read(message_class::success, "0006000461626364" + mapped).what == check_outcome::succeeded);
  CHECK(read(message_class::error, error("0414") + "000a00027fff0000").what ==
        check_outcome::failed);
}

TEST_CASE("check_response: a failure counts where a check is under way, or nominates", "[ice]") {
  for (const auto state : ice::pair_states) {
    CAPTURE(static_cast<int>(state));
    CHECK(ice::failure_counts(state, false) == (state == pair_state::in_progress));
    CHECK(ice::failure_counts(state, true) ==
          (state == pair_state::in_progress || state == pair_state::succeeded));
  }
}

TEST_CASE("check_response: an unknown mapped address is a candidate behind the base it was "
          "checked from",
          "[ice]") {
  ice::local_candidate host;
  host.candidate.component = component_id{2};
  host.candidate.priority = 2130706430;
  host.candidate.address = {address::v4(10, 0, 0, 1), 5000};
  host.stream = stream_id{1};
  host.socket = socket_id{7};
  host.base = host.candidate.address;
  host.conveyed = true;
  const auto foundation = ice::foundation::from_number(5);
  const auto learned = ice::make_learned_local({3, 1}, host, seen, 0x6efffffe, foundation);
  CHECK(learned.candidate.type == ice::candidate_type::prflx);
  CHECK(learned.candidate.address == seen);
  CHECK(learned.candidate.priority == 0x6efffffe);
  CHECK(learned.candidate.component == component_id{2});
  CHECK(learned.candidate.foundation == foundation);
  CHECK(learned.candidate.related == host.base);
  CHECK(learned.host == ice::local_id{3, 1});
  CHECK(learned.base == host.base);
  CHECK(learned.socket == socket_id{7});
  CHECK(learned.stream == stream_id{1});
  CHECK_FALSE(learned.conveyed);
}

TEST_CASE("check_response: peers on one machine see each other's loopback addresses", "[ice]") {
  const auto outcome = read(message_class::success, "00200008000133555e12a443");
  CHECK(outcome.what == check_outcome::succeeded);
  CHECK(outcome.mapped == endpoint{address::v4(127, 0, 0, 1), 0x1247});
}
